"""A hard scenario as a picture: truth, plots, tracks and their ellipses, and where a track was lost or changed.

python -m tests.bench.hard_picture SCENARIO SEED OUT.png
"""

import sys

import numpy as np

import vts
from vts import metrics, simulate
from vts.config import FusionConfig
from vts.merge import merge
from vts.schema import COASTING, CONFIRMED, RADAR_PLOT, Tracks
from vts.units import DEG, S

P95 = 2.4477  # radius of the 95 % ellipse of a plane, in sigmas
ELLIPSE_EVERY_S = 30


def tracked(scenario):
    """Tracks that were shown, every 3 s."""
    config = FusionConfig(picture_s=3.0)
    tracker = vts.Tracker(config, scenario.sites)
    pictures = vts.fuse(merge(scenario.feeds(), lateness_s=config.lateness_s), tracker)
    tracks = Tracks.concat([picture.tracks for picture in pictures])
    return tracks.take((tracks.state == CONFIRMED) | (tracks.state == COASTING))


def ellipse(x_m, y_m, ee, en, nn):
    """(x, y) of the 95 % ellipse about a place."""
    values, axes = np.linalg.eigh(np.array([[ee, en], [en, nn]]))
    turn = np.linspace(0, 2 * np.pi, 37)
    circle = np.sqrt(np.maximum(values, 0.0))[:, None] * np.stack([np.cos(turn), np.sin(turn)]) * P95
    return np.array([[x_m], [y_m]]) + axes @ circle


def draw(axes, scenario, tracks, box=None):
    """Everything within `box` (west, east, south, north; km), or everything."""
    plane = lambda lon, lat: scenario.scene.plane(np.stack([lon, lat], axis=1)).T / 1000.0  # noqa: E731
    reports, true = scenario.reports(), metrics.truth(scenario.truth)
    radar = reports.kind >= RADAR_PLOT
    axes.scatter(*plane(reports.lon_deg[radar], reports.lat_deg[radar]), s=2, c="0.6", lw=0, label="plots")
    axes.scatter(
        *plane(reports.lon_deg[~radar], reports.lat_deg[~radar]), s=6, c="tab:green", marker="+", lw=0.5, label="AIS"
    )
    for vessel in np.unique(true.vessel):
        row = true.vessel == vessel
        axes.plot(*plane(true.lon_deg[row], true.lat_deg[row]), c="k", lw=0.6, label="truth" if vessel == 0 else None)
    for k, number in enumerate(np.unique(tracks.track)):
        mine = tracks.take(tracks.track == number)
        x, y = plane(mine.lon_deg, mine.lat_deg)
        colour = f"C{k % 10}"
        axes.plot(x, y, c=colour, lw=1.3)
        coasting = mine.state == COASTING
        axes.plot(np.where(coasting, x, np.nan), np.where(coasting, y, np.nan), c=colour, lw=3, alpha=0.4)
        axes.annotate(str(number), (x[0], y[0]), color=colour, fontsize=6, clip_on=True)
        axes.plot(x[-1], y[-1], "x", c=colour, ms=5)
        for j in np.flatnonzero((mine.t_ns - scenario.scene.start_ns) // S % ELLIPSE_EVERY_S < 3):
            e, n = ellipse(x[j], y[j], *(c[j] / 1e6 for c in (mine.ee_m2, mine.en_m2, mine.nn_m2)))
            axes.plot(e, n, c=colour, lw=0.6)
    for site in scenario.radars:
        x, y = plane(np.array([site.lon_deg]), np.array([site.lat_deg]))
        axes.plot(x, y, "k^", ms=8)
        for from_deg, to_deg, beyond_m in site.shadows:
            angle = np.array([from_deg, from_deg + (to_deg - from_deg) % 360.0]) * DEG
            near, far = beyond_m / 1000.0, 8.0
            corners = [
                (x[0] + r * np.sin(a), y[0] + r * np.cos(a))
                for r, a in zip((near, far, far, near), angle[[0, 0, 1, 1]], strict=True)
            ]
            axes.fill(*np.array(corners).T, color="0.5", alpha=0.15, lw=0)
    axes.set(xlabel="east, km", ylabel="north, km", aspect="equal")
    if box:
        axes.set(xlim=box[:2], ylim=box[2:])


def main(name, seed, out):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    scenario = simulate.build(name, int(seed))
    tracks = tracked(scenario)
    found = metrics.score(metrics.truth(scenario.truth), tracks)
    wide, box = BOXES.get(name, (None, None))
    figure, (left, right) = plt.subplots(2, 1, figsize=(15, 15), height_ratios=(1, 1.3))
    draw(left, scenario, tracks, wide)
    draw(right, scenario, tracks, box)
    left.set_title(
        f"{name}, seed {seed}: {found['vessels']} vessels, {np.unique(tracks.track).size} tracks, id switches "
        f"{found['id_switches']}, missed {found['missed_pct']:.1f} %, false {found['false']:.2f} a picture"
    )
    right.set_title(
        "the middle; ellipses hold 95 %, thick: coasting, x: a track's end, grey: hidden from the radar (triangle)"
    )
    left.legend(loc="upper right", markerscale=2)
    figure.tight_layout()
    figure.savefig(out, dpi=75)
    print(f"{out}: {found['id_switches']} switches, missed {found['missed_pct']:.2f} %, false {found['false']:.2f}")


BOXES = {"bridge-shadow": ((-3.8, 3.8, 2.4, 5.3), (-0.7, 0.7, 4.35, 5.15))}  # all of it; behind the middle pier


if __name__ == "__main__":
    main(*(sys.argv[1:] if len(sys.argv) == 4 else ("bridge-shadow", "1", "hard.png")))
