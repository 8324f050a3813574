"""A store as one HTML page for the end of a shift: traffic, chart, alerts, top risks, zones, sensors, data quality.

Pictures are SVG written here, so that the page needs neither network nor fonts nor a plotting library, prints well, and
is the same bytes for the same store.
"""

import html
import itertools
import math
from pathlib import Path

import numpy as np

from vts import maps, schema, wording
from vts.errors import StoreError
from vts.units import HOUR, MINUTE, NM, S

MAX_ROWS = 50
SURE = "(state <> 0 OR mmsi >= 0)"  # a tentative track without identity may be clutter
STYLE = """
body { font: 14px/1.45 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #10212b;
  max-width: 1080px; margin: 24px auto; padding: 0 16px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 17px; margin: 30px 0 8px; border-bottom: 1px solid #c8d4da; }
p.sub { color: #47606c; margin: 2px 0 14px; } .sim { color: #b00018; font-weight: 600; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: #47606c; }
th, td { padding: 3px 10px 3px 0; border-bottom: 1px solid #e4ebee; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.s2 { color: #b00018; font-weight: 600; }
td.s0, td.s1, td.s2, td.w { white-space: nowrap; } td.s1 { color: #b8500a; font-weight: 600; }
code { font: 12px/1.3 ui-monospace, monospace; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; } .tile b { display: block; font-size: 21px; }
.tile { border: 1px solid #c8d4da; border-radius: 4px; padding: 6px 14px; min-width: 96px; }
.two { display: flex; flex-wrap: wrap; gap: 28px; } .two > * { flex: 1 1 380px; }
svg { max-width: 100%; height: auto; display: block; } svg.bars { width: 560px; }
svg text { font: 11px system-ui, sans-serif; fill: #47606c; }
@media print { h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def write(store, out, *, lang="en", tz="UTC", start_ns=None, end_ns=None):
    """Write the report of a store to an HTML file; returns {"path", "bytes"}.

    Raises StoreError for a store without a single Picture, and where `out` cannot be written.
    """
    text = page(store, lang=lang, tz=tz, start_ns=start_ns, end_ns=end_ns)
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror}); name another file") from error
    return {"path": str(out), "bytes": out.stat().st_size}


def page(store, *, lang="en", tz="UTC", start_ns=None, end_ns=None):
    """The report as HTML text; the options are those of `write`."""
    tr = wording.translator(lang)
    view = _View(store, tr, tz, start_ns, end_ns)
    parts = [
        _head(view),
        _summary(view),
        _chart(view),
        _traffic(view),
        _alerts(view),
        _risks(view),
        _zones(view),
        _sensors(view),
        _quality(view),
        _rules(view),
    ]
    title = html.escape(tr("Report of a shift"))
    return (
        f'<!DOCTYPE html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><link rel="icon" href="data:,"><style>{STYLE}</style>\n'
        + "\n".join(parts)
        + "\n</html>\n"
    )


class _View:
    """What every part of the page asks: the store in a window of time, and how to say things."""

    def __init__(self, store, tr, tz, start_ns, end_ns):
        self.store, self.tr, self.tz = store, tr, tz
        self.con = store.connect()
        terms = [] if start_ns is None else [f"t_ns >= {int(start_ns)}"]
        terms += [] if end_ns is None else [f"t_ns < {int(end_ns)}"]
        self.where = " WHERE " + " AND ".join(terms) if terms else ""
        self.zones = store.read_json("zones.geojson") or {"features": []}
        self.known = maps.known_vessels(self.con)
        names = {mmsi: vessel["name"] for mmsi, vessel in self.known.items()}
        self.words = wording.Wording(tr.lang, store.read_json("rules.json", {}), self.zones, names)
        (span,) = self.rows(f"SELECT min(t_ns) AS first, max(t_ns) AS last FROM tracks{self.where}")
        if span["first"] is None:
            raise StoreError(f"{store.path}: no tracks to report on; replay a log with positions")
        self.first_ns, self.last_ns = span["first"], span["last"]

    def rows(self, query):
        """The answer to a query as dicts."""
        return self.con.sql(query).to_arrow_table().to_pylist()

    def within(self, condition):
        """The window's WHERE clause with one more condition."""
        return f"{self.where} AND {condition}" if self.where else f" WHERE {condition}"

    def time(self, t_ns):
        return wording.time_text(-1 if t_ns is None else t_ns, self.tz)

    def table(self, heads, rows, numeric=()):
        """An HTML table; cells are text and escaped here, a cell (text, class) carries a class."""
        if not rows:
            return f"<p>{html.escape(self.tr('None.'))}</p>"

        def cell(i, value, tag):
            text, css = value if isinstance(value, tuple) else (value, "n" if i in numeric else "")
            return f"<{tag}{css and f' class={css}'}>{html.escape(str(text))}</{tag}>"

        lines = ["<tr>" + "".join(cell(i, head, "th") for i, head in enumerate(heads)) + "</tr>"]
        lines += ["<tr>" + "".join(cell(i, value, "td") for i, value in enumerate(row)) + "</tr>" for row in rows]
        return f"<table>{''.join(lines)}</table>"

    def section(self, title, *parts):
        return f"<h2>{html.escape(title)}</h2>" + "".join(parts)


