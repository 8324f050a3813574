"""At anchor outside every anchorage, where all anchorages are known.

A file that holds three of a port's anchorages must not make an offender of every vessel in the others. So a zone has
to say that within it all are drawn (`complete: ["anchorage"]`, such as a port limit or a coverage area); elsewhere the
answer near an anchorage is "insufficient data". A berth or terminal is a proper place to lie, too.
"""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "海上交通安全法 (2021) art. 47: anchor, berth and stop in anchorages and berths only"
NEEDS = ("anchorage",)
POLICY = Policy(raise_after_s=300.0, clear_after_s=120.0)
TITLE = {"en": "Anchored outside an anchorage", "zh": "锚地外锚泊"}
TEXT = {
    "en": "{vessel} lies at anchor {excess} m outside {zone}, the nearest anchorage",
    "zh": "{vessel}在最近的锚地{zone}以外{excess}米处锚泊",
}
PARAMETERS = {
    "complete": ([], "kinds of zone", "whoever drew the zones: kinds of which all are drawn within this one"),
    "within_m": (9_260.0, "m", "ours: 5 NM; farther from any anchorage the zones say nothing of anchoring"),
    "berth_m": (500.0, "m", "ours: terminals are often drawn as a point"),
    "outside_m": (100.0, "m", "ours: swing and position noise about the line are no offence"),
}


def evaluate(scene):
    """A finding per anchored vessel that is in no anchorage: excess is its distance from the nearest, in metres.

    NaN where no zone about her says that all anchorages there are drawn.
    """
    lying = scene.anchored.copy()
    if not lying.any():
        return scene.nothing()
    terms = scene.terms
    moored = scene.near(terms.of("berth", "lng_terminal", "terminal"))
    lying[moored.row[moored.edge_m <= PARAMETERS["berth_m"][0]]] = False
    proper = scene.near(terms.of("anchorage"))
    proper = proper.where(lying[proper.row])
    order = np.lexsort((proper.zone, proper.edge_m, proper.row))
    first = np.ones(order.size, bool)
    first[1:] = np.diff(proper.row[order]) > 0
    nearest = proper.where(order[first])
    edge_m = nearest.edge_m
    outside_m = terms.value("outside_m", PARAMETERS["outside_m"][0])[nearest.zone]
    within_m = terms.value("within_m", PARAMETERS["within_m"][0])[nearest.zone]
    excess = np.where((edge_m > outside_m) & (edge_m <= within_m), edge_m, 0.0)
    about = scene.near(terms.complete("anchorage"))
    drawn = np.zeros(lying.size, bool)
    drawn[about.row[about.edge_m <= 0]] = True
    excess[(excess > 0) & ~drawn[nearest.row]] = np.nan
    severity = np.where(edge_m > 926.0, WARNING, CAUTION)
    return scene.findings(nearest.row, nearest.zone, excess, severity, since_ns=scene.moorings.since_ns[nearest.row])
