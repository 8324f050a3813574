"""The moving safety zone about a gas carrier: how far it reaches, in what shape, by which rule.

No zone holds everywhere. A corridor or water area names its own with `lng_zone` (a preset, or "own" with the
`lng_zone_` properties below); where nothing is named there is none. Every preset is another port's rule, cited, and
none of them is Dapeng's, whose size is not published.
"""

import math
from typing import NamedTuple

import numpy as np

from geofences.lng import zone_kernels
from geofences.lng.zone_kernels import BOX, ELLIPSE
from vts.units import NM, YD

METRES, LENGTHS, BEAMS = "m", "lengths", "beams"
UNITS = (METRES, LENGTHS, BEAMS)
STATUTE_MILE = 1609.344  # m; 33 CFR says "miles"
WIDE_M = 20_000.0  # "the full width of the channel" before it is clipped to the channel


class Extent(NamedTuple):
    """A distance from the hull, in metres or in the carrier's own lengths or beams."""

    amount: float
    unit: str

    def metres(self, length_m, beam_m):
        """In metres; NaN when it is told in a dimension that is not known."""
        return self.amount * {METRES: 1.0, LENGTHS: length_m, BEAMS: beam_m}[self.unit]


class Form(NamedTuple):
    """One rule's zone: extents ahead, astern, to port, to starboard."""

    ahead: Extent
    astern: Extent
    port: Extent
    starboard: Extent
    shape: str = "box"  # "box", "channel" (a box clipped to the channel that she is in) or "ellipse"
    citation: str = ""


def _m(metres):
    return Extent(metres, METRES)


# preset: (under way, at anchor, alongside); None: that rule sets no zone then
PRESETS = {
    "uscg_calcasieu": (
        Form(
            *(_m(2 * STATUTE_MILE), _m(1 * STATUTE_MILE), _m(WIDE_M), _m(WIDE_M), "channel"),
            "33 CFR 165.805(a)(2): 2 miles ahead, 1 mile astern, channel edge to channel edge; no meeting, crossing or "
            "overtaking inside",
        ),
        None,
        None,
    ),
    "uscg_san_pedro": (
        Form(
            *(_m(1000 * YD), _m(500 * YD), _m(500 * YD), _m(500 * YD), "box"),
            "33 CFR 165.T11-066: 1,000 yards ahead and 500 yards on all other sides under way",
        ),
        Form(*[_m(500 * YD)] * 4, "ellipse", "33 CFR 165.T11-066: 500 yards about a vessel at anchor"),
        Form(*[_m(500 * YD)] * 4, "ellipse", "33 CFR 165.T11-066: 500 yards about a moored vessel"),
    ),
    "uscg_boston_2008": (
        None,
        None,
        Form(*[_m(500)] * 4, "ellipse", "73 FR 31612 (2008): 500 metres about a carrier at the Boston deepwater port"),
    ),
    "yangshan_2009": (
        Form(
            *(Extent(4, LENGTHS), Extent(4, LENGTHS), Extent(6, BEAMS), Extent(6, BEAMS), "box"),
            "Shanghai Yangshan 2009: 4 lengths ahead and astern, 6 beams each side (press, 2009-10; secondary source)",
        ),
        None,
        None,
    ),
    "yangshan_2020": (
        Form(
            *(_m(NM), _m(NM), Extent(1, LENGTHS), Extent(1, LENGTHS), "box"),
            "Shanghai Yangshan 2020: 1 nm ahead and astern, 1 length each side; no crossing, approaching or overtaking "
            "(press; secondary source)",
        ),
        None,
        None,
    ),
}
UNDER_WAY, AT_ANCHOR, ALONGSIDE = 0, 1, 2


def form_of(properties, phase):
    """The Form that a zone's properties set for a carrier in a phase (UNDER_WAY, AT_ANCHOR, ALONGSIDE), or None.

    "own" takes `lng_zone_ahead`, `lng_zone_astern`, `lng_zone_port` and `lng_zone_starboard` as texts such as "1852 m",
    "4 lengths" or "6 beams", and `lng_zone_shape`; it holds under way. ValueError in words where they cannot be read.
    """
    name = properties.get("lng_zone")
    if name is None:
        return None
    if name != "own":
        if name not in PRESETS:
            raise ValueError(f"lng_zone {name!r} is no preset; there are {', '.join(PRESETS)} and own")
        return PRESETS[name][phase]
    if phase != UNDER_WAY:
        return None
    shape = properties.get("lng_zone_shape", "box")
    if shape not in ("box", "channel", "ellipse"):
        raise ValueError(f"lng_zone_shape {shape!r} must be box, channel or ellipse")
    extents = [extent(properties, f"lng_zone_{side}") for side in ("ahead", "astern", "port", "starboard")]
    return Form(*extents, shape, str(properties.get("source", "")))


def extent(properties, name):
    """The Extent that "1852 m", "4 lengths" or "6 beams" says; ValueError in words."""
    words = str(properties.get(name, "")).split()
    try:
        amount, unit = float(words[0]), words[1]
    except (IndexError, ValueError):
        raise ValueError(f'{name} must be a number and a unit, such as "1852 m", "4 lengths" or "6 beams"') from None
    if unit not in UNITS or not 0 <= amount < math.inf:
        raise ValueError(f"{name} {properties[name]!r} must be 0 or more, in {', '.join(UNITS)}")
    return Extent(amount, unit)


def extents_m(form, length_m, beam_m, to_bow_m=math.nan, to_port_m=math.nan):
    """(ahead, astern, port, starboard) in metres from the carrier's antenna, with her hull between; NaN where unknown.

    The rule counts from the hull; without the antenna's place on it half the length and half the beam are taken.
    """
    bow_m = to_bow_m if not math.isnan(to_bow_m) else length_m / 2
    side_m = to_port_m if not math.isnan(to_port_m) else beam_m / 2
    hull = (bow_m, length_m - bow_m, side_m, beam_m - side_m)
    return tuple(
        e.metres(length_m, beam_m) + (0.0 if math.isnan(h) else h)
        for e, h in zip((form.ahead, form.astern, form.port, form.starboard), hull, strict=True)
    )


def shape_code(form):
    """The kernels' number of a form's shape; a box clipped to the channel is a box, and the caller clips."""
    return ELLIPSE if form.shape == "ellipse" else BOX


def outline(lon_deg, lat_deg, axis_deg, form, extents, points=64):
    """(lon_deg, lat_deg) of the zone's outline as a closed ring of points + 1, for maps; not clipped to a channel."""
    n = 4 if form.shape != "ellipse" else points
    lon, lat = np.empty(n), np.empty(n)
    zone_kernels.outline_points(lon_deg, lat_deg, axis_deg, shape_code(form), extents, lon, lat)
    return np.append(lon, lon[0]), np.append(lat, lat[0])
