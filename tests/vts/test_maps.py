"""The map: one file, no address outside it, no text that becomes markup, a million positions thinned."""

import base64
import gzip
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from vts import Alerts, MovingZones, Picture, Reports, Scores, Sensors, Statics, Store, Tracks, maps
from vts.errors import StoreError, UsageError
from vts.units import S

START_NS = 1_700_000_000 * S
EVIL = "</script><b>X"


def store_of(path, pictures=30, vessels=3, speed_deg=0.001, **columns):
    with Store(path) as store:
        for k in range(pictures):
            at_ns = START_NS + 10 * k * S
            tracks = Tracks(
                **{
                    "track": np.arange(vessels),
                    "mmsi": np.r_[-1, 413_000_000 + np.arange(1, vessels)],
                    "t_ns": at_ns,
                    "lon_deg": 114 + speed_deg * k + 0.1 * np.arange(vessels),
                    "lat_deg": 22.5,
                    "sog_kn": 12.3,
                    "cog_deg": 90.0,
                    "state": 1,
                    "ee_m2": 400.0,
                    "en_m2": 0.0,
                    "nn_m2": 100.0,
                }
                | columns
            )
            scores = Scores(track=tracks.track, mmsi=tracks.mmsi, t_ns=at_ns, risk=0.5, reason_1=EVIL)
            alerts = Alerts.empty()
            if k == 3:
                alerts = Alerts(
                    alert=1, rule="speed", state=0, severity=2, track=1, mmsi=413_000_001, zone=0, t_ns=at_ns,
                    since_ns=at_ns, excess=2.5, lon_deg=114.1, lat_deg=22.5, detail="limit_kn=10",
                )  # fmt: skip
            store.append(Picture(at_ns, tracks, Statics.empty(), alerts, scores))
        store.add_statics(Statics(mmsi=413_000_001, t_ns=START_NS, name=EVIL, destination=EVIL, seq=0))
        ring = [[114.0, 22.4], [114.2, 22.4], [114.2, 22.6], [114.0, 22.6], [114.0, 22.4]]
        zone = {"type": "Feature", "properties": {"name": EVIL, "kind": "anchorage"}}
        zone["geometry"] = {"type": "Polygon", "coordinates": [ring]}
        store.write_zones({"type": "FeatureCollection", "features": [zone]})
        store.write_catalogue({"speed": {"text": {"en": "{vessel} over {limit_kn:.0f} kn", "zh": "{vessel} 超速"}}})
    return Store(path)


def picture_of(at_ns, **parts):
    """A Picture of one vessel at rest."""
    tracks = Tracks(
        track=1, mmsi=413_000_001, t_ns=at_ns, lon_deg=114.1, lat_deg=22.5, sog_kn=0.0, cog_deg=0.0, state=1
    )
    return Picture(at_ns, tracks, Statics.empty(), Alerts.empty(), Scores.empty(), **parts)


def page(store, tmp_path, **options):
    maps.write(store, tmp_path / "map.html", **options)
    return (tmp_path / "map.html").read_text(encoding="utf-8")


def content(html):
    """(the page's data, its packed points)."""
    call = html[html.rindex("lingding(map_") :]
    call = call[call.index(", ") + 2 :]
    data, end = json.JSONDecoder().raw_decode(call)
    packed, _ = json.JSONDecoder().raw_decode(call[end + 2 :])
    return data, gzip.decompress(base64.b64decode(packed))


def test_the_page_loads_nothing_from_outside(tmp_path):
    html = page(store_of(tmp_path / "s"), tmp_path)
    loads = re.findall(r"""(?:src|href|@import|url\()\s*=?\s*["'(]?\s*((?:https?:)?//[^"')\s]+)""", html)
    assert {"https://leafletjs.com"} == set(loads)  # a link in Leaflet's credit, which the page takes out
    assert "setPrefix(false)" in html
    assert "cdn" not in html.lower()


