"""The core against the sea: accuracy, initiation, neighbours, late reports, registration, liars, restart."""

import dataclasses

import numpy as np
import pytest

import vts
from tests.vts.fusion.sea import SITE, T0, Ship, ais, apart_m, lonlat, plots, where
from tests.vts.fusion.test_tracker import same
from vts import schema
from vts.config import FusionConfig
from vts.fusion import clutter, explain, hull, layout
from vts.fusion.tracker import Tracker
from vts.radar import Site
from vts.schema import CONFIRMED, RAISED, Reports
from vts.units import DEG, S

NORTH = Ship(3000, 2000, 10.0, 12.0)


def run(feeds, sites=(SITE,), **options):
    """(Pictures, tracker) of these feeds."""
    tracker = vts.Tracker(FusionConfig(**{"picture_s": 5.0} | options), sites)
    return list(vts.fuse(vts.merge(feeds, lateness_s=tracker.config.lateness_s), tracker)), tracker


def shown(picture):
    return picture.tracks.take(picture.tracks.state == CONFIRMED)


def fleet(n, seed=5, mmsi=True):
    """Ships all over the water."""
    rng = np.random.default_rng(seed)
    return [
        Ship(
            *rng.uniform(-8000, 8000, 2),
            rng.uniform(0, 360),
            rng.uniform(5, 18),
            412_000_100 + k if mmsi else -1,
        )
        for k in range(n)
    ]


def test_a_dark_vessel_among_false_plots_is_one_track_within_ten_seconds():
    pictures, _ = run([plots([NORTH], 90, np.random.default_rng(1), false=20, pd=1.0)])
    first = next(p for p in pictures if shown(p).n)
    assert (first.at_ns - T0) / S <= 15
    last = shown(pictures[-1])
    assert [True] == (apart_m(last, NORTH, pictures[-1].at_ns) < 60.0).tolist()


def test_an_ais_report_and_one_echo_of_its_place_make_a_vessel():
    ship = NORTH._replace(mmsi=412_000_007)
    heard = ais([ship], 5, np.random.default_rng(1))
    seen = plots([ship], 6, np.random.default_rng(2), pd=1.0)
    pictures, _ = run([heard, seen.take(seen.t_ns > T0 + S)], picture_s=1.0)
    echo_s = np.ceil((seen.t_ns[seen.t_ns > T0 + S][0] - T0) / S)
    assert echo_s == next((p.at_ns - T0) / S for p in pictures if shown(p).n)


def test_a_vessel_missed_in_the_second_rotation_is_one_track_by_the_fourth():
    """Among all that a radar meets in its first rotation many are vessels; what appears later is mostly chance."""
    ships = fleet(30, mmsi=False)
    seen = plots(ships, 12, np.random.default_rng(6), false=20, pd=1.0, unseen=((3.0, 6.0),))
    pictures, _ = run([seen], picture_s=1.0)
    last = shown(pictures[-1])
    found = sum(apart_m(last, ship, pictures[-1].at_ns).min(initial=np.inf) < 150.0 for ship in ships)
    assert found >= 28


def test_errors_are_as_large_as_the_covariance_says(few):
    """Normalised estimation error squared of position: 2 on average, within its 95 % interval for few vessels."""
    ships = fleet(few(30, 3), mmsi=False)
    pictures, _ = run([plots(ships, few(180, 60), np.random.default_rng(2))])
    nees = []
    for picture in pictures[few(12, 6) :: 3]:
        tracks = shown(picture)
        for ship in ships:
            away = apart_m(tracks, ship, picture.at_ns)
            if not away.size or away.min() > 400.0:
                continue
            k = int(away.argmin())
            x, y, _, _ = where(ship, [(picture.at_ns - T0) / S])
            from vts.geo import lonlat_to_enu

            e, n, _up = lonlat_to_enu(tracks.lon_deg[k], tracks.lat_deg[k], SITE.lon_deg, SITE.lat_deg)
            d = np.array([e - x[0], n - y[0]])
            P = np.array([[tracks.ee_m2[k], tracks.en_m2[k]], [tracks.en_m2[k], tracks.nn_m2[k]]])
            nees.append(d @ np.linalg.solve(P, d))
    assert few(1.3, 0.3) < np.mean(nees) < few(2.7, 6.0)


