"""The grid index against shapely: the same answer for every position, on edges and vertices too."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences import kernels
from geofences.index import Index, places
from geofences.zones import Zones, from_geojson
from vts.geo import angle_diff_deg, bearing_deg, metres_per_degree
from vts.schema import Alerts, Picture, Scores, Statics, Tracks


def zones_of(*areas):
    """Zones over shapely polygons."""
    column = np.empty(len(areas), object)
    column[:] = areas
    kinds = ("restricted_area",) * len(areas)
    return Zones(
        tuple(f"zone {k}" for k in range(len(areas))), kinds, tuple({"kind": k} for k in kinds), column, column
    )


def star(rng, lon, lat, radius, vertices, digits=17):
    """A star-shaped polygon, a third of the time with a hole."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    reach = radius * rng.uniform(0.4, 1.0, vertices)
    ring = np.round(np.column_stack([lon + reach * np.cos(angle), lat + reach * np.sin(angle)]), digits)
    hole = [(lon, lat) + (ring - (lon, lat)) * 0.3] if rng.random() < 0.33 else []
    return shapely.Polygon(ring, hole)


def adversarial(rng, outlines, n):
    """Positions anywhere, on vertices, on edges, one step of a double beside them, and on crossings of their rows."""
    e = outlines.edges
    west, south, east, north = e[:, 0].min() - 0.1, e[:, 1].min() - 0.1, e[:, 0].max() + 0.1, e[:, 1].max() + 0.1
    pick, t = e[rng.integers(0, len(e), n)], rng.choice([0.0, 0.25, 0.5, 1.0 / 3.0, 0.9], n)
    on = pick[:, :2] + t[:, None] * (pick[:, 2:] - pick[:, :2])
    beside = np.nextafter(on, on + rng.choice([-1.0, 0.0, 1.0], on.shape))
    beside[::2] = on[::2] + rng.uniform(-1e-9, 1e-9, on[::2].shape)
    rows = np.column_stack([rng.choice(e[:, 0], n), rng.choice(e[:, 1], n)])
    level = np.column_stack([rng.uniform(west, east, n), rng.choice(e[:, 1], n)])
    anywhere = np.column_stack([rng.uniform(west, east, n), rng.uniform(south, north, n)])
    points = np.concatenate([on, beside, rows, level, anywhere])
    points[np.abs(points) < 1e-140] = 0.0  # products of smaller numbers underflow: 1e-135 m from the equator
    return np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])


def holds_exactly(area, x, y):
    """Whether a polygon holds a position, edges and vertices too, in rational arithmetic."""
    x, y, odd = Fraction(float(x)), Fraction(float(y)), False
    for ring in (area.exterior, *area.interiors):
        corners = [(Fraction(a), Fraction(b)) for a, b in ring.coords]
        for (x0, y0), (x1, y1) in itertools.pairwise(corners):
            side = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
            if side == 0 and min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1):
                return True
            if (y0 <= y) != (y1 <= y) and (side > 0) == (y1 > y0):
                odd = not odd
    return odd


def differences(zones, lon, lat, told_lon=None):
    """How many (position, zone) pairs the index has wrong, by shapely and, where the two differ, by rationals.

    `told_lon` is what the index is told where it is not the longitude that the zones are drawn in.
    """
    hits = zones.index.locate(lon if told_lon is None else told_lon, lat)
    wrong = doubtful = 0
    for zone, area in enumerate(zones.area):
        shapely.prepare(area)
        ours = np.zeros(lon.size, bool)
        ours[hits.row[hits.zone == zone]] = True
        west, south, east, north = area.bounds
        near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        differ = np.flatnonzero(near)[ours[near] != shapely.intersects_xy(area, lon[near], lat[near])]
        # GEOS rounds too, one step of a double beside a vertex: there rational arithmetic decides
        wrong += sum(ours[p] != holds_exactly(area, lon[p], lat[p]) for p in differ) + int(ours[~near].sum())
        doubtful += differ.size
    assert doubtful <= 0.005 * lon.size
    assert np.array_equal(np.lexsort((hits.zone, hits.row)), np.arange(hits.row.size))
    return wrong


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3, 17]), st.floats(-60, 60), st.floats(-175, 175))
def test_index_agrees_with_shapely_on_every_position(seed, digits, lat, lon):
    rng = np.random.default_rng(seed)
    areas = [
        star(rng, lon + rng.normal(), lat + rng.normal(), 10 ** rng.uniform(-1, 0.5), 30, digits) for _ in range(8)
    ]
    areas = [area for area in areas if area.is_valid and not area.is_empty]
    if areas:
        zones = zones_of(*areas)
        assert 0 == differences(zones, *adversarial(rng, zones.index.outlines, 300))


