"""Simulated traffic for training: Pictures of ships on routes that pass, enter, anchor, stop, drag and go silent.

Everything here is made by us from a seed, so a model trained on it may be shipped. The waters are invented: every other
day has new coasts of zones and lanes, so that a model cannot learn one place by heart, and the second day shows what
the first teaches of a place (risk/habit.py); vessels come back on several days.
"""

from typing import NamedTuple

import numpy as np

from vts import schema
from vts.geo import enu_to_lonlat
from vts.schema import Places, Statics, Tracks
from vts.units import DAY, KN, S

START_NS = 1_735_689_600 * S  # 2025-01-01, any Wednesday
STEP_S = 30.0
HALF_M = 30_000.0  # the water is a square of 60 km
LON0, LAT0 = 113.7, 22.1
REACH_M, HORIZON_MIN = 22_224.0, 60.0  # as WatchConfig: the model must see Places as it will see them on duty
DAYS_IN_ONE = 2  # a water lasts so many days
SILENT_S = 600.0  # a coasting track is kept this long
#        share, speed kn, its sd, length m, type
CLASSES = (
    (0.40, 12.5, 2.0, 190.0, 70),
    (0.25, 11.5, 1.5, 210.0, 80),
    (0.10, 24.0, 4.0, 45.0, 40),
    (0.25, 8.0, 2.0, 30.0, 30),
)


class Water(NamedTuple):
    """One invented place: zones as capsules (a segment with a radius; a circle where its ends meet), and routes."""

    ax: np.ndarray
    ay: np.ndarray
    bx: np.ndarray
    by: np.ndarray
    radius: np.ndarray
    kind: np.ndarray
    gates: np.ndarray  # (g, 2): where ships come in and leave
    nodes: np.ndarray  # (m, 2): junctions that routes pass
    anchorage: int  # the zone where ships anchor


def water(rng):
    """A new Water."""
    angle = rng.uniform(0, 2 * np.pi) + np.arange(5) * 2 * np.pi / 5 + rng.normal(0, 0.2, 5)
    gates = HALF_M * 0.98 * np.column_stack([np.sin(angle), np.cos(angle)])
    nodes = rng.uniform(-0.45, 0.45, (4, 2)) * HALF_M
    n = 7
    at = np.concatenate([nodes + rng.normal(0, 2500, (4, 2)), rng.uniform(-0.7, 0.7, (n - 4, 2)) * HALF_M])
    run, course = rng.choice([0.0, 0.0, 4000.0, 9000.0], n), rng.uniform(0, 2 * np.pi, n)
    dx, dy = run * np.sin(course) / 2, run * np.cos(course) / 2
    radius = np.where(run > 0, rng.uniform(300, 900, n), rng.uniform(700, 3500, n))
    radius[4], dx[4], dy[4] = 2500.0, 0.0, 0.0
    kind = np.array(["restricted"] * n, "<U24")
    kind[run > 0] = "corridor"
    kind[4] = "anchorage"
    return Water(at[:, 0] - dx, at[:, 1] - dy, at[:, 0] + dx, at[:, 1] + dy, radius, kind, gates, nodes, 4)


def edge(water, x, y):
    """(signed distance to each zone's edge, bearing in degrees to its nearest point), shape (n, zones)."""
    x, y = np.asarray(x)[..., None], np.asarray(y)[..., None]
    dx, dy = water.bx - water.ax, water.by - water.ay
    run2 = dx * dx + dy * dy
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(run2 > 0, ((x - water.ax) * dx + (y - water.ay) * dy) / run2, 0.0)
    share = np.clip(share, 0.0, 1.0)
    ex, ey = water.ax + share * dx - x, water.ay + share * dy - y
    d = np.hypot(ex, ey) - water.radius
    sign = np.where(d < 0, -1.0, 1.0)
    return d, np.degrees(np.arctan2(sign * ex, sign * ey)) % 360.0


def places(water, tracks, x, y, first=0):
    """Places of tracks as geofences makes them: zones within reach, or entered within the horizon on this course.

    `first` is the number of the water's first zone.
    """
    n = tracks.n
    d, bearing = edge(water, x, y)
    speed = np.nan_to_num(tracks.sog_kn) * KN
    course = np.radians(np.nan_to_num(tracks.cog_deg))
    vx, vy = speed * np.sin(course), speed * np.cos(course)
    end = HORIZON_MIN * 60.0
    enter = _enter_s(water, x, y, vx, vy)
    enters = (d <= 0) | (enter <= end)
    least = np.min(
        [d, edge(water, x + vx * end, y + vy * end)[0]]
        + [
            _to_run(px, py, x, y, vx * end, vy * end) - water.radius
            for px, py in ((water.ax, water.ay), (water.bx, water.by))
        ],
        axis=0,
    )
    use = (d <= REACH_M) | enters
    row, zone = np.nonzero(use)
    return Places(
        track=tracks.track[row],
        zone=zone + first,
        zone_kind=water.kind[zone],
        edge_m=d[use],
        bearing_deg=bearing[use],
        enter_min=np.where(d <= 0, 0.0, np.where(enters, np.minimum(enter, end) / 60.0, np.nan))[use],
        pass_m=np.where(enters, 0.0, np.maximum(least, 0.0))[use],
        since_ns=np.full(n, -1)[row],
    )


