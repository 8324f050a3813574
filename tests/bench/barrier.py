"""What it costs to share work of one slot of fusion between two threads: python -m tests.bench.barrier

Two loops that add numbers, one after the other and side by side (numba's prange, two threads), for as much work as a
slot has. Run it while the other core is idle, and while it is at work, as it is in `vts replay`, where it scores.
"""

import time

import numba
import numpy as np

ROUNDS, CALLS = 7, 100


@numba.njit(nogil=True)
def alone(sums, n):
    for k in range(2):
        total = 0.0
        for j in range(n):
            total += j * 1e-9
        sums[k] += total


@numba.njit(parallel=True, nogil=True)
def shared(sums, n):
    for k in numba.prange(2):
        total = 0.0
        for j in range(n):
            total += j * 1e-9
        sums[k] += total


def best_us(function, n):
    """Microseconds of the fastest round."""
    sums, best = np.zeros(2), np.inf
    function(sums, 1)
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(CALLS):
            function(sums, n)
        best = min(best, (time.perf_counter() - begin) / CALLS)
    return 1e6 * best


if __name__ == "__main__":
    numba.set_num_threads(2)
    for n in (1, 50_000, 250_000):
        print(f"{2 * n:>7} additions: one thread {best_us(alone, n):.1f} us, two {best_us(shared, n):.1f} us")
