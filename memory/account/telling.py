"""The sentences: each part of a memory, told to the person it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from memory.account.model import Group, Told, Use
from memory.account.outlining import outline_of
from memory.consent import CONSENT_TRAITS
from memory.facts.deriving import every_fact
from memory.facts.policy import POLICY, fact_of
from memory.facts.told import DECLARED_CONTAINERS, label_of, told_traits
from memory.facts.wording import day, in_words
from memory.model import CustomerMemory, Interest, Order, RememberedFact, RfmScores
from memory.parts.forgetting import search_subject
from memory.predictions.model import Predictions
from memory.profile import CORRECTED, ProfileState, effective_traits
from memory.send_time import days_in_words
from memory.sensitive import SENSITIVE_TRAITS, sensitive_topic
from memory.state import State, moment_of

_SAY: dict[str, Use] = {"named": "named", "coarse": "coarse", "never": "steers"}
_NAMES = {
    "email": "Your e-mail address is", "first_name": "Your first name is", "last_name": "Your last name is",
    "name": "Your name is", "phone": "Your phone number is", "address": "Your address is",
    "birthday": "Your birthday is", "locale": "Your language is", "timezone": "Your time zone is",
}  # fmt: skip
_LIKES = frozenset({"view", "wish", "cart", "interest", "dislike", "cycle", "season", "gift", "discount", "cadence"})
_SAID = frozenset({"said", "answer", "remark"})
_CONSENT = frozenset({*CONSENT_TRAITS, "topics", "purposes", "email_frequency", "email_paused_until"})
"""Told as what they are (`memory.account.consents`)."""
_SHOWN = frozenset({"first_name", "locale", "timezone"})
"""Traits for delivery that may be read by who looks on: e-mails show as much."""
_HABITS = {"gift": "habit=gift", "discount": "habit=discount", "cadence": "habit=cadence"}
KEPT_AT_THE_SHOP = "Orders are the shop's records: they are corrected there, and go when you are erased."


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to tell."""

    memory: CustomerMemory
    state: State
    """Without what was forgotten."""
    profile: ProfileState


def groups(known: Known) -> Iterator[Group]:
    """Everything but consents and contacts (`memory.account.consents`)."""
    facts = [_fact(known.memory, fact) for fact in every_fact(known.memory)]
    yield Group(key="who", title="Who you are", told=tuple(_traits(known)))
    bought = [*(_order(order) for order in known.memory.orders), *(one for one, kind in facts if kind == "purchase")]
    yield Group(key="bought", title="What you bought", told=tuple(bought), note=KEPT_AT_THE_SHOP)
    likes = [one for one, kind in facts if kind in _LIKES]
    likes += _further_interests(known.memory, {one.id for one in likes})
    yield Group(key="likes", title="What we think you like, and why", told=_unique(likes))
    said = [one for one, kind in facts if kind in _SAID or kind == "search"]
    yield Group(key="said", title="What you told us", told=_unique([*said, *_searches(known)]))
    yield Group(key="mails", title="What our e-mails taught us", told=tuple(_mails(known.memory)))
    expected, note = tuple(_expected(known.memory)), _expecting(known.memory)
    yield Group(key="expected", title="What we expect", told=expected, note=note)


def _unique(told: Sequence[Told]) -> tuple[Told, ...]:
    return tuple({one.id: one for one in reversed(told)}.values())[::-1]


def _fact(memory: CustomerMemory, fact: RememberedFact) -> tuple[Told, str]:
    subjects = _subjects(memory, fact)
    text = fact.text + _quoted(memory, fact)
    expires = fact.expires_at if POLICY.get(fact.kind) is None or POLICY[fact.kind].lasts else None
    told = Told(
        id=fact.id,
        text=f"{text}.",
        outline=_outline(fact),
        use="unused" if not fact.use else _SAY[fact.say],
        learned_at=fact.learned_at,
        used_until=expires,
        can_forget=bool(subjects),
        subjects=subjects,
        message_ids=fact.sources,
    )
    return told, fact.kind


def _quoted(memory: CustomerMemory, fact: RememberedFact) -> str:
    """The words that a statement rests on."""
    if fact.kind not in _SAID:
        return ""
    return next((f": “{one.text}”" for one in memory.said if fact.id.endswith(f":{one.id}")), "")


def _outline(fact: RememberedFact) -> str:
    """Without anybody's own words."""
    return outline_of(fact.kind, fact.say) or (f"{fact.text}." if fact.kind in _SAID else "")


def _subjects(memory: CustomerMemory, fact: RememberedFact) -> tuple[str, ...]:
    match fact.kind:
        case "purchase":
            return (f"product={fact.value}",)
        case "cart" | "wish" | "cycle" | "season":
            return (f"{fact.kind}={fact.value}",)
        case "gift" | "discount" | "cadence":
            return (_HABITS[fact.kind],)
        case "search":
            return (search_subject(str(fact.value)),)
        case "said" | "answer" | "remark":
            return (f"said={fact.id.partition(':')[2]}",)
        case "view":
            return _viewed(memory, str(fact.value))
        case "interest":
            return tuple(_interest_subject(one) for one in memory.interests if _interest_id(one) == fact.id)
        case "dislike":
            return tuple(_dislike_subjects(memory, fact))
        case _:
            return ()


