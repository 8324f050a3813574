"""Hard cases one at a time, on the open water of vts.simulate.study: where trackers go wrong."""

import numpy as np

from vts.schema import AIS_A
from vts.simulate import faults as wrong
from vts.simulate.motion import Motion, along, drive
from vts.simulate.radar import Radar
from vts.simulate.scenario import START_NS, Scene, streams
from vts.simulate.study import NOISE_M2S3, SITE, crew, cruise, fault, named, observe, site, white_net
from vts.units import DEG, KN, NM

LATENCY_S = (0.5, 3.0)
SHADOWS = ((340.0, 346.0), (357.0, 3.0), (14.0, 20.0))  # piers of a bridge 2.5 km north of the radar


def _straight(x_m, y_m, course_deg, speed_kn, steps, rng):
    """Motion of ships on straight legs."""
    n = len(x_m)
    still = np.zeros((n, steps))
    jerk = rng.standard_normal((2, n, steps)) * np.sqrt(NOISE_M2S3)
    given = (np.asarray(v, float) for v in (x_m, y_m, course_deg, np.multiply(speed_kn, KN)))
    return drive(*given, still, still, jerk)


def bridge_shadow(seed, name, duration_s=600, ships=24, ais=0.5):
    """Ships in four lanes pass behind the piers of a bridge, where the radar is blind for one to two minutes."""
    rng = streams(name, seed)
    steps = int(duration_s) + 1
    lane, place = np.arange(ships) % 4, np.arange(ships) // 4
    eastward = lane % 2 == 0
    speed = rng.motion.uniform(9, 13, 4)[lane] + rng.motion.uniform(-0.15, 0.15, ships)
    queue_m = (place - place.max() / 2) * 600.0 + rng.motion.uniform(-120, 120, ships)  # nobody overtakes
    x = np.where(eastward, -1.0, 1.0) * speed * KN * duration_s / 2 + queue_m
    motion = _straight(x, 3_600.0 + 450.0 * lane, np.where(eastward, 90.0, 270.0), speed, steps, rng.motion)
    shadows = tuple((a, b, 2_500.0) for a, b in SHADOWS)
    return _seen(name, seed, rng, motion, ais, (site(12_000.0, 30.0, shadows=shadows),))


def _seen(name, seed, rng, motion, ais, sites, **more):
    """The Scenario of a motion under sites, a share of its ships with AIS."""
    fleet, papers = crew(rng.ships, motion.ships, ais)
    scene = Scene(START_NS, *SITE)
    return observe(name, seed, rng, scene, fleet, papers, motion, sites, white_net(LATENCY_S, 0.1), **more)


def merge_split(seed, name, duration_s=480, pairs=8, ais=0.5):
    """Pairs of ships come within 25 m of each other, sail together for two minutes as one plot, and part."""
    rng = streams(name, seed)
    t = np.arange(int(duration_s) + 1.0)
    middle, half = duration_s / 2, 60.0
    apart = 12.5 + 190.0 * (1.0 + 0.5 * (np.tanh((np.abs(t - middle) - half - 60.0) / 25.0) - 1.0))
    parts = []
    for bearing in 2 * np.pi * (np.arange(pairs) + rng.motion.uniform(0, 0.5)) / pairs:
        course, speed = rng.motion.uniform(0, 2 * np.pi), rng.motion.uniform(7, 12) * KN
        x0, y0 = 5_000 * np.sin(bearing), 5_000 * np.cos(bearing)
        run = speed * (t - middle)
        for side in (-1.0, 1.0):
            x = x0 + run * np.sin(course) + side * apart * np.cos(course)
            y = y0 + run * np.cos(course) - side * apart * np.sin(course)
            parts.append(along(x, y, np.degrees(np.arctan2(np.gradient(x), np.gradient(y)))))
    return _seen(name, seed, rng, Motion.join(parts), ais, (site(10_000.0, 20.0, merges=True),))


