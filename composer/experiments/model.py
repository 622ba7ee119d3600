"""What an experiment is, the shop's holdout, groups, and where all of them put a customer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

CONTROL = "control"
"""The name of the arm that the others are compared with."""
SLOTS = 10_000
"""Of a group: shares are told apart to a hundredth of a percent."""
MOST_ARMS = 8
HELD_OUT = "holdout"
GLOBAL_HOLDOUT = "global_holdout"
OTHER_EXPERIMENT = "other_experiment"
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_CLOSE = 1e-6

Policy = Literal["", "learned", "even", "prior"]
"""How an arm draws what varies for a person: as everybody's e-mails do (empty), by what was learned, evenly, or by the
shop's prior alone."""
Metric = Literal["revenue", "conversion", "click"]
"""What decides: revenue per customer, the share who bought, the share who clicked."""
GUARDS = ("unsubscribe", "complaint")
"""What an arm may not worsen, whatever it earns."""
CampaignId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_PLAIN)]


class Frozen(BaseModel):
    """A document that does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(Frozen):
    """One way of doing it. What it does not name is as the campaign has it."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    share: float = Field(gt=0.0, lt=1.0, allow_inf_nan=False)
    """Of those who are in the experiment."""
    versions: dict[CampaignId, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(default={}, max_length=50)
    """Campaign -> the saved version of it that this arm is written by: another brief, another flow."""
    model: str = Field(default="", max_length=200, pattern=_PLAIN)
    """A model that settings name; `templates` asks none; empty: the one that is set."""
    prompts: str = Field(default="", max_length=100, pattern=_PLAIN)
    """A folder with changed prompts, flows or layouts, by its name."""
    policy: Policy = ""
    nothing: bool = False
    """No e-mail at all."""
    digest: str = Field(default="", max_length=64)
    """Of the changed prompts when the experiment began: by others the arm is not written."""

    @model_validator(mode="after")
    def _nothing_is_nothing(self) -> Self:
        if self.nothing and self.varies:
            raise ValueError("an arm that gets no e-mail has no version, model, prompts or policy")
        return self

    @property
    def varies(self) -> tuple[object, ...]:
        """What it names of its own; empty for the campaign as it is."""
        said = (tuple(sorted(self.versions.items())), self.model, self.prompts, self.policy)
        return said if any(said) else ()


class Plan(Frozen):
    """An experiment as it is written down: never changed once it has begun."""

    name: str = Field(min_length=1, max_length=200, pattern=_PLAIN)
    hypothesis: str = Field(default="", max_length=2_000, pattern=_TEXT)
    """What is expected, and why: said before, so that nobody can choose it afterwards."""
    campaigns: tuple[CampaignId, ...] = Field(min_length=1, max_length=50)
    arms: tuple[Arm, ...] = Field(min_length=2, max_length=MOST_ARMS)
    metric: Metric = "revenue"
    """The one figure that decides."""

    @field_validator("campaigns")
    @classmethod
    def _each_once(cls, campaigns: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(campaigns)) < len(campaigns):
            raise ValueError("a campaign stands twice in the list")
        return campaigns

    @field_validator("arms")
    @classmethod
    def _can_be_compared(cls, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
        names = {arm.name for arm in arms}
        if len(names) < len(arms):
            raise ValueError("two arms have the same name: give each its own")
        if CONTROL not in names:
            raise ValueError(f"one arm has to be called {CONTROL}: the others are compared with it")
        total = sum(arm.share for arm in arms)
        if abs(total - 1) > _CLOSE:
            raise ValueError(f"the shares of the arms come to {total:.4g}, and have to come to 1")
        said = [("nothing",) if arm.nothing else arm.varies for arm in arms]
        # Arms that are all the campaign as it is make an A/A test: whether splitting works at all.
        if any(said) and len(set(said)) < len(said):
            raise ValueError("two arms do the same: change the version, model, prompts or policy of one of them")
        return arms

    @model_validator(mode="after")
    def _only_its_campaigns(self) -> Self:
        elsewhere = {campaign for arm in self.arms for campaign in arm.versions} - set(self.campaigns)
        if elsewhere:
            raise ValueError(f"an arm names a version of {min(elsewhere)!r}, which the experiment is not on")
        return self

    def arm(self, name: str) -> Arm | None:
        """By its name."""
        return next((arm for arm in self.arms if arm.name == name), None)


class Status(StrEnum):
    """Where an experiment is."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"


class Experiment(Frozen):
    """One experiment, as it stands."""

    id: str
    plan: Plan
    status: Status
    salt: str
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    stopped_at: datetime | None = None


class Holdout(Frozen):
    """One period of the shop's holdout: nobody in it gets any marketing e-mail."""

    id: str
    share: float
    salt: str
    starts_at: datetime
    ends_at: datetime
    set_by: str

    def covers(self, at: datetime) -> bool:
        """Is it in force then?"""
        return self.starts_at <= at < self.ends_at


class Member(Frozen):
    """A campaign or an experiment in a group, with the slots (from, to) that are its own."""

    kind: Literal["campaign", "experiment"]
    id: str = Field(min_length=1, max_length=64, pattern=_PLAIN)
    slots: tuple[tuple[int, int], ...]

    @property
    def share(self) -> float:
        """Of all customers."""
        return self.size / SLOTS

    @property
    def size(self) -> int:
        """How many slots it has."""
        return sum(end - start for start, end in self.slots)

    def holds(self, slot: int) -> bool:
        """Is this slot its own?"""
        return any(start <= slot < end for start, end in self.slots)


class Group(Frozen):
    """Members that share no customer: a layer (Tang et al. 2010, "Overlapping Experiment Infrastructure", 4)."""

    name: str
    salt: str
    members: tuple[Member, ...] = ()

    def member(self, kind: str, id_: str) -> Member | None:
        """The one with this id."""
        return next((one for one in self.members if (one.kind, one.id) == (kind, id_)), None)

    @property
    def free(self) -> float:
        """The share that nobody has."""
        return (SLOTS - sum(one.size for one in self.members)) / SLOTS


class Place(BaseModel):
    """Where a customer is, for one campaign at one moment."""

    model_config = ConfigDict(frozen=True)

    refusal: str = ""
    """`global_holdout`, `other_experiment` or `holdout`: why they get nothing; empty where they may."""
    experiment: str = ""
    variant: str = ""
    arm: Arm | None = None
    """What is different for them."""


NOWHERE = Place()