def _viewed(memory: CustomerMemory, product_id: str) -> tuple[str, ...]:
    """Every product of the category that was looked at: the sentence is about the category."""
    category = next((one.category for one in memory.products if one.product_id == product_id), None)
    looked = (one for one in memory.products if one.category == category and one.last_viewed_at is not None)
    return tuple(f"viewed={one.product_id}" for one in looked)


def _dislike_subjects(memory: CustomerMemory, fact: RememberedFact) -> Iterator[str]:
    for one in memory.dislikes:
        if fact_of("dislike", f"{one.kind}={one.value}", "", fact.learned_at).id == fact.id:
            yield f"dislike={one.kind}={one.value}"


def _interest_id(interest: Interest) -> str:
    about = f"{interest.category or ''}={interest.value}" if interest.kind == "size" else interest.value
    return fact_of("interest", f"{interest.kind}={about}", "", interest.last_at).id


def _interest_subject(interest: Interest) -> str:
    about = f"{interest.category or ''}={interest.value}" if interest.kind == "size" else interest.value
    return f"{interest.kind}={about}"


_LEANINGS: dict[str, Callable[[Interest], str]] = {
    "category": lambda one: f"You seem to like {in_words(one.value)}",
    "brand": lambda one: f"You seem to like {one.value}",
    "price_band": lambda one: f"You often look at products that cost {one.value}",
    "attribute": lambda one: f"You seem to like {one.value.partition('=')[2]} ({one.value.partition('=')[0]})",
    "size": lambda one: f"Your size{' of ' + in_words(one.category) if one.category else ''} seems to be {one.value}",
}


def _further_interests(memory: CustomerMemory, told: set[str]) -> Iterator[Told]:
    """Those that are no fact: too weak, or nothing one says."""
    for one in memory.interests:
        if _interest_id(one) not in told:
            text = f"{_LEANINGS[one.kind](one)}, as far as {one.events} of your visits and orders tell."
            lasts = POLICY["interest"].lasts or timedelta()
            yield Told(
                id=_interest_id(one),
                text=text,
                use="steers",
                learned_at=one.last_at,
                used_until=one.last_at + lasts,
                can_forget=True,
                subjects=(_interest_subject(one),),
                message_ids=one.sources,
            )


def _order(order: Order) -> Told:
    lines = ", ".join(f"{line.quantity} × {line.name or line.product_id}" for line in order.lines)
    total = "" if order.total is None else f" for {order.total:.2f} {order.currency or ''}".rstrip()
    back = f"; {order.refunded:.2f} was given back" if order.refunded else ""
    what = lines or "something"
    return Told(
        id=f"order:{_hash(order.order_id)}",
        text=f"On {day(order.at)} you ordered {what}{total}{back} (order {order.order_id}).",
        outline=f"You ordered in {order.at:%B %Y}.",
        use="records",
        learned_at=order.at,
        message_ids=(order.event_id,),
    )


def _searches(known: Known) -> Iterator[Told]:
    """Those that are used are facts; these are kept only."""
    for time, message_id, query in known.state["searches"]:
        if sensitive_topic(query):
            yield Told(
                id=f"search:{_hash(message_id)}",
                text=f"You searched for “{query}”.",
                use="unused",
                learned_at=moment_of(time),
                can_forget=True,
                subjects=(search_subject(query),),
                message_ids=(message_id,),
            )


def _traits(known: Known) -> Iterator[Told]:
    traits = effective_traits(known.profile)
    for name in sorted(traits.keys() - _CONSENT, key=lambda name: (name not in _NAMES, name)):
        inner = traits[name] if name in DECLARED_CONTAINERS and isinstance(traits[name], dict) else None
        if inner is None:
            yield _trait(known, name, traits[name])
            continue
        for key in sorted(inner):
            yield _trait(known, f"{name}/{key}", inner[key])


def _trait(known: Known, path: str, value: Any) -> Told:
    name, _, inner = path.partition("/")
    said = known.profile.get(name)
    correction = known.profile[CORRECTED][2].get(path) if CORRECTED in known.profile else None
    entry: list[Any] = max((one[:2] for one in (said, correction) if one is not None), default=[0, ""])
    label = inner or name
    words = ", ".join(map(_plain, value.values())) if name == "address" and isinstance(value, dict) else _plain(value)
    sentence, use = _NAMES.get(name, f"Your {label_of(label)} is"), _trait_use(path, value, label)
    return Told(
        id=trait_id(known.memory, path),
        text=f"{sentence} {words}.",
        outline="" if use == "named" or name in _SHOWN else f"{sentence} known; it is not shown here.",
        use=use,
        learned_at=moment_of(entry[0]),
        can_forget=name != "email",
        can_correct=not isinstance(value, dict),
        trait=path,
        message_ids=(entry[1],),
    )


