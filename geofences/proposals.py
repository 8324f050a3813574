"""Zones that traffic itself draws: anchorages from stationary periods, lanes from courses. Proposals, never in force.

The anchorages follow Global Fishing Watch (pipe-anchorages): a place within 0.5 km of which at least 20 vessels stayed
for at least 12 hours. A proposal says what vessels did, not what is allowed; a person gives it a name and a source.
"""

from typing import NamedTuple

import numpy as np

from geofences import stop_kernels
from vts.errors import UsageError
from vts.geo import metres_per_degree
from vts.schema import Tracks
from vts.units import DAY, HOUR

MOORED = 5  # navigational status of M.1371-5 table 45
GAP_H = 6.0  # a vessel silent for longer may have sailed and come back
LANE_SECTOR_DEG = 20.0  # courses this near the lane's own follow it


class Periods(NamedTuple):
    """Stationary periods: one row each."""

    vessel: np.ndarray  # MMSI, or minus the track number less 2 for a vessel without
    begin_ns: np.ndarray
    end_ns: np.ndarray
    lon_deg: np.ndarray  # mean
    lat_deg: np.ndarray
    spread_m: np.ndarray  # farthest from the mean
    moored: np.ndarray  # share of its fixes that said "moored"


def propose(source, *, radius_m=500.0, hours=12.0, vessels=20, cell_m=500.0, lane_vessels=None):
    """A GeoJSON FeatureCollection of proposed zones, all `enabled: false` and of confidence "derived".

    `source` is a Store, a Tracks table in order of time, or an iterable of such tables. Places where at least
    `vessels` vessels stayed within `radius_m` for `hours` become "anchorage_candidate", or "berth" where most of them
    were moored. Strips of cells of `cell_m` that at least `lane_vessels` (as `vessels` unless given) passed on much
    the same course become "corridor" with direction_deg. Memory grows with vessels and cells, not with the log.
    """
    stays, flow = _Stays(radius_m, hours), _Flow(cell_m)
    for tracks in _tables(source):
        vessel = np.where(tracks.mmsi >= 0, tracks.mmsi, -2 - tracks.track)
        stays.add(vessel, tracks)
        flow.add(vessel, tracks)
    periods = stays.finish()
    rule = f"{radius_m:g} m, {hours:g} h, {vessels} vessels"
    found = _anchorages(periods, radius_m, vessels, f"derived from stationary periods ({rule}; after GFW)")
    lane_rule = f"{cell_m:g} m cells, {lane_vessels or vessels} vessels within {LANE_SECTOR_DEG:g} degrees"
    found += _lanes(flow, lane_vessels or vessels, f"derived from traffic ({lane_rule})")
    return {"type": "FeatureCollection", "features": found}


def _tables(source):
    """Tracks in order of time, a day of a store at a time."""
    if isinstance(source, Tracks):
        yield source
    elif hasattr(source, "arrow"):
        span = source.arrow("SELECT min(t_ns) AS first, max(t_ns) AS last FROM tracks").to_pylist()[0]
        if span["first"] is None:
            raise UsageError(f"{source.path}: no tracks in this store; replay a log into it first")
        for begin in range(span["first"] // DAY * DAY, span["last"] + 1, DAY):
            yield source.tracks(start_ns=begin, end_ns=begin + DAY)
    else:
        yield from source


class _Stays:
    """Finds stationary periods in tables that come one after the other."""

    def __init__(self, radius_m, hours):
        self.limits = float(radius_m), int(GAP_H * HOUR), int(hours * HOUR)
        self.row = {}  # vessel: row of the arrays below
        self.begin_ns, self.last_ns, self.opened = np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 5))
        self.parts = []

    def add(self, vessel, tracks):
        """Take up one table."""
        row = np.array([self.row.setdefault(v, len(self.row)) for v in vessel.tolist()], np.int64)
        more = len(self.row) - self.begin_ns.size
        self.begin_ns, self.last_ns = (np.append(a, np.zeros(more, np.int64)) for a in (self.begin_ns, self.last_ns))
        self.opened = np.vstack([self.opened, np.zeros((more, 5))])
        out = self._room(row.size)
        columns = tracks.t_ns, tracks.lon_deg, tracks.lat_deg, (tracks.nav_status == MOORED).astype(float)
        n = stop_kernels.find_periods(row, *columns, *self.limits, self.begin_ns, self.last_ns, self.opened, *out)
        self.parts.append([column[:n] for column in out])

    def finish(self):
        """All Periods, in order of vessel and time."""
        out = self._room(len(self.row))
        n = stop_kernels.close_all(self.limits[2], self.begin_ns, self.last_ns, self.opened, *out)
        row, ns, period = (np.concatenate(c) for c in zip(*self.parts, [column[:n] for column in out]))
        names = np.array(list(self.row), np.int64)
        order = np.lexsort((ns[:, 0], names[row] if names.size else row))
        row, ns, period = row[order], ns[order], period[order]
        spread, share = period[:, stop_kernels.SPREAD_M], period[:, stop_kernels.MOORED] / period[:, stop_kernels.FIXES]
        lon, lat = period[:, stop_kernels.LON], period[:, stop_kernels.LAT]
        return Periods(names[row] if names.size else row, ns[:, 0], ns[:, 1], lon, lat, spread, share)

    @staticmethod
    def _room(n):
        return np.empty(n, np.int64), np.empty((n, 2), np.int64), np.empty((n, 5))


