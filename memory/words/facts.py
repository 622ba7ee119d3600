"""Statements as remembered facts: one sentence each, made of our words alone, and what may be done with it.

`said` may be repeated to the customer, who wrote it where the shop's other customers read it, or answered a question
about it. `remark` is never said: a complaint quoted back in an advertisement is none the better for it, a note of the
help desk may be written by staff, and what was bought for whom is theirs to tell. `answer` is said only where it is one
of the shop's own choices, given alike by several customers (`memory.words.choices`): question and answer both come with
the event, and whoever sends one could put anything there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from memory.model import RememberedFact, Say
from memory.sensitive import sensitive_topic
from memory.words.lexicon import quality
from memory.words.model import Statement

SAID, ANSWER, REMARK = "said", "answer", "remark"
_MAY_BE_SAID = frozenset({"likes", "prefers", "wants_news"})
_GOODS = {"taste": "things that taste {}", "feel": "things that are {}", "style": "{} things", "colour": "{} things"}
_FITS = {"small": "runs small", "large": "runs large", "true": "is true to size"}
_COMPLAINTS = {
    "late": "an order came late",
    "damaged": "something arrived damaged",
    "wrong_item": "the wrong thing was sent",
    "missing_item": "something was missing from a parcel",
    "too_many_emails": "you get too many e-mails",
}
_OCCASIONS = {"gift": "as a gift", "wedding": "for a wedding", "anniversary": "for an anniversary"}


def facts_of(statements: Iterable[Statement], names: Mapping[str, str]) -> Iterator[RememberedFact]:
    """A fact for each statement. `names`: of products, by id."""
    for one in statements:
        kind, say = _licence(one)
        text = _sentence(one, names)
        sensitive = sensitive_topic(text, one.about) is not None
        yield RememberedFact(
            id=f"{kind}:{one.id}",
            kind=kind,
            text=text,
            value=one.value,
            sources=(one.event_id,),
            learned_at=one.learned_at,
            expires_at=one.expires_at,
            use=not sensitive,
            say="never" if sensitive else say,
        )


def _licence(one: Statement) -> tuple[str, Say]:
    if one.source == "support":
        return REMARK, "never"
    if one.kind == "answered":
        return ANSWER, "named" if one.is_choice else "never"
    return (SAID, "named") if one.kind in _MAY_BE_SAID else (REMARK, "never")


def _sentence(one: Statement, names: Mapping[str, str]) -> str:
    match one.kind:
        case "likes" | "prefers" | "dislikes":
            return f"You {_wrote(one)} that you {_VERBS[one.kind]} {_goods(one.value)}"
        case "too_much":
            return f"You found {_product(one, names)} too {one.value}"
        case "fit":
            return f"You {_wrote(one)} that {_product(one, names)} {_FITS[one.value]}"
        case "bought_for":
            return f"You bought {_product(one, names)} {_OCCASIONS.get(one.value, f'for {_a(one.value)}')}"
        case "complaint":
            return f"You wrote that {_COMPLAINTS[one.value]}"
        case "wants_news":
            return f"You asked to hear about {one.value}"
        case "answered":
            return f"You answered “{one.value}” when we asked about “{one.about}”"


_VERBS = {"likes": "like", "prefers": "prefer", "dislikes": "do not like"}


def _wrote(one: Statement) -> str:
    return "told us" if one.source in ("survey", "quiz") else "wrote"


def _goods(value: str) -> str:
    term = quality(value)
    return _GOODS.get(term.kind, "{}").format(value) if term is not None else value


def _product(one: Statement, names: Mapping[str, str]) -> str:
    name = names.get(one.product_id or "")
    return "something" if name is None else name if name.lower().startswith("the ") else f"the {name}"


def _a(occasion: str) -> str:
    return "Christmas" if occasion == "christmas" else f"a {occasion}"
