"""On land or not, by the kernel of the zones."""

import numpy as np
import pytest

import geofences
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
