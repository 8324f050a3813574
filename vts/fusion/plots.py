"""The plots of one radar site in one slot of time: paired with tracks, weighed, used; what is left begins tracks."""

import math

import numpy as np

from vts import geo, schema
from vts.fusion import associate, clutter, hull, merged, motion, registration, rows
from vts.fusion import layout as col
from vts.jit import borrowing, kernel
from vts.units import DEG, KN, NM, S

GATE2 = 20.0  # squared: 1 true plot in 22,000 lies outside
PAIRS_A_PLOT = 24
# A helm put over is noticed some scans late. Until then a vessel is off her prediction by what a turn of 0.6 deg/s
# makes in 12 s, and by the velocity that she has gained since; one plot in twenty is expected there.
HELM_SHARE, HELM_D2 = 0.05, 4.0
LONG_M = 100.0
HELM_S, HELM_GAIN = 0.75, 0.126  # of her speed: s, and s a second of prediction
LOOK_S = 1.25  # rotations after a plot when its absence is certain
PLACE_SIGMA_M = 30.0  # of a radar position without a range, from a site that nobody has described
SMOOTHED = 4.0
SAME_NAME = 1e3  # how much likelier a radar's own number makes a pair
SPEED_VAR = 4.0  # m^2/s^2 per axis, of a speed that a radar has estimated
MERGED_COST = 0.1  # log odds: a track that lives on the echoes of another becomes doubtful
MARRY_AFTER = 4  # scans
COMPANY = 3  # how much longer than they were seen apart two may be one echo
# A second position under the MMSI of a vessel that radar holds is hers and wrong, rather than another ship's, until it
# has had so many echoes
RIVAL_SHARE, OWN_HITS = 0.02, 5
UNSEEN_DOUBT = 6.0  # log odds of looks in vain that make a spoof as likely as not
STANDING_HITS = 7
SURE = 0.9  # probability of a plot that a track takes which is out of sight
LEAST_SHARE, GROWN_S = 0.25, 90.0  # of scans in which a vessel without a name is seen, once she is known so long
# Ranges at which a ship's radar sees vessels under 20 m, 50 m, 120 m and over, clutter apart (IMO MSC.192(79) table 2,
# S band: 10 m without a reflector, with one, over 500 GT, over 5,000 GT): 8 scans in 10, by us taken for 5
STANDARD_NM, STANDARD_PD = (3.0, 3.7, 8.0, 11.0), 0.5
LEAST_EXPECTED = 0.3
MOORED = 5  # navigational status, M.1371-5 table 45
P_HIDE, P_SHOW = 0.01, 0.08  # chance a scan that a vessel passes behind something, and comes out again


@borrowing
def covariance(site, s, range_m, sin, cos, axis_deg, major_m, minor_m):
    """(ree, ren, rnn) of a plot in a direction: its own error ellipse, else that of its site."""
    if not (math.isnan(major_m) or math.isnan(axis_deg) or math.isnan(minor_m)):
        along, across = major_m, minor_m
        sin_axis, cos_axis = math.sin(axis_deg * DEG), math.cos(axis_deg * DEG)
    else:
        along, across = site[s, col.S_RANGE_SIGMA], range_m * site[s, col.S_AZ_SIGMA]
        sin_axis, cos_axis = sin, cos
        if range_m == 0.0:
            along = across = PLACE_SIGMA_M
    a2, b2 = along * along, max(across * across, 1.0)
    ree = a2 * sin_axis * sin_axis + b2 * cos_axis * cos_axis
    ren = (a2 - b2) * sin_axis * cos_axis
    rnn = a2 * cos_axis * cos_axis + b2 * sin_axis * sin_axis
    # what the site's registration does not yet know
    a2, b2 = site[s, col.S_VAR_R], range_m * range_m * site[s, col.S_VAR_A]
    return (
        ree + a2 * sin * sin + b2 * cos * cos,
        ren + (a2 - b2) * sin * cos,
        rnn + a2 * cos * cos + b2 * sin * sin,
    )


@borrowing
def _take_bearings(site, s, r, j, lon0, lat0, east_m, north_m):
    """(range_m, azimuth in radians) of a report as it was measured, or as its position says."""
    if not (math.isnan(r.range_m[j]) or math.isnan(r.azimuth_deg[j])):
        return r.range_m[j], r.azimuth_deg[j] * DEG
    if math.isnan(site[s, col.S_LON]):
        return 0.0, 0.0
    e, n = geo.lon_diff_deg(r.lon_deg[j], lon0) * east_m, (r.lat_deg[j] - lat0) * north_m
    return math.hypot(e, n), clutter.around(math.atan2(e, n))


