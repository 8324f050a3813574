"""All that a store knows of one vessel, for a boarding officer: as text, as HTML, and as a PDF to print.

Built from the store alone: static data with its history, the track, zones visited, alerts, risk with its reasons, and
where each fact comes from. The PDF uses a Chinese font that every reader brings (CID STSong-Light), so nothing is
embedded and no font file is shipped.
"""

import html
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vts import maps, schema, wording
from vts.errors import StoreError
from vts.report import STYLE
from vts.units import S

MAX_ROWS = 40


class Dossier(NamedTuple):
    """One vessel's facts, worded: titles with rows, and the track to draw."""

    mmsi: int
    imo: int  # -1 where she told none
    last_ns: int
    title: str
    lead: list  # (label, text)
    sections: list  # (title, heads, rows)
    drawing: str  # SVG of the track
    note: str
    words: object


def collect(store, mmsi, *, lang="en", tz="UTC"):
    """The Dossier of an MMSI in a store; StoreError where the store never saw it."""
    tr = wording.translator(lang)
    con = store.connect()

    def rows(query):
        return con.sql(query).to_arrow_table().to_pylist()

    mmsi = int(mmsi)
    (seen,) = rows(f"SELECT min(t_ns) AS first, max(t_ns) AS last, count(*) AS n FROM tracks WHERE mmsi = {mmsi}")
    (heard,) = rows(
        f"SELECT min(t_ns) AS first, max(t_ns) AS last, count(*) AS n FROM reports WHERE ident = {mmsi} AND sensor = 0"
    )
    known = maps.known_vessels(con)
    if not seen["n"] and not heard["n"] and mmsi not in known:
        raise StoreError(
            f"{store.path}: never saw MMSI {mmsi}; list vessels with vts query DIR 'SELECT DISTINCT mmsi FROM tracks'"
        )
    names = {number: vessel["name"] for number, vessel in known.items()}
    words = wording.Wording(lang, store.read_json("rules.json", {}), store.read_json("zones.geojson"), names)

    def time(t_ns):
        return wording.time_text(-1 if t_ns is None else t_ns, tz)

    lead = _lead(tr, words, known.get(mmsi), mmsi, seen, heard, time)
    latest = rows(f"SELECT * FROM tracks WHERE mmsi = {mmsi} ORDER BY t_ns DESC LIMIT 1")
    lead += _position(tr, words, latest, time, maps.source_texts(store, con, tr))
    sections = [
        _scores(tr, words, rows, mmsi, time),
        _alerts(tr, words, con, mmsi, time),
        _visits(tr, words, rows, mmsi, time),
        _history(tr, rows, mmsi, time),
        _gaps(tr, rows, mmsi, time),
        _evidence(tr, store, heard),
    ]
    title = tr("Dossier of {vessel}", vessel=words.vessel(mmsi, -1))
    imo = known.get(mmsi, {}).get("imo", -1)
    last_ns = max(seen["last"] or -1, heard["last"] or -1)
    note = tr(store.read_json("run.json", {}).get("note", ""))
    return Dossier(mmsi, imo, last_ns, title, lead, sections, _drawing(con, mmsi), note, words)


def _lead(tr, words, vessel, mmsi, seen, heard, time):
    """Who she is."""
    said = [("MMSI", str(mmsi))]
    if vessel:
        said += [
            (tr("name"), wording.clean(vessel["name"])),
            ("IMO", str(vessel["imo"]) if vessel["imo"] > 0 else ""),
            (tr("call sign"), wording.clean(vessel["callsign"])),
            (tr("type"), _type(tr, vessel["ship_type"])),
            (tr("length and beam"), " × ".join(f"{vessel[k]:.0f} m" for k in ("length_m", "beam_m") if vessel[k])),
            (tr("draught"), f"{vessel['draught_m']:.1f} m" if vessel["draught_m"] else ""),
            (tr("destination"), wording.clean(vessel["destination"])),
        ]
    first, last = seen["first"] or heard["first"], seen["last"] or heard["last"]
    said.append((tr("seen"), tr("{start} to {end}", start=time(first), end=time(last))))
    said.append((tr("AIS reports"), f"{heard['n']:,}"))
    return [(label, text) for label, text in said if text]


def _type(tr, code):
    from vts.report import family

    return f"{family(tr, code // 10)} ({code})" if code >= 0 else ""


def _position(tr, words, latest, time, sources):
    """Where she was last."""
    if not latest:
        return []
    row = latest[0]
    lon, lat = row["lon_deg"], row["lat_deg"]
    major, minor, _axis = maps.ellipse(*(np.array([wording.nan_if_none(row[k])]) for k in ("ee_m2", "en_m2", "nn_m2")))
    speed = wording.nan_if_none(row["sog_kn"])
    course = wording.nan_if_none(row["cog_deg"])
    return [
        (tr("last position"), f"{wording.position_text(lon, lat)}, {time(row['t_ns'])}"),
        (tr("place"), words.place(lon, lat)),
        (
            tr("uncertainty (95 %)"),
            f"{2.4477 * major[0]:.0f} m × {2.4477 * minor[0]:.0f} m" if math.isfinite(major[0]) else "",
        ),
        (
            tr("speed and course"),
            f"{speed:.1f} kn, {course:03.0f}°" if math.isfinite(speed) and math.isfinite(course) else "",
        ),
        (tr("state"), tr(schema.TRACK_STATES[row["state"]])),
        (
            tr("sensors"),
            sources.get(row["track"])
            or ", ".join(tr("AIS") if k == 0 else tr("radar {n}", n=k) for k in range(62) if row["seen_by"] >> k & 1),
        ),
    ]


