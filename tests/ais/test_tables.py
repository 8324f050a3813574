"""Tables of others: the columns they use, their own words, their duplicates."""

import gzip

import numpy as np
import pytest

import ais
from ais import tables
from vts.errors import LogError
from vts.schema import AIS_B, AIS_BASE, Reports, Statics

DMA = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,"
    "Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type"
)
ROW = (
    "05/12/2015 23:59:59,Class A,219000001,57.8794,10.9125,At anchor,0.0,12.3,180.5,181,9134270,OXYZ2,TEST SHIP,"
    "Cargo,No additional information,20,120,GPS,7.5,AARHUS,01/01/2016 12:00:00,AIS"
)


def read(text, **options):
    feed = ais.read([text if isinstance(text, bytes) else text.encode()], **options)
    batches = list(feed)
    return (
        Reports.concat([b for b in batches if isinstance(b, Reports)]),
        Statics.concat([b for b in batches if isinstance(b, Statics)]),
        feed.rejects,
    )


def ns(text):
    return np.datetime64(text, "ns").astype(np.int64)


@pytest.mark.parametrize("extra", [("", ""), (",A,B,C,D", ",100,20,8,12")], ids=["22 columns", "26 columns"])
def test_danish_csv_with_day_first_and_exact_duplicates(extra):
    base = ROW.replace("Class A", "Base Station").replace("219000001", "002190001") + extra[1]
    text = f"{DMA}{extra[0]}\n{ROW}{extra[1]}\n{ROW}{extra[1]}\n{base}\n"
    reports, statics, rejects = read(text)
    assert (2, {"duplicate row": 1}) == (rejects.used, rejects.counts)
    assert [ns("2015-12-05T23:59:59")] * 2 == list(reports.t_ns)
    assert (57.8794, 10.9125, 12.3, 180.5, 181, 1) == tuple(
        getattr(reports, k)[0] for k in ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status")
    )
    assert AIS_BASE == reports.kind[1]
    assert (9134270, 70, 120, 20, "TEST SHIP") == tuple(
        getattr(statics, k)[0] for k in ("imo", "ship_type", "length_m", "beam_m", "name")
    )
    assert (12 if extra[0] else None) == (statics.to_port_m[0] if extra[0] else None)


def test_marine_cadastre_old_and_new():
    old = (
        "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo\n"
    )
    old += "367000001,2017-02-01T20:05:07,29.1,-90.5,5.9,-49.6,511.0,ALPHA,IMO9134270,WDA1,31,0,20,8,2.5,31\n"
    new = (
        "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,status,length,"
        "width,draft,cargo,transceiver\n"
        "367000001,2017-02-01 20:05:07,-90.5,29.1,5.9,360,511,ALPHA,IMO9134270,WDA1,31,0,20,8,2.5,31,B\n"
    )
    a, a_static, _ = read(old)
    b, b_static, _ = read(new)
    assert (ns("2017-02-01T20:05:07"), -90.5, 29.1, 5.9) == (a.t_ns[0], a.lon_deg[0], a.lat_deg[0], a.sog_kn[0])
    assert np.isnan(a.cog_deg[0]) and np.isnan(b.heading_deg[0])
    assert AIS_B == b.kind[0]
    for name in ("t_ns", "lon_deg", "lat_deg", "sog_kn"):
        assert list(getattr(a, name)) == list(getattr(b, name))
    assert [c.tobytes() for c in a_static] == [c.tobytes() for c in b_static]


def test_statsat_and_exact_earth():
    statsat = "mmsi;lon;lat;date_time_utc;sog;cog;true_heading;nav_status;rot;message_nr;source\n"
    reports, _, _ = read(statsat + "257000001;10.5;59.5;2020-05-01 00:00:01;3.2;90;91;0;0;18;g\n")
    assert (10.5, 59.5, AIS_B) == (reports.lon_deg[0], reports.lat_deg[0], reports.kind[0])
    exact = "MMSI,Message_ID,Time,Longitude,Latitude,SOG,COG\n257000001,1,20210701_185151,10.5,59.5,3.2,90\n"
    assert ns("2021-07-01T18:51:51") == read(exact)[0].t_ns[0]


