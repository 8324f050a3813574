"""Will enter a zone faster than it allows, if she keeps course and speed."""

import numpy as np

from geofences.chance import ndtr
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "kn"
CITATION = "the zone's own source; prediction by the covariance of the track"
NEEDS = ("max_speed_kn",)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "Too fast for the zone ahead", "zh": "前方限速区将超速"}
TEXT = {
    "en": "{vessel} will enter {zone} in {enter_min} min at {sog_kn} kn, limit {limit_kn} kn ({chance_pct} % likely)",
    "zh": "{vessel}预计{enter_min}分钟后以{sog_kn}节进入限速{limit_kn}节的{zone}(可能性{chance_pct}%)",
}
PARAMETERS = {
    "speed_horizon_min": (3.0, "min", "ours: vessels slow down shortly before a limit; earlier would be a nuisance"),
    "chance_pct": (60.0, "%", "ours: what is as likely to miss is not told"),
    "tolerance_kn": (0.5, "kn", "ours: twice the noise of a GNSS speed over ground"),
}


def evaluate(scene):
    """A finding per vessel and zone ahead: excess is knots over its limit.

    The chance is that she enters by the horizon times that her speed is over the limit, both by her covariance.
    """
    terms = scene.terms
    limits = terms.by_kind("max_speed_kn", np.nan)
    horizon_min = terms.value("speed_horizon_min", PARAMETERS["speed_horizon_min"][0])
    over = lambda pairs: limits[pairs.zone, scene.kind[pairs.row]] < scene.tracks.sog_kn[pairs.row]  # noqa: E731
    pairs, enters, enter_min = scene.soon(~np.isnan(limits).all(axis=1), horizon_min, over)
    limit_kn = limits[pairs.zone, scene.kind[pairs.row]]
    sog_kn = scene.tracks.sog_kn[pairs.row]
    over_kn = sog_kn - limit_kn
    tolerance_kn = terms.value("tolerance_kn", PARAMETERS["tolerance_kn"][0])[pairs.zone]
    sigma_kn = np.maximum(np.nan_to_num(scene.sigma_kn[pairs.row], nan=0.5), 0.05)
    chance_pct = 100.0 * enters * ndtr((over_kn - tolerance_kn) / sigma_kn)
    likely = chance_pct >= terms.value("chance_pct", PARAMETERS["chance_pct"][0])[pairs.zone]
    excess = np.where(likely & np.isfinite(enter_min), over_kn, 0.0)
    return scene.findings(
        *(pairs.row, pairs.zone, excess, CAUTION),
        enter_min=enter_min,
        sog_kn=sog_kn,
        limit_kn=limit_kn,
        chance_pct=chance_pct,
    )
