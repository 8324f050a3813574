#!/usr/bin/env python3
"""The commands: the only wall clock, print and exit code. It reads as the system reads.

Exit codes: 0 done, 1 done with alerts where --fail-on asked, 2 usage, 3 bad input, 130 interrupted.
Heavy libraries are imported inside the commands, so that `vts --help` answers at once.
"""

import json
import os
import signal
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click

DONE, ALERTED, USAGE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 3, 130
CHECKPOINT_S = 60  # of wall clock between states that a resumed run starts from
DAYS_KEPT = 180  # prune never removes younger data unless told twice


class Commands(click.Group):
    """A group that ends every error as one sentence and an exit code, never as a traceback."""

    def main(self, *args, **kwargs):
        try:
            sys.exit(super().main(*args, **{**kwargs, "standalone_mode": False}) or DONE)
        except SystemExit as leaving:
            gone = type(sys.stdout).__name__.endswith("PacifyFlushWrapper")  # click's mark of a reader that has left
            raise SystemExit(DONE if gone else leaving.code) from None
        except (click.exceptions.Abort, KeyboardInterrupt):
            _fail("interrupted; what was written before stays valid", INTERRUPTED)
        except click.ClickException as error:
            if _as_json(args, kwargs):
                _event("error", text=error.format_message(), exit_code=USAGE)
            error.show()
            sys.exit(USAGE)
        except MemoryError:
            _fail("out of memory; give a shorter --start/--end, or a machine with more", BAD_INPUT)
        except OSError as error:
            _fail(
                f"{error.filename or 'input'}: {error.strerror or error}; check the name and its permissions", BAD_INPUT
            )
        except Exception as error:
            from vts.errors import LingdingError  # not before it is needed: it brings numpy

            if not isinstance(error, LingdingError):
                raise
            _fail(str(error), error.exit_code, _as_json(args, kwargs))


def _as_json(args, kwargs):
    return "--json" in (kwargs.get("args") or (args[0] if args else None) or sys.argv)


def _fail(sentence, code, as_json=None):
    """One sentence on standard error, as JSON where the command was called with --json, and the exit code."""
    if "--json" in sys.argv if as_json is None else as_json:
        _event("error", text=sentence, exit_code=code)
    click.echo(f"vts: {sentence}", err=True)
    sys.exit(code)


def _event(event, **fields):
    """One JSON line on standard output."""
    click.echo(json.dumps({"event": event, **fields}, ensure_ascii=False, default=_plain))


def _plain(value):
    """What JSON has no word for: NumPy numbers as numbers, the rest as text."""
    return value.item() if hasattr(value, "item") else str(value)


def _utc(t_ns):
    """An instant as ISO 8601, UTC."""
    return datetime.fromtimestamp(t_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Instant(click.ParamType):
    """ns since 1970 of an ISO 8601 time; a time without a zone is UTC."""

    name = "time"

    def convert(self, value, param, ctx):
        if isinstance(value, int):
            return value
        try:
            given = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time such as 2026-01-31T08:00:00Z", param, ctx)
        return round((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp() * 1e6) * 1000


class Area(click.ParamType):
    """(west, south, east, north) in degrees."""

    name = "W,S,E,N"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        try:
            west, south, east, north = map(float, value.split(","))
        except ValueError:
            self.fail(
                f"{value!r} is not four numbers such as 113.5,21.8,114.5,22.8 (west,south,east,north)", param, ctx
            )
        if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90):
            self.fail(f"{value!r}: write west,south,east,north in degrees, south below north", param, ctx)
        return west, south, east, north


class Budget(click.ParamType):
    """Alerts an hour: 6/h, or 6; all is no limit."""

    name = "N/h"

    def convert(self, value, param, ctx):
        text = str(value).removesuffix("/h")
        if text == "all":
            return float("inf")
        if not text.isdigit():
            self.fail(f"{value!r} is neither a number of alerts an hour such as 6/h nor all", param, ctx)
        return int(text)


class Span(click.ParamType):
    """Days: 180, 180d, 26w."""

    name = "DAYS"

    def convert(self, value, param, ctx):
        text = str(value)
        number = text.rstrip("dw")
        if not number.isdigit():
            self.fail(f"{value!r} is not a number of days such as 180d or 26w", param, ctx)
        return int(number) * (7 if text.endswith("w") else 1)


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
    "--lang", type=click.Choice(["en", "zh"]), default="en", envvar="LINGDING_LANG", help="Language: en or zh."
)
tz_option = click.option(
    "--tz", type=click.Choice(["UTC", "Asia/Shanghai"]), default="UTC", envvar="LINGDING_TZ", help="Times shown in."
)
start_option = click.option("--start", type=Instant(), help="From this time on, UTC unless it says otherwise.")
end_option = click.option("--end", type=Instant(), help="Before this time.")
mmsi_option = click.option("--mmsi", type=int, help="This vessel only.")
psc_option = click.option(
    "--psc", type=click.Path(), help="Folder of port-state-control lists and the watch list (CSV)."
)
regime_option = click.option("--regime", type=click.Choice(["tokyo", "paris"]), default="tokyo", show_default=True)
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
@click.option("--area", type=Area(), help="Reports within this box only; those without a position stay.")
@click.option("--speed", default="max", help="Event time against the clock: 1, 10, ... or max.", show_default=True)
@click.option("--watch", "watched", multiple=True, type=int, metavar="MMSI", help="Tell alerts of this vessel only.")
@click.option("--only", multiple=True, metavar="RULE", help="Tell alerts of this rule only.")
@click.option(
    "--budget",
    type=Budget(),
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
    return _replay(**options, again=_again(ctx))


def _again(ctx):
    """The command as it was given, with --resume."""
    import shlex

    words = [ctx.command_path.rpartition(" ")[0] or "vts", ctx.info_name]
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name)
        if ctx.get_parameter_source(parameter.name) is not click.core.ParameterSource.COMMANDLINE:
            continue
        if isinstance(parameter, click.Argument):
            words += value
        elif parameter.is_flag:
            words += [parameter.opts[0]] if parameter.name != "resume" else []
        else:
            for one in value if parameter.multiple else [value]:
                words += [parameter.opts[0], _said(parameter, one)]
    return shlex.join([*map(str, words), "--resume"])


def _said(parameter, value):
    """An option's value as a user would write it."""
    if isinstance(parameter.type, Instant):
        return _utc(value) if value % 1_000_000_000 == 0 else datetime.fromtimestamp(value / 1e9, UTC).isoformat()
    if isinstance(parameter.type, Area):
        return ",".join(f"{edge:g}" for edge in value)
    return "all" if value == float("inf") else value