def test_solent(data):
    reports, _, rejects = read(data("ais", "solent-stonesoup", "SolentAIS_20160112_130211.csv").read_bytes())
    assert (18_623, 91) == (rejects.read, len(set(reports.ident)))


def test_blocks_never_matter_to_a_table(data):
    text = data("ais", "solent-stonesoup", "SolentAIS_20160112_130211.csv").read_bytes()
    whole = Reports.concat(list(ais.read([text])))
    parts = Reports.concat(list(ais.read([text[at : at + 9973] for at in range(0, len(text), 9973)])))
    assert [c.tobytes() for c in whole] == [c.tobytes() for c in parts]


def test_a_mapping_in_toml_reads_any_table(tmp_path):
    path = tmp_path / "theirs.toml"
    path.write_text(
        'time = "epoch_ms"\ndelimiter = ";"\n[columns]\nmmsi = "SHIP"\nt = "WHEN"\nlon_deg = "X"\nlat_deg = "Y"\n'
        'sog_kn = "V"\n[scale]\nsog_kn = 0.1\n'
    )
    reports, _, _ = read("WHEN;SHIP;X;Y;V\n1500000000123;219000001;10.5;59.5;123\n", mapping=path)
    assert (1_500_000_000_123_000_000, 12.3) == (reports.t_ns[0], pytest.approx(reports.sog_kn[0]))
    path.write_text("[columns]\nmmsi = 'a'\n")
    with pytest.raises(LogError, match="lacks t"):
        read("a;b;c;d\n", mapping=path)


def parquet(path):
    """The path, with a Parquet of one row written to it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "MMSI": [219000001],
        "BaseDateTime": ["2017-02-01T20:05:07"],
        "LAT": [29.1],
        "LON": [-90.5],
        "SOG": [5.9],
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_a_table_in_parquet(tmp_path):
    batches = list(ais.read(parquet(tmp_path / "day.parquet")))
    assert (219000001, 29.1) == (batches[-1].ident[0], batches[-1].lat_deg[0])


def test_a_parquet_packed_or_in_blocks_is_held_within_a_bound(tmp_path, monkeypatch):
    path = parquet(tmp_path / "day.parquet")
    whole = path.read_bytes()
    packed = tmp_path / "day.parquet.gz"
    packed.write_bytes(gzip.compress(whole))
    for source in (path, packed, [whole], [whole[:5], whole[5:]]):
        assert [29.1] == [lat for batch in ais.read(source) for lat in batch.lat_deg]
    monkeypatch.setattr(tables, "MAX_PARQUET", 100)
    assert 1 == sum(batch.n for batch in ais.read(path))
    with pytest.raises(LogError, match="give its path"):
        list(ais.read([whole[:50], whole[50:]]))


def test_bad_rows_are_counted_and_unknown_columns_refused():
    bad = f"{DMA}\n{ROW.replace('219000001', 'x')}\n{ROW.replace('05/12', '32/12')}\n\n{ROW}{',z' * 9}\n{ROW}\n"
    _, _, rejects = read(bad)
    assert (1, {"bad row": 3, "no time": 1}) == (rejects.used, rejects.counts)
    with pytest.raises(LogError, match="TOML mapping"):
        read("a,b,latitude,longitude\n1,2,3,4\n")


def test_messages_of_a_table_are_its_rows(data):
    first = next(iter(ais.messages(data("ais", "solent-stonesoup", "SolentAIS_20160112_130211.csv"))))
    assert ("2016-01-12T13:02:11.218000Z", 235070762, 5.9, None) == tuple(
        first[k] for k in ("t", "mmsi", "sog_kn", "true_heading_deg")
    )
