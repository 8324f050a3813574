"""Every benchmark, or those named, as ratios to a peer in one run: `python -m tests.bench [name ...] [--json FILE]`."""

import json
import sys
from importlib import import_module
from pathlib import Path

COLUMNS = ("what", "ours", "peer", "unit", "ratio", "target", "met", "note")


def main(argv):
    out = argv[argv.index("--json") + 1] if "--json" in argv else None
    wanted = [a for a in argv if not a.startswith("--") and a != out]
    names = sorted(p.stem.removeprefix("bench_") for p in Path(__file__).resolve().parent.glob("bench_*.py"))
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    rows = []
    for name in wanted or names:
        print(f"\n## {name}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
        for row in import_module(f"tests.bench.bench_{name}").run():
            rows.append({"bench": name, **row})
            print(f"| {' | '.join(_cell(row.get(c)) for c in COLUMNS)} |", flush=True)
    if out:
        Path(out).write_text(json.dumps(rows, indent=1, default=str) + "\n")
    return 0


def _cell(value):
    if isinstance(value, bool):
        return "yes" if value else "MISSED"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
