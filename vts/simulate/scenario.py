"""A scenario: what ships did, what sensors made of it, and both written as files.

Everything written is marked as simulated: names begin with SIM, stations with SIM-, and the files say so.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vts.schema import AIS_A, AIS_ATON, AIS_B, AIS_BASE, AIS_LONG_RANGE, RADAR_PLOT, Reports, Statics
from vts.simulate import aivdm, frame
from vts.simulate.aivdm import Messages
from vts.simulate.bound import posterior
from vts.simulate.motion import Motion, mode
from vts.simulate.radar import Plots
from vts.simulate.ships import Fleet
from vts.simulate.transponder import Net
from vts.units import KN, S

START_NS = 1_772_416_800 * S  # 2026-03-02T02:00:00Z, a Monday morning in the estuary
MODES = ("steady", "manoeuvring", "still")
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
        position_m, _velocity_mps = posterior(self)
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
        }

    def reports(self):
        """Reports as the decoders read them back from the written files, in order of reception; `seq` is the row."""
        ais = self._ais_reports()
        reports = Reports.concat([ais, *(self._radar_reports(site) for site in range(len(self.radars)))])
        reports = reports.take(np.lexsort((reports.sensor, reports.t_ns, reports.rx_ns)))
        return reports._replace(seq=np.arange(reports.n))

    def statics(self):
        """Statics as the decoders read them back, a row a message, in order of reception."""
        sent = self.messages
        sent = sent.take(np.isin(sent.type, (5, 19, 24)))
        ship = self.papers.take(sent.ship)
        part_b, class_b, name_only = sent.part == 1, sent.type == 24, (sent.type == 24) & (sent.part == 0)
        unnamed, no_papers = class_b & part_b, sent.type != 5
        nan = np.nan
        return ship._replace(
            mmsi=sent.mmsi,
            t_ns=sent.rx_ns // S * S,
            imo=np.where(no_papers, -1, ship.imo),
            ship_type=np.where(name_only, -1, ship.ship_type).astype(np.int16),
            length_m=np.where(name_only, nan, ship.length_m),
            beam_m=np.where(name_only, nan, ship.beam_m),
            to_bow_m=np.where(name_only, nan, ship.to_bow_m),
            to_port_m=np.where(name_only, nan, ship.to_port_m),
            draught_m=np.where(no_papers, nan, ship.draught_m),
            name=np.where(unnamed, "", ship.name),
            callsign=np.where(name_only | (sent.type == 19), "", ship.callsign),
            destination=np.where(no_papers, "", ship.destination),
            eta=np.where(no_papers, "", ship.eta),
            seq=np.arange(sent.n),
        )

    def _ais_reports(self):
        sent = self.messages.take(_KIND_OF_TYPE[self.messages.type] >= 0)
        sent = aivdm.quantised(sent)
        rx_ns = sent.rx_ns // S * S
        return Reports(
            t_ns=np.where(sent.second >= 0, sent.t_ns, rx_ns),
            rx_ns=rx_ns,
            sensor=np.zeros(sent.n, np.int16),
            kind=_KIND_OF_TYPE[sent.type],
            ident=sent.mmsi,
            lon_deg=sent.lon_deg,
            lat_deg=sent.lat_deg,
            sog_kn=sent.sog_kn,
            cog_deg=sent.cog_deg,
            heading_deg=sent.heading_deg,
            rot_deg_min=sent.rot_deg_min,
            nav_status=sent.nav_status,
        )

    def _radar_reports(self, site):
        radar, plots = self.radars[site], self.plots.take(self.plots.site == site)
        e, n = frame.polar_to_enu(plots.range_m, plots.azimuth_deg)
        lon, lat = frame.enu_to_lonlat(e, n, radar.lon_deg, radar.lat_deg)
        across_m = plots.range_m * np.radians(radar.sigma_azimuth_deg)
        return Reports(
            t_ns=plots.t_ns,
            rx_ns=plots.t_ns,
            sensor=np.full(plots.n, site + 1),
            kind=np.full(plots.n, RADAR_PLOT),
            lon_deg=lon,
            lat_deg=lat,
            range_m=plots.range_m,
            azimuth_deg=plots.azimuth_deg,
            major_m=np.maximum(across_m, radar.sigma_range_m),
            minor_m=np.minimum(across_m, radar.sigma_range_m),
            axis_deg=np.where(across_m > radar.sigma_range_m, plots.azimuth_deg + 90.0, plots.azimuth_deg) % 180.0,
            length_m=plots.length_m,
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
        (out / "sites.toml").write_text(self._sites_toml(), encoding="utf-8")
        zones = {"type": "FeatureCollection", "name": f"simulated: {self.name}", "features": list(self.zones)}
        (out / "zones.geojson").write_text(json.dumps(zones, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (out / "faults.json").write_text(
            json.dumps(marks | {"faults": list(self.faults)}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        columns = dict(self.truth)
        columns["t_ns"] = pa.array(columns["t_ns"], pa.timestamp("ns", tz="UTC"))
        table = pa.table(columns).replace_schema_metadata(marks)
        parquet.write_table(table, out / "truth.parquet", compression="zstd")
        return sorted(path for path in out.iterdir() if path.is_file())

    def _sites_toml(self):
        lines = [f"# Simulated: scenario {self.name}, seed {self.seed}. No real radar stands here."]
        for radar in self.radars:
            lines += [
                "\n[[site]]",
                f'name = "{radar.name}"',
                f"lon_deg = {radar.lon_deg}",
                f"lat_deg = {radar.lat_deg}",
                f"height_m = {radar.height_m}",
                f"sac = {radar.sac}",
                f"sic = {radar.sic}",
                f"period_s = {radar.period_s}",
                f"sigma_range_m = {radar.sigma_range_m}",
                f"sigma_azimuth_deg = {radar.sigma_azimuth_deg}",
                f"min_range_m = {radar.min_range_m}",
                f"max_range_m = {radar.max_range_m}",
                f"pd = {radar.pd}",
            ]
        return "\n".join(lines) + "\n"


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
