#!/usr/bin/env python3
"""The commands: the only wall clock, print and exit code. It reads as the system reads.

Exit codes: 0 done, 1 done with alerts where --fail-on asked, 2 usage, 3 bad input, 130 interrupted.
Heavy libraries are imported inside the commands, so that `vts --help` answers at once.
"""

import json
import logging
import os
import shlex
import sys
import time
from contextlib import ExitStack, redirect_stdout, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import click

DONE, ALERTED, USAGE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 3, 130
CHECKPOINT_S = 60  # of wall clock between states that a resumed run starts from
LANGUAGES = ("en", "zh")
DAYS_KEPT = 180  # prune never removes younger data unless told twice


class Given(NamedTuple):
    """What was typed, and the language that it asks for."""

    words: list
    lang: str

    @classmethod
    def of(cls, words):
        """--lang may stand anywhere; without it LINGDING_LANG, then the locale say."""
        locale = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
        lang = os.environ.get("LINGDING_LANG") or locale[:2]
        for i, word in enumerate(words):
            asked = word.removeprefix("--lang=") if word != "--lang" else "".join(words[i + 1 : i + 2])
            if word.startswith("--lang") and asked in LANGUAGES:
                lang, words = asked, words[:i] + words[i + 1 + (word == "--lang") :]
                break
        return cls(words, lang if lang in LANGUAGES else "en")

    def say(self, text):
        """A text of the program in the language asked for."""
        if self.lang == "en":
            return text
        from vts.speech import said  # not before it is needed: it brings numpy

        return said(text, self.lang)


class Compiling(logging.Handler):
    """Says that kernels are being compiled where that takes long, and at a terminal how many so far."""

    def __init__(self, tr):
        super().__init__(logging.INFO)
        self._tr, self._first_s, self._told, self._done = tr, None, False, 0

    def emit(self, record):
        self._first_s = self._first_s or record.created
        self._done += 1
        if record.created - self._first_s < 3.0:
            return
        if not self._told:
            said = self._tr("compiling for this machine, once: a minute or more; vts doctor --warm does it beforehand")
            click.echo(said, err=True)
            self._told = True
        elif sys.stderr.isatty():
            click.echo(f"\r\x1b[K{self._done}\r", err=True, nl=False)  # what comes next takes its place


class Context(click.Context):
    """A command's context; its help is in the language asked for."""

    def make_formatter(self):
        lang = _lang(self)
        if lang == "en":
            return super().make_formatter()
        from vts.speech import Formatter

        return Formatter(lang, width=self.terminal_width, max_width=self.max_content_width)


def _lang(ctx=None):
    return getattr((ctx or click.get_current_context()).find_root().obj, "lang", "en")


def _tr(text, /, **values):
    """A text of the program in the language of the command, its {values} filled in."""
    from vts.wording import translator

    return translator(_lang())(text, **values)


class Command(click.Command):
    context_class = Context


class Commands(click.Group):
    """A group that ends every error as one sentence and an exit code, never as a traceback."""

    context_class, command_class, group_class = Context, Command, type

    def main(self, args=None, **kwargs):
        given = Given.of(sys.argv[1:] if args is None else list(args))

        def fail(sentence, code):
            _fail(given.say(sentence), code, "--json" in given.words)

        kernels = logging.getLogger("vts.jit")
        kernels.setLevel(logging.INFO)
        kernels.handlers = [Compiling(given.say)]
        try:
            sys.exit(super().main(given.words, **{**kwargs, "standalone_mode": False, "obj": given}) or DONE)
        except SystemExit as leaving:
            gone = type(sys.stdout).__name__.endswith("PacifyFlushWrapper")  # click's mark of a reader that has left
            raise SystemExit(DONE if gone else leaving.code) from None
        except (click.exceptions.Abort, KeyboardInterrupt):
            fail("interrupted; what was written before stays valid", INTERRUPTED)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(USAGE)
        except click.ClickException as error:
            if getattr(error, "ctx", None):
                click.echo(error.ctx.get_usage(), err=True)
            fail(error.format_message(), USAGE)
        except MemoryError:
            fail("out of memory; give a shorter --start/--end, or a machine with more", BAD_INPUT)
        except OSError as error:
            what, why = error.filename or "input", error.strerror or error
            fail(f"{what}: {why}; check the name and its permissions", BAD_INPUT)
        except Exception as error:
            from vts.errors import LingdingError

            if type(error).__module__.endswith("duckdb"):
                why = str(error).strip().splitlines()[0]
                fail(f"a part of the store cannot be read ({why}); copy the store again, or replay the log", BAD_INPUT)
            if not isinstance(error, LingdingError):
                raise
            fail(str(error), error.exit_code)


def _fail(sentence, code, as_json):
    """One sentence on standard error, as JSON where the command was called with --json, and the exit code."""
    if as_json:
        _event("error", text=sentence, exit_code=code)
    click.echo(f"vts: {sentence}", err=True)
    sys.exit(code)


def _event(event, **fields):
    """One JSON line on standard output."""
    click.echo(_json(event, **fields))


def _json(event, **fields):
    return json.dumps({"event": event, **fields}, ensure_ascii=False, default=_plain)


def _plain(value):
    """What JSON has no word for: NumPy numbers as numbers, the rest as text."""
    return value.item() if hasattr(value, "item") else str(value)


class Asked(click.ParamType):
    """What a user types, as a value of `vts.asked`; loaded when it is asked for."""

    def __init__(self, parse, name):
        self.parse, self.name = parse, name

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        from vts import asked

        try:
            return getattr(asked, self.parse)(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


INSTANT, AREA = Asked("instant", "time"), Asked("area", "W,S,E,N")


def _version(ctx, _param, wanted):
    """Print the version and leave."""
    if wanted:
        from vts import __version__

        click.echo(f"vts {__version__}")
        ctx.exit()


json_option = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output, for programs.")
rate_option = click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Messages a second of a log without times."
)
config_option = click.option("--config", type=click.Path(), help="TOML file of what differs from the defaults.")
sites_option = click.option("--sites", type=click.Path(), help="Radar sites (TOML), needed for radar logs.")
lang_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default=_lang, help="Language; LINGDING_LANG sets it."
)
tz_option = click.option(
    "--tz", type=click.Choice(["UTC", "Asia/Shanghai"]), default="UTC", envvar="LINGDING_TZ", help="Times shown in."
)
start_option = click.option("--start", type=INSTANT, help="From this time on, UTC unless it says otherwise.")
end_option = click.option("--end", type=INSTANT, help="Before this time.")
mmsi_option = click.option("--mmsi", type=int, help="This vessel only.")
psc_option = click.option(
    "--psc", type=click.Path(), help="Folder of port-state-control lists and the watch list (CSV)."
)
regime_option = click.option(
    "--regime", type=click.Choice(["tokyo", "paris"]), default="tokyo", show_default=True, help="Memorandum."
)
seed_option = click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
store_argument = click.argument("store", metavar="DIR", type=click.Path(path_type=Path))
out_file = click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def main():
    """Lingding: watch vessels, from a log's bytes to risk.

    Exit codes: 0 done, 1 done with alerts where --fail-on asked, 2 usage, 3 bad input, 130 interrupted.
    """


