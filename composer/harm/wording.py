"""Alarms in sentences."""

from __future__ import annotations

from datetime import datetime

from composer.harm.evidence import RISE
from composer.harm.judging import ENOUGH, SETTLED
from composer.harm.model import Alarm, Level, Measure, Rule, Seen

DONE = {Measure.COMPLAINTS: "were reported as spam", Measure.UNSUBSCRIBES: "made somebody unsubscribe"}
TITLES = {
    Measure.COMPLAINTS: "Too many e-mails are reported as spam",
    Measure.UNSUBSCRIBES: "Too many customers unsubscribe",
}
FALLBACK = (
    "Until this is closed, its e-mails are decided by what your reviewers like, and else by an even draw; "
    "nothing that was learned from outcomes decides. They keep going out."
)
CLOSES = (
    f"It closes by itself once enough e-mails were sent since to expect {ENOUGH} at that rate, "
    f"the newest of them {SETTLED.days} days old, and no more than that came."
)


def judged(at: datetime | None) -> str:
    """As of when it is known whether an alarm stands: complaints that came in since may raise one."""
    if at is None:
        return "Nothing was judged yet: that is done once an hour."
    return (
        f"Judged last on {at.day} {at:%b %Y}, {at:%H:%M} UTC. Complaints and unsubscribes that came in since are "
        "judged at the next look, within the hour; until then e-mails go out as before."
    )


def rate(share: float) -> str:
    """`0.31 %`."""
    return f"{share * 100:.2f} %"


def about(alarm: Alarm) -> str:
    """Whose e-mails."""
    match alarm.level:
        case Level.SHOP:
            return "the whole shop"
        case Level.FLOW:
            return f"all {alarm.name.replace('_', ' ')} e-mails"
    return f"the campaign {alarm.name}"


def sentence(alarm: Alarm) -> str:
    """What was seen, and what it was held against."""
    seen = alarm.seen
    what = (
        f"Of {seen.emails:,} e-mails of {about(alarm)} since {alarm.since.day} {alarm.since:%b %Y}, "
        f"{seen.happened:,} {DONE[alarm.measure]}: {rate(seen.rate)}"
    )
    against = alarm.against
    match alarm.rule:
        case Rule.LIMIT:
            return f"{what}. The limit is {rate(alarm.bar)}."
        case Rule.LEARNED:
            beside = "of those that were not decided by what was learned, on the same days"
        case Rule.BEFORE:
            beside = "in the twelve weeks before"
    return f"{what}, against {rate(against.rate)} {beside} ({against.happened:,} of {against.emails:,})."


def certainty(alarm: Alarm) -> str:
    """What may be said of it."""
    if alarm.rule is not Rule.BEFORE:
        return "This is more than chance, however often it is looked at."
    return f"A rise by more than {RISE - 1:.0%} is more than chance here, however often it is looked at."


def why_over(alarm: Alarm, seen: Seen) -> str:
    """Why it closed by itself."""
    return (
        f"Since then {seen.happened:,} of {seen.emails:,} e-mails {DONE[alarm.measure]}: {rate(seen.rate)}, "
        f"no more than {rate(alarm.bar)}."
    )
