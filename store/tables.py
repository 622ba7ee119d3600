"""The store's own table."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from store.types import EncryptedText


class Canary(SQLModel, table=True):
    """One encrypted row with a known text: opening it proves that the keyring fits this database."""

    __tablename__ = "store_canary"

    id: int = Field(primary_key=True)
    text: str = Field(sa_type=EncryptedText)
