"""A vessel that radar sees and that is not heard, where AIS is heard around her."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION, CONFIRMED, WARNING

UNIT = "1"
CITATION = "SOLAS V/19.2.4: ships fitted with AIS keep it in operation; small craft need not carry it"
POLICY = Policy(raise_after_s=60.0, clear_after_s=60.0)
TITLE = {"en": "No AIS", "zh": "未开启AIS"}
TEXT = {
    "en": "{vessel} is seen by radar but not heard on AIS (probability {p_dark}), speed {sog_kn} kn",
    "zh": "雷达发现{vessel}但未收到AIS信号(概率{p_dark}),航速{sog_kn}节",
}
PARAMETERS = {"p_dark": (0.9, "1", "ours: nine in ten")}


def evaluate(evidence):
    """A finding per confirmed track whose p_dark is over the limit; excess is p_dark."""
    tracks = evidence.tracks
    limit = PARAMETERS["p_dark"][0]
    where = np.flatnonzero((tracks.p_dark > limit) & (tracks.state == CONFIRMED))
    severity = np.where(tracks.mmsi[where] >= 0, WARNING, CAUTION)  # she had a name and fell silent
    p_dark = tracks.p_dark[where]
    return evidence.findings(where, p_dark, severity, p_dark=p_dark, sog_kn=tracks.sog_kn[where])