def _head(view):
    tr, run = view.tr, view.store.read_json("run.json", {})
    span = tr("{start} to {end}", start=view.time(view.first_ns), end=view.time(view.last_ns))
    note = tr(run.get("note", ""))
    logs = run.get("logs") or [{"log": source} for source in view.store.totals]
    sources = ", ".join(wording.clean(Path(str(log["log"])).name) for log in logs)
    said = [f"<h1>{html.escape(tr('Report of a shift'))}</h1>", f'<p class="sub">{html.escape(span)}</p>']
    said += [f'<p class="sim">{html.escape(note)}</p>'] if note else []
    said += [f'<p class="sub">{html.escape(tr("Sources"))}: {html.escape(sources)}</p>'] if sources else []
    return "".join(said)


def _summary(view):
    tr = view.tr
    (n,) = view.rows(
        "SELECT count(DISTINCT mmsi) FILTER (mmsi >= 0) AS vessels,"
        f" count(DISTINCT track) FILTER (mmsi < 0 AND state <> 0) AS dark FROM tracks{view.where}"
    )
    (reports,) = view.rows(f"SELECT count(*) AS n FROM reports{view.where}")
    raised = {
        row["severity"]: row["n"]
        for row in view.rows(f"SELECT severity, count(*) AS n FROM alerts{view.within('state = 0')} GROUP BY 1")
    }
    tiles = [
        (tr("reports"), reports["n"]),
        (tr("vessels with AIS"), n["vessels"]),
        (tr("tracks without AIS"), n["dark"]),
        *((tr(f"{schema.SEVERITIES[s]}s"), raised.get(s, 0)) for s in (2, 1, 0)),
    ]
    boxes = "".join(f'<div class="tile"><b>{value:,}</b>{html.escape(label)}</div>' for label, value in tiles)
    return f'<div class="tiles">{boxes}</div>'


def _chart(view):
    """Tracks over the coast, with zones and alerts, as SVG."""
    points = maps.points(view.con, view.first_ns, view.last_ns + 1, None, 60_000)[0]
    if not points["t_ns"].size:
        return ""
    west, south, east, north = maps.box_of(points["lon_deg"], points["lat_deg"])
    stretch = math.cos(math.radians((south + north) / 2))
    width = 1040.0
    height = min(max(width * (north - south) / ((east - west) * stretch), 320.0), 760.0)
    scale = min(width / ((east - west) * stretch), height / (north - south))
    left = (width - (east - west) * stretch * scale) / 2

    def path(lon, lat, close=""):
        x, y = left + (lon - west) * stretch * scale, (north - lat) * scale
        cells = np.round(np.column_stack([x, y]) * 2).astype(int)
        keep = np.concatenate(([True], (cells[1:] != cells[:-1]).any(1)))
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[keep], y[keep], strict=True)) + close

    shore = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) * 1e-4 for ring in maps.land(west, south, east, north)]
    coast = "".join(path(ring[:, 0], ring[:, 1], "Z") for ring in shore)
    starts = np.flatnonzero(np.diff(points["track"], prepend=points["track"][0] - 1))
    ends = np.append(starts[1:], points["track"].size)
    lines = {False: [], True: []}
    for a, b in zip(starts, ends, strict=True):
        risk = points["risk"][a:b]
        risky = bool(np.isfinite(risk).any() and np.nanmax(risk) >= 0.6)
        for run in np.split(np.arange(a, b), np.flatnonzero(np.diff(points["t_ns"][a:b]) > 30 * MINUTE) + 1):
            lines[risky].append(path(points["lon_deg"][run], points["lat_deg"][run]))
    fences = "".join(
        path(np.asarray(ring, float)[:, 0], np.asarray(ring, float)[:, 1])
        for feature in view.zones.get("features", [])
        for ring in wording.rings(feature.get("geometry") or {})
    )
    dots = ""
    for row in view.rows(
        f"SELECT lon_deg, lat_deg FROM alerts{view.within('state = 0 AND lon_deg IS NOT NULL')} LIMIT 500"
    ):
        x, y = left + (row["lon_deg"] - west) * stretch * scale, (north - row["lat_deg"]) * scale
        dots += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#c4001d" stroke-width="1.6"/>'
    bar_nm = next((nm for nm in (50, 20, 10, 5, 2, 1, 0.5, 0.2) if nm * NM / 111_000 * scale < 220), 0.1)
    bar = bar_nm * NM / 111_000 * scale
    return view.section(
        view.tr("Chart"),
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" style="background:#d8effa"><path d="{coast}" fill="#d8cba0" '
        f'stroke="#8d8460" stroke-width=".7" fill-rule="evenodd"/><path d="{fences}" fill="none" stroke="#7d1fb8" '
        f'stroke-dasharray="5 3"/><path d="{"".join(lines[False])}" fill="none" stroke="#1d5f86" stroke-width=".9"/>'
        f'<path d="{"".join(lines[True])}" fill="none" stroke="#d9540b" stroke-width="1.3"/>{dots}'
        f'<path d="M16 {height - 16:.0f}h{bar:.1f}" stroke="#10212b" stroke-width="3"/>'
        f'<text x="16" y="{height - 22:.0f}">{bar_nm:g} NM</text></svg><p class="sub">'
        + html.escape(
            view.tr(
                "Blue: tracks. Orange: tracks whose risk reached 0.6. Red circles: alerts. Violet: zones. "
                "Coast: Natural Earth, 1:10 million, not for navigation."
            )
        )
        + "</p>",
    )


