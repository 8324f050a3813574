"""A radar whose clock is off: its plots lie ahead of or behind AIS in proportion to the speed of the vessel."""

import numpy as np

from vts.lifecycle import Findings, Policy
from vts.schema import CAUTION

UNIT = "s"
CITATION = "ours: least squares over trusted AIS pairs, five sigmas"
POLICY = Policy(raise_after_s=30.0, clear_after_s=120.0)
TITLE = {"en": "Radar clock", "zh": "雷达时钟偏差"}
TEXT = {
    "en": "the clock of radar site {site} is {ahead_s} s ahead of AIS, 1 sigma {sigma_s} s; plots are corrected for it",
    "zh": "雷达站{site}的时钟比AIS快{ahead_s}秒(标准差{sigma_s}秒),已对其点迹加以修正",
}
PARAMETERS = {"least_s": (0.5, "s", "ours: 5 m at 20 kn, a third of a plot's noise")}


def evaluate(evidence):
    """A finding per site (as `zone`-less, track-less row told apart by `other`) whose clock is surely off."""
    rows = []
    for k, site in enumerate(evidence.registration):
        if abs(site.clock_s) > max(PARAMETERS["least_s"][0], 5.0 * site.clock_sigma_s):
            detail = f"site={k + 1};ahead_s={site.clock_s:.1f};sigma_s={site.clock_sigma_s:.2f}"
            rows.append((-1, -2 - k, abs(site.clock_s), detail))
    if not rows:
        return Findings.empty()
    track, other, excess, detail = map(np.array, zip(*rows, strict=True))
    return Findings(track=track, other=other, excess=excess, severity=CAUTION, detail=detail)
