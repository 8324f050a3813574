"""Another draught without a call at a port: cargo moved at sea."""

import numpy as np

from risk.behaviours._common import findings, in_kind, one_hull
from risk.ledger import Ledger, rounds
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
    "least_m": (1.0, "m", "ours: more than this; masters round, and ballast shifts"),
    "told_min": (60.0, "min", "ours: how long it is told"),
    "forget_days": (30.0, "d", "ours"),
}
NOTED = {"t_ns": "i8", "draught_m": "f8", "old_m": "f8", "new_m": "f8", "changed_ns": "i8"}


def evaluate(view, memory):
    """Change of draught in m where it is more than least_m. memory: a ledger by MMSI."""
    tracks = view.tracks
    draught = view.static("draught_m")
    in_port = in_kind(view, "stop")
    now = np.flatnonzero(np.isfinite(draught) & (draught > 0) & one_hull(view))
    noted, told = memory.setdefault("vessels", Ledger(**NOTED)), np.zeros(tracks.n, bool)
    for rows in rounds(tracks.mmsi[now]):
        at = now[rows]
        old = noted.at(tracks.mmsi[at])
        new = at[old < 0]
        noted.put(tracks.mmsi[new], draught_m=draught[new], changed_ns=-1)
        old = noted.at(tracks.mmsi[at])
        was = noted["draught_m"][old]
        change_dm = np.rint(10.0 * np.abs(draught[at] - was))  # sent in decimetres: 8.3 less 7.3 is no more than 1 m
        changed = ~in_port[at] & (change_dm > 10.0 * PARAMETERS["least_m"][0])
        row = old[changed]
        noted["old_m"][row], noted["new_m"][row], noted["changed_ns"][row] = (
            was[changed],
            draught[at[changed]],
            view.at_ns,
        )
        noted["t_ns"][old], noted["draught_m"][old] = view.at_ns, draught[at]
        when = noted["changed_ns"][old]
        told[at] = (when >= 0) & (view.at_ns - when <= int(PARAMETERS["told_min"][0] * MINUTE))
    rows = np.flatnonzero(told)
    at = noted.at(tracks.mmsi[rows])
    old_m, new_m, since = (noted[name][at] for name in ("old_m", "new_m", "changed_ns"))
    noted.keep(~(view.at_ns - noted["t_ns"] > int(PARAMETERS["forget_days"][0] * DAY)))
    change = np.abs(new_m - old_m)
    return findings(view, rows, change, severity=CAUTION, since_ns=since, old_m=old_m, new_m=new_m)