@kernel
def scan(
    f, n, c, free, hit_ns, look_ns, births, site, site_ns, chart, w, r, order, m, s, mid_ns, accel, verdict, track
):
    """The reports order[:m] of r, all plots of site s around mid_ns, into the tracks; returns nothing.

    Writes `verdict` and `track` at each report's row.
    """
    half_ns = int(0.5 * site[s, col.S_PERIOD] * S)
    lon0, lat0 = site[s, col.S_LON], site[s, col.S_LAT]
    if site[s, col.S_MOVES] > 0.0:
        _follow(site, s, r, order, m)
        lon0, lat0 = site[s, col.S_LON], site[s, col.S_LAT]
    if math.isnan(lon0):
        lon0, lat0 = r.lon_deg[order[0]], r.lat_deg[order[0]]
    east_m, north_m = geo.metres_per_degree(lat0)

    ahead_ns = int(registration.clock_s(site, s) * S)
    # the plots, freed of what is known of the site's bias
    plot_t, plot_lon, plot_lat = np.empty(m, np.int64), np.empty(m), np.empty(m)
    plot_x, plot_y, plot_range, plot_az = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    noise, named = np.empty((m, 3)), np.empty(m, np.int64)
    low_x, low_y, high_x, high_y = math.inf, math.inf, -math.inf, -math.inf
    for a in range(m):
        j = order[a]
        range_m, azimuth = _take_bearings(site, s, r, j, lon0, lat0, east_m, north_m)
        dr, da = -site[s, col.S_BIAS_R], -site[s, col.S_BIAS_A]
        sin, cos = math.sin(azimuth), math.cos(azimuth)
        de, dn = dr * sin + range_m * cos * da, dr * cos - range_m * sin * da
        plot_lon[a] = r.lon_deg[j] + de / east_m
        plot_lat[a] = r.lat_deg[j] + dn / north_m
        plot_t[a] = r.t_ns[j] - ahead_ns
        plot_x[a] = geo.lon_diff_deg(plot_lon[a], lon0) * east_m
        plot_y[a] = (plot_lat[a] - lat0) * north_m
        plot_range[a], plot_az[a] = range_m, azimuth
        noise[a, 0], noise[a, 1], noise[a, 2] = covariance(
            site, s, range_m, sin, cos, r.axis_deg[j], r.major_m[j], r.minor_m[j]
        )
        named[a] = _name(site, s, r, j)
        if r.kind[j] == schema.RADAR_TRACK:  # smoothed by the radar: its errors last from one report to the next
            for k in range(3):
                noise[a, k] *= SMOOTHED
        low_x, high_x = min(low_x, plot_x[a]), max(high_x, plot_x[a])
        low_y, high_y = min(low_y, plot_y[a]), max(high_y, plot_y[a])
        site[s, col.S_REACH] = max(site[s, col.S_REACH], min(range_m, site[s, col.S_MAX]))
        clutter.begin(site, site_ns, s, r.t_ns[j])
        site_ns[s] = max(site_ns[s], r.t_ns[j])

    glint = max(site[s, col.S_GLINT] / site[s, col.S_GLINT_N], 0.0)
    # the tracks that could have given them, where they are at mid_ns
    top = c[col.C_TOP]
    member, x, y, ahead_s = np.empty(top, np.int64), np.empty(top), np.empty(top), np.empty(top)
    ve, vn = np.empty(top), np.empty(top)  # at hand for the many pairs that are looked at
    k = 0
    margin = associate.CELL_M
    for i in range(top):
        if n[i, col.STATE] < 0:
            continue
        here_x = geo.lon_diff_deg(f[i, col.LON], lon0) * east_m
        here_y = (f[i, col.LAT] - lat0) * north_m
        dt = (mid_ns - n[i, col.T]) / S
        here_x += f[i, col.VE] * dt
        here_y += f[i, col.VN] * dt
        if here_x < low_x - margin or here_x > high_x + margin or here_y < low_y - margin or here_y > high_y + margin:
            continue
        member[k], x[k], y[k], ahead_s[k] = i, here_x, here_y, dt
        ve[k], vn[k] = f[i, col.VE], f[i, col.VN]
        k += 1
    tracks = k
    side = associate.side_for(tracks)
    starts = np.empty(side * side + 1, np.int64)
    sorted_k, scratch = np.empty(tracks, np.int64), np.empty(tracks, np.int64)
    associate.bucket(x, y, tracks, side, starts, sorted_k, scratch)

    # pairs within the gate
    limit = m * PAIRS_A_PLOT
    of_track, of_plot, weight = np.empty(limit, np.int64), np.empty(limit, np.int64), np.empty(limit)
    # of those near a plot alone: their spread, what a helm put over adds (-1: not yet asked), and chances of an echo
    spread, helm2 = np.empty((tracks, 3)), np.full(tracks, -1.0)
    miss, found = np.ones(tracks), np.empty(tracks)
    echo = np.full(m, -1, np.int64)  # the track of which a plot is a second echo
    lambda_, rings = np.empty(m), np.full(col.RINGS, math.nan)
    pairs = 0
    told = _repeats(named, m)  # the earlier plot of this scan that bears the same name
    for a in range(m):
        if told[a] >= 0:
            continue
        first, aboard_of = pairs, -1
        noise_m, dt = math.sqrt(0.5 * (noise[a, 0] + noise[a, 2])), (plot_t[a] - mid_ns) / S
        at = clutter.cell(site, s, plot_range[a], clutter.around(plot_az[a]))
        ring = at // col.SECTORS
        if math.isnan(rings[ring]):
            rings[ring] = clutter.ring_false(chart, s, ring)
        lambda_[a] = clutter.density(site, chart, s, at, rings[ring])
        for ox in range(-1, 2):
            for oy in range(-1, 2):
                b = associate.fold(plot_x[a] + ox * associate.CELL_M, plot_y[a] + oy * associate.CELL_M, side)
                for place in range(starts[b], starts[b + 1]):
                    k = sorted_k[place]
                    dx = plot_x[a] - x[k] - ve[k] * dt
                    dy = plot_y[a] - y[k] - vn[k] * dt
                    if dx * dx + dy * dy > associate.CELL_M * associate.CELL_M:
                        continue
                    i = member[k]
                    if helm2[k] < 0.0:
                        spread[k, 0], spread[k, 1], spread[k, 2], helm2[k] = _reach(f, n, i, ahead_s[k], accel, glint)
                        found[k], miss[k] = _chances(f, n, i, site, s, chart, x[k], y[k])
                    see, sen, snn = spread[k, 0] + noise[a, 0], spread[k, 1] + noise[a, 1], spread[k, 2] + noise[a, 2]
                    det = see * snn - sen * sen
                    d2 = (snn * dx * dx - 2.0 * sen * dx * dy + see * dy * dy) / det
                    wide2, wide_det = d2, det
                    if d2 > HELM_D2 and helm2[k] > 0.0:
                        wee, wnn = see + helm2[k], snn + helm2[k]
                        wide_det = wee * wnn - sen * sen
                        wide2 = (wnn * dx * dx - 2.0 * sen * dx * dy + wee * dy * dy) / wide_det
                    called = n[i, col.PLOT_IDENT]
                    same = called == named[a] and called >= 0
                    aboard = hull.contains(f, i, dx, dy, noise_m)
                    small = r.length_m[order[a]] < 0.5 * f[i, col.LENGTH]  # what lies beside a long ship, not of her
                    if aboard and not small and n[i, col.STATE] != schema.TENTATIVE:
                        echo[a] = aboard_of = i
                    if wide2 > (4.0 * GATE2 if same else GATE2):
                        continue
                    if hit_ns[i, s] >= 0 and abs(plot_t[a] - hit_ns[i, s]) < half_ns:
                        # seen this turn already: an echo of another part of the hull, or the radar says again what
                        # it said; its tracker speaks every second, and its antenna turns more slowly
                        if d2 < 4.0 or same:
                            echo[a] = i
                        continue
                    if pairs < limit:
                        of_track[pairs], of_plot[pairs] = k, a
                        likely = math.exp(-0.5 * d2) / math.sqrt(det)
                        if d2 > HELM_D2 and helm2[k] > 0.0:
                            likely += HELM_SHARE * (math.exp(-0.5 * wide2) / math.sqrt(wide_det) - likely)
                        if same:  # the radar's tracker says that it is the one; it is believed, but not blindly
                            likely = max(likely, math.exp(-2.0) / math.sqrt(wide_det))
                        weight[pairs] = found[k] * likely / (2.0 * math.pi * lambda_[a])
                        if same:
                            weight[pairs] *= SAME_NAME
                        elif _another(site, s, named[a], called) and plot_t[a] - n[i, col.RADAR_T] < 6 * half_ns:
                            weight[pairs] /= SAME_NAME
                        pairs += 1
        if aboard_of >= 0:  # one more echo of that hull, rather than of what passes her
            more = min(glint, 1.0) * hull.echoes_m2(f, aboard_of, noise_m)
            for e in range(first, pairs):
                if member[of_track[e]] != aboard_of:
                    weight[e] *= lambda_[a] / (lambda_[a] + more)

    size = max(tracks + m, pairs) + 1
    beta, none = np.empty(pairs), np.empty(tracks)
    mu, nu, sums = np.empty(pairs), np.empty(pairs), np.empty(size)
    associate.marginals(pairs, tracks, m, of_track, of_plot, weight, miss, mu, nu, sums, beta, none)

    partner, of_both = np.full(tracks, -1, np.int64), np.full(tracks, -1, np.int64)
    pulse = merged.pulse_m(site, s)
    merged.share(
        *(f, n, member, x, y, spread, found, miss, mid_ns, plot_t, plot_x, plot_y, plot_range, plot_az, pulse, noise),
        *(lambda_, pairs, tracks, of_track, of_plot, weight, mu, sums, beta, none, partner, of_both),
    )
    _wait(n, member, pairs, of_track, beta, none)
    best, best_beta = np.full(tracks, -1, np.int64), np.zeros(tracks)
    owner, owned = np.full(m, -1, np.int64), np.zeros(m)
    taken = np.zeros(m)
    gain = np.zeros(tracks)
    for e in range(pairs):
        k, a = of_track[e], of_plot[e]
        taken[a] += beta[e]
        gain[k] += weight[e] * nu[e]
        if beta[e] > best_beta[k]:
            best[k], best_beta[k] = e, beta[e]
        if beta[e] > owned[a]:
            owner[a], owned[a] = k, beta[e]
    e = 0
    while e < pairs:  # the pairs of one plot lie together
        after = e + 1
        while after < pairs and of_plot[after] == of_plot[e]:
            after += 1
        if after - e > 1:
            _compete(f, n, member, of_track, weight, half_ns, e, after)
        e = after
    for k in range(tracks):
        together = partner[k] >= 0
        share = 1.0 - none[k]
        if not together and best[k] < 0:
            continue
        i, a = member[k], of_both[k] if together else of_plot[best[k]]
        beside = False
        if not together and share < 0.5:
            # who had the plot may be so near that it was of both, though they are not known well enough to weigh it
            other = owner[a]
            beside = n[i, col.STATE] != schema.TENTATIVE and other >= 0 and other != k and owned[a] > 0.5
            if not beside or not merged.in_cell(x[k] - x[other], y[k] - y[other], plot_range[a], plot_az[a], pulse):
                continue
        motion.predict(f, i, (plot_t[a] - n[i, col.T]) / S, rows.accel_mps2(f, n, i, accel), w)
        n[i, col.T] = plot_t[a]
        z0, z1 = motion.offset(f, i, plot_lon[a], plot_lat[a])
        r00, r01, r11 = noise[a, 0], noise[a, 1], noise[a, 2]
        if together or beside:
            # she is somewhere in the cell of the echo; where she was thought to be in it would only confirm itself
            cee, cen, cnn = merged.cell_m2(plot_range[a], plot_az[a], pulse)
            r00, r01, r11 = r00 + cee, r01 + cen, r11 + cnn
        elif best_beta[k] < 0.9 * share:
            z0, z1, r00, r01, r11 = _blend(f, i, k, share, pairs, of_track, of_plot, beta, plot_lon, plot_lat, noise)
        else:
            hull.learn(f, i, site, s, z0, z1, r00, r01, r11)
        gee, gen, gnn = hull.glint(f, i, glint)
        r00, r01, r11 = r00 + gee, r01 + gen, r11 + gnn
        before_m4 = rows.place_m4(f, i)
        motion.correct(f, i, 0, z0, z1, r00, r01, r11, w)
        rows.gave(f, i, s + 1, before_m4)
        if not math.isnan(r.sog_kn[order[a]]) and not math.isnan(r.cog_deg[order[a]]):
            speed, course = r.sog_kn[order[a]] * KN, r.cog_deg[order[a]] * DEG
            motion.correct(f, i, 2, speed * math.sin(course), speed * math.cos(course), SPEED_VAR, 0.0, SPEED_VAR, w)
        if best[k] >= 0 and not beside:
            _seen(
                *(f, n, hit_ns, look_ns, chart, site, i, s, r.sensor[order[a]], r.kind[order[a]], named[a]),
                *(r.length_m[order[a]], plot_t[a], miss[k], gain[k]),
            )
            f[i, col.PLOT_RANGE], f[i, col.PLOT_AZ] = plot_range[a], plot_az[a]
        else:
            look_ns[i, s] = plot_t[a]
            n[i, col.LAST] = max(n[i, col.LAST], plot_t[a])
            f[i, col.ODDS] -= MERGED_COST

    merged.follow(f, n, member, tracks, site, s, plot_t, plot_range, plot_az, best, of_plot, partner)

    for a in range(m):
        j = order[a]
        if taken[a] > 0.5:
            verdict[j] = col.USED
            track[j] = n[member[owner[a]], col.TRACK]
        elif echo[a] >= 0:
            verdict[j] = col.HIDDEN
            track[j] = n[echo[a], col.TRACK]
        elif told[a] >= 0:
            verdict[j], track[j] = col.HIDDEN, track[order[told[a]]]
        else:
            i = rows.begin(
                *(f, n, c, free, hit_ns, look_ns, plot_t[a], plot_lon[a], plot_lat[a]),
                *(noise[a, 0], noise[a, 1], noise[a, 2], r.kind[j]),
            )
            n[i, col.TRACK] = rows.number(c, births, plot_t[a], plot_lon[a], plot_lat[a])
            f[i, col.ODDS] = clutter.newcomer(site, s, plot_t[a]) + math.log(max(1.0 - taken[a], 0.05))
            n[i, col.REPORTS], n[i, col.HITS], n[i, col.RADAR_T] = 1, 1, plot_t[a]
            n[i, col.SEEN] = 1 << r.sensor[j]
            n[i, col.PLOT_IDENT] = named[a]
            f[i, col.GAVE + s + 1] = 1.0
            hit_ns[i, s] = look_ns[i, s] = plot_t[a]
            verdict[j], track[j] = col.BEGAN, n[i, col.TRACK]
            at = clutter.cell(site, s, plot_range[a], clutter.around(plot_az[a]))
            chance = 1.0 / (1.0 + math.exp(f[i, col.ODDS]))
            chart[s, at, col.MAP_FALSE] += chance
            site[s, col.S_NEW] += chance


