"""How soon the test of AIS against radar tells of a drag, and how often of none: `python -m tests.bench.offset_test`.

White noise of 24 m an axis, a pair every 6 s, a drag of 0.3 m/s along one axis. CUSUM is vts.fusion.registration's;
the fading mean is the test that it has replaced (limit on the squared mean in its own sigmas, memory of four pairs).
The clairvoyant knows when the drag begins, where to and how fast, and waits only until it is ten million times as
likely as none (Wald, 1945): no test of these pairs can be sooner at that price.
"""

import numpy as np

from vts.fusion.registration import DISTRUST_SUM, SLACK
from vts.jit import kernel

SIGMA_M, RAMP_M, PAIRS, DRAGS = 24.0, 1.8, 40_000_000, 60_000


@kernel
def cusum(noise, ramp, slack, limit):
    """(alarms, pairs until them, summed): the four sums begin anew after each."""
    east = west = north = south = 0.0
    alarms = spent = run = 0
    for k in range(noise.shape[0]):
        e, n = noise[k, 0] + ramp * run, noise[k, 1]
        east, west = max(east + e - slack, 0.0), max(west - e - slack, 0.0)
        north, south = max(north + n - slack, 0.0), max(south - n - slack, 0.0)
        run += 1
        if max(east, west, north, south) > limit:
            alarms, spent, run = alarms + 1, spent + run, 0
            east = west = north = south = 0.0
    return alarms, spent


@kernel
def fading(noise, ramp, limit, least):
    """As `cusum`, for the fading mean; `least` is its least offset in sigmas."""
    e = n = weight = 0.0
    alarms = spent = run = 0
    for k in range(noise.shape[0]):
        e, n = 0.75 * e + noise[k, 0] + ramp * run, 0.75 * n + noise[k, 1]
        weight = 0.75 * weight + 1.0
        size2 = (e * e + n * n) / (weight * weight)
        run += 1
        if size2 / max(0.25 / 1.75, 1.0 / weight) > limit and size2 > least * least:
            alarms, spent, run = alarms + 1, spent + run, 0
            e = n = weight = 0.0
    return alarms, spent


@kernel
def clairvoyant(noise, ramp, limit):
    """As `cusum`, for the sum of log likelihood ratios of the drag as it is."""
    told = alarms = spent = run = 0.0
    for k in range(noise.shape[0]):
        at = ramp * run
        told += at * (noise[k, 0] + at) - 0.5 * at * at
        run += 1
        if told > limit:
            alarms, spent, run, told = alarms + 1, spent + run, 0.0, 0.0
    return alarms, spent


def main():
    """Print a line a test."""
    tests = (
        ("cusum", cusum, (SLACK, DISTRUST_SUM)),
        ("fading mean, 28", fading, (28.0, 25.0 / SIGMA_M)),
        ("fading mean, 18", fading, (18.0, 0.0)),
    )
    for name, test, limits in tests:
        rng = np.random.default_rng(1)
        false = sum(test(rng.standard_normal((PAIRS // 20, 2)), 0.0, *limits)[0] for _ in range(20))
        alarms, spent = test(rng.standard_normal((DRAGS, 2)), RAMP_M / SIGMA_M, *limits)
        delay = spent / alarms
        print(f"{name}: {false} false in {PAIRS} pairs; a drag after {delay:.1f} pairs, {delay * RAMP_M:.0f} m")
    alarms, spent = clairvoyant(rng.standard_normal((DRAGS, 2)), RAMP_M / SIGMA_M, np.log(1e7))
    delay = spent / alarms
    print(f"clairvoyant: a drag after {delay:.1f} pairs, {delay * RAMP_M:.0f} m")


if __name__ == "__main__":
    main()
