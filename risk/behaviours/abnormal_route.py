"""Sails where this water's traffic does not go, or the other way: against lanes learned from the traffic itself."""

import numpy as np

from risk.behaviours._common import findings, in_kind
from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import DAY

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
    """How far under the share. memory: {"cells": {"ix iy": [t, 8 counts]}, "at": {track: [t, "ix iy octant"]}}."""
    tracks = view.tracks
    cells, at = memory.setdefault("cells", {}), memory.setdefault("at", {})
    size = PARAMETERS["cell_deg"][0]
    moving = (tracks.sog_kn >= PARAMETERS["least_kn"][0]) & np.isfinite(tracks.cog_deg) & ~in_kind(view, "stop")
    rows, under, share_pct, passages = [], [], [], []
    for i in np.flatnonzero(moving):
        cell = f"{int(tracks.lon_deg[i] // size)} {int(tracks.lat_deg[i] // size)}"
        octant = int(tracks.cog_deg[i] // 45.0) % OCTANTS
        counts = cells.get(cell)
        if counts is not None:
            total = sum(counts[1:])
            like = sum(counts[1 + (octant + k) % OCTANTS] for k in (-1, 0, 1))
            if total >= PARAMETERS["passages"][0] and like < PARAMETERS["share"][0] * total:
                rows.append(i)
                under.append(PARAMETERS["share"][0] - like / total)
                share_pct.append(100.0 * like / total)
                passages.append(total)
        key, here = str(tracks.track[i]), f"{cell} {octant}"
        if at.get(key, [0, ""])[1] != here:  # a passage counts once a cell and course
            counts = cells.setdefault(cell, [0] * (1 + OCTANTS))
            counts[0] = int(view.at_ns)
            counts[1 + octant] += 1
        at[key] = [int(view.at_ns), here]
    _forget(at, view.at_ns, DAY // 24)
    _forget(cells, view.at_ns, int(PARAMETERS["forget_days"][0] * DAY))
    return findings(
        view,
        rows,
        np.array(under),
        severity=CAUTION,
        cog_deg=tracks.cog_deg[rows],
        share_pct=np.array(share_pct),
        passages=np.array(passages, np.int64),
    )


def _forget(entries, at_ns, keep_ns):
    """Drop what is old; looked at only now and then, since the table of cells is long."""
    if at_ns % (600 * 10**9) == 0:
        for key in [key for key, entry in entries.items() if at_ns - entry[0] > keep_ns]:
            del entries[key]