@borrowing
def _reach(f, n, i, dt, accel, glint):
    """(ee, en, nn, helm2): where a plot of row i may lie dt from now, m^2; and what a helm put over adds."""
    _e, _n, see, sen, snn = motion.shift_and_spread(f, i, dt, rows.accel_mps2(f, n, i, accel))
    gee, gen, gnn = hull.glint(f, i, glint)
    slow = f[i, col.LENGTH] > LONG_M  # on the helm; and what lies beside her may be more of her hull
    helm2 = 0.0 if slow else (f[i, col.VE] ** 2 + f[i, col.VN] ** 2) * (HELM_S + HELM_GAIN * abs(dt)) ** 2
    return see + gee, sen + gen, snn + gnn, helm2


@borrowing
def _chances(f, n, i, site, s, chart, x, y):
    """(found, missed): probability that row i is there, x, y from the site, and gives a plot; that it gives none."""
    exists = 1.0 / (1.0 + math.exp(-f[i, col.ODDS]))
    at = clutter.cell(site, s, math.hypot(x, y), clutter.around(math.atan2(x, y)))
    found = clutter.detection(chart, s, at) * f[i, col.VISIBLE]
    if n[i, col.HITS] < OWN_HITS:
        # an echo of its own convinces a rival all the same; the elder's it does not get
        found *= _believed(f, n, i) * (RIVAL_SHARE if n[i, col.HELD] == 1 else 1.0)
    return found * exists, 1.0 - exists * found


