"""In a separation zone, neither crossing it nearly at right angles nor fishing there."""

import numpy as np

from geofences.vessels import code
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING
from vts.units import S

UNIT = "min"
CITATION = "COLREG rule 10(e): not to enter a separation zone, except to cross, in emergency, or to fish within it"
NEEDS = ("tss_separation_zone",)
POLICY = Policy(raise_after_s=60.0, clear_after_s=60.0)
TITLE = {"en": "In a separation zone", "zh": "驶入分隔带"}
TEXT = {
    "en": "{vessel} has been in {zone} for {excess} min on {cog_deg}°, not crossing it",
    "zh": "{vessel}在{zone}内已{excess}分钟,航向{cog_deg}°,并非穿越",
}
PARAMETERS = {
    "square_deg": (60.0, "deg", "ours: from this off the zone's axis, up to 120, she crosses"),
    "cross_min": (20.0, "min", "ours: nobody needs longer to cross"),
}


def crossing(scene, pairs):
    """(crosses, fishes, off_deg) of Pairs with separation zones: whether she crosses nearly at right angles or fishes,

    as rule 10(e) allows, and her course against the zone's direction, 0 to 180; NaN where it has none.
    """
    tracks = scene.tracks
    off_deg = np.abs((tracks.cog_deg[pairs.row] - scene.axis_deg(pairs) + 180) % 360 - 180)
    square_deg = scene.terms.value("square_deg", PARAMETERS["square_deg"][0])[pairs.zone]
    crosses = (off_deg >= square_deg) & (off_deg <= 180 - square_deg) & (tracks.sog_kn[pairs.row] > 1.0)
    fishes = (tracks.nav_status[pairs.row] == 7) | (scene.kind[pairs.row] == code("fishing"))
    return crosses, fishes, off_deg


def evaluate(scene):
    """A finding per vessel that stays in a separation zone; excess is how long, in minutes.

    NaN where the zone has no direction and she has not been there long enough to tell.
    """
    terms, tracks = scene.terms, scene.tracks
    pairs = scene.inside(terms.of("tss_separation_zone"))
    stay_min = (scene.at_ns - pairs.since_ns) / (60 * S)
    crosses, fishes, off_deg = crossing(scene, pairs)
    long_min = terms.value("cross_min", PARAMETERS["cross_min"][0])[pairs.zone]
    excess = np.where(crosses, 0.0, np.where(np.isnan(off_deg), np.nan, np.maximum(stay_min, 0.1)))
    excess = np.where(stay_min > long_min, stay_min, excess)
    excess[fishes] = 0.0
    severity = np.where(stay_min > long_min, WARNING, CAUTION)
    return scene.findings(
        *(pairs.row, pairs.zone, excess, severity), since_ns=pairs.since_ns, cog_deg=tracks.cog_deg[pairs.row]
    )
