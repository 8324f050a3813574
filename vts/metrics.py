"""How close tracks come to the truth: GOSPA, errors, missed, false, identity switches, continuity, consistency.

Only confirmed and coasting tracks of vessels count: base stations and aids to navigation do not. A vessel is asked
for while it can be known: from 60 s after its first report, as long as the Cramer-Rao bound of its position, which
simulated truth carries, stays under 100 m, and as long as somebody has seen it in the last three minutes (in 5 of 10
scans, or by AIS; simulated truth says so too). Where the truth has no bound, from 60 s after its first row.

GOSPA: Rahmathullah, Garcia-Fernandez and Svensson (2017), with c = 200 m, p = 2, alpha = 2. Switches and continuity
keep a pairing as long as it lasts, as CLEAR MOT does (Bernardin and Stiefelhagen 2008).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from vts.errors import LogError, StoreError
from vts.geo import A_M, E2
from vts.schema import AIS_ATON, AIS_BASE, AIS_SENSOR, COASTING, CONFIRMED, Tracks
from vts.units import DEG, KN, S

CUTOFF_M = 200.0
GROWN_S = 60.0  # a track is judged on vessels that have been reported for so long
KNOWABLE_M = 100.0  # a vessel whose bound is over this cannot be asked for
STEADY, MANOEUVRING, STILL = 0, 1, 2
SETTLED_S = 180.0  # speed and course are judged after 3 min, as MSC.192(79) does
WAY_KN = 3.0  # a course is asked of vessels over this


class Truth(NamedTuple):
    """Where vessels were: equal arrays, in order of t_ns, then vessel."""

    t_ns: np.ndarray
    vessel: np.ndarray
    mmsi: np.ndarray
    lon_deg: np.ndarray
    lat_deg: np.ndarray
    sog_kn: np.ndarray
    cog_deg: np.ndarray
    mode: np.ndarray  # STEADY, MANOEUVRING, STILL
    bound_m: np.ndarray  # NaN: none known
    seen: np.ndarray  # 0: nobody has seen it for three minutes


def load_truth(path):
    """The Truth of a Parquet file with the columns of `Truth`, of which mode, bound_m and seen may be absent.

    Raises LogError where it cannot be read or a column is missing.
    """
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
    except (OSError, ArrowException) as error:
        raise LogError(
            f"{path}: not a readable Parquet file ({error}); give the truth.parquet of a scenario"
        ) from error
    missing = [c for c in Truth._fields[:7] if c not in table.column_names]
    if missing:
        raise LogError(f"{path}: a truth needs the column {missing[0]}; write one as vts simulate does")
    return truth({name: _numbers(table[name]) for name in Truth._fields if name in table.column_names})


def truth(columns):
    """Truth of a dict of arrays, sorted; a missing mode is told from the motion, bound_m is unknown, seen always."""
    order = np.lexsort((columns["vessel"], columns["t_ns"]))
    columns = {name: np.asarray(columns[name])[order] for name in Truth._fields if name in columns}
    columns.setdefault("bound_m", np.full(order.size, np.nan))
    columns.setdefault("mode", _mode(columns))
    columns.setdefault("seen", np.ones(order.size, np.int8))
    return Truth(*(columns[name] for name in Truth._fields))


def _mode(columns):
    """STILL below 0.5 kn, MANOEUVRING where the course turns over 0.15 deg/s or the speed gains over 0.04 m/s^2."""
    order = np.lexsort((columns["t_ns"], columns["vessel"]))
    same = np.diff(columns["vessel"][order]) == 0
    gap_s = np.diff(columns["t_ns"][order]) / S
    near = same & (gap_s > 0) & (gap_s < 30)
    gap_s = np.where(near, gap_s, np.inf)
    turn = np.abs((np.diff(columns["cog_deg"][order]) + 180.0) % 360.0 - 180.0) / gap_s
    gain = np.abs(np.diff(columns["sog_kn"][order])) * KN / gap_s
    hard = np.concatenate([(turn > 0.15) | (gain > 0.04), [False]])
    out = np.empty(order.size, np.int8)
    out[order] = np.where(columns["sog_kn"][order] < 0.5, STILL, np.where(hard, MANOEUVRING, STEADY))
    return out


def _numbers(column):
    """A Parquet column as an array; times as ns."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", tz=column.type.tz)).cast(pa.int64())
    if pa.types.is_integer(column.type):
        return column.fill_null(-1).to_numpy()
    return column.to_numpy()