@borrowing
def _wait(n, member, pairs, of_track, beta, none):
    """A track that has long been out of sight takes no plot by halves: what begins there may show that it is she."""
    for e in range(pairs):
        k = of_track[e]
        if n[member[k], col.STATE] == schema.COASTING and none[k] > 1.0 - SURE:
            beta[e], none[k] = 0.0, 1.0


@borrowing
def _believed(f, n, i):
    """Probability that named row i is where her reports say, by the looks that found nothing there."""
    return 1.0 / (1.0 + math.exp(-UNSEEN_DOUBT - f[i, col.UNSEEN])) if n[i, col.MMSI] >= 0 else 1.0


@borrowing
def _follow(site, s, r, order, m):
    """Set the place of a radar that sails: where its own plots were measured from."""
    for a in range(m):
        j = order[a]
        if not (math.isnan(r.range_m[j]) or math.isnan(r.azimuth_deg[j])):
            azimuth = r.azimuth_deg[j] * DEG
            x, y = r.range_m[j] * math.sin(azimuth), r.range_m[j] * math.cos(azimuth)
            lon, lat = geo.enu_to_lonlat(-x, -y, r.lon_deg[j], r.lat_deg[j])
            e, n, _up = geo.lonlat_to_enu(r.lon_deg[j], r.lat_deg[j], lon, lat)  # north turns on the way there
            site[s, col.S_LON], site[s, col.S_LAT] = geo.enu_to_lonlat(e - x, n - y, lon, lat)
            return


