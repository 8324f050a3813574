"""LNG carriers: the moving zone, its rules, escorts, weather and terminals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences import registers
from geofences.lng import weather, zone_kernels
from geofences.lng import zone as moving
from geofences.registers import Registers
from tests.geofences.world import T0_NS, box, place, raised, ship, told, watch, zone
from vts.units import HOUR, NM, YD

CARRIER, TUG, OTHER, TERMINAL_BOAT = 413999001, 413999101, 7, 413999301
L, B = 290.0, 46.0  # of the carrier
KNOWN = registers.load("data/registers")


def carrier(east_m=0.0, north_m=5000.0, cog=0.0, sog=9.0, **more):
    return ship(CARRIER, east_m, north_m, cog, sog, **{"ship_type": 80, "length_m": L, "beam_m": B, **more})


def corridor(preset="yangshan_2020", **properties):
    """A corridor northward, 2,000 m wide, in which a preset's zone goes with every carrier."""
    return zone(
        "corridor", line=[list(place(0, 0)), list(place(0, 30_000))], width_m=2000, lng_zone=preset, **properties
    )


def intrudes(vessel, where=None, own=None, rule="lng_intruder", minutes=1, known=KNOWN):
    """Whether a rule raises an alert about a vessel and the carrier."""
    checked = watch([where or corridor()], [own or carrier(), vessel], minutes, registers=known)
    return (vessel["mmsi"], CARRIER) in {(m, o) for state, m, o, _ in told(checked, rule) if state == "raised"}


# in metres from the carrier's middle: half of 290 or of 46 m, and the zone beyond her hull
EDGES = {
    ("yangshan_2020", "ahead"): L / 2 + NM,
    ("yangshan_2020", "astern"): L / 2 + NM,
    ("yangshan_2020", "abeam"): B / 2 + L,
    ("yangshan_2009", "ahead"): L / 2 + 4 * L,
    ("yangshan_2009", "astern"): L / 2 + 4 * L,
    ("yangshan_2009", "abeam"): B / 2 + 6 * B,
    ("uscg_san_pedro", "ahead"): L / 2 + 1000 * YD,
    ("uscg_san_pedro", "astern"): L / 2 + 500 * YD,
    ("uscg_san_pedro", "abeam"): B / 2 + 500 * YD,
    ("uscg_calcasieu", "ahead"): L / 2 + 2 * 1609.344,
    ("uscg_calcasieu", "astern"): L / 2 + 1609.344,
}


@pytest.mark.parametrize(("preset", "side"), EDGES)
@pytest.mark.parametrize(("beyond_m", "is_in"), [(-10, True), (10, False)], ids=["inside", "outside"])
def test_presets_reach_as_far_as_their_rule_says(preset, side, beyond_m, is_in):
    m = EDGES[preset, side] + beyond_m
    east, north = {"ahead": (0, m), "astern": (0, -m), "abeam": (m, 0)}[side]
    # she keeps pace with the carrier, so that one Picture is as good as another
    assert is_in == intrudes(ship(OTHER, east, 5000 + north, 0, 9), corridor(preset))


def test_calcasieu_goes_from_channel_edge_to_channel_edge_and_no_farther():
    assert intrudes(ship(OTHER, 950, 5000, 0, 9), corridor("uscg_calcasieu"))
    assert not intrudes(ship(OTHER, 1050, 5000, 0, 9), corridor("uscg_calcasieu"))


def test_the_zone_turns_with_the_carrier():
    own, at = carrier(0, 5000, 90, 9), {"cog": 90, "sog": 9}
    assert intrudes(ship(OTHER, 1500, 5000, **at), own=own)
    assert not intrudes(ship(OTHER, 0, 6500, **at), own=own)


