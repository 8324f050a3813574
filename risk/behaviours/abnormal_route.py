"""Sails where this water's traffic does not go, or the other way: against lanes learned from the traffic itself."""

import numpy as np

from risk.behaviours import _kernels
from risk.behaviours._common import findings, in_kind
from risk.ledger import Ledger
from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import DAY, S

UNIT = "1"
CITATION = "ours: share of passages through the same half mile on a like course"
POLICY = Policy(raise_after_s=300.0, clear_after_s=300.0)
TITLE = {"en": "Abnormal route", "zh": "异常航路"}
TEXT = {
    "en": "{vessel} on course {cog_deg} where {share_pct} % of {passages} passages go that way",
    "zh": "{vessel}航向 {cog_deg} 度，此处 {passages} 艘次中仅 {share_pct}% 同向",
}
PARAMETERS = {
    "cell_deg": (1 / 120, "deg", "ours: half a minute of arc"),
    "passages": (50.0, "1", "ours: fewer are no lane yet"),
    "share": (0.02, "1", "ours: of passages within 67 degrees of her course"),
    "least_kn": (5.0, "kn", "ours: under way"),
    "forget_days": (30.0, "d", "ours: lanes move with works and seasons"),
}
OCTANTS = 8


def evaluate(view, memory):
    """How far under the share. memory: a ledger of passages by cell and octant, and one of each track's last cell."""
    tracks = view.tracks
    cells = memory.setdefault("cells", Ledger(t_ns="i8", counts=f"({OCTANTS},)i8"))
    last = memory.setdefault("at", Ledger(t_ns="i8", cell="i8", octant="i8"))
    size = PARAMETERS["cell_deg"][0]
    moving = (tracks.sog_kn >= PARAMETERS["least_kn"][0]) & np.isfinite(tracks.cog_deg) & ~in_kind(view, "stop")
    rows = np.flatnonzero(moving)
    east, north = (np.floor_divide(x[rows], size).astype(np.int64) for x in (tracks.lon_deg, tracks.lat_deg))
    cell = east * (1 << 20) + north
    octant = (tracks.cog_deg[rows] // 45.0).astype(np.int64) % OCTANTS
    old = last.at(tracks.track[rows])
    changed = old < 0  # a passage counts once a cell and course
    here = np.flatnonzero(old >= 0)
    changed[here] = (last["cell"][old[here]] != cell[here]) | (last["octant"][old[here]] != octant[here])
    cells.add(np.setdiff1d(cell, cells.key))
    total, like = np.zeros(rows.size, np.int64), np.zeros(rows.size, np.int64)
    _kernels.passages(cells.at(cell), octant, changed, int(view.at_ns), cells["t_ns"], cells["counts"], total, like)
    last.put(tracks.track[rows], t_ns=view.at_ns, cell=cell, octant=octant)
    if view.at_ns % (600 * S) == 0:  # now and then, since the table of cells is long
        last.keep(view.at_ns - last["t_ns"] <= DAY // 24)
        cells.keep(view.at_ns - cells["t_ns"] <= int(PARAMETERS["forget_days"][0] * DAY))
    share = PARAMETERS["share"][0]
    few = np.flatnonzero((total >= PARAMETERS["passages"][0]) & (like < share * total))
    rows, total, like = rows[few], total[few], like[few]
    numbers = {"cog_deg": tracks.cog_deg[rows], "share_pct": 100.0 * like / total, "passages": total}
    return findings(view, rows, share - like / total, severity=CAUTION, **numbers)