def clock_jump(seed, name, duration_s=300, ships=40, jump_s=2.0):
    """The second radar's clock jumps ahead for a minute, so that its plots claim to be later than they are."""
    rng = streams(name, seed)
    motion = cruise(rng.motion, ships, 10_000.0, int(duration_s) + 1, 4.0)
    middle = duration_s / 2
    sites = (site(12_000.0, 30.0), _second(jumps=((middle - 30.0, middle + 30.0, jump_s),)))
    faults = [
        {"fault": "clock jump", "site": sites[1].name, "from_s": middle - 30, "to_s": middle + 30, "jump_s": jump_s}
    ]
    return _seen(name, seed, rng, motion, 0.8, sites, faults=faults)


def _second(**more):
    """A second radar, 8 km north-east of the first."""
    given = {"min_range_m": 50.0, "max_range_m": 24_000.0, "false_per_scan": 30.0}
    return Radar("sim-second", 114.355, 21.451, sac=200, sic=10, **(given | more))


def station_clock(seed, name, duration_s=300, ships=40, jump_s=20.0):
    """One of two AIS stations stamps what it hears 20 s late for a minute; the other is right."""
    rng = streams(name, seed)
    scene = Scene(START_NS, *SITE)
    motion = cruise(rng.motion, ships, 10_000.0, int(duration_s) + 1, 4.0)
    fleet, papers = crew(rng.ships, ships, 0.8)
    net = white_net(LATENCY_S, 0.1, stations=("SIM-SEA", "SIM-OFF"), heard=(0.6, 0.6), clock_s=(0.0, 0.0))
    middle = duration_s / 2
    span = (middle - 30.0, middle + 30.0)
    return observe(
        *(name, seed, rng, scene, fleet, papers, motion, (site(12_000.0, 30.0),), net),
        stamped=lambda messages: wrong.misdated(messages, scene, 1, *span, jump_s),
        faults=[{"fault": "station clock", "station": "SIM-OFF", "from_s": span[0], "to_s": span[1], "jump_s": jump_s}],
    )


def ghost(seed, name, duration_s=300, ships=20, ghosts=10):
    """AIS positions of ships that are not there, under the radar's eyes."""
    rng = streams(name, seed)
    motion = cruise(rng.motion, ships + ghosts, 10_000.0, int(duration_s) + 1, 6.0)
    fleet, papers = crew(rng.ships, ships + ghosts, 1.0)
    real = np.arange(ships + ghosts) < ships
    invented = np.flatnonzero(~real)
    papers.name[invented] = [f"SIM GHOST {k:03d}" for k in invented]
    return observe(
        *(name, seed, rng, Scene(START_NS, *SITE), fleet, papers, motion, (site(12_000.0, 30.0),)),
        white_net(LATENCY_S, 0.1),
        real=real,
        faults=[fault("ghost", fleet, ship) for ship in invented],
    )


def _false_senders(seed, name, duration_s, ships, plan):
    """A Scenario of ships with AIS of which some send wrongly: plan(rng, fleet, motion) gives (falsify, faults)."""
    rng = streams(name, seed)
    motion = cruise(rng.motion, ships, 10_000.0, int(duration_s) + 1, 4.0)
    fleet, papers = crew(rng.ships, ships, 1.0)
    falsify, faults = plan(rng.faults, fleet, motion)
    return observe(
        *(name, seed, rng, Scene(START_NS, *SITE), fleet, papers, motion, (site(12_000.0, 30.0),)),
        white_net(LATENCY_S, 0.1),
        falsify=falsify,
        faults=faults,
    )


def teleport(seed, name, duration_s=300, ships=20, victims=6):
    """The AIS positions of some ships jump by kilometres for half a minute, and come back."""

    def plan(rng, fleet, _motion):
        begin = rng.uniform(90, duration_s - 60, victims)
        toward, far = rng.uniform(0, 2 * np.pi, victims), rng.uniform(2_000, 8_000, victims)

        def falsify(messages, scene):
            for ship in range(victims):
                jump = far[ship] * np.sin(toward[ship]), far[ship] * np.cos(toward[ship])
                messages = wrong.teleported(messages, scene, ship, begin[ship], begin[ship] + 30.0, *jump)
            return messages

        told = [
            fault("teleport", fleet, k, from_s=float(begin[k]), to_s=float(begin[k] + 30), offset_m=float(far[k]))
            for k in range(victims)
        ]
        return falsify, told

    return _false_senders(seed, name, duration_s, ships, plan)


