"""Training rows from a table of past fixes and round zones: for histories too sparse or too long to replay.

The features are those of the live Watch, computed by the same kernels over the whole table at once; the label takes
the crossing of a zone's edge between two fixes from the straight line between them.
"""

from typing import NamedTuple

import numpy as np

from risk import circles, matrix, rolling
from risk.features import habit as features
from risk.habit import Approaches, Habit
from risk.samples import Samples
from risk.view import View
from vts.config import RiskConfig
from vts.errors import LogError, UsageError
from vts.schema import Alerts, Picture, Places, Scores, Statics, Tracks
from vts.units import HOUR, MINUTE


def entries(fixes, zones, *, horizon_min, window_min, reach_m, memory=None, gap_min=180.0):
    """Samples of the zone_entry head from Fixes; `zones` = [(lon, lat, radius_m), ...].

    A row is a fix and a zone within `reach_m` that it is not in. `memory` is the Habit of earlier tables, if any, and
    learns this one; their voyages must differ.
    """
    vessel, (t_ns, lon_deg, lat_deg, sog_kn, cog_deg) = fixes.voyage, fixes[2:7]
    memory = Habit(horizon_min) if memory is None else memory
    head = matrix.heads()["zone_entry"]
    n = len(t_ns)
    past = np.empty((n, len(rolling.COLUMNS)))
    columns = [np.ascontiguousarray(c, float) for c in (lon_deg, lat_deg, sog_kn, cog_deg)]
    rolling.over_fixes(vessel, t_ns, *columns, int(window_min * MINUTE), past)
    number = np.arange(n)
    tracks = Tracks(track=number, mmsi=vessel, t_ns=t_ns, lon_deg=columns[0], lat_deg=columns[1], age_s=0.0)
    tracks = tracks._replace(sog_kn=columns[2], cog_deg=columns[3])
    parts, entered = [], []
    for z, (lon, lat, radius_m) in enumerate(zones):
        at = np.empty((n, 4))
        circles.stand(*columns, lon, lat, radius_m, horizon_min * 60.0, at)
        onset, known = np.empty(n, np.int64), np.empty(n, np.int64)
        circles.next_entry_ns(
            vessel, t_ns, columns[0], columns[1], lon, lat, radius_m, int(gap_min * MINUTE), onset, known
        )
        ahead = np.where(onset >= 0, onset - t_ns, np.iinfo(np.int64).max)
        y = ahead <= int(horizon_min * MINUTE)
        crossed = np.flatnonzero((onset[:-1] > t_ns[:-1]) & (onset[:-1] <= t_ns[1:]) & (vessel[:-1] == vessel[1:]))
        entered.append(np.stack([t_ns[crossed + 1], vessel[crossed], np.full(crossed.size, z), onset[crossed]]))
        row = np.flatnonzero((at[:, 0] > 0) & (at[:, 0] <= reach_m))
        sure = y[row] | (known[row] - t_ns[row] >= int(horizon_min * MINUTE))
        places = Places(
            track=row,
            zone=np.full(row.size, z),
            edge_m=at[row, 0],
            bearing_deg=at[row, 1],
            enter_min=at[row, 2],
            pass_m=at[row, 3],
        )
        parts.append((places, y[row], sure, np.where(y[row], onset[row], -1)))
    places = Places.concat([part[0] for part in parts])
    y, sure, onset = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
    order = np.argsort(t_ns[places.track], kind="stable")
    places, y, sure, onset = places.take(order), y[order], sure[order], onset[order]
    row = places.track
    habits = _habits(memory, fixes, places, np.concatenate(entered, axis=1))
    picture = Picture(0, tracks, Statics.empty(), Alerts.empty(), Scores.empty(), places)
    view = View(picture, None, None, past, np.full(n, -1), RiskConfig(), habit=habits)
    X = matrix.matrix(head, view, (row, places))
    key = np.column_stack([vessel[row], places.zone])
    return Samples(X, y, key, vessel[row], t_ns[row], onset).take(sure)


