"""Where a vessel is, what holds there, and which rule it breaks.

zones = geofences.load("data/zones")
for picture in geofences.check(pictures, zones): ...  # with places, visits and alerts
"""

_LAZY = {"load": "geofences.zones", "Zones": "geofences.zones", "check": "geofences.watch", "Watch": "geofences.watch"}

__all__ = ["Watch", "Zones", "check", "load"]


def __getattr__(name):
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'geofences' has no attribute {name!r}")
