"""The slow lane: every type to a dict and back to the same bits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ais
from ais.message import bucket_of, decode_bits, encode_bits, payload_bits
from vts.errors import UsageError

REAL = [
    ("amsa-risky", "samples.txt"),
    ("bcl-aisparser", "tidemsg8.log"),
    ("bcl-aisparser", "seattle.log"),
    ("dma-aislib", "decode_encode_messages.txt"),
    ("go-ais", "aistest.nmea"),
    ("signalk", "nais300-merrimac.log"),
    ("uscg-nais-2016", "ais_2016_07_28_aa"),
]


@pytest.mark.parametrize("log", REAL, ids="/".join)
def test_real_messages_encode_to_the_bits_they_came_from(data, few, log):
    from ais.intake import Intake

    text = data("ais", *log).read_bytes()[: few(900_000, 6_000)]
    seen = 0
    for held in Intake([text]):
        for row in range(held.rows):
            at, size, fill = (int(c[row]) for c in (held.frames.at, held.frames.size, held.frames.fill))
            payload = bytes((held.buf if held.frames.parts[row] == 1 else held.joined)[at : at + size])
            if bucket_of(payload, fill) == 0:
                bits = payload_bits(payload, fill)
                assert bits == encode_bits(decode_bits(*bits, raw=True) | {"raw": True})
                seen += 1
    assert seen > 0


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 27), st.integers(40, 1008), st.randoms(use_true_random=False))
def test_any_bits_of_any_type_come_back(kind, size, random):
    value = kind << size - 6 | random.getrandbits(size - 6)
    try:
        fields = decode_bits(value, size, raw=True)
    except ValueError:
        assert 24 == kind  # parts beyond B do not exist
        return
    assert (value, size) == encode_bits(fields | {"raw": True})


@pytest.mark.parametrize("kind", range(1, 28))
def test_every_type_is_made_read_and_made_again(kind):
    given_ = {"type": kind, "mmsi": 219000001}
    if kind in (6, 8):
        given_ |= {"designated_area_code": 1, "function_identifier": 0 if kind == 8 else 18}
    made = ais.encode(given_)
    feed = ais.messages([("\n".join(made) + "\n").encode()])
    read = next(iter(feed))
    assert (kind, 219000001) == (read["type"], read["mmsi"])
    assert made == ais.encode(read)


def test_what_is_left_out_is_not_available():
    read = next(iter(ais.messages([(ais.encode({"type": 1, "mmsi": 219000001})[0] + "\n").encode()])))
    unknown = ("longitude_deg", "latitude_deg", "sog_kn", "cog_deg", "true_heading_deg", "rate_of_turn_deg_min")
    assert [None] * 6 == [read[name] for name in unknown]
    assert (15, 60) == (read["navigational_status"], read["time_stamp_s"])


def test_values_with_units_come_back():
    sent = {
        "type": 5,
        "mmsi": 219000001,
        "imo_number": 9134270,
        "name": "EVER DIADEM",
        "call_sign": "3FOF8",
        "destination": "NEW YORK",
        "maximum_present_static_draught_m": 12.2,
        "dimension_a_m": 225,
        "eta_month": 5,
    }
    sentences = ais.encode(sent)
    read = next(iter(ais.messages([("\n".join(sentences) + "\n").encode()])))
    assert 2 == len(sentences)
    assert sent == {name: read[name] for name in sent}


def test_a_field_that_does_not_fit_is_named():
    with pytest.raises(UsageError, match="sog_kn"):
        ais.encode({"type": 1, "mmsi": 219000001, "sog_kn": 500.0})
    with pytest.raises(UsageError, match="type 28"):
        ais.encode({"type": 28, "mmsi": 1})
    with pytest.raises(UsageError, match="name"):
        ais.encode({"type": 5, "mmsi": 1, "name": "Ø"})


def test_a_weather_broadcast_has_units_and_no_sentinels(data):
    log = data("ais", "uscg-nais-2016", "ais_2016_07_28_aa").read_bytes()
    weather = [
        m
        for m in ais.messages([log[1_700_000:2_200_000]])
        if (m["type"], m.get("designated_area_code"), m.get("function_identifier")) == (8, 1, 31)
    ]
    assert (-166.531317, 10, 80, None) == tuple(
        weather[0][k] for k in ("longitude_deg", "wind_speed_kn", "wind_direction_deg", "water_level_m")
    )
