"""Will enter a separation zone on a course that does not cross it, and not to fish."""

import numpy as np

from geofences.rules._ahead import CHANCE, left_min
from geofences.rules.tss_separation import PARAMETERS as IN_IT
from geofences.rules.tss_separation import crossing
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "min"
CITATION = (
    "COLREG rule 10(e): not to enter a separation zone but to cross or fish; prediction by the track's covariance"
)
NEEDS = ("tss_separation_zone",)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "About to enter a separation zone", "zh": "即将驶入分隔带"}
TEXT = {
    "en": "{vessel} on {cog_deg}° will enter {zone} in {enter_min} min ({chance_pct} % likely), not crossing it",
    "zh": "{vessel}航向{cog_deg}°,预计{enter_min}分钟后驶入{zone}(可能性{chance_pct}%),并非穿越",
}
PARAMETERS = {
    "separation_horizon_min": (5.0, "min", "ours: time enough to call her and for her to turn"),
    "chance_pct": CHANCE,
    "square_deg": IN_IT["square_deg"],
}


def evaluate(scene):
    """A finding per vessel and zone ahead; excess is what is left of the horizon when she enters, in minutes.

    NaN where the zone has no direction: whether she crosses cannot be told.
    """
    horizon_min = scene.terms.value("separation_horizon_min", PARAMETERS["separation_horizon_min"][0])

    def concerns(pairs):
        crosses, fishes, _ = crossing(scene, pairs)
        return ~(crosses | fishes)

    pairs, chance, enter_min = scene.soon(scene.terms.of("tss_separation_zone"), horizon_min, concerns)
    excess = left_min(scene, pairs, chance, enter_min, horizon_min)
    excess[(excess > 0) & np.isnan(crossing(scene, pairs)[2])] = np.nan
    return scene.findings(
        *(pairs.row, pairs.zone, excess, np.where(enter_min < 2, WARNING, CAUTION)),
        cog_deg=scene.tracks.cog_deg[pairs.row],
        enter_min=enter_min,
        chance_pct=100.0 * chance,
    )
