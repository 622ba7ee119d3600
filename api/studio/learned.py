"""What reviews taught, as the page shows it: each lesson with where it came from and what it does now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.studio.door import PATH
from composer.lessons.cases import Standing
from composer.lessons.model import UNFIT, Kind, Lesson
from composer.lessons.preferences import DIMENSIONS, EVENLY, Dimension, Preferences
from composer.lessons.reading import Counts
from composer.lessons.taught import Taught
from evals.rule_words import words_for
from memory.pooling import Pooled
from prompts.library import Library
from prompts.model import Flow

_BLOCKS = {
    "subject": "Subject",
    "preheader": "Preview line",
    "opening": "Opening",
    "pitch": "Product text",
    "closing": "Closing",
    "cta": "Button",
    "whole": "Whole e-mail",
}
_DIMENSIONS: Mapping[Dimension, str] = {"angle": "Angle", "tone": "Tone", "length": "Length"}
_REVIEWED = {
    "review.wrong_fact": "says something that is not true",
    "review.wrong_price": "has a wrong price, offer or date",
    "review.too_personal": "is too personal",
    "review.off_voice": "is not our tone of voice",
    "review.bad_language": "is clumsy or wrong language",
}


HERE = f"{PATH}/lessons"
OUTCOMES = f"{HERE}/outcomes"
TABS = {Kind.EXAMPLE: "", Kind.CASE: "/cases", Kind.PREFERENCE: "/preferences"}
_TITLES = {Kind.EXAMPLE: "Examples", Kind.CASE: "Cases", Kind.PREFERENCE: "Preferences"}
Tab = tuple[str, str, str, int | None]
"""Title, address, name, and how many there are."""
LONG = 300
"""Characters."""


@dataclass(frozen=True)
class Shown:
    """One lesson in a list."""

    lesson: Lesson
    title: str
    who: str


@dataclass(frozen=True)
class ExampleShown(Shown):
    """A liked block."""

    text: str
    note: str
    before: str
    why_not: str
    """Why it is not used; empty where it is."""
    goes: bool
    """It is among those that go with the next prompt of its flow."""


@dataclass(frozen=True)
class Judged:
    """One text of a case, and what today's checks say of it."""

    block: str
    text: str
    kept: bool
    words: str

    @property
    def long(self) -> bool:
        """Better folded away."""
        return len(self.text) > LONG


@dataclass(frozen=True)
class CaseShown(Shown):
    """What a reviewer said of texts."""

    said: str
    sound: bool
    texts: tuple[Judged, ...]

    @property
    def kept(self) -> bool:
        """The checks agree with the reviewer on all of it."""
        return all(text.kept for text in self.texts)


@dataclass(frozen=True)
class ArmShown:
    """One way to write, as it is liked and drawn."""

    name: str
    liked: int
    disliked: int
    rate: Pooled
    share: float
    """Of the e-mails of this flow that are free to choose."""


@dataclass(frozen=True)
class FlowShown:
    """What reviewers like in one flow."""

    title: str
    dimensions: tuple[tuple[str, tuple[ArmShown, ...]], ...]


@dataclass(frozen=True)
class Going:
    """How many examples go with the prompts of one flow."""

    title: str
    number: int


def tabs(counts: Mapping[Kind, Counts]) -> list[Tab]:
    """Of the pages of what was learned."""
    kinds: list[Tab] = [(_TITLES[kind], HERE + path, kind.value, counts[kind].in_use) for kind, path in TABS.items()]
    return [*kinds, ("Outcomes", OUTCOMES, "outcomes", None)]


def examples(found: Sequence[Lesson], names: Mapping[str, str], taught: Taught) -> list[ExampleShown]:
    """For the tab of examples."""
    going = {example.lesson for kept in taught.examples for example in taught.examples_for(kept.flow, kept.language)}
    return [
        ExampleShown(
            lesson=one,
            title=_BLOCKS.get(one.block, one.block),
            who=names[one.reviewer],
            text=one.body["text"],
            note=one.body["note"],
            before=one.body["before"],
            why_not=UNFIT[one.unfit] if one.unfit else "",
            goes=one.id in going,
        )
        for one in found
    ]


def going(taught: Taught, library: Library) -> list[Going]:
    """What goes with the next prompt of each flow that has examples; with most, where languages differ."""
    by_flow: dict[str, int] = {}
    for kept in taught.examples:
        number = len(taught.examples_for(kept.flow, kept.language))
        by_flow[kept.flow] = max(number, by_flow.get(kept.flow, 0))
    return [Going(library.flow(flow).title, number) for flow, number in sorted(by_flow.items())]


def cases(found: Sequence[Lesson], names: Mapping[str, str]) -> list[CaseShown]:
    """For the tab of cases: every text is judged by today's checks."""
    return [_case(one, names[one.reviewer]) for one in found]


def votes(found: Sequence[Lesson], names: Mapping[str, str]) -> list[Shown]:
    """For the list below the preferences."""
    return [Shown(lesson=one, title=_vote(one.body), who=names[one.reviewer]) for one in found]


def flows(preferences: Preferences, library: Library) -> list[FlowShown]:
    """Each flow that was voted on, with all its arms."""
    voted = {about.flow for about in preferences.votes}
    return [_flow(flow, preferences) for flow in library.flows if flow.name in voted]


def least_share() -> float:
    """Of e-mails that are drawn evenly all the same."""
    return EVENLY


def _case(lesson: Lesson, who: str) -> CaseShown:
    rows: list[dict[str, Any]] = lesson.body["cases"]
    sound = rows[0]["label"] == "ok"
    said = "may go out as it is" if sound else _REVIEWED.get(rows[0]["category"], "must not go out")
    texts = tuple(_judged(row) for row in rows)
    title = f"{len(rows)} texts that may go out" if sound and len(rows) > 1 else f"A text that {said}"
    return CaseShown(lesson=lesson, title=title, who=who, said=said, sound=sound, texts=texts)


def _judged(row: dict[str, Any]) -> Judged:
    standing = Standing(row)
    rules = ", ".join(dict.fromkeys(words_for(rule) for rule in standing.rules))
    if standing.case.label == "ok":
        words = "passes the checks" if standing.kept else f"held back by mistake: {rules}"
    else:
        words = f"caught now: {rules}" if standing.kept else "not caught by a check yet"
    return Judged(_BLOCKS.get(row["block"], row["block"]), row["text"], standing.kept, words)


def _vote(body: Mapping[str, Any]) -> str:
    arm = str(body["arm"]).replace("_", " ")
    return f"{'For' if body['good'] else 'Against'} the {body['dimension']} “{arm}”"


def _flow(flow: Flow, preferences: Preferences) -> FlowShown:
    arms: dict[Dimension, tuple[str, ...]] = {
        "angle": tuple(angle.name for angle in flow.angles),
        "tone": flow.tones,
        "length": flow.lengths,
    }
    shown = ((_DIMENSIONS[one], tuple(_arms(flow.name, one, arms[one], preferences))) for one in DIMENSIONS)
    return FlowShown(flow.title, tuple(shown))


def _arms(flow: str, dimension: Dimension, arms: Sequence[str], preferences: Preferences) -> list[ArmShown]:
    shares = preferences.shares(flow, dimension, arms)
    return [
        ArmShown(
            name=arm.replace("_", " "),
            liked=preferences.of(flow, dimension, arm).good,
            disliked=preferences.of(flow, dimension, arm).bad,
            rate=preferences.rate(flow, dimension, arm),
            share=share,
        )
        for arm, share in zip(arms, shares, strict=True)
    ]
