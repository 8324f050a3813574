"""A stage of the line in a thread of its own: the second core, without changing a number.

Kernels, NumPy, Parquet and zstd work without the interpreter's lock, so two stages run on two cores. A stage takes its
items one after the other, in order, and only it touches what it remembers; so the numbers are those of one thread.
"""

import collections
import contextlib
import queue
import threading

WAIT_S = 0.2


class Ahead:
    """An iterator over the items of `work`, made in a thread at most `depth` before they are asked for.

    What `work` raises is raised to whoever iterates. `hold` lets the thread rest between two items, so that what its
    stage remembers can be saved; `close` ends it. `idle` is called now and then while an item is waited for.
    """

    def __init__(self, work, depth=2, name="stage", idle=None):
        self._work = work
        self._idle = idle or (lambda: None)
        self._queue = queue.Queue(depth)
        self._state = threading.Condition()
        self._stop = self._held = self._resting = self._over = False
        self.made = 0  # items handed on by the thread
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self):
        error = None
        try:
            for item in self._work:
                with self._state:
                    self.made += 1
                    self._state.notify_all()
                self._put((item, None))
                with self._state:
                    while self._held and not self._stop:
                        self._resting = True
                        self._state.notify_all()
                        self._state.wait()
                    self._resting = False
                if self._stop:
                    break
        except BaseException as raised:  # whatever it is, it belongs to whoever iterates
            error = raised
        with self._state:
            self._resting = True
            self._state.notify_all()
        self._put((None, error or StopIteration()))

    def _put(self, entry):
        while not self._stop:
            with contextlib.suppress(queue.Full):
                self._queue.put(entry, timeout=WAIT_S)
                return

    def __iter__(self):
        return self

    def __next__(self):
        if self._over:
            raise StopIteration
        if not self._thread.ident:
            self._thread.start()
        entry = None
        while entry is None:
            with contextlib.suppress(queue.Empty):
                entry = self._queue.get(timeout=WAIT_S)
            if entry is None:
                self._idle()
        item, error = entry
        if error is not None:
            self._over = True
            raise error
        return item

    def hold(self):
        """Ask the thread to rest after the item at hand; then ask `settled` after every item received, until it is."""
        with self._state:
            self._held = True

    def go(self):
        """Let it go on."""
        with self._state:
            self._held = False
            self._state.notify_all()

    def settled(self, received):
        """Whether the thread rests and has made no more than `received` items; waits until either is known."""
        with self._state:
            self._state.wait_for(lambda: self._resting or self.made > received)
            return self._held and self._resting and self.made == received

    def close(self):
        """End the thread after the item at hand."""
        with self._state:
            self._stop = self._over = True
            self._state.notify_all()
        if self._thread.ident:
            self._thread.join()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait((None, StopIteration()))  # for a stage that still waits here

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Tap:
    """What goes into a stage that runs in another thread, handed over in step with what comes out of it.

    `into` and `out_of` wrap the two ends; `until(k)` gives, once and in order, all that went in before the k-th item
    (from 1) came out: what one thread would have seen by then.
    """

    def __init__(self):
        self._passed = collections.deque()
        self._out = 0

    def into(self, items):
        """The items, each remembered as it passes."""
        for item in items:
            self._passed.append((self._out, item))
            yield item

    def out_of(self, items):
        """The items, counted as they come out."""
        for item in items:
            self._out += 1
            yield item

    def until(self, k):
        """What went in before the k-th item came out, and was not given yet."""
        while self._passed and self._passed[0][0] < k:
            yield self._passed.popleft()[1]
