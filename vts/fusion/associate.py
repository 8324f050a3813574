"""Which plot belongs to which track: a grid finds the pairs, belief propagation weighs them.

Marginal association by loopy belief propagation (Williams and Lau, 2014): exact in a cluster without loops, and close
to the exact joint probabilities of JIPDA elsewhere, at a cost that grows with the pairs and not with their products.
"""

import math

from vts.jit import borrowing

CELL_M = 800.0
LEAST_SIDE, MOST_SIDE = 4, 64  # cells a side of the table that the plane is folded onto
ROUNDS = 40
TOLERANCE = 1e-3


@borrowing
def side_for(count):
    """Cells a side of a table for so many places: a power of two, with a cell or more for each."""
    side = LEAST_SIDE
    while side < MOST_SIDE and side * side < count:
        side *= 2
    return side


@borrowing
def fold(x_m, y_m, side):
    """Bucket of a place: the plane in cells, folded onto a table; strangers in a bucket are told apart by distance."""
    return (math.floor(x_m / CELL_M) & (side - 1)) * side + (math.floor(y_m / CELL_M) & (side - 1))


@borrowing
def bucket(x_m, y_m, count, side, out_start, out_member, scratch):
    """Sort `count` places into buckets: members of bucket b are out_member[out_start[b]:out_start[b + 1]]."""
    for b in range(side * side + 1):
        out_start[b] = 0
    for k in range(count):
        scratch[k] = fold(x_m[k], y_m[k], side)
        out_start[scratch[k] + 1] += 1
    for b in range(side * side):
        out_start[b + 1] += out_start[b]
    for k in range(count - 1, -1, -1):
        b = scratch[k] + 1
        out_start[b] -= 1
        out_member[out_start[b]] = k
    # the starts have slipped one bucket: bucket b now begins at out_start[b + 1]
    for b in range(side * side):
        out_start[b] = out_start[b + 1]
    out_start[side * side] = count


@borrowing
def marginals(pairs, tracks, plots, of_track, of_plot, weight, miss, mu, nu, sums, out_beta, out_none):
    """Association probabilities of one scan.

    Pair e joins track of_track[e] to plot of_plot[e] with weight[e] (likelihood over clutter density); miss[i] is the
    weight of no plot at all. Writes out_beta[e], and out_none[i], the probability that track i has no plot.
    """
    for e in range(pairs):
        nu[e] = 1.0
    for _ in range(ROUNDS):
        for i in range(tracks):
            sums[i] = miss[i]
        for e in range(pairs):
            sums[of_track[e]] += weight[e] * nu[e]
        for e in range(pairs):
            mu[e] = weight[e] / max(sums[of_track[e]] - weight[e] * nu[e], 1e-300)
        for j in range(plots):
            sums[tracks + j] = 1.0
        for e in range(pairs):
            sums[tracks + of_plot[e]] += mu[e]
        change = 0.0
        for e in range(pairs):
            new = 1.0 / max(sums[tracks + of_plot[e]] - mu[e], 1e-300)
            change = max(change, abs(new - nu[e]))
            nu[e] = new
        if change < TOLERANCE:
            break
    for i in range(tracks):
        sums[i] = miss[i]
    for e in range(pairs):
        sums[of_track[e]] += weight[e] * nu[e]
    for e in range(pairs):
        out_beta[e] = weight[e] * nu[e] / sums[of_track[e]]
    for i in range(tracks):
        out_none[i] = miss[i] / sums[i]
