"""Will enter an area that is closed to her, by her course, speed and their uncertainty."""

import numpy as np

from geofences.rules._ahead import CHANCE, left_min
from geofences.rules.restricted_entry import CLOSED
from geofences.vessels import KINDS
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "min"
CITATION = "the zone's own source; prediction by the covariance of the track"
NEEDS = ("restricted_area", "control_zone", "obstruction_area", "works_area", "lng_safety_zone", "lng_control_zone")
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "About to enter a restricted area", "zh": "即将进入限制区域"}
TEXT = {
    "en": "{vessel} ({kind}) will enter {zone}, closed to her, in {enter_min} min ({chance_pct} % likely)",
    "zh": "{vessel}({kind})预计{enter_min}分钟后进入对其关闭的{zone}(可能性{chance_pct}%)",
}
PARAMETERS = {
    "horizon_min": (10.0, "min", "ours: time enough to call her and for her to turn"),
    "chance_pct": CHANCE,
}
TERMINALS = ("lng_safety_zone", "lng_control_zone")


def evaluate(scene):
    """A finding per vessel and area; excess is what is left of the horizon when she enters, in minutes."""
    terms = scene.terms
    horizon_min = terms.value("horizon_min", PARAMETERS["horizon_min"][0])
    attends = scene.is_lng | scene.attends()

    def closed(pairs):
        may = terms.open_to()[pairs.zone, scene.kind[pairs.row]] | scene.permitted(pairs)
        return ~(may | terms.of(*TERMINALS)[pairs.zone] & attends[pairs.row])

    pairs, chance, enter_min = scene.soon(terms.of(*CLOSED, *TERMINALS), horizon_min, closed)
    kind = scene.kind[pairs.row]
    return scene.findings(
        *(pairs.row, pairs.zone, left_min(scene, pairs, chance, enter_min, horizon_min)),
        np.where(enter_min < 3, WARNING, CAUTION),
        kind=np.array(KINDS)[kind],
        enter_min=enter_min,
        chance_pct=100.0 * chance,
    )
