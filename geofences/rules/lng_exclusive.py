"""Meeting, crossing or overtaking an LNG carrier in a corridor that is hers alone while she is in it."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = (
    "the corridor's own source; cf. 33 CFR 165.805(a)(2) and Shanghai Yangshan 2020: no meeting, crossing, overtaking"
)
NEEDS = ("lng_exclusive",)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "Exclusive passage of an LNG carrier broken", "zh": "LNG船独占航道被占用"}
TEXT = {
    "en": "{vessel} is {doing} LNG carrier {other} in {zone}, {range_m} m from her; the passage is hers alone",
    "zh": "{vessel}在{zone}与LNG船{other}形成{doing}局面,相距{range_m}米;该航道由其独占",
}
PARAMETERS = {
    "lng_exclusive": (False, "true or false", "the corridor's own source"),
    "exclusive_m": (3_704.0, "m", "ours: 2 NM; who is farther off in the corridor is not yet in her way"),
}


def evaluate(scene):
    """A finding per vessel under way in a carrier's corridor and closing on her; excess is metres within the limit."""
    terms, tracks = scene.terms, scene.tracks
    pairs = scene.inside(terms.flag("lng_exclusive"))
    pairs = pairs.where(scene.under_way[pairs.row])
    exempt = scene.attends()
    own = pairs.where(scene.is_lng[pairs.row])
    parts = []
    for row, zone in zip(own.row.tolist(), own.zone.tolist(), strict=True):
        others = pairs.row[(pairs.zone == zone) & (pairs.row != row) & ~exempt[pairs.row]]
        east_m, north_m = (d[others] for d in scene.offsets_m(row))
        parts.append((others, np.full(others.size, row), np.full(others.size, zone), east_m, north_m))
    if not parts:
        return scene.nothing()
    other, carrier, zone, east_m, north_m = map(np.concatenate, zip(*parts, strict=True))
    range_m = np.hypot(east_m, north_m)
    ve, vn = (tracks.sog_kn * f(np.radians(tracks.cog_deg)) for f in (np.sin, np.cos))
    closing = east_m * (ve[other] - ve[carrier]) + north_m * (vn[other] - vn[carrier]) < 0
    angle = np.abs((tracks.cog_deg[other] - tracks.cog_deg[carrier] + 180) % 360 - 180)
    doing = np.where(angle > 135, "meeting", np.where(angle > 45, "crossing", "overtaking"))
    # who keeps behind her at no more than her speed follows, and does not close
    limit_m = terms.value("exclusive_m", PARAMETERS["exclusive_m"][0])[zone]
    excess = np.where(closing, limit_m - range_m, 0.0)
    severity = np.where(range_m < limit_m / 2, ALARM, WARNING)
    return scene.findings(*(other, zone, excess, severity), other=tracks.track[carrier], doing=doing, range_m=range_m)
