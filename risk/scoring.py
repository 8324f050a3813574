"""Score every track of a Picture and say why.

risk = 1 - (1 - s) (1 - a) product over heads of (1 - c p): the chance that none of several independent harms comes,
taken from one. p is a head's calibrated probability, the greatest over its zones or pairs; c its consequence, the
share of such events taken as harm (heads/<head>.py); a the weight of the gravest alert that is open on the track; s
the static profile's share (risk/psc.py), 0 where there is none. Each p is calibrated; the combination is an index.
"""

import numpy as np

from risk import matrix, model, reasons
from risk.view import rows_of
from risk.watch import Watch
from vts import schema
from vts.schema import Scores

ALERT_WEIGHT = (0.1, 0.3, 0.7)  # of an open caution, warning, alarm
STALE_S = 600.0  # a track older than this gets no score
EXPLAINED = 100  # tracks a Picture that get reasons: the riskiest
WORTH_A_REASON = 0.02


def score(pictures, trained, watch=None):
    """The same Pictures with behaviours' alerts appended and scores filled, as an iterator.

    `trained` is a Model, or None for rules and alerts alone; `watch` remembers between calls.
    """
    watch = Watch() if watch is None else watch
    for picture in pictures:
        yield score_one(picture, trained, watch)


def score_one(picture, trained, watch):
    """One Picture, scored."""
    view = watch.look(picture)
    alerts = watch.step(view)
    alerts = schema.Alerts.concat([picture.alerts, alerts])
    return picture._replace(alerts=alerts, scores=_scores(view, trained, watch))


def _scores(view, trained, watch):
    """Scores of every track of the view."""
    tracks = view.tracks
    n = tracks.n
    if not n:
        return Scores.empty()
    spared, top, parts = np.ones(n), np.full(n, -1), []
    largest = np.zeros(n)
    for h, name in enumerate(trained.heads if trained else ()):
        p, X, keys, row = _head(view, trained, name)
        parts.append((name, p, X, keys, row))
        harm = np.where(row >= 0, matrix.heads()[name].CONSEQUENCE * p[row], 0.0) if len(p) else np.zeros(n)
        spared *= 1.0 - harm
        top = np.where(harm > largest, h, top)
        largest = np.maximum(largest, harm)
    alert_weight, alert_why = _open_alerts(tracks, watch)
    shares = _static(view, watch)
    risk = 1.0 - spared * (1.0 - alert_weight) * (1.0 - shares)
    unknown = ~(np.isfinite(tracks.sog_kn) & np.isfinite(tracks.lon_deg) & np.isfinite(tracks.lat_deg))
    stale = tracks.age_s > STALE_S
    risk[unknown | stale] = np.nan
    horizon = np.full(n, np.nan)
    heads = np.full(n, "", "<U24")
    for h, (name, *_) in enumerate(parts):
        heads[top == h] = name
        horizon[top == h] = trained.heads[name].horizon_min
    codes, weights = _reasons(watch, tracks, trained, parts, risk, top, alert_weight, alert_why, unknown, stale)
    return Scores(
        track=tracks.track,
        mmsi=tracks.mmsi,
        t_ns=np.full(n, view.at_ns),
        risk=risk,
        head=heads,
        horizon_min=horizon,
        **{f"reason_{k + 1}": codes[k] for k in range(3)},
        **{f"weight_{k + 1}": weights[k] for k in range(3)},
    )


def _head(view, trained, name):
    """(p, X, keys, row of the greatest p of each track or -1) of one head."""
    head = matrix.heads()[name]
    rows, keys = head.candidates(view)
    n = view.tracks.n
    if not len(keys):
        return np.empty(0), np.empty((0, 0)), keys, np.full(n, -1)
    X = matrix.matrix(head, view, rows)
    p = model.probability(trained, name, X)
    best = np.full(n, -1)
    order = np.argsort(p, kind="stable")
    for side in (0, 1) if head.ROWS == "pair" else (0,):
        at = np.searchsorted(view.tracks.track, keys[order, side])
        if side == 0:
            best[at] = order  # the last write, the greatest p, stays
        else:
            other = np.full(n, -1)
            other[at] = order
            better = (other >= 0) & ((best < 0) | (p[other] > p[best]))
            best = np.where(better, other, best)
    return p, X, keys, best


def _open_alerts(tracks, watch):
    """(weight of the gravest open alert, key of that alert or None) of each track."""
    weight, why = np.zeros(tracks.n), [None] * tracks.n
    if not watch.open:
        return weight, why
    keys = list(watch.open)
    severity = np.array([entry[0] for entry in watch.open.values()])
    for side in (1, 2):
        row = rows_of(tracks, np.array([key[side] for key in keys]))
        for at, key, heavy in zip(row.tolist(), keys, np.array(ALERT_WEIGHT)[severity].tolist(), strict=True):
            # of equals the first by name: the order in which alerts were opened must not show
            if at >= 0 and (heavy > weight[at] or (heavy == weight[at] and key < why[at])):
                weight[at], why[at] = heavy, key
    return weight, why


def _alert_reason(watch, key):
    """The code of an open alert's reason."""
    numbers = dict(part.split("=", 1) for part in watch.open[key][1].split(";") if "=" in part)
    return reasons.code("alert", key[0], numbers)


def _static(view, watch):
    """Static share of each track by its IMO number; 0 where there is none."""
    if not watch.profiles:
        return np.zeros(view.tracks.n)
    return np.array([watch.profiles.get(int(imo), 0.0) for imo in view.static("imo", -1)])


def _reasons(watch, tracks, trained, parts, risk, top, alert_weight, alert_why, unknown, stale):
    """Three columns of codes and of weights: facts first, then what moved the model most."""
    codes = [np.full(tracks.n, "", "<U64") for _ in range(3)]
    weights = [np.full(tracks.n, np.nan) for _ in range(3)]
    codes[0][unknown] = reasons.code("data", "no_motion")
    for i in np.flatnonzero(stale & ~unknown):
        codes[0][i] = reasons.code("data", "stale", {"age_s": round(tracks.age_s[i])})
    order = np.argsort(-np.nan_to_num(risk), kind="stable")[:EXPLAINED]
    for i in order:
        if not risk[i] >= WORTH_A_REASON:
            continue
        found = [(_alert_reason(watch, alert_why[i]), alert_weight[i])] if alert_why[i] else []
        if top[i] >= 0:
            found = _explain(trained, parts[top[i]], i, found)
        for k, (code, weight) in enumerate(found[:3]):
            codes[k][i], weights[k][i] = code, weight
    return codes, weights


def _explain(trained, part, track_row, facts):
    """(code, weight) of the facts, the head's own fact, and its largest contributions that raise the risk."""
    name, p, X, keys, row = part
    head = matrix.heads()[name]
    r = row[track_row]
    x = {feature: float(X[r, k]) for k, (feature, _) in enumerate(trained.heads[name].features)}
    numbers = head.facts(x)
    if numbers is not None:
        key = {"place": "zone", "pair": "other"}.get(head.ROWS)
        code = reasons.code("head", name, numbers | ({key: int(keys[r, 1])} if key else {}))
        facts = [*facts, (code, float(p[r]))]
    added = model.contributions(trained, name, X[r])
    largest = np.argsort(-added, kind="stable")[:3]
    features = trained.heads[name].features
    more = [
        (reasons.code("feature", features[k][0], {"value": float(X[r, k])}), float(added[k]))
        for k in largest
        if added[k] > 0
    ]
    return facts + more
