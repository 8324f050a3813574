"""Every behaviour: a ship that must raise it, one that must not, and one on the edge; and the plug-in contract."""

import itertools
import math
import re
import string
from functools import cache

import numpy as np
import pytest

import risk
from risk.behaviours import catalogue
from risk.ledger import Ledger
from tests.risk.scene import T0_NS, picture, play, raised, steady, still
from tests.risk.wire import play_bytes
from vts import schema, wording
from vts.config import RiskConfig
from vts.errors import UsageError
from vts.fusion import evidence
from vts.lifecycle import Lifecycle, Policy
from vts.plugins import discover
from vts.schema import Alerts
from vts.units import MINUTE, S

NEIGHBOUR = steady(2000.0, 500.0, 8.0, 90.0)


def silent(after_s, until_s=1e9, **more):
    """Under way, silent from after_s until until_s; the track coasts."""
    ship = steady(**more)
    return lambda t: ship(t) | {"age": t - after_s if after_s <= t < until_s else 5.0}


def circling(radius_m, period_s):
    def ship(t):
        a = 2 * math.pi * t / period_s
        speed = 2 * math.pi * radius_m / period_s / 0.514444
        return {
            "x": radius_m * math.sin(a),
            "y": radius_m * math.cos(a),
            "sog": speed,
            "cog": (math.degrees(a) + 90) % 360,
        }

    return ship


def weaving(swing_deg, period_s=240.0, sog=10.0):
    """A zig-zag: half the period on one tack, half on the other."""
    v, a = sog * 0.514444, math.radians(swing_deg)

    def ship(t):
        phase = t % period_s
        out = phase < period_s / 2
        x = v * math.sin(a) * (phase if out else period_s - phase)
        return {"x": x, "y": v * math.cos(a) * t, "sog": sog, "cog": (swing_deg if out else -swing_deg) % 360}

    return ship


def slowing(to_kn, in_s, from_kn=12.0, places=()):
    """Steady for ten minutes, then slower and slower for in_s."""

    def ship(t):
        k = max(0.0, min(t - 600.0, in_s))
        loss = (from_kn - to_kn) / in_s
        v = from_kn - loss * k
        y = from_kn * min(t, 600.0) + from_kn * k - loss * k * k / 2 + to_kn * max(0.0, t - 600.0 - in_s)
        return {"x": 0.0, "y": y * 0.514444, "sog": v, "cog": 0.0, "places": places}

    return ship


def changing(at_s, **fields):
    """A ship whose fields (name=(old, new)) change at a time."""
    return lambda t: steady()(t) | {name: pair[int(t >= at_s)] for name, pair in fields.items()}


def jumping(t):
    return steady()(t) | ({"x": 30_000.0} if t >= 300 else {})


def apart(distance_m):
    """Two ships under one MMSI, so far from each other."""
    same = {"mmsi": 412_000_009}
    return [steady(track=1, **same), steady(distance_m, track=2, **same)]


def meeting(miss_m, speed=10.0, **more):
    """Two ships on opposite courses that pass at miss_m after ten minutes."""
    half = speed * 0.514444 * 600
    return [steady(0.0, -half, speed, 0.0, **more), steady(miss_m, half, speed, 180.0, **more)]