def drag_spoof(seed, name, duration_s=600, ships=20, speeds_mps=(0.3, 0.3, 0.6, 1.0, 2.0, 5.0)):
    """The AIS positions of some ships are pulled away from them, slowly and fast, after two minutes."""

    def plan(rng, fleet, _motion):
        toward = rng.uniform(0, 360, len(speeds_mps))

        def falsify(messages, scene):
            for ship, speed in enumerate(speeds_mps):
                messages = wrong.dragged(messages, scene, ship, 120.0, speed, toward[ship])
            return messages

        return falsify, [fault("drag", fleet, k, from_s=120.0, speed_mps=v) for k, v in enumerate(speeds_mps)]

    return _false_senders(seed, name, duration_s, ships, plan)


def shared_mmsi(seed, name, duration_s=300, ships=20, apart_m=400.0):
    """One MMSI on two ships: a pair far from each other, and a pair that sails side by side."""
    rng = streams(name, seed)
    steps = int(duration_s) + 1
    motion = cruise(rng.motion, ships - 1, 10_000.0, steps, 4.0)
    x, y, course = motion.x_m[2], motion.y_m[2], motion.heading_deg[2] * DEG
    beside = along(x + apart_m * np.cos(course), y - apart_m * np.sin(course), motion.heading_deg[2])
    motion = Motion.join([motion, beside])
    away = np.hypot(motion.x_m[:, 0] - motion.x_m[0, 0], motion.y_m[:, 0] - motion.y_m[0, 0])
    other = int(np.argmax(away[:-1]))
    fleet, papers = crew(rng.ships, ships, 1.0)
    pairs = ((0, other), (2, ships - 1))
    for one, two in pairs:
        fleet.mmsi[two] = papers.mmsi[two] = fleet.mmsi[one]
    told = [fault("shared MMSI", fleet, one, other=int(two)) for one, two in pairs]
    return observe(
        *(name, seed, rng, Scene(START_NS, *SITE), fleet, papers, motion, (site(12_000.0, 30.0),)),
        white_net(LATENCY_S, 0.1),
        faults=told,
    )


def mmsi_swap(seed, name, duration_s=300, ships=20, pairs=2):
    """Pairs of ships exchange their MMSI half way."""

    def plan(_rng, fleet, _motion):
        def falsify(messages, scene):
            for k in range(pairs):
                messages = wrong.swapped(messages, scene, 2 * k, 2 * k + 1, fleet, duration_s / 2)
            return messages

        told = [fault("MMSI swap", fleet, 2 * k, other=2 * k + 1, from_s=duration_s / 2) for k in range(pairs)]
        return falsify, told

    return _false_senders(seed, name, duration_s, ships, plan)


def registration(seed, name, duration_s=600, ships=200, range_m=30.0, azimuth_deg=0.3, clock_s=0.25):
    """Two radars that read 30 m and 0.3 degree wrong in opposite ways; one of them has a clock that is ahead."""
    rng = streams(name, seed)
    motion = cruise(rng.motion, ships, 12_000.0, int(duration_s) + 1, 6.0)
    sites = (
        site(16_000.0, 30.0, bias_range_m=range_m, bias_azimuth_deg=azimuth_deg),
        _second(bias_range_m=-range_m, bias_azimuth_deg=-azimuth_deg, clock_s=clock_s),
    )
    told = [
        {
            "fault": "bias",
            "site": s.name,
            "range_m": s.bias_range_m,
            "azimuth_deg": s.bias_azimuth_deg,
            "clock_s": s.clock_s,
        }
        for s in sites
    ]
    return _seen(name, seed, rng, motion, 0.8, sites, faults=told)


