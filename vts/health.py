"""What an installation consists of, for vts doctor: versions, compile cache, memory, disk and data files."""

import os
import platform
import shutil
from importlib.metadata import version

from vts import __version__, jit, paths

NEEDED = ("zones", "coast", "map_assets", "chinese", "model")  # without these something cannot work
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