def load_tracks(store_dir):
    """The Tracks of a store's folder, committed parts only. Raises StoreError where there are none."""
    from pyarrow import ArrowException, parquet

    store = Path(store_dir)
    done = {path.stem for path in (store / "parts").glob("*.json")}
    paths = sorted(path for path in (store / "tracks").glob("*.parquet") if not done or path.stem in done)
    if not paths:
        raise StoreError(f"{store}: holds no tracks; replay a log into it with vts replay LOG --out {store}")
    try:
        parts = [parquet.read_table(path, partitioning=None) for path in paths]
    except (OSError, ArrowException) as error:
        raise StoreError(f"{store}: its tracks cannot be read ({error}); replay the log again") from error
    columns = [{n: _numbers(part[n]) for n in Tracks._fields if n in part.column_names} for part in parts]
    return Tracks.concat([Tracks(**c) for c in columns])


def evaluate(truth_path, store_dir):
    """The metrics of a store's tracks against a truth, {name: number}; see `score`."""
    return score(load_truth(truth_path), load_tracks(store_dir))


def evaluate_pictures(true, pictures):
    """The metrics of Pictures against a Truth, a truth.parquet, or a Scenario's `truth` columns; see `score`."""
    if not isinstance(true, Truth):
        true = truth(true) if isinstance(true, dict) else load_truth(true)
    at_ns = np.array([picture.at_ns for picture in pictures], np.int64)
    return score(true, Tracks.concat([picture.tracks for picture in pictures]), at_ns=at_ns)


def score(true, tracks, cutoff_m=CUTOFF_M, at_ns=None):
    """Every metric of Tracks against Truth, {name: number}; NaN where nothing can be said.

    Judged at the instants `at_ns`, else at those that the tracks have: at an instant without a track all is missed.

    gospa_m and its parts are means over pictures; missed_pct is of vessel-pictures; false is per picture: confirmed
    tracks where no vessel is, though a radar has a share in them. ghosts is per picture too: unmatched tracks that
    AIS alone feeds, the right outcome for a position that somebody invents; ghosts_flagged_pct is the share of them
    with p_spoof over one half. nees is of position, 2 by right, and nees_in_95_pct the share of it below the 95 %
    quantile of chi-squared.
    """
    at_ns = tracks.t_ns if at_ns is None else at_ns
    vessel = (tracks.kind != AIS_BASE) & (tracks.kind != AIS_ATON)
    tracks = tracks.take(vessel & ((tracks.state == CONFIRMED) | (tracks.state == COASTING)))
    tracks = tracks.take(np.lexsort((tracks.track, tracks.t_ns)))
    instants, begins = np.unique(true.t_ns, return_index=True)
    first_ns = _first_known(true)
    tally = _Tally()
    for at in np.unique(at_ns).tolist():
        now = tracks.take(slice(*np.searchsorted(tracks.t_ns, (at, at + 1))))
        there = _truth_at(true, instants, begins, at)
        if there is not None:
            tally.add(at, there, now, first_ns, cutoff_m)
    return tally.result(cutoff_m)


def _first_known(true):
    """{vessel: t_ns of its first row with a bound, or of its first row where no row has one}."""
    known = np.isfinite(true.bound_m) if np.isfinite(true.bound_m).any() else np.ones(true.t_ns.size, bool)
    vessel, row = np.unique(true.vessel[known], return_index=True)
    return dict(zip(vessel.tolist(), true.t_ns[known][row].tolist(), strict=True))


