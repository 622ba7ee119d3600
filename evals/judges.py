"""Judges: plug-ins that may object to a text the rules let pass. They can add a block, never lift one.

A judge is asked only about text that a model wrote and every rule passed. Its objection sends the block down the
ladder like any rule's. A judge that raises, or has no answer, objects too, and is counted apart (`Verdict.crashed`):
what could not be judged is not sent as the model wrote it. Templates are not put to judges, so that a judge that is
down costs model text and not the e-mail.

The setting `judges` names them as `MODULE:NAME`. A package may also bring one under the entry-point group
`penfriend.judges`, and is then asked wherever it is installed. Either is called without arguments and gives the judge:

    [project.entry-points."penfriend.judges"]
    support = "my_package:SupportJudge"
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from evals.draft import Block
from evals.judging import GUARD_VERSION
from evals.snapshot import Frozen, Snapshot
from evals.verdict import Status, Verdict
from store.errors import InvalidInput

GROUP = "penfriend.judges"
PREFIX = "judge."


class BadJudge(InvalidInput):
    """The settings name a judge that cannot be loaded."""

    reason = "bad_judge"


class Objection(Frozen):
    """What a judge holds against a text."""

    reason: str
    """A sentence a marketer understands."""
    span: tuple[int, int] | None = None
    """Half-open character range in the block's text."""
    source: str | None = None
    """The fact that contradicts or is missing."""


class Judge(Protocol):
    """Synchronous: it runs between the rules and the next step of the ladder, and must answer within milliseconds.

    A model that judges is asked by `composer.model_judge`.
    """

    @property
    def name(self) -> str:
        """Short and stable: the verdict's rule is `judge.<name>`."""
        ...

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """Objections, empty when there are none; None when it cannot tell, which counts as one."""
        ...


@lru_cache(maxsize=1)
def installed() -> tuple[Judge, ...]:
    """The judges of the entry-point group. One that cannot be loaded has no answer to anything."""
    return tuple(map(_loaded, entry_points(group=GROUP)))


def _loaded(point: EntryPoint) -> Judge:
    try:
        judge: Judge = point.load()()
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way; text must not pass for lack of it
        return _Missing(point.name, f"It could not be loaded ({type(error).__name__}: {error}).")
    return judge


def named(names: Iterable[str]) -> tuple[Judge, ...]:
    """The judges that `MODULE:NAME` each name, called without arguments. Raises BadJudge."""
    return tuple(map(_named, names))


def _named(name: str) -> Judge:
    try:
        judge: Judge = pkgutil.resolve_name(name)()
    # Importing and calling what the settings name may fail in any way; each is a setting to be mended.
    except Exception as error:
        raise BadJudge(
            f"The judge {name!r} cannot be loaded ({type(error).__name__}: {error}).",
            pointer="judges",
            fix="Write MODULE:NAME of something that gives the judge when it is called, and install its package.",
        ) from error
    return judge


class _Missing:
    """Stands for a judge that could not be loaded: no answer to anything."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """Raises RuntimeError that says why."""
        raise RuntimeError(self._why)


def objections(judges: Iterable[Judge], snapshot: Snapshot, block: Block) -> list[Verdict]:
    """The verdicts of all these judges: one a judge, several when it objects several times."""
    return [verdict for judge in judges for verdict in _asked(judge, snapshot, block)]


def _asked(judge: Judge, snapshot: Snapshot, block: Block) -> list[Verdict]:
    try:
        answer = judge.judge(snapshot, block)
    except Exception as error:  # noqa: BLE001 - whatever breaks in a judge, the text has not been judged
        return [unanswered(judge.name, block, f"The judge failed ({type(error).__name__}: {error})")]
    if answer is None:
        return [unanswered(judge.name, block, "The judge has no answer")]
    if not answer:
        return [passed(judge.name, block)]
    return [objected(judge.name, block, objection) for objection in answer]


def passed(name: str, block: Block) -> Verdict:
    """A judge has nothing against the text."""
    return Verdict(rule=f"{PREFIX}{name}", status=Status.PASS, block=block.key, version=GUARD_VERSION)


def objected(name: str, block: Block, objection: Objection) -> Verdict:
    """A judge objects: the text is held back."""
    return passed(name, block).model_copy(
        update={
            "status": Status.FAIL,
            "span": objection.span,
            "found": block.text[slice(*objection.span)] if objection.span else "",
            "reason": objection.reason,
            "source": objection.source,
        }
    )


def unanswered(name: str, block: Block, why: str) -> Verdict:
    """A judge has no answer: the text is held back all the same, and counted apart."""
    reason = f"{why}; unjudged text is not sent."
    return passed(name, block).model_copy(update={"status": Status.FAIL, "reason": reason, "crashed": True})
