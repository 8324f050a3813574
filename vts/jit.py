"""One decorator, `kernel`, that holds the whole policy for compiled code.

Why not plain `njit(cache=True)`: numba keys its cache to one file's time stamp, so after an inner kernel in another
module was edited the cached outer one went on returning the old result, and two processes that write one index at
the same moment can leave an entry pointing at another signature's machine code. Here an entry is keyed to the text of
the kernel's module and of every kernel module that it imports, lies in the user's own folder (mode 0700: numba's
cache files are pickles, so nobody else may write there), and is read and written under a file lock.

A kernel that kernels call is compiled for them apart from the one that Python calls: without the code that unpacks
Python's objects, and only into LLVM code that is linked into its callers. Machine code is made once, of a kernel that
Python calls with all below it, where LLVM sees the whole tree. numba makes both for each kernel on the way up, which
took half as long again.
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
from llvmlite import binding as llvm
from numba.core import caching, codegen, compiler, config, dispatcher, sigutils, types, typing
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from vts.paths import cache_dir

_ROOT = Path(__file__).resolve().parent.parent
_OURS = r"((?:vts|ais|geofences|risk)[\w.]*)"
_IMPORT = re.compile(rf"^\s*(?:from\s+{_OURS}\s+import\s+([^#\n]+)|import\s+{_OURS})", re.M)
_KEEP_DAYS = 30
_LOG = logging.getLogger(__name__)  # INFO: each kernel that is compiled, since no cache has it


@functools.cache
def _source(module):
    """(text, {kernel modules it imports}) of a module of ours; ('', {}) where there is none of that name."""
    path = _ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.is_file():
        return "", frozenset()
    text = path.read_text(encoding="utf-8")
    named = set()
    for base, names, plain in _IMPORT.findall(text):
        named.add(base or plain)
        named.update(f"{base}.{name.split(' as ')[0].strip(' ()')}" for name in names.split(",") if base)
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


class _Flags(compiler.Flags):
    """numba's flags, which it compares for each operator that it types: a property an option took 7 % of compiling."""

    def values(self):
        return {name: self._values.get(name, option.default) for name, option in self.options.items()}


class _Library(codegen.JITCodeLibrary):
    """The code of a kernel that Python calls, with that of every kernel below it."""

    def _optimize_functions(self, ll_module):
        """Simplify each function before it is linked anywhere."""
        ll_module.data_layout = self._codegen._data_layout
        passes, builder = self._codegen._function_pass_manager()
        for function in ll_module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def _optimize_final_module(self):
        """numba's own passes over functions that LLVM knows to be called from here alone, so it may change them."""
        for function in self._final_module.functions:
            if function.linkage == llvm.Linkage.linkonce_odr and not function.is_declaration:
                function.linkage = llvm.Linkage.internal
        super()._optimize_final_module()

    def serialize_using_object_code(self):
        """What `restore` takes: no kernel links this one, so its LLVM code need not be kept, as numba does."""
        self._ensure_finalized()
        module = self._final_module
        named = [
            value.name for of in (module.functions, module.global_variables) for value in of if not value.is_declaration
        ]
        return self.name, self._get_compiled_object(), named

    @classmethod
    def restore(cls, target, data):
        name, code, named = data
        library = cls(target, name)
        library.enable_object_caching()
        library._set_compiled_object(code)
        library._finalize_final_module()
        target._engine._defined_symbols.update(named)
        return library

    def entry_point(self, context, fndesc, env):
        """What Python calls."""
        return context.get_executable(self, fndesc, env)


class _LinkedLibrary(_Library):
    """The LLVM code of a kernel that kernels call, with that of every kernel below it."""

    def _optimize_final_module(self):
        """Drop what is not used: numba refuses to cache a kernel that names an address, be it in vain."""
        passes = llvm.create_new_module_pass_manager()
        passes.add_global_dead_code_eliminate_pass()
        tuning = llvm.create_pipeline_tuning_options()
        passes.run(self._final_module, llvm.create_pass_builder(self._codegen._tm, tuning))

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True

    def serialize_using_object_code(self):
        return self.name, self._get_module_for_linking().as_bitcode()

    @classmethod
    def restore(cls, target, data):
        name, code = data
        library = cls(target, name)
        library._final_module = library._shared_module = llvm.parse_bitcode(code)
        library._finalized = True
        return library

    def entry_point(self, context, fndesc, env):
        """A key of its own, by which numba finds the code: nothing calls it."""
        return object()


