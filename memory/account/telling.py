"""The sentences: each part of a memory, told to the person it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from memory.account.expecting import expected, expecting
from memory.account.model import Group, Told, Use
from memory.account.noting import hashed, noted
from memory.account.outlining import outline_of
from memory.account.translating import TELLERS, dislike_id, interest_id, sentence
from memory.consent import CONSENT_TRAITS
from memory.facts.deriving import every_fact
from memory.facts.policy import POLICY, fact_of
from memory.facts.told import DECLARED_CONTAINERS, label_of, told_traits
from memory.facts.wording import in_words
from memory.model import CustomerMemory, Engagement, Interest, Order, RememberedFact
from memory.parts.forgetting import search_subject
from memory.parts.interests import known_of
from memory.phrases import Phrasebook
from memory.profile import CORRECTED, ProfileState, effective_traits
from memory.send_time import DAYS, SendWindow
from memory.sensitive import SENSITIVE_TRAITS, sensitive_topic
from memory.state import State, moment_of

_SAY: dict[str, Use] = {"named": "named", "coarse": "coarse", "never": "steers"}
_NAMES = ("email", "first_name", "last_name", "name", "phone", "address", "birthday", "locale", "timezone")
"""Traits that have a name of their own here."""
_LIKES = frozenset({"view", "wish", "cart", "interest", "dislike", "cycle", "season", "gift", "discount", "cadence"})
_SAID = frozenset({"said", "answer", "remark"})
_CONSENT = frozenset({*CONSENT_TRAITS, "topics", "purposes", "email_frequency", "email_paused_until"})
"""Told as what they are (`memory.account.consents`)."""
_SHOWN = frozenset({"first_name", "locale", "timezone"})
"""Traits for delivery that may be read by who looks on: e-mails show as much."""
_HABITS = {"gift": "habit=gift", "discount": "habit=discount", "cadence": "habit=cadence"}


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to tell."""

    memory: CustomerMemory
    state: State
    """Without what was forgotten."""
    profile: ProfileState
    say: Phrasebook
    """In whose words."""


def groups(known: Known) -> Iterator[Group]:
    """Everything but consents and contacts (`memory.account.consents`)."""
    facts = [_fact(known, fact) for fact in every_fact(known.memory) if fact.kind in TELLERS]
    yield _group(known, "who", _traits(known))
    bought = [*(_order(order, known.say) for order in known.memory.orders), *_cancelled(known)]
    bought += [one for one, kind in facts if kind == "purchase"]
    yield _group(known, "bought", bought, known.say["note.bought"])
    likes = [one for one, kind in facts if kind in _LIKES]
    likes += _further_interests(known, {one.id for one in likes})
    yield _group(known, "likes", _unique(likes))
    said = [one for one, kind in facts if kind in _SAID or kind == "search"]
    yield _group(known, "said", _unique([*said, *_searches(known)]))
    yield _group(known, "mails", _mails(known.memory, known.say), known.say["note.mails"])
    yield _group(known, "expected", expected(known.memory, known.say), expecting(known.memory, known.say))


def _group(known: Known, key: str, told: Iterable[Told], note: str = "") -> Group:
    return Group(key=key, title=known.say[f"group.{key}"], told=tuple(told), note=note)


def _unique(told: Sequence[Told]) -> tuple[Told, ...]:
    return tuple({one.id: one for one in reversed(told)}.values())[::-1]


