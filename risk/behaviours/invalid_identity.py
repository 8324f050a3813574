"""An MMSI that no ship can have, or an IMO number that fails its check digit."""

import numpy as np

from risk.behaviours._common import findings, with_ais
from risk.identity import imo_fails, well_formed
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "1"
CITATION = "ITU-R M.585 (formats, MID table); IMO number check digit (digits times 7 to 2; from memory, not verified)"
POLICY = Policy(raise_after_s=60.0, clear_after_s=600.0)
TITLE = {"en": "Invalid identity", "zh": "识别码无效"}
TEXT = {"en": "{vessel} sends an invalid {what}: {value}", "zh": "{vessel}发送无效的 {what}：{value}"}
PARAMETERS = {}


def evaluate(view, memory):
    """1 for a number that cannot be."""
    tracks = view.tracks
    imo = view.static("imo", -1).astype(np.int64)
    ais = with_ais(view)
    no_mmsi = ais & ~well_formed(tracks.mmsi)
    no_imo = ais & ~no_mmsi & (imo > 0) & imo_fails(imo)
    rows = np.flatnonzero(no_mmsi | no_imo)
    what = np.where(no_mmsi[rows], "MMSI", "IMO")
    value = np.where(no_mmsi[rows], tracks.mmsi[rows], imo[rows])
    return findings(view, rows, 1.0, severity=CAUTION, what=what, value=value)
