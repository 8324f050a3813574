"""The Watch as a whole: its laws, its memory, its words."""

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geofences
from geofences import registers, rules
from tests.geofences.world import box, picture, pictures, place, ship, told, watch, zone, zones
from vts.config import WatchConfig
from vts.errors import RegisterError, StateError
from vts.plugins import discover
from vts.schema import Alerts, Visits
from vts.units import S

KNOWN = registers.load("data/registers")
AXIS = [list(place(-6000, 0)), list(place(-6000, 20_000))]
HARBOUR = zones(
    zone("anchorage", box(0, 0, 3000, 3000), capacity=1, max_length_m=200),
    zone("fairway", box(3500, -3000, 4500, 9000), max_speed_kn=10, min_speed_kn=3, depth_m=9.0),
    zone("tss_lane", box(-3000, -3000, -1500, 9000), direction_deg=0),
    zone("restricted_area", box(5000, 0, 7000, 3000), allowed=["tug"]),
    zone("corridor", line=AXIS, width_m=1500, lng_zone="yangshan_2020", lng_exclusive=True, escorts=1),
    zone("reporting_line", line=[list(place(-8000, 5000)), list(place(8000, 5000))]),
)


def harbour_traffic(seed, count=9):
    """Vessels that keep and break rules at random, some of them lost for a while."""
    rng = np.random.default_rng(seed)

    def some(*values):
        return values[int(rng.integers(len(values)))]

    ships = []
    for k in range(count):
        minutes = np.sort(rng.uniform(0, 20, 3))
        legs = [(m, some(0, 90, 180, 270, rng.uniform(0, 360)), some(0, 0.2, 6, 14), some(0, 1, 5)) for m in minutes]
        east_m, north_m = rng.uniform((-7000, -1000), (7000, 7000))
        ships.append(
            ship(
                *(413999001 if k == 0 else some(-1, 412000000 + k), east_m, north_m),
                *(rng.uniform(0, 360), rng.uniform(0, 15)),
                turns=legs,
                leaves=some(np.inf, rng.uniform(5, 20)),
                status=some(0, 1),
                length_m=some(290.0, 80.0, np.nan),
            )
        )
    return ships


def record(checked):
    """Everything that the Watch said, as text: NaN equals NaN, and every bit counts."""
    tables = [t.concat([getattr(p, name) for p in checked]) for name, t in (("alerts", Alerts), ("visits", Visits))]
    return repr([[column.tolist() for column in table] for table in tables])


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 48), st.sampled_from([3, 30]))
def test_saved_and_loaded_at_any_step_it_goes_on_the_same(tmp_path_factory, seed, cut, step_s):
    scenes = pictures(harbour_traffic(seed), 24 * step_s / 30, step_s=step_s)
    whole = list(geofences.check(scenes, HARBOUR, geofences.Watch(), KNOWN))
    first = geofences.Watch()
    before = list(geofences.check(scenes[:cut], HARBOUR, first, KNOWN))
    path = tmp_path_factory.mktemp("watch") / "watch.npz"
    first.save(path)
    after = list(geofences.check(scenes[cut:], HARBOUR, geofences.Watch.load(path), KNOWN))
    assert record(whole) == record(before + after)
    assert repr([c.tolist() for c in whole[-1].places]) == repr([c.tolist() for c in (before + after)[-1].places])


def test_the_harbour_is_lively():
    """The law above would hold of a Watch that says nothing."""
    heard = {
        rule
        for seed in range(6)
        for rule, *_ in told(watch(HARBOUR, harbour_traffic(seed), 30, step_s=30, registers=KNOWN))
    }
    assert len(heard) >= 8


@pytest.mark.parametrize("text", [b"", b"not a zip", b"PK\x03\x04 but no more"])
def test_a_file_that_is_no_watch_is_named(tmp_path, text):
    path = tmp_path / "w.npz"
    path.write_bytes(text)
    with pytest.raises(StateError, match="not a saved Watch") as error:
        geofences.Watch.load(path)
    assert str(path) in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StateError, match=r"absent\.npz"):
        geofences.Watch.load(tmp_path / "absent.npz")


