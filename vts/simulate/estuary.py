"""Pearl River and Mirs Bay: traffic between sourced anchorages and terminals.

Geography: the anchorages 18GS (Guishan) and 13ZH (Dazhizhou South), the very-large-ship anchorage 4DT and the pilot
stations are those of the Guangzhou port charter (read in dated copies of its text); the safety zone of the Hong Kong
offshore LNG terminal is as its Marine Department's notice was quoted in the press in 2022-09. Fairways are examples
drawn through waters between those anchorages and inside the port's outer limit: no chart, and no traffic scheme. In
Mirs Bay ships lie where Global Fishing Watch's anchorage points (Apache-2.0) lie, and the ways avoid the noticed fish
culture zones and Ping Chau.
"""

import numpy as np

from vts.simulate import arpa, frame, ships, transponder
from vts.simulate import radar as radars
from vts.simulate.motion import Motion, escort, helm, swing, tow
from vts.simulate.radar import Plots, Radar
from vts.simulate.scenario import START_NS, Scenario, Scene, line, polygon, replaced, streams, zone
from vts.simulate.transponder import AT_ANCHOR, FISHING, TOWING, Net
from vts.units import KN

CHARTER = "Guangzhou port charter (guangzhou gang kou zhang cheng), pilot anchorages; dated copy"
NOTICE = "Hong Kong Marine Department notice, as quoted by GAC Hot Port News 2022-09-22"
FISH_CULTURE = "Hong Kong Marine Department Notice 206/2023, as quoted by GAC Hot Port News"
GS18 = ((113.763333, 22.122222), (113.798333, 22.122222), (113.798333, 22.141667), (113.763333, 22.141667))
ZH13 = ((113.866667, 22.108333), (113.866667, 22.058333), (113.916667, 22.058333), (113.916667, 22.108333))
DT4 = (113.985, 21.96)
LNG_TERMINAL = (113.963317, 22.154817)  # centre of the 250 m safety zone
FAIRWAY = (
    *((113.800, 21.955), (113.752, 22.085), (113.755, 22.150), (113.788, 22.222)),
    *((113.803, 22.285), (113.768, 22.360), (113.755, 22.430), (113.742, 22.500), (113.715, 22.580)),
)
FERRY_LINE = ((113.885, 22.165), (113.800, 22.178), (113.700, 22.182), (113.605, 22.185))
CROSS_LINE = ((113.885, 22.440), (113.862, 22.395), (113.815, 22.325), (113.700, 22.250), (113.640, 22.225))
WATERS = ((113.40, 21.80), (114.30, 21.80), (114.30, 22.60), (113.40, 22.60))  # all anchorages of the scenario
LNG_CORRIDOR = (DT4, (113.992, 22.020), (113.990, 22.080), (113.975, 22.130))
DAPENG_CORRIDOR = ((114.555, 22.340), (114.515, 22.410), (114.472, 22.480), (114.460, 22.535), (114.447, 22.566))
YANTIAN_WAY = ((114.560, 22.325), (114.500, 22.410), (114.420, 22.490), (114.330, 22.552), (114.292, 22.568))
TAP_MUN_LINE = ((114.400, 22.460), (114.395, 22.505), (114.345, 22.560))
YANTIAN_ANCHORAGE = ((114.569, 22.370), (114.575, 22.376), (114.561, 22.379), (114.582, 22.368), (114.572, 22.388))
RADAR = {"fades": True, "glint": True, "wakes": 0.1, "clutter_cells": 12, "false_per_scan": 12.0}
RADAR |= {"period_s": 3.0, "max_range_m": 32_000.0}
FISH_ZONES = (
    (
        "Mirs Bay fish culture zone (E-H)",
        ((114.377517, 22.4776), (114.372283, 22.47), (114.380633, 22.465033), (114.385867, 22.47265)),
    ),
    (
        "Mirs Bay fish culture zone (I-L)",
        ((114.37075, 22.4545), (114.370717, 22.44135), (114.391017, 22.441317), (114.391017, 22.454467)),
    ),
)
SPEED_LIMIT_KN = 15.0
MAIN_CHANNEL_SOURCE = (
    "Guangdong MSA notice 2018-28 art. 45: 15 kn in the main channel; the polygon is an example, not the channel"
)


