"""More vessels at anchor in an anchorage than it has room for; one alert, which names the last to have come."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "vessels"
CITATION = "the anchorage's own source: its `capacity`"
NEEDS = ("capacity",)
POLICY = Policy(raise_after_s=120.0, clear_after_s=300.0, update_factor=1.0)
TITLE = {"en": "Anchorage over capacity", "zh": "锚地超容量"}
TEXT = {
    "en": "{zone} holds {held_count} vessels, {excess} over its capacity of {capacity_count}; {vessel} came last",
    "zh": "{zone}现有{held_count}艘船锚泊,超出容量{capacity_count}艘达{excess}艘;{vessel}最后到达",
}
PARAMETERS = {
    "capacity": (np.inf, "vessels", "the anchorage's own source; no limit without one"),
}


def evaluate(scene):
    """A finding per anchorage, whoever lies there: excess is how many vessels are beyond its capacity."""
    capacity = scene.terms.value("capacity", np.inf)
    pairs = scene.inside(scene.terms.of("anchorage") & np.isfinite(capacity))
    pairs = pairs.where(scene.anchored[pairs.row])
    if not pairs.row.size:
        return scene.nothing()
    arrived_ns = np.maximum(pairs.since_ns, scene.moorings.since_ns[pairs.row])
    order = np.lexsort((scene.tracks.track[pairs.row], arrived_ns, pairs.zone))
    pairs, arrived_ns = pairs.where(order), arrived_ns[order]
    zone, first, held = np.unique(pairs.zone, return_index=True, return_counts=True)
    room, last = capacity[zone], first + held - 1
    return scene.findings(
        *(pairs.row[last], zone, held - room, CAUTION),
        since_ns=arrived_ns[np.minimum(first + room.astype(int), last)],  # who came when it was full
        of_zone=True,
        held_count=held,
        capacity_count=room,
    )
