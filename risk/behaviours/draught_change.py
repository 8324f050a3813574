"""Another draught without a call at a port: cargo moved at sea."""

import numpy as np

from risk.behaviours._common import findings, in_kind, prune
from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import DAY, MINUTE

UNIT = "m"
CITATION = "ITU-R M.1371-5 message 5: maximum present static draught"
POLICY = Policy(clear_after_s=600.0)
TITLE = {"en": "Draught changed at sea", "zh": "海上吃水变化"}
TEXT = {
    "en": "{vessel} changed her draught from {old_m} to {new_m} m without a call at a port",
    "zh": "{vessel}未靠港而吃水由 {old_m} 米变为 {new_m} 米",
}
PARAMETERS = {
    "least_m": (1.0, "m", "ours: masters round, and ballast shifts"),
    "told_min": (60.0, "min", "ours: how long it is told"),
    "forget_days": (30.0, "d", "ours"),
}


def evaluate(view, memory):
    """Metres over the limit. memory: {mmsi: [t, draught, old, new, changed at]}."""
    tracks = view.tracks
    draught = view.static("draught_m")
    in_port = in_kind(view, "stop")
    told_ns = int(PARAMETERS["told_min"][0] * MINUTE)
    rows = []
    for i in np.flatnonzero(np.isfinite(draught) & (draught > 0) & (tracks.mmsi >= 0)):
        key, now = str(tracks.mmsi[i]), float(draught[i])
        old = memory.get(key)
        told = old[2:] if old else [0.0, 0.0, -1]
        if old and not in_port[i] and abs(now - old[1]) >= PARAMETERS["least_m"][0]:
            told = [old[1], now, int(view.at_ns)]
        memory[key] = [int(view.at_ns), now, *told]
        if told[2] >= 0 and view.at_ns - told[2] <= told_ns:
            rows.append((i, told))
    prune(memory, view.at_ns, int(PARAMETERS["forget_days"][0] * DAY))
    old_m, new_m = np.array([t[0] for _, t in rows], float), np.array([t[1] for _, t in rows], float)
    since = np.array([t[2] for _, t in rows], np.int64)
    change = np.abs(new_m - old_m)
    return findings(view, [i for i, _ in rows], change, severity=CAUTION, since_ns=since, old_m=old_m, new_m=new_m)