def _to_run(px, py, x, y, dx, dy):
    """Distance of each zone's end point to each vessel's run of (dx, dy), shape (n, zones)."""
    rx, ry = px - x[:, None], py - y[:, None]
    run2 = np.maximum(dx * dx + dy * dy, 1e-9)[:, None]
    share = np.clip((rx * dx[:, None] + ry * dy[:, None]) / run2, 0.0, 1.0)
    return np.hypot(rx - share * dx[:, None], ry - share * dy[:, None])


def _enter_s(water, x, y, vx, vy):
    """Seconds until each vessel's straight run first touches each capsule, shape (n, zones); inf where it does not."""
    x, y, vx, vy = x[:, None], y[:, None], vx[:, None], vy[:, None]
    best = np.full(np.broadcast_shapes(x.shape, water.ax.shape), np.inf)
    v2 = np.maximum(vx * vx + vy * vy, 1e-12)
    for px, py in ((water.ax, water.ay), (water.bx, water.by)):
        b = (px - x) * vx + (py - y) * vy
        root = b * b - v2 * ((px - x) ** 2 + (py - y) ** 2 - water.radius**2)
        t = (b - np.sqrt(np.maximum(root, 0.0))) / v2
        best = np.where((root >= 0) & (t >= 0), np.minimum(best, t), best)
    dx, dy = water.bx - water.ax, water.by - water.ay
    run = np.hypot(dx, dy)
    ux, uy = dx / np.maximum(run, 1e-9), dy / np.maximum(run, 1e-9)
    along, across = (x - water.ax) * ux + (y - water.ay) * uy, (y - water.ay) * ux - (x - water.ax) * uy
    v_along, v_across = vx * ux + vy * uy, vy * ux - vx * uy
    closing = -np.sign(across) * v_across
    t = (np.abs(across) - water.radius) / np.where(closing > 1e-9, closing, np.inf)
    at = along + v_along * t
    return np.where((closing > 1e-9) & (t >= 0) & (at >= 0) & (at <= run), np.minimum(best, t), best)


class Ship(NamedTuple):
    """One passage: who, where along, how fast, and what goes wrong."""

    mmsi: int
    kind: int
    length_m: float  # as AIS tells it
    turn_deg_s: float
    has_heading: bool
    speed_kn: float
    way: np.ndarray  # (k, 2)
    start_s: float
    anchor_s: float  # time it lies at anchor at the end of its way; 0: passes on
    fails_at: float  # seconds under way until the engine stops; inf: never
    drags_at: float  # seconds at anchor until the anchor drags; inf: never
    silent_at: float  # seconds under way until AIS stops; inf: never
    cautious: bool  # slows and weaves before the engine fails
    destination: str  # as AIS tells it; empty where she tells none


def _ship(rng, water, mmsi, cls, start_s):
    """One passage by a random route."""
    _, speed, sd, length, kind = CLASSES[cls]
    gate, out = rng.choice(len(water.gates), 2, replace=False)
    via = water.nodes[rng.choice(len(water.nodes), rng.integers(1, 3), replace=False)]
    lateral = rng.normal(0, 500, 2)
    anchors = rng.random() < 0.22 and kind in (70, 80)
    zone = water.anchorage
    last = (
        np.array([water.ax[zone], water.ay[zone]]) + rng.normal(0, water.radius[zone] / 2.5, 2)
        if anchors
        else water.gates[out]
    )
    way = np.vstack([water.gates[gate] + lateral, via + lateral + rng.normal(0, 250, via.shape), last])
    if kind == 30:  # small craft wander
        way = np.vstack([way[:1], rng.uniform(-0.8, 0.8, (5, 2)) * HALF_M, way[-1:]])
    fails = rng.random() < 0.10
    bound = "ANCHORAGE" if anchors else f"PORT {out}"
    return Ship(
        mmsi=mmsi,
        kind=kind,
        # real AIS leaves length and heading out now and then; a model must have met that
        length_m=np.nan if rng.random() < 0.15 else length * rng.uniform(0.8, 1.2),
        turn_deg_s=1.0 if length > 100 else 3.0,
        has_heading=bool(rng.random() > 0.15),
        speed_kn=max(3.0, rng.normal(speed, sd)),
        way=way,
        start_s=start_s,
        anchor_s=rng.uniform(2, 8) * 3600 if anchors else 0.0,
        fails_at=rng.uniform(1500, 7000) if fails else np.inf,
        drags_at=rng.uniform(1800, 9000) if anchors and rng.random() < 0.5 else np.inf,
        silent_at=rng.uniform(1200, 7000) if rng.random() < 0.08 else np.inf,
        cautious=bool(rng.random() < 0.6),
        destination="" if kind == 30 or rng.random() < 0.25 else bound,
    )


