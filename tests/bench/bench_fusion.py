"""The tracker against the issue's table, and beside Stone Soup's GNN-EKF and JPDA where they are installed.

Scenarios n20, n200, n1000 and dense of vts.simulate, seed 1. Throughput is reports through merge and fuse with warm
kernels, one thread, a Picture every 10 s, CPU time, the best of three; Stone Soup (make stonesoup) has the same reports
in order of measurement, already in the plane, and a k-d tree in front of its gate; reading either from bytes is not in
it. Accuracy is judged by vts.metrics on Pictures every 3 s. Stone Soup runs for the first part only, as its
note says; accuracy is compared on that part, where it is long enough for vessels to be known for a minute.
"""

import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import erf

import vts
from vts import geo, metrics, simulate
from vts.config import FusionConfig
from vts.merge import merge
from vts.schema import CONFIRMED, RADAR_PLOT, RAISED, Tracks
from vts.simulate import frame
from vts.simulate.bound import covariances, posterior, seen
from vts.simulate.motion import mode
from vts.units import DEG, KN, S

SEED = 1
ROOT = Path(__file__).resolve().parents[2]
STONESOUP = ROOT / ".venv-stonesoup" / "bin" / "python"
PEERS = {"gnn": "GNN-EKF", "jpda": "JPDA-EHM2"}
# name: (throughput target, seconds of the throughput run, seconds for which Stone Soup runs)
RUNS = {"n20": (200_000, 900, 120), "n200": (180_000, 600, 75), "n1000": (150_000, 300, 6), "dense": (0, 240, 9)}
TARGETS = {  # what the issue asks for, by scenario: (metric, most)
    "n20": (("ratio_steady", 1.06), ("ratio_manoeuvring", 1.25), ("initiation_median_s", 9.0)),
    "n200": (("ratio_steady", 1.06), ("ratio_manoeuvring", 1.25), ("missed_pct", 0.4), ("false", 0.1)),
    "n1000": (("ratio_steady", 1.06), ("ratio_manoeuvring", 1.25), ("missed_pct", 0.4), ("false", 0.1)),
    "dense": (("ratio_steady", 1.06), ("ratio_manoeuvring", 1.25), ("false", 0.3), ("id_switches", 0)),
}
TARGETS["n20"] += (("initiation_p95_s", 12.0),)
TARGETS["n200"] += (("id_switches", 0), ("initiation_median_s", 9.0), ("initiation_p95_s", 12.0))
TARGETS["n1000"] += (("id_switches", 2), ("initiation_median_s", 9.0), ("initiation_p95_s", 12.0))
VELOCITY = (("speed_95_steady_kn", 0.5), ("course_95_steady_deg", 3.0))  # judged after 3 min: where a run lasts longer
UNITS = {"ratio": "x bound", "_pct": "%", "_s": "s", "_kn": "kn", "_deg": "deg", "_m": "m"}


def tracked(scenario, feeds, picture_s):
    """(Pictures, CPU seconds) of our tracker over a scenario's feeds."""
    config = FusionConfig(picture_s=picture_s)
    tracker = vts.Tracker(config, scenario.sites)
    began = time.process_time()
    pictures = list(vts.fuse(merge(feeds, lateness_s=config.lateness_s), tracker))
    return pictures, time.process_time() - began


def rate(name, duration_s):
    """Reports a second of our tracker, best of three after one that warms the kernels."""
    scenario = simulate.build(name, SEED, duration_s=duration_s)
    feeds = scenario.feeds()
    return scenario.reports().n / min(tracked(scenario, feeds, 10.0)[1] for _ in range(4))


def peer(name, scenario, until_s):
    """(Tracks every 3 s, reports, CPU seconds) of Stone Soup's `gnn` or `jpda` over the first seconds of a scenario.

    None where its environment is absent (make stonesoup).
    """
    if not STONESOUP.exists():
        return None
    reports = scenario.reports()
    t_s = (reports.t_ns - scenario.scene.start_ns) / S
    reports, t_s = reports.take(t_s <= until_s), t_s[t_s <= until_s]
    xy = scenario.scene.plane(np.stack([reports.lon_deg, reports.lat_deg], axis=1))
    course, speed = reports.cog_deg * DEG, reports.sog_kn * KN
    unknown = np.zeros(reports.n)
    polar = (np.pi / 2 - reports.azimuth_deg * DEG, reports.range_m, unknown, unknown)
    fix = (xy[:, 0], speed * np.sin(course), xy[:, 1], speed * np.cos(course))
    is_plot = reports.kind == RADAR_PLOT
    z = np.where(is_plot[:, None], np.stack(polar, axis=1), np.stack(fix, axis=1))
    site = scenario.radars[0]
    density = site.false_per_scan / (2 * np.pi * site.max_range_m)
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, second=np.ceil(t_s), t_s=t_s, kind=is_plot.astype(int), z=z, density=density)
        subprocess.run([STONESOUP, ROOT / "tests/oracle/stonesoup_tracks.py", name, given, out], check=True)
        found = np.load(out)
        return _as_tracks(scenario, found), reports.n, float(found["seconds"])


