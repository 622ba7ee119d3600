"""Runs in words: what a status, a reason or an event of theirs says to a marketer."""

from __future__ import annotations

from collections.abc import Mapping

from api.studio.wording import duration, grouped, minute, title, usd, words
from composer.contract import Path
from composer.runs.audiences.model import DueFor, Filed, Listed, Ruled
from composer.runs.model import PauseReason, RecipientStatus, Run, RunEvent, RunStatus

STATUSES: Mapping[str, tuple[str, str]] = {
    RunStatus.RUNNING: ("Running", "accent"),
    RunStatus.PAUSED: ("Paused", "warn"),
    RunStatus.COMPLETED: ("Completed", "good"),
    RunStatus.CANCELLED: ("Cancelled", ""),
}
"""Word and kind of badge."""
HANDOFF_STATUSES: Mapping[str, tuple[str, str]] = {
    "running": ("Sending", "accent"),
    "paused": ("Paused", "warn"),
    "completed": ("All handed over", "good"),
    "cancelled": ("Cancelled", ""),
}
RECIPIENTS: Mapping[str, tuple[str, str]] = {
    RecipientStatus.PENDING: ("Waiting", ""),
    RecipientStatus.COMPOSED: ("Written", "good"),
    RecipientStatus.SKIPPED: ("Left out", ""),
    RecipientStatus.FAILED: ("Failed", "bad"),
    RecipientStatus.CANCELLED: ("Cancelled", ""),
}
PAUSES: Mapping[str, str] = {
    PauseReason.REQUESTED: "Somebody paused it.",
    PauseReason.BUDGET_REACHED: "Its budget is used up.",
    PauseReason.MODEL_FAILURES: "Too many calls of the model failed.",
    PauseReason.CHECK_FAILURES: "Checks held back too many of the model's texts.",
    PauseReason.FALLBACK_SHARE: "Too many e-mails came from templates only.",
    PauseReason.FAILED_RECIPIENTS: "Too many e-mails could not be written.",
    PauseReason.COMPLAINTS: "Too many e-mails were reported as spam.",
}
REASONS: Mapping[str, str] = {
    "no_consent": "never agreed to e-mails",
    "unsubscribed": "unsubscribed",
    "complained": "marked an e-mail as spam",
    "bounced": "their mailbox does not exist",
    "holdout": "held out, to measure what e-mails bring",
    "global_holdout": "in your shop's holdout, to measure what all e-mails bring",
    "other_experiment": "kept for another campaign of the same group",
    "capped": "had as many e-mails as your caps allow",
    "too_soon": "had an e-mail too recently",
    "personal_cap": "asked for fewer e-mails",
    "paused": "asked for a pause",
    "quiet_hours": "in their quiet hours",
    "topic_off": "does not want this topic",
    "objected": "objected while it was written; a plainer one follows",
    "too_few_picks": "no products that fit them",
    "nothing_to_say": "nothing to say to them in this flow",
    "no_safe_text": "not even a template passed its checks",
    "no_templates": "there are no templates in your shop's language",
    "unknown_customer": "not known here",
    "internal_error": "Penfriend broke on them; the log says where",
    "database_unavailable": "the database was away",
    "erased": "erased",
    "erased_customer": "erased",
}
_EVENTS: Mapping[str, str] = {
    "started": "Started for {recipients} customers",
    "paused": "Paused",
    "resumed": "Resumed",
    "cancelled": "Cancelled; {recipients} were not written to",
    "completed": "Completed: {composed} written, {skipped} left out, {failed} failed",
    "retried": "Trying {recipients} who failed once more",
    "budget_reached": "The budget is used up",
    "released": "Released: its e-mails may leave",
    "handoff_started": "Sending began: {emails} e-mails through {channel}",
    "handoff_paused": "Sending paused",
    "handoff_resumed": "Sending goes on",
    "handoff_cancelled": "Sending cancelled",
    "handoff_completed": "Everything was handed over",
}
CHANNELS: Mapping[str, str] = {"smtp": "your mail relay (SMTP)", "listmonk": "listmonk", "webhook": "a webhook"}


def reason(code: str) -> str:
    """Why somebody got no e-mail, or not yet."""
    return REASONS.get(code) or words(code)


def name(run: Run) -> str:
    """What a run is called: its campaign, and the occasion where it has one."""
    return f"{title(run.campaign)} · {run.request.occasion}" if run.request.occasion else title(run.campaign)


def audience(run: Run) -> str:
    """Who is meant, in words."""
    count = grouped(run.recipients)
    match run.request.audience:
        case Listed():
            return f"{count} named customers"
        case Filed(name=file):
            return f"{count} customers of the file {file}"
        case Ruled():
            return f"{count} customers picked out by a rule"
        case DueFor():
            return f"{count} customers who were due"
        case _:
            return f"everyone: {count} customers"


def why_paused(run: Run) -> str:
    """In words, with the worker's own sentence where there is one."""
    return run.detail or PAUSES.get(run.reason, "")


def progress(run: Run) -> str:
    """`120 of 300 done`, and what can be said of the rest."""
    done = f"{grouped(run.tally.done)} of {grouped(run.recipients)} done"
    if run.status is not RunStatus.RUNNING:
        return done
    if run.waiting and run.deferred_until is not None:
        return f"{done}; {grouped(run.tally.deferred)} may be written to from {minute(run.deferred_until)} on"
    if run.seconds_left is None:
        return f"{done}; nobody works on it yet" if not run.workers else done
    return f"{done}; about {duration(run.seconds_left)} left"


def share_done(run: Run) -> float:
    """From 0 to 1."""
    return run.tally.done / run.recipients if run.recipients else 0.0


def templates_share(run: Run) -> float | None:
    """Share of its e-mails that came from templates alone; None before the first."""
    return run.tally.paths.get(Path.TEMPLATE, 0) / run.tally.composed if run.tally.composed else None


def spent(run: Run) -> str:
    """What the model took so far, against the budget where there is one."""
    usage, budget = run.tally.usage, run.request
    tokens = usage.input_tokens + usage.output_tokens
    if budget.budget_usd is not None:
        return f"{usd(usage.cost_usd)} of {usd(float(budget.budget_usd))}"
    if budget.budget_tokens is not None:
        return f"{grouped(tokens)} of {grouped(budget.budget_tokens)} tokens"
    return usd(usage.cost_usd)


def happened(event: RunEvent) -> str:
    """An event of its history in a sentence."""
    known = {
        key: grouped(value) if isinstance(value, int) else CHANNELS.get(str(value), str(value))
        for key, value in event.data.items()
    }
    told = _EVENTS.get(event.kind, title(event.kind))
    try:
        return told.format_map(known)
    except KeyError:
        # Written by an earlier version, which told less of it.
        return told.partition(" {")[0].rstrip(":;")


def because(event: RunEvent) -> str:
    """Why it happened, where the event says so."""
    if detail := event.data.get("detail") or event.data.get("statement"):
        return str(detail)
    return PAUSES.get(str(event.data.get("reason", "")), "")
