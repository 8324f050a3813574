"""The same ships as bytes: their states become AIVDM sentences, and the whole line turns those into alerts."""

import numpy as np

import ais
import risk
import vts
from tests.risk.scene import LAT0, LON0, T0_NS
from vts.config import FusionConfig
from vts.geo import enu_to_lonlat
from vts.schema import Alerts, Statics
from vts.simulate import aivdm
from vts.units import S

STATIC_S = 360.0  # message 5, M.1371-5


def sentences(ships, minutes, every_s=10.0):
    """Bytes of the log of ships that report every `every_s`; a state with an age over 5 s is silence."""
    rows, papers, last = [], [], {}
    for step in range(int(minutes * 60 / every_s) + 1):
        for k, ship in enumerate(ships):
            t_s = step * every_s + 0.5 * k
            state = ship(t_s)
            if state is None or state.get("age", 5.0) > 5.0:
                continue
            mmsi = state.get("mmsi", 412_000_001 + k)
            lon, lat = enu_to_lonlat(state["x"], state["y"], LON0, LAT0)
            t_ns = T0_NS + int(t_s * S)
            said = tuple(state.get(name) for name in ("name", "imo", "length", "draught", "ship_type"))
            motion = (lon, lat, state["sog"], state["cog"], state.get("heading", state["cog"]), state.get("status", 0))
            rows.append((t_ns, 1, mmsi, -1, *motion))
            if last.get(k, (None, -1e9))[0] != said or t_s - last[k][1] >= STATIC_S:
                last[k] = (said, t_s)
                papers.append((mmsi, t_ns, *said))
                rows.append((t_ns, 5, mmsi, len(papers) - 1, *motion))
    return b"".join(aivdm.encode(_messages(rows), _statics(papers), ["test"]))


def _messages(rows):
    t_ns, kind, mmsi, ship, lon, lat, sog, cog, heading, status = zip(*rows, strict=True)
    t_ns = np.array(t_ns)
    return aivdm.Messages(
        rx_ns=t_ns,
        t_ns=t_ns,
        type=kind,
        part=0,
        mmsi=mmsi,
        ship=ship,
        station=0,
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


def play_bytes(ships, minutes, path, picture_s=30.0):
    """Alerts of the whole line: bytes, decoder, merge, tracker, risk without a model."""
    path.write_bytes(sentences(ships, minutes))
    feed = ais.read(path)
    tracker = vts.Tracker(FusionConfig(picture_s=picture_s))
    pictures = vts.fuse(vts.merge(feed), tracker)
    told = [picture.alerts for picture in risk.score(pictures, None, risk.Watch())]
    assert set(feed.rejects.counts) <= {"received twice"}  # two ships under one MMSI send one static message
    return Alerts.concat(told)
