"""The kinds of zone, what shape each may be drawn as, and the parameters it cannot do without.

Names follow IHO S-57 and the IMO ships' routeing terms. A user's file may hold any of these and nothing else, so that
no rule is ever silent because a kind was misspelt.
"""

from typing import NamedTuple

AREA, LINE, POINT = "Polygon", "LineString", "Point"


class Kind(NamedTuple):
    """What a kind means, and how it may be drawn."""

    meaning: str
    shapes: tuple  # of AREA, LINE, POINT
    needs: tuple = ()  # parameters without which nothing can be said; "a|b" is either
    line_needs: tuple = ()  # ... when it is drawn as a line, which is then widened by them
    point_needs: tuple = ()  # ... when it is drawn as a point


KINDS = {
    "anchorage": Kind("place to anchor; `use`, `capacity`, `allowed`", (AREA, POINT), point_needs=("radius_m",)),
    "anchorage_candidate": Kind("where vessels were seen to lie; no legal limit", (AREA, POINT)),
    "berth": Kind("alongside place", (AREA, POINT)),
    "bridge": Kind(
        "bridge axis or its area; `warning_m` lines from the axis, `min_speed_kn`, `max_speed_kn`, `clearance_m`",
        (AREA, LINE),
    ),
    "cable": Kind("submarine cable with its protected strip; no anchoring", (AREA, LINE), line_needs=("buffer_m",)),
    "control_zone": Kind("traffic is controlled here; entry with authority", (AREA, POINT), point_needs=("radius_m",)),
    "corridor": Kind(
        "channel or route: centre line with widths, or polygon with direction; `one_way`, `no_overtaking`, "
        "`no_meeting`, `min_speed_kn`, `max_speed_kn`",
        (AREA, LINE),
        line_needs=("width_m|width_port_m",),
    ),
    "coverage": Kind(
        "what a sensor sees; or a file, whose `complete` names kinds of which all are drawn here",
        (AREA, POINT),
        point_needs=("radius_m",),
    ),
    "depth_area": Kind("area of at least `depth_m`", (AREA,)),
    "fairway": Kind("navigable channel without direction", (AREA,)),
    "lng_control_zone": Kind("control zone round an LNG terminal", (AREA, POINT), point_needs=("radius_m",)),
    "lng_safety_zone": Kind("safety zone round an LNG terminal", (AREA, POINT), point_needs=("radius_m",)),
    "lng_terminal": Kind("LNG terminal or jetty", (AREA, POINT)),
    "moving_works": Kind("circle of `radius_m` that goes with vessel `mmsi`", (POINT,), needs=("mmsi", "radius_m")),
    "no_anchoring_area": Kind("anchoring forbidden", (AREA, POINT), point_needs=("radius_m",)),
    "obstruction_area": Kind("not to be sailed through, such as fish culture", (AREA, POINT)),
    "pilot_boarding": Kind("pilot boarding place", (AREA, POINT)),
    "pipeline": Kind("submarine pipeline with its protected strip", (AREA, LINE), line_needs=("buffer_m",)),
    "port": Kind("port position", (AREA, POINT)),
    "port_limit": Kind("limit of a port's waters", (AREA, LINE)),
    "precautionary_area": Kind("navigate with particular caution", (AREA, POINT), point_needs=("radius_m",)),
    "reference_line": Kind("line of orientation; nothing follows from it", (LINE,)),
    "reporting_line": Kind("vessels report on crossing it", (LINE,)),
    "restricted_area": Kind("entry restricted; `allowed`, `forbidden`", (AREA, POINT), point_needs=("radius_m",)),
    "rules_area": Kind("area in which a set of rules holds; `parameters`", (AREA,)),
    "terminal": Kind("terminal or harbour installation", (AREA, POINT)),
    "tss_boundary": Kind("outer boundary of a traffic separation scheme", (LINE,)),
    "tss_lane": Kind("traffic lane of a separation scheme", (AREA,), needs=("direction_deg",)),
    "tss_separation_zone": Kind("separation zone of a scheme", (AREA,)),
    "works_area": Kind("works, with dates and daily hours", (AREA, POINT), point_needs=("radius_m",)),
}

# parameter: (least, most, unit). Anything else in a feature's properties is kept and passed on unread.
LIMITS = {
    "buffer_m": (0, 100_000, "m"),
    "capacity": (0, 10_000, "vessels"),
    "clearance_m": (0, 1_000, "m"),
    "depth_m": (-100, 12_000, "m"),
    "direction_deg": (0, 360, "degrees true"),
    "max_length_m": (0, 1_000, "m"),
    "max_speed_kn": (0, 100, "kn"),
    "max_speed_hsc_kn": (0, 100, "kn"),
    "min_speed_kn": (0, 100, "kn"),
    "radius_m": (0, 1_000_000, "m"),
    "ukc_pct": (0, 100, "% of draught"),
    "width_m": (0, 100_000, "m"),
    "width_port_m": (0, 100_000, "m"),
    "width_starboard_m": (0, 100_000, "m"),
}
CONFIDENCES = ("high", "medium", "low", "derived", "none")
