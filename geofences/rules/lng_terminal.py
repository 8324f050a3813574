"""In the safety or control zone of an LNG terminal without the operator's authority."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = (
    "the zone's own source, e.g. Hong Kong Marine Department notice of 2022-09 (in force 2022-10-01): 250 m safety "
    "zone and marine control zone of the offshore LNG terminal, entry with the operator's authority only"
)
NEEDS = ("lng_safety_zone", "lng_control_zone")
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "In the zone of an LNG terminal", "zh": "擅入LNG接收站安全区"}
TEXT = {
    "en": "{vessel} is {excess} m inside {zone} without the operator's authority, at {sog_kn} kn",
    "zh": "{vessel}未经授权进入{zone}内{excess}米,航速{sog_kn}节",
}
PARAMETERS = {
    "attendants": ("", "register", "attendants.csv: pilot, escort and operator craft have the operator's authority"),
    "permits": ("", "register", "permits.csv: others that have it, by MMSI, zone and time"),
}


def evaluate(scene):
    """A finding per vessel without authority in such a zone: excess is how deep she is in it, in metres.

    A registered carrier is taken to come with authority.
    """
    pairs = scene.inside(scene.terms.of("lng_safety_zone", "lng_control_zone"))
    may = scene.is_lng | scene.attends()
    excess = np.where(may[pairs.row] | scene.permitted(pairs), 0.0, np.maximum(-pairs.edge_m, 1.0))
    severity = np.where(scene.terms.of("lng_safety_zone")[pairs.zone], ALARM, WARNING)
    return scene.findings(
        *(pairs.row, pairs.zone, excess, severity), since_ns=pairs.since_ns, sog_kn=scene.tracks.sog_kn[pairs.row]
    )
