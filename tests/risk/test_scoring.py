"""Scores: any restart and any batching give the same bits, and a foreign model folder is refused."""

import hashlib
import io
import itertools
import json
import shutil

import numpy as np
import pytest

import risk
from risk import model, reasons, traffic
from risk.card import card
from vts.errors import ModelError, StateError
from vts.paths import data_dir
from vts.units import HOUR

SHIPPED = data_dir() / "models" / "current"


def some_pictures(count, start=500):
    return list(itertools.islice(traffic.day(11, 3, ships=60)[1], start, start + count))


def same(a, b):
    return all(
        np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
        for one, other in zip(a, b, strict=True)
        for p, q in ((one.scores, other.scores), (one.alerts, other.alerts))
        for x, y in zip(p, q, strict=True)
    )


def test_saving_and_loading_the_watch_at_any_step_changes_nothing(tmp_path, few):
    trained = risk.load(SHIPPED)
    pictures = some_pictures(few(60, 6))
    expected = list(risk.score(pictures, trained, risk.Watch()))
    watch, found = risk.Watch(), []
    for k, picture in enumerate(pictures):
        found += risk.score([picture], trained, watch)
        if k % 3 == 0:
            watch.save(tmp_path / "watch")
            watch = risk.Watch.load(tmp_path / "watch")
    assert same(expected, found)


def test_shipped_model_scores_and_gives_reasons_in_both_languages(few):
    trained = risk.load(SHIPPED)
    scored = list(risk.score(some_pictures(few(40, 5)), trained))[-1].scores
    assert np.nanmax(scored.risk) <= 1 and np.nanmin(scored.risk) >= 0
    riskiest = scored.reason_1[np.nanargmax(scored.risk)]
    assert riskiest
    for code in set(scored.reason_1) - {""}:
        assert "?" not in reasons.word(code) and reasons.word(code) != reasons.word(code, "zh")


def test_without_a_model_alerts_come_and_no_head_speaks(few):
    scored = list(risk.score(some_pictures(few(10, 3)), None))
    assert {""} == set(scored[-1].scores.head.tolist())


def test_score_needs_motion_and_fresh_data():
    picture = some_pictures(1)[0]
    sog, age = picture.tracks.sog_kn.copy(), picture.tracks.age_s.copy()
    sog[0], age[1] = np.nan, 900.0
    scores = next(
        iter(risk.score([picture._replace(tracks=picture.tracks._replace(sog_kn=sog, age_s=age))], None))
    ).scores
    assert np.isnan(scores.risk[:2]).all()
    assert reasons.word(scores.reason_1[1]) == "insufficient data: last report 900 s ago"
    assert reasons.band(scores.risk[0]) == "insufficient data"


def repacked(data, change):
    """The archive with its arrays changed."""
    with np.load(io.BytesIO(data)) as archive:
        arrays = dict(archive)
    change(arrays)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _with_nan(data, name):
    return repacked(data, lambda arrays: arrays[f"{name}.forest.value"].fill(np.nan))


def _with_an_object(data, name):
    odd = np.array([{"a": 1}], object)
    return repacked(data, lambda arrays: arrays.update({f"{name}.knots": odd}))


def _of_another_size(data, name):
    return repacked(data, lambda arrays: arrays.update({f"{name}.heights": np.zeros((2, 2))}))


def _bomb(data, name):
    return repacked(data, lambda arrays: arrays.update(bomb=np.zeros(40_000_000)))


