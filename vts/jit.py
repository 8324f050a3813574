"""One decorator, `kernel`, that holds the whole policy for compiled code.

Why not plain `njit(cache=True)`: numba keys its cache to one file's time stamp, so after an inner kernel in another
module was edited the cached outer one went on returning the old result, and two processes that write one index at
the same moment can leave an entry pointing at another signature's machine code. Here an entry is keyed to the text of
the kernel's module and of every kernel module that it imports, lies in the user's own folder (mode 0700: numba's
cache files are pickles, so nobody else may write there), and is read and written under a file lock.
"""

import contextlib
import fcntl
import functools
import hashlib
import logging
import os
import platform
import re
import shutil
import sys
import time
from pathlib import Path

import numba
from numba.core import caching, config, types

from vts.paths import cache_dir

_ROOT = Path(__file__).resolve().parent.parent
_OURS = r"((?:vts|ais|geofences|risk)[\w.]*)"
_IMPORT = re.compile(rf"^\s*(?:from\s+{_OURS}\s+import\s+([^#\n]+)|import\s+{_OURS})", re.M)
_KEEP_DAYS = 30
_LOG = logging.getLogger(__name__)  # INFO: each kernel that is compiled, since no cache has it


def _file(module):
    """The file of a module of ours."""
    path = _ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@functools.cache
def _source(module):
    """(text, {kernel modules it imports}) of a module of ours; ('', {}) where there is none of that name.

    Modules taken from a package do not bring in what else it imports: an edit of the tracker is none of the kernels.
    """
    path = _file(module)
    if not path.is_file():
        return "", frozenset()
    text = path.read_text(encoding="utf-8")
    named = set()
    for base, names, plain in _IMPORT.findall(text):
        taken = {f"{base}.{name.split(' as ')[0].strip(' ()')}" for name in names.split(",") if base}
        named |= taken
        if not taken or not all(_file(name).is_file() for name in taken):
            named.add(base or plain)
    return text, frozenset(named)


@functools.cache
def closure_hash(module):
    """Hash of a module's text and of all of ours that it imports, however indirectly; 20 hex digits.

    The imports are read from the text, so a kernel cannot be served from a cache filled by an older inner kernel.
    """
    seen, todo = {}, [module]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen[name], named = _source(name)
            todo.extend(named)
    digest = hashlib.blake2b(digest_size=10)
    for name in sorted(seen):
        digest.update(f"{name}\0{seen[name]}\0".encode())
    settings = (numba.__version__, sys.version_info[:3], platform.machine(), config.BOUNDSCHECK, config.OPT)
    digest.update(repr(settings).encode())
    return digest.hexdigest()


@functools.cache
def _prepared(root):
    """The cache root, made for this user alone, without what nobody has used for 30 days; None when it cannot be."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if root.stat().st_uid != os.getuid():
            return None
        root.chmod(0o700)
        old = time.time() - _KEEP_DAYS * 86_400  # noqa: TID251 - the age of files on this disk, never of data
        for folder in root.iterdir():
            if folder.is_dir() and folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return None
    return root


class _Locator(caching._CacheLocator):
    """Where the compiled forms of one module's kernels lie."""

    def __init__(self, py_func, py_file):
        self._py_file = py_file
        self._name = py_func.__qualname__
        self._line = py_func.__code__.co_firstlineno
        self._stamp = closure_hash(py_func.__module__)
        self._path = os.path.join(kernels_dir(), f"{py_func.__module__}-{self._stamp}")

    def get_cache_path(self):
        return self._path

    def get_source_stamp(self):
        return self._stamp

    def get_disambiguator(self):
        return str(self._line)

    @classmethod
    def from_function(cls, py_func, py_file):
        return cls(py_func, py_file)


class _Impl(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _Cache(caching.FunctionCache):
    """numba's function cache, one process at a time, and never fatal: what cannot be read is compiled again."""

    _impl_class = _Impl

    @contextlib.contextmanager
    def _lock(self):
        os.makedirs(self._cache_path, mode=0o700, exist_ok=True)
        with open(os.path.join(self._cache_path, ".lock"), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load_overload(self, sig, target_context):
        found = None
        try:
            with self._lock():
                found = super().load_overload(sig, target_context)
        except Exception:  # a damaged entry raises whatever its bytes say; compiling is always right
            with contextlib.suppress(OSError):
                os.unlink(self._cache_file._index_path)
        if found is None:
            _LOG.info("compiling %s", self._name)
        return found

    def save_overload(self, sig, data):
        with contextlib.suppress(OSError), self._lock():  # a full disk costs time, not the run
            super().save_overload(sig, data)


def kernels_dir():
    """The folder of compiled kernels."""
    return cache_dir() / "kernels"


def kernel(function):
    """The compiled form of `function`: no GIL, division by zero gives inf or NaN, no reordering of sums, cached.

    Reordering (`fastmath`) stays off because the same log must give the same numbers on every machine. With
    NUMBA_DISABLE_JIT=1 this is the plain function; with NUMBA_BOUNDSCHECK=1 every index is checked.
    """
    return _compiled(function, counts=True)


def borrowing(function):
    """A kernel that makes no array and returns none: it works in its callers', and counts nobody's hold on them.

    Counting takes two atomic steps an array and call, a seventh of the time of fusion's kernels. What makes an array
    after all, if only to copy one row onto another, is an error when it is compiled.
    """
    return _compiled(function, counts=False)


def _compiled(function, counts):
    # said of each, else a kernel would count or not as its first caller does
    dispatcher = numba.njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, _nrt=counts)(function)
    ours = _source(function.__module__)[0]  # a notebook's or a test's own kernel has no text to key a cache to
    if ours and not config.DISABLE_JIT and _prepared(kernels_dir()) is not None:
        dispatcher._cache = _Cache(function)
    return dispatcher


def inlined(function):
    """A kernel of a few lines that is copied into each of its callers, before LLVM decides what is worth a call.

    LLVM leaves a helper that takes an array as a call of some 5 ns when its body looks long, though it would shrink to
    a few instructions in place. Callers are compiled longer for it: only where a profile shows the calls.
    """
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)


def once(dispatcher):
    """A kernel with one code for whatever constants its callers write, instead of one for each of them.

    For those that LLVM copies into their callers: the 48 codes of ais.columns.bits were a third of the decoder's
    compilation. Not for every kernel: n200 took 1.4 to 2 times as long in two rounds of measurement, though later ones
    ranged as widely; it should be measured again where it would save much.
    """
    if not config.DISABLE_JIT:
        template = dispatcher.get_call_template
        dispatcher.get_call_template = lambda args, kws: template(
            tuple(map(types.unliteral, args)), {name: types.unliteral(t) for name, t in kws.items()}
        )
    return dispatcher
