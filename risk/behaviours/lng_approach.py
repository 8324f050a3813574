"""A vessel that is neither tug nor pilot heads for an LNG terminal's waters at speed."""

import numpy as np

from risk.behaviours._common import findings, of_kind
from risk.encounters import SERVICE_TYPES
from risk.ledger import among
from risk.view import rows_of
from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "min"
CITATION = "zones from the zone file with their sources; the lead is a parameter, no local rule is claimed"
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "Approach to LNG waters", "zh": "驶近 LNG 水域"}
TEXT = {
    "en": "{vessel} enters {zone} in {enter_min} min on her course at {sog_kn} kn",
    "zh": "{vessel}以 {sog_kn} 节按现航向 {enter_min} 分钟后进入{zone}",
}
REASON = {"en": "enters LNG waters in {enter_min} min", "zh": "{enter_min} 分钟后进入 LNG 水域"}
PARAMETERS = {
    "lead_min": (15.0, "min", "ours"),
    "alarm_min": (5.0, "min", "ours"),
    "least_kn": (3.0, "kn", "ours: slower vessels can be called in time"),
}


def evaluate(view, memory):
    """Minutes of the lead already used up."""
    places = view.picture.places
    places = places.take(of_kind(view, "lng") & (places.edge_m > 0) & (places.enter_min <= PARAMETERS["lead_min"][0]))
    row = rows_of(view.tracks, places.track)
    type_code = view.static("ship_type", -1)[row] if row.size else row
    fast = view.tracks.sog_kn[row] >= PARAMETERS["least_kn"][0]
    use = np.flatnonzero((row >= 0) & fast & ~among(type_code, SERVICE_TYPES))
    minutes = places.enter_min[use]
    return findings(
        view,
        row[use],
        PARAMETERS["lead_min"][0] - minutes,
        severity=np.where(minutes <= PARAMETERS["alarm_min"][0], ALARM, WARNING),
        zone=places.zone[use],
        enter_min=minutes,
        sog_kn=view.tracks.sog_kn[row[use]],
    )
