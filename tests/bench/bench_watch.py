"""The streaming watch: 10,000 vessels beside 500 zones, a Picture a second, on less than a tenth of a core."""

import statistics
import time

import numpy as np

import geofences
from geofences.zones import from_geojson
from vts.geo import lonlat_to_enu  # noqa: F401 - compiles with the rest, outside the clock
from vts.schema import CONFIRMED, Alerts, Picture, Scores, Statics, Tracks
from vts.units import KN, S

VESSELS, ZONES, SECONDS = 10_000, 500, 40
WEST, SOUTH, EAST, NORTH = 112.5, 20.8, 115.5, 23.0  # the waters about the mouth of the Pearl River
KINDS = (
    *("anchorage", "fairway", "tss_lane", "restricted_area", "no_anchoring_area", "lng_safety_zone", "works_area"),
    *("tss_separation_zone", "depth_area", "precautionary_area"),
)


def make_zones(rng, count=ZONES):
    """Zones of 20-500 vertices and 0.5-8 km across, of every kind that rules look at."""
    features = []
    for k in range(count):
        lon, lat = rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH)
        n, size = int(rng.integers(20, 500)), rng.uniform(0.005, 0.08)
        angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
        r = size / 2 * (1 + 0.3 * np.sin(3 * angle + k))
        ring = np.column_stack([lon + r * np.cos(angle), lat + r * np.sin(angle)])
        kind = KINDS[k % len(KINDS)]
        extra = {"max_speed_kn": 12, "direction_deg": float(rng.uniform(0, 360)), "depth_m": 12.0, "capacity": 20}
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [np.vstack([ring, ring[:1]]).tolist()]},
                "properties": {"name": f"zone {k}", "kind": kind, "source": "made", "confidence": "high", **extra},
            }
        )
    return from_geojson({"type": "FeatureCollection", "features": features})


def make_pictures(rng, seconds=SECONDS, vessels=VESSELS):
    """Pictures a second apart; a third of the vessels lie at anchor."""
    lon, lat = rng.uniform(WEST, EAST, vessels), rng.uniform(SOUTH, NORTH, vessels)
    cog = rng.uniform(0, 360, vessels)
    anchored = rng.random(vessels) < 1 / 3
    sog = np.where(anchored, 0.1, rng.uniform(4, 20, vessels))
    mmsi = np.arange(vessels) + 412_000_000
    statics = Statics(mmsi=mmsi, ship_type=rng.choice([30, 52, 60, 70, 80], vessels), draught_m=np.full(vessels, 9.0))
    for k in range(seconds):
        run = sog * KN * k
        yield Picture(
            1_750_000_000 * S + k * S,
            Tracks(
                track=np.arange(vessels) + 1,
                mmsi=mmsi,
                lon_deg=lon + run * np.sin(np.radians(cog)) / 103_000,
                lat_deg=lat + run * np.cos(np.radians(cog)) / 110_700,
                sog_kn=sog,
                cog_deg=cog,
                heading_deg=cog,
                nav_status=np.where(anchored, 1, 0),
                state=np.full(vessels, CONFIRMED),
                first_ns=np.full(vessels, 0),
                length_m=np.full(vessels, 120.0),
                reports=np.full(vessels, k // 6),  # a report every six seconds or so
                **{name: np.full(vessels, 25.0) for name in ("ee_m2", "nn_m2")},
                **{name: np.full(vessels, 0.02) for name in ("veve_m2s2", "vnvn_m2s2")},
                **{
                    name: np.zeros(vessels)
                    for name in ("en_m2", "eve_m2s", "evn_m2s", "nve_m2s", "nvn_m2s", "vevn_m2s2")
                },
            ),
            statics,
            Alerts.empty(),
            Scores.empty(),
        )


def run():
    """CPU seconds a second of the watch, as the collector wants it."""
    rng = np.random.default_rng(1)
    zones, pictures = make_zones(rng), list(make_pictures(rng))
    watch = geofences.Watch()
    spent, rows, alerts = [], 0, 0
    for picture in pictures:
        begin = time.process_time()
        checked = watch.step(picture, zones)
        spent.append(time.process_time() - begin)
        rows, alerts = checked.places.n, alerts + checked.alerts.n
    core = statistics.mean(spent[10:])  # the first Pictures compile, and raise what has held since before
    places = statistics.median(_seconds(lambda p=p: geofences.places(p, zones)) for p in pictures[5:10])
    return [
        {
            "what": f"watch: {VESSELS:,} vessels, {zones.n} zones, 1 Hz",
            "ours": core,
            "peer": None,
            "unit": "share of a core",
            "ratio": None,
            "target": 0.1,
            "met": core < 0.1,
            "note": f"{rows:,} Places rows a Picture take {places:.3f} s of it; slowest {max(spent[5:]):.3f} s; "
            f"{alerts:,} changes of alerts",
        }
    ]


def _seconds(call):
    begin = time.process_time()
    call()
    return time.process_time() - begin
