"""200 ships in clutter: how many the extractor finds, what it finds that is none, and a picture to look at.

python -m tests.bench.extractor_picture OUT.png
"""

import sys

import numpy as np

from vts.radar.extract import Extractor
from vts.radar.site import Site
from vts.units import DEG

AZIMUTHS, CELLS, CELL_M = 4096, 4096, 6.0
SITE = Site("bench", 0, 113.9, 22.4, max_range_m=100_000.0)


def clutter(rng, shape=None, azimuths=AZIMUTHS, cells=CELLS, mean_power=400.0):
    """Amplitudes of sea clutter: Rayleigh, or K with a texture of its own in every cell (the worst case)."""
    power = rng.exponential(mean_power, (azimuths, cells))
    if shape is not None:
        power *= rng.gamma(shape, 1.0 / shape, (azimuths, cells))
    return np.sqrt(power)


def eight_bits(amplitude):
    """Amplitudes as a radar sends them."""
    return np.clip(np.rint(amplitude), 0, 255).astype(np.uint8)


def fleet(rng, n=200, azimuths=AZIMUTHS, cells=CELLS):
    """(azimuth row, cell, cells along the range, rows across) of n ships of 4 to 19 cells, none touching another."""
    side = int(np.ceil(np.sqrt(n)))
    place = rng.permutation(side * side)[:n]
    row = (place // side + rng.uniform(0.3, 0.7, n)) * azimuths / side
    cell = 200 + (place % side + rng.uniform(0.3, 0.7, n)) * (cells - 400) / side
    return row.astype(int), cell.astype(int), rng.integers(4, 20, n), rng.integers(10, 16, n)


def painted(rng, amplitude, ships, snr_db=16.0, mean_power=400.0):
    """The scan with ships of a mean signal-to-clutter ratio, every cell fluctuating (Swerling 2), as 8 bits."""
    image = amplitude**2
    for row, cell, along, across in zip(*ships, strict=True):
        rows = (row + np.arange(across) - across // 2) % len(image)
        beam = np.exp(-2.77 * ((np.arange(across) - across // 2) / across) ** 2 * 0.5)[:, None] ** 2
        echo = rng.exponential(mean_power * 10 ** (snr_db / 10), (across, along)) * beam
        image[rows[:, None], cell + np.arange(along)[None, :]] += echo
    return eight_bits(np.sqrt(image))


def judged(reports, ships, azimuths=AZIMUTHS, cell_m=CELL_M):
    """(ships found, plots that are none) with a plot within 20 cells and 12 rows of a ship's middle."""
    row, cell, along, _across = ships
    plot_row = reports.azimuth_deg * azimuths / 360.0 - 0.5
    plot_cell = reports.range_m / cell_m
    d_row = np.abs((plot_row[:, None] - row[None, :] + azimuths / 2) % azimuths - azimuths / 2)
    d_cell = np.abs(plot_cell[:, None] - (cell + along / 2)[None, :])
    near = (d_row < 12) & (d_cell < 20)
    return int(near.any(axis=0).sum()), int((~near.any(axis=1)).sum())


def extracted(image, **options):
    """Reports of one scan."""
    x = Extractor(SITE, azimuths=len(image), beam_deg=1.0, **options)
    row_ns = np.arange(1, len(image) + 1, dtype=np.int64)
    return x.extract(image, row_ns, CELL_M, np.empty((0, 0)), np.empty((0, 0), np.uint8))


def cell_rate(image, runs):
    """Share of the cells that are in runs."""
    return float((runs[:, 2] - runs[:, 1] + 1).sum() / image.size)


def main(out):
    rng = np.random.default_rng(1)
    ships = fleet(rng)
    for name, shape in (("Rayleigh", None), ("K 20", 20.0), ("K 5", 5.0), ("K 1", 1.0), ("K 0.5", 0.5)):
        sea = clutter(rng, shape)
        for rate in (1e-4, 1e-5, 1e-6):
            _, runs = extracted(eight_bits(sea), false_alarm=rate, join_m=0.0)
            alarm = cell_rate(sea, runs)
            reports, _ = extracted(painted(rng, sea, ships), false_alarm=rate)
            found, false = judged(reports, ships)
            print(f"{name:9} design {rate:.0e}: cells {alarm:.1e}, ships {found}/200, false plots {false} a scan")
    picture(rng, ships, out)


def picture(rng, ships, out):
    """Draw the scan, the ships and the plots."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    image = painted(rng, clutter(rng, 5.0), ships)
    reports, _ = extracted(image)
    found, false = judged(reports, ships)
    figure, (left, right) = plt.subplots(1, 2, figsize=(20, 10))
    left.imshow(image[::4, ::4], aspect="auto", extent=(0, CELLS * CELL_M / 1000, 360, 0), cmap="inferno")
    left.scatter(reports.range_m / 1000, reports.azimuth_deg, s=90, facecolors="none", edgecolors="cyan", label="plots")
    row, cell, along, _ = ships
    left.scatter((cell + along / 2) * CELL_M / 1000, row * 360 / AZIMUTHS, s=12, c="lime", marker="x", label="ships")
    left.set(
        xlabel="range, km", ylabel="azimuth, deg", title=f"K clutter, shape 5: {found} of 200 ships, {false} false"
    )
    left.legend()
    east, north = (reports.range_m * f(reports.azimuth_deg * DEG) / 1000 for f in (np.sin, np.cos))
    right.scatter(east, north, s=reports.length_m / 4, c="tab:blue")
    right.set(xlabel="east, km", ylabel="north, km", title="plots; size: measured length", aspect="equal")
    figure.savefig(out, dpi=70)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "extractor.png")
