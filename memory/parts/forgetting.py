"""What a person asked to be forgotten: kept as subjects with a moment, and left out of every reading from then on.

Nothing is taken out of the other parts, so that events may arrive in any order: what was forgotten is hidden where it
happened at or before that moment, however late it is heard of, and what happens afterwards counts again. Of a decayed
sum one cannot tell what came before the moment within its half-life: of that only the newest event counts, as a look.

Subjects: `product=ID` (all that was done with it), `viewed=ID`, `cart=ID`, `wish=ID`, `search=words`, `said=ID of a
statement`, an interest's `kind=value`, `dislike=kind=value`, and `cycle=ID`, `season=name`, `habit=name`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from memory.events import FACT_FORGOTTEN, Event
from memory.parts.interests import INTEREST_HALF_LIFE, VIEW_WEIGHT
from memory.parts.mails import ABOUT
from memory.parts.steps import Step
from memory.state import SUM, Entry, State, put_last, weight
from memory.words.statements import statement_id

FORGOTTEN = 500
"""Subjects kept. Who wants more forgotten than that wants to be erased."""
Hides = Callable[[str, int], bool]


def _forget(state: State, event: Event, time: int) -> None:
    for subject in event.properties["subjects"]:
        put_last(state["forgotten"], subject, [time, event.message_id], FORGOTTEN)


STEPS: dict[str, Step] = {FACT_FORGOTTEN: _forget}


def hides(state: State, subject: str, time: int) -> bool:
    """Was `subject` forgotten after `time` (µs)?"""
    entry = state["forgotten"].get(subject)
    return entry is not None and time <= entry[0]


def without_forgotten(state: State) -> State:
    """`state` as it may be read. It is copied only where something was forgotten."""
    if not state["forgotten"]:
        return state

    def gone(subject: str, time: int) -> bool:
        return hides(state, subject, time)

    def product(kind: str, product_id: str, time: int) -> bool:
        return gone(f"{kind}={product_id}", time) or gone(f"product={product_id}", time)

    read = cast(State, dict(state))
    read["views"] = [one for one in state["views"] if not product("viewed", one[2], one[0])]
    read["cart"] = {key: one for key, one in state["cart"].items() if not product("cart", key, one[0])}
    read["wishes"] = {key: one for key, one in state["wishes"].items() if not product("wish", key, one[0])}
    read["searches"] = [one for one in state["searches"] if not gone(search_subject(one[2]), one[0])]
    read["orders"] = {key: _without_lines(one, 4, gone) for key, one in state["orders"].items()}
    read["refunds"] = [_without_products(one, gone) for one in state["refunds"]]
    read["dislikes"] = {key: one for key, one in state["dislikes"].items() if not _is_opinion_gone(key, one, gone)}
    read["words"] = [_without_said(one, gone) for one in state["words"]]
    read["mails"] = {key: _without_shown(one, gone) for key, one in state["mails"].items()}
    read["sums"] = {kind: _sums(kind, sums, state) for kind, sums in state["sums"].items()}
    return read


def search_subject(query: str) -> str:
    """The same words, however they are typed."""
    return f"search={' '.join(query.casefold().split())}"


def _without_lines(order: Entry, place: int, gone: Hides) -> Entry:
    kept = [line for line in order[place] if not gone(f"product={line[0]}", order[0])]
    return order if len(kept) == len(order[place]) else [*order[:place], kept, *order[place + 1 :]]


def _without_products(refund: Entry, gone: Hides) -> Entry:
    return [*refund[:4], [one for one in refund[4] if not gone(f"product={one}", refund[0])]]


def _is_opinion_gone(about: str, entry: Entry, gone: Hides) -> bool:
    return gone(f"dislike={about}", entry[0]) or gone(about, entry[0])


def _without_said(entry: Entry, gone: Hides) -> Entry:
    kept = [said for said in entry[6] if not gone(f"said={statement_id(said, entry[4])}", entry[0])]
    return [*entry[:6], kept]


def _without_shown(mail: list[Any], gone: Hides) -> list[Any]:
    """An e-mail, without the products that are not to be thought of any more."""
    about = mail[ABOUT]
    kept = [one for one in about[-1] if not gone(f"product={one}", about[0])]
    return [*mail[:ABOUT], [*about[:-1], kept]]


def _sums(kind: str, sums: dict[str, list[Any]], state: State) -> dict[str, list[Any]]:
    read: dict[str, list[Any]] = {}
    for key, found in sums.items():
        forgotten = state["forgotten"].get(f"{kind}={key}")
        if forgotten is None:
            read[key] = found
        elif found[1] > forgotten[0]:
            read[key] = _since(found, forgotten[0])
    return read


def _since(found: list[Any], time: int) -> list[Any]:
    """What is left of a sum whose newest event came after `time`."""
    until, (newest, mantissa) = weight(time, INTEREST_HALF_LIFE)[0], weight(found[1], INTEREST_HALF_LIFE)
    if newest == until:
        return [1, found[1], found[2], newest, VIEW_WEIGHT * mantissa]
    later = [one for place in range(SUM, len(found), 2) if found[place] > until for one in found[place : place + 2]]
    return [1, found[1], found[2], *later]
