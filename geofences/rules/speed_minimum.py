"""Slower over the ground than a zone demands: some bridge channels must be passed with way on."""

import numpy as np

from geofences.mooring_kernels import STOP_KN, STOPPED
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "kn"
CITATION = "the zone's own source; 港珠澳大桥广东水域通航安全管理办法 (2020): 5 kn at least in the bridge channels"
NEEDS = ("min_speed_kn",)
POLICY = Policy(raise_after_s=60.0, clear_after_s=60.0)
TITLE = {"en": "Speed under the minimum", "zh": "航速过低"}
TEXT = {
    "en": "{vessel} makes {sog_kn} kn in {zone}, {excess} kn under the minimum of {limit_kn} kn",
    "zh": "{vessel}在{zone}航速{sog_kn}节,低于最低航速{limit_kn}节达{excess}节",
}
PARAMETERS = {
    "min_speed_kn": (np.nan, "kn", "the zone's own source; no minimum without one"),
    "under_kn": (0.5, "kn", "ours: twice the noise of a GNSS speed over ground"),
}


def evaluate(scene):
    """A finding per vessel under way that is too slow for a zone; NaN where her speed is unknown."""
    limits = scene.terms.by_kind("min_speed_kn", np.nan)
    pairs = scene.inside(~np.isnan(limits).all(axis=1))
    # who is moored or anchored breaks another rule, and who was never seen to move may be so without saying it
    moves = (scene.moorings.seen_under_way == 1) | ~(scene.tracks.sog_kn <= STOP_KN)
    pairs = pairs.where(((scene.moorings.state <= STOPPED) & moves)[pairs.row])
    limit_kn = limits[pairs.zone, scene.kind[pairs.row]]
    sog_kn = scene.tracks.sog_kn[pairs.row]
    under_kn = limit_kn - sog_kn
    tolerance_kn = scene.terms.value("under_kn", PARAMETERS["under_kn"][0])[pairs.zone]
    excess = np.where(np.isnan(limit_kn) | (under_kn <= tolerance_kn), 0.0, under_kn)
    return scene.findings(pairs.row, pairs.zone, excess, CAUTION, sog_kn=sog_kn, limit_kn=limit_kn)
