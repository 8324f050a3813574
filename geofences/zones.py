"""Zone files -> Zones: the one home of shapely. GeoJSON, GeoParquet and S-57 cells.

A zone is drawn as an area, a line or a point. Lines with widths and points with a radius become areas here, buffered
in a metric projection of their own; what is left a line or a point has a distance but holds nothing.
"""

import html
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from geofences import doubts
from geofences import features as zone_features
from geofences.features import Defect
from geofences.index import Index, Outlines
from geofences.validity import validity
from vts.errors import ZoneError
from vts.geo import angle_diff_deg, bearing_deg, metres_per_degree

ARC_M = 0.1  # greatest distance between a drawn arc and the true one
_LEG_DEG = 0.02  # a drawn line is straight in longitude and latitude: cut to this, its projection is too


@dataclass(frozen=True, eq=False)
class Zones:
    """What holds where: one row per zone, in order of file and feature. Rows are the `zone` of every table."""

    names: tuple
    kinds: tuple
    properties: tuple  # a dict each: limits, rule parameters, source, confidence, jurisdiction, times
    drawn: np.ndarray  # shapely geometries as given
    area: np.ndarray  # shapely geometries that hold positions; None for lines and points without extent

    @property
    def n(self):
        """Zones."""
        return len(self.names)

    @cached_property
    def validity(self):
        """When each holds."""
        return validity(self.properties)

    def in_force(self, at_ns):
        """Which zones hold at an instant, bool (zones,); (instants, zones) for an array of them."""
        return self.validity.in_force(at_ns)

    @cached_property
    def index(self):
        """The Index over these zones, built at first use."""
        return Index(_outlines(self.kinds, self.properties, self.drawn, self.area))

    def rows(self, *kinds):
        """Rows of the zones of these kinds, int32."""
        return np.array([k for k, kind in enumerate(self.kinds) if kind in kinds], np.int32)

    def take(self, rows):
        """Some of the zones, renumbered."""
        rows = [int(r) for r in np.arange(self.n)[rows]]
        pick = lambda values: tuple(values[r] for r in rows)  # noqa: E731
        return Zones(pick(self.names), pick(self.kinds), pick(self.properties), self.drawn[rows], self.area[rows])

    def to_geojson(self, drawn=False):
        """A GeoJSON FeatureCollection: areas as they hold (corridors with their width), or with `drawn` as given.

        An area that was drawn as a line keeps it as property `centre_line`, a list of [lon, lat].
        """
        features = []
        for area, line, properties in zip(self.area, self.drawn, self.properties):
            shape = line if drawn or area is None else area
            said = dict(properties)
            if shape is not line and line.geom_type == "LineString":
                said["centre_line"] = shapely.get_coordinates(line).tolist()
            geometry = mapping(shape) if shape is not None else None
            features.append({"type": "Feature", "geometry": geometry, "properties": said})
        return {"type": "FeatureCollection", "features": features}

    def _repr_html_(self):
        keys = ("name", "kind", "jurisdiction", "confidence", "valid_from", "valid_to", "daily_window", "source")
        cell = lambda text: html.escape("" if text is None else str(text))  # noqa: E731
        head = "".join(f"<th>{key}</th>" for key in ("", *keys))
        body = "".join(
            f"<tr><td>{row}</td>" + "".join(f"<td>{cell(p.get(key))}</td>" for key in keys) + "</tr>"
            for row, p in enumerate(self.properties)
        )
        return f"<table><caption>{self.n} zones</caption><tr>{head}</tr>{body}</table>"


def load(path, *, examples=False):
    """Zones of a file, or of every zone file of a folder in order of name.

    Zones with `enabled: false` are examples or doubtful, and stay out unless `examples`. ZoneError names file,
    feature, place and remedy of the first zone that cannot be used; `defects` names them all.
    """
    found, wrong = _examine(path)
    fatal = [d for d in wrong if d.fatal]
    if fatal:
        more = f" ({len(fatal) - 1} more: vts zones check {path})" if len(fatal) > 1 else ""
        raise ZoneError(f"{fatal[0]}{more}")
    chosen = [item for item in found if examples or item[0].properties.get("enabled", True)]
    if found and not chosen:
        raise ZoneError(f"{path}: all {len(found)} zones are off (enabled: false); load them with examples=True")
    return _zones(chosen)


