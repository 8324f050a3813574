"""LNG carriers: the moving safety zone about them, their transits, and the slots of their movements."""

_LAZY = {"plan": "geofences.lng.slots", "transits": "geofences.lng.log", "outline": "geofences.lng.zone"}

__all__ = ["outline", "plan", "transits"]


def __getattr__(name):
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'geofences.lng' has no attribute {name!r}")
