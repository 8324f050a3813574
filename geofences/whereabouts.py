"""How the tracks of a Picture stand to the zones in force."""

import numpy as np

from vts.config import WatchConfig
from vts.schema import Places


def places(picture, zones, watch=WatchConfig()):  # noqa: B008 - a frozen value
    """Places: a row per track and zone that it is in, within watch.reach_m of, or enters by watch.horizon_min.

    In order of track, then zone. The run is straight at the present course and speed; `since_ns` is for the Watch to
    fill. Zones that do not hold at the picture's time are left out.
    """
    tracks = picture.tracks
    in_force = np.flatnonzero(zones.in_force(picture.at_ns)) if zones.n else np.empty(0, np.int32)
    hits, edge_m, bearing_deg, enter_s, pass_m = zones.index.stand(
        tracks.lon_deg, tracks.lat_deg, tracks.sog_kn, tracks.cog_deg, in_force, watch.reach_m, watch.horizon_min * 60.0
    )
    kinds = np.array(zones.kinds, dtype="<U24") if zones.n else np.empty(0, "<U24")
    return Places(
        track=tracks.track[hits.row],
        zone=hits.zone,
        zone_kind=kinds[hits.zone],
        edge_m=edge_m,
        bearing_deg=bearing_deg,
        enter_min=enter_s / 60.0,
        pass_m=pass_m,
    )