# Replay


@main.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the store to write.")
@click.option("--zones", multiple=True, type=click.Path(), help="Zone file or folder; default: the shipped zones.")
@click.option("--registers", type=click.Path(), help="Folder of registers (LNG carriers, permits ...).")
@click.option("--land", is_flag=True, help="Look for positions on land; rivers need a fairway or port zone of yours.")
@click.option("--model", type=click.Path(), help="Risk model; default: the shipped one.")
@psc_option
@regime_option
@sites_option
@config_option
@start_option
@end_option
@rate_option
@click.option("--area", type=AREA, help="Reports within this box only; those without a position stay.")
@click.option("--speed", type=Asked("speed", "RATE"), default="max", help="Event time to the clock: 1, 10, max.")
@click.option("--watch", "watched", multiple=True, type=int, metavar="MMSI", help="Tell alerts of this vessel only.")
@click.option("--only", multiple=True, metavar="RULE", help="Tell alerts of this rule only.")
@click.option(
    "--budget",
    type=Asked("budget", "N/h"),
    help="Tell at most so many an hour, or all; default: the configuration's, all with --json. Alarms are always told.",
)
@click.option("--fail-on", type=click.Choice(["caution", "warning", "alarm"]), help="Exit 1 on an alert this severe.")
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted, with identical numbers.")
@lang_option
@tz_option
@json_option
@click.pass_context
def replay(ctx, **options):
    """Replay logs of AIS and radar from bytes to risk, into a store.

    In a terminal: space pauses, n steps one picture, j runs to the next alert, + and - change the speed, q stops.

    Example: vts replay day.nmea.gz night.ast --sites sites.toml --out out/day
    """
    words = [word for word in ctx.obj.words if word != "--resume"]
    return _replay(SimpleNamespace(**options), again=shlex.join(["vts", *words, "--resume"]))


def _options(logs, out, **own):
    """What `vts replay LOGS --out OUT` would be asked for, and `own` options besides."""
    words = [*map(str, logs), "--out", str(out)]
    return SimpleNamespace(**replay.make_context("replay", words, parent=click.get_current_context()).params | own)


def _replay(asked, note="", again=""):
    """The straight line, from logs to a store; returns the exit code."""
    began = time.monotonic()
    from vts.wording import translator

    tr = translator(asked.lang)
    if asked.as_json:
        _event("start", logs=list(asked.logs), out=str(asked.out))
    else:
        click.echo(tr("Replay of {logs} into {out}", logs=", ".join(asked.logs), out=asked.out))

    import geofences
    import risk
    import vts
    from ais.stations import Stations
    from vts import run
    from vts.ahead import Ahead, Tap
    from vts.console import Keys, Pace, Progress, Stop
    from vts.teller import Teller
    from vts.wording import Wording, summary_text

    run.give_back()
    settings = vts.load_config(asked.config)
    sites = _sites(asked.sites)
    fences = geofences.load(_zone_path(asked.zones))
    trained = risk.load(_model_path(asked.model))
    known = _registers(asked.registers)
    lists = _lists(asked.psc)
    feeds = _feeds(asked.logs, sites, asked.start, asked.rate)
    rules = _rules()
    words = Wording(asked.lang, rules, fences.to_geojson())
    if unknown := sorted(set(asked.only) - set(rules)):
        raise click.UsageError(
            f"no rule {unknown[0]!r}; there are {', '.join(r for r in sorted(rules) if '.' not in r)}"
        )
    budget = settings.risk.alarms_per_hour if asked.budget is None and not asked.as_json else asked.budget
    told = Teller(asked.watched, asked.only, budget)
    cut = run.Cut(asked.start, asked.end, asked.area)
    stopping = Stop(time.monotonic)

    with vts.Store(asked.out) as store, Keys(quiet=asked.as_json) as keys, stopping, ExitStack() as stack:
        store.begin(asked.resume)
        manifest = run.manifest(asked.logs, sites, settings, trained, cut, note=note, land=asked.land, rate=asked.rate)
        run.same(store, manifest, fences.to_geojson())
        saved = store.state if asked.resume else None
        if saved is not None:
            tracker = vts.Tracker.load(saved[0] / "tracker.npz", settings.fusion, sites)
            fence_watch = geofences.Watch.load(saved[0] / "geofences.npz")
            risk_watch = risk.Watch.load(saved[0] / "risk.zip")
            told.load(saved[0] / "told.json")
        else:
            tracker = vts.Tracker(settings.fusion, sites)
            fence_watch, risk_watch = geofences.Watch(settings.watch), risk.Watch(settings.risk)
        stations = Stations()
        tapped = [stations.tap(feed, risk_watch.hearing.tap(feed)) for feed in feeds]
        merged = vts.merge(tapped, lateness_s=settings.fusion.lateness_s)
        from geofences.registers import suppress

        suppress(known, fences, rules, (fence_watch.alerts, risk_watch.life, tracker.life))
        store.write_zones(fences.to_geojson())
        store.write_catalogue(rules)
        store.write_run(manifest)
        tap = Tap()
        batches = stopping.watch(tap.into(cut.of(merged)))
        if saved is not None:
            batches = run.after(batches, saved[1], settings.fusion.lateness_s)
        fused, shore = tap.out_of(vts.fuse(batches, tracker)), geofences.land() if asked.land else None
        placed = Ahead(geofences.check(fused, fences, fence_watch, known, land=shore), name="fusion")
        checked = placed
        if lists is not None:
            from risk import boarding

            checked = boarding.profiled(checked, risk_watch, lists, asked.regime)
        progress = Progress(feeds, tr, asked.tz, time.monotonic, _to_terminal, quiet=asked.as_json)
        pace = Pace(asked.speed, keys, stopping, time.monotonic)

        def save(folder):
            tracker.save(folder / "tracker.npz")
            fence_watch.save(folder / "geofences.npz")
            risk_watch.save(folder / "risk.zip")
            told.save(folder / "told.json")

        done, saved_at = 0, time.monotonic()

        def keep():
            for batch in tap.until(done + 1):
                store.add(batch)

        scored = Ahead(risk.score(checked, trained, risk_watch), depth=1, name="scoring", idle=keep)
        stack.enter_context(scored)
        stack.enter_context(placed)  # ends first: scoring waits for it
        try:
            for picture in scored:
                keep()
                done += 1
                store.append(picture)
                chosen = told.choose(picture)
                alerted = _tell(chosen, picture, words, asked.tz, progress, asked.as_json)
                progress.show(picture, merged.rejects.used)
                pace.wait(picture.at_ns, alerted, progress)
                if time.monotonic() - saved_at > CHECKPOINT_S or stopping.asked or keys.stopped:
                    placed.hold()  # a state is that of one Picture: let the stages come to rest after it
                    if placed.settled(done):
                        _keep_quality(store, feeds, merged, stations)
                        store.flush(save)
                        saved_at = time.monotonic()
                        if stopping.asked or keys.stopped:
                            raise KeyboardInterrupt
                        placed.go()
            keep()
        except KeyboardInterrupt:
            progress.end()
            said = tr("interrupted; the store in {out} is valid, go on with: {again}", out=asked.out, again=again)
            _fail(said, INTERRUPTED, asked.as_json)
        progress.end()
        _keep_quality(store, feeds, merged, stations)
        store.write_run(run.hashed(manifest))
        store.flush(save)
    totals = run.totals(feeds, merged.rejects)
    summary = totals | {"left_out": cut.counts, "fusion": tracker.rejects.counts} | told.counts()
    summary |= {"seconds": round(time.monotonic() - began, 3), "peak_mb": run.peak_mb(), "out": str(asked.out)}
    _event("summary", **summary) if asked.as_json else click.echo(summary_text(summary, words))
    if not totals["used"] or (totals["reports"]["read"] and not totals["reports"]["used"]):
        said = tr("{logs}: no message could be used; see the reasons, or name another log", logs=", ".join(asked.logs))
        _fail(said, BAD_INPUT, as_json=False)
    return ALERTED if asked.fail_on and told.worst >= ("caution", "warning", "alarm").index(asked.fail_on) else DONE


