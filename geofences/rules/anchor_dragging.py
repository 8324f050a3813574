"""Dragging her anchor: three fixes in a row outside the circle that a vessel at anchor can swing in.

The circle is about the place where she was seen to stop, with radius R = L + scope. Where she lay at anchor before
she was first seen, that place may be at the other side of her circle, so twice R is allowed. The anchor is being
weighed, and the alert withdrawn, when she makes way over her bow at more than 3 kn.
"""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = (
    "anchor circle R = L + 3h + 90 m up to wind force 7, L + 4h + 145 m above (JTS 165, not verified); "
    "three consecutive fixes outside, latched: customary in anchor watches"
)
POLICY = Policy(raise_after_s=0.0, clear_after_s=120.0, latched=True)
TITLE = {"en": "Anchor dragging", "zh": "走锚"}
TEXT = {
    "en": "{vessel} is {off_m} m from where she anchored, {excess} m outside her swing of {circle_m} m, at {sog_kn} kn",
    "zh": "{vessel}距抛锚点{off_m}米,超出{circle_m}米旋回圈{excess}米,航速{sog_kn}节,疑似走锚",
}
PARAMETERS = {
    "depth_m": (20.0, "m", "ours, where no zone gives the depth: an ordinary anchorage depth"),
    "force_7_mps": (17.1, "m/s", "upper end of Beaufort 7; above it the wider circle holds"),
    "position_m": (50.0, "m", "ours: antenna offset and position error on top of the circle"),
    "weighed_kn": (3.0, "kn", "M.1371-5 table 1: at anchor means not faster than 3 kn"),
    "length_m": (100.0, "m", "ours, where her length is unknown"),
}


def evaluate(scene):
    """A finding per vessel outside her circle in her last three fixes: excess is the least of the three, less R."""
    m, tracks = scene.moorings, scene.tracks
    row = np.flatnonzero(scene.anchored & (np.nan_to_num(m.off_m) > 0))
    weighed = np.flatnonzero(scene.under_way & _weighs(scene))
    if not row.size and not weighed.size:
        return scene.nothing()
    length_m = np.where(np.isnan(scene.length_m[row]), PARAMETERS["length_m"][0], scene.length_m[row])
    depth_m = _depths_m(scene)[row]
    rough = scene.weather("wind_mps") > PARAMETERS["force_7_mps"][0]
    scope_m = 4 * depth_m + 145 if rough else 3 * depth_m + 90
    circle_m = (length_m + scope_m) * np.where(m.seen_under_way[row] == 1, 1.0, 2.0) + PARAMETERS["position_m"][0]
    off_m = np.minimum(np.minimum(m.off_m[row], m.off_1_m[row]), m.off_2_m[row])
    excess = np.where(np.isnan(off_m), 0.0, off_m - circle_m)
    astern = np.abs((tracks.cog_deg[row] - tracks.heading_deg[row] + 180) % 360 - 180) > 60
    n = weighed.size
    return scene.findings(
        np.concatenate([row, weighed]),
        None,
        np.concatenate([excess, np.full(n, -np.inf)]),
        np.concatenate([np.where(astern, ALARM, WARNING), np.full(n, WARNING)]),
        off_m=np.concatenate([m.off_m[row], np.zeros(n)]),
        circle_m=np.concatenate([circle_m, np.zeros(n)]),
        sog_kn=tracks.sog_kn[np.concatenate([row, weighed])],
    )


def _weighs(scene):
    """Which tracks make way over the bow."""
    ahead = np.abs((scene.tracks.cog_deg - scene.tracks.heading_deg + 180) % 360 - 180) < 45
    return ahead & (scene.tracks.sog_kn > PARAMETERS["weighed_kn"][0])


def _depths_m(scene):
    """Depth at each track: of the deepest zone about her that gives one, else the default; shape (tracks,)."""
    given = scene.terms.value("depth_m", np.nan)
    pairs = scene.inside(~np.isnan(given))
    depth_m = np.full(scene.tracks.n, -np.inf)
    np.maximum.at(depth_m, pairs.row, given[pairs.zone])
    return np.where(np.isfinite(depth_m), depth_m, PARAMETERS["depth_m"][0])
