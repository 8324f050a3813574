"""Real radar and lidar through reader and tracker: autoferry (GNSS truth), marce (AIS is the reference), an ARPA log.

autoferry: radar and lidar detections from an electric ferry, five scenarios, judged by vts.metrics with a cutoff of
50 m; cameras give bearings alone and are not used. marce: plots of a ship's own radar; her position is her own AIS, so
the plots are placed from the log of her reports; AIS tells place and heading there, no speed and course. LINGDING_DATA
names the folder of real logs; without it, skipped.
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
from vts.fusion import layout as col
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
# Rotation from the times in the log; noise and latency from how the detections within 30 m of a GNSS antenna scatter
# (standard deviation 6 m for radar, 8 m for lidar, along and across): at these ranges the hull's extent outweighs the
# sensor, of which lidar sees bow and stern apart, and radar lies a rotation behind along the course
FERRY = (
    Site("radar", 0, own_ship=True, period_s=1.68, sigma_range_m=6.0, sigma_azimuth_deg=2.0, latency_s=1.68),
    Site("lidar", 1, own_ship=True, period_s=0.5, sigma_range_m=8.0, sigma_azimuth_deg=4.0, latency_s=0.5),
)
CALLISTA = 235_028_893
SCAN_S = 2.4  # a turn of her radar
LOGS = ("01_001", "01_003", "01_004", "01_010")
FOUND = (
    34.0,
    -2.5,
)  # range error, m, and azimuth error, degrees, as the longest log with moving vessels, 01_003, finds
DAY_NS = 1_338_508_800 * S  # the logs carry times of day only
REACH_M = 7_450.0  # the farthest plots of any log lie at 7,431 m


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


def _heading_deg(text):
    """NaN for 511, which is AIS for unknown."""
    heading = float(text or "nan")
    return heading if heading < 360.0 else np.nan


def log_of(log):
    """(AIS reports, own ship's reports, radar plots) of a marce log; plots placed from the log of her own reports."""
    said = _table(DATA / f"fusion/marce/ais_{log}.csv.gz")
    t, mmsi, lat, lon = (np.array([float(row[k]) for row in said]) for k in ("t_s_of_day", "mmsi", "lat", "lon"))
    heard = Reports(
        t_ns=DAY_NS + np.round(t * S).astype(np.int64),
        rx_ns=DAY_NS + np.round(t * S).astype(np.int64),
        sensor=0,
        kind=AIS_A,
        ident=mmsi.astype(np.int64),
        lon_deg=lon,
        lat_deg=lat,
        heading_deg=np.array([_heading_deg(row["heading_deg"]) for row in said]),
        seq=np.arange(t.size),
    )
    heard = heard.take(np.argsort(heard.t_ns, kind="stable"))
    me = heard.take(heard.ident == CALLISTA)
    seen = _table(DATA / f"fusion/marce/radar_{log}.csv.gz")
    at, azimuth, range_m = (
        np.array([float(row[k]) for row in seen]) for k in ("t_s_of_day", "azimuth_true_rad", "range_m")
    )
    t_ns = DAY_NS + np.round(at * S).astype(np.int64)
    keep = (t_ns >= me.t_ns[0]) & (t_ns <= me.t_ns[-1]) & (range_m < REACH_M)
    t_ns, azimuth, range_m = t_ns[keep], azimuth[keep], range_m[keep]
    here = (np.interp(t_ns, me.t_ns, column) for column in (me.lon_deg, me.lat_deg))
    place = [
        geo.enu_to_lonlat(r * np.sin(a), r * np.cos(a), x, y)
        for r, a, x, y in zip(range_m, azimuth, *here, strict=True)
    ]
    echoes = Reports(
        t_ns=t_ns,
        rx_ns=t_ns,
        sensor=1,
        kind=RADAR_PLOT,
        lon_deg=np.array([p[0] for p in place]),
        lat_deg=np.array([p[1] for p in place]),
        range_m=range_m,
        azimuth_deg=np.degrees(azimuth) % 360.0,
        seq=np.arange(t_ns.size),
    )
    return heard, me, echoes


def sailed(log, stated=(0.0, 0.0)):
    """(Pictures, tracker, verdicts) of a marce log; `stated`: range and azimuth errors that the sites file knows."""
    heard, _, echoes = log_of(log)
    site = Site(
        *("Callista", 0),
        own_ship=True,
        period_s=SCAN_S,
        sigma_range_m=25.0,
        sigma_azimuth_deg=0.8,
        max_range_m=REACH_M,
        range_bias_m=stated[0],
        azimuth_bias_deg=stated[1],
    )
    tracker = vts.Tracker(FusionConfig(picture_s=10.0), (site,))
    verdicts = []
    tracker._listener = lambda reports, verdict, track: verdicts.append((reports, verdict, track))
    return list(vts.fuse(vts.merge([heard, echoes], lateness_s=5.0), tracker)), tracker, verdicts


def fixes(heard, me, mmsi, t_ns):
    """(range_m, azimuth in radians) of a vessel from own ship at these times, by AIS alone; NaN where that is too old.

    Between reports a minute apart she is in between; a vessel that lies may be silent for long.
    """
    hers = heard.take(heard.ident == mmsi)
    _, first = np.unique(hers.t_ns, return_index=True)
    hers = hers.take(first)
    if hers.n < 2:
        return np.full(t_ns.size, np.nan), np.full(t_ns.size, np.nan)
    after = np.clip(np.searchsorted(hers.t_ns, t_ns), 1, hers.n - 1)
    step_m = [
        geo.distance_m(*p)
        for p in zip(hers.lon_deg[:-1], hers.lat_deg[:-1], hers.lon_deg[1:], hers.lat_deg[1:], strict=True)
    ]
    known = (np.diff(hers.t_ns)[after - 1] < 60 * S) | (np.array(step_m)[after - 1] < 30.0)
    known &= (t_ns >= hers.t_ns[0]) & (t_ns <= hers.t_ns[-1])
    lon, lat = (np.interp(t_ns, hers.t_ns, column) for column in (hers.lon_deg, hers.lat_deg))
    lon0, lat0 = (np.interp(t_ns, me.t_ns, column) for column in (me.lon_deg, me.lat_deg))
    place = np.array([geo.lonlat_to_enu(*p)[:2] for p in zip(lon, lat, lon0, lat0, strict=True)]).reshape(-1, 2)
    range_m = np.where(known, np.hypot(*place.T), np.nan)
    return range_m, np.where(known, np.arctan2(*place.T), np.nan)


def ship(log, stated=(0.0, 0.0)):
    """What becomes of one marce log: {figure: number}.

    A vessel counts that AIS puts within the radar's range for half a minute or more. She is fused when radar and AIS
    feed one track of hers in three Pictures or more; why the others are not is told by the plots alone, without the
    tracker: how often one lies where AIS says, errors taken off, against how often one lies 8 to 20 degrees beside.
    """
    heard, me, echoes = log_of(log)
    pictures, tracker, verdicts = sailed(log, stated)
    tracks = _tracks(pictures)
    tracks = tracks.take((tracks.state == CONFIRMED) & (tracks.mmsi >= 0))
    learned = tracker.registration()[0]
    scans = np.arange(echoes.t_ns[0], echoes.t_ns[-1], int(SCAN_S * S))
    out = dict.fromkeys(("vessels", "fused", "no plots", "few plots", "plots, not fused"), 0)
    both = inside = 0
    of = {}
    for reports, verdict, track in verdicts:  # the last account of each plot
        plot = reports.sensor == 1
        used = np.isin(verdict[plot], (col.USED, col.BEGAN))
        of.update(zip(reports.seq[plot].tolist(), np.where(used, track[plot], -1).tolist(), strict=True))
    track_of = np.array([of.get(k, -1) for k in echoes.seq.tolist()])
    left = []
    for mmsi in sorted(set(heard.ident.tolist()) - {CALLISTA}):
        there, _ = fixes(heard, me, mmsi, scans)
        looks = int((there < REACH_M).sum())
        if looks * SCAN_S < 30.0:
            continue
        out["vessels"] += 1
        mine = tracks.take(tracks.mmsi == mmsi)
        fused = mine.seen_by == 3
        both, inside = (
            both + int(fused.sum()),
            inside + int(np.isin(mine.t_ns // (10 * S), scans[there < REACH_M] // (10 * S)).sum()),
        )
        range_m, azimuth = fixes(heard, me, mmsi, echoes.t_ns)
        along = echoes.range_m - range_m
        across = (np.radians(echoes.azimuth_deg) - azimuth + np.pi) % (2 * np.pi) - np.pi
        near = np.abs(along - learned.range_m) < 120.0
        hits, *beside = (
            int((near & (np.abs(np.degrees(across) - learned.azimuth_deg - off_deg) < 2.0)).sum())
            for off_deg in (0, -20, -14, -8, 8, 14, 20)
        )
        chance = np.mean(beside)
        share = (hits - chance) / looks
        if fused.sum() >= 3:
            out["fused"] += 1
            took = np.isin(track_of, np.unique(mine.track[fused])) & np.isfinite(along)
            left.append(np.stack([along[took], across[took] * range_m[took], range_m[took]]))
        else:
            out["no plots" if share < 0.05 else "few plots" if share < 0.2 else "plots, not fused"] += 1
    along, across, far = np.concatenate(left, axis=1) if left else np.full((3, 1), np.nan)
    after = along - learned.range_m, across - far * np.radians(learned.azimuth_deg)
    spread = lambda x: (float(np.median(x)), float(1.4826 * np.median(np.abs(x - np.median(x)))))  # noqa: E731
    return out | {
        "fused_pct": 100.0 * out["fused"] / max(out["vessels"], 1),
        "coverage_pct": 100.0 * both / max(inside, 1),
        "range_bias_m": learned.range_m,
        "range_sigma_m": learned.range_sigma_m,
        "azimuth_bias_deg": learned.azimuth_deg,
        "azimuth_sigma_deg": learned.azimuth_sigma_deg,
        "pairs": learned.pairs,
        "plots": along.size,
        "before": (spread(along), spread(across)),
        "after": tuple(map(spread, after)),
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
    for log, stated in (*((log, (0.0, 0.0)) for log in LOGS), *((log, FOUND) for log in LOGS)):
        found = ship(log, stated)
        knows = " that states 34 m, -2.5 deg" if stated[1] else ""
        note = "; ".join(f"{name} {_text(value)}" for name, value in found.items())
        rows.append(
            _row(
                f"marce {log}{knows}: AIS vessels in range that got a fused track", found["fused_pct"], "%", None, note
            )
        )
    acquired, there, shown = arpa()
    note = f"{acquired} acquisitions, of {there} vessels as place and speed tell"
    rows.append(_row("ARPA log of four target numbers: tracks", shown, "", 4, note))
    return rows


def _text(value):
    return f"{value:.3g}" if np.isscalar(value) else " / ".join(f"{a:.0f} +- {b:.0f}" for a, b in value)


def _row(what, ours, unit, target, note, least=False):
    row = {"what": what, "ours": ours, "unit": unit, "note": note}
    if target is not None:
        row["target"] = f"{'>=' if least else '<='} {target}"
        row["met"] = bool(ours >= target if least else ours <= target)
    return row