@pytest.mark.slow
def test_index_agrees_with_shapely_on_ten_million_positions(few):
    """Vertices, edges, 1e-9 degrees and one step of a double beside them, holes; in China and over the antimeridian."""
    rng = np.random.default_rng(10)
    for middle, span_deg in ((114, 0.0), (180, 360.0)):
        areas = [star(rng, middle + rng.normal(), 22 + rng.normal(), 0.2, 300, 17 if k % 2 else 3) for k in range(200)]
        zones, count = zones_of(*(area for area in areas if area.is_valid)), 0
        while count < few(5_000_000, 1000):
            lon, lat = adversarial(rng, zones.index.outlines, few(100_000, 200))
            told = np.where(lon > 180.0, lon - span_deg, lon)
            # turning by a circle rounds by up to 3e-14 degrees
            same = told + np.where(told < lon, span_deg, 0.0) == lon
            count += int(same.sum())
            assert 0 == differences(zones, lon[same], lat[same], told[same])


def test_side_is_exact_where_doubles_are_not():
    x1, y1 = 12.0, 12.0
    steps = np.nextafter(0.5, 1.0) - 0.5
    for i in range(8):
        for j in range(8):
            want = np.sign((j - i) * 1.0)  # left of the rising diagonal is above it
            assert want == kernels.side(24.0, 24.0, x1, y1, 0.5 + i * steps, 0.5 + j * steps) * -1.0


def test_position_on_an_edge_or_vertex_is_inside_and_nan_nowhere():
    index = zones_of(shapely.box(113.9, 22.1, 114.0, 22.2)).index
    lon = [113.9, 113.95, 114.0, np.nextafter(114.0, 115), np.nan]
    assert [0, 1, 2] == index.locate(lon, [22.1, 22.2, 22.15, 22.15, 22.15]).row.tolist()


