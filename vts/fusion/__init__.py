"""Reports in, Pictures out: the tracker and its kernels."""

from vts.fusion.tracker import Tracker, fuse

__all__ = ["Tracker", "fuse"]
