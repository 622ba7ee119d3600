"""What became of each of our e-mails: what it was like, when it arrived, was opened, clicked, or made them leave.

The N greatest e-mail ids are kept (ours are UUIDv7: the newest e-mails). Each moment is a minimum or a maximum over
the events about it, so that order and duplicates do not matter; a kept id has been kept since its first event, as only
greater ids push one out. Only e-mails that were ours to this customer are kept: what came without hints
(`memory.email_hints`) is not.

Not everything that opens or clicks is a person. Left out is what says so of itself (`is_machine`), what comes faster
than anybody reads (`MACHINE_SPEED`), and clicks on several links at once (`BURST_LINKS`), each told apart below. Not
caught: a scanner that waits and opens one link, or that looks like a browser on one. What a mail provider's image proxy
loads when a person opens (Gmail's does) is that person's.
"""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from memory.email_hints import email_id_of
from memory.events import Event
from memory.parts.steps import Step
from memory.state import MICROSECOND, State

MAILS = 60
"""At two a week more than half a year. Older outcomes would weigh little anyway."""
MAILS_WITH_PRODUCTS = 24
MACHINE_SPEED = timedelta(seconds=2)
"""Nobody reads an e-mail and clicks this soon after it arrived: scanners of links do, on every link."""
_MACHINE_SPEED = MACHINE_SPEED // MICROSECOND
BURST_LINKS = 3
BURST_WITHIN = timedelta(seconds=10)
"""Who clicks three different links of one e-mail in ten seconds looks for malware, not for tea: gateways open all links
of an e-mail at once, when it arrives or when it is first read. The figures are ours: no standard gives any."""
_BURST_WITHIN = BURST_WITHIN // MICROSECOND
FIRST_CLICKS = 8
"""Kept of each e-mail, with their links: more than a scanner needs to give itself away."""
MACHINE_FLAGS = ("sg_machine_open", "machine_open", "is_machine", "is_machine_open", "is_bot", "bot", "prefetch")
"""Properties by which senders say so. `sg_machine_open` is SendGrid's; Mailgun's `client-info.bot` is read too."""
APPLE_PRIVACY_AGENT = "Mozilla/5.0"
"""All that Apple's Mail Privacy Protection, which loads every image of every e-mail, says of itself."""
_GMAIL = "gmail"

SENT, DELIVERED, OPENED, LAST_OPENED, CLICKED, LAST_CLICKED, BOUNCED, UNSUBSCRIBED, COMPLAINED, ABOUT = range(10)
"""Places in an entry: moments in µs or None; `ABOUT` is [time, message id, six arms, products]."""
CLICKS = ABOUT + 1
"""The place of the first clicks: the `FIRST_CLICKS` smallest [time, hash of the link], each once."""
_FIRST: tuple[int, ...] = (SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED, COMPLAINED)
_LAST: tuple[int, ...] = (LAST_OPENED, LAST_CLICKED)


class Mailed(NamedTuple):
    """One of our e-mails to this customer, and what they did with it. Moments in µs since 1970; None: none known."""

    email_id: str
    flow: str
    angle: str
    tone: str
    length: str
    subject: str
    cta: str
    products: tuple[str, ...]
    """Ids of the picks shown; empty for all but the newest 24 e-mails."""
    arrived: int | None
    """Delivered, or sent where the sender reports no delivery. None: bounced, or nothing said so."""
    opened: int | None
    """First by a person."""
    clicked: int | None
    unsubscribed: int | None
    complained: int | None

    @property
    def left(self) -> bool:
        """Did it make them unsubscribe or complain?"""
        return self.unsubscribed is not None or self.complained is not None

    @property
    def ignored(self) -> bool:
        """Did it arrive, and they neither opened nor clicked it?"""
        return self.arrived is not None and self.opened is None and self.clicked is None


def is_machine(event: Event) -> bool:
    """Whether an open or click says of itself that no person made it. Simple on purpose; see the module."""
    properties = event.properties
    if any(_said(properties.get(flag)) for flag in MACHINE_FLAGS):
        return True
    client = properties.get("client-info")
    if isinstance(client, dict) and is_bot(client.get("bot")):
        return True
    context = event.body.get("context") or {}
    agents = (properties.get("user_agent"), properties.get("useragent"), context.get("userAgent"))
    return any(is_machine_agent(agent) for agent in agents)


def is_machine_agent(agent: Any) -> bool:
    """Whether a user agent is one that no person's mail program or browser has."""
    return isinstance(agent, str) and agent.strip() == APPLE_PRIVACY_AGENT


def is_bot(bot: Any) -> bool:
    """Whether Mailgun's `client-info.bot` names one that opens by itself: Gmail's proxy loads when a person opens."""
    return _said(bot) and not (isinstance(bot, str) and bot.lower().startswith(_GMAIL))


def _said(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() not in ("", "false", "0", "no", "none"))


def mails(state: State) -> Iterator[Mailed]:
    """Our e-mails to this customer, newest first."""
    kept = state["mails"]
    for email_id in sorted(kept, reverse=True):
        sent, delivered, opened, last_opened, _, last_clicked, bounced, unsubscribed, complained, _, clicks = kept[
            email_id
        ]
        _, _, flow, angle, tone, length, subject, cta, products = kept[email_id][ABOUT]
        arrived = sent if delivered is None else delivered
        # By place and not by name: every recall reads up to sixty.
        yield Mailed(
            email_id,
            flow,
            angle,
            tone,
            length,
            subject,
            cta,
            tuple(products),
            arrived if bounced is None else None,
            _by_person(opened, last_opened, delivered),
            _clicked_by_person(clicks, last_clicked, delivered) if clicks else None,
            unsubscribed,
            complained,
        )


