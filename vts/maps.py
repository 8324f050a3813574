"""A store as one HTML file that opens with no network: coast, zones, tracks coloured by risk, alerts and a clock.

folium makes the page; Leaflet, the coastline and the data are inlined, so the file can be mailed, archived and opened
on a machine that has no way out. Positions travel as gzipped columns and are drawn on one canvas, thinned to the pixel:
a million stay usable. All positions are WGS 84.
"""

import base64
import gzip
import json
import math
from datetime import datetime
from pathlib import Path

import numpy as np

from vts import schema, wording
from vts.errors import StoreError, UsageError
from vts.paths import data_dir
from vts.units import S

MAX_POSITIONS = 1_000_000
MAX_ALERTS = 500
HOLD_S = 600  # a vessel is drawn where it was last seen for this long
CELL_DEG = 1e-4  # a vessel that stays within 10 m ...
CELL_S = 300  # ... is drawn once in five minutes
MOVING_DEG = 2  # a zone that goes with a vessel is drawn anew when it has turned this much
DEPTH_AREA = "depth_area"
DEPTHS_M = (0.0, 2.0, 10.0, 30.0)  # where S-52's shades of water change; the safety contour is ours
# Chinese web tiles are drawn in GCJ-02: a WGS 84 position lies up to 600 m off on them.
GCJ02 = ("amap.", "autonavi.", "gaode", "qq.com", "google.cn")


def write(store, out, **options):
    """Write the map of a store to an HTML file; returns {"path", "bytes", "positions", "tracks", "alerts"}.

    Options are those of `draw`. Raises StoreError for a store without tracks and where `out` cannot be written.
    """
    figure, counts = _figure(store, **options)
    html = figure.get_root().render()
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror}); name another file") from error
    return {"path": str(out), "bytes": out.stat().st_size, **counts}


def draw(store, **options):
    """The folium.Map of a store, for a notebook or to add layers to.

    lang "en" or "zh"; tz "UTC" or "Asia/Shanghai"; palette "day", "dusk" or "night" (after S-52); start_ns, end_ns and
    mmsi choose what is drawn; max_positions; tiles, the address of a tile server for those who have one; slots, a plan
    of movements as dicts (vessel, mmsi, terminal, direction, state, eta, start, end, wait_min, why; times in ISO 8601).
    """
    return _figure(store, **options)[0]


def _figure(
    store,
    *,
    lang="en",
    tz="UTC",
    palette="day",
    start_ns=None,
    end_ns=None,
    mmsi=None,
    max_positions=MAX_POSITIONS,
    tiles=None,
    note="",
    slots=(),
):
    import folium
    from branca.element import Element, MacroElement
    from jinja2 import Template

    tr = wording.translator(lang)
    if palette not in ("day", "dusk", "night"):
        raise UsageError(f"palette {palette!r}: there are day, dusk and night")
    data, packed = _content(store, tr, tz, start_ns, end_ns, mmsi, max_positions)
    data["slots"] = _slots(data, tr, slots)
    run = store.read_json("run.json", {})
    data["note"] = " ".join(filter(None, [note, tr(run.get("note", "")), _tile_warning(tr, tiles)]))

    (south, west), (north, east) = data["bounds"]
    page = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=tiles,
        attr=tiles and "tiles",
        zoom_animation=False,
        max_zoom=18,
        prefer_canvas=True,
    )
    page.default_js, page.default_css = [], []  # folium's own are ten outside addresses
    head = page.get_root().header
    assets = data_dir() / "assets"
    for name in ("leaflet.css", "map.css"):
        head.add_child(Element(f"<style>{_asset(assets / name)}</style>"), name=f"0{name}")
    for name in ("leaflet.js", "map.js"):
        head.add_child(Element(f"<script>{_asset(assets / name)}</script>"), name=f"1{name}")
    head.add_child(Element(f"<title>{_html(data['title'])}</title>"), name="title")
    head.add_child(Element('<link rel="icon" href="data:,">'), name="icon")
    layer, call = MacroElement(), Element()
    # by a template of its own: as one, the packed points would be read through for marks of the template language
    call._template = Template("{{ this.text }}")
    after = "" if palette == "day" else f"{page.get_name()}.getContainer().classList.add('{palette}');"
    call.text = f"lingding({page.get_name()}, {_script(data)}, {_script(packed)}).then(() => {{ {after} }});"
    layer.render = lambda **_: page.get_root().script.add_child(call)  # now, since the map itself must come first
    page.add_child(layer)
    return page, {"positions": data["points"], "tracks": len(data["vessels"]["first"]), "alerts": len(data["alerts"])}


