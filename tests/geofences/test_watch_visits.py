"""Entry, exit and dwell: hysteresis in space and time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences import calls, visits
from geofences.stay_kernels import ABSENT, FRESH, GONE, HELD, INSIDE, LEAVING
from vts.schema import VISIT_EVENTS, Places, Tracks, Visits
from vts.units import S

ENTER_S, LEAVE_S, REJOIN_S, MARGIN_M = 10, 60, 180, 30.0
TIMES_NS = [ENTER_S * S, LEAVE_S * S, REJOIN_S * S]


def sail(edges, step_s=10, part=FRESH):
    """[(event, t, entered, left)], s, of one vessel whose distance to a zone's edge is `edges`; None: no track."""
    stays, told = visits.Stays.empty(), []
    for k, edge in enumerate(edges):
        here = edge is not None
        tracks = Tracks(track=[7], mmsi=[412000001]) if here else Tracks.empty()
        near = Places(track=[7], zone=[0], edge_m=[edge]) if here and edge < 1000 else Places.empty()
        stays, events, _ = visits.step(
            k * step_s * S,
            stays,
            tracks,
            tracks.cog_deg,
            np.full(tracks.n, part, np.int8),
            near,
            np.array([MARGIN_M]),
            TIMES_NS,
        )
        for row in zip(*events, strict=True):
            told.append((VISIT_EVENTS[row[3]], *(int(t) // S if t >= 0 else -1 for t in row[4:])))
    return told


def test_a_vessel_has_entered_when_she_was_the_margin_inside_for_enter_s():
    assert [("entered", 20, 10, -1)] == sail([100, -31, -31])


def test_a_vessel_on_the_line_has_not_entered():
    assert [] == sail([100, -29, -29, -29, -29])


def test_one_fix_inside_is_no_entry():
    assert [] == sail([100, -500, 100, -500, 100])


def test_an_exit_counts_from_the_first_fix_over_the_line():
    assert [("entered", 10, 0, -1), ("left", 80, 0, 20)] == sail([-50, -50] + [50] * 8)


def test_a_vessel_that_vanishes_beyond_reach_has_left():
    assert [("entered", 10, 0, -1), ("left", 80, 0, 20)] == sail([-50, -50] + [5000] * 8)


def test_jitter_on_the_line_makes_no_event():
    assert [("entered", 10, 0, -1)] == sail([-50, -50] + [10, -10, 25, -25] * 20)


def test_a_return_within_rejoin_s_continues_the_stay():
    told = sail([-50, -50] + [50] * 10 + [-50] * 3)
    assert [("entered", 10, 0, -1), ("left", 80, 0, 20), ("resumed", 120, 0, -1)] == told


def test_a_return_after_rejoin_s_is_a_new_stay():
    told = sail([-50, -50] + [50] * 20 + [-50] * 3)
    assert ("entered", 230, 220, -1) == told[-1]


def test_a_vessel_lost_inside_left_when_she_was_last_seen():
    assert [("entered", 10, 0, -1), ("left", 80, 0, 20)] == sail([-50, -50, -50] + [None] * 8)


def test_dead_reckoning_neither_enters_nor_leaves():
    assert [] == sail([-50] * 10, part=HELD)


def test_an_unconfirmed_track_enters_nothing():
    assert [] == sail([-50] * 10, part=ABSENT)


def inherit(gap_s, *, heir_mmsi=412000001, heir_edge=-50.0, old_stays=False):
    """[(event, track, entered, left)] of a vessel in a zone whose track 7 ends, and a track 9 that comes after it."""
    stays, told = visits.Stays.empty(), []
    for t in [*range(0, 40, 10), *range(30 + gap_s, 160 + gap_s, 10)]:
        fleet = {7: (412000001, -50.0)} if t <= 30 or old_stays else {}
        fleet |= {9: (heir_mmsi, heir_edge)} if t > 30 else {}
        tracks = Tracks(track=list(fleet), mmsi=[mmsi for mmsi, _ in fleet.values()])
        near = Places(track=list(fleet), zone=0, edge_m=[edge for _, edge in fleet.values()])
        part = np.full(tracks.n, FRESH, np.int8)
        stays, taken = visits.follow(t * S, stays, tracks, part, REJOIN_S * S)
        stays, events, _ = visits.step(t * S, stays, tracks, tracks.cog_deg, part, near, np.array([MARGIN_M]), TIMES_NS)
        told += [taken, events]
    return told


def rows(told):
    return [
        (VISIT_EVENTS[event], track, *(int(t) // S if t >= 0 else -1 for t in (entered, left)))
        for table in told
        for track, _, _, event, _, entered, left in zip(*table, strict=True)
    ]


def test_a_new_track_of_the_same_mmsi_goes_on_with_the_stay():
    for gap_s in (10, 50, 180):
        told = inherit(gap_s)
        assert [("entered", 7, 0, -1), ("resumed", 9, 0, -1)] == rows(told)
        (stay,) = zip(*calls.stays(Visits.concat(told)), strict=True)
        assert (9, 412000001, 0, 0, -1) == tuple(int(x) for x in (*stay[:3], stay[5], stay[6]))


def test_a_new_track_of_the_same_mmsi_outside_ends_the_stay():
    assert [("entered", 7, 0, -1), ("resumed", 9, 0, -1), ("left", 9, 0, 60)] == rows(inherit(30, heir_edge=300.0))


def test_another_vessel_or_a_later_call_is_a_stay_of_its_own():
    assert ("entered", 9, 60, -1) in rows(inherit(30, heir_mmsi=412000002))
    assert ("entered", 9, 220, -1) in rows(inherit(190))
    assert ("entered", 9, 220, -1) in rows(inherit(190, heir_mmsi=-1))


def test_two_tracks_with_one_mmsi_at_once_have_a_stay_each():
    assert [("entered", 7, 0, -1), ("entered", 9, 60, -1)] == rows(inherit(30, old_stays=True))


def test_of_two_lost_stays_the_later_one_goes_on():
    lost = visits.Stays(
        track=[5, 7], mmsi=1, zone=0, state=INSIDE, change_ns=0, entered_ns=[0, 10 * S], left_ns=-1,
        seen_ns=[30 * S, 40 * S],
    )  # fmt: skip
    tracks = Tracks(track=[9], mmsi=[1])
    after, told = visits.follow(50 * S, lost, tracks, np.full(1, FRESH, np.int8), REJOIN_S * S)
    assert ([5, 9], [0, 10 * S], [9]) == (after.track.tolist(), after.entered_ns.tolist(), told.track.tolist())


def slow_stays(at_ns, known, tracks, edges):
    """The same rules in a dictionary, written another way: the oracle of the merge."""
    out, events = {}, []
    for key in sorted(known.keys() | edges.keys()):
        stay = dict(known.get(key, {"state": None}))
        edge = edges.get(key, np.inf)
        if key[0] not in tracks:
            if stay["state"] in (INSIDE, LEAVING):
                if at_ns - stay["seen"] >= TIMES_NS[1]:
                    stay.update(left=stay["seen"] if stay["state"] == INSIDE else stay["change"], state=GONE)
                    events.append((*key, "left"))
            elif stay["state"] != GONE or at_ns - stay["left"] > TIMES_NS[2]:
                continue
            out[key] = stay
            continue
        if stay["state"] == GONE and at_ns - stay["left"] > TIMES_NS[2]:
            stay = {"state": None}
        if stay["state"] == GONE and edge <= -MARGIN_M:
            stay.update(state=INSIDE, seen=at_ns)
            events.append((*key, "resumed"))
        elif stay["state"] in (None, "candidate"):
            if edge > -MARGIN_M:
                continue
            stay.setdefault("change", at_ns)
            stay["state"] = "candidate"
            if at_ns - stay["change"] >= TIMES_NS[0]:
                stay.update(state=INSIDE, entered=stay["change"], seen=at_ns)
                events.append((*key, "entered"))
        elif stay["state"] == INSIDE:
            stay["seen"] = at_ns
            if edge >= MARGIN_M:
                stay.update(state=LEAVING, change=at_ns)
        elif stay["state"] == LEAVING:
            if edge <= 0:
                stay.update(state=INSIDE, seen=at_ns)
            elif at_ns - stay["change"] >= TIMES_NS[1]:
                stay.update(state=GONE, left=stay["change"])
                events.append((*key, "left"))
        out[key] = stay
    return out, events


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_merge_agrees_with_a_dictionary(seed):
    rng = np.random.default_rng(seed)
    fast, slow, at_ns = visits.Stays.empty(), {}, 0
    for _ in range(25):
        at_ns += int(rng.choice([10, 10, 10, 40, 100])) * S
        tracks = np.flatnonzero(rng.random(4) < 0.9)
        pairs = [(int(t), z) for t in tracks for z in range(3) if rng.random() < 0.8]
        edges = {pair: float(rng.choice([-100.0, -30.0, -10.0, 0.0, 10.0, 30.0, 400.0])) for pair in pairs}
        near = Places(
            track=np.array([t for t, _ in pairs], int),
            zone=np.array([z for _, z in pairs], int),
            edge_m=np.array(list(edges.values())),
        )
        fast, told, since = visits.step(
            *(at_ns, fast, Tracks(track=tracks, mmsi=tracks), np.full(tracks.size, np.nan)),
            *(np.full(tracks.size, FRESH, np.int8), near, np.full(3, MARGIN_M), TIMES_NS),
        )
        slow, events = slow_stays(at_ns, slow, set(tracks.tolist()), edges)
        told = [(int(t), int(z), VISIT_EVENTS[e]) for t, _, z, e, *_ in zip(*told, strict=True)]
        assert events == told
        assert sorted(slow) == list(zip(fast.track.tolist(), fast.zone.tolist(), strict=True))
        inside = {key for key, stay in slow.items() if stay["state"] in (INSIDE, LEAVING)}
        assert {pair for pair, ns in zip(pairs, since, strict=True) if ns >= 0} == inside & set(pairs)


def test_dwell_is_what_the_last_row_of_a_stay_says():
    *_, (event, _, entered_s, left_s) = sail([-50] * 100 + [200] * 10)
    assert ("left", 1000) == (event, left_s - entered_s)


@pytest.mark.parametrize("mmsi", [-1, 477000001])
def test_a_visit_carries_the_identity_that_is_known(mmsi):
    stays = visits.Stays.empty()
    near = Places(track=[7], zone=[0], edge_m=[-100.0])
    for k in range(3):
        stays, told, _ = visits.step(
            *(k * 10 * S, stays, Tracks(track=[7], mmsi=[mmsi]), np.full(1, np.nan), np.full(1, FRESH, np.int8)),
            *(near, np.array([MARGIN_M]), TIMES_NS),
        )
        if told.n:
            assert [mmsi] == told.mmsi.tolist()
    assert [mmsi] == stays.mmsi.tolist()
