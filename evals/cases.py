"""Labelled texts: one JSON object a line, with the facts a text is judged against and whether it may go out.

The format is that of the shared corpora: `brand`, `customer_facts`, `products`, `offer`, `block`, `text`,
`label` and `violated` (rule ids of which any one raised counts as caught). `id`, `category`, `label`, `violated` and
`note` may be missing, and so may what only cases from real e-mails have: `facts` (remembered statements) and
`product_id` (the pick a pitch is about). Texts are kept byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NoReturn, get_args

from evals.case_facts import BadCase as BadCase
from evals.case_facts import Row, one_of, pointing_at, snapshot_from
from evals.draft import Block, BlockName
from evals.passage import Passage
from evals.snapshot import Frozen, Snapshot
from evals.world import world_of

Label = Literal["ok", "violation"]


class Case(Frozen):
    """One text with its facts, and its label if it has one."""

    id: str
    category: str = ""
    snapshot: Snapshot
    block: Block
    label: Label | None = None
    violated: tuple[str, ...] = ()
    note: str = ""


def load_cases(lines: Iterable[str | bytes]) -> Iterator[Case]:
    """Cases from JSON lines; blank lines are skipped. Raises BadCase that names the line, the field and the fix."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield read_case(line, default_id=f"line-{number}")
        except BadCase as error:
            place = f"line {number}" + (f", {error.pointer}" if error.pointer else "")
            raise BadCase(error.message, pointer=place, fix=error.fix) from error


def read_case(line: str | bytes, *, default_id: str) -> Case:
    """One line as a case. Raises BadCase with a JSON pointer (RFC 6901) to the field that is missing or wrong."""
    try:
        return case_from(_decoded(line), default_id=default_id)
    except RecursionError as error:
        raise BadCase("The line is nested too deeply.", fix="Flatten its values.") from error


def _decoded(line: str | bytes) -> Row:
    try:
        text = line if isinstance(line, str) else line.decode()
        row = json.loads(text, parse_constant=_not_json)
        if "\\ud" in text.lower():
            # Half a surrogate pair is valid JSON (RFC 8259 section 8.2), but no text that can be judged or printed.
            json.dumps(row, ensure_ascii=False).encode()
    except ValueError as error:
        raise BadCase(f"The line is not JSON in UTF-8: {error}.", fix="Write one JSON object a line.") from error
    if not isinstance(row, Mapping):
        raise BadCase("The line is no JSON object.", fix="Write one JSON object a line.")
    return row


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def case_from(row: Row, *, default_id: str = "case") -> Case:
    """A case from its decoded object. Raises BadCase with the pointer of the field that is missing or wrong."""
    snapshot = snapshot_from(row)
    name: BlockName = one_of(row, "block", get_args(BlockName))
    label = row.get("label")
    with pointing_at(""):
        block = Block(name=name, text=row.get("text"))
        return Case(
            id=str(row.get("id") or default_id),
            category=str(row.get("category") or ""),
            snapshot=snapshot,
            block=block.model_copy(update={"product_id": _about(snapshot, block, row.get("product_id"))}),
            label=None if label is None else one_of(row, "label", get_args(Label)),
            violated=_violated(row.get("violated")),
            note=str(row.get("note") or ""),
        )


def _about(snapshot: Snapshot, block: Block, told: object) -> str | None:
    """The pick a pitch is about: the one that was told, the only one there is, or the only one it names. Of several,
    none is the one."""
    if block.name != "pitch":
        return None
    if any(product.id == told for product in snapshot.products):
        return str(told)
    if len(snapshot.products) == 1:
        return snapshot.products[0].id
    passage = Passage(block.name, block.key, block.text, world_of(snapshot))
    mentions = passage.picks_named_in(0, len(passage.text))
    named = {pick.facts.id for _, pick in mentions}
    # One everyday word of a title ("sheet") may be meant otherwise, and then the text is about what it does not name.
    return named.pop() if len(named) == 1 and any(mention.strength for mention, _ in mentions) else None


def _violated(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple | type(None)):
        raise BadCase("This is no list of rule ids.", pointer="/violated", fix='Write it as ["price.wrong"].')
    return tuple(str(rule) for rule in value or ())