def _replay(
    logs,
    out,
    zones=(),
    registers=None,
    land=False,
    model=None,
    psc=None,
    regime="tokyo",
    sites=None,
    config=None,
    start=None,
    end=None,
    rate=None,
    area=None,
    speed="max",
    watched=(),
    only=(),
    budget=None,
    fail_on=None,
    resume=False,
    lang="en",
    tz="UTC",
    as_json=False,
    note="",
    again="",
):
    """The straight line, from logs to a store; returns the exit code."""
    began = time.monotonic()
    pace = _speed(speed)
    from vts.wording import translator

    tr = translator(lang)
    if as_json:
        _event("start", logs=list(logs), out=str(out))
    else:
        click.echo(tr("Replay of {logs} into {out}", logs=", ".join(logs), out=out))

    import geofences
    import risk
    import vts
    from vts.wording import Wording

    settings = vts.load_config(config)
    sites = _sites(sites)
    fences = geofences.load(_zone_path(zones))
    trained = risk.load(_model_path(model))
    known = _registers(registers)
    lists = _lists(psc)
    feeds = _feeds(logs, sites, start, rate)
    merged = vts.merge(feeds, lateness_s=settings.fusion.lateness_s)
    rules = _rules()
    words = Wording(lang, rules, fences.to_geojson())
    if unknown := sorted(set(only) - set(rules)):
        raise click.UsageError(
            f"no rule {unknown[0]!r}; there are {', '.join(r for r in sorted(rules) if '.' not in r)}"
        )
    if budget is None and not as_json:
        budget = settings.risk.alarms_per_hour
    told = Teller(words, tz, watched, only, budget, as_json)
    cut = Cut(start, end, area)
    stopping = Stop()

    with vts.Store(out) as store, Keys(tr, as_json) as keys, stopping:
        store.begin(resume)
        manifest = _manifest(logs, sites, settings, trained, note, cut) | {"land": land}
        _same_run(store, manifest, fences.to_geojson())
        saved = store.state if resume else None
        if saved is not None:
            tracker, fence_watch, risk_watch = _load_state(saved[0], settings, sites, told)
        else:
            tracker = vts.Tracker(settings.fusion, sites)
            fence_watch, risk_watch = geofences.Watch(settings.watch), risk.Watch(settings.risk)
        store.write_zones(fences.to_geojson())
        store.write_catalogue(rules)
        store.write_run(manifest)
        batches = stopping.watch(store.record(cut.of(merged)))
        if saved is not None:
            batches = _after(batches, saved[1], settings.fusion.lateness_s)
        pictures = vts.fuse(batches, tracker)
        checked = geofences.check(pictures, fences, fence_watch, known, land=geofences.land() if land else None)
        checked = _profiled(checked, risk_watch, lists, regime)
        progress = Progress(feeds, as_json, tr, tz)
        clock = Pace(pace, keys, stopping)

        def save(folder):
            tracker.save(folder / "tracker.npz")
            fence_watch.save(folder / "geofences.npz")
            risk_watch.save(folder / "risk.zip")
            told.save(folder / "told.json")

        saved_at = time.monotonic()
        try:
            for picture in risk.score(checked, trained, risk_watch):
                store.append(picture)
                alerted = told.tell(picture, progress)
                progress.show(picture, merged.rejects.used)
                clock.wait(picture.at_ns, alerted, progress)
                if time.monotonic() - saved_at > CHECKPOINT_S or stopping.asked or keys.stopped:
                    _keep_rejects(store, feeds, merged)
                    store.flush(save)
                    saved_at = time.monotonic()
                if stopping.asked or keys.stopped:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            progress.end()
            _fail(
                tr("interrupted; the store in {out} is valid, go on with: {again}", out=out, again=again), 130, as_json
            )
        progress.end()
        _keep_rejects(store, feeds, merged)
        store.write_run(manifest | {"logs": [_hashed(log) for log in manifest["logs"]]})
        store.flush(save)
    totals = _totals(feeds, merged.rejects)
    spent = time.monotonic() - began
    summary = {
        **totals,
        "left_out": cut.counts,
        "fusion": tracker.rejects.counts,
        **told.counts(),
        "seconds": round(spent, 3),
        "peak_mb": _peak_mb(),
        "out": str(out),
    }
    _event("summary", **summary) if as_json else _print_summary(summary, tr)
    if not totals["used"]:
        said = tr("{logs}: no message could be used; see the reasons, or name another log", logs=", ".join(logs))
        click.echo(f"vts: {said}", err=True)
    return ALERTED if fail_on and told.worst >= ("caution", "warning", "alarm").index(fail_on) else DONE


def _speed(text):
    """Event seconds a second; None for as fast as it goes."""
    try:
        pace = None if text == "max" else float(text)
    except ValueError:
        pace = -1.0
    if pace is not None and not 0 < pace < float("inf"):
        raise click.BadParameter(f"{text!r} is neither a number such as 1 or 10 nor max", param_hint="--speed")
    return pace


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


def _profiled(pictures, watch, lists, regime):
    """The Pictures; the Watch knows the ships' static risk on each one's day, and who is looked for."""
    if lists is None:
        yield from pictures
        return
    from risk import psc

    watch.listed = psc.watch_list(lists)
    day = None
    for picture in pictures:
        if psc.day_of(picture.at_ns) != day:
            day = psc.day_of(picture.at_ns)
            watch.profiles = psc.profiles(lists, regime, day)
        yield picture


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


def _manifest(logs, sites, settings, trained, note, cut):
    """What was run, so that it can be run again."""
    import dataclasses
    from importlib.metadata import version

    from vts import __version__

    return {
        "logs": [
            {"log": str(log)} | ({"bytes": Path(log).stat().st_size} if Path(log).is_file() else {}) for log in logs
        ],
        "lingding": __version__,
        "versions": {name: version(name) for name in ("numpy", "numba", "pyarrow", "duckdb")},
        "config": dataclasses.asdict(settings),
        "model": {
            k: v for k, v in getattr(trained, "manifest", {}).items() if k in ("created_with", "arrays_sha256", "seed")
        },
        "sites": [
            {"name": s.name, "lon_deg": s.lon_deg, "lat_deg": s.lat_deg, "max_range_m": s.max_range_m}
            for s in sites
            if s.lon_deg == s.lon_deg
        ],
        "start_ns": cut.start_ns,
        "end_ns": cut.end_ns,
        "area": cut.area,
        "note": note,
    }


def _same_run(store, manifest, fences):
    """Refuse to resume with other options than the run was begun with: the numbers would not be those of one run."""
    from vts.errors import StoreError

    begun = store.read_json("run.json")
    if begun is None:
        return
    now = json.loads(json.dumps(manifest | {"zones": fences}))
    before = begun | {"zones": store.read_json("zones.geojson")}
    for key in ("config", "sites", "model", "zones", "land", "start_ns", "end_ns", "area", "lingding"):
        if now[key] != before.get(key):
            raise StoreError(f"{store.path}: was begun with another {key}; resume with the same, or name a new folder")


def _hashed(about):
    """The entry of a log with its SHA-256: evidence, taken once the run is done so that nobody waits for it."""
    import hashlib

    if "bytes" not in about:
        return about
    with open(about["log"], "rb") as file:
        return about | {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}


