"""What an installation consists of, for vts doctor: versions, compile cache, memory, disk and data files."""

import os
import platform
import shutil
from importlib.metadata import version

from vts import __version__, jit, paths
from vts.wording import columns

NEEDED = ("zones", "coast", "map_assets", "chinese", "model")  # without these something cannot work
SAID = {  # what is found in words; names of programs stand for themselves
    "cores": "cores",
    "memory_mb": "memory, MB",
    "memory_free_mb": "memory free, MB",
    "disk_free_mb": "disk free here, MB",
    "data": "data folder",
    "zones": "zone files",
    "coast": "coastline",
    "map_assets": "parts of maps",
    "chinese": "Chinese texts",
    "model": "risk model",
    "compile_cache": "compiled kernels in",
    "compiled": "compiled kernels",
    "missing": "missing",
    "self_test": "self test",
    "self_test_s": "self test, s",
}
LIBRARIES = ("numpy", "numba", "pyarrow", "duckdb", "scikit-learn", "shapely")


def findings():
    """{what: value} of this installation on this machine; `missing` lists the data files that are not there."""
    cache, data = jit.kernels_dir(), paths.data_dir()
    page = os.sysconf("SC_PAGE_SIZE")
    found = {
        "lingding": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "cores": os.cpu_count(),
        "memory_mb": page * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "memory_free_mb": page * os.sysconf("SC_AVPHYS_PAGES") // 1_000_000,
        "disk_free_mb": shutil.disk_usage(".").free // 1_000_000,
        "data": str(data),
        "zones": len(list((data / "zones").glob("*.geojson"))),
        "coast": (data / "coast" / "land.npz").is_file(),
        "map_assets": (data / "assets" / "leaflet.js").is_file(),
        "chinese": (data / "locale" / "zh.po").is_file(),
        "model": (data / "models" / "current" / "manifest.json").is_file(),
        "compile_cache": str(cache),
        "compiled": sum(1 for _ in cache.rglob("*.nbc")) if cache.is_dir() else 0,
    }
    return found | {"missing": [name for name in NEEDED if not found[name]]}


def lines(found, tr):
    """The findings as lines for a person."""
    words = {True: tr("there"), False: tr("not there")}
    for name, value in found.items():
        said = ", ".join(tr(SAID[each]) for each in value) or "0" if name == "missing" else value
        label = tr(SAID.get(name, name))
        yield f"{label}{' ' * (32 - columns(label))} {words[value] if isinstance(value, bool) else said}"
