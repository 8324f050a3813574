"""How good a head is: the protocol's numbers, and nothing that looks into the future.

Average precision with a bootstrap clustered by vessel; recall, false share and lead at an alarm rate; Brier skill,
calibration error and reliability at the top; against persistence, the rule, the calibrated rule, a spline logistic
and an isolation forest. A head is promoted only where the lower end of its gain over the rule is above zero on
vessels that training never saw.
"""

import numpy as np

from risk import matrix, model
from vts.units import HOUR, MINUTE

RATES_PER_HOUR = (5.0, 10.0, 20.0)
BUDGET_PER_HOUR = 6.0
REPEATS = 200
EPISODE_GAP_MIN = 10.0  # rows above the threshold nearer than this belong to one alarm
BINS = 15
MIN_UNSEEN_EVENTS = 10  # below this an interval is no evidence


def average_precision(y, score, weight=None):
    """Area under precision over recall (Davis and Goadrich's step form), ties taken together; NaN without positives."""
    y = np.asarray(y, float)
    weight = np.ones(len(y)) if weight is None else weight
    order = np.argsort(-np.asarray(score), kind="stable")
    s, w, hit = np.asarray(score)[order], weight[order], (y * weight)[order]
    tp, seen = np.cumsum(hit), np.cumsum(w)
    end = np.append(s[1:] != s[:-1], True)
    tp, seen = tp[end], seen[end]
    if not len(tp) or tp[-1] == 0:
        return float("nan")
    gained = np.diff(np.concatenate([[0.0], tp]))
    return float(np.sum(gained * tp / np.maximum(seen, 1e-300)) / tp[-1])


def bootstrap(y, scores, cluster, seed, repeats=REPEATS):
    """APs of several scores under resampling of whole clusters, shape (repeats, scores)."""
    _, number = np.unique(cluster, return_inverse=True)
    count = number.max() + 1 if number.size else 0
    rng = np.random.default_rng(seed)
    out = np.empty((repeats, len(scores)))
    for r in range(repeats):
        weight = np.bincount(rng.integers(0, count, count), minlength=count)[number].astype(float)
        out[r] = [average_precision(y, score, weight) for score in scores]
    return out


def recall_at_precision(y, score, precision=0.9):
    """Greatest recall at which precision is still at least `precision`."""
    order = np.argsort(-score, kind="stable")
    tp = np.cumsum(np.asarray(y)[order])
    ok = tp >= precision * np.arange(1, len(tp) + 1)
    return float(tp[ok].max() / tp[-1]) if tp.size and tp[-1] and ok.any() else 0.0


def brier_skill(y, p):
    """1 - Brier / Brier of the base rate."""
    base = np.mean(y) * (1 - np.mean(y))
    return float(1 - np.mean((p - y) ** 2) / base) if base else float("nan")


