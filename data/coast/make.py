"""Make land.npz from the npm package world-atlas 2.0.2 (Natural Earth 5 land at 1:10 million).

npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
python data/coast/make.py package/land-10m.json data/coast/land.npz

`ring` holds the length of each ring, `lon` and `lat` first differences within a ring in 1e-4 degree (11 m; the source
is drawn for 1:10 million, so a harbour's quays are not in it). One even-odd area: lakes are rings within rings.
"""

import json
import sys
from pathlib import Path

import numpy as np

STEP_DEG = 1e-4


def main(source, target):
    topology = json.loads(Path(source).read_text(encoding="utf-8"))
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.asarray(arc, float), axis=0) * scale + shift for arc in topology["arcs"]]

    def ring(indexes):
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indexes]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
        rings += [ring(indexes) for polygon in polygons for indexes in polygon]
    steps = [np.round(r / STEP_DEG).astype(np.int32) for r in rings]
    delta = [np.diff(s, axis=0, prepend=np.zeros((1, 2), np.int32)) for s in steps]
    lengths = np.array([len(d) for d in delta], np.int32)
    both = np.concatenate(delta)
    np.savez_compressed(target, ring=lengths, lon=both[:, 0], lat=both[:, 1])


if __name__ == "__main__":
    main(*sys.argv[1:])
