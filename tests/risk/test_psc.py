"""Port state control: every row of both memoranda's tables by hand, windows, what is missing, and the boarding list."""

from dataclasses import replace
from datetime import date

import pytest

from risk import identity, psc
from vts.errors import RegisterError
from vts.units import DAY

TODAY = date(2026, 3, 31)
SHIP = {"imo": 9074729, "name": "ALPHA", "type": "general cargo", "built": date(2020, 1, 1)}
SHIP |= {"flag": "W", "ro": "GOOD", "company": "GOOD"}


def row(**values):
    return {"valid_from": None, "valid_to": None, "level": None, "imo_audit": True, "recognised": "tokyo+eu"} | values


def inspection(day, deficiencies=0, detained=False, imo=9074729, **more):
    base = {"company": None, "ism_deficiencies": None, "refused": None}
    return base | {"imo": imo, "date": day, "deficiencies": deficiencies, "detained": detained} | more


def lists(regime="tokyo", inspections=None, level=None, **more):
    flags = [row(flag="W", list="white"), row(flag="G", list="grey"), row(flag="B", list="black", level=level)]
    inspections = [inspection(date(2025, 10, 1))] if inspections is None else inspections
    names = ("high", "medium", "low", "very low", "none")
    return psc.Lists(
        ships=more.pop("ships", (SHIP,)),
        flags=tuple(f | {"regime": regime} for f in flags),
        organisations=tuple(row(ro="GOOD" if p == "high" else p, regime=regime, performance=p) for p in names[:4]),
        companies=tuple(row(company="GOOD" if p == "high" else p, regime=regime, performance=p) for p in names),
        inspections=tuple(inspections),
        **more,
    )


# change to the good ship, inspections, points in Tokyo, points in Paris
TABLE = [
    ({}, None, 0, 0),
    *[({"type": t}, None, 2, 2) for t in ("chemical", "gas", "oil", "bulk", "passenger")],
    ({"type": "container"}, None, 2, 0),
    *[({"type": t}, None, 2, 2) for t in ("Oil tanker", "oil/chemical tanker", "gas carrier", "Bulk Carrier")],
    ({"type": "passenger ship"}, None, 2, 2),
    ({"type": "container ship"}, None, 2, 0),
    ({"type": "vehicle carrier"}, None, 0, 0),
    ({"type": "oil recovery vessel"}, None, 0, 0),
    ({"built": date(2014, 3, 31)}, None, 0, 0),  # twelve years today: not yet over twelve
    ({"built": date(2014, 3, 30)}, None, 1, 1),
    ({"flag": "G"}, None, 0, 0),
    ({"ro": "low"}, None, 1, 1),
    ({"ro": "very low"}, None, 1, 1),
    ({"ro": "medium"}, None, 0, 0),
    ({"company": "low"}, None, 2, 2),
    ({"company": "very low"}, None, 2, 2),
    ({"company": "none"}, None, 2, 0),
    ({"company": "medium"}, None, 0, 0),
    ({}, [inspection(date(2025, 1, 1), 5)], 0, 0),
    ({}, [inspection(date(2025, 1, 1), 6)], 1, 0),
    ({}, [inspection(date(2025, 1, 1), 6), inspection(date(2024, 1, 1), 9)], 2, 0),
    ({}, [inspection(date(2023, 3, 30), 6)], 0, 0),  # more than 36 months ago: no longer counted
    ({}, [inspection(date(2023, 3, 31), 6)], 1, 0),
    ({}, [inspection(date(2025, m, 1), 0, True) for m in (1, 2)], 0, 1),
    ({}, [inspection(date(2025, m, 1), 0, True) for m in (1, 2, 3)], 1, 1),
]


@pytest.mark.parametrize("change,inspections,tokyo,paris", TABLE)
def test_points_of_every_row_of_both_tables(change, inspections, tokyo, paris):
    for regime, expected in (("tokyo", tokyo), ("paris", paris)):
        given = lists(regime) if inspections is None else lists(regime, inspections)
        found = psc.profile(SHIP | change, given, regime, TODAY)
        assert expected == found.points == sum(p for _, p, _ in found.breakdown)
        assert not found.missing


@pytest.mark.parametrize("level,points", [("very high", 2), ("high", 2), ("medium to high", 2), ("medium", 1)])
def test_paris_grades_the_black_list_and_tokyo_does_not(level, points):
    assert points == psc.profile(SHIP | {"flag": "B"}, lists("paris", level=level), "paris", TODAY).points
    assert psc.profile(SHIP | {"flag": "B"}, lists("tokyo", level=level), "tokyo", TODAY).points == 1


