"""Who a run is for, as a document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from composer.runs.audiences.rules import Where

CustomerKey = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""The shop's own customer id."""


class _Selection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    exclude: Audience | None = None
    """Who is left out."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many, drawn by a hash of their ids: the same ones each time."""
    draw: str = Field(default="", max_length=64)
    """Another word draws other customers."""


class Everyone(_Selection):
    """Every customer with an id of the shop's. Who may be written to is decided when their e-mail is composed."""

    kind: Literal["everyone"] = "everyone"


class Listed(_Selection):
    """Customer ids; those that memory does not know stay in, and end with a reason."""

    kind: Literal["list"] = "list"
    customers: tuple[CustomerKey, ...] = ()
    count: int | None = Field(default=None, ge=0)
    """How many ids there were, in what is kept of a run: the ids themselves are its recipients."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.customers and self.count is None:
            raise ValueError("name at least one customer")
        return self


class Filed(_Selection):
    """A file of customer ids: CSV, NDJSON or Parquet. Only names the file; its content is handed over beside it."""

    kind: Literal["file"] = "file"
    name: str = Field(min_length=1, max_length=1024)
    column: str = Field(default="", max_length=255)
    """Which column holds the ids; without it `customer`, `customer_id`, `external_id` or `id`."""


class Ruled(_Selection):
    """The customers whose memory satisfies a rule."""

    kind: Literal["rule"] = "rule"
    where: Where
    as_of: AwareDatetime | None = None
    """The moment that days are counted to and memory is seen at; None is now. Consent is always today's."""


class DueFor(_Selection):
    """Who is due for a flow when the run starts, each about their own step and occasion (`memory.due`)."""

    kind: Literal["due"] = "due"
    flow: str = Field(default="", max_length=64)
    """Empty: the campaign's own."""
    step: str = Field(default="", max_length=64)
    """Only this step; empty: whichever each is due for."""
    consent_required: bool | None = None
    """False takes in who never said anything about e-mail. None: as the campaign's brand has it."""


Audience = Annotated[Everyone | Listed | Filed | Ruled | DueFor, Field(discriminator="kind")]

for _kind in (Everyone, Listed, Filed, Ruled, DueFor):
    _kind.model_rebuild()


def kept(audience: Audience) -> Audience:
    """As it is stored with a run: a list is replaced by its count."""
    changes: dict[str, object] = {}
    if audience.exclude is not None:
        changes["exclude"] = kept(audience.exclude)
    if isinstance(audience, Listed):
        changes |= {"customers": (), "count": audience.count or len(audience.customers)}
    return audience.model_copy(update=changes)


def moment_of(audience: Audience) -> datetime | None:
    """The moment its rule is judged at, where it names one."""
    return audience.as_of if isinstance(audience, Ruled) else None
