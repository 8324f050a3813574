"""On land or not: the coast of Natural Earth 1:10 million as one area, asked by the same kernel as any zone."""

import itertools

import numpy as np

from geofences.index import Index, Outlines
from vts.errors import ZoneError
from vts.geo import metres_per_degree
from vts.paths import data_dir
from vts.schema import Places

ASHORE_M = 500.0  # ours: at 1:10,000,000 a line of 0.05 mm is 500 m wide
# Who is in a zone where ships sail is not ashore, whatever a coast without rivers and basins says.
WATER = (
    *("anchorage", "anchorage_candidate", "berth", "bridge", "corridor", "depth_area", "fairway", "lng_control_zone"),
    *("lng_safety_zone", "lng_terminal", "pilot_boarding", "port_limit", "precautionary_area", "terminal"),
    *("tss_lane", "tss_separation_zone"),
)
_AROUND_DEG = np.arange(0.0, 360.0, 22.5)


def land(path=None):
    """Index of the land; `land().first_zone(lon_deg, lat_deg) >= 0` is on land.

    Drawn for 1:10 million: quays, small islands and some hundred metres of shore are not in it, so a vessel alongside
    may be told to be on land. It goes round the world, so only `first_zone` and `locate` hold for it, not `edge_m`: a
    distance takes a zone narrower than half of it. ZoneError where data/coast/land.npz is missing or damaged.
    """
    path = path or data_dir() / "coast" / "land.npz"
    try:
        with np.load(path, allow_pickle=False) as saved:
            length, steps = saved["ring"], np.column_stack([saved["lon"], saved["lat"]]).astype(np.int64)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ZoneError(f"{path}: not the coast file ({error}); make it with data/coast/make.py") from error
    first = np.concatenate([[0], np.cumsum(length)])
    # first differences within a ring: sum over all, then take off what the rings before had come to
    total = np.cumsum(steps, axis=0)
    before = np.vstack([[0, 0], total])[first[:-1]]
    points = (total - np.repeat(before, length, axis=0)) * 1e-4
    edges = np.concatenate([_ring_edges(points[a:b]) for a, b in itertools.pairwise(first)])
    edges = np.ascontiguousarray(edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)])
    one = np.array([0, len(edges)])
    return Index(Outlines(edges, one, np.ones(1, bool), np.empty((0, 2)), np.zeros(2, np.int64)))


def _ring_edges(ring):
    """(edges, 4) of a ring whose longitudes jump at the antimeridian: run on past 180, or closed round the pole."""
    jump = np.diff(ring[:, 0], append=ring[0, 0])
    turns = np.where(jump > 180.0, -360.0, np.where(jump < -180.0, 360.0, 0.0))
    if turns.sum():  # it goes once round the pole: begin after the jump, and go home over the pole
        ring = np.roll(ring, -1 - int(np.flatnonzero(turns)[0]), axis=0)
        pole = np.copysign(90.0, ring[:, 1].mean())
        begin, end = (-180.0, 180.0) if turns.sum() > 0 else (180.0, -180.0)
        home = [[end, ring[-1, 1]], [end, pole], [begin, pole], [begin, ring[0, 1]]]
        ring = np.concatenate([ring, home])
    else:
        east = ring[:, 0] + np.concatenate([[0.0], np.cumsum(turns[:-1])])
        ring = np.column_stack([east + (360.0 if east.min() < -180.0 else 0.0), ring[:, 1]])
    return np.hstack([ring, np.roll(ring, -1, axis=0)])


def ashore(tracks, land, places=None, margin_m=ASHORE_M):
    """Places rows of kind "land" (zone -1) for the tracks that are on land and `margin_m` or more from its edge.

    `land` is an Index of land; sixteen points at `margin_m` about the position must be on land too, so edge_m is
    -margin_m: at least so deep. A river or basin that the coast does not draw is land to it: tracks inside a zone
    of WATER in `places` are left out, and a port on a river needs such a zone.
    """
    row = np.flatnonzero(land.first_zone(tracks.lon_deg, tracks.lat_deg) >= 0)
    if places is not None and row.size:
        afloat = places.track[(places.edge_m <= 0) & np.isin(places.zone_kind, WATER)]
        row = row[~np.isin(tracks.track[row], afloat)]
    if row.size:
        lengths_m = np.array([metres_per_degree(lat) for lat in tracks.lat_deg[row].tolist()])
        east, north = np.maximum(lengths_m, 1.0).T  # at a pole there is no east
        way = np.radians(_AROUND_DEG)[:, None]
        lon = (tracks.lon_deg[row] + margin_m * np.sin(way) / east + 540.0) % 360.0 - 180.0
        lat = tracks.lat_deg[row] + margin_m * np.cos(way) / north
        row = row[(land.first_zone(lon.ravel(), lat.ravel()) >= 0).reshape(lon.shape).all(axis=0)]
    return Places(
        track=tracks.track[row],
        zone=np.full(row.size, -1),
        zone_kind=np.full(row.size, "land"),
        edge_m=np.full(row.size, -margin_m),
        enter_min=np.zeros(row.size),
        pass_m=np.zeros(row.size),
    )