def _asset(path):
    """A shipped text file; its own map of source lines is left out, a browser would go and look for it."""
    text = path.read_text(encoding="utf-8")
    # Leaflet's stylesheet names pictures that this page never shows.
    return text.replace("url(images/", "url(data:,") if path.suffix == ".css" else text


def _html(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _script(value):
    """JSON that is safe within a script element, whatever text it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _tile_warning(tr, tiles):
    named = tiles and any(host in tiles for host in GCJ02)
    return tr("These tiles are drawn in GCJ-02: positions (WGS 84) lie up to 600 m off on them.") if named else ""


def _content(store, tr, tz, start_ns, end_ns, mmsi, max_positions):
    """(what the page needs as JSON, the packed points as text)."""
    con = store.connect()
    columns, thinned = points(con, start_ns, end_ns, mmsi, max_positions)
    if not columns["t_ns"].size:
        raise StoreError(f"{store.path}: no tracks to draw; replay a log with positions, or widen --start and --end")
    track = columns["track"]
    starts = np.flatnonzero(np.concatenate(([True], track[1:] != track[:-1])))
    counts = np.diff(np.append(starts, track.size))
    epoch_ns = int(columns["t_ns"].min()) // S * S
    zones = store.read_json("zones.geojson") or {"type": "FeatureCollection", "features": []}
    known, sources = known_vessels(con), source_texts(store, con, tr)
    words = wording.Wording(tr.lang, store.read_json("rules.json", {}), zones, {k: v["name"] for k, v in known.items()})
    alerts, left = _alerts(con, words, start_ns, end_ns, mmsi, epoch_ns)
    zone, name = wording.time_zone(tz)
    box = box_of(columns["lon_deg"], columns["lat_deg"])
    last = starts + counts - 1
    seconds = columns["t_ns"] // S - epoch_ns // S
    data = {
        "title": tr(
            "Vessel traffic, {start} to {end}",
            start=_minute(columns["t_ns"].min(), tz),
            end=_minute(columns["t_ns"].max(), tz),
        ),
        "attribution": tr("Coast: Natural Earth (1:10 million, not for navigation). Map: Leaflet. Positions: WGS 84."),
        "labels": _labels(tr),
        "epoch": epoch_ns // S,
        "begin": 0,
        "end": int(seconds.max()),
        "hold": HOLD_S,
        "tz": {"minutes": int(zone.utcoffset(None).total_seconds() // 60), "name": name},
        "bounds": [[box[1], box[0]], [box[3], box[2]]],
        "points": int(track.size),
        "thinned": thinned,
        "vessels": {
            "first": starts.tolist(),
            "count": counts.tolist(),
            "track": track[starts].tolist(),
            "mmsi": columns["mmsi"][last].tolist(),
            "label": [_label(tr, known, columns["mmsi"][i], track[i]) for i in last],
            "about": [_about(tr, known.get(int(columns["mmsi"][i]))) for i in last],
            "reasons": _reasons(con, words, track[starts]),
            "sources": [sources.get(int(number), "") for number in track[starts]],
        },
        "land": land(*box),
        "depths": depths(zones, *box),
        "zones": _zones(tr, zones),
        "alerts": alerts,
        "alerts_left": left,
        "moving": _moving(con, start_ns, end_ns, epoch_ns),
        "sites": _sites(store, con, tr, tz),
    }
    return data, base64.b64encode(gzip.compress(_pack(columns, starts, seconds), 1, mtime=0)).decode()


def _labels(tr):
    """Words of the page, by the names that map.js uses."""
    return {
        "layers": tr("Layers"),
        "land": tr("Coast"),
        "depths": tr("Depth areas"),
        "grid": tr("Grid"),
        "tracks": tr("Tracks"),
        "vessels": tr("Vessels"),
        "names": tr("Names"),
        "ellipses": tr("Uncertainty (95 %)"),
        "zones": tr("Zones"),
        "alerts": tr("Alerts"),
        "radar": tr("Radar coverage"),
        "moving": tr("Moving zones"),
        "slots": tr("Slots"),
        "slot": tr("Slot"),
        "in": tr("in"),
        "out": tr("out"),
        "refused": tr("refused"),
        "begins": tr("begins in {minutes} min"),
        "over": tr("over"),
        "late": tr("{minutes} min late"),
        "early": tr("{minutes} min early"),
        "on_time": tr("on time"),
        "waits": tr("waits {minutes} min"),
        "palette": tr("Palette"),
        "day": tr("Day"),
        "dusk": tr("Dusk"),
        "night": tr("Night"),
        "risk": tr("Risk"),
        "unknown": tr("unknown"),
        "unnamed": tr("unnamed"),
        "play": tr("Play"),
        "time": tr("Time"),
        "speed": tr("Speed"),
        "trail": tr("Length of the tracks"),
        "whole": tr("whole"),
        "track": tr("Track"),
        "position": tr("Position"),
        "reasons": tr("Reasons"),
        "sources": tr("Sensors"),
        "details": tr("Details"),
    }


def _minute(t_ns, tz):
    """A time for a title, without its seconds."""
    text = wording.time_text(int(t_ns), tz)
    return text[:16] + text[19:]


def points(con, start_ns, end_ns, mmsi, max_positions):
    """({column: array} in order of track and time, every how many-th position was kept)."""
    terms = ["(state <> 0 OR mmsi >= 0)", "lon_deg IS NOT NULL", "lat_deg IS NOT NULL"]
    terms += [] if mmsi is None else [f"mmsi = {int(mmsi)}"]
    terms += [] if start_ns is None else [f"t_ns >= {int(start_ns)}"]
    terms += [] if end_ns is None else [f"t_ns < {int(end_ns)}"]
    where = " AND ".join(terms)
    # One row a cell: a moored vessel says the same thing every ten seconds for a week.
    moved = f"""
        SELECT track, t_ns FROM (
            SELECT track, t_ns,
                floor(lon_deg / {CELL_DEG}) * 1e7 + floor(lat_deg / {CELL_DEG}) AS cell, t_ns // {CELL_S * S} AS slot,
                lag(cell) OVER w AS cell_before, lag(slot) OVER w AS slot_before, lead(t_ns) OVER w AS next_ns
            FROM tracks WHERE {where} WINDOW w AS (PARTITION BY track ORDER BY t_ns)
        ) WHERE cell_before IS NULL OR cell <> cell_before OR slot <> slot_before OR next_ns IS NULL"""
    con.execute(f"CREATE OR REPLACE TEMP TABLE kept AS {moved}")
    total = con.sql("SELECT count(*) FROM kept").fetchall()[0][0]
    every = max(1, math.ceil(total / max_positions))
    some = f"""
        SELECT track, t_ns FROM (
            SELECT *, row_number() OVER w AS i, lead(t_ns) OVER w AS after_ns FROM kept
            WINDOW w AS (PARTITION BY track ORDER BY t_ns)
        ) WHERE i % {every} = 1 OR {every} = 1 OR after_ns IS NULL"""
    columns = con.sql(f"""
        SELECT t.track, t.mmsi, t.t_ns, lon_deg, lat_deg, sog_kn, cog_deg, ee_m2, en_m2, nn_m2, risk
        FROM ({some}) AS k JOIN tracks AS t ON t.track = k.track AND t.t_ns = k.t_ns
        LEFT JOIN scores AS s ON s.track = k.track AND s.t_ns = k.t_ns
        ORDER BY t.track, t.t_ns""").to_arrow_table()
    return {name: columns.column(name).to_numpy() for name in columns.column_names}, every


def _pack(points, starts, seconds):
    """The points as map.js reads them: int32 lon, lat (1e-6 deg) and t, uint16 axes (0.1 m), bytes for the rest."""

    def steps(values):
        delta = np.diff(values, prepend=0)
        delta[starts] = values[starts]
        return delta.astype("<i4").tobytes()

    major, minor, axis = ellipse(points["ee_m2"], points["en_m2"], points["nn_m2"])
    return b"".join(
        [
            steps(np.round(points["lon_deg"] * 1e6).astype(np.int64)),
            steps(np.round(points["lat_deg"] * 1e6).astype(np.int64)),
            steps(seconds),
            _small(major, 10, "<u2", 0),
            _small(minor, 10, "<u2", 0),
            _small(points["sog_kn"], 4, "u1", 255),
            _small(points["cog_deg"] % 360, 255 / 360, "u1", 255, top=254),
            _small(points["risk"], 250, "u1", 255, top=250),
            _small(axis % 180, 256 / 180, "u1", 0, top=255),
        ]
    )


def _small(values, scale, dtype, unknown, top=None):
    """Values as small unsigned integers; what is not finite becomes `unknown`, what is too large the largest."""
    top = np.iinfo(dtype).max - (unknown > 0) if top is None else top
    scaled = np.clip(np.round(np.where(np.isfinite(values), values, 0) * scale), 0, top)
    return np.where(np.isfinite(values), scaled, unknown).astype(dtype).tobytes()


def ellipse(ee, en, nn):
    """1-sigma (major_m, minor_m, axis_deg from north) of position covariances; NaN where there is none."""
    middle, spread = (ee + nn) / 2, np.hypot((ee - nn) / 2, en)
    axis = np.degrees(0.5 * np.arctan2(2 * en, nn - ee))
    return np.sqrt(np.maximum(middle + spread, 0)), np.sqrt(np.maximum(middle - spread, 0)), axis


def known_vessels(con):
    """{mmsi: latest static data} of every vessel that said something of itself."""
    table = con.sql("""
        SELECT mmsi, coalesce(arg_max(name, t_ns) FILTER (name <> ''), '') AS name,
            coalesce(arg_max(callsign, t_ns) FILTER (callsign <> ''), '') AS callsign,
            coalesce(arg_max(destination, t_ns) FILTER (destination <> ''), '') AS destination,
            max(imo) AS imo, coalesce(arg_max(ship_type, t_ns) FILTER (ship_type >= 0), -1) AS ship_type,
            arg_max(length_m, t_ns) FILTER (length_m > 0) AS length_m,
            arg_max(beam_m, t_ns) FILTER (beam_m > 0) AS beam_m,
            arg_max(draught_m, t_ns) FILTER (draught_m > 0) AS draught_m
        FROM statics GROUP BY mmsi""").to_arrow_table()
    return {row.pop("mmsi"): row for row in table.to_pylist()}


def _label(tr, known, mmsi, track):
    name = wording.clean(known.get(int(mmsi), {}).get("name", "")).strip()
    return name or (str(mmsi) if mmsi >= 0 else wording.vessel_text(tr, -1, int(track)))


def _about(tr, vessel):
    """Static data in one line."""
    if not vessel:
        return ""
    said = [
        vessel["imo"] > 0 and f"IMO {vessel['imo']}",
        wording.clean(vessel["callsign"]),
        vessel["length_m"] and f"{vessel['length_m']:.0f} m",
        vessel["draught_m"] and tr("draught {draught} m", draught=f"{vessel['draught_m']:.1f}"),
        vessel["destination"] and tr("to {place}", place=wording.clean(vessel["destination"])),
    ]
    return ", ".join(filter(None, said))


def _reasons(con, words, tracks):
    """The last reasons of each track's score, as one text."""
    rows = (
        con.sql("""
        SELECT track, arg_max(reason_1, t_ns) AS a, arg_max(reason_2, t_ns) AS b, arg_max(reason_3, t_ns) AS c
        FROM scores GROUP BY track""")
        .to_arrow_table()
        .to_pylist()
    )
    by_track = {row["track"]: "; ".join(words.reason(row[k]) for k in "abc" if row[k]) for row in rows}
    return [by_track.get(int(track), "") for track in tracks]


def _alerts(con, words, start_ns, end_ns, mmsi, epoch_ns):
    """(the alerts as the page shows them, gravest and latest first, how many more there are)."""
    shown = latest_alerts(con, alerts_where(None, mmsi, start_ns, end_ns))
    return [_alert(words, row, epoch_ns) for row in shown[:MAX_ALERTS]], max(0, len(shown) - MAX_ALERTS)


def alerts_where(rule=None, mmsi=None, start_ns=None, end_ns=None):
    """A WHERE clause over alerts, empty where nothing is asked: of a rule, of a vessel on either side, in a window."""
    terms = [] if rule is None else ["rule = '" + rule.replace("'", "''") + "'"]
    terms += [] if mmsi is None else [f"(mmsi = {int(mmsi)} OR other_mmsi = {int(mmsi)})"]
    terms += [] if start_ns is None else [f"t_ns >= {int(start_ns)}"]
    terms += [] if end_ns is None else [f"t_ns < {int(end_ns)}"]
    return f" WHERE {' AND '.join(terms)}" if terms else ""


def latest_alerts(con, where=""):
    """Each alert once, as it stands after its last change, as dicts; gravest and latest first, withdrawn ones left out.

    Beside the columns of Alerts: `last_ns`, the time of the last change; `t_ns` is when it was raised.
    """
    rows = (
        con.sql(f"""
        SELECT alert, any_value(rule) AS rule, arg_max(state, (t_ns, state)) AS state, max(severity) AS severity,
            any_value(track) AS track, max(mmsi) AS mmsi, any_value(other) AS other, max(other_mmsi) AS other_mmsi,
            any_value(zone) AS zone, min(t_ns) AS t_ns, min(since_ns) AS since_ns, max(until_ns) AS until_ns,
            max(excess) AS excess, arg_min(lon_deg, t_ns) AS lon_deg, arg_min(lat_deg, t_ns) AS lat_deg,
            arg_max(detail, t_ns) AS detail, max(t_ns) AS last_ns
        FROM alerts{where} GROUP BY alert ORDER BY severity DESC, t_ns DESC, alert""")
        .to_arrow_table()
        .to_pylist()
    )
    return [row for row in rows if row["state"] != schema.WITHDRAWN]


def _alert(words, row, epoch_ns):
    over = row["state"] == schema.CLEARED
    lon, lat = wording.nan_if_none(row["lon_deg"]), wording.nan_if_none(row["lat_deg"])
    found = math.isfinite(lon) and math.isfinite(lat)
    return {
        "t": row["t_ns"] // S - epoch_ns // S,
        "until": row["last_ns"] // S - epoch_ns // S if over else None,
        "severity": row["severity"],
        "track": row["track"],
        "other": row["other"],
        "text": words.sentence(row),
        "place": words.place(lon, lat),
        "citation": words.source(row["rule"]),
        "lon": lon if found else None,
        "lat": lat if found else None,
    }


def _moving(con, start_ns, end_ns, epoch_ns):
    """[track, zone, shape, axis_deg, ahead_m, astern_m, port_m, starboard_m, from, to] of zones that go with vessels.

    One row as long as nothing of it changes: an axis by MOVING_DEG, an extent by a metre, a silence of HOLD_S.
    """
    terms = [] if start_ns is None else [f"t_ns >= {int(start_ns)}"]
    terms += [] if end_ns is None else [f"t_ns < {int(end_ns)}"]
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    extents = [f"CAST(round({side}_m) AS BIGINT) AS {side}" for side in ("ahead", "astern", "port", "starboard")]
    table = con.sql(f"""
        SELECT track, zone, shape, CAST(round(axis_deg / {MOVING_DEG}) AS BIGINT) AS axis, {", ".join(extents)}, t_ns
        FROM moving_zones{where} ORDER BY track, zone, t_ns""").to_arrow_table()
    rows, ends, step = [], [], 0
    for *said, t_ns in zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True):
        if None in said[3:]:
            continue  # told in dimensions that nobody knows
        at = t_ns // S - epoch_ns // S
        said[3] = said[3] * MOVING_DEG % 360
        before = rows[-1] if rows else [None] * 10
        follows = before[:2] == said[:2] and at - before[9] <= HOLD_S
        if follows:
            step = step or at - before[9]
            before[9] = at
        else:
            ends.append(before)
        if not follows or before[:8] != said:
            rows.append([*said, at, at])
    for last in [*ends[1:], *rows[-1:]]:
        last[9] += step  # the last Picture of a run holds until the next would come
    return rows


