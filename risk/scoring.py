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
    alert_weight, *alert_why = _open_alerts(tracks, watch)
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
    codes, weights = _reasons(tracks, trained, parts, risk, top, alert_weight, alert_why, unknown, stale)
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
    """(weight of the gravest open alert of each track, which of all that are open it is or -1, [(rule, Open)])."""
    weight, why, held = np.zeros(tracks.n), np.full(tracks.n, -1), watch.open
    if not held:
        return weight, why, held
    heavy = np.array(ALERT_WEIGHT)[np.concatenate([rows.severity for _, rows in held])]
    row = np.concatenate([rows_of(tracks, getattr(rows, side)) for side in ("track", "other") for _, rows in held])
    place, heavy = np.tile(np.arange(heavy.size), 2), np.tile(heavy, 2)
    # of equals the first by name: the order in which alerts were opened must not show
    order = np.lexsort((-place, heavy))
    order = order[row[order] >= 0]
    weight[row[order]], why[row[order]] = heavy[order], place[order]  # the last write, the gravest, stays
    return weight, why, held


def _alert_codes(held, why):
    """The codes of the reasons that open alerts give, for rows of all that are open."""
    codes, first = [""] * len(why), 0
    for rule, rows in held:
        mine = np.flatnonzero((why >= first) & (why < first + rows.alert.size))
        for k, detail in zip(mine.tolist(), rows.details(why[mine] - first).tolist() if mine.size else (), strict=True):
            codes[k] = reasons.told("alert", rule, detail)
        first += rows.alert.size
    return codes


def _static(view, watch):
    """Static share of each track by its IMO number; 0 where there is none."""
    if not watch.profiles:
        return np.zeros(view.tracks.n)
    return np.array([watch.profiles.get(int(imo), 0.0) for imo in view.static("imo", -1)])


def _reasons(tracks, trained, parts, risk, top, alert_weight, alert_why, unknown, stale):
    """Three columns of codes and of weights: facts first, then what moved the model most."""
    codes = [np.full(tracks.n, "", "<U64") for _ in range(3)]
    weights = [np.full(tracks.n, np.nan) for _ in range(3)]
    codes[0][unknown] = reasons.code("data", "no_motion")
    for i in np.flatnonzero(stale & ~unknown):
        codes[0][i] = reasons.code("data", "stale", {"age_s": round(tracks.age_s[i])})
    order = np.argsort(-np.nan_to_num(risk), kind="stable")[:EXPLAINED]
    order = order[risk[order] >= WORTH_A_REASON]
    why, held = alert_why
    found = {i: [] for i in order.tolist()}
    alerted = order[why[order] >= 0]
    for i, code in zip(alerted.tolist(), _alert_codes(held, why[alerted]), strict=True):
        found[i].append((code, alert_weight[i]))
    for h, part in enumerate(parts):
        _explain(trained, part, order[top[order] == h], found)
    for i, told in found.items():
        for k, (code, weight) in enumerate(told[:3]):
            codes[k][i], weights[k][i] = code, weight
    return codes, weights


def _explain(trained, part, tracks, found):
    """Add to `found` of these tracks the codes and weights of the head's own fact and of what raised the risk most."""
    name, p, X, keys, row = part
    if not tracks.size:
        return
    head, features = matrix.heads()[name], trained.heads[name].features
    key = {"place": "zone", "pair": "other"}.get(head.ROWS)
    names, r = [feature for feature, _ in features], row[tracks]
    added = model.contributions(trained, name, X[r])
    largest = np.argsort(-added, axis=1, kind="stable")[:, :3]
    for i, at, x, more, best in zip(
        *(tracks.tolist(), r.tolist(), X[r].tolist(), added.tolist(), largest.tolist()), strict=True
    ):
        numbers = head.facts(dict(zip(names, x, strict=True)))
        if numbers is not None:
            code = reasons.code("head", name, numbers | ({key: int(keys[at, 1])} if key else {}))
            found[i].append((code, float(p[at])))
        for k in best:
            if more[k] > 0 and len(found[i]) < 3:
                found[i].append((reasons.told("feature", names[k], f"value={x[k]:.3g}"), more[k]))