def test_a_watch_of_other_zones_is_refused(tmp_path):
    keeper = geofences.Watch(WatchConfig(edge_m=10.0))
    list(geofences.check(pictures([ship(1)], 1), HARBOUR, keeper))
    keeper.save(tmp_path / "w.npz")
    loaded = geofences.Watch.load(tmp_path / "w.npz")
    assert WatchConfig(edge_m=10.0) == loaded.config
    with pytest.raises(StateError, match="other zones"):
        list(geofences.check(pictures([ship(1)], 1), zones(zone("fairway", box(0, 0, 9, 9))), loaded))


def test_other_alerts_of_a_picture_are_kept():
    given_ = picture([ship(1)], 0)._replace(alerts=Alerts(alert=[5], rule=["from_fusion"]))
    (checked,) = geofences.check([given_], HARBOUR)
    assert ["from_fusion"] == checked.alerts.rule.tolist()


def test_an_empty_sea_is_watched_in_silence():
    checked = watch(HARBOUR, [ship(1, leaves=0.0)], 2)
    assert [] == told(checked)
    assert [0] * 13 == [p.places.n for p in checked]


def test_places_say_since_when():
    checked = watch(HARBOUR, [ship(1, 1000, -600, 0, 10)], 8)
    (row,) = np.flatnonzero(checked[-1].places.zone == 0)
    entered = checked[-1].places.since_ns[row]
    (told_ns,) = {int(p.visits.entered_ns[0]) for p in checked if p.visits.n and p.visits.zone[0] == 0}
    assert told_ns == entered > checked[0].at_ns


def test_at_a_picture_a_second_what_is_near_is_fresh_and_what_is_far_ten_seconds_old_at_most():
    ships, keeper = harbour_traffic(3, count=30), geofences.Watch()
    scenes = pictures(ships, 1, step_s=1)
    fresh = [geofences.places(p, HARBOUR) for p in scenes]
    for k, checked in enumerate(geofences.check(scenes, HARBOUR, keeper)):
        ours, exact = (
            {(t, z): e for t, z, e in zip(x.track.tolist(), x.zone.tolist(), x.edge_m.tolist(), strict=True)}
            for x in (checked.places, fresh[k])
        )
        near = {pair: e for pair, e in exact.items() if e <= 1852.0}
        assert near == {pair: ours[pair] for pair in near}
        assert all(abs(ours[pair] - e) < 10 * 16 for pair, e in exact.items() if pair in ours)
        assert list(ours) == sorted(ours)
        if k % 10 == 0:
            assert exact == ours


def test_the_memory_is_bounded_by_the_traffic(few):
    """Vessels come and go; after the last has gone, nothing is kept of any."""
    keeper = geofences.Watch()
    for k in range(few(20, 5)):
        crowd = [ship(412000000 + 10 * k + j, 1000 + 50 * j, 500, 0, 0.0, status=1) for j in range(5)]
        scenes = pictures(crowd, 8, step_s=60, t0_ns=1_750_000_000_000_000_000 + k * 7_200_000_000_000)
        scenes = [p._replace(tracks=p.tracks._replace(track=p.tracks.track + 100 * k)) for p in scenes]
        list(geofences.check(scenes, HARBOUR, keeper))
    assert keeper.stays.n <= 10
    assert keeper.moorings.n == 5
    assert sum(len(c["track"]) for c in keeper.alerts.dump()["causes"].values()) <= 30


def test_acknowledging_and_suppressing_go_through_the_watch():
    keeper = geofences.Watch()
    checked = watch(HARBOUR, [ship(1, 6000, 1000, 0, 0.5)], 2, keeper=keeper)
    (alert,) = {int(a) for p in checked for a in p.alerts.alert}
    assert ["acknowledged"] == [
        state
        for state, *_ in told(
            [checked[-1]._replace(alerts=keeper.acknowledge(alert, checked[-1].at_ns))], "restricted_entry"
        )
    ]
    quiet = geofences.Watch()
    quiet.suppress(2**62, rule="restricted_entry", mmsi=1, reason="dredging under contract")
    assert [] == told(watch(HARBOUR, [ship(1, 6000, 1000, 0, 0.5)], 2, keeper=quiet))


