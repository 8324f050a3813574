"""Read a zone file's features and say what is wrong with each, before any geometry is made of them.

GeoJSON (positions may be numbers or, as in notices, printed degrees, minutes and seconds), GeoParquet and S-57 cells.
"""

import functools
import json
import math
import numbers
from pathlib import Path
from typing import NamedTuple

from geofences import dms, vessels
from geofences.kinds import AREA, CONFIDENCES, KINDS, LIMITS, LINE, POINT
from geofences.lng import zone as lng_zone
from geofences.validity import validity
from vts.errors import ZoneError

SUFFIXES = (".geojson", ".json", ".parquet", ".geoparquet", ".000")
_MAX_BYTES = 512 << 20
_LONGEST_NAME = 200
_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326", "CGCS2000", "EPSG::4490", "EPSG:4490", "WGS84", "WGS 84")


class Feature(NamedTuple):
    """One feature of a file."""

    file: str
    label: str  # its name, or "feature 3"
    geometry: object  # GeoJSON dict with numbers only, or WKB bytes, or None
    properties: dict


class Defect(NamedTuple):
    """What is wrong with one feature: file, feature, place, problem and remedy, in words."""

    file: str
    feature: str
    place: str  # "at 113.9E 22.1N", "position 3", or ""
    problem: str
    remedy: str
    fatal: bool = True  # the zone cannot be used; otherwise it is doubtful

    def __str__(self):
        place = f" {self.place}" if self.place else ""
        name = self.feature if len(self.feature) <= _LONGEST_NAME else f"{self.feature[:20]}…"
        return f"{self.file}: {name!r}{place} {self.problem}; {self.remedy}"


def files(path):
    """The zone files of a path or a list of them: itself, or those of a folder by name. ZoneError if there is none."""
    if isinstance(path, list | tuple):
        return [file for one in path for file in files(one)]
    path = Path(path)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
        if not found:
            raise ZoneError(f"{path}: no zone file in this folder; put {', '.join(SUFFIXES)} files there")
        return found
    if not path.is_file():
        raise ZoneError(f"{path}: no such file; name a zone file or a folder of them")
    if path.suffix.lower() not in SUFFIXES:
        raise ZoneError(f"{path}: not a zone file by its name; use {', '.join(SUFFIXES)}")
    return [path]


def read(path, defects):
    """The features of one file whose structure is right; appends a Defect for each thing that is wrong.

    ZoneError where the file as a whole cannot be read.
    """
    path, suffix = Path(path), Path(path).suffix.lower()
    if suffix == ".000":
        from geofences.s57 import features
    elif suffix.endswith("parquet"):
        from geofences.geoparquet import features
    else:
        features = _geojson
    return check(features(path, defects), defects)


def check(found, defects):
    """Those of some features whose properties can be used; appends a Defect for each thing that is wrong."""
    good, seen = [f for f in found if _check_properties(f, defects)], set()
    for feature in good:
        if feature.label in seen:
            defects.append(_defect(feature, "", "appears twice", "give each zone a name of its own"))
        seen.add(feature.label)
    return good


_WKB = {1: POINT, 2: LINE, 3: AREA, 4: POINT, 5: LINE, 6: AREA}


def shape_name(geometry):
    """Polygon, LineString or Point of a GeoJSON dict or WKB bytes, many parts or one; None of none, "?" of others."""
    if geometry is None:
        return None
    if isinstance(geometry, dict):
        return geometry["type"].removeprefix("Multi")
    code = int.from_bytes(geometry[1:5], "little" if geometry[0] else "big") if len(geometry) > 5 else 0
    return _WKB.get((code & 0xFFFF) % 1000, "?")  # 1000 and the high bits mark heights


def _defect(feature, place, problem, remedy, fatal=True):
    return Defect(feature.file, feature.label, place, problem, remedy, fatal)


