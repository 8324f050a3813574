"""Hard cases one at a time: names that change hulls, numbers that a radar's own tracker gives anew."""

import dataclasses

import numpy as np

from tests.vts.fusion.sea import SITE, T0, Ship, ais, apart_m, plots
from tests.vts.fusion.test_core import run, shown
from vts import schema
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
