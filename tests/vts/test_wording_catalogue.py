"""No message lacks a translation: every text that the code asks for is in the Chinese catalogue, fields and all."""

import ast
import string
from pathlib import Path

import pytest

from risk import boarding
from vts import schema, wording

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS = [ROOT / "cli.py", ROOT / "risk" / "boarding.py", *sorted((ROOT / "vts").glob("*.py"))]
CHINESE = wording.read_po(ROOT / "data" / "locale" / "zh.po")


def asked():
    """Every literal text given to a translator, and the words that tables of codes hold."""
    texts = {*schema.SEVERITIES, *(f"{s}s" for s in schema.SEVERITIES), *schema.ALERT_STATES, *schema.TRACK_STATES}
    texts |= {"noted", *boarding.MARKS.values()}
    for path in SPEAKERS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("tr", "_tr") and isinstance(node.args[0].value, str):
                    texts.add(node.args[0].value)
    return texts


def fields(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_message_has_a_chinese_translation():
    assert set() == asked() - set(CHINESE)


def test_no_translation_is_left_of_a_message_that_is_gone():
    assert set() == set(CHINESE) - asked()


@pytest.mark.parametrize("text", sorted(CHINESE))
def test_a_translation_fills_the_same_fields(text):
    assert fields(text) == fields(CHINESE[text])
    assert CHINESE[text] != text or text in ("AIS",)