class Cut:
    """What of the logs was asked for: a time and an area. What is left out is counted."""

    def __init__(self, start_ns, end_ns, area):
        self.start_ns, self.end_ns, self.area = start_ns, end_ns, area
        self.counts = {}

    def of(self, batches):
        """The batches without the reports outside; ends once everything lies after the end."""
        if self.start_ns is None and self.end_ns is None and self.area is None:
            yield from batches
            return
        from vts.schema import Reports

        for batch in batches:
            if self.end_ns is not None and batch.n and (batch.t_ns >= self.end_ns + 60_000_000_000).all():
                return
            if not isinstance(batch, Reports):  # a name that was said before the window still holds in it
                yield batch if self.end_ns is None else batch.take(batch.t_ns < self.end_ns)
                continue
            when = batch.t_ns >= (self.start_ns or 0)
            when &= self.end_ns is None or batch.t_ns < self.end_ns
            self._count("outside --start and --end", ~when)
            yield batch.take(when & self._near(batch, when))

    def _near(self, batch, when):
        if self.area is None:
            return when
        import numpy as np

        west, south, east, north = self.area
        lon, lat = batch.lon_deg, batch.lat_deg
        across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        near = (across & (lat >= south) & (lat <= north)) | np.isnan(lon)
        self._count("outside --area", when & ~near)
        return near

    def _count(self, reason, mask):
        if n := int(mask.sum()):
            self.counts[reason] = self.counts.get(reason, 0) + n


def _after(batches, at_ns, lateness_s):
    """The batches from the first row that the Picture at `at_ns` did not hold: where vts.fuse cut them."""
    import numpy as np

    from vts.schema import Reports

    found = False
    for batch in batches:
        if not found and batch.n:
            place = batch.t_ns
            if isinstance(batch, Reports):
                received = np.where(batch.rx_ns >= 0, batch.rx_ns, batch.t_ns)
                place = np.maximum(batch.t_ns, received - int(lateness_s * 1e9))
            past = place >= at_ns
            if not past.any():
                continue
            found = True
            batch = batch.take(slice(int(past.argmax()), None))  # noqa: PLW2901 - the rest of it
        yield batch


def _load_state(folder, settings, sites, told):
    """(Tracker, Watch of the zones, Watch of the risk) as they were after the last saved Picture."""
    import geofences
    import risk
    import vts

    told.load(folder / "told.json")
    return (
        vts.Tracker.load(folder / "tracker.npz", settings.fusion, sites),
        geofences.Watch.load(folder / "geofences.npz"),
        risk.Watch.load(folder / "risk.zip"),
    )


def _keep_rejects(store, feeds, merged):
    for feed in feeds:
        store.add_rejects(feed.rejects)
    store.add_rejects(merged.rejects)


class Stop:
    """Ctrl-C and SIGTERM ask for an end between two Pictures, so that a state can be saved; a second time, at once."""

    def __init__(self):
        self.asked = False

    def __enter__(self):
        self._before = {}
        with suppress(ValueError):  # a thread that is not the main one has no signals
            for name in (signal.SIGINT, signal.SIGTERM):
                self._before[name] = signal.signal(name, self._ask)
        return self

    def __exit__(self, *_):
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def _ask(self, *_):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._since = time.monotonic()

    def watch(self, batches):
        """The batches; where no Picture comes for two seconds after the wish to end, the end comes here."""
        for batch in batches:
            if self.asked and time.monotonic() - self._since > 2:
                raise KeyboardInterrupt
            yield batch


class Keys:
    """The keys of a replay, where a person sits at the terminal; nothing otherwise."""

    def __init__(self, tr, as_json):
        self._on = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
        self._tr = tr
        self.paused = self.stopped = self.jump = False
        self.factor = 1.0

    def __enter__(self):
        if self._on:
            import termios
            import tty

            self._settings = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *_):
        if self._on:
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._settings)

    def read(self, wait_s=0.0):
        """Take the keys that were pressed; returns whether one of them asks for the next Picture."""
        if not self._on:
            if wait_s:
                time.sleep(wait_s)
            return True
        import select

        while select.select([sys.stdin], [], [], wait_s)[0]:
            key, wait_s = os.read(sys.stdin.fileno(), 1).decode("latin-1"), 0.0
            if key == " ":
                self.paused = not self.paused
            elif key in "nj":
                self.paused, self.jump = key == "n", key == "j"
                return True
            elif key in "+-":
                self.factor *= 2.0 if key == "+" else 0.5
            elif key in "qQ":
                self.stopped = True
                return True
        return not self.paused


class Pace:
    """Holds the replay back to the asked speed, and while it is paused."""

    def __init__(self, speed, keys, stopping):
        self._speed, self._keys, self._stopping = speed, keys, stopping
        self._from = None

    def wait(self, at_ns, alerted, progress):
        """Return when the next Picture is due."""
        keys = self._keys
        if keys.jump and alerted:
            keys.jump, keys.paused = False, True
        go = keys.read()
        while not go and not keys.stopped and not self._stopping.asked:
            progress.pause()
            go = keys.read(0.1)
            self._from = None
        if self._speed is None or keys.jump or keys.stopped or self._stopping.asked:
            return
        speed = self._speed * keys.factor
        if self._from is None or self._from[2] != speed:
            self._from = (time.monotonic(), at_ns, speed)
        due = self._from[0] + (at_ns - self._from[1]) / 1e9 / speed
        while (left := due - time.monotonic()) > 0 and not (keys.stopped or keys.paused or self._stopping.asked):
            keys.read(min(left, 0.1))