def _tell(alerts, picture, words, tz, progress, as_json):
    """Tell the chosen changes of alerts; whether one of them is new."""
    if not alerts:
        return False
    from vts.schema import ALERT_STATES

    words.learn(picture.statics)
    states = [ALERT_STATES[alert["state"]] for alert in alerts]
    if as_json:  # in one go: each write waits for the interpreter's lock, which two other stages want
        click.echo("\n".join(_json("alert", **words.facts(alert, tz)) for alert in alerts))
        return "raised" in states
    for alert, state in zip(alerts, states, strict=True):
        if state in ("raised", "withdrawn") or alert["escalated"]:
            progress.end()
            click.echo(words.line(alert, tz))
            citation = words.source(alert["rule"])
            if citation and state == "raised":
                click.echo(click.style(f"    {citation}", dim=True))
    return "raised" in states


def _to_terminal(text):
    click.echo(text, nl=False, err=True)


def _zone_path(zones):
    from vts import paths

    return [Path(zone) for zone in zones] if len(zones) > 1 else Path(zones[0]) if zones else paths.data_dir() / "zones"


def _model_path(model):
    from vts import paths

    return model or paths.data_dir() / "models" / "current"


def _sites(path):
    """The sites of a file; none where no file is named."""
    from vts import radar

    return radar.load_sites(path) if path else ()


def _registers(path):
    """The registers of a folder; the shipped ones where none is named."""
    from geofences import registers
    from vts import paths

    return registers.load(path or paths.data_dir() / "registers")


def _lists(folder):
    """Lists of port state control; None where no folder is named."""
    if folder is None:
        return None
    from risk import psc

    return psc.load(folder)


def _feeds(logs, sites, start_ns, rate):
    """A feed of every sensor that each log holds."""
    import ais
    from vts import radar
    from vts.errors import SiteError

    feeds = []
    for log in logs:
        kind = radar.sniff(log) if log != "-" else None
        if kind is not None and kind != "arpa" and not sites:
            raise SiteError(f"{log}: a radar recording ({kind}); say where the radar stands with --sites FILE")
        if kind is not None:
            feeds.append(radar.read(log, sites, format=kind, start=start_ns))
        if kind in (None, "arpa"):
            feeds.append(ais.read(log, start=start_ns, rate=rate))
    return feeds


def _rules():
    """The texts of every rule, behaviour and reason, as a store keeps them."""
    from risk import matrix
    from risk import reasons as reason
    from vts import plugins, wording

    found = [plugins.discover(folder) for folder in ("geofences.rules", "risk.behaviours", "vts.fusion.findings")]
    rules = wording.catalogue(found[0] | found[1] | found[2])
    rules |= {f"head.{name}": {"text": dict(head.TEXT)} for name, head in matrix.heads().items()}
    rules |= {f"data.{name}": {"text": dict(text)} for name, text in reason.DATA.items()}
    for family in matrix.families().values():
        for name, (unit, english, chinese) in family.COLUMNS.items():
            value = "{value}" + ("" if unit == "1" else f" {unit}")
            rules[f"feature.{name}"] = {"text": {"en": f"{english} {value}", "zh": f"{chinese} {value}"}}
    return rules


def _keep_quality(store, feeds, merged, stations):
    for feed in feeds:
        store.add_rejects(feed.rejects)
    store.add_rejects(merged.rejects)
    store.write_stations(row._asdict() for row in stations.rows())


# Decode


