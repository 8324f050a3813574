"""Every way in which receivers and archives wrap a sentence: its time, its station, its place, its bucket."""

import pytest

import ais

S = "!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E"
ONE = "!AIVDM,2,1,9,B,58KvN<42ACikUKW77F1H4hF0<PTp622222222216`0`cF5BF0RT13H0T,0*70"
TWO = "!AIVDM,2,2,9,B,PFRC88888888880,2*29"
TOA = '{"class":"AIS","rxtime":"20230102030405","toa":1672628645.5,"nmea":["' + S + '"]}'


def tagged(fields):
    """A tag block with its checksum."""
    x = 0
    for c in fields.encode():
        x ^= c
    return f"\\{fields}*{x:02X}\\"


STYLES = {
    "bare": (S, None, None),
    "epoch": (f"1452468552.938 {S}", "2016-01-10T23:29:12.938000Z", None),
    "epoch, comma": (f"1452468552,{S}", "2016-01-10T23:29:12.000000Z", None),
    "epoch, semicolon": (f"1452468552;{S}", "2016-01-10T23:29:12.000000Z", None),
    "epoch in ms": (f"1452468552938 {S}", "2016-01-10T23:29:12.938000Z", None),
    "epoch in ns": (f"1550303566167726840 {S}", "2019-02-16T07:52:46.167726Z", None),
    "ISO": (f"2023-01-02T03:04:05.678Z {S}", "2023-01-02T03:04:05.678000Z", None),
    "ISO in brackets": (f"[2023-01-02 03:04:05] {S}", "2023-01-02T03:04:05.000000Z", None),
    "ISO, semicolon": (f"2017-02-20T00:00:00;{S}", "2017-02-20T00:00:00.000000Z", None),
    "ISO, quoted": (f'2023-01-02 03:04:05,"{S}"', "2023-01-02T03:04:05.000000Z", None),
    "ISO with a zone": (f"2023-01-02T11:04:05+08:00 {S}", "2023-01-02T03:04:05.000000Z", None),
    "ISO, basic": (f"20230102T030405Z {S}", "2023-01-02T03:04:05.000000Z", None),
    "ISO of no day": (f"2023-02-30T03:04:05Z {S}", None, None),
    "SignalK": (f"1452468552938;I;{S}", "2016-01-10T23:29:12.938000Z", None),
    "OpenCPN": (
        f'2023-01-02T03:04:05.678Z,NMEA0183,"tcp:localhost","AIVDM","{S}"',
        "2023-01-02T03:04:05.678000Z",
        None,
    ),
    "USCG": (f"{S},r003669707,1152921693", "2006-07-15T00:01:33.000000Z", "r003669707"),
    "USCG, long": (
        f"{S},d-109,S2105,t050056.00,T56.13718694,r003669946,1325394060,1325394001",
        "2012-01-01T05:01:00.000000Z",
        "r003669946",
    ),
    "trailing epoch": (f"{S},1357134218", "2013-01-02T13:43:38.000000Z", None),
    "two trailing epochs": (f"{S},1630526405,1630526406", "2021-09-01T20:00:05.000000Z", None),
    "trailing junk, then epoch": (f"{S},1daasd4218,,1357134222", "2013-01-02T13:43:42.000000Z", None),
    "exactEarth": (f"{S},1328182324635", "2012-02-02T11:32:04.635000Z", None),
    "Gatehouse": (
        f"$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B\n{S}",
        "2010-06-11T11:46:11.390000Z",
        "992190934",
    ),
    "tag block": (f"\\s:r,c:1509502436*4F\\{S}", "2017-11-01T02:13:56.000000Z", "r"),
    "tag block in ms": (tagged("c:1509502436123,s:x") + S, "2017-11-01T02:13:56.123000Z", "x"),
    "tag block with n q T": (tagged("n:27,q:u,c:1509502436,s:x,T:x") + S, "2017-11-01T02:13:56.000000Z", "x"),
    "tag block, no checksum": (f"\\c:1509502436,s:x\\{S}", "2017-11-01T02:13:56.000000Z", "x"),
    "tag block, wrong checksum": (f"\\c:1509502436,s:x*00\\{S}", "2017-11-01T02:13:56.000000Z", "x"),
    "tag block, not closed": (f"\\c:1509502436{S}", "2017-11-01T02:13:56.000000Z", None),
    "doubled tag block": (
        f"\\s:r1ACE0JVF*27\\\\c:1628097600,s:AS-SAM-BWBANK,n:27493*24\\{S}",
        "2021-08-04T17:20:00.000000Z",
        "AS-SAM-BWBANK",
    ),
    "tag block on the line before": (f"\\c:1354719388*56\\\n{S}", "2012-12-05T14:56:28.000000Z", None),
    "group, time on the first line": (
        tagged("g:1-2-7,s:here,c:1334337317") + "$AIVSI,here,1\n" + tagged("g:2-2-7") + S,
        "2012-04-13T17:15:17.000000Z",
        "here",
    ),
    "older group": (
        f"{tagged('1G2:0125,c:1354719387')}$AIVSI,a\n{tagged('2G2:0125')}{S}",
        "2012-12-05T14:56:27.000000Z",
        None,
    ),
    "AIS-catcher": (TOA, "2023-01-02T03:04:05.500000Z", None),
    "byte order mark": ("\ufeff" + f"1452468552 {S}", "2016-01-10T23:29:12.000000Z", None),
    "carriage return": (f"1452468552 {S}\r", "2016-01-10T23:29:12.000000Z", None),
}  # fmt: skip