def test_the_zone_is_told_with_every_picture_while_it_holds():
    checked = watch([corridor()], [carrier(), ship(OTHER, 5000, 5000)], 1, registers=KNOWN)
    m = checked[-1].moving_zones
    told_of = (m.track, m.mmsi, m.zone, m.shape, m.axis_deg)
    assert ([1], [CARRIER], [0], [0], [0.0]) == tuple(c.tolist() for c in told_of)
    np.testing.assert_allclose([m.ahead_m[0], m.astern_m[0]], EDGES["yangshan_2020", "ahead"])
    np.testing.assert_allclose([m.port_m[0], m.starboard_m[0]], EDGES["yangshan_2020", "abeam"])
    assert 0 == watch([corridor()], [carrier()], 1)[-1].moving_zones.n  # no register, no carrier


def test_the_circle_of_a_working_vessel_is_told_too():
    works = {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(place(0, 0))}}
    works["properties"] = {"name": "w", "kind": "moving_works", "source": "a test", "mmsi": OTHER, "radius_m": 50}
    m = watch([works], [ship(OTHER, 100, 100, 0, 3)], 1)[-1].moving_zones
    assert ([OTHER], [2], [50.0] * 4) == (m.mmsi.tolist(), m.shape.tolist(), [float(c[0]) for c in m[6:]])


def test_a_tanker_that_no_register_names_has_no_zone():
    own = carrier() | {"mmsi": 413000000}
    checked = watch([corridor()], [own, ship(OTHER, 0, 6000, 0, 9)], 1, registers=KNOWN)
    assert [] == told(checked)


def test_a_carrier_is_known_by_her_imo_number_too():
    own = carrier() | {"mmsi": 999000001, "imo": 9999993}
    assert {OTHER} == raised(watch([corridor()], [own, ship(OTHER, 0, 6000, 0, 9)], 1, registers=KNOWN), "lng_intruder")


def test_there_is_no_zone_where_no_corridor_sets_one():
    assert not intrudes(ship(OTHER, 0, 6000, 0, 9), corridor(None))


def test_escorts_and_moored_vessels_are_no_intruders():
    assert not intrudes(ship(TUG, 100, 5200, 0, 9))
    checked = watch(
        [corridor("uscg_san_pedro")], [carrier(sog=0.5), ship(OTHER, 300, 5000, status=5)], 2, registers=KNOWN
    )
    assert set() == raised(checked, "lng_intruder")


@pytest.mark.parametrize(("beyond_m", "is_in"), [(-10, True), (10, False)], ids=["inside", "outside"])
def test_alongside_in_boston_the_zone_is_500_metres_about_her_and_under_way_there_is_none(beyond_m, is_in):
    own, abeam_m = carrier(status=5, sog=0.0), B / 2 + 500 + beyond_m
    assert is_in == intrudes(ship(OTHER, abeam_m, 5000, 0, 0.0), corridor("uscg_boston_2008"), own, minutes=3)
    assert not intrudes(ship(OTHER, 100, 5000, 0, 9), corridor("uscg_boston_2008"))


def test_at_anchor_the_zone_is_a_circle():
    own = carrier(status=1, sog=0.0)
    at_45 = (500 * YD + 20) / np.sqrt(2)
    assert intrudes(ship(OTHER, at_45, 5000 + at_45, 0, 0.0), corridor("uscg_san_pedro"), own, minutes=3)
    assert not intrudes(ship(OTHER, 420, 5420, 0, 0.0), corridor("uscg_san_pedro"), own, minutes=3)


def test_a_zone_in_lengths_of_a_carrier_of_unknown_length_is_insufficient_data():
    unsized = carrier(length_m=np.nan, beam_m=np.nan)
    unknown = Registers(lng_carriers=KNOWN.lng_carriers | {name: np.full(2, np.nan) for name in ("length_m", "beam_m")})
    near = ship(OTHER, 0, 6000, 0, 9)
    assert not intrudes(near, corridor("yangshan_2009"), unsized, known=unknown)
    assert intrudes(near, corridor("yangshan_2009"), unsized)  # the register knows it


def test_a_corridor_may_state_its_own_zone():
    own = {
        "lng_zone_ahead": "2 lengths",
        "lng_zone_astern": "100 m",
        "lng_zone_port": "3 beams",
        "lng_zone_starboard": "0 m",
    }
    where = corridor("own", **own)
    assert intrudes(ship(OTHER, 0, 5000 + L / 2 + 2 * L - 10, 0, 9), where)
    assert not intrudes(ship(OTHER, 0, 5000 + L / 2 + 2 * L + 10, 0, 9), where)
    assert intrudes(ship(OTHER, -(B / 2 + 3 * B - 5), 5000, 0, 9), where)
    assert not intrudes(ship(OTHER, B / 2 + 5, 5000, 0, 9), where)