def test_high_risk_begins_at_four_points_in_tokyo_and_five_in_paris():
    three = SHIP | {"type": "oil", "built": date(2000, 1, 1), "flag": "G"}
    four, five = three | {"ro": "low"}, three | {"company": "low"}
    assert [psc.profile(s, lists(), "tokyo", TODAY).risk for s in (three, four)] == ["standard", "high"]
    assert [psc.profile(s, lists("paris"), "paris", TODAY).risk for s in (four, five)] == ["standard", "high"]


def test_type_and_age_do_not_bar_a_low_risk_profile():
    old_tanker = SHIP | {"type": "oil", "built": date(2000, 1, 1)}
    assert psc.profile(old_tanker, lists(), "tokyo", TODAY).risk == "low"


@pytest.mark.parametrize(
    "change,inspections",
    [
        ({"flag": "G"}, None),
        ({"ro": "medium"}, None),
        ({"company": "medium"}, None),
        ({}, []),
        ({}, [inspection(date(2025, 1, 1), 6)]),
        ({}, [inspection(date(2025, 1, 1), 0, True)]),
        ({"type": None}, None),
    ],
)
def test_low_risk_needs_every_condition(change, inspections):
    for regime in ("tokyo", "paris"):
        assert psc.profile(SHIP, lists(regime), regime, TODAY).risk == "low"
        given = lists(regime) if inspections is None else lists(regime, inspections)
        assert psc.profile(SHIP | change, given, regime, TODAY).risk == "standard"


@pytest.mark.parametrize(
    "regime,change,opens,closes",
    [
        ("tokyo", {}, 9, 18),
        ("tokyo", {"ro": "medium"}, 5, 8),
        ("tokyo", {"type": "oil", "company": "low"}, 2, 4),
        ("paris", {}, 24, 36),
        ("paris", {"ro": "medium"}, 10, 12),
        ("paris", {"type": "oil", "company": "low", "ro": "low"}, 5, 6),
    ],
)
def test_windows_open_and_close_by_the_month(regime, change, opens, closes):
    day = date(2024, 1, 31)
    given = lists(regime, [inspection(day)])

    def priority(when):
        return psc.profile(SHIP | change, given, regime, when).priority

    start, end = psc.months_after(day, opens), psc.months_after(day, closes)
    before, after = (date.fromordinal(d.toordinal() + k) for d, k in ((start, -1), (end, 1)))
    assert [priority(d) for d in (before, start, end)] == [0, 2, 2]
    assert priority(after) == 1


def test_a_ship_never_inspected_comes_first_and_an_absent_file_is_said():
    assert psc.profile(SHIP, lists(inspections=[]), "tokyo", TODAY).priority == 1
    unknown = psc.profile(SHIP, replace(lists(inspections=[]), absent=("inspections",)), "tokyo", TODAY)
    assert unknown.missing == ("inspections",) and unknown.priority == 0
    bare = dict.fromkeys(SHIP) | {"imo": 9074729}
    assert psc.profile(bare, lists(), "tokyo", TODAY).missing == ("type", "age", "flag", "ro", "company")


@pytest.mark.parametrize("kind", ["tanker", "ship", "LNG tanker"])
def test_a_type_that_does_not_tell_the_cargo_is_not_known(kind):
    found = psc.profile(SHIP | {"type": kind}, lists(), "tokyo", TODAY)
    assert ("type",) == found.missing and found.risk == "standard"


def test_a_list_holds_only_between_its_dates():
    given = lists()
    old = tuple(f | {"valid_to": date(2025, 12, 31)} for f in given.flags)
    assert "flag" in psc.profile(SHIP, replace(given, flags=old), "tokyo", TODAY).missing
    new = row(flag="W", regime="tokyo", list="black", valid_from=date(2026, 1, 1))
    assert psc.profile(SHIP, replace(given, flags=(*given.flags, new)), "tokyo", TODAY).points == 1


def test_boarding_list_is_ranked_and_within_capacity():
    ships = tuple(
        SHIP | {"imo": k, "type": t} for k, t in enumerate(["oil", "general cargo", "oil", "bulk"], 9_000_000)
    )
    seen = [
        inspection(date(2026, 3, 1), imo=9_000_000),  # too soon
        inspection(date(2024, 1, 1), imo=9_000_001),  # low risk, overdue
        *[inspection(date(2025, 5 + k, 1), 7, imo=9_000_002) for k in range(3)],  # high risk, overdue
        inspection(date(2025, 6, 1), imo=9_000_003),  # in its window
    ]
    given = lists(ships=ships, inspections=seen)

    def names(*limits):
        return [p.imo for p in psc.boarding(given, "tokyo", TODAY, *limits)]

    assert names(10) == [9_000_002, 9_000_001, 9_000_003]
    assert names(1) == [9_000_002]
    assert names(9, {9_000_001}) == [9_000_001]


