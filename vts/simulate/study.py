"""Open water around one radar: the presets by which trackers are compared, and hard cases one at a time.

The presets n20, n200, n1000 and dense are those of the first study: a 3 s rotation, Pd 0.9, 15 m and 0.25 degree, AIS
of 10 m and 0.25 m/s on 80 % of the ships, 10 % lost, 0.5 to 5 s late, 3 % of them 1 to 3 km off. The site stands at an
arbitrary place of the open sea south of the estuary.
"""

import inspect

import numpy as np

from vts.schema import AIS_A
from vts.simulate import faults as wrong
from vts.simulate import radar as radars
from vts.simulate import ships, transponder
from vts.simulate.motion import drive
from vts.simulate.radar import Plots, Radar
from vts.simulate.scenario import START_NS, Scenario, Scene, streams
from vts.simulate.transponder import UNDER_WAY, Net
from vts.units import KN

SITE = (114.30, 21.40)
NOISE_M2S3 = 2e-4  # spectral density of the acceleration that wind and sea give a ship
KINDS = ("cargo", "container", "bulker", "tanker", "coaster")


def preset(
    seed,
    name,
    vessels=200,
    radius_m=20_000.0,
    false_per_scan=100.0,
    duration_s=180,
    ais=0.8,
    loss=0.1,
    latency_s=(0.5, 5.0),
    spoofed=0.03,
    turns_per_hour=12.0,
    radar=(),
):
    """Ships spread over a disc around one radar, most with AIS; `radar` changes fields of vts.simulate.radar.Radar."""
    rng = streams(name, seed)
    scene = Scene(START_NS, *SITE)
    motion = cruise(rng.motion, vessels, radius_m, int(duration_s) + 1, turns_per_hour)
    fleet, papers = crew(rng.ships, vessels, ais)
    sites = (site(radius_m, false_per_scan, **dict(radar)),)
    falsify, faults = _spoofed(rng.faults, fleet, spoofed)
    net = white_net(latency_s, loss)
    return observe(name, seed, rng, scene, fleet, papers, motion, sites, net, falsify=falsify, faults=faults)


def cruise(rng, n, radius_m, steps, turns_per_hour):
    """Ships at 4 to 20 kn evenly over a disc, straight legs between turns of 0.2 to 1 deg/s and changes of speed."""
    r, bearing = radius_m * np.sqrt(rng.random(n)), rng.uniform(0, 2 * np.pi, n)
    course, speed = rng.uniform(0, 360, n), rng.uniform(4, 20, n) * KN
    turn, gain = np.zeros((n, steps)), np.zeros((n, steps))
    most = max(int(steps / 3600 * turns_per_hour * 3) + 3, 1)
    begin = np.cumsum(rng.exponential(3600.0 / max(turns_per_hour, 1e-9), (n, most)) + 60.0, axis=1) - 60.0
    length = rng.uniform(15, 60, (n, most))
    rate = rng.uniform(0.2, 1.0, (n, most)) * rng.choice((-1.0, 1.0), (n, most))
    faster = rng.uniform(-0.05, 0.05, (n, most)) * (rng.random((n, most)) < 0.3)
    t = np.arange(steps)
    for k in range(most):
        during = (t >= begin[:, k : k + 1]) & (t < (begin + length)[:, k : k + 1])
        turn += during * rate[:, k : k + 1]
        gain += during * faster[:, k : k + 1]
    floor = np.cumsum(gain, axis=1) + speed[:, None] > 2.0
    jerk = rng.standard_normal((2, n, steps)) * np.sqrt(NOISE_M2S3)
    return drive(r * np.sin(bearing), r * np.cos(bearing), course, speed, turn, gain * floor, jerk)


def crew(rng, n, ais):
    """Ships with the antenna amidships, a share of them with AIS."""
    fleet, papers = ships.muster(list(rng.choice(KINDS, n)), rng)
    with_ais = rng.permutation(n) < round(ais * n)
    fleet = fleet._replace(
        mmsi=np.where(with_ais, fleet.mmsi, -1),
        ais_kind=np.where(with_ais, AIS_A, ships.NO_AIS).astype(np.int8),
        to_bow_m=fleet.length_m / 2,
        to_port_m=fleet.beam_m / 2,
    )
    return fleet, papers._replace(mmsi=fleet.mmsi, to_bow_m=fleet.to_bow_m, to_port_m=fleet.to_port_m)


def site(radius_m, false_per_scan, **more):
    """The study's radar at the middle."""
    reach = {"min_range_m": 50.0, "max_range_m": radius_m * 1.2, "false_per_scan": false_per_scan}
    return Radar("sim-study", *SITE, sac=200, sic=9, **(reach | more))


def white_net(latency_s, loss, **more):
    """One station; white errors of 10 m and 0.25 m/s."""
    given = {"stations": ("SIM-SEA",), "heard": (1.0 - loss,), "clock_s": (0.0,), "latency_s": latency_s}
    white = {"sigma_m": 10.0, "tau_s": 0.0, "speed_sigma_mps": 0.25, "base_s": 0.0}
    return Net(**(given | white | more))


