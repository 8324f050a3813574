"""The survey: each check finds its own fault and no other, whatever the batches."""

import numpy as np
import pytest

import ais
from ais import quality
from vts.schema import Reports, Statics

T = 1_700_000_000_000_000_000


def fixes(**columns):
    base = {
        "t_ns": T,
        "rx_ns": T,
        "sensor": 0,
        "kind": 0,
        "ident": 219000001,
        "lon_deg": 10.0,
        "lat_deg": 57.0,
        "sog_kn": 10.0,
        "cog_deg": 90.0,
        "heading_deg": 91.0,
        "nav_status": 0,
    }
    return Reports(**(base | columns))


def counts(*batches):
    found = quality.Survey()
    for batch in batches:
        found.update(batch)
    return {row.check: row.count for row in found.rows() if row.count}


@pytest.mark.parametrize(
    ("mmsi", "form", "mid"),
    [
        (219000001, "ship", 219),
        (2190001, "coast", 219),
        (21900001, "group", 219),
        (111219001, "sar aircraft", 219),
        (992190001, "aton", 219),
        (982190001, "craft", 219),
        (821900001, "handheld", 219),
        (970012345, "sart", -1),
        (972012345, "mob", -1),
        (974012345, "epirb", -1),
        (100000001, "", -1),
        (0, "", -1),
    ],
)
def test_an_mmsi_tells_its_form_and_nation(mmsi, form, mid):
    assert (form, mid) == (quality.mmsi_form([mmsi])[0], quality.mid([mmsi])[0])


def test_imo_numbers_have_a_check_digit():
    assert [True, False, False, False] == list(quality.imo_valid([9134270, 9134271, 0, 91342700]))


@pytest.mark.parametrize(
    ("check", "columns"),
    [
        ("mmsi form", {"ident": 123}),
        ("mid unknown", {"ident": 200000001}),
        ("no position", {"lon_deg": np.nan}),
        ("null island", {"lon_deg": 0.001, "lat_deg": 0.0}),
        ("no course", {"cog_deg": np.nan}),
        ("status against speed", {"nav_status": 5}),
        ("heading against course", {"heading_deg": 275.0}),
        ("time stamp", {"rx_ns": T + 61 * 10**9}),
    ],
)
def test_each_fault_is_found_alone(check, columns):
    assert {check: 1} == counts(fixes(**columns))


def test_a_ship_in_order_has_no_fault():
    assert {} == counts(fixes())


def test_a_jump_and_a_jump_back_are_two_places():
    there = fixes(t_ns=T + 10 * 10**9 * np.arange(4), lon_deg=[10.0, 12.0, 10.001, 12.001], lat_deg=57.0)
    assert {"implied speed": 3, "two places": 2} == counts(there)
    assert {"implied speed": 3, "two places": 2} == counts(*(there.take([k]) for k in range(4)))


def test_changes_of_identity_are_found():
    first = {"mmsi": 219000001, "imo": 9134270, "name": "ALPHA", "length_m": 100.0, "beam_m": 20.0, "ship_type": 70}
    second = first | {"imo": 9074729, "name": "BETA", "length_m": 120.0}
    assert {"name changed": 1, "imo changed": 1, "size changed": 1} == counts(Statics(**first), Statics(**second))
    assert {} == counts(Statics(**first), Statics(mmsi=219000001, name="ALPHA"), Statics(**first))


def test_land_is_asked_of_whoever_knows_it():
    found = quality.Survey(on_land=lambda lon, lat: lon > 9)
    found.update(fixes())
    assert "on land" == found.rows()[0].check


def test_a_real_log_has_the_faults_that_real_ships_have(data, few):
    log = data("ais", "uscg-nais-2016", "ais_2016_07_28_aa").read_bytes()[: few(3_000_000, 30_000)]
    whole = quality.survey(ais.read([log]))
    parts = quality.survey(ais.read([log[at : at + 9_001] for at in range(0, len(log), 9_001)]))
    assert [r[:3] for r in whole.rows()] == [r[:3] for r in parts.rows()]
    assert 0 < sum(row.count for row in whole.rows()) < whole.reports + whole.statics