def _scores(tr, words, rows, mmsi, time):
    found = rows(
        "SELECT max(risk) AS risk, arg_max(t_ns, risk) AS t_ns, arg_max(head, risk) AS head,"
        " arg_max(reason_1, risk) AS a, arg_max(reason_2, risk) AS b, arg_max(reason_3, risk) AS c"
        f" FROM scores WHERE mmsi = {mmsi} AND risk IS NOT NULL GROUP BY t_ns // 600000000000"
        " ORDER BY risk DESC, t_ns LIMIT 10"
    )
    listed = [
        (f"{row['risk']:.2f}", time(row["t_ns"]), row["head"], "; ".join(words.reason(row[k]) for k in "abc" if row[k]))
        for row in found
    ]
    return tr("Risk, highest first"), (tr("risk"), tr("at"), tr("head"), tr("reasons")), listed


def _alerts(tr, words, con, mmsi, time):
    listed = [
        (
            time(row["t_ns"]),
            f"{tr(schema.SEVERITIES[row['severity']])}, {tr(schema.ALERT_STATES[row['state']])}",
            words.sentence(row),
            words.place(wording.nan_if_none(row["lon_deg"]), wording.nan_if_none(row["lat_deg"])),
            words.citation(row["rule"]),
        )
        for row in maps.latest_alerts(con, f" WHERE mmsi = {mmsi} OR other_mmsi = {mmsi}")
    ]
    return tr("Alerts"), (tr("since"), tr("severity"), tr("what"), tr("where"), tr("source")), listed[:MAX_ROWS]


def _visits(tr, words, rows, mmsi, time):
    found = rows(
        "SELECT zone, entered_ns, arg_max(left_ns, t_ns) AS left_ns FROM visits"
        f" WHERE mmsi = {mmsi} GROUP BY zone, entered_ns ORDER BY entered_ns, zone"
    )
    listed = [
        (
            words.zone(row["zone"]),
            time(row["entered_ns"]),
            time(row["left_ns"]) if row["left_ns"] >= 0 else tr("still there"),
            wording.duration_text((row["left_ns"] - row["entered_ns"]) / S) if row["left_ns"] >= 0 else "",
        )
        for row in found
    ]
    return tr("Zones visited"), (tr("zone"), tr("entered"), tr("left"), tr("stay")), listed[:MAX_ROWS]


def _history(tr, rows, mmsi, time):
    """Every distinct set of static data that she sent: a changed name or IMO number is a finding."""
    found = rows(
        "SELECT name, imo, callsign, ship_type, length_m, draught_m, destination,"
        f" min(t_ns) AS first, max(t_ns) AS last, count(*) AS n FROM statics WHERE mmsi = {mmsi}"
        " GROUP BY ALL ORDER BY first, name"
    )
    listed = [
        (
            time(row["first"]),
            time(row["last"]),
            wording.clean(row["name"]),
            str(row["imo"]) if row["imo"] > 0 else "",
            wording.clean(row["callsign"]),
            str(row["ship_type"]) if row["ship_type"] >= 0 else "",
            wording.clean(row["destination"]),
            str(row["n"]),
        )
        for row in found
    ]
    heads = (tr("from"), tr("to"), tr("name"), "IMO", tr("call sign"), tr("type"), tr("destination"), tr("messages"))
    return tr("What she said of herself"), heads, listed[:MAX_ROWS]


def _gaps(tr, rows, mmsi, time):
    found = rows(
        "SELECT t_ns, gap FROM (SELECT t_ns, t_ns - lag(t_ns) OVER (ORDER BY t_ns) AS gap FROM reports"
        f" WHERE ident = {mmsi} AND sensor = 0) WHERE gap > 600000000000 ORDER BY gap DESC LIMIT 10"
    )
    listed = [
        (time(row["t_ns"] - row["gap"]), time(row["t_ns"]), wording.duration_text(row["gap"] / S)) for row in found
    ]
    return tr("AIS silences over 10 min"), (tr("from"), tr("to"), tr("silent for")), listed


def _evidence(tr, store, heard):
    run = store.read_json("run.json", {})
    listed = [
        (wording.clean(str(log["log"]), 200), f"{log.get('bytes', 0):,}", str(log.get("sha256", "")))
        for log in run.get("logs", [])
    ]
    return tr("Evidence"), (tr("log"), tr("bytes"), "SHA-256"), listed


