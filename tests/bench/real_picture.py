"""A log of a ship's own radar as a picture: AIS, plots as measured, tracks and their ellipses.

python -m tests.bench.real_picture marce-01_004 OUT.png
"""

import sys

import numpy as np

from tests.bench import bench_real
from tests.bench.hard_picture import ellipse
from vts import geo
from vts.schema import CONFIRMED
from vts.units import S

ELLIPSE_EVERY_S = 60


def draw(axes, heard, me, echoes, tracks, box=None):
    """Everything within `box` (west, east, south, north; km from where own ship began), or everything."""
    lon0, lat0 = me.lon_deg[0], me.lat_deg[0]
    east_m, north_m = geo.metres_per_degree(lat0)
    plane = lambda lon, lat: ((lon - lon0) * east_m / 1e3, (lat - lat0) * north_m / 1e3)  # noqa: E731
    axes.scatter(*plane(echoes.lon_deg, echoes.lat_deg), s=3, c="0.6", lw=0, label="plots as measured")
    axes.scatter(*plane(heard.lon_deg, heard.lat_deg), s=14, c="tab:green", marker="+", lw=0.6, label="AIS")
    axes.plot(*plane(me.lon_deg, me.lat_deg), c="k", lw=2, label="own ship")
    for number in np.unique(tracks.track):
        mine = tracks.take(tracks.track == number)
        x, y = plane(mine.lon_deg, mine.lat_deg)
        fused = mine.seen_by == 3
        named = mine.mmsi[-1] >= 0
        colour = "tab:blue" if fused.any() else "tab:olive" if named else "tab:red"
        axes.plot(x, y, c=colour, lw=1.0)
        axes.plot(np.where(fused, x, np.nan), np.where(fused, y, np.nan), c=colour, lw=2.5)
        if fused.sum() >= 3:
            axes.annotate(str(mine.mmsi[-1]), (x[-1], y[-1]), color=colour, fontsize=7, clip_on=True)
        for j in np.flatnonzero(mine.t_ns // S % ELLIPSE_EVERY_S < 10):
            e, n = ellipse(x[j], y[j], *(c[j] / 1e6 for c in (mine.ee_m2, mine.en_m2, mine.nn_m2)))
            axes.plot(e, n, c=colour, lw=0.5)
    axes.set(xlabel="east, km", ylabel="north, km", aspect="equal")
    if box:
        axes.set(xlim=box[:2], ylim=box[2:])


def main(name, out):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    log = name.removeprefix("marce-")
    heard, me, echoes = bench_real.log_of(log)
    pictures, tracker, _ = bench_real.sailed(log)
    tracks = bench_real._tracks(pictures)
    tracks = tracks.take(tracks.state == CONFIRMED)
    found = tracker.registration()[0]
    figure, (left, right) = plt.subplots(1, 2, figsize=(18, 9))
    draw(left, heard.take(heard.ident != bench_real.CALLISTA), me, echoes, tracks, (-8, 8, -8, 8))
    draw(right, heard.take(heard.ident != bench_real.CALLISTA), me, echoes, tracks, ZOOM.get(log))
    left.set_title(
        f"marce {log}: radar reads {found.range_m:+.0f} m and {found.azimuth_deg:+.1f} degrees too much, "
        f"by {found.pairs:.0f} pairs"
    )
    right.set_title("blue: radar and AIS in one track (thick), olive: AIS alone, red: radar alone; ellipses hold 95 %")
    left.legend(loc="upper right", markerscale=2)
    figure.tight_layout()
    figure.savefig(out, dpi=75)


ZOOM = {"01_004": (-7.2, -3.2, 1.2, 4.4)}


if __name__ == "__main__":
    main(*(sys.argv[1:] if len(sys.argv) == 3 else ("marce-01_004", "real.png")))
