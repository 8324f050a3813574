"""Gradient-boosted trees scored exactly as scikit-learn scores them, by masks instead of by walking.

Every node tests "x <= threshold, go left". A row that fails a test cannot end in the leaves to the left of that node:
clear their bits. What remains lowest is the row's leaf (QuickScorer, Lucchese et al., SIGIR 2015, p. 73). The tests
of a feature lie sorted by threshold, so a row stops at the first one that it passes. The leaves' values are added in
the order of the trees, so the sum has scikit-learn's bits.
"""

import math

import numpy as np

from vts.jit import kernel

MAX_LEAVES = 64
# 2 is a primitive root of 67, so the remainders of the powers of two are all different: place of a single bit
PLACE_OF_BIT = np.zeros(67, np.int64)
for _k in range(64):
    PLACE_OF_BIT[(1 << _k) % 67] = _k


@kernel
def score(
    X,
    baseline,
    offset,
    threshold,
    tree,
    mask,
    nan_offset,
    nan_tree,
    nan_mask,
    leaf_start,
    leaf_value,
    place_of_bit,
    out,
):
    """Raw scores (log-odds) of the rows of X, written to `out`.

    Tests of feature f are offset[f]..offset[f+1], ascending in threshold; nan_* the tests that a missing value fails.
    """
    trees = leaf_start.size
    alive = np.empty(trees, np.uint64)
    full = np.uint64(0xFFFFFFFFFFFFFFFF)
    one, prime = np.uint64(1), np.uint64(67)
    for r in range(X.shape[0]):
        alive[:] = full
        for f in range(offset.size - 1):
            x = X[r, f]
            if math.isnan(x):
                for k in range(nan_offset[f], nan_offset[f + 1]):
                    alive[nan_tree[k]] &= nan_mask[k]
            else:
                for k in range(offset[f], offset[f + 1]):
                    if x <= threshold[k]:
                        break
                    alive[tree[k]] &= mask[k]
        total = baseline
        for t in range(trees):
            bits = alive[t]
            lowest = bits & (~bits + one)  # never 0: a leaf always remains
            total += leaf_value[leaf_start[t] + place_of_bit[lowest % prime]]
        out[r] = total


@kernel
def contributions(x, start, left, right, feature, threshold, missing_left, value, out):
    """What each feature added to one row's raw score, shape (features,); they sum to score minus the mean score.

    Along the row's path the mean value of a node's rows changes; the change is booked to the feature tested
    (Saabas 2014). `value` holds those means, weighted by the training rows.
    """
    out[:] = 0.0
    for t in range(start.size - 1):
        node = start[t]
        while left[node] >= 0:
            f = feature[node]
            v = x[f]
            go_left = missing_left[node] if math.isnan(v) else v <= threshold[node]
            child = start[t] + (left[node] if go_left else right[node])
            out[f] += value[child] - value[node]
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
