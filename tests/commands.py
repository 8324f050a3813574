"""The commands as a test calls them, and the traffic that it calls them on."""

import json

from click.testing import CliRunner

import cli
from vts import simulate

from .conftest import JIT


def run(*arguments, stdin=""):
    """(exit code, standard output, standard error) of a command, in this process."""
    result = CliRunner().invoke(cli.main, [str(a) for a in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def events(text):
    return [json.loads(line) for line in text.splitlines()]


DURATION_S, VESSELS = (720, 24) if JIT else (120, 16)  # the interpreter alone is a hundred times slower


def estuary(folder):
    """Some minutes of the estuary as AIVDM and ASTERIX bytes in a folder."""
    simulate.build("pearl-river", 7, duration_s=DURATION_S, vessels=VESSELS).write(folder)
    if not JIT:  # the shape of a radar log at a tenth of its size
        (plots,) = folder.glob("*.ast")
        plots.write_bytes(b"".join(blocks(plots.read_bytes())[:40]))
    return folder


def blocks(recording):
    """The data blocks of an ASTERIX recording."""
    found, at = [], 0
    while at < len(recording):
        length = int.from_bytes(recording[at + 1 : at + 3], "big")
        found.append(recording[at : at + length])
        at += length
    return found


def logs(sim):
    return [sim / "ais.nmea", *sorted(sim.glob("*.ast")), "--sites", sim / "sites.toml"]