@borrowing
def _name(site, s, r, j):
    """What the tracker of site s calls report j, told apart from the names of other sites; -1 where it has none."""
    return r.ident[j] * site.shape[0] + s if r.kind[j] == schema.RADAR_TRACK and r.ident[j] >= 0 else -1


@borrowing
def _another(site, s, named, called):
    """Whether two names are two vessels: names of one radar, while it still holds them.

    A target that is lost and found again, where she should be by now, has a new number.
    """
    return named >= 0 and called >= 0 and called % site.shape[0] == s and called != named


@kernel
def _repeats(named, m):
    """For each of m plots the first that bears the same name, -1 where it is the first itself or has none.

    At an acquisition TLL may come before TTM, and both tell one place.
    """
    told = np.full(m, -1, np.int64)
    for a in range(m):
        if named[a] >= 0:
            for b in range(a):
                if named[b] == named[a]:
                    told[a] = b
                    break
    return told


@borrowing
def _compete(f, n, member, of_track, weight, half_ns, first, stop):
    """Note when a track without a name claims the plot of another that moves as it does: they may be one vessel.

    The two likeliest claimants of pairs first to stop are looked at. That both had plots of their own in the last
    scan speaks against it.
    """
    one, two = first, -1
    for e in range(first + 1, stop):
        if weight[e] > weight[one]:
            one, two = e, one
        elif two < 0 or weight[e] > weight[two]:
            two = e
    i, k = member[of_track[one]], member[of_track[two]]
    if n[i, col.MMSI] >= 0 and n[k, col.MMSI] >= 0 and n[i, col.MMSI] != n[k, col.MMSI]:
        return
    both_named = n[i, col.MMSI] == n[k, col.MMSI]
    if (n[i, col.MMSI] >= 0 and not both_named) or (both_named and n[k, col.FIRST] > n[i, col.FIRST]):
        i, k = k, i  # i bears the count: it has no name, and of two such it is the younger
    one_ns, other_ns = n[i, col.RADAR_T], n[k, col.RADAR_T]
    dx, dy = motion.offset(f, k, f[i, col.LON], f[i, col.LAT])
    both = one_ns >= 0 and other_ns >= 0 and abs(one_ns - other_ns) < half_ns and not hull.contains(f, k, dx, dy, 20.0)
    if both or not _alike(f, n, i, k):
        n[i, col.CLOSE_N] = 0
    elif n[i, col.CLOSE_TO] == n[k, col.TRACK] and n[i, col.CLOSE_N] > 0:
        n[i, col.CLOSE_N] += 1
    else:
        _contest(n, i, k)