def test_text_from_the_air_never_becomes_markup(tmp_path):
    html = page(store_of(tmp_path / "s"), tmp_path)
    assert EVIL not in html
    data, _ = content(html)
    assert EVIL in data["vessels"]["label"]
    assert EVIL == data["zones"]["features"][0]["properties"]["name"]


def test_the_points_are_the_tracks(tmp_path):
    data, raw = content(page(store_of(tmp_path / "s", speed_deg=0.001), tmp_path))
    n = data["points"]
    assert 90 == n == sum(data["vessels"]["count"])
    lon, lat, t = (np.frombuffer(raw, "<i4", n, 4 * n * k) for k in range(3))
    first, count = data["vessels"]["first"][1], data["vessels"]["count"][1]
    run = slice(first, first + count)
    np.testing.assert_allclose(np.cumsum(lon[run]) * 1e-6, 114.1 + 0.001 * np.arange(30), atol=1e-6)
    assert [10 * k for k in range(30)] == np.cumsum(t[run]).tolist()
    major, minor = (np.frombuffer(raw, "<u2", n, 12 * n + 2 * n * k) for k in range(2))
    assert {200} == set(major.tolist())
    assert {100} == set(minor.tolist())
    sog, cog, risk, axis = (np.frombuffer(raw, "u1", n, 16 * n + n * k) for k in range(4))
    assert ({49}, {64}, {125}, {128}) == tuple(set(c.tolist()) for c in (sog, cog, risk, axis))
    assert np.cumsum(lat[run])[0] == 22_500_000


def test_a_moored_vessel_is_drawn_once_in_five_minutes(tmp_path):
    data, _ = content(page(store_of(tmp_path / "s", pictures=91, speed_deg=0.0), tmp_path))
    assert 3 * 5 >= data["points"] >= 3 * 4


def test_more_positions_than_asked_for_are_thinned_and_ends_kept(tmp_path):
    data, raw = content(page(store_of(tmp_path / "s", pictures=50), tmp_path, max_positions=40))
    assert 150 > 60 >= data["points"]
    t = np.frombuffer(raw, "<i4", data["points"], 8 * data["points"])
    first, count = data["vessels"]["first"][0], data["vessels"]["count"][0]
    assert 490 == t[first : first + count].sum()


def test_an_alert_is_a_sentence_with_a_place(tmp_path):
    data, _ = content(page(store_of(tmp_path / "s"), tmp_path))
    (alert,) = data["alerts"]
    assert f"{EVIL} (413000001) over 10 kn" == alert["text"]
    assert f"in {EVIL}" == alert["place"]
    chinese, _ = content(page(Store(tmp_path / "s"), tmp_path, lang="zh"))
    assert chinese["alerts"][0]["text"].endswith("超速")


def test_the_coast_is_cut_to_the_box():
    rings = maps.land(113.5, 21.8, 114.5, 22.8)
    points = np.concatenate([np.cumsum(np.reshape(r, (-1, 2)), axis=0) for r in rings]) * 1e-4
    assert points[:, 0].min() >= 112.5 - 1e-3
    assert points[:, 0].max() <= 115.5 + 1e-3
    area = sum(abs(shoelace(np.cumsum(np.reshape(r, (-1, 2)), axis=0) * 1e-4)) for r in rings)
    assert 3.0 < area < 7.0  # of 9 square degrees about Hong Kong, half is land


