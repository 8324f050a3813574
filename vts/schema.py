"""Every noun that passes between the stages, its fields, their units, and how "unknown" looks.

A table is a NamedTuple of equal, contiguous 1-D arrays, which a numba kernel takes as it is. Unknown is NaN in a
float column, -1 in an integer column and "" in a text column, unless a field says otherwise.
"""

import typing
from typing import Annotated, NamedTuple

import numpy as np

from vts.errors import SchemaError

F8 = Annotated[np.ndarray, np.float64, np.nan]
I8 = Annotated[np.ndarray, np.int64, -1]
I4 = Annotated[np.ndarray, np.int32, -1]
I2 = Annotated[np.ndarray, np.int16, -1]
I1 = Annotated[np.ndarray, np.int8, -1]


def Text(width):  # noqa: N802 - reads as a type in the tables below
    """A text column of at most `width` characters, cut to it."""
    return Annotated[np.ndarray, np.dtype(f"<U{width}"), ""]


# Reports.kind
AIS_A, AIS_B, AIS_BASE, AIS_ATON, AIS_SAR, AIS_LONG_RANGE = 0, 1, 2, 3, 4, 5
RADAR_PLOT, RADAR_TRACK, EO_CONTACT = 16, 17, 24
KINDS = {
    AIS_A: "ais_a",
    AIS_B: "ais_b",
    AIS_BASE: "ais_base",
    AIS_ATON: "ais_aton",
    AIS_SAR: "ais_sar",
    AIS_LONG_RANGE: "ais_long_range",
    RADAR_PLOT: "radar_plot",
    RADAR_TRACK: "radar_track",
    EO_CONTACT: "eo_contact",
}
# Tracks.state
TENTATIVE, CONFIRMED, COASTING, RETIRED = 0, 1, 2, 3
TRACK_STATES = ("tentative", "confirmed", "coasting", "retired")
# Alerts.state
RAISED, UPDATED, ACKNOWLEDGED, CLEARED, WITHDRAWN = 0, 1, 2, 3, 4
ALERT_STATES = ("raised", "updated", "acknowledged", "cleared", "withdrawn")
# Alerts.severity, after the alert priorities of IMO MSC.302(87): caution, warning, alarm
CAUTION, WARNING, ALARM = 0, 1, 2
SEVERITIES = ("caution", "warning", "alarm")
# Sensor 0 is AIS as a whole; radar site k of a sites file is sensor k + 1. At most 62: `Tracks.seen_by` is a bit mask.
AIS_SENSOR = 0
MAX_SENSORS = 62


