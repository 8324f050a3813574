"""Logs as blocks: told by their first bytes, and one sentence for what cannot be read."""

import bz2
import gzip
import io
import lzma
import os
import zipfile

import pytest
import zstandard

from vts.errors import LogError
from vts.files import chunks

TEXT = b"".join(b"line %d of a log\n" % k for k in range(20_000))


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        archive.writestr("a.txt", text[:1000])
        archive.writestr("b.txt", text[1000:])
    return out.getvalue()


PACK = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "gz of two": lambda text: gzip.compress(text[:1000]) + gzip.compress(text[1000:]),
    "zst of two": lambda text: zstandard.compress(text[:1000]) + zstandard.compress(text[1000:]),
}


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("size", [777, 1 << 20])
def test_content_is_the_same_whatever_the_packing_and_the_name(tmp_path, pack, size):
    path = tmp_path / "log.csv.exe"
    path.write_bytes(PACK[pack](TEXT))
    blocks = chunks(path, size)
    assert TEXT == b"".join(blocks)
    assert (path.stat().st_size,) * 2 == (blocks.bytes_done, blocks.bytes_total)


def test_members_of_a_zip_follow_each_other_on_lines_of_their_own(tmp_path):
    path = tmp_path / "log.zip"
    path.write_bytes(zipped(TEXT))
    assert TEXT[:1000] + b"\n" + TEXT[1000:] == b"".join(chunks(path))


@pytest.mark.parametrize("pack", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("lost", [1, 20, 300])
def test_a_truncated_file_gives_what_is_there_then_one_sentence(tmp_path, pack, lost):
    path = tmp_path / "log"
    packed = PACK[pack](TEXT)
    path.write_bytes(packed[:-lost])
    got = []
    with pytest.raises(LogError, match="copy the file again"):
        got.extend(chunks(path))
    assert TEXT.startswith(b"".join(got))


@pytest.mark.parametrize("pack", ["gz", "bz2", "xz", "zst"])
def test_a_damaged_file_is_one_sentence(tmp_path, pack):
    path = tmp_path / "log"
    packed = bytearray(PACK[pack](TEXT))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    path.write_bytes(packed)
    with pytest.raises(LogError, match="copy the file again"):
        b"".join(chunks(path))


def test_empty_missing_directory_and_forbidden(tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    for path, word in ((empty, "empty"), (tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(LogError, match=word):
            b"".join(chunks(path))
    if os.geteuid():
        locked = tmp_path / "locked"
        locked.write_bytes(TEXT)
        locked.chmod(0)
        with pytest.raises(LogError, match="permission"):
            b"".join(chunks(locked))


def test_standard_input_is_read_as_a_dash(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TEXT))))
    assert TEXT == b"".join(chunks("-"))


def test_a_bomb_of_zeros_comes_in_bounded_blocks():
    packed = gzip.compress(b"\0" * 50_000_000)
    assert 1 << 20 >= max(len(block) for block in chunks(io.BytesIO(packed)))