class _Compiler(compiler.Compiler):
    """numba's compiler with a library of ours."""

    _library = _Library

    def __init__(self, typingctx, targetctx, library, args, return_type, flags, locals):
        flags = _Flags(flags)
        flags.no_compile = self._library is _LinkedLibrary
        super().__init__(typingctx, targetctx, library, args, return_type, flags, locals)

    def compile_extra(self, func):
        self.state.library = self._library(self.state.targetctx.codegen(), func.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(func)


class _LinkedCompiler(_Compiler):
    _library = _LinkedLibrary


class _Impl(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)
    _library = _Library

    def rebuild(self, context, payload):
        data, fndesc, env, signature, _, lifted, annotation, reload_init, others = payload
        library = self._library.restore(context.codegen(), data)
        entry = library.entry_point(context, fndesc, env)
        if self._library is _Library:
            for other in others:
                library.codegen.set_env(other.env_name, other)
        return compiler.compile_result(
            typing_context=context.typing_context,
            target_context=context,
            entry_point=entry,
            type_annotation=annotation,
            signature=signature,
            objectmode=False,
            lifted=lifted,
            fndesc=fndesc,
            library=library,
            environment=env,
            reload_init=reload_init,
        )


class _LinkedImpl(_Impl):
    _library = _LinkedLibrary

    def get_filename_base(self, fullname, abiflags):
        return f"linked-{super().get_filename_base(fullname, abiflags)}"


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


class _LinkedCache(_Cache):
    _impl_class = _LinkedImpl


class _Kernel(CPUDispatcher):
    """What Python calls; `_linked` holds the forms that kernels call: {types of the arguments: CompileResult}."""

    def __init__(self, function, **options):
        super().__init__(function, targetoptions=options, pipeline_class=_Compiler)
        options = options | {"no_cpython_wrapper": True}
        self._linker = dispatcher._FunctionCompiler(function, self.targetdescr, options, {}, _LinkedCompiler)
        self._linked = {}
        self._linked_cache = caching.NullCache()

    def keep(self):
        """Keep what is compiled on disk."""
        self._cache, self._linked_cache = _Cache(self.py_func), _LinkedCache(self.py_func)

    def get_call_template(self, args, kws):
        """What numba asks for the type of a call from a kernel."""
        pysig, args = self._linker.fold_argument_types(args, kws)
        with global_compiler_lock, self._compiling_counter:  # the counter tells numba of a recursion
            if args not in self._linked:
                self._link(args)
        name = self.py_func.__name__
        signatures = [found.signature for found in self._linked.values()]
        return typing.make_concrete_template(name, name, signatures), pysig, args, {}

    def _link(self, args):
        """Find or make the form for kernels that call with these types."""
        found = kept = self._linked_cache.load_overload(args, self.targetctx)
        if not kept:
            found = self._linker.compile(args, None)
            found = found._replace(entry_point=found.library.entry_point(self.targetctx, found.fndesc, None))
        self.targetctx.insert_user_function(found.entry_point, found.fndesc, [found.library])
        self._linked[args] = found
        if not kept:
            self._linked_cache.save_overload(args, found)

    def get_overload(self, sig):
        """What numba asks for the code of a call from a kernel."""
        args, _ = sigutils.normalize_signature(sig)
        return self._linked[tuple(args)].entry_point


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

    Counting takes two atomic steps an array and call, a sixth of fusion's time. What makes an array after all, if only
    to copy one row onto another, is an error when it is compiled.
    """
    return _compiled(function, counts=False)


def _compiled(function, counts):
    if config.DISABLE_JIT:
        return function
    # how arrays are counted is said of each, else a kernel would count or not as its first caller does
    compiled = _Kernel(function, nopython=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True, _nrt=counts)
    ours = _source(function.__module__)[0]  # a notebook's or a test's own kernel has no text to key a cache to
    if ours and _prepared(kernels_dir()) is not None:
        compiled.keep()
    return compiled


def inlined(function):
    """A kernel of a few lines that is copied into each of its callers, before LLVM decides what is worth a call.

    LLVM leaves a helper that takes an array as a call of some 5 ns when its body looks long, though it would shrink to
    a few instructions in place. Callers are compiled longer for it: only where a profile shows the calls.
    """
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)


def once(function):
    """A kernel with one code for whatever constants its callers write, instead of one for each of them.

    For those that LLVM copies into their callers: the 48 codes of ais.columns.bits were a third of the decoder's
    compilation. Not for every kernel: n200 took 1.4 to 2 times as long in two rounds of measurement, though later ones
    ranged as widely; it should be measured again where it would save much.
    """
    if not config.DISABLE_JIT:
        template = function.get_call_template
        function.get_call_template = lambda args, kws: template(
            tuple(map(types.unliteral, args)), {name: types.unliteral(t) for name, t in kws.items()}
        )
    return function
