"""Every category's file keeps the contract of its folder."""

import numpy as np
import pytest

from vts.plugins import discover
from vts.radar import asterix
from vts.radar.tables import COMPOUND, EXT, FIXED, SPARE, categories, table

MODULES = discover("vts.radar.categories")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_category_names_only_columns_that_it_has(name):
    module = MODULES[name]
    tab = table(int(name[3:]), module.EDITION)
    named = [*module.REPORT.values(), *getattr(module, "NOT_MEASURED", {})]
    assert set(named) <= set(tab.fields)
    assert {"i010_sac", "i010_sic"} <= set(tab.fields)
    assert "tod_s" in module.REPORT
    assert set(module.REPORT) <= set(asterix._NOUNS)
    assert set(getattr(module, "NOT_MEASURED", {}).values()) <= set(asterix._FLAGS)


@pytest.mark.parametrize("category", sorted(categories()))
def test_fields_fill_their_items_without_overlap(category):
    tab = table(category)
    for row, (kind, size, first, count) in enumerate(tab.items.tolist()):
        if kind in (FIXED, EXT):
            bits = np.zeros(size * 8, int)
            for field in tab.by_item.get(row, ()):
                bits[field.bit : field.bit + field.bits] += 1
            assert bits.max() <= 1, tab.names[row]
            assert kind == FIXED or not bits[7::8].any(), tab.names[row]  # FX bits belong to nobody
        elif kind == COMPOUND:
            assert first > row
            assert all(tab.items[first + k, 0] != COMPOUND for k in range(count))
        assert kind != SPARE or row not in tab.by_item


def test_formats_of_the_issue_are_there():
    want = {10: "1.1", 48: "1.32", 34: "1.29", 62: "1.21", 240: "1.3", 15: "1.2", 1: "1.4", 2: "1.2"}
    assert want == {category: table(category).edition for category in categories()}
