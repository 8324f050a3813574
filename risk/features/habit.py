"""What became of earlier vessels that stood here on this course: how many entered the zone, how soon."""

import numpy as np

from risk import habit
from risk.heads import zone_entry
from risk.view import View, rows_of
from vts.schema import static_rows

ROWS = "place"
FRESH_S = 60.0  # as samples.collect: a vessel not heard for a minute may be gone
# name: (unit, English, Chinese)
COLUMNS = {
    "habit_count": ("1", "earlier vessels on this course here", "此处同向先行船数"),
    "habit_soon": ("1", "share of them that entered in time", "其中按时进入的比例"),
    "habit_share": ("1", "share of them that entered", "其中进入的比例"),
    "habit_min": ("min", "time to the zone as they took", "按先行船所用时间"),
    "habit_fine": ("1", "share that entered from just here", "自此处进入的比例"),
    "habit_kind": ("1", "share of her kind that entered", "同类船进入的比例"),
    "habit_origin": ("1", "share that entered of those who came as she did", "同来向船进入的比例"),
    "habit_destination": ("1", "share that entered of those bound as she is", "同目的港船进入的比例"),
    "own_calls": ("1", "own earlier calls", "本船以往进入次数"),
    "own_share": ("1", "share of own approaches that entered", "本船接近后进入的比例"),
    "own_since_h": ("h", "time since her last call", "距本船上次进入"),
}


def compute(view, places):
    """(n, columns) for rows of `Places` given as (row of the track, Places)."""
    rows, places = places
    if view.habit is None:  # nobody remembers
        return np.full((len(rows), len(COLUMNS)), np.nan)
    if isinstance(view.habit, np.ndarray):  # of a table of fixes, whose memory grew as its time went by
        return view.habit
    return from_counts(view.habit, approaches(view, rows, places))


def remember(view):
    """Let the view's Habit know of its Picture, at most once a minute; before features are asked for."""
    memory, at_ns = view.habit, int(view.at_ns)
    if not memory.due(at_ns):
        return
    memory.settle(at_ns)
    tracks, places = view.tracks, view.picture.places
    fresh = (tracks.age_s < FRESH_S) & np.isfinite(tracks.lon_deg) & np.isfinite(tracks.lat_deg)
    rows = rows_of(tracks, places.track)
    use = (rows >= 0) & (places.zone >= 0)
    use[use] = fresh[rows[use]]
    outside, inside = use & (places.edge_m > 0), use & (places.edge_m <= 0)
    now = np.flatnonzero(fresh)
    memory.step(
        at_ns,
        (tracks.track[now], np.full(now.size, at_ns), tracks.lon_deg[now], tracks.lat_deg[now]),
        approaches(view, rows[outside], places.take(outside)),
        (places.track[inside], places.zone[inside].astype(np.int64), np.full(int(inside.sum()), at_ns)),
    )


def learn(pictures, path=None):
    """The Habit of earlier Pictures (a file of Habit.save, or None) after these, which need Places and no scores."""
    memory = habit.load(path) if path else habit.Habit(zone_entry.HORIZON_MIN)
    for picture in pictures:
        remember(View(picture, None, None, None, static_rows(picture), None, habit=memory))
    return memory


def approaches(view, rows, places):
    """The habit.Approaches of rows of Places outside their zones."""
    tracks = view.tracks
    kind = view.static("ship_type", -1).astype(np.int64)[rows]
    return habit.Approaches(
        t_ns=np.full(len(rows), view.at_ns),
        track=places.track,
        zone=places.zone,
        vessel=tracks.mmsi[rows],
        kind=np.where(kind > 0, kind // 10, -1),
        destination=view.once("destination", _destination)[rows],
        lon_deg=tracks.lon_deg[rows],
        lat_deg=tracks.lat_deg[rows],
        sog_kn=tracks.sog_kn[rows],
        cog_deg=tracks.cog_deg[rows],
        edge_m=places.edge_m,
    )


def _destination(view):
    number = habit.text_number(view.picture.statics.destination)
    return np.where(view.static_row >= 0, number[view.static_row], -1) if number.size else view.static_row


def from_counts(memory, rows):
    """(n, columns) of what a Habit has settled of such Approaches."""
    out = memory.shares(rows)
    out[:, 3] = habit.edge_min(rows.edge_m, rows.sog_kn) * np.exp(out[:, 3])
    return out