@pytest.mark.parametrize("text", ["far", "100", "100 miles", "-5 m", "inf m", ""])
def test_an_extent_that_cannot_be_read_says_how_to_write_it(text):
    with pytest.raises(ValueError, match=r"lng_zone_ahead"):
        moving.extent({"lng_zone_ahead": text}, "lng_zone_ahead")


def test_no_preset_claims_to_be_dapengs():
    of_the_coast_guard = {"uscg_boston_2008", "uscg_calcasieu", "uscg_san_pedro"}
    assert of_the_coast_guard | {"yangshan_2009", "yangshan_2020"} == set(moving.PRESETS)
    assert all(form.citation for forms in moving.PRESETS.values() for form in forms if form)


# ------------------------------------------------------------------ prediction


@pytest.mark.parametrize(("east_m", "soon"), [(1500, True), (8000, False)], ids=["in 4 minutes", "in 25"])
def test_an_intruder_is_foreseen(east_m, soon):
    vessel = ship(OTHER, east_m, 5000 + 9 * 30.87 * 4, 270, 10)
    assert soon == intrudes(vessel, rule="lng_intruder_soon")


def test_a_vessel_that_passes_clear_is_not_foreseen():
    assert not intrudes(ship(OTHER, 1500, 5000, 0, 12), rule="lng_intruder_soon")


def test_a_graze_within_the_uncertainty_is_not_foreseen():
    # she will be abeam at 333 m, 20 m inside the zone of 313 m ... or not
    grazing = ship(OTHER, B / 2 + L - 20, 1500, 0, 15)
    assert intrudes(
        dict(grazing, sigma_m=2.0, sigma_kn=0.01), rule="lng_intruder_soon", own=carrier(sigma_m=2, sigma_kn=0.01)
    )
    assert not intrudes(dict(grazing, sigma_m=200.0, sigma_kn=1.0), rule="lng_intruder_soon")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_foreseen_time_agrees_with_sailing_second_by_second(seed):
    rng = np.random.default_rng(seed)
    extents = rng.uniform(100, 2000, 4)
    shape = int(rng.integers(2))
    lon, lat = place(*rng.uniform(-6000, 6000, 2))
    lon0, lat0 = place(0, 0)
    course, speed, course0, speed0, axis = rng.uniform((0, 0, 0, 0, 0), (360, 20, 360, 12, 360))
    depth, soon, deepest = np.empty(1), np.empty(1), np.empty(1)
    one = np.array([0])
    zone_kernels.against(
        *(
            np.array([lon]),
            np.array([lat]),
            np.array([speed]),
            np.array([course]),
            one,
            lon0,
            lat0,
            speed0,
            course0,
            axis,
        ),
        *(shape, extents, 900.0, 5.0, depth, soon, deepest),
    )
    s, c = np.sin(np.radians(axis)), np.cos(np.radians(axis))
    t = np.arange(0.0, 900.5, 1.0)
    kn = 1852 / 3600
    east = (lon - lon0) * 103_470 + kn * t * (speed * np.sin(np.radians(course)) - speed0 * np.sin(np.radians(course0)))
    north = (lat - lat0) * 110_735 + kn * t * (
        speed * np.cos(np.radians(course)) - speed0 * np.cos(np.radians(course0))
    )
    ahead, right = east * s + north * c, east * c - north * s
    fore = np.where(ahead >= 0, extents[0], extents[1])
    side = np.where(right >= 0, extents[3], extents[2])
    if shape == zone_kernels.BOX:
        inside = (np.abs(ahead) < fore) & (np.abs(right) < side)
    else:
        inside = (ahead / fore) ** 2 + (right / side) ** 2 < 1
    if inside[0] != (depth[0] > 0):
        return  # on the line: the two planes differ by a metre
    if np.isnan(soon[0]):
        assert inside.sum() < 25  # a corner clipped between two steps
    else:
        first = t[np.argmax(inside)] if inside.any() else np.inf
        assert abs(soon[0] - first) <= 12 or inside.sum() < 25


