"""Feature matrices of a head: its families' columns, side by side, in one order."""

from functools import cache

import numpy as np

from vts.plugins import discover


@cache
def families():
    """{name: module} of every feature family."""
    return discover("risk.features")


@cache
def heads():
    """{name: module} of every head."""
    return discover("risk.heads")


def features(head):
    """{name: (unit, English, Chinese)} of a head's features, in the order of its matrix."""
    return {name: text for family in head.FAMILIES for name, text in families()[family].COLUMNS.items()}


def matrix(head, view, rows):
    """X (n, features) of a head's candidates. A place row brings its track's motion with it."""
    parts = []
    for name in head.FAMILIES:
        family = families()[name]
        own = rows[0] if head.ROWS == "place" and family.ROWS == "track" else rows
        parts.append(np.asarray(family.compute(view, own), np.float64))
    return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.hstack(parts))


def columns(head, X):
    """{feature: column} of a matrix."""
    return {name: X[:, k] for k, name in enumerate(features(head))}