ANCHORAGE, LNG_ZONE = ((0, "anchorage", -100.0),), "lng_safety_zone"
REST = {"status": 1}
# rule: (minutes, must, must not, edge that must not)
CASES = {
    "dark": (
        20,
        [silent(300), NEIGHBOUR],
        [silent(300)],  # nobody is heard near: no proof of coverage
        [silent(300, 590), NEIGHBOUR],  # back just before the five minutes
    ),
    "ais_gap": (
        40,
        [silent(300, 1500), NEIGHBOUR],
        [silent(300, 600), NEIGHBOUR],
        [lambda t: still()(t) | {"age": t - 300 if 300 <= t < 1500 else 5.0, "x": 0.0}, still(500.0)],
    ),
    "spoofed_position": (60, [circling(600.0, 700.0)], [weaving(40)], [circling(600.0, 4000.0)]),
    "shared_mmsi": (3, apart(5000.0), [steady(), steady(5000.0)], apart(900.0)),
    "identity_change": (
        5,
        [changing(60, name=("ALPHA", "BRAVO"))],
        [changing(60, name=("", "ALPHA"))],
        [changing(60, length=(100.0, 109.0))],
    ),
    "invalid_identity": (
        4,
        [steady(imo=9074728)],
        [steady(imo=9074729)],
        [steady(imo=-1)],
    ),
    "loitering": (250, [steady(sog=1.0)], [steady(sog=1.0, places=ANCHORAGE)], [steady(sog=2.1)]),
    "rendezvous": (
        125,
        [still(), still(450.0)],
        [still(places=ANCHORAGE), still(450.0, places=ANCHORAGE)],
        [still(), still(510.0)],
    ),
    "drifting": (
        15,
        [steady(sog=1.5, cog=90.0, heading=0.0)],
        [steady(sog=1.5, cog=90.0, heading=80.0)],
        [steady(sog=1.5, cog=90.0, heading=46.0)],
    ),
    "sudden_slowdown": (
        25,
        [slowing(3.0, 200)],
        [slowing(3.0, 200, places=((0, "berth", 2000.0),))],
        [slowing(6.5, 200)],
    ),
    "stop_in_fairway": (
        10,
        [still(places=((0, "fairway", -50.0),))],
        [still(places=((0, "fairway", -50.0), (1, "anchorage", -5.0)))],
        [steady(sog=0.6, places=((0, "fairway", -50.0),))],
    ),
    "unusual_turn": (20, [weaving(40)], [weaving(10)], [weaving(40, sog=4.9)]),
    "draught_change": (
        5,
        [changing(60, draught=(10.0, 6.0))],
        [changing(60, draught=(10.0, 6.0), places=(ANCHORAGE, ANCHORAGE))],
        [changing(60, draught=(7.3, 8.3))],  # 1.0 m, and in floats a little more
    ),
    "status_mismatch": (10, [steady(sog=5.0, status=1)], [steady(sog=5.0)], [steady(sog=3.0, status=5)]),
    "lng_approach": (
        5,
        [steady(places=((3, LNG_ZONE, 2000.0, 0.0, 9.0),))],
        [steady(ship_type=52, places=((3, LNG_ZONE, 2000.0, 0.0, 9.0),))],
        [steady(places=((3, LNG_ZONE, 2000.0, 0.0, 15.1),))],
    ),
    "close_quarters": (5, meeting(200.0), meeting(3000.0), meeting(940.0)),
    "near_miss": (20, meeting(60.0), meeting(900.0), [still(), steady(60.0, -3000.0, 10.0)]),
}


@cache
def told(rule, case):
    """Alerts of a rule that one of its scenarios raises."""
    minutes = CASES[rule][0]
    return raised(play(CASES[rule][case], minutes, step_s=120.0 if minutes > 100 else 30.0)[0], rule)


@pytest.mark.parametrize("rule", CASES)
def test_the_ship_that_must_raise_it_does(rule):
    assert told(rule, 1).n == 1


@pytest.mark.parametrize("case", [2, 3], ids=["must not", "edge"])
@pytest.mark.parametrize("rule", CASES)
def test_the_ship_that_must_not_raise_it_does_not(rule, case):
    assert told(rule, case).n == 0


def test_a_jump_across_the_estuary_is_a_spoofed_position():
    alerts, _ = play([jumping], 10)
    assert "jump" in raised(alerts, "spoofed_position").detail[0]


def test_learned_lanes_tell_who_goes_the_wrong_way(few):
    watch = risk.Watch()
    lane = [steady(0.0, -1000.0 * k, 12.0, 0.0, track=k) for k in range(60)]
    play(lane, 200, step_s=120.0, watch=watch)
    cells = watch.memory["abnormal_route"]["cells"]
    busiest = max(cells["counts"].tolist(), key=sum)
    assert sum(busiest[1:]) == 0 < busiest[0]  # all of them northward
    wrong = steady(0.0, 20_000.0, 12.0, 180.0, track=99)
    late = [lambda t: wrong(t) | {}]
    alerts, _ = play(late, 15, watch=watch)
    assert raised(alerts, "abnormal_route").track.tolist() == [99]


