"""Editing one block of a finished e-mail: the new text is judged like any other, then the e-mail is built with it.

Everything but the block stays as it was: picks, links, headers and the other blocks are taken from what is stored, not
written again. The edit goes into the compose record, so that a replay comes to the same bytes and a rebuild for a
changed catalog keeps it for as long as it passes its checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import BlockReport, ComposeResult, Rung
from composer.edits import EDITED, Edit, with_edit
from composer.emails import get_email
from composer.finish import Finished, Output, check_output, path_of, render_output
from composer.ladder import make_block
from composer.licences import Licensor
from composer.record import ComposeRecord, load_record, seal
from composer.render import Renderer
from composer.reviews.deciding import (
    Decided,
    RevisedMeanwhile,
    Seen,
    require_unchanged,
    review_of,
    take,
)
from composer.reviews.deciding import (
    record as stand,
)
from composer.reviews.model import Decision, RejectReason
from composer.revisions import revise
from evals.draft import Block, Draft
from evals.guard import check_draft, fails_of_block
from evals.verdict import Severity, Status, Verdict
from prompts.library import Library
from store.errors import InvalidInput

LONGEST = 2_000
"""Characters of an edit; every block's own limit is lower, and is a check."""
_RENDERED = ("layouts/", "wording/")
"""Files of a library that a frame is made of."""


class UnknownBlock(InvalidInput):
    """The e-mail has no such block."""

    reason = "unknown_block"


class UnchangedText(InvalidInput):
    """The text is what it was."""

    reason = "unchanged_text"


class EditRefused(InvalidInput):
    """The new text breaks a check; nothing was stored."""

    reason = "edit_refused"

    def __init__(self, key: str, judged: Judged) -> None:
        """`judged` is what the checks said of the text, `key` names the block."""
        super().__init__(judged.held[0].reason, pointer="/text", fix="Change the text: nothing was saved.")
        self.key = key
        self.judged = judged


class Rewrite(NamedTuple):
    """Another text for one block, by a reviewer."""

    key: str
    """Of the block: `opening`, `pitch:PRODUCT` …"""
    text: str
    words: str = ""
    """Why, in their own words."""
    reasons: Sequence[RejectReason] = ()
    """What was wrong before, where it is said."""


class Judged(NamedTuple):
    """What the checks say of a text, and the message it would make."""

    text: str
    held: tuple[Verdict, ...]
    """Why it may not go out; empty where it may."""
    warnings: tuple[Verdict, ...]
    """What is worth a look but holds nothing back."""
    output: Output | None
    """None where the text alone, or with its neighbours, is held back."""


class Written(NamedTuple):
    """A stored e-mail with what it was made of."""

    email: ComposeResult
    record: ComposeRecord
    artifacts: dict[str, str]


async def check_edit(session: AsyncSession, email_id: str, key: str, text: str) -> Judged:
    """Judge `text` as block `key` of an e-mail, and store nothing. Raises UnknownEmail, UnknownBlock, InvalidInput."""
    written = await _written(session, await get_email(session, email_id))
    return judge_edit(written, key, _tidy(text))


async def edit(session: AsyncSession, email_id: str, rewrite: Rewrite, seen: Seen) -> Decided:
    """Give a block another text, as a new revision of the e-mail; it counts as approved.

    Where the e-mail has left already, the edit is kept to learn from and changes nothing.
    Raises UnknownEmail, UnknownBlock, UnchangedText, EditRefused, RevisedMeanwhile, DecidedMeanwhile, InvalidInput.
    """
    desk = await take(session, email_id)
    await require_unchanged(session, desk, seen)
    written = await _written(session, desk.email)
    key = rewrite.key
    judged = judge_edit(written, key, _tidy(rewrite.text))
    before = _report(written.email, key)
    if judged.text == before.text:
        raise UnchangedText("The text is what it was.", pointer="/text", fix="Approve the e-mail if it is good.")
    if judged.held or judged.output is None:
        raise EditRefused(key, judged)
    review = review_of(desk, seen, Decision.EDITED, rewrite.words)
    review.reasons = [reason.value for reason in dict.fromkeys(rewrite.reasons)]
    review.block, review.before, review.after = key, before.text, judged.text
    email = written.email
    if not desk.left:
        finished = rebuilt(written, Edit(key=key, text=judged.text, by=seen.by), judged.output, judged.warnings)
        if not await revise(session, email, finished, [EDITED]):
            raise RevisedMeanwhile(
                "This e-mail was rebuilt at this moment.", fix="Load it again, and edit it as it is."
            )
        email = finished.result
        review.revision = email.revision
    untaught = await stand(session, desk, review)
    return Decided(review, email, desk.left, untaught=untaught)


