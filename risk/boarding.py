"""Port state control's profiles where others need them: at each Picture of a replay, in a dossier, as a list."""

from risk import psc
from vts.wording import clean, translator

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


def absent(lists, folder, tr):
    """What lists that are not there leave unknown, a sentence each: silence must not look like safety."""
    for name in lists.absent:
        said = tr("no {file} in {folder}: what depends on it is unknown", file=f"{name}.csv", folder=folder)
        yield said + tr("; nobody can be called due without it") if name in ("ships", "inspections") else said


def line(profile, tr):
    """A ship that is due, as a line: who, how urgent, why, and what could not be judged."""
    why = ", ".join(f"{tr(name)} {points}" for name, points, _ in profile.breakdown) or tr("no points")
    when = tr("never inspected")
    if profile.opens:
        when = tr("window {opens} .. {closes}", opens=profile.opens, closes=profile.closes)
    said = tr("priority {priority}, {risk} risk ({why})", priority=profile.priority, risk=tr(profile.risk), why=why)
    unknown = tr("; unknown: {what}", what=", ".join(map(tr, profile.missing))) if profile.missing else ""
    return f"IMO {profile.imo}  {clean(profile.name)}  {said}, {when}{unknown}"
