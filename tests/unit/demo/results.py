"""Builders of composed e-mails as the composer hands them over, for tests of the preview and for looking at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from composer.contract import BlockReport, ComposeResult, Path, PickReport, Rung, Usage
from evals.verdict import Severity, Status, Verdict

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HTML = """<!doctype html><html lang="en-GB"><head><title>Hollin Row</title></head><body>
<p>Hello Inês,</p><img src="http://localhost:8000/demo/pictures/moka-blend.jpg" alt="Moka Blend">
<a href="https://www.hollinrow.example/p/moka-blend">Moka Blend</a></body></html>"""


def a_fact(fact_id: str = "cart-1", **changes: Any) -> dict[str, Any]:
    """A remembered fact as the composer dumps it."""
    return {
        "id": fact_id,
        "kind": "cart",
        "text": "left Ceramic Dripper, Sea Salt in the basket",
        "value": "Ceramic Dripper, Sea Salt",
        "sources": ["demo7-hr-10001-0041"],
        "learned_at": NOW.isoformat(),
        "expires_at": None,
        "use": True,
        "say": "named",
    } | changes


def a_block(key: str = "subject", **changes: Any) -> BlockReport:
    fields: dict[str, Any] = {
        "key": key,
        "text": "Your dripper is still in the basket",
        "rung": Rung.MODEL,
        "reason": "ok",
        "facts": ["cart-1"],
        "attempts": 3,
    }
    return BlockReport.model_validate(fields | changes)


def a_pick(product_id: str = "moka-blend", **changes: Any) -> PickReport:
    fields: dict[str, Any] = {
        "product_id": product_id,
        "title": "Moka Blend",
        "price": "£9.50",
        "reason": "you have bought it before",
        "kind": "buy_again",
        "evidence": [{"kind": "event", "ref": "demo7-hr-10001-0007", "text": "bought 3 times"}],
    }
    return PickReport.model_validate(fields | changes)


def a_verdict(rule: str = "price.wrong", **changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "rule": rule,
        "status": Status.FAIL,
        "severity": Severity.BLOCK,
        "block": "pitch:moka-blend",
        "found": "only £7",
        "reason": "The text names a price that this product does not have.",
        "source": "Moka Blend costs £9.50",
    }
    return Verdict.model_validate(fields | changes)


def a_result(**changes: Any) -> ComposeResult:
    """A finished abandoned-cart e-mail: four blocks by the model, one from the template."""
    fields: dict[str, Any] = {
        "id": "msg_01kx0000000000000000000000",
        "path": Path.MODEL,
        "campaign": "abandoned_cart",
        "campaign_version": 1,
        "customer": "hr-10001",
        "flow": "abandoned_cart",
        "step": "reminder",
        "created_at": NOW,
        "subject": "Your dripper is still in the basket",
        "preheader": "And a light roast that likes paper filters.",
        "html": HTML,
        "text": "Hello Inês,\n\nYour basket is where you left it.",
        "headers": {"List-Unsubscribe": "<http://localhost:8000/u/abc>"},
        "blocks": [
            a_block(),
            a_block("preheader", text="And a light roast that likes paper filters."),
            a_block("opening", rung=Rung.REPAIR, text="Your basket is where you left it."),
            a_block(
                "pitch:moka-blend", rung=Rung.TEMPLATE_BLOCK, reason="price.wrong", facts=["product:moka-blend"],
                text="A dark, chocolatey blend roasted for the moka pot.",
            ),
            a_block("cta", rung=Rung.REASK, reason="length.exceeded", facts=["offer"], text="Back to your basket"),
        ],
        "picks": [a_pick()],
        "facts": [a_fact()],
        "decision": {
            "policy": "uniform-1", "angle": "closer_look", "tone": "plain", "length": "short",
            "offer": "basket-delivery", "probability": 0.166667, "arms": 6,
        },
        "verdicts": [
            a_verdict(), a_verdict(found="£7"), a_verdict("style.spam", severity=Severity.WARN, block="subject"),
        ],
        "usage": Usage(
            model="local/SmolLM2-135M-Instruct", calls=14, input_tokens=4210, output_tokens=388, model_ms=5321.0,
            own_ms=11.4,
        ),
        "record": "9f2c" * 16,
    }  # fmt: skip
    return ComposeResult.model_validate(fields | changes)


def a_skip(reason: str = "no_consent") -> ComposeResult:
    """An e-mail that may not be sent."""
    return ComposeResult(
        id="", path=Path.SKIPPED, reason=reason, campaign="newsletter", campaign_version=1, customer="hr-10099",
        flow="newsletter", created_at=NOW,
    )  # fmt: skip
