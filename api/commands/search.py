"""`penfriend search`: products by words and meaning, with filters, and why each was found."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from api import searching
from api.console import Home, Json, emit, err, table
from api.house import open_house
from api.searching import SearchHit, SearchQuery, SearchResult
from api.settings import Settings, read_settings
from catalog.brief_text import Understood
from catalog.model import Product
from store import clock
from store.errors import InvalidInput


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(search)


def search(
    query: Annotated[str, typer.Argument(help="What to look for: words, a model number, or a whole wish.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many.")] = 10,
    min_price: Annotated[float | None, typer.Option(min=0)] = None,
    max_price: Annotated[float | None, typer.Option(min=0)] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217, where the shop has several.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Any part of a category path; repeatable.")] = None,
    brand: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="name=value; repeatable.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="A word no product may speak of; repeatable.")] = None,
    on_sale: Annotated[bool, typer.Option("--on-sale")] = False,
    in_stock: Annotated[bool, typer.Option("--in-stock")] = False,
    not_bought_by: Annotated[str | None, typer.Option(help="Leave out what this customer has bought.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Take the words as words: read no limits out of them.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search the catalog. "light gifts under 30 for tea lovers" is understood as it is meant."""
    asked = _asked(
        q=query, k=k, min_price=min_price, max_price=max_price, currency=currency, category=category or (),
        brand=brand or (), attribute=attribute or (), exclude_word=without or (), on_sale=on_sale, in_stock=in_stock,
        not_bought_by=not_bought_by, understand=not plain,
    )  # fmt: skip
    result = asyncio.run(_search(read_settings(home), asked, as_json))
    emit(result, as_json, lambda console: _show(console, result))


def _asked(**fields: Any) -> SearchQuery:
    """Raises InvalidInput naming the option."""
    for name in ("min_price", "max_price"):
        fields[name] = None if fields[name] is None else Decimal(str(fields[name]))
    try:
        return SearchQuery(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        option = f"--{str(first['loc'][0]).replace('_', '-')}"
        raise InvalidInput(f"{option}: {first['msg']}", pointer=option, fix="Correct this option.") from error


async def _search(settings: Settings, asked: SearchQuery, as_json: bool) -> SearchResult:
    async with open_house(settings) as house:
        note = nullcontext() if as_json else err().status("loading the model that reads the question")
        async with house.database.session(readonly=True) as session:
            with note:
                # One question is all this process answers, so it waits for the model where a server would not.
                return await searching.search(house.catalog, session, asked, patience=None)


def _show(console: Console, result: SearchResult) -> None:
    if result.understood is not None:
        show_understood(console, result.understood)
    console.print(f"Ranked by: {result.query or 'popularity'}", highlight=False, markup=False)
    for written, meant in result.mended.items():
        console.print(f"No product has “{written}”; searched for “{meant}”.", highlight=False, markup=False)
    if result.unknown:
        console.print(f"No product speaks of: {', '.join(result.unknown)}.", highlight=False, markup=False)
    if not result.data:
        console.print("Nothing was found.")
        return
    now = clock.now()
    columns = ("score", "product", "price", "category", "why")
    console.print(table(columns, [_row(hit, now) for hit in result.data]))


def show_understood(console: Console, understood: Understood) -> None:
    """What became a limit, with its words, and what did not."""
    rows = [(one.kind.replace("_", " "), one.value, f"“{one.words}”") for one in understood.constraints]
    rows += [("not understood", "", f"“{one.words}”: {one.why}") for one in understood.not_understood]
    if rows:
        console.print(table(("understood as", "value", "from"), rows))


def _row(hit: SearchHit, now: datetime) -> tuple[str, ...]:
    product = hit.product
    why = [f"says {', '.join(hit.words)}"] if hit.words else []
    if hit.cosine is not None:
        why.append(f"meaning {hit.cosine:.2f}")
    name = f"{product.title} ({product.id})"
    return f"{hit.score:.3f}", name, _price(product, now), product.category() or "", "; ".join(why)


def _price(product: Product, now: datetime) -> str:
    price = product.current_price(now)
    if price is None:
        return "–"
    before = product.compare_at(now)
    stock = "" if product.availability == "in_stock" else ", not in stock"
    return f"{price} {product.currency or ''}" + (f" (was {before})" if before else "") + stock
