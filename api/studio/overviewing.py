"""The overview as it is shown: what needs somebody now, and charts of what was written lately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.studio import charts, run_words
from api.studio.door import PATH
from api.studio.wording import duration, grouped, percent, rung, title, usd
from composer.contract import Rung
from composer.harm.model import Alarm
from composer.harm.wording import TITLES
from composer.reviews.reading import Sample
from composer.runs.model import Run, RunStatus, Tally
from composer.runs.overview import Overview
from composer.waiting import StillHandoff, Waiting
from evals.rule_words import words_for

MOST = 5
"""Things of one kind that are listed."""
RULES = 6
ENOUGH = 20
"""E-mails in either stretch of time below which nothing is said to rise."""
RISES = 2.0
"""Times the share of before."""
NOTEWORTHY = 0.05


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person."""

    title: str
    text: str
    href: str
    action: str
    kind: str
    """Of badge: `accent`, `warn`, `bad`."""
    icon: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that held texts back, with a few e-mails."""

    id: str
    words: str
    count: int
    share: float
    """Of e-mails."""
    examples: Sequence[str]


def needs(found: Overview, also: Waiting, alarms: Sequence[Alarm] = ()) -> list[Need]:
    """The most urgent first."""
    paused = [run for run in found.moving if run.status is RunStatus.PAUSED]
    return [
        *_asked(also.asked),
        *(_alarm(one) for one in alarms[:MOST]),
        *(_paused(run) for run in paused[:MOST]),
        *(_handoff(row) for row in also.handoffs),
        *(_sample(one) for one in also.samples),
        *(_gated(run_id) for run_id in also.gated),
        *(_failed(run) for run in found.newest if run.tally.failed),
        *_rising(found),
    ]


def _asked(count: int) -> Iterator[Need]:
    """The law gives a month (GDPR, article 12)."""
    if count:
        title = f"{count} customer{'s ask' if count > 1 else ' asks'} for their data, or to be erased"
        yield Need(title, "You have a month to answer.", f"{PATH}/customers", "Look", "bad", "lock")


def _alarm(alarm: Alarm) -> Need:
    to = f"{PATH}/lessons/outcomes#{alarm.id}"
    return Need(
        TITLES[alarm.measure], f"{alarm.sentence} Nothing that was learned decides there.", to, "Look", "bad", "warn"
    )


def rules(tally: Tally, most: int = RULES) -> list[Rule]:
    """Those that held most back, falling."""
    ordered = sorted(tally.rules.items(), key=lambda item: (-item[1], item[0]))[:most]
    emails = max(tally.composed, 1)
    return [
        Rule(rule, words_for(rule), count, min(count / emails, 1.0), tally.examples.get(rule, ()))
        for rule, count in ordered
    ]


def rungs(tally: Tally) -> charts.Stacked:
    """Blocks by who wrote them, from the best rung to the last resort."""
    return charts.stacked([(rung(one.value), tally.rungs.get(one.value, 0)) for one in Rung])


def by_day(found: Overview) -> charts.Columns:
    """E-mails a day."""
    return charts.columns([(f"{one.day.day} {one.day:%b}", one.emails) for one in found.days])


def templates_by_day(found: Overview) -> charts.Line:
    """Share of e-mails from templates alone; days without e-mails say nothing."""
    shares = [(f"{one.day.day} {one.day:%b}", one.templates / one.emails if one.emails else None) for one in found.days]
    return charts.line(shares, top=1.0, text=percent)


def costs(tally: Tally) -> list[tuple[str, str, str]]:
    """(label, figure, note) of what an e-mail takes."""
    emails, usage = max(tally.composed, 1), tally.usage
    tokens = usage.input_tokens + usage.output_tokens
    free = "a model on your own machine costs nothing" if usage.calls and not usage.cost_usd else ""
    return [
        ("A thousand e-mails cost", usd(usage.cost_usd / emails * 1000), free),
        ("Tokens for one e-mail", grouped(tokens / emails), f"in {usage.calls / emails:.1f} calls of the model"),
        ("The model writes for", duration(usage.model_ms / emails / 1000), "for one e-mail, many side by side"),
        (
            "Penfriend works for",
            duration(usage.own_ms / emails / 1000),
            "for one e-mail, its turns beside others included",
        ),
    ]


def _paused(run: Run) -> Need:
    text = run_words.why_paused(run)
    return Need(f"{run_words.name(run)} stands still", text, f"{PATH}/runs/{run.id}", "Look", "warn", "pause")


def _failed(run: Run) -> Need:
    count = run.tally.failed
    what = f"{grouped(count)} {'e-mail' if count == 1 else 'e-mails'} of {run_words.name(run)} could not be written"
    return Need(what, "See why, and try them again.", f"{PATH}/runs/{run.id}?status=failed", "Look", "bad", "warn")


def _handoff(row: StillHandoff) -> Need:
    what = f"Sending of {title(row.campaign)} stands still"
    return Need(what, row.detail or "Somebody paused it.", f"{PATH}/runs/{row.run}", "Look", "warn", "pause")


def _sample(one: Sample) -> Need:
    about = title(one.campaign) if one.campaign else "e-mails composed one by one"
    action = "Go on reading" if one.read else "Start reading"
    held = " Nothing leaves before." if one.terms.gate else ""
    text = f"{one.statement}.{held}"
    return Need(f"A sample of {about} waits to be read", text, f"{PATH}/review/{one.id}", action, "accent", "review")


def _gated(run_id: str) -> Need:
    text = "It is written and waits behind its gate; no sample of it is open."
    return Need("A run waits to be released", text, f"{PATH}/runs/{run_id}", "Look", "accent", "lock")


def _rising(found: Overview) -> Iterator[Need]:
    now, before = found.lately, found.before
    if min(now.composed, before.composed) < ENOUGH:
        return
    for rule, count in sorted(now.rules.items(), key=lambda item: -item[1]):
        share, was = count / now.composed, before.rules.get(rule, 0) / before.composed
        if share >= NOTEWORTHY and share >= RISES * was:
            text = f"In {percent(share)} of the last week's e-mails; in {percent(was)} of those of the weeks before."
            yield Need(f"More often caught: {words_for(rule)}", text, f"{PATH}#checks", "See examples", "warn", "warn")
            return