def decoded(text):
    feed = ais.messages([text.encode()])
    return list(feed), feed.rejects


@pytest.mark.parametrize("style", STYLES)
def test_time_and_station_are_found_in(style):
    text, t, station = STYLES[style]
    messages, rejects = decoded(text + "\n")
    assert [(310327000, t, station)] == [(m["mmsi"], m["t"], m["station"]) for m in messages]
    assert text.count("\n") + 1 == rejects.read


def test_a_mixed_log_gives_every_message_its_own_time_and_offset():
    lines = [text + "\n" for text, _, _ in STYLES.values() if not text.startswith("\ufeff")]
    messages, rejects = decoded("".join(lines))
    wanted, at = [], 0
    for line, (_, t, station) in zip(lines, (v for k, v in STYLES.items() if k != "byte order mark"), strict=True):
        first = line.rstrip("\n").rfind("\n") + 1
        wanted.append((t, station, at + len(line[:first].encode())))
        at += len(line.encode())
    assert wanted == [(m["t"], m["station"], m["offset"]) for m in messages]
    assert sum(line.count("\n") for line in lines) == rejects.read


@pytest.mark.parametrize("talker", ["AI", "AB", "AN", "AS", "BS", "BY", "SA", "WS", "--"])
@pytest.mark.parametrize("form", ["VDM", "VDO"])
@pytest.mark.parametrize("channel", ["A", "B", "C", "D", "1", "2", "X", "Y", ""])
def test_talkers_channels_and_own_ship(talker, form, channel):
    body = f"{talker}{form},1,1,,{channel},14Wtnn002SGLde:BbrBmdTLF0Vql,0"
    x = 0
    for c in body.encode():
        x ^= c
    messages, _ = decoded(f"!{body}*{x:02X}\n")
    assert [(310327000, channel or None, form == "VDO")] == [(m["mmsi"], m["channel"], m["own_ship"]) for m in messages]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_parts_in_any_order_make_one_message_with_the_first_parts_time(order):
    lines = [tagged("g:1-2-3985,s:rEV02,c:1334337317") + ONE, tagged("g:2-2-3985") + TWO]
    messages, rejects = decoded("".join(lines[k] + "\n" for k in order))
    assert [(5, "2012-04-13T17:15:17.000000Z", "rEV02", 0)] == [
        (m["type"], m["t"], m["station"], m["offset"]) for m in messages
    ]
    assert (2, 0) == (rejects.used, sum(rejects.counts.values()))


def test_two_sentences_on_one_physical_line():
    line = f"\\c:1662052384,s:FM112*00\\{ONE}\\c:1662052384,s:FM112*00\\{TWO}\n"
    messages, rejects = decoded(line)
    assert [(5, "2022-09-01T17:13:04.000000Z")] == [(m["type"], m["t"]) for m in messages]
    assert 2 == rejects.used


