"""Settings: the shipped file says every default, and a wrong one is refused with file, section and key."""

import dataclasses
import tomllib

import pytest

from vts.config import Config, load_config
from vts.errors import ConfigError
from vts.paths import data_dir


def test_the_shipped_file_says_every_default():
    shipped = tomllib.loads((data_dir() / "config.toml").read_text(encoding="utf-8"))
    assert dataclasses.asdict(Config()) == shipped
    assert Config() == load_config(data_dir() / "config.toml") == load_config()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[fusion]\ngate_sigma = 'wide'", r"\[fusion\] gate_sigma must be a number"),
        ("[fusion]\ngate_sigma = -1", "must be 0 or more"),
        ("[fusion]\ngate_sigma = nan", "must be 0 or more"),
        ("[fusion]\ngates = 1", "has no key 'gates'"),
        ("[fusions]\n", r"unknown section \[fusions\]"),
        ("fusion = 3\n", "must be a section"),
        ("[fusion\n", "not TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, text, sentence):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_config(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
