"""What is wrong with what ships send: a survey of a feed, check by check, with the first example.

Each check is a fact of ITU-R M.1371-5, M.585 or IMO A.1117(30), or says in its line that the limit is our choice. A
survey is a count for a report or a notebook; alerts are raised by `risk/behaviours`, from tracks.
"""

from typing import NamedTuple

import numpy as np

from vts.schema import AIS_A, AIS_B, AIS_LONG_RANGE, Reports, Statics
from vts.units import KN, S

CHECKS = {
    "mmsi form": "MMSI of no form that M.585 gives: ship, coast, group, SAR aircraft, craft, AtoN, SART, MOB, EPIRB",
    "mid unknown": "MMSI whose three digits of nationality belong to no administration",
    "imo check digit": "IMO number outside 1,000,000-9,999,999 or with a wrong check digit (A.1117)",
    "no position": "position not available (181, 91) or outside the earth",
    "null island": "position within 0.01 degree of 0, 0",
    "no course": "under way at 3 kn or more without course over ground",
    "status against speed": "at anchor, moored or aground, and over 3 kn (where M.1371-5 table 1 draws the line)",
    "heading against course": "heading and course over 90 degrees apart at 8 kn or more (our choice: sternway is slow)",
    "implied speed": "over 60 kn and 1 km from its last position (our choice)",
    "two places": "a jump over 60 kn away and the next one back: one MMSI sent from two places",
    "name changed": "name not what this MMSI sent before",
    "imo changed": "IMO number not what this MMSI sent before",
    "size changed": "length or beam not what this MMSI sent before",
    "size missing": "class A without length",
    "ship type reserved": "type of ship 1-19 or over 99: reserved or regional (M.1371-5 table 53)",
    "time stamp": "measured and received more than 60 s apart",
}
MAX_KN, JUMP_M = 60.0, 1_000.0
SHIPLIKE = (AIS_A, AIS_B, AIS_LONG_RANGE)
STATUS_AT_REST = (1, 5, 6)


class Row(NamedTuple):
    """One line of a survey."""

    check: str
    count: int
    vessels: int
    example: str


def mmsi_form(mmsi):
    """What each MMSI is by its digits (ITU-R M.585-9), shape (n,) text; "" for no form that there is."""
    mmsi = np.asarray(mmsi, np.int64)
    out = np.full(mmsi.shape, "", "U12")
    for form, low, high in (
        ("coast", 2_000_000, 8_000_000),
        ("group", 20_000_000, 80_000_000),
        ("sar aircraft", 111_200_000, 111_800_000),
        ("ship", 200_000_000, 800_000_000),
        ("handheld", 800_000_000, 900_000_000),
        ("sart", 970_000_000, 971_000_000),
        ("mob", 972_000_000, 973_000_000),
        ("epirb", 974_000_000, 975_000_000),
        ("craft", 982_000_000, 988_000_000),
        ("aton", 992_000_000, 998_000_000),
    ):
        out[(mmsi >= low) & (mmsi < high)] = form
    return out


def mid(mmsi):
    """The three digits of nationality of each MMSI, shape (n,); -1 where its form has none."""
    mmsi = np.asarray(mmsi, np.int64)
    out = np.full(mmsi.shape, -1, np.int64)
    form = mmsi_form(mmsi)
    for kind, skip, unit in (
        ("coast", 0, 10_000),
        ("group", 0, 100_000),
        ("sar aircraft", 111_000_000, 1_000),
        ("ship", 0, 1_000_000),
        ("handheld", 800_000_000, 100_000),
        ("craft", 980_000_000, 10_000),
        ("aton", 990_000_000, 10_000),
    ):
        at = form == kind
        out[at] = (mmsi[at] - skip) // unit
    return out


def known_mids():
    """Every MID that an administration has, as pyais lists them."""
    from pyais.constants import COUNTRY_MAPPING

    return np.array(sorted(COUNTRY_MAPPING), np.int64)


