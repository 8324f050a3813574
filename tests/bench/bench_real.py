"""Real radar and lidar through reader and tracker: autoferry (GNSS truth), marce (AIS is the reference), an ARPA log.

autoferry: radar and lidar detections from an electric ferry, five scenarios, judged by vts.metrics with a cutoff of
50 m; cameras give bearings alone and are not used. marce: plots of a ship's own radar; her position is her own AIS, so
the plots are placed from the log of her reports. LINGDING_DATA names the folder of real logs; without it, skipped.
"""

import csv
import gzip
import json
import os
import tempfile
from pathlib import Path

import numpy as np

import vts
from vts import geo, metrics, radar
from vts.config import FusionConfig
from vts.radar import Site
from vts.schema import AIS_A, CONFIRMED, RADAR_PLOT, Reports
from vts.units import KN, S

DATA = Path(os.environ.get("LINGDING_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
PIREN = 10.39908278, 63.4389029083  # longitude, latitude of the dataset's frame
MAPPING = """
[log]
format = "json"
site = "{name}"
where = {{ sensorID = {sensor} }}
[columns]
time = {{ from = "time", unit = "s" }}
x_m = "measurement.1"
y_m = "measurement.0"
[origin]
lon_deg = 10.39908278
lat_deg = 63.4389029083
east_m = "ownshipPosition.1"
north_m = "ownshipPosition.0"
"""
# Rotation from the times in the log; noise and latency from how the nearest detection scatters about the GNSS antenna:
# at these ranges the hull's extent outweighs the sensor, and radar lies a rotation behind along the course
FERRY = (
    Site("radar", 0, own_ship=True, period_s=1.68, sigma_range_m=6.0, sigma_azimuth_deg=2.0, latency_s=1.68),
    Site("lidar", 1, own_ship=True, period_s=0.5, sigma_range_m=4.0, sigma_azimuth_deg=2.0, latency_s=0.5),
)
CALLISTA = 235_028_893
DAY_NS = 1_338_508_800 * S  # the logs carry times of day only
REACH_M = 12_000.0


def ferry(scenario, sites=FERRY):
    """The metrics of one autoferry scenario."""
    log, truth = (DATA / f"radar/autoferry/scenario{scenario}_{kind}.json" for kind in ("detections", "groundTruth"))
    with tempfile.TemporaryDirectory() as folder:
        feeds = []
        for site, sensor in zip(sites, (2, 1), strict=False):
            mapping = Path(folder) / f"{site.name}.toml"
            mapping.write_text(MAPPING.format(name=site.name, sensor=sensor))
            feeds.append(list(radar.read(str(log), sites, format=str(mapping))))
        tracker = vts.Tracker(FusionConfig(picture_s=1.0), sites)
        pictures = list(vts.fuse(vts.merge(feeds, lateness_s=tracker.config.lateness_s), tracker))
    return metrics.score(_surveyed(json.loads(truth.read_text())), _tracks(pictures), cutoff_m=50.0)


def _tracks(pictures):
    return vts.Tracks.concat([picture.tracks for picture in pictures])


def _surveyed(groups):
    """Truth of the surveyed vessels, each second."""
    path = {}
    for group in groups:
        for fix in group:
            path.setdefault(fix["targetID"], {})[fix["time"]] = fix["position"][:2]
    rows = []
    for vessel, fixes in path.items():
        t = np.array(sorted(fixes))
        north, east = np.array([fixes[k] for k in sorted(fixes)]).T
        at = np.arange(np.ceil(t[0]), t[-1])
        x, y = np.interp(at, t, east), np.interp(at, t, north)
        ve, vn = np.gradient(x, at), np.gradient(y, at)
        for k, when in enumerate(at):
            lon, lat = geo.enu_to_lonlat(x[k], y[k], *PIREN)
            speed, course = np.hypot(ve[k], vn[k]) / KN, np.degrees(np.arctan2(ve[k], vn[k])) % 360.0
            rows.append((round(when) * S, vessel, -1, lon, lat, speed, course))
    return metrics.truth(dict(zip(metrics.Truth._fields[:7], map(np.array, zip(*rows, strict=True)), strict=True)))


def _table(path):
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def ship(log):
    """What becomes of one marce log: {figure: number}."""
    said = _table(DATA / f"fusion/marce/ais_{log}.csv.gz")
    t, mmsi, lat, lon = (np.array([float(row[k]) for row in said]) for k in ("t_s_of_day", "mmsi", "lat", "lon"))
    own = mmsi == CALLISTA
    heard = Reports(
        t_ns=DAY_NS + np.round(t * S).astype(np.int64),
        rx_ns=DAY_NS + np.round(t * S).astype(np.int64),
        sensor=0,
        kind=AIS_A,
        ident=mmsi.astype(np.int64),
        lon_deg=lon,
        lat_deg=lat,
        heading_deg=np.array([float(row["heading_deg"] or "nan") for row in said]) % 360.0,
        seq=np.arange(t.size),
    )
    heard = heard.take(np.argsort(heard.t_ns, kind="stable"))
    plots = _table(DATA / f"fusion/marce/radar_{log}.csv.gz")
    at, azimuth, range_m = (
        np.array([float(row[k]) for row in plots]) for k in ("t_s_of_day", "azimuth_true_rad", "range_m")
    )
    keep = (at >= t[own].min()) & (at <= t[own].max()) & (range_m < REACH_M)
    at, azimuth, range_m = at[keep], azimuth[keep], range_m[keep]
    order = np.argsort(t[own])
    from_lon, from_lat = (np.interp(at, t[own][order], column[own][order]) for column in (lon, lat))
    place = [
        geo.enu_to_lonlat(r * np.sin(a), r * np.cos(a), x, y)
        for r, a, x, y in zip(range_m, azimuth, from_lon, from_lat, strict=True)
    ]
    echoes = Reports(
        t_ns=DAY_NS + np.round(at * S).astype(np.int64),
        rx_ns=DAY_NS + np.round(at * S).astype(np.int64),
        sensor=1,
        kind=RADAR_PLOT,
        lon_deg=np.array([p[0] for p in place]),
        lat_deg=np.array([p[1] for p in place]),
        range_m=range_m,
        azimuth_deg=np.degrees(azimuth) % 360.0,
        seq=np.arange(at.size),
    )
    site = Site("Callista", 0, own_ship=True, period_s=2.4, sigma_range_m=25.0, max_range_m=REACH_M)
    tracker = vts.Tracker(FusionConfig(picture_s=10.0), (site,))
    pictures = list(vts.fuse(vts.merge([heard, echoes], lateness_s=5.0), tracker))
    tracks = _tracks(pictures)
    tracks = tracks.take((tracks.state == CONFIRMED) & (tracks.mmsi >= 0) & (tracks.mmsi != CALLISTA))
    me = heard.take(heard.ident == CALLISTA)
    here_lon, here_lat = (np.interp(tracks.t_ns, me.t_ns, column) for column in (me.lon_deg, me.lat_deg))
    near = np.array(
        [geo.distance_m(*p) < REACH_M for p in zip(tracks.lon_deg, tracks.lat_deg, here_lon, here_lat, strict=True)],
        bool,
    )
    inside = set(tracks.mmsi[near].tolist())
    both = set(tracks.mmsi[near & (tracks.seen_by & 2 > 0)].tolist())
    learned = tracker.registration()[0]
    return {
        "vessels": len(inside),
        "fused_pct": 100.0 * len(both) / max(len(inside), 1),
        "coverage_pct": 100.0 * float(np.mean(tracks.seen_by[near] & 2 > 0)) if near.any() else np.nan,
        "range_bias_m": learned.range_m,
        "azimuth_bias_deg": learned.azimuth_deg,
        "pairs": learned.pairs,
    }


def arpa():
    """(acquisitions, vessels as far as `vessels` tells, confirmed tracks) of the ARPA log of four target numbers."""
    own = (Site("own ship", 0, own_ship=True, sigma_range_m=20.0, sigma_azimuth_deg=1.0),)
    feed = list(radar.read(str(DATA / "radar/nmea_ttm/RadarLogs.txt"), own))
    tracker = vts.Tracker(FusionConfig(picture_s=5.0), own)
    tracks = _tracks(vts.fuse(vts.merge([feed], lateness_s=5.0), tracker))
    shown = tracks.track[tracks.state == CONFIRMED]
    said = Reports.concat(feed)
    return np.unique(said.ident).size, vessels(said), np.unique(shown).size


def vessels(said, gap_s=180.0, near_m=150.0, spare_mps=2.0):
    """How many vessels the acquisitions of an ARPA log are: the same where place and speed let two of them be one.

    That is where the second begins on the first, or where the first would be after a gap of at most `gap_s`, sailing on
    as in its last minute. Asked of the log alone, without the tracker.
    """
    of = {}
    for ident in sorted(set(said.ident.tolist()), key=lambda k: said.t_ns[said.ident == k].min()):
        new = said.take(said.ident == ident)
        of[ident] = ident
        for older in list(of)[:-1]:
            old = said.take((said.ident == older) & (said.t_ns <= new.t_ns[0]))
            old = old.take(old.t_ns >= old.t_ns[-1] - 60 * S)
            t = (old.t_ns - old.t_ns[-1]) / S
            gap = (new.t_ns[0] - old.t_ns[-1]) / S
            if gap > gap_s or t[0] == 0.0:
                continue
            lon, lat = (np.polyval(np.polyfit(t, column, 1), gap) for column in (old.lon_deg, old.lat_deg))
            if geo.distance_m(lon, lat, new.lon_deg[0], new.lat_deg[0]) < near_m + spare_mps * gap:
                of[ident] = of[older]
                break
    return len(set(of.values()))


def run():
    if not (DATA / "radar/autoferry").is_dir():
        return [{"what": "real radar", "note": f"skipped: {DATA}/radar/autoferry is absent; set LINGDING_DATA"}]
    rows, switches = [], 0
    for scenario in (2, 3, 4, 5, 6):
        found = ferry(scenario)
        switches += found["id_switches"]
        note = f"{found['pictures']} pictures, {found['false']:.1f} tracks of others in each"
        rows.append(_row(f"autoferry {scenario}: coverage", 100.0 - found["missed_pct"], "%", 95.0, note, least=True))
        rows.append(_row(f"autoferry {scenario}: RMSE", found["rmse_m"], "m", 6.0, ""))
    rows.append(_row("autoferry: id switches, all five", switches, "", 3, ""))
    for log in ("01_001", "01_003", "01_004", "01_010"):
        found = ship(log)
        note = ", ".join(f"{name} {value:.3g}" for name, value in found.items())
        rows.append(_row(f"marce {log}: AIS vessels near that got a fused track", found["fused_pct"], "%", None, note))
    acquired, there, shown = arpa()
    note = f"{acquired} acquisitions, of {there} vessels as place and speed tell"
    rows.append(_row("ARPA log of four target numbers: tracks", shown, "", 4, note))
    return rows


def _row(what, ours, unit, target, note, least=False):
    row = {"what": what, "ours": ours, "unit": unit, "note": note}
    if target is not None:
        row["target"] = f"{'>=' if least else '<='} {target}"
        row["met"] = bool(ours >= target if least else ours <= target)
    return row
