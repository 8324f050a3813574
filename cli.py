#!/usr/bin/env python3
"""The commands: the only wall clock, print and exit code. It reads as the system reads.

Exit codes: 0 done, 1 done with alerts where --fail-on asked, 2 usage, 3 bad input, 130 interrupted.
Heavy libraries are imported inside the commands, so that `vts --help` answers at once.
"""

import json
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

DONE, ALERTED, USAGE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 3, 130


class Commands(click.Group):
    """A group that ends every error as one sentence and an exit code, never as a traceback."""

    def main(self, *args, **kwargs):
        from vts.errors import LingdingError

        try:
            sys.exit(super().main(*args, **{**kwargs, "standalone_mode": False}) or DONE)
        except click.exceptions.Abort:
            _fail("interrupted; what was written before stays valid", INTERRUPTED)
        except click.ClickException as error:
            error.show()
            sys.exit(USAGE)
        except LingdingError as error:
            _fail(str(error), error.exit_code)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output has gone; that is its right
            sys.exit(DONE)


def _fail(sentence, code):
    """One sentence on standard error, as JSON where the command was called with --json, and the exit code."""
    if "--json" in sys.argv:
        _event("error", text=sentence, exit_code=code)
    click.echo(f"vts: {sentence}", err=True)
    sys.exit(code)


def _event(event, **fields):
    """One JSON line on standard output."""
    click.echo(json.dumps({"event": event, **fields}, ensure_ascii=False, default=str))


def _utc(t_ns):
    """An instant as ISO 8601, UTC."""
    return datetime.fromtimestamp(t_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parsed_ns(text):
    """ns since 1970 of an ISO 8601 time; a time without a zone is UTC."""
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not an ISO 8601 time such as 2026-01-31T08:00:00Z") from None
    return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp() * 1e9)


def _version(ctx, _param, wanted):
    """Print the version and leave."""
    if wanted:
        from vts import __version__

        click.echo(f"vts {__version__}")
        ctx.exit()