def test_a_vessel_on_the_watch_list_is_told_by_any_of_her_names():
    listed = {("name", "ALPHA"): ("wanted by customs", 0, 2**62), ("imo", 9074729): ("expired", 0, 1)}
    alerts, _ = play(
        [steady(name="ALPHA", imo=9074729), steady(4000.0, imo=9074729)], 2, watch=risk.Watch(listed=listed)
    )
    assert raised(alerts, "watch_listed").track.tolist() == [0]


def test_a_near_miss_tells_the_closest_approach_after_it():
    alerts, _ = play(meeting(60.0), 20)
    miss = raised(alerts, "near_miss")
    closest_nm = float(dict(p.split("=") for p in miss.detail[0].split(";"))["closest_nm"])
    assert closest_nm == pytest.approx(60 / 1852, abs=0.01)
    assert 600 * S == pytest.approx(miss.since_ns[0] - T0_NS, abs=31 * S)
    assert miss.t_ns[0] > miss.since_ns[0]


def seldom(every_s, **more):
    """Heard once in so long."""
    ship = steady(**more)
    return lambda t: ship(t) | {"age": 5.0 if t % every_s < 10 else 15.0}


def test_a_vessel_that_a_satellite_hears_now_and_then_is_not_dark(tmp_path):
    ships = [seldom(100.0), seldom(90.0, x=2000.0), seldom(110.0, x=-2000.0)]
    silent_from = [lambda t: ships[0](t) | ({"age": 15.0} if t > 600 else {}), *ships[1:]]
    assert raised(play_bytes(silent_from, 22, tmp_path / "ships.nmea"), "dark").n == 0


def test_a_vessel_that_sails_out_of_range_is_not_dark_and_one_that_stays_among_others_is_named_with_her_place(tmp_path):
    kept = {"x": 0.0, "y": 9000.0, "sog": 2.0, "cog": 90.0}
    away, among = (silent(300, sog=knots, cog=0.0) for knots in (30.0, 2.5))
    assert raised(play_bytes([away, still(-6000.0)], 14, tmp_path / "away.nmea"), "dark").n == 0
    told = raised(play_bytes([among, steady(**kept)], 14, tmp_path / "among.nmea"), "dark")
    assert [412_000_001] == told.mmsi.tolist() and np.isfinite(told.lat_deg).all()


def test_slowing_down_where_vessels_have_lain_is_expected():
    berthed = [still(300.0, 5000.0), still(400.0, 5000.0)]
    assert raised(play([slowing(3.0, 200)], 25)[0], "sudden_slowdown").n == 1
    assert raised(play([slowing(3.0, 200), *berthed], 25)[0], "sudden_slowdown").n == 0


def heard(x_nm, by, k, **more):
    """A ship that lies under way near x_nm east, received by these stations."""
    return steady(x_nm * 1852.0 + 300.0 * k, 500.0 * k, 6.0, 0.0, stations=by, **more)


# must: her messages come through the station in the east alone, but she says that she is in the west; must not: both
# hear her; edges: as the first, but nobody else is heard in the west any more; and the station in the east is new
@pytest.mark.parametrize(
    ("by", "west_until_s", "east_from_s", "expected"),
    [((1,), 1e9, 0, 1), ((0, 1), 1e9, 0, 0), ((1,), 1600, 0, 0), ((1,), 1e9, 900, 0)],
    ids=["must", "must not: the near station hears her too", "edge: nobody else there", "edge: a new station"],
)
def test_a_position_that_the_receiving_stations_contradict_as_bytes(by, west_until_s, east_from_s, expected, tmp_path):
    west = [heard(0.0, (0,), k) for k in range(4)]
    east = [heard(60.0, (1,), k) for k in range(4)]
    west = [lambda t, ship=ship: ship(t) | {"age": 5.0 + 10.0 * (t >= west_until_s)} for ship in west]
    east = [lambda t, ship=ship: ship(t) if t >= east_from_s else None for ship in east]
    liar = delayed(heard(1.0, by, 5, mmsi=412_000_099), 1620.0)
    alerts = play_bytes([*west, *east, liar], 43, tmp_path / "ships.nmea", every_s=30.0)
    told = raised(alerts, "spoofed_position")
    assert [412_000_099] * expected == told.mmsi.tolist()
    assert all("heard out of range" in detail for detail in told.detail)


