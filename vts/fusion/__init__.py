"""Reports in, Pictures out: the tracker and its kernels."""

from vts.fusion.explain import Explanation, explain
from vts.fusion.tracker import Tracker, fuse

__all__ = ["Explanation", "Tracker", "explain", "fuse"]
