"""GeoParquet -> features: one row a zone, its properties the other columns (GeoParquet 1.0 and 1.1, WKB)."""

import json

from geofences.features import Defect, Feature
from vts.errors import ZoneError


def features(path, defects):
    """The zones of a file; a row without a name is counted in `defects`. ZoneError where it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
        column = about["primary_column"]
        geometry = about["columns"][column]
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise ZoneError(f"{path}: not GeoParquet ({error}); write it with GeoDataFrame.to_parquet") from error
    if geometry.get("encoding") != "WKB" or column not in table.column_names:
        raise ZoneError(f"{path}: geometry is {geometry.get('encoding')!r}; write it again with WKB geometry")
    # without a crs the format says longitude and latitude of WGS 84
    crs = (geometry.get("crs") or {}).get("id", {"authority": "OGC", "code": "CRS84"})
    name = f"{crs.get('authority')}:{crs.get('code')}"
    if name not in ("OGC:CRS84", "EPSG:4326", "EPSG:4490"):
        defects.append(Defect(str(path), "crs", "", f"is in {name}, not in WGS 84", 'convert it: to_crs("EPSG:4326")'))
        return []
    out = []
    for row, shape in enumerate(table.column(column).to_pylist()):
        p = {key: table.column(key)[row].as_py() for key in table.column_names if key != column}
        p = {key: value for key, value in p.items() if value is not None and value == value}  # noqa: PLR0124
        label = str(p.get("name") or f"row {row + 1}")
        if not p.get("name") or not shape:
            what = "geometry" if p.get("name") else "name"
            defects.append(Defect(str(path), label, "", f"has no {what}", f"give it a {what}"))
            continue
        out.append(Feature(str(path), label, shape, p))
    return out