def _truth_at(true, instants, begins, at_ns):
    """Truth of one instant: the rows of it, or those of the instant before carried on for at most 10 s; else None."""
    at = int(np.searchsorted(instants, at_ns, side="right")) - 1
    if at < 0 or at_ns - instants[at] > 10 * S:
        return None
    rows = slice(int(begins[at]), int(begins[at + 1]) if at + 1 < begins.size else None)
    there = Truth(*(column[rows] for column in true))
    ahead_s = (at_ns - int(instants[at])) / S
    if ahead_s == 0:
        return there
    run_m = np.nan_to_num(there.sog_kn) * KN * ahead_s
    east, north = _scale(there.lat_deg)
    return there._replace(
        lon_deg=there.lon_deg + run_m * np.sin(there.cog_deg * DEG) / east,
        lat_deg=there.lat_deg + run_m * np.cos(there.cog_deg * DEG) / north,
    )


def _scale(lat_deg):
    """(east, north) metres in a degree; an array form of vts.geo's."""
    w = 1.0 - E2 * np.sin(lat_deg * DEG) ** 2
    return A_M / np.sqrt(w) * np.cos(lat_deg * DEG) * DEG, A_M * (1.0 - E2) / (w * np.sqrt(w)) * DEG


class _Tally:
    """What is summed over pictures."""

    def __init__(self):
        self.gospa = []  # what `gospa` returns, per picture
        self.pairs = []  # one array a picture: see `add`
        self.asked = self.missed = 0
        self.false, self.ghosts, self.flagged = [], [], []
        self.last = {}  # vessel -> track it was last paired with
        self.switches = 0
        self.shares = {}  # vessel -> {track: pictures}
        self.present = {}  # vessel -> pictures
        self.started = {}  # vessel -> s until its first pairing

    def add(self, at_ns, there, now, first_ns, cutoff_m):
        east, north = _scale(np.mean(there.lat_deg) if there.lat_deg.size else 0.0)
        xy = np.stack([there.lon_deg * east, there.lat_deg * north], axis=1)
        got = np.stack([now.lon_deg * east, now.lat_deg * north], axis=1)
        self.gospa.append(gospa(xy, got, cutoff_m))
        row, column = self._sticky(there.vessel, now.track, xy, got, cutoff_m)
        age_s = (at_ns - np.array([first_ns.get(v, at_ns) for v in there.vessel.tolist()])) / S
        bounded = np.isfinite(there.bound_m)
        known = np.array([v in first_ns for v in there.vessel.tolist()], bool)
        ask = known & (age_s >= GROWN_S) & (~bounded | (there.bound_m < KNOWABLE_M)) & (there.seen != 0)
        paired = np.zeros(len(xy), bool)
        paired[row] = True
        self.asked += int(ask.sum())
        self.missed += int((ask & ~paired).sum())
        self._identity(at_ns, there.vessel, now.track, row, column, first_ns, known)
        loose = np.ones(len(got), bool)
        loose[column] = False
        ghost = loose & (now.mmsi >= 0) & (now.seen_by & ~(1 << AIS_SENSOR) == 0)
        self.false.append(int((loose & ~ghost).sum()))
        self.ghosts.append(int(ghost.sum()))
        self.flagged.append(int((ghost & (now.p_spoof > 0.5)).sum()))
        judged = ask[row]
        row, column = row[judged], column[judged]
        dx, dy = (got[column] - xy[row]).T
        cov = now.ee_m2[column], now.en_m2[column], now.nn_m2[column]
        det = cov[0] * cov[2] - cov[1] ** 2
        nees = (cov[2] * dx * dx - 2 * cov[1] * dx * dy + cov[0] * dy * dy) / np.where(det > 0, det, np.nan)
        turn = (now.cog_deg[column] - there.cog_deg[row] + 180.0) % 360.0 - 180.0
        self.pairs.append(
            np.stack(
                [
                    *(dx * dx + dy * dy, there.bound_m[row], there.mode[row], now.sog_kn[column] - there.sog_kn[row]),
                    *(turn, age_s[row], there.sog_kn[row], nees, there.vessel[row]),
                ]
            )
        )

    def _sticky(self, vessel, track, xy, got, cutoff_m):
        """(rows, columns) of the pairing that keeps what was paired and still is within the cutoff."""
        where = {int(t): k for k, t in enumerate(track.tolist())}
        row, column = [], []
        for k, v in enumerate(vessel.tolist()):
            at = where.get(self.last.get(v, -1))
            if at is not None and np.hypot(*(got[at] - xy[k])) < cutoff_m:
                row.append(k)
                column.append(at)
        row, column = np.array(row, np.int64), np.array(column, np.int64)
        one, first = np.unique(column, return_index=True)  # two vessels may claim the track that both once had
        row, column = row[first], one
        rest, left = np.setdiff1d(np.arange(len(xy)), row), np.setdiff1d(np.arange(len(got)), column)
        more = assign(xy[rest], got[left], cutoff_m)
        return np.concatenate([row, rest[more[0]]]), np.concatenate([column, left[more[1]]])

    def _identity(self, at_ns, vessel, track, row, column, first_ns, known):
        for v in vessel[known].tolist():
            self.present[v] = self.present.get(v, 0) + 1
        for v, t in zip(vessel[row].tolist(), track[column].tolist(), strict=True):
            self.switches += v in self.last and self.last[v] != t
            self.last[v] = t
            share = self.shares.setdefault(v, {})
            share[t] = share.get(t, 0) + 1
            if v in first_ns:
                self.started.setdefault(v, (at_ns - first_ns[v]) / S)

    def result(self, cutoff_m):
        pairs = np.concatenate(self.pairs, axis=1) if self.pairs else np.empty((9, 0))
        square, bound, mode, speed, turn, age_s, sog, nees, vessel = pairs
        way = mode != STILL
        steady, hard = mode == STEADY, mode == MANOEUVRING
        settled = steady & (age_s >= SETTLED_S)
        parts = np.array(self.gospa).reshape(-1, 4)
        begun = np.array([self.started[v] for v in sorted(self.started)])
        held = [max(self.shares.get(v, {0: 0}).values()) / n for v, n in self.present.items()]
        ghosts = sum(self.ghosts)
        n = np.unique(vessel).size
        low, high = _chi2_mean(2, n)
        return {
            "pictures": len(parts),
            "vessels": len(self.present),
            "gospa_m": _mean(parts[:, 0]),
            "gospa_localisation_m": _root(parts[:, 1]),
            "gospa_missed_m": _root(parts[:, 2]),
            "gospa_false_m": _root(parts[:, 3]),
            "rmse_m": _root(square[way]),
            "rmse_steady_m": _root(square[steady]),
            "rmse_manoeuvring_m": _root(square[hard]),
            "rmse_still_m": _root(square[mode == STILL]),
            "bound_m": _rms(bound[way]),
            "ratio": _root(square[way]) / _rms(bound[way]),
            "ratio_steady": _root(square[steady]) / _rms(bound[steady]),
            "ratio_manoeuvring": _root(square[hard]) / _rms(bound[hard]),
            "speed_rmse_kn": _rms(speed[way]),
            "course_rmse_deg": _rms(turn[way & (sog > WAY_KN)]),
            "speed_95_steady_kn": _quantile(np.abs(speed[settled]), 0.95),
            "course_95_steady_deg": _quantile(np.abs(turn[settled & (sog > WAY_KN)]), 0.95),
            "missed_pct": 100.0 * self.missed / self.asked if self.asked else np.nan,
            "false": _mean(self.false),
            "ghosts": _mean(self.ghosts),
            "ghosts_flagged_pct": 100.0 * sum(self.flagged) / ghosts if ghosts else np.nan,
            "id_switches": int(self.switches),
            "continuity_pct": 100.0 * _mean(held),
            "never_tracked": len(set(self.present) - set(self.started)),
            "initiation_median_s": _quantile(begun, 0.5),
            "initiation_p95_s": _quantile(begun, 0.95),
            "nees": _mean(nees[way]),
            "nees_low": low,
            "nees_high": high,
            "nees_in_95_pct": 100.0 * _mean(nees[way] < _chi2(2, 0.95)),
        }


