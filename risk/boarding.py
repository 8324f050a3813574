"""Port state control's profiles where others need them: at each Picture of a replay, and in a vessel's dossier."""

from risk import psc
from vts.wording import translator

MARKS = {"V": "verified source", "S": "secondary source", "M": "from memory, not verified"}


def profiled(pictures, watch, lists, regime):
    """The Pictures; the Watch knows the ships' static risk on each one's day, and who is looked for."""
    watch.listed = psc.watch_list(lists)
    day = None
    for picture in pictures:
        if psc.day_of(picture.at_ns) != day:
            day = psc.day_of(picture.at_ns)
            watch.profiles = psc.profiles(lists, regime, day)
        yield picture


def section(imo, at_ns, lists, regime, lang="en"):
    """(title, heads, rows): the profile of a ship as a section of her dossier; what is missing is said."""
    tr = translator(lang)
    ship = next((ship for ship in lists.ships if ship["imo"] == imo), None)
    heads = (tr("parameter"), tr("points"), tr("standing"))
    title = tr("Port state control, {regime} MoU", regime=regime.capitalize())
    if ship is None:
        return title, heads, [(tr("not in ships.csv"), "", "")]
    profile = psc.profile(ship, lists, regime, psc.day_of(at_ns))
    rows = [(tr("risk"), str(profile.points), tr(profile.risk))]
    rows += [(tr(name), str(points), tr(MARKS.get(mark, mark))) for name, points, mark in profile.breakdown]
    rows += [(tr(name), "", tr("not known: gives no points")) for name in profile.missing]
    rows += [(tr("last inspection"), "", str(profile.last_inspection or tr("none known")))]
    rows += [(tr("window"), "", f"{profile.opens} .. {profile.closes}")] if profile.opens else []
    return title, heads, rows