def ece(y, p, bins=BINS):
    """Expected calibration error over equal-width bins."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    gap = np.bincount(at, p - y, minlength=bins)
    return float(np.abs(gap).sum() / len(p))


def top_gap(y, p, share=0.05):
    """Mean forecast minus share of events among the top rows, absolute."""
    k = max(1, int(len(p) * share))
    top = np.argsort(-p, kind="stable")[:k]
    return float(abs(p[top].mean() - np.mean(np.asarray(y)[top])))


def episodes(p, rows, threshold):
    """(key number, first time, any true) of alarms: runs of rows of one key above the threshold."""
    above = np.flatnonzero(p >= threshold)
    if not above.size:
        return np.empty(0, int), np.empty(0, np.int64), np.empty(0, bool)
    number = np.unique(rows.key, axis=0, return_inverse=True)[1].reshape(-1)
    order = above[np.lexsort((rows.t_ns[above], number[above]))]
    k, t = number[order], rows.t_ns[order]
    new = np.ones(len(k), bool)
    new[1:] = (k[1:] != k[:-1]) | (t[1:] - t[:-1] > int(EPISODE_GAP_MIN * MINUTE))
    start = np.flatnonzero(new)
    true = np.maximum.reduceat(rows.y[order].astype(int), start).astype(bool)
    return k[start], t[start], true


def hours(rows):
    """Length of the time that rows cover."""
    return max((int(rows.t_ns.max()) - int(rows.t_ns.min())) / HOUR, 1e-9) if rows.n else 1e-9


def threshold_for(p, rows, per_hour):
    """Threshold that raises about `per_hour` alarms an hour on these rows and not more.

    From the top down, since far below alarms merge into one long one and their number falls again.
    """
    if not len(p):
        return 1.0
    levels = np.unique(p)[::-1]
    allowed = per_hour * hours(rows)

    def too_many(k):
        return len(episodes(p, rows, levels[k])[0]) > allowed

    low, high = 0, 1
    while high < len(levels) and not too_many(high):
        low, high = high, 2 * high
    high = min(high, len(levels))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if too_many(middle) else (middle, high)
    return levels[low]


def at_rate(p, rows, per_hour):
    """Threshold, event recall, false share and median lead in minutes at an alarm rate."""
    threshold = float(threshold_for(p, rows, per_hour))
    _, _, true = episodes(p, rows, threshold)
    hit = rows.take(rows.y & (p >= threshold))
    events = _events(rows.take(rows.y))
    caught, first = _first(hit)
    lead = (caught - first) / MINUTE
    return {
        "threshold": threshold,
        "alarms_per_hour": len(true) / hours(rows),
        "recall": len(caught) / events if events else None,
        "false_share": float(1 - true.mean()) if len(true) else None,
        "median_lead_min": float(np.median(lead)) if len(lead) else None,
    }


def _events(rows):
    return len(_first(rows)[0])


def _first(rows):
    """(onset, first row's time) of each distinct event."""
    if not rows.n:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    names = np.column_stack([rows.key, rows.onset_ns])
    _, number = np.unique(names, axis=0, return_inverse=True)
    first = np.full(number.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, number.reshape(-1), rows.t_ns)
    onset = np.empty_like(first)
    onset[number.reshape(-1)] = rows.onset_ns
    return onset, first


def evaluate(path, pictures=None, *, days=3, seed=1000, config=None):
    """{head: the protocol's table} of a saved model on Pictures that its training never saw.

    `pictures` default to simulated days of another seed: other waters and other ships. The isolation forest is
    fitted to the same rows, which can only flatter it.
    """
    from risk import samples, traffic

    trained = model.load(path)
    pictures = traffic.days(seed, days) if pictures is None else pictures
    found = samples.collect(pictures, config=config, heads={name: matrix.heads()[name] for name in trained.heads})
    return {name: judge(trained, name, rows, rows, seed, seen=np.zeros(rows.n, bool)) for name, rows in found.items()}


def judge(trained, name, train_rows, test, seed, *, seen=None):
    """The protocol's table for one head on later rows, for all vessels and for those that training never saw.

    `seen` marks test rows of vessels that training knew; by default those whose vessel has a training row.
    """
    if not test.n:
        return {
            "all": {"rows": 0, "events": 0},
            "unseen": {"rows": 0, "events": 0},
            "promoted": False,
            "why_not": "no rows",
        }
    seen = np.isin(test.vessel, np.unique(train_rows.vessel)) if seen is None else seen
    module = matrix.heads()[name]
    head = trained.heads[name]
    columns = matrix.columns(module, test.X)
    scores = {
        "model": model.log_odds(trained, name, test.X),
        "rule": module.rule(columns),
        "persistence": module.persistence(columns),
        "spline_logistic": model.spline(head, test.X),
        "isolation_forest": _isolation(train_rows.X, test.X, seed),
    }
    p = model.probability(trained._replace(heads={name: head._replace(promoted=True)}), name, test.X)
    p_rule = model.rule_probability(head, test.X)
    out = {}
    for who, which in (("all", np.ones(test.n, bool)), ("unseen", ~seen)):
        part = test.take(which)
        if not part.n or not part.y.any():
            out[who] = {"rows": int(part.n), "events": 0}
            continue
        chosen = {key: score[which] for key, score in scores.items()}
        aps = bootstrap(part.y, [chosen["model"], chosen["rule"]], part.vessel, seed)
        gain = aps[:, 0] - aps[:, 1]
        out[who] = {
            "rows": int(part.n),
            "events": _events(part.take(part.y)),
            "base_rate": float(part.y.mean()),
            "ap": {key: average_precision(part.y, score) for key, score in chosen.items()},
            "ap_interval": _interval(aps[:, 0]),
            "gain_over_rule": average_precision(part.y, chosen["model"]) - average_precision(part.y, chosen["rule"]),
            "gain_interval": _interval(gain),
            "recall_at_precision_0.9": recall_at_precision(part.y, chosen["model"]),
            "brier_skill": brier_skill(part.y, p[which]),
            "brier_skill_calibrated_rule": brier_skill(part.y, p_rule[which]),
            "ece": ece(part.y, p[which]),
            "top5_gap": top_gap(part.y, p[which]),
            "at_alarms_per_hour": {
                f"{rate:g}": {"model": at_rate(p[which], part, rate), "rule": at_rate(chosen["rule"], part, rate)}
                for rate in RATES_PER_HOUR
            },
        }
    unseen = out["unseen"]
    enough = unseen["events"] >= MIN_UNSEEN_EVENTS
    out["promoted"] = enough and unseen["gain_interval"][0] > 0
    out["why_not"] = "" if out["promoted"] else "gain not above zero" if enough else "too few events of unseen vessels"
    return out


def _interval(values):
    """Central 95 % of the bootstrap."""
    return [float(v) for v in np.nanquantile(values, (0.025, 0.975))]


def _isolation(train_X, test_X, seed):
    """Anomaly score of an isolation forest, higher is odder."""
    from sklearn.ensemble import IsolationForest

    middle = np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 0.0 for c in train_X.T])
    rng = np.random.default_rng(seed)
    some = train_X[rng.choice(len(train_X), min(20_000, len(train_X)), replace=False)]
    forest = IsolationForest(n_estimators=50, random_state=seed, n_jobs=1).fit(np.where(np.isnan(some), middle, some))
    return -forest.score_samples(np.where(np.isnan(test_X), middle, test_X))


