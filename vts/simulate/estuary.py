"""Pearl River scenarios: estuary traffic between sourced anchorages.

Geography: the anchorages 18GS (Guishan) and 13ZH (Dazhizhou South), the very-large-ship anchorage 4DT and the pilot
stations are those of the Guangzhou port charter (read in dated copies of its text); the safety zone of the Hong Kong
offshore LNG terminal is as its Marine Department's notice was quoted in the press in 2022-09. Fairways are examples
drawn through waters between those anchorages and inside the port's outer limit: no chart, and no traffic scheme.
"""

import numpy as np

from vts.simulate import radar as radars
from vts.simulate import ships, transponder
from vts.simulate.motion import Motion, escort, helm, swing, tow
from vts.simulate.radar import Plots, Radar
from vts.simulate.scenario import START_NS, Scenario, Scene, line, polygon, streams, zone
from vts.simulate.transponder import AT_ANCHOR, FISHING, TOWING, Net

CHARTER = "Guangzhou port charter (guangzhou gang kou zhang cheng), pilot anchorages; dated copy"
NOTICE = "Hong Kong Marine Department notice, as quoted by GAC Hot Port News 2022-09-22"
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
LNG_CORRIDOR = (DT4, (113.992, 22.020), (113.990, 22.080), (113.975, 22.130))
SPEED_LIMIT_KN = 15.0
MAIN_CHANNEL_SOURCE = (
    "Guangdong MSA notice 2018-28 art. 45: 15 kn in the main channel; the polygon is an example, not the channel"
)


