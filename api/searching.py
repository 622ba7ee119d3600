"""Search as people ask for it: words, filters, and what was understood of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.customers import remembered
from catalog.brief_text import Understood
from catalog.model import Limits, Product
from catalog.search import Found
from catalog.service import Catalog

PATIENCE_S = 0.5
"""How long a request waits for the query's vector. Once the model is loaded that takes some ten milliseconds."""


class SearchQuery(BaseModel):
    """What to look for, and the filters it is looked for within."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=300)
    k: int = Field(default=10, ge=1, le=100)
    understand: bool = Field(default=False, description="Read limits out of the words: `tea under 20, no jasmine`.")
    min_price: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=4)
    max_price: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=4)
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    category: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    attribute: tuple[str, ...] = Field(default=(), description="`name=value`")
    exclude_category: tuple[str, ...] = ()
    exclude_brand: tuple[str, ...] = ()
    exclude_word: tuple[str, ...] = ()
    exclude_id: tuple[str, ...] = ()
    on_sale: bool = False
    new_within_days: int | None = Field(default=None, ge=1, le=3650)
    in_stock: bool = False
    not_bought_by: str | None = Field(default=None, max_length=255, description="A customer's external id.")

    def limits(self) -> Limits:
        """The filters as picks have them."""
        return Limits(
            min_price=self.min_price,
            max_price=self.max_price,
            currency=self.currency,
            categories=self.category,
            brands=self.brand,
            attributes=self.attribute,
            exclude_categories=self.exclude_category,
            exclude_brands=self.exclude_brand,
            exclude_words=self.exclude_word,
            exclude_ids=self.exclude_id,
            only_on_sale=self.on_sale,
            new_within_days=self.new_within_days,
        )


class SearchHit(BaseModel):
    """A product that was found, and why."""

    product: Product
    score: float
    words: tuple[str, ...]
    """The words of the query it has."""
    cosine: float | None
    """Likeness of meaning, where it was looked at."""

    @classmethod
    def of(cls, found: Found) -> SearchHit:
        """As the catalog found it."""
        return cls(product=found.product, score=found.score, words=found.words, cosine=found.cosine)


class SearchResult(BaseModel):
    """What was found, best first, and how the question was read."""

    query: str
    """What it was ranked by."""
    by: Literal["words", "words and meaning"]
    """By words alone while the embedding model is being loaded, some seconds after a start."""
    data: list[SearchHit]
    mended: dict[str, str]
    """Words no product has, and what was searched for instead."""
    unknown: tuple[str, ...]
    """Words nothing was found for."""
    understood: Understood | None = None


async def search(
    catalog: Catalog, session: AsyncSession, asked: SearchQuery, *, patience: float | None = PATIENCE_S
) -> SearchResult:
    """Search within the filters, and, if asked to, within what the words themselves say.

    Raises: EmptyQuery, UnknownCustomer, and what the encoder raises.
    """
    limits, query, understood = asked.limits(), asked.q, None
    if asked.not_bought_by is not None:
        memory = await remembered(session, asked.not_bought_by)
        bought = (history.product_id for history in memory.products if history.last_bought_at)
        limits = limits.model_copy(update={"exclude_ids": (*limits.exclude_ids, *bought)})
    if asked.understand:
        understood = await catalog.understand(asked.q, limits, asked.currency)
        limits = understood.limits
        # Nothing but doubts: the words as they are find more than none.
        query = understood.query if understood.query or understood.constraints else asked.q
    in_stock = asked.in_stock or (understood is not None and understood.wants("in_stock"))
    answer = await catalog.search(query, limits, asked.k, in_stock=in_stock, patience=patience)
    if not answer.hits and understood is not None and understood.is_about_people and understood.constraints:
        # "Under 15 for her birthday" asks for no kind of thing: all that the limits leave may be meant.
        unknown, query = answer.unknown, ""
        answer = await catalog.search(query, limits, asked.k, in_stock=in_stock, patience=patience)
        answer = answer._replace(unknown=unknown)
    return SearchResult(
        query=query,
        by="words and meaning" if answer.by_meaning else "words",
        data=[SearchHit.of(found) for found in answer.hits],
        mended=answer.mended,
        unknown=answer.unknown,
        understood=understood,
    )
