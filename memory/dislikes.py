"""What somebody turned away: returned, rated one or two of five, said not to care for, or passed over three times.

A product bought again after that is disliked no more. Two products of one category turned away, and fewer kept, are
a dislike of the category.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, cast

from memory.behaviour import Dislike, Turned
from memory.measures import Placed
from memory.parts.interests import known_of
from memory.parts.mails import mails
from memory.parts.tastes import LIKED
from memory.sensitive import sensitive_topic
from memory.state import State, micros, moment_of

LASTS = timedelta(days=365)
IGNORED_TIMES = 3
IGNORED_WITHIN = timedelta(days=120)
CATEGORY_PRODUCTS = 2
"""Products of a category turned away from which it may be the category."""
DISLIKES = 30

Said = tuple[int, str, Turned]
"""When (µs), in which event, how."""
Kind = Literal["product", "category", "brand"]


def dislikes(state: State, placed: Sequence[Placed], as_of: datetime) -> tuple[Dislike, ...]:
    """The newest first."""
    since = micros(as_of - LASTS)
    bought = _last_bought(placed)
    turned = {about: [said] for about, said in _opinions(state, bought) if said[0] >= since}
    own = _categories(state, turned, bought)
    for about, said in _ignored(state, bought, micros(as_of - IGNORED_WITHIN)):
        turned.setdefault(about, []).append(said)
    found = [_dislike(state, about, said) for about, said in (turned | own).items()]
    kept = (one for one in found if not sensitive_topic(one.value, one.name))
    return tuple(sorted(kept, key=lambda one: (one.at, one.kind, one.value), reverse=True)[:DISLIKES])


def _last_bought(placed: Sequence[Placed]) -> dict[str, int]:
    last: dict[str, int] = {}
    for order in reversed(placed):
        for line in order.entry[4]:
            last[line[0]] = order.entry[0]
    return last


def _opinions(state: State, bought: dict[str, int]) -> Iterator[tuple[str, Said]]:
    for about, (time, event, how) in state["dislikes"].items():
        kind, _, value = about.partition("=")
        if how != LIKED and not (kind == "product" and bought.get(value, 0) > time):
            yield about, (time, event, cast("Turned", how))


def _categories(state: State, turned: dict[str, list[Said]], bought: dict[str, int]) -> dict[str, list[Said]]:
    """The categories of which several products were turned away, and fewer were kept."""
    away: dict[str, list[Said]] = defaultdict(list)
    refused = {about.partition("=")[2] for about in turned if about.startswith("product=")}
    for product in refused:
        away[known_of(state, product).category] += turned[f"product={product}"]
    kept: dict[str, int] = defaultdict(int)
    for product in bought.keys() - refused:
        kept[known_of(state, product).category] += 1
    several = (one for one, said in away.items() if one and len(said) >= CATEGORY_PRODUCTS and len(said) > kept[one])
    return {f"category={one}": away[one] + turned.get(f"category={one}", []) for one in several}


def _ignored(state: State, bought: dict[str, int], since: int) -> Iterator[tuple[str, Said]]:
    """Shown in e-mails that were read and not clicked, as often as it takes, and never dealt with since the first.

    An e-mail that was not opened showed nothing.
    """
    passed: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for mail in mails(state):
        if mail.opened is not None and mail.opened >= since and mail.clicked is None:
            for product in mail.products:
                passed[product].append((mail.opened, mail.email_id))
    if not passed:
        return
    touched = bought | {product: entry[0] for product, entry in (*state["cart"].items(), *state["wishes"].items())}
    for time, _, product in state["views"]:
        touched[product] = max(touched.get(product, 0), time)
    for product, times in passed.items():
        times.sort(reverse=True)
        if len(times) >= IGNORED_TIMES and touched.get(product, 0) < times[-1][0]:
            yield f"product={product}", (*times[0], "ignored")


def _dislike(state: State, about: str, said: Iterable[Said]) -> Dislike:
    kind, _, value = about.partition("=")
    newest = sorted(said, reverse=True)
    return Dislike(
        kind=cast("Kind", kind),
        value=value,
        name=(known_of(state, value).name or None) if kind == "product" else None,
        reasons=tuple(dict.fromkeys(how for _, _, how in newest)),
        at=moment_of(newest[0][0]),
        sources=tuple(event for _, event, _ in newest),
    )
