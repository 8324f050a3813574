"""The model: its heads as plain arrays, saved as npz + JSON, refused with one sentence when anything does not fit.

No pickle is ever written or read. A model holds for each head a boosted forest, an additive spline logistic, their
blend, a calibration, and the rule that stands in where the head was not promoted.
"""

import hashlib
import html
import io
import json
import math
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from risk import boosted, matrix, trees
from vts.errors import ModelError

FORMAT = "lingding-model/1"
MANIFEST, ARRAYS, CARD = "manifest.json", "arrays.npz", "CARD.md"
MAX_BYTES = 64 << 20
MAX_MANIFEST_BYTES = 4 << 20


class Head(NamedTuple):
    """One trained head. Matrix columns are `features` in order."""

    name: str
    features: tuple  # ((name, unit), ...)
    horizon_min: float
    lead_min: float
    window_min: float
    promoted: bool  # False: the calibrated rule speaks
    blend: float  # share of the forest in the log-odds, the rest is the spline logistic's
    scale: float  # calibration of the log-odds: scale * z + shift
    shift: float
    threshold: float  # probability that gives the alarm budget on the calibration period
    forest: boosted.Forest
    knots: np.ndarray  # (features, m)
    heights: np.ndarray  # (features, m)
    missing: np.ndarray  # (features,)
    intercept: np.ndarray  # (1,)
    rule_x: np.ndarray  # calibrated rule: probability rule_y at score rule_x
    rule_y: np.ndarray
    bin_edges: np.ndarray  # (features, 9) deciles of the training rows, for drift
    bin_share: np.ndarray  # (features, 11) share of rows in each bin, the last one missing values


class Model(NamedTuple):
    """Trained heads with the manifest that says where they come from; `scorers` are the forests laid out for speed."""

    manifest: dict
    heads: dict
    scorers: dict

    def _repr_html_(self):
        """The heads as a table, for a notebook: what speaks, for how long ahead, from how many features."""
        names = ("head", "who speaks", "horizon min", "features", "alarm at")
        rows = [
            (h.name, "model" if h.promoted else "rule", f"{h.horizon_min:g}", len(h.features), f"{h.threshold:.3f}")
            for h in self.heads.values()
        ]
        lines = ["".join(f"<th>{name}</th>" for name in names)]
        lines += ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
        made = html.escape(str(self.manifest.get("source") or self.manifest.get("created_with") or ""))
        return f"<table><caption>Model {made}</caption>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


SCALARS = ("horizon_min", "lead_min", "window_min", "promoted", "blend", "scale", "shift", "threshold")
ARRAY_FIELDS = ("knots", "heights", "missing", "intercept", "rule_x", "rule_y", "bin_edges", "bin_share")


def build(manifest, heads):
    """A Model ready to score."""
    scorers = {name: boosted.scorer(head.forest, len(head.features)) for name, head in heads.items()}
    return Model(manifest, heads, scorers)


def log_odds(model, name, X):
    """Blended and calibrated log-odds of a head, shape (n,)."""
    head = model.heads[name]
    z = np.zeros(len(X))
    if head.blend > 0:
        z += head.blend * boosted.raw(model.scorers[name], X)
    if head.blend < 1:
        z += (1 - head.blend) * spline(head, X)
    return head.scale * z + head.shift


def spline(head, X):
    """Log-odds of the additive part alone."""
    out = np.empty(len(X))
    trees.additive(X, head.knots, head.heights, head.missing, float(head.intercept[0]), out)
    return out


def rule_probability(head, X):
    """Probability by the calibrated rule, shape (n,)."""
    module = matrix.heads()[head.name]
    return np.interp(module.rule(matrix.columns(module, X)), head.rule_x, head.rule_y)


def probability(model, name, X):
    """Calibrated probability of a head for matrix X, shape (n,): the model's where promoted, else the rule's."""
    head = model.heads[name]
    if not head.promoted:
        return rule_probability(head, X)
    z = log_odds(model, name, X)
    return 1.0 / (1.0 + np.exp(-np.clip(z, -500, 500)))


def contributions(model, name, X):
    """What each feature added to the log-odds of each row, shape of X; of the spline against its mean height."""
    head = model.heads[name]
    total = np.zeros(X.shape)
    if head.blend > 0:
        total += head.blend * boosted.explain(head.forest, X)
    if head.blend < 1:
        here = np.empty(X.shape)
        trees.heights_of(X, head.knots, head.heights, head.missing, here)
        total += (1 - head.blend) * (here - np.array([height.mean() for height in head.heights]))
    return head.scale * total


def _arrays(heads):
    """{name: array} of everything that is not a scalar."""
    out = {}
    for name, head in heads.items():
        out |= {f"{name}.{field}": np.asarray(getattr(head, field)) for field in ARRAY_FIELDS}
        out |= {f"{name}.forest.{field}": array for field, array in head.forest._asdict().items()}
    return out


