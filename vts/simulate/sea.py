"""Days of busy open water for training and load tests: two lanes that cross, a port, anchorages, ferries, fishing.

Ships come and go, keep clear of each other as vts.simulate.watchkeeping says, and now and then do not: some watches
are bad, some engines stop, some anchors drag, some ships go dark. What was made to go wrong is in `events`. The water
is a place of its own (an invented port on an open sea), so no model trained on it knows any real harbour.
"""

from typing import NamedTuple

import numpy as np

from vts.schema import AIS_A, AIS_SENSOR, Reports
from vts.simulate import frame, ships, watchkeeping
from vts.simulate.scenario import ACCURATE_M, START_NS, Scene, line, polygon, streams, zone
from vts.simulate.transponder import interval_s
from vts.simulate.watchkeeping import ABSENT, ADRIFT, ANCHORED, STEP_S, UNDER_WAY
from vts.units import KN, S

BLOCK_STEPS = 120  # ten minutes
BLOCK_S = BLOCK_STEPS * STEP_S
PLACE = (114.90, 21.20)
MOST_POINTS = 14
STATIC_S = 1_800.0
LANE_KINDS = ("cargo", "container", "bulker", "tanker", "coaster", "passenger", "lng")
LANE_SHARE = (0.27, 0.20, 0.16, 0.16, 0.15, 0.04, 0.02)
# east and north, m, of an invented sea; lanes are sailed both ways, each to starboard of the line
LANES = (
    ((-32_000, -4_000), (-12_000, -2_000), (6_000, 2_500), (32_000, 7_000)),
    ((5_000, -32_000), (1_000, -12_000), (-2_500, 8_000), (-4_000, 32_000)),
    ((-32_000, 14_000), (-10_000, 6_000), (10_000, -9_000), (28_000, -20_000)),
)
PORT_WAY = ((24_000, 15_000), (14_000, 11_000), (7_500, 6_500), (-1_000, 1_000))
ANCHORAGES = (((13_000, 4_000), (19_000, 9_000)), ((-15_000, -13_000), (-9_000, -8_000)))
FERRY_ENDS = (((-20_000, 10_000), (17_000, -13_000)), ((-9_000, -19_000), (11_000, 15_500)))
GROUND = ((-8_000, -12_000), (9_000, -3_000))  # fishing, beside the crossing
KEPT_CLEAR = ((-6_000, 12_000), (-1_500, 16_000))  # an area to be avoided; some ships do not
LANE_M = 700.0  # from the line to the middle of a lane


class Event(NamedTuple):
    """What was made to happen to a ship."""

    event: str  # bad watch, engine, dragging, dark
    mmsi: int
    from_ns: int
    to_ns: int


class Traffic:
    """An iterable of Statics and Reports batches, one of each for every ten minutes; `events` grows as it runs.

    `zones` are the GeoJSON features of the water: anchorages, the lanes, the area to be avoided.
    """

    def __init__(self, seed, days, vessels, interval, bad_watch, mishaps, start_ns):
        self.scene = Scene(start_ns, *PLACE)
        self.events = []
        self.zones = _zones(self.scene)
        self._blocks = max(int(np.ceil(days * 86_400.0 / BLOCK_S)), 1)
        self._given = seed, vessels, interval, bad_watch, mishaps

    def __iter__(self):
        seed, vessels, interval, bad_watch, mishaps = self._given
        del self.events[:]
        sea = _Sea(self.scene, streams("traffic", seed), vessels, interval, bad_watch, mishaps, self.events)
        for block in range(self._blocks):
            yield from sea.block(block)


def traffic(seed=1, days=1.0, vessels=200, *, interval=None, bad_watch=0.06, mishaps=1.0, start_ns=START_NS):
    """A Traffic of about so many vessels at a time for so many days, as AIS Reports without going through bytes.

    `interval` is the reporting interval in s of every ship, None: by M.1371-5; `bad_watch` the share of ships that
    see others too late; `mishaps` scales how often engines stop, anchors drag and transponders fall silent. The same
    arguments give the same batches.
    """
    return Traffic(int(seed), float(days), int(vessels), interval, float(bad_watch), float(mishaps), int(start_ns))


