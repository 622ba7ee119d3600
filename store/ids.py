"""Typed ids: TypeIDs (a prefix that says what it is, and a time-ordered UUIDv7)."""

from __future__ import annotations

from typing import NewType

from typeid import TypeID

CustomerId = NewType("CustomerId", str)
CampaignId = NewType("CampaignId", str)
EmailId = NewType("EmailId", str)
BrandId = NewType("BrandId", str)
KeyId = NewType("KeyId", str)


def _new(prefix: str) -> str:
    return str(TypeID(prefix=prefix))


def new_customer_id() -> CustomerId:
    return CustomerId(_new("cus"))


def new_campaign_id() -> CampaignId:
    return CampaignId(_new("cmp"))


def new_brand_id() -> BrandId:
    return BrandId(_new("brd"))


def new_email_id() -> EmailId:
    return EmailId(_new("msg"))


def new_key_id() -> KeyId:
    return KeyId(_new("key"))