def save(model, path, card=""):
    """Write manifest.json, arrays.npz and CARD.md into the folder `path`: the same model gives the same bytes."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in sorted(_arrays(model.heads).items()):
            raw = io.BytesIO()
            np.save(raw, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), raw.getvalue(), zipfile.ZIP_DEFLATED, 6)
    manifest = model.manifest | {
        "format": FORMAT,
        "arrays_sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        "heads": {
            name: model.manifest["heads"].get(name, {})
            | {"features": [list(f) for f in head.features]}
            | {key: getattr(head, key) for key in SCALARS}
            for name, head in model.heads.items()
        },
    }
    (path / ARRAYS).write_bytes(packed.getvalue())
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (path / MANIFEST).write_text(text + "\n", encoding="utf-8")
    if card:
        (path / CARD).write_text(card, encoding="utf-8")


def load(path):
    """The Model in a folder written by `save`.

    Raises ModelError, one sentence, for a missing, damaged or foreign file, another format, or other features than
    this version computes.
    """
    path = Path(path)
    manifest = _manifest(path)
    arrays = _unpack(path, manifest)
    heads = {}
    for name, entry in manifest["heads"].items():
        if name not in matrix.heads():
            raise ModelError(f"{path}: this version has no head {name!r}; train the model anew with `vts train`")
        wanted = tuple((key, text[0]) for key, text in matrix.features(matrix.heads()[name]).items())
        try:
            given = tuple((str(key), str(unit)) for key, unit in entry["features"])
            if given != wanted:
                odd = sorted(set(given) ^ set(wanted)) or ["their order"]
                raise ModelError(f"{path}: features of {name} differ ({odd[0]}); train the model anew with `vts train`")
            heads[name] = _head(name, given, entry, arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path}: head {name} is damaged ({error}); restore or retrain the model") from error
    if not heads:
        raise ModelError(f"{path}: the model has no head; train it with `vts train`")
    return build(manifest, heads)


def _manifest(path):
    """The checked manifest."""
    file = path / MANIFEST
    try:
        if file.stat().st_size > MAX_MANIFEST_BYTES:
            raise ModelError(f"{file}: larger than a manifest can be; this is not a Lingding model")
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror}); name a folder made by `vts train`") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file}: not a JSON manifest; restore the file or retrain the model") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise ModelError(f"{file}: format {str(found)[:40]!r} is not {FORMAT!r}; train the model anew with `vts train`")
    if not isinstance(manifest.get("heads"), dict) or not all(isinstance(h, dict) for h in manifest["heads"].values()):
        raise ModelError(f"{file}: names no heads; restore the file or retrain the model")
    return manifest


def _unpack(path, manifest):
    """{name: array} of the archive, after its hash and its sizes have been checked."""
    file = path / ARRAYS
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ModelError(f"{file}: larger than {MAX_BYTES >> 20} MB; this is not a Lingding model")
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror}); restore it beside {MANIFEST}") from error
    if hashlib.sha256(data).hexdigest() != manifest.get("arrays_sha256"):
        raise ModelError(f"{file}: does not match the hash in {MANIFEST}; restore both files or retrain the model")
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > 4 * MAX_BYTES:
                raise ValueError("too large when unpacked")
            for info in archive.infolist():
                arrays[info.filename.removesuffix(".npy")] = np.load(io.BytesIO(archive.read(info)), allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{file}: damaged ({error}); restore it or retrain the model") from error
    return arrays


def _head(name, features, entry, arrays):
    """One Head from manifest and arrays; ValueError names what does not fit."""
    k = len(features)
    scalars = {key: entry[key] for key in SCALARS}
    for key, value in scalars.items():
        if key != "promoted" and not (isinstance(value, int | float) and math.isfinite(value)):
            raise ValueError(f"{key} is {value!r}")
    if not isinstance(scalars["promoted"], bool) or not 0 <= scalars["blend"] <= 1:
        raise ValueError("blend or promotion out of range")
    fields = {field: arrays[f"{name}.{field}"] for field in ARRAY_FIELDS}
    forest = boosted.Forest(**{field: arrays[f"{name}.forest.{field}"] for field in boosted.Forest._fields})
    kinds = {"baseline": "f", "threshold": "f", "value": "f", "missing_left": "b"}
    if any(array.dtype.kind != kinds.get(field, "i") for field, array in forest._asdict().items()):
        raise ValueError("tree arrays of a wrong type")
    boosted.check(forest, k)
    m = fields["knots"].shape[-1]
    shapes = {"knots": (k, m), "heights": (k, m), "missing": (k,), "intercept": (1,)}
    shapes |= {"bin_edges": (k, 9), "bin_share": (k, 11), "rule_y": fields["rule_x"].shape}
    if any(fields[field].shape != shape for field, shape in shapes.items()) or m < 2:
        raise ValueError("arrays of a wrong shape")
    if any(a.dtype != np.float64 or not np.isfinite(a).all() for a in fields.values()):
        raise ValueError("arrays that are not finite numbers")
    if np.any(np.diff(fields["knots"], axis=1) <= 0) or fields["rule_x"].ndim != 1 or fields["rule_x"].size < 2:
        raise ValueError("knots out of order")
    return Head(name=name, features=features, **scalars, forest=forest, **fields)
