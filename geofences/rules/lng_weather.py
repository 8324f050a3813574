"""An LNG carrier in, or about to enter, a corridor whose weather limits are exceeded: no-go."""

import numpy as np

from geofences.lng import weather
from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "%"
CITATION = (
    "the corridor's own limits; those of JTS 165-5 (wind 20 m/s, visibility 2,000 m sailing) are not verified here"
)
NEEDS = ("max_wind_mps", "min_visibility_m", "max_wave_m")
POLICY = Policy(raise_after_s=0.0, clear_after_s=600.0)
TITLE = {"en": "Weather no-go for an LNG carrier", "zh": "LNG船气象禁航"}
TEXT = {
    "en": "{what} of {value} is {excess} % beyond the limit of {limit} for LNG carrier {vessel} in {zone}",
    "zh": "{zone}内LNG船{vessel}:{what}为{value},超出限值{limit}达{excess}%",
}
PARAMETERS = {
    "max_wind_mps": (np.inf, "m/s", "the corridor's own source"),
    "min_visibility_m": (0.0, "m", "the corridor's own source"),
    "max_wave_m": (np.inf, "m", "the corridor's own source"),
    "go_min": (60.0, "min", "ours: a carrier that will enter within the hour is told"),
}


def evaluate(scene):
    """A finding per carrier: excess is how far the worst of wind, visibility and waves is beyond its limit, percent.

    NaN where a limited quantity is not known for the last six hours.
    """
    limits = {name: scene.terms.value(name, PARAMETERS[name][0]) for name in weather.LIMITS}
    limited = np.any([limits[name] != PARAMETERS[name][0] for name in limits], axis=0)
    pairs = scene.near(limited)
    coming = (pairs.since_ns >= 0) | (pairs.enter_min <= PARAMETERS["go_min"][0])
    pairs = pairs.where(coming & scene.is_lng[pairs.row] & (scene.moorings.state[pairs.row] <= 1))
    now = {name: scene.weather(column) for name, (column, *_) in weather.LIMITS.items()}
    verdicts = [weather.verdict({n: limits[n][z] for n in limits}, now) for z in pairs.zone.tolist()]
    excess = np.array([v.excess_pct for v in verdicts], float)
    return scene.findings(
        *(pairs.row, pairs.zone, excess, np.where(pairs.since_ns >= 0, ALARM, WARNING)),
        what=np.array([v.what for v in verdicts], "U20"),
        value=np.array([f"{v.value:g}" for v in verdicts], "U20"),
        limit=np.array([f"{v.limit:g}" for v in verdicts], "U20"),
    )
