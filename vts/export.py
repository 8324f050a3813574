"""Positions, track lines and alerts of a store for other programs: GeoParquet, GeoPackage, GeoJSON, CSV, KML; WGS 84.

Files are written in blocks, so a store larger than the memory can be exported; a file appears only when it is whole.
"""

import json
import os
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from vts import maps, wording
from vts.errors import StoreError, UsageError

FORMS = ("geoparquet", "gpkg", "geojson", "csv", "kml")
BLOCK = 65_536
FORMULA = ("=", "+", "-", "@", "\t", "\r")
POSITIONS = """SELECT t.track, t.mmsi, t.t_ns, strftime(t.t, '%Y-%m-%dT%H:%M:%S.%fZ') AS t,
    t.lon_deg, t.lat_deg, t.sog_kn, t.cog_deg, t.heading_deg, t.nav_status, t.state_name AS state, t.age_s, s.risk
    FROM tracks AS t LEFT JOIN scores AS s ON s.track = t.track AND s.t_ns = t.t_ns"""


def write(store, out, form, *, what="positions", start_ns=None, end_ns=None, mmsi=None):
    """Rows written to a file; UsageError for an unknown form, StoreError where the file cannot be written."""
    if form not in FORMS:
        raise UsageError(f"--to {form}: there are {', '.join(FORMS)}")
    terms = ["t.lon_deg IS NOT NULL"] if what != "alerts" else []
    terms += [] if mmsi is None else [f"t.mmsi = {int(mmsi)}"]
    terms += [] if start_ns is None else [f"t.t_ns >= {int(start_ns)}"]
    terms += [] if end_ns is None else [f"t.t_ns < {int(end_ns)}"]
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    con = store.connect()
    if what == "alerts":
        batches = iter([_alerts(store, con, where.replace("t.", ""))])
    else:
        query = f"{POSITIONS}{where} ORDER BY t.track, t.t_ns"
        reader = con.sql(query).to_arrow_reader(BLOCK)
        batches = (batch.to_pylist() for batch in reader)
    features = _lines(batches) if what == "lines" else _points(batches)
    out = Path(out)
    temporary = out.with_name(f".{out.name}.tmp{out.suffix}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        rows = _WRITERS[form](temporary, features)
        if not rows:
            raise StoreError("nothing to export; widen --start and --end")
        os.replace(temporary, out)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror or error}); name another file") from error
    finally:
        temporary.unlink(missing_ok=True)
    return rows


def reports(source, form, out):
    """The Reports of a feed as CSV or Parquet, batch by batch; `out` is a path or a binary stream."""
    import pyarrow.csv
    import pyarrow.parquet

    from vts.schema import Reports

    schema = Reports.empty().to_arrow().schema
    if form == "csv":
        writer = pyarrow.csv.CSVWriter(str(out) if isinstance(out, Path) else out, schema)
    else:
        writer = pyarrow.parquet.ParquetWriter(str(out), schema, compression="zstd")
    with writer:
        for batch in source:
            if isinstance(batch, Reports):
                writer.write_table(batch.to_arrow())


def _alerts(store, con, where):
    """Alerts as rows with their sentence."""
    names = {number: vessel["name"] for number, vessel in maps.known_vessels(con).items()}
    words = wording.Wording("en", store.read_json("rules.json", {}), store.read_json("zones.geojson"), names)
    return [
        words.facts(row) | {"lon_deg": row["lon_deg"], "lat_deg": row["lat_deg"]}
        for row in maps.latest_alerts(con, where)
    ]


def _points(batches):
    """(coordinates, properties) of each row."""
    for rows in batches:
        for row in rows:
            lon, lat = row.pop("lon_deg"), row.pop("lat_deg")
            yield None if lon is None or lat is None else [lon, lat], row


def _lines(batches):
    """(coordinates, properties) of each track; a track of one position has no line."""
    track, line, times, mmsi = None, [], [], -1
    for rows in batches:
        for row in rows:
            if row["track"] != track:
                yield from _line(track, mmsi, line, times)
                track, mmsi, line, times = row["track"], -1, [], []
            mmsi = max(mmsi, row["mmsi"])
            line.append([row["lon_deg"], row["lat_deg"]])
            times.append(row["t"])
    yield from _line(track, mmsi, line, times)


def _line(track, mmsi, line, times):
    if len(line) > 1:
        yield line, {"track": track, "mmsi": mmsi, "start": times[0], "end": times[-1], "positions": len(line)}


def _geometry(coordinates):
    if coordinates is None:
        return None
    return {"type": "LineString" if isinstance(coordinates[0], list) else "Point", "coordinates": coordinates}


def _geojson(path, features):
    rows = 0
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for coordinates, properties in features:
            feature = {"type": "Feature", "geometry": _geometry(coordinates), "properties": finite(properties)}
            file.write(("," if rows else "") + "\n" + json.dumps(feature, ensure_ascii=False))
            rows += 1
        file.write("\n]}\n")
    return rows


def finite(properties):
    """NaN and infinity have no word in JSON: null."""
    return {k: None if isinstance(v, float) and v - v != 0 else v for k, v in properties.items()}


def _csv(path, features):
    import csv

    rows = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = None
        for coordinates, properties in features:
            line = coordinates is not None and isinstance(coordinates[0], list)
            place = (
                {"wkt": _wkt(coordinates)}
                if line
                else dict(zip(("lon_deg", "lat_deg"), coordinates or (None,) * 2, strict=True))
            )
            if writer is None:
                writer = csv.DictWriter(file, [*properties, *place])
                writer.writeheader()
            # a cell that begins like a formula would be one in a spreadsheet
            writer.writerow(
                {
                    k: f"'{v}" if isinstance(v, str) and v[:1] in "=+-@" and v else v
                    for k, v in (properties | place).items()
                }
            )
            rows += 1
    return rows


def _wkt(line):
    return "LINESTRING (" + ", ".join(f"{x} {y}" for x, y in line) + ")"


def _kml(path, features):
    rows = 0
    with open(path, "w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n')
        for coordinates, properties in features:
            if coordinates is None:
                continue
            line = isinstance(coordinates[0], list)
            text = " ".join(f"{x},{y}" for x, y in (coordinates if line else [coordinates]))
            shape = "LineString" if line else "Point"
            data = "".join(
                f"<Data name={quoteattr(k)}><value>{escape(wording.clean(str(v), 300))}</value></Data>"
                for k, v in properties.items()
            )
            when = properties.get("t") if isinstance(properties.get("t"), str) else None
            stamp = f"<TimeStamp><when>{escape(when)}</when></TimeStamp>" if when else ""
            file.write(
                f"<Placemark>{stamp}<ExtendedData>{data}</ExtendedData>"
                f"<{shape}><coordinates>{text}</coordinates></{shape}></Placemark>\n"
            )
            rows += 1
        file.write("</Document></kml>\n")
    return rows


def _frame(features):
    """A GeoDataFrame of all features."""
    import geopandas

    found = [{"type": "Feature", "geometry": _geometry(c), "properties": p} for c, p in features]
    return geopandas.GeoDataFrame.from_features(found, crs="EPSG:4326")


def _geoparquet(path, features):
    frame = _frame(features)
    frame.to_parquet(path, index=False)
    return len(frame)


def _gpkg(path, features):
    frame = _frame(features)
    frame.to_file(path, driver="GPKG", engine="pyogrio", layer="vts")
    return len(frame)


_WRITERS = {"geoparquet": _geoparquet, "gpkg": _gpkg, "geojson": _geojson, "csv": _csv, "kml": _kml}