@pytest.mark.parametrize(
    ("preset", "apart_m", "minutes", "expected"),
    [
        ("skylight", 240.0, 33, 1),
        ("skylight", 260.0, 33, 0),
        ("skylight", 240.0, 27, 0),
        ("starboard_close", 45.0, 13, 1),
        ("starboard_wide", 190.0, 33, 1),
        ("global_fishing_watch", 190.0, 33, 0),
    ],
)
def test_tighter_limits_of_a_rendezvous_are_a_preset(preset, apart_m, minutes, expected, tmp_path):
    ships = [still(0.0, 0.0), still(apart_m, 0.0)]
    pace = {"picture_s": 60.0, "every_s": 30.0, "config": RiskConfig(rendezvous=preset)}
    assert expected == raised(play_bytes(ships, minutes, tmp_path / "ships.nmea", **pace), "rendezvous").n


def test_an_unknown_preset_is_refused_when_the_watch_begins():
    with pytest.raises(UsageError, match="skylight"):
        risk.Watch(RiskConfig(rendezvous="seavision"))


def extended(at_s=60, **more):
    """A station whose name comes in two parts, the short one first."""
    station = changing(at_s, name=("46", "UP CHES CH LB 46"))
    return lambda t: station(t) | more


@pytest.mark.parametrize(
    ("station", "expected"),
    [
        (extended(), 1),
        (extended(mmsi=993_672_087), 0),  # the light of the NAIS log
        (extended(kind=schema.AIS_ATON), 0),  # ... with a number like a ship's
        (extended(kind=schema.AIS_BASE, mmsi=3_669_145), 0),
        (extended(kind=schema.AIS_BASE), 0),
        (extended(kind=schema.AIS_SAR, mmsi=111_412_001), 0),
        (extended(mmsi=970_010_001), 0),
        (extended(mmsi=974_010_001), 0),
    ],
    ids=["ship", "light", "light as ship", "base", "base as ship", "aircraft", "search transmitter", "EPIRB"],
)
def test_only_a_vessel_changes_her_identity(station, expected):
    assert expected == raised(play([station], 5)[0], "identity_change").n


@pytest.mark.parametrize(("now_m", "expected"), [(8.3, 0), (8.4, 1), (6.3, 0), (6.2, 1)])
def test_a_draught_changes_by_more_than_a_metre(now_m, expected):
    assert expected == raised(play([changing(60, draught=(7.3, now_m))], 5)[0], "draught_change").n


def test_what_two_hulls_say_under_one_mmsi_is_no_change_of_either():
    """Type 5 of the two comes by turns: another name, another draught, and the shared MMSI that is told anyway."""
    one, other = apart(5000.0)
    says = changing(60, name=("ALPHA", "BRAVO"), draught=(8.0, 6.8))
    two = [lambda t: says(t) | one(t), other]
    alerts, _ = play(two, 5)
    assert {"shared_mmsi"} == set(alerts.rule.tolist())
    assert {"identity_change", "draught_change"} == set(play(two[:1], 5)[0].rule.tolist())


def test_a_false_double_is_no_second_hull():
    ghost = lambda t: steady(5000.0)(t) | {"p_spoof": 1.0}  # noqa: E731
    alerts, *_ = with_fusion([steady(), ghost], 5, "ais_uncorroborated")
    assert ["ais_uncorroborated"] == raised(alerts, "ais_uncorroborated").rule.tolist() and alerts.n == 1


def with_fusion(ships, minutes, rule, step_s=10.0):
    """(alerts of a run in which fusion's finding speaks first, names of open alerts and risk by Picture)."""
    finding, life, watch = discover("vts.fusion.findings")[rule], Lifecycle(), risk.Watch()
    told, held, scores = [], [], []
    for t_s in np.arange(0.0, minutes * 60.0 + 1.0, step_s):
        seen = picture(ships, t_s)
        known = evidence.Evidence(seen.at_ns, seen.tracks, None, None, None, ())
        news = life.step(seen.at_ns, rule, finding.POLICY, finding.evaluate(known), seen.tracks)
        [scored] = risk.score([seen._replace(alerts=news)], None, watch)
        told.append(scored.alerts)
        held.append({name for name, _ in watch.open})
        scores.append(scored.scores.risk.max())
    return Alerts.concat(told), held, scores