def _geojson(path, defects):
    """Features of a GeoJSON file with their positions as numbers."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ZoneError(f"{path}: over {_MAX_BYTES >> 20} MB; split it")
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ZoneError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error
    except (ValueError, RecursionError) as error:
        raise ZoneError(f"{path}: not JSON ({error}); save it as GeoJSON in UTF-8") from error
    return from_document(path, document, defects)


def from_document(path, document, defects):
    """Features of a GeoJSON document in memory, as `read`; not yet checked."""
    if not isinstance(document, dict) or document.get("type") not in ("FeatureCollection", "Feature"):
        raise ZoneError(f"{path}: not GeoJSON; its top must be a FeatureCollection")
    raw = document.get("features", []) if document["type"] == "FeatureCollection" else [document]
    if not isinstance(raw, list):
        raise ZoneError(f"{path}: 'features' must be a list; save it as GeoJSON")
    _check_crs(path, document, defects)
    found = []
    for k, item in enumerate(raw):
        properties = item.get("properties") if isinstance(item, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        name = properties.get("name")
        feature = Feature(str(path), str(name) if name else f"feature {k + 1}", None, properties)
        if not isinstance(item, dict) or item.get("type") != "Feature":
            defects.append(_defect(feature, "", "is not a GeoJSON Feature", 'write {"type": "Feature", ...}'))
            continue
        if not name:
            defects.append(_defect(feature, "", "has no name", "add a name to its properties"))
            continue
        before = len(defects)
        geometry = _numbers(feature, item.get("geometry"), defects)
        if not any(d.fatal for d in defects[before:]):
            found.append(feature._replace(geometry=geometry))
    return found


def _check_crs(path, document, defects):
    """A Defect where the file says that it is in another reference than WGS 84."""
    crs = document.get("crs")
    if crs is None:
        return
    name = str(crs.get("properties", {}).get("name", crs) if isinstance(crs, dict) else crs)
    if "GCJ" in name.upper() or "BD09" in name.upper() or "BD-09" in name.upper():
        problem = f"is in {name}, which is shifted by some hundred metres from the chart"
    elif any(known.lower() in name.lower() for known in _WGS84):
        return
    else:
        problem = f"is in {name[:80]}, not in WGS 84"
    defects.append(
        Defect(str(path), "crs", "", problem, "convert it to WGS 84 longitude and latitude and leave out crs")
    )


_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def _numbers(feature, geometry, defects):
    """The geometry with every position as [lon, lat] in range, or None with the reasons appended."""
    if geometry is None:
        if feature.properties.get("kind") != "moving_works":
            defects.append(_defect(feature, "", "has no geometry", "draw it, or take it out"))
        return None
    shape = geometry.get("type") if isinstance(geometry, dict) else None
    if shape not in _DEPTH:
        defects.append(_defect(feature, "", f"is drawn as {shape!r}", f"use one of {', '.join(_DEPTH)}"))
        return None
    bad = len(defects)
    coordinates = _walk(feature, geometry.get("coordinates"), _DEPTH[shape], [], defects)
    if len(defects) > bad:
        return None
    rings = {
        "Polygon": coordinates,
        "MultiPolygon": [r for p in coordinates for r in p] if shape == "MultiPolygon" else [],
    }
    for ring in rings.get(shape, []):
        if len(ring) < 4:
            defects.append(_defect(feature, "", f"has a ring of {len(ring)} positions", "a ring needs at least 4"))
        elif ring[0] != ring[-1]:
            place = _at(*ring[-1])
            defects.append(_defect(feature, place, "is not closed", "repeat the ring's first position at its end"))
    lines = {"LineString": [coordinates], "MultiLineString": coordinates}
    for line in lines.get(shape, []):
        if len(line) < 2:
            defects.append(_defect(feature, "", "is a line of one position", "a line needs at least 2"))
    return {"type": shape, "coordinates": coordinates} if len(defects) == bad else None


def _at(lon, lat):
    """A place in words."""
    return f"at {abs(lon):.6f}{'W' if lon < 0 else 'E'} {abs(lat):.6f}{'S' if lat < 0 else 'N'}"


def _walk(feature, value, depth, trail, defects):
    """Nested positions, `depth` lists deep, as lists of (lon, lat)."""
    where = "position " + ".".join(str(k + 1) for k in trail) if trail else ""
    if depth:
        if not isinstance(value, list | tuple) or not value:
            defects.append(_defect(feature, where, "has no positions where a list of them belongs", "draw it again"))
            return []
        out = []
        for k, item in enumerate(value):
            before = len(defects)
            out.append(_walk(feature, item, depth - 1, [*trail, k], defects))
            if len(defects) > before:
                break  # one fault a ring: a swapped ring would else be told once for every position
        return out
    if isinstance(value, str):
        try:
            return dms.position(value)
        except ValueError as error:
            problem, _, remedy = str(error).partition("; ")
            defects.append(_defect(feature, where, f"cannot be read: {problem}", remedy or "print it as in a notice"))
            return ()
    numbers = (
        isinstance(value, list | tuple)
        and len(value) >= 2
        and all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in value[:2])
    )
    if not numbers:
        defects.append(_defect(feature, where, f"is {str(value)[:40]}, no position", "write [longitude, latitude]"))
        return ()
    lon, lat = float(value[0]), float(value[1])
    if abs(lat) <= 90 and abs(lon) <= 360:
        return lon, lat
    if abs(lon) <= 90 and abs(lat) <= 180:
        defects.append(_defect(feature, where, f"[{lon:g}, {lat:g}] has latitude first", "write longitude first"))
    else:
        problem = f"[{lon:g}, {lat:g}] is not in degrees: another reference system"
        defects.append(_defect(feature, where, problem, "convert it to WGS 84 longitude and latitude"))
    return ()


@functools.cache
def parameters():
    """{property: (default, unit)} of all that rules and the planning of slots read from zones."""
    from geofences import rules
    from geofences.lng import slots
    from vts.plugins import discover

    told = [rule.PARAMETERS for rule in discover(rules).values()] + [slots.PARAMETERS]
    return {name: said[:2] for of_one in told for name, said in of_one.items()}


def _check_parameter(name, value, default, unit, wrong):
    """Tell what is wrong with a property that a rule would read: by the default, it is a switch, a number or words."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            wrong(f"has {name} {value!r}", "write true or false")
    elif isinstance(default, int | float):
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not math.isfinite(value):
            wrong(f"has {name} {value!r}", f"give a number ({unit})")
    elif isinstance(default, list):
        known = KINDS if unit == "kinds of zone" else vessels.KINDS
        words = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
        if odd := [w for w in words if not isinstance(w, str) or w.strip() not in known]:
            wrong(f"has {name} {odd[0]!r}, which is none of the {unit}", f"use {', '.join(known)}")