def test_a_list_of_suppressions_is_kept_until_each_expires(tmp_path):
    (tmp_path / "suppressions.csv").write_text(
        "rule,mmsi,zone,until,reason\nrestricted_entry,413000001,,2025-06-15T15:08:30Z,dredging under contract\n"
    )
    known, keeper = registers.load(tmp_path), geofences.Watch()
    for _ in range(2):  # at every start
        registers.suppress(known, HARBOUR, {"restricted_entry"}, [keeper.alerts])
    assert 1 == keeper.alerts.suppressed.n
    ships = [ship(413000001, 6000, 1000, 0, 0.5), ship(413000002, 6300, 1000, 0, 0.5)]
    checked = watch(HARBOUR, ships, 4, keeper=keeper)
    first = {mmsi: p.at_ns for p in reversed(checked) for mmsi in p.alerts.mmsi[p.alerts.state == 0].tolist()}
    expires_ns = registers.instant_ns("2025-06-15T15:08:30Z")
    assert first[413000002] < expires_ns <= first[413000001] <= expires_ns + 20 * S
    assert 0 == keeper.alerts.suppressed.n


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",,,2026-01-01T00:00Z,x", "everything"),
        ("speeding,,,2026-01-01T00:00Z,x", "no rule 'speeding'"),
        (",413000001,Nowhere,2026-01-01T00:00Z,x", "no zone 'Nowhere'"),
        (",413000001,,,x", "has no until"),
        (",413000001,,2026-01-01T00:00Z,", "has no reason"),
    ],
)
def test_a_bad_suppression_is_named_with_its_row(tmp_path, row, says):
    (tmp_path / "suppressions.csv").write_text(f"rule,mmsi,zone,until,reason\n{row}\n")
    with pytest.raises(RegisterError, match=f"row 1.*{says}"):
        registers.suppress(registers.load(tmp_path), HARBOUR, {"restricted_entry"}, [])


@pytest.mark.parametrize("name", sorted(discover(rules)))
def test_a_rules_words_fit_its_numbers(name):
    """What a template asks for is a vessel, a zone, the excess, or a number that the rule gives in its detail."""
    rule = discover(rules)[name]
    source = Path(rule.__file__).read_text(encoding="utf-8")
    for text in rule.TEXT.values():
        fields = {field for _, field, _, _ in string.Formatter().parse(text) if field}
        assert [] == [f for f in fields - {"vessel", "other", "zone", "excess"} if f"{f}=" not in source]
        assert "{vessel}" in text
    assert isinstance(getattr(rule, "NEEDS", ()), tuple)


HEADS = {
    "lng_carriers": "imo,mmsi,name,length_m,beam_m\n",
    "attendants": "mmsi,name,role\n",
    "weather": "t,wind_mps,visibility_m,wave_m\n",
}


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("lng_carriers", "9999990,,X,,\n", "check digit"),
        ("lng_carriers", ",,X,,\n", "neither imo nor mmsi"),
        ("lng_carriers", ",41300000,X,,\n", "must have 9 digits"),
        ("lng_carriers", ",413000001,X,long,\n", "must be a number"),
        ("attendants", "413000001,X,captain\n", "must be one of escort, pilot, operator"),
        ("weather", "2025-06-16T08:00,5,9000,1\n", "has no offset"),
        ("weather", ",5,9000,1\n", "has no t"),
        ("weather", "2025-06-16T08:00Z,-5,9000,1\n", "0 or more"),
    ],
)
def test_a_bad_register_is_named_with_row_and_remedy(tmp_path, name, row, says):
    path = tmp_path / f"{name}.csv"
    path.write_text(HEADS[name] + row)
    with pytest.raises(RegisterError, match=says) as error:
        registers.load(tmp_path)
    assert str(path) in str(error.value)
    assert "row 1" in str(error.value)


def test_a_register_without_its_column_or_not_of_text_is_named(tmp_path):
    (tmp_path / "attendants.csv").write_text("mmsi,name\n")
    with pytest.raises(RegisterError, match="no column 'role'"):
        registers.load(tmp_path)
    (tmp_path / "attendants.csv").write_bytes(b"\xff\xfe\x00mmsi")
    with pytest.raises(RegisterError, match="not CSV in UTF-8"):
        registers.load(tmp_path)
    with pytest.raises(RegisterError, match="not a folder"):
        registers.load(tmp_path / "none")


def test_the_shipped_registers_are_marked_as_examples():
    for path in ("data/registers/lng_carriers.csv", "data/registers/attendants.csv"):
        assert "EXAMPLE" in Path(path).read_text(encoding="utf-8").splitlines()[0]
    assert all(name.startswith("EXAMPLE") for name in KNOWN.lng_carriers["name"])