class Progress:
    """A line on standard error with rate and time left, where somebody is looking; silent otherwise."""

    def __init__(self, feeds, quiet, tr, tz):
        self._feeds, self._tr, self._tz = feeds, tr, tz
        self._shown = sys.stderr.isatty() and not quiet
        self._start = self._last = time.monotonic()
        self._line = ""

    def show(self, picture, reports):
        """At most five times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < 0.2:
            return
        from vts.wording import duration_text, time_text

        self._last = now
        done = sum(getattr(f, "bytes_done", 0) for f in self._feeds)
        total = sum(getattr(f, "bytes_total", 0) for f in self._feeds)
        spent = max(now - self._start, 1e-3)
        left = ""
        if 0 < done <= total:
            left = self._tr(
                "{share} %, {time} left", share=100 * done // total, time=duration_text(spent * (total - done) / done)
            )
        said = self._tr("{n} tracks, {rate} reports/s", n=f"{picture.tracks.n:,}", rate=f"{reports / spent:,.0f}")
        self._line = f"{time_text(picture.at_ns, self._tz)}  {said}  {left}"
        click.echo(f"\r\x1b[K{self._line}", nl=False, err=True)

    def pause(self):
        if self._shown:
            said = self._tr("paused: space goes on, n one picture, j to the next alert, q stops")
            click.echo(f"\r\x1b[K{self._line}  [{said}]", nl=False, err=True)

    def end(self):
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


class Teller:
    """Tells alerts as they happen, most urgent first, and counts everything, told or not."""

    def __init__(self, words, tz, watched, only, budget, as_json):
        self._words, self._tz, self._as_json = words, tz, as_json
        self._watched, self._only, self._budget = set(watched), set(only), budget
        self._recent = []  # event times of what was told in the last hour
        self.worst = -1
        self._seen = {"pictures": 0, "tracks": 0, "alerts": {}, "withheld": 0, "first": None, "last": None}
        self._tracks = set()

    def tell(self, picture, progress):
        """Whether a new alert of this Picture was told."""
        from vts.schema import ALERT_STATES
        from vts.wording import alert_dicts

        seen = self._seen
        seen["pictures"] += 1
        self._tracks.update(picture.tracks.track.tolist())
        seen["first"] = seen["first"] or picture.at_ns
        seen["last"] = picture.at_ns
        if not picture.alerts.n:
            return False
        self._words.learn(picture.statics)
        told = False
        for alert in sorted(alert_dicts(picture.alerts), key=lambda a: (-a["severity"], a["rule"], a["alert"])):
            state = ALERT_STATES[alert["state"]]
            if state == "raised":
                seen["alerts"][alert["rule"]] = seen["alerts"].get(alert["rule"], 0) + 1
                self.worst = max(self.worst, alert["severity"])
            if not self._wanted(alert, state):
                continue
            told = told or state == "raised"
            if self._as_json:
                _event("alert", **self._words.facts(alert, self._tz))
            elif state in ("raised", "withdrawn"):
                progress.end()
                click.echo(self._words.line(alert, self._tz))
                citation = self._words.citation(alert["rule"])
                if citation and state == "raised":
                    click.echo(click.style(f"    {citation}", dim=True))
        return told

    def _wanted(self, alert, state):
        """By vessel, rule and budget; an alarm is never withheld for the budget."""
        if self._watched and not self._watched & {alert["mmsi"], alert["other_mmsi"]}:
            return False
        if self._only and alert["rule"] not in self._only:
            return False
        if self._budget is None or state != "raised":
            return True
        self._recent = [t for t in self._recent if t > alert["t_ns"] - 3_600_000_000_000]
        if len(self._recent) >= self._budget and alert["severity"] < 2:
            self._seen["withheld"] += 1
            return False
        self._recent.append(alert["t_ns"])
        return True

    def counts(self):
        """What was seen, for the summary."""
        seen = self._seen
        return seen | {
            "tracks": len(self._tracks),
            "alerts": dict(sorted(seen["alerts"].items())),
            "first": seen["first"] and _utc(seen["first"]),
            "last": seen["last"] and _utc(seen["last"]),
        }

    def save(self, path):
        state = {"seen": self._seen, "tracks": sorted(self._tracks), "recent": self._recent, "worst": self.worst}
        path.write_text(json.dumps(state), encoding="utf-8")

    def load(self, path):
        state = json.loads(path.read_text(encoding="utf-8"))
        self._seen, self._tracks, self._recent = state["seen"], set(state["tracks"]), state["recent"]
        self.worst = state["worst"]


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


def _peak_mb():
    """Largest resident size of this process so far, MB."""
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _print_summary(summary, tr):
    """The totals as a person reads them."""
    from vts.wording import clean

    click.echo("")
    if summary["first"]:
        click.echo(
            tr(
                "{first} to {last}: {pictures} pictures, {tracks} tracks",
                first=summary["first"],
                last=summary["last"],
                pictures=f"{summary['pictures']:,}",
                tracks=f"{summary['tracks']:,}",
            )
        )
    rejected = sum(summary["rejected"].values())
    click.echo(_balance(tr, summary["read"], summary["used"], rejected))
    for reason, count in sorted(summary["rejected"].items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {count:>12,}  {reason:<24} {clean(summary['examples'].get(reason, ''), 80)}")
    reports = summary["reports"]
    left = reports["rejected"] | summary["fusion"] | summary["left_out"]
    left_out = ", ".join(f"{n:,} {reason}" for reason, n in left.items())
    said = tr("reports {read}, used {used}", read=f"{reports['read']:,}", used=f"{reports['used']:,}")
    click.echo(said + (f"; {left_out}" if left_out else ""))
    for rule, count in summary["alerts"].items():
        click.echo(f"  {count:>12,}  " + tr("alerts of {rule}", rule=rule))
    if summary["withheld"]:
        click.echo(
            f"  {summary['withheld']:>12,}  " + tr("alerts not told, over --budget; ask for them with vts alerts")
        )
    rate = summary["read"] / max(summary["seconds"], 1e-9)
    click.echo(
        tr(
            "{seconds} s, {rate} a second, peak {peak} MB; store in {out}",
            seconds=f"{summary['seconds']:.1f}",
            rate=f"{rate:,.0f}",
            peak=f"{summary['peak_mb']:,}",
            out=summary["out"],
        )
    )


def _balance(tr, read, used, rejected):
    return tr(
        "read {read} = used {used} + rejected {rejected}", read=f"{read:,}", used=f"{used:,}", rejected=f"{rejected:,}"
    )


# Decode


@main.command()
@click.argument("log")
@click.option("--to", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: standard output (jsonl, csv).")
@click.option("--raw", is_flag=True, help="Wire integers instead of units.")
@click.option("--summary", type=click.Path(path_type=Path), help="Write the totals to this file as JSON.")
@sites_option
@click.option("--start", type=Instant(), help="UTC time of the first message of a log without times.")
@rate_option
@json_option
def decode(log, form, out, raw, summary, sites, start, rate, as_json):
    """Decode a log of AIS or radar, message by message.

    Example: vts decode day.nmea.gz --to jsonl --summary totals.json
    """
    import ais
    from vts import radar
    from vts.wording import translator

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
        _write_table(source, form, out)
    rejects = source.rejects
    totals = {"read": rejects.read, "used": rejects.used, "rejected": rejects.counts}
    if summary:
        summary.write_text(json.dumps({"log": log, **totals, "examples": rejects.examples}, indent=1) + "\n")
    if as_json:
        click.echo(json.dumps({"event": "summary", **totals}), err=True)
    else:
        click.echo(_balance(translator("en"), rejects.read, rejects.used, sum(rejects.counts.values())), err=True)
        for reason, count in sorted(rejects.counts.items(), key=lambda item: -item[1]):
            click.echo(f"{count:>12,}  {reason:<24} {rejects.examples.get(reason, '')[:80]}", err=True)


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


# Ask and show


@main.command()
@store_argument
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values.")
@json_option
def query(store, sql, as_csv, as_json):
    """Ask a store in SQL; it can read the store and nothing else.

    Views: reports, statics, tracks, alerts, scores, visits, rejects, zones, notes. Times: t_ns (ns since 1970, UTC) and
    t (UTC timestamp).

    Example: vts query out/day "SELECT rule, count(*) FROM alerts GROUP BY rule"
    """
    _answer(_opened(store).arrow(sql), as_csv, as_json)


def _opened(path):
    import vts

    return vts.Store(path)


def _answer(table, as_csv, as_json):
    """A table as JSON lines, CSV, or columns for a person."""
    if as_json:
        for batch in table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                click.echo(json.dumps(_finite(row), ensure_ascii=False, default=str))
    elif as_csv:
        import pyarrow.csv

        pyarrow.csv.write_csv(table, sys.stdout.buffer)
    elif not table.num_rows:
        click.echo("no rows")
    else:
        click.echo(_columns(table))


def _finite(row):
    """NaN and infinity have no word in JSON."""
    return {k: None if isinstance(v, float) and v - v != 0 else v for k, v in row.items()}


def _columns(table, limit=1000):
    """Rows under their names, cut at a thousand; text from the air made printable."""
    from vts.wording import clean

    def shown(value):
        return "" if value is None else f"{value:.6g}" if isinstance(value, float) else clean(str(value), 60)

    rows = [[shown(value) for value in row.values()] for row in table.slice(0, limit).to_pylist()]
    grid = [list(table.column_names), *rows]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in grid]
    more = table.num_rows - limit
    return "\n".join(lines + ([f"... {more:,} rows more; add LIMIT, --csv or --json"] if more > 0 else []))


@main.command()
@store_argument
def shell(store):
    """Ask a store in SQL again and again; an empty line or Ctrl-D ends.

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
@click.option("--palette", type=click.Choice(["day", "dusk", "night"]), default="day", show_default=True)
@click.option("--tiles", help="Address of a tile server, for those who have one; the map then needs it.")
@click.option("--max-positions", type=click.IntRange(min=100), default=1_000_000, show_default=True)
@lang_option
@tz_option
@json_option
def map_(store, out, start, end, mmsi, palette, tiles, max_positions, lang, tz, as_json):
    """Draw a store on a map that opens without a network.

    Example: vts map out/day --out out/day.html
    """
    from vts import maps

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
    """Write the report of a shift: traffic, alerts, top risks, zones, data quality.

    Example: vts report out/day --out out/day-report.html
    """
    from vts import report as reports

    reports.write(_opened(store), out, lang=lang, tz=tz, start_ns=start, end_ns=end)
    _wrote(out, as_json)