json_option = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output, for programs.")
start_option = click.option("--start", help="UTC time of the first message of a log without times.")
rate_option = click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="... and its messages a second.")
config_option = click.option("--config", type=click.Path(), help="TOML file of what differs from the defaults.")
sites_option = click.option("--sites", type=click.Path(), help="Radar sites (TOML); default: the shipped ones.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def main():
    """Lingding: watch vessels, from a log's bytes to risk."""


class Progress:
    """A line on standard error with rate and time left, where somebody is looking; silent otherwise."""

    def __init__(self, feeds, quiet):
        self._feeds = feeds
        self._shown = sys.stderr.isatty() and not quiet
        self._start = self._last = time.monotonic()

    def show(self, picture, reports):
        """At most five times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < 0.2:
            return
        self._last = now
        done = sum(getattr(f, "bytes_done", 0) for f in self._feeds)
        total = sum(getattr(f, "bytes_total", 0) for f in self._feeds)
        spent = now - self._start
        left = f"{spent * (total - done) / done:,.0f} s left" if 0 < done <= total else ""
        rate = f"{reports / spent:,.0f} reports/s"
        click.echo(f"\r\x1b[K{_utc(picture.at_ns)}  {picture.tracks.n} tracks  {rate}  {left}", nl=False, err=True)

    def end(self):
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _feeds(logs, sites, start_ns, rate):
    """A feed of every sensor that each log holds."""
    import ais
    from vts import radar

    feeds = []
    for log in logs:
        kind = radar.sniff(log)
        if kind is not None:
            feeds.append(radar.read(log, sites, format=kind))
        if kind in (None, "arpa"):
            feeds.append(ais.read(log, start=start_ns, rate=rate))
    return feeds


def _totals(feeds, merged):
    """The totals of all feeds: read = used + rejected; sentences that one reader hands to another count once."""
    from vts.schema import Rejects

    radar_sources = {f.rejects.source for f in feeds if getattr(f, "format", "") == "arpa"}
    total = Rejects("all")
    for feed in feeds:
        if getattr(feed, "format", "") != "arpa" and feed.rejects.source in radar_sources:
            feed.rejects.counts.pop("other sentence", None)
        total.merge(feed.rejects)
    return {
        "read": total.read,
        "used": total.used,
        "rejected": dict(sorted(total.counts.items())),
        "examples": total.examples,
        "sources": [
            {"source": f.rejects.source, "read": f.rejects.read, "used": f.rejects.used, "rejected": f.rejects.counts}
            for f in feeds
        ],
        "reports": {"read": merged.read, "used": merged.used, "rejected": merged.counts},
    }


@main.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the store to write.")
@click.option("--zones", multiple=True, type=click.Path(), help="Zone file or folder; default: the shipped zones.")
@click.option("--model", type=click.Path(), help="Risk model; default: the shipped one.")
@sites_option
@config_option
@start_option
@rate_option
@click.option("--fail-on", type=click.Choice(["caution", "warning", "alarm"]), help="Exit 1 on an alert this severe.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the alerts.")
@json_option
def replay(logs, out, zones, model, sites, config, start, rate, fail_on, lang, as_json):
    """Replay logs of AIS and radar from bytes to risk, into a store.

    Example: vts replay day.nmea.gz night.ast --out out/day
    """
    began = time.monotonic()
    if as_json:
        _event("start", logs=list(logs), out=str(out))
    else:
        click.echo(f"Replay of {', '.join(logs)} into {out}")

    import geofences
    import risk
    import vts
    from vts import paths, radar, schema
    from vts.wording import Wording

    settings = vts.load_config(config)
    sites = radar.load_sites(sites or paths.data_dir() / "sites.toml")
    zones = geofences.load(list(zones) or paths.data_dir() / "zones")
    model = risk.load(model or paths.data_dir() / "models" / "current")
    feeds = _feeds(logs, sites, _parsed_ns(start), rate)
    merged = vts.merge(feeds, lateness_s=settings.fusion.lateness_s)
    tracker = vts.Tracker(settings.fusion, sites)
    wording = Wording(lang, _rules(), zones.to_geojson())
    progress = Progress(feeds, as_json)
    seen = {"pictures": 0, "vessels": set(), "alerts": {}, "worst": -1, "first": None, "last": None}

    with vts.Store(out) as store:
        store.write_zones(zones.to_geojson())
        store.write_catalogue(_rules())
        pictures = vts.fuse(store.record(merged), tracker)
        checked = geofences.check(pictures, zones, geofences.Watch(settings.watch))
        for picture in risk.score(checked, model, risk.Watch(settings.risk)):
            store.append(picture)
            _tell(picture, wording, as_json, seen, progress)
            progress.show(picture, merged.rejects.used)
        progress.end()
        totals = _totals(feeds, merged.rejects)
        for feed in feeds:
            store.add_rejects(feed.rejects)
    spent = time.monotonic() - began
    summary = {
        **totals,
        "fusion": tracker.rejects.counts,
        "pictures": seen["pictures"],
        "tracks": len(seen["vessels"]),
        "alerts": dict(sorted(seen["alerts"].items())),
        "first": seen["first"] and _utc(seen["first"]),
        "last": seen["last"] and _utc(seen["last"]),
        "seconds": round(spent, 3),
        "peak_mb": _peak_mb(),
        "out": str(out),
    }
    if as_json:
        _event("summary", **summary)
    else:
        _print_summary(summary)
    if fail_on and seen["worst"] >= schema.SEVERITIES.index(fail_on):
        return ALERTED
    return DONE


def _rules():
    """The texts of every rule and behaviour."""
    from vts import plugins, wording

    return wording.catalogue(plugins.discover("geofences.rules") | plugins.discover("risk.behaviours"))


def _tell(picture, wording, as_json, seen, progress):
    """Count what is in a picture and say its alerts, most urgent first."""
    from vts import schema
    from vts.wording import alert_dicts

    seen["pictures"] += 1
    seen["vessels"].update(picture.tracks.track.tolist())
    seen["first"] = seen["first"] or picture.at_ns
    seen["last"] = picture.at_ns
    wording.learn(picture.statics)
    for alert in sorted(alert_dicts(picture.alerts), key=lambda a: (-a["severity"], a["rule"], a["alert"])):
        state = schema.ALERT_STATES[alert["state"]]
        if state == "raised":
            seen["alerts"][alert["rule"]] = seen["alerts"].get(alert["rule"], 0) + 1
            seen["worst"] = max(seen["worst"], alert["severity"])
        if as_json:
            _event("alert", **wording.facts(alert))
        elif state in ("raised", "withdrawn"):
            progress.end()
            click.echo(wording.line(alert))


def _peak_mb():
    """Largest resident size of this process so far, MB."""
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _print_summary(summary):
    """The totals as a person reads them."""
    click.echo(
        f"\n{summary['first']} to {summary['last']}: {summary['pictures']:,} pictures, {summary['tracks']:,} tracks"
    )
    click.echo(f"read {summary['read']:,} = used {summary['used']:,} + rejected {sum(summary['rejected'].values()):,}")
    for reason, count in sorted(summary["rejected"].items(), key=lambda item: -item[1]):
        click.echo(f"  {count:>12,}  {reason:<24} {summary['examples'].get(reason, '')[:80]}")
    reports = summary["reports"]
    left_out = ", ".join(f"{n:,} {reason}" for reason, n in (reports["rejected"] | summary["fusion"]).items())
    click.echo(f"reports {reports['read']:,}, used {reports['used']:,}" + (f"; {left_out}" if left_out else ""))
    for rule, count in summary["alerts"].items():
        click.echo(f"  {count:>12,}  alerts of {rule}")
    rate = summary["read"] / max(summary["seconds"], 1e-9)
    click.echo(
        f"{summary['seconds']:.1f} s, {rate:,.0f} a second, peak {summary['peak_mb']:,} MB; store in {summary['out']}"
    )


@main.command()
@click.argument("log")
@click.option("--to", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: standard output (jsonl, csv).")
@click.option("--raw", is_flag=True, help="Wire integers instead of units.")
@click.option("--summary", type=click.Path(path_type=Path), help="Write the totals to this file as JSON.")
@sites_option
@start_option
@rate_option
@json_option
def decode(log, form, out, raw, summary, sites, start, rate, as_json):
    """Decode a log of AIS or radar, message by message.

    Example: vts decode day.nmea.gz --to jsonl --summary totals.json
    """
    import ais
    from vts import paths, radar

    if form == "parquet" and out is None:
        raise click.UsageError("--to parquet needs --out FILE")
    kind = radar.sniff(log)
    if form == "jsonl":
        if kind is None:
            source = ais.messages(log, start=_parsed_ns(start), rate=rate, raw=raw)
        else:
            source = radar.messages(log, radar.load_sites(sites or paths.data_dir() / "sites.toml"), format=kind)
        with click.open_file(str(out or "-"), "w", encoding="utf-8") as file:
            for message in source:
                file.write(json.dumps(message, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        source = _feeds([log], radar.load_sites(sites or paths.data_dir() / "sites.toml"), _parsed_ns(start), rate)[0]
        _write_table(source, form, out)
    totals = {"read": source.rejects.read, "used": source.rejects.used, "rejected": source.rejects.counts}
    if summary:
        summary.write_text(json.dumps({"log": log, **totals, "examples": source.rejects.examples}, indent=1) + "\n")
    line = f"read {totals['read']:,} = used {totals['used']:,} + rejected {sum(totals['rejected'].values()):,}"
    click.echo(json.dumps({"event": "summary", **totals}) if as_json else line, err=True)


def _write_table(source, form, out):
    """The Reports of a feed as CSV or Parquet, batch by batch."""
    import pyarrow.csv
    import pyarrow.parquet

    from vts.schema import Reports

    schema = Reports.empty().to_arrow().schema
    if form == "csv":
        target = sys.stdout.buffer if out is None else str(out)
        writer = pyarrow.csv.CSVWriter(target, schema)
    else:
        writer = pyarrow.parquet.ParquetWriter(str(out), schema, compression="zstd")
    with writer:
        for batch in source:
            if isinstance(batch, Reports):
                writer.write_table(batch.to_arrow())


@main.command()
@click.argument("store", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("sql")
@json_option
def query(store, sql, as_json):
    """Ask a store in SQL: views reports, statics, tracks, alerts, scores, rejects.

    Example: vts query out/day "SELECT rule, count(*) FROM alerts GROUP BY rule"
    """
    import vts

    with vts.Store(store) as opened:
        frame = opened.sql(sql)
    if as_json:
        click.echo(frame.to_json(orient="records", lines=True, date_format="iso", force_ascii=False), nl=False)
    else:
        click.echo(frame.to_string(index=False) if len(frame) else "no rows")


@main.command("map")
@click.argument("store", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="HTML file to write.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en")
@json_option
def map_(store, out, lang, as_json):
    """Draw a store on a map that opens without a network.

    Example: vts map out/day --out out/day.html
    """
    import vts
    from vts import maps

    with vts.Store(store) as opened:
        maps.write(opened, out, lang=lang)
    _wrote(out, as_json)


@main.command()
@click.argument("store", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="HTML file to write.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en")
@json_option
def report(store, out, lang, as_json):
    """Write the report of a shift: traffic, alerts, top risks, data quality.

    Example: vts report out/day --out out/day-report.html
    """
    import vts
    from vts import report as reports

    with vts.Store(store) as opened:
        reports.write(opened, out, lang=lang)
    _wrote(out, as_json)


def _wrote(path, as_json):
    size = Path(path).stat().st_size
    _event("wrote", path=str(path), bytes=size) if as_json else click.echo(f"wrote {path} ({size / 1e6:.1f} MB)")


@main.group()
def zones():
    """Zones: check files of anchorages, corridors and lines."""


@zones.command("check")
@click.argument("path", type=click.Path())
@json_option
def zones_check(path, as_json):
    """Name every defect of a zone file or folder; exit 3 when there is one.

    Example: vts zones check data/zones
    """
    import geofences

    defects = geofences.defects(path)
    for defect in defects:
        _event("defect", **defect._asdict()) if as_json else click.echo(str(defect))
    if not defects:
        n = geofences.load(path).n
        _event("summary", zones=n, defects=0) if as_json else click.echo(f"{path}: {n} zones, no defect")
    return BAD_INPUT if defects else DONE


@main.command()
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the scenarios.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.")
@json_option
def simulate(name, as_list, seed, out, as_json):
    """Simulate a scenario with truth, written as the bytes that real sensors send.

    Example: vts simulate pearl-river --seed 7 --out out/sim
    """
    from vts import simulate as simulator

    if as_list or name is None:
        for known in simulator.names():
            what = simulator.title(known)
            _event("scenario", name=known, what=what) if as_json else click.echo(f"{known:<20} {what}")
        return
    if out is None:
        raise click.UsageError("name a folder with --out")
    written = simulator.build(name, seed).write(out)
    for path in written:
        _wrote(path, as_json)


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the model to write.")
@click.option("--seed", type=int, default=1, show_default=True)
@json_option
def train(out, seed, as_json):
    """Train the risk model on simulated traffic; the same seed gives the same bytes.

    Example: vts train --out out/model
    """
    import risk

    card = risk.train(out, seed=seed, progress=None if as_json else lambda text: click.echo(text, err=True))
    _event("summary", **card) if as_json else _wrote(out / "manifest.json", as_json)


@main.group()
def evaluate():
    """Measure tracks against a truth, or a model against its baselines."""


@evaluate.command("tracks")
@click.argument("truth", type=click.Path(path_type=Path))
@click.argument("store", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def evaluate_tracks(truth, store, as_json):
    """GOSPA, RMSE, missed, false, id switches and more of a store's tracks against a truth.

    Example: vts evaluate tracks out/sim/truth.parquet out/day --json
    """
    from vts import metrics

    _print_metrics(metrics.evaluate(truth, store), as_json)


@evaluate.command("model")
@click.option("--model", type=click.Path(path_type=Path), help="Model to judge; default: the shipped one.")
@json_option
def evaluate_model(model, as_json):
    """The protocol's table for every head: the model against the rule and the other baselines.

    Example: vts evaluate model --json
    """
    import risk
    from vts import paths

    _print_metrics(risk.evaluate(model or paths.data_dir() / "models" / "current"), as_json)


def _print_metrics(metrics, as_json):
    if as_json:
        click.echo(json.dumps(metrics, ensure_ascii=False, default=float))
        return
    for name, value in metrics.items():
        click.echo(f"{name:<32} {value if not isinstance(value, float) else format(value, '.4g')}")


@main.command()
@click.option("--warm", is_flag=True, help="Compile every kernel now, so that nothing waits later.")
@json_option
def doctor(warm, as_json):
    """Versions, compile cache, memory and data files; with --warm, compile all kernels.

    Example: vts doctor --warm
    """
    import os
    import platform
    from importlib.metadata import version

    from vts import __version__, jit, paths

    cache = jit.kernels_dir()
    found = {
        "lingding": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "pyarrow", "duckdb", "scikit-learn", "shapely")},
        "cores": os.cpu_count(),
        "data": str(paths.data_dir()),
        "zones": len(list((paths.data_dir() / "zones").glob("*.geojson"))),
        "model": (paths.data_dir() / "models" / "current" / "manifest.json").is_file(),
        "compile_cache": str(cache),
        "compiled": sum(1 for _ in cache.rglob("*.nbc")) if cache.is_dir() else 0,
    }
    if warm:
        began = time.monotonic()
        _self_test()
        found["self_test_s"] = round(time.monotonic() - began, 1)
    if as_json:
        _event("doctor", **found)
    else:
        _print_metrics(found, as_json)


def _self_test():
    """Simulate, replay and score a short scenario in a temporary folder; compiles every kernel on the way."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, suppress(SystemExit):
        from vts import simulate as simulator

        simulator.build("pearl-river", 1, duration_s=360).write(Path(folder) / "sim")
        logs = [str(p) for p in sorted((Path(folder) / "sim").glob("*")) if p.suffix in (".nmea", ".ast")]
        replay.callback(
            logs, Path(folder) / "store", (), None, Path(folder) / "sim" / "sites.toml", *[None] * 4, "en", True
        )


@main.command()
@click.option("--out", default="out/demo", type=click.Path(path_type=Path), show_default=True)
@click.pass_context
def demo(ctx, out):
    """Simulate a short Pearl River scenario, replay it from raw bytes, and draw a map and a report.

    Example: vts demo --out out/demo
    """
    import shutil

    shutil.rmtree(out, ignore_errors=True)
    sim, store = out / "sim", out / "store"
    click.echo("1. Simulate (every vessel, name and position below is SIMULATED)")
    ctx.invoke(simulate, name="pearl-river", seed=7, out=sim)
    click.echo("\n2. Replay from raw bytes")
    logs = [str(p) for p in sorted(sim.iterdir()) if p.suffix in (".nmea", ".ast")]
    ctx.invoke(replay, logs=logs, out=store, sites=sim / "sites.toml", zones=(str(sim / "zones.geojson"),))
    click.echo("\n3. Map and report")
    ctx.invoke(map_, store=store, out=out / "map.html")
    ctx.invoke(report, store=store, out=out / "report.html")
    click.echo(f"\nOpen {out / 'map.html'} and {out / 'report.html'} in a browser; ask the store with")
    click.echo(f'  .venv/bin/vts query {store} "SELECT rule, count(*) AS n FROM alerts GROUP BY rule"')


if __name__ == "__main__":
    main()
