"""AIS as others have tabulated it: CSV and Parquet, one small mapping each, to Statics and Reports.

A mapping names their column for each of our fields. Columns are told by the header, without regard to case, blanks and
underscores; a table that none of the mappings fits is read by one that the user gives in TOML:

    time = "%d/%m/%Y %H:%M:%S"      # or "iso", "epoch_s", "epoch_ms"
    delimiter = ";"
    [columns]
    mmsi = "SHIP_ID"
    t = "WHEN"
    lon_deg = "X"
    lat_deg = "Y"
    [scale]                          # optional: ours = theirs * scale
    sog_kn = 0.1
"""

import io
import itertools
import os
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vts.errors import LogError
from vts.files import Chunks, chunks
from vts.schema import (
    AIS_A,
    AIS_ATON,
    AIS_B,
    AIS_BASE,
    AIS_LONG_RANGE,
    AIS_SAR,
    AIS_SENSOR,
    Rejects,
    Reports,
    Statics,
)

ROWS = 50_000  # rows a batch; counted from the first row, so that blocks cannot move a batch's edge
MAX_HEADER = 65_536
MAX_PARQUET = 1 << 28  # bytes held of a Parquet without a path: its directory stands at its end
UNSTATED_M = 30.0  # 1-sigma of a position whose accuracy flag the table does not carry, as for a flag of 0


class Mapping(NamedTuple):
    """Their column for each of our fields, and how they write time."""

    name: str
    columns: dict
    time: str = "iso"
    delimiter: str = ","
    scale: dict = {}  # noqa: RUF012 - never changed


_DMA = {
    "t": "timestamp",
    "kind": "typeofmobile",
    "mmsi": "mmsi",
    "lat_deg": "latitude",
    "lon_deg": "longitude",
    "nav_status": "navigationalstatus",
    "rot_deg_min": "rot",
    "sog_kn": "sog",
    "cog_deg": "cog",
    "heading_deg": "heading",
    "imo": "imo",
    "callsign": "callsign",
    "name": "name",
    "ship_type": "shiptype",
    "beam_m": "width",
    "length_m": "length",
    "draught_m": "draught",
    "destination": "destination",
    "to_bow_m": "a",
    "to_port_m": "d",  # the authority's own description: C to starboard, D to port
}
_CADASTRE = {
    "mmsi": "mmsi",
    "t": "basedatetime",
    "lat_deg": "lat",
    "lon_deg": "lon",
    "sog_kn": "sog",
    "cog_deg": "cog",
    "heading_deg": "heading",
    "name": "vesselname",
    "imo": "imo",
    "callsign": "callsign",
    "ship_type": "vesseltype",
    "nav_status": "status",
    "length_m": "length",
    "beam_m": "width",
    "draught_m": "draft",
    "kind": "transceiverclass",
}
MAPPINGS = (
    Mapping("Danish Maritime Authority", _DMA, "%d/%m/%Y %H:%M:%S"),
    Mapping("MarineCadastre", _CADASTRE),
    Mapping(
        "MarineCadastre from 2024", _CADASTRE | {"lat_deg": "latitude", "lon_deg": "longitude", "kind": "transceiver"}
    ),
    Mapping(
        "Statsat",
        {
            "mmsi": "mmsi",
            "lon_deg": "lon",
            "lat_deg": "lat",
            "t": "datetimeutc",
            "sog_kn": "sog",
            "cog_deg": "cog",
            "heading_deg": "trueheading",
            "nav_status": "navstatus",
            "kind": "messagenr",
            "imo": "imonr",
            "length_m": "length",
        },
        delimiter=";",
    ),
    Mapping(
        "exactEarth",
        {
            "mmsi": "mmsi",
            "t": "time",
            "lon_deg": "longitude",
            "lat_deg": "latitude",
            "sog_kn": "sog",
            "cog_deg": "cog",
            "heading_deg": "heading",
            "nav_status": "navigationalstatus",
            "kind": "messageid",
            "name": "vesselname",
            "callsign": "callsign",
            "imo": "imo",
            "ship_type": "shiptype",
            "draught_m": "draught",
            "destination": "destination",
        },
        "%Y%m%d_%H%M%S",
    ),
    Mapping(
        "Solent of Stone Soup",
        {
            "t": "time",
            "mmsi": "mmsi",
            "lat_deg": "latitudedegrees",
            "lon_deg": "longitudedegrees",
            "cog_deg": "cogdegrees",
            "sog_kn": "sogknots",
        },
    ),
)
NEEDED = ("mmsi", "t", "lon_deg", "lat_deg")
NUMBERS = {"lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg", "rot_deg_min"}
SIZES = ("length_m", "beam_m", "draught_m", "to_bow_m", "to_port_m")
TEXTS = ("name", "callsign", "destination")
STATIC = ("imo", "ship_type", *SIZES, *TEXTS)