def _fact(known: Known, fact: RememberedFact) -> tuple[Told, str]:
    memory = known.memory
    subjects, said = _subjects(memory, fact), sentence(memory, fact, known.say)
    text = said + _quoted(memory, fact)
    expires = fact.expires_at if POLICY.get(fact.kind) is None or POLICY[fact.kind].lasts else None
    told = Told(
        id=fact.id,
        text=f"{text}.",
        outline=_outline(fact, said, known.say),
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


def _outline(fact: RememberedFact, said: str, say: Phrasebook) -> str:
    """Without anybody's own words."""
    return outline_of(fact.kind, fact.say, say) or (f"{said}." if fact.kind in _SAID else "")


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
            return tuple(_interest_subject(one) for one in memory.interests if interest_id(one) == fact.id)
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
        if dislike_id(one) == fact.id:
            yield f"dislike={one.kind}={one.value}"


def _interest_subject(interest: Interest) -> str:
    about = f"{interest.category or ''}={interest.value}" if interest.kind == "size" else interest.value
    return f"{interest.kind}={about}"


def _leaning(one: Interest, say: Phrasebook) -> str:
    count = say.number(one.events)
    match one.kind:
        case "attribute":
            name, _, value = one.value.partition("=")
            return say.say("leaning.attribute", value=value, name=name, n=count)
        case "size" if one.category:
            return say.say("leaning.size_of", value=one.value, category=in_words(one.category), n=count)
        case "category":
            return say.say("leaning.category", value=in_words(one.value), n=count)
        case _:
            return say.say(f"leaning.{one.kind}", value=one.value, n=count)


def _further_interests(known: Known, told: set[str]) -> Iterator[Told]:
    """Those that are no fact: too weak, or nothing one says."""
    for one in known.memory.interests:
        if interest_id(one) not in told:
            lasts = POLICY["interest"].lasts or timedelta()
            yield Told(
                id=interest_id(one),
                text=_leaning(one, known.say),
                use="steers",
                learned_at=one.last_at,
                used_until=one.last_at + lasts,
                can_forget=True,
                subjects=(_interest_subject(one),),
                message_ids=one.sources,
            )


def _order(order: Order, say: Phrasebook) -> Told:
    return Told(
        id=f"order:{hashed(order.order_id)}",
        text=_ordered(order, say),
        outline=say.say("order.outline", month=say.month(order.at)),
        use="records",
        learned_at=order.at,
        message_ids=(order.event_id,),
    )


def _ordered(order: Order, say: Phrasebook) -> str:
    lines = ", ".join(f"{line.quantity} × {line.name or line.product_id}" for line in order.lines)
    told = {"day": say.day(order.at), "what": lines or say["order.something"], "order": order.order_id}
    if order.total is not None:
        told["total"] = say.money(order.total, order.currency)
    if order.refunded:
        told["refunded"] = say.money(order.refunded, order.currency)
        return say.say("order.returned" if order.total is None else "order.back", **told)
    return say.say("order.plain" if order.total is None else "order.for", **told)


def _cancelled(known: Known) -> Iterator[Told]:
    """Orders that no longer stand, and are remembered all the same: the newest first."""
    cancelled = {order: event for _, event, order in known.state["cancelled"]}
    for order, (time, event, _, _, lines, _) in reversed(known.state["orders"].items()):
        if order in cancelled:
            goods = (f"{count} × {known_of(known.state, product).name or product}" for product, count, _ in lines)
            day, what = known.say.day(moment_of(time)), ", ".join(goods) or known.say["order.something"]
            yield Told(
                id=f"order:{hashed(order)}",
                text=known.say.say("order.cancelled", day=day, what=what, order=order),
                outline=known.say.say("order.outline", month=known.say.month(moment_of(time))),
                use="records",
                learned_at=moment_of(time),
                message_ids=(event, cancelled[order]),
            )


def _searches(known: Known) -> Iterator[Told]:
    """Those that are used are facts; these are kept only."""
    for time, message_id, query in known.state["searches"]:
        if sensitive_topic(query):
            yield Told(
                id=f"search:{hashed(message_id)}",
                text=known.say.say("search", query=query),
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
    say, use = known.say, _trait_use(path, value, label)
    called = say[f"trait.{name}"] if name in _NAMES else say.say("trait.other", label=label_of(label))
    return Told(
        id=trait_id(known.memory, path),
        text=say.say("trait.is", name=called, value=_words(name, value, say)),
        outline="" if use == "named" or name in _SHOWN else say.say("trait.known", name=called),
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
    return f"trait:{hashed(path)}"


def _trait_use(path: str, value: Any, label: str) -> Use:
    name = path.partition("/")[0]
    if label.lower() in SENSITIVE_TRAITS or sensitive_topic(label, str(value)):
        return "unused"
    if name == "birthday":
        return "coarse"
    if name in _NAMES:
        return "delivery"
    return "named" if "/" in path or label.lower().startswith(("fav", "preferred")) else "records"


def _words(name: str, value: Any, say: Phrasebook) -> str:
    if name == "address" and isinstance(value, dict):
        return ", ".join(_plain(one, say) for one in value.values())
    return _plain(value, say)


def _plain(value: Any, say: Phrasebook) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner, say)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one, say) for one in value)
    if isinstance(value, bool):
        return say["trait.yes" if value else "trait.no"]
    return str(value)


def _mails(memory: CustomerMemory, say: Phrasebook) -> Iterator[Told]:
    seen = memory.engagement
    if seen.delivered or seen.opened or seen.clicked:
        yield Told(id="mails:counts", text=_counts(seen, say), use="steers", learned_at=seen.last_opened_at)
    for one in memory.responses.preferences if memory.responses else ():
        best, among = one.arms[0].arm.replace("_", " "), one.dimension.replace("_", " ")
        text = say.say("mails.best", among=among, best=best) + noted(one.reason, say)
        yield Told(id=f"mails:{one.dimension}", text=text, use="steers")
    if memory.responses and memory.responses.frequency:
        text = say["mails.frequency"] + noted(memory.responses.frequency.reason, say)
        yield Told(id="mails:frequency", text=text, use="steers")
    if memory.send_window is not None:
        yield Told(id="mails:when", text=_when(memory.send_window, say), use="steers")


def _counts(seen: Engagement, say: Phrasebook) -> str:
    told = {name: say.number(getattr(seen, name)) for name in ("delivered", "opened", "clicked")}
    if seen.last_opened_at is None:
        return say.say("mails.counts", **told)
    return say.say("mails.last", day=say.day(seen.last_opened_at), **told)


def _when(window: SendWindow, say: Phrasebook) -> str:
    days = say["mails.any_day"] if len(window.weekdays) == len(DAYS) else say.weekdays(window.weekdays)
    hours: dict[str, str | int] = {
        "first": window.from_hour,
        "last": window.to_hour,
        "timezone": window.timezone,
    }
    return say.say("mails.when", days=days, **hours) + noted(window.reason, say)