def _slots(data, tr, slots):
    """The slots of a plan as the page shows them, each with the line that it follows; UsageError for a wrong time."""
    paths = {}
    for zone in data["zones"]["features"]:
        for terminal in zone["properties"]["terminals"]:
            paths.setdefault(terminal, zone["properties"]["centre_line"])
    out = []
    for slot in slots:
        begin, end = (slot[key] and _seconds(slot[key]) - data["epoch"] for key in ("start", "end"))
        refused = slot["state"] == "refused" or begin is None
        out.append(
            {
                "vessel": wording.clean(slot["vessel"]),
                "mmsi": slot["mmsi"],
                "terminal": wording.clean(slot["terminal"]),
                "way": slot["direction"],
                "from": None if refused else begin,
                "to": None if refused else end,
                "wait": None if refused or not slot["wait_min"] else round(slot["wait_min"]),
                "why": "; ".join(filter(None, [tr("refused") if refused else "", wording.clean(slot["why"], 400)])),
                "path": paths.get(slot["terminal"], []) if end is not None else [],
            }
        )
    return out


def _seconds(text):
    """Seconds since 1970 of an ISO 8601 time."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError as error:
        raise UsageError(f"slots: {text!r} is no ISO 8601 time; write it as 2026-03-02T07:00:00Z") from error


def _zones(tr, zones):
    """The zones with the few properties that the page shows; a name from a file stays text."""
    shown = (("authority", tr("authority")), ("source", tr("source")), ("confidence", tr("confidence")))
    features = []
    for feature in zones.get("features", []):
        p = feature.get("properties") or {}
        notes = [[label, wording.clean(str(p[key]))] for key, label in shown if p.get(key)]
        outlines = [np.asarray(ring, float)[:, :2] for ring in wording.rings(feature.get("geometry") or {})]
        about = {
            "name": wording.clean(str(p.get("name", ""))),
            "kind": wording.clean(str(p.get("kind", ""))),
            "notes": notes,
            "wide": any(np.ptp(outline, axis=0).max() > wording.LANDMARK_DEG for outline in outlines),
            "centre_line": _rounded(p.get("centre_line") or []),
            "terminals": [str(name) for name in _listed(p.get("terminals"))],
        }
        shape = None if about["kind"] == DEPTH_AREA else _rounded(feature.get("geometry"))  # those are drawn as water
        features.append({"type": "Feature", "geometry": shape, "properties": about})
    return {"type": "FeatureCollection", "features": features}


def _listed(value):
    """A property that may be a list or a text with commas."""
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else list(value or [])


def _rounded(value):
    """A geometry with 1e-6 degree positions: seven digits more only make the file larger."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value


