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
    columns = {"imo": view.static("imo", -1), "mmsi": view.tracks.mmsi, "name": view.static("name", "")}
    on_list = np.zeros(view.tracks.n, bool)
    for kind, column in columns.items():
        listed = [value for key, value in view.listed if key == kind]
        if listed:
            on_list |= np.isin(column, listed)
    rows, why = [], []
    for i in np.flatnonzero(on_list).tolist():
        entries = (view.listed.get((kind, column[i].item())) for kind, column in columns.items())
        valid = next((entry for entry in entries if entry and entry[1] <= view.at_ns <= entry[2]), None)
        if valid:
            rows.append(i)
            why.append(valid[0])
    return findings(view, rows, 1.0, severity=WARNING, why=np.array(why, "<U80"))