def test_a_turning_vessel_keeps_her_track():
    ship = Ship(2000, -3000, 0.0, 14.0, turn_deg_s=0.8)
    pictures, _ = run([plots([ship], 240, np.random.default_rng(3), false=5)])
    last = shown(pictures[-1])
    k = int(apart_m(last, ship, pictures[-1].at_ns).argmin())
    assert apart_m(last, ship, pictures[-1].at_ns)[k] < 60.0
    assert last.first_ns[k] < T0 + 10 * S


def test_two_vessels_that_pass_close_keep_their_numbers():
    ships = [Ship(2000, 1500, 90.0, 12.0), Ship(4500, 1620, 270.0, 12.0)]
    pictures, _ = run([plots(ships, 240, np.random.default_rng(4), pd=0.95)])
    of = [{int(shown(p).track[apart_m(shown(p), s, p.at_ns).argmin()]) for p in pictures[6:]} for s in ships]
    assert [1, 1] == [len(numbers) for numbers in of]
    assert of[0] != of[1]


def test_a_vessel_survives_an_outage_of_a_minute():
    pictures, _ = run([plots([NORTH], 240, np.random.default_rng(5), unseen=((120, 180),))])
    assert 1 == len({int(t) for p in pictures[4:] for t in shown(p).track})


def test_a_vessel_seen_for_a_minute_keeps_her_number_behind_a_pier_of_a_hundred_seconds():
    seen = plots([NORTH], 180, np.random.default_rng(4), pd=1.0, unseen=((60.0, 160.0),))
    pictures, _ = run([seen])
    numbers = [shown(p).track.tolist() for p in pictures if p.at_ns in (T0 + 60 * S, T0 + 175 * S)]
    assert numbers[0] == numbers[1] and 1 == len(numbers[0])


def test_ais_and_radar_of_one_vessel_are_one_track():
    ships = fleet(8)
    rng = np.random.default_rng(6)
    pictures, _ = run([plots(ships, 120, rng), ais(ships, 120, rng)])
    last = shown(pictures[-1])
    assert sorted(s.mmsi for s in ships) == sorted(last.mmsi.tolist())
    assert (last.seen_by == 3).sum() >= 7


def test_late_reports_end_in_the_same_picture_as_punctual_ones():
    """The state after going back is the state of a run in which nothing was late, bit for bit."""
    ships = fleet(6)
    rng = np.random.default_rng(7)
    radar, told = plots(ships, 90, rng), ais(ships, 90, rng, late_s=8.0)
    punctual = told._replace(rx_ns=told.t_ns).take(np.argsort(told.t_ns, kind="stable"))
    silence_ns = T0 + 110 * S
    ended = []
    for reports in (told, punctual):
        tracker = vts.Tracker(FusionConfig(lateness_s=0.0), (SITE,))
        everything = Reports.concat([radar, reports])
        place = np.maximum(everything.t_ns, everything.rx_ns)
        everything = everything.take(np.lexsort((everything.sensor, place)))
        for begin in range(0, everything.n, 40):
            tracker.update(everything.take(slice(begin, begin + 40)))
            tracker.picture(int(everything.rx_ns[min(begin + 39, everything.n - 1)]))
        ended.append(tracker.picture(silence_ns))
        assert tracker.rejects.read == everything.n
    late, prompt = (p.tracks for p in ended)
    assert sorted(late.mmsi.tolist()) == sorted(prompt.mmsi.tolist())
    for name in ("lon_deg", "lat_deg", "sog_kn"):
        a, b = (getattr(t, name)[np.argsort(t.mmsi)] for t in (late, prompt))
        assert np.allclose(a, b, atol=1e-9), name


def test_a_report_older_than_the_ring_is_counted():
    told = ais([NORTH._replace(mmsi=412_000_001)], 90, np.random.default_rng(8))
    tracker = vts.Tracker(FusionConfig(lateness_s=0.0), (SITE,))
    tracker.update(told)
    tracker.picture(T0 + 90 * S)
    tracker.update(told.take(slice(0, 1))._replace(rx_ns=np.array([T0 + 91 * S])))
    tracker.picture(T0 + 95 * S)
    assert {"older than the past that is kept": 1} == tracker.rejects.counts


