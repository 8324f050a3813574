"""An AIS position that stays beside the vessel's own radar echo, or draws away from it."""

import numpy as np

from vts.fusion import layout as col
from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = "IMO Res. A.1106(29), inherent limitations of AIS; the limits are ours, from the noise of both sensors"
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "AIS beside the radar echo", "zh": "AIS船位偏离雷达回波"}
TEXT = {
    "en": "{vessel} reports {offset_m} m off her radar echo, towards {towards_deg} degrees; her track follows radar",
    "zh": "{vessel}所报船位偏离雷达回波{offset_m}米,方向{towards_deg}度;其航迹已不再采用AIS船位",
}
PARAMETERS = {"alarm_m": (200.0, "m", "ours: beyond the antenna's place on any hull")}


def evaluate(evidence):
    """A finding per track whose AIS position is not believed; excess is the size of the offset."""
    east_m, north_m = evidence.offset_m()
    where = np.flatnonzero(evidence.n[:, col.DISTRUST] == 1)
    size_m = np.hypot(east_m[where], north_m[where])
    towards_deg = np.degrees(np.arctan2(east_m[where], north_m[where])) % 360.0
    severity = np.where(size_m > PARAMETERS["alarm_m"][0], ALARM, WARNING)
    return evidence.findings(where, size_m, severity, offset_m=size_m, towards_deg=towards_deg)
