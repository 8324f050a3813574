"""Where each number of a track lies: columns of two arrays, `f` (capacity, NF) float64 and `n` (capacity, NI) int64.

One row is one track, so that a report touches two short stretches of memory; kernels name the columns, never count.
"""

import math

from vts.jit import kernel

# f: the estimate
LON, LAT, VE, VN = 0, 1, 2, 3  # degrees and m/s, at n[T]
EE, EN, NN, EVE, EVN, NVE, NVN, VEVE, VEVN, VNVN = 4, 5, 6, 7, 8, 9, 10, 11, 12, 13  # covariance, m and m/s
HEADING, ROT, SOG = 14, 15, 16  # last reported, NaN until then
EXIST = 17  # probability that there is a vessel
LENGTH = 18  # m
GAP_S = 19  # typical time between reports of its identity
NF = 20

# n: the facts
TRACK, MMSI, T, LAST, FIRST = 0, 1, 2, 3, 4  # LAST and FIRST: times of the last and first report used
STATUS, KIND, STATE, REPORTS = 5, 6, 7, 8
NEXT = 9  # next track of the same MMSI, or -1
SEEN = 10  # bit k: sensor k has ever contributed
HITS = 11
NI = 12

FREE = -1  # n[STATE] of an unused row

# c: counters of the whole tracker
C_TOP, C_FREE, C_TRACK, C_CLOCK, C_KEYS = 0, 1, 2, 3, 4  # rows in use, free-list length, last number, time, hash keys
NC = 8

# Verdicts on a report
USED, NO_POSITION, TELEPORT, NO_IDENTITY, TOO_OLD = 0, 1, 2, 3, 4
REASONS = ("used", "no position", "outside the gate", "no identity", "older than the past that is kept")


@kernel
def clear(f, n, i):
    """Make row i blank: estimates 0, what was reported unknown, facts -1."""
    for k in range(NF):
        f[i, k] = 0.0
    for k in range(NI):
        n[i, k] = -1
    f[i, HEADING] = f[i, ROT] = f[i, SOG] = f[i, LENGTH] = math.nan
    n[i, REPORTS] = n[i, SEEN] = n[i, HITS] = 0