def bins(X):
    """(edges (features, 9), share (features, 11)) of a matrix: deciles, and the share in each; the last is missing."""
    edges = np.zeros((X.shape[1], 9))
    for f in range(X.shape[1]):
        known = X[np.isfinite(X[:, f]), f]
        if known.size:
            edges[f] = np.quantile(known, np.linspace(0.1, 0.9, 9))
    return edges, shares(X, edges)


def shares(X, edges):
    """Share of rows in each bin of each feature, shape (features, 11); the last bin holds what is missing."""
    out = np.zeros((X.shape[1], 11))
    for f in range(X.shape[1]):
        column = X[:, f]
        known = np.isfinite(column)
        at = np.where(known, np.searchsorted(edges[f], np.where(known, column, 0.0), side="right"), 10)
        out[f] = np.bincount(at, minlength=11) / max(1, len(column))
    return out


def psi(expected, found):
    """Population stability index of each feature, shape (features,): above 0.1 look, above 0.25 act."""
    a, b = np.maximum(expected, 1e-4), np.maximum(found, 1e-4)
    return ((b - a) * np.log(b / a)).sum(axis=1)


def drift(trained, found):
    """{head: {psi: {feature: value}, alarm_rate, brier}} of new rows against the rows a model was trained on.

    `found` is {head: Samples} of pictures whose horizon has passed, as samples.collect gives them.
    """
    out = {}
    for name, head in trained.heads.items():
        rows = found.get(name)
        if rows is None or not rows.n:
            continue
        values = psi(head.bin_share, shares(rows.X, head.bin_edges))
        p = model.probability(trained, name, rows.X)
        out[name] = {
            "psi": {feature: float(v) for (feature, _), v in zip(head.features, values, strict=True)},
            # of one instant no rate is known
            "alarms_per_hour": len(episodes(p, rows, head.threshold)[0]) / hours(rows) if np.ptp(rows.t_ns) else None,
            "brier": float(np.mean((p - rows.y) ** 2)),
            "rows": int(rows.n),
        }
    return out
