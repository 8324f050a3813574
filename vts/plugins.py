"""Find the plug-ins of a folder: a file's presence is its registration.

Used by radar formats, geofence rules, behaviours, feature families and heads; each folder's contract test walks it.
"""

import pkgutil
from importlib import import_module


def discover(package):
    """{name: module} of every public module in a package, by name: a run never depends on the disk's order."""
    package = import_module(package) if isinstance(package, str) else package
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return {name: import_module(f"{package.__name__}.{name}") for name in names}
