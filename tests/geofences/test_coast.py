"""On land or not, by the kernel of the zones."""

import numpy as np
import pytest

import geofences
from geofences import coast
from tests.geofences.world import box, picture, pictures, ship, zone, zones
from vts.errors import ZoneError


def test_land_is_told_from_water_over_the_antimeridian_and_round_the_pole(few):
    places = {
        "Guangzhou": (113.26, 23.13, True),
        "Lingding Sea": (113.75, 22.35, False),
        "Lantau": (113.93, 22.25, True),
        "mid-Atlantic": (-40.0, 30.0, False),
        "Chukotka, west of 180": (179.0, 68.5, True),
        "Chukotka, east of 180": (-179.5, 68.0, True),
        "off Fiji": (180.0, -20.0, False),
        "South Pole": (0.0, -90.0, True),
        "North Pole": (0.0, 90.0, False),
    }
    if few(1, 0):  # 400,000 edges take minutes without the compiler
        lon, lat, want = (np.array(column) for column in zip(*places.values()))
        told = geofences.land().first_zone(lon, lat) >= 0
        assert dict(zip(places, want.tolist())) == dict(zip(places, told.tolist()))


def test_damaged_coast_file_is_named(tmp_path):
    (tmp_path / "land.npz").write_bytes(b"no")
    with pytest.raises(ZoneError, match=r"land\.npz: not the coast file"):
        from geofences.coast import land

        land(tmp_path / "land.npz")


ISLAND = zones(zone("rules_area", box(0, 0, 6000, 6000))).index  # stands for land


@pytest.mark.parametrize(
    ("east_m", "north_m", "is_ashore"),
    [(3000, 3000, True), (3000, 520, True), (3000, 480, False), (400, 400, False), (-900, 3000, False)],
    ids=["inland", "520 m inland", "480 m inland", "in a corner", "at sea"],
)
def test_ashore_is_more_than_the_margin_inland(east_m, north_m, is_ashore):
    told = coast.ashore(picture([ship(1, east_m, north_m)], 0).tracks, ISLAND)
    assert ([(1, -1, "land", -500.0)] if is_ashore else []) == list(
        zip(told.track.tolist(), told.zone.tolist(), told.zone_kind.tolist(), told.edge_m.tolist(), strict=True)
    )


def test_who_is_in_a_fairway_is_afloat_whatever_the_coast_says():
    ships = [ship(1, 3000, 3000, 0, 5), ship(2, 1000, 3000, 0, 5)]
    for kind, ashore in (("fairway", [2]), ("rules_area", [1, 2])):
        where = zones(zone(kind, box(2500, 0, 3500, 6000)))
        (told,) = geofences.check(pictures(ships, 0), where, land=ISLAND)
        assert ashore == told.places.track[told.places.zone_kind == "land"].tolist()
    (told,) = geofences.check(pictures(ships, 0), where)
    assert "land" not in told.places.zone_kind.tolist()


def test_a_vessel_of_unknown_position_is_not_ashore():
    assert 0 == coast.ashore(picture([ship(1, np.nan, 0)], 0).tracks, ISLAND).n


def test_inland_is_ashore_and_the_roads_are_not(few):
    if few(1, 0):
        ships = {"Dongguan hills": (113.90, 22.92, True), "Lingding Sea": (113.75, 22.35, False),
                 "Mirs Bay": (114.40, 22.50, False), "Taklamakan": (83.0, 39.0, True)}  # fmt: skip
        lon, lat, want = (np.array(column) for column in zip(*ships.values(), strict=True))
        tracks = picture([ship(k + 1) for k in range(len(ships))], 0).tracks._replace(lon_deg=lon, lat_deg=lat)
        told = np.isin(tracks.track, coast.ashore(tracks, geofences.land()).track)
        assert dict(zip(ships, want.tolist(), strict=True)) == dict(zip(ships, told.tolist(), strict=True))
