"""What an SMTP server's reply means: RFC 5321 (4.2) for the code, RFC 3463 for the enhanced one."""

from __future__ import annotations

import re
from typing import Literal

from composer.handoff.channel import Answer, Verdict, words

Stage = Literal["connect", "mail", "rcpt", "data"]

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_DEAD = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
"""X.1.1 no such mailbox, X.1.2 no such system, X.1.3 no address, X.1.6 moved away, X.1.10 takes no mail (RFC 7505).

Not X.1.7 and X.1.8, which speak of the sender's address.
"""
_MAILBOX = {(2, 1): "smtp_mailbox_disabled", (2, 2): "smtp_mailbox_full", (2, 3): "smtp_too_large"}
_SERVICE_GOES = 421
_TOO_LARGE = 552
_CREDENTIALS = frozenset({530, 534, 535, 538})
"""RFC 4954 (6): authentication needed, too weak, wrong, or encryption needed first."""


def read_reply(stage: Stage, code: int, text: str) -> Answer:
    """What a reply that is no success means for the e-mail it was given to."""
    enhanced = _enhanced(code, text)
    shown = f"{code} {'.'.join(map(str, enhanced))}" if enhanced else str(code)
    said = words(text)
    if code == _SERVICE_GOES:
        return Answer(Verdict.AWAY, "smtp_unavailable", shown, said)
    if code in _CREDENTIALS:
        return Answer(Verdict.HALT, "smtp_credentials", shown, f"The relay wants other credentials: {shown}.")
    if code < 500:
        # At the greeting it is the server that is busy, behind it the one e-mail: a greylist, a full mailbox.
        verdict = Verdict.AWAY if stage == "connect" else Verdict.LATER
        return Answer(verdict, "smtp_temporary", shown, said)
    if stage == "connect":
        return Answer(Verdict.HALT, "smtp_refused_us", shown, f"The relay takes no mail from here: {shown}.")
    if stage == "mail" and code != _TOO_LARGE:
        return Answer(Verdict.HALT, "smtp_sender_refused", shown, f"The relay takes no mail of this sender: {shown}.")
    kind = enhanced[1:] if enhanced else None
    if kind in _DEAD:
        return Answer(Verdict.REFUSED, "smtp_address_unknown", shown, said, dead_address=True)
    return Answer(Verdict.REFUSED, _MAILBOX.get(kind, "smtp_refused") if kind else "smtp_refused", shown, said)


def accepted(text: str) -> Answer:
    """The relay has taken the e-mail over; its words often hold its own name for it."""
    enhanced = _enhanced(250, text)
    shown = f"250 {'.'.join(map(str, enhanced))}" if enhanced else "250"
    return Answer(Verdict.SENT, code=shown, text=words(text))


def _enhanced(code: int, text: str) -> tuple[int, int, int] | None:
    """The enhanced code, where there is one and it does not contradict the plain one."""
    found = _ENHANCED.match(text)
    if found is None or int(found[1]) != code // 100:
        return None
    return int(found[1]), int(found[2]), int(found[3])
