"""A ledger against plain dicts, and the vectorised tests of numbers against those of one number."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from risk.identity import country_of, imo_fails, imo_valid, ship_mmsi, well_formed
from risk.ledger import Ledger, rounds

KEYS = st.lists(st.integers(-5, 20), max_size=12)


@given(st.lists(KEYS, max_size=6), KEYS)
def test_a_ledger_keeps_what_a_dict_keeps(writes, asked):
    ledger, plain = Ledger(value="f8"), {}
    for k, keys in enumerate(writes):
        for rows in rounds(np.array(keys, np.int64)):
            some = np.array(keys, np.int64)[rows]
            ledger.put(some, value=rows + 100.0 * k)
        plain |= {key: i + 100.0 * k for i, key in enumerate(keys)}
        ledger.keep(ledger["value"] % 3 != 0)
        plain = {key: value for key, value in plain.items() if value % 3 != 0}
    again = Ledger.restore(json.loads(json.dumps(ledger.dump())))
    at = again.at(np.array(asked, np.int64))
    assert [plain.get(key) for key in asked] == [again["value"][row] if row >= 0 else None for row in at]
    assert len(plain) == len(again)


@given(st.lists(st.integers(0, 2**30 - 1) | st.integers(110_000_000, 112_999_999) | st.integers(0, 99_999_999)))
def test_a_number_is_judged_alone_as_among_others(numbers):
    column = np.array(numbers, np.int64)
    assert [bool(ship_mmsi(n) and country_of(n)) for n in numbers] == well_formed(column).tolist()
    assert [not imo_valid(n) for n in numbers] == imo_fails(column).tolist()