def _habits(memory, fixes, places, entered):
    """What earlier traffic did, a row of features.habit.COLUMNS for each of `places`, in order of time.

    `entered`: time it is known, voyage, zone, time of entry. The memory learns an hour of fixes after their rows.
    """
    out = np.full((places.n, len(features.COLUMNS)), np.nan)
    row = places.track
    rows = Approaches(
        fixes.t_ns[row],
        fixes.voyage[row],
        places.zone.astype(np.int64),
        *(fixes.vessel[row], fixes.kind[row], np.full(row.size, -1)),
        *(column[row] for column in fixes[3:7]),
        places.edge_m,
    )
    fix = np.argsort(fixes.t_ns, kind="stable")
    entered = entered[:, np.argsort(entered[0], kind="stable")]
    first, last = fixes.t_ns[fix[0]] // HOUR, fixes.t_ns[fix[-1]] // HOUR + 1
    edges = np.arange(first, last + 1) * HOUR
    cuts = zip(*(np.searchsorted(t, edges) for t in (rows.t_ns, fixes.t_ns[fix], entered[0])), strict=True)
    (a, f, e), *cuts = cuts
    for start_ns, (b, g, h) in zip(edges, cuts, strict=False):
        memory.settle(int(start_ns))
        now, here = Approaches(*(column[a:b] for column in rows)), fix[f:g]
        if b > a:
            out[a:b] = features.from_counts(memory, now)
        seen = (fixes.voyage[here], fixes.t_ns[here], fixes.lon_deg[here], fixes.lat_deg[here])
        memory.step(int(start_ns + HOUR - 1), seen, now, tuple(entered[1:, e:h]))
        a, f, e = b, g, h
    return out


class Fixes(NamedTuple):
    """Past fixes, sorted by voyage, then time."""

    voyage: np.ndarray  # what the window runs over: one crossing of the area
    vessel: np.ndarray  # what train and test may share or not
    t_ns: np.ndarray
    lon_deg: np.ndarray
    lat_deg: np.ndarray
    sog_kn: np.ndarray
    cog_deg: np.ndarray
    kind: np.ndarray  # first digit of the ship type of M.1371-5; -1 unknown


NAMES = {  # column: names it goes by
    "vessel": ("mmsi", "vessel", "craft_id"),
    "voyage": ("voyage", "track_id", "track"),
    "t": ("t", "t_ns", "time", "timestamp", "basedatetime"),
    "lon_deg": ("lon_deg", "lon", "longitude"),
    "lat_deg": ("lat_deg", "lat", "latitude"),
    "sog_kn": ("sog_kn", "sog", "speed"),
    "cog_deg": ("cog_deg", "cog", "course"),
    "kind": ("ship_type", "vesseltype", "type", "typ"),
}
OPTIONAL = ("voyage", "kind")
KINDS = {"fishing": 3, "high speed": 4, "tug": 5, "passenger": 6, "cargo": 7, "tanker": 8}  # M.1371-5 table 53


