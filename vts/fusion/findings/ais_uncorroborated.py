"""An AIS position where radar looks and sees nothing: a ghost, or a vessel that is elsewhere."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "1"
CITATION = "IMO Res. A.1106(29), inherent limitations of AIS; the limits are ours"
POLICY = Policy(raise_after_s=15.0, clear_after_s=60.0)
TITLE = {"en": "AIS without a radar echo", "zh": "AIS无雷达回波"}
TEXT = {
    "en": "{vessel} reports a position where radar has looked in vain (probability of a false position {p_spoof})",
    "zh": "{vessel}所报船位处雷达多次扫描均无回波(船位不实概率{p_spoof})",
}
PARAMETERS = {
    "p_spoof": (0.5, "1", "ours: more likely false than true"),
    "alarm": (0.9, "1", "ours: as good as certain"),
}


def evaluate(evidence):
    """A finding per named track that only AIS feeds and whose p_spoof is over the limit; excess is p_spoof."""
    tracks = evidence.tracks
    alone = (tracks.seen_by & ~np.int64(1)) == 0
    where = np.flatnonzero((tracks.p_spoof > PARAMETERS["p_spoof"][0]) & alone)
    p_spoof = tracks.p_spoof[where]
    severity = np.where(p_spoof >= PARAMETERS["alarm"][0], ALARM, WARNING)
    return evidence.findings(where, p_spoof, severity, p_spoof=p_spoof)