def _sail(rng, ship):
    """The passage as (t_s, x, y, sog_kn, cog_deg, heading_deg, nav_status, age_s), one row a STEP_S."""
    x, y = ship.way[0]
    to = 1
    course = np.degrees(np.arctan2(ship.way[1, 0] - x, ship.way[1, 1] - y))
    v, t, stop_left, failing, drag = ship.speed_kn, 0.0, ship.anchor_s, 1800.0, 0.0
    wander, pace, age = 0.0, 0.0, 0.0
    drift = rng.uniform(0, 360)
    rows = []
    while t < 86_400 and len(rows) < 2600:
        status, heading = 0, None
        wander += -wander * STEP_S / 400 + rng.normal(0, 1.6)
        pace += -pace * STEP_S / 900 + rng.normal(0, 0.08)
        if t >= ship.fails_at and failing > 0:
            failing -= STEP_S
            v *= np.exp(-STEP_S / 240)
            v = max(v, 0.4)
            course = course + 0.02 * ((drift - course + 180) % 360 - 180) * STEP_S / 10
            heading, status = course - 60 * (1 - v / ship.speed_kn), 2 if failing < 1200 else 0
        elif to < len(ship.way):
            dx, dy = ship.way[to, 0] - x, ship.way[to, 1] - y
            want = np.degrees(np.arctan2(dx, dy)) + wander
            turn = np.clip((want - course + 180) % 360 - 180, -ship.turn_deg_s * STEP_S, ship.turn_deg_s * STEP_S)
            course += turn
            goal = ship.speed_kn * (1 + 0.05 * pace)
            last_leg = to == len(ship.way) - 1
            if ship.anchor_s and last_leg:
                goal = min(goal, 1.0 + np.hypot(dx, dy) / 450.0)
            if ship.cautious and ship.fails_at - 900 < t < ship.fails_at:
                goal *= 0.75 + 0.1 * np.sin(t / 60)
                course += rng.normal(0, 4)
            v += np.clip(goal - v, -0.03 * STEP_S, 0.03 * STEP_S)
            if np.hypot(dx, dy) < max(400.0, v * KN * STEP_S):
                to += 1
        elif stop_left > 0:
            stop_left -= STEP_S
            lain = ship.anchor_s - stop_left
            status = 1
            if lain > ship.drags_at and lain < ship.drags_at + 3600:
                drag = min(1.6, drag + STEP_S / 900)  # the anchor breaks out slowly
                v, course, heading = max(0.05, drag), drift, drift + 90
            else:
                drift_now = drift + 40 * np.sin(t / 400)
                v, course, heading = abs(rng.normal(0, 0.15)), rng.uniform(0, 360), drift_now
        else:
            break
        if max(abs(x), abs(y)) > HALF_M * 1.3:
            break
        run = v * KN * STEP_S
        x, y = x + run * np.sin(np.radians(course)), y + run * np.cos(np.radians(course))
        age = age + STEP_S if ship.silent_at <= t < ship.silent_at + 3600 else 0.0
        if ship.silent_at - 600 < t < ship.silent_at and ship.kind == 30:
            course += rng.normal(0, 6)  # small craft that switch off tend to turn for somewhere first
        rows.append((t, x, y, v, course % 360, (course if heading is None else heading) % 360, status, age))
        t += STEP_S
    return np.array(rows)


def days(seed, count):
    """Pictures of `count` simulated days, one after the other."""
    for number in range(count):
        yield from day(seed, number)[1]


