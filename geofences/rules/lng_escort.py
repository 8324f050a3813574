"""An LNG carrier under way with fewer escorts near her than the corridor demands."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import WARNING

UNIT = "escorts"
CITATION = "the corridor's own source: its `escorts`"
NEEDS = ("escorts",)
POLICY = Policy(raise_after_s=120.0, clear_after_s=60.0)
TITLE = {"en": "Too few escorts", "zh": "护航船不足"}
TEXT = {
    "en": "LNG carrier {vessel} has {near_count} of {needed_count} escorts within {within_m} m in {zone}",
    "zh": "LNG船{vessel}在{zone}内{within_m}米范围仅有{near_count}艘护航船,应有{needed_count}艘",
}
PARAMETERS = {
    "escorts": (0.0, "vessels", "the corridor's own source; none demanded without one"),
    "escort_m": (500.0, "m", "ours: near enough to make fast or push within minutes"),
}


def evaluate(scene):
    """A finding per carrier under way: excess is how many escorts are missing. NaN without a register of attendants."""
    terms = scene.terms
    needed = terms.value("escorts", 0.0)
    pairs = scene.inside(needed > 0)
    pairs = pairs.where(scene.is_lng[pairs.row] & scene.under_way[pairs.row])
    within_m = terms.value("escort_m", PARAMETERS["escort_m"][0])[pairs.zone]
    escorts = scene.attends("escort")
    near = np.array(
        [
            np.count_nonzero(escorts & (np.hypot(*scene.offsets_m(row)) <= m))
            for row, m in zip(pairs.row, within_m, strict=True)
        ],
        float,
    )
    excess = needed[pairs.zone] - near
    if terms.register("attendants") is None:
        excess = np.full(pairs.row.size, np.nan)
    return scene.findings(
        *(pairs.row, pairs.zone, excess, WARNING), near_count=near, needed_count=needed[pairs.zone], within_m=within_m
    )
