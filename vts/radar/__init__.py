"""Radar: from the antenna's bytes to plots and tracks; one file per format."""
