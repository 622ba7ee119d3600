"""Which e-mail an order is given to: one at most, and never one that was clicked after the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from composer.facts.mails import CLICKED, OPENED, Mail
from composer.facts.orders import Order
from composer.facts.rules import AttributionRules


class Touch(NamedTuple):
    """A person opened or clicked an e-mail."""

    at: datetime
    email_id: str


class Touches(NamedTuple):
    """One customer's, each in the order of time."""

    clicks: Sequence[Touch]
    opens: Sequence[Touch]


def touches_of(mails: Mapping[str, Mail], sent: Mapping[str, datetime], rules: AttributionRules) -> Touches:
    """Those that may count: of e-mails that went out, within the window after that."""
    going = [
        (mail, sent[mail.email_id])
        for mail in mails.values()
        if mail.email_id in sent and (mail.delivered() is not None or not rules.delivered_only)
    ]
    return Touches(
        *(
            sorted(
                Touch(at, mail.email_id)
                for mail, since in going
                for at in mail.by_person(name)
                if since <= at < since + rules.window
            )
            for name in (CLICKED, OPENED)
        )
    )


def credited(placed: datetime, touches: Touches, rules: AttributionRules) -> str | None:
    """The e-mail that an order placed at a moment is given to; None for no e-mail."""
    for some, within in ((touches.clicks, rules.click), (touches.opens, rules.open)):
        found = _before(placed, some, within)
        if found:
            return (found[-1] if rules.model == "last_click" else found[0]).email_id
    return None


def credit(orders: Iterable[Order], touches: Touches, rules: AttributionRules) -> Mapping[str, list[Order]]:
    """E-mail id -> the orders it is given. What was cancelled is given to none."""
    given: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        email_id = credited(order.placed, touches, rules) if order.stands else None
        if email_id is not None:
            given[email_id].append(order)
    return given


def _before(placed: datetime, touches: Sequence[Touch], within: timedelta) -> list[Touch]:
    return [one for one in touches if one.at <= placed < one.at + within]
