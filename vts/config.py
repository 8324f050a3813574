"""Configuration: frozen values with units in their names, read once and passed on.

`data/config.toml` repeats every default with its reason; a user's file need only name what differs.
"""

import dataclasses
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from vts.errors import ConfigError


@dataclass(frozen=True)
class FusionConfig:
    """How reports become tracks."""

    picture_s: float = 10.0  # a Picture is made at every multiple of this, in event time
    lateness_s: float = 5.0  # merge waits this long for a report that was measured earlier than it arrived
    process_noise_mps2: float = 0.06  # 1-sigma acceleration of a vessel in a manoeuvre, besides its turn
    gate_sigma: float = 5.0  # a report farther than this from its track is a teleport, not a motion
    ais_sigma_m: float = 10.0  # M.1371-5: position accuracy flag 1 means 10 m or better
    max_speed_kn: float = 60.0  # implied speed over this is not a vessel's
    stale_factor: float = 1.0  # scales the silence after which a track retires
    ring_s: float = 30.0  # a report this late is still worked in where it belongs; an older one is counted
    coast_s: float = 150.0  # a radar track of long standing is kept this long without a plot: two minutes behind a pier


@dataclass(frozen=True)
class WatchConfig:
    """How positions become zone events."""

    edge_m: float = 30.0  # a vessel must be this far over a line before it has crossed it
    enter_s: float = 10.0  # ... and stay there this long
    leave_s: float = 60.0
    rejoin_s: float = 180.0  # re-entry within this continues the stay
    reach_m: float = 22_224.0  # Places lists zones within 12 NM of a track
    horizon_min: float = 60.0  # ... or entered within this on the present course


@dataclass(frozen=True)
class RiskConfig:
    """How a picture becomes scores."""

    reach_m: float = 11_112.0  # pairs farther apart than 6 NM are not looked at
    tcpa_min: float = 20.0  # an upper bound, as dcpa_m: risk/waters.py narrows both to the water
    dcpa_m: float = 926.0  # 0.5 NM
    horizon_min: float = 15.0
    alarms_per_hour: float = 6.0
    rendezvous: str = "global_fishing_watch"  # or skylight, starboard_close, starboard_wide: nearer and sooner


@dataclass(frozen=True)
class Config:
    """All of it, one section a stage."""

    fusion: FusionConfig = field(default_factory=FusionConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)
    risk: RiskConfig = field(default_factory=RiskConfig)


def load_config(path=None):
    """The Config of a TOML file, defaults where it is silent; every default when `path` is None.

    Raises ConfigError naming file, section and key for an unknown key, a wrong type or a negative number.
    """
    if path is None:
        return Config()
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a readable TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}); mend that line") from error
    sections = {f.name: f.default_factory for f in dataclasses.fields(Config)}
    unknown = sorted(set(given) - set(sections))
    if unknown:
        raise ConfigError(f"{path}: unknown section [{unknown[0]}]; there are {', '.join(sections)}")
    return Config(**{name: _section(path, name, cls, given.get(name, {})) for name, cls in sections.items()})


def _section(path, name, cls, given):
    """One section as its dataclass; ConfigError names the key that does not fit."""
    if not isinstance(given, dict):
        raise ConfigError(f"{path}: {name} must be a section; write [{name}] above its keys")
    types = {f.name: f.type for f in dataclasses.fields(cls)}
    for key, value in given.items():
        if key not in types:
            raise ConfigError(f"{path}: [{name}] has no key {key!r}; there are {', '.join(types)}")
        wanted = types[key]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if wanted in (float, int) and not number:
            raise ConfigError(f"{path}: [{name}] {key} must be a number, not {value!r}")
        if wanted in (float, int) and not 0 <= value < float("inf"):
            raise ConfigError(f"{path}: [{name}] {key} is {value!r}; it must be 0 or more and finite")
        if wanted in (bool, str) and not isinstance(value, wanted):
            raise ConfigError(f"{path}: [{name}] {key} must be a {wanted.__name__}, not {value!r}")
    return cls(**{key: types[key](value) for key, value in given.items()})


def to_toml(settings):
    """A Config as TOML that `load_config` reads back."""
    lines = []
    for section, values in dataclasses.asdict(settings).items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
    return "\n".join(lines)
