"""What customers are told of what is remembered about them: in their language, with nothing left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

import composer
from composer.experiments.model import GLOBAL_HOLDOUT, HELD_OUT, OTHER_EXPERIMENT
from memory.account.consents import not_written
from memory.account.model import Group
from memory.account.telling import Known, groups
from memory.account.translating import TELLERS
from memory.account.words import words
from memory.consent import Reason
from memory.contacting.judging import DEFERRALS
from memory.events import parse
from memory.facts.policy import POLICY
from memory.fold import remember
from memory.phrases import LANGUAGES
from memory.state import empty
from tests.kit.factories import LIBRARY, NOW, make_memory

TOLD_ELSEWHERE = {"declared", "birthday", "engagement", "lifecycle"}
"""Facts that are told as what they rest on: details, what was opened, the stage."""


def _raised() -> Iterator[str]:
    """Reason codes that the composer gives customers whom it does not write to."""
    for file in sorted(Path(composer.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NothingToSay":
                given = {word.arg: word.value for word in node.keywords}
                if isinstance(given.get("reason"), ast.Constant):
                    yield str(ast.literal_eval(given["reason"]))


def _codes() -> set[str]:
    # Whether anything is on sale shows in the picks: `no_former_price`, `nothing_to_lead`.
    needs = {f"no_{need}" for flow in LIBRARY.flows for need in flow.requires if need != "sale"}
    experiments = {HELD_OUT, GLOBAL_HOLDOUT, OTHER_EXPERIMENT}
    standing = {one for one in get_args(Reason) if one != "consented"}
    others = {"topic_off", "rejected", "not_sent", "nothing_to_say", "no_safe_text", "catalog_unsettled"}
    return {*DEFERRALS, *needs, *experiments, *standing, *others, "unknown_customer", *_raised()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_not_to_write_is_a_sentence(language: str) -> None:
    say = words(language)
    codes = _codes()
    assert codes >= {"too_few_picks", "nothing_to_lead", "no_former_price", "no_cart", "quiet_hours"}
    assert [code for code in sorted(codes) if say.get(f"why.{code}", "") == ""] == []
    unknown = not_written("skipped", "made_up_later", 1, say)
    assert say["why.other"] in unknown
    assert "made" not in unknown


def test_a_reason_stands_in_the_readers_words() -> None:
    assert not_written("skipped", "too_few_picks", 2, words("de")) == (
        "Wir haben Ihnen 2-mal nicht geschrieben. Der Grund: zu wenige Produkte passten zu Ihnen."
    )


def _told(tag: str, said: dict[str, Any] | None = None, **changes: Any) -> dict[str, Group]:
    """`said`: traits as they are stored."""
    known = Known(make_memory(**changes), empty(), said or {}, words(tag))
    return {group.key: group for group in groups(known)}


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("en-GB", "£3.50 was given back (order o-1)."),
        ("de-AT", "£ 3,50 wurden erstattet (Bestellung o-1)."),
        ("fr", "3,50 £GB vous ont été remboursés (commande o-1)."),
        ("es", "se le devolvieron 3,50 GBP (pedido o-1)."),
    ],
)
@pytest.mark.parametrize("total", ["12.50", None])
def test_what_was_given_back_is_told_whether_or_not_the_sum_of_the_order_is_known(
    tag: str, told: str, total: str | None
) -> None:
    order = make_memory().orders[0].model_dump() | {"total": total, "refunded": "3.50"}
    texts = [one.text for one in _told(tag, orders=[order])["bought"].told]
    assert texts[0].replace("\u00a0", " ").replace("\u202f", " ").endswith(told)
    assert ("12.50" in texts[0].replace(",", ".")) == (total is not None)


def test_what_no_sentence_of_its_own_tells_is_told_as_what_it_rests_on() -> None:
    assert POLICY.keys() - TELLERS.keys() == TOLD_ELSEWHERE
    at = NOW.timestamp()
    said = {"birthday": [at, "e-1", "1985-12-10"], "roast": [at, "e-1", "dunkel"]}
    seen = {"delivered": 4, "opened": 2, "clicked": 1, "last_opened_at": NOW}
    told = _told(
        "de",
        said,
        profile={"first_name": "Maeve", "birthday": date(1985, 12, 10), "traits": {"roast": "dunkel"}},
        engagement=seen,
    )
    who = [one.text for one in told["who"].told]
    assert "Ihr Geburtstag: 1985-12-10." in who
    assert "Ihre Angabe zu „roast“: dunkel." in who
    assert any("die letzte Öffnung am" in one.text for one in told["mails"].told)
    assert told["expected"].told[0].text == "Ihre Stufe als Kunde ist „aktiv“."


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("en-GB", "On 1 March 2026 you ordered 2 × Sencha (order o-9); it was cancelled."),
        ("de", "Am 1. März 2026 haben Sie 2 × Sencha bestellt (Bestellung o-9); die Bestellung wurde storniert."),
        ("fr", "Le 1 mars 2026, vous avez commandé 2 × Sencha (commande o-9) ; la commande a été annulée."),
        ("es", "El 1 de marzo de 2026 usted pidió 2 × Sencha (pedido o-9); el pedido se canceló."),
    ],
)
def test_an_order_that_was_cancelled_is_told_as_one(tag: str, told: str) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    goods = [{"product_id": "p1", "name": "Sencha", "quantity": 2, "price": 12.5}]
    messages = (
        ("Order Completed", {"order_id": "o-9", "currency": "GBP", "total": 25, "products": goods}),
        ("Order Cancelled", {"order_id": "o-9"}),
        ("Order Completed", {"order_id": "o-8", "currency": "GBP", "total": 25, "products": goods}),
    )
    state = remember(
        parse(
            {"type": "track", "event": name, "userId": "u", "messageId": f"m{n}", "timestamp": at.isoformat(),
             "properties": said},
            at,
        )
        for n, (name, said) in enumerate(messages)
    )  # fmt: skip
    known = Known(make_memory(orders=[]), state, {}, words(tag))
    bought = next(group for group in groups(known) if group.key == "bought")
    [one] = [one for one in bought.told if one.id.startswith("order:")]
    assert one.text.replace("\u00a0", " ").replace("\u202f", " ") == told
    assert set(one.message_ids) == {"m0", "m1"}


def test_what_is_worked_out_says_what_from() -> None:
    told = _told("en")
    assert told["mails"].note.startswith("Worked out from what you did with our e-mails")
    assert told["expected"].note.startswith("Worked out from your orders.")
