"""CAT240 rotating radar video: octets to radials, the cells unpacked.

Why CAT240 has a reader of its own: a radial is thousands of cells under one header, and line rate asks that they be
copied once. TYP is not asked what a record is, since some radars send 1 (summary) for video: cells make the video.
"""

from typing import NamedTuple

import numpy as np

from vts.radar import extract, extract_kernels, land

LIGHT_MPS = 299_792_458.0
_BITS = np.array([0, 1, 2, 4, 8, 16, 32], np.int64)
_FIELDS = (
    "i010_sac", "i010_sic", "i040_startaz_deg", "i040_endaz_deg", "i040_startrg", "i040_celldur_ns", "i041_startaz_deg",
    "i041_endaz_deg", "i041_startrg", "i041_celldur_fs", "i048_c", "i048_res", "i049_nbvb", "i049_nbcells",
    "i140_tod_s",
)  # fmt: skip
_VIDEO = ("050", "051", "052")


class Radials(NamedTuple):
    """Radials of one site: equal columns, and the cells as rows of one matrix."""

    t_ns: np.ndarray  # as stamped; -1 unknown
    start_deg: np.ndarray
    end_deg: np.ndarray
    first_cell: np.ndarray  # STARTRG: the first cell's distance from the antenna, in cells
    cell_m: np.ndarray  # length of a cell: CELLDUR c / 2
    count: np.ndarray  # cells
    begin: np.ndarray  # where in the source
    cells: np.ndarray  # (radials, most cells) uint8, uint16 over 8 bits; good until the next Radials are read

    @property
    def n(self):
        return len(self.t_ns)