def _wrote(path, as_json, **more):
    size = Path(path).stat().st_size
    _event("wrote", path=str(path), bytes=size, **more) if as_json else click.echo(
        f"wrote {path} ({size / 1e6:.1f} MB)"
    )


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
    """List the alerts of a store; acknowledge and annotate them. What was said is never changed or removed.

    Example: vts alerts out/day --ack 4611686018427387904 --note "called on channel 14"
    """
    opened = _opened(store)
    if text and not (ack or on):
        raise click.UsageError("--note needs --ack ALERT or --on ALERT")
    if ack or on:
        _annotate(opened, ack, on, text or "", who or _user())
        return
    words = _wording(opened, lang)
    notes = {}
    for note in opened.notes():
        notes.setdefault(note["alert"], []).append(note)
    from vts import maps

    listed = maps.latest_alerts(opened.connect(), _alert_where(rule, mmsi, start, end))
    for alert in listed:
        said = notes.get(alert["alert"], [])
        acknowledged = any(note["action"] == "acknowledged" for note in said)
        if only_open and (acknowledged or alert["state"] == 3):
            continue
        if as_json:
            _event("alert", **words.facts(alert, tz), notes=said, acknowledged=acknowledged)
            continue
        click.echo(f"{alert['alert']:>19}  {words.line(alert, tz)}")
        for note in said:
            from vts.wording import clean, time_text

            tail = f": {clean(note['text'])}" if note["text"] else ""
            action = words.tr(note["action"])
            click.echo(f"{'':>21}{time_text(note['at_ns'], tz)}  {clean(note['who'])} {action}{tail}")
    if not listed and not as_json:
        click.echo(words.tr("no alerts"))


def _alert_where(rule, mmsi, start, end):
    terms = [] if rule is None else ["rule = '" + rule.replace("'", "''") + "'"]
    terms += [] if mmsi is None else [f"(mmsi = {mmsi} OR other_mmsi = {mmsi})"]
    terms += [] if start is None else [f"t_ns >= {start}"]
    terms += [] if end is None else [f"t_ns < {end}"]
    return f" WHERE {' AND '.join(terms)}" if terms else ""


def _annotate(store, ack, on, text, who):
    """Write notes, after checking that the alerts exist."""
    known = set(store.arrow("SELECT DISTINCT alert FROM alerts").column("alert").to_pylist())
    for action, chosen in (("acknowledged", ack), ("noted", on)):
        for alert in chosen:
            if alert not in known:
                raise click.UsageError(f"no alert {alert} in {store.path}; list them with vts alerts {store.path}")
            store.note(time.time_ns(), who, alert, action, text)
            click.echo(f"{alert} {action} by {who}")


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
    """All that a store knows of one vessel, for a boarding officer: statics, track, zones, alerts, risk, evidence.

    Example: vts vessel out/day 413000001 --pdf out/boarding.pdf
    """
    from vts import dossier

    found = dossier.collect(_opened(store), mmsi, lang=lang, tz=tz)
    if psc:
        found = found._replace(sections=[_psc_section(found, _lists(psc), regime, lang), *found.sections])
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


def _psc_section(found, lists, regime, lang):
    """The port-state-control profile of a dossier's ship as a section; what is missing is said."""
    from risk import psc
    from vts.wording import translator

    tr = translator(lang)
    ship = next((ship for ship in lists.ships if ship["imo"] == found.imo), None)
    heads = (tr("parameter"), tr("points"), tr("standing"))
    title = tr("Port state control, {regime} MoU", regime=regime.capitalize())
    if ship is None:
        return title, heads, [(tr("not in ships.csv"), "", "")]
    profile = psc.profile(ship, lists, regime, psc.day_of(found.last_ns))
    marks = {"V": tr("verified source"), "S": tr("secondary source"), "M": tr("from memory, not verified")}
    rows = [(tr("risk"), str(profile.points), profile.risk)]
    rows += [(name, str(points), marks.get(mark, mark)) for name, points, mark in profile.breakdown]
    rows += [(name, "", tr("not known: gives no points")) for name in profile.missing]
    rows += [(tr("last inspection"), "", str(profile.last_inspection or tr("none known")))]
    rows += [(tr("window"), "", f"{profile.opens} .. {profile.closes}")] if profile.opens else []
    return title, heads, rows


@main.command()
@store_argument
@click.option("--psc", required=True, type=click.Path(), help="Folder of port-state-control lists (CSV).")
@regime_option
@click.option("--capacity", type=click.IntRange(min=1), default=10, show_default=True, help="Boardings a day.")
@json_option
def boarding(store, psc, regime, capacity, as_json):
    """Whom to board: ships in the store that are due for inspection, most urgent first, as many as can be done.

    Example: vts boarding out/day --psc registers/psc --capacity 5
    """
    from risk import psc as control

    opened = _opened(store)
    imos = opened.arrow("SELECT DISTINCT imo FROM statics WHERE imo > 0").column("imo").to_pylist()
    day = control.day_of(opened.watermark_ns)
    due = control.boarding(_lists(psc), regime, day, capacity, set(imos))
    for rank, profile in enumerate(due, 1):
        if as_json:
            _event("boarding", rank=rank, **profile._asdict())
        else:
            when = f"window {profile.opens} .. {profile.closes}" if profile.opens else "never inspected"
            missing = f"; not known: {', '.join(profile.missing)}" if profile.missing else ""
            click.echo(
                f"{rank:>3}  IMO {profile.imo}  {profile.name}  {profile.risk} ({profile.points} points), "
                f"priority {profile.priority}, {when}{missing}"
            )
    if not due and not as_json:
        click.echo(f"none of {len(imos)} ships is due")


