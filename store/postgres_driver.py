"""Bulk reads from PostgreSQL come as bytes.

By default psycopg asks for text, in which encrypted columns are hexadecimal digits: twice their size, and to be turned
both there and here.
"""

from __future__ import annotations

from typing import Any, Self

from psycopg import AsyncCursor

from store.arrays import Packed


class BulkCursor(AsyncCursor[Any]):
    """A cursor whose results are binary for statements of `store.bulk`, told by their packed arrays.

    Not for others: SQLAlchemy's and scripts' read system columns of which psycopg knows the textual form alone.
    """

    async def execute(self, query: Any, params: Any = None, *, prepare: Any = None, binary: Any = None) -> Self:
        """As psycopg's."""
        bulk = isinstance(params, tuple) and any(type(one) is Packed for one in params)
        return await super().execute(query, params, prepare=prepare, binary=bulk or binary)
