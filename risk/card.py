"""The model card: what was trained on what, how good it is beside its rules, and where it fails; as Markdown."""

MEASURED = (
    "## Measured on real traffic, never trained into this file",
    "",
    "Zone entry within 3 h, hourly AIS off Western Australia (OMTAD, licence not stated, so read and measured only),",
    "the same features and method fitted to 2018 and tested on 2019, vessels never seen, 2026-11-23; repeat it with",
    "`pytest --slow -m slow tests/risk/test_fixes.py`:",
    "",
    "| circles of 12 nm | AP | rule's AP | Brier skill | recall at precision 0.9 | ECE |",
    "|---|---|---|---|---|---|",
    "| the seven busiest of 2018 (lanes) | 0.993 | 0.980 | 0.925 | 0.988 | 0.0018 |",
    "| seven harbours, where ships enter by choice | 0.903 | 0.78 | 0.728 | 0.701 | 0.0018 |",
    "",
    "Close approach on real traffic: Scot Carrier and Karin Hoej (2021), pair ranked first four minutes before, by the",
    "rule; no public log here holds enough close approaches to judge the head, so nothing is claimed for it.",
)


def card(trained):
    """The card of a Model."""
    m = trained.manifest
    lines = [
        "# Model card",
        "",
        f"Data: {m['source']}. Seed {m['seed']}. Versions: "
        + ", ".join(f"{name} {version}" for name, version in sorted(m["versions"].items()))
        + ".",
        f"Split by time at {m['split'][0]:.0%} and {m['split'][1]:.0%}, with a gap of each head's horizon before",
        "calibration and test. Intervals: central 95 % of a bootstrap clustered by vessel.",
        "",
        "Simulated traffic is our own invention: these figures say that the machinery works, not how the model will",
        "do in your water. Retrain on your own store with `vts train` before you rely on a score.",
        "",
    ]
    for name, head in trained.heads.items():
        lines += _head(name, head, m["heads"][name])
    for name, entry in m.get("not_fitted", {}).items():
        lines += [f"## {name}", "", f"Not fitted: {entry['why']} ({entry['onsets']} events, {entry['rows']} rows).", ""]
    lines += [
        *MEASURED,
        "",
        "## Known failures",
        "",
        "- Vessels that stop reporting keep their last motion; after 600 s they get no score.",
        "- A zone without traffic in training of its kind and size is judged by geometry alone.",
        "- The combined risk is an index (see risk/scoring.py); only each head's probability is calibrated.",
        "",
    ]
    return "\n".join(lines)


def _head(name, head, record):
    """The section of one head."""
    metrics = record["metrics"]
    speaks = "the model speaks"
    if not head.promoted:
        speaks = f"NOT promoted ({metrics['why_not']}): the calibrated rule speaks"
    lines = [
        f"## {name}: {speaks}",
        "",
        f"Horizon {head.horizon_min:g} min, lead {head.lead_min:g} min, {record['rows']} rows, "
        f"{record['onsets']} events, data SHA-256 {record['data_sha256'][:16]}..., forest share {head.blend:g}, "
        f"alarm threshold {head.threshold:.3f}.",
        "",
        "| vessels | rows | events | base rate | AP model | AP rule | AP spline | AP persistence | AP isolation |"
        " gain | Brier skill | of rule | ECE | top 5 % gap | recall at precision 0.9 |",
        "|" + "---|" * 15,
    ]
    for who in ("all", "unseen"):
        t = metrics[who]
        if not t["events"]:
            lines.append(f"| {who} | {t['rows']} | 0 |" + " |" * 12)
            continue
        ap = t["ap"]
        lines.append(
            f"| {who} | {t['rows']} | {t['events']} | {t['base_rate']:.4f} | {ap['model']:.3f} "
            f"({t['ap_interval'][0]:.3f} to {t['ap_interval'][1]:.3f}) | {ap['rule']:.3f} | "
            f"{ap['spline_logistic']:.3f} | {ap['persistence']:.3f} | {ap['isolation_forest']:.3f} | "
            f"{t['gain_over_rule']:+.3f} ({t['gain_interval'][0]:+.3f} to {t['gain_interval'][1]:+.3f}) | "
            f"{t['brier_skill']:.3f} | "
            f"{t['brier_skill_calibrated_rule']:.3f} | {t['ece']:.4f} | {t['top5_gap']:.3f} | "
            f"{t['recall_at_precision_0.9']:.3f} |"
        )
    lines += [
        "",
        "| alarms an hour (all vessels) | recall | of rule | false share | of rule | median lead min | of rule |",
    ]
    lines += ["|" + "---|" * 7]
    for rate, both in metrics["all"].get("at_alarms_per_hour", {}).items():
        cells = [
            _cell(both[who][key]) for key in ("recall", "false_share", "median_lead_min") for who in ("model", "rule")
        ]
        lines.append(f"| {rate} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _cell(value):
    return "none" if value is None else f"{value:.3g}"
