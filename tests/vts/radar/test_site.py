"""Sites files: what they must say, and what is said when they do not."""

import dataclasses

import pytest

from vts.errors import SiteError
from vts.paths import data_dir
from vts.radar import Site, load_sites
from vts.radar.site import to_toml

GOOD = '[[site]]\nname = "a"\nlon_deg = 114\nlat_deg = 22.5\nsac = 1\nsic = 2\n'


def loaded(tmp_path, text):
    (tmp_path / "sites.toml").write_text(text, encoding="utf-8")
    return load_sites(tmp_path / "sites.toml")


def test_shipped_sites_can_be_loaded():
    sites = load_sites(data_dir() / "sites.toml")
    assert [1, 2] == [site.sensor for site in sites]


def test_sites_come_back_as_they_were_written(tmp_path):
    sites = (
        Site('港 "1"\\', 0, 113.9, 22.4, sac=1, sic=2, blind_deg=((350.0, 10.0),), coverage=((1.0, 2.0),) * 3),
        Site("ship", 1, own_ship=True, range_bias_m=-12.5, port=8600),
    )
    again = loaded(tmp_path, to_toml(sites, "2026-01-02"))
    assert {"2026-01-02"} == {site.date for site in again}
    for a, b in zip(sites, again, strict=True):
        assert repr(dataclasses.replace(a, date="2026-01-02")) == repr(b)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no sites"),
        ("[[site]]\n", "no name"),
        (GOOD.replace("22.5", "95"), "lat_deg"),
        (GOOD.replace("22.5", '"N"'), "lat_deg"),
        (GOOD.replace("sac = 1", "sac = 1.5"), "whole number"),
        (GOOD.replace("lon_deg = 114\n", ""), "no position"),
        (GOOD + "colour = 3\n", "colour"),
        (GOOD + "blind_deg = [1, 2]\n", "blind_deg"),
        (GOOD + "coverage = [[1, 2]]\n", "coverage"),
        (GOOD + "min_range_m = 9e5\n", "min_range_m"),
        (GOOD + GOOD, "same name"),
        (GOOD + GOOD.replace('"a"', '"b"'), "same source"),
        ("date = 3\n" + GOOD, "date"),
        ("site = 3\n", "no sites"),
        ("[radar]\n", "unknown key"),
        ("[[site]", "not TOML"),
        (GOOD * 62, "at most 61"),
        (GOOD + "lon_deg2 = nan\n", "lon_deg2"),
        (GOOD.replace("22.5", "nan"), "lat_deg"),
    ],
)
def test_sites_file_that_cannot_be_says_what_to_mend(tmp_path, text, match):
    with pytest.raises(SiteError, match=match) as told:
        loaded(tmp_path, text)
    assert "sites.toml" in str(told.value)
    assert "\n" not in str(told.value)


def test_missing_sites_file_is_named(tmp_path):
    with pytest.raises(SiteError, match="nowhere"):
        load_sites(tmp_path / "nowhere.toml")
