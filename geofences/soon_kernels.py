"""Whether a vessel will enter a zone within a horizon, by her own uncertainty."""

import math

from geofences import kernels
from vts.jit import kernel
from vts.units import DEG, KN

# the middles of nine slices of equal probability of the standard normal distribution
_NINTHS = (-1.5932, -0.9674, -0.5895, -0.2822, 0.0, 0.2822, 0.5895, 0.9674, 1.5932)


@kernel
def chances(
    lon_deg, lat_deg, sog_kn, cog_deg, p_m2, pv_m2s, v_m2s2, row, zone, horizon_s, edges, edge_first, boxes, box_first,
    out_chance, out_enter_s,
):  # fmt: skip
    """Write, for each pair, the share of nine equally likely runs that meet the zone's edge within horizon_s[k], and
    the earliest time of the middle run (NaN: it does not).

    p, pv and v are the covariance across the course, per track: the runs fan out from the position to where the
    vessel would be after the horizon, displaced by the standard deviation there. Who does not move meets nothing.
    """
    for k in range(row.size):
        i, h = row[k], horizon_s[k]
        run_m = sog_kn[i] * KN * h
        out_chance[k], out_enter_s[k] = 0.0, math.nan
        if not run_m > 0.0:
            continue
        sigma_m = math.sqrt(max(p_m2[i] + 2.0 * pv_m2s[i] * h + v_m2s2[i] * h * h, 0.0))
        met = 0
        for z in _NINTHS:
            course = cog_deg[i] + math.atan(z * sigma_m / run_m) / DEG
            seconds, _ = kernels.approach(
                lon_deg[i], lat_deg[i], sog_kn[i], course, h, zone[k], edges, edge_first, boxes, box_first
            )
            if seconds <= h:
                met += 1
                if z == 0.0:
                    out_enter_s[k] = seconds
        out_chance[k] = met / 9.0