class Reader:
    """Radials of framed buffers, by site."""

    def __init__(self, decoder):
        self._decoder = decoder
        self._tab = decoder.table(240)
        self._cells = np.empty(0, np.uint8)  # used again: fresh pages cost as much as the cells
        self._slots = [self._tab.names.index(name) for name in _VIDEO]

    def radials(self, framed):
        """Yield (site row, Radials) of a framed buffer, each in order of arrival; -1: a source that no site claims."""
        which = np.flatnonzero(framed.blocks[:, 0] == 240)
        if not which.size:
            return
        for records, offsets, values in self._decoder.walk(self._tab, framed, framed.blocks[which], list(_FIELDS)):
            v = dict(zip(_FIELDS, values, strict=True))
            block = which[records[:, 1]]
            yield from self._by_site(framed, records[:, 0], offsets, v, framed.rx_ns[block], framed.port[block])

    def _by_site(self, framed, begin, offsets, v, rx_ns, port):
        """Radials of one walk, split by site."""
        slot, size = self._video(offsets)
        keep, bits, counts = self._judge(framed, v, offsets, slot, size)
        if not keep.any():
            return []
        v = {name: values[keep] for name, values in v.items()}
        site = self._decoder.site_rows(v["i010_sac"], v["i010_sic"], port[keep])
        t_ns = self._decoder.stamps(site, v["i140_tod_s"], np.full(len(site), 86_400.0), rx_ns[keep])
        wide = bool(np.any(bits[keep] > 8))
        cells = self._room(len(site), int(counts[keep].max()), np.uint16 if wide else np.uint8)
        at = offsets[np.arange(len(offsets)), slot][keep] + 1
        extract_kernels.unpack_all(framed.buffer, at, bits[keep], counts[keep], cells)
        fine = ~np.isnan(v["i041_celldur_fs"])
        seconds = np.where(fine, v["i041_celldur_fs"] * 1e-15, v["i040_celldur_ns"] * 1e-9)
        radials = Radials(
            t_ns=t_ns,
            start_deg=np.where(fine, v["i041_startaz_deg"], v["i040_startaz_deg"]),
            end_deg=np.where(fine, v["i041_endaz_deg"], v["i040_endaz_deg"]),
            first_cell=np.where(fine, v["i041_startrg"], v["i040_startrg"]).astype(np.int64),
            cell_m=seconds * LIGHT_MPS / 2,
            count=counts[keep],
            begin=begin[keep] + framed.base,
            cells=cells,
        )
        if np.all(site == site[0]):
            return [(int(site[0]), radials)]
        return [(int(k), Radials(*(column[site == k] for column in radials))) for k in np.unique(site)]

    def _room(self, n, most, dtype):
        """A matrix for cells, good until the next one is asked for."""
        if self._cells.size < n * most or self._cells.dtype != dtype:
            self._cells = np.empty(n * most, dtype)
        return self._cells[: n * most].reshape(n, most)

    def _video(self, offsets):
        """(slot of the video item, octets of its unit) of each record; slot -1 where it has none."""
        slot, size = np.full(len(offsets), -1), np.zeros(len(offsets), np.int64)
        for row in self._slots:
            here = offsets[:, row] >= 0
            slot[here], size[here] = row, self._tab.items[row, 1]
        return slot, size

    def _judge(self, framed, v, offsets, slot, size):
        """(rows that are whole radials, bits of a cell, cells); the others are counted under one reason each."""
        rows = np.arange(len(slot))
        at = offsets[rows, slot]
        sent = np.where(slot >= 0, framed.buffer[np.maximum(at, 0)].astype(np.int64) * size, 0)
        known = (v["i048_res"] >= 1) & (v["i048_res"] <= 6)
        bits = _BITS[np.where(known, v["i048_res"], 0).astype(np.int64)]
        counts = np.nan_to_num(v["i049_nbcells"], nan=-1).astype(np.int64)
        valid = np.where(np.isnan(v["i049_nbvb"]), sent, v["i049_nbvb"])
        duration = np.where(np.isnan(v["i041_celldur_fs"]), v["i040_celldur_ns"], v["i041_celldur_fs"])
        first = np.where(np.isnan(v["i041_startrg"]), v["i040_startrg"], v["i041_startrg"])
        keep = np.ones(len(slot), bool)
        for bad, reason in (
            (slot < 0, "video summary"),
            ((counts <= 0) | (sent == 0), "radial without cells"),
            (np.isnan(duration), "radial without a header"),
            (v["i048_c"] == 1, "compressed video"),
            (~known, "video resolution unknown"),
            (duration == 0, "cell duration 0"),
            (valid > sent, "NBVB more than the video sent"),
            (counts * bits > valid * 8, "NBCELLS more than NBVB holds"),
            (first + counts > MAX_CELLS, "cell farther than any radar sees"),
        ):
            rows = bad & keep
            self._decoder.rejects.add(reason, np.count_nonzero(rows))
            keep &= ~bad
        return keep, bits, counts


class Plots:
    """Radials of every site to plots; radials are counted in the feed's Rejects, echoes in each site's own."""

    def __init__(self, decoder, sites, rejects):
        self._reader = Reader(decoder)
        self._sites = sites
        self._rejects = rejects
        self._extractors = {}

    def plots(self, framed):
        """[Reports] of the revolutions that a framed buffer completed."""
        found = []
        for k, radials in self._reader.radials(framed):
            if k < 0:
                self._rejects.add("source that no site claims", radials.n)
                continue
            self._rejects.used += radials.n
            if k not in self._extractors:
                shore = self._sites[k].land
                self._extractors[k] = extract.Extractor(
                    self._sites[k], not_searched=land.rings(shore) if shore else None
                )
            found.append(self._extractors[k].plots(radials))
        return found

    def finish(self):
        """[Reports] of the revolutions that the recording left unfinished."""
        return [self._extractors[k].finish() for k in sorted(self._extractors)]

    @property
    def rejects(self):
        return {self._sites[k].name: x.rejects for k, x in sorted(self._extractors.items())}


MAX_CELLS = 1 << 18  # STARTRG is 32 bits of a stranger's; a scan is never allocated beyond this