def test_a_radar_learns_its_own_bias(few):
    ships = fleet(few(60, 8))
    rng = np.random.default_rng(9)
    seconds = few(300, 120)
    _, tracker = run([plots(ships, seconds, rng, bias=(30.0, 0.3)), ais(ships, seconds, rng)], picture_s=60.0)
    (learned,) = tracker.registration()
    assert learned.pairs > 20
    if not np.isnan(learned.range_sigma_m):  # with the JIT off the sea is too empty for it
        assert 30.0 == pytest.approx(learned.range_m, abs=few(3.0, 20.0))
        assert 0.3 == pytest.approx(learned.azimuth_deg, abs=few(0.03, 0.2))
        assert abs(learned.range_m - 30.0) < 4.0 * learned.range_sigma_m
    assert np.isnan(learned.range_sigma_m) <= few(False, True)


def test_two_radars_that_disagree_make_one_track_of_a_vessel(few):
    other = Site(name="other", number=1, lon_deg=114.04, lat_deg=22.0, sigma_range_m=15.0, sigma_azimuth_deg=0.25)
    ships = fleet(few(20, 5))
    rng = np.random.default_rng(10)
    moved = [s._replace(x=s.x - 4132.0) for s in ships]  # the same ships, seen from the other site
    feeds = [
        plots(ships, 120, rng, bias=(0.0, 0.4)),
        plots(moved, 120, rng, site=other, bias=(20.0, -0.4)),
        ais(ships, 120, rng),
    ]
    pictures, _ = run(feeds, (SITE, other))
    last = shown(pictures[-1])
    assert len(ships) == np.unique(last.mmsi[last.mmsi >= 0]).size
    assert last.n <= len(ships) + 1


def aboard(ships, seconds, rng, bias):
    """(ships' plots by a radar that sails north at 10 kn with these errors, m and degrees; its site)."""
    site = Site(name="own ship", number=0, own_ship=True, sigma_range_m=25.0, sigma_azimuth_deg=0.8, period_s=2.4)
    own = Ship(0.0, 0.0, 0.0, 10.0)
    passing = []
    for ship in ships:
        ve, vn = ship.knots * np.sin(ship.course * DEG), ship.knots * np.cos(ship.course * DEG) - own.knots
        passing.append(ship._replace(course=np.degrees(np.arctan2(ve, vn)), knots=np.hypot(ve, vn)))
    seen = plots(
        passing, seconds, rng, site=dataclasses.replace(site, lon_deg=SITE.lon_deg, lat_deg=SITE.lat_deg), bias=bias
    )
    x, y, _, _ = where(own, (seen.t_ns - T0) / S)
    lon, lat = lonlat(
        x + seen.range_m * np.sin(seen.azimuth_deg * DEG), y + seen.range_m * np.cos(seen.azimuth_deg * DEG)
    )
    return seen._replace(lon_deg=lon, lat_deg=lat), site


def test_a_ship_finds_what_her_radar_and_gyro_are_off_by_from_positions_alone(few):
    """Two degrees and a half are 200 m at 5 km: no plot is near the vessel that gave it until the error is known."""
    rng = np.random.default_rng(34)
    ships = [Ship(s.x * 0.6, s.y * 0.6, s.course, s.knots, s.mmsi) for s in fleet(12, seed=6)]
    heard = ais(ships[:8], 300, rng, every_s=6.0)
    unknown = np.full(heard.n, np.nan)
    heard = heard._replace(sog_kn=unknown, cog_deg=unknown)
    seen, site = aboard(ships, 300, rng, (40.0, -2.5))
    pictures, tracker = run([seen, heard], (site,))
    found = tracker.registration()[0]
    assert 40.0 == pytest.approx(found.range_m, abs=15.0)
    assert -2.5 == pytest.approx(found.azimuth_deg, abs=0.4)
    last = shown(pictures[-1])
    assert {s.mmsi for s in ships[:8]} == set(last.mmsi[(last.seen_by == 3)].tolist())
    assert 12 == last.n
    for ship in ships:
        assert apart_m(last, ship, pictures[-1].at_ns).min() < 100.0
    halves = [seen.take(slice(0, 500)), seen.take(slice(500, None))]
    again, _ = run([iter(halves), heard], (site,))
    assert same(pictures, again)


def test_a_vessel_whose_ais_drifts_off_is_found_and_stays_where_radar_sees_her(few):
    ships = fleet(few(40, 12))
    liar = ships[0] = Ship(3000, 2500, 45.0, 10.0, 412_000_100)
    rng = np.random.default_rng(11)

    def drag(mmsi, t):
        off = np.where(mmsi == liar.mmsi, np.clip(t - 120.0, 0.0, None) * 0.6, 0.0)
        return off, -off

    pictures, _ = run([plots(ships, 360, rng), ais(ships, 360, rng, drift=drag)])
    raised = {str(r) for p in pictures for r in p.alerts.rule[p.alerts.state == RAISED]}
    assert raised & {"ais_offset", "ais_uncorroborated"}
    tracks = shown(pictures[-1])
    assert apart_m(tracks, liar, pictures[-1].at_ns).min() < 60.0


