"""Train every head on time-ordered data, judge it against its rule, and write a model that carries its own record."""

import hashlib
import platform

import numpy as np

from risk import boosted, evaluation, matrix, model, samples, traffic
from vts.units import MINUTE

SPLIT = (0.6, 0.8)  # train, calibrate, test: shares of the time covered
MIN_ONSETS = 30  # events in training below which a head is not fitted: its rule ships
KNOTS = 12
DAYS = 14
EVERY_S = 180.0  # a row a vessel (and zone, and pair) every three minutes: nearer ones are copies of each other


def train(out, *, pictures=None, seed=1, threads=1, days=DAYS, source=None, config=None, progress=None):
    """The manifest of a model trained and written, with its card, to the folder `out`.

    `pictures` default to simulated traffic (risk/traffic.py), the only data of the shipped model. The same seed and
    number of threads give the same bytes: sums in another order would be another model. `source` is the sentence of
    the card that names the data; `progress` is called with a sentence now and then.
    """
    from risk.card import card

    trained = train_model(
        pictures, seed=seed, threads=threads, days=days, source=source, config=config, progress=progress
    )
    model.save(trained, out, card(trained))
    return trained.manifest


def train_model(pictures=None, *, seed=1, threads=1, days=DAYS, source=None, config=None, progress=None):
    """The trained Model, not written anywhere."""
    say = progress or (lambda text: None)
    source = source or f"simulated traffic of risk/traffic.py, {days} days, seed {seed}"
    pictures = traffic.days(seed, days) if pictures is None else pictures
    say("collecting training rows")
    found = samples.collect(pictures, every_s=EVERY_S, config=config)
    heads, entries = {}, {}
    for name, rows in found.items():
        say(f"training {name}: {rows.n} rows")
        fitted, record = fit(name, rows, seed, threads=threads)
        entries[name] = record
        if fitted is not None:
            heads[name] = fitted
    manifest = {
        "source": source,
        "seed": seed,
        "threads": threads,
        "split": list(SPLIT),
        "versions": versions(),
        "heads": {name: entries[name] for name in heads},
        "not_fitted": {name: entries[name] for name in entries if name not in heads},
    }
    return model.build(manifest, heads)


def versions():
    """Versions of what the numbers depend on."""
    import sklearn

    import vts

    return {
        "lingding": vts.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
    }


def split(t_ns, horizon_min, shares=SPLIT):
    """Masks (train, calibrate, test) by time, with a gap of the horizon before each later part."""
    start, end = int(t_ns.min()), int(t_ns.max()) + 1
    cut = [start + int((end - start) * share) for share in shares]
    gap = int(horizon_min * MINUTE)
    return (
        t_ns < cut[0] - gap,
        (t_ns >= cut[0]) & (t_ns < cut[1] - gap),
        t_ns >= cut[1],
    )


def fit(name, rows, seed, *, threads=1, horizon_min=None):
    """(Head or None, record) of one head: fitted, blended, calibrated, judged, promoted or not."""
    module = matrix.heads()[name]
    horizon_min = horizon_min or module.HORIZON_MIN
    record = {"rows": int(rows.n), "onsets": _events(rows), "data_sha256": data_hash(rows)}
    if not rows.n or _events(rows) < MIN_ONSETS:
        return None, record | {"why": f"fewer than {MIN_ONSETS} events"}
    early, middle, late = split(rows.t_ns, horizon_min)
    fit_rows, calibrate, test = rows.take(early), rows.take(middle), rows.take(late)
    if min(_events(fit_rows), _events(calibrate), _events(test)) < MIN_ONSETS // 3:
        return None, record | {"why": "too few events in one of train, calibrate and test"}
    head = fit_head(name, fit_rows, calibrate, seed, horizon_min, threads=threads)
    one = model.build({"heads": {}}, {name: head})
    metrics = evaluation.judge(one, name, fit_rows, test, seed)
    head = head._replace(promoted=bool(metrics["promoted"]))
    record |= {"metrics": metrics, "periods": [_period(part) for part in (fit_rows, calibrate, test)]}
    return head, record


def fit_head(name, fit_rows, calibrate, seed, horizon_min, *, threads=1):
    """A Head fitted to one part of the rows, blended and calibrated on a later one; not yet judged."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=threads):  # of BLAS and OpenMP; the calibration's as well as the forest's
        return _fit_head(name, fit_rows, calibrate, seed, horizon_min)


def _fit_head(name, fit_rows, calibrate, seed, horizon_min):
    module = matrix.heads()[name]
    forest = fit_forest(module, fit_rows, seed)
    knots, heights, missing, intercept = fit_spline(fit_rows.X, fit_rows.y)
    rule_x, rule_y = fit_rule(module, fit_rows)
    edges, share = evaluation.bins(fit_rows.X)
    head = model.Head(
        name=name,
        features=tuple((key, text[0]) for key, text in matrix.features(module).items()),
        horizon_min=float(horizon_min),
        lead_min=float(module.LEAD_MIN),
        window_min=float(module.WINDOW_MIN),
        promoted=True,
        blend=1.0,
        scale=1.0,
        shift=0.0,
        threshold=0.5,
        forest=forest,
        knots=knots,
        heights=heights,
        missing=missing,
        intercept=intercept,
        rule_x=rule_x,
        rule_y=rule_y,
        bin_edges=edges,
        bin_share=share,
    )
    head = _blend_and_calibrate(head, calibrate)
    one = model.build({"heads": {}}, {name: head})
    p = model.probability(one, name, calibrate.X)
    return head._replace(threshold=float(evaluation.threshold_for(p, calibrate, evaluation.BUDGET_PER_HOUR)))


def fit_forest(module, rows, seed, *, trees=200, leaves=15, rate=0.06, regularization=5.0, min_leaf=60):
    """The boosted Forest of training rows, with the head's monotone constraints."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    names = list(matrix.features(module))
    boosting = HistGradientBoostingClassifier(
        max_iter=trees,
        max_leaf_nodes=leaves,
        learning_rate=rate,
        min_samples_leaf=min_leaf,
        l2_regularization=regularization,
        monotonic_cst=[module.MONOTONE.get(feature, 0) for feature in names],
        early_stopping=False,
        random_state=seed,
    )
    # scikit-learn cannot bin a column without a single value; a constant one is never split
    boosting.fit(np.where(np.isfinite(rows.X).any(axis=0), rows.X, 0.0), rows.y)
    return boosted.export(boosting)


