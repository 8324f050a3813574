"""The tracker: reports in, tracks at any later instant out; everything that it remembers can be saved and restored."""

import dataclasses
import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from vts.config import FusionConfig
from vts.errors import SchemaError, StateError
from vts.fusion import layout as col
from vts.fusion import mend, rows, step
from vts.fusion.evidence import UNSEEN_DOUBT, Evidence, Registration, doubts, findings_at, offsets_m
from vts.fusion.known import Known
from vts.fusion.motion import HYPOTHESES, SLOW_MPS
from vts.lifecycle import Lifecycle
from vts.schema import AIS_ATON, AIS_BASE, Picture, Rejects, Reports, Scores, Sensors, Sources, Statics, Tracks
from vts.units import DEG, HOUR, KN, MINUTE, S

VERSION = 13  # of the saved state
KEEP_NS = 5 * S  # the state is kept this often, to go back to
WORK_NS = 2 * KEEP_NS  # reports are worked in by units of this, whose late ones go back together
PENDING = 65_536  # rows that wait before the kernel is called without a picture having been asked for
_TRACKS = ("f", "n", "free", "hit_ns", "look_ns")  # a row a track
_TABLE = (*_TRACKS, "c", "keys", "heads", "site", "site_ns", "chart", "gone")


class Tracker:
    """Tracks of every vessel that the reports so far support.

    `sites` are the radar sites of the run, in the order of their sensor numbers. `rejects` counts the reports by what
    became of them.
    """

    def __init__(self, config=None, sites=()):
        self.config = config or FusionConfig()
        self.sites = tuple(sites)
        self.rejects = Rejects("fusion")
        self._known = Known()
        self._pending = []
        self._pending_rows = 0
        self._picture_ns = -1  # of the last picture that fuse made
        self._site = _site_table(self.sites)
        sites = len(self._site)
        self._site_ns = np.full(sites, -1, np.int64)
        self._chart = np.zeros((sites, col.RINGS * col.SECTORS, col.NM))
        self._f = np.zeros((64, col.NF + 1 + sites))
        self._n = np.full((64, col.NI), -1, np.int64)
        self._free = np.zeros(64, np.int64)
        self._hit_ns = np.full((64, sites), -1, np.int64)
        self._look_ns = np.full((64, sites), -1, np.int64)
        self._c = np.zeros(col.NC, np.int64)
        self._keys = np.full(256, -1, np.int64)
        self._heads = np.full(256, -1, np.int64)
        self._births = np.full((8192, 3), -1, np.int64)
        self._gone = np.full((4096, col.NG), -1, np.int64)
        self._w = np.zeros(256)  # scratch of the kernels
        self._done_ns = -1  # every report of a place before this has been worked in
        self._past = []  # Reports since the oldest of the states kept
        self._states = []  # [(time, {name: array})], to go back to when a report comes late
        self._life = Lifecycle()
        self._listener = None  # called with (Reports, verdicts, track numbers) of what was worked in

    @property
    def size(self):
        """Tracks alive, tentative ones too."""
        return int(np.count_nonzero(self._n[: self._c[col.C_TOP], col.STATE] >= 0))

    def update(self, reports):
        """Take a batch of Reports, in the order in which `vts.merge` yields them; the work may wait for a picture."""
        if reports.n:
            self._pending.append(reports)
            self._pending_rows += reports.n
            if self._pending_rows >= PENDING:
                self._work(int(_place(reports, self.config)[-1]) // WORK_NS * WORK_NS)

    def learn(self, statics):
        """Take a batch of Statics."""
        self._known.learn(statics)

    def picture(self, at_ns):
        """The Picture at an instant that no report given later precedes: every track predicted to it."""
        at_ns = int(at_ns)
        self._work(at_ns)
        names = self._known.settle()
        self._size_up(names)
        self._sweep(at_ns)
        minute = at_ns % MINUTE < self.config.picture_s * S
        tracks, alerts, sources = self._tracks(at_ns, minute)
        mmsis = np.unique(tracks.mmsi[tracks.mmsi >= 0])
        if at_ns % HOUR < self.config.picture_s * S:
            self._known.forget(mmsis, at_ns - HOUR)
        told = {"sensors": self._sensors(at_ns), "sources": sources} if minute else {}
        return Picture(at_ns, tracks, self._known.of(mmsis), alerts, Scores.empty(), **told)

    def _sensors(self, at_ns):
        """What is known of each site, as rows of a Picture."""
        known = self.registration()
        if not known:
            return Sensors.empty()
        return Sensors(np.arange(1, len(known) + 1), at_ns, *map(np.array, zip(*known, strict=True)))

    def _work(self, before_ns):
        """Work in the waiting reports whose place is before a time, unit after unit."""
        if not self._pending:
            return
        reports = Reports.concat(self._pending)
        place = _place(reports, self.config)
        ready = int(np.searchsorted(place, before_ns))  # merge has put them in this order
        self._pending = [] if ready == reports.n else [reports.take(slice(ready, None))]
        self._pending_rows = reports.n - ready
        for rows_, end_ns in _spans(place[:ready], WORK_NS):
            self._take(reports.take(rows_), int(place[rows_.start]), min(end_ns, before_ns))

    def _take(self, reports, start_ns, end_ns):
        """Work in the reports of one unit; where some were measured before it, mend their vessels' past, or all.

        A report's place says when it is known; from here on it counts at the time when it was measured.
        """
        if not self._states:
            first_ns = start_ns // KEEP_NS * KEEP_NS - int(self.config.ring_s) * S
            self._states.append((first_ns, self._copy()))
        first = np.ones(reports.n, bool)
        late = reports.t_ns < self._done_ns
        if late.any():
            lost = reports.t_ns < self._states[0][0]
            if lost.any():
                self.rejects.add(col.REASONS[col.TOO_OLD], int(lost.sum()))
                reports, late, first = reports.take(~lost), late[~lost], first[~lost]
            if late.any() and mend.alone(self, reports.take(late)):
                mended = mend.mend(self, reports.take(late))
                self._past += [mended.take(rows_) for rows_, _ in _spans(mended.t_ns, KEEP_NS)]
                reports, first = reports.take(~late), first[~late]
            elif late.any():
                since = self._back(int(reports.t_ns.min()))
                reports = Reports.concat([since, reports])
                first = np.concatenate([np.zeros(since.n, bool), first])
        order = np.lexsort((reports.seq, reports.sensor, reports.t_ns))
        if np.any(order[1:] < order[:-1]):
            reports, first = reports.take(order), first[order]
        for rows_, until_ns in _spans(reports.t_ns, KEEP_NS):
            part = reports.take(rows_)
            self._past.append(part)
            self._run(part, first[rows_])
            self._close(min(until_ns, end_ns))
        self._close(end_ns)

    def _kept(self, from_ns):
        """Which of the states kept is the last at or before a time."""
        return max(k for k, (kept_ns, _) in enumerate(self._states) if kept_ns <= from_ns)

    def _back(self, from_ns):
        """Go back to the last state kept before a time; the reports that had been worked in since."""
        keep = self._kept(from_ns)
        at_ns, state = self._states[keep]
        self._states = self._states[: keep + 1]
        track, serial = self._c[col.C_TRACK], self._c[col.C_REPLAY]
        for name in _TABLE:
            if name in _TRACKS:  # rows beyond the last one used are blanked when they are taken
                getattr(self, f"_{name}")[: len(state[name])] = state[name]
            else:
                setattr(self, f"_{name}", state[name].copy())
        self._c[col.C_TRACK], self._c[col.C_REPLAY] = track, serial + 1
        self._size_up(None)
        since = [part for part in self._past if part.t_ns[0] >= at_ns]
        self._past = [part for part in self._past if part.t_ns[0] < at_ns]
        self._done_ns = at_ns
        return Reports.concat(since)

    def _copy(self):
        """The tables as they are; of those of tracks the rows in use."""
        top = int(self._c[col.C_TOP])
        return {
            name: (table[:top] if name in _TRACKS else table).copy()
            for name, table in ((name, getattr(self, f"_{name}")) for name in _TABLE)
        }

    def _close(self, end_ns):
        """Everything before end_ns has been worked in; at a full span, keep the state."""
        self._done_ns = max(self._done_ns, end_ns)
        if self._done_ns % KEEP_NS == 0 and (not self._states or self._states[-1][0] < self._done_ns):
            self._states.append((self._done_ns, self._copy()))
            while len(self._states) > 1 and self._states[1][0] <= self._done_ns - self.config.ring_s * S:
                self._states.pop(0)
            oldest_ns = self._states[0][0]
            self._past = [part for part in self._past if part.t_ns[-1] >= oldest_ns]

    def _run(self, reports, first):
        """The kernel over reports in order of measurement; `first` marks those that have not been counted before."""
        verdict, track = np.full(reports.n, -1, np.int8), np.full(reports.n, -1, np.int64)
        config = self.config
        settings = (
            *(config.process_noise_mps2, config.gate_sigma**2, config.ais_sigma_m, config.stale_factor),
            config.coast_s,
        )
        at = 0
        while at < reports.n:
            at = step.run(
                *(self._f, self._n, self._c, self._free, self._keys, self._heads, self._hit_ns, self._look_ns),
                *(self._gone, self._births, self._site, self._site_ns, self._chart, self._w, reports, at, settings),
                *(verdict, track),
            )
            if at < reports.n:
                self._grow(int(self._c[col.C_TABLES]))
        if self._listener:
            self._listener(reports, verdict, track)
        counts = np.bincount(verdict[first], minlength=len(col.REASONS))
        for reason, count in zip(col.REASONS, counts, strict=True):
            if reason == "used":
                self.rejects.used += int(count)
            else:
                self.rejects.add(reason, int(count))

    def _sweep(self, at_ns):
        """Retire who has been silent too long, if it is time for it."""
        step.sweep_to(
            *(self._f, self._n, self._c, self._free, self._keys, self._heads, self._hit_ns, self._look_ns),
            *(self._gone, at_ns, self.config.stale_factor, self.config.coast_s),
        )

    def _grow(self, need):
        """Double the tables of tracks until `need` more fit, and the table of identities likewise."""
        rows_, used = self._f.shape[0], int(self._c[col.C_TOP] - self._c[col.C_FREE])
        while rows_ - used < need:
            rows_ *= 2
        for name in _TRACKS:
            old = getattr(self, f"_{name}")
            new = np.zeros((rows_, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            setattr(self, f"_{name}", new)
        if len(self._births) < 8 * rows_:  # all that began while the past is kept must find its number again
            births = np.full((16 * rows_, 3), -1, np.int64)
            rows.rebirth(self._births, births)
            self._births = births
        self._keys, self._heads, self._c[col.C_KEYS] = mend.rekeyed(self._keys, self._heads, need)

    def _size_up(self, mmsis):
        """Hand the sizes of vessels that have told them to their tracks: of these MMSIs (None: of all), and of tracks

        without one.

        From then on an AIS position is that of the antenna, so a track that AIS alone has fed moves to the middle.
        """
        top = int(self._c[col.C_TOP])
        f, n = self._f[:top], self._n[:top]
        named = (n[:, col.STATE] >= 0) & (n[:, col.MMSI] >= 0)
        if mmsis is not None:
            named &= np.isin(n[:, col.MMSI], mmsis) | np.isnan(f[:, col.TO_BOW])
        hit = np.flatnonzero(named)
        known, sizes = self._known.sizes(n[hit, col.MMSI])
        hit, columns = hit[known], (col.LENGTH, col.BEAM, col.TO_BOW, col.TO_PORT)
        sizes = np.array([np.where(np.isnan(v), f[hit, k], v) for k, v in zip(columns, sizes, strict=True)])
        before = f[hit][:, columns].T
        news = ((sizes != before) & ~(np.isnan(sizes) & np.isnan(before))).any(axis=0)
        hit, sizes = hit[news], sizes[:, news]
        if not hit.size:
            return
        before = _antenna(f[hit])
        for column, values in zip(columns, sizes, strict=True):
            f[hit, column] = values
        forward, starboard = (new - old for new, old in zip(_antenna(f[hit]), before, strict=True))
        speed = np.hypot(f[hit, col.VE], f[hit, col.VN])
        course = np.where(speed > SLOW_MPS, np.arctan2(f[hit, col.VE], f[hit, col.VN]), np.nan)
        heading = np.where(np.isnan(f[hit, col.HEADING]), course, f[hit, col.HEADING] * DEG)
        moved = hit[np.hypot(forward, starboard) > 0.0]
        f[np.ix_(moved, [col.OFF_E, col.OFF_N, col.OFF_W, col.OFF_D2, col.OFF_FAR])] = 0.0
        f[moved, col.CUSUM : col.CUSUM + 4] = 0.0
        shift = (n[hit, col.HITS] == 0) & ~np.isnan(heading)
        sin, cos = np.sin(heading[shift]), np.cos(heading[shift])
        to, ahead, aside = hit[shift], forward[shift], starboard[shift]
        f[to, col.LON] += (ahead * sin + aside * cos) / f[to, col.EAST_M]
        f[to, col.LAT] += (ahead * cos - aside * sin) / f[to, col.NORTH_M]
        # a track that radar holds too lies between antenna and middle: open along the hull, or any way round
        rest, known = hit[~shift], ~np.isnan(heading[~shift])
        sin, cos = np.sin(heading[~shift]), np.cos(heading[~shift])
        ahead, aside = forward[~shift], starboard[~shift]
        span2 = ahead**2 + aside**2
        ee = np.where(known, (ahead * sin + aside * cos) ** 2, span2)
        en = np.where(known, (ahead * sin + aside * cos) * (ahead * cos - aside * sin), 0.0)
        nn = np.where(known, (ahead * cos - aside * sin) ** 2, span2)
        for column, open_m2 in ((col.EE, ee), (col.EN, en), (col.NN, nn)):
            f[rest, column] += open_m2
        for k in range(HYPOTHESES):
            for at, open_m2 in ((5, ee), (6, en), (7, nn)):
                f[rest, col.X + k * col.STRIDE + at] += open_m2

    def _tracks(self, at_ns, with_sources):
        """(Tracks of what is to be shown at an instant, in order of `track`, Alerts, Sources or None)."""
        top = int(self._c[col.C_TOP])
        row, f, heard = np.empty(top, np.int64), np.empty((top, self._f.shape[1])), np.empty(top)
        k = step.draw(
            *(self._f, self._n, self._c, self._heads, self._keys, self._site, self._chart, at_ns),
            *(self.config.process_noise_mps2, self._w, row, f, heard),
        )
        order = np.argsort(self._n[row[:k], col.TRACK])
        row, f, heard = row[:k][order], f[:k][order], heard[:k][order]
        n = self._n[row]
        seen_by = self._seen_by(row, at_ns)
        p_dark, p_spoof = doubts(f, n, seen_by, heard, at_ns, step.overdue(self._f, self._n, row))
        # A station on a hill, or a mark that is only broadcast, gives no echo that could vouch for it.
        p_spoof = np.where(np.isin(n[:, col.KIND], (AIS_BASE, AIS_ATON)), np.nan, p_spoof)
        gave = f[:, col.GAVE :]
        offset_m = offsets_m(f)
        tracks = Tracks(
            track=n[:, col.TRACK],
            mmsi=n[:, col.MMSI],
            t_ns=at_ns if k else None,
            lon_deg=f[:, col.LON],
            lat_deg=f[:, col.LAT],
            sog_kn=np.hypot(f[:, col.VE], f[:, col.VN]) / KN,
            cog_deg=np.arctan2(f[:, col.VE], f[:, col.VN]) / DEG % 360.0,
            heading_deg=f[:, col.HEADING],
            rot_deg_min=f[:, col.ROT],
            nav_status=n[:, col.STATUS],
            kind=n[:, col.KIND],
            state=n[:, col.STATE],
            age_s=(at_ns - n[:, col.LAST]) / S,
            first_ns=n[:, col.FIRST],
            seen_by=seen_by,
            **{name: f[:, col.EE + j] for j, name in enumerate(_COVARIANCE)},
            existence=0.5 + 0.5 * np.tanh(0.5 * f[:, col.ODDS]),
            p_dark=p_dark,
            p_spoof=p_spoof,
            length_m=f[:, col.LENGTH],
            reports=n[:, col.REPORTS],
            ais_age_s=_age_s(at_ns, n[:, col.AIS_T]),
            radar_age_s=_age_s(at_ns, n[:, col.RADAR_T]),
            radar_share=gave[:, 1:].sum(axis=1) / gave.sum(axis=1),
            offset_e_m=offset_m[0],
            offset_n_m=offset_m[1],
            offset_sum=np.where(np.isnan(offset_m[0]), np.nan, f[:, col.CUSUM : col.CUSUM + 4].max(axis=1)),
        )
        evidence = Evidence(at_ns, tracks, f, n, heard, self.registration())
        sources = self._sources(row, gave, tracks.track, at_ns) if with_sources else None
        return tracks, findings_at(evidence, self._life), sources

    def _sources(self, row, gave, track, at_ns):
        """What each sensor has given to each of these rows, of those that radar has seen."""
        last_ns = np.column_stack([self._n[row, col.AIS_T], self._hit_ns[row]])
        which, sensor = np.nonzero((last_ns >= 0) & (self._n[row, col.HITS] > 0)[:, None])
        return Sources(
            track=track[which],
            sensor=sensor,
            t_ns=at_ns if which.size else None,
            age_s=_age_s(at_ns, last_ns[which, sensor]),
            share=gave[which, sensor] / gave[which].sum(axis=1),
        )

    def registration(self):
        """What each site reads too much, as learned so far: one Registration a site, sigmas NaN before enough pairs."""
        out = []
        for row in self._site[: len(self.sites)]:
            known = row[col.S_VAR_R] > 0.0  # solved for, once there are LEAST_PAIRS
            sigma = np.sqrt(row[[col.S_VAR_R, col.S_VAR_A, col.S_VAR_T]]) if known else np.full(3, np.nan)
            out.append(
                Registration(
                    *(float(row[col.S_BIAS_R]), float(sigma[0])),
                    *(float(row[col.S_BIAS_A] / DEG), float(sigma[1] / DEG)),
                    *(float(row[col.S_BIAS_T]), float(sigma[2]), float(row[col.S_PAIRS])),
                )
            )
        return tuple(out)

    def _seen_by(self, row, at_ns):
        """Bit mask of the sensors that updated each row within twice their own interval.

        A radar that has looked for an AIS vessel in vain for long does not see her because of one plot: that is chance.
        """
        seen = np.zeros(row.size, np.int64)
        vain = (self._n[row, col.MMSI] >= 0) & (self._f[row, col.UNSEEN] < -UNSEEN_DOUBT)
        period_ns = (self._site[:, col.S_PERIOD] * S).astype(np.int64)
        for s in range(len(self._site)):
            hit = self._hit_ns[row, s]
            seen |= np.where((hit >= 0) & (at_ns - hit <= 2 * period_ns[s]) & ~vain, 2 << s, 0)
        ais_ns = self._n[row, col.AIS_T]
        overdue_s = step.overdue(self._f, self._n, row)
        return seen | ((ais_ns >= 0) & ((at_ns - ais_ns) / S <= overdue_s))

    @property
    def life(self):
        """The Lifecycle of the findings, to suppress some of them."""
        return self._life

    def save(self, path):
        """Write everything that later output depends on to one .npz file, atomically."""
        path = Path(path)
        pending = Reports.concat(self._pending)
        header = {
            "version": VERSION,
            "config": dataclasses.asdict(self.config),
            "sites": _digest(self.sites),
            "picture_ns": self._picture_ns,
            "done_ns": self._done_ns,
            "states_ns": [at_ns for at_ns, _ in self._states],
            "alerts": self._life.dump(),
            "used": self.rejects.used,
            "counts": self.rejects.counts,
        }
        arrays = {name: getattr(self, f"_{name}") for name in _TABLE}
        arrays |= {f"pending_{name}": column for name, column in zip(Reports._fields, pending, strict=True)}
        arrays |= {f"known_{name}": c for name, c in zip(Statics._fields, self._known.dump(), strict=True)}
        past = Reports.concat(self._past)
        past = past.take(np.argsort(past.t_ns, kind="stable"))
        arrays |= {f"past_{name}": column for name, column in zip(Reports._fields, past, strict=True)}
        arrays |= {f"state{k}_{name}": a for k, (_, state) in enumerate(self._states) for name, a in state.items()}
        arrays["births"] = self._births
        text = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
        partial = path.with_name(path.name + ".partial")
        with open(partial, "wb") as file:
            np.savez(file, header=text, **arrays)
        os.replace(partial, path)

    @classmethod
    def load(cls, path, config=None, sites=None):
        """The Tracker that `save` wrote, with the configuration that it was saved under.

        Raises StateError for a file that is damaged, of another version, or not of the configuration or sites given.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                arrays = {name: data[name] for name in data.files}
            header = json.loads(arrays.pop("header").tobytes())
            version = header["version"]
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise StateError(f"{path}: not a saved tracker ({error}); start without it") from error
        if version != VERSION:
            raise StateError(f"{path}: saved by state version {version}, this is {VERSION}; start without it")
        try:
            tracker = cls(FusionConfig(**header["config"]), sites or ())
            tracker._adopt(header, arrays)
        except (KeyError, TypeError, ValueError, SchemaError) as error:
            raise StateError(f"{path}: damaged tracker state ({error}); start without it") from error
        if config not in (None, tracker.config) or (sites is not None and header["sites"] != _digest(sites)):
            raise StateError(f"{path}: saved under another configuration or other sites; load it with those")
        return tracker

    def _adopt(self, header, arrays):
        """Take over a saved state; KeyError, TypeError or ValueError where it does not fit together."""
        like = {name: getattr(self, f"_{name}") for name in (*_TABLE, "births")}
        for name, mine in like.items():
            setattr(self, f"_{name}", _checked(arrays[name], mine))
        self._states = [
            (int(at_ns), {name: _checked(arrays[f"state{k}_{name}"], like[name]) for name in _TABLE})
            for k, at_ns in enumerate(header["states_ns"])
        ]
        past = Reports(**{name: arrays[f"past_{name}"] for name in Reports._fields})
        self._past = [past.take(rows_) for rows_, _ in _spans(past.t_ns, KEEP_NS)]
        self._done_ns = int(header["done_ns"])
        self._life = Lifecycle.restore(header["alerts"])
        pending = Reports(**{name: arrays[f"pending_{name}"] for name in Reports._fields})
        self.update(pending)
        self._known = Known.restore(Statics(**{name: arrays[f"known_{name}"] for name in Statics._fields}))
        self._picture_ns = int(header["picture_ns"])
        self.rejects.used = int(header["used"])
        self.rejects.counts = {str(reason): int(count) for reason, count in header["counts"].items()}


def _age_s(at_ns, last_ns):
    """Seconds since each instant; NaN where it is -1."""
    return np.where(last_ns >= 0, (at_ns - last_ns) / S, np.nan)


def _antenna(f):
    """(forward, starboard) from each row's AIS antenna to the middle of the hull, m; 0 where it has not been told."""
    forward = f[:, col.TO_BOW] - 0.5 * f[:, col.LENGTH]
    starboard = np.nan_to_num(0.5 * f[:, col.BEAM] - f[:, col.TO_PORT])
    return np.nan_to_num(forward), np.where(np.isnan(forward), 0.0, starboard)


def _checked(saved, mine):
    """A saved array, if it can stand for mine; ValueError where it cannot."""
    if saved.dtype != mine.dtype or saved.shape[1:] != mine.shape[1:]:
        raise ValueError(f"a table is {saved.dtype} {saved.shape}")
    return np.ascontiguousarray(saved)


def _spans(time_ns, every_ns):
    """(slice of rows, end) of each span of `every_ns` in which there are any; times ascend."""
    span = time_ns // every_ns
    starts = np.flatnonzero(np.diff(span, prepend=span[:1] - 1)).tolist()
    for start, stop in zip(starts, [*starts[1:], span.size], strict=False):  # none of none
        yield slice(start, stop), (int(span[start]) + 1) * every_ns


def _site_table(sites):
    """One row of numbers a site; without sites, one that knows nothing, for plots that come with a position."""
    table = np.zeros((max(len(sites), 1), col.NS))
    table[:, [col.S_LON, col.S_LAT]] = np.nan
    table[:, [col.S_PERIOD, col.S_MAX]] = 3.0, 100_000.0
    table[:, [col.S_RANGE_SIGMA, col.S_AZ_SIGMA]] = 15.0, 0.5 * DEG
    table[:, [col.S_GLINT, col.S_GLINT_N]] = 20.0, 20.0
    for row, site in zip(table, sites, strict=False):
        row[[col.S_LON, col.S_LAT]] = site.lon_deg, site.lat_deg
        row[[col.S_PERIOD, col.S_MIN, col.S_MAX]] = site.period_s, site.min_range_m, site.max_range_m
        row[[col.S_RANGE_SIGMA, col.S_AZ_SIGMA]] = site.sigma_range_m, site.sigma_azimuth_deg * DEG
        row[[col.S_BIAS_R, col.S_BIAS_A]] = site.range_bias_m, site.azimuth_bias_deg * DEG
        row[[col.S_PRIOR_R, col.S_PRIOR_A]] = row[[col.S_BIAS_R, col.S_BIAS_A]]
        row[col.S_MOVES] = site.own_ship
        blind = np.radians(np.array(site.blind_deg[: col.MAX_BLIND], float)).reshape(-1)
        row[col.S_BLIND] = blind.size // 2
        row[col.S_BLIND + 1 : col.S_BLIND + 1 + blind.size] = blind
    return table


_COVARIANCE = Tracks._fields[Tracks._fields.index("ee_m2") : Tracks._fields.index("vnvn_m2s2") + 1]


def _place(reports, config):
    """Each report's place in event time, as `vts.merge` defines it."""
    received = np.where(reports.rx_ns >= 0, reports.rx_ns, reports.t_ns)
    return np.maximum(reports.t_ns, received - int(config.lateness_s * S))


def _digest(sites):
    """Hash of the sites that a state belongs to."""
    return hashlib.blake2b(repr(tuple(sites)).encode(), digest_size=16).hexdigest()


def fuse(feed, tracker):
    """A Picture at every multiple of `picture_s` in event time, as an iterator; the last covers the last report.

    `feed` yields Reports and Statics in the order of `vts.merge`, in any batching. Where nothing is tracked and
    nothing is heard, no Picture is made.
    """
    every_ns = int(tracker.config.picture_s * S)
    due_ns = tracker._picture_ns + every_ns if tracker._picture_ns >= 0 else -1
    heard = bool(tracker._pending)
    for batch in feed:
        place = batch.t_ns if isinstance(batch, Statics) else _place(batch, tracker.config)
        at = 0
        while at < batch.n:
            if due_ns < 0:
                due_ns = (int(place[at]) // every_ns + 1) * every_ns
            # everything before the due time goes in; places never step back, so the first at or past it is the cut
            past = place[at:] >= due_ns
            stop = at + int(past.argmax()) if past.any() else batch.n
            part = batch if stop - at == batch.n else batch.take(slice(at, stop))
            if isinstance(batch, Statics):
                tracker.learn(part)
            else:
                tracker.update(part)
                heard = heard or stop > at
            at = stop
            if at < batch.n:
                if heard or tracker.size:
                    tracker._picture_ns = due_ns
                    yield tracker.picture(due_ns)
                    due_ns += every_ns
                    heard = False
                else:
                    due_ns = (int(place[at]) // every_ns + 1) * every_ns
    if heard:
        tracker._picture_ns = due_ns
        yield tracker.picture(due_ns)
