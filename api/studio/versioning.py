"""The pages of versions, of a campaign as of a brand: all of them, and what changed with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.studio.actors import names_of
from api.studio.campaign_words import label_of, value_of
from api.studio.rendering import page
from api.studio.sessions import Visitor
from composer.versions import Difference, Piece, VersionLine, changed_words

HIGHEST = 1_000_000
Number = Annotated[int, InPath(ge=1, le=HIGHEST)]
Against = Annotated[int | None, Query(ge=1, le=HIGHEST)]
LONG = 40
"""Characters from which a text is shown with its changed words marked, not before and after."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """What has versions."""

    kind: str
    """`campaign`, `brand`."""
    name: str
    home: str
    """Its page."""
    lines: Sequence[VersionLine]
    """The newest first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of it, beside another."""

    number: int
    before: int | None
    """The other one; None for the first."""
    changes: Sequence[Difference] = ()
    message: str = ""
    """What the first one says, in a few words."""
    said: Sequence[Difference] = ()
    """All that it says."""
    under: int | None = None
    """The version of the brand it was saved under, 0 where that was not noted; None for what is a brand."""


async def all_of(request: Request, visitor: Visitor, session: AsyncSession, of: Versioned, intro: str) -> Response:
    """Every version, with who saved it and the way back to it."""
    return page(
        request,
        visitor,
        "versions/list.html",
        kind=of.kind,
        name=of.name,
        home=of.home,
        intro=intro,
        lines=of.lines,
        names=await _names(session, of),
    )


async def one_of(request: Request, visitor: Visitor, session: AsyncSession, of: Versioned, shown: Shown) -> Response:
    """What changed with one."""
    return page(
        request,
        visitor,
        "versions/one.html",
        name=of.name,
        home=of.home,
        number=shown.number,
        before=shown.before,
        changes=shown.changes,
        message=shown.message,
        said=shown.said,
        under=shown.under,
        line=next(line for line in of.lines if line.version == shown.number),
        lines=of.lines,
        newest=of.lines[0].version,
        names=await _names(session, of),
        label_of=label_of if of.kind == "campaign" else _title,
        value_of=value_of,
        pieces=_pieces,
    )


async def _names(session: AsyncSession, of: Versioned) -> object:
    return await names_of(session, {line.saved_by for line in of.lines})


def _pieces(before: object, after: object) -> list[Piece]:
    """Two texts, or lists of them, word by word; nothing where they are short, or something else."""
    one, other = _text(before), _text(after)
    return changed_words(one, other) if max(len(one), len(other)) >= LONG else []


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else ""


def _title(path: str) -> str:
    """A field of a brand on the brand's own page; of a campaign's version, as `label_of`."""
    label = label_of(path)
    short = label.removeprefix("Brand: ")
    return label if short == label else short[:1].upper() + short[1:]
