"""Which zones hold these positions, how far their edges are, and where the positions lie along their axes.

A grid of cells covers the zones; a cell with many edges is cut into leaves. Each leaf lists the zones that hold it
whole, and for the others only the edges that touch it and whether its centre is inside. One lookup and a few edges
answer for a position, however many zones there are.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np

from geofences import kernels
from vts.config import WatchConfig
from vts.geo import angle_diff_deg, offset_m
from vts.schema import Places

_MAX_CELLS = 1 << 16
_MAX_CUTS = 64
# Measured on 500 zones of 20-500 vertices: 16 leaves an edge answer 1.2 times as fast as 8 and take 1.5 times as long
# to build; coarser or finer cells change little.
_EDGES_PER_CELL = 4.0
_LEAVES_PER_EDGE = 12.0


class Outlines(NamedTuple):
    """The zones as numbers: edges grouped by zone, in order of zone."""

    edges: np.ndarray  # (edges, 4) x0 y0 x1 y1 in degrees; a point is an edge of no length
    edge_first: np.ndarray  # (zones + 1,) int64
    is_area: np.ndarray  # (zones,) bool: a line or a point has a distance but holds nothing
    axis: np.ndarray  # (vertices, 2) lon lat of centre lines
    axis_first: np.ndarray  # (zones + 1,) int64; no vertices where a zone has no direction


class Hits(NamedTuple):
    """Pairs, in order of row, then zone."""

    row: np.ndarray  # int64, of the positions asked for
    zone: np.ndarray  # int32, row of Zones


class Along(NamedTuple):
    """Positions in a corridor's own coordinates; NaN where it has no axis."""

    along_m: np.ndarray  # from the first point of the axis
    cross_m: np.ndarray  # off the axis, starboard of its direction positive
    axis_deg: np.ndarray  # course of the axis at the nearest leg


