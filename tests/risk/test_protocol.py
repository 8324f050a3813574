"""The protocol: its numbers by definition, labels by hand, and a training that repeats itself byte for byte."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import risk
from risk import evaluation, matrix, model, samples, training
from risk.samples import Samples
from vts.paths import data_dir
from vts.units import HOUR, MINUTE


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
def test_average_precision_is_scikit_learns_with_ties_and_weights(rows):
    from sklearn.metrics import average_precision_score

    y, score = (np.array(c) for c in zip(*rows, strict=True))
    if not y.any():
        assert np.isnan(evaluation.average_precision(y, score))
        return
    assert average_precision_score(y, score) == pytest.approx(evaluation.average_precision(y, score))
    weight = np.arange(1, len(y) + 1, dtype=float)
    expected = average_precision_score(y, score, sample_weight=weight)
    assert expected == pytest.approx(evaluation.average_precision(y, score, weight))


def test_brier_skill_calibration_error_and_recall_by_hand():
    y, p = np.array([1, 0, 0, 0]), np.array([0.8, 0.2, 0.0, 0.0])
    assert evaluation.brier_skill(y, p) == pytest.approx(1 - (0.04 + 0.04) / 4 / (0.25 * 0.75))
    assert evaluation.ece(y, p) == pytest.approx((0.2 + 0.2) / 4)
    assert evaluation.recall_at_precision(np.array([1, 1, 0, 1]), np.array([4, 3, 2, 1.0])) == pytest.approx(2 / 3)
    assert evaluation.top_gap(y, p, 0.25) == pytest.approx(0.2)


def alarms(p, key, minutes, y=None):
    n = len(p)
    t_ns = (np.array(minutes) * MINUTE).astype(np.int64)
    y = np.zeros(n, bool) if y is None else np.array(y)
    keys = np.column_stack([key, np.full(n, -1)])
    return np.array(p), Samples(np.zeros((n, 1)), y, keys, np.array(key), t_ns, np.where(y, t_ns + 5 * MINUTE, -1))


def test_an_alarm_is_a_run_of_rows_of_one_pair():
    p, rows = alarms([0.9, 0.9, 0.9, 0.1, 0.9], [1, 1, 2, 1, 1], [0, 5, 5, 6, 30])
    keys, start, _ = evaluation.episodes(p, rows, 0.5)
    assert list(zip(keys.tolist(), (start // MINUTE).tolist(), strict=True)) == [(0, 0), (0, 30), (1, 5)]


def test_the_threshold_keeps_to_the_budget_and_loosening_it_by_one_level_breaks_it():
    rng = np.random.default_rng(1)
    p, rows = alarms(rng.random(3000), rng.integers(0, 50, 3000), np.sort(rng.uniform(0, 600, 3000)))
    for rate in (1.0, 5.0, 20.0):
        threshold = evaluation.threshold_for(p, rows, rate)
        allowed = rate * evaluation.hours(rows)
        assert len(evaluation.episodes(p, rows, threshold)[0]) <= allowed
        looser = np.sort(p[p < threshold])[-1]
        assert len(evaluation.episodes(p, rows, looser)[0]) > allowed


def test_lead_and_recall_of_alarms_by_hand():
    p, rows = alarms([0.9, 0.2, 0.8, 0.1], [1, 1, 2, 3], [0, 5, 60, 90], [True, True, False, True])
    rows = rows._replace(onset_ns=np.array([12, 12, -1, 95]) * MINUTE)
    told = evaluation.at_rate(p, rows, 1.5)
    assert told["recall"] == pytest.approx(1 / 2) and told["false_share"] == pytest.approx(1 / 2)
    assert told["median_lead_min"] == pytest.approx(12.0)


def test_onsets_are_beginnings_and_not_jitter():
    key, held = np.array([[1, 7]]), np.array([[1, 7]] * 5)
    held_ns = np.array([10, 11, 14, 15, 40]) * MINUTE
    expected = {0: 10, 9: 10, 10: 40, 16: 40, 41: None}
    for at, onset in expected.items():
        found = samples.next_onset(key, np.array([at * MINUTE]), held, held_ns)[0]
        assert found == (-1 if onset is None else onset * MINUTE)
    assert samples.next_onset(np.array([[2, 7]]), np.array([0]), held, held_ns)[0] == -1


def test_rows_with_an_unknown_future_are_left_out():
    head = matrix.heads()["close_approach"]  # lead 5, horizon 15 min
    k = len(matrix.features(head))
    key = np.array([[1, 2]])
    rows = [(m * MINUTE, np.zeros((1, k)), key, np.array([9])) for m in range(0, 60, 2)]
    flags = [(30 * MINUTE, key)]
    found = samples.label(head, rows, flags, {1: 50 * MINUTE}, 15.0)
    minutes = (found.t_ns // MINUTE).tolist()
    assert [m for m, y in zip(minutes, found.y.tolist(), strict=True) if y] == [16, 18, 20, 22, 24]
    assert [m for m in minutes if 25 < m < 30] == []  # sooner than the lead
    assert max(minutes) == 34  # lost at 50: what comes after 35 nobody knows


def test_parts_are_a_horizon_apart():
    t_ns = np.arange(0, 100 * HOUR, 7 * MINUTE)
    parts = training.split(t_ns, 30.0)
    for early, late in itertools.pairwise(parts):
        assert t_ns[late].min() - t_ns[early].max() >= 30 * MINUTE
    assert not (parts[0] & parts[1]).any() and not (parts[1] & parts[2]).any()


def synthetic(signal=2.0, n=3000, seed=4):
    """Samples of the going_dark head whose second feature matters and whose rule (age) does not."""
    rng = np.random.default_rng(seed)
    k = len(matrix.features(matrix.heads()["going_dark"]))
    X = rng.normal(size=(n, k))
    X[rng.random(X.shape) < 0.05] = np.nan
    z = -3.0 + signal * np.nan_to_num(X[:, 1])
    y = rng.random(n) < 1 / (1 + np.exp(-z))
    t_ns = np.arange(n, dtype=np.int64) * 5 * MINUTE
    vessel = rng.integers(0, 3000, n)
    return Samples(X, y, np.column_stack([vessel, -np.ones(n, int)]), vessel, t_ns, np.where(y, t_ns + 9 * MINUTE, -1))


def saved(head, folder):
    model.save(model.build({"heads": {}}, {head.name: head}), folder)
    return (folder / "arrays.npz").read_bytes(), (folder / "manifest.json").read_bytes()


def test_training_repeats_itself_byte_for_byte_and_learns_what_the_rule_cannot(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "REPEATS", 40)
    one, record = training.fit("going_dark", synthetic(), 5)
    two, _ = training.fit("going_dark", synthetic(), 5)
    assert saved(one, tmp_path / "a") == saved(two, tmp_path / "b")
    assert one.promoted and record["metrics"]["all"]["gain_interval"][0] > 0
    loaded = risk.load(tmp_path / "a")
    X = synthetic(seed=6).X
    assert np.array_equal(
        model.probability(model.build({"heads": {}}, {"going_dark": one}), "going_dark", X),
        model.probability(loaded, "going_dark", X),
    )


def test_a_head_that_does_not_beat_its_rule_is_not_promoted_and_the_rule_speaks():
    rng = np.random.default_rng(8)
    rows = synthetic()
    age = list(matrix.features(matrix.heads()["going_dark"])).index("age_s")
    X = rows.X.copy()
    X[:, age] = rows.y * 2.0 + rng.normal(0, 0.01, rows.n)  # the rule sees everything
    X[:, [f for f in range(X.shape[1]) if f != age]] = 0.0
    head, record = training.fit("going_dark", rows._replace(X=X), 5)
    assert not head.promoted and not record["metrics"]["promoted"]
    assert record["metrics"]["why_not"]
    trained = model.build({"heads": {}}, {"going_dark": head})
    assert np.array_equal(model.probability(trained, "going_dark", X), model.rule_probability(head, X))


def test_drift_is_nothing_on_the_same_rows_and_more_than_a_quarter_after_a_shift():
    X = np.random.default_rng(3).normal(size=(4000, 3))
    edges, share = evaluation.bins(X)
    assert evaluation.psi(share, evaluation.shares(X, edges)).max() < 1e-9
    shifted = X + np.array([1.0, 0.0, 0.0])
    found = evaluation.psi(share, evaluation.shares(shifted, edges))
    assert found[0] > 0.25 and found[1:].max() < 0.1
    gone = X.copy()
    gone[:2000, 2] = np.nan
    assert evaluation.psi(share, evaluation.shares(gone, edges))[2] > 0.25


def test_plug_in_contract_of_features_and_heads():
    for name, family in matrix.families().items():
        assert family.ROWS in ("track", "place", "pair") and family.__doc__, name
        assert all(len(text) == 3 and all(text) for text in family.COLUMNS.values())
    every = [c for family in matrix.families().values() for c in family.COLUMNS]
    assert len(every) == len(set(every))  # a reason names a feature without its family
    for name, head in matrix.heads().items():
        assert set(head.MONOTONE) <= set(matrix.features(head)), name
        assert 0 < head.CONSEQUENCE <= 1 and head.LEAD_MIN < head.HORIZON_MIN and set(head.TEXT) == {"en", "zh"}
        x = {feature: np.array([1.0, np.nan]) for feature in matrix.features(head)}
        assert head.rule(x).shape == (2,) and head.persistence(x).shape == (2,)


@pytest.mark.slow
def test_train_reproduces_itself_from_pictures_to_bytes(tmp_path):
    first, second = (risk.train(tmp_path / name, days=2, seed=2) for name in ("a", "b"))
    assert first == second
    for file in ("arrays.npz", "manifest.json", "CARD.md"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_of_one_instant_there_is_no_alarm_rate():
    """A satellite log of a few ships gave 27,000,000,000 alarms an hour: one row, over no time."""
    trained = risk.load(data_dir() / "models" / "current")
    k = len(trained.heads["going_dark"].features)
    rows = Samples(np.zeros((2, k)), np.ones(2, bool), np.array([[1, -1], [2, -1]]), *np.zeros((3, 2), np.int64))
    assert evaluation.drift(trained, {"going_dark": rows})["going_dark"]["alarms_per_hour"] is None
    hour = rows._replace(t_ns=np.array([0, HOUR]))
    assert 0 <= evaluation.drift(trained, {"going_dark": hour})["going_dark"]["alarms_per_hour"] <= 2
