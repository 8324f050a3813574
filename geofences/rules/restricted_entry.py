"""In an area that is not open to her: by her kind, by the hour, or without a permit."""

import numpy as np

from geofences.vessels import KINDS
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "the zone's own source; 海上交通安全法 (2021) art. 44: no entry into areas closed to navigation"
NEEDS = ("restricted_area", "control_zone", "obstruction_area", "works_area")
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "Entry into a restricted area", "zh": "擅入限制区域"}
TEXT = {
    "en": "{vessel} ({kind}) is {excess} m inside {zone}, which is closed to her",
    "zh": "{vessel}({kind})进入对其关闭的{zone}内{excess}米",
}
PARAMETERS = {
    "allowed": ([], "vessel kinds", "the zone's own source; neither list given: closed to all without a permit"),
    "forbidden": ([], "vessel kinds", "the zone's own source: open to the others"),
    "permits": ("", "register", "permits.csv, by MMSI, zone and time"),
}
CLOSED = ("restricted_area", "control_zone", "obstruction_area", "works_area")


def evaluate(scene):
    """A finding per vessel in an area closed to her: excess is how deep she is in it, metres.

    NaN where the area is closed to some kinds and hers is not known. An area with hours holds within them only.
    """
    terms = scene.terms
    pairs = scene.inside(terms.of(*CLOSED))
    kind = scene.kind[pairs.row]
    open_to = terms.open_to()[pairs.zone]
    depth_m = np.maximum(-pairs.edge_m, 1.0)
    excess = np.where(open_to[np.arange(kind.size), kind], 0.0, depth_m)
    excess[(kind == 0) & open_to.any(axis=1) & ~open_to.all(axis=1)] = np.nan
    excess[scene.permitted(pairs)] = 0.0
    severity = np.where(terms.of("obstruction_area")[pairs.zone], WARNING, CAUTION)
    return scene.findings(
        *(pairs.row, pairs.zone, excess, severity), since_ns=pairs.since_ns, kind=np.array(KINDS)[kind]
    )
