"""What goes wrong with what ships send: Messages in, Messages out, before reception; times in s from the start."""

import numpy as np

from vts.simulate import frame
from vts.units import S


def seconds(messages, scene):
    """Time of each fix, s from the start of the scenario."""
    return (messages.t_ns - scene.start_ns) / S


def moved(messages, which, east_m, north_m):
    """The messages `which` names, their positions moved by metres."""
    east_per_deg, north_per_deg = frame.metres_per_degree(messages.lat_deg)
    lon = messages.lon_deg + np.where(which, np.divide(east_m, east_per_deg), 0.0)
    lat = messages.lat_deg + np.where(which, np.divide(north_m, north_per_deg), 0.0)
    return messages._replace(lon_deg=lon, lat_deg=lat)


def dragged(messages, scene, ship, from_s, speed_mps, toward_deg, most_m=np.inf):
    """A spoofer pulls a ship's reported position away at a speed, from a time on, up to a distance."""
    t = seconds(messages, scene)
    which = (messages.ship == ship) & (t >= from_s)
    run = np.minimum(np.maximum(t - from_s, 0.0) * speed_mps, most_m)
    s, c = np.sin(np.radians(toward_deg)), np.cos(np.radians(toward_deg))
    return moved(messages, which, run * s, run * c)


def teleported(messages, scene, ship, from_s, to_s, east_m, north_m):
    """A ship's reports of a span claim another place."""
    t = seconds(messages, scene)
    return moved(messages, (messages.ship == ship) & (t >= from_s) & (t < to_s), east_m, north_m)


def renamed(messages, scene, ship, mmsi, from_s=0.0):
    """A ship sends another MMSI from a time on."""
    which = (messages.ship == ship) & (seconds(messages, scene) >= from_s)
    return messages._replace(mmsi=np.where(which, mmsi, messages.mmsi))


def swapped(messages, scene, one, other, fleet, from_s):
    """Two ships send each other's MMSI from a time on."""
    messages = renamed(messages, scene, one, fleet.mmsi[other], from_s)
    return renamed(messages, scene, other, fleet.mmsi[one], from_s)


def misdated(messages, scene, station, from_s, to_s, ahead_s):
    """What a station has heard in a span bears a reception time that is wrong by so much; the order stays."""
    t = seconds(messages, scene)
    which = (messages.station == station) & (t >= from_s) & (t < to_s)
    return messages._replace(rx_ns=messages.rx_ns + np.where(which, int(ahead_s * S), 0))