def day(seed, number, ships=140, pool=1500):
    """(Water, iterator of Pictures) of one simulated day; `number` counts days, vessels come from one pool by MMSI."""
    rng = np.random.default_rng([seed, number])
    here = water(np.random.default_rng([seed, number // DAYS_IN_ONE, 1]))
    crew = np.random.default_rng(seed)
    classes = crew.choice(len(CLASSES), pool, p=[c[0] for c in CLASSES])
    who = rng.choice(pool, ships, replace=False)
    starts = np.sort(rng.uniform(0, 82_000, ships))
    fleet = [_ship(rng, here, 412_000_000 + int(i), classes[i], s) for i, s in zip(who, starts, strict=True)]
    passages = [_sail(rng, ship) for ship in fleet]
    return here, _pictures(rng, here, fleet, passages, number)


def _pictures(rng, here, fleet, passages, number):
    """One Picture a STEP_S, as a tracker would give it: noise, covariance, coasting when silent."""
    steps = int(86_400 / STEP_S)
    first = [int(np.ceil(ship.start_s / STEP_S)) for ship in fleet]
    by_step = [[] for _ in range(steps)]
    for s, passage in enumerate(passages):
        for k in range(min(len(passage), steps - first[s])):
            by_step[first[s] + k].append((s, k))
    for step, present in enumerate(by_step):
        at_ns = START_NS + number * DAY + int(step * STEP_S * S)
        yield _picture(rng, here, fleet, passages, first, present, at_ns, number)


def _picture(rng, here, fleet, passages, first, present, at_ns, number):
    """The tracks of one instant."""
    rows = np.array([passages[s][k] for s, k in present]).reshape(-1, 8)
    who = np.array([s for s, _ in present], np.int64)
    keep = rows[:, 7] <= SILENT_S
    rows, who = rows[keep], who[keep]
    n = len(rows)
    noise_m = 8.0 + 0.3 * rows[:, 7]
    x, y = rows[:, 1] + rng.normal(0, 1, n) * noise_m, rows[:, 2] + rng.normal(0, 1, n) * noise_m
    lonlat = np.array([enu_to_lonlat(a, b, LON0, LAT0) for a, b in zip(x, y, strict=True)]).reshape(-1, 2)
    sog = np.abs(rows[:, 3] + rng.normal(0, 0.08, n))
    cog = (rows[:, 4] + rng.normal(0, 1, n) * np.minimum(90.0, 0.6 + 4.0 / np.maximum(sog, 0.05))) % 360.0
    has_heading = np.array([f.has_heading for f in fleet])[who]
    first_ns = START_NS + number * DAY + (np.array(first, np.int64)[who] * STEP_S * S).astype(np.int64)
    tracks = Tracks(
        track=number * 1000 + who,
        mmsi=np.array([f.mmsi for f in fleet])[who],
        t_ns=np.full(n, at_ns),
        lon_deg=lonlat[:, 0],
        lat_deg=lonlat[:, 1],
        sog_kn=sog,
        cog_deg=cog,
        heading_deg=np.where(has_heading, (rows[:, 5] + rng.normal(0, 1.0, n)) % 360.0, np.nan),
        nav_status=rows[:, 6].astype(np.int8),
        kind=np.zeros(n, np.int8),
        state=np.where(rows[:, 7] > 0, schema.COASTING, schema.CONFIRMED).astype(np.int8),
        age_s=rows[:, 7] + rng.uniform(0, 10, n),
        first_ns=first_ns,
        seen_by=np.where(rows[:, 7] > 0, 0, 1),
        ee_m2=noise_m**2,
        en_m2=np.zeros(n),
        nn_m2=noise_m**2,
        eve_m2s=np.zeros(n),
        evn_m2s=np.zeros(n),
        nve_m2s=np.zeros(n),
        nvn_m2s=np.zeros(n),
        veve_m2s2=np.full(n, 0.02),
        vevn_m2s2=np.zeros(n),
        vnvn_m2s2=np.full(n, 0.02),
        existence=np.ones(n),
        length_m=np.array([f.length_m for f in fleet])[who],
        reports=np.maximum(1, (at_ns - first_ns) // (10 * S)),
    )
    mmsi, one = np.unique(tracks.mmsi, return_index=True)
    statics = Statics(
        mmsi=mmsi,
        t_ns=np.full(mmsi.size, at_ns),
        ship_type=np.array([fleet[s].kind for s in who], np.int16)[one] if n else np.empty(0, np.int16),
        length_m=tracks.length_m[one],
        destination=np.array([fleet[s].destination for s in who], "<U20")[one] if n else np.empty(0, "<U20"),
    )
    first_zone = len(here.kind) * (number // DAYS_IN_ONE)
    found = places(here, tracks, x, y, first_zone) if n else Places.empty()
    return schema.Picture(at_ns, tracks, statics, schema.Alerts.empty(), schema.Scores.empty(), found)