def shoelace(ring):
    x, y = ring[:, 0], ring[:, 1]
    return 0.5 * (np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def test_a_box_within_land_is_all_land_and_one_at_sea_is_none():
    inland = maps.land(105.0, 33.0, 105.1, 33.1)
    assert 1 == len(inland)
    assert [] == maps.land(150.0, 20.0, 150.1, 20.1)


def test_tiles_of_gcj02_are_warned_of(tmp_path):
    html = page(store_of(tmp_path / "s"), tmp_path, tiles="https://webrd01.is.autonavi.com/{x}/{y}/{z}")
    assert "GCJ-02" in content(html)[0]["note"]


@pytest.mark.parametrize("options", [{"mmsi": 999}, {"start_ns": START_NS + 10_000 * S}])
def test_nothing_to_draw_is_said_in_one_sentence(tmp_path, options):
    with pytest.raises(StoreError, match="no tracks to draw") as error:
        page(store_of(tmp_path / "s"), tmp_path, **options)
    assert "\n" not in str(error.value)


def test_an_unknown_palette_is_refused(tmp_path):
    with pytest.raises(UsageError, match="dusk"):
        page(store_of(tmp_path / "s"), tmp_path, palette="noon")


def lng_store(path, pictures=12):
    """A carrier northward with a zone of her own that turns with her after a minute, in a corridor with a line."""
    with Store(path) as store:
        for k in range(pictures):
            at_ns = START_NS + 10 * k * S
            moving = MovingZones(
                track=1, mmsi=413_000_001, t_ns=at_ns, zone=0, shape=1, axis_deg=0.0 if k < 6 else 10.0,
                ahead_m=2000.0, astern_m=1000.0, port_m=20_000.0, starboard_m=20_000.0,
            )  # fmt: skip
            store.append(picture_of(at_ns, moving_zones=moving if k < 10 else MovingZones.empty()))
        ring = [[114.05, 22.4], [114.15, 22.4], [114.15, 22.6], [114.05, 22.6], [114.05, 22.4]]
        zone = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
        zone["properties"] = {"name": "channel", "kind": "corridor", "terminals": ["T"]}
        zone["properties"]["centre_line"] = [[114.1, 22.4], [114.1, 22.6]]
        store.write_zones({"type": "FeatureCollection", "features": [zone]})
    return Store(path)


PLAN = {"vessel": EVIL, "mmsi": 413_000_001, "terminal": "T", "direction": "in", "wait_min": 10.0, "why": ""}
SLOTS = [
    {**PLAN, "state": "planned", "start": "2023-11-14T22:13:20Z", "end": "2023-11-14T23:13:20Z"},
    {**PLAN, "state": "refused", "start": None, "end": None, "why": "berth taken"},
]


def test_a_zone_that_goes_with_a_vessel_is_drawn_while_it_holds(tmp_path):
    data, _ = content(page(lng_store(tmp_path / "s"), tmp_path))
    extents = [2000, 1000, 20_000, 20_000]
    assert [[1, 0, 1, 0, *extents, 0, 60], [1, 0, 1, 10, *extents, 60, 100]] == data["moving"]


def test_a_zone_of_unknown_size_is_not_drawn(tmp_path):
    with Store(tmp_path / "s") as store:
        unsized = MovingZones(track=1, t_ns=START_NS, zone=0, shape=0, axis_deg=0.0)
        store.append(picture_of(START_NS, moving_zones=unsized))
    assert [] == content(page(Store(tmp_path / "s"), tmp_path))[0]["moving"]


def test_slots_follow_the_line_of_the_corridor_that_serves_the_terminal(tmp_path):
    data, _ = content(page(lng_store(tmp_path / "s"), tmp_path, slots=SLOTS))
    planned, refused = data["slots"]
    assert (0, 3600, 10, [[114.1, 22.4], [114.1, 22.6]]) == tuple(planned[k] for k in ("from", "to", "wait", "path"))
    assert (None, "refused; berth taken") == (refused["from"], refused["why"])
    assert EVIL == planned["vessel"]


def test_a_slot_whose_time_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match="noon"):
        page(lng_store(tmp_path / "s"), tmp_path, slots=[SLOTS[0] | {"start": "noon"}])


