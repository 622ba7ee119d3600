"""Decisions and what came of them, for tests of what is learned from that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from composer.bandit.model import Dimension, Situation
from composer.bandit.reward import ONE_ORDER, Brought, Kind
from composer.bandit.statistics import Segment, Statistics, Told
from composer.bandit.tables import DecisionRow
from memory.model import Lifecycle
from tests.kit.events import NOW

TONES = ("plain", "warm", "playful")
NEWSLETTER = Segment("newsletter", "active")


def situation(flow: str = "newsletter", lifecycle: Lifecycle = "active", **changes: Any) -> Situation:
    """Of somebody of whom nothing else is known."""
    return Situation(flow=flow, lifecycle=lifecycle, **changes)


def told(
    kind: Kind = Kind.NOTHING,
    arm: str = "warm",
    *,
    dimension: Dimension = "tone",
    arms: Sequence[str] = TONES,
    probability: float | None = None,
    segment: Segment = NEWSLETTER,
    days_ago: float = 20,
    brought: Brought = ONE_ORDER,
) -> Told:
    """One e-mail, of which one dimension was drawn; evenly, where no probability is said."""
    drawn = probability or 1 / len(arms)
    return Told(segment, NOW - timedelta(days=days_ago), kind, {dimension: [arm, drawn, list(arms)]}, brought)


def many(clicks: Mapping[str, int], emails: int, **about: Any) -> Iterable[Told]:
    """Of each arm that many e-mails, of which so many were clicked, drawn evenly."""
    arms = tuple(clicks)
    for arm, clicked in clicks.items():
        for number in range(emails):
            kind = Kind.CLICKED if number < clicked else Kind.NOTHING
            yield told(kind, arm, arms=arms, **about)


def summed(emails: Iterable[Told]) -> Statistics:
    """The sums of these e-mails."""
    statistics = Statistics()
    for one in emails:
        statistics.add(one)
    return statistics


def decision(number: int, at: datetime, arm: str = "warm", **outcome: Any) -> DecisionRow:
    """One row, of an e-mail that arrived and that was counted, unless `outcome` says otherwise."""
    usual = {
        "customer": f"u{number}",
        "campaign_id": "spring",
        "campaign_version": 1,
        "flow": "newsletter",
        "lifecycle": "active",
        "policy": "uniform-1",
        "situation": situation().model_dump(mode="json"),
        "choices": {"tone": [arm, 1 / len(TONES), list(TONES)]},
        "sent_at": at if outcome.get("counted_at", at) else None,
        "delivered": True,
        "rules": "r1",
        "counted_at": at + timedelta(days=40),
        "final": True,
    }
    return DecisionRow(email_id=f"msg_{number:026}", at=at, **{**usual, **outcome})


@st.composite
def emails(draw: st.DrawFn) -> list[Told]:
    """A few e-mails of two flows and two stages, drawn with whatever probability."""
    return draw(
        st.lists(
            st.builds(
                told,
                st.sampled_from(Kind),
                st.sampled_from(TONES),
                dimension=st.sampled_from(["tone", "offer"]),
                brought=st.builds(Brought, st.integers(0, 3_072), st.integers(-3_072, 3_072)),
                probability=st.floats(0.02, 1.0),
                segment=st.builds(
                    Segment, st.sampled_from(["newsletter", "welcome"]), st.sampled_from(["new", "active"])
                ),
                days_ago=st.floats(0, 900),
            ),
            max_size=25,
        )
    )