def _as_tracks(scenario, found):
    """Stone Soup's tracks as our table."""
    x = found["x"]
    lon, lat = frame.enu_to_lonlat(x[:, 0], x[:, 2], scenario.scene.lon0_deg, scenario.scene.lat0_deg)
    return Tracks(
        track=found["id"].astype(np.int64),
        t_ns=scenario.scene.start_ns + found["at_s"].astype(np.int64) * S,
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=np.hypot(x[:, 1], x[:, 3]) / KN,
        cog_deg=np.degrees(np.arctan2(x[:, 1], x[:, 3])) % 360.0,
        state=CONFIRMED,
        seen_by=3,
    )


HARD = {  # what the issue asks of each hard case: (metric, most)
    "bridge-shadow": (("id_switches", 0),),
    "outage": (("id_switches", 0),),
    "clutter-burst": (("false", 3.0),),
    "merge-split": (("missed_pct", 2.0),),
    "clock-jump": (("missed_pct", 0.4), ("false", 0.1), ("id_switches", 0)),
    "station-clock": (("missed_pct", 0.4), ("false", 0.1), ("id_switches", 0)),
    "ghost": (("false", 0.1), ("missed_pct", 0.4)),
    "teleport": (("false", 0.1), ("missed_pct", 0.4)),
    "drag-spoof": (("false", 0.1), ("missed_pct", 0.4)),
    "shared-mmsi": (("missed_pct", 0.4), ("id_switches", 0)),
    "mmsi-swap": (("missed_pct", 0.4), ("false", 0.1)),
    "tanker-330": (("false", 0.3), ("missed_pct", 0.4)),
    "cold-start": (("initiation_median_s", 9.0), ("initiation_p95_s", 12.0)),
    "pearl-river": (("missed_pct", 0.4), ("false", 0.3)),
    "open-sea": (("missed_pct", 0.4), ("false", 0.3)),
}


def hard():
    """Rows of the hard cases, ours alone."""
    rows = []
    for name, targets in HARD.items():
        scenario = simulate.build(name, SEED)
        found = metrics.evaluate_pictures(scenario.truth, tracked(scenario, scenario.feeds(), 3.0)[0])
        told = ", ".join(f"{key} {found[key]:.3g}" for key in ("rmse_m", "ghosts", "ghosts_flagged_pct"))
        for metric, most in targets:
            unit = next((u for end, u in UNITS.items() if metric.endswith(end)), "")
            rows.append(_row(f"{name}: {metric}", found[metric], None, unit, most, told))
    return rows


def drags():
    """Rows of the dragged ships: how soon each is told of, and how far her true track was led astray."""
    scenario = simulate.build("drag-spoof", SEED)
    true = metrics.truth(scenario.truth)
    pictures = tracked(scenario, scenario.feeds(), 3.0)[0]
    rows = []
    for fault in scenario.faults:
        told_s, sigmas = np.inf, []
        for picture in pictures:
            after_s = (picture.at_ns - scenario.scene.start_ns) / S - fault["from_s"]
            row = np.flatnonzero((true.t_ns == picture.at_ns) & (true.vessel == fault["ship"]))
            if after_s < 0 or not row.size:
                continue
            alerts, tracks = picture.alerts, picture.tracks
            hers = np.isin(alerts.track, tracks.track[tracks.mmsi == fault["mmsi"]]) & (alerts.state == RAISED)
            if (hers & np.isin(alerts.rule, ("ais_offset", "ais_uncorroborated"))).any():
                told_s = min(told_s, after_s)
            east, north = geo.metres_per_degree(float(true.lat_deg[row[0]]))
            dx, dy = (tracks.lon_deg - true.lon_deg[row[0]]) * east, (tracks.lat_deg - true.lat_deg[row[0]]) * north
            seen = np.flatnonzero(
                (tracks.seen_by & ~np.int64(1) != 0) & (tracks.state > 0) & (np.hypot(dx, dy) < 300.0)
            )
            if seen.size:
                k = seen[np.hypot(dx, dy)[seen].argmin()]
                ee, en, nn = tracks.ee_m2[k], tracks.en_m2[k], tracks.nn_m2[k]
                d2 = (nn * dx[k] ** 2 - 2.0 * en * dx[k] * dy[k] + ee * dy[k] ** 2) / (ee * nn - en * en)
                sigmas.append(np.sqrt(d2))
        name = f"drag of {fault['speed_mps']} m/s, ship {fault['ship']}"
        inside = f"within 3 sigma in {100.0 * np.mean(np.array(sigmas) < 3.44):.0f} % of pictures"
        rows.append(_row(f"{name}: told of after", told_s, None, "s", None, inside))
        rows.append(
            _row(f"{name}: true track led astray, at most", max(sigmas), None, "sigma", 3.44, "99.7 % of a plane")
        )
    return rows