class Cast:
    """The ships of a scenario while their motions are laid down; in the end every ship has one."""

    def __init__(self, kinds, rng, scene, steps):
        self.rng, self.scene, self.steps = rng, scene, steps
        self.fleet, self.papers = ships.muster(list(kinds), rng.ships)
        self.kinds = np.array(kinds)
        self.status = np.zeros(len(kinds), np.int64)
        self._motion = {}

    def of(self, kind):
        """Rows of the ships of a kind."""
        return np.flatnonzero(self.kinds == kind)

    def sail(self, which, routes, speeds, holds=None):
        """Ships follow routes of (lon, lat) at speeds in kn, with waits in s."""
        motion = helm(
            [self.scene.plane(route) for route in routes],
            speeds,
            self.steps,
            turn_deg_s=self.fleet.turn_deg_s[which],
            gain_mps2=self.fleet.gain_mps2[which],
            rng=self.rng.motion,
            holds_s=holds,
        )
        self._put(which, motion)
        return motion

    def escort(self, leader, stations):
        """The tugs keep their stations, (m ahead, m to starboard), on the leader."""
        one = Motion(*(column[None] for column in self._motion[leader]))
        for tug, (ahead, starboard) in zip(self.of("tug"), stations, strict=True):
            self._put([tug], escort(one, 0, ahead, starboard, self.rng.motion))

    def tow(self, tug, barge, line_m):
        """A barge follows its tug."""
        self._put([barge], tow(Motion(*(column[None] for column in self._motion[tug])), 0, line_m))
        self.status[tug] = TOWING

    def anchor(self, which, spots):
        """Ships lie at anchor at (lon, lat)."""
        xy = self.scene.plane(spots) if len(which) else np.empty((0, 2))
        scope_m = 120.0 + self.fleet.length_m[which] / 2
        self._put(which, swing(xy[:, 0], xy[:, 1], scope_m, self.steps, self.rng.motion))
        self.status[which] = AT_ANCHOR

    def _put(self, which, motion):
        for k, ship in enumerate(which):
            self._motion[int(ship)] = Motion(*(column[k] for column in motion))

    def observed(self, name, seed, title, net, sites, *, silent=(), **more):
        """The Scenario of these ships under sites and a net."""
        motion = Motion(*(np.stack(c) for c in zip(*(self._motion[k] for k in range(self.fleet.n)), strict=True)))
        messages = transponder.transmit(self.fleet, motion, self.status, net, self.rng.ais, self.scene, silent)
        seen = [radars.scan(site, k, self.fleet, motion, self.rng.radar, self.scene) for k, site in enumerate(sites)]
        return Scenario(
            *(name, seed, title, self.scene, self.fleet, self.papers, motion, messages, net, sites, Plots.concat(seen)),
            **more,
        )

    def fault(self, name, ship, **more):
        """One entry of faults.json."""
        return {"fault": name, "ship": int(ship), "mmsi": int(self.fleet.mmsi[ship])} | more


# no such rule is published for these waters: the moving zone is Yangshan's, the rest are examples
LNG_RULES = {"lng_zone": "yangshan_2020", "lng_exclusive": True, "escorts": 2, "plan_speed_kn": 9}
ESCORTS = ((900, 0), (-550, 0), (0, 320), (0, -320))