def unheard(from_s, until_s=1e9):
    """A vessel that radar alone sees from from_s until until_s."""
    ship = steady(mmsi=-1)
    return lambda t: ship(t) | {"p_dark": 0.99 if from_s <= t < until_s else 0.1}


@pytest.mark.parametrize("from_s", [0, 250, 400], ids=["from the first", "before five minutes", "after them"])
def test_a_dark_vessel_is_told_once_and_weighs_in_the_risk(from_s):
    alerts, held, scores = with_fusion([unheard(from_s, 1000)], 30, "vessel_dark")
    assert ["vessel_dark"] == raised(alerts, "vessel_dark").rule.tolist() and not (alerts.rule == "dark").any()
    assert any("dark" in names for names in held) and not held[-1]
    assert max(scores) == pytest.approx(0.3) and scores[-1] == pytest.approx(0.0)


def test_two_hulls_under_one_mmsi_are_told_once():
    alerts, held, _ = with_fusion(apart(5000.0), 5, "mmsi_shared")
    assert ["mmsi_shared"] == alerts.rule.tolist() and held[-1] == {"shared_mmsi"}


def test_what_outlasts_the_finding_is_raised_when_that_ends_and_cleared_once():
    ship = unheard(0, 1200)  # fusion does not tell of one that coasts
    coasting = [lambda t: ship(t) | {"state": schema.COASTING if t >= 600 else schema.CONFIRMED}]
    alerts, *_ = with_fusion(coasting, 40, "vessel_dark")
    mine = alerts.take(alerts.rule == "dark")
    ended = alerts.t_ns[(alerts.rule == "vessel_dark") & (alerts.state == schema.CLEARED)]
    assert [schema.RAISED, schema.UPDATED, schema.CLEARED] == mine.state.tolist()  # silent for half as long again
    assert ended.tolist() == mine.t_ns[:1].tolist()
    assert raised(play(coasting, 15)[0], "dark").alert.tolist() == mine.alert[:1].tolist()


def test_a_vessel_dark_again_soon_is_still_told_once():
    ship = unheard(0, 400)
    again = [lambda t: ship(t) | ({"p_dark": 0.99} if t >= 700 else {})]
    alerts, held, _ = with_fusion(again, 25, "vessel_dark")
    assert {"vessel_dark"} == set(alerts.rule.tolist()) and "dark" in held[-1]


def test_what_is_told_once_is_told_once_after_a_restart(tmp_path):
    finding, life, watch, told = discover("vts.fusion.findings")["mmsi_shared"], Lifecycle(), risk.Watch(), []
    for t_s in range(0, 600, 10):
        seen = picture(apart(5000.0), t_s)
        known = evidence.Evidence(seen.at_ns, seen.tracks, None, None, None, ())
        news = life.step(seen.at_ns, "mmsi_shared", finding.POLICY, finding.evaluate(known), seen.tracks)
        told += [p.alerts for p in risk.score([seen._replace(alerts=news)], None, watch)]
        watch.save(tmp_path / "watch.zip")
        watch = risk.Watch.load(tmp_path / "watch.zip")
    assert ["mmsi_shared"] == Alerts.concat(told).rule.tolist()


@pytest.mark.parametrize("name", [name for name, b in catalogue().items() if hasattr(b, "SAME_AS")])
def test_a_behaviour_waits_for_a_finding_that_there_is(name):
    behaviour = catalogue()[name]
    for finding in map(discover("vts.fusion.findings").__getitem__, behaviour.SAME_AS):
        assert finding.POLICY.raise_after_s <= (behaviour.WAIT_S or behaviour.POLICY.raise_after_s)


def test_a_sentence_in_chinese_has_no_english_words():
    worded = wording.Wording("zh", wording.catalogue(catalogue()))
    for rule in CASES:
        for alert in wording.alert_dicts(told(rule, 1)):
            said = worded.sentence(alert | {"zone": -1})
            words = set(re.findall("[A-Za-z]{3,}", said)) - {"MMSI", "AIS", "LNG", "IMO", "ALPHA", "BRAVO"}
            assert not words, said


