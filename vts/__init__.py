"""The traffic picture: nouns, time, fusion and store, on which `ais`, `geofences` and `risk` stand.

>>> import numpy as np, vts
>>> t_ns = (1_772_416_800 + np.arange(0, 60, 10)) * 1_000_000_000
>>> sailed = {"lon_deg": 113.8 + 2e-5 * np.arange(6), "lat_deg": 22.1, "sog_kn": 0.4, "cog_deg": 90.0}
>>> reports = vts.Reports(t_ns=t_ns, rx_ns=t_ns, sensor=0, kind=0, ident=412_000_001, seq=np.arange(6), **sailed)
>>> pictures = list(vts.fuse(vts.merge([[reports]], lateness_s=5), vts.Tracker()))
>>> pictures[-1].tracks.mmsi.tolist()
[412000001]

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