def _sites(store, con, tr, tz):
    """Radar sites with their reach as the run noted them, and what is known of their errors and health."""
    health = {row["sensor"]: row for row in sensors(con)}
    found = []
    for s in store.read_json("run.json", {}).get("sites", []):
        row = health.get(s.get("sensor"), {})
        facts = [[tr("Position"), wording.position_text(s["lon_deg"], s["lat_deg"])]]
        facts += [list(fact) for fact in registration_facts(tr, row)]
        if row.get("reports"):
            last = wording.time_text(row["last_ns"], tz)
            facts += [[tr("plots"), f"{row['reports']:,}"], [tr("last plot"), last]]
        found.append(
            {
                "name": wording.clean(str(s["name"])),
                "lon": s["lon_deg"],
                "lat": s["lat_deg"],
                "max_m": s["max_range_m"],
                "coverage": s.get("coverage", []),
                "blind": s.get("blind_deg", []),
                "facts": facts,
            }
        )
    return found


def sensors(con, where=""):
    """Each sensor's reports and the last that is known of its errors, as dicts by number; `where` is in t_ns.

    reports, idents, first_ns, last_ns, silence_ns (the longest), kind_name, delay_50 and delay_95 (ns from
    measurement to reception), repeated; the columns of Sensors for a radar that was compared with AIS.
    """
    heard = con.sql(f"""
        SELECT sensor, string_agg(DISTINCT kind_name, ', ' ORDER BY kind_name) AS kind_name, count(*) AS reports,
            count(DISTINCT ident) AS idents, min(t_ns) AS first_ns, max(t_ns) AS last_ns,
            quantile_cont(rx_ns - t_ns, 0.5) AS delay_50, quantile_cont(rx_ns - t_ns, 0.95) AS delay_95,
            count(*) - count(DISTINCT (ident, t_ns, lon_deg, lat_deg, range_m, azimuth_deg)) AS repeated
        FROM reports{where} GROUP BY sensor""").to_arrow_table()
    gaps = con.sql(f"""
        SELECT sensor, max(gap) AS silence_ns FROM (
            SELECT sensor, t_ns - lag(t_ns) OVER (PARTITION BY sensor ORDER BY t_ns) AS gap FROM reports{where}
        ) GROUP BY sensor""").to_arrow_table()
    learned = con.sql(f"""
        SELECT * FROM sensors{where} QUALIFY row_number() OVER (PARTITION BY sensor ORDER BY t_ns DESC) = 1
        """).to_arrow_table()
    found = {}
    for table in (learned, gaps, heard):
        for row in table.to_pylist():
            found.setdefault(row["sensor"], {}).update(row)
    return [found[number] for number in sorted(found)]


