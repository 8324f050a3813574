"""The tangent plane and its inverse, and short runs, against pyproj."""

import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vts import geo

GEOD = pyproj.Geod(ellps="WGS84")
LON, LAT, COURSE = st.floats(-180, 180), st.floats(-75, 75), st.floats(0, 359.9)


@settings(max_examples=60, deadline=None)
@given(LON, LAT, COURSE, st.floats(0, 60_000))
def test_enu_equals_pyproj_and_comes_back(lon0, lat0, course, run_m):
    lon, lat, _ = GEOD.fwd(lon0, lat0, course, run_m)
    topocentric = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={lon0!r} +lat_0={lat0!r}"
    )
    east, north, up = geo.lonlat_to_enu(lon, lat, lon0, lat0)
    assert topocentric.transform(lon, lat, 0.0) == pytest.approx((east, north, up), abs=1e-5)
    back_lon, back_lat = geo.enu_to_lonlat(east, north, lon0, lat0)
    assert 0.0 == pytest.approx(GEOD.inv(lon, lat, back_lon, back_lat)[2], abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(LON, LAT, COURSE, st.floats(1, 20_000))
def test_short_runs_agree_with_the_geodesic(lon, lat, course, run_m):
    to_lon, to_lat = geo.ahead(lon, lat, course, run_m)
    real_lon, real_lat, _ = GEOD.fwd(lon, lat, course, run_m)
    assert GEOD.inv(to_lon, to_lat, real_lon, real_lat)[2] < 140 * (run_m / 2e4) ** 2 + 1e-4 * run_m
    assert geo.distance_m(lon, lat, real_lon, real_lat) == pytest.approx(run_m, rel=0.0061)
    assert abs(geo.angle_diff_deg(geo.bearing_deg(lon, lat, real_lon, real_lat), course)) < 0.25


def test_the_antimeridian_is_no_edge():
    assert 0.2 == pytest.approx(geo.lon_diff_deg(-179.9, 179.9))
    assert -180 <= geo.ahead(179.999, 10.0, 90.0, 1000.0)[0] < -179.9