@main.command()
@click.argument("log")
@click.option("--to", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", help="Form.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: standard output (jsonl, csv).")
@click.option("--raw", is_flag=True, help="Wire integers instead of units.")
@click.option("--summary", type=click.Path(path_type=Path), help="Write the totals to this file as JSON.")
@sites_option
@click.option("--start", type=INSTANT, help="UTC time of the first message of a log without times.")
@rate_option
@json_option
def decode(log, form, out, raw, summary, sites, start, rate, as_json):
    """Decode a log of AIS or radar, message by message.

    Example: vts decode day.nmea.gz --to jsonl --summary totals.json
    """
    import ais
    from vts import radar
    from vts.wording import balance_lines

    if form == "parquet" and out is None:
        raise click.UsageError("--to parquet needs --out FILE")
    kind = radar.sniff(log) if log != "-" else None
    if form == "jsonl":
        if kind is None:
            source = ais.messages(log, start=start, rate=rate, raw=raw)
        else:
            source = radar.messages(log, _sites(sites), format=kind, start=start)
        with click.open_file(str(out or "-"), "w", encoding="utf-8") as file:
            for message in source:
                file.write(json.dumps(message, ensure_ascii=False, allow_nan=False, default=_plain) + "\n")
    else:
        source = _feeds([log], _sites(sites), start, rate)[0]
        from vts import export as exports

        exports.reports(source, form, sys.stdout.buffer if out is None else out)
    totals = source.rejects.balance()
    if summary:
        summary.write_text(json.dumps({"log": log, **totals}, indent=1) + "\n")
    if as_json:
        click.echo(json.dumps({"event": "summary", **totals}), err=True)
    else:
        click.echo("\n".join(balance_lines(totals, _tr)), err=True)


@main.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--start", type=INSTANT, help="UTC time of the first message of a log without times.")
@rate_option
@json_option
def quality(logs, start, rate, as_json):
    """What the AIS of some logs is worth, station by station.

    Lines read, used and rejected; each receiving station's rate, silence, delay, rejects and coverage; and what ships
    say that cannot be, check by check, with the first example.

    Example: vts quality day.nmea.gz
    """
    import ais
    from ais.quality import CHECKS, Survey
    from ais.stations import Stations
    from vts.export import finite
    from vts.schema import Rejects
    from vts.wording import STATION_HEADS, aligned, balance_lines, clean, station_cells

    stations, survey, total = Stations(), Survey(), Rejects("all")
    for log in logs:
        feed = ais.read(log, start=start, rate=rate)
        for batch in stations.tap(feed):
            survey.update(batch)
        total.merge(feed.rejects)
    totals = total.balance()
    if as_json:
        for station in stations.rows():
            _event("station", **finite(station._asdict()))
        for row in survey.rows():
            _event("check", **row._asdict(), about=CHECKS.get(row.check, ""))
        _event("summary", logs=list(logs), reports=survey.reports, statics=survey.statics, **totals)
    else:
        click.echo("\n".join([*balance_lines(totals, _tr), ""]))
        heads = [_tr(head) for head in STATION_HEADS]
        cells = [station_cells(row._asdict(), _tr) for row in stations.rows()]
        click.echo("\n".join([*aligned([heads, *cells]), ""]))
        found = [
            (_tr(row.check), f"{row.count:,}", f"{row.vessels:,}", clean(row.example, 60))
            for row in survey.rows()
            if row.count
        ]
        click.echo("\n".join(aligned([[_tr(head) for head in ("check", "count", "vessels", "example")], *found])))
    if not totals["used"]:
        said = _tr("{logs}: no message could be used; see the reasons, or name another log", logs=", ".join(logs))
        _fail(said, BAD_INPUT, as_json=False)


# Ask and show


@main.command()
@store_argument
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values.")
@json_option
def query(store, sql, as_csv, as_json):
    """Ask a store in SQL; it can read the store and nothing else.

    Views: reports, statics, tracks, alerts, scores, visits, moving_zones, sensors, sources, rejects, stations, zones,
    notes. Times: t_ns (ns since 1970, UTC) and t (UTC timestamp).

    Example: vts query out/day "SELECT rule, count(*) FROM alerts GROUP BY rule"
    """
    _answer(_opened(store).arrow(sql), as_csv, as_json)


def _opened(path):
    import vts

    return vts.Store(path)


def _answer(table, as_csv, as_json):
    """A table as JSON lines, CSV, or columns for a person."""
    from vts.export import finite
    from vts.wording import columns_text

    if as_json:
        for batch in table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                click.echo(json.dumps(finite(row), ensure_ascii=False, default=str))
    elif as_csv:
        import pyarrow.csv

        pyarrow.csv.write_csv(table, sys.stdout.buffer)
    elif not table.num_rows:
        click.echo(_tr("no rows"))
    else:
        click.echo(columns_text(table))


@main.command()
@store_argument
def shell(store):
    """Ask a store in SQL again and again.

    An empty line or Ctrl-D ends.

    Example: vts shell out/day
    """
    from vts.errors import UsageError

    opened = _opened(store)
    _answer(opened.arrow("SHOW TABLES"), False, False)
    while True:
        try:
            sql = click.prompt("vts", prompt_suffix="> ", default="", show_default=False)
        except (EOFError, click.Abort):
            break
        if not sql.strip():
            break
        try:
            _answer(opened.arrow(sql), False, False)
        except UsageError as error:
            click.echo(str(error), err=True)


@main.command("map")
@store_argument
@out_file
@start_option
@end_option
@mmsi_option
@click.option("--palette", type=click.Choice(["day", "dusk", "night"]), default="day", help="Colours, after S-52.")
@click.option("--tiles", help="Address of a tile server, for those who have one; the map then needs it.")
@click.option("--max-positions", type=click.IntRange(min=100), default=1_000_000, help="Thinned to this.")
@click.option("--slots", type=click.Path(), help="Plan of LNG movements (CSV of vts lng plan --out) to show.")
@lang_option
@tz_option
@json_option
def map_(store, out, start, end, mmsi, palette, tiles, max_positions, slots, lang, tz, as_json):
    """Draw a store on a map that opens without a network.

    Example: vts map out/day --out out/day.html
    """
    from vts import maps

    plan = []
    if slots:
        from geofences.lng import slots as planned

        plan = list(planned.rows(planned.load(slots)))

    wrote = maps.write(
        _opened(store),
        out,
        lang=lang,
        tz=tz,
        palette=palette,
        start_ns=start,
        end_ns=end,
        mmsi=mmsi,
        tiles=tiles,
        max_positions=max_positions,
        slots=plan,
    )
    _wrote(out, as_json, **{k: wrote[k] for k in ("positions", "tracks", "alerts")})


@main.command()
@store_argument
@out_file
@start_option
@end_option
@lang_option
@tz_option
@json_option
def report(store, out, start, end, lang, tz, as_json):
    """Write the report of a shift: traffic, alerts, risks, sensors.

    Example: vts report out/day --out out/day-report.html
    """
    from vts import report as reports

    reports.write(_opened(store), out, lang=lang, tz=tz, start_ns=start, end_ns=end)
    _wrote(out, as_json)


def _wrote(path, as_json, **more):
    size = Path(path).stat().st_size
    if as_json:
        _event("wrote", path=str(path), bytes=size, **more)
    else:
        click.echo(_tr("wrote {path} ({size} MB)", path=path, size=f"{size / 1e6:.1f}"))


@main.command()
@store_argument
@click.option("--ack", type=int, multiple=True, metavar="ALERT", help="Acknowledge this alert.")
@click.option("--note", "text", help="Say something of the acknowledged alert, or of --on.")
@click.option("--on", type=int, multiple=True, metavar="ALERT", help="The alert that --note is about.")
@click.option("--who", help="Name of the officer; default: the user's.")
@click.option("--open", "only_open", is_flag=True, help="Alerts that are not cleared and not acknowledged.")
@click.option("--rule", help="This rule only.")
@mmsi_option
@start_option
@end_option
@lang_option
@tz_option
@json_option
def alerts(store, ack, text, on, who, only_open, rule, mmsi, start, end, lang, tz, as_json):
    """List the alerts of a store; acknowledge and annotate them.

    What was said is never changed or removed.

    Example: vts alerts out/day --ack 4611686018427387904 --note "called on channel 14"
    """
    opened = _opened(store)
    if text and not (ack or on):
        raise click.UsageError("--note needs --ack ALERT or --on ALERT")
    if ack or on:
        who = who or _user()
        for action, chosen in (("acknowledged", ack), ("noted", on)):
            for alert in chosen:
                opened.note(time.time_ns(), who, alert, action, text or "")
                if as_json:
                    _event("note", alert=alert, action=action, who=who, text=text or "")
                else:
                    click.echo(_tr("{alert} {action} by {who}", alert=alert, action=_tr(action), who=who))
        return
    words = _wording(opened, lang)
    from vts import teller

    n = 0
    for facts, lines in teller.listed(opened, words, tz, rule, mmsi, start, end, only_open):
        n += 1
        _event("alert", **facts) if as_json else click.echo("\n".join(lines))
    if not n and not as_json:
        click.echo(words.tr("no alerts"))


def _user():
    import getpass

    with suppress(OSError, KeyError):
        return getpass.getuser()
    return "unknown"


def _wording(store, lang):
    """Words for the alerts of a store."""
    from vts import maps, wording

    names = {mmsi: vessel["name"] for mmsi, vessel in maps.known_vessels(store.connect()).items()}
    return wording.Wording(lang, store.read_json("rules.json", {}), store.read_json("zones.geojson"), names)


@main.command()
@store_argument
@click.argument("mmsi", type=int)
@click.option("--html", type=click.Path(path_type=Path), help="Write the dossier as HTML.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write the dossier as PDF.")
@psc_option
@regime_option
@lang_option
@tz_option
@json_option
def vessel(store, mmsi, html, pdf, psc, regime, lang, tz, as_json):
    """All that a store knows of one vessel, for a boarding officer.

    Statics, track, zones, alerts, risk, evidence; on the screen, as HTML or as PDF.

    Example: vts vessel out/day 413000001 --pdf out/boarding.pdf
    """
    from vts import dossier

    found = dossier.collect(_opened(store), mmsi, lang=lang, tz=tz)
    if psc:
        from risk import boarding

        profile = boarding.section(found.imo, found.last_ns, _lists(psc), regime, lang)
        found = found._replace(sections=[profile, *found.sections])
    if html:
        dossier.write_html(found, html)
        _wrote(html, as_json)
    if pdf:
        dossier.write_pdf(found, pdf)
        _wrote(pdf, as_json)
    if as_json:
        _event("vessel", **dossier.facts(found))
    elif not (html or pdf):
        click.echo(dossier.text(found))


@main.command("boarding")
@click.argument("store", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--psc", required=True, type=click.Path(), help="Folder of port-state-control lists (CSV).")
@regime_option
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the inspections; default: DIR's last.")
@click.option("--capacity", type=click.IntRange(min=1), default=10, show_default=True, help="Boardings a day.")
@lang_option
@json_option
def boarding_(store, psc, regime, day, capacity, lang, as_json):
    """Ships due for inspection, most urgent first.

    By port state control's rules: the ships of a store, or without one all of your own lists.

    Example: vts boarding out/day --psc registers/psc --capacity 5

    Example: vts boarding --psc lists/ --date 2026-03-31
    """
    from risk import boarding
    from risk import psc as control
    from vts.wording import translator

    if store is None and day is None:
        raise click.UsageError("name a store, or the day with --date")
    tr, lists, present = translator(lang), _lists(psc), None
    if store is not None:
        opened = _opened(store)
        present = set(opened.arrow("SELECT DISTINCT imo FROM statics WHERE imo > 0").column("imo").to_pylist())
    day = day.date() if day else control.day_of(opened.watermark_ns)
    for said in boarding.absent(lists, psc, tr):
        click.echo(f"vts: {said}", err=True)
    due = control.boarding(lists, regime, day, capacity, present)
    for rank, profile in enumerate(due, 1):
        facts = {"rank": rank, **profile._asdict()}
        _event("boarding", **facts) if as_json else click.echo(f"{rank:>3}  {boarding.line(profile, tr)}")
    if not due and not as_json:
        click.echo(tr("none of {n} ships is due", n=len(lists.ships if present is None else present)))


@main.command()
@click.argument("rule", required=False, metavar="[RULE | DIR TRACK]")
@click.argument("track", required=False, type=int, metavar="")
@click.option("--at", "at_ns", type=INSTANT, help="Of a track: the time asked about.")
@click.option("--window", type=click.IntRange(min=1), default=60, show_default=True, help="Seconds before it.")
@tz_option
@lang_option
@json_option
def explain(rule, track, at_ns, window, tz, lang, as_json):
    """What a rule says, or why a track is what it is.

    Of a rule: its text, source and numbers; without a name, the list of all. Of a track: which reports of a store made
    it, which did not, and why; the logs that the store was made from are read again, up to the time asked about: a run
    is deterministic, so what happened is seen happening.

    Example: vts explain speed_limit

    Example: vts explain out/day 42 --at 2026-03-02T02:10
    """
    from vts.wording import translator

    tr = translator(lang)
    if track is not None:
        if at_ns is None:
            raise click.UsageError("say when with --at TIME")
        return _explain_track(tr, Path(rule), track, at_ns, window, tz, as_json)
    rules = {name: entry for name, entry in _rules().items() if "." not in name}
    if rule is not None and rule not in rules:
        raise click.UsageError(f"no rule {rule!r}; there are {', '.join(rules)}")
    for name in [rule] if rule else rules:
        entry = rules[name]
        if as_json:
            _event("rule", name=name, **entry)
        elif rule is None:
            click.echo(f"{name:<24} {entry['title'].get(lang) or entry['title'].get('en', '')}")
        else:
            _explain(tr, name, entry, lang)
    return DONE


def _explain_track(tr, folder, track, at_ns, window_s, tz, as_json):
    """The reports of a track before an instant, a line each, then each sensor's share and age."""
    import vts
    from vts import fusion, run, teller

    logs, sites, config, cut, rate = run.retold(_opened(folder))
    if not as_json:
        click.echo(tr("read again: {logs}", logs=", ".join(logs)))
    merged = vts.merge(_feeds(logs, sites, cut.start_ns, rate), lateness_s=config.lateness_s)
    found = fusion.explain(cut.of(merged), track, at_ns, config, sites, window_s=window_s)
    for event, facts, line in teller.account(found, sites, at_ns, tz, tr):
        _event(event, **facts) if as_json else click.echo(line)
    return DONE


def _explain(tr, name, entry, lang):
    click.echo(f"{entry['title'].get(lang) or entry['title'].get('en', name)} ({name})")
    click.echo(f"  {tr('says')}: {entry['text'].get(lang) or entry['text'].get('en', '')}")
    click.echo(f"  {tr('unit')}: {entry['unit']}")
    click.echo(f"  {tr('source')}: {entry['citation']}")
    for key, value in entry["policy"].items():
        click.echo(f"  {key}: {value}")
    for key, value in entry["parameters"].items():
        click.echo(f"  {key} = {', '.join(map(str, value))}")


# The scheduler


@main.command()
@click.argument("stores", nargs=-1, required=True, metavar="STORE...", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="Risk model; default: the shipped one.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the scores to write.")
@click.option("--zones", type=click.Path(path_type=Path), help="Zone file or folder; default: those of each store.")
@click.option("--since", type=INSTANT, help="From the day of this time on.")
@click.option("--warm-up", type=click.IntRange(min=0), default=60, show_default=True, help="Minutes before each day.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", help="Where the work is done.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
@click.option("--address", help="Scheduler of a Dask cluster; without it, one of this machine's own.")
@click.option("--metrics", type=click.Path(path_type=Path), help="Write figures for Prometheus to this file.")
@json_option
def score(stores, model, out, zones, since, warm_up, engine, workers, address, metrics, as_json):
    """Score whole stores by day, each day once.

    Idempotent and resumable: one output for each area (a store) and day. A second run does nothing; a day whose rows,
    model, zones or program changed is made again. One that fails is tried three times and then reported, without
    stopping the others.

    Example: vts score out/day --model data/models/current --out out/scores --since 2026-03-01
    """
    import tempfile

    from vts import batch

    began = time.monotonic()
    trained = Path(_model_path(model))
    with tempfile.TemporaryDirectory(prefix="vts-score-") as scratch:
        plan = [p for store in stores for p in _plan(store, out, trained, zones, since, warm_up, Path(scratch))]
        options = {"model": str(trained), "warm_up": warm_up}

        def done(partition, rows, error):
            if as_json:
                _event("partition", name=partition.name, rows=rows, error=error)
            else:
                click.echo(f"{partition.name}: {error or _tr('{rows} rows', rows=f'{rows:,}')}")

        result = batch.run(
            plan, "cli:score_table", options, out, engine=engine, workers=workers, address=address, done=done
        )
    result |= {"seconds": round(time.monotonic() - began, 3), "out": str(out)}
    if metrics:
        batch.write_metrics(metrics, result, time.time())
    if as_json:
        _event("summary", **result)
    else:
        counts = {"failed": len(result["failed"]), "rows": f"{result['rows']:,}"}
        counts |= {name: result[name] for name in ("made", "kept")}
        made = _tr("{made} made, {kept} kept, {failed} failed; {rows} rows in {out}", **counts, out=out)
        click.echo(made)
    return BAD_INPUT if result["failed"] else DONE


def _plan(store, out, model, zones, since, warm_up, scratch):
    """A Partition for each day of a store."""
    import hashlib

    from vts import batch

    opened = _opened(store)
    if not (model / "manifest.json").is_file():
        import risk

        risk.load(model)  # says what is wrong with it
    if zones is None:
        fences = json.dumps(opened.read_json("zones.geojson") or {})
    elif zones.is_file():
        fences = zones.read_text(encoding="utf-8")
    else:
        import geofences

        fences = json.dumps(geofences.load(zones).to_geojson())
    model_hash = hashlib.sha256((model / "manifest.json").read_bytes()).hexdigest()
    made_with = {"warm_up": warm_up, "made_with": [model_hash], "learn": learn_table}
    return batch.plan(opened, out, fences, scratch, since=since, **made_with)


def learn_table(table, path_in, path_out, key):
    """Write what a slice of tracks taught of the water's traffic, beside what was known before (`path_in`, or None)."""
    import geofences
    import risk
    from geofences.zones import from_geojson
    from vts import store as stores

    fences = from_geojson(json.loads(table.schema.metadata[b"zones"]), "the store's zones")
    risk.learn(geofences.check(stores.pictures_of(table), fences), path_in).save(path_out, key)


def score_table(table, model, warm_up):
    """Scores of a day's tracks: the unit of work of vts score, (pa.Table) -> pa.Table.

    `table` holds Tracks with the static columns that features use, in order of time, from `warm_up` minutes before the
    day; its metadata holds the zones, the day's start, and the file of what the days before taught, if any. Rows of the
    warm-up are not in the answer.
    """
    import pyarrow as pa

    import geofences
    import risk
    from geofences.zones import from_geojson
    from vts import store as stores
    from vts.schema import Scores

    about = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
    fences = from_geojson(json.loads(about["zones"]), "the store's zones")
    begin_ns = int(about["begin_ns"])
    checked = geofences.check(stores.pictures_of(table), fences, registers=_registers(None))
    watch = risk.Watch()
    if about.get("memory"):
        watch.habit = risk.learn((), about["memory"])
    scored = risk.score(checked, risk.load(model), watch)
    answer = Scores.concat([picture.scores for picture in scored if picture.at_ns >= begin_ns])
    return pa.table({name: pa.array(column.astype(object) if column.dtype.kind == "U" else column)
                     for name, column in zip(answer._fields, answer, strict=True)})  # fmt: skip


@main.command()
@store_argument
@json_option
def compact(store, as_json):
    """Merge the small parts of a store, so that queries stay fast.

    A watch in real time writes a part a minute. The rows stay the same; it can be killed at any moment.

    Example: vts compact out/port
    """
    with _opened(store) as opened:
        parts = opened.compact()
    _event("summary", **parts) if as_json else click.echo(_tr("{before} parts are {after} now", **parts))


@main.command()
@store_argument
@click.option("--older-than", type=Asked("days", "DAYS"), default=DAYS_KEPT, show_default=True, help="180d or 26w.")
@click.option("--really", is_flag=True, help="Allow less than 180 days.")
@json_option
def prune(store, older_than, really, as_json):
    """Remove the oldest parts of a store.

    Those whose every row is older than so many days before its last Picture.

    Example: vts prune out/port --older-than 365d
    """
    if older_than < DAYS_KEPT and not really:
        raise click.UsageError(f"{older_than} days is less than {DAYS_KEPT}; add --really if that is what you mean")
    opened = _opened(store)
    before_ns = opened.watermark_ns - older_than * 86_400_000_000_000
    with opened:
        gone = opened.prune(before_ns)
    _event("summary", parts=gone) if as_json else click.echo(_tr("{n} parts removed", n=gone))


@main.command()
@store_argument
@click.option(
    "--to", "form", type=click.Choice(["geoparquet", "gpkg", "geojson", "csv", "kml"]), required=True, help="Form."
)
@out_file
@click.option("--what", type=click.Choice(["positions", "lines", "alerts"]), default="positions", help="Rows.")
@start_option
@end_option
@mmsi_option
@json_option
def export(store, form, out, what, start, end, mmsi, as_json):
    """Export positions, track lines or alerts to other programs.

    Coordinates are WGS 84 (EPSG:4326).

    Example: vts export out/day --to gpkg --what lines --out out/day.gpkg
    """
    from vts import export as exports

    rows = exports.write(_opened(store), out, form, what=what, start_ns=start, end_ns=end, mmsi=mmsi)
    _wrote(out, as_json, rows=rows)


# Zones, simulation, model


@main.group()
def zones():
    """Zones: check files of them; propose them from traffic."""


@zones.command("check")
@click.argument("path", type=click.Path())
@json_option
def zones_check(path, as_json):
    """Name every defect of a zone file or folder.

    Exit 3 when there is one.

    Example: vts zones check data/zones
    """
    import geofences

    defects = geofences.defects(path)
    for defect in defects:
        _event("defect", **defect._asdict()) if as_json else click.echo(str(defect))
    if not defects:
        n = geofences.load(path).n
        _event("summary", zones=n, defects=0) if as_json else click.echo(
            _tr("{path}: {n} zones, no defect", path=path, n=n)
        )
    return BAD_INPUT if defects else DONE


@zones.command("from-ais")
@store_argument
@out_file
@click.option("--radius-m", default=500.0, show_default=True, help="A stay keeps within this.")
@click.option("--hours", default=12.0, show_default=True, help="... for this long.")
@click.option("--vessels", default=20, show_default=True, help="... by so many vessels.")
@json_option
def zones_from_ais(store, out, radius_m, hours, vessels, as_json):
    """Propose anchorages, berths and lanes from a store's tracks.

    All are off until a person enables them.

    Example: vts zones from-ais out --out proposed.geojson
    """
    import geofences
    from vts.store import Store

    proposal = geofences.propose(Store(store), radius_m=radius_m, hours=hours, vessels=vessels)
    out.write_text(json.dumps(proposal, ensure_ascii=False), encoding="utf-8")
    n = len(proposal["features"])
    if as_json:
        _event("summary", zones=n, path=str(out))
    else:
        click.echo(_tr("wrote {path} ({n} zones proposed)", path=out, n=n))


@main.group()
def lng():
    """LNG carriers: slots for their movements."""


@lng.command("plan")
@click.argument("movements", type=click.Path())
@click.option("--zones", "zones_path", required=True, type=click.Path(), help="Zones with the corridor and terminals.")
@click.option("--registers", type=click.Path(), help="Folder with weather.csv.")
@click.option("--store", type=click.Path(path_type=Path), help="Store whose visits tell the corridor's busy hours.")
@click.option("--previous", type=click.Path(), help="Plan made before (CSV of --out), to move as little as may be.")
@click.option("--now", "now_ns", type=INSTANT, help="With --previous: what has begun by then stays as it is.")
@click.option("--out", type=click.Path(), help="CSV file to write the plan to.")
@click.option("--examples", is_flag=True, help="Use zones that are off, such as example corridors.")
@json_option
def lng_plan(movements, zones_path, registers, store, previous, now_ns, out, examples, as_json):
    """Slots without conflict for declared movements.

    CSV: vessel, mmsi, terminal, eta, direction, latest.

    Example: vts lng plan data/registers/movements-example.csv --zones data/zones/lng-example.geojson --examples
    """
    import geofences
    from geofences.lng import slots

    known = _registers(registers)
    plan = slots.plan(
        slots.movements(movements),
        geofences.load(zones_path, examples=examples),
        weather=known.weather,
        traffic=_opened(store).visits() if store else None,
        previous=slots.load(previous) if previous else None,
        at_ns=now_ns,
    )
    for row in slots.rows(plan):
        if as_json:
            _event("slot", **row)
        else:
            when = f"{row['start']} - {row['end']}" if row["start"] else _tr("refused")
            click.echo(f"{row['vessel']:<24} {row['direction']:<3} {row['terminal']:<16} {when:<43} {row['why']}")
    if out:
        slots.save(plan, out)
        _wrote(out, as_json)
    refused = int((plan.start_ns < 0).sum())
    if as_json:
        _event("summary", movements=plan.n, refused=refused, waiting_min=float(plan.wait_min[plan.start_ns >= 0].sum()))


@main.command()
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the scenarios.")
@seed_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.")
@lang_option
@json_option
def simulate(name, as_list, seed, out, lang, as_json):
    """Simulate a scenario with truth, as the bytes of real sensors.

    Example: vts simulate pearl-river --seed 7 --out out/sim
    """
    from vts import simulate as simulator
    from vts.wording import translator

    if as_list or name is None:
        for known in simulator.names():
            what = translator(lang)(simulator.title(known))
            _event("scenario", name=known, what=what) if as_json else click.echo(f"{known:<20} {what}")
        return
    if out is None:
        raise click.UsageError("name a folder with --out")
    for path in simulator.build(name, seed).write(out):
        _wrote(path, as_json)


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the model to write.")
@click.option("--store", type=click.Path(path_type=Path), help="Train on this store instead of simulated traffic.")
@seed_option
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Threads of the fit.")
@json_option
def train(out, store, seed, threads, as_json):
    """Train the risk model, on simulated traffic or on a store.

    The same seed and threads give the same bytes.

    Example: vts train --store out/year --out out/model
    """
    import risk

    own = {} if store is None else {"pictures": _stored_pictures(store), "source": f"the store {store.resolve().name}"}
    progress = None if as_json else lambda text: click.echo(text, err=True)
    card = risk.train(out, seed=seed, threads=threads, progress=progress, **own)
    _event("summary", **card) if as_json else _wrote(out / "manifest.json", as_json)


def _stored_pictures(store):
    """The Pictures of a store, with their places, day after day."""
    import geofences
    from geofences.zones import from_geojson

    opened = _opened(store)
    none = {"type": "FeatureCollection", "features": []}  # a store written from a program may have no zones
    fences = from_geojson(opened.read_json("zones.geojson") or none, "the store's zones")
    return geofences.check(opened.pictures(), fences)


@main.group()
def evaluate():
    """Measure tracks against a truth, or a model against baselines."""


@evaluate.command("tracks")
@click.argument("truth", type=click.Path(path_type=Path))
@store_argument
@json_option
def evaluate_tracks(truth, store, as_json):
    """A store's tracks against a truth: GOSPA, RMSE, switches.

    Example: vts evaluate tracks out/sim/truth.parquet out/day --json
    """
    from vts import metrics

    _print_metrics(metrics.evaluate(truth, store), as_json)


@evaluate.command("model")
@click.option("--model", type=click.Path(path_type=Path), help="Model to judge; default: the shipped one.")
@click.option("--train", "early", type=click.Path(path_type=Path), help="Parquet of past fixes to fit zone entry to.")
@click.option("--test", "late", type=click.Path(path_type=Path), help="Parquet of later fixes to judge it on.")
@click.option("--ports", type=click.Path(path_type=Path), help="CSV of ports: judge at all that --train enters.")
@click.option("--store", type=click.Path(path_type=Path), help="Judge on this store instead of simulated days.")
@json_option
def evaluate_model(model, early, late, ports, store, as_json):
    """Every head against the rule and the other baselines.

    With --train and --test, of a zone-entry head fitted to one table of fixes and judged on a later one.

    Example: vts evaluate model --json
    """
    import risk

    if (early is None) != (late is None):
        raise click.UsageError("name both --train and --test, or neither")
    if ports is not None and early is None:
        raise click.UsageError("--ports needs --train and --test")
    if early is not None:
        metrics = risk.evaluate_fixes(early, late, harbours=ports)
    else:
        metrics = risk.evaluate(_model_path(model), _stored_pictures(store) if store else None)
    _print_metrics(metrics, as_json)


@evaluate.command("alerts")
@store_argument
@json_option
def evaluate_alerts(store, as_json):
    """What became of a store's collision alerts.

    By severity: the two came as near as was told, one of them turned away first, or neither.

    Example: vts evaluate alerts out/day --json
    """
    from risk import outcomes

    opened = _opened(store)
    _print_metrics(outcomes.judge(opened.alerts(rule=outcomes.RULE), opened.tracks()), as_json)


@evaluate.command("drift")
@store_argument
@click.option("--model", type=click.Path(path_type=Path), help="Model to judge; default: the shipped one.")
@json_option
def evaluate_drift(store, model, as_json):
    """How far a store's traffic has moved from the training data.

    PSI per feature, alarm rate, Brier; PSI above 0.1: look; above 0.25: retrain.

    Example: vts evaluate drift out/day --json
    """
    from risk import evaluation, samples
    from risk import model as models

    trained = models.load(_model_path(model))
    _print_metrics(evaluation.drift(trained, samples.collect(_stored_pictures(store))), as_json)


def _print_metrics(metrics, as_json):
    if as_json:
        click.echo(json.dumps(metrics, ensure_ascii=False, default=_plain))
        return
    for name, value in metrics.items():
        click.echo(f"{name:<32} {value if not isinstance(value, float) else format(value, '.4g')}")


# The house


@main.command()
@click.option("--warm", is_flag=True, help="Compile every kernel now, and run the line once: about 10 s once compiled.")
@lang_option
@json_option
def doctor(warm, lang, as_json):
    """Versions, compile cache, memory and data files; a self test.

    Example: vts doctor --warm
    """
    from vts import health
    from vts.wording import translator

    tr, found = translator(lang), health.findings()
    if warm:
        began = time.monotonic()
        found["self_test"] = _self_test()
        found["self_test_s"] = round(time.monotonic() - began, 1)
    _event("doctor", **found) if as_json else click.echo("\n".join(health.lines(found, tr)))
    if found["missing"]:
        missing = ", ".join(tr(health.SAID[name]) for name in found["missing"])
        said = tr("{data}: {missing} missing; install the program anew", data=found["data"], missing=missing)
        click.echo(f"vts: {said}", err=True)
    return BAD_INPUT if found["missing"] or found.get("self_test", "ok") != "ok" else DONE


def _self_test():
    """Simulate, replay and score a short scenario in a temporary folder; "ok", or what went wrong.

    numba compiles in one thread at a time: what reads and what scores is compiled in a process of its own, beside what
    fuses, before the replay needs both.
    """
    import multiprocessing
    import tempfile

    import vts
    from vts import simulate as simulator

    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        sim = Path(folder) / "sim"
        scenario = simulator.build("pearl-river", 1, duration_s=300)
        scenario.write(sim)
        beside = multiprocessing.get_context("spawn").Process(target=_read_and_score, args=(sim,), daemon=True)
        beside.start()
        fusion = vts.load_config().fusion
        merged = vts.merge(scenario.feeds(), lateness_s=fusion.lateness_s)
        for _ in vts.fuse(merged, vts.Tracker(fusion, scenario.sites)):
            pass
        beside.join()
        own = {"zones": (sim / "zones.geojson",), "sites": sim / "sites.toml", "as_json": True}
        _replay(_options(_logs_of(sim), Path(folder) / "store", **own))
        (n,) = _opened(Path(folder) / "store").arrow("SELECT count(*) AS n FROM tracks").column("n").to_pylist()
    return "ok" if n and not beside.exitcode else "reading or scoring failed" if n else "no tracks came out"


def _read_and_score(sim):
    """Read the logs of a scenario and score a few Pictures of other traffic."""
    from itertools import islice

    import geofences
    import risk
    from risk import traffic

    for feed in _feeds(_logs_of(sim), _sites(sim / "sites.toml"), None, None):
        for _ in feed:
            pass
    checked = geofences.check(islice(traffic.days(1, 1), 20), geofences.load(_zone_path(())))
    for _ in risk.score(checked, risk.load(_model_path(None))):
        pass


def _logs_of(folder):
    return [str(p) for p in sorted(Path(folder).iterdir()) if p.suffix in (".nmea", ".ast") and p.stem != "arpa"]


@main.group()
def config():
    """Configuration: every number, its unit and its source."""


@config.command("show")
@config_option
@json_option
def config_show(config, as_json):
    """The configuration in force as TOML.

    The defaults, and what a file changes.

    Example: vts config show --config mine.toml
    """
    from dataclasses import asdict

    from vts.config import load_config, to_toml

    settings = load_config(config)
    _event("config", **asdict(settings)) if as_json else click.echo(to_toml(settings))


@main.command()
@click.argument("shell_name", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def completion(shell_name):
    """Print what makes a shell complete our commands.

    Example: vts completion bash > ~/.local/share/bash-completion/completions/vts
    """
    from click.shell_completion import get_completion_class

    click.echo(get_completion_class(shell_name)(main, {}, "vts", "_VTS_COMPLETE").source())


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: standard output.")
@json_option
def manual(out, as_json):
    """Print the manual page of all commands.

    Example: vts manual > ~/.local/share/man/man1/vts.1
    """
    from vts import __version__
    from vts import manual as page

    if out is None:
        click.echo(page.manual(main, __version__), nl=False)
    else:
        out.write_text(page.manual(main, __version__), encoding="utf-8")
        _wrote(out, as_json)


@main.command()
@click.option("--out", default="out/demo", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--scenario", default="pearl-river", show_default=True, help="One of vts simulate --list.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same bytes.")
@lang_option
@json_option
def demo(out, scenario, seed, lang, as_json):
    """Simulate a Pearl River scenario, replay it, map it.

    Example: vts demo --out out/demo
    """
    from vts import maps
    from vts import report as reports
    from vts import simulate as simulator
    from vts import store as stores
    from vts.wording import translator

    tr = translator(lang)
    say = (lambda text: None) if as_json else click.echo
    sim, store = out / "sim", out / "store"
    stores.remove(store)
    note = tr("SIMULATED: no vessel, name or position here is real.")
    say(f"1. {tr('Simulate')} ({note})")
    for path in simulator.build(scenario, seed).write(sim):
        _wrote(path, as_json)
    say(f"\n2. {tr('Replay from raw bytes')}")
    own = {
        name: sim / file
        for name, file in (("sites", "sites.toml"), ("registers", "registers"))
        if (sim / file).exists()
    }
    own |= {"zones": (sim / "zones.geojson",), "lang": lang, "as_json": as_json, "budget": 12}
    _replay(_options(_logs_of(sim), store, **own), note)
    say(f"\n3. {tr('Map and report')}")
    for write, page in ((maps.write, "map.html"), (reports.write, "report.html")):
        write(_opened(store), out / page, lang=lang)
        _wrote(out / page, as_json)
    pages = {"map": out / "map.html", "report": out / "report.html"}
    say("\n" + tr("Open {map} and {report} in a browser; ask the store with", **pages))
    say(f'  .venv/bin/vts query {store} "SELECT rule, count(*) AS n FROM alerts GROUP BY rule"')


if __name__ == "__main__":
    main()
