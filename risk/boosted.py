"""A boosted forest as plain arrays: taken from scikit-learn, checked, laid out for the kernel, saved and loaded."""

from typing import NamedTuple

import numpy as np

from risk import trees
from vts.schema import F8, I8

MAX_NODES = 1_000_000


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
    offset: np.ndarray
    threshold: np.ndarray
    tree: np.ndarray
    mask: np.ndarray
    nan_offset: np.ndarray
    nan_tree: np.ndarray
    nan_mask: np.ndarray
    leaf_start: np.ndarray
    leaf_value: np.ndarray
    place_of_bit: np.ndarray


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


def scorer(forest, features):
    """The Scorer of a checked Forest."""
    tests = []  # (feature, threshold, tree, mask, missing_left)
    leaf_start, leaf_value = [], []
    for t, (a, b) in enumerate(zip(forest.start[:-1], forest.start[1:], strict=True)):
        left, right = forest.left[a:b].tolist(), forest.right[a:b].tolist()
        order, stack = [], [0]  # leaves from left to right
        first, count = [0] * (b - a), [0] * (b - a)
        while stack:
            node = stack.pop()
            if left[node] < 0:
                first[node], count[node] = len(order), 1
                order.append(node)
            else:
                stack += [right[node], left[node]]
        for node in reversed(range(b - a)):
            if left[node] >= 0:
                first[node], count[node] = first[left[node]], count[left[node]] + count[right[node]]
                gone = ((1 << count[left[node]]) - 1) << first[left[node]]
                mask = ~gone & 0xFFFFFFFFFFFFFFFF
                k = a + node
                tests.append(
                    (int(forest.feature[k]), float(forest.threshold[k]), t, mask, bool(forest.missing_left[k]))
                )
        leaf_start.append(len(leaf_value))
        leaf_value += [forest.value[a + node] for node in order]
    tests.sort(key=lambda test: test[:3])
    blind = [test for test in tests if not test[4]]
    return Scorer(
        float(forest.baseline[0]),
        np.searchsorted([t[0] for t in tests], np.arange(features + 1)).astype(np.int64),
        np.array([t[1] for t in tests], np.float64),
        np.array([t[2] for t in tests], np.int64),
        np.array([t[3] for t in tests], np.uint64),
        np.searchsorted([t[0] for t in blind], np.arange(features + 1)).astype(np.int64),
        np.array([t[2] for t in blind], np.int64),
        np.array([t[3] for t in blind], np.uint64),
        np.array(leaf_start, np.int64),
        np.array(leaf_value, np.float64),
        trees.PLACE_OF_BIT,
    )


def raw(scorer, X):
    """Log-odds of the rows of X, shape (n,)."""
    out = np.empty(len(X))
    trees.score(np.ascontiguousarray(X, np.float64), *scorer, out)
    return out


def explain(forest, x):
    """What each feature added to the log-odds of one row, shape (features,)."""
    out = np.empty(len(x))
    trees.contributions(np.ascontiguousarray(x, np.float64), *forest[1:7], forest.value, out)
    return out
