"""Two vessels that lie together at sea."""

from dataclasses import replace

import numpy as np

from risk.behaviours._common import findings, in_kind
from vts.errors import UsageError
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = (
    "Global Fishing Watch pipe-encounters: 500 m, 2 h, under 2 kn; its 10 km from an anchorage becomes: outside the "
    "zones where ships lie"
)
POLICY = Policy(raise_after_s=2 * 3600.0, clear_after_s=600.0)
TITLE = {"en": "Rendezvous", "zh": "海上会合"}
TEXT = {
    "en": "{vessel} and {other} lie {range_m} m apart, both under {limit_kn} kn",
    "zh": "{vessel}与{other}相距 {range_m} 米停留，航速均低于 {limit_kn} 节",
}
PARAMETERS = {
    "range_m": (500.0, "m", "Global Fishing Watch; other presets by RiskConfig.rendezvous"),
    "limit_kn": (2.0, "kn", "Global Fishing Watch"),
    "after_h": (2.0, "h", "Global Fishing Watch; POLICY.raise_after_s"),
}
# name: (range m, minutes), as the services publish them; RiskConfig.rendezvous chooses
PRESETS = {
    "global_fishing_watch": (500.0, 120.0),
    "skylight": (250.0, 30.0),
    "starboard_close": (50.0, 10.0),
    "starboard_wide": (200.0, 30.0),
}


def preset(config):
    """(range in m, minutes) that the configuration names. Raises UsageError for another name."""
    if config.rendezvous not in PRESETS:
        raise UsageError(f"[risk] rendezvous: no preset {config.rendezvous!r}; there are {', '.join(PRESETS)}")
    return PRESETS[config.rendezvous]


def policy(config):
    """POLICY with the patience of the preset."""
    return replace(POLICY, raise_after_s=preset(config)[1] * 60.0)


def evaluate(view, memory):
    """Metres under the limit."""
    range_m, _ = preset(view.config)
    pairs, tracks = view.encounters, view.tracks
    limit = PARAMETERS["limit_kn"][0]
    slow = (tracks.sog_kn < limit) & ~in_kind(view, "stop")
    rows = np.flatnonzero((pairs.range_m < range_m) & (pairs.company == 0))
    rows = rows[slow[pairs.row[rows]] & slow[pairs.other_row[rows]]]
    a, b = pairs.row[rows], pairs.other_row[rows]
    dark = (tracks.mmsi[a] < 0) | (tracks.mmsi[b] < 0)
    return findings(
        view,
        a,
        range_m - pairs.range_m[rows],
        severity=np.where(dark, WARNING, CAUTION),
        other=pairs.other[rows],
        range_m=pairs.range_m[rows],
        limit_kn=np.full(rows.size, limit),
    )
