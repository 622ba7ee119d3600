"""Its pages out of templates: autoescaped, kept nowhere, asked of nobody else, and found by no search engine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.own_page.texts import words
from api.studio.rendering import static
from composer.links import OWN_PAGE
from memory.account.words import words as account_words

STATIC = f"/{OWN_PAGE}/static"
"""Where its looks come from: not the studio's path, which a shop may keep to itself."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # Without these, an address with a customer's token could be kept, passed on or found.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(look=_look)
    return made


def _look(name: str) -> str:
    """Its address from `/m/`."""
    return f"static/{static(name).partition('/static/')[2]}"


def page(template: str, tag: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for a reader with this BCP 47 tag.

    Templates know its texts as `t`, those of what is remembered as `told`, and what is passed.
    """
    texts = {"t": words(tag), "told": account_words(tag)}
    return HTMLResponse(_environment().get_template(template).render(**texts, **values), status, HEADERS)