@main.command()
@click.argument("rule", required=False)
@lang_option
@json_option
def explain(rule, lang, as_json):
    """What a rule says, where it comes from, and its numbers; without a name, the list of all rules.

    Example: vts explain speed_limit
    """
    from vts.wording import translator

    tr = translator(lang)
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
@click.option("--since", type=Instant(), help="From the day of this time on.")
@click.option("--warm-up", type=click.IntRange(min=0), default=60, show_default=True, help="Minutes before each day.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--address", help="Scheduler of a Dask cluster; without it, one of this machine's own.")
@click.option("--metrics", type=click.Path(path_type=Path), help="Write figures for Prometheus to this file.")
@json_option
def score(stores, model, out, zones, since, warm_up, engine, workers, address, metrics, as_json):
    """Score whole stores by day: idempotent, resumable, one output for each area (a store) and day.

    A second run does nothing; a day whose rows, model, zones or program changed is made again. A partition that fails
    is tried three times and then reported, without stopping the others.

    Example: vts score out/day --model data/models/current --out out/scores --since 2026-03-01
    """
    import tempfile

    from vts import batch

    began = time.monotonic()
    trained = Path(_model_path(model))
    with tempfile.TemporaryDirectory(prefix="vts-score-") as scratch:
        plan = [p for store in stores for p in _partitions(store, out, trained, zones, since, warm_up, Path(scratch))]
        options = {"model": str(trained), "warm_up": warm_up}

        def done(partition, rows, error):
            if as_json:
                _event("partition", name=partition.name, rows=rows, error=error)
            else:
                click.echo(f"{partition.name}: {error or f'{rows:,} rows'}")

        result = batch.run(
            plan, "cli:score_table", options, out, engine=engine, workers=workers, address=address, done=done
        )
    result |= {"seconds": round(time.monotonic() - began, 3), "out": str(out)}
    if metrics:
        _prometheus(metrics, result)
    if as_json:
        _event("summary", **result)
    else:
        counts = f"{result['made']} made, {result['kept']} kept, {len(result['failed'])} failed"
        click.echo(f"{counts}; {result['rows']:,} rows in {out}")
    return BAD_INPUT if result["failed"] else DONE


def _partitions(store, out, model, zones, since, warm_up, scratch):
    """A Partition for each day of a store, its rows laid out in `scratch` only where they are needed."""
    import hashlib

    from vts import __version__, batch

    opened = _opened(store)
    if not (model / "manifest.json").is_file():
        import risk

        risk.load(model)  # says what is wrong with it
    fences = zones.read_text(encoding="utf-8") if zones and zones.is_file() else None
    if zones and fences is None:
        import geofences

        fences = json.dumps(geofences.load(zones).to_geojson())
    fences = fences if fences is not None else json.dumps(opened.read_json("zones.geojson") or {})
    span = opened.arrow("SELECT min(t_ns) AS first, max(t_ns) AS last FROM tracks").to_pylist()[0]
    if span["first"] is None:
        return
    manifest = batch.read_manifest(out)
    area = store.resolve().name
    for start, end in batch.days(span["first"], span["last"], since):
        commits = opened.commits_between(start - warm_up * 60_000_000_000, end)
        key = batch.key_of(
            commits, hashlib.sha256((model / "manifest.json").read_bytes()).hexdigest(), fences, warm_up, __version__
        )
        day = _utc(start)[:10]
        name = f"{area}/{day}"
        path_out = out / f"area={area}" / f"day={day}" / "scores.parquet"
        partition = batch.Partition(name, str(scratch / area / f"{day}.parquet"), str(path_out), key)
        if manifest.get(name, {}).get("key") != key or manifest[name]["state"] != "made" or not path_out.exists():
            opened.write_slice(partition.path_in, start - warm_up * 60_000_000_000, end, fences, start)
        yield partition


def score_table(table, model, warm_up):
    """Scores of a day's tracks: the unit of work of vts score, (pa.Table) -> pa.Table.

    `table` holds Tracks with the static columns that features use, in order of time, from `warm_up` minutes before the
    day; its metadata holds the zones and the day's start. Rows of the warm-up are not in the answer.
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
    scored = risk.score(checked, risk.load(model))
    answer = Scores.concat([picture.scores for picture in scored if picture.at_ns >= begin_ns])
    return pa.table({name: pa.array(column.astype(object) if column.dtype.kind == "U" else column)
                     for name, column in zip(answer._fields, answer, strict=True)})  # fmt: skip


def _prometheus(path, result):
    """Figures in the text format of Prometheus, for its node exporter's folder."""
    lines = [
        ("vts_score_partitions_made", "Partitions made by the last run", result["made"]),
        ("vts_score_partitions_kept", "Partitions that were up to date", result["kept"]),
        ("vts_score_partitions_failed", "Partitions that failed", len(result["failed"])),
        ("vts_score_rows", "Scores written by the last run", result["rows"]),
        ("vts_score_seconds", "Duration of the last run", result["seconds"]),
        ("vts_score_last_run_timestamp_seconds", "When the last run ended", round(time.time())),
    ]
    text = "".join(f"# HELP {name} {what}\n# TYPE {name} gauge\n{name} {value}\n" for name, what, value in lines)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


@main.command()
@store_argument
@click.option("--older-than", type=Span(), default=DAYS_KEPT, show_default=True, help="Days, such as 180d or 26w.")
@click.option("--really", is_flag=True, help="Allow less than 180 days.")
@json_option
def prune(store, older_than, really, as_json):
    """Remove the parts of a store whose every row is older than so many days before its last Picture.

    Example: vts prune out/port --older-than 365d
    """
    if older_than < DAYS_KEPT and not really:
        raise click.UsageError(f"{older_than} days is less than {DAYS_KEPT}; add --really if that is what you mean")
    opened = _opened(store)
    before_ns = opened.watermark_ns - older_than * 86_400_000_000_000
    with opened:
        gone = opened.prune(before_ns)
    _event("summary", parts=gone) if as_json else click.echo(f"{gone} parts removed")


@main.command()
@store_argument
@click.option("--to", "form", type=click.Choice(["geoparquet", "gpkg", "geojson", "csv", "kml"]), required=True)
@out_file
@click.option("--what", type=click.Choice(["positions", "lines", "alerts"]), default="positions", show_default=True)
@start_option
@end_option
@mmsi_option
@json_option
def export(store, form, out, what, start, end, mmsi, as_json):
    """Export positions, track lines or alerts to other programs, in WGS 84 (EPSG:4326).

    Example: vts export out/day --to gpkg --what lines --out out/day.gpkg
    """
    from vts import export as exports

    rows = exports.write(_opened(store), out, form, what=what, start_ns=start, end_ns=end, mmsi=mmsi)
    _wrote(out, as_json, rows=rows)


