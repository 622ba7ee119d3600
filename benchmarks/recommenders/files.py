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


def read_joined(paths: Sequence[Path], joined: Sequence[Path]) -> pa.Table:
    """The parts one below the other, then each table of `joined` beside them. Raises: DataMissing, NothingShared."""
    table = pa.concat_tables([read(path) for path in paths], promote_options="permissive")
    for path in joined:
        table = _join(table, read(path), path)
    return table


def read(path: Path) -> pa.Table:
    """One table, by the file's ending. Raises: DataMissing."""
    if not path.is_file():
        raise DataMissing(
            f"There is no file {path}.",
            fix="Give the order lines of a shop: --data FILE (Parquet, CSV, TSV or NDJSON).",
        )
    ending = next(part for part in [*reversed(path.suffixes), ""] if part.lower() not in PACKED).lower()
    if ending in (".parquet", ".pq"):
        return parquet.read_table(path)
    if ending in (".ndjson", ".jsonl", ".json"):
        return json.read_json(path)
    return _read_csv(path)


def _read_csv(path: Path) -> pa.Table:
    with pa.input_stream(str(path), compression="detect") as stream:
        first = stream.read(65_536)
    try:
        encoding, head = "utf8", first.decode("utf8", errors="strict" if len(first) < 65_536 else "ignore")
    except UnicodeDecodeError:
        encoding, head = "latin1", first.decode("latin1")
    line = head.splitlines()[0] if head else ""
    separator = max(SEPARATORS, key=line.count)
    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(encoding=encoding),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
    )


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