# ------------------------------------------------------------------ exclusive passage, deviation, escorts, weather


@pytest.mark.parametrize(
    ("vessel", "offends"),
    [
        (ship(OTHER, 500, 7500, 180, 9), "meeting"),
        (ship(OTHER, 900, 7500, 240, 6), "crossing"),
        (ship(OTHER, 500, 3500, 0, 14), "overtaking"),
        (ship(OTHER, 500, 3500, 0, 9), None),
        (ship(OTHER, 500, 16_000, 180, 9), None),
        (ship(OTHER, 1500, 7500, 180, 9), None),
        (ship(TUG, 500, 7500, 180, 9), None),
    ],
    ids=["meets", "crosses", "overtakes", "follows", "far", "outside", "escort"],
)
def test_exclusive_passage(vessel, offends):
    checked = watch([corridor(lng_exclusive=True)], [carrier(), vessel], 2, registers=KNOWN)
    assert ({vessel["mmsi"]} if offends else set()) == raised(checked, "lng_exclusive")
    if offends:
        assert f"doing={offends}" in next(str(p.alerts.detail[0]) for p in checked if "lng_exclusive" in p.alerts.rule)


@pytest.mark.parametrize(
    ("limit_m", "course", "offends"), [(200, 4, True), (200, 1, False), (None, 10, True), (None, 3, False)]
)
def test_a_carrier_off_her_corridor(limit_m, course, offends):
    own = carrier(0, 5000, course, 12)  # 4 degrees off: 26 m a minute; 10 degrees: 64 m
    checked = watch([corridor(max_cross_m=limit_m)], [own], 20, registers=KNOWN)
    assert ({CARRIER} if offends else set()) == raised(checked, "lng_deviation")


def test_a_carrier_off_a_plain_fairway_is_told_once():
    checked = watch([corridor(None)], [carrier(800, 5000, 10, 12)], 9, registers=KNOWN)
    rules = {rule for rule, state, *_ in told(checked) if state == "raised"}
    assert {"lng_deviation", "lng_deviation_soon"} == rules


@pytest.mark.parametrize(
    ("limit_m", "east_m", "course", "offends"),
    [(200, 100, 8, True), (200, 100, 2, False), (None, 100, 8, False), (None, 900, 8, True), (200, -100, 8, False)],
)
def test_a_carrier_about_to_be_off_her_corridor(limit_m, east_m, course, offends):
    own = carrier(east_m, 5000, course, 12)  # 8 degrees off: 52 m a minute, and three minutes are looked ahead
    checked = watch([corridor(max_cross_m=limit_m)], [own], 1, registers=KNOWN)
    assert ({CARRIER} if offends else set()) == raised(checked, "lng_deviation_soon")


@pytest.mark.parametrize(("tugs", "needed", "missing"), [(1, 2, True), (2, 2, False), (0, 0, False), (0, 1, True)])
def test_escorts(tugs, needed, missing):
    escorts = [ship(TUG + k, 100, 5100 + 50 * k, 0, 9) for k in range(tugs)]
    checked = watch([corridor(escorts=needed)], [carrier(), *escorts], 5, registers=KNOWN)
    assert ({CARRIER} if missing else set()) == raised(checked, "lng_escort")


def test_an_escort_too_far_off_does_not_count():
    for off_m, missing in ((650, True), (450, False)):
        checked = watch([corridor(escorts=1)], [carrier(), ship(TUG, off_m, 5000, 0, 9)], 5, registers=KNOWN)
        assert missing == bool(raised(checked, "lng_escort"))


def test_escorts_without_a_register_of_them_is_insufficient_data():
    known = Registers(lng_carriers=KNOWN.lng_carriers)
    assert set() == raised(watch([corridor(escorts=2)], [carrier()], 5, registers=known), "lng_escort")