@borrowing
def _contest(n, i, k):
    """Row i begins to compete with row k."""
    n[i, col.CLOSE_TO], n[i, col.CLOSE_N] = n[k, col.TRACK], 1
    n[i, col.CLOSE_LIFE] = min(n[i, col.HITS], n[k, col.HITS] + n[k, col.AIS_N])


@borrowing
def _alike(f, n, i, k):
    """Whether two tracks may be one vessel, by place and velocity."""
    dt = (n[k, col.T] - n[i, col.T]) / S
    mx, my, see, sen, snn = motion.shift_and_spread(f, i, dt, 0.02)
    dx, dy = motion.offset(f, i, f[k, col.LON], f[k, col.LAT])
    dx, dy = dx - mx, dy - my
    half = 100.0 if math.isnan(f[k, col.LENGTH]) else 100.0 + hull.length_m(f, k) ** 2 / 16.0
    if (hull.untold(f, n, i) and n[i, col.HITS] == 0) or (hull.untold(f, n, k) and n[k, col.HITS] == 0):
        half += hull.ANTENNA_M2
    named_i, named_k = n[i, col.MMSI], n[k, col.MMSI]
    if (named_i >= 0 and (named_i == named_k or named_i == n[k, col.LEFT])) or (
        named_k >= 0 and named_k == n[i, col.LEFT]
    ):
        half = 100.0  # one antenna: her reports have led away from her, and must have come back
    see, sen, snn = see + f[k, col.EE] + half, sen + f[k, col.EN], snn + f[k, col.NN] + half
    d2 = (snn * dx * dx - 2.0 * sen * dx * dy + see * dy * dy) / (see * snn - sen * sen)
    du, dv = f[k, col.VE] - f[i, col.VE], f[k, col.VN] - f[i, col.VN]
    d2 += du * du / (f[i, col.VEVE] + f[k, col.VEVE] + 0.05) + dv * dv / (f[i, col.VNVN] + f[k, col.VNVN] + 0.05)
    return d2 < 16.0


@borrowing
def _double(f, n, i, k):
    """Note when two tracks of one MMSI lie on each other, and radar does not see both: her reports made two of her."""
    if n[i, col.RADAR_T] >= 0 and n[k, col.RADAR_T] >= 0:
        return  # the plots that they claim will tell
    if n[k, col.FIRST] > n[i, col.FIRST]:
        i, k = k, i
    if not _alike(f, n, i, k):
        n[i, col.CLOSE_N] = 0
    elif n[i, col.CLOSE_TO] == n[k, col.TRACK] and n[i, col.CLOSE_N] > 0:
        n[i, col.CLOSE_N] += 1
    else:
        _contest(n, i, k)