def _traffic(view):
    tr = view.tr
    step_ns = max(MINUTE, math.ceil((view.last_ns - view.first_ns) / 120 / MINUTE) * MINUTE)
    slots = view.rows(
        f"SELECT t_ns // {step_ns} AS slot, count(DISTINCT track) AS n FROM tracks{view.within(SURE)}"
        " GROUP BY 1 ORDER BY 1"
    )
    curve = _bars_over_time([row["slot"] * step_ns for row in slots], [row["n"] for row in slots], step_ns, view)
    types = view.rows(
        "SELECT ship_type // 10 AS family, count(DISTINCT mmsi) AS n FROM "
        "(SELECT mmsi, arg_max(ship_type, t_ns) AS ship_type FROM statics WHERE ship_type >= 0 GROUP BY mmsi)"
        " GROUP BY 1 ORDER BY n DESC, family"
    )
    counts = {}
    for row in types:
        counts[family(tr, row["family"])] = counts.get(family(tr, row["family"]), 0) + row["n"]
    return view.section(
        tr("Traffic"),
        f'<div class="two"><div><p class="sub">{html.escape(tr("Vessels at a time"))}</p>{curve}</div>',
        f'<div><p class="sub">{html.escape(tr("Vessels by type"))}</p>{_bars(list(counts.items()))}</div></div>',
    )


def family(tr, tens):
    """The ship type of M.1371-5 table 53 in words, by its first digit."""
    words = {
        2: tr("wing in ground"),
        3: tr("fishing, towing, sailing, special"),
        4: tr("high-speed craft"),
        5: tr("pilot, tug, rescue, patrol"),
        6: tr("passenger"),
        7: tr("cargo"),
        8: tr("tanker"),
    }
    return words.get(tens, tr("other or unknown"))


def _bars_over_time(times, values, step_ns, view):
    """Columns over time as SVG."""
    if not values:
        return ""
    width, height, top = 520.0, 170.0, max(values)
    span = max(times[-1] + step_ns - times[0], 1)
    bars = "".join(
        f'<rect x="{40 + (t - times[0]) / span * 470:.1f}" y="{140 - 125 * v / top:.1f}" '
        f'width="{max(470 * step_ns / span - 0.6, 0.8):.1f}" height="{125 * v / top:.1f}" fill="#1d5f86"/>'
        for t, v in zip(times, values, strict=True)
    )
    ticks = "".join(
        f'<text x="{40 + 470 * k / 4:.0f}" y="156" text-anchor="{("start", "middle", "end")[(k > 0) + (k == 4)]}">'
        f"{view.time(times[0] + span * k // 4)[11:16]}</text>"
        for k in range(5)
    )
    return (
        f'<svg class="bars" viewBox="0 0 {width:.0f} {height:.0f}">{bars}'
        f'<text x="34" y="24" text-anchor="end">{top:,}</text>'
        f'<text x="34" y="142" text-anchor="end">0</text>{ticks}</svg>'
    )