class _Sea:
    """The ships of a traffic, block by block."""

    def __init__(self, scene, rng, vessels, interval, bad_watch, mishaps, events):
        self.scene, self.rng, self.interval = scene, rng, interval
        self.bad_watch, self.mishaps, self.events = bad_watch, mishaps, events
        self.ships, self.routes = watchkeeping.afloat(vessels, MOST_POINTS)
        self.kinds = np.array([self._role(k, vessels) for k in range(vessels)])
        self.fleet, self.papers = ships.muster(list(self.kinds), rng.ships)
        self.next_number = vessels
        self.route_of = [()] * vessels
        self.phase = rng.ais.random(vessels)
        self.dark_ns = np.full((vessels, 2), -1)
        self.idle_blocks = np.zeros(vessels, np.int64)  # until the next life begins
        self.stay_blocks = np.full(vessels, -1)  # at anchor, still; -1: not at anchor
        self.adrift_blocks = np.zeros(vessels, np.int64)
        self.told_s = np.full(vessels, -np.inf)
        self.seq = 0
        for k in range(vessels):
            self._begin(k, 0, first=True)

    def _role(self, k, vessels):
        """Kind of the k-th slot: an even mix of lane traffic and of what crosses it."""
        share = k / vessels
        for limit, kind in ((0.05, "ferry"), (0.15, "fishing"), (0.21, "yacht"), (0.23, "tug"), (0.25, "pilot")):
            if share < limit:
                return kind
        return str(self.rng.ships.choice(LANE_KINDS, p=LANE_SHARE))

    def block(self, block):
        """Statics and Reports of one block."""
        rng = self.rng.motion
        for k in range(self.kinds.size):
            self._between(k, block)
        n = self.kinds.size
        out = np.zeros((6, n, BLOCK_STEPS))
        watchkeeping.run(self.ships, self.routes, block * BLOCK_S, rng.standard_normal((2, n, BLOCK_STEPS)), out)
        statics, reports = self._told(block, out)
        statics = statics._replace(seq=self.seq + np.arange(statics.n))
        reports = reports._replace(seq=self.seq + statics.n + np.arange(reports.n))
        self.seq += statics.n + reports.n
        yield statics
        yield reports

    def _between(self, k, block):
        """What happens to a ship between two blocks: new lives, weighing anchor, mishaps and their end."""
        s, rng = self.ships, self.rng.faults
        s.begin[k] = 0
        arrived = s.mode[k] == UNDER_WAY and s.leg[k] >= s.points[k]
        if s.mode[k] == ABSENT:
            self.idle_blocks[k] -= 1
            if self.idle_blocks[k] < 0:
                self.idle_blocks[k] = rng.poisson(0.7)
            if self.idle_blocks[k] == 0:
                self._begin(k, block)
        elif arrived and self.route_of[k] == "anchor":
            self._let_go(k)
        elif arrived:
            self._begin(k, block, again=True)
        elif s.mode[k] == ANCHORED:
            self.stay_blocks[k] -= 1
            if self.stay_blocks[k] <= 0:
                self._weigh(k)
            elif s.drag_x_mps[k] == 0.0 and rng.random() < 0.002 * self.mishaps:
                self._adrift(k, 0.3, 0.9)
                self._note("dragging", k, block, self.stay_blocks[k])
        elif s.mode[k] == ADRIFT:
            self.adrift_blocks[k] -= 1
            if self.adrift_blocks[k] <= 0:
                s.mode[k], s.drag_x_mps[k], s.drag_y_mps[k] = UNDER_WAY, 0.0, 0.0
        elif self.kinds[k] in LANE_KINDS:
            chance = rng.random()
            if chance < 0.0015 * self.mishaps:
                s.mode[k], self.adrift_blocks[k] = ADRIFT, rng.integers(2, 8)
                self._adrift(k, 0.2, 0.8)
                self._note("engine", k, block, self.adrift_blocks[k])
            elif chance < 0.004 * self.mishaps:
                blocks = rng.integers(2, 8)
                begin = self._block_ns(block)
                self.dark_ns[k] = begin, begin + int(blocks * BLOCK_S) * S
                self._note("dark", k, block, blocks)

    def _adrift(self, k, slow_kn, fast_kn):
        """Wind and stream take ship k."""
        toward, speed = self.rng.faults.uniform(0, 2 * np.pi), self.rng.faults.uniform(slow_kn, fast_kn) * KN
        self.ships.drag_x_mps[k], self.ships.drag_y_mps[k] = speed * np.sin(toward), speed * np.cos(toward)

    def _block_ns(self, block):
        return self.scene.start_ns + int(block * BLOCK_S) * S

    def _note(self, event, k, block, blocks):
        begin = self._block_ns(block)
        self.events.append(Event(event, int(self.fleet.mmsi[k]), begin, begin + int(blocks * BLOCK_S) * S))

    def _begin(self, k, block, first=False, again=False):
        """A new life for slot k: mostly another ship of the kind; `again`: the same one, from where she is."""
        s, rng = self.ships, self.rng.motion
        if not first and not again and rng.random() < 0.6:
            fleet, papers = ships.muster([self.kinds[k]], self.rng.ships, self.next_number)
            self.next_number += 1
            for mine, new in ((self.fleet, fleet), (self.papers, papers)):
                for column, value in zip(mine, new, strict=True):
                    column[k] = value[0]
            self.told_s[k] = -np.inf
        kind = str(self.kinds[k])
        route, self.route_of[k] = self._route(kind, rng)
        if again:
            here = np.array((s.x_m[k], s.y_m[k]))
            if np.hypot(*(route[0] - here)) > np.hypot(*(route[-1] - here)):
                route = route[::-1]
            route = [here, *route[1:]]
        speed = float(self.fleet.speed_kn[k]) * KN
        points = np.array(route, float)
        self.routes[k, : len(points), :2] = points
        self.routes[k, : len(points), 2] = speed * rng.uniform(0.9, 1.05, len(points))
        at = rng.uniform(0, 0.9) if first else 0.0
        leg = max(int(at * (len(points) - 1)), 0) + 1
        part = at * (len(points) - 1) - (leg - 1)
        x, y = points[leg - 1] + part * (points[leg] - points[leg - 1])
        step = points[leg] - points[leg - 1]
        bad = kind not in ("fishing",) and rng.random() < self.bad_watch
        big = self.fleet.length_m[k] >= 80
        s.x_m[k], s.y_m[k], s.leg[k], s.points[k] = x, y, leg, len(points)
        if not again:
            s.course_deg[k], s.speed_mps[k] = np.degrees(np.arctan2(*step)) % 360.0, self.routes[k, leg, 2]
        s.stays[k] = self.route_of[k] != "leave"
        s.turn_deg_s[k] = s.alter_deg[k] = s.drag_x_mps[k] = s.drag_y_mps[k] = 0.0
        s.yaw[k], s.surge[k] = rng.standard_normal(2)
        s.mode[k], s.begin[k] = UNDER_WAY, 0 if first or again else rng.integers(0, BLOCK_STEPS)
        s.most_turn_deg_s[k], s.gain_mps2[k] = self.fleet.turn_deg_s[k], self.fleet.gain_mps2[k]
        s.length_m[k] = self.fleet.length_m[k]
        s.wish_m[k] = rng.uniform(500, 1_100) if big else rng.uniform(180, 450)
        s.act_s[k] = rng.uniform(480, 900) if big else rng.uniform(180, 420)
        s.late_s[k] = rng.uniform(120, 240) if big else rng.uniform(60, 120)
        if bad:
            s.act_s[k], s.late_s[k] = rng.uniform(0, 60), rng.uniform(0, 40)
            self._note("bad watch", k, block, 36)

    def _route(self, kind, rng):
        """(points, what comes at the end: "leave", "anchor" or "again") of one life."""
        if kind == "ferry":
            ends = np.array(FERRY_ENDS[rng.integers(len(FERRY_ENDS))], float)
            ends = ends[:: rng.choice((-1, 1))]
            middle = ends.mean(axis=0) + rng.normal(0, 600, 2)
            return [ends[0] + rng.normal(0, 80, 2), middle, ends[1] + rng.normal(0, 80, 2)], "again"
        if kind in ("fishing", "yacht"):
            low, high = np.array(GROUND, float)
            spread = 1.0 if kind == "fishing" else 1.8
            return list((low + high) / 2 + spread * rng.uniform(-0.5, 0.5, (8, 2)) * (high - low)), "again"
        if kind in ("tug", "pilot"):
            port, lane = np.array(PORT_WAY[0], float), np.array(PORT_WAY[rng.integers(2, 4)], float)
            return [port, lane + rng.normal(0, 900, 2), port + rng.normal(0, 200, 2)], "again"
        lane = np.array(LANES[rng.integers(len(LANES))], float)[:: rng.choice((-1, 1))]
        way = _to_starboard(lane, LANE_M + rng.normal(0, 220))
        chance = rng.random()
        if chance < 0.16:  # to the port, or from it
            port = _to_starboard(np.array(PORT_WAY[::-1], float), 350.0)
            return [*way[:2], *port[1:]], "leave"
        if chance < 0.32:
            port = _to_starboard(np.array(PORT_WAY, float), 350.0)
            return [*port[:-1], *way[2:]], "leave"
        if chance < 0.44:
            low, high = np.array(ANCHORAGES[rng.integers(len(ANCHORAGES))], float)
            return [*way[:2], rng.uniform(low, high)], "anchor"
        if chance < 0.47:  # cuts the corner through the area to be avoided
            return [way[0], np.mean(KEPT_CLEAR, axis=0) + rng.normal(0, 800, 2), way[-1]], "leave"
        return list(way), "leave"

    def _let_go(self, k):
        """Slot k has come to its anchorage: it lies there for hours."""
        s, rng = self.ships, self.rng.motion
        s.mode[k], s.speed_mps[k] = ANCHORED, 0.0
        s.scope_m[k] = rng.uniform(100, 180) + self.fleet.length_m[k] / 2
        s.swing_deg[k], s.period_s[k] = rng.uniform(8, 30), rng.uniform(480, 1_200)
        heading = np.radians(s.course_deg[k] + s.swing_deg[k] * np.sin(s.yaw[k]))
        s.anchor_x_m[k] = s.x_m[k] + s.scope_m[k] * np.sin(heading)
        s.anchor_y_m[k] = s.y_m[k] + s.scope_m[k] * np.cos(heading)
        s.drag_x_mps[k] = s.drag_y_mps[k] = 0.0
        self.stay_blocks[k], self.route_of[k] = rng.integers(6, 60), "leave"

    def _weigh(self, k):
        """Slot k leaves its anchorage along a lane."""
        s, rng = self.ships, self.rng.motion
        lane = np.array(LANES[rng.integers(len(LANES))], float)[:: rng.choice((-1, 1))]
        way = _to_starboard(lane, LANE_M)[2:]
        points = np.array([(s.x_m[k], s.y_m[k]), *way])
        self.routes[k, : len(points), :2] = points
        self.routes[k, : len(points), 2] = self.fleet.speed_kn[k] * KN
        step = points[1] - points[0]
        s.course_deg[k] = np.degrees(np.arctan2(*step)) % 360.0
        s.drag_x_mps[k] = s.drag_y_mps[k] = s.alter_deg[k] = s.turn_deg_s[k] = 0.0
        s.mode[k], s.leg[k], s.points[k], s.stays[k], self.route_of[k] = UNDER_WAY, 1, len(points), 0, "leave"

    def _told(self, block, out):
        """(Statics, Reports) that the ships of a block send, each in order of reception."""
        ship, t_s = self._when(block, out)
        k = (t_s / STEP_S).astype(np.int64)
        after = np.minimum(k + 1, BLOCK_STEPS - 1)
        keep = (out[5, ship, k] != ABSENT) & (out[5, ship, after] != ABSENT)
        ship, t_s, k, after = ship[keep], t_s[keep], k[keep], after[keep]
        u = t_s / STEP_S - k
        here, then = out[:, ship, k], out[:, ship, after].copy()
        last = after == k  # beyond the last step of the block she holds on
        then[:2, last] += STEP_S * then[2:4, last]
        x, y = (_cubic(here[c], then[c], here[c + 2], then[c + 2], u) for c in (0, 1))
        vx, vy = here[2:4] + u * (then[2:4] - here[2:4])
        turn = (then[4] - here[4] + 180.0) % 360.0 - 180.0
        rng = self.rng.ais
        noise = rng.standard_normal((4, ship.size))
        lon, lat = frame.enu_to_lonlat(x + 3.0 * noise[0], y + 3.0 * noise[1], self.scene.lon0_deg, self.scene.lat0_deg)
        vx, vy = vx + 0.08 * noise[2], vy + 0.08 * noise[3]
        north = frame.convergence_deg(lon, lat, self.scene.lon0_deg)
        t_ns = self._block_ns(block) + t_s.astype(np.int64) * S
        rx_ns = t_ns + (rng.uniform(0.2, 2.5, ship.size) * S).astype(np.int64)
        class_a = self.fleet.ais_kind[ship] == AIS_A
        status = np.where(here[5] == ANCHORED, 1, np.where(here[5] == ADRIFT, 2, 0))
        heading = (here[4] + u * turn + north) % 360.0
        reports = Reports(
            t_ns=t_ns,
            rx_ns=rx_ns,
            sensor=AIS_SENSOR,
            kind=self.fleet.ais_kind[ship],
            ident=self.fleet.mmsi[ship],
            lon_deg=np.round(lon * 6e5) / 6e5,
            lat_deg=np.round(lat * 6e5) / 6e5,
            sog_kn=np.round(np.hypot(vx, vy) / KN, 1),
            cog_deg=np.round((np.degrees(np.arctan2(vx, vy)) + north) % 360.0, 1) % 360.0,
            heading_deg=np.where(class_a, np.round(heading) % 360.0, np.nan),
            rot_deg_min=np.where(class_a, np.round(turn / STEP_S * 60.0), np.nan),
            nav_status=np.where(class_a, status, -1),
            major_m=ACCURATE_M,
            minor_m=ACCURATE_M,
            axis_deg=0.0,
        )
        dark = (t_ns >= self.dark_ns[ship, 0]) & (t_ns < self.dark_ns[ship, 1])
        heard = ~dark & (rng.random(ship.size) > np.where(class_a, 0.03, 0.12))
        reports = reports.take(heard)
        reports = reports.take(np.lexsort((reports.ident, reports.t_ns, reports.rx_ns)))
        return self._papers(block, out), reports

    def _when(self, block, out):
        """(ship, s into the block) of every transmission, by the reporting intervals at its steps."""
        speed_kn = np.hypot(out[2], out[3]) / KN
        if self.interval is None:
            turn = np.abs(np.diff(out[4], axis=1, append=out[4][:, -1:]) + 180.0) % 360.0 - 180.0
            changing = np.abs(turn) > 0.15 * STEP_S
            every = interval_s(self.fleet.ais_kind[:, None], speed_kn, out[5] == ANCHORED, changing)
        else:
            every = np.full(out[5].shape, float(self.interval))
        grown = self.phase[:, None] + np.cumsum(STEP_S / every, axis=1)
        before = np.concatenate([self.phase[:, None], grown[:, :-1]], axis=1)
        due = (np.floor(grown) - np.floor(before)).astype(np.int64)
        self.phase = grown[:, -1] % 1.0
        ship, step = np.nonzero(due > 0)
        count = due[ship, step]
        ship, step = np.repeat(ship, count), np.repeat(step, count)
        nth = np.arange(ship.size) - np.repeat(np.cumsum(count) - count, count)
        wait = (np.floor(before[ship, step]) + 1 + nth - before[ship, step]) * every[ship, step]
        return ship, np.floor(step * STEP_S + np.minimum(wait, STEP_S - 0.01))

    def _papers(self, block, out):
        """Static data: of a ship new to us, and every half hour."""
        now_s = block * BLOCK_S
        due = (out[5] != ABSENT).any(axis=1) & (now_s - self.told_s >= STATIC_S - 1.0)
        rows = np.flatnonzero(due)
        self.told_s[rows] = now_s
        said = self.papers.take(rows)
        t_ns = self._block_ns(block) + (rows % 60) * S
        order = np.argsort(t_ns, kind="stable")
        return said._replace(t_ns=t_ns).take(order)


