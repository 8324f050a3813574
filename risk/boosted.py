"""A boosted forest as plain arrays: taken from scikit-learn, checked, laid out for the kernel, saved and loaded."""

from typing import NamedTuple

import numpy as np

from risk import trees
from vts.schema import F8, I8

MAX_NODES = 1_000_000
MAX_TABLE_BYTES = 256 << 20  # 200 trees of 31 leaves over 40 features take 6 MB


class Forest(NamedTuple):
    """Nodes of all trees, tree after tree; `start` (trees + 1). Leaves have left = -1; children count from `start`."""

    baseline: F8  # (1,) log-odds before the first tree
    start: I8
    left: I8
    right: I8
    feature: I8
    threshold: F8
    missing_left: np.ndarray  # bool
    value: F8  # of a leaf as scikit-learn has it; of an inner node the mean of its rows


class Scorer(NamedTuple):
    """The same forest as trees.score wants it."""

    baseline: float
    start: np.ndarray
    threshold: np.ndarray
    table: np.ndarray
    leaf: np.ndarray


def export(model):
    """The Forest of a fitted binary HistGradientBoostingClassifier without categorical features."""
    nodes = [predictor.nodes for (predictor,) in model._predictors]
    start = np.concatenate([[0], np.cumsum([len(tree) for tree in nodes])]).astype(np.int64)
    joined = np.concatenate(nodes)
    leaf = joined["is_leaf"].astype(bool)
    value = joined["value"].astype(np.float64)
    for a, tree in zip(start, nodes, strict=False):
        for k in reversed(range(len(tree))):  # children come after their parent
            if not tree["is_leaf"][k]:
                left, right = int(tree["left"][k]), int(tree["right"][k])
                weight = tree["count"][left], tree["count"][right]
                value[a + k] = (value[a + left] * weight[0] + value[a + right] * weight[1]) / (weight[0] + weight[1])
    return Forest(
        baseline=np.array([float(np.ravel(model._baseline_prediction)[0])]),
        start=start,
        left=np.where(leaf, -1, joined["left"].astype(np.int64)),
        right=np.where(leaf, -1, joined["right"].astype(np.int64)),
        feature=np.where(leaf, 0, joined["feature_idx"].astype(np.int64)),
        threshold=np.where(leaf, 0.0, joined["num_threshold"].astype(np.float64)),
        missing_left=joined["missing_go_to_left"].astype(bool) & ~leaf,
        value=value,
    )


def check(forest, features):
    """ValueError naming the defect of a Forest that cannot be walked over `features` columns."""
    n = forest.left.size
    if not 0 < n <= MAX_NODES or any(c.ndim != 1 or c.size != n for c in forest[2:]) or forest.baseline.shape != (1,):
        raise ValueError("tree arrays of unequal size")
    start = forest.start
    if start.ndim != 1 or start.size < 2 or start[0] != 0 or start[-1] != n or np.any(np.diff(start) < 1):
        raise ValueError("tree borders out of order")
    own = np.arange(n) - np.repeat(start[:-1], np.diff(start))
    size = np.repeat(np.diff(start), np.diff(start))
    inner = forest.left >= 0
    for child in (forest.left, forest.right):
        # a child after its parent: no walk can go round
        if np.any(child[inner] <= own[inner]) or np.any(child[inner] >= size[inner]) or np.any(child[~inner] != -1):
            raise ValueError("a tree node points outside its tree")
    key = np.concatenate([(start[:-1].repeat(np.diff(start)) + c)[inner] for c in (forest.left, forest.right)])
    if np.unique(key).size != key.size or key.size != n - (start.size - 1):
        raise ValueError("a tree node has no parent, or two")
    if np.any(forest.feature < 0) or np.any(forest.feature >= features):
        raise ValueError("a tree tests a feature that is not there")
    if (
        np.isnan(forest.threshold).any()
        or not np.isfinite(forest.value).all()
        or not np.isfinite(forest.baseline).all()
    ):
        raise ValueError("a tree holds NaN")
    leaves = np.add.reduceat((~inner).astype(np.int64), start[:-1])
    if leaves.max() > trees.MAX_LEAVES:
        raise ValueError(f"a tree has more than {trees.MAX_LEAVES} leaves")
    if 4 * (int(inner.sum()) + 2 * features) * (start.size - 1 + trees.TILE) > MAX_TABLE_BYTES:
        raise ValueError("more trees and tests than can be laid out")


def scorer(forest, features):
    """The Scorer of a checked Forest."""
    count = forest.start.size - 1
    tiles = -(-count // trees.TILE)
    leaf = np.zeros((tiles * trees.TILE, trees.MAX_LEAVES))
    feature, threshold, tree, mask, blind = [], [], [], [], []
    for t, (a, b) in enumerate(zip(forest.start[:-1], forest.start[1:], strict=True)):
        left, right = forest.left[a:b].tolist(), forest.right[a:b].tolist()
        order, stack = [], [0]  # leaves from left to right
        first, size = [0] * (b - a), [0] * (b - a)
        while stack:
            node = stack.pop()
            if left[node] < 0:
                first[node], size[node] = len(order), 1
                order.append(node)
            else:
                stack += [right[node], left[node]]
        for node in reversed(range(b - a)):
            if left[node] >= 0:
                first[node], size[node] = first[left[node]], size[left[node]] + size[right[node]]
                gone = ((1 << size[left[node]]) - 1) << first[left[node]]
                mask.append(~gone & 0xFFFFFFFF)
                tree.append(t)
                feature.append(forest.feature[a + node])
                threshold.append(forest.threshold[a + node])
                blind.append(not forest.missing_left[a + node])
        leaf[t, trees.SLOT_OF_BIT[: len(order)]] = forest.value[a + np.array(order)]
    feature, tree, mask = np.array(feature, int), np.array(tree, int), np.array(mask, np.uint32)
    threshold, blind = np.array(threshold, float), np.array(blind, bool)
    distinct, rows = [], []
    for f in range(features):
        own = feature == f
        values, place = np.unique(threshold[own], return_inverse=True)
        masks = np.full((values.size + 2, tiles * trees.TILE), 0xFFFFFFFF, np.uint32)
        np.bitwise_and.at(masks, (place + 1, tree[own]), mask[own])
        np.bitwise_and.accumulate(masks, axis=0, out=masks)
        masks[-1] = 0xFFFFFFFF
        np.bitwise_and.at(masks, (-1, tree[own & blind]), mask[own & blind])
        distinct.append(values)
        rows.append(masks)
    table = np.concatenate(rows).reshape(-1, tiles, trees.TILE).swapaxes(0, 1)
    return Scorer(
        float(forest.baseline[0]),
        np.cumsum([0] + [values.size for values in distinct]).astype(np.int64),
        np.concatenate(distinct),
        np.ascontiguousarray(table),
        leaf.reshape(tiles, trees.TILE, trees.MAX_LEAVES),
    )


def raw(scorer, X):
    """Log-odds of the rows of X, shape (n,)."""
    out = np.empty(len(X))
    trees.score(np.ascontiguousarray(X, np.float64), *scorer, out)
    return out


def explain(forest, X):
    """What each feature added to the log-odds of each row, shape of X."""
    out = np.empty(X.shape)
    trees.contributions(np.ascontiguousarray(X, np.float64), *forest[1:7], forest.value, out)
    return out