# M.1371-5 table 45, as the Danish authority words it
_STATUS = {
    "under way using engine": 0,
    "at anchor": 1,
    "not under command": 2,
    "restricted maneuverability": 3,
    "restricted manoeuvrability": 3,
    "constrained by her draught": 4,
    "moored": 5,
    "aground": 6,
    "engaged in fishing": 7,
    "under way sailing": 8,
    "ais-sart": 14,
}
_SHIP_TYPE = {
    "wig": 20,
    "fishing": 30,
    "towing": 31,
    "towing long/wide": 32,
    "dredging": 33,
    "diving": 34,
    "military": 35,
    "sailing": 36,
    "pleasure": 37,
    "hsc": 40,
    "pilot": 50,
    "sar": 51,
    "tug": 52,
    "port tender": 53,
    "anti-pollution": 54,
    "law enforcement": 55,
    "medical": 58,
    "passenger": 60,
    "cargo": 70,
    "tanker": 80,
    "other": 90,
}
_KIND = {
    "class a": AIS_A,
    "class b": AIS_B,
    "base station": AIS_BASE,
    "aton": AIS_ATON,
    "sar airborne": AIS_SAR,
    "a": AIS_A,
    "b": AIS_B,
    "4": AIS_BASE,
    "9": AIS_SAR,
    "18": AIS_B,
    "19": AIS_B,
    "21": AIS_ATON,
    "27": AIS_LONG_RANGE,
}


def _plain(name):
    """A column's name without case and punctuation."""
    return "".join(c for c in name.lower() if c.isalnum())


def load_mapping(path):
    """The Mapping of a TOML file; LogError names the file and what is wrong in it."""
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror}); name a readable TOML mapping") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LogError(f"{path}: not TOML ({error}); mend that line") from error
    columns = given.get("columns")
    known = {*NEEDED, *NUMBERS, *STATIC, "nav_status", "kind"}
    if not isinstance(columns, dict) or any(not isinstance(v, str) for v in columns.values()):
        raise LogError(f"{path}: needs a section [columns] with our field = their column, both as text")
    missing = [field for field in NEEDED if field not in columns]
    unknown = sorted(set(columns) - known) + sorted(set(given) - {"columns", "time", "delimiter", "scale"})
    if missing or unknown:
        wrong = f"lacks {missing[0]}" if missing else f"names {unknown[0]}, which is no field"
        raise LogError(f"{path}: {wrong}; the fields are {', '.join(sorted(known))}")
    scale = given.get("scale", {})
    if not isinstance(scale, dict) or any(
        isinstance(v, bool) or not isinstance(v, int | float) for v in scale.values()
    ):
        raise LogError(f"{path}: [scale] must hold numbers; write sog_kn = 0.1")
    return Mapping(
        str(path),
        {field: _plain(column) for field, column in columns.items()},
        str(given.get("time", "iso")),
        str(given.get("delimiter", ",")),
        scale,
    )


def is_table(first):
    """Whether a log's first bytes are those of a table: Parquet, or a CSV header with a latitude."""
    if first.startswith(b"PAR1"):
        return True
    line = first[:MAX_HEADER].split(b"\n")[0]
    names = _header(line)
    latitude = ("lat", "latitude", "latitudedegrees", "latdeg", "y")
    return len(names) >= 4 and any(n in latitude for n in names) and not any(c in line for c in b"!\\${")


