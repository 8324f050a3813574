"""Two vessels that may give one echo between them: whether a scan looks as if they had, and which plot was of both.

The resolution model of Koch and van Keuk (1997), with the separation of two tracks as uncertain as it is: in a cell of
a pulse by a beam two vessels are mostly one echo, at the middle between them. What is then seen is weighed as a whole
against every way in which two that are told apart may have given it, so that neither takes the one plot from the other.
"""

import math

from vts import schema
from vts.fusion import layout as col
from vts.fusion import motion
from vts.jit import borrowing
from vts.units import DEG, S

BEAM_RAD = 1.0 * DEG
PULSE_M = 40.0
BOX = math.sqrt(12.0)  # sigmas of a box's width: what a site reads so well it does not tell apart more coarsely
CELL_SIGMA = 0.8  # of a box's half width: a Gaussian of one height and area
FAR_CELLS = 3.0
LEAST_UNRESOLVED = 0.02
GROWN = 7  # plots from which on a track is no mere double of another
NEAR = 0.1  # chance of one echo from which on two are taken for company
OUT_OF_SIGHT = 0.3  # probability that a vessel can be seen, below which she is rather in the echo of her company
NEAR_TURNS = 2.0
TOGETHER = 0.5  # probability from which on a plot is of both


@borrowing
def pulse_m(site, s):
    """How far apart along the line of sight two vessels are told apart by site s."""
    return min(PULSE_M, BOX * site[s, col.S_RANGE_SIGMA])


@borrowing
def cell_m2(range_m, azimuth, pulse):
    """(ee, en, nn) of a resolution cell: half a pulse by half a beam either way, squared."""
    sin, cos = math.sin(azimuth), math.cos(azimuth)
    along2, across2 = (0.5 * pulse) ** 2, (0.5 * max(BEAM_RAD * range_m, pulse)) ** 2
    return (
        along2 * sin * sin + across2 * cos * cos,
        (along2 - across2) * sin * cos,
        along2 * cos * cos + across2 * sin * sin,
    )


@borrowing
def in_cell(dx, dy, range_m, azimuth, pulse):
    """Whether two vessels dx, dy apart share a cell."""
    sin, cos = math.sin(azimuth), math.cos(azimuth)
    along, across = dx * sin + dy * cos, dx * cos - dy * sin
    return abs(along) < pulse and abs(across) < max(BEAM_RAD * range_m, pulse)


@borrowing
def unresolved(dx, dy, see, sen, snn, range_m, azimuth, pulse):
    """Probability that two vessels dx, dy apart, give or take that covariance, share a cell."""
    if math.hypot(dx, dy) > FAR_CELLS * max(BEAM_RAD * range_m, pulse):
        return 0.0
    cee, cen, cnn = cell_m2(range_m, azimuth, pulse)
    scale = 4.0 * CELL_SIGMA * CELL_SIGMA
    cee, cen, cnn = cee * scale, cen * scale, cnn * scale
    tee, ten, tnn = cee + see, cen + sen, cnn + snn
    det = tee * tnn - ten * ten
    d2 = (tnn * dx * dx - 2.0 * ten * dx * dy + tee * dy * dy) / det
    return math.sqrt((cee * cnn - cen * cen) / det) * math.exp(-0.5 * d2)


@borrowing
def share(
    f,
    n,
    member,
    x,
    y,
    spread,
    found,
    miss,
    mid_ns,
    plot_t,
    plot_x,
    plot_y,
    plot_range,
    plot_az,
    pulse,
    noise,
    lambda_,
    pairs,
    tracks,
    of_track,
    of_plot,
    weight,
    mu,
    sums,
    beta,
    none,
    out_partner,
    out_plot,
):
    """Decide which pairs of tracks have given one plot between them, after `associate.marginals` has weighed the rest.

    Writes the place of each other in out_partner and the plot in out_plot; -1 elsewhere. The likelier of the two has
    the plot then, and neither claims any other.
    """
    e = 0
    while e < pairs:
        after, a = e + 1, of_plot[e]
        while after < pairs and of_plot[after] == a:
            after += 1
        for one in range(e, after - 1):
            k = of_track[one]
            if not _grown(n, member[k]):
                continue
            for two in range(one + 1, after):
                j = of_track[two]
                if not _grown(n, member[j]) or out_partner[k] >= 0 or out_partner[j] >= 0:
                    continue
                chance = unresolved(
                    *(x[k] - x[j], y[k] - y[j], spread[k, 0] + spread[j, 0], spread[k, 1] + spread[j, 1]),
                    *(spread[k, 2] + spread[j, 2], plot_range[a], plot_az[a], pulse),
                )
                if chance < LEAST_UNRESOLVED:
                    continue
                if chance > NEAR:
                    _note(n, member[k], member[j], mid_ns)
                    _note(n, member[j], member[k], mid_ns)
                here, together, apart = _evidence(
                    *(f, member, x, y, spread, found, miss, mid_ns, plot_t, plot_x, plot_y, noise, lambda_, pairs),
                    *(tracks, of_track, of_plot, weight, mu, sums, k, j, a),
                )
                if chance * here > TOGETHER * (chance * together + (1.0 - chance) * apart):
                    out_partner[k], out_partner[j], out_plot[k], out_plot[j] = j, k, a, a
                    mine = one if weight[one] >= weight[two] else two
                    for p in range(pairs):
                        if of_track[p] == k or of_track[p] == j:
                            beta[p] = 1.0 if p == mine else 0.0
                    none[k] = none[j] = 0.0
        e = after


