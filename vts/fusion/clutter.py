"""What a radar site sees where there is nothing, and misses where there is something: a polar map that learns.

False plots per square metre and probability of detection, by ring and sector; a cell's false plots are drawn towards
its ring's mean, and that towards the site's.
"""

import math

from vts import geo
from vts.fusion import layout as col
from vts.jit import borrowing
from vts.units import S

FADE_SCANS = 30.0  # memory of the map
FADE_LOOKS = 0.97  # memory of the detections in one cell
PRIOR_PD, PRIOR_LOOKS = 0.9, 6.0
PRIOR_FALSE = 3.0  # plots that the mean counts for in a cell
PROOF_LOOKS = 6.0
FIRST_ODDS, NEW_ODDS = 0.0, -3.0  # of a plot that no track explains, in a site's first rotation and later on
ANEW_S = 300.0  # silence after which a site finds everything anew
LEAST_DENSITY = 3e-9  # per m^2: one false plot a scan within 10 km
TWO_PI = 2.0 * math.pi


@borrowing
def around(azimuth):
    """The same direction in [0, 2 pi)."""
    if azimuth < 0.0:
        azimuth += TWO_PI
    return azimuth if azimuth >= 0.0 and azimuth < TWO_PI else azimuth % TWO_PI


@borrowing
def cell(site, s, range_m, azimuth):
    """Cell of the map; rings are narrow near the antenna, where the echoes are."""
    ring = int(math.sqrt(min(range_m / site[s, col.S_MAX], 0.999)) * col.RINGS)
    return ring * col.SECTORS + int(azimuth / TWO_PI * col.SECTORS) % col.SECTORS


@borrowing
def _area_m2(site, s, at):
    """Of a cell."""
    ring = at // col.SECTORS
    inner, outer = (ring / col.RINGS) ** 2, ((ring + 1) / col.RINGS) ** 2
    inner, outer = inner * site[s, col.S_MAX], outer * site[s, col.S_MAX]
    outer = max(min(outer, site[s, col.S_REACH]), inner + 1.0)
    return math.pi * (outer * outer - inner * inner) / col.SECTORS


@borrowing
def ring_false(chart, s, ring):
    """False plots of late in a whole ring."""
    total = 0.0
    for k in range(ring * col.SECTORS, (ring + 1) * col.SECTORS):
        total += chart[s, k, col.MAP_FALSE]
    return total


@borrowing
def density(site, chart, s, at, ring):
    """False plots per square metre and scan in a cell, in whose ring there were `ring` of late."""
    scans = site[s, col.S_SCANS] + 1.0
    reach = max(site[s, col.S_REACH], 1000.0)
    mean = max((site[s, col.S_FALSE] + 1.0) / scans / (math.pi * reach * reach), LEAST_DENSITY)
    looked_m2 = scans * _area_m2(site, s, at)
    # sea clutter lies round the antenna: the mean of a radar that reaches far says little of the nearest miles
    mean = max(
        (ring + PRIOR_FALSE) / (col.SECTORS * looked_m2 + PRIOR_FALSE / mean), _least(ring) / looked_m2 / col.SECTORS
    )
    found = chart[s, at, col.MAP_FALSE]
    here = max((found + PRIOR_FALSE) / (looked_m2 + PRIOR_FALSE / mean), _least(found) / looked_m2)
    return max(here, LEAST_DENSITY) * max(1.0, site[s, col.S_BURST])


@borrowing
def begin(site, site_ns, s, t_ns):
    """Note when a site has begun to look, or to look again, before site_ns tells of its plot at t_ns."""
    if site_ns[s] < 0 or t_ns - site_ns[s] > ANEW_S * S:
        site[s, col.S_SINCE] = t_ns / S


@borrowing
def newcomer(site, s, t_ns):
    """Log odds that a plot that no track explains is a vessel.

    In its first rotation a site meets all vessels within its reach, in each later one those that it missed before:
    the intensity of what has not been detected, as in a Poisson multi-Bernoulli filter (Williams, 2015).
    """
    turns = math.floor((t_ns / S - site[s, col.S_SINCE]) / site[s, col.S_PERIOD])
    return max(FIRST_ODDS + turns * math.log(1.0 - PRIOR_PD), NEW_ODDS)


