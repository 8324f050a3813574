#!/usr/bin/env python3
"""Make the shipped zone files from a table of places: python data/zones/build.py PLACES.geojson

The table is our own collection of published facts (see README.md). Facts carry over as they are; this script decides
only which are in force, gives each its jurisdiction and clock, and marks as ours every number that no source states.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS = "parameter of this project: no limit is published"
KINDS = {"radar_site_planned": None}  # no zone
DOUBT = ("superseded", "partial", "none", "low", "derived")


def zone(feature):
    """One place as a zone, or None where it is none."""
    p = dict(feature["properties"])
    if KINDS.get(p["kind"], p["kind"]) is None:
        return None
    said = p.pop("confidence")
    p["confidence"] = said.split()[0]
    if said != p["confidence"]:
        p["confidence_note"] = said.partition(" ")[2].strip("()") or said
    p["jurisdiction"] = "HK" if p["name"].startswith("HK ") or " FCZ " in p["name"] else "CN"
    p["time_zone"] = "Asia/Hong_Kong" if p["jurisdiction"] == "HK" else "Asia/Shanghai"
    p["valid_from"] = p.pop("effective", p.get("valid_from"))
    p.setdefault("valid_to", None)
    if p["kind"] == "lng_terminal" and p["name"].startswith("HK Offshore"):
        p["note"] = "corners S-V of the notice; the annulus between them and the safety zone is not drawn"
    if "rules" in p:
        p["parameters"] = parameters(p.pop("rules"))
    if "safety_radius_m" in p:
        p["moving_radius_m"] = p.pop("safety_radius_m")  # 50 m round the survey vessel, not round the area
    if p["kind"] == "anchorage" and feature["geometry"]["type"] == "Point":
        p["radius_m"], p["radius_source"] = 1852, OURS
    p["enabled"] = p["confidence"] in ("high", "medium") and not any(word in said for word in DOUBT)
    return {"type": "Feature", "geometry": feature["geometry"], "properties": p}


def parameters(rules):
    """The numbers of the Pearl River rules, each with the leg it holds on and its citation.

    They hold on parts of a channel whose limits we have from no source, so they bind no area by themselves: a corridor
    drawn there takes them up.
    """
    speed, ukc = "粤海法规〔2018〕28号 art. 45", "珠江口水域船舶安全航行规定 (2014) art. 5"
    wording = {
        "max_speed_kn_main_channel_Mayoushi_to_GZ42": ("max_speed_kn", "main channel, Mayoushi to buoy 42", speed),
        "max_speed_kn_north_of_GZ42": ("max_speed_kn", "main channel north of buoy 42", speed),
        "hsc_max_speed_kn_north_of_Batangwei": ("max_speed_hsc_kn", "high-speed craft north of Batangwei", speed),
        "ukc_pct_of_draught_Mayoushi_to_Nansha": ("ukc_pct", "Mayoushi to Nansha", ukc),
        "ukc_pct_of_draught_north_of_Nansha": ("ukc_pct", "north of Nansha", ukc),
    }  # fmt: skip
    return [
        {"parameter": name, "value": rules[key], "where": where, "citation": citation}
        for key, (name, where, citation) in wording.items()
    ]


def lanes(features):
    """The two lanes of Meizhou Bay TSS-1, each between its published boundary and the separation zone."""
    by_name = {f["properties"]["name"].split(" (")[0]: f for f in features}
    a, b, c, d = by_name["Meizhou Bay TSS-1 separation zone"]["geometry"]["coordinates"][0][:4]
    for side, (inner_from, inner_to), label in (("north", (a, d), "SW-bound"), ("south", (b, c), "NE-bound")):
        boundary = by_name[f"Meizhou Bay TSS-1 {side} boundary"]
        first, last = boundary["geometry"]["coordinates"]
        p = boundary["properties"]
        yield {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [[first, last, inner_to, inner_from, first]]},
            "properties": {
                "name": f"Meizhou Bay TSS-1 {label} lane", "kind": "tss_lane", "direction_deg": p["lane_dir_deg"],
                "one_way": True, "note": "drawn between the published boundary and the separation zone",
                "source": p["source"], "confidence": "high", "jurisdiction": "CN", "time_zone": "Asia/Shanghai",
                "valid_from": "2020-07-01", "valid_to": None, "enabled": True,
            },
        }  # fmt: skip


def main(source):
    features = json.loads(Path(source).read_text(encoding="utf-8"))["features"]
    zones = [z for z in map(zone, features) if z] + list(lanes(features))
    for name, enabled in (("guangdong.geojson", True), ("examples.geojson", False)):
        chosen = [z for z in zones if z["properties"]["enabled"] == enabled]
        lines = ",\n".join(json.dumps(z, ensure_ascii=False) for z in chosen)
        text = f'{{"type": "FeatureCollection", "name": "{name[:-8]}", "features": [\n{lines}\n]}}\n'
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