def _bars(items):
    """Rows of bars with their numbers as SVG; items are (label, value)."""
    if not items:
        return ""
    top = max(value for _, value in items) or 1
    rows = "".join(
        f'<text x="196" y="{16 + 20 * k}" text-anchor="end">{html.escape(wording.clean(str(label), 40))}</text>'
        f'<rect x="202" y="{5 + 20 * k}" width="{240 * value / top:.1f}" height="14" fill="#1d5f86"/>'
        f'<text x="{208 + 240 * value / top:.0f}" y="{16 + 20 * k}">{value:,}</text>'
        for k, (label, value) in enumerate(items)
    )
    return f'<svg class="bars" viewBox="0 0 520 {10 + 20 * len(items)}">{rows}</svg>'


def _alerts(view):
    tr, words = view.tr, view.words
    rows = maps.latest_alerts(view.con, view.where)
    by_rule = {}
    for row in rows:
        by_rule[row["rule"]] = by_rule.get(row["rule"], 0) + 1
    shown = [
        (
            view.time(row["t_ns"]),
            (tr(schema.SEVERITIES[row["severity"]]), f"s{row['severity']}"),
            (tr(schema.ALERT_STATES[row["state"]]), "w"),
            words.sentence(row),
            words.place(wording.nan_if_none(row["lon_deg"]), wording.nan_if_none(row["lat_deg"])),
            words.source(row["rule"]),
        )
        for row in rows[:MAX_ROWS]
    ]
    more = len(rows) - len(shown)
    counted = sorted(((words.title(rule), n) for rule, n in by_rule.items()), key=lambda item: (-item[1], item[0]))
    heads = (tr("since"), tr("severity"), tr("state"), tr("what"), tr("where"), tr("source"))
    tail = f"<p>{html.escape(tr('{n} more; ask for them with vts alerts.', n=more))}</p>" if more else ""
    return view.section(tr("Alerts"), _bars(counted[:20]), view.table(heads, shown), tail)


def _risks(view):
    tr = view.tr
    rows = view.rows(
        "SELECT track, max(mmsi) AS mmsi, max(risk) AS risk, arg_max(t_ns, risk) AS t_ns, arg_max(head, risk) AS head,"
        " arg_max(reason_1, risk) AS a, arg_max(reason_2, risk) AS b, arg_max(reason_3, risk) AS c"
        f" FROM scores{view.within('risk IS NOT NULL')} GROUP BY track ORDER BY risk DESC, track LIMIT 20"
    )
    shown = [
        (
            f"{row['risk']:.2f}",
            view.words.vessel(row["mmsi"], row["track"]),
            view.time(row["t_ns"]),
            row["head"],
            "; ".join(view.words.reason(row[k]) for k in "abc" if row[k]),
        )
        for row in rows
    ]
    heads = (tr("risk"), tr("vessel"), tr("at"), tr("head"), tr("reasons"))
    return view.section(tr("Highest risks"), view.table(heads, shown, numeric=(0,)))


def _zones(view):
    """Vessels within each zone at the end and at most, from a sample of instants."""
    tr = view.tr
    features = view.zones.get("features", [])
    if not features:
        return view.section(tr("Zones"), view.table((), []))
    step_ns = max(10 * MINUTE, math.ceil((view.last_ns - view.first_ns) / 48 / MINUTE) * MINUTE)
    sample = view.con.sql(
        f"SELECT slot, lon_deg, lat_deg FROM (SELECT t_ns // {step_ns} AS slot, track,"
        " arg_max(lon_deg, t_ns) AS lon_deg, arg_max(lat_deg, t_ns) AS lat_deg"
        f" FROM tracks{view.within(SURE)} GROUP BY 1, 2)"
    ).to_arrow_table()
    slot, lon, lat = (sample.column(name).to_numpy() for name in ("slot", "lon_deg", "lat_deg"))
    raised = {
        row["zone"]: row["n"]
        for row in view.rows(
            f"SELECT zone, count(*) AS n FROM alerts{view.within('state = 0 AND zone >= 0')} GROUP BY 1"
        )
    }
    rows = []
    for i, feature in enumerate(features):
        p = feature.get("properties") or {}
        held = slot[inside(feature.get("geometry") or {}, lon, lat)]
        counts = np.unique(held, return_counts=True)[1] if held.size else np.zeros(1, int)
        now = int((held == slot.max()).sum()) if slot.size else 0
        if held.size or raised.get(i):
            rows.append(
                (
                    wording.clean(str(p.get("name", ""))),
                    wording.clean(str(p.get("kind", ""))),
                    now,
                    int(counts.max()),
                    raised.get(i, 0),
                    wording.clean(str(p.get("source", ""))),
                )
            )
    rows.sort(key=lambda row: (-row[3], row[0]))
    heads = (tr("zone"), tr("kind"), tr("vessels at the end"), tr("at most"), tr("alerts"), tr("source"))
    said = tr("{n} zones were watched; those without a vessel or an alert are left out.", n=len(features))
    return view.section(
        tr("Zones"), f'<p class="sub">{html.escape(said)}</p>', view.table(heads, rows[:MAX_ROWS], (2, 3, 4))
    )


