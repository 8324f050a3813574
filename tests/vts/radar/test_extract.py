"""Radar video: cells unpacked, revolutions assembled, ships found and sea left alone."""

import math

import numpy as np
import pytest

from vts.errors import SiteError
from vts.radar import Site, extract_kernels, land, project, read
from vts.radar.asterix import encode
from vts.radar.extract import Extractor, go_cfar_factor
from vts.schema import Reports

SITE = Site("video", 0, 113.9, 22.4, sac=1, sic=2, date="2026-01-01")
CELL_M = 10.0
CELLDUR_FS = CELL_M * 2 / 299_792_458.0 * 1e15


def sea(rng, rows=256, cells=512):
    """Rayleigh clutter, as 8 bits."""
    return np.clip(np.rint(np.sqrt(rng.exponential(200.0, (rows, cells)))), 0, 255).astype(np.uint8)


def with_ship(image, row, cell, rows=3, cells=8):
    """The image with a bright block whose first cell and middle row are given."""
    image = image.copy()
    for j in range(-(rows // 2), rows - rows // 2):
        image[(row + j) % len(image), cell : cell + cells] = 240
    return image


def plots(image, **options):
    """Reports of one scan; the row of the plot is its time in ns less 1."""
    x = Extractor(SITE, azimuths=len(image), **({"ship_m": 200.0} | options))
    row_ns = np.arange(1, len(image) + 1, dtype=np.int64)
    return x.extract(image, row_ns, CELL_M, np.empty((0, 0)), np.empty((0, 0), np.uint8))[0]


def radials(image, tod_s=43_200.0, period_s=2.5, order=None, **other):
    """CAT240 octets of an image, one radial a row."""
    n, cells = image.shape
    az = np.arange(n) * 360.0 / n
    order = np.arange(n) if order is None else order
    values = {
        "i010_sac": 1, "i010_sic": 2, "i000_typ": 2, "i020_index": np.arange(n), "i041_startaz_deg": az,
        "i041_endaz_deg": (az + 360.0 / n) % 360.0, "i041_startrg": 0, "i041_celldur_fs": CELLDUR_FS, "i048_c": 0,
        "i048_res": 4, "i049_nbvb": cells, "i049_nbcells": cells, "i140_tod_s": tod_s + az / 360.0 * period_s,
    } | other  # fmt: skip
    values = {k: np.asarray(v)[order] if np.ndim(v) else v for k, v in values.items()}
    return encode(240, values, raw=("051", image[order]), per_block=1)


def replayed(*octets):
    """(Reports, feed) of CAT240 octets."""
    feed = read([b"".join(octets)], (SITE,))
    return Reports.concat(list(feed)), feed


def test_factor_keeps_the_false_alarm_rate_in_rayleigh_clutter(few):
    rng = np.random.default_rng(3)
    power = rng.exponential(1.0, few(400_000, 20_000))
    n = 16
    windows = np.lib.stride_tricks.sliding_window_view(power, 2 * n + 1)
    level = np.maximum(windows[:, :n].mean(axis=1), windows[:, n + 1 :].mean(axis=1))
    rate = np.mean(windows[:, n] > go_cfar_factor(1e-2, n) * level)
    assert 1e-2 == pytest.approx(rate, rel=few(0.15, 0.6))


def test_ship_is_found_where_it_lies(few):
    rng = np.random.default_rng(1)
    found = plots(with_ship(sea(rng, few(256, 64), few(512, 128)), 40, 60))
    assert 1 == found.n
    assert 64.0 * CELL_M == pytest.approx(found.range_m[0] + CELL_M / 2, abs=CELL_M)
    assert 40 * 360 / few(256, 64) == pytest.approx(found.azimuth_deg[0], abs=360 / few(256, 64))
    assert 41 == pytest.approx(found.t_ns[0], abs=1)


def test_ship_due_north_is_one_ship(few):
    rows = few(256, 64)
    found = plots(with_ship(sea(np.random.default_rng(1), rows, few(512, 128)), 0, 60, rows=5))
    assert 1 == found.n
    assert abs((found.azimuth_deg[0] + 180) % 360 - 180) < 360 / rows


def test_turning_the_antenna_by_any_angle_turns_the_plots(few):
    rows = few(256, 64)
    image = with_ship(with_ship(sea(np.random.default_rng(2), rows, few(512, 128)), 20, 60), 50, 90)
    here = plots(image)
    turned = plots(np.roll(image, rows // 2 - 20, axis=0))
    want = np.sort((here.azimuth_deg + (rows // 2 - 20) * 360 / rows) % 360)
    np.testing.assert_allclose(np.sort(turned.azimuth_deg), want, atol=1e-9)
    np.testing.assert_allclose(np.sort(turned.length_m), np.sort(here.length_m), rtol=1e-9)


def test_long_ship_does_not_hide_itself_behind_a_guard_as_long(few):
    image = with_ship(sea(np.random.default_rng(1), 64, few(512, 256)), 30, 100, cells=19)
    assert (1, 0) == (plots(image, ship_m=240.0).n, plots(image, ship_m=20.0).n)


def test_length_and_direction_follow_the_hull():
    image = np.ones((64, 128), np.uint8)
    along = plots(with_ship(image, 16, 60, rows=2, cells=12))  # due east, its long side on the line of sight
    assert 12 * CELL_M == pytest.approx(along.length_m[0], rel=0.3)
    assert along.width_m[0] < along.length_m[0]


def test_empty_sea_gives_few_plots(few):
    found = plots(sea(np.random.default_rng(5), few(512, 64), few(1024, 128)), false_alarm=1e-4)
    assert found.n <= 1


def test_land_is_not_searched():
    image = with_ship(np.ones((64, 128), np.uint8), 16, 60)
    ring = np.array([[113.9005, 22.39], [113.93, 22.39], [113.93, 22.41], [113.9005, 22.41]])
    x = Extractor(SITE, azimuths=64, ship_m=200.0, not_searched=[ring])
    bits = x.land_bits(128, CELL_M)
    row_ns = np.arange(1, 65, dtype=np.int64)
    assert 0 == x.extract(image, row_ns, CELL_M, np.empty((0, 0)), bits)[0].n
    assert 1 == plots(image).n
    assert not np.unpackbits(bits[48]).any()  # west of the antenna is sea


def test_shipped_coast_tells_sea_from_land():
    listed = land.rings("coast")
    island = Site("Lantau peak", 0, 113.94, 22.26)
    water = Site("Guishan", 0, 113.90, 22.05)
    (edges, on_land), (_, at_sea) = (land.around(listed, s.lon_deg, s.lat_deg, 20_000.0) for s in (island, water))
    assert (True, False) == (on_land, at_sea)
    bits = np.zeros((64, 256), np.uint8)
    extract_kernels.shade(edges, on_land, 64, 10.0, 5.0, bits)
    seen = np.unpackbits(bits, axis=1, bitorder="little").astype(bool)
    assert seen[:, 0].all()
    assert not seen.all()
    for row, cell in ((0, 500), (20, 1000), (48, 1900)):  # the bits agree with the point-in-polygon rule
        spot = project.polar_to_lonlat((cell + 0.5) * 10.0, (row + 0.5) * 360 / 64, 113.94, 22.26, 0.0)
        assert seen[row, cell] == land.around(listed, *spot, 1.0)[1]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type": "Point"}', '{"type": "Polygon", "coordinates": [[[1], [2], [3]]]}']
)
def test_land_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "shore.geojson").write_text(text)
    with pytest.raises(SiteError, match=r"shore\.geojson"):
        land.rings(tmp_path / "shore.geojson")


@pytest.mark.parametrize(("res", "bits"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_cells_of_every_width_come_back(res, bits):
    rng = np.random.default_rng(res)
    values = rng.integers(0, 1 << bits, 64)
    packed = np.packbits(((values[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).ravel())
    out = np.zeros(64, np.uint8)
    extract_kernels.unpack(packed, 0, bits, 64, out)
    np.testing.assert_array_equal(values * (255 // ((1 << bits) - 1)), out)


def test_revolutions_become_plots_at_the_time_of_their_radial():
    image = with_ship(np.ones((2048, 128), np.uint8), 500, 60, rows=12)
    found, feed = replayed(radials(image), radials(image, tod_s=43_202.5))
    want_s = 500 / 2048 * 2.5
    assert 2 == found.n
    after_s = (found.t_ns - 1_767_225_600 * 10**9) / 1e9 - 43_200
    np.testing.assert_allclose([want_s, want_s + 2.5], after_s, atol=0.01)
    assert 2 * len(image) == feed.rejects.used == feed.rejects.read
    assert 500 / 2048 * 360 == pytest.approx(found.azimuth_deg[0], abs=0.2)


def test_lost_repeated_and_split_radials_leave_the_same_ship():
    image = with_ship(np.ones((2048, 128), np.uint8), 500, 60, rows=12)
    whole, _ = replayed(radials(image))
    twice, _ = replayed(radials(image, order=np.repeat(np.arange(2048), 2)))
    gappy, _ = replayed(radials(image, order=np.delete(np.arange(2048), [300, 503, 900])))
    assert 1 == whole.n == twice.n == gappy.n
    assert whole.azimuth_deg[0] == twice.azimuth_deg[0]
    assert whole.azimuth_deg[0] == pytest.approx(gappy.azimuth_deg[0], abs=0.1)


def test_start_and_end_azimuth_alike_is_one_row_wide():
    az = np.arange(2048) * 360.0 / 2048
    image = with_ship(np.ones((2048, 128), np.uint8), 500, 60, rows=12)
    found, _ = replayed(radials(image, i041_endaz_deg=az))
    assert 1 == found.n
    assert 500 / 2048 * 360 == pytest.approx(found.azimuth_deg[0], abs=0.3)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"i041_celldur_fs": 0}, "cell duration 0"),
        ({"i048_c": 1}, "compressed video"),
        ({"i048_res": 0}, "video resolution unknown"),
        ({"i048_res": 9}, "video resolution unknown"),
        ({"i049_nbcells": 129}, "NBCELLS more than NBVB holds"),
        ({"i049_nbvb": 999, "i049_nbcells": 999}, "NBVB more than the video sent"),
        ({"i049_nbcells": 0}, "radial without cells"),
        ({"i041_startrg": 2**32 - 1}, "cell farther than any radar sees"),
    ],
)
def test_radial_that_cannot_be_is_counted(other, reason):
    found, feed = replayed(radials(np.ones((8, 128), np.uint8), **other))
    assert (0, 8, 8) == (found.n, feed.rejects.counts[reason], feed.rejects.read)


def test_cell_count_that_changes_within_a_scan_is_taken():
    image = with_ship(np.ones((2048, 128), np.uint8), 500, 60, rows=12)
    short, long = radials(image[:, :64], order=np.arange(1024, 2048)), radials(image, order=np.arange(1024))
    found, feed = replayed(long, short)
    assert 1 == found.n
    assert 2048 == feed.rejects.used


def test_any_batching_gives_the_same_plots():
    image = with_ship(sea(np.random.default_rng(1), 512, 128), 100, 60)
    octets = radials(image) + radials(image, tod_s=43_202.5)
    whole = Reports.concat(list(read([octets], (SITE,))))
    pieces = Reports.concat(list(read([octets[k : k + 5000] for k in range(0, len(octets), 5000)], (SITE,))))
    for a, b in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(a, b)


def test_clutter_map_learns_the_sea_and_not_the_ship():
    image = with_ship(sea(np.random.default_rng(1), 64, 128), 20, 60)
    runs = np.array([[row, 60, 67] for row in (19, 20, 21)], np.int64)
    clutter = np.full((4, 8), -1.0)
    power = np.arange(256.0) ** 2
    extract_kernels.learn_clutter(image, power, runs, np.ones(64, np.int64), 0.1, clutter)
    assert 200.0 == pytest.approx(clutter[1, 4], rel=0.4)
    assert 200.0 == pytest.approx(clutter.mean(), rel=0.2)


def test_real_radial_is_read(data):
    feed = read(data("radar", "cat240", "cat240-1.bin"), (Site("real", 0, 113.9, 22.4),), start="2026-01-01")
    assert 0 == sum(r.n for r in feed)  # one radial is no revolution
    assert 1 == feed.rejects.used == feed.rejects.read
    assert math.isclose(4.9965, 33_333_333e-15 * 299_792_458 / 2, rel_tol=1e-4)
