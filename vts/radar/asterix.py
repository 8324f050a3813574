"""ASTERIX: blocks of octets to Reports, to dicts, and back to octets.

`Decoder` takes buffers that are already framed (raw files, Final Format and datagrams differ only in their framing) and
keeps what one block leaves for the next: each site's clock. Which item becomes which column stands in the category's
own file, as REPORT, TARGETS and NOT_MEASURED.
"""

import itertools
from typing import NamedTuple

import numpy as np

from vts.errors import UsageError
from vts.plugins import discover
from vts.radar import asterix_kernels as kernels
from vts.radar import project
from vts.radar.listing import iso, record_fields
from vts.radar.site import in_sight, match_site
from vts.radar.tables import EXPLICIT, EXT, FIXED, REP, categories, layout, table
from vts.schema import RADAR_PLOT, RADAR_TRACK, Rejects, Reports
from vts.units import KN, NM, S

RECORDS = 8192  # walked at once; bounds memory to RECORDS x items x 8 octets
_WHY = {
    kernels.EMPTY: "record without items",
    kernels.FSPEC_LONG: "FSPEC longer than the category has items (another edition?)",
    kernels.UNDEFINED: "item that this edition does not define (name another edition)",
    kernels.PAST_END: "record past the end of its block",
    kernels.FX_CHAIN: "FX chain longer than the item (another edition?)",
    kernels.NO_LENGTH: "explicit item of length 0",
}
_PIECE = 1 << 17  # octets
_SITE_COLUMNS = ("lon_deg", "lat_deg", "height_m", "sigma_range_m", "sigma_azimuth_deg", "latency_s", "clock_offset_s")
_CLOCK_BIN_S = 1 / 128
_CLOCK_BINS = 128 * 120  # offsets of +-60 s can be told; beyond, the nearer end


class Framed(NamedTuple):
    """A buffer and the ASTERIX blocks found in it."""

    buffer: np.ndarray  # octets
    blocks: np.ndarray  # (blocks, 3): category, first octet after the header, end
    rx_ns: np.ndarray  # of each block; -1 where the source does not say
    port: np.ndarray  # UDP destination port of each block; -1
    base: int  # offset of the buffer's first octet in its source


