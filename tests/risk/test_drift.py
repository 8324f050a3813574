"""Drift through the command: traffic like the training's, and the same traffic when it has become another."""

import itertools
import json

import pytest
from click.testing import CliRunner

import cli
from risk import traffic
from vts import Store

pytestmark = pytest.mark.slow

# Three hours of noon, so that ships are all over the water; a Picture a minute
NOON, HOURS = 1440, 3


def store(path, change=lambda picture: picture):
    with Store(path) as kept:
        for picture in itertools.islice(traffic.day(77, 0)[1], NOON, NOON + HOURS * 120, 2):
            kept.append(change(picture))
    return path


def drift(path):
    told = CliRunner().invoke(cli.main, ["evaluate", "drift", str(path), "--json"])
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def faster(picture):
    """Every ship half as fast again, by her own word."""
    return picture._replace(tracks=picture.tracks._replace(sog_kn=1.5 * picture.tracks.sog_kn))


def untold(picture):
    """Nobody tells a heading any more."""
    return picture._replace(tracks=picture.tracks._replace(heading_deg=picture.tracks.heading_deg * float("nan")))


@pytest.fixture(scope="module")
def as_trained(tmp_path_factory):
    return drift(store(tmp_path_factory.mktemp("same") / "store"))


def test_traffic_like_the_trainings_shows_little_drift(as_trained):
    """Three hours are a small sample of ships: speed and course move within what calls for a look, not for training."""
    assert as_trained["close_approach"]["psi"]["range_nm"] < 0.25
    assert as_trained["going_dark"]["psi"]["sog_std_kn"] < 0.25
    assert as_trained["close_approach"]["rows"] > 300 and as_trained["close_approach"]["brier"] < 0.15


def test_faster_ships_are_seen(as_trained, tmp_path):
    """In a pair's speeds; a single ship's own speed differs by as much between two small fleets (PSI 0.4 in 3 h)."""
    before, after = (
        d["close_approach"]["psi"]["faster_kn"] for d in (as_trained, drift(store(tmp_path / "s", faster)))
    )
    assert after > 0.25 and after > 2.0 * before


def test_a_field_that_falls_silent_is_drift(as_trained, tmp_path):
    changed = drift(store(tmp_path / "store", untold))
    assert changed["going_dark"]["psi"]["crab_deg"] > 1.0 > as_trained["going_dark"]["psi"]["crab_deg"]
