"""What is expected of a person, told to them: their stage, how they order, predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from memory.account.model import Told
from memory.account.noting import hashed, noted
from memory.model import CustomerMemory, Rfm, RfmScores
from memory.phrases import Phrasebook
from memory.predictions.model import Predictions


def expected(memory: CustomerMemory, say: Phrasebook) -> Iterator[Told]:
    """Each thing apart."""
    stage = say.say("expected.stage", stage=say[f"stage.{memory.lifecycle}"])
    yield Told(id="expected:stage", text=stage, use="steers")
    if memory.rfm is not None:
        yield _spent(memory.rfm, memory.traits.rfm, say)
    if memory.predictions is not None:
        yield from _chances(memory.predictions, say)
        names = {product.product_id: product.name for product in memory.products if product.name}
        yield from _amounts(memory.predictions, names, say)


def expecting(memory: CustomerMemory, say: Phrasebook) -> str:
    """What holds for all of it."""
    return say["note.no_predictions" if "predictions" in memory.objects_to else "note.expected"]


def _spent(rfm: Rfm, scores: RfmScores | None, say: Phrasebook) -> Told:
    spent, rank = say.money(rfm.monetary, rfm.currency), _rank(scores, say)
    text = say.count("expected.spent", rfm.frequency, spent=spent, days=f"{rfm.recency_days:.0f}")
    outline = say.count("expected.ordered", rfm.frequency)
    return Told(id="expected:rfm", text=text + rank, outline=outline + rank, use="steers")


def _rank(scores: RfmScores | None, say: Phrasebook) -> str:
    if scores is None:
        return ""
    told = {"recency": scores.recency, "frequency": scores.frequency, "monetary": scores.monetary}
    return " " + say.say("expected.rank", **told)


def _chances(found: Predictions, say: Phrasebook) -> Iterator[Told]:
    buys = found.buy_probability_30d
    if buys.value is not None:
        text = say.say("expected.buy", share=say.share(buys.value)) + noted(buys.reason, say)
        yield _steering("buy_30d", text, found.as_of)
    for days, one in ((30, found.churn_risk_30d), (60, found.churn_risk_60d), (90, found.churn_risk_90d)):
        if one.value is not None:
            text = say.say("expected.churn", n=days, share=say.share(one.value))
            yield _steering(f"churn_{days}d", text, found.as_of)


def _amounts(found: Predictions, names: Mapping[str, str], say: Phrasebook) -> Iterator[Told]:
    value, following = found.expected_value_12m, found.next_order
    if value.value is not None:
        text = say.say("expected.value", value=say.money(value.value, value.currency)) + noted(value.reason, say)
        yield _steering("value_12m", text, found.as_of, outline=say["expected.value_outline"])
    if following.at is not None:
        text = say.say("expected.next_order", day=say.day(following.at)) + noted(following.reason, say)
        yield _steering("next_order", text, found.as_of)
    for product in found.next_products:
        name = names.get(product.product_id, product.product_id)
        text = say.say("expected.product", product=name, day=say.day(product.at))
        yield _steering(f"product:{hashed(product.product_id)}", text + noted(product.reason, say))


def _steering(name: str, text: str, learned_at: datetime | None = None, *, outline: str = "") -> Told:
    return Told(id=f"expected:{name}", text=text, outline=outline, use="steers", learned_at=learned_at)