def tanker_330(seed, name, duration_s=300, ships=11):
    """A tanker of 330 m gives several plots that wander over her hull, among ten ships of usual size."""
    rng = streams(name, seed)
    motion = cruise(rng.motion, ships, 8_000.0, int(duration_s) + 1, 6.0)
    fleet, papers = crew(rng.ships, ships, 0.6)
    size = {"length_m": 330.0, "beam_m": 60.0, "to_bow_m": 280.0, "to_port_m": 30.0}
    for column, value in size.items():
        getattr(fleet, column)[0] = getattr(papers, column)[0] = value
    with_ais = fleet.ais_kind[0] == AIS_A
    fleet.mmsi[0] = papers.mmsi[0] = 413_990_000 if not with_ais else fleet.mmsi[0]
    fleet.ais_kind[0] = AIS_A
    papers.name[0], papers.ship_type[0] = "SIM TANKER 330", 80
    sites = (site(10_000.0, 30.0, glint=True, extended=True),)
    return observe(name, seed, rng, Scene(START_NS, *SITE), fleet, papers, motion, sites, white_net(LATENCY_S, 0.1))


# own speed kn, target range NM, bearing deg, relative course deg, relative speed kn: MSC.192(79), appendix
STANDARD = ((10.0, 8.0, 0.0, 180.0, 20.0), (10.0, 1.0, 0.0, 90.0, 10.0), (5.0, 8.0, 45.0, 225.0, 20.0))
STANDARD += ((25.0, 8.0, 45.0, 225.0, 20.0),)


# sensor errors that the IMO's accuracy tables suppose, A.823(19) appendix 2: range 20 m (1 sigma) and +-0.01 NM of
# quantization; bearing 0.05 beam, 0.03 encoder, +-0.1 quantization, +-0.05 backlash, 0.12 gyro, together 0.15 degree;
# the target is 200 m long and glints. The error by rolling is left out.
STANDARD_RADAR = {"sigma_range_m": 22.7, "sigma_azimuth_deg": 0.15, "glint": True, "pd": 1.0, "max_range_m": 12 * NM}


def standard(seed, name, case=1, duration_s=300, tracked_s=180.0):
    """A target of IMO MSC.192(79) as an own ship's radar sees it: the site stands still, motion is relative to it.

    She is at the stated range and bearing `tracked_s` after the start, as the standard has it.
    """
    own_kn, range_nm, bearing, course, speed_kn = STANDARD[case - 1]
    rng = streams(name, seed)
    run_m = speed_kn * KN * tracked_s
    x = range_nm * NM * np.sin(bearing * DEG) - run_m * np.sin(course * DEG)
    y = range_nm * NM * np.cos(bearing * DEG) - run_m * np.cos(course * DEG)
    motion = _straight([x], [y], [course], [speed_kn], int(duration_s) + 1, rng.motion)
    fleet, papers = crew(rng.ships, 1, 0.0)
    fleet.length_m[0], fleet.beam_m[0] = 200.0, 30.0
    told = {"fault": "none", "own_course_deg": 0.0, "own_speed_kn": own_kn}
    told |= {"relative_course_deg": course, "relative_speed_kn": speed_kn}
    sites = (site(12 * NM, 0.0, **STANDARD_RADAR),)
    return observe(
        *(name, seed, rng, Scene(START_NS, *SITE), fleet, papers, motion, sites, white_net(LATENCY_S, 0.1)),
        faults=[told],
    )


SCENARIOS = {
    "bridge-shadow": bridge_shadow,
    "outage": named(
        "The radar is silent for a minute.",
        vessels=40,
        radius_m=10_000.0,
        false_per_scan=30.0,
        duration_s=300,
        ais=0.5,
        spoofed=0.0,
        turns_per_hour=2.0,
        radar={"outages": ((120.0, 180.0),)},
    ),
    "clutter-burst": named(
        "For half a minute the radar gives 300 false plots a scan more.",
        vessels=40,
        radius_m=10_000.0,
        false_per_scan=50.0,
        duration_s=300,
        spoofed=0.0,
        radar={"bursts": ((120.0, 150.0, 300.0),)},
    ),
    "clock-jump": clock_jump,
    "station-clock": station_clock,
    "merge-split": merge_split,
    "ghost": ghost,
    "teleport": teleport,
    "drag-spoof": drag_spoof,
    "shared-mmsi": shared_mmsi,
    "mmsi-swap": mmsi_swap,
    "registration": registration,
    "tanker-330": tanker_330,
    **{
        f"msc192-{case}": named(
            f"IMO MSC.192(79) scenario {case}: one target, the own ship's radar stands still.", standard, case=case
        )
        for case in (1, 2, 3, 4)
    },
}
