"""Scot Carrier and Karin Hoej, 13 December 2021: the pair is ranked first minutes before, and the reason is right."""

import csv
from datetime import UTC, datetime

import numpy as np

import risk
from risk import reasons
from risk.encounters import find
from tests.risk.scene import steady
from vts.geo import ahead, enu_to_lonlat
from vts.paths import data_dir
from vts.schema import Alerts, Picture, Scores, Statics, Tracks
from vts.units import KN, S

KARIN_HOEJ, SCOT_CARRIER = 219021240, 232018267
STILL = dict.fromkeys(("en_m2", "eve_m2s", "evn_m2s", "nve_m2s", "nvn_m2s", "vevn_m2s2"), 0.0)


def read(path):
    """{mmsi: [(t_s, lon, lat, sog, heading)]}."""
    out = {}
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            t = datetime.fromisoformat(row["DateTime"]).replace(tzinfo=UTC).timestamp()
            numbers = [float(row[name]) for name in ("Longitude", "Latitude", "SOG", "Heading")]
            out.setdefault(int(float(row["MMSI"])), []).append((t, *numbers))
    return out


def pictures(ships, around):
    """A Picture a minute: each ship predicted from her last fix, and harmless traffic around them."""
    start, end = (max(f[k][0] for f in ships.values()) for k in (0, -1))
    for t in np.arange(start, end, 30.0):
        rows = []
        for mmsi, fixes in sorted(ships.items()):
            at = max((f for f in fixes if f[0] <= t), key=lambda f: f[0])
            lon, lat = ahead(at[1], at[2], at[4], at[3] * KN * (t - at[0]))
            rows.append((mmsi, lon, lat, at[3], at[4], t - at[0]))
        for k, ship in enumerate(around):
            state = ship(t - start)
            lon, lat = enu_to_lonlat(state["x"], state["y"], 14.3, 55.25)
            rows.append((300_000_000 + k, lon, lat, state["sog"], state["cog"], 5.0))
        mmsi, lon, lat, sog, cog, age = map(np.array, zip(*rows, strict=True))
        n, at_ns = len(rows), int(t * S)
        tracks = Tracks(
            track=np.arange(n),
            mmsi=mmsi,
            t_ns=np.full(n, at_ns),
            lon_deg=lon,
            lat_deg=lat,
            sog_kn=sog,
            cog_deg=cog,
            heading_deg=cog,
            age_s=age,
            nav_status=np.zeros(n),
            kind=np.zeros(n),
            state=np.ones(n),
            ee_m2=100.0,
            nn_m2=100.0,
            veve_m2s2=0.02,
            vnvn_m2s2=0.02,
            length_m=90.0,
            **STILL,
        )
        yield Picture(at_ns, tracks, Statics.empty(), Alerts.empty(), Scores.empty())


def test_the_pair_is_ranked_first_three_minutes_before_and_the_reason_is_right(data):
    ships = read(data("risk", "scot_carrier_karin_hoej", "collision_219021240_232018267.csv"))
    around = [steady(2500.0 * (k - 10), 2000.0 * (-1) ** k, 8.0 + k % 5, 220.0) for k in range(20)]
    trained = risk.load(data_dir() / "models" / "current")
    closest_s, first_s, reason = None, None, ""
    least = np.inf
    for picture in risk.score(pictures(ships, around), trained, risk.Watch()):
        t = picture.at_ns / S
        pairs = find(picture)
        ours = pairs.take((pairs.track == 0) & (pairs.other == 1))
        if ours.n and ours.range_m[0] < least:
            least, closest_s = ours.range_m[0], t
        order = np.argsort(-np.nan_to_num(picture.scores.risk), kind="stable")
        if set(order[:2].tolist()) == {0, 1} and picture.scores.risk[0] > 0.6:
            if first_s is None:
                first_s, reason = t, picture.scores.reason_1[0]
        elif closest_s is not None and t <= closest_s:
            first_s = None if first_s is None or t < closest_s else first_s
    assert picture.tracks.mmsi[:2].tolist() == [KARIN_HOEJ, SCOT_CARRIER]
    assert closest_s - first_s >= 180.0
    assert reason.startswith("alert.close_quarters|dcpa_nm=0.")
    assert "alters" in reasons.word(reason) and "DCPA 0." in reasons.word(reason)
    turned = float(reason.split("turns=")[1])
    assert 40 <= turned <= 60  # she came from 220 to 269 degrees


def test_no_alarm_while_both_kept_their_courses(data):
    ships = read(data("risk", "scot_carrier_karin_hoej", "collision_219021240_232018267.csv"))
    turn_s = datetime(2021, 12, 13, 2, 21, 30, tzinfo=UTC).timestamp()
    before = [p for p in pictures(ships, []) if p.at_ns / S < turn_s]
    told = Alerts.concat([p.alerts for p in risk.score(before, None)])
    assert "close_quarters" not in told.rule.tolist()
