"""What several behaviours share: rows of findings, kinds of places, and whether a silence would have been heard."""

import math

import numpy as np

from risk.behaviours import _kernels
from risk.ledger import Ledger, among
from risk.view import rows_of
from vts import schema
from vts.lifecycle import Findings
from vts.units import DAY, S

# Kinds of zones (geofences/kinds.py) by what ships do there
STOP_KINDS = ("anchorage", "anchorage_candidate", "berth", "port", "terminal", "pilot_boarding", "lng_terminal")
KINDS = {
    "stop": STOP_KINDS,
    "fairway": ("fairway", "corridor", "tss_lane", "bridge"),
    "land": ("land",),
    "lng": ("lng_terminal", "lng_safety_zone", "lng_control_zone"),
}
LAIN_KN, LAIN_MIN, LAIN_DAYS = 0.5, 5.0, 30  # Global Fishing Watch: a stop ends above 0.5 kn; the rest is ours
CELLS = 100_000  # more than a meridian has minutes
OWN_INTERVALS = 10.0  # ours: a silence counts once so many reports of her own kind are missing
HEARD_WITHIN_M = 9_260.0  # 5 NM: a neighbour heard this near proves that the receiver and the path work
HEARD_S = 360.0  # M.1371-5: static data come every six minutes
AIS_KINDS = (schema.AIS_A, schema.AIS_B, schema.AIS_LONG_RANGE)


_NONE = Findings.empty()


class Found(Findings):
    """Findings that keep the numbers of their details: words are made for what is told, not for all that holds."""

    numbers: dict

    def describe(self, rows):
        """The details of some rows."""
        return details({name: column[rows] for name, column in self.numbers.items()}, len(rows))


def findings(view, rows, excess, *, severity=schema.CAUTION, other=None, zone=None, since_ns=None, **numbers):
    """Findings for the tracks at `rows`; `numbers` become the detail of the sentence, by `describe`."""
    n = len(rows)
    if not n:
        return _NONE  # most rules find nothing in most Pictures
    track = view.tracks.track[np.asarray(rows, np.int64)]
    given = {"track": track, "other": other, "zone": zone, "excess": excess, "severity": severity, "since_ns": since_ns}
    columns = (_column(given.get(name), n, *spec) for name, spec in Found.spec.items())
    found = Found._make(columns)
    found.numbers = {name: np.broadcast_to(value, n) for name, value in numbers.items()}
    return found


def _column(value, n, dtype, unknown):
    """A value, or one for each row, as a column; `unknown` where there is none."""
    if value is None:
        return np.zeros(n, dtype) if dtype.kind == "U" else np.full(n, unknown, dtype)
    return np.ascontiguousarray(np.broadcast_to(value, n), dtype)


def joined(found, more, **numbers):
    """Findings of two kinds one after the other, with their numbers."""
    out = Found(*(np.concatenate(columns) for columns in zip(found, more, strict=True)))
    out.numbers = numbers
    return out


def details(columns, n):
    """Detail texts, "key=value;key=value", shape (n,); three digits."""
    texts = [[f"{name}={_text(value)}" for value in column[:n].tolist()] for name, column in columns.items()]
    rows = zip(*texts, strict=True) if texts else [()] * n
    return np.array([";".join(row)[:120] for row in rows], "<U120") if n else np.empty(0, "<U120")


def _text(value):
    if isinstance(value, float):
        return "?" if math.isnan(value) else f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def in_kind(view, kind):
    """Whether each track is inside a zone of a kind, shape (tracks,); not to be written to."""
    return view.once(f"in {kind}", lambda view: _in_kind(view, kind))


def _in_kind(view, kind):
    places = view.picture.places
    fits = of_kind(view, kind) & (places.edge_m <= 0)
    out = np.zeros(view.tracks.n, bool)
    row = rows_of(view.tracks, places.track[fits])
    out[row[row >= 0]] = True
    return out


def of_kind(view, kind):
    """Whether each of the Picture's Places is of a zone of a kind, shape (places,); not to be written to."""
    return view.once(f"of {kind}", lambda view: _of_kind(view.picture.places, kind))


def _of_kind(places, kind):
    if not places.n:
        return np.zeros(0, bool)
    # a zone has one kind: words are compared once a zone, not once a vessel
    row = np.zeros(int(places.zone.max()) + 2, np.int64)
    row[places.zone + 1] = np.arange(places.n)
    return among(places.zone_kind[row], KINDS[kind])[places.zone + 1]


def near_kind_m(view, kind):
    """Distance in m from each track to the nearest listed zone of a kind, shape (tracks,); inf where none is listed."""
    places = view.picture.places
    fits = of_kind(view, kind)
    out = np.full(view.tracks.n, np.inf)
    if fits.any():
        at = np.searchsorted(view.tracks.track, places.track[fits])
        ok = at < view.tracks.n
        np.minimum.at(out, at[ok], np.maximum(places.edge_m[fits][ok], 0.0))
    return out


