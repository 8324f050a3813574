"""A hull that changes who she is: name, IMO number or dimensions under one MMSI, or MMSI under one IMO number."""

import numpy as np

from risk.behaviours._common import findings, prune
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING
from vts.units import DAY, MINUTE

UNIT = "1"
CITATION = "ITU-R M.1371-5 message 5: name, IMO number and dimensions belong to the ship"
POLICY = Policy(clear_after_s=600.0)
TITLE = {"en": "Identity changed", "zh": "身份信息变更"}
TEXT = {
    "en": "{vessel} changed her {what}: {old} became {new}",
    "zh": "{vessel}的{what}由 {old} 变为 {new}",
}
TOUCH_NS = 3600 * 10**9  # how often an unchanged entry is renewed, so that it is not forgotten
PARAMETERS = {
    "size_m": (10.0, "m", "ours: smaller changes are corrected typing errors"),
    "told_min": (60.0, "min", "ours: how long it is told"),
    "forget_days": (30.0, "d", "ours"),
}


def evaluate(view, memory):
    """Number of fields changed.

    memory: {mmsi: [t, name, imo, length, what, old, new, changed at, count], "imo N": [t, mmsi, t]}.
    """
    statics = view.picture.statics
    told_ns = int(PARAMETERS["told_min"][0] * MINUTE)
    rows = []
    mmsi, name, imo_number = statics.mmsi.tolist(), statics.name.tolist(), statics.imo.tolist()
    length_m = np.nan_to_num(statics.length_m).tolist()
    for i, k in enumerate(view.static_row.tolist()):
        if k < 0:
            continue
        key = str(mmsi[k])
        now = [name[k], imo_number[k], length_m[k]]
        old = memory.get(key)
        if old and old[1:4] == now and old[7] < 0 and view.at_ns - old[0] < TOUCH_NS:
            continue  # nothing new: most ships, most of the time
        told = old[4:] if old else ["", "", "", -1, 0]
        if old:
            changed = _changes(old[1:4], now)
            if changed:
                told = [*changed[0], int(view.at_ns), len(changed)]
            now = [fresh or before for fresh, before in zip(now, old[1:4], strict=True)]
            if now[1] < 0:
                now[1] = old[2]
        imo = f"imo {now[1]}"
        if now[1] > 0:
            before = memory.get(imo)
            if before and before[1] != mmsi[k] and before[2] != int(view.at_ns):
                told = ["MMSI", str(before[1]), key, int(view.at_ns), 2]
            memory[imo] = [int(view.at_ns), mmsi[k], int(view.at_ns)]
        memory[key] = [int(view.at_ns), *now, *told]
        if told[3] >= 0 and view.at_ns - told[3] <= told_ns:
            rows.append((i, told))
    prune(memory, view.at_ns, int(PARAMETERS["forget_days"][0] * DAY))
    count = np.array([told[4] for _, told in rows], float)
    return findings(
        view,
        [i for i, _ in rows],
        count,
        severity=np.where(count > 1, WARNING, CAUTION),
        since_ns=np.array([told[3] for _, told in rows], np.int64),
        **{
            name: np.array([_plain(told[j]) for _, told in rows], "<U24")
            for j, name in enumerate(("what", "old", "new"))
        },
    )


def _changes(old, now):
    """[(what, old, new)] of fields that were known and are now something else."""
    out = []
    if old[0] and now[0] and old[0] != now[0]:
        out.append(("name", old[0], now[0]))
    if old[1] > 0 and now[1] > 0 and old[1] != now[1]:
        out.append(("IMO", str(old[1]), str(now[1])))
    if old[2] > 0 and now[2] > 0 and abs(old[2] - now[2]) >= PARAMETERS["size_m"][0]:
        out.append(("length", f"{old[2]:.0f}", f"{now[2]:.0f}"))
    return out


def _plain(text):
    """A name as it may stand in a detail: its separators are taken out."""
    return str(text).replace(";", " ").replace("=", " ")
