"""Faster over the ground than a zone allows her kind of vessel.

A zone's `max_speed_kn` holds for every kind that has no limit of its own there, such as `max_speed_hsc_kn`; a zone
without them sets no limit. `tolerance_kn` keeps the noise of a GNSS speed from being an offence.
"""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, CAUTION, WARNING

UNIT = "kn"
CITATION = "the zone's own source; 海上交通安全法 (2021) art. 43: safe speed and the special rules of the water"
NEEDS = ("max_speed_kn",)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "Speed over the limit", "zh": "超速航行"}
TEXT = {
    "en": "{vessel} makes {sog_kn} kn in {zone}, {excess} kn over the limit of {limit_kn} kn",
    "zh": "{vessel}在{zone}航速{sog_kn}节,超过限速{limit_kn}节达{excess}节",
}
PARAMETERS = {
    "max_speed_kn": (np.nan, "kn", "the zone's own source; no limit without one"),
    "tolerance_kn": (0.5, "kn", "ours: twice the noise of a GNSS speed over ground"),
}


def evaluate(scene):
    """A finding per vessel and zone whose limit it breaks; NaN where its speed is unknown."""
    limits = scene.terms.by_kind("max_speed_kn", PARAMETERS["max_speed_kn"][0])
    pairs = scene.inside(~np.isnan(limits).all(axis=1))
    limit_kn = limits[pairs.zone, scene.kind[pairs.row]]
    sog_kn = scene.tracks.sog_kn[pairs.row]
    over_kn = sog_kn - limit_kn
    tolerance_kn = scene.terms.value("tolerance_kn", PARAMETERS["tolerance_kn"][0])[pairs.zone]
    excess = np.where(over_kn <= tolerance_kn, 0.0, over_kn)
    excess[np.isnan(limit_kn)] = 0.0  # this kind has no limit here
    severity = np.where(over_kn > 0.5 * limit_kn, ALARM, np.where(over_kn > 0.2 * limit_kn, WARNING, CAUTION))
    return scene.findings(pairs.row, pairs.zone, excess, severity, sog_kn=sog_kn, limit_kn=limit_kn)
