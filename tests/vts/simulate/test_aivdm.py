"""The simulator's AIS bytes, judged by pyais."""

import numpy as np
import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vts.schema import Statics
from vts.simulate import aivdm
from vts.simulate.aivdm import Messages

T = 1_772_416_800 * 1_000_000_000


def statics(n=1):
    return Statics(
        mmsi=np.arange(n) + 412_990_000,
        imo=9_074_729,
        ship_type=80,
        length_m=290.0,
        beam_m=46.0,
        to_bow_m=240.0,
        to_port_m=20.0,
        draught_m=11.4,
        name="SIM LNG 001",
        callsign="SIM0001",
        destination="SIMULATION",
        eta="03-02T14:30",
    )


def message(kind, part=0, **fields):
    return Messages(
        **{"rx_ns": [T], "t_ns": [T], "type": [kind], "part": part, "mmsi": 412_990_000, "ship": 0, "station": 0}
        | fields
    )


def decoded(messages, papers=None):
    """What pyais reads in each message, as dicts with the station and reception time of its tag block."""
    lines = b"".join(aivdm.encode(messages, papers or statics(), ("SIM-A",))).splitlines()
    with pyais.stream.IterMessages(lines) as stream:
        out = []
        for sentence in stream:
            sentence.tag_block.init()
            out.append(
                sentence.decode().asdict()
                | {"c": sentence.tag_block.receiver_timestamp, "s": sentence.tag_block.source_station}
            )
        return out


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_class_a_position_reads_back(kind):
    (got,) = decoded(
        message(
            kind,
            lon_deg=113.8,
            lat_deg=22.1,
            sog_kn=12.3,
            cog_deg=359.9,
            heading_deg=358.0,
            second=42,
            rot_deg_min=-700.0,
            nav_status=1,
            accurate=1,
        )
    )
    expected = {
        "msg_type": kind,
        "mmsi": 412_990_000,
        "lon": 113.8,
        "lat": 22.1,
        "speed": 12.3,
        "course": 359.9,
        "heading": 358,
    }
    expected |= {"heading": 358, "second": 42, "status": 1, "accuracy": True, "c": "1772416800", "s": "SIM-A"}
    assert expected == {key: got[key] for key in expected}
    assert -700.0 == pytest.approx(got["turn"], rel=0.01)


def test_unknown_is_sent_as_the_standard_says():
    (got,) = decoded(message(1, second=60))
    expected = {"lon": 181.0, "lat": 91.0, "speed": 102.3, "course": 360.0, "heading": 511, "status": 15, "second": 60}
    assert expected == {key: got[key] for key in expected}


def test_voyage_data_takes_two_sentences_and_reads_back():
    (got,) = decoded(message(5))
    expected = {
        "msg_type": 5,
        "imo": 9_074_729,
        "shipname": "SIM LNG 001",
        "callsign": "SIM0001",
        "destination": "SIMULATION",
    }
    expected |= {"ship_type": 80, "to_bow": 240, "to_stern": 50, "to_port": 20, "to_starboard": 26, "draught": 11.4}
    expected |= {"destination": "SIMULATION", "month": 3, "day": 2, "hour": 14, "minute": 30}
    assert expected == {key: got[key] for key in expected}


def test_class_b_and_its_papers_read_back():
    got = decoded(
        Messages.concat(
            [
                message(18, lon_deg=-0.5, lat_deg=-33.25, sog_kn=102.2, cog_deg=10.0, second=7),
                message(19, lon_deg=-0.5, lat_deg=-33.25, sog_kn=4.0, cog_deg=10.0, second=7),
                message(24, 0),
                message(24, 1),
            ]
        )
    )
    assert [18, 19, 24, 24] == [m["msg_type"] for m in got]
    assert (-0.5, -33.25, 102.2, 10.0, 7) == tuple(got[0][k] for k in ("lon", "lat", "speed", "course", "second"))
    assert ("SIM LNG 001", 80, 240) == tuple(got[1][k] for k in ("shipname", "ship_type", "to_bow"))
    assert "SIM LNG 001" == got[2]["shipname"]
    assert (80, "SIM0001", 240, 50, 20, 26) == tuple(
        got[3][k] for k in ("ship_type", "callsign", "to_bow", "to_stern", "to_port", "to_starboard")
    )


def test_station_buoy_and_long_range_read_back():
    got = decoded(
        Messages.concat(
            [
                message(4, lon_deg=113.9, lat_deg=22.5),
                message(21, lon_deg=113.9, lat_deg=22.5, second=1),
                message(27, lon_deg=113.9, lat_deg=22.5, sog_kn=13.0, cog_deg=271.0, nav_status=0),
            ]
        )
    )
    assert (2026, 3, 2, 2, 0, 0) == tuple(got[0][k] for k in ("year", "month", "day", "hour", "minute", "second"))
    assert ("SIM LNG 001", 113.9, 22.5) == tuple(got[1][k] for k in ("name", "lon", "lat"))
    assert (113.9, 22.5, 13.0, 271.0, 0) == tuple(got[2][k] for k in ("lon", "lat", "speed", "course", "status"))


@settings(max_examples=40, deadline=None)
@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    sog=st.floats(0, 102.2),
    cog=st.floats(0, 359.999),
    heading=st.floats(0, 359.999),
    rot=st.floats(-700, 700),
    kind=st.sampled_from([1, 18, 27]),
)
def test_quantised_is_what_a_decoder_reads(lon, lat, sog, cog, heading, rot, kind):
    sent = message(
        kind, lon_deg=lon, lat_deg=lat, sog_kn=sog, cog_deg=cog, heading_deg=heading, rot_deg_min=rot, second=1
    )
    (got,) = decoded(sent)
    expected = aivdm.quantised(sent)
    assert expected.lon_deg[0] == pytest.approx(got["lon"], abs=1e-6)
    assert expected.lat_deg[0] == pytest.approx(got["lat"], abs=1e-6)
    assert expected.sog_kn[0] == pytest.approx(got["speed"], abs=0.01)
    assert expected.cog_deg[0] == pytest.approx(got["course"], abs=0.01)
    if kind != 27:
        assert expected.heading_deg[0] == got["heading"] or kind == 18
    if kind == 1:
        assert expected.rot_deg_min[0] == pytest.approx(got["turn"], abs=0.6)


def test_a_chunk_boundary_does_not_show(monkeypatch):
    many = Messages.concat([message(kind, part, second=1) for kind in (1, 5, 18, 24) for part in (0, kind == 24)] * 3)
    whole = b"".join(aivdm.encode(many, statics(), ("SIM-A", "SIM-BB")))
    monkeypatch.setattr(aivdm, "CHUNK", 5)
    assert whole == b"".join(aivdm.encode(many, statics(), ("SIM-A", "SIM-BB")))