def _check_properties(feature, defects):
    """Whether a zone's properties can be used; appends what is wrong."""
    before = len(defects)
    p = feature.properties

    def wrong(problem, remedy):
        defects.append(_defect(feature, "", problem, remedy))

    kind = p.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        wrong(f"is of kind {kind!r}, which is unknown", f"use one of {', '.join(KINDS)}")
        return False
    if not p.get("source"):
        wrong("has no source", "add where its limits are published, or 'example'")
    if p.get("confidence", "none") not in CONFIDENCES:
        wrong(f"has confidence {p['confidence']!r}", f"use one of {', '.join(CONFIDENCES)}")
    if not isinstance(p.get("enabled", True), bool):
        wrong(f"has enabled {p['enabled']!r}", "write true or false")
    if len(feature.label) > _LONGEST_NAME:
        wrong(f"has a name of {len(feature.label)} characters", f"shorten it to {_LONGEST_NAME}")
    if not feature.label.isprintable():
        wrong("has characters in its name that cannot be shown", "write it without line breaks and control characters")
    for name, (default, unit) in parameters().items():
        if p.get(name) is not None and name not in LIMITS:
            _check_parameter(name, p[name], default, unit, wrong)
    try:
        lng_zone.form_of(p, lng_zone.UNDER_WAY)
    except ValueError as error:
        wrong(f"sets no moving zone that can be drawn: {error}", "correct it, or take lng_zone out")
    for name, (least, most, unit) in LIMITS.items():
        value = p.get(name)
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not least <= value <= most:
            wrong(f"has {name} {value!r}", f"give a number from {least} to {most} ({unit})")
    try:
        if p["min_speed_kn"] > p["max_speed_kn"]:
            wrong("has a min_speed_kn over its max_speed_kn", "exchange them")
    except (KeyError, TypeError):  # one is absent, or told above to be no number
        pass
    shape = shape_name(feature.geometry)
    spec = KINDS[kind]
    if shape and shape not in spec.shapes:
        wrong(f"is a {kind} drawn as {shape}", f"draw it as {' or '.join(spec.shapes)}")
    needs = spec.needs + {LINE: spec.line_needs, POINT: spec.point_needs, AREA: ()}.get(shape, ())
    for need in needs:
        if all(p.get(name) is None for name in need.split("|")):
            wrong(f"is a {kind} without {' or '.join(need.split('|'))}", "add it to its properties")
    if p.get("one_way") and shape == AREA and p.get("direction_deg") is None:
        wrong("is one-way without direction_deg", "add the direction of traffic, degrees true")
    if (p.get("width_port_m") is None) != (p.get("width_starboard_m") is None):
        wrong("has a width on one side of its centre line only", "give both width_port_m and width_starboard_m")
    try:
        validity([p])
    except ValueError as error:
        problem, _, remedy = str(error).partition("; ")
        wrong(f"cannot be placed in time: {problem}", remedy or "write ISO 8601 times")
    return len(defects) == before
