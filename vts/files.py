"""A log as blocks of bytes, whatever it was packed with: told by its first bytes, never by its name."""

import bz2
import itertools
import lzma
import os
import sys
import zipfile
import zlib
from pathlib import Path

from vts.errors import LogError

BLOCK = 1 << 20
_ZSTD_IN = 4096  # one input step of zstd can give 32,000 times its size: keep the worst at 130 MB
_MAGIC = (
    (b"\x1f\x8b", "gz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)


class Chunks:
    """An iterable of byte blocks with `bytes_done` and `bytes_total` of the file on disk (0: not known)."""

    def __init__(self, source, size=BLOCK):
        self.source = source
        self.name = "standard input" if source == "-" else str(source) if _is_path(source) else "the given blocks"
        self.size = size
        self.bytes_done = 0
        self.bytes_total = 0
        if source != "-" and _is_path(source):
            self.bytes_total = _checked(Path(source))

    def __iter__(self):
        self.bytes_done = 0
        if self.source == "-":
            yield from self._unpacked(sys.stdin.buffer)
        elif _is_path(self.source):
            try:
                file = open(self.source, "rb")  # noqa: SIM115 - closed below; opening has an error of its own
            except OSError as error:
                raise LogError(f"{self.name}: cannot be opened ({error.strerror}); check its permissions") from error
            with file:
                yield from self._unpacked(file)
        elif hasattr(self.source, "read"):
            yield from self._unpacked(self.source)
        else:
            for block in self.source:
                self.bytes_done += len(block)
                yield block

    def _unpacked(self, file):
        """The file's content; LogError where its packing is damaged, after everything that could be read."""
        raw = self._raw(file)
        first = next(raw, b"")
        if not first and self.bytes_total == 0:
            raise LogError(f"{self.name}: is empty; give a log with at least one line")
        packing = next((kind for magic, kind in _MAGIC if first.startswith(magic)), None)
        if packing is None:
            yield first
            yield from raw
            return
        try:
            if packing == "zip":
                yield from self._zip(file)
            elif packing == "zst":
                yield from self._frames(_zstd, first, raw, _ZSTD_IN)
            else:
                yield from self._frames(
                    {"gz": _Gzip, "bz2": bz2.BZ2Decompressor, "xz": lzma.LZMADecompressor}[packing], first, raw, BLOCK
                )
        except _TruncatedError as error:
            raise LogError(
                f"{self.name}: the {packing} data stops before its end; copy the file again (what came before was read)"
            ) from error
        except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise LogError(
                f"{self.name}: the {packing} data is damaged ({error}); copy the file again (what came before was read)"
            ) from error

    def _raw(self, file):
        """The file as it lies on disk."""
        while True:
            try:
                block = file.read(self.size)
            except OSError as error:
                raise LogError(f"{self.name}: cannot be read on ({error.strerror}); check the disk") from error
            if not block:
                return
            self.bytes_done += len(block)
            yield block

    def _frames(self, make, first, raw, step):
        """Frame after frame (an archive may hold several), in bounded pieces."""
        unpacker, fresh = make(), True
        for block in _steps(first, raw, step):
            data = block
            while data or not (fresh or unpacker.eof or unpacker.needs_input):
                piece = unpacker.decompress(data, self.size)
                fresh = False
                if piece:
                    yield piece
                data = b""
                if unpacker.eof:
                    data = unpacker.unused_data.lstrip(b"\0")  # tape and disk images pad with zeros
                    unpacker, fresh = make(), True
        if not fresh:
            raise _TruncatedError

    def _zip(self, file):
        """Every member in order of the archive's directory."""
        if not file.seekable():
            raise LogError(f"{self.name}: a zip archive cannot be read from a pipe; give its path, or use gz")
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                with archive.open(member) as unpacked:
                    last = b"\n"
                    while block := unpacked.read(self.size):
                        self.bytes_done = min(file.tell(), self.bytes_total or file.tell())
                        last = block[-1:]
                        yield block
                    if last != b"\n":
                        yield b"\n"  # two members never share a line
        self.bytes_done = self.bytes_total


class _TruncatedError(Exception):
    """Packed data that ends inside a frame."""


class _Gzip:
    """zlib's decompressor with the manners of bz2's and lzma's."""

    def __init__(self):
        self._z = zlib.decompressobj(31)
        self._held = b""

    @property
    def eof(self):
        return self._z.eof

    @property
    def unused_data(self):
        return self._z.unused_data

    @property
    def needs_input(self):
        return not self._held

    def decompress(self, data, size):
        piece = self._z.decompress(self._held + data, size)
        self._held = self._z.unconsumed_tail
        return piece


def _zstd():
    """zstd's decompressor with the manners of bz2's and lzma's."""
    import zstandard

    class Zstd:
        needs_input = True

        def __init__(self):
            self._z = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

        eof = property(lambda self: self._z.eof)
        unused_data = property(lambda self: self._z.unused_data)

        def decompress(self, data, _size):
            try:
                return self._z.decompress(data)
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from error

    return Zstd()


def _steps(first, raw, step):
    """The blocks cut to at most `step` bytes."""
    for block in itertools.chain((first,), raw):
        for at in range(0, len(block), step):
            yield block[at : at + step]


def _is_path(source):
    return isinstance(source, str | os.PathLike)


def _checked(path):
    """Size of a file that can be read; LogError with the remedy otherwise."""
    try:
        if path.is_dir():
            raise LogError(f"{path}: is a directory; name the log files in it")
        if path.is_file() and path.stat().st_size == 0:
            raise LogError(f"{path}: is empty; give a log with at least one line")
        size = path.stat().st_size
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror}); check the name and its permissions") from error
    if not os.access(path, os.R_OK):
        raise LogError(f"{path}: may not be read by this user; change its permissions")
    return size


def chunks(source, size=BLOCK):
    """The content of a log as an iterable of byte blocks with `bytes_done` and `bytes_total`.

    `source` is a path, "-" for standard input, a binary file, or an iterable of blocks. Plain, gz, zst, bz2, xz and
    zip are told by their first bytes. Raises LogError (one sentence with the remedy) for a file that is missing,
    empty, a directory or not readable, and after the last readable byte for one that is truncated or damaged.
    """
    return Chunks(source, size)