def source_texts(store, con, tr):
    """{track: what each sensor last gave to it, as one line}, of tracks that radar has seen."""
    names = {0: tr("AIS")} | {
        s.get("sensor"): wording.clean(str(s["name"])) for s in store.read_json("run.json", {}).get("sites", [])
    }
    rows = con.sql("""
        SELECT track, sensor, age_s, share FROM sources WHERE share >= 0.005 OR share IS NULL
        QUALIFY t_ns = max(t_ns) OVER (PARTITION BY track) ORDER BY track, sensor""").fetchall()
    said = {}
    for track, sensor, age_s, share in rows:
        name = names.get(sensor) or tr("radar {n}", n=sensor)
        part = tr(
            "{sensor} {share} %, {age} s ago", sensor=name, share=f"{100 * (share or 0.0):.0f}", age=f"{age_s:.0f}"
        )
        said.setdefault(track, []).append(part)
    return {track: "; ".join(parts) for track, parts in said.items()}


def registration_facts(tr, row):
    """(what, value with its 95 % bounds) of a radar's range, azimuth and clock; one line that says so before that."""
    if "pairs" not in row:
        return []
    if row["range_sigma_m"] is None:
        said = tr("not known yet: {n} plots compared with AIS", n=f"{row['pairs']:.0f}")
        return [(tr("registration"), said)]
    parts = (("range", "m", 1, tr("range")), ("azimuth", "deg", 2, tr("azimuth")), ("clock", "s", 2, tr("clock")))
    facts = []
    for name, unit, digits, label in parts:
        value, sigma = row[f"{name}_{unit}"], row[f"{name}_sigma_{unit}"]
        shown = {"deg": "°"}.get(unit, f" {unit}")
        facts.append((label, f"{value:+.{digits}f} ± {1.96 * sigma:.{digits}f}{shown} (95 %)"))
    return [*facts, (tr("compared with AIS"), tr("{n} plots", n=f"{row['pairs']:,.0f}"))]