def test_each_source_has_its_part_in_a_track_and_its_age():
    fused, dark, heard = (
        NORTH._replace(mmsi=412_000_001),
        Ship(-3000, 2000, 80.0, 9.0),
        Ship(0, 9000, 0.0, 8.0, 412_000_002),
    )
    rng = np.random.default_rng(31)
    feeds = [plots([fused, dark], 180, rng, unseen=[(120.0, 180.0)]), ais([fused, heard], 180, rng)]
    pictures, _ = run(feeds)
    during = next(p for p in pictures if p.at_ns >= T0 + 115 * S).tracks
    at = {int(m): k for k, m in enumerate(during.mmsi)}
    assert 0.0 == during.radar_share[at[heard.mmsi]]
    assert 1.0 == during.radar_share[at[-1]]
    assert np.isnan(during.ais_age_s[at[-1]])
    assert np.isnan([during.radar_age_s[at[heard.mmsi]], during.offset_sum[at[heard.mmsi]]]).all()
    # a plot of 15 m and 15 m across each 3 s, a position of 10 m each 10 s: neither is to be done without
    assert 0.3 < during.radar_share[at[fused.mmsi]] < 0.9
    assert during.radar_age_s[at[fused.mmsi]] < 7.0
    assert np.hypot(during.offset_e_m, during.offset_n_m)[at[fused.mmsi]] < 40.0
    last = pictures[-1].tracks
    assert last.radar_age_s[last.mmsi == fused.mmsi][0] > 50.0 > 10.0 > last.ais_age_s[last.mmsi == fused.mmsi][0]
    assert last.radar_share[last.mmsi == fused.mmsi] < during.radar_share[at[fused.mmsi]]
    sources = next(p.sources for p in pictures if p.at_ns >= T0 + 60 * S and p.sources.n)
    mine = sources.take(sources.track == during.track[at[fused.mmsi]])
    assert [0, 1] == mine.sensor.tolist()
    assert 1.0 == pytest.approx(mine.share.sum())
    assert not np.isin(sources.track, during.track[at[heard.mmsi]]).any()


def test_a_vessel_that_radar_sees_and_nobody_hears_is_dark(few):
    ships = fleet(few(60, 25))
    dark = ships[0]._replace(mmsi=-1)
    rng = np.random.default_rng(12)
    pictures, _ = run([plots([dark, *ships[1:]], 150, rng), ais([dark, *ships[1:]], 150, rng)])
    last = pictures[-1].tracks
    k = int(apart_m(last, dark, pictures[-1].at_ns).argmin())
    assert last.p_dark[k] > 0.9 or np.isnan(last.p_dark[k])
    named = last.mmsi >= 0
    assert not (last.p_dark[named] > 0.5).any()


def test_ghost_ais_is_doubted_and_an_honest_vessel_is_not():
    ghost = Ship(-3000, 2500, 45.0, 10.0, 412_000_999)
    honest = fleet(6)
    rng = np.random.default_rng(13)
    pictures, _ = run([plots(honest, 120, rng), ais([ghost, *honest], 120, rng)])
    last = pictures[-1].tracks
    assert last.p_spoof[last.mmsi == ghost.mmsi] > 0.5
    assert not (last.p_spoof[last.mmsi != ghost.mmsi] > 0.5).any()
    assert "ais_uncorroborated" in {str(r) for p in pictures for r in p.alerts.rule}


def test_two_vessels_on_one_mmsi_are_two_tracks_and_a_finding():
    ships = [Ship(3000, 2500, 45.0, 10.0, 412_000_100), Ship(-4000, -2500, 200.0, 8.0, 412_000_100)]
    pictures, _ = run([ais(ships, 200, np.random.default_rng(14))])
    last = shown(pictures[-1])
    assert [412_000_100] * 2 == last.mmsi.tolist()
    assert "mmsi_shared" in {str(r) for p in pictures for r in p.alerts.rule}