@borrowing
def _evidence(
    f,
    member,
    x,
    y,
    spread,
    found,
    miss,
    mid_ns,
    plot_t,
    plot_x,
    plot_y,
    noise,
    lambda_,
    pairs,
    tracks,
    of_track,
    of_plot,
    weight,
    mu,
    sums,
    k,
    j,
    a,
):
    """(weight of plot a as the echo of tracks k and j together, of all there is if they are one echo, and if two).

    The messages of belief propagation say how much of each plot other tracks leave to these.
    """
    seen = max(found[k], found[j])
    here, together = 0.0, 1.0 - seen
    of_k, of_j, both = miss[k], miss[j], 0.0
    e = 0
    while e < pairs:
        b = of_plot[e]
        wk = wj = claims = 0.0
        while e < pairs and of_plot[e] == b:
            if of_track[e] == k:
                wk, claims = weight[e], claims + mu[e]
            elif of_track[e] == j:
                wj, claims = weight[e], claims + mu[e]
            e += 1
        if wk + wj == 0.0:
            continue
        left = 1.0 / max(sums[tracks + b] - claims, 1.0)
        of_k, of_j, both = of_k + wk * left, of_j + wj * left, both + wk * wj * left * left
        dt = (plot_t[b] - mid_ns) / S
        one, two = member[k], member[j]
        dx = plot_x[b] - 0.5 * (x[k] + x[j] + (f[one, col.VE] + f[two, col.VE]) * dt)
        dy = plot_y[b] - 0.5 * (y[k] + y[j] + (f[one, col.VN] + f[two, col.VN]) * dt)
        see = 0.25 * (spread[k, 0] + spread[j, 0]) + noise[b, 0]
        sen = 0.25 * (spread[k, 1] + spread[j, 1]) + noise[b, 1]
        snn = 0.25 * (spread[k, 2] + spread[j, 2]) + noise[b, 2]
        det = see * snn - sen * sen
        d2 = (snn * dx * dx - 2.0 * sen * dx * dy + see * dy * dy) / det
        likely = left * seen * math.exp(-0.5 * d2) / math.sqrt(det) / (2.0 * math.pi * lambda_[b])
        together += likely
        if b == a:
            here = likely
    return here, together, of_k * of_j - both


@borrowing
def _note(n, i, j, at_ns):
    """Row i was so near to row j that one echo may have been of both."""
    n[i, col.BESIDE], n[i, col.BESIDE_T] = n[j, col.TRACK], at_ns


@borrowing
def follow(f, n, member, tracks, site, s, plot_t, plot_range, plot_az, best, of_plot, partner):
    """Who has gone out of sight beside another, which is still seen, sails in her echo: bring her there.

    That a vessel turned with her company is likelier than that she went on and was missed again and again.
    """
    near_ns = int(NEAR_TURNS * site[s, col.S_PERIOD] * S)
    for k in range(tracks):
        i = member[k]
        beside = n[i, col.BESIDE] >= 0 and n[i, col.BESIDE_T] > n[i, col.RADAR_T] - near_ns
        elsewhere = n[i, col.MMSI] >= 0 or best[k] >= 0 or partner[k] >= 0 or f[i, col.VISIBLE] > OUT_OF_SIGHT
        if elsewhere or not beside:
            continue
        for m in range(tracks):
            j = member[m]
            if n[j, col.TRACK] != n[i, col.BESIDE] or best[m] < 0:
                continue
            a = of_plot[best[m]]
            for column in range(col.TURN + 3):
                f[i, column] = f[j, column]
            for column in range(col.MU, col.CUSUM):
                f[i, column] = f[j, column]
            n[i, col.T] = n[j, col.T]
            cee, cen, cnn = cell_m2(plot_range[a], plot_az[a], pulse_m(site, s))
            motion.open_up(f, i, cee, cen, cnn)
            f[i, col.VISIBLE] = 1.0 - OUT_OF_SIGHT
            n[i, col.LAST] = plot_t[a]
            n[i, col.BESIDE] = -1
            break


@borrowing
def _grown(n, i):
    """Whether radar has held row i so long that she is no mere double of another."""
    return n[i, col.STATE] != schema.TENTATIVE and n[i, col.HITS] >= GROWN
