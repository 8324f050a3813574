"""S-57 electronic chart cells -> features: the object classes that are zones (IHO S-57 edition 3.1, appendix A)."""

import math

from geofences.features import Defect, Feature, shape_name
from geofences.kinds import KINDS, POINT
from vts.errors import ZoneError

CLASSES = {
    "ACHARE": "anchorage",
    "ACHBRT": "anchorage",
    "BERTHS": "berth",
    "BRIDGE": "bridge",
    "CBLARE": "cable",
    "DEPARE": "depth_area",
    "FAIRWY": "fairway",
    "HRBFAC": "terminal",
    "MARCUL": "obstruction_area",
    "PILBOP": "pilot_boarding",
    "PIPARE": "pipeline",
    "PRCARE": "precautionary_area",
    "RDOCAL": "reporting_line",
    "RESARE": "restricted_area",
    "TSEZNE": "tss_separation_zone",
    "TSSBND": "tss_boundary",
    "TSSLPT": "tss_lane",
}
# attribute: our parameter. ORIENT is the direction of traffic in degrees true, DRVAL1 the least depth.
_NUMBERS = {
    "DRVAL1": "depth_m",
    "ORIENT": "direction_deg",
    "RADIUS": "radius_m",
    "VERCLR": "clearance_m",
    "VERCCL": "clearance_closed_m",
}
_DATES = {"DATSTA": "valid_from", "DATEND": "valid_to"}
# RESTRN, as far as a rule can act upon it
_RESTRICTIONS = {
    "1": "anchoring prohibited",
    "2": "anchoring restricted",
    "3": "fishing prohibited",
    "4": "fishing restricted",
    "7": "entry prohibited",
    "8": "entry restricted",
    "13": "no wake",
    "14": "area to be avoided",
    "27": "speed restricted",
}
_ONE_WAY = {1: "inbound", 2: "outbound", 3: "one-way"}  # TRAFIC; 4 is two-way


def features(path, defects):
    """The zones of a cell, updates beside it applied. ZoneError where it cannot be read.

    Objects that lack what their kind needs (a point without RADIUS, a lane without ORIENT) are left out with a
    Defect that is not fatal: a cell comes from a hydrographic office and is not the user's to mend.
    """
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        layers = {str(name) for name, _ in pyogrio.list_layers(path)}
        head = _rows(pyogrio, path, "DSID")[0][1] if "DSID" in layers else {}
        found = [
            (name, geometry, row)
            for name in sorted(layers & set(CLASSES))
            for geometry, row in _rows(pyogrio, path, name)
        ]
    except (DataSourceError, DataLayerError, IndexError, RuntimeError) as error:
        raise ZoneError(f"{path}: not an S-57 cell that can be read ({error}); fetch the .000 file again") from error
    cell = head.get("DSID_DSNM") or path.name
    source = f"S-57 cell {cell}, edition {head.get('DSID_EDTN', '?')} of {head.get('DSID_ISDT', '?')}"
    out, names = [], set()
    for name, geometry, row in found:
        feature = _feature(path, name, geometry, row, source, names)
        lacks = _lacking(feature)
        if lacks:
            defects.append(Defect(str(path), feature.label, "", lacks, "it is left out", fatal=False))
        else:
            out.append(feature)
    return out


def _rows(pyogrio, path, layer):
    """[(WKB or None, {attribute: value})] of a class, without the attributes that are not set."""
    meta, _, geometry, columns = pyogrio.raw.read(path, layer=layer)
    names, n = list(meta["fields"]), len(columns[0]) if len(columns) else 0
    shapes = geometry if geometry is not None else [None] * n
    values = [[_plain(value) for value in column.tolist()] for column in columns]
    return [
        (shapes[k], {name: column[k] for name, column in zip(names, values) if column[k] not in (None, "", [])})
        for k in range(n)
    ]


def _plain(value):
    """A value of the driver as a number, a text or a list; None where it is not set."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return None if isinstance(value, float) and math.isnan(value) else value


def _feature(path, name, geometry, row, source, names):
    """One S-57 object as a Feature."""
    kind = CLASSES[name]
    p = {"kind": kind, "class": name, "source": source, "confidence": "high"}
    p |= {ours: float(row[theirs]) for theirs, ours in _NUMBERS.items() if theirs in row}
    for theirs, ours in _DATES.items():
        text = str(row.get(theirs, ""))
        if len(text) == 8 and text.isdigit():
            p[ours] = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if "PERSTA" in row or "PEREND" in row:
        p["season"] = f"{row.get('PERSTA', '')} to {row.get('PEREND', '')}"
    if "SORIND" in row:
        p["source"] += f"; {row['SORIND']}"
        p["jurisdiction"] = str(row["SORIND"])[:2]
    if "INFORM" in row:
        p["note"] = str(row["INFORM"])
    codes = row.get("RESTRN", "")
    codes = {str(c) for c in (codes if isinstance(codes, list) else str(codes).split(",")) if str(c)}
    if codes:
        p["restrictions"] = [text for code, text in _RESTRICTIONS.items() if code in codes]
    if kind == "restricted_area" and not codes & {"7", "8", "14"}:
        # a chart restricts many things besides entry: an area without wake or trawling is no area without vessels
        p["kind"] = "no_anchoring_area" if codes & {"1", "2"} else "rules_area"
    traffic = row.get("TRAFIC")
    if traffic in _ONE_WAY and (kind != "fairway" or "direction_deg" in p):
        p["one_way"] = True
    label = str(row.get("OBJNAM") or "")
    if not label or label in names:
        label = f"{label or kind.replace('_', ' ')} ({name} {row.get('FIDN', '?')}-{row.get('FIDS', '?')})"
    names.add(label)
    return Feature(str(path), label, geometry, p | {"name": label})


def _lacking(feature):
    """Why an object cannot be a zone, in words; "" when it can."""
    kind, shape = KINDS[feature.properties["kind"]], shape_name(feature.geometry)
    if shape not in kind.shapes:
        return f"is a {feature.properties['class']} drawn as {shape}"
    needs = kind.needs + (kind.point_needs if shape == POINT else ())
    missing = [need for need in needs if feature.properties.get(need) is None]
    return f"is a {feature.properties['class']} without {missing[0]}" if missing else ""
