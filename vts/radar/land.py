"""Where a radar need not look: land around an antenna, from the shipped coast or a GeoJSON of one's own.

The shipped coast is drawn for 1:10 million: fit for islands and hills seen from afar, hundreds of metres out in a
harbour. There, give surveyed polygons.
"""

import json
from pathlib import Path

import numpy as np

from vts import geo
from vts.errors import SiteError
from vts.paths import data_dir


def rings(source):
    """[(n, 2) lon, lat] of every ring of a GeoJSON file, or of the shipped coast for "coast"; even-odd.

    Raises SiteError for a file that cannot be read or holds no polygon.
    """
    if source == "coast":
        with np.load(data_dir() / "coast" / "land.npz") as coast:
            steps = np.column_stack([coast["lon"], coast["lat"]]).astype(np.int64)
            lengths = coast["ring"]
        return [np.cumsum(part, axis=0) * 1e-4 for part in np.split(steps, np.cumsum(lengths)[:-1])]
    path = Path(source)
    try:
        found = _polygons(json.loads(path.read_text(encoding="utf-8")))
        listed = [np.array(ring, np.float64)[:, :2] for ring in found if len(ring) >= 3]
    except OSError as error:
        raise SiteError(f"{path}: cannot be read ({error.strerror}); name a GeoJSON of land") from error
    except (ValueError, TypeError, IndexError, RecursionError) as error:
        raise SiteError(f"{path}: not a GeoJSON of polygons; mend it ({error})") from error
    if not listed or not all(ring.shape[1] == 2 and np.isfinite(ring).all() for ring in listed):
        raise SiteError(f"{path}: holds no polygon; draw the land as Polygon or MultiPolygon")
    return listed


def _polygons(node):
    """Every ring of every polygon of a GeoJSON object."""
    kind = node.get("type") if isinstance(node, dict) else None
    if kind == "FeatureCollection":
        return [ring for feature in node.get("features") or () for ring in _polygons(feature)]
    if kind == "Feature":
        return _polygons(node.get("geometry"))
    if kind == "Polygon":
        return list(node["coordinates"])
    if kind == "MultiPolygon":
        return [ring for polygon in node["coordinates"] for ring in polygon]
    return []


def around(listed, lon_deg, lat_deg, reach_m):
    """(edges (n, 4): east and north of both ends, m, of those that come within reach; whether the point is on land)."""
    east_per_deg, north_per_deg = geo.metres_per_degree(lat_deg)
    box = np.array([reach_m / east_per_deg, reach_m / north_per_deg]) * 1.1
    here = np.array([lon_deg, lat_deg])
    edges, inside = [], False
    for ring in listed:
        a, b = ring, np.roll(ring, -1, axis=0)
        north_of = (a[:, 1] > lat_deg) != (b[:, 1] > lat_deg)
        p, q = a[north_of], b[north_of]
        cross = p[:, 0] + (lat_deg - p[:, 1]) / (q[:, 1] - p[:, 1]) * (q[:, 0] - p[:, 0])
        inside ^= bool(np.count_nonzero(cross > lon_deg) % 2)
        near = np.all((np.minimum(a, b) < here + box) & (np.maximum(a, b) > here - box), axis=1)
        for first, last in zip(a[near], b[near], strict=True):
            e0, n0, _ = geo.lonlat_to_enu(float(first[0]), float(first[1]), lon_deg, lat_deg)
            e1, n1, _ = geo.lonlat_to_enu(float(last[0]), float(last[1]), lon_deg, lat_deg)
            edges.append((e0, n0, e1, n1))
    return np.array(edges, np.float64).reshape(-1, 4), inside
