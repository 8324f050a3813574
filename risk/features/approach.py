"""How two vessels come together: when a quarter mile will be left, on present courses and on the last minutes' runs."""

import numpy as np

from risk import columns

ROWS = "pair"
# name: (unit, English, Chinese)
COLUMNS = {
    "limit_min": ("min", "a quarter mile apart in", "相距四分之一海里的时间"),
    "made_dcpa_nm": ("nm", "DCPA on the last minutes' runs", "按近期航迹的最近会遇距离"),
    "made_limit_min": ("min", "a quarter mile apart, on those runs, in", "按近期航迹相距四分之一海里的时间"),
    "weaves_deg": ("deg", "alters to and fro", "航向来回变动"),
}


def compute(view, rows):
    """(n, columns) for the rows of `view.encounters`; NaN where there is no past, or no such moment to come."""
    p, out = view.encounters, np.empty((len(rows), len(COLUMNS)))
    columns.approaches(
        *(np.asarray(rows, np.int64), p.row, p.other_row, p.east_m, p.north_m, p.range_m, p.dcpa_m, p.tcpa_min),
        *(np.ascontiguousarray(view.recent(name)) for name in ("made_east_kn", "made_north_kn", "turn_sum_deg")),
        out,
    )
    return out