@pytest.mark.slow
@pytest.mark.parametrize(("make", "slots"), [(store_of, []), (lng_store, SLOTS)], ids=["traffic", "LNG"])
def test_chromium_draws_the_map_with_the_network_off(tmp_path, make, slots):
    store = make(tmp_path / "s")
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("chromium is absent; apt-get install chromium")
    page(store, tmp_path, slots=slots)
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={tmp_path / 'chromium'}", "--virtual-time-budget=15000", "--dump-dom"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", (tmp_path / "map.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
    assert 'data-ready="1"' in dom
    assert int(re.search(r'data-drawn="(\d+)"', dom)[1]) > 0


SITE = {"name": EVIL, "sensor": 1, "lon_deg": 114.05, "lat_deg": 22.45, "min_range_m": 0.0, "max_range_m": 20_000.0,
        "period_s": 3.0, "blind_deg": [[350.0, 10.0]], "coverage": []}  # fmt: skip


def radar_of(path, sigma_m=4.0):
    """A store with a radar that was compared with AIS for three minutes, silent for one of them."""
    store_of(path, pictures=18)
    with Store(path) as store:
        store.begin(resume=True)
        store.write_run({"sites": [SITE]})
        t_ns = START_NS + np.r_[np.arange(0, 60, 3), np.arange(120, 180, 3)] * S
        store.add_reports(Reports(t_ns=t_ns, sensor=1, kind=16, range_m=9_000.0, azimuth_deg=np.arange(40.0)))
        for minute in (3, 4, 5):
            known = {"range_m": 35.0, "range_sigma_m": sigma_m / minute, "azimuth_deg": -0.4, "azimuth_sigma_deg": 0.05}
            clock = {"clock_s": 0.5, "clock_sigma_s": 0.1, "pairs": 400.0 * minute}
            at_ns = START_NS + 60 * minute * S
            row = Sensors(sensor=[1], t_ns=at_ns, **known, **clock)
            store.append(picture_of(at_ns, sensors=row))
    return Store(path)


def test_a_radar_site_tells_its_errors_with_bounds_and_what_it_cannot_see(tmp_path):
    (site,) = content(page(radar_of(tmp_path / "s"), tmp_path))[0]["sites"]
    facts = dict(site["facts"])
    assert ("+35.0 ± 1.6 m (95 %)", "-0.40 ± 0.10° (95 %)", "+0.50 ± 0.20 s (95 %)") == tuple(
        facts[name] for name in ("range", "azimuth", "clock")
    )
    assert "2,000 plots" == facts["compared with AIS"]
    assert ([[350.0, 10.0]], EVIL) == (site["blind"], site["name"])


def test_a_radar_that_nobody_could_compare_says_so(tmp_path):
    (site,) = content(page(radar_of(tmp_path / "s", sigma_m=np.nan), tmp_path))[0]["sites"]
    assert "not known yet: 2000 plots compared with AIS" == dict(site["facts"])["registration"]


def test_depth_areas_are_water_of_five_shades_and_no_zones(tmp_path):
    def area(depth_m, west):
        ring = [[west, 22.4], [west + 0.1, 22.4], [west + 0.1, 22.6], [west, 22.6], [west, 22.4]]
        about = {"name": f"{depth_m}", "kind": "depth_area", "depth_m": depth_m}
        return {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    depths_m = (-1.0, 0.0, 1.9, 2.0, 9.9, 10.0, 30.0)
    areas = [area(depth_m, 113.9 + 0.05 * k) for k, depth_m in enumerate(depths_m)]
    store = store_of(tmp_path / "s")
    with store:
        store.begin(resume=True)
        store.write_zones({"type": "FeatureCollection", "features": areas})
    data = content(page(store, tmp_path))[0]
    assert [4, 3, 2, 2, 1, 1, 0] == [area["shade"] for area in data["depths"]]
    assert [None] * 7 == [feature["geometry"] for feature in data["zones"]["features"]]
    deepest = np.cumsum(np.reshape(data["depths"][0]["rings"][0], (-1, 2)), axis=0) * 1e-4
    np.testing.assert_allclose(deepest.min(0), [114.2, 22.4], atol=1e-4)