def assign(xy, got, cutoff_m):
    """(rows, columns) of the pairing within the cutoff that is best for GOSPA: least sum of d^2 - c^2.

    Solved one connected group at a time, so that a thousand vessels cost little more than a thousand pairs.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if not len(xy) or not len(got):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    near = cKDTree(xy).sparse_distance_matrix(cKDTree(got), cutoff_m, output_type="coo_matrix")
    keep = near.data < cutoff_m
    i, j, d = near.row[keep].astype(np.int64), near.col[keep].astype(np.int64), near.data[keep]
    n, m = len(xy), len(got)
    links = coo_matrix((np.ones(i.size), (i, n + j)), shape=(n + m, n + m))
    _count, group = connected_components(links, directed=False)
    order = np.argsort(group[i], kind="stable")
    i, j, d = i[order], j[order], d[order]
    rows, columns = [], []
    for part in np.split(np.arange(i.size), np.flatnonzero(np.diff(group[i])) + 1):
        if part.size == 1:
            rows.append(i[part])
            columns.append(j[part])
        elif part.size:
            r, a = np.unique(i[part], return_inverse=True)
            c, b = np.unique(j[part], return_inverse=True)
            cost = np.zeros((r.size, c.size))
            cost[a, b] = d[part] ** 2 - cutoff_m**2
            p, q = linear_sum_assignment(cost)
            real = cost[p, q] < 0
            rows.append(r[p[real]])
            columns.append(c[q[real]])
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(rows), np.concatenate(columns)


def gospa(xy_m, got_m, cutoff_m=CUTOFF_M):
    """(GOSPA in m, and the squares of its parts: localisation, missed, false) of points (n, 2) against points (m, 2).

    p = 2 and alpha = 2: gospa^2 = sum of d^2 over pairs + c^2 / 2 for each vessel missed and each false point.
    """
    xy, got = np.reshape(xy_m, (-1, 2)).astype(float), np.reshape(got_m, (-1, 2)).astype(float)
    row, column = assign(xy, got, cutoff_m)
    d2 = ((xy[row] - got[column]) ** 2).sum()
    missed, false = (cutoff_m**2 / 2 * (len(points) - row.size) for points in (xy, got))
    return float(np.sqrt(d2 + missed + false)), float(d2), missed, false


def consistency(squared, dof):
    """(mean, low, high): mean of normalised squared errors and the 95 % interval of it if each has `dof` degrees.

    For NEES of tracks and NIS of innovations alike; the values must be independent.
    """
    squared = np.asarray(squared, float)
    return (float(np.mean(squared)), *_chi2_mean(dof, squared.size))


def _chi2(dof, q):
    from scipy.stats import chi2

    return float(chi2.ppf(q, dof))


def _chi2_mean(dof, n):
    """95 % interval of the mean of n chi-squared values; NaN for none."""
    if not n:
        return np.nan, np.nan
    return _chi2(dof * n, 0.025) / n, _chi2(dof * n, 0.975) / n


def _mean(values):
    return float(np.mean(values)) if np.size(values) else np.nan


def _root(square):
    return float(np.sqrt(np.mean(square))) if np.size(square) else np.nan


def _rms(values):
    return _root(np.square(values))


def _quantile(values, q):
    return float(np.quantile(values, q)) if np.size(values) else np.nan
