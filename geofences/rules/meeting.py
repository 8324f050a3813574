"""Meeting on opposite courses where a corridor forbids it."""

import numpy as np

from geofences.rules._abreast import pairs_along
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "the corridor's own source, e.g. 广州港口章程 (2011) art. 43: no meeting in one-way legs"
NEEDS = ("no_meeting",)
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "Meeting where it is forbidden", "zh": "禁会遇区内会遇"}
TEXT = {
    "en": "{vessel} meets {other} in {zone}, {gap_m} m ahead of her",
    "zh": "{vessel}在{zone}与{other}对遇,相距{gap_m}米",
}
PARAMETERS = {
    "no_meeting": (False, "true or false", "the corridor's own source"),
    "meeting_m": (2_778.0, "m", "ours: 1.5 NM, about 4 minutes at 12 kn each"),
}


def evaluate(scene):
    """A finding per pair on opposite courses that close on each other (once, on the lower track); excess in metres."""
    terms = scene.terms
    row, other, zone, ahead_m, _, angle = pairs_along(scene, terms.flag("no_meeting"))
    near_m = terms.value("meeting_m", PARAMETERS["meeting_m"][0])[zone]
    meets = (angle > 135) & (ahead_m > 0) & (scene.tracks.track[row] < scene.tracks.track[other])
    excess = np.where(meets, near_m - ahead_m, 0.0)
    severity = np.where(ahead_m < near_m / 2, WARNING, CAUTION)
    return scene.findings(row, zone, excess, severity, other=scene.tracks.track[other], gap_m=ahead_m)
