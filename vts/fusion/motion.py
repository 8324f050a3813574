"""Near-constant velocity on the ellipsoid: predict a track to a time, correct it with a position and a velocity.

The position is kept in degrees and the covariance in metres east and north of it, so that no track ever leaves its
plane and a steady vessel sails a rhumb line, as vessels do.
"""

import math

from vts import geo
from vts.fusion import layout as col
from vts.jit import kernel


@kernel
def predict(f, i, dt_s, accel_mps2):
    """Move row i by dt_s (also backwards) and widen it by white acceleration of 1-sigma accel_mps2."""
    if dt_s == 0.0:
        return
    east_per_deg, north_per_deg = geo.metres_per_degree(f[i, col.LAT])
    f[i, col.LON] = geo.wrap_lon_deg(f[i, col.LON] + f[i, col.VE] * dt_s / east_per_deg)
    f[i, col.LAT] = f[i, col.LAT] + f[i, col.VN] * dt_s / north_per_deg
    q = accel_mps2 * accel_mps2
    a = abs(dt_s)
    # Discrete white-noise acceleration, piecewise constant over at most 10 s (Bar-Shalom, Estimation, 6.3.2)
    step = min(a, 10.0)
    q_pp = q * step * a * a * a / 3.0
    q_pv = math.copysign(q * step * a * a / 2.0, dt_s)
    q_vv = q * step * a
    f[i, col.EE] += dt_s * (2.0 * f[i, col.EVE] + dt_s * f[i, col.VEVE]) + q_pp
    f[i, col.EN] += dt_s * (f[i, col.EVN] + f[i, col.NVE] + dt_s * f[i, col.VEVN])
    f[i, col.NN] += dt_s * (2.0 * f[i, col.NVN] + dt_s * f[i, col.VNVN]) + q_pp
    f[i, col.EVE] += dt_s * f[i, col.VEVE] + q_pv
    f[i, col.EVN] += dt_s * f[i, col.VEVN]
    f[i, col.NVE] += dt_s * f[i, col.VEVN]
    f[i, col.NVN] += dt_s * f[i, col.VNVN] + q_pv
    f[i, col.VEVE] += q_vv
    f[i, col.VNVN] += q_vv


@kernel
def misfit(f, i, lon_deg, lat_deg, ree, ren, rnn):
    """(squared Mahalanobis distance of a position from row i, determinant of the innovation covariance)."""
    de, dn = geo.offset_m(lon_deg, lat_deg, f[i, col.LON], f[i, col.LAT])
    see, sen, snn = f[i, col.EE] + ree, f[i, col.EN] + ren, f[i, col.NN] + rnn
    det = see * snn - sen * sen
    return (snn * de * de - 2.0 * sen * de * dn + see * dn * dn) / det, det


@kernel
def correct(f, i, lon_deg, lat_deg, ree, ren, rnn):
    """Kalman update of row i with a position of covariance ree, ren, rnn (m^2)."""
    de, dn = geo.offset_m(lon_deg, lat_deg, f[i, col.LON], f[i, col.LAT])
    see, sen, snn = f[i, col.EE] + ree, f[i, col.EN] + ren, f[i, col.NN] + rnn
    det = see * snn - sen * sen
    aee, aen, ann = snn / det, -sen / det, see / det
    pee, pen, pnn = f[i, col.EE], f[i, col.EN], f[i, col.NN]
    peve, pevn, pnve, pnvn = f[i, col.EVE], f[i, col.EVN], f[i, col.NVE], f[i, col.NVN]
    k_ee, k_en = pee * aee + pen * aen, pee * aen + pen * ann
    k_ne, k_nn = pen * aee + pnn * aen, pen * aen + pnn * ann
    k_ue, k_un = peve * aee + pnve * aen, peve * aen + pnve * ann
    k_we, k_wn = pevn * aee + pnvn * aen, pevn * aen + pnvn * ann
    east_per_deg, north_per_deg = geo.metres_per_degree(f[i, col.LAT])
    f[i, col.LON] = geo.wrap_lon_deg(f[i, col.LON] + (k_ee * de + k_en * dn) / east_per_deg)
    f[i, col.LAT] += (k_ne * de + k_nn * dn) / north_per_deg
    f[i, col.VE] += k_ue * de + k_un * dn
    f[i, col.VN] += k_we * de + k_wn * dn
    f[i, col.EE] -= k_ee * pee + k_en * pen
    f[i, col.EN] -= k_ee * pen + k_en * pnn
    f[i, col.NN] -= k_ne * pen + k_nn * pnn
    f[i, col.EVE] -= k_ee * peve + k_en * pnve
    f[i, col.EVN] -= k_ee * pevn + k_en * pnvn
    f[i, col.NVE] -= k_ne * peve + k_nn * pnve
    f[i, col.NVN] -= k_ne * pevn + k_nn * pnvn
    f[i, col.VEVE] -= k_ue * peve + k_un * pnve
    f[i, col.VEVN] -= k_ue * pevn + k_un * pnvn
    f[i, col.VNVN] -= k_we * pevn + k_wn * pnvn


@kernel
def correct_velocity(f, i, ve_mps, vn_mps, r):
    """Kalman update of row i with a velocity of variance r per axis (m^2/s^2)."""
    due, dun = ve_mps - f[i, col.VE], vn_mps - f[i, col.VN]
    see, sen, snn = f[i, col.VEVE] + r, f[i, col.VEVN], f[i, col.VNVN] + r
    det = see * snn - sen * sen
    aee, aen, ann = snn / det, -sen / det, see / det
    peve, pevn, pnve, pnvn = f[i, col.EVE], f[i, col.EVN], f[i, col.NVE], f[i, col.NVN]
    puu, puw, pww = f[i, col.VEVE], f[i, col.VEVN], f[i, col.VNVN]
    k_ee, k_en = peve * aee + pevn * aen, peve * aen + pevn * ann
    k_ne, k_nn = pnve * aee + pnvn * aen, pnve * aen + pnvn * ann
    k_ue, k_un = puu * aee + puw * aen, puu * aen + puw * ann
    k_we, k_wn = puw * aee + pww * aen, puw * aen + pww * ann
    east_per_deg, north_per_deg = geo.metres_per_degree(f[i, col.LAT])
    f[i, col.LON] = geo.wrap_lon_deg(f[i, col.LON] + (k_ee * due + k_en * dun) / east_per_deg)
    f[i, col.LAT] += (k_ne * due + k_nn * dun) / north_per_deg
    f[i, col.VE] += k_ue * due + k_un * dun
    f[i, col.VN] += k_we * due + k_wn * dun
    f[i, col.EE] -= k_ee * peve + k_en * pevn
    f[i, col.EN] -= k_ee * pnve + k_en * pnvn
    f[i, col.NN] -= k_ne * pnve + k_nn * pnvn
    f[i, col.EVE] -= k_ee * puu + k_en * puw
    f[i, col.EVN] -= k_ee * puw + k_en * pww
    f[i, col.NVE] -= k_ne * puu + k_nn * puw
    f[i, col.NVN] -= k_ne * puw + k_nn * pww
    f[i, col.VEVE] -= k_ue * puu + k_un * puw
    f[i, col.VEVN] -= k_ue * puw + k_un * pww
    f[i, col.VNVN] -= k_we * puw + k_wn * pww
