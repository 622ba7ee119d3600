"""Runs and preflights as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table

from api.console import progress_bar, table
from composer.contract import Path
from composer.runs.model import Recipient, Run, RunEvent, RunStatus
from composer.runs.preflight.model import Estimate, Level, PreflightReport

_SIGNS = {Level.OK: "✓", Level.WARN: "!", Level.STOP: "✗"}


def show_preflight(console: Console, report: PreflightReport) -> None:
    """Each check with its sentence and its fix, whom it reaches, and what it will take."""
    rows = [(_SIGNS[check.level], check.name, check.detail, check.fix) for check in report.checks]
    console.print(table(("", "check", "", "what to do"), rows, f"Preflight of {report.campaign}"))
    if report.estimate is not None:
        console.print(estimated(report.estimate), highlight=False)
    verdict = "It may start." if report.ready else "It cannot start like this."
    console.print(verdict, highlight=False)


def estimated(estimate: Estimate) -> str:
    """What the run will take, in a sentence."""
    cost = "at a price we do not know" if estimate.cost_usd is None else f"for about ${estimate.cost_usd:,.2f}"
    tokens = estimate.input_tokens + estimate.output_tokens
    return (
        f"About {estimate.emails:,} e-mails, {estimate.calls:,} model calls and {tokens:,} tokens {cost}, "
        f"in about {duration(estimate.seconds)} with this one process (by {estimate.based_on})."
    )


def show_run(console: Console, run: Run) -> None:
    """Where a run stands, and what came of it."""
    console.print(headline(run), highlight=False)
    if run.detail:
        console.print(run.detail, highlight=False)
    tally = run.tally
    rows = [("composed", tally.composed), ("skipped", tally.skipped), ("failed", tally.failed)]
    rows += [("cancelled", tally.cancelled), ("deferred", tally.deferred)]
    rows += [("pending", run.recipients - tally.done - tally.deferred)]
    console.print(table(("recipients", "how many"), [(name, f"{count:,}") for name, count in rows if count]))
    for title, counted in (("Blocks written by", tally.rungs), ("Why there is no e-mail", tally.reasons)):
        if counted:
            ordered = sorted(counted.items(), key=lambda item: -item[1])
            console.print(table(("", "how many"), [(name, f"{count:,}") for name, count in ordered], title))
    usage = tally.usage
    console.print(
        f"{usage.calls:,} model calls, {usage.input_tokens + usage.output_tokens:,} tokens, ${usage.cost_usd:,.4f}",
        highlight=False,
    )


def headline(run: Run) -> str:
    """One line: which run, its status, how far, how fast."""
    words = [f"{run.id}: {run.status.value}"]
    if run.reason:
        words.append(f"({run.reason})")
    words.append(f"{run.tally.done:,} of {run.recipients:,}")
    if run.rate:
        words.append(f"· {pace(run)}")
    elif run.tally.deferred:
        words.append(f"· {deferred(run)}")
    elif run.status is RunStatus.RUNNING and not run.workers:
        words.append("· nobody works on it yet: `penfriend serve` and `penfriend worker` do")
    return " ".join(words)


def pace(run: Run) -> str:
    """How fast, how long still, who wrote, at what cost: what stands behind a bar."""
    words = [f"{run.rate:,.1f}/s"] if run.rate else []
    if run.seconds_left is not None:
        words.append(f"{duration(run.seconds_left)} left")
    templated = run.tally.paths.get(Path.TEMPLATE.value, 0)
    if run.tally.composed:
        words.append(f"{templated / run.tally.composed:.0%} from templates")
    if run.tally.usage.cost_usd:
        words.append(f"${run.tally.usage.cost_usd:,.2f}")
    if run.tally.deferred:
        words.append(deferred(run))
    return " · ".join(words)


def deferred(run: Run) -> str:
    """Who waits for quiet hours or caps, and until when the first of them does."""
    until = f" until {run.deferred_until:%Y-%m-%d %H:%M} UTC" if run.deferred_until else ""
    return f"deferred {run.tally.deferred:,}{until}"


def duration(seconds: float) -> str:
    """In hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


def run_table(found: Sequence[Run]) -> Table:
    """Runs in a list."""
    rows = [
        (run.id, run.campaign, run.status.value, run.reason, f"{run.tally.done:,} of {run.recipients:,}", pace(run))
        for run in found
    ]
    return table(("run", "campaign", "status", "reason", "recipients", ""), rows)


def recipient_table(found: Sequence[Recipient]) -> Table:
    """Recipients in a list."""
    rows = [(one.position, one.customer, one.status.value, one.reason, one.detail, one.email_id) for one in found]
    return table(("position", "customer", "status", "reason", "detail", "e-mail"), rows)


def event_table(found: Sequence[RunEvent]) -> Table:
    """What happened, in order."""
    rows = [(f"{event.at:%Y-%m-%d %H:%M:%S}", event.kind.replace("_", " "), _told(event)) for event in found]
    return table(("at (UTC)", "what", ""), rows)


def _told(event: RunEvent) -> str:
    """The sentence that it holds; else its counts and names, those of what lies deeper left out."""
    held = {name: value for name, value in event.data.items() if name != "campaign"}
    if detail := held.get("detail"):
        return str(detail)
    flat = held | (held.get("tally") or {})
    return ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in flat.items() if _is_told(value))


def _is_told(value: object) -> bool:
    return value not in (0, None, "") and not isinstance(value, dict | list)


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def run_bar(*, hidden: bool) -> Progress:
    """The live bar of a run; it stays when it is done."""
    return progress_bar(TextColumn("{task.fields[pace]}"), hidden=hidden, transient=False)
