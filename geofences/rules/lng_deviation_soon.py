"""An LNG carrier that will be off her corridor, or too far off its axis, if she keeps speed and angle to the axis."""

import numpy as np

from geofences.rules._ahead import CHANCE, left_min
from geofences.rules._corridor import side_m, straying
from geofences.rules.lng_deviation import PARAMETERS as OFF
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "min"
CITATION = "the corridor's own source; prediction by the covariance of the track"
NEEDS = ("corridor", "fairway")
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "LNG carrier about to leave her corridor", "zh": "LNG船即将偏离航路"}
TEXT = {
    "en": "LNG carrier {vessel}, {cross_m} m off the axis of {zone}, will be off it by more than allowed in "
    "{stray_min} min ({chance_pct} % likely)",
    "zh": "LNG船{vessel}距{zone}中线{cross_m}米,预计{stray_min}分钟后偏离超出允许值(可能性{chance_pct}%)",
}
PARAMETERS = {
    "stray_horizon_min": (3.0, "min", "ours: a large ship answers her helm in less; earlier would be a nuisance"),
    "chance_pct": CHANCE,
    **OFF,
}


def evaluate(scene):
    """A finding per carrier; excess is what is left of the horizon when she passes the limit, in minutes.

    The limit is `max_cross_m` or the corridor's side, whichever is nearer. Nothing is said of a corridor without an
    axis.
    """
    terms = scene.terms
    horizon_min = terms.value("stray_horizon_min", PARAMETERS["stray_horizon_min"][0])
    pairs = scene.inside(terms.of("corridor", "fairway"))
    pairs = pairs.where(scene.is_lng[pairs.row] & scene.under_way[pairs.row] & ~np.isnan(pairs.cross_m))
    cross_m = np.abs(pairs.cross_m)
    room_m = np.minimum(side_m(scene, pairs), terms.value("max_cross_m", np.inf)[pairs.zone] - cross_m)
    chance, stray_min = straying(scene, pairs, room_m, horizon_min)
    return scene.findings(
        *(pairs.row, pairs.zone, left_min(scene, pairs, chance, stray_min, horizon_min)),
        np.where(stray_min < 1, WARNING, CAUTION),
        cross_m=cross_m,
        stray_min=stray_min,
        chance_pct=100.0 * chance,
    )