class Index:
    """Built once from Outlines; never changes."""

    def __init__(self, outlines):
        self.outlines = outlines
        edges, first = outlines.edges, outlines.edge_first
        self.n = first.size - 1
        self.box = _zone_boxes(edges, first)
        self._chunk_boxes, self._chunk_first = _chunk_boxes(edges, first)
        self._along_m = _along(outlines.axis, outlines.axis_first)
        self._grid = _grid(outlines, self.box)

    def locate(self, lon_deg, lat_deg):
        """Hits: every (position, zone) with the position inside, on the edge, or on a vertex of the zone.

        Exact, as rational arithmetic on the same doubles: what shapely.intersects says, but for positions a step of a
        double beside a vertex, where GEOS rounds. Only a zone that crosses the antimeridian sees
        positions west of it moved by 360 degrees, which rounds them by up to 3e-14 degrees. NaN is in no zone.
        """
        lon_deg, lat_deg = _columns(lon_deg, lat_deg)
        rows, zones, begin = [], [], 0
        room = kernels.BLOCK * int(self._grid[1][2]) + lon_deg.size
        while True:
            row, zone = np.empty(room, np.int64), np.empty(room, np.int32)
            now, hits = kernels.locate(lon_deg, lat_deg, begin, *self._grid, False, row, zone)
            rows.append(row[:hits])
            zones.append(zone[:hits])
            if now == lon_deg.size:
                break
            begin = now
        if len(rows) == 1:
            return Hits(rows[0], zones[0])
        return Hits(np.concatenate(rows), np.concatenate(zones))

    def first_zone(self, lon_deg, lat_deg):
        """The lowest zone that holds each position, int32; -1 where none does. For a land mask: >= 0 is on land."""
        lon_deg, lat_deg = _columns(lon_deg, lat_deg)
        zone = np.empty(lon_deg.size, np.int32)
        kernels.locate(lon_deg, lat_deg, 0, *self._grid, True, np.empty(0, np.int64), zone)
        return zone

    def edge_m(self, lon_deg, lat_deg, row, zone, reach_m=math.inf):
        """(edge_m, bearing_deg) of pairs: signed distance to the zone's edge, negative inside, and the way there.

        A line or a point is never inside. inf and NaN where the edge is beyond `reach_m`.
        """
        lon_deg, lat_deg = _columns(lon_deg, lat_deg)
        row, zone = np.asarray(row, np.int64), np.asarray(zone, np.int32)
        distance_m, bearing_deg = np.empty(row.size), np.empty(row.size)
        kernels.edge_distances(
            lon_deg, lat_deg, row, zone, *self.distance_arrays, float(reach_m), distance_m, bearing_deg
        )
        return np.where(self._inside(lon_deg, lat_deg, row, zone), -distance_m, distance_m), bearing_deg

    def along(self, lon_deg, lat_deg, row, zone):
        """Along: where each position lies on its zone's axis. Course against axis is angle_diff(cog, axis_deg)."""
        lon_deg, lat_deg = _columns(lon_deg, lat_deg)
        row, zone = np.asarray(row, np.int64), np.asarray(zone, np.int32)
        out = Along(*(np.empty(row.size) for _ in range(3)))
        kernels.axis_coordinates(lon_deg, lat_deg, row, zone, *self._axes, *out)
        return out

    def length_m(self, zone):
        """Length of a zone's axis; 0 where it has none."""
        first, last = self.outlines.axis_first[zone : zone + 2]
        return float(self._along_m[last - 1]) if last > first else 0.0

    def stand(self, lon_deg, lat_deg, sog_kn, cog_deg, zones, reach_m, horizon_s):
        """How positions stand to those of `zones` that they are in, near, or soon reach on their course, in one pass.

        (hits, edge_m signed, bearing_deg, enter_s, pass_m, Along); enter_s is NaN where the edge is not met by the
        horizon.
        """
        lon_deg, lat_deg = _columns(lon_deg, lat_deg)
        zones = np.ascontiguousarray(zones, np.int32)
        parts, begin = [], 0
        room = zones.size + 4 * lon_deg.size
        while begin < lon_deg.size and zones.size:
            part = (np.empty(room, np.int64), np.empty(room, np.int32), *(np.empty(room) for _ in range(7)))
            begin, n = kernels.stand(
                lon_deg, lat_deg, *_columns(sog_kn, cog_deg), zones, float(reach_m), float(horizon_s),
                *self.distance_arrays, self.box, *self._axes, begin, *part,
            )  # fmt: skip
            parts.append([column[:n] for column in part])
        if not parts:
            none = np.empty(0)
            return Hits(np.empty(0, np.int64), np.empty(0, np.int32)), none, none, none, none, Along(none, none, none)
        row, zone, distance_m, bearing_deg, enter_s, pass_m, *along = map(np.concatenate, zip(*parts))
        inside = self._inside(lon_deg, lat_deg, row, zone)
        enter_s, pass_m = np.where(inside, 0.0, enter_s), np.where(inside, 0.0, pass_m)
        keep = inside | (distance_m <= reach_m) | np.isfinite(enter_s)
        signed_m = np.where(inside, -distance_m, distance_m)
        on_axis = Along(*(column[keep] for column in along))
        return Hits(row[keep], zone[keep]), signed_m[keep], bearing_deg[keep], enter_s[keep], pass_m[keep], on_axis

    @property
    def distance_arrays(self):
        """What the distance kernels take: edges, edge_first, boxes of runs of CHUNK edges, where each zone's begin."""
        return self.outlines.edges, self.outlines.edge_first, self._chunk_boxes, self._chunk_first

    @property
    def _axes(self):
        """What the kernels take of centre lines: vertices, where each zone's begin, metres of each from the first."""
        return self.outlines.axis, self.outlines.axis_first, self._along_m

    def _inside(self, lon_deg, lat_deg, row, zone):
        """Whether each pair is among the Hits, bool."""
        hits = self.locate(lon_deg, lat_deg)
        key, held = row * self.n + zone, hits.row * self.n + hits.zone
        at = np.minimum(np.searchsorted(held, key), max(held.size - 1, 0))
        return held[at] == key if held.size else np.zeros(row.size, bool)


