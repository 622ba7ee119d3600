"""Where e-mail of customers goes: their addresses alone, for whoever hands e-mails over."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.profile import to_profile
from memory.tables import Customer
from store.upsert import table_of

_CUSTOMER = table_of(Customer).c
_PROFILES = select(_CUSTOMER.external_id, _CUSTOMER.profile).where(
    _CUSTOMER.external_id.in_(bindparam("customers", expanding=True)), _CUSTOMER.profile.is_not(None)
)


async def addresses(session: AsyncSession, external_ids: Sequence[str]) -> dict[str, str]:
    """External id to e-mail address, of those who have one, in one read. For some hundred at once."""
    rows = (await session.execute(_PROFILES, {"customers": list(external_ids)})).all()
    found = {external_id: to_profile(orjson.loads(profile)).email for external_id, profile in rows}
    return {external_id: address for external_id, address in found.items() if address}
