"""`history.invented`, lists: every product in a list of purchases was bought, and on the day the sentence gives.

The main check of the rule asks whether a sentence about a purchase names anything that was ordered. A list is harder:
three true names hide a fourth that is only a pick. So each object of a verb of buying is looked up by itself, and the
whole title of a pick is that pick, however much it looks like something bought.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from evals.licences import words_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.text.dates import DateRef
from evals.text.names import Mention, name_words, stem
from evals.world import World

ORDERS_KEPT = 20
"""Snapshots hold at most so many order lines: with fewer, what is not among them was not bought."""


class Buying(NamedTuple):
    """How a language says that the reader bought something."""

    lead: re.Pattern[str]
    """Ends where the objects begin."""
    verb_last: re.Pattern[str] | None
    """German: the participle that the objects stand before."""
    behind: re.Pattern[str]
    """Stands right behind an object ("… you bought")."""


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_YOU = r"(?:you|you've|you have|you had)"
_ADVERBS = r"(?:(?:last|recently|already|just|also|once|first|previously|both)\s+)?"
_BOUGHT = r"(?:bought|ordered|purchased|picked up|took home|stocked up on|reordered)"
_LANGUAGES = {
    "en": Buying(
        _any_case(
            rf"\b{_YOU}\s+{_ADVERBS}{_BOUGHT}\s+{_ADVERBS}"
            r"|\b(?:your|the)\s+(?:last\s+|recent\s+|previous\s+)?(?:purchases?|orders?)\s+of\s+"
        ),
        None,
        _any_case(rf",?\s+(?:that\s+|which\s+)?{_YOU}\s+{_ADVERBS}{_BOUGHT}\b"),
    ),
    "de": Buying(
        _any_case(r"\b(?:du hast|hast du|sie haben|haben sie)\s+(?:(?:auch|schon|bereits|zuletzt|bei uns)\s+)*"),
        _any_case(r"\b(?:gekauft|bestellt|geholt|mitgenommen|erworben)\b"),
        _any_case(r",\s+(?:die|den|das|der)\s+(?:du|sie)\s+[^,.]{0,30}(?:gekauft|bestellt|geholt)\b"),
    ),
    "fr": Buying(
        _any_case(
            r"\b(?:vous avez|tu as|vous aviez|tu avais)\s+(?:(?:aussi|déjà|récemment)\s+)*"
            r"(?:acheté|commandé)e?s?\s+"
        ),
        None,
        _any_case(r"\s+que (?:vous avez|tu as)\s+(?:déjà\s+)?(?:acheté|commandé)"),
    ),
    "es": Buying(
        _any_case(
            r"\b(?:compraste|pediste|encargaste|te llevaste|has comprado|ha comprado|has pedido|compró(?: usted)?"
            r"|usted (?:ha pedido|pidió|encargó|adquirió|se llevó)|(?:pidió|encargó|adquirió|se llevó) usted)\s+"
            r"|(?:^|(?<=[.!?]\s))ya tiene\s+(?![^.!?]*\b(?:cesta|carrito|lista)\b)"
        ),
        None,
        _any_case(r"\"?\s+que (?:usted )?(?:compraste|pediste|te llevaste|has comprado|ha comprado|compró usted)\b"),
    ),
}
_GLUE = (
    "and und et y e sowie plus also then the a an our one two both some of with der die das den dem ein eine einen le "
    "la les l' un une des du el los las una en am on in"
).split()
_BETWEEN = re.compile(rf"[\s,&+/*\"-]*(?:(?:as well as|{'|'.join(_GLUE)})\b[\s,'\"]*)*")
_LEAD_IN = re.compile(
    r"(?:a few|several|some|many|these|einige|ein paar|quelques|plusieurs|algunos|varias|varios)[^.!?]{0,60}?"
    r"(?:including|such as|like|among them|darunter|wie|dont|comme|notamment|como|incluyendo|entre ellos)\s+|[:]\s*",
    re.IGNORECASE,
)
_OBJECT_END = _any_case(
    r"\"?\s*(?:[,.;:!?)\n]|$|-\s|[-–—]|&|(?:and|or|on|in|at|from|for|with|last|this|back|together|as|so|but|when|while|to|"
    r"before|after|too|which|und|oder|am|im|bei|mit|letzt\w*|aber|et|ou|le|en|pour|chez|avec|mais|l'|y|e|el|con|hace|"
    r"por|para|pero)\b)"
)
"""What may stand behind an object; a verb there makes the name the subject of what follows."""
_NEGATED = re.compile(r"\b(?:not|never|n't|if|nicht|nie|wenn|pas|jamais|si|no|nunca)\b[^.!?]{0,12}$", re.IGNORECASE)


@rule("history.invented", more=True)
def listed(passage: Passage, world: World) -> Iterable[Finding]:
    """A product named as bought that was not, beside others that were, or bought on another day."""
    buying = _LANGUAGES.get(passage.world.language)
    if buying is None or not passage.mentions:
        return
    said: dict[Mention, str] = {}
    for match in buying.lead.finditer(passage.text):
        if not _NEGATED.search(passage.text[: match.start()][-24:]):
            objects = _objects(passage, match.end(), buying)
            said |= dict.fromkeys(objects, "list")
            yield from _on_other_days(passage, world, match.start(), objects)
    said |= {mention: "clause" for mention in passage.mentions if buying.behind.match(passage.text, mention.end)}
    for mention in said:
        if mention.strength >= 2 and not _was_bought(passage, world, mention):
            title = passage.text[mention.start : mention.end]
            yield Finding((mention.start, mention.end), f"They never bought the {title}.", source=_orders(world))


def _objects(passage: Passage, start: int, buying: Buying) -> list[Mention]:
    """The names that follow each other from `start` on with nothing but commas, articles and "and" between them."""
    sentence = passage.sentence_at(start)
    end = sentence.end
    if buying.verb_last is not None:
        verb = buying.verb_last.search(passage.text, start, sentence.end)
        if verb is None:
            return []
        return [mention for mention in passage.mentions if start <= mention.start < verb.start()]
    found: list[Mention] = []
    lead_in = _LEAD_IN.match(passage.text, start)
    at = lead_in.end() if lead_in else start
    for mention in passage.mentions:
        if at <= mention.start < end:
            if not _is_between(passage, at, mention.start) or not _OBJECT_END.match(passage.text, mention.end):
                break
            found.append(mention)
            at = mention.end
    return found


def _is_between(passage: Passage, start: int, end: int) -> bool:
    """Only glue stands there, or a date ("…, on 2 September, and …")."""
    text = passage.text
    for ref in passage.dates:
        if start <= ref.start and ref.end <= end:
            text = text[: ref.start] + " " * (ref.end - ref.start) + text[ref.end :]
    match = _BETWEEN.match(text, start, end)
    return match is not None and match.end() == end


def _was_bought(passage: Passage, world: World, mention: Mention) -> bool:
    """An order has the title, or a remembered purchase or a reason names it; past the last kept order nobody knows."""
    things = [world.names.things[number] for number in mention.things]
    if any("order" in thing.kinds for thing in things):
        return True
    words = [stem(token.word) for token in passage.tokens[mention.first : mention.last]]
    if any(_holds(text, tuple(words)) for text in _purchases(world)):
        return True
    beyond = len(world.snapshot.person.orders) >= ORDERS_KEPT and all("other" in thing.kinds for thing in things)
    return beyond or _is_shortened(world, things_titles=[thing.title for thing in things], words=words)


def _is_shortened(world: World, *, things_titles: Sequence[str], words: Sequence[str]) -> bool:
    """A short form that is no whole title, and whose words an ordered title holds as well."""
    if any(len(name_words(title, world.language)) <= len(words) for title in things_titles):
        return False
    return any(set(words) <= set(name_words(order.product, world.language)) for order in world.snapshot.person.orders)


@lru_cache(maxsize=1024)
def _stems_of(text: str) -> tuple[str, ...]:
    return tuple(stem(token.word) for token in words_in(text, "en"))


def _holds(text: str, words: tuple[str, ...]) -> bool:
    stems = _stems_of(text)
    return any(stems[at : at + len(words)] == words for at in range(len(stems) - len(words) + 1))


def _purchases(world: World) -> Iterable[str]:
    """Sayable texts that tell of a purchase: remembered facts, and why a pick was chosen."""
    yield from (fact.text for fact in world.snapshot.facts if fact.kind == "purchase")
    for pick in world.picks:
        if "bought" in pick.facts.reason or "ordered" in pick.facts.reason:
            yield pick.facts.reason


def _on_other_days(passage: Passage, world: World, start: int, objects: Sequence[Mention]) -> Iterable[Finding]:
    """One day for a whole list: each of its names was ordered on it. Judged where all order lines are known."""
    orders = world.snapshot.person.orders
    sentence = passage.sentence_at(start)
    days = [ref for ref in passage.dates if sentence.start <= ref.start < sentence.end and ref.day and ref.month]
    if len(days) != 1 or len(objects) < 2 or len(orders) >= ORDERS_KEPT:
        return
    for mention in objects:
        titles = {world.names.things[number].title.casefold() for number in mention.things}
        bought = [order.date for order in orders if order.product.casefold() in titles]
        if mention.strength >= 2 and bought and not _is_on(days[0], bought, world):
            title = passage.text[mention.start : mention.end]
            yield Finding(
                (mention.start, mention.end), f"The {title} was bought on another day.", source=_orders(world)
            )


def _is_on(day: DateRef, bought: Sequence[date], world: World) -> bool:
    return any(day.can_mean(one, world.snapshot.send_date) for one in bought)


def _orders(world: World) -> str:
    lines = [f"{order.product} on {order.date.isoformat()}" for order in world.snapshot.person.orders[:4]]
    return "ordered: " + "; ".join(lines) if lines else "no orders"
