"""The tracker from outside: what a seaman would see, and the laws of batching and restart."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vts
from vts import schema
from vts.config import FusionConfig
from vts.errors import StateError
from vts.schema import Reports, Statics
from vts.units import KN, S

T0 = 1_700_000_000 * S
M_PER_DEG = 111_320.0


def voyage(
    mmsi=412_000_001, *, seconds=300, every_s=6, sog_kn=12.0, cog_deg=60.0, lon=114.0, lat=22.3, seed=1, start_s=0
):
    """AIS class A reports of a vessel on a steady course, with 5 m noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(start_s, start_s + seconds, every_s)
    run = sog_kn * KN * (t - start_s)
    east = run * np.sin(np.radians(cog_deg)) + rng.normal(0, 5, t.size)
    north = run * np.cos(np.radians(cog_deg)) + rng.normal(0, 5, t.size)
    return Reports(
        t_ns=T0 + t * S,
        rx_ns=T0 + t * S + S,
        sensor=0,
        kind=schema.AIS_A,
        ident=mmsi,
        lon_deg=lon + east / M_PER_DEG / np.cos(np.radians(lat)),
        lat_deg=lat + north / M_PER_DEG,
        sog_kn=sog_kn,
        cog_deg=cog_deg,
        heading_deg=cog_deg,
        nav_status=0,
        seq=np.arange(t.size),
    )


def fused(feeds, tracker=None, **options):
    """Every Picture of these feeds."""
    return list(vts.fuse(vts.merge(feeds), tracker or vts.Tracker(FusionConfig(**options))))


def same(pictures, others):
    """Whether two runs agree bit for bit."""
    return len(pictures) == len(others) and all(
        a.at_ns == b.at_ns
        and all(
            np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
            for noun in ("tracks", "statics", "alerts", "sensors", "sources")
            for x, y in zip(getattr(a, noun), getattr(b, noun), strict=True)
        )
        for a, b in zip(pictures, others, strict=True)
    )


def test_steady_vessel_gets_one_track_with_its_course_and_speed():
    last = fused([voyage()])[-1].tracks
    assert 1 == last.n
    assert 412_000_001 == last.mmsi[0]
    assert 12.0 == pytest.approx(last.sog_kn[0], abs=0.5)
    assert 60.0 == pytest.approx(last.cog_deg[0], abs=2.0)
    assert schema.CONFIRMED == last.state[0]


def test_pictures_come_at_every_multiple_of_picture_s():
    at = [p.at_ns for p in fused([voyage()], picture_s=30.0)]
    assert [30 * S] * (len(at) - 1) == np.diff(at).tolist()
    assert all(0 == t % (30 * S) for t in at)


@pytest.mark.parametrize(("silence_s", "alive"), [(59, 1), (61, 0)])
def test_silent_vessel_retires_after_the_lost_target_limit(silence_s, alive):
    tracker = vts.Tracker()
    tracker.update(voyage(seconds=60))
    last_ns = T0 + 54 * S
    assert alive == tracker.picture(last_ns + silence_s * S).tracks.n


def test_anchored_vessel_is_kept_for_18_minutes():
    tracker = vts.Tracker()
    tracker.update(voyage(seconds=60, sog_kn=0.1)._replace(nav_status=np.ones(10, np.int8)))
    assert 1 == tracker.picture(T0 + 1100 * S).tracks.n
    assert 0 == tracker.picture(T0 + 1160 * S).tracks.n


def test_track_numbers_are_never_reused():
    first = fused([voyage(seconds=60)])
    tracker = vts.Tracker()
    pictures = fused([voyage(seconds=60), voyage(seconds=60, start_s=600)], tracker)
    assert 1 == first[-1].tracks.track[0]
    assert [1, 2] == sorted({int(t) for p in pictures for t in p.tracks.track})


def numbers(pictures, mmsi=412_000_001):
    """Every track number that an MMSI has borne, sorted."""
    return sorted({int(t) for p in pictures for t in p.tracks.track[p.tracks.mmsi == mmsi]})


def test_a_vessel_that_tells_her_size_keeps_her_number():
    """Every six minutes, as class A does; before, the antenna's 90 m from the middle were taken for a jump."""
    statics = [
        Statics(mmsi=412_000_001, t_ns=T0 + t * S, length_m=200.0, beam_m=30.0, to_bow_m=190.0, to_port_m=15.0, seq=k)
        for k, t in enumerate((100, 460, 820))
    ]
    tracker = vts.Tracker()
    assert [1] == numbers(fused([voyage(seconds=900), statics], tracker))
    assert {} == tracker.rejects.counts


@pytest.mark.parametrize("every_s", [60, 180, 300])
def test_a_thinned_log_does_not_restart_its_tracks(every_s):
    assert [1] == numbers(fused([voyage(seconds=3600, every_s=every_s)]))


