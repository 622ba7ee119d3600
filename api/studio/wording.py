"""How the studio puts numbers, moments and codes into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from store import clock
from store.errors import PenfriendError

TOASTS: dict[str, str] = {
    "saved": "Saved.",
    "unchanged": "Nothing had changed, so no new version was made.",
    "forgotten": "Forgotten: neither used nor said any more.",
    "corrected": "Put right: it holds from now on.",
    "answered": "Taken off the list.",
    "signed_out": "You are signed out.",
    "run_started": "Started. You can leave this page: it goes on by itself.",
    "run_paused": "Paused: nobody new is begun.",
    "run_resumed": "It goes on.",
    "run_retried": "Trying those who failed once more.",
    "run_cancelled": "Cancelled.",
    "run_released": "Released: its e-mails may leave.",
    "experiment_started": "It runs: from now on its customers are in its arms.",
    "experiment_stopped": "Stopped: everybody gets the campaigns as they are.",
    "experiment_discarded": "Thrown away.",
    "holdout_set": "Set: these customers get no marketing e-mail until then.",
    "holdout_ended": "Ended: nobody is held out any more.",
    "handoff_started": "Sending has begun.",
    "handoff_paused": "Sending is paused: no new e-mail is begun.",
    "handoff_resumed": "Sending goes on.",
    "handoff_cancelled": "Sending is cancelled. What was not sent can be sent anew.",
    "handoff_retried": "Trying what failed once more.",
    "approved": "Approved. It may become an example for e-mails of its kind.",
    "rejected": "Rejected: it will not leave. Your reasons become a case that the checks are tested with.",
    "edited": "Saved, and approved as it is now. Your words may become an example for e-mails of its kind.",
    "decision_undone": "The decision is undone.",
    "alarm_closed": "Closed: what was learned decides again, from the next e-mail on.",
    "lesson_removed": "Taken out: it has no effect from the next e-mail on. You can put it back.",
    "lesson_restored": "Put back: it has its effect again.",
    "decided_late": "Noted. This e-mail has left already: nothing that was sent changes.",
    "sample_accepted": "Accepted. What waited for it may leave now.",
    "sample_refused": "Refused. What waited for it stays here.",
    "disabled": "Disabled, and signed out everywhere.",
    "enabled": "May sign in again.",
    "signed_out_everywhere": "Signed out in every browser.",
    "signed_out_others": "Your other browsers are signed out.",
    "signed_out_browser": "That browser is signed out.",
    "password": "Your password is saved. Your other browsers are signed out.",
}
"""What `rendering.go(toast=…)` may say on the next page: keys in addresses, never text."""

_RUNGS = {
    "model": "Written by the model",
    "repair": "Model, repaired by a check",
    "reask": "Model, asked again",
    "other_model": "The second model",
    "reviewer": "Edited by a reviewer",
    "template_block": "Template block",
    "template_email": "Template e-mail",
}


def ago(moment: datetime) -> str:
    """`3 min ago`, `yesterday`, `12 Mar 2026`."""
    passed = clock.now() - moment
    seconds = passed.total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3_600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86_400:
        hours = int(seconds // 3_600)
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    if passed.days < 2:
        return "yesterday"
    return day(moment) if passed.days > 13 else f"{passed.days} days ago"


def day(moment: datetime) -> str:
    """`12 Mar 2026`."""
    return f"{moment.day} {moment:%b %Y}"


def minute(moment: datetime) -> str:
    """`12 Mar 2026, 14:05 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC"


def grouped(number: float) -> str:
    """`200,000`."""
    return f"{number:,.0f}"


def percent(share: float, digits: int = 0) -> str:
    """`12 %`."""
    return f"{share * 100:.{digits}f} %"


def usd(amount: float) -> str:
    """`$0.0041`, `$12.40`."""
    return f"${amount:,.4f}" if 0 < abs(amount) < 0.1 else f"${amount:,.2f}"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def words(code: str) -> str:
    """`abandoned_cart` as `abandoned cart`."""
    return code.replace("_", " ")


def title(code: str) -> str:
    """`abandoned_cart` as `Abandoned cart`."""
    return words(code)[:1].upper() + words(code)[1:]


def rung(code: str) -> str:
    """Who wrote a block, in words."""
    return _RUNGS.get(code, title(code))


def in_full(error: PenfriendError) -> str:
    """What is wrong and what to do about it, beside a field."""
    return f"{error.message} {error.fix or ''}".strip()


def toast(key: str) -> str:
    """What a key says; nothing for one that we did not make."""
    return TOASTS.get(key, "")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "ago": ago,
    "day": day,
    "minute": minute,
    "grouped": grouped,
    "percent": percent,
    "usd": usd,
    "duration": duration,
    "words": words,
    "title_of": title,
    "rung": rung,
    "toast": toast,
}
