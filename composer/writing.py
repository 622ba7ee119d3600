"""The seam between the ladder, which decides, and the writers, which only offer text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from composer.documents import Voice
from evals.snapshot import Snapshot
from evals.verdict import Verdict
from prompts.model import Angle, CtaStyle, Flow, SubjectStyle


class Value(BaseModel):
    """Immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(Value):
    """A block that a reviewer liked, with nothing of its customer, its offer or its product's name left in it."""

    lesson: str
    """Id of the lesson it is."""
    block: str
    """`subject`, `opening`, `pitch` …"""
    text: str
    note: str = ""
    """Of a pitch: what it was told of the product."""
    before: str = ""
    """What a reviewer changed into it; empty where it was liked as it was."""


class WriteTask(Value):
    """All a writer may know. The snapshot's `person.first_name`, `private` and `internal` never reach a prompt."""

    snapshot: Snapshot
    flow: Flow
    step: str = ""
    angle: Angle
    tone: str
    length: Literal["short", "medium"]
    subject: SubjectStyle | Literal[""] = ""
    """Style of the subject; empty: none is wanted, as in records of before there were styles."""
    cta: CtaStyle | Literal[""] = ""
    """Style of the button."""
    voice: Voice
    message: str = ""
    """The marketer's brief in their words: data, delimited in prompts."""
    by_reasons: bool = True
    """Templates say of picks what their reasons say. False in records of before they did: those replay as they were."""
    says_once: bool = True
    """A templated preheader leaves out what the subject says already, and a sentence ends in one full stop. False in
    records of before, as above."""
    subject_leads: bool = True
    """Where the subject is to name the first pick, a templated preheader does not, whoever writes the subject. False
    in records of before, as above."""
    examples: tuple[Example, ...] = Field(default=(), exclude=True)
    """Told to models that follow instructions. Left out of records, which name them: an example that is removed, or
    whose customer is erased, is nowhere any more."""


class Attempt(Value):
    """One model call as it happened: enough to replay it without the model."""

    writer: str
    model: str
    prompt: str
    """`name@version` of the prompt template (version: content hash); with examples `name@version+theirs`."""
    lessons: tuple[str, ...] = ()
    """Ids of the examples that went along (`composer.lessons`)."""
    keys: tuple[str, ...]
    round: int
    raw: str | None = None
    """The completion as it came, before any cleaning; None when the call failed."""
    error: str | None = None
    """Reason code of the failure: `model_timeout`, `model_unreachable`, `model_rate_limited`, `model_refused`,
    `model_garbage`, `circuit_open`, `deadline` …"""
    detail: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    ms: float = 0.0


class Candidate(Value):
    """A text for one block, and the attempt (index in the outcome) it came from."""

    key: str
    text: str
    attempt: int


class WriteOutcome(Value):
    """What came back in time. Never an exception: failures are attempts with an error."""

    candidates: tuple[Candidate, ...] = ()
    attempts: tuple[Attempt, ...] = ()


class Writer(Protocol):
    """Offers candidates for blocks. Returns by `until` whatever the model does."""

    @property
    def name(self) -> str:
        """Short and stable, for records: `local/SmolLM2-135M-Instruct`."""
        ...

    @property
    def rounds(self) -> int:
        """How often the ladder may come back with blocks that failed their checks (at least 1)."""
        ...

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """Candidates for `keys`; `notes` are the verdicts that failed the last round; `until` is loop.time()."""
        ...