def test_interleaved_messages_of_two_stations_with_one_sequence_id_do_not_mix():
    other = ais.encode({"type": 5, "mmsi": 219000001, "name": "OTHER SHIP"}, sequence=9, channel="B")
    lines = [tagged("s:one") + ONE, tagged("s:two") + other[0], tagged("s:one") + TWO, tagged("s:two") + other[1]]
    messages, _ = decoded("".join(line + "\n" for line in lines))
    assert [("one", 566206000), ("two", 219000001)] == [(m["station"], m["mmsi"]) for m in messages]


@pytest.mark.parametrize("sequence", ["", "9", "10", "123"])
def test_a_sequence_id_may_be_empty_or_above_nine(sequence):
    def resealed(sentence):
        body = sentence[1:-3].replace(",9,", f",{sequence},", 1)
        x = 0
        for c in body.encode():
            x ^= c
        return f"!{body}*{x:02X}\n"

    messages, _ = decoded(resealed(ONE) + resealed(TWO))
    assert [5] == [m["type"] for m in messages]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "blank line"),
        ("# a comment", "comment"),
        ("Virtual AIS Receiver", "not AIS"),
        ("\x00\x01\x02", "not AIS"),
        ("$GPGGA,1,2,3*00", "other sentence"),
        ("$RATTM,01,1.0,2.0,T,3.0,4.0,T,0.5,6.0,N,,T,,120000,A*00", "other sentence"),
        (S[:-2] + "6F", "bad checksum"),
        (S[:-3], "no checksum"),
        (ONE, "orphan part"),
        ("!AIVDM,1,1,,B,,0*25", "wrong length"),
        ("!AIVDM,1,1,,B,14Wtnn002SGLde:Bbr,0*00", "wrong length"),
        ("!AIVDM,1,1,,B,wtnn002SGLde:BbrBmdTLF0Vql,0*4B", "unsupported type"),
        ("!AIVDM,1,1,,B,14Wtnn00 SGLde:BbrBmdTLF0Vql,0*7C", "not six-bit text"),
        ("!AIVDM,0,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6F", "malformed sentence"),
        ('{"class":"TPV"}', "JSON of another kind"),
        ("x" * 70_000, "line too long"),
    ],
)
def test_every_line_has_its_bucket(line, reason):
    messages, rejects = decoded(line + "\n")
    assert ([], {reason: 1}) == (messages, rejects.counts)


def test_a_bad_checksum_can_be_kept():
    kept = list(ais.messages([(S[:-2] + "6F\n").encode()], keep_bad=True))
    assert [310327000] == [m["mmsi"] for m in kept]


def test_parts_older_than_a_minute_are_orphans():
    lines = f"{tagged('c:1334337317')}{ONE}\n{tagged('c:1334337417')}{TWO}\n"
    messages, rejects = decoded(lines)
    assert ([], {"orphan part": 2}) == (messages, rejects.counts)


def test_parts_that_never_end_take_no_more_room(few):
    n = few(20_000, 40)
    feed = ais.messages([(tagged(f"g:1-2-{k}") + ONE + "\n").encode() for k in range(n)])
    assert [] == list(feed)
    assert {"orphan part": n} == feed.rejects.counts


@pytest.mark.parametrize("scaled", [True, False])
def test_gpsd_json_is_read_scaled_and_unscaled(scaled):
    fix = {"speed": 16.3, "lon": -119.5598317, "lat": 32.6290317, "course": 145.8}
    if not scaled:
        fix = {"speed": 163, "lon": -71735899, "lat": 19577419, "course": 1458}
    import json

    given = {"class": "AIS", "type": 1, "mmsi": 310327000, "scaled": scaled, "turn": 0, "status": 0, "heading": 142}
    messages, _ = decoded(json.dumps(given | fix | {"second": 11, "time": "2023-01-02T03:04:05Z"}) + "\n")
    m = messages[0]
    assert (16.3, -119.5598317, 32.6290317, 145.8) == tuple(
        m[k] for k in ("sog_kn", "longitude_deg", "latitude_deg", "cog_deg")
    )
    assert "2023-01-02T03:04:05.000000Z" == m["t"]