def test_company_matrix_compares_with_the_average():
    seen = [inspection(date(2025, 1, 1), 0, imo=k, company="CLEAN") for k in range(10)]
    seen += [inspection(date(2025, 1, 1), 9, True, imo=k, company="BAD", ism_deficiencies=1) for k in range(5)]
    found = psc.company_performance(lists(inspections=seen), TODAY)
    assert {"CLEAN": "high", "BAD": "very low"} == {name: v[0] for name, v in found.items()}
    assert found["BAD"][2] == 13  # nine deficiencies, one of them ISM: 8 + 5


def test_csv_files_are_read_and_a_bad_cell_is_named(tmp_path):
    (tmp_path / "ships.csv").write_text("imo,name,type,built\n9074729,ALPHA,oil,2001-05-06\n", encoding="utf-8")
    (tmp_path / "watch.csv").write_text("imo,why,valid_to\n9074729,oil spill,2026-01-31\n", encoding="utf-8")
    found = psc.load(tmp_path)
    assert found.ships[0]["built"] == date(2001, 5, 6) and "flags" in found.absent
    why, _, until = psc.watch_list(found)["imo", 9074729]
    assert why == "oil spill" and psc.day_of(until) == date(2026, 1, 31) and psc.day_of(until + 1) == date(2026, 2, 1)
    for text in ("imo,built\nx,2001-01-01\n", "imo,built\n1,01.02.2001\n", "name\nA\n", "imo\n\n-4\n", "imo\n-4\n"):
        (tmp_path / "ships.csv").write_text(text, encoding="utf-8")
        with pytest.raises(RegisterError, match=r"ships\.csv"):
            psc.load(tmp_path)
    (tmp_path / "ships.csv").write_bytes(b"imo\n\xff\n")
    with pytest.raises(RegisterError, match=r"ships\.csv"):
        psc.load(tmp_path)
    with pytest.raises(RegisterError):
        psc.load(tmp_path / "absent")


def test_imo_check_digit_and_countries():
    assert identity.imo_valid(9074729) and not identity.imo_valid(9074728) and not identity.imo_valid(999)
    assert "China" in identity.country_of(412345678) and "Hong Kong" in identity.country_of(477000001)
    assert "China" in identity.country_of(4120000) and "China" in identity.country_of(994121234)
    assert identity.country_of(100000000) is None and not identity.ship_mmsi(4120000) and identity.ship_mmsi(970123456)


def test_days_are_utc():
    assert psc.day_of(0) == date(1970, 1, 1) == psc.day_of(DAY - 1)
    assert psc.months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert psc.months_before(date(2026, 3, 31), 36) == date(2023, 3, 31)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("imo,built\n9074729,9999-12-31\n", "built"),
        ("imo,built\n9074729,0001-01-01\n", "built"),
        ("imo,name\n9074729,ALPHA\n9074729,BRAVO\n", "two rows"),
        ("imo,name\n9074728,ALPHA\n", "line 2: imo '9074728' has a wrong check digit"),
        ("imo,name\n907472,ALPHA\n", "check digit"),
        ("imo,imo,name\n9074729,1,ALPHA\n", "twice"),
        ("imo,name\n9074729,ALPHA,BRAVO\n", "more cells"),
        ('imo,name\n9074729,"ALPHA\n', "CSV"),
        ("imo;name\n9074729;ALPHA\n", "'imo'"),
        ("imo,name\n9e6,ALPHA\n", "whole number"),
        ("imo,name\n-9074729,ALPHA\n", "whole number"),
        ("imo,name\n" + "9" * 5000 + ",ALPHA\n", "whole number"),
        ("imo,name\n9074729," + "A" * 200_000 + "\n", "CSV"),
        ("", "'imo'"),
    ],
)
def test_a_hostile_list_is_refused_in_one_sentence(text, told, tmp_path):
    (tmp_path / "ships.csv").write_text(text)
    with pytest.raises(RegisterError, match=told) as error:
        psc.load(tmp_path)
    assert "ships.csv" in str(error.value) and "\n" not in str(error.value)


def test_a_window_that_is_open_for_ever_is_allowed(tmp_path):
    (tmp_path / "flags.csv").write_text("flag,regime,list,valid_to\nPanama,tokyo,white,9999-12-31\n")
    assert 9999 == psc.load(tmp_path).flags[0]["valid_to"].year
