"""Large logs for the benchmarks: `python -m tests.bench.logs port|ports|uscg FILE [MESSAGES]`.

port: one harbour of 1,500 vessels; ports: ten of them with 1,000 each, 10,000 vessels. Every vessel reports each 10 s
and tells her name and size each six minutes. Four in ten lie still, three in ten sail to and fro in lanes, the rest go
where they like. uscg: the real log of that coast guard, repeated with its times moved on (8,450 vessels).
"""

import os
import re
import sys
from functools import reduce
from operator import xor
from pathlib import Path

import numpy as np

from vts.schema import Statics
from vts.simulate import aivdm
from vts.units import KN, S

ROOT = Path(__file__).resolve().parents[2]
USCG = ("ais", "uscg-nais-2016", "ais_2016_07_28_aa")
SPAN_S = 40  # of the real log
TAG = re.compile(rb"^\\([^\\*]*?)c:(\d{10})([^\\*]*)\*[0-9A-Fa-f]{2}\\", re.M)
START_NS = 1_700_000_000 * S
EVERY_S, STATIC_STEPS = 10, 36
# Hong Kong first, where the shipped zones lie; then ports that each have a sea of their own
HARBOURS = ((113.9, 22.2), (103.8, 1.2), (4.0, 52.0), (122.0, 31.0), (-74.0, 40.4), (-118.2, 33.6), (139.8, 35.3))
HARBOURS += ((129.1, 35.0), (-5.4, 36.0), (151.3, -33.9))
BOX_M = 30_000.0  # half a harbour's side


def main(argv):
    kind, path = argv[0], Path(argv[1])
    messages = int(argv[2]) if len(argv) > 2 else 1_000_000
    if kind == "uscg":
        repeated(real_log(), path, -(-messages // 100_000))
    else:
        simulated(path, messages, *((1, 1500) if kind == "port" else (10, 1000)))
    return 0


def real_log():
    """The real USCG log, or None where there is none."""
    source = Path(os.environ.get("LINGDING_DATA") or ROOT.parent / "shared" / "data").joinpath(*USCG)
    return source if source.exists() else None


def repeated(source, target, times):
    """Write `source` `times` times to `target`, each copy SPAN_S later; tag block checksums are made anew."""
    text = Path(source).read_bytes()
    with open(target, "wb") as out:
        for k in range(times):

            def moved(m, k=k):
                body = b"%sc:%d%s" % (m[1], int(m[2]) + k * SPAN_S, m[3])
                return b"\\%s*%02X\\" % (body, reduce(xor, body))

            out.write(TAG.sub(moved, text))
    return target


def simulated(path, messages, harbours, vessels, seed=1):
    """Write at least `messages` positions of `vessels` in each of so many harbours, and their static data."""
    rng = np.random.default_rng(seed)
    n = harbours * vessels
    home = np.array(HARBOURS[:harbours])[np.arange(n) // vessels]
    kind = rng.choice(3, n, p=(0.4, 0.3, 0.3))  # lies still, in a lane, anywhere
    east, north = rng.uniform(-BOX_M, BOX_M, (2, n))
    north = np.where(kind == 1, rng.integers(-6, 7, n) * 4000.0, north)
    course = np.where(kind == 1, rng.choice((90.0, 270.0), n), rng.uniform(0, 360, n))
    speed = np.where(kind == 0, 0.0, rng.uniform(4, 16, n))
    phase_ns = (rng.permutation(n) * (EVERY_S * S // n)).astype(np.int64)
    statics, mmsi = _fleet(rng, n), 413_000_000 + np.arange(n, dtype=np.int64)
    order = np.argsort(phase_ns)
    with open(path, "wb") as out:
        for k in range(-(-messages // n)):
            if k:
                step_m = speed * KN * EVERY_S
                course = (course + np.where(kind == 2, rng.normal(0, 3, n), 0.0)) % 360
                east, north = east + step_m * np.sin(np.radians(course)), north + step_m * np.cos(np.radians(course))
                out_e, out_n = np.abs(east) > BOX_M, np.abs(north) > BOX_M
                course = np.where(out_e, -course % 360, np.where(out_n, (180 - course) % 360, course))
                east, north = np.clip(east, -BOX_M, BOX_M), np.clip(north, -BOX_M, BOX_M)
            t_ns = START_NS + k * EVERY_S * S + phase_ns
            noise = rng.normal(0, 4, (2, n))
            lat = home[:, 1] + (north + noise[1]) / 111_000
            lon = home[:, 0] + (east + noise[0]) / (111_000 * np.cos(np.radians(home[:, 1])))
            said = aivdm.Messages(
                rx_ns=t_ns,
                t_ns=t_ns,
                type=1,
                mmsi=mmsi,
                ship=np.arange(n),
                station=0,
                second=t_ns // S % 60,
                lon_deg=lon,
                lat_deg=lat,
                sog_kn=np.round(np.maximum(speed + rng.normal(0, 0.1, n), 0), 1),
                cog_deg=np.where(kind == 0, np.nan, (course + rng.normal(0, 1, n)) % 360),
                heading_deg=course,
                nav_status=np.where(kind == 0, 1, 0),
                accurate=1,
            ).take(order)
            tell = said.take((said.ship + k) % STATIC_STEPS == 0)._replace()
            tell = tell._replace(type=np.full(tell.n, 5, np.int8))
            both = aivdm.Messages.concat([said, tell])
            both = both.take(np.argsort(both.rx_ns, kind="stable"))
            out.writelines(aivdm.encode(both, statics, ["bench"]))
    return path


def _fleet(rng, n):
    """Static data of n ships."""
    length = rng.uniform(20, 300, n).round()
    return Statics(
        mmsi=413_000_000 + np.arange(n),
        imo=9_000_000 + np.arange(n),
        ship_type=rng.choice((30, 52, 60, 70, 80), n),
        length_m=length,
        beam_m=(length / 7).round(),
        to_bow_m=(length / 2).round(),
        to_port_m=(length / 14).round(),
        draught_m=(length / 25).round(1),
        name=[f"VESSEL {k}" for k in range(n)],
        callsign=[f"B{k}" for k in range(n)],
        destination=["HONG KONG"] * n,
        eta=["01-02T03:04"] * n,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