def pearl_river(seed, name, duration_s=2400, vessels=40, latency_s=(0.1, 1.5), sites=1):
    """Estuary traffic: fairway, ferries, anchorages, an LNG carrier with escorts; dark, speeding, anchored outside."""
    rng = streams(name, seed)
    told = {"lng": 1, "tug": 4, "tow": 1, "pilot": 1, "law": 1, "ferry": 4}
    named = [kind for kind, count in told.items() for _ in range(count)]
    rest = max(vessels - len(named) - 1, 0)
    at_anchor = rest // 3
    kinds = ("cargo", "container", "bulker", "tanker", "coaster", "fishing", "yacht", "passenger")
    weights = np.array((0.24, 0.16, 0.14, 0.14, 0.14, 0.08, 0.06, 0.04))
    anchored = [("cargo", "bulker", "tanker", "container")[k % 4] for k in range(at_anchor)]
    sailing = list(rng.ships.choice(kinds, rest - at_anchor, p=weights))
    cast = Cast([*named, "barge", *anchored, *sailing], rng, Scene(START_NS, 113.80, 22.17), int(duration_s) + 1)
    cast.sail(cast.of("lng"), [LNG_CORRIDOR], [9.0])
    cast.escort(int(cast.of("lng")[0]), ESCORTS)
    cast.sail(cast.of("tow"), [FAIRWAY[6:1:-1]], [5.0])
    cast.tow(int(cast.of("tow")[0]), int(cast.of("barge")[0]), 220.0)
    ferries = cast.of("ferry")
    lines = [(FERRY_LINE, CROSS_LINE)[k // 2 % 2][:: (1, -1)[k % 2]] for k in range(len(ferries))]
    there_and_back = [[*path, *path[-2::-1]] for path in lines]
    cast.sail(ferries, there_and_back, [cast.fleet.speed_kn[f] for f in ferries], [_stop(p, 240.0) for p in lines])
    cast.sail(cast.of("pilot")[:1], [[(113.798, 22.133), (113.752, 22.095), (113.798, 22.133)]], [13.0], [[120.0, 0.0]])
    cast.sail(cast.of("law")[:1], [[FAIRWAY[4], FAIRWAY[2], FAIRWAY[4]]], [14.0], [[60.0, 0.0]])
    lying = np.arange(len(named) + 1, len(named) + 1 + at_anchor)
    spots = _spots(rng.motion, at_anchor)
    if at_anchor:
        spots[-1] = (113.742, 22.112)  # outside every anchorage of the scenario, clear of the fairway
    cast.anchor(lying, spots)
    run = np.arange(len(named) + 1 + at_anchor, len(cast.kinds))
    fishers = cast.kinds[run] == "fishing"
    routes, speeds = _passages(rng.motion, cast.fleet, cast.kinds, run, duration_s)
    big = [int(s) for s in run if cast.kinds[s] in ("cargo", "tanker", "bulker", "container")]
    speeder = int(run[~fishers][0]) if (~fishers).any() else -1
    for k, ship in enumerate(run):
        if ship == speeder:
            routes[k], speeds[k] = FAIRWAY[1:], [19.5] * (len(FAIRWAY) - 2)
    cast.sail(run, routes, speeds)
    cast.status[run[fishers]] = FISHING
    dark = [s for s in big if s != speeder][:1]
    silent = [(ship, duration_s * 0.4, duration_s + 1.0) for ship in dark]
    faults = [cast.fault("dark", ship, from_s=from_s, to_s=duration_s) for ship, from_s, _ in silent]
    if speeder >= 0:
        faults.append(cast.fault("speeding", speeder, limit_kn=SPEED_LIMIT_KN))
    if at_anchor:
        faults.append(cast.fault("anchored outside", lying[-1]))
    given = {"zones": _zones(), "faults": tuple(faults), "silent": silent}
    title = "Pearl River estuary, simulated"
    return cast.observed(name, seed, title, Net(latency_s=latency_s), _sites()[:sites], **given)


def mirs_bay(seed, name, duration_s=2700, vessels=28, latency_s=(0.1, 1.5)):
    """An LNG carrier with four tugs comes up Mirs Bay, among Yantian traffic; a yacht cuts in ahead of her."""
    rng = streams(name, seed)
    named = ["lng", "tug", "tug", "tug", "tug", "pilot", "law", "yacht", "ferry", "ferry"]
    rest = max(vessels - len(named), 0)
    at_anchor = min(rest // 4, len(YANTIAN_ANCHORAGE))
    anchored = ["container", "bulker", "cargo", "tanker"] * 3
    sailing = list(rng.ships.choice(("container", "cargo", "coaster", "fishing", "small"), rest - at_anchor))
    cast = Cast([*named, *anchored[:at_anchor], *sailing], rng, Scene(START_NS, 114.45, 22.46), int(duration_s) + 1)
    carrier = cast.sail([0], [DAPENG_CORRIDOR], [10.0])
    cast.escort(0, ESCORTS)
    cast.sail([5], [[(114.545, 22.352), (114.53, 22.375), (114.545, 22.352)]], [12.0], [[600.0, 0.0]])
    cast.sail([6], [[(114.470, 22.470), (114.458, 22.535), (114.470, 22.470), (114.515, 22.410)]], [13.0])
    meet_s = 0.45 * duration_s
    cast.sail([7], *_cutting_in(cast.scene, carrier, meet_s))
    cast.sail([8, 9], [[*TAP_MUN_LINE, *TAP_MUN_LINE[-2::-1]], [*TAP_MUN_LINE[::-1], *TAP_MUN_LINE[1:]]], [24.0, 22.0])
    lying = np.arange(len(named), len(named) + at_anchor)
    cast.anchor(lying, np.array(YANTIAN_ANCHORAGE)[:at_anchor])
    run = np.arange(len(named) + at_anchor, len(cast.kinds))
    routes, speeds = [], []
    for k, ship in enumerate(run):
        if cast.kinds[ship] in ("fishing", "small"):
            routes.append(np.array((114.405, 22.500)) + rng.motion.uniform(-1, 1, (9, 2)) * (0.018, 0.014))
            speeds.append(min(float(cast.fleet.speed_kn[ship]), 8.0))
            continue
        way = np.array(YANTIAN_WAY)[:: (1, -1)[k % 2]]
        way = np.vstack([way[0] + (way[1] - way[0]) * rng.motion.uniform(0, 0.9), way[1:]])
        routes.append(_starboard(way, rng.motion.uniform(200, 450)))
        speeds.append(float(cast.fleet.speed_kn[ship]))
    cast.sail(run, routes, speeds)
    cast.status[run[cast.kinds[run] == "fishing"]] = FISHING
    faults = [cast.fault("cuts in ahead of the LNG carrier", 7, at_s=meet_s, ahead_m=CUT_IN_M)]
    sites = (
        Radar("sim-dapeng", 114.494, 22.535, 120.0, sac=200, sic=3, **RADAR),
        Radar("sim-kat-o", 114.300, 22.540, 90.0, sac=200, sic=4, **RADAR),
    )
    given = {"zones": _mirs_zones(), "faults": tuple(faults)}
    return cast.observed(name, seed, "Mirs Bay, simulated", Net(latency_s=latency_s), sites, **given)


CUT_IN_M = 800.0


def _cutting_in(scene, carrier, meet_s):
    """([route], [speeds], [holds]) of a yacht that crosses at right angles ahead of a carrier at a time."""
    x, y, _vx, _vy, heading = (float(v) for v in carrier.at(0, meet_s))
    s, c = np.sin(np.radians(heading)), np.cos(np.radians(heading))
    ahead = np.array((x + CUT_IN_M * s, y + CUT_IN_M * c))
    across, run_m, speed_kn = np.array((c, -s)), 1_800.0, 12.0
    way = ahead - np.outer((-1.0, -1.0 + 30.0 / run_m, 0.0, 0.6), across) * run_m * -1.0
    lon, lat = frame.enu_to_lonlat(way[:, 0], way[:, 1], scene.lon0_deg, scene.lat0_deg)
    wait_s = max(meet_s - run_m / (speed_kn * KN) - 25.0, 0.0)
    return [np.stack([lon, lat], axis=1)], [speed_kn], [[wait_s, 0.0, 0.0]]


def bridge_watch(seed, name, duration_s=1200, vessels=9):
    """What a patrol ship's own radar sends: RMC, HDT and TTM while she sails up the fairway, and AIS beside it."""
    rng = streams(name, seed)
    kinds = ["law", *(("cargo", "container", "tanker", "coaster")[k % 4] for k in range(max(vessels - 1, 0)))]
    cast = Cast(kinds, rng, Scene(START_NS, 113.80, 22.17), int(duration_s) + 1)
    cast.sail([0], [FAIRWAY], [12.0])
    run = np.arange(1, len(kinds))
    cast.sail(run, *_passages(rng.motion, cast.fleet, cast.kinds, run, duration_s))
    scenario = cast.observed(name, seed, "A bridge's radar, simulated", Net(), ())
    own = arpa.Arpa()
    targets = arpa.track(own, scenario.motion, rng.radar, scenario.scene)
    return replaced(scenario, arpa=own, targets=targets)


def _stop(path, wait_s):
    """Waits at each point but the first of a run there and back: at the far end only."""
    return [wait_s if k == len(path) - 1 else 0.0 for k in range(1, 2 * len(path) - 1)]


def _spots(rng, n):
    """(n, 2) anchor positions in 18GS and 13ZH, at least 900 m apart where there is room."""
    spots = []
    for k in range(n):
        ring = np.array((GS18, ZH13)[k % 2])
        low, high = ring.min(axis=0) + 0.004, ring.max(axis=0) - 0.004
        for _ in range(200):
            spot = rng.uniform(low, high)
            if all(np.hypot((spot[0] - s[0]) * 103_000, (spot[1] - s[1]) * 110_800) > 900.0 for s in spots):
                break
        spots.append(spot)
    return np.array(spots).reshape(-1, 2)


def _passages(rng, fleet, kinds, run, duration_s):
    """(routes, speeds) of ships on the fairway, keeping to starboard of it, each from its own place on it."""
    routes, speeds = [], []
    middle = np.array(FAIRWAY)
    for k, ship in enumerate(run):
        speed = float(fleet.speed_kn[ship])
        if kinds[ship] in ("fishing", "yacht"):
            routes.append(_loiter(rng))
            speeds.append([min(speed, 8.0)] * (len(routes[-1]) - 1))
            continue
        way = middle[:: (1, -1)[k % 2]]
        begin = int(rng.integers(0, 4)) if speed * duration_s / 3600 < 12 else 0
        way = way[begin:]
        first = way[0] + (way[1] - way[0]) * rng.uniform(0, 0.8)
        routes.append(_starboard(np.vstack([first, way[1:]]), rng.uniform(250, 450)))
        speeds.append([min(speed, SPEED_LIMIT_KN - 1.0)] * (len(routes[-1]) - 1))
    return routes, speeds


def _starboard(way, offset_m):
    """A way moved to its own right side."""
    step = np.gradient(way, axis=0) * (103_000, 110_800)
    step /= np.hypot(*step.T)[:, None]
    return way + offset_m * np.stack([step[:, 1] / 103_000, -step[:, 0] / 110_800], axis=1)


def _loiter(rng):
    """Wandering of small craft south-west of the anchorages."""
    centre = np.array((113.735, 22.060))
    return centre + rng.uniform(-1, 1, (9, 2)) * (0.025, 0.03)


def _sites():
    """Two simulated radar sites beside the fairway."""
    return (
        Radar("sim-guishan", 113.822, 22.142, 60.0, sac=200, sic=1, **RADAR),
        Radar("sim-neilingding", 113.802, 22.412, 80.0, sac=200, sic=2, **RADAR),
    )


def _zones():
    """Zones that the scenario's ships meet."""
    side = np.array(FAIRWAY[1:])
    band = np.vstack([_starboard(side, 900.0), _starboard(side, -900.0)[::-1]])
    circle = np.linspace(0, 2 * np.pi, 37)[:-1]
    ring = [(LNG_TERMINAL[0] + 250 * np.sin(a) / 103_200, LNG_TERMINAL[1] + 250 * np.cos(a) / 110_750) for a in circle]
    return (
        zone("Guishan pilot anchorage (18GS)", "anchorage", polygon(GS18), source=CHARTER),
        zone("Dazhizhou South pilot anchorage (13ZH)", "anchorage", polygon(ZH13), source=CHARTER),
        zone("HK Offshore LNG Terminal safety zone", "lng_safety_zone", polygon(ring), source=NOTICE),
        zone("Simulated waters", "coverage", polygon(WATERS), complete=["anchorage"]),
        zone(
            "Example main channel",
            "fairway",
            polygon(band),
            max_speed_kn=SPEED_LIMIT_KN,
            max_speed_hsc_kn=40.0,
            note=MAIN_CHANNEL_SOURCE,
        ),
        zone(
            "Example LNG corridor",
            "corridor",
            line(LNG_CORRIDOR),
            width_port_m=500.0,
            width_starboard_m=500.0,
            max_speed_kn=12.0,
            terminals=["HK Offshore LNG Terminal"],
            **LNG_RULES,
        ),
    )


def _mirs_zones():
    """Zones of Mirs Bay: fish culture as noticed, the corridor as an example."""
    return (
        *(zone(name, "obstruction_area", polygon(ring), source=FISH_CULTURE) for name, ring in FISH_ZONES),
        zone(
            "Example LNG corridor to Dapeng",
            "corridor",
            line(DAPENG_CORRIDOR),
            width_port_m=500.0,
            width_starboard_m=500.0,
            max_speed_kn=12.0,
            terminals=["Example LNG terminal Dapeng"],
            **LNG_RULES,
        ),
    )


SCENARIOS = {"pearl-river": pearl_river, "mirs-bay": mirs_bay, "bridge-watch": bridge_watch}
