"""Go or no-go: what the weather says against the limits of a corridor or terminal."""

import math
from typing import NamedTuple

# limit: (column of the weather register, words, whether more is worse)
LIMITS = {
    "max_wind_mps": ("wind_mps", "wind, m/s", True),
    "min_visibility_m": ("visibility_m", "visibility, m", False),
    "max_wave_m": ("wave_m", "waves, m", True),
}


class Verdict(NamedTuple):
    """The worst of the limited quantities."""

    excess_pct: float  # beyond its limit; 0 or less: go; NaN: a limited quantity is not known
    what: str
    value: float
    limit: float

    @property
    def go(self):
        """True, False, or None where it cannot be told."""
        return None if math.isnan(self.excess_pct) else self.excess_pct <= 0


def verdict(limits, now):
    """The Verdict of values `now` against `limits`, both by the names of LIMITS; inf, 0 or NaN limits do not limit."""
    worst = Verdict(0.0, "", math.nan, math.nan)
    unknown = None
    for name, (_, words, more_is_worse) in LIMITS.items():
        limit, value = float(limits.get(name, math.nan)), float(now.get(name, math.nan))
        if math.isnan(limit) or math.isinf(limit) or limit <= 0:
            continue
        if math.isnan(value):
            unknown = unknown or Verdict(math.nan, words, value, limit)
            continue
        excess = value / limit - 1.0 if more_is_worse else limit / max(value, 1e-9) - 1.0
        if 100.0 * excess > worst.excess_pct:
            worst = Verdict(100.0 * excess, words, value, limit)
    return worst if worst.excess_pct > 0 or unknown is None else unknown
