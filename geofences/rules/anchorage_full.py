"""More vessels at anchor in an anchorage than it has room for; the alert names the last to have come."""

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
    """A finding per vessel that came when an anchorage was full: excess is her place beyond its capacity."""
    capacity = scene.terms.value("capacity", np.inf)
    pairs = scene.inside(scene.terms.of("anchorage") & np.isfinite(capacity))
    pairs = pairs.where(scene.anchored[pairs.row])
    if not pairs.row.size:
        return scene.nothing()
    arrived_ns = np.maximum(pairs.since_ns, scene.moorings.since_ns[pairs.row])
    order = np.lexsort((scene.tracks.track[pairs.row], arrived_ns, pairs.zone))
    pairs, arrived_ns = pairs.where(order), arrived_ns[order]
    first = np.searchsorted(pairs.zone, pairs.zone, side="left")
    held = np.searchsorted(pairs.zone, pairs.zone, side="right") - first
    place = np.arange(pairs.zone.size) - first + 1
    room = capacity[pairs.zone]
    return scene.findings(
        *(pairs.row, pairs.zone, place - room, CAUTION),
        since_ns=arrived_ns,
        held_count=held,
        capacity_count=room,
    )