def places(picture, zones, *, reach_m=WatchConfig.reach_m, horizon_min=WatchConfig.horizon_min):
    """Places: a row per track and zone in force that it is in, within `reach_m` of, or enters by `horizon_min`.

    In order of track, then zone. The run is straight at the present course and speed; `since_ns` is for the Watch to
    fill.
    """
    tracks = picture.tracks
    in_force = np.flatnonzero(zones.in_force(picture.at_ns))
    hits, edge_m, bearing_deg, enter_s, pass_m, along = zones.index.stand(
        tracks.lon_deg, tracks.lat_deg, tracks.sog_kn, tracks.cog_deg, in_force, reach_m, horizon_min * 60.0
    )
    return Places(
        track=tracks.track[hits.row],
        zone=hits.zone,
        zone_kind=np.array(zones.kinds, dtype="<U24")[hits.zone],
        edge_m=edge_m,
        bearing_deg=bearing_deg,
        enter_min=enter_s / 60.0,
        pass_m=pass_m,
        along_m=along.along_m,
        cross_m=along.cross_m,
        axis_deg=along.axis_deg,
        off_axis_deg=angle_diff_deg(tracks.cog_deg[hits.row], along.axis_deg),
    )


def _columns(a, b):
    """Two float64 columns."""
    return np.ascontiguousarray(np.atleast_1d(a), np.float64), np.ascontiguousarray(np.atleast_1d(b), np.float64)


def _zone_boxes(edges, first):
    """(zones, 4) west south east north of each; an empty zone gets a box that nothing is near."""
    boxes = np.full((first.size - 1, 4), np.nan)
    full = np.flatnonzero(np.diff(first))
    if full.size:
        low = np.minimum.reduceat(np.minimum(edges[:, :2], edges[:, 2:]), first[:-1][full])
        high = np.maximum.reduceat(np.maximum(edges[:, :2], edges[:, 2:]), first[:-1][full])
        boxes[full] = np.hstack([low, high])
    return boxes


