"""What a rule sees: one Picture beside the terms that hold in its zones, as plain arrays."""

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from geofences import soon_kernels, vessels
from geofences.mooring_kernels import ANCHORED, UNDER_WAY
from vts.geo import metres_per_degree
from vts.lifecycle import Findings
from vts.schema import Attendants, static_rows
from vts.units import DEG, KN, S

# digits after the point in a detail, by the unit at the end of its name
_DECIMALS = {"kn": 1, "m": 0, "deg": 0, "min": 0, "s": 0, "nm": 2, "pct": 0, "count": 0, "mps": 1, "h": 1}


class Terms:
    """What the zones' properties say, as one array per term over all zones; made once per set of zones."""

    def __init__(self, zones, registers, config, rules):
        self.zones = zones
        self.registers = registers
        self.config = config
        self.kinds = np.array([str(kind) for kind in zones.kinds])
        self._values = {}
        self.rules = {name: rule for name, rule in rules.items() if self.needed(rule)}
        self.lines = np.flatnonzero(self.of("reporting_line")).astype(np.int64)
        own = self.value("edge_m", np.nan)
        self.margin_m = np.where(np.isnan(own), np.minimum(config.edge_m, 0.5 * _half_widths_m(zones)), own)

    def needed(self, rule):
        """Whether any zone is of a kind, or has a property, without which a rule has nothing to say (its NEEDS)."""
        needs = set(getattr(rule, "NEEDS", ()))
        properties = {key for p in self.zones.properties for key, value in p.items() if value is not None}
        for kind in vessels.KINDS:  # max_speed_hsc_kn is a max_speed_kn
            properties |= {key.replace(f"_{kind}_", "_") for key in properties}
        return not needs or not needs.isdisjoint(properties) or not needs.isdisjoint(self.kinds.tolist())

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
            stem, _, unit = name.rpartition("_")
            table = np.full((len(self.kinds), len(vessels.KINDS)), float(default))
            for row, properties in enumerate(self.zones.properties):
                if properties.get(name) is not None:
                    table[row] = float(properties[name])
                for code, kind in enumerate(vessels.KINDS):
                    if properties.get(f"{stem}_{kind}_{unit}") is not None:
                        table[row, code] = float(properties[f"{stem}_{kind}_{unit}"])
            self._values[key] = table
        return self._values[key]

    def text(self, name):
        """A text per zone, "" where the property is absent, shape (zones,)."""
        if ("text", name) not in self._values:
            self._values["text", name] = np.array([str(p.get(name) or "") for p in self.zones.properties])
        return self._values["text", name]

    def flag(self, name):
        """Whether a property is set and true, shape (zones,)."""
        if ("flag", name) not in self._values:
            self._values["flag", name] = np.array([p.get(name) is True for p in self.zones.properties], bool)
        return self._values["flag", name]

    def complete(self, kind):
        """Which zones say that within them every zone of a kind is drawn (`complete`), shape (zones,)."""
        if ("complete", kind) not in self._values:
            told = [p.get("complete") or () for p in self.zones.properties]
            self._values["complete", kind] = np.array([kind in _words(words) for words in told], bool)
        return self._values["complete", kind]

    def open_to(self, silent=False):
        """Which vessel kinds each zone's `allowed` and `forbidden` lists admit, shape (zones, kinds).

        `silent` is the answer where a zone has neither list. Rules treat the unknown kind as insufficient data.
        """
        if ("open", silent) not in self._values:
            table = np.full((len(self.kinds), len(vessels.KINDS)), silent)
            for row, properties in enumerate(self.zones.properties):
                allowed, forbidden = properties.get("allowed"), properties.get("forbidden")
                if allowed is not None:
                    table[row] = np.isin(vessels.KINDS, _words(allowed))
                if forbidden is not None:
                    table[row] = (table[row] | (allowed is None)) & ~np.isin(vessels.KINDS, _words(forbidden))
            self._values["open", silent] = table
        return self._values["open", silent]

    def register(self, name):
        """A register's columns, or None where there is none."""
        return getattr(self.registers, name) if self.registers is not None else None