def box_of(lon, lat):
    """(west, south, east, north) of 99.8 % of the positions, with a margin: one jump must not shrink the rest."""
    cut = 0.1 if lon.size > 1000 else 0
    west, east = np.percentile(lon, [cut, 100 - cut])
    south, north = np.percentile(lat, [cut, 100 - cut])
    margin = max(0.02, 0.05 * max(east - west, north - south))
    return (
        float(max(west - margin, -180)),
        float(max(south - margin, -85)),
        float(min(east + margin, 180)),
        float(min(north + margin, 85)),
    )


def land(west, south, east, north):
    """Rings of land around a box as flat lists of 1e-4 degree differences (lon, lat, lon, ...), cut and thinned."""
    margin = max(1.0, east - west, north - south)
    box = (max(west - margin, -180.0), max(south - margin, -89.9), min(east + margin, 180.0), min(north + margin, 89.9))
    step = max(1e-4, (box[2] - box[0]) / 8000)
    rings = []
    with np.load(data_dir() / "coast" / "land.npz") as stored:
        lengths, lon, lat = stored["ring"], stored["lon"], stored["lat"]
    at = 0
    for length in lengths:
        ring = np.column_stack([np.cumsum(lon[at : at + length]), np.cumsum(lat[at : at + length])]) * 1e-4
        at += length
        low, high = ring.min(0), ring.max(0)
        if low[0] > box[2] or high[0] < box[0] or low[1] > box[3] or high[1] < box[1] or (high - low).max() < 2 * step:
            continue
        ring = _clipped(ring, box)
        cells = np.round(ring / step)
        ring = ring[np.concatenate(([True], (cells[1:] != cells[:-1]).any(1)))] if len(ring) else ring
        if len(ring) >= 3:
            rings.append(_packed(ring))
    return rings


