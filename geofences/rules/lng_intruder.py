"""In the safety zone that moves with an LNG carrier."""

import numpy as np

from geofences.lng import guard
from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING
from vts.units import NM

UNIT = "m"
CITATION = "the moving zone named by the corridor's `lng_zone`; each preset cites its own rule (geofences/lng/zone.py)"
NEEDS = ("lng_zone",)
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "In the safety zone of an LNG carrier", "zh": "闯入LNG船移动安全区"}
TEXT = {
    "en": "{vessel} is {excess} m inside the safety zone of LNG carrier {other}, {range_m} m from her, in {zone}",
    "zh": "{vessel}进入LNG船{other}的移动安全区{excess}米,相距{range_m}米,位于{zone}",
}
PARAMETERS = {
    "lng_zone": (
        "",
        "preset",
        "the corridor's own source: uscg_calcasieu, uscg_san_pedro, uscg_boston_2008, yangshan_2009, yangshan_2020",
    ),
    "lng_zone_ahead": ("", "m, lengths or beams", "the corridor's own source, where lng_zone is own"),
}


def evaluate(scene):
    """A finding per vessel and carrier whose zone she is in; excess is how deep, in metres.

    NaN for vessels within a mile of a carrier whose zone is told in lengths or beams that nobody knows.
    """
    i = guard.intrusions(scene)
    close = np.isnan(i.depth_m) & (i.range_m < NM)
    excess = np.where(np.isnan(i.depth_m), np.where(close, np.nan, 0.0), i.depth_m)
    tracks = scene.tracks
    severity = np.where(tracks.sog_kn[i.other] > 1.0, ALARM, WARNING)
    return scene.findings(i.other, i.zone, excess, severity, other=tracks.track[i.carrier], range_m=i.range_m)
