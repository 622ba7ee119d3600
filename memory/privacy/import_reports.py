"""Reports of imports quote what was wrong in a row: where that names an erased person, the quote goes."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.importers.tables import ImportRow
from memory.privacy.registry import Whom
from store.evidence import Identifier, Search, Wanted


class ImportsForget:
    """`memory.privacy.registry.Forgets` of the reports of imports: counts stay, what names the person goes."""

    tables = frozenset({"customer_import"})

    async def forget(self, session: AsyncSession, person: Whom) -> dict[str, int]:
        """See `Forgets.forget`."""
        search = Search(Wanted(tuple(Identifier("", one) for one in person.known_as)))
        changed = 0
        query = select(ImportRow).order_by(col(ImportRow.id))
        for row in (await session.execute(query)).scalars().all():
            report = {name: _without(search, value) for name, value in row.report.items()}
            if report != row.report:
                row.report = report
                changed += 1
        await session.flush()
        return {"customer_import": changed}


def _without(search: Search, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [one for one in value if not search.in_text(orjson.dumps(one))]
