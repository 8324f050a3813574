"""Every carrier of a Picture with the zone that goes with her, and who is in it or will be."""

from typing import NamedTuple

import numpy as np

from geofences.lng import zone as moving
from geofences.lng import zone_kernels
from geofences.mooring_kernels import ANCHORED, MOORED
from vts.schema import MOVING_SHAPES, MovingZones
from vts.units import NM

REACH_M = 6 * NM  # nobody farther off is looked at
HORIZON_S = 900.0  # how far ahead intruders are looked for
STEP_S = 5.0  # of the search along two courses; in 5 s at 40 kn relative speed a vessel makes 100 m


class Carrier(NamedTuple):
    """One LNG carrier with a zone in force about her."""

    row: int  # of the Picture's tracks
    zone: int  # the zone whose rule it is
    form: moving.Form
    extents_m: tuple  # ahead, astern, port, starboard of her antenna; NaN where her size is needed and unknown
    axis_deg: float


class Intrusions(NamedTuple):
    """Vessels about carriers, one row per pair within REACH_M."""

    carrier: np.ndarray  # row of tracks
    other: np.ndarray
    zone: np.ndarray
    depth_m: np.ndarray  # in the moving zone; negative outside, NaN: the carrier's size is unknown
    soon_s: np.ndarray  # until inside on present courses; NaN: not by the horizon
    soon_m: np.ndarray  # greatest depth on that run
    range_m: np.ndarray


def carriers(scene):
    """The Carriers of a scene: registered, and in a zone that sets a moving zone for what she is doing."""
    return scene.shared("lng carriers", lambda: _carriers(scene))


def _carriers(scene):
    terms, tracks = scene.terms, scene.tracks
    pairs = scene.inside(terms.text("lng_zone") != "")
    pairs = pairs.where(scene.is_lng[pairs.row])
    out, seen = [], set()
    for row, zone in zip(pairs.row.tolist(), pairs.zone.tolist(), strict=True):
        if row in seen:
            continue  # the first zone that sets one holds; zones come in the order of their file
        state = scene.moorings.state[row]
        phase = {ANCHORED: moving.AT_ANCHOR, MOORED: moving.ALONGSIDE}.get(int(state), moving.UNDER_WAY)
        form = moving.form_of(terms.zones.properties[zone], phase)
        if form is None:
            continue
        seen.add(row)
        length_m, beam_m = _size_m(scene, row)
        bow_m, port_m = float(scene.static("to_bow_m")[row]), float(scene.static("to_port_m")[row])
        heading = tracks.heading_deg[row] if not np.isnan(tracks.heading_deg[row]) else tracks.cog_deg[row]
        extents = moving.extents_m(form, length_m, beam_m, bow_m, port_m)
        out.append(Carrier(row, zone, form, extents, float(heading)))
    return out


def _size_m(scene, row):
    """(length, beam) of a carrier: what she sends, else what the register says; NaN unknown."""
    length_m, beam_m = float(scene.length_m[row]), float(scene.static("beam_m")[row])
    register = scene.terms.register("lng_carriers")
    known = (register["mmsi"] == scene.tracks.mmsi[row]) | (register["imo"] == max(scene.static("imo")[row], 0))
    for k in np.flatnonzero(known):
        length_m = float(register["length_m"][k]) if np.isnan(length_m) else length_m
        beam_m = float(register["beam_m"][k]) if np.isnan(beam_m) else beam_m
    return length_m, beam_m


def moving_zones(scene):
    """MovingZones of a scene: about every carrier, and the circles that go with working vessels."""
    tracks, rows = scene.tracks, []
    for c in carriers(scene):
        rows.append((c.row, c.zone, MOVING_SHAPES.index(c.form.shape), c.axis_deg, *c.extents_m))
    radius_m, mmsi = scene.terms.value("radius_m", np.nan), scene.terms.value("mmsi", -1.0)
    for zone in np.flatnonzero(scene.terms.of("moving_works") & scene.in_force).tolist():
        for row in np.flatnonzero((tracks.mmsi == int(mmsi[zone])) & (tracks.mmsi >= 0)).tolist():
            rows.append((row, zone, MOVING_SHAPES.index("ellipse"), 0.0, *[radius_m[zone]] * 4))
    if not rows:
        return MovingZones.empty()
    row, zone, shape, *rest = map(np.array, zip(*sorted(rows), strict=True))
    return MovingZones(tracks.track[row], tracks.mmsi[row], [scene.at_ns], zone, shape, *rest)


def intrusions(scene, horizon_s=HORIZON_S):
    """The Intrusions of a scene. Attendants, the carrier herself and vessels moored alongside are none."""
    return scene.shared(f"lng intrusions {horizon_s}", lambda: _intrusions(scene, horizon_s))


def _intrusions(scene, horizon_s):
    tracks = scene.tracks
    exempt = scene.attends() | (scene.moorings.state == MOORED)
    parts = []
    for c in carriers(scene):
        east_m, north_m = scene.offsets_m(c.row)
        near = np.hypot(east_m, north_m) <= REACH_M
        near[c.row] = False
        # her own MMSI a second time, or a nameless echo on her hull, is the carrier herself
        near &= (tracks.mmsi != tracks.mmsi[c.row]) | (tracks.mmsi < 0)
        near &= (tracks.mmsi >= 0) | ~(np.hypot(east_m, north_m) <= 0.5 * _size_m(scene, c.row)[0])
        other = np.flatnonzero(near & ~exempt)
        depth, soon_s, soon_m = (np.full(other.size, np.nan) for _ in range(3))
        range_m = np.hypot(east_m, north_m)[other]
        extents = np.array(c.extents_m)
        if other.size and np.isfinite(extents).all():
            zone_kernels.against(
                *(tracks.lon_deg, tracks.lat_deg, tracks.sog_kn, tracks.cog_deg, other),
                *(tracks.lon_deg[c.row], tracks.lat_deg[c.row], tracks.sog_kn[c.row], tracks.cog_deg[c.row]),
                *(c.axis_deg, moving.shape_code(c.form), extents, float(horizon_s), STEP_S),
                *(depth, soon_s, soon_m),
            )
            if c.form.shape == "channel":
                inside, enter_s = _channel(scene, c.zone, other)
                depth = np.where(inside, depth, np.minimum(depth, -1.0))
                soon_s = np.maximum(soon_s, enter_s)
                soon_s[soon_s > horizon_s] = np.nan
        parts.append((np.full(other.size, c.row), other, np.full(other.size, c.zone), depth, soon_s, soon_m, range_m))
    if not parts:
        return Intrusions(*(np.empty(0, int) for _ in range(3)), *(np.empty(0) for _ in range(4)))
    return Intrusions(*map(np.concatenate, zip(*parts, strict=True)))


def _channel(scene, zone, rows):
    """(whether each of these tracks is in the channel, seconds until she is; NaN: not on her course)."""
    pairs = scene.pairs.where(scene.pairs.zone == zone)
    inside, enter_s = np.zeros(scene.tracks.n, bool), np.full(scene.tracks.n, np.nan)
    inside[pairs.row] = pairs.edge_m <= 0
    enter_s[pairs.row] = np.where(pairs.edge_m <= 0, 0.0, pairs.enter_min * 60.0)
    return inside[rows], enter_s[rows]
