"""Ships that keep a watch on each other: route keeping and collision avoidance of a whole traffic, compiled.

Who gives way follows the steering rules of COLREG as far as two ships need them: the overtaking ship (rule 13), both
when head-on (14), the one that has the other on her own starboard side (15); a ship that should keep her course acts
herself when the other has not and it is late (17). She alters to starboard by the least that gives the wished passing
distance. A ship with a short `act_s` is one whose watch is bad: these are the near misses.
"""

import math
from typing import NamedTuple

import numpy as np

from vts.jit import kernel
from vts.units import DEG

ABSENT, UNDER_WAY, ANCHORED, ADRIFT = 0, 1, 2, 3
STEP_S = 5.0
LOOK_STEPS = 4  # the watch looks round every 20 s
ALTERATIONS = 9  # 10 to 90 degrees
STERN_DEG = 112.5  # abaft the beam by 22.5 degrees: the arc of the sternlight


class Ships(NamedTuple):
    """State of a traffic: one row per ship, in the plane."""

    x_m: np.ndarray
    y_m: np.ndarray
    course_deg: np.ndarray
    speed_mps: np.ndarray
    turn_deg_s: np.ndarray  # now
    alter_deg: np.ndarray  # off her route, to keep clear
    yaw: np.ndarray  # steering and surge noise, 1 sigma
    surge: np.ndarray
    mode: np.ndarray  # ABSENT, UNDER_WAY, ANCHORED, ADRIFT
    begin: np.ndarray  # step of the block from which she is there
    leg: np.ndarray  # she sails towards this point of her route
    points: np.ndarray
    stays: np.ndarray  # 1: she stops at the last point; 0: she is gone
    most_turn_deg_s: np.ndarray
    gain_mps2: np.ndarray
    wish_m: np.ndarray  # passing distance that she wants
    act_s: np.ndarray  # time to the closest approach at which she gives way
    late_s: np.ndarray  # ... and at which she acts though the other should
    length_m: np.ndarray
    anchor_x_m: np.ndarray  # at anchor: where it lies, scope, and how she swings
    anchor_y_m: np.ndarray
    scope_m: np.ndarray
    swing_deg: np.ndarray
    period_s: np.ndarray
    drag_x_mps: np.ndarray  # over the ground: of a dragging anchor, or adrift
    drag_y_mps: np.ndarray


def afloat(n, most_points):
    """n absent Ships, and their empty routes: (n, points, 3) of east, north and speed on the leg to the point."""
    whole = ("mode", "begin", "leg", "points", "stays")
    ships = Ships(*(np.zeros(n, np.int64 if name in whole else np.float64) for name in Ships._fields))
    return ships, np.zeros((n, most_points, 3))


@kernel
def angle(a_deg):
    """The same angle in [-180, 180)."""
    return (a_deg + 180.0) % 360.0 - 180.0


@kernel
def closest(dx, dy, dvx, dvy):
    """(time to, distance at) the closest approach of a relative motion; (0, distance) where there is none."""
    v2 = dvx * dvx + dvy * dvy
    if v2 < 1e-6:
        return 0.0, math.hypot(dx, dy)
    t = -(dx * dvx + dy * dvy) / v2
    return t, math.hypot(dx + t * dvx, dy + t * dvy)


@kernel
def gives_way(s, i, j, dx, dy):
    """Whether ship i, and not j, has to keep clear; j lies dx, dy from i."""
    if s.speed_mps[j] < 0.6 or s.mode[j] != UNDER_WAY:
        return True
    bearing = math.atan2(dx, dy) / DEG
    seen = angle(bearing - s.course_deg[i])
    seen_by_other = angle(bearing + 180.0 - s.course_deg[j])
    if abs(seen_by_other) > STERN_DEG and s.speed_mps[i] > s.speed_mps[j]:
        return True
    if abs(seen) > STERN_DEG:
        return False
    if abs(angle(s.course_deg[i] - s.course_deg[j])) > 165.0 and abs(seen) < 20.0:
        return True
    return 0.0 < seen < STERN_DEG