def _spec(cls):
    """{field: (dtype, fill)} of a table class, in order."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return {name: (np.dtype(hints[name].__metadata__[0]), hints[name].__metadata__[1]) for name in cls._fields}


def table(cls):
    """A NamedTuple class of columns whose constructor fixes dtypes, fills what is left out and checks lengths."""
    spec = _spec(cls)

    def __new__(klass, *args, **columns):  # noqa: N807 - becomes the class's constructor below
        if args:
            columns = dict(zip(cls._fields, args, strict=False)) | columns
        if len(args) > len(spec) or not columns.keys() <= spec.keys():
            unknown = sorted(columns.keys() - spec.keys())
            raise SchemaError(
                f"{klass.__name__} has no column {(unknown or ['more'])[0]!r}; there are {', '.join(spec)}"
            )
        given = {name: _whole(c) for name, c in columns.items() if c is not None}
        lengths = {c.size for c in given.values()}
        n = max(lengths - {1} or lengths, default=0)  # single values go with any number of rows, none too
        if len(lengths - {1}) > 1 or any(c.ndim != 1 for c in given.values()):
            raise SchemaError(
                f"{klass.__name__}: columns must be 1-D and of one length, not "
                + ", ".join(f"{name} {c.shape}" for name, c in given.items())
            )
        return cls.__new__(klass, *[_column(klass, name, given.get(name), n, *kind) for name, kind in spec.items()])

    body = {
        "__new__": __new__,
        "__slots__": (),
        "__doc__": cls.__doc__,
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "spec": spec,
    }
    return type(cls.__name__, (_Table, cls), body)


def _whole(values):
    """Values as an array of one dimension or more."""
    return values if type(values) is np.ndarray and values.ndim else np.atleast_1d(np.asarray(values))


def _column(klass, name, values, n, dtype, fill):
    """One column as a contiguous array of its dtype; a single value is repeated, None becomes the fill value."""
    if values is None:
        return np.full(n, fill, dtype)
    if values.dtype == dtype and values.size == n and values.flags.c_contiguous:
        return values  # most are: thousands of tables are made a second
    if dtype.kind == "i" and values.dtype.kind == "f" and not np.isfinite(values).all():
        raise SchemaError(f"{klass.__name__}.{name} is an integer column: write {fill} where the value is unknown")
    if dtype.kind in "if" and values.dtype.kind not in "iufb":
        raise SchemaError(f"{klass.__name__}.{name} must hold numbers, not {values.dtype}")
    return np.ascontiguousarray(np.broadcast_to(values, n) if len(values) != n else values, dtype)


_EMPTY = {}


class _Table:
    """What every table can do. `n` is its number of rows; `len` is the number of columns, since it is a tuple.

    >>> tracks = Tracks(track=[1, 2], lon_deg=[113.8, 113.9], lat_deg=22.1)
    >>> tracks.n, tracks.take(tracks.lon_deg > 113.85).track.tolist()
    (2, [2])
    >>> tracks.to_pandas()[["track", "lat_deg", "sog_kn"]].values.tolist()
    [[1.0, 22.1, nan], [2.0, 22.1, nan]]
    >>> str(tracks.to_geopandas().geometry[0]), tracks.to_arrow().num_rows
    ('POINT (113.8 22.1)', 2)
    """

    __slots__ = ()

    @property
    def n(self):
        """Rows."""
        return self[0].shape[0]

    def take(self, which):
        """The rows that an index array, a mask or a slice names, as a new table."""
        if isinstance(which, slice):
            return self._make([np.ascontiguousarray(column[which]) for column in self])
        which = np.atleast_1d(np.arange(self.n)[which])  # a mask is read once, and not for each column
        return self._make([column[which] for column in self])

    @classmethod
    def empty(cls):
        """A table without rows; the same one every time, since there is nothing in it to change."""
        if cls not in _EMPTY:
            _EMPTY[cls] = cls(**{name: np.empty(0, dtype) for name, (dtype, _) in cls.spec.items()})
        return _EMPTY[cls]

    @classmethod
    def concat(cls, parts):
        """The rows of several tables, one after the other."""
        parts = [part for part in parts if part.n]
        if not parts:
            return cls.empty()
        return (
            parts[0] if len(parts) == 1 else cls._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
        )

    def to_arrow(self):
        """A pyarrow Table; columns ending in _ns become UTC timestamps (null where -1), NaN becomes null."""
        import pyarrow as pa

        return pa.table({name: _arrow(pa, name, column) for name, column in zip(self._fields, self, strict=True)})

    def to_pandas(self):
        """A pandas DataFrame; columns ending in _ns become UTC timestamps."""
        return self.to_arrow().to_pandas()

    def to_geopandas(self):
        """A GeoDataFrame of points in EPSG:4326, from lon_deg and lat_deg."""
        import geopandas

        frame = self.to_pandas()
        points = geopandas.points_from_xy(frame["lon_deg"], frame["lat_deg"], crs="EPSG:4326")
        return geopandas.GeoDataFrame(frame, geometry=points)


def _arrow(pa, name, column):
    """One column as Arrow; unknown becomes null."""
    if name.endswith("_ns"):
        return pa.array(column, pa.timestamp("ns", tz="UTC"), mask=column == -1)
    if column.dtype.kind == "f":
        return pa.array(column, from_pandas=True)
    return pa.array(column.astype(object) if column.dtype.kind == "U" else column)


@table
class Reports(NamedTuple):
    """What sensors said: one row per report."""

    t_ns: I8  # measured, UTC, ns since 1970
    rx_ns: I8  # received, UTC; equals t_ns where the source says nothing
    sensor: I2  # 0 AIS; k + 1 the radar site k of the sites file
    kind: I1  # KINDS
    ident: I8  # MMSI, or the radar's track number, or -1
    lon_deg: F8
    lat_deg: F8
    range_m: F8  # from the site; NaN unless polar
    azimuth_deg: F8  # true, from the site; NaN unless polar
    sog_kn: F8  # over ground; 102.2 means that or more
    cog_deg: F8  # [0, 360)
    heading_deg: F8  # true, [0, 360)
    rot_deg_min: F8  # to starboard positive; +-inf: turning, no indicator
    nav_status: I1  # M.1371-5 table 45, 0-15; -1 not sent
    major_m: F8  # 1-sigma error ellipse of the position
    minor_m: F8
    axis_deg: F8  # of the major axis, from north
    length_m: F8  # seen by the radar; NaN for AIS
    width_m: F8
    seq: I8  # where in its source: byte offset or record number


@table
class Statics(NamedTuple):
    """What vessels say of themselves: one row per message, or the latest per MMSI in a Picture."""

    mmsi: I8
    t_ns: I8
    imo: I8
    ship_type: I2  # M.1371-5 table 53, 0-255
    length_m: F8  # A + B
    beam_m: F8  # C + D
    to_bow_m: F8  # A, from the antenna
    to_port_m: F8  # C
    draught_m: F8  # 25.5 means that or more
    name: Text(20)
    callsign: Text(7)
    destination: Text(20)
    eta: Text(11)  # MM-DDTHH:MM as sent, UTC without a year
    seq: I8  # as in Reports; ascending over both within one source


@table
class Tracks(NamedTuple):
    """The fused vessels at one instant, predicted to it: one row per track, in order of `track`."""

    track: I8  # our number, never used twice
    mmsi: I8  # -1: no AIS identity (dark, or not yet)
    t_ns: I8  # the instant that the row holds for
    lon_deg: F8
    lat_deg: F8
    sog_kn: F8
    cog_deg: F8
    heading_deg: F8  # last reported
    rot_deg_min: F8  # estimated where the motion model has it, else last reported
    nav_status: I1  # last reported
    kind: I1  # of the last report, KINDS
    state: I1  # TRACK_STATES
    age_s: F8  # since the last report that updated it
    first_ns: I8  # of the first report
    seen_by: I8  # bit k: sensor k updated it within its own reporting interval
    ee_m2: F8  # covariance of position and velocity, east and north
    en_m2: F8
    nn_m2: F8
    eve_m2s: F8
    evn_m2s: F8
    nve_m2s: F8
    nvn_m2s: F8
    veve_m2s2: F8
    vevn_m2s2: F8
    vnvn_m2s2: F8
    existence: F8  # probability that there is a vessel at all
    p_dark: F8  # probability that it sails without AIS in AIS coverage; NaN: cannot be told
    p_spoof: F8  # probability that its AIS position is not where the vessel is; NaN: cannot be told
    length_m: F8  # best known: static data, else radar extent
    reports: I8  # used so far
    ais_age_s: F8  # since the last AIS report that she was tracked by; NaN: none
    radar_age_s: F8  # since the last plot, of any radar; NaN: none
    radar_share: F8  # of what the last twenty reports or so told of her place: radar's; the rest is AIS's
    offset_e_m: F8  # her AIS position from her radar echo, mean of the last pairs; NaN: never seen by both
    offset_n_m: F8
    offset_sum: F8  # Page's sums of that offset, the greatest of four sides, in sigmas: not believed from 11.5 on


@table
class Alerts(NamedTuple):
    """Changes of state of alerts: one row per change, most rows keep their `alert` id from raised to cleared."""

    alert: I8  # hash of rule, track, other, zone and since_ns: the same in every run
    rule: Text(40)  # file name of the rule or behaviour
    state: I1  # ALERT_STATES
    severity: I1  # SEVERITIES
    track: I8
    mmsi: I8
    other: I8  # second track, or -1
    other_mmsi: I8
    zone: I4  # row of Zones, or -1
    t_ns: I8  # of this change
    since_ns: I8  # when the condition began
    until_ns: I8  # when it ended; -1 while it lasts
    excess: F8  # in the rule's unit
    lon_deg: F8
    lat_deg: F8
    detail: Text(120)  # numbers for the sentence, "key=value;key=value"


@table
class Scores(NamedTuple):
    """Risk of each track at one instant."""

    track: I8
    mmsi: I8
    t_ns: I8
    risk: F8  # 0..1, calibrated; NaN: insufficient data
    head: Text(24)  # the head that dominates
    horizon_min: F8
    reason_1: Text(64)
    weight_1: F8
    reason_2: Text(64)
    weight_2: F8
    reason_3: Text(64)
    weight_3: F8


@table
class Places(NamedTuple):
    """How tracks stand to zones: one row per track and zone that it is in or could soon reach."""

    track: I8
    zone: I4  # row of Zones; -1 for the land
    zone_kind: Text(24)
    edge_m: F8  # distance to the zone's edge; negative inside
    bearing_deg: F8  # to the nearest point of the edge
    enter_min: F8  # minutes until it enters on its present course and speed; 0 inside, NaN: not within the horizon
    pass_m: F8  # least distance to the zone on that run; 0 where it enters
    since_ns: I8  # when it entered, by the Watch; -1 outside
    along_m: F8  # along the zone's axis from its beginning; NaN where it has none, as the three below
    cross_m: F8  # off the axis, starboard of its direction positive
    axis_deg: F8  # course of the axis at the nearest leg
    off_axis_deg: F8  # course over ground against it, -180 to 180, to starboard positive


# Visits.event
ENTERED, LEFT, RESUMED, CROSSED = 0, 1, 2, 3
VISIT_EVENTS = ("entered", "left", "resumed", "crossed")


@table
class Visits(NamedTuple):
    """Entries into zones, exits, and lines crossed: one row per event; track, zone and entered_ns name one stay.

    A stay that is resumed soon after its exit tells the same entered_ns again, with left_ns -1: its last row holds.
    So does one that a new track of the same MMSI goes on with, under that track: vessel, zone and entered_ns name it.
    """

    track: I8
    mmsi: I8
    zone: I4  # row of Zones
    event: I1  # VISIT_EVENTS
    t_ns: I8  # of the Picture that tells it
    entered_ns: I8  # first seen over the line by the Watch's margin
    left_ns: I8  # -1 while it stays


MOVING_SHAPES = ("box", "channel", "ellipse")  # a channel is a box clipped to the zone that sets it


@table
class MovingZones(NamedTuple):
    """Zones that go with vessels, as they stand in a Picture: one row per vessel and zone, in order of track."""

    track: I8  # with whom it goes
    mmsi: I8
    t_ns: I8  # of the Picture
    zone: I4  # row of Zones: whose terms set it
    shape: I1  # MOVING_SHAPES
    axis_deg: F8  # where ahead is, from true north
    ahead_m: F8  # from her position to the zone's edge; NaN: told in dimensions of hers that nobody knows
    astern_m: F8
    port_m: F8
    starboard_m: F8


@table
class Sensors(NamedTuple):
    """What each radar reads too much, as learned so far against AIS: one row per site, once a minute of event time."""

    sensor: I2  # its number in Reports
    t_ns: I8  # of the Picture
    range_m: F8
    range_sigma_m: F8  # 1 sigma; NaN before enough pairs, as are the others
    azimuth_deg: F8
    azimuth_sigma_deg: F8
    clock_s: F8  # its clock ahead of UTC
    clock_sigma_s: F8
    pairs: F8  # plots compared with AIS, fading


@table
class Sources(NamedTuple):
    """What each sensor has given to each track that radar has seen: a row a track and sensor, once a minute."""

    track: I8
    sensor: I2  # its number in Reports; 0 is AIS
    t_ns: I8  # of the Picture
    age_s: F8  # since its last report that was used
    share: F8  # of the information on her place by the last twenty reports or so, 0 to 1; those of a track sum to 1


@table
class Attendants(NamedTuple):
    """Craft that a register names as attending a vessel of this Picture: a row a pair, in order of `track`, `other`."""

    track: I8  # the smaller of the two numbers
    other: I8


_SHOWN = ("track", "mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "state", "age_s")


class Picture(NamedTuple):
    """All that is known at one instant. A stage returns `picture._replace(...)`."""

    at_ns: int
    tracks: Tracks
    statics: Statics  # the latest of each known MMSI among the tracks, in order of `mmsi`
    alerts: Alerts  # the changes since the Picture before
    scores: Scores
    places: Places = Places.empty()
    visits: Visits = Visits.empty()  # entries and exits since the Picture before
    moving_zones: MovingZones = MovingZones.empty()  # such as a gas carrier's safety zone
    sensors: Sensors = Sensors.empty()  # radar registration, once a minute
    sources: Sources = Sources.empty()  # each sensor's part in each track, once a minute
    attendants: Attendants = Attendants.empty()  # an escort with her carrier: what they do together is no encounter

    def _repr_html_(self):
        """A line of counts and the first tracks, for a notebook; numbers only, so nothing can become markup."""
        frame = self.tracks.take(slice(0, 10)).to_pandas()[list(_SHOWN)]
        counts = f"{self.tracks.n} tracks, {self.alerts.n} alerts, {self.scores.n} scores"
        at = np.datetime64(self.at_ns, "ns").astype("datetime64[s]")
        return f"<p><b>Picture</b> at {at} UTC: {counts}</p>{frame.to_html(index=False, float_format='%.5g')}"


def static_rows(picture):
    """Row of picture.statics for each track, shape (tracks,); -1 where nothing is known."""
    mmsi, known = picture.tracks.mmsi, picture.statics.mmsi
    if not known.size:
        return np.full(mmsi.shape, -1)
    at = np.minimum(np.searchsorted(known, mmsi), known.size - 1)
    return np.where((known[at] == mmsi) & (mmsi >= 0), at, -1)


class Rejects:
    """What a source could not use: counts by reason with the first example; read = used + rejected, always.

    The unit is the source's own: a line of an AIS log, a record of ASTERIX, a row of a table.
    """

    EXAMPLE_CHARS = 200

    def __init__(self, source=""):
        self.source = source
        self.used = 0
        self.counts = {}
        self.examples = {}

    @property
    def read(self):
        return self.used + sum(self.counts.values())

    def add(self, reason, count=1, example=""):
        """Count `count` items under a reason; the first example of each reason is kept, made printable and cut."""
        if count:
            self.counts[reason] = self.counts.get(reason, 0) + int(count)
            if example and reason not in self.examples:
                text = example.decode("utf-8", "replace") if isinstance(example, bytes) else str(example)
                self.examples[reason] = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[
                    : self.EXAMPLE_CHARS
                ]

    def balance(self):
        """The counts as a dict: read = used + rejected, and the first example of each reason."""
        counts = dict(sorted(self.counts.items()))
        return {"read": self.read, "used": self.used, "rejected": counts, "examples": self.examples}

    def merge(self, other):
        """Add another source's counts to these."""
        self.used += other.used
        for reason, count in other.counts.items():
            self.add(reason, count, other.examples.get(reason, ""))