def test_memory_of_behaviours_is_bounded_by_the_traffic():
    watch = risk.Watch()
    import json

    sizes = []
    for hour in range(3):
        ships = [steady(500.0 * k, 0.0, 10.0, 0.0, track=100 * hour + k, mmsi=412_000_100 + k) for k in range(5)]
        play(ships, 60, step_s=60.0, watch=watch)
        kept = {name: memory for name, memory in watch.memory.items() if name != "abnormal_route"}
        sizes.append(len(json.dumps(kept, default=Ledger.dump)))
    assert sizes[2] <= sizes[0] * 1.1 and watch.history.t_ns.shape[0] <= 64


@pytest.mark.parametrize("name", catalogue())
def test_plug_in_contract(name):
    behaviour = catalogue()[name]
    assert isinstance(behaviour.POLICY, Policy) and behaviour.UNIT and behaviour.CITATION and behaviour.__doc__
    for default, unit, source in behaviour.PARAMETERS.values():
        assert np.isscalar(default) and unit and source
    keys = [{key for _, key, _, _ in string.Formatter().parse(behaviour.TEXT[lang]) if key} for lang in ("en", "zh")]
    assert keys[0] == keys[1] and "vessel" in keys[0] | {"vessel" if name == "shared_mmsi" else ""}
    assert set(behaviour.TITLE) == {"en", "zh"}


@pytest.mark.parametrize("rule", CASES)
def test_the_sentence_finds_every_number_it_names(rule):
    detail = dict(part.split("=", 1) for part in told(rule, 1).detail[0].split(";"))
    wanted = {key for _, key, _, _ in string.Formatter().parse(catalogue()[rule].TEXT["en"]) if key}
    assert wanted - {"vessel", "other", "zone", "excess"} <= set(detail)


LONG = {"loitering", "rendezvous"}  # hours: reports and pictures as far apart as the rules allow


@pytest.mark.parametrize("rule", CASES)
def test_the_same_ships_as_bytes_through_the_whole_line(rule, tmp_path, few):
    minutes, *scenarios = CASES[rule]
    pace = {"picture_s": 120.0, "every_s": 30.0} if rule in LONG else {}
    for case, ships in enumerate(scenarios[: few(3, 1)]):
        alerts = play_bytes(ships, minutes, tmp_path / "ships.nmea", **pace)
        told = raised(alerts, rule).n
        if case == 0:  # told by the behaviour, or in its place by the finding of fusion
            told += sum(raised(alerts, finding).n for finding in getattr(catalogue()[rule], "SAME_AS", ()))
        assert (case == 0) == told, (rule, case)


def delayed(ship, from_s):
    """The ship, which begins her run late; nothing before."""
    return lambda t: ship(t - from_s) if t >= from_s else None


@pytest.mark.parametrize("passages,expected", [(60, 1), (45, 0)], ids=["must", "edge: no lane yet"])
def test_the_wrong_way_of_a_learned_lane_as_bytes(passages, expected, tmp_path, few):
    if few(0, 1):
        pytest.skip("an hour of sixty ships is too much without the compiler")
    mmsi = itertools.count(412_000_001)
    lane = [steady(400.0, -300.0 * k, 12.0, 0.0, mmsi=next(mmsi)) for k in range(passages)]
    wrong = delayed(steady(400.0, 6000.0, 12.0, 180.0, mmsi=next(mmsi)), 3600.0)
    late = delayed(steady(400.0, 1000.0, 12.0, 0.0, mmsi=next(mmsi)), 3600.0)  # must not: with the lane
    alerts = play_bytes([*lane, wrong, late], 69, tmp_path / "lane.nmea", picture_s=60.0, every_s=60.0)
    found = raised(alerts, "abnormal_route")
    assert [412_000_001 + passages] * expected == found.mmsi.tolist()


@pytest.mark.parametrize(
    "valid_min,name,expected",
    [((0, 60), "ALPHA", 1), ((0, 60), "ALPHAS", 0), ((6, 60), "ALPHA", 0)],
    ids=["must", "must not: another name", "edge: valid from the minute after"],
)
def test_the_watch_list_as_bytes(valid_min, name, expected, tmp_path):
    since_ns, until_ns = (T0_NS + minute * MINUTE for minute in valid_min)
    listed = {("name", name): ("wanted by customs", since_ns, until_ns)}
    alerts = play_bytes([steady(name="ALPHA")], 5, tmp_path / "ship.nmea", listed=listed)
    assert expected == raised(alerts, "watch_listed").n
