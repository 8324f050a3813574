"""Why: a reason as a short code that a table can hold, and the same reason in English or Chinese.

A code is "kind.name|key=value;key=value": kind `head` (the fact that a head's rule states), `alert` (a behaviour that
holds), `feature` (what moved the model most), or `data` (why there is no score).
"""

import math

from risk import matrix
from risk.behaviours import catalogue
from vts.wording import measure_text, translator

BANDS = ((0.6, "high", "高"), (0.3, "raised", "较高"), (0.1, "moderate", "中"), (0.0, "low", "低"))
DATA = {
    "no_motion": {"en": "insufficient data: speed or position unknown", "zh": "数据不足：航速或船位未知"},
    "stale": {"en": "insufficient data: last report {age_s} s ago", "zh": "数据不足：{age_s} 秒前最后报告"},
}
CHARS = 64


def code(kind, name, numbers=None):
    """The code of a reason, at most 64 characters; numbers that do not fit are left out whole."""
    return told(kind, name, ";".join([f"{key}={_number(value)}" for key, value in (numbers or {}).items()]))


def told(kind, name, detail):
    """The same of numbers that are a text already, "key=value;key=value"."""
    text = f"{kind}.{name}|{detail}" if detail else f"{kind}.{name}"
    if len(text) <= CHARS:
        return text
    cut = max(text.rfind(";", 0, CHARS + 1), text.find("|", 0, CHARS + 1))
    return text[: cut if cut >= 0 else CHARS]


def _number(value):
    """Three digits at most: an officer reads bands, not noise."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def word(reason, language="en", names=None):
    """A reason's sentence in "en" or "zh"; `names` {"zone": ..., "other": ...} replace numbers by names."""
    head, _, numbers = str(reason).partition("|")
    kind, _, name = head.partition(".")
    tr = translator(language)
    said = dict(part.split("=", 1) for part in numbers.split(";") if "=" in part)
    keys = {key: _said(name if kind == "feature" else key, value, tr) for key, value in said.items()} | (names or {})
    if kind == "head" and name in matrix.heads():
        return _fill(matrix.heads()[name].TEXT[language], keys)
    if kind == "alert" and name in catalogue():
        behaviour = catalogue()[name]
        keys = {key: tr(value) for key, value in keys.items()}
        return _fill(getattr(behaviour, "REASON", behaviour.TITLE)[language], keys)
    if kind == "data" and name in DATA:
        return _fill(DATA[name][language], keys)
    for family in matrix.families().values():
        if kind == "feature" and name in family.COLUMNS:
            unit, english, chinese = family.COLUMNS[name]
            value = keys.get("value", "")
            return f"{chinese if language == 'zh' else english} {value} {'' if unit == '1' else unit}".strip()
    return str(reason)


def _said(name, text, tr):
    """A number of a code no finer than it is known; other text as it is."""
    try:
        return measure_text(name, float(text), tr)
    except ValueError:
        return text


class _Blanks(dict):
    """Keys that a reason does not carry read as a question mark."""

    def __missing__(self, key):
        return "?"


def _fill(template, keys):
    return template.format_map(_Blanks(keys))


def band(risk, language="en"):
    """The band of a risk in [0, 1]; "insufficient data" where it is NaN."""
    if math.isnan(risk):
        return {"en": "insufficient data", "zh": "数据不足"}[language]
    for floor, english, chinese in BANDS:
        if risk >= floor:
            return chinese if language == "zh" else english
    return "low"
