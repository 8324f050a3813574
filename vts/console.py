"""A replay at the terminal: its keys, its pace, its progress line, and the wish to end it.

Nothing here reads a clock or prints: `clock` (seconds that only grow) and `write` (to the terminal) are the command's.
"""

import os
import select
import shutil
import signal
import sys
from contextlib import suppress

from vts.wording import duration_text, fitting, time_text

CLEAR = "\r\x1b[K"


class Stop:
    """Ctrl-C and SIGTERM ask for an end between two Pictures, so that a state can be saved; a second time, at once."""

    def __init__(self, clock):
        self._clock = clock
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
        self._since = self._clock()

    def watch(self, batches):
        """The batches; where no Picture comes for two seconds after the wish to end, the end comes here."""
        for batch in batches:
            if self.asked and self._clock() - self._since > 2:
                raise KeyboardInterrupt
            yield batch


class Keys:
    """The keys of a replay, where a person sits at the terminal; nothing otherwise."""

    def __init__(self, quiet=False):
        self._on = sys.stdin.isatty() and sys.stderr.isatty() and not quiet
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
                select.select([], [], [], wait_s)
            return True
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
    """Holds the replay back to the asked speed (event seconds a second), and while it is paused."""

    def __init__(self, speed, keys, stopping, clock):
        self._speed, self._keys, self._stopping, self._clock = speed, keys, stopping, clock
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
        if keys.jump or keys.stopped or self._stopping.asked:
            return
        speed = self._speed * keys.factor
        if self._from is None or self._from[2] != speed:
            self._from = (self._clock(), at_ns, speed)
        due = self._from[0] + (at_ns - self._from[1]) / 1e9 / speed
        while (left := due - self._clock()) > 0 and not (keys.stopped or keys.paused or self._stopping.asked):
            keys.read(min(left, 0.1))


class Progress:
    """A line with rate and time left, where somebody is looking; silent otherwise."""

    def __init__(self, feeds, tr, tz, clock, write, quiet=False):
        self._feeds, self._tr, self._tz, self._clock, self._write = feeds, tr, tz, clock, write
        self._shown = sys.stderr.isatty() and not quiet
        self._start = self._last = clock()
        self._line = ""

    def show(self, picture, reports):
        """At most five times a second."""
        now = self._clock()
        if not self._shown or now - self._last < 0.2:
            return
        self._last = now
        done = sum(getattr(f, "bytes_done", 0) for f in self._feeds)
        total = sum(getattr(f, "bytes_total", 0) for f in self._feeds)
        spent = max(now - self._start, 1e-3)
        left = ""
        if 0 < done < total:  # what is read ahead in one piece tells nothing of the time left
            left = self._tr(
                "{share} %, {time} left", share=100 * done // total, time=duration_text(spent * (total - done) / done)
            )
        said = self._tr("{n} tracks, {rate} reports/s", n=f"{picture.tracks.n:,}", rate=f"{reports / spent:,.0f}")
        self._line = f"{time_text(picture.at_ns, self._tz)}  {said}  {left}"
        self._put(self._line)

    def pause(self):
        if self._shown:
            said = self._tr("paused: space goes on, n one picture, j to the next alert, q stops")
            self._put(f"[{said}]  {self._line}")

    def _put(self, line):
        """A line that no narrow terminal may wrap: the next one could not take its place."""
        self._write(CLEAR + fitting(line, shutil.get_terminal_size().columns - 1))

    def end(self):
        if self._shown:
            self._write(CLEAR)
