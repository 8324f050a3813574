"""Hard cases one at a time: names that change hulls, numbers that a radar's own tracker gives anew."""

import dataclasses

import numpy as np

import vts
from tests.vts.fusion.sea import SITE, T0, Ship, ais, apart_m, plots
from tests.vts.fusion.test_core import run, shown
from vts import metrics, schema, simulate
from vts.config import FusionConfig
from vts.geo import lonlat_to_enu
from vts.radar import Site
from vts.schema import Reports
from vts.units import S

ONE, TWO = Ship(3000, 2000, 20.0, 12.0, 412_000_001), Ship(-3000, 2500, 250.0, 10.0, 412_000_002)


def test_two_ships_that_exchange_their_mmsi_stay_two_tracks_and_bear_the_new_names():
    rng = np.random.default_rng(1)
    said = ais([ONE, TWO], 240, rng)
    other = np.where(said.ident == ONE.mmsi, TWO.mmsi, ONE.mmsi)
    said = said._replace(ident=np.where(said.t_ns >= T0 + 120 * S, other, said.ident))
    pictures, _ = run([plots([ONE, TWO], 240, rng), said])
    of = []
    for picture in pictures[6:]:
        tracks = shown(picture)
        assert 2 == tracks.n
        of.append([int(tracks.track[apart_m(tracks, ship, picture.at_ns).argmin()]) for ship in (ONE, TWO)])
    assert [of[0]] == np.unique(of, axis=0).tolist()
    mmsi = [int(tracks.mmsi[apart_m(tracks, ship, pictures[-1].at_ns).argmin()]) for ship in (ONE, TWO)]
    assert [TWO.mmsi, ONE.mmsi] == mmsi


