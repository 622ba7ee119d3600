"""Composed e-mails as a folder of pages to open: an overview, and each e-mail with its "why" beside it.

The pages need nothing but themselves: styles are inside, pictures are data URIs, and a content security policy
forbids every request. The e-mails lie in sandboxed frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from composer.contract import ComposeResult
from demo.preview.embed import Pictures
from demo.preview.views import MailView, Overview

INDEX = "index.html"


def write(
    results: Iterable[ComposeResult],
    folder: Path,
    *,
    pictures: Path | None = None,
    names: Mapping[str, str] | None = None,
    shop: str = "Hollin Row",
) -> Path:
    """Write the pages and return the path of the overview. Takes what `pages` takes.

    The folder is made if need be; pages of an earlier call are overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages(results, pictures=pictures, names=names, shop=shop).items():
        (folder / name).write_text(page, encoding="utf-8")
    return folder / INDEX


def pages(
    results: Iterable[ComposeResult],
    *,
    pictures: Path | None = None,
    names: Mapping[str, str] | None = None,
    shop: str = "Hollin Row",
) -> dict[str, str]:
    """The pages by file name.

    `pictures` holds `<product id>.jpg`; images from elsewhere are not shown. `names` maps customer ids to what
    the pages may call them.
    """
    shelf = Pictures(pictures)
    called = names or {}
    mails = [
        MailView(result, number, shelf, called.get(result.customer)) for number, result in enumerate(results, start=1)
    ]
    environment = _environment()
    overview = environment.get_template("index.html.jinja").render(overview=Overview(mails), shop=shop)
    page = environment.get_template("mail.html.jinja")
    before: list[MailView | None] = [None, *mails]
    after: list[MailView | None] = [*mails[1:], None]
    return {INDEX: overview} | {
        mail.file: page.render(mail=mail, before=one, after=other, shop=shop)
        for mail, one, other in zip(mails, before, after, strict=False)
    }


def _environment() -> Environment:
    """Escapes everything: subjects, names and facts are other people's text."""
    return Environment(
        loader=PackageLoader("demo", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
