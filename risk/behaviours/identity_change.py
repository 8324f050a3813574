"""A hull that changes who she is: name, IMO number or dimensions under one MMSI, or MMSI under one IMO number."""

import numpy as np

from risk.behaviours._common import findings, one_hull
from risk.identity import ships
from risk.ledger import Ledger, among
from vts.lifecycle import Policy
from vts.schema import AIS_ATON, AIS_BASE, AIS_SAR, CAUTION, WARNING
from vts.units import DAY, MINUTE

UNIT = "1"
CITATION = "ITU-R M.1371-5 message 5: name, IMO number and dimensions belong to the ship"
POLICY = Policy(clear_after_s=600.0)
TITLE = {"en": "Identity changed", "zh": "身份信息变更"}
TEXT = {
    "en": "{vessel} changed her {what}: {old} became {new}",
    "zh": "{vessel}的{what}由 {old} 变为 {new}",
}
NO_VESSEL = (AIS_BASE, AIS_ATON, AIS_SAR)  # whatever their MMSI: a light's long name comes in two parts (message 21)
TOUCH_NS = 3600 * 10**9  # how often an unchanged entry is renewed, so that it is not forgotten
PARAMETERS = {
    "size_m": (10.0, "m", "ours: smaller changes are corrected typing errors"),
    "told_min": (60.0, "min", "ours: how long it is told"),
    "forget_days": (30.0, "d", "ours"),
}
NOTED = {"t_ns": "i8", "name": "<U20", "imo": "i8", "length_m": "f8", "changed_ns": "i8"}


def evaluate(view, memory):
    """Number of fields changed.

    memory: a ledger by MMSI of what she last said, {mmsi: [what, old, new, count]} of those that changed it, and a
    ledger by IMO number of the last MMSI.
    """
    statics, at_ns = view.picture.statics, int(view.at_ns)
    noted, changes = memory.setdefault("vessels", Ledger(**NOTED)), memory.setdefault("changes", {})
    numbers = memory.setdefault("numbers", Ledger(t_ns="i8", mmsi="i8"))
    static_row = np.where(among(view.tracks.kind, NO_VESSEL) | ~one_hull(view), -1, view.static_row)
    first = np.full(statics.n + 1, view.tracks.n)  # track of each row of statics; the last is of those that have none
    first[static_row[::-1]] = np.arange(view.tracks.n)[::-1]
    said = np.flatnonzero((first[:-1] < view.tracks.n) & ships(statics.mmsi))
    news = said[_news(noted, statics, said, at_ns)]
    told = np.zeros(statics.n, bool)
    news = news[~_renewed(noted, numbers, statics, news, at_ns)]
    for k in news[np.argsort(first[news])].tolist():  # in order of the tracks
        told[k] = _note(noted, changes, numbers, statics, k, at_ns)
    noted.keep(~(at_ns - noted["t_ns"] > int(PARAMETERS["forget_days"][0] * DAY)))
    numbers.keep(~(at_ns - numbers["t_ns"] > int(PARAMETERS["forget_days"][0] * DAY)))
    for key in [key for key in changes if noted.at(np.array([int(key)]))[0] < 0]:
        del changes[key]
    rows = np.flatnonzero((static_row >= 0) & told[static_row]) if statics.n else np.empty(0, np.int64)
    mmsi = statics.mmsi[static_row[rows]]
    entries = [changes[str(m)] for m in mmsi.tolist()]
    count = np.array([entry[3] for entry in entries], float)
    return findings(
        view,
        rows,
        count,
        severity=np.where(count > 1, WARNING, CAUTION),
        since_ns=noted["changed_ns"][noted.at(mmsi)],
        **{
            name: np.array([_plain(entry[j]) for entry in entries], "<U24")
            for j, name in enumerate(("what", "old", "new"))
        },
    )


def _news(noted, statics, rows, at_ns):
    """Which of these static data are new or changed, or were told as changed lately, or not renewed for an hour."""
    old = noted.at(statics.mmsi[rows])
    same = old >= 0
    k, at = rows[same], old[same]
    same[same] = (
        (noted["name"][at] == statics.name[k])
        & (noted["imo"][at] == statics.imo[k])
        & (noted["length_m"][at] == np.nan_to_num(statics.length_m[k]))
        & (noted["changed_ns"][at] < 0)
        & (at_ns - noted["t_ns"][at] < TOUCH_NS)
    )
    return ~same


def _renewed(noted, numbers, statics, rows, at_ns):
    """Which of these are a new vessel's or as before, under a number that nobody else has; they are noted at once."""
    mmsi, name, imo = statics.mmsi[rows], statics.name[rows], statics.imo[rows]
    length_m = np.nan_to_num(statics.length_m[rows])
    old, before = noted.at(mmsi), numbers.at(imo)
    plain, k = old < 0, np.flatnonzero(old >= 0)
    at = old[k]
    plain[k] = (noted["name"][at] == name[k]) & (noted["imo"][at] == imo[k]) & (noted["length_m"][at] == length_m[k])
    plain[k] &= noted["changed_ns"][at] < 0
    k = np.flatnonzero(before >= 0)
    plain[k] &= numbers["mmsi"][before[k]] == mmsi[k]
    _, number, count = np.unique(imo, return_inverse=True, return_counts=True)
    plain &= (imo <= 0) | (count[number] == 1)
    k = np.flatnonzero(plain)
    noted.put(mmsi[k], t_ns=at_ns, name=name[k], imo=imo[k], length_m=length_m[k], changed_ns=-1)
    k = k[imo[k] > 0]
    numbers.put(imo[k], t_ns=at_ns, mmsi=mmsi[k])
    return plain


def _note(noted, changes, numbers, statics, k, at_ns):
    """Note what one vessel says; whether she has changed it within the time that it is told."""
    mmsi, row = statics.mmsi[k : k + 1], noted.at(statics.mmsi[k : k + 1])[0]
    now = [str(statics.name[k]), int(statics.imo[k]), float(np.nan_to_num(statics.length_m[k]))]
    key, changed_ns = str(mmsi[0]), -1
    if row >= 0:
        old = [noted[name][row].item() for name in ("name", "imo", "length_m")]
        changed_ns = int(noted["changed_ns"][row])
        changed = _changes(old, now)
        if changed:
            changes[key], changed_ns = [*changed[0], len(changed)], at_ns
        now = [fresh or before for fresh, before in zip(now, old, strict=True)]
        if now[1] < 0:
            now[1] = old[1]
    if now[1] > 0:
        number = np.array([now[1]])
        before = numbers.at(number)[0]
        if before >= 0 and numbers["mmsi"][before] != mmsi[0] and numbers["t_ns"][before] != at_ns:
            changes[key], changed_ns = ["MMSI", str(numbers["mmsi"][before]), key, 2], at_ns
        numbers.put(number, t_ns=at_ns, mmsi=mmsi)
    noted.put(mmsi, t_ns=at_ns, name=now[0], imo=now[1], length_m=now[2], changed_ns=changed_ns)
    return changed_ns >= 0 and at_ns - changed_ns <= int(PARAMETERS["told_min"][0] * MINUTE)


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
