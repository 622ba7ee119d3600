"""Tables from files: Parquet, CSV, TSV, NDJSON, plain or compressed; parts put together, more columns joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, json, parquet

from store.errors import InvalidInput, NotFound

SEPARATORS = (",", "\t", ";", "|")
PACKED = (".gz", ".bz2", ".zst", ".lz4")


class DataMissing(NotFound):
    """There is no such file."""

    reason = "data_missing"


class NothingShared(InvalidInput):
    """A table to be joined has no column in common with the lines."""

    reason = "nothing_shared"


class FileUnreadable(InvalidInput):
    """The file is not what its ending says."""

    reason = "file_unreadable"


def read_joined(paths: Sequence[Path], joined: Sequence[Path]) -> pa.Table:
    """The parts one below the other, then each table of `joined` beside them.

    Raises: DataMissing, FileUnreadable, NothingShared.
    """
    table = _stacked([read(path) for path in paths])
    for path in joined:
        table = _join(table, read(path), path)
    return table


def _stacked(parts: list[pa.Table]) -> pa.Table:
    """A column that is a number in one part and text in another is text in all."""
    types: dict[str, set[pa.DataType]] = {}
    for part in parts:
        for column in part.schema:
            types.setdefault(column.name, set()).add(column.type)
    differing = {name for name, of in types.items() if len(of) > 1}
    alike = [_as_text(part, [name for name in part.column_names if name in differing]) for part in parts]
    return pa.concat_tables(alike, promote_options="default")


def read(path: Path) -> pa.Table:
    """One table, by the file's ending. Raises: DataMissing, FileUnreadable."""
    if not path.is_file():
        raise DataMissing(
            f"There is no file {path}.",
            fix="Give the order lines of a shop: --data FILE (Parquet, CSV, TSV or NDJSON).",
        )
    ending = next(part for part in [*reversed(path.suffixes), ""] if part.lower() not in PACKED).lower()
    try:
        if ending in (".parquet", ".pq"):
            return parquet.read_table(path)
        if ending in (".ndjson", ".jsonl", ".json"):
            return json.read_json(path)
        return _read_csv(path)
    except pa.ArrowInvalid as error:
        raise FileUnreadable(
            f"{path} could not be read as {ending.lstrip('.') or 'CSV'}: {error}.",
            fix="Mend the line it names, or write the file as Parquet.",
        ) from error


def _read_csv(path: Path) -> pa.Table:
    with pa.input_stream(str(path), compression="detect") as stream:
        first = stream.read(65_536)
    encoding = "utf8" if _is_utf8(first) else "latin1"
    line = first.decode(encoding, errors="ignore").splitlines()[0]
    separator = max(SEPARATORS, key=line.count)
    read_options = csv.ReadOptions(encoding=encoding)
    parse_options = csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    try:
        return csv.read_csv(path, read_options=read_options, parse_options=parse_options)
    except pa.ArrowInvalid:
        # Types are guessed from the first lines; a number there may be a word further down.
        names = csv.open_csv(path, read_options=read_options, parse_options=parse_options).schema.names
        text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        return csv.read_csv(path, read_options=read_options, parse_options=parse_options, convert_options=text)


def _is_utf8(head: bytes) -> bool:
    try:
        # The head may end within a character.
        head[: len(head) - 4 if len(head) == 65_536 else None].decode("utf8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _join(table: pa.Table, more: pa.Table, path: Path) -> pa.Table:
    shared = [name for name in more.column_names if name in table.column_names]
    if not shared:
        raise NothingShared(
            f"{path} shares no column with the lines: {', '.join(more.column_names)}.",
            fix="Rename the column that says which line a row belongs to.",
        )
    left, right = _as_text(table, shared), _as_text(more, shared)
    right = right.group_by(shared, use_threads=False).aggregate(
        [(name, "first") for name in right.column_names if name not in shared]
    )
    named = [name.removesuffix("_first") if name not in shared else name for name in right.column_names]
    return left.join(right.rename_columns(named), keys=shared, join_type="left outer")


def _as_text(table: pa.Table, names: list[str]) -> pa.Table:
    for name in names:
        table = table.set_column(table.column_names.index(name), name, pc.cast(table[name], pa.string()))
    return table