def _spoofed(rng, fleet, share):
    """(falsify, faults): some of the AIS ships claim to be 1 to 3 km away, all the time."""
    senders = np.flatnonzero(fleet.ais_kind == AIS_A)
    chosen = np.sort(rng.permutation(senders)[: round(share * senders.size)])
    away, toward = rng.uniform(1_000, 3_000, chosen.size), rng.uniform(0, 2 * np.pi, chosen.size)

    def falsify(messages, scene):
        for ship, r, a in zip(chosen, away, toward, strict=True):
            messages = wrong.teleported(messages, scene, ship, 0.0, np.inf, r * np.sin(a), r * np.cos(a))
        return messages

    return falsify, tuple(
        fault("spoofed", fleet, ship, offset_m=float(r)) for ship, r in zip(chosen, away, strict=True)
    )


def fault(fault, fleet, ship, **more):
    """One entry of faults.json."""
    return {"fault": fault, "ship": int(ship), "mmsi": int(fleet.mmsi[ship])} | more


def observe(
    name,
    seed,
    rng,
    scene,
    fleet,
    papers,
    motion,
    sites,
    net,
    *,
    real=None,
    falsify=None,
    stamped=None,
    faults=(),
    silent=(),
):
    """The Scenario of ships under sites and a net; `real` marks the ships that exist (the others only send).

    `falsify(sent, scene)` changes what is sent, `stamped(messages)` what has been received.
    """
    real = np.ones(fleet.n, bool) if real is None else real
    sent = transponder.send(fleet, motion, np.full(fleet.n, UNDER_WAY), net, rng.ais, scene)
    told = falsify(sent, scene) if falsify else sent
    false = (told.lon_deg != sent.lon_deg) | (told.lat_deg != sent.lat_deg) | (told.mmsi != sent.mmsi)
    false &= ~np.isnan(sent.lon_deg) | (told.mmsi != sent.mmsi)
    messages = transponder.receive(told._replace(false=false.astype(np.int8)), net, rng.ais, scene, motion.steps)
    messages = stamped(messages) if stamped else messages
    seen = motion._replace(first_s=np.where(real, motion.first_s, np.inf))
    plots = Plots.concat([radars.scan(site, k, fleet, seen, rng.radar, scene) for k, site in enumerate(sites)])
    return Scenario(
        *(name, seed, f"{name}, simulated", scene, fleet, papers, seen, messages, net, sites, plots),
        faults=tuple(faults),
        noise_m2s3=NOISE_M2S3,
    )


def named(title, maker=preset, **settings):
    """A scenario's maker with other defaults and its own title, under the same signature."""

    def made(seed, name, **overrides):
        return maker(seed, name, **(settings | overrides))

    made.__doc__ = title
    made.__signature__ = inspect.signature(maker)
    return made


def open_sea(seed, name, vessels=60, radius_m=40_000.0, duration_s=1800):
    """Open sea under one radar as it is: Pd falls with range, clutter, glint, class B, long-range AIS, ships unseen."""
    rng = streams(name, seed)
    kinds = list(rng.ships.choice(("cargo", "container", "bulker", "tanker", "fishing", "yacht", "small"), vessels))
    fleet, papers = ships.muster(kinds, rng.ships)
    motion = cruise(rng.motion, vessels, radius_m, int(duration_s) + 1, 4.0)
    seen = {"fades": True, "glint": True, "wakes": 0.1, "clutter_cells": 30, "height_m": 40.0}
    sites = (site(radius_m, 25.0, **seen),)
    net = Net(stations=("SIM-SEA", "SIM-COAST"), heard=(0.9, 0.4), latency_s=(0.2, 3.0), long_range=True)
    return observe(name, seed, rng, Scene(START_NS, *SITE), fleet, papers, motion, sites, net)


SCENARIOS = {
    "open-sea": open_sea,
    "n20": named(
        "Study preset: 20 ships within 10 km, 50 false plots a scan.",
        vessels=20,
        radius_m=10_000.0,
        false_per_scan=50.0,
        duration_s=300,
    ),
    "n200": named("Study preset: 200 ships within 20 km, 100 false plots a scan."),
    "n1000": named(
        "Study preset: 1,000 ships within 30 km, 200 false plots a scan.",
        vessels=1000,
        radius_m=30_000.0,
        false_per_scan=200.0,
        duration_s=300,
    ),
    "dense": named(
        "Study preset: 100 ships within 4 km, 200 false plots a scan.",
        vessels=100,
        radius_m=4_000.0,
        false_per_scan=200.0,
        duration_s=240,
    ),
    "cold-start": named(
        "1,000 ships at once, for one minute from nothing.",
        vessels=1000,
        radius_m=30_000.0,
        false_per_scan=200.0,
        duration_s=60,
    ),
}
