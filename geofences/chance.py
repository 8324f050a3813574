"""The normal distribution, for the rules that look ahead."""

import numpy as np


def ndtr(z):
    """Chance that a standard normal number is below each z, shape of z.

    SciPy is imported where there is something to ask: that takes half a second, and most Pictures ask nothing.
    """
    if not np.size(z):
        return np.empty(0)
    from scipy import special

    return special.ndtr(z)