@pytest.mark.parametrize(("silent_s", "expected"), [(300, [1]), (1500, [1]), (2400, [1, 2])])
def test_a_vessel_that_returns_within_half_an_hour_gets_her_number_back(silent_s, expected):
    whole = voyage(seconds=silent_s + 600)
    t_s = (whole.t_ns - T0) // S
    assert expected == numbers(fused([whole.take((t_s < 300) | (t_s >= 300 + silent_s))]))


def test_a_vessel_out_of_reach_of_her_prediction_gets_another_number():
    away = voyage(seconds=120, start_s=600, lon=114.3)
    assert [1, 2] == numbers(fused([Reports.concat([voyage(seconds=120), away])]))


def test_a_turn_that_nobody_heard_keeps_the_number():
    """Three minutes at 12 kn after 40 s of silence in which she went about."""
    there = voyage(seconds=180)
    back = voyage(seconds=180, start_s=220, cog_deg=240.0, lon=float(there.lon_deg[-1]), lat=float(there.lat_deg[-1]))
    assert [1] == numbers(fused([Reports.concat([there, back])]))


@pytest.mark.parametrize("every_s", [6, 60])
def test_two_hulls_that_report_in_the_same_second_are_two_tracks_and_a_finding(every_s):
    hulls = [voyage(seconds=600, every_s=every_s, seed=k, lat=22.3 + 0.045 * k) for k in range(2)]
    pictures = fused([in_time_order(Reports.concat(hulls))])
    assert 2 == len(numbers(pictures))
    assert ["mmsi_shared"] == [str(rule) for p in pictures for rule in p.alerts.rule if p.at_ns < T0 + 550 * S]


def test_numbers_stand_when_the_past_is_worked_in_again():
    """More vessels than the table of births holds, and one late report: everybody keeps the number she began with."""
    many = 12_000
    rows = np.arange(2 * many)
    reports = Reports(
        t_ns=T0 + rows // many * 12 * S,
        rx_ns=T0 + rows // many * 12 * S,
        sensor=0,
        kind=schema.AIS_A,
        ident=200_000_000 + rows % many,
        lon_deg=-170.0 + rows % many % 200 * 1.7,
        lat_deg=-60.0 + rows % many // 200 * 2.0,
        sog_kn=0.0,
        cog_deg=0.0,
        nav_status=0,
        seq=rows,
    )
    late = reports.take(slice(0, 1))._replace(
        ident=np.array([999_000_000]),
        t_ns=np.array([T0 - 2 * S]),
        rx_ns=np.array([T0 + 20 * S]),
        seq=np.array([2 * many]),
    )
    first, *_, last = fused([Reports.concat([reports, late])])
    known = last.tracks.take(np.isin(last.tracks.mmsi, first.tracks.mmsi))
    assert many == known.n
    assert np.array_equal(first.tracks.track, known.track)


def test_teleport_is_refused_and_counted_and_does_not_move_the_track():
    reports = voyage()
    lat = reports.lat_deg.copy()
    lat[25] += 0.5
    last = fused([reports._replace(lat_deg=lat)])[-1].tracks
    clean = fused([voyage()])[-1].tracks
    at = np.flatnonzero(last.track == clean.track[0])
    assert 1 == at.size
    assert clean.lat_deg[0] == pytest.approx(last.lat_deg[at[0]], abs=1e-5)


def test_radar_echoes_of_a_dark_vessel_become_one_track():
    ais = voyage()
    plots = ais._replace(
        sensor=np.ones(ais.n, np.int16),
        kind=np.full(ais.n, schema.RADAR_PLOT, np.int8),
        ident=np.full(ais.n, -1),
        sog_kn=np.full(ais.n, np.nan),
    )
    last = fused([plots])[-1].tracks
    assert [-1] == last.mmsi.tolist()
    assert 12.0 == pytest.approx(last.sog_kn[0], abs=1.0)


def test_statics_merge_the_parts_of_a_class_b_message():
    name = Statics(mmsi=412_000_001, t_ns=T0, name="HAI FENG", seq=0)
    size = Statics(mmsi=412_000_001, t_ns=T0 + S, length_m=22.0, beam_m=6.0, seq=1)
    last = fused([voyage(), [name, size]])[-1].statics
    assert ["HAI FENG"] == last.name.tolist()
    assert [22.0] == last.length_m.tolist()


def fleet(n=6):
    """A few vessels that share water, time and noise."""
    return Reports.concat(
        [voyage(412_000_000 + k, seed=k, cog_deg=60.0 * k, lon=114.0 + 0.02 * k, start_s=k) for k in range(n)]
    )


def in_time_order(reports):
    return reports.take(np.argsort(reports.rx_ns, kind="stable"))


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=8))
def test_any_batching_gives_the_same_pictures(cuts):
    reports = in_time_order(fleet())
    edges = [0, *sorted(min(c, reports.n) for c in cuts), reports.n]
    batches = [reports.take(slice(a, b)) for a, b in itertools.pairwise(edges)]
    assert same(fused([reports]), fused([batches]))


def test_order_of_sources_changes_nothing():
    parts = [in_time_order(voyage(412_000_000 + k, seed=k, lon=114.0 + 0.01 * k)) for k in range(3)]
    assert same(fused(parts), fused(parts[::-1]))


