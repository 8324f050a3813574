"""Will leave a fairway or corridor through its side, if she keeps her speed and her angle to its axis."""

import numpy as np

from geofences.rules._ahead import CHANCE, left_min
from geofences.rules._corridor import side_m, straying
from geofences.rules.fairway_deviation import PARAMETERS as OUT
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "min"
CITATION = "the corridor's own source; prediction by the covariance of the track"
NEEDS = ("corridor", "fairway")
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "About to leave the fairway", "zh": "即将偏离航道"}
TEXT = {
    "en": "{vessel} ({length_m} m) on {cog_deg}° will be out of {zone} in {stray_min} min ({chance_pct} % likely)",
    "zh": "{vessel}(长{length_m}米)航向{cog_deg}°,预计{stray_min}分钟后偏出{zone}(可能性{chance_pct}%)",
}
PARAMETERS = {
    "stray_horizon_min": (3.0, "min", "ours: a large ship answers her helm in less; earlier would be a nuisance"),
    "chance_pct": CHANCE,
    **OUT,
}


def evaluate(scene):
    """A finding per vessel; excess is what is left of the horizon when she is `stray_m` outside, in minutes.

    NaN where her length is unknown. LNG carriers are `lng_deviation_soon`'s. Nothing is said of a corridor without an
    axis, nor beside its ends.
    """
    terms = scene.terms
    horizon_min = terms.value("stray_horizon_min", PARAMETERS["stray_horizon_min"][0])
    pairs = scene.inside(terms.of("corridor", "fairway") & (terms.text("lng_zone") == ""))
    pairs = pairs.where(scene.under_way[pairs.row] & ~scene.is_lng[pairs.row] & ~np.isnan(pairs.cross_m))
    room_m = side_m(scene, pairs) + terms.value("stray_m", OUT["stray_m"][0])[pairs.zone]
    chance, stray_min = straying(scene, pairs, room_m, horizon_min)
    off_deg = np.abs((scene.tracks.cog_deg[pairs.row] - pairs.axis_deg + 90) % 180 - 90)
    length_m = scene.length_m[pairs.row]
    small = length_m < terms.value("deep_length_m", OUT["deep_length_m"][0])[pairs.zone]
    excess = left_min(scene, pairs, chance, stray_min, horizon_min)
    excess[small | (off_deg > OUT["stray_deg"][0])] = 0.0
    excess[np.isnan(length_m) & (excess > 0)] = np.nan
    return scene.findings(
        *(pairs.row, pairs.zone, excess, CAUTION),
        length_m=length_m,
        cog_deg=scene.tracks.cog_deg[pairs.row],
        stray_min=stray_min,
        chance_pct=100.0 * chance,
    )
