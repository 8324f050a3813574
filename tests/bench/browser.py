"""How soon a page shows: headless Chromium with its network off, asked over its debugging pipe."""

import json
import os
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PAINT = "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)[0] || 0"
READY = "document.documentElement.dataset.ready === '1' ? performance.now() : 0"
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


def shown(page, patience_s=120.0):
    """(ms to the first contentful paint, ms until a map of ours can be used) of a file; None without a browser.

    Ready is asked every 50 ms. Raises TimeoutError where the page says nothing of itself within `patience_s`.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        return None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, _Tab(program, profile) as tab:
        tab.ask("Network.enable")
        tab.ask("Network.emulateNetworkConditions", **OFFLINE)
        tab.ask("Page.navigate", url=page.resolve().as_uri())
        began = time.monotonic()
        while not (ready := tab.value(READY)) or not (painted := tab.value(PAINT)):
            if time.monotonic() - began > patience_s:
                raise TimeoutError(f"{page}: not ready after {patience_s:.0f} s")
            time.sleep(0.05)
        return painted, ready


class _Tab:
    """A tab of a browser of its own; commands go in and answers come out as JSON texts that end with a zero byte."""

    def __init__(self, program, profile):
        (read, self._out), (self._in, write) = os.pipe(), os.pipe()
        options = "--headless --no-sandbox --disable-gpu --remote-debugging-pipe --window-size=1400,900"
        command = f'exec "$0" {options} --user-data-dir="$1" about:blank 3<&{read} 4>&{write} 2>/dev/null'
        self._browser = subprocess.Popen(["/bin/sh", "-c", command, program, profile], pass_fds=(read, write))
        os.close(read)
        os.close(write)
        self._rest, self._number, self._session = b"", 0, None
        tabs = self.ask("Target.getTargets")["targetInfos"]
        target = next(tab["targetId"] for tab in tabs if tab["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method, **parameters):
        """The result of a command."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self._number:
                return answer["result"]

    def value(self, expression):
        """The value of an expression in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def _next(self):
        while b"\0" not in self._rest:
            more = os.read(self._in, 1 << 20)
            if not more:
                raise EOFError("the browser has ended")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._out)
        self._browser.terminate()
        self._browser.wait()
        os.close(self._in)