def forecast(**values):
    columns = {"wind_mps": 5.0, "visibility_m": 9000.0, "wave_m": 0.5, **values}
    return {"t": np.array([T0_NS - HOUR]), **{name: np.array([value]) for name, value in columns.items()}}


@pytest.mark.parametrize(
    ("values", "no_go"),
    [({}, False), ({"wind_mps": 20.5}, True), ({"wind_mps": 20.0}, False), ({"visibility_m": 1900.0}, True),
     ({"wave_m": np.nan}, False)],
    ids=["fair", "wind", "at the limit", "fog", "waves unknown, not limited"],
)  # fmt: skip
def test_weather_limits(values, no_go):
    known = Registers(lng_carriers=KNOWN.lng_carriers, weather=forecast(**values))
    where = corridor(max_wind_mps=20, min_visibility_m=2000)
    assert no_go == bool(raised(watch([where], [carrier()], 1, registers=known), "lng_weather"))


def test_weather_that_is_not_known_decides_nothing():
    old = {**forecast(wind_mps=30.0), "t": np.array([T0_NS - 7 * HOUR])}
    for table in (None, old):
        known = Registers(lng_carriers=KNOWN.lng_carriers, weather=table)
        assert set() == raised(watch([corridor(max_wind_mps=20)], [carrier()], 1, registers=known), "lng_weather")
    assert weather.verdict({"max_wind_mps": 20}, {}).go is None


@pytest.mark.parametrize(
    ("limits", "now", "go"),
    [
        ({"max_wind_mps": 20}, {"max_wind_mps": 19}, True),
        ({"max_wind_mps": 20}, {"max_wind_mps": 21}, False),
        ({"max_wind_mps": 20, "max_wave_m": 2}, {"max_wind_mps": 19}, None),
        ({"max_wind_mps": 20, "max_wave_m": 2}, {"max_wind_mps": 21}, False),
        ({}, {}, True),
    ],
)
def test_go_or_no_go(limits, now, go):
    assert go is weather.verdict(limits, now).go


SAFETY = zone("lng_safety_zone", box(-250, -250, 250, 250))


@pytest.mark.parametrize(
    ("vessel", "offends"),
    [
        (ship(OTHER, 0, -1000, 0, 6), True),
        (ship(OTHER, 290, -1000, 0, 6), False),
        (ship(TERMINAL_BOAT, 0, -1000, 0, 6), False),
        (carrier(0, -1000, 0, 6), False),
        (ship(9, 0, -1000, 0, 6), False),
    ],
    ids=["stranger", "passes outside", "terminal's boat", "carrier", "permit"],
)
def test_terminal_safety_zone(vessel, offends):
    permits = {
        "mmsi": np.array([9]),
        "zone": np.array(["lng_safety_zone"]),
        "valid_from": np.array([-1]),
        "valid_to": np.array([-1]),
    }
    known = Registers(lng_carriers=KNOWN.lng_carriers, attendants=KNOWN.attendants, permits=permits)
    checked = watch([SAFETY], [vessel], 8, registers=known)
    assert ({vessel["mmsi"]} if offends else set()) == raised(checked, "lng_terminal")
    assert ({vessel["mmsi"]} if offends else set()) == raised(checked, "restricted_entry_soon")


def test_the_outline_of_a_zone_is_its_zero_depth():
    for shape in ("box", "ellipse"):
        form = moving.PRESETS["uscg_san_pedro"][0]._replace(shape=shape)
        extents = moving.extents_m(form, L, B)
        lon0, lat0 = place(0, 0)
        lon, lat = moving.outline(lon0, lat0, 40.0, form, np.array(extents))
        assert (lon[0], lat[0]) == (lon[-1], lat[-1])
        s, c = np.sin(np.radians(40)), np.cos(np.radians(40))
        east, north = (lon - lon0) * 103_470, (lat - lat0) * 110_735
        depths = [
            zone_kernels.depth_m(e * s + n * c, e * c - n * s, moving.shape_code(form), *extents)
            for e, n in zip(east, north, strict=True)
        ]
        assert max(map(abs, depths)) < 2.0
