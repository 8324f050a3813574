"""One file per behaviour; a file's presence is its registration.

A behaviour has UNIT (of `excess`), CITATION, POLICY, TITLE, TEXT, PARAMETERS, and evaluate(view, memory) -> Findings.
`memory` is its own dict of numbers, strings, lists and Ledgers (risk/ledger.py), kept, saved and loaded by the Watch.
One with SAME_AS and WAIT_S, the name of a finding of fusion and its patience in s, is not told where that finding is.
"""

from functools import cache

from vts.plugins import discover


@cache
def catalogue():
    """{name: module} of every behaviour, by name."""
    return discover(__name__)