def _chunk_boxes(edges, first):
    """(chunks, 4) boxes of each zone's edges in runs of kernels.CHUNK, and (zones + 1,) where each zone's begin."""
    counts = -(-np.diff(first) // kernels.CHUNK)
    chunk_first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    starts = np.repeat(first[:-1] - chunk_first[:-1] * kernels.CHUNK, counts) + np.arange(counts.sum()) * kernels.CHUNK
    if not starts.size:
        return np.empty((0, 4)), chunk_first
    low = np.minimum.reduceat(np.minimum(edges[:, :2], edges[:, 2:]), starts)
    high = np.maximum.reduceat(np.maximum(edges[:, :2], edges[:, 2:]), starts)
    return np.hstack([low, high]), chunk_first


def _along(axis, first):
    """Metres of each axis vertex from the first of its zone."""
    along = np.zeros(len(axis))
    for begin, end in itertools.pairwise(first):
        for v in range(begin + 1, end):
            along[v] = along[v - 1] + math.hypot(*offset_m(*axis[v], *axis[v - 1]))
    return along


def _grid(outlines, boxes):
    """What kernels.locate takes after `begin`: frame, shape, cells, word, lists, edges."""
    edges, first, zone_of, west = _framed(outlines, boxes)
    bounds = _zone_boxes(edges, first)
    low, high = (bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)) if edges.size else (np.zeros(2), np.zeros(2))
    low, high = np.maximum(low, (west, -90.0)), np.minimum(high, (west + 360.0, 90.0))
    size = np.maximum(high - low, 1e-6) * 1.001  # room for positions exactly on the last edge
    low = low - (size - (high - low)) / 2
    wanted = min(_MAX_CELLS, max(16, int(edges.shape[0] / _EDGES_PER_CELL)))
    columns = int(np.clip(round(math.sqrt(wanted * size[0] / size[1])), 1, wanted))
    rows = max(1, wanted // columns)
    width, height = size[0] / columns, size[1] / rows
    frame, shape = np.array([*low, 1.0 / width, 1.0 / height, width, height]), np.array([columns, rows])

    cell_lists = _listed(columns * rows, kernels.cell_edges, edges, frame, shape)
    busy = np.diff(cell_lists[0])
    cuts = np.where(busy > 0, np.clip(np.ceil(np.sqrt(_LEAVES_PER_EDGE * busy)), 2, _MAX_CUTS), 1).astype(np.int64)
    leaf = np.concatenate([[0], np.cumsum(cuts**2)])
    leaves = int(leaf[-1])
    cells = np.vstack([np.column_stack([leaf[:-1], cuts]), [leaves, 1]]).astype(np.int32)
    leaf_lists = _listed(leaves, kernels.leaf_edges, edges, *cell_lists, frame, shape, cells)

    room, items = 2 * leaves + 64, -1
    while items < 0 or items > room:
        room = max(room, items)
        of_leaf, item = np.empty(room, np.int32), np.empty((room, 4), np.int32)
        items = kernels.find_items(
            edges, first, bounds, frame, shape, cells, *cell_lists, *leaf_lists, of_leaf, item
        )  # fmt: skip
    word = np.empty(leaves + 1, np.int32)
    lists = np.empty(1 + 3 * items + leaf_lists[1].size, np.int32)
    used, longest = kernels.pack_lists(of_leaf[:items], item[:items], leaf_lists[1], zone_of, word, lists)
    return frame, np.append(shape, longest), cells, word, lists[:used], edges


def _listed(cells, walk, *grid):
    """(first, list): the edges of each cell, in order; counted in one walk and written in a second."""
    count = np.zeros(cells + 1, np.int32)
    walk(*grid, count, np.empty(0, np.int32))
    first = np.concatenate([[0], np.cumsum(count[:-1], dtype=np.int64)]).astype(np.int32)
    listed = np.empty(int(first[-1]), np.int32)
    walk(*grid, first.copy(), listed)
    return first, listed


def _framed(outlines, boxes):
    """(edges, edge_first, zone of each outline, west) of the areas, in one frame of 360 degrees from `west` on.

    The frame begins in the widest gap between the areas, so that harbours on both sides of the antimeridian share a
    small grid. An area that no frame can hold uncut is entered a second time, 360 degrees to the west.
    """
    areas = np.flatnonzero(outlines.is_area & np.isfinite(boxes[:, 0]))
    west = _west(boxes[areas, 0], boxes[areas, 2]) if areas.size else -180.0
    parts, zones = [np.empty((0, 4))], []
    for z in areas:
        edges = outlines.edges[outlines.edge_first[z] : outlines.edge_first[z + 1]]
        turn = -360.0 * math.floor((boxes[z, 0] - west) / 360.0)
        for shift in (turn, turn - 360.0):
            if shift == turn or boxes[z, 2] + turn > west + 360.0:
                moved = edges + np.array([shift, 0.0, shift, 0.0]) if shift else edges
                # what lies west of the frame is never crossed on the way east
                parts.append(moved[np.maximum(moved[:, 0], moved[:, 2]) >= west])
                zones.append(z)
    first = np.cumsum([len(part) for part in parts]).astype(np.int64)
    return np.ascontiguousarray(np.concatenate(parts)), first, np.array(zones, np.int32), west


def _west(low, high):
    """Where the frame begins: in the middle of the widest gap; -180 where there is none, or none is needed."""
    if high.max() <= 180.0:
        return -180.0
    order = np.argsort(low % 360.0)
    starts, ends = low[order] % 360.0, np.maximum.accumulate((low % 360.0 + high - low)[order])
    gaps = np.append(starts[1:], starts[0] + 360.0) - ends
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 0.0:
        return -180.0
    middle = (ends[widest] + gaps[widest] / 2) % 360.0
    return middle - 360.0 if middle > 180.0 else middle