def _header(line):
    """Plain column names of a header line."""
    text = line.decode("utf-8-sig", "replace").strip()
    delimiter = max(",;\t|", key=text.count)
    return [_plain(part) for part in text.split(delimiter)]


def _fitting(names, name):
    """The Mapping that fits these column names."""
    names = set(names)
    for mapping in MAPPINGS:
        if all(mapping.columns[field] in names for field in NEEDED):
            return mapping
    raise LogError(
        f"{name}: a table whose columns are not known ({', '.join(sorted(names)[:6])} ...); name those for "
        f"{', '.join(NEEDED)} in a TOML mapping"
    )


class Table:
    """An iterable of Statics and Reports batches of a table; `rejects` counts rows, `seq` is the row's number."""

    def __init__(self, source, mapping=None):
        self.chunks = source if isinstance(source, Chunks) else chunks(source)
        self.mapping = load_mapping(mapping) if mapping is not None else None
        self.rejects = Rejects(self.chunks.name)
        self._row = 0
        self._before = np.empty(0, np.uint64)
        self._last = {}

    bytes_done = property(lambda self: self.chunks.bytes_done)
    bytes_total = property(lambda self: self.chunks.bytes_total)

    def __iter__(self):
        return self.over(iter(self.chunks))

    def over(self, blocks):
        """The same of these blocks."""
        first = next(blocks, b"")
        frames = self._parquet(first, blocks) if first.startswith(b"PAR1") else self._csv(first, blocks)
        for frame, bad in frames:
            self.rejects.add("bad row", bad)
            yield from self._batches(frame)

    def _csv(self, first, blocks):
        """(frame of text by our fields, bad rows) every ROWS rows."""
        head, _, rest = first.partition(b"\n")
        names = _header(head)
        mapping = self.mapping or _fitting(names, self.chunks.name)
        delimiter = mapping.delimiter if self.mapping else max(",;\t|", key=head.decode("utf-8", "replace").count)
        wanted = self._wanted(mapping, names)
        for lines in _lines(itertools.chain((rest,), blocks)):
            yield self._parsed(lines, names, delimiter, wanted), 0

    def _wanted(self, mapping, names):
        """{our field: their column's place}; LogError where a needed one is missing."""
        wanted = {field: names.index(column) for field, column in mapping.columns.items() if column in names}
        missing = [mapping.columns[field] for field in NEEDED if field not in wanted]
        if missing:
            raise LogError(f"{self.chunks.name}: has no column {missing[0]!r}; mend the mapping {mapping.name}")
        self.mapping = mapping
        return wanted

    def _parsed(self, lines, names, delimiter, wanted):
        """A frame of text; rows with too many columns are counted here."""
        import csv

        import pandas as pd

        options = {
            "sep": delimiter,
            "names": range(len(names)),
            "header": None,
            "dtype": str,
            "keep_default_na": False,
            "skip_blank_lines": False,
            "on_bad_lines": "skip",
            "encoding_errors": "replace",
        }
        count = lines.count(b"\n")
        lines = lines.replace(b"\0", b"?")
        try:
            frame = pd.read_csv(io.BytesIO(lines), **options)
        except pd.errors.ParserError:
            frame = pd.read_csv(io.BytesIO(lines), quoting=csv.QUOTE_NONE, **options)
        self.rejects.add("bad row", max(count - len(frame), 0))
        frame = frame.fillna("")
        keys = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        twice = pd.Series(keys).duplicated().to_numpy() | np.isin(keys, self._before)
        self._before = keys
        self.rejects.add("duplicate row", int(twice.sum()))
        frame = frame[list(wanted.values())]
        frame.columns = list(wanted)
        return frame[~twice]

    def _parquet(self, first, blocks):
        """(frame by our fields, 0) every ROWS rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(self._seekable(first, blocks))
            names = [_plain(name) for name in file.schema_arrow.names]
            mapping = self.mapping or _fitting(names, self.chunks.name)
            wanted = self._wanted(mapping, names)
            columns = [file.schema_arrow.names[at] for at in wanted.values()]
            for batch in file.iter_batches(ROWS, columns=columns):
                frame = batch.to_pandas()[columns]
                frame.columns = list(wanted)
                yield frame, 0
        except (pa.ArrowException, OSError, TypeError) as error:
            raise LogError(f"{self.chunks.name}: Parquet that cannot be read ({error}); write it again") from error
        self.chunks.bytes_done = self.chunks.bytes_total or self.chunks.bytes_done

    def _seekable(self, first, blocks):
        """The path of a plain Parquet; of one that is packed, piped or given as blocks, its bytes within a bound."""
        import pyarrow as pa

        source = self.chunks.source
        if isinstance(source, str | os.PathLike) and source != "-":
            with open(source, "rb") as file:
                if file.read(4) == b"PAR1":
                    return source
        held, size = [], 0
        for block in itertools.chain((first,), blocks):
            held.append(block)
            size += len(block)
            if size > MAX_PARQUET:
                raise LogError(
                    f"{self.chunks.name}: a Parquet of more than {MAX_PARQUET >> 20} MiB that cannot be sought in; "
                    "unpack it to a file and give its path"
                )
        return pa.BufferReader(b"".join(held))

    def _batches(self, frame):
        """Statics that changed, then Reports."""
        import pandas as pd

        rows = self._row + 1 + np.arange(len(frame))
        self._row += len(frame)
        mmsi = pd.to_numeric(frame["mmsi"], errors="coerce").to_numpy(float)
        t_ns = self._times(frame["t"])
        bad = ~((mmsi >= 1) & (mmsi <= 999_999_999) & (mmsi == np.floor(mmsi)))
        late = ~bad & (t_ns < 0)
        self.rejects.add("bad row", int(bad.sum()), _example(frame, bad))
        self.rejects.add("no time", int(late.sum()), _example(frame, late))
        good = ~(bad | late)
        self.rejects.used += int(good.sum())
        frame, rows, mmsi, t_ns = frame[good], rows[good], mmsi[good].astype(np.int64), t_ns[good]
        if not rows.size:
            return
        statics = self._statics(frame, mmsi, t_ns, rows)
        if statics.n:
            yield statics
        yield self._reports(frame, mmsi, t_ns, rows)

    def _times(self, column):
        """UTC ns, -1 where there is none."""
        import pandas as pd

        how = self.mapping.time
        if how.startswith("epoch_"):
            value = pd.to_numeric(column, errors="coerce").to_numpy(float)
            scale = {"epoch_s": 1e6, "epoch_ms": 1e3}.get(how)  # to whole microseconds, which a float holds exactly
            if scale is None:
                raise LogError(f"{self.mapping.name}: time {how!r} is not known; write epoch_s or epoch_ms")
            good = np.isfinite(value) & (value * scale > 0) & (value * scale < 4e15)
            return np.where(good, np.round(np.where(good, value, 0) * scale).astype(np.int64) * 1000, -1)
        try:
            when = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601" if how == "iso" else how)
        except ValueError as error:
            raise LogError(f"{self.mapping.name}: time {how!r} cannot be used ({error}); mend it") from error
        t_ns = when.astype("datetime64[ns, UTC]").astype("int64").to_numpy()
        return np.where(when.isna().to_numpy(), -1, t_ns)

    def _number(self, frame, field):
        """Floats of a field; NaN where it is not there or not a number."""
        import pandas as pd

        if field not in frame:
            return np.full(len(frame), np.nan)
        column = frame[field]
        if column.dtype == object or str(column.dtype).startswith("str"):
            column = column.str.replace(",", ".", regex=False)
        value = pd.to_numeric(column, errors="coerce").to_numpy(float)
        return value * self.mapping.scale.get(field, 1.0)

    def _code(self, frame, field, words):
        """Integers of a field given as a number or in words; -1 unknown."""
        if field not in frame:
            return np.full(len(frame), -1)
        number = self._number(frame, field)
        worded = frame[field].astype(str).str.strip().str.lower().map(words).to_numpy(float, na_value=np.nan)
        value = np.where(np.isnan(worded), number, worded)
        return np.where((value >= 0) & (value <= 255), np.nan_to_num(value, nan=-1), -1).astype(np.int64)

    def _reports(self, frame, mmsi, t_ns, rows):
        lon, lat = self._number(frame, "lon_deg"), self._number(frame, "lat_deg")
        placed = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        sog, cog = self._number(frame, "sog_kn"), self._number(frame, "cog_deg")
        heading = self._number(frame, "heading_deg")
        status = self._code(frame, "nav_status", _STATUS)
        kind = np.full(rows.size, AIS_A)
        if "kind" in frame:
            worded = frame["kind"].astype(str).str.strip().str.lower().map(_KIND).to_numpy(float, na_value=np.nan)
            kind = np.where(np.isnan(worded), AIS_A, worded)
        return Reports(
            t_ns=t_ns,
            rx_ns=t_ns,
            sensor=AIS_SENSOR,
            kind=kind.astype(np.int8),
            ident=mmsi,
            lon_deg=np.where(placed, lon, np.nan),
            lat_deg=np.where(placed, lat, np.nan),
            sog_kn=np.where((sog >= 0) & (sog < 102.25), sog, np.nan),
            cog_deg=np.where((cog >= 0) & (cog < 360), cog, np.nan),
            heading_deg=np.where((heading >= 0) & (heading < 360), heading, np.nan),
            rot_deg_min=self._number(frame, "rot_deg_min"),
            nav_status=np.where(status > 15, -1, status),
            major_m=UNSTATED_M,
            minor_m=UNSTATED_M,
            axis_deg=0.0,
            seq=rows,
        )

    def _statics(self, frame, mmsi, t_ns, rows):
        """A row where a vessel's static columns are not what they were; what was last said of each vessel is kept."""
        there = [field for field in STATIC if field in frame]
        if not there:
            return Statics.empty()
        import pandas as pd

        keys = pd.util.hash_pandas_object(frame[there].astype(str), index=False).to_numpy()
        changed = np.zeros(rows.size, bool)
        for at in range(rows.size):
            if self._last.get(mmsi[at]) != keys[at]:
                self._last[mmsi[at]] = keys[at]
                changed[at] = True
        frame = frame[changed]
        sizes = {field: self._number(frame, field) for field in SIZES}
        sizes = {field: np.where(v > 0, v, np.nan) for field, v in sizes.items()}
        texts = {field: _text(frame, field) for field in TEXTS}
        imo = frame["imo"].astype(str).str.extract(r"(\d{7,10})", expand=False) if "imo" in frame else None
        imo = -1 if imo is None else pd.to_numeric(imo, errors="coerce").fillna(-1).to_numpy(np.int64)
        ship_type = self._code(frame, "ship_type", _SHIP_TYPE)
        return Statics(
            mmsi=mmsi[changed],
            t_ns=t_ns[changed],
            imo=imo,
            ship_type=np.where(ship_type == 0, -1, ship_type),
            seq=rows[changed],
            **sizes,
            **texts,
        )


def _text(frame, field):
    """A text column; "" for what is not there or said to be unknown."""
    if field not in frame:
        return np.full(len(frame), "")
    column = frame[field].astype(str).str.strip()
    return column.where(~column.str.lower().isin(("unknown", "undefined", "nan", "none")), "").to_numpy(str)


def _example(frame, which):
    """The first row of those, as text."""
    rows = np.flatnonzero(which)
    return "" if not rows.size else ",".join(map(str, frame.iloc[rows[0]]))


def _lines(blocks):
    """Whole lines, ROWS at a time, whatever the blocks; a line over MAX_HEADER bytes is cut at that length."""
    held = b""
    for block in blocks:
        held += block
        ends = np.flatnonzero(np.frombuffer(held, np.uint8) == 10)
        at = 0
        for k in range(ROWS - 1, ends.size, ROWS):
            yield held[at : ends[k] + 1]
            at = int(ends[k]) + 1
        held = held[at:]
        if len(held) > MAX_HEADER * 64 and not (ends.size and ends[-1] >= at):
            held = held[:MAX_HEADER]  # a line without end is one bad row, however long
    if held:
        yield held if held.endswith(b"\n") else held + b"\n"
