"""Crossed a reporting line without a report."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import S

UNIT = "min"
CITATION = "the line's own source, e.g. the users' guides of Dongguan and Shantou VTS; 海上交通安全法 (2021) art. 44"
NEEDS = ("reporting_line",)
POLICY = Policy(raise_after_s=0.0, clear_after_s=0.0)
TITLE = {"en": "Reporting line crossed without a report", "zh": "越过报告线未报告"}
TEXT = {
    "en": "{vessel} ({length_m} m) crossed {zone} {excess} min ago and has not reported",
    "zh": "{vessel}(长{length_m}米)于{excess}分钟前越过{zone},未报告",
}
PARAMETERS = {
    "report_before_min": (60.0, "min", "ours: a report this long before the line counts for it"),
    "report_after_min": (5.0, "min", "ours: a call may take so long to be entered"),
    "report_length_m": (
        50.0,
        "m",
        "ours: near 500 GT, which AIS does not tell; foreign and passenger vessels always report",
    ),
    "keep_min": (60.0, "min", "ours: after that the watch has other means"),
}


def evaluate(scene):
    """A finding per vessel and line crossed in the last hour: excess is how many minutes ago.

    NaN without a register of reports, or where her length is unknown: an absent list proves nothing.
    """
    crossed, terms = scene.crossings, scene.terms
    row = np.searchsorted(scene.tracks.track, crossed.track)
    row = np.minimum(row, max(scene.tracks.n - 1, 0))
    here = np.flatnonzero(scene.tracks.track[row] == crossed.track) if scene.tracks.n else np.empty(0, int)
    row, zone, t_ns = row[here], crossed.zone[here], crossed.t_ns[here]
    passed_min = (scene.at_ns - t_ns) / (60 * S)
    after_min = terms.value("report_after_min", PARAMETERS["report_after_min"][0])[zone]
    before_min = terms.value("report_before_min", PARAMETERS["report_before_min"][0])[zone]
    length_m = scene.length_m[row]
    excess = np.where(
        passed_min <= terms.value("keep_min", PARAMETERS["keep_min"][0])[zone], passed_min - after_min, 0.0
    )
    excess[length_m < terms.value("report_length_m", PARAMETERS["report_length_m"][0])[zone]] = 0.0
    reports = terms.register("reports")
    if reports is None:
        excess[:] = np.nan
    else:
        excess[np.isnan(length_m)] = np.nan
        names = np.array([str(name) for name in terms.zones.names])
        for k in range(row.size):
            hers = (reports["mmsi"] == scene.tracks.mmsi[row[k]]) & np.isin(reports["zone"], ("*", names[zone[k]]))
            in_time = (reports["t"] >= t_ns[k] - before_min[k] * 60 * S) & (reports["t"] <= scene.at_ns)
            if (hers & in_time).any():
                excess[k] = 0.0
    return scene.findings(row, zone, excess, CAUTION, since_ns=t_ns, length_m=length_m)
