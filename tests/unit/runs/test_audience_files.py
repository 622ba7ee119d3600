"""Customer ids out of files as shops write them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from composer.runs.audiences.files import AudienceFileUnreadable, add_filed, customers_in
from composer.runs.audiences.members import ISSUES_KEPT, BadRow, Members
from composer.runs.audiences.model import Filed


def found(content: bytes, column: str = "") -> list[str]:
    """The ids; bad rows as `line: reason`."""
    return [
        f"{one.line}: {one.reason}" if isinstance(one, BadRow) else one
        for one in customers_in(io.BytesIO(content), column)
    ]


def parquet(**columns: list[object]) -> bytes:
    """A Parquet file of these columns."""
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"customer\nc-1\nc-2\n", id="csv"),
        pytest.param(b"\xef\xbb\xbfCustomer_ID;name\r\nc-1;Ada\r\nc-2;Bo\r\n", id="Excel: mark, semicolons, CRLF"),
        pytest.param(b'id\texternal_id\n7\t"c-1"\n8\tc-2', id="tabs, and the better of two columns"),
        pytest.param("id,x\nc-1,a\nc-2,b\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"customer": "c-1"}\n\n{"customer": "c-2", "x": 1}\n', id="ndjson"),
        pytest.param(b'\xef\xbb\xbf{"id": "c-1"}\n{"id": "c-2"}\n', id="ndjson with a mark"),
        pytest.param(parquet(customer_id=["c-1", "c-2"], x=[1, 2]), id="parquet"),
    ],
)
def test_ids_are_found_whatever_wrote_the_file(content: bytes) -> None:
    assert found(content) == ["c-1", "c-2"]


def test_the_column_is_the_one_that_is_named() -> None:
    assert found(b"id,Member No\n1,m-1\n", "member no") == ["m-1"]
    assert found(b'{"id": 1, "member": "m-1"}\n', "member") == ["m-1"]
    assert found(parquet(id=[1], member=["m-1"]), "member") == ["m-1"]


def test_numbers_are_ids_too_and_fractions_of_a_spreadsheet_are_whole_again() -> None:
    assert found(parquet(customer=[17850.0, 12])) == ["17850", "12"]
    assert found(b'{"id": 17850}\n{"id": 17850.0}\n') == ["17850", "17850"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            b"customer,x\nc-1,a\n,b\nc-3,c\n", ["c-1", "3: There is no customer id in this row.", "c-3"], id="empty"
        ),
        pytest.param(
            b'{"id": "c-1"}\nnonsense\n{"id": true}\n[1]\n',
            [
                "c-1",
                "2: Not JSON",
                "3: There is no customer id in this row.",
                "4: There is no customer id in this row.",
            ],
            id="ndjson",
        ),
        pytest.param(b"customer\nc-\xff1\n", ["2: The id has characters that no id can have."], id="not UTF-8"),
        pytest.param(parquet(id=["c-1", None]), ["c-1", "2: There is no customer id in this row."], id="parquet"),
        pytest.param(
            parquet(id=["x" * 256, "a\x00b"]),
            [f"{line}: The id has characters that no id can have." for line in (1, 2)],
            id="too long, and a NUL",
        ),
    ],
)
def test_a_row_that_names_nobody_is_told_by_its_line_and_the_rest_is_taken(content: bytes, expected: list[str]) -> None:
    told = found(content)
    assert [one.partition(": invalid literal")[0] for one in told] == expected


@pytest.mark.parametrize(
    ("content", "column", "words"),
    [
        pytest.param(b"name,mail\nAda,a@b.example\n", "", "no column customer or customer_id .* name, mail", id="none"),
        pytest.param(b"customer\nc-1\n", "member", "no column member; it has customer", id="not the one named"),
        pytest.param(b"", "", "empty", id="empty"),
        pytest.param(b'[{"id": 1}]', "", "JSON array", id="array"),
        pytest.param(b"PAR1 but not really", "", "Parquet file cannot be read", id="broken parquet"),
        pytest.param(parquet(name=["Ada"]), "", "no column customer", id="parquet without ids"),
    ],
)
def test_a_file_that_names_nobody_at_all_is_refused_with_the_fix(content: bytes, column: str, words: str) -> None:
    with pytest.raises(AudienceFileUnreadable, match=words) as refused:
        list(customers_in(io.BytesIO(content), column))
    assert refused.value.fix


def test_members_know_duplicates_and_bad_rows() -> None:
    lines = [b"customer,x", *(b"c-%d,1" % (number % 3) for number in range(9)), *(b",1" for _ in range(30))]
    with Members() as members:
        add_filed(io.BytesIO(b"\n".join(lines)), Filed(name="spring.csv"), members)
        assert (len(members), members.duplicates, members.rejected) == (3, 6, 30)
        assert len(members.issues) == ISSUES_KEPT
        assert members.issues[0].line == 11


def test_a_file_of_bad_rows_only_is_refused_by_the_first_of_them() -> None:
    with Members() as members, pytest.raises(AudienceFileUnreadable, match=r"No row of spring.csv .* \(at line 2\)"):
        add_filed(io.BytesIO(b"customer,x\n,1\n,2\n"), Filed(name="spring.csv"), members)
