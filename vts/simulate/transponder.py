"""What ships send and stations receive: reporting intervals, GNSS error, latency, loss, several receivers.

Intervals: ITU-R M.1371-5 annex 1 tables 1 and 2. A fix is made on the whole second, as receivers of 1 Hz do, so the
seconds field is exact and the report is up to a second old when it is sent.
"""

from dataclasses import dataclass

import numpy as np

from vts.schema import AIS_A, AIS_ATON, AIS_B
from vts.simulate import frame
from vts.simulate.aivdm import PART_A, PART_B, Messages
from vts.simulate.motion import turn_rate_deg_s, wander
from vts.units import KN, S

STATIC_S = 360.0
AT_ANCHOR, UNDER_WAY, MOORED, FISHING, TOWING = 1, 0, 5, 7, 3


@dataclass(frozen=True)
class Net:
    """The AIS shore network and the quality of what ships send."""

    stations: tuple = ("SIM-WEST", "SIM-EAST")
    heard: tuple = (0.97, 0.55)  # probability that a station receives a transmission
    latency_s: tuple = (0.1, 1.5)  # from transmission to the station's clock, drawn evenly
    sigma_m: float = 4.0  # GNSS error per axis
    tau_s: float = 90.0  # its correlation time; 0: white
    speed_sigma_mps: float = 0.08
    base_s: float = 10.0  # interval of the base stations' own message 4; 0: none
    clock_s: tuple = (0.0, 0.0)  # error of each station's clock
    long_range: bool = False  # also message 27 of class A ships every 3 minutes


def interval_s(klass, speed_kn, still, changing):
    """Nominal reporting interval; `still`: at anchor or moored by its navigational status, `changing` its course."""
    slow = np.where(changing, 10 / 3, 10.0)
    class_a = np.where(speed_kn > 23, 2.0, np.where(speed_kn > 14, np.where(changing, 2.0, 6.0), slow))
    class_a = np.where(still, np.where(speed_kn > 3, 10.0, 180.0), class_a)
    class_b = np.where(speed_kn > 2, 30.0, 180.0)
    return np.where(klass == AIS_A, class_a, np.where(klass == AIS_B, class_b, 180.0))


def changing_course(motion):
    """Whether the heading is more than 5 degrees off its mean over 30 s, or was within the last 20 s (annex 1, 4.3)."""
    heading = np.unwrap(np.radians(motion.heading_deg), axis=1)
    total = np.cumsum(np.concatenate([np.zeros((motion.ships, 1)), heading], axis=1), axis=1)
    step = np.arange(motion.steps)
    begin = np.maximum(step - 29, 0)
    mean = (total[:, step + 1] - total[:, begin]) / (step + 1 - begin)
    off = np.abs(heading - mean) > np.radians(5.0)
    recent = np.cumsum(np.concatenate([np.zeros((motion.ships, 1), int), off], axis=1), axis=1)
    return recent[:, step + 1] - recent[:, np.maximum(step - 19, 0)] > 0


def transmit(fleet, motion, status, net, rng, scene, silent=()):
    """Messages of a fleet as received, in order of reception: `send`, then `receive`."""
    return receive(send(fleet, motion, status, net, rng, scene, silent), net, rng, scene, motion.steps)


def send(fleet, motion, status, net, rng, scene, silent=()):
    """Messages of a fleet as transmitted, before anyone has received them.

    `status` is the navigational status, (ships,) or (ships, steps); `scene` has `start_ns`, `lon0_deg`, `lat0_deg`;
    `silent` holds (ship, from_s, to_s) spans without transmissions.
    """
    status = np.broadcast_to(np.reshape(status, (motion.ships, -1)), (motion.ships, motion.steps))
    speed_kn = np.hypot(motion.vx_mps, motion.vy_mps) / KN
    still = (status == AT_ANCHOR) | (status == MOORED)
    every = interval_s(fleet.ais_kind[:, None], speed_kn, still, changing_course(motion))
    quiet = np.broadcast_to(fleet.ais_kind[:, None] < 0, every.shape).copy()
    step = np.arange(motion.steps)
    quiet |= (step < motion.first_s[:, None]) | (step > motion.last_s[:, None])
    for ship, from_s, to_s in silent:
        quiet[ship, (step >= from_s) & (step <= to_s)] = True
    ship, k = _ticks(1.0 / every, quiet, rng)
    parts = [_positions(fleet, motion, status, net, rng, scene, ship, k)]
    parts.append(_statics(fleet, motion, rng, scene, quiet))
    if net.long_range:
        ship, k = _ticks(np.full(every.shape, 1 / 180.0), quiet | (fleet.ais_kind[:, None] != AIS_A), rng)
        spaced = _positions(fleet, motion, status, net, rng, scene, ship, k)
        parts.append(spaced._replace(type=np.full(spaced.n, 27, np.int8), second=np.full(spaced.n, -1, np.int8)))
    return Messages.concat(parts)


def receive(sent, net, rng, scene, steps):
    """Messages as the stations that hear them write them, with the stations' own, in order of reception."""
    return in_order(Messages.concat([received(sent, net, rng), _stations(net, steps, scene, rng)]))