def depths(zones, west, south, east, north):
    """[{"shade", "rings"}] of the depth areas among the zones (a chart's DEPARE) around a box, the deep ones first.

    Shades after S-52: 0 dries, 1 under 2 m, 2 under 10 m, 3 under 30 m, 4 deeper; rings are packed as `land` does.
    """
    margin = max(0.1, east - west, north - south)
    box = (west - margin, south - margin, east + margin, north + margin)
    found = []
    for feature in zones.get("features", []):
        p = feature.get("properties") or {}
        if p.get("kind") != DEPTH_AREA or p.get("depth_m") is None:
            continue
        rings = [np.asarray(ring, float)[:, :2] for ring in wording.rings(feature.get("geometry") or {})]
        packed = [_packed(clipped) for ring in rings if len(clipped := _clipped(ring, box)) >= 3]
        if packed:
            found.append({"shade": int(np.searchsorted(DEPTHS_M, p["depth_m"], "right")), "rings": packed})
    return sorted(found, key=lambda area: -area["shade"])


def _packed(ring):
    """A ring as a flat list of 1e-4 degree differences."""
    whole = np.round(ring * 1e4).astype(np.int64)
    return np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()


def _clipped(ring, box):
    """A ring cut to a box, side by side (Sutherland and Hodgman, 1974)."""
    for axis, limit, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        if not len(ring):
            break
        after = np.roll(ring, -1, axis=0)
        d, e = sign * (ring[:, axis] - limit), sign * (after[:, axis] - limit)
        crossing = (d >= 0) != (e >= 0)
        share = np.divide(d, d - e, out=np.zeros_like(d), where=crossing)
        cut = ring + share[:, None] * (after - ring)
        both = np.stack([ring, cut], axis=1)
        ring = both[np.stack([d >= 0, crossing], axis=1)]
    return ring
