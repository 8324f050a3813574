"""The same ships as bytes: their states become AIVDM sentences, and the whole line turns those into alerts."""

import json

import numpy as np

import ais
import geofences
import risk
import vts
from tests.risk.scene import LAT0, LON0, T0_NS
from vts.config import FusionConfig
from vts.geo import enu_to_lonlat
from vts.schema import Alerts, Statics
from vts.simulate import aivdm
from vts.units import S

STATIONS = ["west", "east"]
STATIC_S = 360.0  # message 5, M.1371-5


def sentences(ships, minutes, every_s=10.0):
    """Bytes of the log of ships that report every `every_s`; a state with an age over 5 s is silence.

    They speak in different seconds: a second message of one MMSI in one second is held to be a repetition.
    """
    rows, papers, last = [], [], {}
    for step in range(int(minutes * 60 / every_s) + 1):
        for k, ship in enumerate(ships):
            t_s = step * every_s + k % every_s
            state = ship(t_s)
            if state is None or state.get("age", 5.0) > 5.0:
                continue
            mmsi = state.get("mmsi", 412_000_001 + k)
            lon, lat = enu_to_lonlat(state["x"], state["y"], LON0, LAT0)
            t_ns = T0_NS + int(t_s * S)
            said = tuple(state.get(name) for name in ("name", "imo", "length", "draught", "ship_type"))
            motion = (lon, lat, state["sog"], state["cog"], state.get("heading", state["cog"]), state.get("status", 0))
            heard = state.get("stations", (0,))
            rows += [(t_ns, 1, mmsi, -1, *motion, station) for station in heard]
            if last.get(k, (None, -1e9))[0] != said or t_s - last[k][1] >= STATIC_S:
                last[k] = (said, t_s)
                papers.append((mmsi, t_ns, *said))
                rows += [(t_ns, 5, mmsi, len(papers) - 1, *motion, station) for station in heard]
    rows.sort(key=lambda row: row[0])
    return b"".join(aivdm.encode(_messages(rows), _statics(papers), STATIONS))


def _messages(rows):
    t_ns, kind, mmsi, ship, lon, lat, sog, cog, heading, status, station = zip(*rows, strict=True)
    t_ns = np.array(t_ns)
    return aivdm.Messages(
        rx_ns=t_ns,
        t_ns=t_ns,
        type=kind,
        part=0,
        mmsi=mmsi,
        ship=ship,
        station=station,
        second=t_ns // S % 60,
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=sog,
        cog_deg=np.array(cog) % 360.0,
        heading_deg=np.array(heading) % 360.0,
        nav_status=status,
        accurate=1,
        false=0,
    )


def _statics(papers):
    mmsi, t_ns, name, imo, length, draught, kind = zip(*papers, strict=True)
    return Statics(
        mmsi=mmsi,
        t_ns=t_ns,
        imo=[-1 if v is None else v for v in imo],
        ship_type=[70 if v is None else v for v in kind],
        length_m=[100.0 if v is None else v for v in length],
        beam_m=20.0,
        to_bow_m=50.0,
        to_port_m=10.0,
        draught_m=[np.nan if v is None else v for v in draught],
        name=["" if v is None else v for v in name],
        callsign="",
        destination="",
        eta="",
    )


def waters(ships, minutes, path):
    """The zones that the ships' states name, drawn into a file and read back; None where they name none.

    A place with a time is a wall ahead of the ship (which sails north), that far at the end of the run; one with an
    edge under 0 goes round all who name it, from beginning to end; one with an edge above lies to starboard of them.
    """
    boxes = {}
    for ship in ships:
        last = ship(minutes * 60.0)
        for zone, kind, edge_m, *more in last.get("places", ()):
            x, y = zip(*((state["x"], state["y"]) for state in (ship(0.0), last)), strict=True)
            if more:
                south = y[1] + last["sog"] * 0.514444 * 60.0 * more[1]
                new = (x[1] - 2000.0, south, x[1] + 2000.0, south + 2000.0)
            else:
                low = min(x) + (edge_m if edge_m < 0 else max(x) - min(x) + edge_m)
                new = (low, min(y) - abs(edge_m), max(x) + abs(edge_m) + (edge_m > 0) * 1000.0, max(y) + abs(edge_m))
            old = boxes.get((zone, kind), new)
            boxes[zone, kind] = (*map(min, old[:2], new[:2]), *map(max, old[2:], new[2:]))
    if not boxes:
        return None
    features = []
    for (_, kind), (west, south, east, north) in sorted(boxes.items()):
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        ring = [list(map(float, enu_to_lonlat(*corner, LON0, LAT0))) for corner in corners]
        told = {"name": kind, "kind": kind, "source": "a test", "confidence": "high"}
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "geometry": shape, "properties": told})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return geofences.load(path)


def play_bytes(ships, minutes, path, picture_s=30.0, every_s=10.0, listed=None, config=None):
    """Alerts of risk in the whole line: bytes, decoder, merge, tracker, zones, risk without a model."""
    path.write_bytes(sentences(ships, minutes, every_s))
    feed = ais.read(path)
    tracker = vts.Tracker(FusionConfig(picture_s=picture_s))
    watch = risk.Watch(config, listed=listed)
    pictures = vts.fuse(vts.merge(watch.hearing.tap(feed)), tracker)
    zones = waters(ships, minutes, path.with_suffix(".geojson"))
    if zones is not None:
        pictures = geofences.check(pictures, zones)
    told = [picture.alerts for picture in risk.score(pictures, None, watch)]
    assert set(feed.rejects.counts) <= {"received twice"}  # two ships under one MMSI send one static message
    return Alerts.concat(told)
