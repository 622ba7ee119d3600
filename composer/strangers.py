"""Who is asked for and not known."""

from __future__ import annotations

from composer.campaigns import CampaignVersion
from composer.outliving import ERASED, ERASED_DETAIL
from memory.model import CustomerMemory
from store import clock
from store.errors import NotFound


class UnknownCustomer(NotFound):
    """Memory holds nothing under this id, and the brand wants consent before it writes to anybody."""

    reason = "unknown_customer"


def stranger(customer: str, version: CampaignVersion, gone: bool) -> CustomerMemory | UnknownCustomer:
    """Nobody we know. Only a brand that needs no consent of its own may write to them (its ESP holds it), and not to
    somebody who asked to be forgotten."""
    if gone:
        return UnknownCustomer(ERASED_DETAIL, fix="Take them off your lists.", reason=ERASED)
    if version.brand.consent_required:
        return UnknownCustomer(
            f"There is no customer {customer!r}.",
            fix="Send an identify event for them first (POST /v1/identify).",
        )
    return CustomerMemory.model_validate(
        {
            "customer_id": "",
            "external_id": customer,
            "as_of": clock.now(),
            "profile": {},
            "lifecycle": "prospect",
        }
    )