def registration():
    """Rows of how far the learned biases of two radars are from the true ones."""
    scenario = simulate.build("registration", SEED)
    config = FusionConfig()
    tracker = vts.Tracker(config, scenario.sites)
    for _picture in vts.fuse(merge(scenario.feeds(), lateness_s=config.lateness_s), tracker):
        pass
    rows = []
    for site, learned in zip(scenario.radars, tracker.registration(), strict=True):
        for what, got, true, most in (
            ("range bias, m", learned.range_m, site.bias_range_m, 3.0),
            ("azimuth bias, deg", learned.azimuth_deg, site.bias_azimuth_deg, 0.03),
            ("clock, s", learned.clock_s, site.clock_s, None),
        ):
            note = f"true {true}, learned {got:.3g}"
            rows.append(_row(f"registration, {site.name}: error of {what}", abs(got - true), None, "", most, note))
    return rows


def standard(seeds=20):
    """Rows of the MSC.192(79) scenarios: 95 % of errors after 1 and 3 minutes, over all four and so many seeds.

    Beside ours, as the peer: 95 % of what the bound leaves open, by draws of her place and velocity from it.
    """
    rows = []
    names = ("relative course, deg", "relative speed, of its limit", "CPA, NM", "TCPA, min")
    for after_s, limits, (kn, share) in (
        (60, (11.0, 1.0, 1.0, None), (1.5, 0.1)),
        (180, (3.0, 1.0, 0.3, 0.5), (0.8, 0.01)),
    ):
        errors, open_still = [], []
        for case in (1, 2, 3, 4):
            for seed in range(1, seeds + 1):
                scenario = simulate.build(f"msc192-{case}", seed, tracked_s=after_s, duration_s=after_s + 20)
                at_ns = scenario.scene.start_ns + after_s * S
                pictures = {p.at_ns: p.tracks for p in tracked(scenario, scenario.feeds(), 1.0)[0]}
                motion = scenario.motion
                true = np.array([column[0, after_s] for column in motion[:4]])
                P = next(P[0, :4, :4] for k, (_, P) in enumerate(covariances(scenario)) if k == after_s)
                drawn = np.random.default_rng(seed).multivariate_normal(true, P, 100)
                limit = np.array([1.0, max(kn, share * scenario.faults[0]["relative_speed_kn"]), 1.0, 1.0])
                errors.append(_relative(_tracked_at(scenario, pictures.get(at_ns)), true) / limit)
                open_still += [_relative(state, true) / limit for state in drawn]
        ours, bound = (np.quantile(np.array(all_of), 0.95, axis=0) for all_of in (errors, open_still))
        for name, value, least, limit in zip(names, ours, bound, limits, strict=True):
            if limit is not None:
                what = f"MSC.192(79) after {after_s // 60} min: {name}"
                note = f"95 % of 4 scenarios x {seeds} seeds, beside the bound; limits from memory"
                rows.append(_row(what, float(value), float(least), "", limit, note))
    return rows


def _tracked_at(scenario, tracks):
    """(x_m, y_m, vx_mps, vy_mps) of the one confirmed track in the plane; infinite where there is none."""
    if tracks is None or not (tracks.state == CONFIRMED).any():
        return np.full(4, np.inf)
    at = int(np.flatnonzero(tracks.state == CONFIRMED)[0])
    x, y = scenario.scene.plane([(tracks.lon_deg[at], tracks.lat_deg[at])])[0]
    north = frame.convergence_deg(tracks.lon_deg[at], tracks.lat_deg[at], scenario.scene.lon0_deg)
    speed, course = tracks.sog_kn[at] * KN, (tracks.cog_deg[at] - north) * DEG
    return np.array([x, y, speed * np.sin(course), speed * np.cos(course)])


def _relative(state, true):
    """Errors of course (deg), speed (kn), CPA (NM) and TCPA (min) of a target's state; infinite where it has none."""
    if not np.isfinite(state).all():
        return np.full(4, np.inf)

    def told(x, y, vx, vy):
        tcpa_s = -(x * vx + y * vy) / max(vx**2 + vy**2, 1e-9)
        cpa_m = np.hypot(x + tcpa_s * vx, y + tcpa_s * vy)
        return np.array([np.arctan2(vx, vy) / DEG, np.hypot(vx, vy) / KN, cpa_m / 1852.0, tcpa_s / 60.0])

    off = told(*state) - told(*true)
    off[0] = (off[0] + 180.0) % 360.0 - 180.0
    return np.abs(off)


