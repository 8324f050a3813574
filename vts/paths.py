"""Where the shipped data lies: beside the code in a checkout, inside the package once installed."""

import os
from pathlib import Path


def data_dir():
    """The folder that holds zones, sites, models, coast and config.toml; LINGDING_HOME overrides it."""
    override = os.environ.get("LINGDING_HOME")
    if override:
        return Path(override)
    here = Path(__file__).resolve().parent
    installed = here / "_data"
    return installed if installed.is_dir() else here.parent / "data"


def cache_dir():
    """The user's cache folder for compiled kernels; LINGDING_CACHE overrides it."""
    override = os.environ.get("LINGDING_CACHE")
    if override:
        return Path(override)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lingding"
