"""The traffic picture: nouns, time, fusion and store, on which `ais`, `geofences` and `risk` stand.

reports  = vts.merge([ais.read("day.nmea.gz"), vts.radar.read("night.pcap", sites)], lateness_s=5)
pictures = vts.fuse(reports, vts.Tracker(config.fusion))
"""

from vts.merge import merge  # eager: the verb and its module share a name, and the verb must win
from vts.schema import Alerts, MovingZones, Picture, Rejects, Reports, Scores, Sensors, Statics, Tracks, Visits

__version__ = "0.1.0"

_LAZY = {  # numba, pyarrow and duckdb are imported by whoever asks for these
    "fuse": "vts.fusion",
    "Tracker": "vts.fusion",
    "Store": "vts.store",
    "load_config": "vts.config",
    "Config": "vts.config",
}

__all__ = [
    "Alerts",
    "Config",
    "MovingZones",
    "Picture",
    "Rejects",
    "Reports",
    "Scores",
    "Sensors",
    "Statics",
    "Store",
    "Tracker",
    "Tracks",
    "Visits",
    "fuse",
    "load_config",
    "merge",
]


def __getattr__(name):
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'vts' has no attribute {name!r}")
