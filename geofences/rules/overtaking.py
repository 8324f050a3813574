"""Overtaking where a corridor forbids it."""

import numpy as np

from geofences.rules._abreast import pairs_along
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "the corridor's own source, e.g. 广州港口章程 (2011) art. 43: bends, bridges inside Humen, one-way legs"
NEEDS = ("no_overtaking",)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "Overtaking where it is forbidden", "zh": "禁追越区内追越"}
TEXT = {
    "en": "{vessel} overtakes {other} in {zone}: {gap_m} m astern of her and {gain_kn} kn faster",
    "zh": "{vessel}在{zone}追越{other}:纵距{gap_m}米,快{gain_kn}节",
}
PARAMETERS = {
    "no_overtaking": (False, "true or false", "the corridor's own source"),
    "overtaking_m": (400.0, "m", "ours: nearer astern than this and gaining, she means to pass"),
    "gain_kn": (1.0, "kn", "ours: less is following"),
}


def evaluate(scene):
    """A finding per vessel that gains on one close ahead on the same course; excess is metres within `overtaking_m`.

    Centres are compared, so the hulls are nearer; once she is past, the manoeuvre is over.
    """
    terms = scene.terms
    row, other, zone, ahead_m, gain_kn, angle = pairs_along(scene, terms.flag("no_overtaking"))
    near_m = terms.value("overtaking_m", PARAMETERS["overtaking_m"][0])[zone]
    least_kn = terms.value("gain_kn", PARAMETERS["gain_kn"][0])[zone]
    passes = (angle < 45) & (gain_kn >= least_kn) & (ahead_m > 0)
    excess = np.where(passes, near_m - ahead_m, 0.0)
    severity = np.where(ahead_m < near_m / 2, WARNING, CAUTION)
    return scene.findings(
        *(row, zone, excess, severity), other=scene.tracks.track[other], gap_m=ahead_m, gain_kn=gain_kn
    )