class Decoder:
    """Reports of framed buffers; counts in `rejects`, remembers each site's clock."""

    def __init__(self, sites, rejects, *, start_ns=-1, editions=None):
        self.rejects = rejects
        self.sites = sites
        self._start_ns = start_ns
        self._editions = editions or {}
        self._modules = discover("vts.radar.categories")
        self._tables = {c: table(c, self._editions.get(c)) for c in categories()}
        self.layout = layout(self._tables)
        self.known = self.layout[0]
        self._last_ns = np.full(max(len(sites), 1), -1, np.int64)
        self._latest_ns = -1
        self._match = {}
        self._clock = {}
        self._columns = {name: np.array([getattr(site, name) for site in sites], np.float64) for name in _SITE_COLUMNS}

    def reports(self, framed):
        """The Reports of a framed buffer, in its order; everything else is counted."""
        self._count_unknown(framed)
        octets = np.cumsum(framed.blocks[:, 2] - framed.blocks[:, 1])
        cuts = np.searchsorted(octets, np.arange(_PIECE, octets[-1] if len(octets) else 0, _PIECE))
        edges = [0, *np.unique(cuts[cuts > 0]).tolist(), len(framed.blocks)]
        return Reports.concat([self._piece(framed, a, b) for a, b in itertools.pairwise(edges)])

    def _piece(self, framed, start, stop):
        """Reports of some of the blocks, few enough for their columns to stay in the processor's cache."""
        framed = framed._replace(
            blocks=framed.blocks[start:stop], rx_ns=framed.rx_ns[start:stop], port=framed.port[start:stop]
        )
        parts = []
        for category in np.unique(framed.blocks[:, 0]):
            if self.known[category]:
                parts += self._category(int(category), framed)
        if not parts:
            return Reports.empty()
        columns = parts[0]
        if len(parts) > 1:
            columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            order = np.argsort(columns["begin"], kind="stable")
            columns = {name: column[order] for name, column in columns.items()}
        return self._assemble(columns, framed)

    def _count_unknown(self, framed):
        """Blocks of a category that has no file are rejected whole."""
        for category, count in zip(*np.unique(framed.blocks[:, 0], return_counts=True), strict=True):
            if not self.known[category]:
                self.rejects.add("category without a table", count, f"CAT{category:03d}")

    def _category(self, category, framed):
        """[{column: values}] of one category's records, with where they begin and the block they came in."""
        tab, module = self._tables[category], self._modules[f"cat{category:03d}"]
        nouns = module.REPORT | {"sac": "i010_sac", "sic": "i010_sic"}
        flags = getattr(module, "NOT_MEASURED", {})
        wanted = list(dict.fromkeys([*nouns.values(), *flags]))
        which = np.flatnonzero(framed.blocks[:, 0] == category)
        parts = []
        for records, _offsets, values in self.walk(tab, framed, framed.blocks[which], wanted):
            row = dict(zip(wanted, values, strict=True))
            part = {noun: row[name] for noun, name in nouns.items()}
            parts.append(_nouns(part, records, which, category, module, [(row[f], why) for f, why in flags.items()]))
        return parts

    def walk(self, tab, framed, blocks, wanted):
        """Yield (records (n, 2): begin and row of `blocks`, offsets (n, items), values (fields, n)); count the rest."""
        fields, lsb = field_arrays(tab, wanted)
        n_items = len(tab.items)
        block, at = 0, 0
        while block < len(blocks):
            size = int(min(RECORDS, max(64, (blocks[block:, 2] - blocks[block:, 1]).sum() // 2)))
            offsets = np.empty((size, n_items), np.int64)
            records = np.empty((size, 2), np.int64)
            errors = np.empty((size, 4), np.int64)
            n, bad, block, at = kernels.walk(
                framed.buffer, blocks, block, at, tab.items, tab.uaps, offsets, records, errors
            )
            for _, begin, code, frn in errors[:bad]:
                head = bytes(framed.buffer[begin : begin + 8]).hex()
                self.rejects.add(
                    _WHY[int(code)],
                    1,
                    f"CAT{tab.category:03d} edition {tab.edition}, FRN {frn}, octet {framed.base + begin}: {head}",
                )
            if n:
                values = np.empty((len(wanted), n))
                kernels.numbers(framed.buffer, offsets[:n], fields, lsb, values)
                yield records[:n], offsets[:n], values

    def _assemble(self, c, framed):
        """Reports of the records in order of arrival; those that cannot be are counted, each under one reason."""
        site = self.site_rows(c["sac"], c["sic"], framed.port[c["block"]])
        rx_ns = framed.rx_ns[c["block"]]
        stamp_ns = self.stamps(site, c["tod_s"], c["wrap_s"], rx_ns)
        keep = self._judge(c, site, stamp_ns, rx_ns)
        if not keep.all():
            c = {name: column[keep] for name, column in c.items()}
            site, stamp_ns, rx_ns = site[keep], stamp_ns[keep], rx_ns[keep]
        late_s = self._columns["latency_s"] + self._columns["clock_offset_s"]
        t_ns = stamp_ns - np.rint(late_s[site] * S).astype(np.int64)
        return self._placed(c, site, t_ns, np.where(rx_ns >= 0, rx_ns, stamp_ns), framed.base)

    def _judge(self, c, site, stamp_ns, rx_ns):
        """Rows that are measured targets of a known site at a known time."""
        keep = np.ones(len(site), bool)

        def reject(which, reason, example=None):
            rows = np.flatnonzero(which & keep)
            if rows.size:
                self.rejects.add(reason, rows.size, example(rows[0]) if example else "")
                keep[rows] = False

        reject(c["service"], "service message")
        for code in np.unique(c["flag"][c["flag"] > 0]):
            reject(c["flag"] == code, _FLAGS[int(code)])
        reject(site < 0, "source that no site claims", lambda k: f"SAC {c['sac'][k]:g} SIC {c['sic'][k]:g}")
        bad_tod = (c["tod_s"] < 0) | (c["tod_s"] >= c["wrap_s"])
        reject(bad_tod, "time of day over 24 h", lambda k: f"{c['tod_s'][k]:.3f} s")
        if self._start_ns < 0 and self._latest_ns < 0 and np.any(keep & (stamp_ns < 0) & np.isfinite(c["tod_s"])):
            raise UsageError(
                f"{self.rejects.source}: carries times of day without a date; name its UTC date (start, or `date` in "
                "the sites file)"
            )
        reject(stamp_ns < 0, "no time")
        return keep

    def _placed(self, c, site, t_ns, rx_ns, base):
        """Reports with position, motion and error ellipse; those without a position or out of sight are counted."""
        n = len(site)
        col = self._columns
        rng = np.where(np.isnan(c["range_m"]), c["range_nm"] * NM, c["range_m"])
        az, lon, lat = c["azimuth_deg"].copy(), c["lon_deg"].copy(), c["lat_deg"].copy()
        x = np.where(np.isnan(c["x_m"]), c["x_nm"] * NM, c["x_m"])
        y = np.where(np.isnan(c["y_m"]), c["y_nm"] * NM, c["y_m"])
        major, minor, axis = np.full((3, n), np.nan)
        if n:
            project.place(
                site, col["lon_deg"][site], col["lat_deg"][site], col["height_m"], col["sigma_range_m"],
                col["sigma_azimuth_deg"], rng, az, x, y, lon, lat, major, minor, axis,
            )  # fmt: skip
        speed_mps = c["speed_nmps"] * NM
        has_v = np.isnan(speed_mps) & ~np.isnan(c["vx_mps"]) & ~np.isnan(c["vy_mps"])
        sog = np.where(has_v, np.hypot(c["vx_mps"], c["vy_mps"]), speed_mps) / KN
        cog = np.where(has_v, np.degrees(np.arctan2(c["vx_mps"], c["vy_mps"])) % 360.0, c["course_deg"])
        track = np.where(np.isnan(c["track"]), -1, c["track"]).astype(np.int64)
        reports = Reports(
            t_ns=t_ns, rx_ns=rx_ns, sensor=site + 1, kind=np.where(track >= 0, RADAR_TRACK, RADAR_PLOT), ident=track,
            lon_deg=lon, lat_deg=lat, range_m=rng, azimuth_deg=az, sog_kn=sog, cog_deg=cog, major_m=major,
            minor_m=minor, axis_deg=axis, length_m=c["length_m"], width_m=c["width_m"], seq=c["begin"] + base,
        )  # fmt: skip
        return in_sight(reports, self.sites, self.rejects)

    def messages(self, framed):
        """One dict per record of a framed buffer, in its order; the slow lane, every item of every category."""
        self._count_unknown(framed)
        found = []
        for category in np.unique(framed.blocks[:, 0]):
            if self.known[category]:
                found += self._dicts(int(category), framed)
        for _, message in sorted(found, key=lambda pair: pair[0]):
            self.rejects.used += 1
            yield message

    def _dicts(self, category, framed):
        """[(begin, message)] of one category's records."""
        tab, module = self._tables[category], self._modules[f"cat{category:03d}"]
        which = np.flatnonzero(framed.blocks[:, 0] == category)
        wrap_s = getattr(module, "WRAP_S", 86_400.0)
        found = []
        for records, offsets, values in self.walk(tab, framed, framed.blocks[which], [module.REPORT["tod_s"]]):
            n = len(records)
            rx_ns, t_ns = framed.rx_ns[which[records[:, 1]]], np.empty(n, np.int64)
            self._latest_ns = project.resolve_time(
                np.full(n, -1),
                values[0],
                np.full(n, wrap_s),
                rx_ns,
                self._noon_ns,
                self._last_ns,
                self._latest_ns,
                t_ns,
            )
            for k in range(n):
                fields = record_fields(tab, framed.buffer, offsets[k])
                head = {"t": iso(t_ns[k]), "station": f"{fields.get('i010_sac')}/{fields.get('i010_sic')}"}
                head |= {"offset": int(framed.base + records[k, 0]), "category": category}
                found.append((records[k, 0], head | fields))
        return found

    @property
    def _noon_ns(self):
        """What a first record's day is looked for around: noon of a stated date, or the stated time itself."""
        whole_day = self._start_ns >= 0 and self._start_ns % (86_400 * S) == 0
        return self._start_ns + 43_200 * S if whole_day else self._start_ns

    def table(self, category):
        """The Table that a category is decoded with."""
        return self._tables[category]

    def stamps(self, site, tod_s, wrap_s, rx_ns):
        """UTC ns of records as stamped, -1 where unknown; the sites' clocks go on."""
        stamp_ns = np.empty(len(site), np.int64)
        self._latest_ns = project.resolve_time(
            site, tod_s, wrap_s, rx_ns, self._noon_ns, self._last_ns, self._latest_ns, stamp_ns
        )
        self._learn_clock(site, tod_s, stamp_ns, rx_ns)
        return stamp_ns

    def site_rows(self, sac, sic, port):
        """Row of `sites` for each record, -1 where none claims its source."""
        key = np.where(np.isnan(sac), 65_535 * 2, sac * 256 + sic).astype(np.int64) * 65_537 + port + 1
        unique, inverse = np.unique(key, return_inverse=True)
        rows = np.empty(len(unique), np.int64)
        for k, value in enumerate(unique):
            source, udp = divmod(int(value), 65_537)
            rows[k] = match_site(self.sites, source >> 8, source & 255, udp - 1)
        return rows[inverse]

    def _learn_clock(self, site, tod_s, stamp_ns, rx_ns):
        """Add how far each stamp lies from its reception to the site's histogram."""
        known = (site >= 0) & (rx_ns >= 0) & (stamp_ns >= 0) & ~np.isnan(tod_s)
        for k in np.unique(site[known]):
            these = known & (site == k)
            ahead_s = (stamp_ns[these] - rx_ns[these]) / S - self.sites[k].latency_s
            bins = np.clip(np.rint(ahead_s / _CLOCK_BIN_S) + _CLOCK_BINS // 2, 0, _CLOCK_BINS).astype(np.int64)
            held = self._clock.setdefault(int(k), np.zeros(_CLOCK_BINS + 1, np.int64))
            np.add.at(held, bins, 1)

    @property
    def clock_offset_s(self):
        """{site name: median of stamp minus reception, s}: the clock's lead, less the way here; empty without one."""
        found = {}
        for k, held in sorted(self._clock.items()):
            middle = np.searchsorted(np.cumsum(held), (held.sum() + 1) // 2)
            found[self.sites[k].name] = float((middle - _CLOCK_BINS // 2) * _CLOCK_BIN_S)
        return found


_FLAGS = ("", "simulated target", "test target", "field monitor", "ghost track", "extrapolated by the radar")
_FLAGS += ("last report of a radar track",)
_NOUNS = ("type", "tod_s", "track", "range_m", "range_nm", "azimuth_deg", "x_m", "y_m", "x_nm", "y_nm", "lon_deg")
_NOUNS += ("lat_deg", "speed_nmps", "course_deg", "vx_mps", "vy_mps", "length_m", "width_m", "sac", "sic")


def _nouns(part, records, which, category, module, flags):
    """One category's columns under the names that all share; NaN where it has none."""
    n = len(records)
    full = {noun: part.get(noun) if noun in part else np.full(n, np.nan) for noun in _NOUNS}
    targets = getattr(module, "TARGETS", None)
    full["service"] = np.full(n, targets is None)
    if targets:
        full["service"] = ~np.isin(full["type"], targets)
    full["flag"] = np.zeros(n, np.int64)
    for values, why in flags:
        full["flag"][(values > 0) & (full["flag"] == 0)] = _FLAGS.index(why)
    full["wrap_s"] = np.full(n, getattr(module, "WRAP_S", 86_400.0))
    full["begin"] = records[:, 0]
    full["block"] = which[records[:, 1]]
    return full


def field_arrays(tab, wanted):
    """(int64 (fields, 5), lsb (fields,)) that the kernels read; UsageError for a column that is not there."""
    for name in wanted:
        if name not in tab.fields:
            raise UsageError(f"CAT{tab.category:03d} edition {tab.edition} has no column {name!r}")
    chosen = [tab.fields[name] for name in wanted]
    rows = [(f.item, f.octet, f.bit, f.bits, f.form == "s") for f in chosen]
    return np.array(rows, np.int64).reshape(-1, 5), np.array([f.lsb for f in chosen], np.float64)


def columns(category, edition=None):
    """The names that `encode` takes and `decode` gives for a category."""
    return tuple(table(category, edition).fields)


def decode(category, octets, names=None, *, edition=None, rejects=None):
    """{column: values (records,)} of whole ASTERIX blocks, other categories passed over; the inverse of `encode`.

    NaN where a record lacks the item. `names` are all columns that hold one number per record, unless given. What
    cannot be read is counted in `rejects`. Raises UsageError for an unknown category, edition or column.
    """
    rejects = Rejects("the given octets") if rejects is None else rejects
    decoder = Decoder((), rejects, editions={category: edition} if edition else None)
    tab = decoder.table(category)
    if names is None:
        names = [name for name, f in tab.fields.items() if tab.items[f.item, 0] in (FIXED, EXT) and f.form in "us"]
    buffer = np.frombuffer(octets, np.uint8)
    blocks = np.empty((len(buffer) // 4 + 1, 3), np.int64)
    n, _, gaps, _ = kernels.frame(buffer, 0, len(buffer), decoder.layout, True, False, 0, blocks)
    rejects.add("framing lost", gaps)
    blocks = blocks[:n][blocks[:n, 0] == category]
    framed = Framed(buffer, blocks, np.full(n, -1), np.full(n, -1), 0)
    values = [part for *_, part in decoder.walk(tab, framed, blocks, list(names))]
    whole = np.concatenate(values, axis=1) if values else np.empty((len(names), 0))
    rejects.used += whole.shape[1]
    return dict(zip(names, whole, strict=True))


def encode(category, values, *, edition=None, raw=None, per_block=16):
    """ASTERIX octets of n records, `per_block` of them to a block.

    `values` maps column names (`columns(category)`) to numbers in the column's unit, shape (n,) or one for all; NaN
    leaves an item out of a record. `raw` is (item, octets (n, k)): the content of one `rep` item (a multiple of its
    size) or `explicit` item, for CAT240 video. Values beyond what the bits hold are sent as the largest that they do.
    Raises UsageError for an unknown name, unequal lengths, and a block over 65,535 octets.
    """
    tab = table(category, edition)
    unknown = sorted(set(values) - set(tab.fields))
    if unknown:
        raise UsageError(f"CAT{category:03d} edition {tab.edition} has no column {unknown[0]!r}; see columns()")
    names = sorted(values, key=lambda name: (tab.fields[name].item, tab.fields[name].bit))
    arrays = [np.atleast_1d(np.asarray(values[name], np.float64)) for name in names]
    content = np.zeros((0, 0), np.uint8) if raw is None else np.ascontiguousarray(raw[1], np.uint8)
    n = max([len(content), *(len(a) for a in arrays)], default=0)
    if any(len(a) not in (1, n) for a in arrays) or len(content) not in (0, n):
        raise UsageError(f"CAT{category:03d}: columns must have one length or be single values")
    matrix = np.empty((n, len(names)))
    for k, array in enumerate(arrays):
        matrix[:, k] = array
    fields, lsb = field_arrays(tab, names)
    for name in names:
        if tab.items[tab.fields[name].item, 0] in (REP, EXPLICIT):
            raise UsageError(f"CAT{category:03d} {name}: give a repetitive item's octets as `raw`")
    first = np.searchsorted(fields[:, 0], np.arange(len(tab.items) + 1)).astype(np.int64)
    raw_slot = -1 if raw is None else tab.names.index(raw[0])
    arguments = (tab.items, tab.uaps, fields, lsb, first, matrix, raw_slot, content, category, per_block)
    size = kernels.encode(*arguments, np.empty(0, np.uint8))
    if size < 0:
        raise UsageError(f"CAT{category:03d}: a block would be over 65,535 octets; lower per_block or split the record")
    out = np.zeros(size, np.uint8)
    kernels.encode(*arguments, out)
    return out.tobytes()