def read_fixes(path):
    """The Fixes of a Parquet table with a row per position; columns go by any of NAMES, in any case.

    Raises LogError naming the file and the column that is missing. Identities written with five digits and an
    exponent are matched by those five digits, which can only call more vessels "seen".
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(path).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise LogError(f"{path}: not a Parquet table of fixes ({error}); write one row a position") from error
    given = {name.lower(): name for name in frame.columns}
    columns = {}
    for name, aliases in NAMES.items():
        found = next((given[alias] for alias in aliases if alias in given), None)
        if found is None and name not in OPTIONAL:
            raise LogError(f"{path}: no column {aliases[0]!r} (or {', '.join(aliases[1:])}); add it")
        columns[name] = frame[found] if found else None
    vessel = np.array([int(float(f"{float(v):.4e}")) for v in columns["vessel"]], np.int64)
    voyage = vessel if columns["voyage"] is None else np.unique(columns["voyage"].astype(str), return_inverse=True)[1]
    zone = "" if columns["t"].dtype.kind != "M" or columns["t"].dt.tz is None else ", UTC"
    t_ns = columns["t"].astype(f"datetime64[ns{zone}]")
    fixes = Fixes(
        voyage.reshape(-1).astype(np.int64),
        vessel,
        t_ns.astype("int64").to_numpy(),
        *(columns[name].to_numpy(float) for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg")),
        np.full(len(vessel), -1) if columns["kind"] is None else np.array([*map(_kind, columns["kind"])], np.int64),
    )
    order = np.lexsort((fixes.t_ns, fixes.voyage))
    fixes = Fixes(*(column[order] for column in fixes))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(fixes.voyage) != 0) | (np.diff(fixes.t_ns) > 0)
    return Fixes(*(column[fresh] for column in fixes))


def _kind(value):
    """First digit of a ship type given as a number or a word; -1 where it is neither."""
    try:
        return int(value) // 10 if int(value) > 0 else -1
    except (TypeError, ValueError):
        return KINDS.get(str(value).strip().lower(), -1)


def busiest(fixes, count=7, radius_nm=12.0, cell_deg=0.2):
    """[(lon, lat, radius_m), ...]: circles round the cells that most voyages pass, five radii apart, off the rim."""
    sailing = fixes.sog_kn > 5.0
    cell = np.column_stack([np.round(fixes.lon_deg[sailing] / cell_deg), np.round(fixes.lat_deg[sailing] / cell_deg)])
    passes = np.unique(np.column_stack([cell, fixes.voyage[sailing]]), axis=0)
    cells, number = np.unique(passes[:, :2], axis=0, return_counts=True)
    rim = 3 * radius_nm / 60.0
    low, high = [np.array([f(fixes.lon_deg), f(fixes.lat_deg)]) for f in (np.min, np.max)]
    out = []
    for k in np.argsort(-number, kind="stable"):
        at = cells[k] * cell_deg
        narrow = np.array([np.cos(np.radians(at[1])), 1.0])
        apart = all(np.hypot(*((at - np.array(c[:2])) * narrow)) * 60.0 >= 5 * radius_nm for c in out)
        if apart and (at > low + rim / narrow).all() and (at < high - rim / narrow).all():
            out.append((float(at[0]), float(at[1]), radius_nm * 1852.0))
        if len(out) == count:
            return out
    raise UsageError(f"only {len(out)} busy places of {count} in these fixes; ask for fewer or smaller circles")


def ports(fixes, path, radius_nm=12.0, least=20):
    """(circles [(lon, lat, radius_m), ...], names) of every port of a list into which these fixes go.

    No choice is left to whoever measures: all ports of the CSV (columns label, latitude, longitude) inside the box of
    the fixes count whose circle at least `least` voyages enter. Raises LogError, UsageError where there are none.
    """
    import pandas as pd

    try:
        listed = pd.read_csv(path)[["label", "latitude", "longitude"]].drop_duplicates("label")
        at = listed[["longitude", "latitude"]].to_numpy(float)
    except (OSError, KeyError, ValueError) as error:
        raise LogError(f"{path}: no list of ports ({error}); name columns label, latitude, longitude") from error
    zones, names = [], []
    for label, (lon, lat) in zip(listed["label"].astype(str), at, strict=True):
        if fixes.lon_deg.min() <= lon <= fixes.lon_deg.max() and fixes.lat_deg.min() <= lat <= fixes.lat_deg.max():
            inside = np.hypot((fixes.lon_deg - lon) * np.cos(np.radians(lat)), fixes.lat_deg - lat) * 60.0 < radius_nm
            if np.unique(fixes.voyage[inside]).size >= least:
                zones.append((float(lon), float(lat), radius_nm * 1852.0))
                names.append(label)
    if not zones:
        raise UsageError(f"{path}: none of its ports is entered by {least} voyages of these fixes; name another list")
    return zones, names


def evaluate_fixes(
    train, test, *, zones=None, harbours=None, horizon_min=180.0, window_min=370.0, reach_nm=60.0, seed=1
):
    """The protocol's table of a zone-entry head trained on one table of fixes and tested on a later one.

    `train`, `test` are paths for read_fixes; `zones` default to the busiest seven circles of 12 nm of the training
    table, or with `harbours`, a list of ports, to all that its voyages enter. "by_zone" shows the spread over them.
    The last fifth of the training time calibrates. The model is judged and thrown away.
    """
    from risk import evaluation, model, training

    early, late = read_fixes(train), read_fixes(test)
    names = None
    if harbours is not None:
        zones, names = ports(early, harbours)
    zones = zones or busiest(early)
    parts, memory = [], Habit(horizon_min)  # what the early table teaches is known in the late one
    late = late._replace(voyage=late.voyage + 1 + early.voyage.max())
    for fixes in (early, late):
        rows = entries(
            fixes, zones, horizon_min=horizon_min, window_min=window_min, reach_m=reach_nm * 1852.0, memory=memory
        )
        who = dict(zip(fixes.voyage.tolist(), fixes.vessel.tolist(), strict=True))
        parts.append(rows._replace(vessel=np.array([who[v] for v in rows.vessel.tolist()], np.int64)))
    fit_rows, test_rows = parts
    cut = np.quantile(fit_rows.t_ns, 0.8)
    early_rows = fit_rows.take(fit_rows.t_ns < cut - horizon_min * MINUTE)
    calibrate = fit_rows.take(fit_rows.t_ns >= cut)
    head = training.fit_head("zone_entry", early_rows, calibrate, seed, horizon_min)
    trained = model.build({"heads": {}}, {"zone_entry": head})
    out = evaluation.judge(trained, "zone_entry", fit_rows, test_rows, seed)
    unseen = test_rows.take(~np.isin(test_rows.vessel, fit_rows.vessel))
    by_zone = {names[z] if names else str(z): _one(trained, unseen, z) for z in range(len(zones))}
    return out | {"zones": zones, "by_zone": by_zone}


def _one(trained, rows, zone):
    """The measures of one zone's rows."""
    from risk import evaluation, model

    rows = rows.take(rows.key[:, 1] == zone)
    p = model.probability(trained, "zone_entry", rows.X)
    return {
        "rows": rows.n,
        "positive": int(rows.y.sum()),
        "ap": evaluation.average_precision(rows.y, p),
        "recall_at_precision_0.9": evaluation.recall_at_precision(rows.y, p),
        "brier_skill": evaluation.brier_skill(rows.y, p) if rows.n else float("nan"),
    }