FORGED = {
    "truncated": lambda data, name: data[: len(data) // 2],
    "a bomb": _bomb,
    "NaN": _with_nan,
    "a pickled object": _with_an_object,
    "another size": _of_another_size,
    "no archive": lambda data, name: b"\x80\x04pickle",
}


def damage(folder, what):
    manifest = json.loads((folder / "manifest.json").read_text())
    name = next(iter(manifest["heads"]))
    if what == "byte":
        data = bytearray((folder / "arrays.npz").read_bytes())
        data[len(data) // 2] ^= 1
        (folder / "arrays.npz").write_bytes(bytes(data))
    elif what == "arrays missing":
        (folder / "arrays.npz").unlink()
    elif what == "manifest missing":
        (folder / "manifest.json").unlink()
    elif what == "not JSON":
        (folder / "manifest.json").write_bytes(b"\x80pickle")
    elif what == "format":
        manifest["format"] = "other/9"
    elif what == "feature":
        manifest["heads"][name]["features"][0] = ["draught_m", "m"]
    elif what == "unit":
        manifest["heads"][name]["features"][0][1] = "km/h"
    elif what == "head":
        manifest["heads"]["grounding"] = manifest["heads"].pop(name)
    elif what == "scalar":
        manifest["heads"][name]["scale"] = "1"
    elif what == "no heads":
        manifest["heads"] = {}
    elif what == "blend":
        manifest["heads"][name]["blend"] = 7
    elif what in FORGED:
        data = FORGED[what]((folder / "arrays.npz").read_bytes(), name)
        (folder / "arrays.npz").write_bytes(data)
        manifest["arrays_sha256"] = hashlib.sha256(data).hexdigest()  # whoever forges one file forges both
    if what not in ("byte", "arrays missing", "manifest missing", "not JSON"):
        (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "what",
    [
        "byte",
        "arrays missing",
        "manifest missing",
        "not JSON",
        "format",
        "feature",
        "unit",
        "head",
        "scalar",
        "no heads",
        "blend",
        *FORGED,
    ],
)
def test_a_damaged_or_foreign_model_is_refused_in_one_sentence(what, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    assert risk.load(folder).heads
    damage(folder, what)
    with pytest.raises(ModelError) as told:
        risk.load(folder)
    assert str(folder) in str(told.value) and "\n" not in str(told.value) and "; " in str(told.value)


def test_a_saved_model_loads_to_the_same_scores_and_the_same_bytes(tmp_path):
    trained = risk.load(SHIPPED)
    model.save(trained, tmp_path / "a")
    again = risk.load(tmp_path / "a")
    model.save(again, tmp_path / "b")
    assert (tmp_path / "a" / "arrays.npz").read_bytes() == (tmp_path / "b" / "arrays.npz").read_bytes()
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()
    for name, head in trained.heads.items():
        X = np.random.default_rng(1).normal(size=(50, len(head.features)))
        assert np.array_equal(model.probability(trained, name, X), model.probability(again, name, X))


def test_the_shipped_card_is_the_models_and_calls_a_missed_target_missed():
    trained = risk.load(SHIPPED)
    text = (SHIPPED / "CARD.md").read_text(encoding="utf-8")
    assert card(trained) == text
    asked = [[c.strip() for c in line.split("|")] for line in text.splitlines() if line.endswith(("met |", "MISSED |"))]
    told = {(row[1], row[2], row[3]): row[-2] for row in asked if len(row) == 9}
    least = {(row[1], row[3]): row[-3] for row in asked if len(row) == 9 and row[-3]}
    for name in trained.heads:
        for who in ("all", "unseen"):
            metrics = trained.manifest["heads"][name]["metrics"][who]
            at_10 = metrics["at_alarms_per_hour"]["10"]["model"]
            verdict = "MISSED" if at_10["false_share"] > 0.1 else "met"
            assert verdict == told[name, "false share at 10 alarms an hour", who]
            start, end = trained.manifest["heads"][name]["periods"][2]
            share = metrics["events"] / ((end - start) / HOUR) / at_10["alarms_per_hour"]
            assert float(least[name, who]) == pytest.approx(max(0.0, 1 - share), abs=0.001)
    assert ("MISSED", "MISSED") == (
        told["close_approach", "false share at 10 alarms an hour", "all"],
        told["going_dark", "gain over the rule, lower end", "unseen"],
    )


def test_a_foreign_watch_file_is_refused(tmp_path):
    (tmp_path / "watch").write_bytes(b"PK\x03\x04 not a watch")
    with pytest.raises(StateError):
        risk.Watch.load(tmp_path / "watch")