def fit_spline(X, y, seed=0):
    """(knots, heights, missing, intercept) of an additive logistic model: a broken line a feature."""
    from sklearn.linear_model import LogisticRegression

    knots = np.array([_knots(X[:, f]) for f in range(X.shape[1])])
    hats = np.hstack([_hats(X[:, f], knots[f]) for f in range(X.shape[1])])
    fitted = LogisticRegression(C=0.3, max_iter=300, tol=1e-5, random_state=seed).fit(hats, y)
    coefficients = fitted.coef_.reshape(X.shape[1], KNOTS + 1)
    heights, missing = coefficients[:, :KNOTS].copy(), coefficients[:, KNOTS].copy()
    for f in range(X.shape[1]):
        if np.isfinite(X[:, f]).all():  # never missing in training: then it says nothing
            missing[f] = np.interp(X[:, f], knots[f], heights[f]).mean()
    return knots, heights, missing, fitted.intercept_.astype(np.float64)


def _knots(column):
    """KNOTS strictly ascending places along a feature: its quantiles, spread where they coincide."""
    known = column[np.isfinite(column)]
    if not known.size:
        return np.arange(KNOTS, dtype=float)
    at = np.quantile(known, np.linspace(0.005, 0.995, KNOTS))
    least = max(1e-9, 1e-3 * (at[-1] - at[0]), 1e-9 * abs(at).max())
    for k in range(1, KNOTS):
        at[k] = max(at[k], at[k - 1] + least)
    return at


def _hats(column, knots):
    """Hat functions of the knots and an indicator of "missing", shape (n, KNOTS + 1)."""
    out = np.zeros((column.size, KNOTS + 1))
    known = np.isfinite(column)
    x = np.clip(column[known], knots[0], knots[-1])
    k = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, KNOTS - 2)
    share = (x - knots[k]) / (knots[k + 1] - knots[k])
    row = np.flatnonzero(known)
    out[row, k] = 1 - share
    out[row, k + 1] = share
    out[~known, KNOTS] = 1.0
    return out


def fit_rule(module, rows):
    """(scores, probabilities) of the isotonic calibration of the head's rule."""
    from sklearn.isotonic import IsotonicRegression

    score = module.rule(matrix.columns(module, rows.X))
    fitted = IsotonicRegression(out_of_bounds="clip").fit(score, rows.y)
    x, y = fitted.X_thresholds_.astype(np.float64), fitted.y_thresholds_.astype(np.float64)
    return (x, y) if x.size > 1 else (np.array([x[0], x[0] + 1.0]), np.array([y[0], y[0]]))


def _blend_and_calibrate(head, rows):
    """The head with the blend and the calibration that later data prefer; each kept only where Brier improves.

    The first half of the calibration period fits, the second decides.
    """
    from sklearn.linear_model import LogisticRegression

    half = np.sort(rows.t_ns)[rows.n // 2]
    first, second = rows.take(rows.t_ns < half), rows.take(rows.t_ns >= half)
    if first.n == 0 or second.n == 0 or first.y.all() or not first.y.any():
        return head
    forest = boosted.scorer(head.forest, len(head.features))
    parts = [(boosted.raw(forest, part.X), model.spline(head, part.X)) for part in (first, second)]

    def brier(z, y):
        return float(np.mean((1.0 / (1.0 + np.exp(-z)) - y) ** 2))

    blends = (1.0, 0.85, 0.7, 0.5, 0.0)
    best = min(blends, key=lambda w: brier(w * parts[0][0] + (1 - w) * parts[0][1], first.y))
    before = brier(parts[1][0], second.y)
    if brier(best * parts[1][0] + (1 - best) * parts[1][1], second.y) >= before:
        best = 1.0
    z = [best * a + (1 - best) * b for a, b in parts]
    platt = LogisticRegression(C=1e6).fit(z[0][:, None], first.y)
    scale, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if scale <= 0 or brier(scale * z[1] + shift, second.y) >= brier(z[1], second.y):
        scale, shift = 1.0, 0.0
    return head._replace(blend=best, scale=scale, shift=shift)


def data_hash(rows):
    """SHA-256 of features, labels and times."""
    digest = hashlib.sha256()
    for column in (rows.X, rows.y, rows.t_ns):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _events(rows):
    """Distinct events behind the positive rows."""
    return len(np.unique(np.column_stack([rows.key[rows.y], rows.onset_ns[rows.y]]), axis=0)) if rows.y.any() else 0


def _period(rows):
    """First and last time of a part, ns."""
    return [int(rows.t_ns.min()), int(rows.t_ns.max())] if rows.n else []
