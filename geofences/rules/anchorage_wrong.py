"""At anchor in an anchorage that is not for her: not of an allowed kind, or longer than it admits."""

import numpy as np

from geofences.vessels import KINDS
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "the anchorage's own source; 海上交通安全法 (2021) art. 47: anchor in the anchorage meant for her"
NEEDS = ("allowed", "forbidden", "max_length_m")
POLICY = Policy(raise_after_s=300.0, clear_after_s=120.0)
TITLE = {"en": "Wrong anchorage", "zh": "锚地使用不当"}
TEXT = {
    "en": "{vessel}, a {kind} vessel of {length_m} m, lies in {zone}, which is not for her ({why})",
    "zh": "{vessel}({kind},长{length_m}米)锚泊于不适用的锚地{zone}({why})",
}
PARAMETERS = {
    "allowed": ([], "vessel kinds", "the anchorage's own source; none named: all may"),
    "forbidden": ([], "vessel kinds", "the anchorage's own source"),
    "max_length_m": (np.inf, "m", "the anchorage's own source; no limit without one"),
}


def evaluate(scene):
    """A finding per vessel in the wrong anchorage; excess is her length over the limit, or 1 where her kind is wrong.

    NaN where kinds or lengths are limited and hers is unknown.
    """
    terms = scene.terms
    pairs = scene.inside(terms.of("anchorage"))
    pairs = pairs.where(scene.anchored[pairs.row])
    kind, length_m = scene.kind[pairs.row], scene.length_m[pairs.row]
    allowed = terms.open_to(silent=True)[pairs.zone]
    wrong_kind = ~allowed[np.arange(kind.size), kind] & (kind > 0)
    over_m = length_m - terms.value("max_length_m", np.inf)[pairs.zone]
    over_m = np.where(np.isinf(over_m), 0.0, over_m)
    unknown_kind = (kind == 0) & ~allowed.all(axis=1)
    excess = np.where(wrong_kind, 1.0, np.where(unknown_kind, np.nan, 0.0))
    excess = np.where(over_m > 0, over_m, np.where(np.isnan(over_m) & ~wrong_kind, np.nan, excess))
    return scene.findings(
        *(pairs.row, pairs.zone, excess, np.where(over_m > 0, WARNING, CAUTION)),
        since_ns=scene.moorings.since_ns[pairs.row],
        kind=np.array(KINDS)[kind],
        length_m=length_m,
        why=np.where(over_m > 0, "length", "kind"),
    )
