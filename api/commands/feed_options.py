"""Options that `import products` and `feeds add` share: what a shop says about its feed once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.feeds.mapping import load_mapping
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat

Format = Annotated[FeedFormat | None, typer.Option("--format", help="What the feed is. [default: read off the feed]")]
Currency = Annotated[str | None, typer.Option(help="For prices that name none: GBP, EUR …")]
ShopUrl = Annotated[str | None, typer.Option(help="https://shop.example, for links and images that are not whole.")]
Timezone = Annotated[str | None, typer.Option(help="Of dates that name none: Europe/Berlin …  [default: UTC]")]
Decimal = Annotated[str | None, typer.Option(help="The decimal mark of prices, . or , [default: read off each]")]
Mapping = Annotated[Path | None, typer.Option(help="A YAML file that says which of its columns is which field.")]


def read_options(*, mapping: Path | None, **given: Any) -> FeedOptions:
    """The options of a feed. Raises: BadMapping, BadFeedOption."""
    options = FeedOptions(**given)
    return options.mapped(load_mapping(mapping)) if mapping else options