def _cubic(p0, p1, v0, v1, u):
    """The cubic through two positions with both velocities, a step apart."""
    m0, m1, d = v0 * STEP_S, v1 * STEP_S, p1 - p0
    return p0 + u * (m0 + u * ((3 * d - 2 * m0 - m1) + u * (m0 + m1 - 2 * d)))


def _to_starboard(way, offset_m):
    """A way in the plane, moved to its own right side."""
    step = np.gradient(way, axis=0)
    step /= np.hypot(*step.T)[:, None]
    return way + offset_m * np.stack([step[:, 1], -step[:, 0]], axis=1)


def _zones(scene):
    """The features of the invented water."""

    def lonlat(xy):
        xy = np.asarray(xy, float)
        return np.stack(frame.enu_to_lonlat(xy[:, 0], xy[:, 1], scene.lon0_deg, scene.lat0_deg), axis=1)

    def box(corners):
        (w, s), (e, n) = corners
        return polygon(lonlat([(w, s), (e, s), (e, n), (w, n)]))

    lanes = [
        zone(f"Invented lane {k + 1}", "corridor", line(lonlat(lane)), width_port_m=1_500.0, width_starboard_m=1_500.0)
        for k, lane in enumerate(LANES)
    ]
    anchorages = [zone(f"Invented anchorage {k + 1}", "anchorage", box(a)) for k, a in enumerate(ANCHORAGES)]
    return (
        *lanes,
        *anchorages,
        zone("Invented area to be avoided", "restricted_area", box(KEPT_CLEAR)),
    )