def _anchorages(periods, radius_m, vessels, source):
    """Features of the places where enough vessels stayed; stays within twice the radius of each other are one place."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    from geofences.zones import hull

    n = periods.vessel.size
    if not n:
        return []
    east_m, north_m = metres_per_degree(float(np.median(periods.lat_deg)))
    # one plane for a port's waters: the unit of longitude is wrong by 2 % at 100 km north or south
    flat = np.column_stack([periods.lon_deg * east_m, periods.lat_deg * north_m])
    near = cKDTree(flat).query_pairs(2.0 * radius_m, output_type="ndarray")
    links = coo_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(n, n))
    _, place = connected_components(links, directed=False)
    out = []
    for k in np.unique(place):
        rows = np.flatnonzero(place == k)
        who = np.unique(periods.vessel[rows])
        if who.size < vessels:
            continue
        swing_m = float(np.median(periods.spread_m[rows]))
        hours = (periods.end_ns[rows] - periods.begin_ns[rows]) / HOUR
        kind = "berth" if np.median(periods.moored[rows]) > 0.5 else "anchorage_candidate"
        geometry = hull(np.column_stack([periods.lon_deg[rows], periods.lat_deg[rows]]), max(swing_m, 50.0))
        counts = {"vessels": int(who.size), "stays": int(rows.size), "median_stay_h": round(float(np.median(hours)), 1)}
        out.append((geometry, kind, counts | {"median_swing_m": round(swing_m)}))
    out.sort(key=lambda item: (-item[2]["vessels"], item[0]["coordinates"]))
    return [_feature(f"proposed {kind} {k + 1}", kind, g, source, p) for k, (g, kind, p) in enumerate(out)]


class _Flow:
    """Counts how many vessels pass each cell on each course, in tables that come one after the other."""

    BINS = 36
    HALF = round(LANE_SECTOR_DEG / (360 / BINS))

    def __init__(self, cell_m, min_sog_kn=3.0):
        self.cell_m, self.min_sog_kn = cell_m, min_sog_kn
        self.degrees = None
        self.passed = np.empty((0, 4), np.int64)  # column, row, course bin, vessel; unique

    def add(self, vessel, tracks):
        """Take up one table."""
        moving = (tracks.sog_kn >= self.min_sog_kn) & np.isfinite(tracks.cog_deg) & np.isfinite(tracks.lon_deg)
        if not moving.any():
            return
        if self.degrees is None:
            # the cells are square at the first vessels' latitude, and the same for all that follow
            east_m, north_m = metres_per_degree(float(np.median(tracks.lat_deg[moving])))
            self.degrees = self.cell_m / east_m, self.cell_m / north_m
        column = np.floor(tracks.lon_deg[moving] / self.degrees[0]).astype(np.int64)
        row = np.floor(tracks.lat_deg[moving] / self.degrees[1]).astype(np.int64)
        bins = (tracks.cog_deg[moving] / (360.0 / self.BINS)).astype(np.int64) % self.BINS
        new = np.column_stack([column, row, bins, vessel[moving]])
        self.passed = np.unique(np.concatenate([self.passed, new]), axis=0)

    def counts(self):
        """({(column, row): k}, vessels, weight): of cell k and each course bin, shape (cells, BINS).

        `vessels` passed within LANE_SECTOR_DEG of the bin; `weight` counts those nearer to it more, so that it is
        greatest in the middle of a lane's courses, where `vessels` is level.
        """
        cells, at = np.unique(self.passed[:, :2], axis=0, return_inverse=True)
        vessels, weight = (np.zeros((len(cells), self.BINS), np.int64) for _ in range(2))
        for centre in range(self.BINS):
            off = np.abs((self.passed[:, 2] - centre + self.BINS // 2) % self.BINS - self.BINS // 2)
            near = off <= self.HALF
            rows = np.unique(np.column_stack([at, self.passed[:, 3]])[near], axis=0)[:, 0]
            vessels[:, centre] = np.bincount(rows, minlength=len(cells))
            np.add.at(weight[:, centre], at[near], self.HALF + 1 - off[near])
        return {(int(c), int(r)): k for k, (c, r) in enumerate(cells)}, vessels, weight


def _lanes(flow, vessels, source, min_cells=4):
    """Features of the strips that enough vessels pass on one course, grown from the busiest cell outwards."""
    from geofences.zones import boxes

    if not len(flow.passed):
        return []
    row_of, passed, weight = flow.counts()
    cells = list(row_of)
    free = passed >= vessels  # courses of cells that no lane has taken yet
    out = []
    while free.any():
        seed, course = np.unravel_index(int(np.argmax(np.where(free, weight, 0))), free.shape)
        lane, todo = {int(seed)}, [int(seed)]
        while todo:
            column, row = cells[todo.pop()]
            for step in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
                k = row_of.get((column + step[0], row + step[1]))
                if k is not None and k not in lane and free[k, course]:
                    lane.add(k)
                    todo.append(k)
        rows = sorted(lane)
        # twice the sector: a window as far off as that still counts some of this lane's vessels
        free[np.ix_(rows, (course + np.arange(-2 * flow.HALF, 2 * flow.HALF + 1)) % flow.BINS)] = False
        if len(rows) >= min_cells:
            out.append((rows, int(course), int(passed[rows, course].max())))
    features = []
    for k, (rows, course, most) in enumerate(out):
        corners = [(cells[r][0] * flow.degrees[0], cells[r][1] * flow.degrees[1]) for r in rows]
        p = {"direction_deg": (course + 0.5) * (360.0 / flow.BINS), "one_way": False, "vessels": most}
        features.append(_feature(f"proposed lane {k + 1}", "corridor", boxes(corners, flow.degrees), source, p))
    return features


def _feature(name, kind, geometry, source, properties):
    """One proposal."""
    p = {"name": name, "kind": kind, "source": source, "confidence": "derived", "enabled": False}
    return {"type": "Feature", "geometry": geometry, "properties": p | properties}