def test_a_position_that_strays_onto_another_ship_for_one_report_takes_no_name():
    rng = np.random.default_rng(2)
    said = ais([ONE, TWO], 240, rng)
    stray = np.flatnonzero((said.ident == ONE.mmsi) & (said.t_ns >= T0 + 120 * S))[0]
    near = np.abs(said.t_ns - said.t_ns[stray]) + np.where(said.ident == TWO.mmsi, 0, np.iinfo(np.int64).max // 2)
    for column in ("lon_deg", "lat_deg", "sog_kn", "cog_deg"):
        getattr(said, column)[stray] = getattr(said, column)[int(near.argmin())]
    pictures, _ = run([plots([ONE, TWO], 240, rng), said])
    for picture in pictures[6:]:
        tracks = shown(picture)
        named = [int(tracks.mmsi[apart_m(tracks, ship, picture.at_ns).argmin()]) for ship in (ONE, TWO)]
        assert [ONE.mmsi, TWO.mmsi] == named


def arpa(ships, numbers, seconds, *, site=SITE, every_s=2.0, silent=(), twice=False):
    """What a radar's own tracker says of the ships; `numbers(k, t)` names ship k; `twice`: each place is told twice."""
    rng = np.random.default_rng(3)
    parts = []
    for k, ship in enumerate(ships):
        seen = plots([ship], seconds, rng, site=dataclasses.replace(site, period_s=every_s), pd=1.0)
        t = (seen.t_ns - T0) / S
        seen = seen.take(np.all([(t < a) | (t >= b) for a, b in silent], axis=0)) if silent else seen
        parts += [_numbered(seen, numbers, k)] * (2 if twice else 1)
    table = Reports.concat(parts)
    table = table.take(np.argsort(table.t_ns, kind="stable"))
    return table._replace(seq=np.arange(table.n))


def _numbered(seen, numbers, k):
    return seen._replace(kind=np.full(seen.n, schema.RADAR_TRACK), ident=numbers(k, (seen.t_ns - T0) / S))


def of_all(pictures):
    return {int(t) for p in pictures for t in shown(p).track}


def test_a_target_that_an_arpa_loses_and_acquires_under_another_number_keeps_her_track():
    said = arpa([ONE], lambda _k, t: np.where(t < 120, 1, 1002), 300, silent=((120, 180),))
    assert 1 == len(of_all(run([said])[0]))


def test_numbers_that_begin_again_after_a_restart_do_not_exchange_the_tracks():
    said = arpa([ONE, TWO], lambda k, t: np.where(t < 120, 1 + k, 1002 - k), 300, silent=((120, 150),))
    pictures, _ = run([said])
    assert 2 == len(of_all(pictures))
    last = shown(pictures[-1])
    for ship in (ONE, TWO):
        assert apart_m(last, ship, pictures[-1].at_ns).min() < 60.0


def test_a_target_told_of_twice_in_one_second_is_one_track():
    assert 1 == len(of_all(run([arpa([ONE], lambda _k, t: np.full(t.size, 7), 120, twice=True)])[0]))


def test_the_numbers_of_two_radars_are_strangers():
    """What is 1 on one screen and 2 on the other is one vessel all the same, and 1 and 1 are two."""
    other = Site("second", 1, 114.03, 22.01, sigma_range_m=15.0, sigma_azimuth_deg=0.25)
    east, north, _up = lonlat_to_enu(other.lon_deg, other.lat_deg, SITE.lon_deg, SITE.lat_deg)
    moved = [ship._replace(x=ship.x - east, y=ship.y - north) for ship in (ONE, TWO)]
    feeds = [
        arpa([ONE, TWO], lambda k, t: np.full(t.size, 1 + k), 120),
        arpa(moved, lambda k, t: np.full(t.size, 2 - k), 120, site=other, every_s=3.0),
    ]
    pictures, _ = run(feeds, (SITE, other))
    assert 2 == len(of_all(pictures))
    assert [6, 6] == shown(pictures[-1]).seen_by.tolist()


def hull(ship, length_m, seconds, rng):
    """Plots of a long ship: one a turn near her middle, and of three in four turns one more, anywhere on her."""
    first = plots([ship], seconds, rng)
    more = plots([ship], seconds, rng, pd=0.75)
    sin, cos = np.sin(np.radians(ship.course)), np.cos(np.radians(ship.course))
    parts = []
    for seen, along in (
        (first, rng.normal(0, length_m / 6, first.n)),
        (more, rng.uniform(-0.5, 0.5, more.n) * length_m),
    ):
        lon = seen.lon_deg + along * sin / (111_320.0 * np.cos(np.radians(seen.lat_deg)))
        lat = seen.lat_deg + along * cos / 110_740.0
        e, n = np.array([lonlat_to_enu(*at, SITE.lon_deg, SITE.lat_deg)[:2] for at in zip(lon, lat, strict=True)]).T
        parts.append(
            seen._replace(
                lon_deg=lon,
                lat_deg=lat,
                range_m=np.hypot(e, n),
                azimuth_deg=np.degrees(np.arctan2(e, n)) % 360.0,
                length_m=np.full(seen.n, min(length_m, 127.0)),
            )
        )
    table = Reports.concat(parts)
    table = table.take(np.argsort(table.t_ns, kind="stable"))
    return table._replace(seq=np.arange(table.n))


def test_a_tanker_whose_length_the_radar_cannot_tell_becomes_one_track():
    """330 m, no AIS, and a length field that ends at 127 m: the plots of bow and stern are hers."""
    tanker = Ship(2500, -2500, 15.0, 12.0)
    rng = np.random.default_rng(4)
    pictures, _ = run([hull(tanker, 330.0, 300, rng)])
    late = [shown(picture).n for picture in pictures[24:]]
    assert [1] * len(late) == late


def test_a_tug_beside_a_tanker_stays_a_vessel():
    """Her echo is small and comes every turn, 150 m off the tanker's bow."""
    tanker, tug = Ship(2500, -2500, 15.0, 12.0), Ship(2500 + 300 * 0.2588, -2500 + 300 * 0.9659, 15.0, 12.0)
    rng = np.random.default_rng(5)
    small = plots([tug], 300, rng, pd=0.95)
    feeds = [hull(tanker, 330.0, 300, rng), small._replace(length_m=np.full(small.n, 30.0))]
    pictures, _ = run(feeds)
    assert apart_m(shown(pictures[-1]), tug, pictures[-1].at_ns).min() < 60.0
    assert 2 <= shown(pictures[-1]).n


def test_what_was_seen_three_times_is_no_vessel_half_a_minute_later():
    passing = Ship(4000, 1000, 90.0, 10.0)
    pictures, _ = run(
        [plots([passing], 12, np.random.default_rng(6), pd=1.0), plots([ONE], 90, np.random.default_rng(7))]
    )
    assert apart_m(shown(pictures[2]), passing, pictures[2].at_ns).min() < 100.0
    last = next(picture for picture in pictures if picture.at_ns == T0 + 40 * S)
    assert 1 == last.tracks.take(last.tracks.state > 0).n


def test_a_position_that_was_not_believed_still_moves_a_vessel_that_radar_no_longer_sees(few):
    """She is told 54 m off her echo; when radar loses her, that is better than nothing."""
    ships = [
        Ship(*xy, course, 11.0, 412_000_100 + k)
        for k, (xy, course) in enumerate(
            [((3000 * np.sin(a), 3000 * np.cos(a)), 40.0 * k) for k, a in enumerate(np.linspace(0, 6.0, few(24, 12)))]
        )
    ]
    liar = ships[0]
    rng = np.random.default_rng(8)

    def off(mmsi, t):
        away = np.where(mmsi == liar.mmsi, 0.6 * np.clip(t - 60.0, 0.0, 90.0), 0.0)
        return away, 0.0 * away

    seen = [plots([liar], 420, rng, unseen=((270, 420),)), plots(ships[1:], 420, rng)]
    pictures, _ = run([vts_sorted(seen), ais(ships, 420, rng, every_s=6.0, drift=off)])
    assert "ais_offset" in {str(rule) for picture in pictures for rule in picture.alerts.rule}
    tracks = shown(pictures[-1])
    hers = tracks.take(tracks.mmsi == liar.mmsi)
    assert 1 == hers.n
    assert apart_m(hers, liar, pictures[-1].at_ns)[0] < 150.0
    assert hers.first_ns[0] < T0 + 30 * S


def vts_sorted(parts):
    """Reports of one sensor in order of time."""
    table = Reports.concat(parts)
    table = table.take(np.argsort(table.t_ns, kind="stable"))
    return table._replace(seq=np.arange(table.n))


def test_a_false_position_beside_a_ship_does_not_take_her_echo():
    """Her MMSI is heard 120 m abeam too; radar sees one ship, and the number stays with the echo."""
    rng = np.random.default_rng(9)
    false = ONE._replace(x=ONE.x + 120 * np.cos(np.radians(ONE.course)), y=ONE.y - 120 * np.sin(np.radians(ONE.course)))
    said = ais([false], 240, rng)
    feeds = [plots([ONE], 240, rng), vts_sorted([ais([ONE], 120, rng), said.take(said.t_ns >= T0 + 120 * S)])]
    pictures, _ = run(feeds)
    first = shown(pictures[10])
    mine = int(first.track[apart_m(first, ONE, pictures[10].at_ns).argmin()])
    for picture in pictures[10:]:
        tracks = picture.tracks.take(picture.tracks.track == mine)
        assert [True] == (apart_m(tracks, ONE, picture.at_ns) < 60.0).tolist()


def test_a_ship_given_up_behind_a_shadow_comes_out_under_her_number():
    rng = np.random.default_rng(4)
    pictures, _ = run([plots([Ship(3000, 2000, 20.0, 12.0)], 240, rng, unseen=((36, 136),))])
    numbers = {
        (picture.at_ns - T0) // S: picture.tracks.take(picture.tracks.state >= schema.CONFIRMED).track.tolist()
        for picture in pictures
    }
    assert 1 == len(numbers[35]) and [] == numbers[140]  # held, and given up
    assert numbers[35] == numbers[150] == numbers[240]


def test_a_ship_that_comes_from_elsewhere_gets_a_number_of_her_own():
    rng = np.random.default_rng(5)
    lost = plots([Ship(3000, 2000, 20.0, 12.0)], 240, rng, unseen=((36, 300),))
    other = plots([Ship(-1000, 4000, 90.0, 12.0)], 240, rng, unseen=((0, 136),))
    pictures, _ = run([Reports.concat([lost, other])._replace(seq=np.arange(lost.n + other.n))])
    shown_ = [picture.tracks.take(picture.tracks.state >= schema.CONFIRMED).track.tolist() for picture in pictures]
    assert 1 == len(shown_[6]) == len(shown_[-1]) and shown_[6] != shown_[-1]


def test_two_ships_on_one_echo_for_minutes_are_two_again_as_soon_as_they_part():
    scenario = simulate.build("merge-split", 31)
    config = FusionConfig(picture_s=3.0)
    tracker = vts.Tracker(config, scenario.sites)
    pictures = list(vts.fuse(vts.merge(scenario.feeds(), lateness_s=config.lateness_s), tracker))
    found = metrics.evaluate_pictures(scenario.truth, pictures)
    assert found["missed_pct"] <= 2.0
    assert found["false"] <= 0.3
