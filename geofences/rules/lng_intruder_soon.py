"""Will be in the safety zone of an LNG carrier, if both keep course and speed."""

import numpy as np

from geofences.chance import ndtr
from geofences.lng import guard
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "min"
CITATION = "the moving zone named by the corridor's `lng_zone`; prediction by the covariances of both tracks"
NEEDS = ("lng_zone",)
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "About to enter the safety zone of an LNG carrier", "zh": "即将进入LNG船移动安全区"}
TEXT = {
    "en": "{vessel} will be in the zone of LNG carrier {other} in {enter_min} min ({chance_pct} % likely), {zone}",
    "zh": "{vessel}预计{enter_min}分钟后进入LNG船{other}的移动安全区(可能性{chance_pct}%),{zone}",
}
PARAMETERS = {
    "horizon_min": (12.0, "min", "ours: time enough to call her and for her to turn"),
    "chance_pct": (60.0, "%", "ours: a graze that is as likely to miss is not told"),
}


def evaluate(scene):
    """A finding per vessel and carrier; excess is what is left of the horizon when she enters, in minutes.

    The chance is that of the greatest depth on the run against both tracks' position uncertainty at that time.
    """
    i = guard.intrusions(scene)
    p, pv, v = scene.across
    wait_s = np.nan_to_num(i.soon_s)
    variance = sum(p[r] + 2 * pv[r] * wait_s + v[r] * wait_s**2 for r in (i.other, i.carrier))
    with np.errstate(divide="ignore", invalid="ignore"):
        chance_pct = 100.0 * ndtr(i.soon_m / np.sqrt(variance))
    horizon_min = scene.terms.value("horizon_min", PARAMETERS["horizon_min"][0])[i.zone]
    least_pct = scene.terms.value("chance_pct", PARAMETERS["chance_pct"][0])[i.zone]
    due = (i.soon_s > 0) & (chance_pct >= least_pct)
    excess = np.where(due, horizon_min - i.soon_s / 60.0, 0.0)
    return scene.findings(
        *(i.other, i.zone, excess, np.where(i.soon_s < 300, WARNING, CAUTION)),
        other=scene.tracks.track[i.carrier],
        enter_min=i.soon_s / 60.0,
        chance_pct=chance_pct,
    )
