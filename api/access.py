"""What a route is given: the house, and a transaction that ends before the answer leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

if TYPE_CHECKING:
    from api.house import House


def house_of(request: Request) -> House:
    """The composition root this application was built with."""
    house: House = request.app.state.house
    return house


async def _write(request: Request) -> AsyncIterator[AsyncSession]:
    async with house_of(request).database.session() as session:
        yield session


async def _read(request: Request) -> AsyncIterator[AsyncSession]:
    async with house_of(request).database.session(readonly=True) as session:
        yield session


# Scope "function": committed before the answer is sent, so that nobody is told of what was not stored.
WriteSession = Annotated[AsyncSession, Depends(_write, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(_read, scope="function")]
