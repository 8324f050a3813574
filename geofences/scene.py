"""What a rule sees: one Picture beside the terms that hold in its zones, as plain arrays."""

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from geofences import vessels
from geofences.mooring_kernels import ANCHORED, UNDER_WAY
from vts.lifecycle import Findings
from vts.schema import static_rows

# digits after the point in a detail, by the unit at the end of its name
_DECIMALS = {"kn": 1, "m": 0, "deg": 0, "min": 0, "s": 0, "nm": 2, "pct": 0, "count": 0, "mps": 1, "h": 1}


class Terms:
    """What the zones' properties say, as one array per term over all zones; made once per set of zones."""

    def __init__(self, zones, registers, config, rules):
        self.zones = zones
        self.registers = registers
        self.config = config
        self.kinds = np.array([str(kind) for kind in zones.kinds])
        self.defaults = {n: d for rule in rules.values() for n, (d, _, _) in getattr(rule, "PARAMETERS", {}).items()}
        self._values = {}
        own = self.value("edge_m", np.nan)
        self.margin_m = np.where(np.isnan(own), config.edge_m, own)

    def of(self, *kinds):
        """Which zones are of these kinds, shape (zones,)."""
        key = ("kind", *kinds)
        if key not in self._values:
            self._values[key] = np.isin(self.kinds, kinds)
        return self._values[key]

    def value(self, name, default):
        """A number per zone, shape (zones,): its property, or the default where it has none."""
        return self.by_kind(name, default)[:, 0]

    def by_kind(self, name, default):
        """A number per zone and vessel kind, shape (zones, kinds).

        `max_speed_kn` holds for every kind but those with a property of their own, such as `max_speed_hsc_kn`.
        """
        key = (name, default)
        if key not in self._values:
            stem, unit = name.rsplit("_", 1)
            table = np.full((len(self.kinds), len(vessels.KINDS)), float(default))
            for row, properties in enumerate(self.zones.properties):
                if properties.get(name) is not None:
                    table[row] = float(properties[name])
                for code, kind in enumerate(vessels.KINDS):
                    if properties.get(f"{stem}_{kind}_{unit}") is not None:
                        table[row, code] = float(properties[f"{stem}_{kind}_{unit}"])
            self._values[key] = table
        return self._values[key]


class Pairs(NamedTuple):
    """Vessels beside zones: one row per track and zone."""

    row: np.ndarray  # of the Picture's tracks
    zone: np.ndarray
    edge_m: np.ndarray  # negative inside
    enter_min: np.ndarray
    pass_m: np.ndarray
    since_ns: np.ndarray  # entered, by the Watch; -1 outside

    def where(self, which):
        """The rows that a mask or an index array names."""
        return Pairs(*(column[which] for column in self))


class Scene:
    """One Picture as the rules see it; everything is computed once, when first asked for."""

    def __init__(self, picture, terms, moorings):
        self.moorings = moorings
        self.at_ns = picture.at_ns
        self.tracks = picture.tracks
        self.statics = picture.statics
        self.places = picture.places
        self.terms = terms
        self._static_rows = static_rows(picture)

    def static(self, name):
        """A column of the static data per track, NaN or -1 where nothing is known."""
        column = getattr(self.statics, name)
        fill = self.statics.spec[name][1]
        if not column.size:
            return np.full(self.tracks.n, fill, column.dtype)
        return np.where(self._static_rows >= 0, column[self._static_rows], fill)

    @cached_property
    def kind(self):
        """Kind of each track's vessel, a number of vessels.KINDS."""
        return vessels.kinds_of(self.static("ship_type"), self.is_lng)

    @cached_property
    def is_lng(self):
        """Which tracks the register of LNG carriers names."""
        return np.zeros(self.tracks.n, bool)

    @cached_property
    def anchored(self):
        """Which tracks lie at anchor, as the Watch judges status and motion."""
        return self.moorings.state == ANCHORED

    @cached_property
    def under_way(self):
        """Which tracks make way, as the Watch judges status and motion."""
        return self.moorings.state == UNDER_WAY

    @cached_property
    def length_m(self):
        """Length of each vessel: of its track, else of its static data."""
        return np.where(np.isnan(self.tracks.length_m), self.static("length_m"), self.tracks.length_m)

    @cached_property
    def pairs(self):
        """Every Places row as Pairs."""
        p = self.places
        row = np.searchsorted(self.tracks.track, p.track)
        return Pairs(row, p.zone, p.edge_m, p.enter_min, p.pass_m, p.since_ns)

    def inside(self, zones):
        """The Pairs of vessels that have entered one of these zones (a mask over zones) and not left it."""
        return self.pairs.where((self.pairs.since_ns >= 0) & zones[self.pairs.zone])

    def near(self, zones):
        """The Pairs of vessels in or near these zones."""
        return self.pairs.where(zones[self.pairs.zone])

    def nothing(self):
        """No findings."""
        return Findings.empty()

    def findings(self, row, zone, excess, severity, *, other=None, since_ns=None, **numbers):
        """Findings of the rows whose excess is not 0 or less; `numbers` become the detail, named with their unit."""
        excess = np.asarray(excess, float)
        keep = np.flatnonzero(~(excess <= 0) | (excess == -np.inf))
        if not keep.size:
            return Findings.empty()

        def kept(column, fill):
            return np.broadcast_to(fill if column is None else column, excess.shape)[keep]

        return Findings(
            track=self.tracks.track[kept(row, -1)],
            other=kept(other, -1),
            zone=kept(zone, -1),
            excess=excess[keep],
            severity=kept(severity, 0),
            since_ns=kept(since_ns, -1),
            detail=_details({name: kept(column, 0) for name, column in numbers.items()}, keep.size),
        )


def _details(columns, n):
    """ "key=value;key=value" per row, each number with the digits that its unit deserves; NaN is told as "?"."""
    texts = [_texts(name, column) for name, column in columns.items()]
    return np.array([";".join(parts) for parts in zip(*texts, strict=True)] if texts else [""] * n)


def _texts(name, column):
    if column.dtype.kind in "US":
        return [f"{name}={value}" for value in column.tolist()]
    digits = _DECIMALS.get(name.rsplit("_", 1)[-1], 1)
    return [f"{name}=?" if math.isnan(value) else f"{name}={value:.{digits}f}" for value in column.tolist()]