def trait_id(memory: CustomerMemory, path: str) -> str:
    """Of a trait that is a fact, the fact's; paths may be told to others, values not."""
    name = path.rpartition("/")[2]
    if path == "birthday":
        return fact_of("birthday", "birthday", "", memory.as_of).id
    if "/" in path or name in told_traits(memory.profile.traits):
        return fact_of("declared", name, "", memory.as_of).id
    return f"trait:{_hash(path)}"


def _trait_use(path: str, value: Any, label: str) -> Use:
    name = path.partition("/")[0]
    if label.lower() in SENSITIVE_TRAITS or sensitive_topic(label, str(value)):
        return "unused"
    if name == "birthday":
        return "coarse"
    if name in _NAMES:
        return "delivery"
    return "named" if "/" in path or label.lower().startswith(("fav", "preferred")) else "records"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _mails(memory: CustomerMemory) -> Iterator[Told]:
    seen = memory.engagement
    if seen.delivered or seen.opened or seen.clicked:
        text = f"{seen.delivered} e-mails reached you; we noticed {seen.opened} openings and {seen.clicked} clicks"
        last = f", the last opening on {day(seen.last_opened_at)}" if seen.last_opened_at else ""
        yield Told(id="mails:counts", text=f"{text}{last}.", use="steers", learned_at=seen.last_opened_at)
    for one in memory.responses.preferences if memory.responses else ():
        best = one.arms[0].arm.replace("_", " ")
        among = one.dimension.replace("_", " ")
        text = f"Of e-mails of different {among}, “{best}” does best with you.{_noted(one.reason)}"
        yield Told(id=f"mails:{one.dimension}", text=text, use="steers")
    if memory.responses and memory.responses.frequency:
        text = f"How often to write to you:{_noted(memory.responses.frequency.reason)}"
        yield Told(id="mails:frequency", text=text, use="steers")
    if memory.send_window is not None:
        window = memory.send_window
        when = f"{days_in_words(window.weekdays)}, {window.from_hour}:00 to {window.to_hour}:00 ({window.timezone})"
        yield Told(id="mails:when", text=f"The best time to write to you: {when}.{_noted(window.reason)}", use="steers")


def _noted(reason: str) -> str:
    """Reasons are written for the shop's people."""
    return f" Noted for the shop: “{reason}”"


def _expected(memory: CustomerMemory) -> Iterator[Told]:
    stage = memory.lifecycle.replace("_", " ")
    yield Told(id="expected:stage", text=f"Your stage as a customer is “{stage}”.", use="steers")
    if memory.rfm is not None:
        rfm = memory.rfm
        spent = f"{rfm.monetary:.2f} {rfm.currency or ''}".strip()
        times = "once" if rfm.frequency == 1 else f"{rfm.frequency} times"
        text = f"You have ordered {times} for {spent}, last {rfm.recency_days:.0f} days ago"
        outline = f"You have ordered {times}{_rank(memory.traits.rfm)}."
        yield Told(id="expected:rfm", text=f"{text}{_rank(memory.traits.rfm)}.", outline=outline, use="steers")
    if memory.predictions is not None:
        yield from _predicted(memory.predictions)


def _rank(scores: RfmScores | None) -> str:
    if scores is None:
        return ""
    parts = f"{scores.recency}, {scores.frequency} and {scores.monetary}"
    return f"; among all customers that is {parts} out of 5 for how lately, how often and how much"


def _predicted(found: Predictions) -> Iterator[Told]:
    buys, value, following = found.buy_probability_30d, found.expected_value_12m, found.next_order
    if buys.value is not None:
        text = f"That you order within 30 days, we think, has a chance of {buys.value:.0%}.{_noted(buys.reason)}"
        yield Told(id="expected:buy_30d", text=text, use="steers", learned_at=found.as_of)
    for days, one in ((30, found.churn_risk_30d), (60, found.churn_risk_60d), (90, found.churn_risk_90d)):
        if one.value is not None:
            text = f"That you do not order within {days} days, we think, has a chance of {one.value:.0%}."
            yield Told(id=f"expected:churn_{days}d", text=text, use="steers", learned_at=found.as_of)
    if value.value is not None:
        text = f"In 12 months you may spend {value.value:.2f} {value.currency or ''}.{_noted(value.reason)}"
        outline = "What you may spend in 12 months, we think, is a sum that is not shown here."
        yield Told(id="expected:value_12m", text=text, outline=outline, use="steers", learned_at=found.as_of)
    if following.at is not None:
        text = f"We expect your next order by {day(following.at)}.{_noted(following.reason)}"
        yield Told(id="expected:next_order", text=text, use="steers", learned_at=found.as_of)
    for product in found.next_products:
        text = f"You may need {product.product_id} again around {day(product.at)}.{_noted(product.reason)}"
        yield Told(id=f"expected:product:{_hash(product.product_id)}", text=text, use="steers")


def _expecting(memory: CustomerMemory) -> str:
    if "predictions" in memory.objects_to:
        return "You objected to predictions: none are made of you."
    return "Predictions cannot be put right one by one; you can object to all of them."


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