@kernel
def passing_m(s, i, v, near, count, course_deg, speed_mps):
    """Least distance, less half of both lengths, at which ship i would pass the near ones on a course."""
    vx, vy = speed_mps * math.sin(course_deg * DEG), speed_mps * math.cos(course_deg * DEG)
    least = np.inf
    for k in range(count):
        j = near[k]
        dx, dy = s.x_m[j] - s.x_m[i], s.y_m[j] - s.y_m[i]
        t, d = closest(dx, dy, v[0, j] - vx, v[1, j] - vy)
        if t <= 0.0:
            d = math.hypot(dx, dy) if t == 0.0 else np.inf
        elif t > 1.5 * s.act_s[i] + 120.0:
            d = np.inf
        least = min(least, d - 0.5 * (s.length_m[i] + s.length_m[j]))
    return least


@kernel
def look_round(s, i, v, route_deg, cruise_mps, near):
    """The alteration that ship i decides on, degrees to starboard of her route; `v` is (2, ships), all velocities."""
    count = 0
    must = False
    reach = 600.0 + (s.speed_mps[i] + 9.0) * s.act_s[i]
    vx, vy = cruise_mps * math.sin(route_deg * DEG), cruise_mps * math.cos(route_deg * DEG)
    for j in range(s.x_m.size):
        if j == i or s.mode[j] == ABSENT:
            continue
        dx, dy = s.x_m[j] - s.x_m[i], s.y_m[j] - s.y_m[i]
        if abs(dx) > reach or abs(dy) > reach:
            continue
        near[count] = j
        count += 1
        t, d = closest(dx, dy, v[0, j] - vx, v[1, j] - vy)
        wish = s.wish_m[i] + 0.5 * (s.length_m[i] + s.length_m[j])
        if s.alter_deg[i] != 0.0:
            wish *= 1.15  # she goes back to her route only when it is well clear
        if t <= 0.0 or d > wish:
            continue
        # what she has begun she ends: her own alteration does not relieve her of the duty (rules 13 d, 15)
        duty = s.alter_deg[i] != 0.0 or gives_way(s, i, j, dx, dy)
        if t < s.act_s[i] if duty else (t < s.late_s[i] and d < 0.5 * wish):
            must = True
    if not must:
        return 0.0
    best, best_m = 0.0, passing_m(s, i, v, near, count, route_deg, cruise_mps)
    for k in range(1, ALTERATIONS + 1):
        m = passing_m(s, i, v, near, count, route_deg + 10.0 * k, cruise_mps)
        if m > best_m + 20.0:
            best, best_m = 10.0 * k, m
        if m >= 1.1 * s.wish_m[i]:  # the turn itself costs some of it
            return 10.0 * k
    return best


@kernel
def keep_route(s, i, route):
    """(course to steer, speed wanted) of ship i on her leg, by line of sight; takes her to the next leg."""
    while True:
        k = s.leg[i]
        if k >= s.points[i]:
            return s.course_deg[i], 0.0
        ax, ay, bx, by = route[k - 1, 0], route[k - 1, 1], route[k, 0], route[k, 1]
        length = max(math.hypot(bx - ax, by - ay), 1.0)
        ex, ey = (bx - ax) / length, (by - ay) / length
        left = length - ((s.x_m[i] - ax) * ex + (s.y_m[i] - ay) * ey)
        if left > max(60.0, 14.0 * s.speed_mps[i]):
            break
        s.leg[i] = k + 1
    off = (s.x_m[i] - ax) * ey - (s.y_m[i] - ay) * ex
    reach = max(400.0, 60.0 * s.speed_mps[i])
    return math.atan2(ex, ey) / DEG - math.atan2(off, reach) / DEG, route[k, 2]


