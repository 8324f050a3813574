"""Came into a port's waters without the notice of arrival that it asks for, or with one sent too late."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import HOUR

UNIT = "h"
CITATION = "国际航行船舶进出口岸检查办法 art. 6-7: 7 days or 24 h ahead; Shantou VTS users' guide: 24 h from 1,000 GT"
NEEDS = ("notice_h",)
POLICY = Policy(raise_after_s=0.0, clear_after_s=0.0)
TITLE = {"en": "Notice of arrival overdue", "zh": "抵港预报逾期"}
TEXT = {
    "en": "{vessel} ({length_m} m) entered {zone} with a notice of arrival {excess} h overdue",
    "zh": "{vessel}(长{length_m}米)进入{zone},抵港预报逾期{excess}小时",
}
PARAMETERS = {
    "notice_h": (np.nan, "h", "the port's own source; none asked without one"),
    "notice_length_m": (65.0, "m", "ours: near 1,000 GT, which AIS does not tell"),
    "notice_eta_h": (24.0, "h", "ours: a notice whose ETA is farther off was for another call"),
}


def evaluate(scene):
    """A finding per vessel that was seen to enter: excess is how late her notice was, or is by now, in hours.

    NaN without a register of notices, or where her length is unknown.
    """
    terms = scene.terms
    asked_h = terms.value("notice_h", np.nan)
    pairs = scene.inside(~np.isnan(asked_h))
    pairs = pairs.where(pairs.since_ns > scene.tracks.first_ns[pairs.row])  # else she was there before we looked
    if not pairs.row.size:
        return scene.nothing()
    length_m = scene.length_m[pairs.row]
    deadline_ns = pairs.since_ns - asked_h[pairs.zone] * HOUR
    notices = terms.register("notices")
    if notices is None:
        excess = np.full(pairs.row.size, np.nan)
    else:
        sent_ns = np.full(pairs.row.size, np.inf)
        window_ns = PARAMETERS["notice_eta_h"][0] * HOUR
        for k, mmsi in enumerate(scene.tracks.mmsi[pairs.row]):
            hers = (notices["mmsi"] == mmsi) & (np.abs(notices["eta"] - pairs.since_ns[k]) <= window_ns)
            hers &= notices["sent"] <= scene.at_ns
            sent_ns[k] = notices["sent"][hers].min(initial=2**62) if hers.any() else np.inf
        excess = (np.minimum(sent_ns, scene.at_ns) - deadline_ns) / HOUR
        excess[np.isnan(length_m)] = np.nan
    excess[length_m < terms.value("notice_length_m", PARAMETERS["notice_length_m"][0])[pairs.zone]] = 0.0
    return scene.findings(pairs.row, pairs.zone, excess, CAUTION, since_ns=pairs.since_ns, length_m=length_m)
