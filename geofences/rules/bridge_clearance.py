"""Too high for the bridge that she is at or heads for, where her height is known."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM

UNIT = "m"
CITATION = "the bridge's own source: its `clearance_m` at its own datum"
NEEDS = ("clearance_m",)
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "Too high for the bridge", "zh": "桥梁净空不足"}
TEXT = {
    "en": "{vessel}, {height_m} m high, will be at {zone} in {enter_min} min: {excess} m too high for {clearance_m} m",
    "zh": "{vessel}水面以上高{height_m}米,预计{enter_min}分钟后抵{zone},净空{clearance_m}米,超高{excess}米",
}
PARAMETERS = {
    "clearance_m": (np.nan, "m", "the bridge's own source"),
    "air_gap_m": (2.0, "m", "ours: waves, heel and an old figure"),
    "bridge_min": (30.0, "min", "ours: time enough to stop and turn a large vessel"),
}


def evaluate(scene):
    """A finding per vessel under way at or before a bridge: excess is metres over its clearance with the gap.

    NaN where her height is not in heights.csv, within ten minutes of the bridge.
    """
    terms, heights = scene.terms, scene.terms.register("heights")
    clearance_m = terms.value("clearance_m", np.nan)
    pairs = scene.near(~np.isnan(clearance_m))
    ahead = (pairs.since_ns >= 0) | (pairs.enter_min <= PARAMETERS["bridge_min"][0])
    pairs = pairs.where(ahead & scene.under_way[pairs.row])
    height_m = np.full(pairs.row.size, np.nan)
    if heights is not None:
        for mmsi, metres in zip(heights["mmsi"], heights["air_draught_m"], strict=True):
            height_m[scene.tracks.mmsi[pairs.row] == mmsi] = metres
    gap_m = terms.value("air_gap_m", PARAMETERS["air_gap_m"][0])[pairs.zone]
    excess = height_m + gap_m - clearance_m[pairs.zone]
    excess[np.isnan(excess) & (pairs.since_ns < 0) & (pairs.enter_min > 10)] = 0.0
    return scene.findings(
        *(pairs.row, pairs.zone, excess, ALARM),
        height_m=height_m,
        enter_min=np.where(pairs.since_ns >= 0, 0.0, pairs.enter_min),
        clearance_m=clearance_m[pairs.zone],
    )
