"""Radar decoders against their peers on the same octets, and the extractor against the antenna's turn.

Peers run in environments of their own (make oracle); a row whose peer is absent says so and is not met.
"""

import functools
import json
import operator
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.bench import extractor_picture as scene
from vts.radar import Site, read
from vts.radar.asterix import Decoder, decode, encode
from vts.radar.feed import framing
from vts.radar.video import Reader
from vts.schema import Rejects
from vts.units import KN, NM

ROOT = Path(__file__).resolve().parents[2]
SITES = (Site("bench", 0, 113.9, 22.4, sac=1, sic=2, date="2026-01-01", max_range_m=900_000.0),)
OWN = (Site("own", 0, own_ship=True),)
PEERS = {"libasterix": ".venv-oracle", "pynmea2": ".venv-oracle", "decoder": ".venv-decoder"}


def best(work, times=5):
    """Seconds of the fastest of a few runs."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def peer(name, octets):
    """(seconds, records) of a peer on these octets; None where its environment is absent."""
    python = ROOT / PEERS[name] / "bin" / "python"
    if not python.exists():
        return None
    with tempfile.NamedTemporaryFile() as file:
        file.write(octets)
        file.flush()
        script = ROOT / "tests" / "oracle" / "peer_speed.py"
        done = subprocess.run([python, script, name, file.name], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    return said["seconds"], said["count"]


def row(what, unit, ours, theirs, target, least=0.0, note=""):
    """One line of the table; `least` is what `ours` itself must reach."""
    ratio = None if theirs is None else ours / theirs
    met = ours >= least and (ratio is not None and ratio >= target)
    note = note or ("" if theirs is not None else "peer absent: make oracle")
    goal = f">= {target:g} x" + (f", >= {least:,.0f}" if least else "")
    found = {"what": what, "ours": ours, "peer": theirs, "unit": unit, "ratio": ratio}
    return found | {"target": goal, "met": met, "note": note}


def targets(category, n, rng):
    """(octets, columns) of n records of a category with the items that matter, 16 to a block."""
    head = {"i010_sac": 1, "i010_sic": 2}
    tod, track = np.sort(rng.uniform(0, 86_000, n)), rng.integers(0, 4096, n)
    polar = rng.uniform(0.1, 30, n), rng.uniform(0, 359.9, n)
    speed = {"i200_gsp_nmps": rng.uniform(0, 20, n) * KN / NM}
    if category == 10:
        own = {"i000_typ": 1, "i020_typ": 3, "i140_tod_s": tod, "i040_rho_m": polar[0] * NM, "i040_th_deg": polar[1]}
        own |= {"i161_trk": track, "i200_tra_deg": polar[1], "i170_cnf": 0, "i270_length_m": 80, "i131_amp": 90} | speed
    elif category == 48:
        own = {"i140_tod_s": tod, "i020_typ": 1, "i040_rho_nm": polar[0], "i040_theta_deg": polar[1], "i161_trn": track}
        own |= {"i200_hdg_deg": polar[1], "i170_cnf": 0} | speed
    else:
        own = {"i070_tod_s": tod, "i105_lat_deg": 22 + polar[0] / 60, "i105_lon_deg": 114 + polar[0] / 60}
        own |= {"i185_vx_mps": polar[0], "i185_vy_mps": -polar[0], "i040_trn": track, "i080_mon": 1, "i290_psr_s": 1.0}
    return encode(category, head | own), list(head | own)


def video(image):
    """CAT240 octets of a scan."""
    n, cells = image.shape
    az = np.arange(n) * 360.0 / n
    values = {
        "i010_sac": 1, "i010_sic": 2, "i000_typ": 2, "i020_index": np.arange(n), "i041_startaz_deg": az,
        "i041_endaz_deg": (az + 360.0 / n) % 360.0, "i041_startrg": 0, "i048_c": 0, "i048_res": 4, "i049_nbvb": cells,
        "i041_celldur_fs": scene.CELL_M * 2 / 299_792_458.0 * 1e15, "i049_nbcells": cells,
        "i140_tod_s": 40_000 + az / 360.0 * 2.5,
    }  # fmt: skip
    return encode(240, values, raw=("051", image), per_block=1)


def decode_video(pieces):
    """Radials of blocks of octets, the cells unpacked."""
    decoder = Decoder(SITES, Rejects("bench"), start_ns=0)
    reader = Reader(decoder)
    buffers = framing("asterix", iter(pieces), decoder.layout, decoder.rejects)
    return sum(radials.n for framed in buffers for _, radials in reader.radials(framed))


def sentences(n, rng):
    """TTM sentences under one own position."""
    lines = []
    bodies = ["GPRMC,120000,A,2230.0000,N,11400.0000,E,0.0,67.0,010226,2.9,E,A"]
    bodies += [
        f"RATTM,{k % 100:02d},{rng.uniform(0.1, 12):.2f},{rng.uniform(0, 359):.1f},T,10.5,45.3,T,0.2,3.0,N,NAME,T,,"
        f"1200{k % 60:02d},A"
        for k in range(n)
    ]
    for body in bodies:
        lines.append(f"${body}*{functools.reduce(operator.xor, body.encode()):02X}\r\n")
    return "".join(lines).encode()


def run():
    """Every measurement, as the collector prints it."""
    rng = np.random.default_rng(1)
    rows = []
    ships = scene.fleet(rng)
    image = scene.painted(rng, scene.clutter(rng, 5.0), ships)
    octets = video(image) * 4
    pieces = [octets[k : k + (1 << 22)] for k in range(0, len(octets), 1 << 22)]
    ours = len(octets) / best(lambda: decode_video(pieces)) / 1e6
    some = video(image[:64])
    said = peer("libasterix", some)
    note = "libasterix, cells left as octets" if said else ""
    rows.append(row("CAT240 decoded", "MB/s", ours, said and len(some) / said[0] / 1e6, 80, 500, note))
    for category in (10, 48, 62):
        (many, names), (some, _) = targets(category, 300_000, rng), targets(category, 1_000, rng)
        decoded = 300_000 / best(lambda c=category, many=many, names=names: decode(c, many, names))
        placed = 300_000 / best(lambda many=many: list(read([many], SITES, format="asterix")))
        for name, label in (("decoder", "asterix-decoder"), ("libasterix", "libasterix")):
            said = peer(name, some)
            theirs = said and said[1] / said[0]
            note = f"{label}; all that the records carry" if said else ""
            rows.append(row(f"CAT{category:03d} decoded", "records/s", decoded, theirs, 50, note=note))
        rows.append(
            row(f"CAT{category:03d} to Reports", "records/s", placed, theirs, 50, note="libasterix; positions too")
        )
    seconds = best(lambda: scene.extracted(image), 3)
    note = "peer: half a 2.5 s turn"
    rows.append(row("scan of 4096 x 4096 extracted", "scans/s", 1 / seconds, 1 / 1.25, 1, note=note))
    reports, _ = scene.extracted(image)
    found, false = scene.judged(reports, ships)
    note = f"K clutter, shape 5, 16 dB, 1e-5; {false} false plots"
    rows.append(row("ships of 4-19 cells found", "of 200", float(found), 195.0, 1, note=note))
    text = sentences(100_000, rng)
    ours = 100_000 / best(lambda: list(read([text], OWN, format="arpa")), 3)
    said = peer("pynmea2", text[:500_000])
    rows.append(row("TTM to Reports", "sentences/s", ours, said and said[1] / said[0], 5))
    return rows
