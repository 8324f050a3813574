"""What the rules share that foresee a place: how likely it must be, and how much of the horizon is left."""

import numpy as np

CHANCE = (60.0, "%", "ours: what is as likely to miss is not told")


def left_min(scene, pairs, chance, enter_min, horizon_min):
    """Minutes left of the horizon (zones,) when each of the Pairs gets there; 0 where that is not likely enough.

    `chance` is of 1; `enter_min` is NaN where her middle run does not get there. The zone's `chance_pct` decides.
    """
    likely = 100.0 * chance >= scene.terms.value("chance_pct", CHANCE[0])[pairs.zone]
    return np.where(likely & (enter_min > 0), horizon_min[pairs.zone] - enter_min, 0.0)
