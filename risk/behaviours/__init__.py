"""One file per behaviour; a file's presence is its registration.

A behaviour has UNIT (of `excess`), CITATION, POLICY, TITLE, TEXT, PARAMETERS, and evaluate(view, memory) -> Findings.
`memory` is its own dict of numbers, strings, lists and Ledgers (risk/ledger.py), kept, saved and loaded by the Watch.
"""

from functools import cache

from vts.plugins import discover


@cache
def catalogue():
    """{name: module} of every behaviour, by name."""
    return discover(__name__)