def test_buoys_and_base_stations_stand_still():
    told = ais([Ship(1000, 1000, 0.0, 0.0, 994_129_000)], 200, np.random.default_rng(15))
    for kind in (schema.AIS_ATON, schema.AIS_BASE):
        fixed = told._replace(kind=np.full(told.n, kind, np.int8), sog_kn=np.full(told.n, np.nan))
        pictures, _ = run([fixed])
        last = pictures[-1].tracks
        assert 1 == last.n
        assert last.sog_kn[0] < 0.1
        assert apart_m(last, Ship(1000, 1000, 0.0, 0.0), T0)[0] < 12.0


def test_a_rescue_aircraft_may_be_fast():
    told = ais([Ship(1000, 1000, 30.0, 120.0, 111_412_001)], 120, np.random.default_rng(16))
    pictures, tracker = run(
        [told._replace(kind=np.full(told.n, schema.AIS_SAR, np.int8), sog_kn=np.full(told.n, 120.0))]
    )
    last = pictures[-1].tracks
    assert 1 == last.n
    assert 120.0 == pytest.approx(last.sog_kn[0], abs=5.0)
    assert {} == tracker.rejects.counts


@pytest.mark.parametrize("turn_deg", [90.0, 180.0])
def test_a_rotated_coast_gives_rotated_tracks(turn_deg):
    """Nothing in the core prefers a point of the compass."""
    ships = fleet(4, mmsi=False)
    given = plots(ships, 90, np.random.default_rng(17), false=3)
    azimuth = (given.azimuth_deg + turn_deg) % 360.0
    from tests.vts.fusion.sea import lonlat

    lon, lat = lonlat(given.range_m * np.sin(np.radians(azimuth)), given.range_m * np.cos(np.radians(azimuth)))
    turned = given._replace(lon_deg=lon, lat_deg=lat, azimuth_deg=azimuth, axis_deg=(given.axis_deg + turn_deg) % 180.0)
    (straight, _), (round_, _) = run([given]), run([turned])
    a, b = shown(straight[-1]), shown(round_[-1])
    assert a.n == b.n
    order_a, order_b = np.argsort(a.first_ns), np.argsort(b.first_ns)
    assert np.allclose((a.cog_deg[order_a] + turn_deg) % 360.0, b.cog_deg[order_b], atol=0.5)
    assert np.allclose(a.sog_kn[order_a], b.sog_kn[order_b], atol=0.05)


def test_a_mirrored_sea_gives_mirrored_tracks():
    """Nothing in the core prefers starboard to port: east for west about the site's meridian, radar and AIS."""
    ships = [*fleet(4), Ship(-2000, 3000, 80.0, 11.0, 412_000_200, turn_deg_s=0.6)]
    rng = np.random.default_rng(23)
    given = Reports.concat([plots(ships, 120, rng, false=3), ais(ships, 120, rng)])
    given = given.take(np.argsort(given.t_ns, kind="stable"))._replace(seq=np.arange(given.n))
    mirrored = given._replace(
        lon_deg=2.0 * SITE.lon_deg - given.lon_deg,
        cog_deg=-given.cog_deg % 360.0,
        azimuth_deg=-given.azimuth_deg % 360.0,
        axis_deg=-given.axis_deg % 180.0,
    )
    (here, _), (there, _) = run([given]), run([mirrored])
    assert [shown(p).n for p in here] == [shown(p).n for p in there]
    a, b = shown(here[-1]), shown(there[-1])
    assert len(ships) == a.n
    a, b = a.take(np.argsort(a.mmsi)), b.take(np.argsort(b.mmsi))
    assert np.array_equal(a.mmsi, b.mmsi)
    assert np.allclose(2.0 * SITE.lon_deg - a.lon_deg, b.lon_deg, atol=1e-6)  # a tenth of a metre
    assert np.allclose(a.lat_deg, b.lat_deg, atol=1e-6)
    assert np.allclose((a.cog_deg + b.cog_deg + 180.0) % 360.0, 180.0, atol=0.01)
    assert np.allclose(a.sog_kn, b.sog_kn, atol=0.001)


def test_saving_with_radar_and_late_reports_changes_nothing(tmp_path):
    ships = fleet(5)
    rng = np.random.default_rng(18)
    everything = Reports.concat([plots(ships, 60, rng, false=5), ais(ships, 60, rng, late_s=8.0)])
    everything = everything.take(np.argsort(everything.rx_ns, kind="stable"))
    cut = everything.n // 2
    tracker = vts.Tracker(FusionConfig(lateness_s=0.0), (SITE,))
    tracker.update(everything.take(slice(0, cut)))
    tracker.picture(int(everything.rx_ns[cut - 1]))
    tracker.save(tmp_path / "tracker.npz")
    again = vts.Tracker.load(tmp_path / "tracker.npz", sites=(SITE,))
    for one in (tracker, again):
        one.update(everything.take(slice(cut, None)))
    assert same([tracker.picture(T0 + 70 * S)], [again.picture(T0 + 70 * S)])