def inside(geometry, lon, lat):
    """Which positions a GeoJSON area holds, shape (n,), by the even-odd rule over all its rings."""
    held = np.zeros(lon.shape, bool)
    if geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return held
    for ring in wording.rings(geometry):
        corners = np.asarray(ring, float)[:, :2]
        low, high = corners.min(0), corners.max(0)
        near = np.flatnonzero((lon >= low[0]) & (lon <= high[0]) & (lat >= low[1]) & (lat <= high[1]))
        x, y = lon[near], lat[near]
        for (ax, ay), (bx, by) in itertools.pairwise(corners):
            if ay != by:
                held[near] ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return held


def _quality(view):
    tr = view.tr
    totals = view.store.totals
    sources = [
        (
            wording.clean(source),
            f"{t['used'] + sum(t['rejected'].values()):,}",
            f"{t['used']:,}",
            f"{sum(t['rejected'].values()):,}",
        )
        for source, t in sorted(totals.items())
    ]
    rejects = [
        (wording.clean(row["source"]), tr(row["reason"]), f"{row['n']:,}", wording.clean(row["example"] or ""))
        for row in view.rows(
            "SELECT source, reason, sum(count)::BIGINT AS n, max(example) AS example FROM rejects GROUP BY 1, 2"
            " ORDER BY n DESC, 1, 2"
        )
    ]
    gaps = view.rows(
        "SELECT ident, max(gap) AS gap, count(*) AS n, arg_max(t_ns, gap) AS until FROM (SELECT ident, t_ns,"
        f" t_ns - lag(t_ns) OVER (PARTITION BY ident ORDER BY t_ns) AS gap FROM reports{view.within('sensor = 0')})"
        f" WHERE gap > {10 * MINUTE} GROUP BY ident ORDER BY gap DESC, ident LIMIT 10"
    )
    silent = [
        (
            view.words.vessel(row["ident"], -1),
            wording.duration_text(row["gap"] / S),
            view.time(row["until"] - row["gap"]),
            row["n"],
        )
        for row in gaps
    ]
    stations = [wording.station_cells(row, tr) for row in view.store.stations()[:MAX_ROWS]]
    return view.section(
        tr("Data quality"),
        view.table((tr("source"), tr("read"), tr("used"), tr("rejected")), sources, (1, 2, 3)),
        f"<p>{html.escape(tr('Rejected, by reason, with the first example:'))}</p>",
        view.table((tr("source"), tr("reason"), tr("count"), tr("example")), rejects[:MAX_ROWS], (2,)),
        f"<p>{html.escape(tr('AIS stations; delay: from the second of a position to the stamp of reception:'))}</p>",
        view.table([tr(head) for head in wording.STATION_HEADS], stations, (1, 2, 3, 5, 6, 7, 8, 9, 10)),
        f"<p>{html.escape(tr('Longest silences of vessels that came back (over 10 min):'))}</p>",
        view.table((tr("vessel"), tr("silent for"), tr("from"), tr("times")), silent, (3,)),
    )