def pearl_river(
    seed,
    name="pearl-river",
    duration_s=2400,
    vessels=40,
    latency_s=(0.1, 1.5),
    sites=1,
):
    """Estuary traffic: fairway, ferries, anchorages, an LNG carrier with escorts; dark, speeding, anchored outside."""
    rng = streams(name, seed)
    scene = Scene(START_NS, 113.80, 22.17)
    steps = int(duration_s) + 1
    told = {"lng": 1, "tug": 4, "tow": 1, "pilot": 1, "law": 1, "ferry": 4}
    named = [kind for kind, count in told.items() for _ in range(count)]
    rest = max(vessels - len(named) - 1, 0)
    at_anchor = rest // 3
    kinds = ("cargo", "container", "bulker", "tanker", "coaster", "fishing", "yacht", "passenger")
    weights = np.array((0.24, 0.16, 0.14, 0.14, 0.14, 0.08, 0.06, 0.04))
    anchored = [("cargo", "bulker", "tanker", "container")[k % 4] for k in range(at_anchor)]
    sailing = list(rng.ships.choice(kinds, rest - at_anchor, p=weights))
    kinds = [*named, "barge", *anchored, *sailing]
    fleet, papers = ships.muster(kinds, rng.ships)
    kinds = np.array(kinds)
    parts, order, status = [], [], np.zeros(len(kinds), np.int64)

    def sail(which, routes, speeds, holds=None):
        parts.append(
            helm(
                [scene.plane(route) for route in routes],
                speeds,
                steps,
                turn_deg_s=fleet.turn_deg_s[which],
                gain_mps2=fleet.gain_mps2[which],
                rng=rng.motion,
                holds_s=holds,
            )
        )
        order.extend(which)

    lng = int(np.flatnonzero(kinds == "lng")[0])
    sail([lng], [LNG_CORRIDOR], [9.0])
    tugs = np.flatnonzero(kinds == "tug")
    for tug, (ahead, starboard) in zip(tugs, ((900, 0), (-550, 0), (0, 320), (0, -320)), strict=True):
        parts.append(escort(parts[0], 0, ahead, starboard, rng.motion))
        order.append(tug)
    tug, barge = int(np.flatnonzero(kinds == "tow")[0]), int(np.flatnonzero(kinds == "barge")[0])
    sail([tug], [FAIRWAY[6:1:-1]], [5.0])
    parts.append(tow(parts[-1], 0, 220.0))
    order.append(barge)
    status[tug] = TOWING
    ferries = np.flatnonzero(kinds == "ferry")
    lines = [path[:: (1, -1)[k % 2]] for k in range(len(ferries)) for path in ((FERRY_LINE, CROSS_LINE)[k // 2 % 2],)]
    there_and_back = [[*path, *path[-2::-1]] for path in lines]
    sail(ferries, there_and_back, [fleet.speed_kn[f] for f in ferries], [_stop(path, 240.0) for path in lines])
    pilot, law = (int(np.flatnonzero(kinds == kind)[0]) for kind in ("pilot", "law"))
    sail([pilot], [[(113.798, 22.133), (113.752, 22.095), (113.798, 22.133)]], [13.0], [[120.0, 0.0]])
    sail([law], [[FAIRWAY[4], FAIRWAY[2], FAIRWAY[4]]], [14.0], [[60.0, 0.0]])
    lying = np.arange(len(named) + 1, len(named) + 1 + at_anchor)
    spots = _spots(rng.motion, at_anchor)
    if at_anchor:
        spots[-1] = (113.742, 22.112)  # outside every anchorage of the scenario, clear of the fairway
    xy = scene.plane(spots) if at_anchor else np.empty((0, 2))
    parts.append(swing(xy[:, 0], xy[:, 1], 120.0 + fleet.length_m[lying] / 2, steps, rng.motion))
    order.extend(lying)
    status[lying] = AT_ANCHOR
    run = np.arange(len(named) + 1 + at_anchor, len(kinds))
    fishers = kinds[run] == "fishing"
    routes, speeds = _passages(scene, rng.motion, fleet, kinds, run, duration_s)
    speeder = int(run[~fishers][0]) if (~fishers).any() else -1
    for k, ship in enumerate(run):
        if ship == speeder:
            routes[k], speeds[k] = [FAIRWAY[1], *FAIRWAY[2:]], [19.5] * (len(FAIRWAY) - 2)
    sail(run, routes, speeds)
    status[run[fishers]] = FISHING
    joined = Motion.join(parts)
    rank = np.argsort(np.array(order, np.int64))
    motion = Motion(*(column[rank] for column in joined))
    dark = [int(s) for s in run if kinds[s] in ("cargo", "tanker", "bulker", "container") and s != speeder][:1]
    silent = [(ship, duration_s * 0.4, duration_s + 1.0) for ship in dark]
    net = Net(latency_s=latency_s)
    messages = transponder.transmit(fleet, motion, status, net, rng.ais, scene, silent)
    sites = _sites()[:sites]
    plots = Plots.concat([radars.scan(site, k, fleet, motion, rng.radar, scene) for k, site in enumerate(sites)])
    faults = [
        {"fault": "dark", "ship": s, "mmsi": int(fleet.mmsi[s]), "from_s": a, "to_s": duration_s} for s, a, _ in silent
    ]
    faults += [{"fault": "speeding", "ship": speeder, "mmsi": int(fleet.mmsi[speeder]), "limit_kn": SPEED_LIMIT_KN}]
    if at_anchor:
        faults += [{"fault": "anchored outside", "ship": int(lying[-1]), "mmsi": int(fleet.mmsi[lying[-1]])}]
    return Scenario(
        name,
        seed,
        "Pearl River estuary, simulated",
        *(scene, fleet, papers, motion, messages, net, sites, plots),
        zones=_zones(),
        faults=tuple(faults),
    )


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


def _passages(scene, rng, fleet, kinds, run, duration_s):
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
    common = {"fades": True, "glint": True, "wakes": 0.2, "period_s": 3.0, "clutter_cells": 12, "false_per_scan": 12.0}
    return (
        Radar("sim-guishan", 113.822, 22.142, 60.0, sac=200, sic=1, max_range_m=32_000.0, **common),
        Radar("sim-neilingding", 113.802, 22.412, 80.0, sac=200, sic=2, max_range_m=32_000.0, **common),
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
        ),
    )


SCENARIOS = {"pearl-river": pearl_river}
