"""Which policy is judged: one of ours by its name, or a file's ("what if the tone were warm to half of all?")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from composer.bandit.model import DIMENSIONS, Dimension, Situation
from composer.documents import load_document
from store.errors import InvalidInput

EVEN, PRIOR, THOMPSON = "even", "prior", "thompson"
NAMED = {EVEN: EVEN, PRIOR: PRIOR, THOMPSON: THOMPSON, "learned": THOMPSON}
"""What they may be called, and are."""
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Odds = dict[Dimension, Annotated[dict[str, Weight], Field(min_length=1)]]


class Candidate(Protocol):
    """A policy, or one that leaves some of the decisions as they are."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...] | None:
        """How likely each of `arms` is, in their order; None: as it was decided."""
        ...


class WhatIf(BaseModel):
    """A file of odds. What it does not name is decided as it was; of an arm that it does not name nothing is drawn, and
    where none of the arms that it names is allowed all are alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="what-if", min_length=1, max_length=64)
    odds: Odds = Field(default_factory=dict)
    """Dimension -> arm -> how often, against the others; in all flows that do not say otherwise."""
    flows: dict[str, Odds] = Field(default_factory=dict)
    """The same in one flow, in the place of what is said of all."""

    @model_validator(mode="after")
    def _something(self) -> WhatIf:
        said = [*self.odds.values(), *(one for odds in self.flows.values() for one in odds.values())]
        if not said:
            raise ValueError(f"name the odds of at least one of {', '.join(DIMENSIONS)}")
        if not all(sum(odds.values()) > 0 for odds in said):
            raise ValueError("at least one arm of each dimension has odds above 0")
        return self

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...] | None:
        """By the odds of the allowed arms alone; None where nothing is said of the dimension."""
        odds = self.named(situation.flow, dimension)
        if odds is None:
            return None
        weights = [odds.get(arm, 0.0) for arm in arms]
        total = sum(weights)
        return tuple(weight / total for weight in weights) if total else (1 / len(arms),) * len(arms)

    def named(self, flow: str, dimension: Dimension) -> Mapping[str, float] | None:
        """The odds that hold in a flow."""
        return self.flows.get(flow, {}).get(dimension, self.odds.get(dimension))

    @property
    def arms(self) -> frozenset[tuple[str, str]]:
        """All that are named: (dimension, arm)."""
        said = [self.odds, *self.flows.values()]
        return frozenset((str(dimension), arm) for odds in said for dimension, arms in odds.items() for arm in arms)


def what_if(file: str) -> WhatIf:
    """Read a file (YAML or JSON). Raises InvalidInput naming the field, or the names there are."""
    path = Path(file)
    if not path.is_file():
        raise InvalidInput(
            f"There is no policy {file!r}.",
            pointer="/policy",
            fix=f"Name one of {', '.join(NAMED)}, or a YAML file with odds of arms.",
        )
    return load_document(WhatIf, path)