@pytest.mark.parametrize("step", [0, 7, 20])
def test_saving_and_loading_at_any_picture_changes_nothing(step, tmp_path):
    reports = in_time_order(fleet())
    whole = fused([reports])
    tracker = vts.Tracker()
    stream = vts.fuse([reports], tracker)
    pictures = [next(stream) for _ in range(step + 1)]
    tracker.save(tmp_path / "tracker.npz")
    again = vts.Tracker.load(tmp_path / "tracker.npz")
    rest = reports.take(reports.t_ns >= pictures[-1].at_ns)
    assert same(whole, pictures + list(vts.fuse([rest], again)))
    assert again.rejects.used == reports.n


@settings(max_examples=10, deadline=None)
@given(cut=st.integers(1, 290))
def test_saving_and_loading_between_any_two_reports_changes_nothing(cut, tmp_path_factory):
    reports = in_time_order(fleet())
    path = tmp_path_factory.mktemp("state") / "tracker.npz"
    tracker = vts.Tracker()
    tracker.update(reports.take(slice(0, cut)))
    tracker.save(path)
    again = vts.Tracker.load(path)
    for one in (tracker, again):
        one.update(reports.take(slice(cut, None)))
    at = int(reports.t_ns[-1]) + S
    assert same([tracker.picture(at)], [again.picture(at)])


def delayed(share, seed=3):
    """The fleet, two hulls on one MMSI in it, a share of whose reports come 8 to 28 s late; and the same in time."""
    double = voyage(412_000_002, lon=114.4, lat=22.6, seed=9, start_s=45, seconds=270)
    reports = Reports.concat([fleet(), double])
    reports = reports._replace(seq=np.arange(reports.n))
    rng = np.random.default_rng(seed)
    late = (rng.random(reports.n) < share) & (reports.t_ns < T0 + 280 * S)
    rx_ns = reports.t_ns + np.where(late, rng.uniform(8.0, 28.0, reports.n) * S, 0).astype(np.int64)
    place = np.maximum(reports.t_ns, rx_ns - 5 * S)
    by_place = np.lexsort((reports.seq, reports.t_ns, place))
    by_time = np.lexsort((reports.seq, reports.t_ns))
    return reports._replace(rx_ns=rx_ns).take(by_place), reports._replace(rx_ns=reports.t_ns).take(by_time), late.sum()


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_late_ais_ends_in_the_tracks_of_punctual_ais_bit_for_bit(share):
    late, punctual, _ = delayed(share)
    ended = []
    for reports in (late, punctual):
        tracker = vts.Tracker(FusionConfig(lateness_s=5.0))
        list(vts.fuse([reports], tracker))
        ended.append(tracker.picture(T0 + 312 * S).tracks)
        assert tracker.rejects.read == reports.n
    assert 7 <= ended[0].n
    for name in schema.Tracks._fields:
        if name != "track":  # a vessel first heard of late has a later number
            assert np.array_equal(getattr(ended[0], name), getattr(ended[1], name), equal_nan=True), name


def test_a_late_ais_report_is_worked_in_with_the_past_of_its_own_vessel_alone():
    reports, _, many = delayed(0.01)
    assert 0 < many < 10
    tracker = vts.Tracker(FusionConfig(lateness_s=5.0))
    worked = []
    tracker._listener = lambda part, verdict, track: worked.append(part.n)
    list(vts.fuse([reports], tracker))
    each_in_ring = 30 // 6 + 2
    assert reports.n < sum(worked) <= reports.n + 2 * each_in_ring * many


@settings(max_examples=10, deadline=None)
@given(cut=st.integers(1, 290))
def test_a_restart_among_late_reports_changes_nothing(cut, tmp_path_factory):
    reports, _, _ = delayed(0.2)
    path = tmp_path_factory.mktemp("state") / "tracker.npz"
    config = FusionConfig(lateness_s=5.0)
    whole = vts.Tracker(config)
    pictures = list(vts.fuse([reports], whole))
    tracker = vts.Tracker(config)
    stream = vts.fuse([reports], tracker)
    begun = [next(stream) for _ in range(cut * len(pictures) // 300 + 1)]
    tracker.save(path)
    place = np.maximum(reports.t_ns, reports.rx_ns - 5 * S)
    rest = reports.take(place >= begun[-1].at_ns)
    again = vts.Tracker.load(path)
    assert same(pictures, begun + list(vts.fuse([rest], again)))
    assert whole.rejects.counts == again.rejects.counts


def test_state_of_another_configuration_is_refused(tmp_path):
    path = tmp_path / "tracker.npz"
    vts.Tracker().save(path)
    with pytest.raises(StateError, match="another configuration"):
        vts.Tracker.load(path, FusionConfig(picture_s=5.0))


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", b"\x80\x04K\x01."])
def test_damaged_state_is_refused(tmp_path, damage):
    path = tmp_path / "tracker.npz"
    path.write_bytes(damage)
    with pytest.raises(StateError, match="not a saved tracker"):
        vts.Tracker.load(path)
