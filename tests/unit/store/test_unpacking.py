"""What comes packed: whatever was done to it on the way it is unpacked or refused, and never fills a disk."""

from __future__ import annotations

import errno
import gzip
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.files import packed
from store.files.packed import FileDamaged, FileTooLarge, unpack
from store.files.source import FileUnreadable

TABLE = b"nr,who\n" + b"1,k1\n" * 200


def _zipped(content: bytes, way: int) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", way) as file:
        file.writestr("é.csv", content)
    return archive.getvalue()


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "stored": lambda content: _zipped(content, zipfile.ZIP_STORED),
    "deflated": lambda content: _zipped(content, zipfile.ZIP_DEFLATED),
    "bzip2": lambda content: _zipped(content, zipfile.ZIP_BZIP2),
    "lzma": lambda content: _zipped(content, zipfile.ZIP_LZMA),
}
PACKED = {name: pack(TABLE) for name, pack in WAYS.items()}


def _unpacked(content: bytes, folder: Path, limit: int = packed.MAX_BYTES) -> bytes:
    (folder / "export").write_bytes(content)
    return unpack(folder / "export", folder, limit).read_bytes()


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_unpacked(way: str, tmp_path: Path) -> None:
    assert _unpacked(PACKED[way], tmp_path) == TABLE


@given(
    st.sampled_from(sorted(WAYS)).flatmap(
        lambda way: st.tuples(
            st.just(PACKED[way]),
            st.lists(st.tuples(st.integers(2, len(PACKED[way]) - 1), st.integers(0, 255)), min_size=1, max_size=4),
        )
    )
)
def test_one_that_was_damaged_is_refused_as_such_or_still_a_file(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[bytes, list[tuple[int, int]]]
) -> None:
    content, changes = bytearray(case[0]), case[1]
    for at, byte in changes:
        content[at] = byte
    # Nothing else than this, which a caller is told of.
    with suppress(FileUnreadable):
        _unpacked(bytes(content), tmp_path_factory.mktemp("damaged"))


@pytest.mark.parametrize(
    ("way", "before", "after"),
    [("bzip2", b"BZh91AY", b"BZh91AX"), ("deflated", "é".encode(), b"\xff\xfe")],
    ids=["a stream of bzip2", "a name that is no UTF-8"],
)
def test_what_the_archive_cannot_tell_is_damage(way: str, before: bytes, after: bytes, tmp_path: Path) -> None:
    assert before in PACKED[way]
    with pytest.raises(FileDamaged):
        _unpacked(PACKED[way].replace(before, after), tmp_path)


def test_a_full_disk_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packed, "_copy", full)
    with pytest.raises(OSError, match="No space"):
        _unpacked(PACKED["gzip"], tmp_path)


def test_layers_do_not_multiply_what_may_come_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE", 1 << 16)
    bomb = gzip.compress(gzip.compress(bytes(1 << 22)))
    assert len(bomb) * packed.MAX_RATIO < 1 << 17
    with pytest.raises(FileTooLarge):
        _unpacked(bomb, tmp_path)
