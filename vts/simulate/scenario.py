"""A scenario: what ships did, what sensors made of it, and both written as files.

Everything written is marked as simulated: names begin with SIM, stations with SIM-, and the files say so.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vts.schema import (
    AIS_A,
    AIS_ATON,
    AIS_B,
    AIS_BASE,
    AIS_LONG_RANGE,
    AIS_SENSOR,
    RADAR_PLOT,
    RADAR_TRACK,
    Reports,
    Statics,
)
from vts.simulate import aivdm, frame
from vts.simulate import arpa as bridge
from vts.simulate.aivdm import Messages
from vts.simulate.bound import posterior, seen
from vts.simulate.motion import Motion, mode
from vts.simulate.radar import Plots
from vts.simulate.ships import Fleet
from vts.simulate.transponder import Net
from vts.units import DAY, KN, MINUTE, NM, S

START_NS = 1_772_416_800 * S  # 2026-03-02T02:00:00Z, a Monday morning in the estuary
ACCURATE_M, COARSE_M, LONG_RANGE_M = 10.0, 30.0, 185.2 / 12**0.5  # 1 sigma that decoders give to the accuracy flag
ARPA_SIGMA = {"sigma_range_m": 25.0, "sigma_azimuth_deg": 0.3}
PRIMARY = 3  # CAT010 I020: type of the report, primary surveillance radar
_KIND_OF_TYPE = np.full(28, -1, np.int8)
_KIND_OF_TYPE[[1, 2, 3]], _KIND_OF_TYPE[[18, 19]] = AIS_A, AIS_B
_KIND_OF_TYPE[[4, 21, 27]] = AIS_BASE, AIS_ATON, AIS_LONG_RANGE


class Scene(NamedTuple):
    """When a scenario begins, and where its plane touches the ellipsoid."""

    start_ns: int
    lon0_deg: float
    lat0_deg: float

    def plane(self, lonlat):
        """(n, 2) metres east and north of (n, 2) degrees."""
        lonlat = np.asarray(lonlat, float).reshape(-1, 2)
        return np.stack(frame.lonlat_to_enu(lonlat[:, 0], lonlat[:, 1], self.lon0_deg, self.lat0_deg)[:2], axis=1)


@dataclass(frozen=True)
class Scenario:
    """Ships with truth, and what was sent and seen. Made by `vts.simulate.build`."""

    name: str
    seed: int
    title: str
    scene: Scene
    fleet: Fleet
    papers: Statics  # static data, a row a ship
    motion: Motion
    messages: Messages = field(default_factory=Messages.empty)
    net: Net = field(default_factory=Net)
    radars: tuple = ()
    plots: Plots = field(default_factory=Plots.empty)
    arpa: bridge.Arpa | None = None  # the radar of one of the ships
    targets: bridge.Targets = field(default_factory=bridge.Targets.empty)
    zones: tuple = ()  # GeoJSON features
    faults: tuple = ()  # what is wrong, as dicts: fault, ship, mmsi, from_s, to_s, ...
    noise_m2s3: float = 2e-4  # spectral density of the acceleration by wind and sea, for the bound

    @property
    def duration_s(self):
        return self.motion.steps - 1

    @cached_property
    def truth(self):
        """{column: array} of the ships that are there at each whole second, in order of time, then ship."""
        motion = self.motion
        step, ship = np.nonzero(
            (np.arange(motion.steps)[:, None] >= motion.first_s) & (np.arange(motion.steps)[:, None] <= motion.last_s)
        )
        lon, lat = frame.enu_to_lonlat(
            motion.x_m[ship, step], motion.y_m[ship, step], self.scene.lon0_deg, self.scene.lat0_deg
        )
        vx, vy = motion.vx_mps[ship, step], motion.vy_mps[ship, step]
        position_m = posterior(self).position_m
        north = frame.convergence_deg(lon, lat, self.scene.lon0_deg)
        return {
            "t_ns": self.scene.start_ns + step * S,
            "vessel": ship.astype(np.int64),
            "mmsi": self.fleet.mmsi[ship],
            "lon_deg": lon,
            "lat_deg": lat,
            "sog_kn": np.hypot(vx, vy) / KN,
            "cog_deg": (np.degrees(np.arctan2(vx, vy)) + north) % 360.0,
            "mode": mode(motion)[ship, step],
            "length_m": self.fleet.length_m[ship],
            "bound_m": position_m[ship, step],
            "seen": seen(self)[ship, step].astype(np.int8),
        }

    @cached_property
    def sites(self):
        """The radar sites as a tracker is told of them: vts.radar.Site, without their biases and clock errors."""
        from vts.radar import Site

        same = (
            "name",
            "lon_deg",
            "lat_deg",
            "height_m",
            "sac",
            "sic",
            "period_s",
            "sigma_range_m",
            "sigma_azimuth_deg",
        )
        same += ("min_range_m", "max_range_m")
        sites = [
            Site(number=k, date=self._date, **{name: getattr(radar, name) for name in same})
            for k, radar in enumerate(self.radars)
        ]
        if self.arpa:
            reach = {"period_s": self.arpa.period_s, "max_range_m": self.arpa.max_range_m}
            sites.append(Site(self.arpa.name, len(sites), date=self._date, own_ship=True, **reach, **ARPA_SIGMA))
        return tuple(sites)

    @property
    def _date(self):
        return str(np.datetime64(self.scene.start_ns, "ns").astype("datetime64[D]"))

    def reports(self):
        """Reports as the decoders read them back from the written files, in order of reception; `seq` is the row."""
        parts = [self._ais_reports(), *(self._radar_reports(site) for site in range(len(self.radars)))]
        parts.append(self._arpa_reports())
        reports = Reports.concat(parts)
        reports = reports.take(np.lexsort((reports.sensor, reports.t_ns, reports.rx_ns)))
        return reports._replace(seq=np.arange(reports.n))

    def feeds(self, rows=2_000):
        """What vts.merge takes: AIS batches (Statics, then Reports, `seq` ascending over both), then a feed a site."""
        statics, reports = self.statics(), self._ais_reports()
        batches = []
        for start in range(0, self._heard_first.n, rows):
            for part in (statics, reports):
                batches.append(part.take((part.seq >= start) & (part.seq < start + rows)))
        radar = [self._radar_reports(site) for site in range(len(self.radars))] + [self._arpa_reports()]
        return [batches, *([r._replace(seq=np.arange(r.n))] for r in radar if r.n)]

    def statics(self):
        """Statics as the decoders read them back, a row a message, in order of reception; `seq` as in `feeds`."""
        row = np.flatnonzero(np.isin(self._heard_first.type, (5, 19, 21, 24)))
        sent = self._heard_first.take(row)
        ship = self.papers.take(sent.ship)
        part_b, voyage = (sent.type == 24) & (sent.part == 1), sent.type == 5
        name_only = (sent.type == 24) & (sent.part == 0)
        size = ~name_only & (ship.length_m > 0)
        placed = size & ((np.round(ship.to_bow_m) > 0) | (np.round(ship.to_port_m) > 0))
        nan = np.nan
        return Statics(
            mmsi=sent.mmsi,
            t_ns=sent.rx_ns // S * S,
            imo=np.where(voyage, ship.imo, -1),
            ship_type=np.where(name_only | (sent.type == 21) | (ship.ship_type == 0), -1, ship.ship_type),
            length_m=np.where(size, ship.length_m, nan),
            beam_m=np.where(size, ship.beam_m, nan),
            to_bow_m=np.where(placed, np.round(ship.to_bow_m), nan),
            to_port_m=np.where(placed, np.round(ship.to_port_m), nan),
            draught_m=np.where(voyage & (ship.draught_m > 0), np.round(ship.draught_m * 10) / 10, nan),
            name=np.where(part_b, "", ship.name),
            callsign=np.where(voyage | part_b, ship.callsign, ""),
            destination=np.where(voyage, ship.destination, ""),
            eta=np.where(voyage, ship.eta, ""),
            seq=row,
        )

    @cached_property
    def _heard_first(self):
        """Messages without those that another station had already handed in: a decoder drops them."""
        sent = self.messages
        key = np.stack([sent.type * 2 + (sent.part == 1), sent.ship, sent.mmsi, sent.t_ns])
        _, first = np.unique(key, axis=1, return_index=True)
        return sent.take(np.sort(first))

    def _ais_reports(self):
        row = np.flatnonzero(_KIND_OF_TYPE[self._heard_first.type] >= 0)
        sent = aivdm.quantised(self._heard_first.take(row))
        rx_ns = sent.rx_ns // S * S
        sigma_m = np.where(sent.type == 27, LONG_RANGE_M, np.where(sent.accurate == 1, ACCURATE_M, COARSE_M))
        return Reports(
            t_ns=_measured_ns(rx_ns, sent.second),
            rx_ns=rx_ns,
            sensor=AIS_SENSOR,
            kind=_KIND_OF_TYPE[sent.type],
            ident=sent.mmsi,
            lon_deg=sent.lon_deg,
            lat_deg=sent.lat_deg,
            sog_kn=sent.sog_kn,
            cog_deg=sent.cog_deg,
            heading_deg=sent.heading_deg,
            rot_deg_min=sent.rot_deg_min,
            nav_status=sent.nav_status,
            major_m=sigma_m,
            minor_m=sigma_m,
            axis_deg=0.0,
            seq=row,
        )

    def _radar_reports(self, site):
        radar, plots = self.radars[site], self.plots.take(self.plots.site == site)
        e, n = frame.polar_to_enu(plots.range_m, plots.azimuth_deg, radar.height_m)
        lon, lat = frame.enu_to_lonlat(e, n, radar.lon_deg, radar.lat_deg)
        across_m = plots.range_m * np.radians(radar.sigma_azimuth_deg)
        return Reports(
            t_ns=plots.t_ns,
            rx_ns=plots.t_ns,
            sensor=site + 1,
            kind=RADAR_PLOT,
            lon_deg=lon,
            lat_deg=lat,
            range_m=plots.range_m,
            azimuth_deg=plots.azimuth_deg,
            major_m=np.maximum(across_m, radar.sigma_range_m),
            minor_m=np.minimum(across_m, radar.sigma_range_m),
            axis_deg=np.where(across_m > radar.sigma_range_m, plots.azimuth_deg + 90.0, plots.azimuth_deg) % 180.0,
            length_m=plots.length_m,
        )

    def _arpa_reports(self):
        told, sensor = self.targets, len(self.radars) + 1
        range_m = told.range_nm * NM
        e, n = frame.polar_to_enu(range_m, told.bearing_deg)
        lon, lat = frame.enu_to_lonlat(e, n, told.own_lon_deg, told.own_lat_deg)
        across_m, along_m = range_m * np.radians(ARPA_SIGMA["sigma_azimuth_deg"]), ARPA_SIGMA["sigma_range_m"]
        return Reports(
            t_ns=told.t_ns,
            rx_ns=told.t_ns,
            sensor=sensor,
            kind=RADAR_TRACK,
            ident=told.number,
            lon_deg=lon,
            lat_deg=lat,
            range_m=range_m,
            azimuth_deg=told.bearing_deg,
            sog_kn=told.sog_kn,
            cog_deg=told.cog_deg,
            major_m=np.maximum(across_m, along_m),
            minor_m=np.minimum(across_m, along_m),
            axis_deg=np.where(across_m > along_m, told.bearing_deg + 90.0, told.bearing_deg) % 180.0,
        )

    def write(self, out_dir):
        """Write the scenario's files into a folder, which is made; returns their paths in order of name."""
        import pyarrow as pa
        from pyarrow import parquet

        out = Path(out_dir)
        out.mkdir(parents=True, exist_ok=True)
        marks = {"simulated": "true", "scenario": self.name, "seed": str(self.seed), "title": self.title}
        if self.messages.n:
            with open(out / "ais.nmea", "wb") as log:
                log.writelines(aivdm.encode(self.messages, self.papers, self.net.stations))
        for site, radar in enumerate(self.radars):
            (out / f"radar-{radar.name}.ast").write_bytes(self._cat010(site))
        if self.arpa:
            with open(out / "arpa.nmea", "wb") as log:
                log.writelines(bridge.sentences(self.arpa, self.motion, self.targets, self.scene))
        if self.sites:
            from vts.radar.site import to_toml

            heading = f"# Simulated: scenario {self.name}, seed {self.seed}. No real radar stands here.\n"
            (out / "sites.toml").write_text(heading + to_toml(self.sites, self._date), encoding="utf-8")
        zones = {"type": "FeatureCollection", "name": f"simulated: {self.name}", "features": list(self.zones)}
        (out / "zones.geojson").write_text(json.dumps(zones, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (out / "faults.json").write_text(
            json.dumps(marks | {"faults": list(self.faults)}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        self._write_registers(out / "registers")
        columns = dict(self.truth)
        columns["t_ns"] = pa.array(columns["t_ns"], pa.timestamp("ns", tz="UTC"))
        table = pa.table(columns).replace_schema_metadata(marks)
        parquet.write_table(table, out / "truth.parquet", compression="zstd")
        return sorted(path for path in out.rglob("*") if path.is_file())

    def _write_registers(self, folder):
        """What a port knows of these ships beside AIS: the LNG carriers, their movements, and who attends them."""
        sends = self.fleet.mmsi >= 0
        carriers = np.flatnonzero((self.fleet.kind == "lng") & sends)
        roles = {"tug": "escort", "pilot": "pilot", "law": "patrol"}
        attend = [k for k in np.flatnonzero(sends) if str(self.fleet.kind[k]) in roles]
        if not carriers.size:
            return
        folder.mkdir(exist_ok=True)
        note = f"# Simulated: scenario {self.name}, seed {self.seed}. No real vessel.\n"
        rows = [
            f"{self.papers.imo[k]},{self.fleet.mmsi[k]},{self.papers.name[k]},{self.fleet.length_m[k]:.0f},"
            f"{self.fleet.beam_m[k]:.0f}\n"
            for k in carriers
        ]
        text = note + "imo,mmsi,name,length_m,beam_m\n" + "".join(rows)
        (folder / "lng_carriers.csv").write_text(text, encoding="utf-8")
        rows = [f"{self.fleet.mmsi[k]},{self.papers.name[k]},{roles[str(self.fleet.kind[k])]}\n" for k in attend]
        (folder / "attendants.csv").write_text(note + "mmsi,name,role\n" + "".join(rows), encoding="utf-8")
        served = [name for z in self.zones for name in z["properties"].get("terminals", ())][:1]
        begin = f"{datetime.fromtimestamp(self.scene.start_ns // S, UTC):%Y-%m-%dT%H:%MZ}"
        rows = [f"{self.papers.name[k]},{self.fleet.mmsi[k]},{t},{begin},in,\n" for k in carriers for t in served]
        head = "vessel,mmsi,terminal,eta,direction,latest\n"
        (folder / "movements.csv").write_text(note + head + "".join(rows), encoding="utf-8")

    def _cat010(self, site):
        """The plots of one site as CAT010 target reports. They do not carry the SIM bit: readers drop such targets."""
        from vts.radar import asterix

        radar, plots = self.radars[site], self.plots.take(self.plots.site == site)
        values = {
            "i010_sac": radar.sac,
            "i010_sic": radar.sic,
            "i000_typ": 1,
            "i020_typ": PRIMARY,
            "i140_tod_s": plots.t_ns % DAY / S,
            "i040_rho_m": plots.range_m,
            "i040_th_deg": plots.azimuth_deg,
        }
        if not np.isnan(plots.length_m).all():
            values["i270_length_m"] = plots.length_m
        return asterix.encode(10, values)


def _measured_ns(rx_ns, second):
    """The time that a decoder gives to a seconds field heard at rx: the last such second, if at most 15 s ago."""
    t_ns = rx_ns - rx_ns % MINUTE + second.astype(np.int64) * S
    t_ns = np.where(t_ns > rx_ns, t_ns - MINUTE, t_ns)
    return np.where((second >= 0) & (second < 60) & (rx_ns - t_ns <= 15 * S), t_ns, rx_ns)


def zone(name, kind, geometry, *, source="", **properties):
    """One GeoJSON feature; without a source it is marked as an example."""
    properties = {"name": name, "kind": kind, "simulated": True, "example": not source} | properties
    properties["source"] = source or "example made for the simulation; no rule of any authority"
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(points):
    """A GeoJSON polygon of a ring of (lon, lat), closed here."""
    ring = [[round(float(x), 6), round(float(y), 6)] for x, y in points]
    return {"type": "Polygon", "coordinates": [ring if ring[0] == ring[-1] else [*ring, ring[0]]]}


def line(points):
    """A GeoJSON line of (lon, lat)."""
    return {"type": "LineString", "coordinates": [[round(float(x), 6), round(float(y), 6)] for x, y in points]}


def streams(name, seed):
    """Independent generators by purpose, so that a change in one part of a scenario leaves the draws of the others."""
    roots = np.random.SeedSequence([seed, *name.encode()]).spawn(5)
    return Streams(*(np.random.Generator(np.random.PCG64(root)) for root in roots))


class Streams(NamedTuple):
    """One generator a purpose."""

    ships: np.random.Generator
    motion: np.random.Generator
    ais: np.random.Generator
    radar: np.random.Generator
    faults: np.random.Generator


def replaced(scenario, **changes):
    """The scenario with some fields changed."""
    return dataclasses.replace(scenario, **changes)
