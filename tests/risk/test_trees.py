"""The forest kernel gives scikit-learn's numbers to the last bit, missing values and infinities included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk import boosted, training


def fitted(seed, rows, monotone=0, leaves=31, count=20):
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(rows, 5)), 1)  # rounded: ties at thresholds
    X[rng.random(X.shape) < 0.15] = np.nan
    y = np.nan_to_num(X[:, 0]) + np.isnan(X[:, 1]) + rng.normal(size=rows) > 0.5
    model = HistGradientBoostingClassifier(
        max_iter=count,
        max_leaf_nodes=leaves,
        min_samples_leaf=5,
        early_stopping=False,
        monotonic_cst=[monotone, 0, 0, 0, 0],
    )
    return model.fit(X, y), X, rng


@pytest.mark.parametrize("leaves,count", [(2, 20), (31, 20), (32, 130)], ids=["stumps", "ours", "three tiles of trees"])
def test_kernel_equals_scikit_learn_bit_for_bit(leaves, count, few):
    model, X, rng = fitted(3, 400, leaves=leaves, monotone=1, count=few(count, 4))
    forest = boosted.export(model)
    boosted.check(forest, 5)
    wild = np.concatenate([X[:200], rng.normal(size=(50, 5)) * 1e9, np.full((1, 5), np.nan), np.full((1, 5), np.inf)])
    wild[3, 2] = -np.inf
    expected = model.decision_function(np.where(np.isinf(wild), np.sign(wild) * 1e300, wild))
    scorer = boosted.scorer(forest, 5)
    assert np.array_equal(expected, boosted.raw(scorer, wild))
    assert np.array_equal(expected[7:8], boosted.raw(scorer, wild[7:8]))
    many = np.tile(wild, (few(5, 1), 1))  # more rows than a block
    assert np.array_equal(np.tile(expected, few(5, 1)), boosted.raw(scorer, many))


def test_a_forest_too_large_to_be_laid_out_is_refused():
    tree = boosted.export(fitted(5, 200, count=1)[0])
    forest = tree._replace(
        start=np.arange(9001) * tree.left.size,
        **{name: np.tile(getattr(tree, name), 9000) for name in tree._fields[2:]},
    )
    with pytest.raises(ValueError, match="laid out"):
        boosted.check(forest, 5)


def test_contributions_sum_to_the_score_less_the_mean():
    model, X, _ = fitted(4, 300, count=8)
    forest = boosted.export(model)
    mean = forest.baseline[0] + forest.value[forest.start[:-1]].sum()
    expected = boosted.raw(boosted.scorer(forest, 5), X[:20])
    assert expected == pytest.approx(mean + boosted.explain(forest, X[:20]).sum(axis=1), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["left", "right", "feature", "start"]), st.integers(0, 10_000), st.integers(-5, 10_000))
def test_a_forest_with_a_changed_link_is_refused_or_walks_to_an_end(field, at, value):
    forest = boosted.export(FOREST)
    array = getattr(forest, field).copy()
    array[at % array.size] = value
    damaged = forest._replace(**{field: array})
    try:
        boosted.check(damaged, 5)
    except ValueError:
        return
    assert np.isfinite(boosted.raw(boosted.scorer(damaged, 5), np.zeros((1, 5)))).all()


FOREST = fitted(5, 200, count=3)[0]


def test_spline_knots_ascend_even_where_a_feature_is_constant():
    for column in (np.zeros(50), np.full(50, np.nan), np.r_[np.zeros(49), 1e9], np.arange(50.0)):
        assert (np.diff(training._knots(column)) > 0).all()