def test_explain_tells_what_made_a_track_and_what_did_not():
    ship = NORTH._replace(mmsi=412_000_001)
    rng = np.random.default_rng(19)
    radar, told = plots([ship], 60, rng, false=2), ais([ship], 60, rng)
    lat = told.lat_deg.copy()
    lat[4] += 0.3
    told = told._replace(lat_deg=lat)
    feed = list(vts.merge([radar, told]))
    config = FusionConfig(picture_s=5.0)
    pictures = list(vts.fuse(feed, vts.Tracker(config, (SITE,))))
    track = int(pictures[-1].tracks.track[0])
    found = explain(feed, track, pictures[-1].at_ns, config, (SITE,))
    assert {0, 1} == set(found.sensor[found.used == 1].tolist())
    assert 1 == sum("outside the gate" in reason for reason in found.reason)
    assert np.all(np.diff(found.t_ns) >= 0)


def test_sea_clutter_round_the_antenna_is_learned_by_a_radar_that_reaches_far():
    """15 false plots a scan within 5 km of a radar of 100 km: the density there is theirs, not the mean of it all."""
    tracker = Tracker(sites=(dataclasses.replace(SITE, max_range_m=100_000.0),))
    site, chart, rng = tracker._site, tracker._chart, np.random.default_rng(1)
    site[0, layout.S_REACH] = 100_000.0
    for _ in range(60):
        for range_m, azimuth in zip(5000.0 * np.sqrt(rng.random(15)), rng.uniform(0.0, 6.28, 15), strict=True):
            chart[0, clutter.cell(site, 0, range_m, azimuth), layout.MAP_FALSE] += 1.0
            site[0, layout.S_NEW] += 1.0
        clutter.rotate(site, chart, 0, 1)
    cells = [clutter.cell(site, 0, 3000.0, a) for a in np.arange(0.0, 6.28, 0.17)]
    ring = clutter.ring_false(chart, 0, cells[0] // layout.SECTORS)
    near = [clutter.density(site, chart, 0, cell, ring) for cell in cells]
    assert 1.0 == pytest.approx(np.mean(near) / (15.0 / (np.pi * 5000.0**2)), abs=0.35)


def test_a_small_craft_beyond_the_reach_of_radar_is_no_ghost_and_one_within_it_is():
    """Both class B, of unknown size; the radar sees larger ships all the way out."""
    far, near = Ship(14_000, 9_000, 20.0, 6.0, 412_000_301), Ship(3_000, -2_500, 20.0, 6.0, 412_000_302)
    ships = [ship._replace(mmsi=412_000_400 + k) for k, ship in enumerate(fleet(10))]
    rng = np.random.default_rng(4)
    small = ais([far, near], 180, rng)
    small = small._replace(kind=np.full(small.n, schema.AIS_B, np.int8), heading_deg=np.full(small.n, np.nan))
    pictures, _ = run([plots([*ships, Ship(-15_000, 9_000, 90.0, 10.0)], 180, rng), ais(ships, 180, rng), small])
    last = pictures[-1].tracks
    doubt = dict(zip(last.mmsi.tolist(), last.p_spoof.tolist(), strict=True))
    assert 0.1 > doubt[far.mmsi]
    assert 0.9 < doubt[near.mmsi]


def test_the_echo_of_a_ship_at_anchor_wanders_along_her_heading_and_not_her_drift():
    """330 m, heading east, drifting north at a tenth of a knot: a sixth of her length east and west, nothing across."""
    f, n = np.zeros((1, layout.NF)), np.zeros((1, layout.NI), np.int64)
    layout.clear(f, n, 0)
    f[0, layout.LENGTH], f[0, layout.HEADING], f[0, layout.VN] = 330.0, 90.0, 0.05
    ee, en, nn = hull.glint(f, 0, 1.0)
    assert (55.0, 0.0, 0.0) == pytest.approx((ee**0.5, en, nn))
    assert hull.contains(f, 0, 150.0, 0.0, 10.0)
    assert not hull.contains(f, 0, 0.0, 150.0, 10.0)