def _sensors(view):
    """What each sensor reported, whether it was silent, and what each radar reads too much."""
    tr = view.tr
    sites = {s.get("sensor"): s for s in view.store.read_json("run.json", {}).get("sites", [])}
    rows = maps.sensors(view.con, view.where)

    def name(row):
        if row["sensor"] == schema.AIS_SENSOR:
            return tr("AIS")
        site = sites.get(row["sensor"])
        return wording.clean(str(site["name"])) if site else tr("radar {n}", n=row["sensor"])

    def health(row):
        site, silence = sites.get(row["sensor"]), (row.get("silence_ns") or 0) / S
        late = (view.last_ns - row["last_ns"]) / S
        limit = 10 * site["period_s"] if site and site.get("period_s") else 120.0
        if max(late, silence) <= limit:
            return tr("steady")
        if late > limit:
            return (tr("silent since {time}", time=view.time(row["last_ns"])), "s2")
        return (tr("silent for up to {span}", span=wording.duration_text(silence)), "s1")

    heard = [row for row in rows if "reports" in row]
    table = [
        (
            name(row),
            row["kind_name"] or "",
            f"{row['reports']:,}",
            f"{row['reports'] / max((row['last_ns'] - row['first_ns']) / MINUTE, 1):,.0f}",
            f"{row['idents']:,}",
            _seconds(row["delay_50"]),
            _seconds(row["delay_95"]),
            f"{row['repeated']:,}",
            health(row),
        )
        for row in heard
    ]
    heads = (tr("sensor"), tr("kind"), tr("reports"), tr("a minute"), tr("idents"), tr("delay 50 %"), tr("delay 95 %"))
    parts = [view.table((*heads, tr("repeated"), tr("health")), table, range(2, 8))]
    for row in rows:
        if facts := maps.registration_facts(tr, row):
            said = "; ".join(f"{label} {value}" for label, value in facts)
            parts.append(f"<p><b>{html.escape(name(row))}</b>: {html.escape(said)}</p>")
            parts.append(_drift(view, row["sensor"]))
    if len(parts) > 1:
        said = tr(
            "What a radar reads too much, learned from vessels whose AIS can be trusted, and taken off its plots:"
        )
        parts.insert(1, f'<p class="sub">{html.escape(said)}</p>')
    return view.section(tr("Sensors"), *parts)


def _drift(view, sensor):
    """A radar's errors over time with their 95 % bounds, as SVG; nothing before they are known."""
    rows = view.rows(
        "SELECT * FROM sensors"
        + view.within(f"sensor = {int(sensor)} AND range_sigma_m IS NOT NULL")
        + " ORDER BY t_ns"
    )
    if len(rows) < 2:
        return ""
    rows = rows[:: max(1, len(rows) // 200)]
    t = np.array([row["t_ns"] for row in rows], float)
    x = 12 + 300 * (t - t[0]) / max(t[-1] - t[0], 1.0)
    charts = []
    for k, (key, unit, label) in enumerate(
        (("range", "m", view.tr("range")), ("azimuth", "deg", view.tr("azimuth")), ("clock", "s", view.tr("clock")))
    ):
        value = np.array([row[f"{key}_{unit}"] for row in rows])
        half = 1.96 * np.array([row[f"{key}_sigma_{unit}"] for row in rows])
        low, high = (value - half).min(), (value + half).max()

        def y(v, low=low, high=high):
            return 96 - 80 * (v - low) / max(high - low, 1e-9)

        band = [*zip(x, y(value + half)), *zip(x[::-1], y(value - half)[::-1])]
        outline, line = ("L".join(f"{a:.1f} {b:.1f}" for a, b in points) for points in (band, zip(x, y(value))))
        shown = {"deg": "°"}.get(unit, f" {unit}")
        charts.append(
            f'<g transform="translate({340 * k} 0)"><path d="M{outline}Z" fill="#bcd6e4"/>'
            f'<path d="M{line}" fill="none" stroke="#1d5f86" stroke-width="1.4"/>'
            f'<text x="12" y="10">{html.escape(label)}: {low:.3g} … {high:.3g}{shown}</text>'
            f'<text x="12" y="112">{view.time(int(t[0]))[11:16]}</text>'
            f'<text x="312" y="112" text-anchor="end">{view.time(int(t[-1]))[11:16]}</text></g>'
        )
    return f'<svg viewBox="0 0 1020 118">{"".join(charts)}</svg>'


def _seconds(ns):
    return wording.UNKNOWN if ns is None else f"{ns / S:.1f} s"


def _rules(view):
    tr, rules = view.tr, view.store.read_json("rules.json", {})
    rows = [
        (view.words.title(rule), view.words.unit(rule), view.words.citation(rule))
        for rule in sorted(rules)
        if "." not in rule
    ]
    hours = (view.last_ns - view.first_ns) / HOUR
    said = tr("Rules in force over {hours} h:", hours=f"{hours:.1f}")
    return view.section(
        tr("Rules"), f'<p class="sub">{html.escape(said)}</p>', view.table((tr("rule"), tr("unit"), tr("source")), rows)
    )