def _half_widths_m(zones):
    """Area over perimeter of each zone, m: half the width of a strip; inf where a zone has no extent.

    A berth of 50 m has no place that is the Watch's margin inside on both sides, so its margin must be less.
    """
    out = np.full(zones.n, np.inf)
    for row, area in enumerate(zones.area):
        if area is not None and area.length > 0:
            east, north = metres_per_degree(area.centroid.y)
            out[row] = area.area / area.length * math.sqrt(east * north)
    return out


def _words(given):
    """A list of words, from a list or from words with commas between."""
    return [w.strip() for w in given.split(",")] if isinstance(given, str) else [str(w) for w in given]


class Pairs(NamedTuple):
    """Vessels beside zones: one row per track and zone."""

    row: np.ndarray  # of the Picture's tracks
    zone: np.ndarray
    edge_m: np.ndarray  # negative inside
    enter_min: np.ndarray
    pass_m: np.ndarray
    since_ns: np.ndarray  # entered, by the Watch; -1 outside
    along_m: np.ndarray  # on the zone's axis, as Places has it
    cross_m: np.ndarray
    axis_deg: np.ndarray

    def where(self, which):
        """The rows that a mask or an index array names."""
        return Pairs(*(column[which] for column in self))


class Scene:
    """One Picture as the rules see it; everything is computed once, when first asked for."""

    def __init__(self, picture, terms, watch):
        self.moorings, self.stays, self.crossings = watch.moorings, watch.stays, watch.crossings
        self._shared, self._numbers = {}, {}
        self.at_ns = picture.at_ns
        self.tracks = picture.tracks
        self.statics = picture.statics
        self.places = picture.places
        self.terms = terms
        self._static_rows = static_rows(picture)
        self.in_force = terms.zones.in_force(picture.at_ns)

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
        """Which tracks the register of LNG carriers names, by MMSI or by IMO number."""
        carriers = self.terms.register("lng_carriers")
        if carriers is None:
            return np.zeros(self.tracks.n, bool)
        by_mmsi = np.isin(self.tracks.mmsi, carriers["mmsi"][carriers["mmsi"] >= 0])
        return by_mmsi | np.isin(self.static("imo"), carriers["imo"][carriers["imo"] >= 0])

    def attends(self, *roles):
        """Which tracks the register of attendants names in one of these roles; in any, where none is given."""
        attendants = self.terms.register("attendants")
        if attendants is None:
            return np.zeros(self.tracks.n, bool)
        chosen = np.isin(attendants["role"], roles) if roles else slice(None)
        return np.isin(self.tracks.mmsi, attendants["mmsi"][chosen])

    def attendants(self):
        """Every registered attendant with every LNG carrier, as Attendants."""
        row, carrier = np.flatnonzero(self.attends()), np.flatnonzero(self.is_lng)
        row, carrier = np.repeat(row, carrier.size), np.tile(carrier, row.size)
        if not row.size:
            return Attendants.empty()
        row, carrier = row[row != carrier], carrier[row != carrier]
        track = np.sort(np.column_stack([self.tracks.track[row], self.tracks.track[carrier]]), axis=1)
        return Attendants(*np.unique(track, axis=0).T)

    def weather(self, name, oldest_s=21_600.0):
        """The latest value of a weather column at this instant; NaN without one in the last `oldest_s` (6 h)."""
        weather = self.terms.register("weather")
        if weather is None or not weather["t"].size:
            return np.nan
        order = np.argsort(weather["t"], kind="stable")
        at = int(np.searchsorted(weather["t"][order], self.at_ns, side="right")) - 1
        if at < 0 or self.at_ns - weather["t"][order[at]] > oldest_s * S:
            return np.nan
        return float(weather[name][order[at]])

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
        return Pairs(row, p.zone, p.edge_m, p.enter_min, p.pass_m, p.since_ns, p.along_m, p.cross_m, p.axis_deg)

    @cached_property
    def held(self):
        """The Pairs of vessels and the zones in force that they have entered and not left."""
        return self.pairs.where(np.flatnonzero((self.pairs.since_ns >= 0) & self.in_force[self.pairs.zone]))

    def inside(self, zones):
        """The Pairs of vessels that have entered one of these zones (a mask over zones) in force, and not left it."""
        return self.held.where(np.flatnonzero(zones[self.held.zone]))

    def near(self, zones):
        """The Pairs of vessels in or near these zones in force."""
        return self.pairs.where(np.flatnonzero((zones & self.in_force)[self.pairs.zone]))

    def stay_rows(self, pairs):
        """Row of the Watch's stays for each of the Pairs; -1 where there is none."""
        n = self.terms.zones.n
        known, asked = self.stays.track * n + self.stays.zone, self.tracks.track[pairs.row] * n + pairs.zone
        if not known.size:
            return np.full(asked.size, -1)
        at = np.minimum(np.searchsorted(known, asked), known.size - 1)
        return np.where(known[at] == asked, at, -1)

    def entry_cog_deg(self, pairs):
        """Course over ground of each of the Pairs when the vessel crossed the zone's line; NaN where unknown."""
        rows = self.stay_rows(pairs)
        return (
            np.where(rows >= 0, self.stays.entry_cog_deg[rows], np.nan) if self.stays.n else np.full(rows.size, np.nan)
        )

    def axis_deg(self, pairs):
        """Direction of traffic in each Pair's zone: its `direction_deg`, else the course of its axis there."""
        own = self.terms.value("direction_deg", np.nan)[pairs.zone]
        return np.where(np.isnan(own), pairs.axis_deg, own)

    @cached_property
    def sigma_kn(self):
        """1-sigma of each track's speed over ground along its course, from its covariance."""
        t, c = self.tracks, self.tracks.cog_deg * DEG
        east, north = np.sin(c), np.cos(c)
        with np.errstate(invalid="ignore"):
            return np.sqrt(t.veve_m2s2 * east**2 + 2 * t.vevn_m2s2 * east * north + t.vnvn_m2s2 * north**2) / KN

    @cached_property
    def across(self):
        """(position, position-speed, speed) variance of each track across its course, m2, m2/s, m2/s2; 0 unknown."""
        t, c = self.tracks, self.tracks.cog_deg * DEG
        e, n = np.cos(c), -np.sin(c)  # to starboard
        p = t.ee_m2 * e**2 + 2 * t.en_m2 * e * n + t.nn_m2 * n**2
        pv = t.eve_m2s * e**2 + (t.evn_m2s + t.nve_m2s) * e * n + t.nvn_m2s * n**2
        v = t.veve_m2s2 * e**2 + 2 * t.vevn_m2s2 * e * n + t.vnvn_m2s2 * n**2
        return tuple(np.nan_to_num(x) for x in (p, pv, v))

    def soon(self, zones, horizon_min, concerns=None):
        """(Pairs, chance, enter_min) of vessels outside these zones that may enter within `horizon_min` (zones,).

        The chance is the share of equally likely runs, spread by the track's own covariance, that meet the zone.
        `concerns(pairs)` tells which of them the rule would tell of; for the others no run is counted.
        """
        pairs = self.near(zones)
        reach_m = self.tracks.sog_kn[pairs.row] * KN * 60.0 * horizon_min[pairs.zone]
        outside = (pairs.edge_m > 0) & (pairs.since_ns < 0) & (pairs.edge_m <= reach_m) & self.under_way[pairs.row]
        p, pv, v = self.across
        sigma_m = np.sqrt(
            np.maximum(p + 2 * pv * 60 * horizon_min.max(initial=0) + v * (60 * horizon_min.max(initial=0)) ** 2, 0)
        )
        # a run that misses by three sigma at its end is not worth nine
        pairs = pairs.where(outside & ~(pairs.pass_m > 3.0 * sigma_m[pairs.row]))
        pairs = pairs if concerns is None else pairs.where(concerns(pairs))
        chance, enter_s = np.empty(pairs.row.size), np.empty(pairs.row.size)
        index, t = self.terms.zones.index, self.tracks
        soon_kernels.chances(
            *(t.lon_deg, t.lat_deg, t.sog_kn, t.cog_deg, p, pv, v, pairs.row, pairs.zone),
            *(60.0 * horizon_min[pairs.zone], *index.distance_arrays, chance, enter_s),
        )
        return pairs, chance, enter_s / 60.0

    def shared(self, key, make):
        """What `make()` gives, made once for all rules that ask under this key."""
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]

    def offsets_m(self, row):
        """(east_m, north_m) of every track from one track."""
        east, north = metres_per_degree(self.tracks.lat_deg[row])
        dlon = (self.tracks.lon_deg - self.tracks.lon_deg[row] + 180.0) % 360.0 - 180.0
        return dlon * east, (self.tracks.lat_deg - self.tracks.lat_deg[row]) * north

    def permitted(self, pairs):
        """Which Pairs a permit covers at this instant: her MMSI, and the zone's name or "*"."""
        permits = self.terms.register("permits")
        out = np.zeros(pairs.row.size, bool)
        if permits is None:
            return out
        begins, ends = permits["valid_from"], permits["valid_to"]
        valid = (begins <= self.at_ns) & ((ends < 0) | (self.at_ns < ends))
        names = np.array([str(name) for name in self.terms.zones.names])
        for mmsi, zone in zip(permits["mmsi"][valid], permits["zone"][valid], strict=True):
            out |= (self.tracks.mmsi[pairs.row] == mmsi) & ((zone == "*") | (names[pairs.zone] == zone))
        return out

    def nothing(self):
        """No findings."""
        return Findings.empty()

    def findings(self, row, zone, excess, severity, *, other=None, since_ns=None, of_zone=False, **numbers):
        """Findings of the rows whose excess is not 0 or less; `numbers` are for `describe`, named with their unit.

        `of_zone`: the cause is the zone's own, and the vessel only named with it, so that another may take her place.
        """
        excess = np.asarray(excess, float)
        keep = np.flatnonzero(~(excess <= 0) | (excess == -np.inf))
        if not keep.size:
            return Findings.empty()

        def kept(column, fill):
            return np.broadcast_to(fill if column is None else column, excess.shape)[keep]

        self._numbers = {name: kept(column, 0) for name, column in numbers.items()}
        at, t = kept(row, -1), self.tracks
        named = {name: getattr(t, name)[at] for name in ("mmsi", "lon_deg", "lat_deg")} if of_zone else {}
        return Findings(
            track=np.full(keep.size, -1) if of_zone else t.track[at],
            other=kept(other, -1),
            zone=kept(zone, -1),
            excess=excess[keep],
            severity=kept(severity, 0),
            since_ns=kept(since_ns, -1),
            **named,
        )

    def describe(self, rows):
        """The details of some rows of the findings made last: "key=value;key=value"."""
        return _details({name: column[rows] for name, column in self._numbers.items()}, len(rows))


def _details(columns, n):
    """ "key=value;key=value" per row, each number with the digits that its unit deserves; NaN is told as "?"."""
    texts = [_texts(name, column) for name, column in columns.items()]
    return np.array([";".join(parts) for parts in zip(*texts, strict=True)] if texts else [""] * n)


def _texts(name, column):
    if column.dtype.kind in "US":
        return [f"{name}={value}" for value in column.tolist()]
    digits = _DECIMALS.get(name.rsplit("_", 1)[-1], 1)
    return [f"{name}=?" if math.isnan(value) else f"{name}={value:.{digits}f}" for value in column.tolist()]