def machines_until(delivered: int | None) -> int:
    """Until when (µs) opens and clicks are a machine's: nobody has an e-mail before it arrived, or reads it at once."""
    return -1 if delivered is None else delivered + _MACHINE_SPEED


def persons_opens(opens: Iterable[int], delivered: int | None) -> list[int]:
    """Those moments (µs) at which a person opened an e-mail that arrived at `delivered`."""
    until = machines_until(delivered)
    return [at for at in opens if at > until]


def persons_clicks(clicks: Sequence[Sequence[Any]], delivered: int | None) -> list[int]:
    """Moments of those clicks ([time in µs, link], sorted) that a person made: in no burst of a scanner's, too."""
    until = machines_until(delivered)
    found = []
    scans = iter(bursts(clicks))
    scan = next(scans, None)
    for at, _ in clicks:
        while scan is not None and at > scan[1]:
            scan = next(scans, None)
        if at > until and (scan is None or at < scan[0]):
            found.append(at)
    return found


def _by_person(first: int | None, last: int | None, delivered: int | None) -> int | None:
    """The first moment, or the last one where the first came at a machine's speed."""
    return next(iter(persons_opens([at for at in (first, last) if at is not None], delivered)), None)


def _clicked_by_person(clicks: Sequence[Sequence[Any]], last: int, delivered: int | None) -> int | None:
    """The first of the kept clicks that is a person's, or the last of all where that came after the bursts."""
    found = persons_clicks(clicks, delivered)
    if found:
        return found[0]
    return last if last > max([machines_until(delivered), *(until for _, until in bursts(clicks))]) else None


def bursts(clicks: Sequence[Sequence[Any]]) -> list[tuple[int, int]]:
    """From when until when (µs) a scanner was at work: `BURST_LINKS` links or more in `BURST_WITHIN`, and as long again
    behind the last, for the links that it opened more slowly. Apart from each other, in the order of time; one pass."""
    found: list[tuple[int, int]] = []
    near: Counter[str] = Counter()
    after = 0
    for start, link in clicks:
        while after < len(clicks) and clicks[after][0] <= start + _BURST_WITHIN:
            near[clicks[after][1]] += 1
            after += 1
        if len(near) >= BURST_LINKS:
            until = clicks[after - 1][0] + _BURST_WITHIN
            since = found.pop()[0] if found and start <= found[-1][1] else start
            found.append((since, until))
        near[link] -= 1
        if not near[link]:
            del near[link]
    return found


def link_of(event: Event) -> str:
    """What tells the link of a click from others: a short hash, empty where the event names none."""
    url = event.properties.get("link_url") or event.properties.get("url")
    return hashlib.sha256(url.encode()).hexdigest()[:8] if isinstance(url, str) else ""


def from_version_2(state: State) -> State:
    """States of fold version 2 knew the first and the last click and no links: brought over as those two."""
    for entry in state["mails"].values():
        entry.append([[at, ""] for at in sorted({entry[CLICKED], entry[LAST_CLICKED]} - {None})])
    return state


def put_mail(kept: dict[str, list[Any]], email_id: str, entry: list[Any], limit: int, with_products: int) -> None:
    """Join what is known of one e-mail into `kept`, and keep the `limit` greatest ids."""
    present = kept.get(email_id)
    kept[email_id] = entry if present is None else _joined(present, entry)
    if len(kept) > limit:
        del kept[min(kept)]
    if len(kept) > with_products:
        for older in sorted(kept, reverse=True)[with_products:]:
            kept[older][ABOUT][-1] = []


def _joined(one: list[Any], other: list[Any]) -> list[Any]:
    joined = list(one)
    for place in _FIRST:
        joined[place] = min((at for at in (one[place], other[place]) if at is not None), default=None)
    for place in _LAST:
        joined[place] = max((at for at in (one[place], other[place]) if at is not None), default=None)
    joined[CLICKS] = list(one[CLICKS])
    for click in other[CLICKS]:
        if click not in joined[CLICKS]:
            insort(joined[CLICKS], click)
    del joined[CLICKS][FIRST_CLICKS:]
    # An e-mail that was rebuilt between two events (`composer.refreshing`) has shown other picks: the first count.
    joined[ABOUT] = min(one[ABOUT], other[ABOUT], key=lambda about: about[:2])
    return joined


def _happened(*places: int, by_person: bool = False) -> Step:
    def step(state: State, event: Event, time: int) -> None:
        hints = event.body.get("email_hints")
        email_id = email_id_of(event)
        if hints is None or email_id is None or (by_person and is_machine(event)):
            return
        entry: list[Any] = [None] * ABOUT + [[time, event.message_id, *hints[:-1], list(hints[-1])], []]
        for place in places:
            entry[place] = time
        if CLICKED in places:
            entry[CLICKS] = [[time, link_of(event)]]
        put_mail(state["mails"], email_id, entry, MAILS, MAILS_WITH_PRODUCTS)

    return step


STEPS: dict[str, Step] = {
    "Email Sent": _happened(SENT),
    "Email Delivered": _happened(DELIVERED),
    "Email Opened": _happened(OPENED, LAST_OPENED, by_person=True),
    "Email Link Clicked": _happened(CLICKED, LAST_CLICKED, by_person=True),
    "Email Bounced": _happened(BOUNCED),
    "Email Marked as Spam": _happened(COMPLAINED),
    "Unsubscribed": _happened(UNSUBSCRIBED),
}