@borrowing
def settle(f, n, c, free, keys, heads, hit_ns, look_ns):
    """Join what has long claimed the same plots, or lies on another track of its own MMSI; call it between scans."""
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] < 0:
            continue
        if n[i, col.MMSI] >= 0 and n[i, col.NEXT] >= 0:
            _double(f, n, i, n[i, col.NEXT])
        if n[i, col.CLOSE_N] < MARRY_AFTER:
            continue
        for k in range(c[col.C_TOP]):
            if n[k, col.TRACK] == n[i, col.CLOSE_TO] and n[k, col.STATE] >= 0 and k != i:
                # two that were long seen apart may be one echo for long: side by side, or one overtaking; where radar
                # has seen but one of them since both are there, each scan says that they are one
                life = n[i, col.CLOSE_LIFE]
                apart = min(n[i, col.RADAR_T], n[k, col.RADAR_T]) > max(n[i, col.FIRST], n[k, col.FIRST])
                if not apart:
                    life = min(life, merged.GROWN)
                patience = MARRY_AFTER + (COMPANY if life > merged.GROWN else 1) * life
                dx, dy = motion.offset(f, k, f[i, col.LON], f[i, col.LAT])
                if hull.unmeasured(f, k) and hull.contains(f, k, dx, dy, 20.0):  # two ends of one hull
                    patience = MARRY_AFTER
                if n[i, col.CLOSE_N] >= patience and _alike(f, n, i, k):
                    n[i, col.CLOSE_N] = 0
                    rows.marry(f, n, c, free, keys, heads, hit_ns, look_ns, i, k)
                break


@borrowing
def _blend(f, i, k, share, pairs, of_track, of_plot, beta, plot_lon, plot_lat, noise):
    """(z0, z1, r00, r01, r11): the plots of an ambiguous track as one, as wide as they are apart."""
    z0 = z1 = r00 = r01 = r11 = 0.0
    for e in range(pairs):
        if of_track[e] == k:
            a = of_plot[e]
            dx, dy = motion.offset(f, i, plot_lon[a], plot_lat[a])
            p = beta[e] / share
            z0, z1 = z0 + p * dx, z1 + p * dy
    for e in range(pairs):
        if of_track[e] == k:
            a = of_plot[e]
            dx, dy = motion.offset(f, i, plot_lon[a], plot_lat[a])
            p = beta[e] / share
            r00 += p * (noise[a, 0] + (dx - z0) ** 2)
            r01 += p * (noise[a, 1] + (dx - z0) * (dy - z1))
            r11 += p * (noise[a, 2] + (dy - z1) ** 2)
    return z0, z1, r00 / share, r01 / share, r11 / share


@borrowing
def _seen(f, n, hit_ns, look_ns, chart, site, i, s, sensor, kind, named, length_m, t_ns, miss, gain):
    """A plot was used: the vessel exists the more, and can be seen."""
    exists = 1.0 / (1.0 + math.exp(-f[i, col.ODDS]))
    visible = f[i, col.VISIBLE]
    # gain and miss hold exists * P(detect) * visible; here they are wanted given that the vessel exists
    detected = 1.0 - (1.0 - miss) / max(exists * visible, 1e-9) + gain / max(exists * visible, 1e-9)
    ratio = (1.0 - visible) + visible * detected
    f[i, col.VISIBLE] = max(min(visible * detected / ratio, 1.0 - P_HIDE), 0.05)
    most = min(rows.MOST_ODDS, rows.CHANCE_ODDS + n[i, col.HITS] + 2.0 * n[i, col.AIS_N])
    f[i, col.ODDS] = min(f[i, col.ODDS] + math.log(max(ratio, 1e-6)), most)
    gap = t_ns - hit_ns[i, s]
    if n[i, col.STATE] != schema.TENTATIVE and n[i, col.HITS] > 5 and gap > 0:
        at = clutter.cell(site, s, f[i, col.PLOT_RANGE], clutter.around(f[i, col.PLOT_AZ]))
        clutter.looked(chart, s, at, _teaches(f, n, i), 1.0)
    f[i, col.UNSEEN] = min(f[i, col.UNSEEN] + 4.0, 0.0)
    hit_ns[i, s] = look_ns[i, s] = t_ns
    n[i, col.LAST], n[i, col.RADAR_T] = max(n[i, col.LAST], t_ns), t_ns
    n[i, col.REPORTS] += 1
    n[i, col.HITS] += 1
    n[i, col.SEEN] |= 1 << sensor
    n[i, col.PLOT_SITE] = s
    if kind == schema.RADAR_TRACK:
        n[i, col.PLOT_IDENT] = named
    if n[i, col.MMSI] < 0:
        n[i, col.KIND] = kind
    if math.isnan(f[i, col.TO_BOW]) and not math.isnan(length_m):  # until she has told her size
        old = f[i, col.LENGTH]
        f[i, col.LENGTH] = length_m if math.isnan(old) else old + 0.1 * (length_m - old)
    rows.confirm(f, n, i)


