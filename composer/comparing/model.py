"""What is compared, what may be said of a pair, and what pages read."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from composer.contract import ComposeResult, Path

MOST_PAIRS = 200
TEMPLATES = "templates"
"""In place of a model: none is asked."""
LEASE = timedelta(minutes=5)
"""After which whoever wrote pairs and gave no sign of life is taken to be gone: e-mails have a minute each."""

_PLAIN = r"^[^\x00-\x1f\x7f]*$"


class Side(BaseModel):
    """One way of writing: a campaign as it was in a version, by a model, with prompts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign: str = Field(min_length=1, max_length=64, pattern=_PLAIN)
    version: int | None = Field(default=None, ge=1, le=1_000_000)
    """None: the newest when the comparison is made."""
    model: str = Field(default="", max_length=200)
    """A LiteLLM name; empty: the one that is set when the comparison is made. `templates` asks none."""
    prompts: str = Field(default="", max_length=100)
    """A folder with changed prompts, by its name; empty: those that came with Penfriend."""
    digest: str = Field(default="", max_length=64)
    """Of the changed prompts as they were when the comparison was made."""


class NewComparison(BaseModel):
    """What to compare, on how many customers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=_PLAIN)
    a: Side
    b: Side
    pairs: int = Field(default=20, ge=1, le=MOST_PAIRS)

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if self.a == self.b:
            raise ValueError("both sides are the same: change the campaign, its version, the model or the prompts")
        return self


class Choice(StrEnum):
    """What may be said of a pair."""

    A = "a"
    B = "b"
    TIE = "tie"
    NEITHER = "neither"
    """Both are bad."""


class Comparison(BaseModel):
    """One comparison, as it stands."""

    id: str
    name: str
    a: Side
    b: Side
    wanted: int
    pairs: int
    status: str
    """`writing`, `ready` or `stopped`."""
    detail: str
    created_at: datetime
    created_by: str
    moved_at: datetime


class Pair(BaseModel):
    """Two e-mails to the same customer."""

    comparison: str
    position: int
    customer: str
    lifecycle: str
    same: bool
    a: ComposeResult
    b: ComposeResult

    @property
    def votable(self) -> bool:
        """Is there anything to prefer?"""
        return not self.same and Path.SKIPPED not in (self.a.path, self.b.path)

    def side(self, name: str) -> ComposeResult:
        """The e-mail of `a` or `b`."""
        return self.a if name == "a" else self.b


class Place(NamedTuple):
    """Where a pair is, and whether there is anything to prefer in it."""

    position: int
    votable: bool
    customer: str
    lifecycle: str


class Vote(BaseModel):
    """One vote that stands."""

    position: int
    reviewer: str
    left: str
    choice: Choice
    at: datetime
