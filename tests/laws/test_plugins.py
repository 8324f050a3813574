"""Every plug-in is found by its presence and keeps its folder's contract."""

import string

import pytest

from vts.lifecycle import Policy
from vts.plugins import discover

RULES = [
    (f"{folder}.{name}", rule)
    for folder in ("geofences.rules", "risk.behaviours", "vts.fusion.findings")
    for name, rule in discover(folder).items()
]


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[name for name, _ in RULES])
def test_a_rule_can_stand_before_an_officers_superior(name, rule):
    """Words in both languages with the same facts, a unit, a citation, patience, and parameters with their sources."""
    assert {"en", "zh"} == set(rule.TEXT) == set(rule.TITLE)
    facts = [{field for _, field, _, _ in string.Formatter().parse(rule.TEXT[lang]) if field} for lang in ("en", "zh")]
    assert facts[0] == facts[1]
    assert rule.CITATION and isinstance(rule.UNIT, str) and isinstance(rule.POLICY, Policy)
    for _default, unit, source in rule.PARAMETERS.values():
        assert isinstance(unit, str) and source
    assert callable(rule.evaluate) and rule.__doc__ and len(name.rsplit(".", 1)[1]) <= 40