@borrowing
def _teaches(f, n, i):
    """The size of vessel of which row i teaches how far she is seen: the largest, until she has told her own."""
    return col.SIZES - 1 if math.isnan(f[i, col.TO_BOW]) else clutter.size(f[i, col.LENGTH], col.SIZES - 1)


@borrowing
def _expected(f, n, i, chart, s, at, range_m):
    """Probability that named row i, if she is there, gives a plot: as the likes of her have proved, or by the standard.

    Of unknown size, she is judged as a small one of her class.
    """
    if n[i, col.STATUS] == MOORED and math.hypot(f[i, col.VE], f[i, col.VN]) < motion.SLOW_MPS:
        return 0.0  # no radar tells her from the quay
    if n[i, col.HELD] == 1:
        return clutter.detection(chart, s, at)
    told = not math.isnan(f[i, col.TO_BOW])
    small = 1 if n[i, col.KIND] == schema.AIS_A else 0
    size = clutter.size(f[i, col.LENGTH], small) if told else small
    standard = STANDARD_PD if range_m < STANDARD_NM[size] * NM else 0.0
    return max(clutter.proved(chart, s, at, size), standard)


@borrowing
def look(f, n, c, hit_ns, look_ns, site, site_ns, chart, s, end_ns):
    """Count the scans of site s in which a track should have been seen and was not, up to end_ns."""
    period_ns = int(site[s, col.S_PERIOD] * S)
    lon0, lat0 = site[s, col.S_LON], site[s, col.S_LAT]
    if math.isnan(lon0) or site_ns[s] < 0:
        return
    east_m, north_m = geo.metres_per_degree(lat0)
    awake = end_ns - site_ns[s] < period_ns // 2
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] < 0 or end_ns - look_ns[i, s] < LOOK_S * period_ns:
            continue
        look_ns[i, s] += (end_ns - look_ns[i, s]) // period_ns * period_ns
        if not awake:
            continue
        dt = (end_ns - n[i, col.T]) / S
        dx = geo.lon_diff_deg(f[i, col.LON], lon0) * east_m + f[i, col.VE] * dt
        dy = (f[i, col.LAT] - lat0) * north_m + f[i, col.VN] * dt
        range_m, azimuth = math.hypot(dx, dy), clutter.around(math.atan2(dx, dy))
        # who has no name and is held together by echoes from the antenna's foot is looked for there too
        foot = range_m < site[s, col.S_MIN] and n[i, col.MMSI] >= 0
        if range_m > site[s, col.S_REACH] or foot or clutter.blind(site, s, azimuth):
            continue
        at = clutter.cell(site, s, range_m, azimuth)
        pd = clutter.detection(chart, s, at)
        visible = f[i, col.VISIBLE]
        hidden = (1.0 - visible) + visible * (1.0 - pd)
        if n[i, col.MMSI] >= 0:
            seen = _expected(f, n, i, chart, s, at, range_m)
            if seen > LEAST_EXPECTED:  # many looks that promised little would add up to a proof of nothing
                # one that radar has held may have gone behind something
                vain = 1.0 - min(seen, pd) * (visible if n[i, col.HITS] >= 5 else 1.0)
                f[i, col.UNSEEN] = max(f[i, col.UNSEEN] + math.log(vain), -20.0)
        after = visible * (1.0 - pd) / hidden
        if n[i, col.MMSI] < 0 and (n[i, col.STATE] == schema.TENTATIVE or n[i, col.HITS] < STANDING_HITS):
            f[i, col.ODDS] += math.log(1.0 - pd)  # seen a few times: less likely hidden than never there
            continue
        f[i, col.VISIBLE] = after * (1.0 - P_HIDE) + (1.0 - after) * P_SHOW
        if n[i, col.MMSI] < 0:  # that AIS is heard and nothing seen is a doubt about its position, not its existence
            f[i, col.ODDS] += math.log(hidden) - 0.02
            known_s = (end_ns - n[i, col.FIRST]) / S
            if known_s > GROWN_S and n[i, col.HITS] * site[s, col.S_PERIOD] < LEAST_SHARE * known_s:
                f[i, col.ODDS] = min(f[i, col.ODDS], -1.0)  # she lives on chance plots
        if n[i, col.HITS] > 5:
            clutter.looked(chart, s, at, _teaches(f, n, i), 0.0)