def from_geojson(document, name="zones"):
    """Zones of a GeoJSON FeatureCollection in memory; ZoneError as `load`."""
    wrong = []
    found = [
        (f, _shape(f, wrong)) for f in zone_features.check(zone_features.from_document(name, document, wrong), wrong)
    ]
    if wrong and any(d.fatal for d in wrong):
        raise ZoneError(str(next(d for d in wrong if d.fatal)))
    return _zones(found)


def defects(path):
    """Every Defect of the zones of a file or folder, disabled ones too; empty when all is well."""
    found, wrong = _examine(path)
    return wrong + _doubtful(found)


def _examine(path):
    """([(Feature, geometry)] that can be used, [Defect] of those that cannot)."""
    found, wrong = [], []
    for file in zone_features.files(path):
        for feature in zone_features.read(file, wrong):
            before = len(wrong)
            geometry = _shape(feature, wrong)
            if not any(d.fatal for d in wrong[before:]):
                found.append((feature, geometry))
    return found, wrong


def _doubtful(found):
    """Defects that do not keep a zone from being used, but that someone should look at."""
    drawn = [(feature, geometry) for feature, geometry in found if geometry is not None]
    out = [
        Defect(f.file, f.label, "", "looks shifted to GCJ-02", "take the chart's WGS 84 positions", fatal=False)
        for f, g in drawn
        if doubts.gcj02_suspected(shapely.get_coordinates(g))
    ]
    centres = np.array([shapely.get_coordinates(g).mean(axis=0) for _, g in drawn]).reshape(-1, 2)
    out += [
        Defect(f.file, f.label, f"at {x:.3f}E {y:.3f}N", "lies far from the others, near them with latitude first",
               "write longitude first", fatal=False)
        for (f, _), (x, y), odd in zip(drawn, centres, doubts.latitude_first_suspected(centres))
        if odd
    ]  # fmt: skip
    return out + _contrary_lanes(drawn)


def _contrary_lanes(drawn):
    """A Defect for each two one-way lanes that share water and whose directions differ by more than 45 degrees."""
    lanes = []
    for feature, geometry in drawn:
        p = feature.properties
        if p["kind"] == "tss_lane" or p.get("one_way"):
            area, axis = area_of(geometry, p), _axis(p["kind"], p, geometry)
            if area is not None and len(axis):
                lanes.append((feature, area, bearing_deg(*axis[0], *axis[-1])))
    out, areas = [], _column([area for _, area, _ in lanes])
    for a, b in shapely.STRtree(areas).query(areas, predicate="intersects").T:
        (one, area, course), (other, shared, against) = lanes[a], lanes[b]
        if a >= b or abs(angle_diff_deg(course, against)) <= 45.0:
            continue
        both = shapely.intersection(area, shared)
        if both.area > 0.01 * min(area.area, shared.area):
            x, y = both.representative_point().coords[0]
            problem = f"overlaps the one-way {other.label!r}"
            remedy = "draw them side by side, or make the shared water a precautionary_area"
            out.append(Defect(one.file, one.label, f"at {x:.4f}E {y:.4f}N", problem, remedy, fatal=False))
    return out


def _zones(found):
    return Zones(
        tuple(f.label for f, _ in found),
        tuple(f.properties["kind"] for f, _ in found),
        tuple(f.properties for f, _ in found),
        _column([g for _, g in found]),
        _column([area_of(g, f.properties) for f, g in found]),
    )


def _column(geometries):
    """Geometries, or None, as an array of objects."""
    column = np.empty(len(geometries), object)
    column[:] = geometries
    return column


def _shape(feature, wrong):
    """The shapely geometry of a feature, whole over the antimeridian; None with the reason appended if it is broken."""
    if feature.geometry is None:
        return None
    try:
        wkb = isinstance(feature.geometry, bytes)
        geometry = shapely.from_wkb(feature.geometry) if wkb else shape(feature.geometry)
    except shapely.errors.GEOSException as error:
        wrong.append(Defect(feature.file, feature.label, "", f"has no readable geometry ({error})", "write it again"))
        return None
    geometry = _over_antimeridian(shapely.force_2d(geometry))
    if geometry.geom_type.endswith("Polygon") and not shapely.is_valid(geometry):
        wrong.append(_broken(feature, geometry))
        return None
    return geometry


