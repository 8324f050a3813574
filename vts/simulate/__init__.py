"""Scenarios with truth, written out as the bytes that real sensors send."""
