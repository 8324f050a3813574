"""Where each number lies: columns of the tables of tracks (`f` float64, `n` int64) and of radar sites (`site`).

One row is one track, so that a report touches two short stretches of memory; kernels name the columns, never count.
"""

import math

from vts.jit import borrowing

# f: the estimate
LON, LAT, VE, VN = 0, 1, 2, 3  # degrees and m/s at n[T], the modes weighed together
EE, EN, NN, EVE, EVN, NVE, NVN, VEVE, VEVN, VNVN = 4, 5, 6, 7, 8, 9, 10, 11, 12, 13  # its covariance, m and m/s
TURN = 14  # rad/s to starboard
EAST_M, NORTH_M = 15, 16  # in a degree, here
HEADING, ROT, SOG = 17, 18, 19  # last reported, NaN until then
ODDS = 20  # log odds that there is a vessel
VISIBLE = 21  # probability that radar can see it now, if it exists
LENGTH, BEAM, TO_BOW, TO_PORT = 22, 23, 24, 25  # m; NaN unknown
GAP_S = 26  # typical time between reports of its identity
OFF_E, OFF_N, OFF_W = 27, 28, 29  # AIS minus radar: weighted sums and weight of the offset vector, fading
OFF_D2 = 30  # squared size of the mean offset in its own sigmas
LIKELY = 31  # log likelihood that the MMSI belongs to this track
AIS_LON, AIS_LAT = 32, 33  # of its last AIS report, degrees
PLOT_RANGE, PLOT_AZ = 34, 35  # last radar plot, as measured; azimuth in radians
OFF_FAR = 38  # m of the mean offset that neither hull nor wake explains
WANDER, WANDER_N = 36, 37  # of its own echo over its hull, as a site's S_GLINT, S_GLINT_N
UNSEEN = 39  # log likelihood of the looks in a row that found nothing, if the vessel were there
HYPOTHESES = 5  # of motion: three legs, a turn, a stop
MU = 40  # their probabilities; 0: not carried
X = MU + HYPOTHESES  # each of STRIDE: e n ve vn turn from LON, LAT, then columns of their covariance to its diagonal
STRIDE = 20
CUSUM = X + HYPOTHESES * STRIDE  # east, west, north, south: how long AIS has been to that side, in sigmas (Page, 1954)
ANTENNA_M, ANTENNA_W = CUSUM + 4, CUSUM + 5  # ahead of her echo by the pairs so far, and 1 / m^2, until it is told
NF = CUSUM + 6
GAVE = NF  # and so many more columns as there are sources, AIS first: nats that each gave of late (rows.gave)

# n: the facts
TRACK, MMSI, T, LAST, FIRST = 0, 1, 2, 3, 4  # LAST and FIRST: times of the last and first report used
STATUS, KIND, STATE, REPORTS = 5, 6, 7, 8
NEXT = 9  # next track of the same MMSI, or -1
SEEN = 10  # bit k: sensor k has ever contributed
HITS = 11  # radar plots
AIS_T, RADAR_T = 12, 13  # time of the last AIS report, radar plot
AIS_N = 14  # AIS reports used
MISFITS = 15  # AIS reports of its MMSI in a row that did not fit
PLOT_SITE = 16
DISTRUST = 17  # 1: its AIS position is not believed, and does not move it
CLOSE_TO, CLOSE_N = 18, 19  # track number of one that competes for its plots, scans in a row
PLOT_IDENT = 20  # what a radar's own tracker calls it: its number x sites + site
LEFT = 21  # the MMSI that it lost to a report that it did not fit
HELD = 22  # 1: radar held another track of its MMSI when it began: she can be seen, and one of the two is not hers
CLAIM, CLAIM_N = 23, 24  # another MMSI whose reports come from here, and how many did since one of its own fitted
CLOSE_LIFE = 25  # reports of its own that the younger of the two had when they began to compete
ASKED = 26  # 1: since she was sure, it has been asked whether she is one that was lost
BESIDE, BESIDE_T = 27, 28  # track number of one so near that they may give one echo, and when they did
NI = 29

