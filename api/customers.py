"""One customer over HTTP: what they are, what is remembered, and traits in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.ingesting import take
from composer.strangers import UnknownCustomer
from memory.model import CustomerMemory, Lifecycle, Profile
from memory.recall import recall


class Traits(BaseModel):
    """What is known of a customer: Segment's reserved traits, and any others, which are kept."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"traits": {"email": "ada@example.com", "firstName": "Ada", "birthday": "1985-12-10"}}]
        },
    )

    traits: dict[str, Any] = Field(max_length=200)


class Customer(BaseModel):
    """A customer in brief; `…/memory` has everything."""

    external_id: str
    profile: Profile
    lifecycle: Lifecycle
    known_since: datetime | None
    order_count: int
    total_spent: dict[str, Decimal]

    @classmethod
    def of(cls, memory: CustomerMemory) -> Self:
        """The brief of a memory."""
        return cls.model_validate(memory.model_dump(include=set(cls.model_fields)))


async def remembered(session: AsyncSession, external_id: str, as_of: datetime | None = None) -> CustomerMemory:
    """A customer as of now or of a past moment. Raises UnknownCustomer."""
    memory = await recall(session, external_id, as_of=as_of)
    if memory is None:
        # No near matches here: a customer id may be an address, and a key with `read` is no search engine.
        raise UnknownCustomer(
            f"There is no customer {external_id!r}.", fix="Send an identify event first (POST /v1/identify)."
        )
    return memory


async def put_traits(session: AsyncSession, external_id: str, traits: Mapping[str, Any]) -> Customer:
    """Remember traits, as an identify event would."""
    message = {"messageId": f"put_{uuid4().hex}", "userId": external_id, "traits": dict(traits)}
    await take(session, message, "identify", lambda product_id: None)
    return Customer.of(await remembered(session, external_id))
