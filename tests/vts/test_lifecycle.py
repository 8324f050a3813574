"""The life of an alert: one per cause, patient, latched where it must be, and withdrawn when disproved."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vts.lifecycle import Findings, Lifecycle, Policy
from vts.schema import ALARM, ALERT_STATES, CAUTION, Alerts, Tracks
from vts.units import S

POLICY = Policy(raise_after_s=20, clear_after_s=30, rearm_s=100, update_factor=1.5)
TRACKS = Tracks(track=[1, 2], mmsi=[412000001, 412000002], lon_deg=[113.9, 114.0], lat_deg=[22.1, 22.2])


def find(excess, track=1, other=-1, zone=0, severity=CAUTION):
    return Findings(
        track=[track], other=[other], zone=[zone], excess=[excess], severity=[severity], detail=["sog_kn=9"]
    )


def run(excesses, policy=POLICY, step_s=10, life=None, severities=None):
    """[(state, t in s)] of one cause; None is a Picture in which the rule finds nothing."""
    life, told = life or Lifecycle(), []
    for k, excess in enumerate(excesses):
        severity = severities[k] if severities else CAUTION
        found = Findings.empty() if excess is None else find(excess, severity=severity)
        alerts = life.step(k * step_s * S, "speed", policy, found, TRACKS)
        told += [(ALERT_STATES[s], int(t) // S) for s, t in zip(alerts.state, alerts.t_ns, strict=True)]
    return told


def test_an_alert_is_raised_when_its_cause_has_held_long_enough():
    assert [("raised", 20)] == run([1, 1, 1, 1])


def test_a_cause_that_comes_and_goes_raises_nothing():
    assert [] == run([1, 1, None, 1, 1, None])


def test_an_alert_clears_when_its_cause_has_been_gone_long_enough():
    assert [("raised", 20), ("cleared", 50)] == run([1, 1, 1, None, None, None, None])


def test_a_return_within_rearm_s_is_the_same_alert():
    assert [("raised", 20), ("cleared", 50), ("updated", 70)] == run([1, 1, 1, *[None] * 4, 1])


def test_a_return_after_rearm_s_is_a_new_alert():
    told = run([1, 1, 1, *[None] * 16, 1, 1, 1])
    assert [("raised", 20), ("cleared", 50), ("raised", 210)] == told


def test_an_update_is_told_when_the_excess_has_grown_by_half():
    assert [("raised", 20), ("updated", 40)] == run([1, 1, 1, 1.4, 1.6, 2.3])


def test_an_update_is_told_when_it_becomes_graver():
    assert [("raised", 20), ("updated", 40)] == run([1] * 6, severities=[0, 0, 0, 0, ALARM, ALARM])


def test_insufficient_data_neither_raises_nor_clears():
    assert [("raised", 20)] == run([1, 1, 1, *[np.nan] * 30])
    assert [] == run([np.nan] * 30)


def test_what_is_disproved_is_withdrawn_and_may_be_raised_anew():
    told = run([1, 1, 1, -np.inf, None, 1, 1, 1])
    assert [("raised", 20), ("withdrawn", 30), ("raised", 70)] == told


def test_a_latched_alert_stays_until_the_officer_has_seen_it():
    latched = Policy(raise_after_s=0, clear_after_s=0, latched=True)
    life = Lifecycle()
    assert [("raised", 0)] == run([1, None, None, None], latched, life=life)
    alert = life.dump()["causes"]["speed"]["alert"][0]
    assert [2] == life.acknowledge(35 * S, alert).state.tolist()
    assert ["cleared"] == [ALERT_STATES[s] for s in life.step(40 * S, "speed", latched, Findings.empty(), TRACKS).state]
    assert 0 == life.acknowledge(45 * S, alert).n  # closed
    assert 0 == life.acknowledge(45 * S, 0).n  # no alert has the id 0


def test_two_findings_of_one_cause_are_one_alert_of_the_greater():
    both = Findings.concat([find(5.0), find(2.0)])
    alerts = Lifecycle().step(0, "speed", Policy(), both, TRACKS)
    assert [5.0] == alerts.excess.tolist()


def test_an_alert_says_who_where_and_since_when():
    life = Lifecycle()
    found = find(3.0, track=1, other=2, zone=4, severity=ALARM)._replace(since_ns=np.array([-5 * S]))
    found = found._replace(since_ns=np.array([7 * S]))
    (row,) = zip(*life.step(10 * S, "cpa", Policy(), found, TRACKS), strict=True)
    alert = dict(zip(Alerts.spec, row, strict=True))
    assert ("cpa", 1, 412000001, 2, 412000002, 4) == tuple(
        alert[k] for k in ("rule", "track", "mmsi", "other", "other_mmsi", "zone")
    )
    assert (113.9, 22.1, 7 * S, -1, 3.0) == tuple(
        alert[k] for k in ("lon_deg", "lat_deg", "since_ns", "until_ns", "excess")
    )


def test_an_alert_of_a_lost_vessel_clears_where_she_was_last_seen():
    life = Lifecycle()
    life.step(0, "speed", Policy(clear_after_s=10), find(1.0), TRACKS)
    gone = life.step(60 * S, "speed", Policy(clear_after_s=10), Findings.empty(), Tracks.empty())
    assert (412000001, 113.9, 0) == (gone.mmsi[0], gone.lon_deg[0], gone.until_ns[0])


def test_what_is_suppressed_is_not_raised_until_it_expires():
    life = Lifecycle()
    life.suppress(100 * S, rule="speed", mmsi=412000001, reason="pilot training")
    assert [("raised", 100)] == run([1] * 12, Policy(), life=life)
    assert 0 == life.suppressed.n


@pytest.mark.parametrize("where", [{"rule": "other"}, {"mmsi": 412000002}, {"zone": 3}, {"track": 2}])
def test_what_is_suppressed_for_others_is_raised(where):
    life = Lifecycle()
    life.suppress(10_000 * S, **where)
    assert [("raised", 0)] == run([1], Policy(), life=life)


def test_withdraw_takes_back_what_no_longer_stands():
    life = Lifecycle()
    both = Findings.concat([find(1.0, track=1), find(1.0, track=2)])
    life.step(0, "speed", Policy(), both, TRACKS)
    taken = life.withdraw(S, "speed", lambda track, other, zone: track == 1)
    assert ([2], {"speed": 1}) == (taken.track.tolist(), life.open())
    assert [2] == life.step(2 * S, "speed", Policy(), both, TRACKS).track.tolist()


EXCESS = st.sampled_from([None, None, 1.0, 1.2, 2.0, 8.0, -1.0, np.nan, -np.inf])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(EXCESS, EXCESS, EXCESS), max_size=30), st.integers(0, 30), st.booleans())
def test_saved_and_loaded_at_any_step_it_goes_on_the_same(story, cut, latched):
    policy = Policy(raise_after_s=10, clear_after_s=20, rearm_s=60, latched=latched)

    def tell(reload_at):
        life, rows = Lifecycle(), []
        for k, excesses in enumerate(story):
            if k == reload_at:
                life = Lifecycle.restore(json.loads(json.dumps(life.dump())))
            parts = [find(x, track=1 + i % 2, zone=i) for i, x in enumerate(excesses) if x is not None]
            found = Findings.concat(parts) if parts else Findings.empty()
            rows.append(life.step(k * 10 * S, "speed", policy, found, TRACKS))
        return [column.tolist() for column in Alerts.concat(rows)]

    assert repr(tell(-1)) == repr(tell(cut))


@settings(max_examples=50, deadline=None)
@given(st.lists(EXCESS, max_size=40), st.booleans())
def test_an_alert_lives_in_order(story, latched):
    """Raised first; then updates; cleared only while it lasts; an id is never raised twice."""
    life, lasting, ids = Lifecycle(), None, set()
    for k, excess in enumerate(story):
        found = Findings.empty() if excess is None else find(excess)
        rows = life.step(k * 10 * S, "speed", Policy(10, 20, 60, latched), found, TRACKS)
        assert rows.n <= 1
        for alert, state in zip(rows.alert.tolist(), rows.state.tolist(), strict=True):
            if ALERT_STATES[state] == "raised":
                assert alert not in ids and lasting is not True
                ids.add(alert)
                lasting = True
            elif ALERT_STATES[state] == "updated":
                lasting = True
            else:
                assert lasting
                lasting = False
            assert alert in ids


def test_memory_is_bounded_by_what_is_open():
    life = Lifecycle()
    for k in range(200):
        life.step(k * 1000 * S, "speed", Policy(clear_after_s=0, rearm_s=0), find(1.0, track=1 + k), TRACKS)
    assert 2 >= len(life.dump()["causes"]["speed"]["track"])
