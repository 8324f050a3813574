"""Gradient-boosted trees scored exactly as scikit-learn scores them, by masks instead of by walking.

Every node tests "x <= threshold, go left". A row that fails a test cannot end in the leaves to the left of that node:
clear their bits. What remains lowest is the row's leaf (QuickScorer, Lucchese et al., SIGIR 2015, p. 73). Which tests
of a feature a value fails depends only on how many of its thresholds lie below the value, its rank, so the masks of
all those tests are put together beforehand: one row of a table for each rank, one word for each tree. A row of X is
then a search and a row of ands for each feature, without a branch. Blocks of rows and tiles of trees keep the table of
a feature in the cache. The leaves' values are added in the order of the trees: the sum has scikit-learn's bits.
"""

import math

import numpy as np

from vts.jit import kernel

MAX_LEAVES = 32  # bits of a mask
TILE = 40  # trees a tile: of 200 none is left over, and a feature's 150 ranks take 24 kB
BLOCK = 512  # rows
# A single bit times this has its place, in another order, in the five highest bits (De Bruijn's sequence)
DE_BRUIJN = 0x077CB531
SLOT_OF_BIT = np.array([((1 << k) * DE_BRUIJN & 0xFFFFFFFF) >> 27 for k in range(MAX_LEAVES)])


@kernel
def score(X, baseline, start, threshold, table, leaf, out):
    """Raw scores (log-odds) of the rows of X, written to `out`.

    Thresholds of feature f are start[f]..start[f+1], ascending, each once. table (tiles, ranks, TILE) has for feature
    f, from row start[f] + 2 f on, a row for each number of thresholds below a value, then one for a missing value.
    leaf (tiles, TILE, 32) holds the leaves of each tree at SLOT_OF_BIT.
    """
    n = X.shape[0]
    size = min(BLOCK, n)
    rank = np.empty((start.size - 1, size), np.int32)
    alive = np.empty((size, TILE), np.uint32)
    column = np.empty(size)
    for a in range(0, n, BLOCK):
        rows = min(BLOCK, n - a)
        for f in range(start.size - 1):
            for r in range(rows):
                column[r] = X[a + r, f]
            ranks(column, rows, threshold, start[f], start[f + 1], 2 * f, rank[f])
        for r in range(rows):
            out[a + r] = baseline
        for t in range(table.shape[0]):
            clear(rank, rows, table[t], alive)
            add_leaves(alive, rows, leaf[t], out[a : a + rows])


@kernel
def ranks(column, rows, threshold, first, last, shift, out):
    """Row of the table for each value: first + shift + number of the thresholds first..last below it; NaN the last.

    Halving, without a branch that a processor could guess wrong, over all rows at once.
    """
    for r in range(rows):
        out[r] = first
    n = last - first
    while n > 1:
        half = n >> 1
        for r in range(rows):
            out[r] += half * (threshold[np.uint32(out[r] + half - 1)] < column[r])
        n -= half
    for r in range(rows):
        at = out[r]
        if n == 1:
            at += threshold[np.uint32(at)] < column[r]
        out[r] = last + shift + 1 if math.isnan(column[r]) else at + shift


@kernel
def clear(rank, rows, table, alive):
    """Write the leaves that each row can still reach, a word for each tree of a tile; four features at a time."""
    features = rank.shape[0]
    for r in range(rows):
        left, a = alive[r], table[rank[0, r]]
        for k in range(TILE):
            left[k] = a[k]
    for f in range(1, features - 3, 4):
        for r in range(rows):
            left = alive[r]
            a, b, c, d = table[rank[f, r]], table[rank[f + 1, r]], table[rank[f + 2, r]], table[rank[f + 3, r]]
            for k in range(TILE):
                left[k] &= a[k] & b[k] & c[k] & d[k]
    for f in range(features - (features - 1) % 4, features):
        for r in range(rows):
            left, a = alive[r], table[rank[f, r]]
            for k in range(TILE):
                left[k] &= a[k]


@kernel
def add_leaves(alive, rows, leaf, out):
    """Add to each row the value of its leaf in every tree of a tile."""
    one, sequence, five, word = np.uint32(1), np.uint64(DE_BRUIJN), np.uint64(27), np.uint64(0xFFFFFFFF)
    for r in range(rows):
        total = out[r]
        left = alive[r]
        for k in range(TILE):
            lowest = left[k] & (~left[k] + one)  # never 0: a leaf always remains
            total += leaf[k, ((np.uint64(lowest) * sequence) & word) >> five]
        out[r] = total


@kernel
def contributions(X, start, left, right, feature, threshold, missing_left, value, out):
    """What each feature added to each row's raw score, shape of X; they sum to score minus the mean score.

    Along the row's path the mean value of a node's rows changes; the change is booked to the feature tested
    (Saabas 2014). `value` holds those means, weighted by the training rows.
    """
    out[:] = 0.0
    for r in range(X.shape[0]):
        for t in range(start.size - 1):
            node = start[t]
            while left[node] >= 0:
                f = feature[node]
                v = X[r, f]
                go_left = missing_left[node] if math.isnan(v) else v <= threshold[node]
                child = start[t] + (left[node] if go_left else right[node])
                out[r, f] += value[child] - value[node]
                node = child


@kernel
def additive(X, knots, heights, missing, intercept, out):
    """Raw scores of an additive model: one broken line a feature over its knots, a constant where it is missing.

    knots (features, m) ascending, heights (features, m), missing (features,); beyond the end knots the line is flat.
    """
    m = knots.shape[1]
    for r in range(X.shape[0]):
        total = intercept
        for f in range(X.shape[1]):
            total += height(X[r, f], knots, heights, missing, f, m)
        out[r] = total


@kernel
def heights_of(X, knots, heights, missing, out):
    """Each feature's part of the additive score of each row, shape of X."""
    m = knots.shape[1]
    for r in range(X.shape[0]):
        for f in range(X.shape[1]):
            out[r, f] = height(X[r, f], knots, heights, missing, f, m)


@kernel
def height(x, knots, heights, missing, f, m):
    """One feature's part of the additive score."""
    if math.isnan(x):
        return missing[f]
    if x <= knots[f, 0]:
        return heights[f, 0]
    for k in range(1, m):
        if x <= knots[f, k]:
            share = (x - knots[f, k - 1]) / (knots[f, k] - knots[f, k - 1])
            return heights[f, k - 1] + share * (heights[f, k] - heights[f, k - 1])
    return heights[f, m - 1]


@kernel
def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow."""
    if z >= 0.0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(z)
    return e / (1.0 + e)
