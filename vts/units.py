"""Factors that turn a seaman's unit into SI: multiply to enter a kernel, divide to leave it."""

import math

NM = 1852.0  # m in an international nautical mile
KN = NM / 3600.0  # m/s in a knot
DEG = math.pi / 180.0  # rad in a degree
S = 1_000_000_000  # ns in a second
MINUTE = 60 * S
HOUR = 3600 * S
DAY = 86_400 * S
FT = 0.3048  # m in a foot
YD = 0.9144  # m in a yard
KMH = 1 / 3.6  # m/s in a km/h