def received(sent, net, rng):
    """Messages as each station that hears them writes them: a row a station."""
    rows = []
    for station, probability in enumerate(net.heard):
        some = sent.take(rng.random(sent.n) < probability)
        delay = rng.uniform(*net.latency_s, some.n) + rng.uniform(0.0, 1.0, some.n) * (net.latency_s[1] > 0)
        clock_ns = int(net.clock_s[station] * S)
        rows.append(
            some._replace(
                rx_ns=some.t_ns + (delay * S).astype(np.int64) + clock_ns,
                station=np.full(some.n, station, np.int16),
            )
        )
    return Messages.concat(rows)


def in_order(messages):
    """Messages in order of reception, ties by station, sender and kind."""
    return messages.take(
        np.lexsort((messages.part, messages.type, messages.mmsi, messages.station, messages.t_ns, messages.rx_ns))
    )


def _ticks(rate, quiet, rng):
    """(ship, step) of transmissions: whenever the phase, which grows by the reporting rate, passes a whole number."""
    phase = np.floor(np.cumsum(rate, axis=1) + rng.random((rate.shape[0], 1)))
    due = np.diff(phase, axis=1, prepend=phase[:, :1]) > 0
    return np.nonzero(due & ~quiet)


def _positions(fleet, motion, status, net, rng, scene, ship, k):
    """Position reports of ships at steps, before anyone has received them."""
    antenna_x, antenna_y = antenna(fleet, motion, ship, k.astype(float))
    if net.tau_s > 0:
        error = wander(rng, (2, motion.ships, motion.steps // 5 + 2), net.tau_s / 5)
        error = error[:, ship, k // 5] * net.sigma_m
    else:
        error = rng.standard_normal((2, ship.size)) * net.sigma_m
    lon, lat = frame.enu_to_lonlat(antenna_x + error[0], antenna_y + error[1], scene.lon0_deg, scene.lat0_deg)
    vx = motion.vx_mps[ship, k] + rng.standard_normal(ship.size) * net.speed_sigma_mps
    vy = motion.vy_mps[ship, k] + rng.standard_normal(ship.size) * net.speed_sigma_mps
    north = frame.convergence_deg(lon, lat, scene.lon0_deg)
    klass = fleet.ais_kind[ship]
    class_a, buoy = klass == AIS_A, klass == AIS_ATON
    moves = ~buoy
    rot = turn_rate_deg_s(motion)[ship, k] * 60.0
    return Messages(
        rx_ns=np.full(ship.size, -1),
        t_ns=scene.start_ns + k * S,
        type=np.where(class_a, np.where(status[ship, k] == UNDER_WAY, 1, 3), np.where(buoy, 21, 18)),
        part=0,
        mmsi=fleet.mmsi[ship],
        ship=ship,
        station=0,
        second=(scene.start_ns // S + k) % 60,
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=np.where(moves, np.hypot(vx, vy) / KN, np.nan),
        cog_deg=np.where(moves, (np.degrees(np.arctan2(vx, vy)) + north) % 360.0, np.nan),
        heading_deg=np.where(class_a, (motion.heading_deg[ship, k] + north) % 360.0, np.nan),
        rot_deg_min=np.where(class_a, rot, np.nan),
        nav_status=np.where(class_a, status[ship, k], -1),
        accurate=net.sigma_m <= 10.0,
    )


def antenna(fleet, motion, ship, t_s):
    """(x_m, y_m) of the GNSS antenna: forward of the ship's middle by L/2 - A, to starboard by C - B/2."""
    x, y, _vx, _vy, heading = motion.at(ship, t_s)
    forward = fleet.length_m[ship] / 2 - fleet.to_bow_m[ship]
    right = fleet.to_port_m[ship] - fleet.beam_m[ship] / 2
    s, c = np.sin(np.radians(heading)), np.cos(np.radians(heading))
    return x + forward * s + right * c, y + forward * c - right * s


def _statics(fleet, motion, rng, scene, quiet):
    """Message 5 of class A, both parts of message 24 of class B, at six minutes."""
    told = quiet | (fleet.ais_kind[:, None] == AIS_ATON)
    ship, k = _ticks(np.full((motion.ships, motion.steps), 1 / STATIC_S), told, rng)
    class_b = fleet.ais_kind[ship] == AIS_B
    one = Messages(
        rx_ns=np.full(ship.size, -1),
        t_ns=scene.start_ns + k * S,
        type=np.where(class_b, 24, 5),
        part=PART_A,
        mmsi=fleet.mmsi[ship],
        ship=ship,
        station=0,
        second=-1,
    )
    second = one.take(class_b)
    return Messages.concat([one, second._replace(part=np.full(second.n, PART_B, np.int8))])


def _stations(net, steps, scene, rng):
    """Message 4 of each base station, heard by itself."""
    rows = []
    for station in range(len(net.stations) if net.base_s > 0 else 0):
        t_s = np.arange(rng.uniform(0, net.base_s), steps - 1, net.base_s).astype(np.int64)
        lon, lat = frame.enu_to_lonlat(
            *(9_000.0 * (station + 1) * np.array([1.0, 0.6])), scene.lon0_deg, scene.lat0_deg
        )
        t_ns = scene.start_ns + t_s * S
        rows.append(
            Messages(
                rx_ns=t_ns + int(net.clock_s[station] * S),
                t_ns=t_ns,
                type=4,
                part=0,
                mmsi=np.full(t_s.size, 4_129_900 + station),
                ship=-1,
                station=station,
                second=-1,
                lon_deg=lon,
                lat_deg=lat,
                accurate=1,
            )
        )
    return Messages.concat(rows)
