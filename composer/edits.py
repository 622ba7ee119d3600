"""What people rewrote in a finished e-mail, laid over what the ladder found: judged by the same checks, kept in the
record, so that a replay and a rebuild come to it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from composer.contract import Rung
from composer.ladder import Climb, Placed, make_block
from composer.writing import Value
from evals.guard import check_draft, fails_of_block
from evals.snapshot import Snapshot

EDITED = "edited"
"""Why a block is as it is, and why an e-mail was revised."""
EDIT_DROPPED = "edit_dropped"
"""Why an e-mail was revised: an edit no longer passed its checks, so that the block is the ladder's again."""


class Edit(Value):
    """The text that a person gave one block."""

    key: str
    text: str
    by: str
    """As the audit log names who acts."""


def with_edit(edits: Sequence[Edit], edit: Edit) -> tuple[Edit, ...]:
    """The newest text of each block."""
    return (*(one for one in edits if one.key != edit.key), edit)


def lay_over(state: Climb, snapshot: Snapshot, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Put each edit in the place of what the ladder found, as far as it passes its checks; those that do.

    Of one that does not, the verdicts stand in `state.rejected`, and the rule is the reason of its block. An edit of a
    block that is not there any more is left out.
    """
    found = dict(state.placed)
    laid = {edit.key: edit for edit in edits if edit.key in found and _placed(state, snapshot, edit)}
    while laid:
        held = [verdict for verdict in check_draft(snapshot, state.draft) if verdict.holds_back]
        if not held:
            break
        state.rejected += held
        clashing = [key for key in held[0].block.split("+") if key in laid] or list(laid)
        take_back(state, found, clashing, held[0].rule)
        laid = {key: edit for key, edit in laid.items() if key not in clashing}
    return tuple(laid.values())


def take_back(state: Climb, found: dict[str, Placed], keys: Iterable[str], rule: str) -> None:
    """What the ladder had `found` is what stands again, because the edits broke `rule`."""
    for key in keys:
        state.placed[key] = found[key].model_copy(update={"reason": rule})


def _placed(state: Climb, snapshot: Snapshot, edit: Edit) -> bool:
    block, found = make_block(edit.key, edit.text), state.placed[edit.key]
    verdicts = fails_of_block(snapshot, block)
    held = [verdict for verdict in verdicts if verdict.holds_back]
    if held:
        state.rejected += held
        state.placed[edit.key] = found.model_copy(update={"reason": held[0].rule})
        return False
    state.placed[edit.key] = Placed(
        block=block, rung=Rung.REVIEWER, reason=EDITED, attempts=found.attempts, warnings=tuple(verdicts)
    )
    return True