@borrowing
def _least(found):
    """What a count is at least, chance apart: two sigmas below it.

    The heap of false echoes at the antenna's foot is a thousand times as dense as all that lies round it.
    """
    return found - 2.0 * math.sqrt(found)


@borrowing
def detection(chart, s, at):
    """Probability that a vessel in a cell gives a plot."""
    p = (chart[s, at, col.MAP_HITS] + PRIOR_PD * PRIOR_LOOKS) / (chart[s, at, col.MAP_LOOKS] + PRIOR_LOOKS)
    return min(max(p, 0.05), 0.98)


@borrowing
def looked(chart, s, at, size, found):
    """Count one look at a known vessel of a size."""
    for k in (col.MAP_LOOKS, col.MAP_BY_SIZE + 2 * size):
        chart[s, at, k] = FADE_LOOKS * chart[s, at, k] + 1.0
        chart[s, at, k + 1] = FADE_LOOKS * chart[s, at, k + 1] + found


@borrowing
def size(length_m, unknown):
    """Which of the sizes a vessel is of; `unknown` where nobody has told her length."""
    if math.isnan(length_m):
        return unknown
    k = 0
    while k < col.SIZES - 1 and length_m >= col.SIZES_M[k]:
        k += 1
    return k


@borrowing
def proved(chart, s, at, size):
    """Probability that a vessel of a size in a cell gives a plot, as far as others have proved it; 0 where none has.

    Proof is that vessels no larger were seen as far off or farther: beyond the range at which the likes of her are seen
    a vessel gives no echo, and is no ghost for that.
    """
    best = 0.0
    for ring in range(at // col.SECTORS, col.RINGS):
        looks = hits = 0.0
        for k in range(ring * col.SECTORS, (ring + 1) * col.SECTORS):
            for m in range(size + 1):
                looks += chart[s, k, col.MAP_BY_SIZE + 2 * m]
                hits += chart[s, k, col.MAP_BY_SIZE + 2 * m + 1]
        best = max(best, hits / (looks + PROOF_LOOKS))
    return best


@borrowing
def rotate(site, chart, s, turns):
    """Close a scan: the counts fade, and a burst of false plots is noticed at once."""
    fade = math.exp(-turns / FADE_SCANS)
    usual = (site[s, col.S_FALSE] + 1.0) / (site[s, col.S_SCANS] + 1.0)
    fresh = site[s, col.S_NEW]
    site[s, col.S_BURST] = fresh / usual if fresh > 2.0 * usual + 10.0 and site[s, col.S_SCANS] > 3.0 else 1.0
    site[s, col.S_FALSE] = fade * (site[s, col.S_FALSE] + fresh)
    site[s, col.S_SCANS] = fade * (site[s, col.S_SCANS] + 1.0)
    site[s, col.S_NEW] = 0.0
    for at in range(col.RINGS * col.SECTORS):
        chart[s, at, col.MAP_FALSE] *= fade
        chart[s, at, col.MAP_AIS] *= fade


@borrowing
def blind(site, s, azimuth):
    """Whether the site does not transmit towards an azimuth, radians."""
    for k in range(int(site[s, col.S_BLIND])):
        begin = site[s, col.S_BLIND + 1 + 2 * k]
        width = (site[s, col.S_BLIND + 2 + 2 * k] - begin) % TWO_PI
        if (azimuth - begin) % TWO_PI <= width:
            return True
    return False


@borrowing
def ais_heard(chart, s, at):
    """AIS reports of late from a cell and its neighbours in the ring: whether a vessel there would be heard."""
    ring, sector = at // col.SECTORS, at % col.SECTORS
    total = 0.0
    for d in range(-2, 3):
        total += chart[s, ring * col.SECTORS + (sector + d) % col.SECTORS, col.MAP_AIS]
    return total


@borrowing
def hear(site, chart, lon_deg, lat_deg):
    """Note that AIS was heard from a place, in the chart of every site that reaches it."""
    for s in range(site.shape[0]):
        if math.isnan(site[s, col.S_LON]):
            continue
        dx, dy = geo.offset_m(lon_deg, lat_deg, site[s, col.S_LON], site[s, col.S_LAT])
        range_m = math.hypot(dx, dy)
        if range_m < site[s, col.S_MAX]:
            chart[s, cell(site, s, range_m, around(math.atan2(dx, dy))), col.MAP_AIS] += 1.0
