"""One file per behaviour; a file's presence is its registration.

A behaviour has UNIT (of `excess`), CITATION, POLICY, TITLE, TEXT, PARAMETERS, and evaluate(view, memory) -> Findings.
`memory` is its own dict of numbers, strings, lists and Ledgers (risk/ledger.py), kept, saved and loaded by the Watch.
One with SAME_AS and WAIT_S, names of findings of fusion and their patience in s, is not told where one of them is.
"""

from functools import cache

from vts.plugins import discover


@cache
def catalogue():
    """{name: module} of every behaviour, by name."""
    return discover(__name__)
