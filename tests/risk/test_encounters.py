"""Encounters: grid against all pairs, closest approach against a run, COLREG against its text, domains in steps."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import geofences
import risk
from geofences.registers import Registers
from geofences.zones import from_geojson
from risk import cpa, domains, encounters
from tests.risk.scene import picture, steady
from vts.config import RiskConfig
from vts.errors import UsageError
from vts.geo import distance_m
from vts.schema import Alerts, Picture, Scores, Statics, Tracks
from vts.units import KN, NM


def picture_of(lon, lat, sog, cog, statics=None, **columns):
    n = len(lon)
    columns = {"track": np.arange(n), "mmsi": 412000000 + np.arange(n), "t_ns": 0, "length_m": 100.0} | columns
    zero = dict.fromkeys(("ee_m2", "nn_m2"), 25.0) | dict.fromkeys(
        ("en_m2", "eve_m2s", "evn_m2s", "nve_m2s", "nvn_m2s", "vevn_m2s2"), 0.0
    )
    zero |= {"veve_m2s2": 0.01, "vnvn_m2s2": 0.01}
    tracks = Tracks(lon_deg=lon, lat_deg=lat, sog_kn=sog, cog_deg=cog, **(zero | columns))
    return Picture(0, tracks, statics or Statics.empty(), Alerts.empty(), Scores.empty())


@pytest.mark.parametrize(
    "lon0,lat0,spread", [(113.8, 22.2, 0.3), (179.95, -40.0, 0.4), (10.0, 78.0, 1.0), (0.0, 0.0, 0.2)]
)
def test_the_grid_finds_the_pairs_that_n_squared_finds(lon0, lat0, spread, few):
    rng = np.random.default_rng(7)
    n = few(300, 40)
    lon = (lon0 + rng.uniform(-spread, spread, n) + 180) % 360 - 180
    lat = lat0 + rng.uniform(-spread, spread, n)
    found = encounters.find(picture_of(lon, lat, rng.uniform(0, 20, n), rng.uniform(0, 360, n)))
    expected = set()
    near = {tuple(k) for k in zip(found.track.tolist(), found.other.tolist(), strict=True)}
    for i in range(n):
        for j in range(i + 1, n):
            if distance_m(lon[i], lat[i], lon[j], lat[j]) < encounters.NEAR_M * 0.99:
                expected.add((i, j))
    assert expected <= near
    assert len(near) == found.n and (found.track < found.other).all()
    assert (found.range_m <= RiskConfig().reach_m).all()


@settings(max_examples=50, deadline=None)
@given(*[st.floats(-5000, 5000) for _ in range(2)], *[st.floats(-15, 15) for _ in range(2)])
def test_closest_approach_is_the_least_range_of_a_run(x, y, vx, vy):
    assume(math.hypot(vx, vy) > 0.01)  # below it nothing approaches
    dcpa, tcpa = cpa.cpa(x, y, vx, vy)
    t = np.linspace(-2000, 2000, 4001)
    assert dcpa <= np.hypot(x + vx * t, y + vy * t).min() + 1e-6
    assert dcpa == pytest.approx(math.hypot(x + vx * tcpa, y + vy * tcpa), abs=1e-5 * (1 + abs(tcpa)))


def test_probability_of_a_close_approach_agrees_with_ten_thousand_draws(few):
    rng = np.random.default_rng(2)
    cov = np.array([4e4, 5e3, 3e4, 100.0, 20.0, 30.0, 80.0, 2.0, 0.2, 1.5])
    full = np.array(
        [
            [cov[0], cov[1], cov[3], cov[4]],
            [cov[1], cov[2], cov[5], cov[6]],
            [cov[3], cov[5], cov[7], cov[8]],
            [cov[4], cov[6], cov[8], cov[9]],
        ]
    )
    draws = rng.multivariate_normal([3000.0, 4000.0, -6.0, -7.0], full, few(20_000, 2000))
    tcpa = -(draws[:, 0] * draws[:, 2] + draws[:, 1] * draws[:, 3]) / (draws[:, 2] ** 2 + draws[:, 3] ** 2)
    miss = np.hypot(draws[:, 0] + draws[:, 2] * tcpa, draws[:, 1] + draws[:, 3] * tcpa)
    _, t = cpa.cpa(3000.0, 4000.0, -6.0, -7.0)
    expected = np.mean(miss < 400.0)
    assert expected == pytest.approx(cpa.p_below(400.0, 3000.0, 4000.0, -6.0, -7.0, t, cov)[0], abs=0.05)


CASES = [  # other's bearing from own bow (own course 0, at 10 kn), its course, its speed, the situation
    (0, 180, 10, cpa.HEAD_ON),
    (4, 184, 10, cpa.HEAD_ON),
    (45, 270, 10, cpa.CROSSING_GIVE_WAY),
    (-45, 90, 10, cpa.CROSSING_STAND_ON),
    (0, 0, 5, cpa.OVERTAKING),
    (180, 0, 15, cpa.OVERTAKEN),
    (20, 180, 10, cpa.CROSSING_GIVE_WAY),  # passing starboard to starboard: no head-on
    (45, 270, 0, cpa.NO_SITUATION),  # she lies still
]


@pytest.mark.parametrize("bearing,course,sog,expected", CASES)
def test_colreg_situation(bearing, course, sog, expected):
    x, y = 3000 * math.sin(math.radians(bearing)), 3000 * math.cos(math.radians(bearing))
    assert expected == cpa.situation(x, y, 0.0, 10 * KN, float(course), sog * KN)


MIRROR = {cpa.CROSSING_GIVE_WAY: cpa.CROSSING_STAND_ON, cpa.OVERTAKING: cpa.OVERTAKEN}
MIRROR |= {b: a for a, b in MIRROR.items()} | {cpa.HEAD_ON: cpa.HEAD_ON, cpa.NO_SITUATION: cpa.NO_SITUATION}


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-3000, 3000),
    st.floats(10, 3000),
    st.floats(0, 359),
    st.floats(0, 359),
    st.floats(1, 10),
    st.floats(1, 10),
)
def test_both_ships_see_the_same_situation_from_their_sides(x, y, course, other, v, w):
    seen = cpa.situation(x, y, course, v, other, w)
    back = cpa.situation(-x, -y, other, w, course, v)
    if seen in (2, 3) and seen == back:  # both on each other's starboard bow: each gives way (Rule 15)
        return
    assert MIRROR[seen] == back


@settings(max_examples=60, deadline=None)
@given(
    *[st.floats(-3000, 3000) for _ in range(2)],
    *[st.floats(-12, 12) for _ in range(2)],
    st.tuples(st.floats(200, 900), st.floats(100, 600), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
)
def test_domain_violation_equals_a_search_along_the_run(x, y, vx, vy, shape):
    """The scale is a convex function of time (the gauge of a convex domain), so thirds close in on its least."""
    speed = math.hypot(vx, vy)
    assume(speed == 0 or speed > 1e-3)  # slower is still: the domain would be entered in weeks
    a, b, ca, cb = shape[0], shape[1], shape[2] * shape[0], shape[3] * shape[1]
    cx, cy = cb / b, ca / a
    inside = 1 - cx * cx - cy * cy

    def scale(t):
        px, py = (x + vx * t) / b, (y + vy * t) / a
        pc = px * cx + py * cy
        return (math.sqrt(pc**2 + inside * (px**2 + py**2)) - pc) / inside

    early, late = 0.0, 100 * math.hypot(x, y) / speed if speed else 0.0
    for _ in range(120):
        third = (late - early) / 3
        if scale(early + third) <= scale(late - third):
            late -= third
        else:
            early += third
    ddv, tdv = domains.ellipse_violation(x, y, vx, vy, a, b, ca, cb)
    least = min(scale(0.0), scale(early))
    assert max(0.0, 1 - least) == pytest.approx(ddv, abs=1e-6)
    if scale(0.0) <= 1:
        assert tdv == 0
    elif least < 1 - 1e-6:
        assert scale(tdv) == pytest.approx(1.0, abs=1e-6) and tdv <= early
    elif least > 1 + 1e-6:
        assert math.isnan(tdv)


@settings(max_examples=60, deadline=None)
@given(*[st.floats(-4000, 4000) for _ in range(2)], *[st.floats(-12, 12) for _ in range(2)])
def test_goodwin_violation_is_never_less_than_small_steps_show(x, y, vx, vy):
    speed = math.hypot(vx, vy)
    assume(speed == 0 or speed > 1e-3)  # slower is still
    ddv, tdv = domains.goodwin_violation(x, y, vx, vy, domains.GOODWIN_M)
    best, first = 0.0, math.nan
    for t in np.linspace(0, 2000, 401):
        px, py = x + vx * t, y + vy * t
        angle = math.degrees(math.atan2(px, py))
        radius = (
            domains.GOODWIN_M[0]
            if 0 <= angle <= 112.5
            else domains.GOODWIN_M[1]
            if -112.5 <= angle < 0
            else domains.GOODWIN_M[2]
        )
        share = 1 - math.hypot(px, py) / radius
        best = max(best, share)
        if share >= 0 and math.isnan(first):
            first = t
    assert ddv >= best - 1e-9
    if not math.isnan(first):
        assert tdv <= first + 1e-6


def test_a_tug_made_fast_is_with_its_ship_and_a_stranger_is_not():
    lon, lat = np.array([113.8, 113.801, 113.83]), np.array([22.2, 22.2, 22.2])
    statics = Statics(mmsi=[412000000, 412000001, 412000002], t_ns=0, ship_type=[70, 52, 70])
    found = encounters.find(picture_of(lon, lat, [4.0, 4.0, 4.0], [0.0, 0.0, 270.0], statics))
    company = dict(
        zip(zip(found.track.tolist(), found.other.tolist(), strict=True), found.company.tolist(), strict=True)
    )
    assert company[0, 1] == 1
    assert company.get((0, 2), 0) == 0


def test_an_unknown_or_impossible_domain_is_refused():
    two = picture_of(np.array([0.0, 0.01]), np.zeros(2), [5.0, 5.0], [0.0, 0.0])
    for domain in ("oval", (1, 1, 2, 0), (0, 1, 0, 0), (1, 1, 1)):
        with pytest.raises(UsageError):
            encounters.find(two, domain=domain)
    assert 1 == encounters.find(two, domain="goodwin").n == encounters.find(two, domain=(4, 2, 1, 0.5)).n


def test_unknown_speed_is_no_encounter_but_a_near_pair_is_still_listed():
    lon = np.array([0.0, 0.03, 5.0, np.nan])
    found = encounters.find(picture_of(lon, np.zeros(4), [np.nan, 10.0, 0.0, 1.0], [np.nan, 270.0, 0.0, 0.0]))
    assert found.n == 0
    lon[1] = 0.01
    found = encounters.find(picture_of(lon, np.zeros(4), [np.nan, 10.0, 0.0, 1.0], [np.nan, 270.0, 0.0, 0.0]))
    assert found.n == 1 and np.isnan(found.dcpa_m[0]) and found.range_m[0] < NM


def test_a_ship_of_unknown_length_has_no_domain_to_violate():
    near = [114.0, 114.0006], [22.0, 22.0], [10.0, 10.0], [0.0, 0.0]
    unknown = encounters.find(picture_of(*near, length_m=np.nan))
    assert np.isnan(unknown.scale[0]) and np.isnan(unknown.tdv_min[0]) and unknown.ddv[0] == 0.0
    one = encounters.find(picture_of(*near, length_m=np.array([np.nan, 100.0])))
    assert 0.0 < one.scale[0] < 1.0


@pytest.mark.parametrize("told", [True, False], ids=["registered", "not registered"])
def test_a_registered_escort_that_comes_to_meet_her_carrier_is_no_collision(told):
    """Head-on from four miles at 24 kn together, and past each other at 90 m."""
    carrier, escort, other = (
        steady(sog=12, mmsi=477_000_001),
        steady(90, 7400, 12, 180, mmsi=453_000_001),
        steady(-3000, 0),
    )
    known = Registers(
        lng_carriers={"mmsi": np.array([477_000_001]), "imo": np.array([-1])},
        attendants={"mmsi": np.array([453_000_001, 453_000_002]), "role": np.array(["escort", "escort"])},
    )
    pictures = (picture([carrier, escort, other], t) for t in np.arange(0.0, 900.0, 10.0))
    zones = from_geojson({"type": "FeatureCollection", "features": []}, "no zones")
    scored = risk.score(geofences.check(pictures, zones, registers=known if told else Registers()), None)
    rules = set(Alerts.concat([p.alerts for p in scored]).rule.tolist())
    assert (set() if told else {"close_quarters"}) == rules
