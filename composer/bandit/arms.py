"""The arms of each dimension: what flow, brief and consent allow, of what makes sense with what is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from catalog.model import Limits
from composer.documents import NO_OFFER, Brief, Offer
from memory.model import Lifecycle
from prompts.environment import short_name, with_article
from prompts.model import Angle, CtaStyle, Flow, SubjectStyle
from store.errors import InvalidInput

USUAL = "usual"
NONE, MORE = "none", "more"
EXPLORING = {NONE: 0.0, USUAL: 1.0, MORE: 2.0}
"""How many times the shop's exploration share counts. `more` is never likelier than `none`
(`composer.bandit.policy.within_budget`), so that all in all it comes to the shop's share at most."""
MOST_PICKS = 6
BUTTON = 28
"""Characters that a button holds."""
_NAMED = {"de": "{} ansehen", "fr": "Voir {}", "es": "Ver {}"}
"""The shortest button that names a product; in English it takes an article."""
_NUMBERED = frozenset({"percent", "amount"})
"""Kinds of offers that are said with a number."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """What there is for this e-mail once its products are picked."""

    topics: frozenset[str]
    """Kinds of facts and picks (`composer.closed_world.at_hand`)."""
    named: bool = False
    """Whether a first name is known that may stand in a subject."""
    lead: str = ""
    """Name of the first pick; empty without picks."""
    priced: bool = False
    """Whether it has a price."""
    slots: tuple[str, ...] = (USUAL,)
    """Parts of the day in which it may be sent (`composer.best_time`)."""
    language: str = "en"
    """That of the e-mail, as a BCP 47 tag."""


def pick_counts(flow: Flow, limits: Limits) -> tuple[str, ...]:
    """One less than usual, as many, one more; the brief's own count where it says one."""
    if "count" in limits.model_fields_set:
        return (str(limits.count),)
    usual, least = flow.picks.count, max(flow.picks.minimum, 1)
    return tuple(str(count) for count in (usual - 1, usual, usual + 1) if least <= count <= MOST_PICKS)


def explorations(share: float, brief: Brief) -> tuple[str, ...]:
    """`share` is the shop's. Nothing to vary where it explores nowhere; no more of it where the brief sets a bound."""
    if not share:
        return (USUAL,)
    return tuple(arm for arm in EXPLORING if arm != MORE or brief.merchandising.exploration is None)


def angles_for(flow: Flow, brief: Brief, topics: frozenset[str]) -> list[Angle]:
    """Those whose needs are met; of those that the brief names the one that needs least where none is.

    An angle whose needs are not met would have the model invent them.
    """
    named = [angle for angle in flow.angles if not brief.angles or angle.name in brief.angles]
    return [angle for angle in named if topics.issuperset(angle.needs)] or [min(named, key=lambda one: len(one.needs))]


def subjects_for(flow: Flow, brief: Brief, at_hand: AtHand, offer: Offer | None) -> tuple[SubjectStyle, ...]:
    """Those that the brief leaves and that can be filled; `plain` where none can."""
    possible: dict[SubjectStyle, bool] = {
        "question": True,
        "name": at_hand.named,
        "number": at_hand.priced or (offer is not None and offer.kind in _NUMBERED),
        "product": bool(at_hand.lead),
        "plain": True,
    }
    wanted = [style for style in flow.subjects if not brief.subjects or style in brief.subjects]
    return tuple(style for style in wanted if possible[style]) or ("plain",)


def ctas_for(flow: Flow, brief: Brief, at_hand: AtHand) -> tuple[CtaStyle, ...]:
    """Those that the brief leaves; a product's name only where a button has room for it."""
    fits = bool(at_hand.lead) and len(named_cta(at_hand.lead, at_hand.language)) <= BUTTON
    wanted = [style for style in flow.ctas if not brief.ctas or style in brief.ctas]
    return tuple(style for style in wanted if style != "product" or fits) or ("long",)


def named_cta(name: str, language: str) -> str:
    """The shortest button that names a product."""
    short, shape = short_name(name), _NAMED.get(language.partition("-")[0])
    return shape.format(short) if shape else f"See {with_article(short)}"


def offers_for(flow: Flow, brief: Brief, lifecycle: Lifecycle, today: date) -> dict[str, Offer | None]:
    """By arm: the first offer that may be made, or each of them where the brief lets offers vary; or none.

    Depends on flow, brief, lifecycle stage and day alone: everyone in the same state has the same.
    """
    eligible = [offer for offer in brief.offers if _may_have(offer, flow, lifecycle, today)]
    arms: dict[str, Offer | None] = {offer.id: offer for offer in (eligible if brief.vary_offers else eligible[:1])}
    return arms | {NO_OFFER: None} if brief.may_withhold_offer or not arms else arms


def _may_have(offer: Offer, flow: Flow, lifecycle: Lifecycle, today: date) -> bool:
    started = offer.starts is None or offer.starts <= today
    alive = offer.expires is None or today <= offer.expires
    for_them = not offer.lifecycles or lifecycle in offer.lifecycles
    return offer.kind in flow.offers and started and alive and for_them


def check_brief(flow: Flow, brief: Brief) -> None:
    """Raises InvalidInput naming the first thing in the brief that the flow does not know."""
    _check(flow, "angles", brief.angles, [angle.name for angle in flow.angles])
    _check(flow, "tones", brief.tones, flow.tones)
    _check(flow, "lengths", brief.lengths, flow.lengths)
    _check(flow, "subjects", brief.subjects, flow.subjects)
    _check(flow, "ctas", brief.ctas, flow.ctas)
    _check(flow, "offers", [offer.kind for offer in brief.offers], flow.offers)


def _check(flow: Flow, field: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    for index, name in enumerate(wanted):
        if name not in known:
            raise InvalidInput(
                f"The flow {flow.name} has no {field} {name!r}.",
                pointer=f"/brief/{field}/{index}",
                fix=f"Known: {', '.join(known) or 'none'}.",
            )