FREE, LOST = -1, -2  # n[STATE] of an unused row; of a track that is not shown, and may come back

# c: counters of the whole tracker
C_TOP, C_FREE, C_TRACK, C_CLOCK, C_KEYS = 0, 1, 2, 3, 4  # rows in use, free-list length, last number, time, hash keys
C_REPLAY = 6  # how often the past was worked in again
C_TABLES = 5  # set when a table must grow before the next report
C_PLOTS = 7  # slots in which a radar gave plots
NC = 8

# gone: named tracks that have retired, to come back under their number; a few for each hash of an MMSI
G_MMSI, G_TRACK, G_AIS_T, G_FIRST, G_LON, G_LAT, G_VE, G_VN = 0, 1, 2, 3, 4, 5, 6, 7  # 1e-7 degrees, mm/s
NG = 8

# site: one row per radar
S_LON, S_LAT, S_PERIOD, S_MIN, S_MAX, S_RANGE_SIGMA, S_AZ_SIGMA = 0, 1, 2, 3, 4, 5, 6  # degrees, s, m, m, m, radians
S_MOVES = 7  # 1: it sails; S_LON, S_LAT are where it was at its last plots
S_FALSE, S_SCANS, S_REACH, S_BURST, S_NEW = 8, 9, 10, 11, 12  # false plots a scan, scans in the mean, m, factor, count
S_BIAS_R, S_BIAS_A, S_BIAS_T = 13, 14, 15  # m, radians, s: what it reads too much
S_VAR_R, S_VAR_A, S_VAR_T = 16, 17, 18
S_PAIRS = 19
S_GLINT, S_GLINT_N = 38, 39  # wander of the echo over the hull: excess and length squared over 36, fading sums
S_H = 20  # 6 numbers of the normal matrix, 3 of its right side
S_BLIND = 29  # count, then from, to in radians
MAX_BLIND = 4
S_PRIOR_R, S_PRIOR_A = 40, 41  # the biases that the sites file states
S_SINCE = 42  # s, of the first plot since the site began to look; 0 before it
# votes on a gross error of a ship's radar, before there are pairs: bins of range by bins of azimuth, fading
VOTE_R_M, VOTE_A_DEG, VOTES_R, VOTES_A = 50.0, 1.0, 9, 21
S_VOTE = 43
NS = S_VOTE + VOTES_R * VOTES_A

# chart: (sites, RINGS * SECTORS, NM), fading sums: false plots, looks at known vessels, hits, AIS
RINGS, SECTORS = 24, 36
MAP_FALSE, MAP_LOOKS, MAP_HITS, MAP_AIS = 0, 1, 2, 3
MAP_BY_SIZE = 4  # then looks and hits of each size of vessel
SIZES_M = (20.0, 50.0, 120.0)  # between the sizes
SIZES = 4
NM = MAP_BY_SIZE + 2 * SIZES

# Verdicts on a report
USED, NO_POSITION, TELEPORT, NO_IDENTITY, TOO_OLD, DUPLICATE, DISTRUSTED, BEGAN, HIDDEN = 0, 1, 2, 3, 4, 5, 6, 7, 8
CLAIMED = 9
REASONS = (
    "used",
    "no position",
    "outside the gate",
    "no identity",
    "older than the past that is kept",
    "duplicate",
    "AIS position not believed",
    "used",  # it began a track
    "second echo of one vessel",
    "from the place of a vessel of another MMSI",
)


@borrowing
def clear(f, n, i):
    """Make row i blank: estimates 0, what was reported unknown, facts -1."""
    for k in range(f.shape[1]):
        f[i, k] = 0.0
    for k in range(NI):
        n[i, k] = -1
    f[i, HEADING] = f[i, ROT] = f[i, SOG] = f[i, LENGTH] = f[i, BEAM] = f[i, TO_BOW] = f[i, TO_PORT] = math.nan
    f[i, VISIBLE] = 1.0
    n[i, REPORTS] = n[i, SEEN] = n[i, HITS] = n[i, AIS_N] = n[i, MISFITS] = n[i, DISTRUST] = n[i, CLOSE_N] = n[
        i, CLAIM_N
    ] = 0