def _drawing(con, mmsi):
    """The track over the coast as SVG; empty where there is none."""
    points = maps.points(con, None, None, mmsi, 5000)[0]
    if not points["t_ns"].size:
        return ""
    west, south, east, north = maps.box_of(points["lon_deg"], points["lat_deg"])
    stretch = math.cos(math.radians((south + north) / 2))
    scale = min(700 / ((east - west) * stretch), 420 / (north - south))
    shore = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) * 1e-4 for ring in maps.land(west, south, east, north)]

    def path(lon, lat):
        x, y = (lon - west) * stretch * scale, (north - lat) * scale
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))

    coast = "".join(path(np.clip(r[:, 0], west, east), np.clip(r[:, 1], south, north)) + "Z" for r in shore)
    width, height = (east - west) * stretch * scale, (north - south) * scale
    end = path(points["lon_deg"][-1:], points["lat_deg"][-1:])[1:].split()
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" style="background:#d8effa"><path d="{coast}" '
        f'fill="#d8cba0" fill-rule="evenodd"/><path d="{path(points["lon_deg"], points["lat_deg"])}" fill="none" '
        f'stroke="#c4001d" stroke-width="1.6"/><circle cx="{end[0]}" cy="{end[1]}" r="4" fill="#10212b"/></svg>'
    )


def facts(dossier):
    """The Dossier for a program: labels and rows as they are shown."""
    return {
        "mmsi": dossier.mmsi,
        "title": dossier.title,
        "about": dict(dossier.lead),
        "sections": [
            {"title": title, "rows": [dict(zip(heads, row, strict=True)) for row in rows]}
            for title, heads, rows in dossier.sections
        ],
    }


def text(dossier):
    """The Dossier for a terminal."""
    lines = [dossier.title, *([dossier.note] if dossier.note else []), ""]
    lines += [f"{label}: {said}" for label, said in dossier.lead if said]
    for title, _heads, rows in dossier.sections:
        if rows:
            lines += ["", title, *("  " + "  ".join(str(cell) for cell in row if cell) for row in rows)]
    return "\n".join(lines)


def write_html(dossier, out):
    """The Dossier as an HTML page that needs nothing from outside."""
    tr = dossier.words.tr
    lead = "".join(f"<tr><th>{html.escape(a)}</th><td>{html.escape(b)}</td></tr>" for a, b in dossier.lead if b)
    parts = [f"<h1>{html.escape(dossier.title)}</h1>"]
    parts += [f'<p class="sim">{html.escape(dossier.note)}</p>'] if dossier.note else []
    parts += [f"<table>{lead}</table>", dossier.drawing and f"<h2>{html.escape(tr('Track'))}</h2>{dossier.drawing}"]
    for title, heads, rows in dossier.sections:
        head = "".join(f"<th>{html.escape(h)}</th>" for h in heads)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
        table = f"<table><tr>{head}</tr>{body}</table>" if rows else f"<p>{html.escape(tr('None.'))}</p>"
        parts.append(f"<h2>{html.escape(title)}</h2>{table}")
    page = (
        f'<!DOCTYPE html><html lang="{dossier.words.lang}"><meta charset="utf-8">'
        f"<title>{html.escape(dossier.title)}</title>"
        f'<link rel="icon" href="data:,"><style>{STYLE}</style>' + "\n".join(parts) + "</html>\n"
    )
    _written(out, page.encode())


def write_pdf(dossier, out):
    """The Dossier as an A4 PDF."""
    import io

    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    tr = dossier.words.tr
    body = ParagraphStyle("body", fontName="STSong-Light", fontSize=8.5, leading=11, wordWrap="CJK")
    head = ParagraphStyle("head", parent=body, textColor=colors.HexColor("#47606c"))
    title = ParagraphStyle("title", parent=body, fontSize=16, leading=20)
    section = ParagraphStyle("section", parent=body, fontSize=11, leading=16, spaceBefore=8)
    alarm = ParagraphStyle("alarm", parent=body, textColor=colors.HexColor("#b00018"))

    def cell(text, style=body):
        return Paragraph(html.escape(str(text)), style)

    rule = TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#c8d4da")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    flow = [cell(dossier.title, title), *([cell(dossier.note, alarm)] if dossier.note else []), Spacer(1, 6)]
    flow.append(Table([[cell(a, head), cell(b)] for a, b in dossier.lead if b], colWidths=[110, 400], style=rule))
    for name, heads, rows in dossier.sections:
        flow.append(cell(name, section))
        if not rows:
            flow.append(cell(tr("None.")))
            continue
        weights = [max(4, min(30, max(len(str(row[i])) for row in [heads, *rows]))) for i in range(len(heads))]
        widths = [510 * w / sum(weights) for w in weights]
        grid = [[cell(h, head) for h in heads], *([cell(c) for c in row] for row in rows)]
        flow.append(Table(grid, colWidths=widths, repeatRows=1, style=rule))
    page = io.BytesIO()
    # invariant: no time of printing inside, so that the same store gives the same bytes
    document = SimpleDocTemplate(
        page, pagesize=A4, margin=42, title=dossier.title, leftMargin=42, rightMargin=42, invariant=1
    )
    document.build(flow)
    _written(out, page.getvalue())


def _written(out, content):
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror}); name another file") from error
