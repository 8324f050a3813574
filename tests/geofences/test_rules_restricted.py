"""Areas that are closed: by kind, by the hour, without a permit; the works circle; and what is about to happen."""

from datetime import UTC, datetime

import numpy as np
import pytest

from geofences.registers import Registers
from tests.geofences.world import box, place, raised, ship, told, watch, zone
from vts.units import S

AREA = box(-1000, 0, 1000, 2000)


def entering(mmsi=1, **more):
    return ship(mmsi, 0, -600, 0, 8, **more)


@pytest.mark.parametrize(
    ("lists", "ship_type", "offends"),
    [({}, 70, True), ({"allowed": ["tug", "service"]}, 52, False), ({"allowed": ["tug"]}, 70, True),
     ({"forbidden": ["tanker"]}, 80, True), ({"forbidden": ["tanker"]}, 70, False), ({"allowed": ["tug"]}, 0, False)],
    ids=["closed to all", "allowed", "not allowed", "forbidden", "open to others", "unknown kind"],
)  # fmt: skip
def test_entry_by_kind(lists, ship_type, offends):
    checked = watch([zone("restricted_area", AREA, **lists)], [entering(ship_type=ship_type)], 8)
    assert ({1} if offends else set()) == raised(checked, "restricted_entry")


def test_who_keeps_clear_is_not_told():
    assert [] == told(watch([zone("restricted_area", AREA)], [ship(1, 1100, -600, 0, 8)], 10))


def test_a_permit_opens_the_area_to_its_holder_only():
    permits = {
        "mmsi": np.array([1]),
        "zone": np.array(["restricted_area"]),
        "valid_from": np.array([-1]),
        "valid_to": np.array([-1]),
    }
    ships = [entering(1), ship(2, 300, -600, 0, 8)]
    checked = watch([zone("restricted_area", AREA)], ships, 8, registers=Registers(permits=permits))
    assert {2} == raised(checked, "restricted_entry")


def test_an_expired_permit_opens_nothing():
    permits = {"mmsi": np.array([1]), "zone": np.array(["*"]), "valid_from": np.array([-1]), "valid_to": np.array([S])}
    checked = watch([zone("restricted_area", AREA)], [entering()], 8, registers=Registers(permits=permits))
    assert {1} == raised(checked, "restricted_entry")


@pytest.mark.parametrize(
    ("when", "offends"),
    [("2025-04-09T01:00", True), ("2025-04-09T09:30", False), ("2025-04-13T01:00", False), ("2025-04-12T08:30", True)],
    ids=["09:00 local", "17:30 local", "a day after", "16:30 on the last day"],
)
def test_works_area_holds_within_its_days_and_hours(when, offends):
    """The times of the Shekou survey notice of 2025-04-08: 08:00-17:00 (UTC+8), 9 to 12 April."""
    works = zone(
        "works_area",
        AREA,
        valid_from="2025-04-09T08:00+08:00",
        valid_to="2025-04-12T17:00+08:00",
        daily_window="08:00-17:00",
    )
    t0 = int(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()) * S
    assert ({1} if offends else set()) == raised(watch([works], [entering()], 8, t0_ns=t0), "restricted_entry")


@pytest.mark.parametrize(("off_m", "offends"), [(0, True), (45, True), (55, False)])
def test_the_circle_of_a_working_vessel_goes_with_her(off_m, offends):
    works = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(place(0, 0))},
        "properties": {"name": "survey", "kind": "moving_works", "mmsi": 5, "radius_m": 50, "source": "a test",
                       "confidence": "high"},
    }  # fmt: skip
    ships = [ship(5, 2000, 0, 0, 3), ship(1, 2000 + off_m, 600, 180, 3)]
    checked = watch([works], ships, 8)
    assert ({(1, 5)} if offends else set()) == {(m, o) for s, m, o, _ in told(checked, "moving_works") if s == "raised"}


@pytest.mark.parametrize(
    ("vessel", "soon"),
    [(ship(1, 0, -1500, 0, 8), True), (ship(1, 0, -8000, 0, 8), False), (ship(1, 0, -1500, 180, 8), False),
     (ship(1, 1300, -1500, 0, 8), False), (ship(1, 0, -1500, 0, 0.0), False)],
    ids=["in 6 minutes", "in 32 minutes", "goes away", "passes clear", "lies still"],
)  # fmt: skip
def test_entry_is_foreseen(vessel, soon):
    assert ({1} if soon else set()) == raised(
        watch([zone("restricted_area", AREA)], [vessel], 1.5), "restricted_entry_soon"
    )


def test_entry_is_foreseen_by_her_own_uncertainty():
    # heading to pass 60 m inside the corner in five minutes: certain when she is well tracked, a guess when not
    near = {"east_m": 940, "north_m": -1240, "cog": 0, "sog": 8}
    where = [zone("restricted_area", AREA)]
    assert {1} == raised(watch(where, [ship(1, **near, sigma_m=5, sigma_kn=0.05)], 1), "restricted_entry_soon")
    assert set() == raised(watch(where, [ship(1, **near, sigma_m=300, sigma_kn=2)], 1), "restricted_entry_soon")


def test_what_was_foreseen_is_over_when_she_has_entered():
    states = [s for s, *_ in told(watch([zone("restricted_area", AREA)], [entering()], 8), "restricted_entry_soon")]
    assert ("raised", "cleared") == (states[0], states[-1])