def heard_near(view, lon_deg, lat_deg, but_track):
    """Whether another vessel's AIS was heard within the last minute near each place: own coverage, proven now.

    Shape of the places; `but_track` is the vessel that each belongs to.
    """
    tracks = view.tracks
    fresh = np.flatnonzero((tracks.age_s < 60.0) & among(tracks.kind, AIS_KINDS) & np.isfinite(tracks.lat_deg))
    out = np.zeros(len(lon_deg), bool)
    by_lat = fresh[np.argsort(tracks.lat_deg[fresh], kind="stable")]
    _kernels.heard(
        *(tracks.lon_deg, tracks.lat_deg, tracks.track, by_lat, lon_deg, lat_deg, but_track),
        *(HEARD_WITHIN_M, HEARD_WITHIN_M / 110_500.0, out),
    )
    return out


def with_ais(view):
    """Whether each track's last report was a vessel's AIS, and under an MMSI; shape (tracks,)."""
    return view.once("with_ais", lambda view: among(view.tracks.kind, AIS_KINDS) & (view.tracks.mmsi >= 0))


def one_hull(view):
    """Whether each track is the only one that is heard under its MMSI, shape (tracks,).

    What two hulls under one MMSI say by turns is no change of either: the shared MMSI is told, once.
    """
    return view.once("one_hull", lambda view: _one_hull(view.tracks))


def _one_hull(tracks):
    _, number, count = np.unique(tracks.mmsi[tracks.age_s <= HEARD_S], return_inverse=True, return_counts=True)
    out = np.ones(tracks.n, bool)
    out[tracks.age_s <= HEARD_S] = count[number.reshape(-1)] == 1
    return out & (tracks.mmsi >= 0)


def heard_ns(view):
    """When each vessel was last heard, shape (tracks,)."""
    return view.once("heard_ns", lambda view: _heard_ns(view.tracks))


def _heard_ns(tracks):
    return tracks.t_ns - (np.nan_to_num(tracks.age_s) * S).astype(np.int64)


def own_silence_s(view):
    """Silence that says something of each vessel: ten of the intervals at which she was really heard, s; inf unknown.

    A satellite, or a receiver at the end of its range, hears one report in many; its silences mean nothing yet.
    """
    return view.once("own_silence_s", _own_silence_s)


def _own_silence_s(view):
    tracks = view.tracks
    gaps = tracks.reports - 1
    return np.where(gaps >= 4, OWN_INTERVALS * (heard_ns(view) - tracks.first_ns) / S / np.maximum(gaps, 1), np.inf)


def lost_after_s(view):
    """Silence after which a shore display calls an AIS target lost, s.

    The table that Icom and JRC print in their manuals, made from the reporting intervals of ITU-R M.1371-5 tables 1
    and 2: class A 1080 s at rest, else 60, 36 or 30 s up to 14, 23 and over 23 kn; class B 1080 or 180 s.
    """
    return view.once("lost_after_s", lambda view: _lost_after_s(view.tracks))


def _lost_after_s(tracks):
    v, nav_status = np.nan_to_num(tracks.sog_kn), tracks.nav_status
    rest = (among(nav_status, (1, 5)) & (v < 3.0)) | (nav_status == 6)
    a = np.where(rest, 1080.0, np.where(v <= 14.0, 60.0, np.where(v <= 23.0, 36.0, 30.0)))
    b = np.where(v <= 2.0, 1080.0, 180.0)
    return np.where(tracks.kind == schema.AIS_B, b, a)


def lain_near(view, memory, rows):
    """Whether vessels have lain within about a mile of the tracks at `rows`: a berth or roadstead, charted or not.

    memory: a ledger of cells of a minute of arc in which a vessel has lain for five minutes. Call it at every
    Picture, with or without rows.
    """
    tracks, noted = view.tracks, memory.setdefault("lain", Ledger(t_ns="i8"))
    known = np.isfinite(tracks.lon_deg) & np.isfinite(tracks.lat_deg)
    x, y = (np.floor(np.where(known, c, 0.0) * 60.0).astype(np.int64) for c in (tracks.lon_deg, tracks.lat_deg))
    lies = (view.recent("sog_max_kn") < LAIN_KN) & (view.recent("span_min") >= LAIN_MIN) & known
    noted.put(np.unique(x[lies] * CELLS + y[lies]), t_ns=view.at_ns)
    noted.keep(~(view.at_ns - noted["t_ns"] > LAIN_DAYS * DAY))
    near = np.zeros(len(rows), bool)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            near |= noted.at((x[rows] + i) * CELLS + y[rows] + j) >= 0
    return near & known[rows]