def bound_95(scenario):
    """(kn, deg): what the bound leaves open of steady speed and course in 95 % of what metrics judges them on."""
    bound, motion = posterior(scenario), scenario.motion
    reported = np.isfinite(bound.position_m)
    first = np.where(reported.any(axis=1), reported.argmax(axis=1), motion.steps)
    at = np.arange(motion.steps)
    settled = (mode(motion) == metrics.STEADY) & (at - first[:, None] >= metrics.SETTLED_S) & seen(scenario)
    settled &= (bound.position_m < metrics.KNOWABLE_M) & (at % 3 == 0)
    speed = np.hypot(motion.vx_mps, motion.vy_mps)
    course = np.degrees(bound.across_mps / np.maximum(speed, 1e-9))
    way = settled & (speed > metrics.WAY_KN * KN)
    return _within_95(bound.along_mps[settled] / KN), _within_95(course[way])


def _within_95(sigmas):
    """What 95 % of normal errors of these standard deviations stay within."""
    return brentq(lambda most: np.mean(erf(most / (np.sqrt(2.0) * sigmas))) - 0.95, 0.0, 6.0 * sigmas.max())


def run():
    return presets() + hard() + drags() + registration() + standard()


def presets():
    """Rows of the study's presets, beside Stone Soup where it is installed."""
    rows = []
    for name, (target_rate, throughput_s, peer_s) in RUNS.items():
        ours = rate(name, throughput_s)
        scenario = simulate.build(name, SEED)
        pictures, _seconds = tracked(scenario, scenario.feeds(), 3.0)
        found = metrics.evaluate_pictures(scenario.truth, pictures)
        rows.append(
            _row(f"{name}: throughput", ours, None, "reports/s", target_rate or None, f"{throughput_s} s", least=True)
        )
        rows += beside(name, scenario, pictures, ours, peer_s)
        for metric, most in TARGETS[name]:
            unit = next((u for end, u in UNITS.items() if metric.endswith(end) or metric.startswith(end)), "")
            rows.append(_row(f"{name}: {metric}", found[metric], None, unit, most, ""))
        if scenario.duration_s > metrics.SETTLED_S:
            for (metric, most), least in zip(VELOCITY, bound_95(scenario), strict=True):
                rows.append(_row(f"{name}: {metric}", found[metric], least, "", most, "beside the bound's own 95 %"))
        # errors of one vessel last from Picture to Picture: the interval is that of as many errors as vessels
        low, high = found["nees_low"], found["nees_high"]
        rows.append(_row(f"{name}: NEES of position", found["nees"], None, "", None, ""))
        rows[-1] |= {"target": f"{low:.2f} to {high:.2f}", "met": bool(low <= found["nees"] <= high)}
    return rows


def beside(name, scenario, pictures, ours, peer_s):
    """Rows of Stone Soup's trackers on the first `peer_s` of a scenario, and of ours on the same part."""
    rows = []
    early = [p for p in pictures if p.at_ns <= scenario.scene.start_ns + peer_s * S]
    same = metrics.evaluate_pictures(scenario.truth, early)
    for tracker, title in PEERS.items():
        theirs = peer(tracker, scenario, peer_s)
        if theirs is None:
            return [{"what": f"{name}: beside Stone Soup", "note": "absent: make stonesoup"}]
        tracks, count, seconds = theirs
        note = f"{title} on the first {peer_s} s, {count} reports"
        rows.append(
            {
                "what": f"{name}: throughput over {title}",
                "ours": ours,
                "peer": count / seconds,
                "unit": "reports/s",
                "ratio": ours * seconds / count,
                "target": ">= 500 x",
                "met": bool(ours * seconds >= 500 * count),
                "note": note,
            }
        )
        at_ns = np.array([p.at_ns for p in early])
        judged = metrics.score(metrics.truth(scenario.truth), tracks, at_ns=at_ns)
        for metric in ("gospa_m", "ratio", "missed_pct", "false", "id_switches"):
            if np.isfinite(same[metric]):
                rows.append(_row(f"{name}: {metric}, {title}", same[metric], judged[metric], "", None, note))
    return rows


def _row(what, ours, theirs, unit, target, note, least=False):
    """One line of the table; `least`: more is better."""
    row = {"what": what, "ours": ours, "peer": theirs, "unit": unit, "note": note}
    row["ratio"] = ours / theirs if theirs else None
    if target is not None:
        row["target"] = f">= {target:,}" if least else f"<= {target}"
        row["met"] = bool(ours >= target) if least else bool(ours <= target)
    return row