def imo_valid(imo):
    """Whether each is an IMO number: seven digits, the last the sum of the others by 7 to 2, modulo 10."""
    imo = np.asarray(imo, np.int64)
    total = sum((imo // 10**k % 10) * (k + 1) for k in range(1, 7))
    return (imo >= 1_000_000) & (imo <= 9_999_999) & (total % 10 == imo % 10)


class Survey:
    """The counts of a feed so far; `rows()` gives them. It holds two positions and one identity a vessel, no more."""

    def __init__(self, on_land=None):
        """`on_land` tells for arrays of longitude and latitude which are on land, if that is to be asked as well."""
        self.reports = self.statics = 0
        self._on_land = on_land
        self._mids = known_mids()
        self._count = dict.fromkeys((*CHECKS, *(["on land"] if on_land else [])), 0)
        self._vessels = {check: set() for check in self._count}
        self._example = {}
        self._before = Reports.empty()  # of each vessel the last two reports with a position
        self._identity = {}  # {mmsi: (name, imo, length, beam)}

    def update(self, batch):
        """Take one batch of a feed."""
        (self._take_statics if isinstance(batch, Statics) else self._take_reports)(batch)

    def rows(self):
        """A Row for every check, most frequent first."""
        order = sorted(self._count, key=lambda check: -self._count[check])
        return [Row(c, self._count[c], len(self._vessels[c]), self._example.get(c, "")) for c in order]

    def _mark(self, check, which, mmsi, text):
        """Count the rows that a mask names; `text` makes the example of one row."""
        rows = np.flatnonzero(which)
        if not rows.size:
            return
        self._count[check] += rows.size
        self._vessels[check].update(mmsi[rows].tolist())
        self._example.setdefault(check, f"{mmsi[rows[0]]}: {text(rows[0])}")

    def _take_reports(self, r):
        self.reports += r.n
        self._mark_identity(r.ident)
        placed = np.isfinite(r.lon_deg) & np.isfinite(r.lat_deg)
        ship = np.isin(r.kind, SHIPLIKE)
        off = np.abs((r.heading_deg - r.cog_deg + 180) % 360 - 180)
        rest = np.isin(r.nav_status, STATUS_AT_REST)
        self._mark("no position", ~placed, r.ident, lambda k: "no position")
        near = placed & (np.abs(r.lon_deg) < 0.01) & (np.abs(r.lat_deg) < 0.01)
        self._mark("null island", near, r.ident, lambda k: f"{r.lon_deg[k]:.4f}, {r.lat_deg[k]:.4f}")
        self._mark(
            "no course", ship & (r.sog_kn >= 3) & np.isnan(r.cog_deg), r.ident, lambda k: f"{r.sog_kn[k]:.1f} kn"
        )
        self._mark(
            "status against speed",
            rest & (r.sog_kn > 3),
            r.ident,
            lambda k: f"status {r.nav_status[k]} at {r.sog_kn[k]:.1f} kn",
        )
        self._mark(
            "heading against course",
            ship & (r.sog_kn >= 8) & (off > 90),
            r.ident,
            lambda k: f"heading {r.heading_deg[k]:.0f}, course {r.cog_deg[k]:.1f}",
        )
        apart = (r.rx_ns >= 0) & (np.abs(r.rx_ns - r.t_ns) > 60 * S)
        self._mark("time stamp", apart, r.ident, lambda k: f"{(r.rx_ns[k] - r.t_ns[k]) / S:.0f} s")
        if self._on_land is not None:
            ashore = np.zeros(r.n, bool)
            ashore[placed] = self._on_land(r.lon_deg[placed], r.lat_deg[placed])
            self._mark("on land", ashore & ship, r.ident, lambda k: f"{r.lon_deg[k]:.4f}, {r.lat_deg[k]:.4f}")
        self._mark_jumps(r.take(placed & ship))

    def _mark_identity(self, mmsi):
        self._mark("mmsi form", mmsi_form(mmsi) == "", mmsi, lambda k: "no such form")
        digits = mid(mmsi)
        self._mark("mid unknown", (digits >= 0) & ~np.isin(digits, self._mids), mmsi, lambda k: f"MID {digits[k]}")

    def _mark_jumps(self, r):
        """Implied speed between what follows each other of one MMSI, in the order of reception."""
        fresh = np.concatenate((np.zeros(self._before.n, bool), np.ones(r.n, bool)))
        both = Reports.concat([self._before, r])
        order = np.argsort(both.ident, kind="stable")
        both, fresh = both.take(order), fresh[order]
        if both.n < 2:
            self._before = both
            return
        one, two = slice(None, -1), slice(1, None)
        fast = _fast(both.take(one), both.take(two))
        jump = np.concatenate(([False], fast)) & fresh
        gap_s = np.concatenate(([0.0], np.abs(np.diff(both.t_ns)) / S))
        self._mark("implied speed", jump, both.ident, lambda k: f"a jump in {gap_s[k]:.0f} s")
        if both.n > 2:
            back = fast[1:] & fast[:-1] & (both.ident[2:] == both.ident[:-2])
            back &= ~_fast(both.take(slice(None, -2)), both.take(slice(2, None))) & fresh[2:]
            self._mark("two places", np.concatenate(([False, False], back)), both.ident, lambda k: "away and back")
        last = np.concatenate((both.ident[1:] != both.ident[:-1], [True]))
        self._before = both.take(last | np.concatenate((last[1:], [False])))

    def _take_statics(self, s):
        self.statics += s.n
        self._mark_identity(s.mmsi)
        self._mark("imo check digit", (s.imo >= 0) & ~imo_valid(s.imo), s.mmsi, lambda k: f"IMO {s.imo[k]}")
        reserved = ((s.ship_type > 0) & (s.ship_type < 20)) | (s.ship_type > 99)
        self._mark("ship type reserved", reserved, s.mmsi, lambda k: f"type {s.ship_type[k]}")
        bare = np.isnan(s.length_m) & (s.imo >= 0)  # only class A sends an IMO number
        self._mark("size missing", bare, s.mmsi, lambda k: f"IMO {s.imo[k]}")
        changed = {check: np.zeros(s.n, bool) for check in ("name changed", "imo changed", "size changed")}
        was = [""] * s.n
        for k in range(s.n):
            key = int(s.mmsi[k])
            now = (str(s.name[k]), int(s.imo[k]), float(s.length_m[k]), float(s.beam_m[k]))
            old = self._identity.get(key, ("", -1, np.nan, np.nan))
            changed["name changed"][k] = now[0] != "" and old[0] not in ("", now[0])
            changed["imo changed"][k] = now[1] >= 0 and old[1] not in (-1, now[1])
            changed["size changed"][k] = now[2:] != old[2:] and np.isfinite((*now[2:], *old[2:])).all()
            was[k] = f"{old[:2]} to {now[:2]}" if now[2:] == old[2:] else f"{old} to {now}"
            self._identity[key] = tuple(n if n not in ("", -1) and n == n else o for n, o in zip(now, old, strict=True))  # noqa: PLR0124
        for check, which in changed.items():
            self._mark(check, which, s.mmsi, lambda k: was[k])


def _fast(a, b):
    """Whether b cannot be reached from a, row by row: the same MMSI, over MAX_KN and over JUMP_M."""
    lat = np.radians((a.lat_deg + b.lat_deg) / 2)
    east = (b.lon_deg - a.lon_deg + 180) % 360 - 180
    run_m = np.hypot(east * np.cos(lat), b.lat_deg - a.lat_deg) * 60 * 1852
    gap_s = np.maximum(np.abs(b.t_ns - a.t_ns) / S, 1.0)
    return (a.ident == b.ident) & (run_m > JUMP_M) & (run_m > MAX_KN * KN * gap_s)


def survey(feed, on_land=None):
    """The Survey of a whole feed."""
    found = Survey(on_land)
    for batch in feed:
        found.update(batch)
    return found