# Zones, simulation, model


@main.group()
def zones():
    """Zones: check files of anchorages, corridors and lines; propose them from traffic."""


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


@zones.command("from-ais")
@store_argument
@out_file
@click.option("--radius-m", default=500.0, show_default=True, help="A stay keeps within this.")
@click.option("--hours", default=12.0, show_default=True, help="... for this long.")
@click.option("--vessels", default=20, show_default=True, help="... by so many vessels.")
@json_option
def zones_from_ais(store, out, radius_m, hours, vessels, as_json):
    """Propose anchorages, berths and lanes from the tracks of a store; all are off until a person enables them.

    Example: vts zones from-ais out --out proposed.geojson
    """
    import geofences
    from vts.store import Store

    proposal = geofences.propose(Store(store), radius_m=radius_m, hours=hours, vessels=vessels)
    out.write_text(json.dumps(proposal, ensure_ascii=False), encoding="utf-8")
    n = len(proposal["features"])
    _event("summary", zones=n, path=str(out)) if as_json else click.echo(f"wrote {out} ({n} zones proposed)")


@main.group()
def lng():
    """LNG carriers: slots for their movements."""


@lng.command("plan")
@click.argument("movements", type=click.Path())
@click.option("--zones", "zones_path", required=True, type=click.Path(), help="Zones with the corridor and terminals.")
@click.option("--registers", type=click.Path(), help="Folder with weather.csv.")
@click.option("--store", type=click.Path(path_type=Path), help="Store whose visits tell the corridor's busy hours.")
@click.option("--previous", type=click.Path(), help="Plan made before (CSV of --out), to move as little as may be.")
@click.option("--now", "now_ns", type=Instant(), help="With --previous: what has begun by then stays as it is.")
@click.option("--out", type=click.Path(), help="CSV file to write the plan to.")
@click.option("--examples", is_flag=True, help="Use zones that are off, such as example corridors.")
@json_option
def lng_plan(movements, zones_path, registers, store, previous, now_ns, out, examples, as_json):
    """Slots without conflict for declared movements (CSV: vessel, mmsi, terminal, eta, direction, latest).

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
            when = f"{row['start']} - {row['end']}" if row["start"] else "refused"
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
    for path in simulator.build(name, seed).write(out):
        _wrote(path, as_json)


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the model to write.")
@click.option("--store", type=click.Path(path_type=Path), help="Train on this store instead of simulated traffic.")
@click.option("--seed", type=int, default=1, show_default=True)
@json_option
def train(out, store, seed, as_json):
    """Train the risk model, on simulated traffic or on a store of your own; the same seed gives the same bytes.

    Example: vts train --store out/year --out out/model
    """
    import risk

    own = {} if store is None else {"pictures": _stored_pictures(store), "source": f"the store {store.resolve().name}"}
    progress = None if as_json else lambda text: click.echo(text, err=True)
    card = risk.train(out, seed=seed, progress=progress, **own)
    _event("summary", **card) if as_json else _wrote(out / "manifest.json", as_json)


def _stored_pictures(store):
    """The Pictures of a store, with their places, day after day."""
    import tempfile

    import pyarrow.parquet as pq

    import geofences
    from geofences.zones import from_geojson
    from vts import batch
    from vts import store as stores

    opened = _opened(store)
    fences = json.dumps(opened.read_json("zones.geojson") or {})
    span = opened.arrow("SELECT min(t_ns) AS first, max(t_ns) AS last FROM tracks").to_pylist()[0]
    if span["first"] is None:
        return

    def days():
        with tempfile.TemporaryDirectory() as scratch:
            for start, end in batch.days(span["first"], span["last"], None):
                path = Path(scratch) / f"{start}.parquet"
                opened.write_slice(path, start, end, fences, start)
                yield from stores.pictures_of(pq.read_table(path))
                path.unlink()

    yield from geofences.check(days(), from_geojson(json.loads(fences), "the store's zones"))


@main.group()
def evaluate():
    """Measure tracks against a truth, or a model against its baselines."""


@evaluate.command("tracks")
@click.argument("truth", type=click.Path(path_type=Path))
@store_argument
@json_option
def evaluate_tracks(truth, store, as_json):
    """GOSPA, RMSE, missed, false, id switches and more of a store's tracks against a truth.

    Example: vts evaluate tracks out/sim/truth.parquet out/day --json
    """
    from vts import metrics

    _print_metrics(metrics.evaluate(truth, store), as_json)


@evaluate.command("model")
@click.option("--model", type=click.Path(path_type=Path), help="Model to judge; default: the shipped one.")
@click.option("--train", "early", type=click.Path(path_type=Path), help="Parquet of past fixes to fit zone entry to.")
@click.option("--test", "late", type=click.Path(path_type=Path), help="Parquet of later fixes to judge it on.")
@json_option
def evaluate_model(model, early, late, as_json):
    """The protocol's table for every head: the model against the rule and the other baselines.

    With --train and --test, of a zone-entry head fitted to one table of fixes and judged on a later one.

    Example: vts evaluate model --json
    """
    import risk

    if (early is None) != (late is None):
        raise click.UsageError("name both --train and --test, or neither")
    _print_metrics(risk.evaluate_fixes(early, late) if early else risk.evaluate(_model_path(model)), as_json)


@evaluate.command("drift")
@store_argument
@click.option("--model", type=click.Path(path_type=Path), help="Model to judge; default: the shipped one.")
@json_option
def evaluate_drift(store, model, as_json):
    """How far a store's traffic has moved from the training data: PSI per feature, alarm rate, Brier.

    PSI above 0.1: look; above 0.25: retrain.

    Example: vts evaluate drift out/day --json
    """
    from risk import evaluation, samples
    from risk import model as models

    trained = models.load(_model_path(model))
    _print_metrics(evaluation.drift(trained, samples.collect(_stored_pictures(store))), as_json)


@main.command()
@click.argument("lists", type=click.Path(path_type=Path))
@click.option("--regime", type=click.Choice(["tokyo", "paris"]), default="tokyo", show_default=True)
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day of the inspections.")
@click.option("--capacity", type=int, default=5, show_default=True, help="Ships that can be boarded.")
@json_option
def board(lists, regime, day, capacity, as_json):
    """Ships worth boarding, most urgent first, by port state control's rules from your own CSV lists.

    Example: vts board lists/ --date 2026-03-31 --capacity 3
    """
    from risk import psc

    for ship in psc.boarding(psc.load(lists), regime, day.date(), capacity):
        if as_json:
            _event("ship", **ship._asdict())
        else:
            why = ", ".join(f"{name} {points}" for name, points, _ in ship.breakdown) or "no points"
            gaps = f"; unknown: {', '.join(ship.missing)}" if ship.missing else ""
            click.echo(f"IMO {ship.imo} {ship.name}: priority {ship.priority}, {ship.risk} risk ({why}){gaps}")


def _print_metrics(metrics, as_json):
    if as_json:
        click.echo(json.dumps(metrics, ensure_ascii=False, default=_plain))
        return
    for name, value in metrics.items():
        click.echo(f"{name:<32} {value if not isinstance(value, float) else format(value, '.4g')}")


# The house


@main.command()
@click.option("--warm", is_flag=True, help="Compile every kernel now, and run the line once: about 10 s once compiled.")
@json_option
def doctor(warm, as_json):
    """Versions, compile cache, memory and data files; with --warm, a self test that compiles all kernels.

    Example: vts doctor --warm
    """
    import platform
    import shutil
    from importlib.metadata import version

    from vts import __version__, jit, paths

    cache, data = jit.kernels_dir(), paths.data_dir()
    pages = os.sysconf("SC_PAGE_SIZE")
    found = {
        "lingding": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "pyarrow", "duckdb", "scikit-learn", "shapely")},
        "cores": os.cpu_count(),
        "memory_mb": pages * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "memory_free_mb": pages * os.sysconf("SC_AVPHYS_PAGES") // 1_000_000,
        "disk_free_mb": shutil.disk_usage(".").free // 1_000_000,
        "data": str(data),
        "zones": len(list((data / "zones").glob("*.geojson"))),
        "coast": (data / "coast" / "land.npz").is_file(),
        "map_assets": (data / "assets" / "leaflet.js").is_file(),
        "chinese": (data / "locale" / "zh.po").is_file(),
        "model": (data / "models" / "current" / "manifest.json").is_file(),
        "compile_cache": str(cache),
        "compiled": sum(1 for _ in cache.rglob("*.nbc")) if cache.is_dir() else 0,
    }
    missing = [name for name in ("zones", "coast", "map_assets", "chinese", "model") if not found[name]]
    found["missing"] = missing
    if warm:
        began = time.monotonic()
        found["self_test"] = _self_test()
        found["self_test_s"] = round(time.monotonic() - began, 1)
    _event("doctor", **found) if as_json else _print_metrics(found, as_json)
    if missing:
        click.echo(f"vts: {data}: {', '.join(missing)} missing; install the program anew", err=True)
    return BAD_INPUT if missing or found.get("self_test", "ok") != "ok" else DONE


def _self_test():
    """Simulate, replay and score a short scenario in a temporary folder; "ok", or what went wrong."""
    import tempfile

    from vts import simulate as simulator

    with tempfile.TemporaryDirectory() as folder, _silent():
        sim = Path(folder) / "sim"
        simulator.build("pearl-river", 1, duration_s=300).write(sim)
        _replay(_logs_of(sim), Path(folder) / "store", (sim / "zones.geojson",), sites=sim / "sites.toml", as_json=True)
        (n,) = _opened(Path(folder) / "store").arrow("SELECT count(*) AS n FROM tracks").column("n").to_pylist()
    return "ok" if n else "no tracks came out"


@contextmanager
def _silent():
    """Nothing on standard output inside."""
    with ExitStack() as stack:
        import contextlib

        stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
        yield


def _logs_of(folder):
    return [str(p) for p in sorted(Path(folder).iterdir()) if p.suffix in (".nmea", ".ast") and p.stem != "arpa"]


@main.group()
def config():
    """Configuration: every number, its unit and where it comes from."""


@config.command("show")
@config_option
@json_option
def config_show(config, as_json):
    """The configuration in force as TOML: the defaults, and what a file changes.

    Example: vts config show --config mine.toml
    """
    import dataclasses

    import vts

    settings = dataclasses.asdict(vts.load_config(config))
    if as_json:
        _event("config", **settings)
        return
    for section, values in settings.items():
        click.echo(f"[{section}]")
        for key, value in values.items():
            click.echo(f"{key} = {json.dumps(value)}")
        click.echo("")


@main.command()
@click.argument("shell_name", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def completion(shell_name):
    """Print what makes a shell complete our commands.

    Example: vts completion bash > ~/.local/share/bash-completion/completions/vts
    """
    from click.shell_completion import get_completion_class

    click.echo(get_completion_class(shell_name)(main, {}, "vts", "_VTS_COMPLETE").source())


def manual():
    """The manual page of all commands, in troff, as docs/vts.1 holds it."""
    from vts import __version__

    def plain(text):
        return (text or "").replace("\\", "\\e").replace("-", "\\-")

    lines = [f'.TH VTS 1 "" "lingding {__version__}"', ".SH NAME", "vts \\- watch vessels, from a log's bytes to risk"]
    lines += [".SH SYNOPSIS", ".B vts", ".I COMMAND", "[OPTIONS] ARGUMENTS", ".SH COMMANDS"]

    def about(name, command):
        if hasattr(command, "commands"):
            for inner, one in command.commands.items():
                about(f"{name} {inner}", one)
            return
        usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=name)))
        lines.extend(
            [f".SS {name} {plain(usage)}", *(plain(line.strip()) or ".PP" for line in command.help.splitlines())]
        )
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                lines.extend(
                    [".TP", f".B {plain(', '.join(parameter.opts))}", plain(parameter.help) or plain(parameter.name)]
                )

    for name, command in main.commands.items():
        about(f"vts {name}", command)
    lines += [
        ".SH EXIT STATUS",
        "0 done, 1 done with alerts where \\-\\-fail\\-on asked, 2 usage, 3 bad input, 130 interrupted.",
    ]
    return "\n".join(lines) + "\n"


@main.command("manual")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: standard output.")
@json_option
def manual_(out, as_json):
    """Print the manual page of all commands.

    Example: vts manual > ~/.local/share/man/man1/vts.1
    """
    if out is None:
        click.echo(manual(), nl=False)
    else:
        out.write_text(manual(), encoding="utf-8")
        _wrote(out, as_json)


@main.command()
@click.option("--out", default="out/demo", type=click.Path(path_type=Path), show_default=True)
@click.option("--scenario", default="pearl-river", show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@lang_option
@json_option
def demo(out, scenario, seed, lang, as_json):
    """Simulate a short Pearl River scenario, replay it from raw bytes, and draw a map and a report.

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
    sites = sim / "sites.toml" if (sim / "sites.toml").exists() else None
    fences = (sim / "zones.geojson",)
    known = sim / "registers" if (sim / "registers").is_dir() else None
    _replay(
        _logs_of(sim), store, fences, sites=sites, registers=known, note=note, lang=lang, as_json=as_json, budget=12
    )
    say(f"\n3. {tr('Map and report')}")
    maps.write(_opened(store), out / "map.html", lang=lang)
    reports.write(_opened(store), out / "report.html", lang=lang)
    _wrote(out / "map.html", as_json)
    _wrote(out / "report.html", as_json)
    say(
        "\n"
        + tr(
            "Open {map} and {report} in a browser; ask the store with", map=out / "map.html", report=out / "report.html"
        )
    )
    say(f'  .venv/bin/vts query {store} "SELECT rule, count(*) AS n FROM alerts GROUP BY rule"')


if __name__ == "__main__":
    main()