def test_zone_over_the_antimeridian_holds_both_sides_however_it_is_drawn():
    ring = [[179, -17], [-179, -17], [-179, -16], [179, -16], [179, -17]]
    halves = (
        [[[179, -17], [180, -17], [180, -16], [179, -16], [179, -17]]],
        [[[-180, -17], [-179, -17], [-179, -16], [-180, -16], [-180, -17]]],
    )
    run_on = [[179, -17], [181, -17], [181, -16], [179, -16], [179, -17]]
    lon, lat = np.array([178.9, 179.5, 180.0, -180.0, -179.5, -178.9, 0.0]), np.full(7, -16.5)
    for shape, coordinates in (("Polygon", [ring]), ("MultiPolygon", halves), ("Polygon", [run_on])):
        p = {"name": "Fiji", "kind": "restricted_area", "source": "test"}
        feature = {"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates}, "properties": p}
        index = from_geojson({"type": "FeatureCollection", "features": [feature]}).index
        assert [1, 2, 3, 4] == index.locate(lon, lat).row.tolist()
        distance_m, _ = index.edge_m(lon, lat, [2, 3, 0], [0, 0, 0])
        assert np.allclose([-55_330, -55_330, 10_672], distance_m, rtol=2e-3)  # the seam is no edge


def test_harbours_of_both_hemispheres_share_an_index():
    areas = [
        shapely.box(x, y, x + 0.2, y + 0.2) for x, y in ((-70, -40), (4, 52), (113.8, 22.1), (151, -34), (179.9, 0))
    ]
    index = zones_of(*areas).index
    middle = np.array([shapely.get_coordinates(a.centroid)[0] for a in areas])
    middle[:, 0] = (middle[:, 0] + 180) % 360 - 180
    hits = index.locate(middle[:, 0], middle[:, 1])
    assert [0, 1, 2, 3, 4] == hits.zone.tolist() == hits.row.tolist()


def test_answers_do_not_depend_on_the_batch(few):
    rng, n = np.random.default_rng(3), few(3000, 400)
    index = zones_of(*(star(rng, 114, 22, 0.3, 40) for _ in range(few(30, 6)))).index
    lon, lat = rng.uniform(113.5, 114.5, n), rng.uniform(21.5, 22.5, n)
    whole = index.locate(lon, lat)
    rows, zones = [], []
    for begin in range(0, n, n // 4 - 3):
        cut = slice(begin, begin + n // 4 - 3)
        part = index.locate(lon[cut], lat[cut])
        rows.append(part.row + begin)
        zones.append(part.zone)
    assert np.array_equal(whole.row, np.concatenate(rows)) and np.array_equal(whole.zone, np.concatenate(zones))
    first = index.first_zone(lon, lat)
    assert np.array_equal(np.unique(whole.row), np.flatnonzero(first >= 0))
    assert np.array_equal(first[np.unique(whole.row)], whole.zone[np.unique(whole.row, return_index=True)[1]])


def test_distance_to_the_edge_is_the_geodesic_one_and_negative_inside():
    from pyproj import Geod

    rng = np.random.default_rng(4)
    area = star(rng, 114.0, 22.0, 0.1, 60)
    index = zones_of(area).index
    lon, lat = rng.uniform(113.85, 114.15, 40), rng.uniform(21.85, 22.15, 40)
    distance_m, bearing = index.edge_m(lon, lat, np.arange(40), np.zeros(40, int))
    inside = shapely.contains_xy(area, lon, lat)
    assert np.array_equal(inside, distance_m < 0)
    shore = shapely.segmentize(area.boundary, 2e-5)
    c = shapely.get_coordinates(shore)
    for k in range(40):
        azimuth, _, all_m = Geod(ellps="WGS84").inv(np.full(len(c), lon[k]), np.full(len(c), lat[k]), c[:, 0], c[:, 1])
        nearest = np.argmin(all_m)
        assert abs(abs(distance_m[k]) - all_m[nearest]) < 1.0 + 2e-3 * all_m[nearest]
        assert abs(angle_diff_deg(bearing[k], azimuth[nearest])) < 1.0 or all_m[nearest] < 200


def test_vessel_heading_for_a_zone_is_told_when_it_enters_and_how_near_it_passes():
    index = zones_of(shapely.box(114.0, 22.0, 114.1, 22.1)).index
    lon, lat = np.array([113.9, 113.9, 114.06, 113.9]), np.array([22.05, 22.05, 22.05, 22.05])
    sog, cog = np.array([10.0, 10.0, 10.0, np.nan]), np.array([90.0, 0.0, 0.0, np.nan])
    hits, edge_m, bearing, enter_s, pass_m, _ = index.stand(lon, lat, sog, cog, [0], 50_000.0, 3600.0)
    assert [0, 1, 2, 3] == hits.row.tolist()
    east_m = 0.1 * 103_260
    assert np.allclose([east_m, east_m, -4126, east_m], edge_m, rtol=2e-3)
    assert np.allclose([90, 90, 90, 90], bearing, atol=0.1)
    assert np.isclose(east_m / (10 * 1852 / 3600), enter_s[0], rtol=1e-3)
    assert np.isnan(enter_s[[1, 3]]).all() and enter_s[2] == 0
    assert np.allclose([0, east_m, 0, east_m], pass_m, rtol=2e-3)


def test_course_against_a_lane_is_told_by_its_axis():
    p = {"name": "lane", "kind": "tss_lane", "source": "test", "direction_deg": 43}
    ring = [
        [119.062, 24.875833],
        [119.075, 24.888667],
        [119.073833, 24.894833],
        [119.058, 24.879333],
        [119.062, 24.875833],
    ]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": p}
    index = from_geojson({"type": "FeatureCollection", "features": [feature]}).index
    along = index.along([119.068], [24.886], [0], [0])
    assert abs(angle_diff_deg(43.0, along.axis_deg[0])) < 0.1
    axis = index.outlines.axis
    assert abs(angle_diff_deg(43.0, bearing_deg(*axis[0], *axis[1]))) < 0.2  # on the mean sphere
    assert 0 < along.along_m[0] < index.length_m(0)


def test_one_pass_tells_edge_axis_and_course_against_it(few):
    """Places hold what edge_m, along and the tracks' courses say one by one."""
    rng, n = np.random.default_rng(9), few(300, 30)
    lines = [np.array([114 + 0.2 * k, 22.0]) + np.cumsum(rng.normal(0, 0.02, (5, 2)), axis=0) for k in range(3)]
    properties = {"kind": "corridor", "source": "test", "width_m": 2000}
    features = [
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": line.tolist()},
         "properties": {"name": f"corridor {k}", **properties}}
        for k, line in enumerate(lines)
    ]  # fmt: skip
    area = {"type": "Polygon", "coordinates": [[[114, 22], [114.1, 22], [114.1, 22.1], [114, 22]]]}
    features.append({"type": "Feature", "geometry": area, "properties": {**properties, "name": "x", "kind": "fairway"}})
    zones = from_geojson({"type": "FeatureCollection", "features": features})
    tracks = Tracks(
        track=np.arange(n), lon_deg=rng.uniform(113.8, 114.6, n), lat_deg=rng.uniform(21.9, 22.2, n),
        sog_kn=rng.uniform(0, 15, n), cog_deg=rng.uniform(0, 360, n),
    )  # fmt: skip
    p = places(Picture(0, tracks, Statics.empty(), Alerts.empty(), Scores.empty()), zones)
    assert p.n > n and np.isnan(p.along_m[p.zone == 3]).all() and np.isfinite(p.along_m[p.zone < 3]).all()
    at = tracks.lon_deg, tracks.lat_deg, p.track, p.zone
    edge_m, bearing_deg = zones.index.edge_m(*at)
    np.testing.assert_array_equal(p.edge_m, edge_m)
    np.testing.assert_array_equal(p.bearing_deg, bearing_deg)
    along = zones.index.along(*at)
    for name in along._fields:
        np.testing.assert_array_equal(getattr(p, name), getattr(along, name))
    turned = (along.axis_deg + p.off_axis_deg - tracks.cog_deg[p.track] + 180) % 360 - 180
    np.testing.assert_allclose(turned[p.zone < 3], 0, atol=1e-9)


def test_empty_zones_hold_nothing():
    index = zones_of().index
    assert 0 == index.locate([0.0], [0.0]).row.size
    assert [-1] == index.first_zone([0.0], [0.0]).tolist()


def test_index_of_one_zone_is_that_of_its_outlines():
    index = zones_of(shapely.Point(114, 22).buffer(0.1)).index
    again = Index(index.outlines)
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(113.8, 114.2, 500), rng.uniform(21.8, 22.2, 500)
    assert np.array_equal(index.first_zone(lon, lat), again.first_zone(lon, lat))


def test_how_a_run_passes_zones_is_what_shapely_measures(few):
    rng = np.random.default_rng(8)
    zones = zones_of(*(star(rng, 114 + 0.3 * k, 22.0, 0.1, 200) for k in range(3)))
    n = few(200, 12)
    lon, lat = rng.uniform(113.7, 114.9, n), rng.uniform(21.8, 22.2, n)
    sog, cog = rng.uniform(0, 20, n), rng.uniform(0, 360, n)
    hits, edge_m, _, enter_s, pass_m, _ = zones.index.stand(lon, lat, sog, cog, [0, 1, 2], 30_000.0, 3600.0)
    told = {(int(r), int(z)): k for k, (r, z) in enumerate(zip(*hits))}
    for row in range(n):
        east, north = metres_per_degree(lat[row])
        flat = [
            shapely.transform(a, lambda c, o=(lon[row], lat[row]), m=(east, north): (c - o) * m) for a in zones.area
        ]
        run = np.array([np.sin(np.radians(cog[row])), np.cos(np.radians(cog[row]))]) * sog[row] * 1852
        path = shapely.LineString([(0, 0), run])
        for zone, area in enumerate(flat):
            away = shapely.distance(area.boundary, shapely.Point(0, 0))
            crossed = shapely.intersection(path, area)
            k = told.get((row, zone))
            if k is None:
                assert away > 30_000 - 1 and crossed.is_empty
                continue
            assert abs(abs(edge_m[k]) - away) < 0.01
            assert abs(pass_m[k] - shapely.distance(path, area)) < 0.01
            assert crossed.is_empty == np.isnan(enter_s[k])
            if edge_m[k] > 0 and not crossed.is_empty:
                assert abs(enter_s[k] * sog[row] * 1852 / 3600 - shapely.distance(crossed, shapely.Point(0, 0))) < 0.01