@kernel
def under_way(s, i, v, route, look, near, white_yaw, white_surge):
    """One step of a ship under way; whether her route is at its end."""
    wanted, cruise = keep_route(s, i, route)
    if s.leg[i] >= s.points[i] and not s.stays[i]:
        return True
    if look and s.leg[i] < s.points[i]:
        s.alter_deg[i] = look_round(s, i, v, wanted, max(cruise, s.speed_mps[i]), near)
    error = angle(wanted + s.alter_deg[i] - s.course_deg[i])
    rate = min(max(0.06 * error, -s.most_turn_deg_s[i]), s.most_turn_deg_s[i])
    s.turn_deg_s[i] += min(max(rate - s.turn_deg_s[i], -0.3), 0.3)
    s.course_deg[i] = (s.course_deg[i] + STEP_S * s.turn_deg_s[i]) % 360.0
    gain = s.gain_mps2[i] * STEP_S
    s.speed_mps[i] += min(max(cruise - s.speed_mps[i], -gain), gain)
    keep_yaw, keep_surge = math.exp(-STEP_S / 25.0), math.exp(-STEP_S / 90.0)
    s.yaw[i] = keep_yaw * s.yaw[i] + math.sqrt(1.0 - keep_yaw * keep_yaw) * white_yaw
    s.surge[i] = keep_surge * s.surge[i] + math.sqrt(1.0 - keep_surge * keep_surge) * white_surge
    return False


@kernel
def at_anchor(s, i, t_s, out):
    """Write where a ship at anchor lies and how she moves: x, y, vx, vy, heading."""
    s.anchor_x_m[i] += STEP_S * s.drag_x_mps[i]
    s.anchor_y_m[i] += STEP_S * s.drag_y_mps[i]
    w = 2.0 * math.pi / s.period_s[i]
    heading = s.course_deg[i] + s.swing_deg[i] * math.sin(w * t_s + s.yaw[i])
    rate = s.swing_deg[i] * w * math.cos(w * t_s + s.yaw[i]) * DEG
    sh, ch = math.sin(heading * DEG), math.cos(heading * DEG)
    out[0], out[1] = s.anchor_x_m[i] - s.scope_m[i] * sh, s.anchor_y_m[i] - s.scope_m[i] * ch
    out[2] = s.drag_x_mps[i] - s.scope_m[i] * ch * rate
    out[3] = s.drag_y_mps[i] + s.scope_m[i] * sh * rate
    out[4] = heading % 360.0
    s.x_m[i], s.y_m[i], s.speed_mps[i] = out[0], out[1], 0.0


@kernel
def run(s, routes, start_s, white, out):
    """Sail all ships for a block of steps; `white` is (2, ships, steps) noise.

    Writes `out`, (6, ships, steps): x, y, vx, vy, heading, and mode (ABSENT before she begins and after she ends).
    """
    n, steps = white.shape[1], white.shape[2]
    near, v = np.empty(n, np.int64), np.empty((2, n))
    where = np.empty(5)
    for k in range(steps):
        look = k % LOOK_STEPS == 0
        if look:
            for i in range(n):
                v[0, i] = s.speed_mps[i] * math.sin(s.course_deg[i] * DEG)
                v[1, i] = s.speed_mps[i] * math.cos(s.course_deg[i] * DEG)
        for i in range(n):
            out[5, i, k] = ABSENT
            if s.mode[i] == ABSENT or k < s.begin[i]:
                continue
            out[5, i, k] = s.mode[i]
            if s.mode[i] == ANCHORED:
                at_anchor(s, i, start_s + k * STEP_S, where)
            else:
                made = s.course_deg[i] + 0.8 * s.yaw[i]
                went = max(s.speed_mps[i] + 0.1 * s.surge[i], 0.0) if s.speed_mps[i] > 0.3 else s.speed_mps[i]
                where[0], where[1], where[4] = s.x_m[i], s.y_m[i], s.course_deg[i]
                where[2] = went * math.sin(made * DEG) + s.drag_x_mps[i]
                where[3] = went * math.cos(made * DEG) + s.drag_y_mps[i]
                s.x_m[i] += STEP_S * where[2]
                s.y_m[i] += STEP_S * where[3]
                if s.mode[i] == ADRIFT:
                    s.speed_mps[i] = max(s.speed_mps[i] - STEP_S * s.gain_mps2[i], 0.0)
                elif under_way(s, i, v, routes[i], look, near, white[0, i, k], white[1, i, k]):
                    s.mode[i] = ABSENT
            for c in range(5):
                out[c, i, k] = where[c]
