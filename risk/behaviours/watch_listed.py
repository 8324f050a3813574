"""A vessel of the user's own watch list has appeared."""

import numpy as np

from risk.behaviours._common import findings
from vts.lifecycle import Policy
from vts.schema import WARNING

UNIT = "1"
CITATION = "the user's own list (risk.psc.watch_list), with its validity"
POLICY = Policy(clear_after_s=3600.0)
TITLE = {"en": "On the watch list", "zh": "布控名单船舶"}
TEXT = {"en": "{vessel} is on the watch list: {why}", "zh": "{vessel}在布控名单：{why}"}
PARAMETERS = {}


def evaluate(view, memory):
    """1 for a listed vessel. The list is View.listed: {("imo" | "mmsi" | "name", value): (why, from ns, to ns)}."""
    if not view.listed:
        return findings(view, [], 0.0)
    imo, name = view.static("imo", -1), view.static("name", "")
    rows, why = [], []
    for i in range(view.tracks.n):
        keys = (("imo", int(imo[i])), ("mmsi", int(view.tracks.mmsi[i])), ("name", str(name[i])))
        for key in keys:
            entry = view.listed.get(key)
            if entry and entry[1] <= view.at_ns <= entry[2]:
                rows.append(i)
                why.append(entry[0])
                break
    return findings(view, rows, 1.0, severity=WARNING, why=np.array(why, "<U80"))