def _broken(feature, geometry):
    """The Defect of an invalid polygon, with the place."""
    reason, _, place = shapely.is_valid_reason(geometry).partition("[")
    at = ""
    if place:
        lon, lat = (float(v) for v in place.rstrip("]").split())
        at = f"at {abs(lon):.6f}{'W' if lon < 0 else 'E'} {abs(lat):.6f}{'S' if lat < 0 else 'N'}"
    rings = [geometry.exterior] if geometry.geom_type == "Polygon" else []
    if rings and len(rings[0].coords) == 5 and "Self-intersection" in reason:
        a, b, c, d = list(rings[0].coords)[:4]
        if any(shapely.is_valid(shapely.Polygon(order)) for order in ([a, b, d, c], [a, c, b, d])):
            return Defect(
                feature.file, feature.label, at, "lists its corners crosswise",
                "exchange two neighbouring corners so that they go round",
            )  # fmt: skip
    words = {
        "Self-intersection": ("crosses itself", "take out the loop there"),
        "Ring Self-intersection": ("touches itself", "split it there into two rings"),
        "Hole lies outside shell": ("has a hole outside of it", "draw the hole as a zone, or move it inside"),
        "Interior is disconnected": ("is cut in two by its hole", "draw two zones"),
        "Nested shells": ("has one part inside the other", "draw the inner ring as a hole"),
        "Duplicate Rings": ("has the same ring twice", "take one out"),
    }
    problem, remedy = words.get(reason.strip(), (f"is not a valid area ({reason.strip()})", "draw it again"))
    return Defect(feature.file, feature.label, at, problem, remedy)


def _over_antimeridian(geometry):
    """The geometry with longitudes running on past 180 where it crosses: jumps undone, and split halves joined."""

    def run_on(coordinates):
        jumps = np.diff(coordinates[:, 0])
        turns = np.concatenate(
            [[0.0], np.cumsum(np.where(jumps > 180.0, -360.0, np.where(jumps < -180.0, 360.0, 0.0)))]
        )
        return np.column_stack(
            [coordinates[:, 0] + turns - 360.0 * math.floor((turns.min() + 180.0) / 360.0), coordinates[:, 1]]
        )

    west, _, east, _ = shapely.bounds(geometry) if not shapely.is_empty(geometry) else (0.0, 0.0, 0.0, 0.0)
    if east - west <= 180.0:
        return geometry
    parts = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            rings = [run_on(shapely.get_coordinates(r)) for r in (part.exterior, *part.interiors)]
            part = shapely.Polygon(rings[0], rings[1:])  # noqa: PLW2901
        elif part.geom_type == "LineString":
            part = shapely.LineString(run_on(shapely.get_coordinates(part)))  # noqa: PLW2901
        parts.append(part)
    bounds = [part.bounds for part in parts]
    if len(parts) > 1 and any(b[2] == 180.0 for b in bounds) and any(b[0] == -180.0 for b in bounds):
        east_of = [b[0] < 0.0 and b[2] <= 0.0 for b in bounds]
        moved = [shapely.transform(p, lambda c: np.add(c, [360.0, 0.0])) if e else p for p, e in zip(parts, east_of)]
        return shapely.union_all(moved)
    return parts[0] if len(parts) == 1 else type(geometry)(parts)


def area_of(geometry, properties):
    """What a zone holds: its polygon, its line widened, its point's circle; None where it has no extent.

    Widths are metres to each side of the centre line, with square ends; `buffer_m` rounds the ends, as a distance does.
    Within ARC_M of the true distance on the ellipsoid for zones of up to 200 km.
    """
    if geometry is None or geometry.geom_type.endswith("Polygon"):
        return geometry
    if geometry.geom_type.endswith("Point"):
        radius_m = properties.get("radius_m")
        return _buffered(geometry, radius_m) if radius_m and properties.get("kind") != "moving_works" else None
    port_m, starboard_m = widths_m(properties)
    if port_m or starboard_m:
        return _buffered(geometry, port_m, starboard_m)
    warning = properties.get("warning_m")
    round_m = properties.get("buffer_m") or (max(np.atleast_1d(warning)) if warning is not None else 0)
    return _buffered(geometry, round_m) if round_m else None


def widths_m(properties):
    """(port, starboard) metres from a corridor's centre line to its sides; 0, 0 where it has none."""
    half = (properties.get("width_m") or 0) / 2
    return properties.get("width_port_m", half), properties.get("width_starboard_m", half)