def judge_edit(written: Written, key: str, text: str) -> Judged:
    """By every check that a model's text goes through: on the block, on the draft, on the finished message.

    Raises UnknownBlock.
    """
    _report(written.email, key)
    snapshot, block = written.record.task.snapshot, make_block(key, text)
    draft = _draft(written.email, block)
    about = fails_of_block(snapshot, block)
    if not any(verdict.holds_back for verdict in about):
        about += _about(check_draft(snapshot, draft), key)
    warnings = tuple(verdict for verdict in about if verdict.severity is Severity.WARN)
    held = tuple(verdict for verdict in about if verdict.holds_back)
    if held:
        return Judged(text, held, warnings, None)
    envelope = written.record.envelope()
    output = render_output(envelope, snapshot, draft, _renderer(written), cta=written.record.task.cta)
    of_message = [verdict for verdict in check_output(envelope, snapshot, output) if verdict.holds_back]
    return Judged(text, tuple(of_message), warnings, None if of_message else output)


def rebuilt(written: Written, change: Edit, output: Output, warnings: Iterable[Verdict]) -> Finished:
    """The e-mail with the edit, and with its record."""
    email, record = written.email, written.record
    changed = record.model_copy(
        update={
            "edits": with_edit(record.edits, change),
            "output_sha256": output.sha256(),
            "supersedes": email.record,
        }
    )
    sealed = seal(changed)
    blocks = [_edited(written, report, change) if report.key == change.key else report for report in email.blocks]
    kept = [verdict for verdict in email.verdicts if verdict.block != change.key or verdict.holds_back]
    values = {
        **output.model_dump(),
        "path": path_of(blocks),
        "blocks": blocks,
        "verdicts": [*kept, *warnings],
        "record": sealed.hash,
        "revision": email.revision + 1,
    }
    # Its templates are stored with the record before.
    return Finished(email.model_copy(update=values), changed, sealed, artifacts={})


async def _written(session: AsyncSession, email: ComposeResult) -> Written:
    return Written(email, *await load_record(session, email.record))


def _tidy(text: str) -> str:
    """Line ends as browsers send them become ours; nothing else is changed, as what is hidden in a text is judged."""
    if len(text) > LONGEST:
        raise InvalidInput(
            f"The text is longer than {LONGEST:,} characters.", pointer="/text", fix="Blocks of an e-mail are short."
        )
    return text.replace("\r\n", "\n").strip()


def _report(email: ComposeResult, key: str) -> BlockReport:
    found = next((block for block in email.blocks if block.key == key), None)
    if found is None:
        known = ", ".join(block.key for block in email.blocks)
        raise UnknownBlock("The e-mail has no such block.", pointer="/block", fix=f"Its blocks are: {known}.")
    return found


def _draft(email: ComposeResult, block: Block) -> Draft:
    blocks = (block if one.key == block.key else make_block(one.key, one.text) for one in email.blocks)
    return Draft(blocks=tuple(blocks))


def _about(verdicts: Iterable[Verdict], key: str) -> list[Verdict]:
    """Fails: all that hold back, and warnings about this block."""
    failed = (verdict for verdict in verdicts if verdict.status is Status.FAIL)
    return [verdict for verdict in failed if verdict.holds_back or key in verdict.block.split("+")]


def _edited(written: Written, report: BlockReport, change: Edit) -> BlockReport:
    licences = Licensor(written.record.task.snapshot).licences(make_block(change.key, change.text))
    values = {"text": change.text, "rung": Rung.REVIEWER, "reason": EDITED, "facts": licences}
    return report.model_copy(update=values)


def _renderer(written: Written) -> Renderer:
    manifest = written.record.manifest
    files = {path: written.artifacts[digest] for path, digest in manifest.items() if path.startswith(_RENDERED)}
    return _compiled(tuple(sorted(files.items())))


@lru_cache(maxsize=4)
def _compiled(files: tuple[tuple[str, str], ...]) -> Renderer:
    """The layout an e-mail was made with; compiling it takes a while, and somebody who types asks again and again."""
    library = Library(dict(files))
    return Renderer(library.layout(), library.wording)
