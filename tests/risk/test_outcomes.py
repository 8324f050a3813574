"""What became of collision alarms: two ships that meet, one that turns away, and one that is lost."""

import numpy as np
import pytest

from risk import outcomes
from tests.risk.scene import picture, play, steady
from vts.schema import Alerts, Tracks


def crossing(turns_at_s=1e9, until_s=1e9):
    """Two ships that meet after ten minutes; the second turns about at a time, and is lost at another."""
    east = steady(-6000.0, 0.0, 19.44, 90.0)
    v = 10.0

    def north(t):
        if t > until_s:
            return None
        out = min(t, turns_at_s)
        return {"x": 0.0, "y": v * (2 * out - t) - 6000.0, "sog": 19.44, "cog": 0.0 if t <= turns_at_s else 180.0}

    return [east, north]


def judged(ships, minutes=14):
    alerts, _ = play(ships, minutes)
    times = np.arange(0.0, minutes * 60.0 + 1.0, 30.0)
    tracks = Tracks.concat([picture(ships, t).tracks for t in times])
    return outcomes.judge(alerts, tracks), alerts


@pytest.mark.parametrize(
    ("ships", "expected"),
    [
        (crossing(), "came_true"),
        (crossing(turns_at_s=400.0), "manoeuvre"),
        (crossing(until_s=300.0), "unknown"),
    ],
    ids=["they meet", "one turns away", "one is lost"],
)
def test_what_becomes_of_a_collision_alert(ships, expected):
    found, alerts = judged(ships)
    kinds = ("came_true", "manoeuvre", "neither", "unknown")
    counts = {kind: sum(found[severity][kind] for severity in ("caution", "warning", "alarm")) for kind in kinds}
    assert {expected: 1} == {kind: n for kind, n in counts.items() if n}
    assert (alerts.rule == outcomes.RULE).any() and found["hours"] > 0.2


def test_a_store_without_alerts_has_no_precision():
    found = outcomes.judge(Alerts.empty(), Tracks.empty())
    assert found["alarm"]["precision"] is None and 0.0 == found["hours"]


def test_an_alert_of_a_foreign_store_that_names_no_limit_is_unknown():
    alerts, tracks = play(crossing(), 14)[0], picture(crossing(), 0.0).tracks
    found = outcomes.judge(alerts._replace(detail=np.full(alerts.n, "limit_nm=x;tcpa_min")), tracks)
    assert 1 == sum(found[severity]["unknown"] for severity in ("caution", "warning", "alarm"))
