"""Where a vessel is, what holds there, and which rule it breaks.

zones = geofences.load("data/zones")
for picture in geofences.check(pictures, zones): ...  # with places, visits and alerts
"""

# Each verb's module is imported when the verb is first used: not every command needs shapely.
_LAZY = {
    "Watch": "geofences.watch",
    "Zones": "geofences.zones",
    "check": "geofences.watch",
    "defects": "geofences.zones",
    "load": "geofences.zones",
    "land": "geofences.coast",
    "places": "geofences.index",
    "propose": "geofences.proposals",
}

__all__ = ["Watch", "Zones", "check", "defects", "land", "load", "places", "propose"]


def __getattr__(name):
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'geofences' has no attribute {name!r}")
