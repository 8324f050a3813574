"""Where a radar's range and azimuth lie on the chart, and how sure they are: compiled loops over reports."""

import math

import numpy as np

from vts import geo
from vts.jit import kernel
from vts.units import DEG

DAY_NS = 86_400_000_000_000
EARTH_M = geo.MEAN_RADIUS_M


@kernel
def ground_range_m(slant_m, height_m):
    """Distance in the antenna's tangent plane to a target on the sea at a slant range; 0 where it is below.

    The sea lies height + ground^2 / 2R under the plane: 126 m at 40 km.
    """
    drop_m = height_m + slant_m * slant_m / (2.0 * EARTH_M)
    return math.sqrt(max(slant_m * slant_m - drop_m * drop_m, 0.0))


@kernel
def polar_to_lonlat(range_m, azimuth_deg, lon_deg, lat_deg, height_m):
    """(lon_deg, lat_deg) of a sea-level target at a slant range and true azimuth from an antenna."""
    ground_m = ground_range_m(range_m, height_m)
    east_m, north_m = ground_m * math.sin(azimuth_deg * DEG), ground_m * math.cos(azimuth_deg * DEG)
    return geo.enu_to_lonlat(east_m, north_m, lon_deg, lat_deg)


@kernel
def lonlat_to_polar(lon_deg, lat_deg, site_lon_deg, site_lat_deg, height_m):
    """(range_m, azimuth_deg) from an antenna to a point at sea level; inverse of polar_to_lonlat."""
    east_m, north_m, up_m = geo.lonlat_to_enu(lon_deg, lat_deg, site_lon_deg, site_lat_deg)
    slant_m = math.sqrt(east_m * east_m + north_m * north_m + (up_m - height_m) ** 2)
    return slant_m, (math.atan2(east_m, north_m) / DEG) % 360.0


@kernel
def place(site, lon0, lat0, height, sigma_range, sigma_azimuth, rng, az, x, y, lon, lat, major, minor, axis):
    """Fill in place whichever of range, azimuth, lon, lat the others give, and the 1-sigma ellipse.

    `site` (n,) row of the site's arrays; lon0 and lat0 (n,) where its antenna was. Range and azimuth win over x and y
    (east and north of the antenna), these over a stated position: the site's surveyed position is the better one.
    """
    for n in range(site.size):
        k = site[n]
        if not math.isnan(rng[n]) and not math.isnan(az[n]):
            lon[n], lat[n] = polar_to_lonlat(rng[n], az[n], lon0[n], lat0[n], height[k])
        elif not math.isnan(x[n]) and not math.isnan(y[n]):
            rng[n], az[n] = math.hypot(x[n], y[n]), (math.atan2(x[n], y[n]) / DEG) % 360.0
            lon[n], lat[n] = geo.enu_to_lonlat(x[n], y[n], lon0[n], lat0[n])
        elif not math.isnan(lon[n]) and not math.isnan(lat[n]) and abs(lat[n]) <= 90.0:
            rng[n], az[n] = lonlat_to_polar(lon[n], lat[n], lon0[n], lat0[n], height[k])
        else:
            rng[n] = az[n] = lon[n] = lat[n] = math.nan
            continue
        along, across = sigma_range[k], rng[n] * sigma_azimuth[k] * DEG
        if math.isnan(across):  # the antenna's own position is not known
            major[n] = minor[n] = along
            axis[n] = 0.0
            continue
        major[n], minor[n] = max(along, across), min(along, across)
        axis[n] = (az[n] + (90.0 if across > along else 0.0)) % 180.0


@kernel
def nearest_ns(ref_ns, tod_ns, wrap_ns):
    """The instant nearest to `ref_ns` whose time of day, cut to `wrap_ns`, is `tod_ns`.

    The cut clock of CAT001 starts anew at midnight, 384 s into its last turn, so days are gone through one by one.
    """
    best, day_ns = np.int64(-1), ref_ns - ref_ns % DAY_NS
    for day in range(-1, 2):
        begin = day_ns + day * DAY_NS
        turn = (ref_ns - begin - tod_ns) // wrap_ns
        for k in range(max(turn, 0), max(turn, 0) + 2):
            inside = tod_ns + k * wrap_ns
            t = begin + inside
            if inside < DAY_NS and (best < 0 or abs(t - ref_ns) < abs(best - ref_ns)):
                best = t
        last = tod_ns + (DAY_NS - 1 - tod_ns) // wrap_ns * wrap_ns
        if best < 0 or abs(begin + last - ref_ns) < abs(best - ref_ns):
            best = begin + last
    return best


@kernel
def resolve_time(site, tod_s, wrap_s, rx_ns, noon_ns, last_ns, latest_ns, out_ns):
    """The newest time of the stream; UTC of each record from its time of day, in order of arrival, -1 where unknown.

    The day is the one that brings a record nearest to its reception, else to its site's last record (`last_ns`, by
    site, kept up), else to the stream's latest, else to `noon_ns` of the stated date (-1: none). So midnight, the
    512 s wrap of CAT001 and small steps back need no rule of their own. A record without a time of day takes its
    reception, else its site's last time.
    """
    for n in range(site.size):
        k = site[n]
        ref = rx_ns[n]
        if ref < 0:
            ref = last_ns[k] if k >= 0 and last_ns[k] >= 0 else latest_ns
        out_ns[n] = -1
        if math.isnan(tod_s[n]):
            out_ns[n] = rx_ns[n] if rx_ns[n] >= 0 else (last_ns[k] if k >= 0 else -1)
            continue
        if not 0.0 <= tod_s[n] < wrap_s[n]:
            continue
        if ref < 0 and wrap_s[n] == 86_400.0:
            ref = noon_ns
        if ref < 0:
            continue
        tod_ns = np.int64(np.rint(tod_s[n] * 128.0)) * 7_812_500
        t = nearest_ns(ref, tod_ns, np.int64(wrap_s[n]) * 1_000_000_000)
        out_ns[n] = t
        latest_ns = t
        if k >= 0:
            last_ns[k] = t
    return latest_ns