def hull(lonlat, margin_m):
    """The convex hull of positions, shape (n, 2), with a margin, as a GeoJSON geometry."""
    return mapping(_buffered(shapely.MultiPoint(lonlat).convex_hull, margin_m))


def boxes(corners, size_deg):
    """The union of equal boxes of degrees, named by their south-west corners, as a GeoJSON geometry."""
    corners = np.asarray(corners)
    # a hair of overlap joins boxes whose common side rounding has parted
    grown = corners - 1e-9, corners + size_deg + 1e-9
    return mapping(shapely.union_all(shapely.box(*grown[0].T, *grown[1].T)).simplify(1e-7))


def _buffered(geometry, port_m, starboard_m=None):
    """A geometry widened in the azimuthal equidistant plane about its middle; round, or flat-ended with two widths."""
    from pyproj import Transformer

    west, south, east, north = geometry.bounds
    plane = f"+proj=aeqd +ellps=WGS84 +units=m +lon_0={(west + east) / 2!r} +lat_0={(south + north) / 2!r}"
    there = Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    flat = shapely.transform(
        shapely.segmentize(geometry, _LEG_DEG), lambda c: np.column_stack(there.transform(c[:, 0], c[:, 1]))
    )
    if starboard_m is None:
        arcs = max(8, math.ceil(math.pi / 4 / math.acos(1 - min(1.0, ARC_M / port_m))))
        wide = shapely.buffer(flat, port_m, quad_segs=arcs)
    elif port_m == starboard_m:
        wide = shapely.buffer(flat, port_m, cap_style="flat", join_style="mitre")
    else:
        sides = [(d, s) for d, s in ((port_m, 1), (starboard_m, -1)) if d]
        wide = shapely.union_all(
            [shapely.buffer(flat, s * d, cap_style="flat", join_style="mitre", single_sided=True) for d, s in sides]
        )
    wide = shapely.segmentize(shapely.simplify(wide, ARC_M / 10), 2000.0)

    def back(c):
        lon, lat = there.transform(c[:, 0], c[:, 1], direction="INVERSE")
        lon = (west + east) / 2 + (lon - (west + east) / 2 + 180.0) % 360.0 - 180.0
        return np.column_stack([lon, lat])

    return shapely.transform(wide, back)


def _outlines(kinds, properties, drawn, area):
    """The zones as numbers, for the Index."""
    edges, axis = [], []
    for kind, p, line, polygon in zip(kinds, properties, drawn, area):
        edges.append(_edges(polygon if polygon is not None else line))
        axis.append(_axis(kind, p, line))
    first = lambda parts: np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)  # noqa: E731
    stack = lambda parts, width: np.ascontiguousarray(np.concatenate([np.empty((0, width)), *parts]))  # noqa: E731
    return Outlines(
        stack(edges, 4), first(edges), np.array([a is not None for a in area], bool), stack(axis, 2), first(axis)
    )


def _edges(geometry):
    """(edges, 4) of a geometry's rings and lines; a point is an edge of no length."""
    if geometry is None or geometry.is_empty:
        return np.empty((0, 4))
    out = []
    for part in shapely.get_parts(geometry):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            c = shapely.get_coordinates(ring)
            pairs = np.hstack([c[:-1], c[1:]]) if len(c) > 1 else np.hstack([c, c])
            moving = (pairs[:, :2] != pairs[:, 2:]).any(axis=1)
            out.append(pairs[moving] if moving.any() else pairs[:1])
    return np.concatenate(out)


def _axis(kind, properties, geometry):
    """(vertices, 2) of a zone's centre line: the drawn line, or through an area's middle in its direction."""
    if geometry is None or geometry.geom_type.endswith("Point"):
        return np.empty((0, 2))
    if geometry.geom_type == "LineString":
        return shapely.get_coordinates(geometry)
    direction_deg = properties.get("direction_deg")
    if direction_deg is None or not geometry.geom_type.endswith("Polygon"):
        return np.empty((0, 2))
    middle = geometry.centroid
    east_m, north_m = metres_per_degree(middle.y)
    squeeze = east_m / north_m
    ux, uy = math.sin(math.radians(direction_deg)), math.cos(math.radians(direction_deg))
    c = shapely.get_coordinates(geometry)
    along = (c[:, 0] - middle.x) * squeeze * ux + (c[:, 1] - middle.y) * uy
    return np.array([(middle.x + t * ux / squeeze, middle.y + t * uy) for t in (along.min(), along.max())])
