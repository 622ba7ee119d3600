"""Blocks to e-mail: the same values through the layout's HTML and its text.

MJML is compiled once per layout; per e-mail Jinja fills it (everything escaped) and css-inline moves the styles
into the tags. In that order: css-inline parses HTML5 and would move loops out of tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from css_inline import CSSInliner
from mjml import mjml2html
from pydantic import BaseModel, ConfigDict, Field

from composer.colors import dark_palette, light_palette
from composer.documents import Brand
from composer.formats import day, locale_of, money, offer_phrase
from composer.names import clean_first_name, fill_first_name
from composer.stencil import SPACER, Stencils
from evals.checks.links import why_foreign
from evals.draft import Draft
from evals.snapshot import OfferFacts, ProductFacts
from prompts.environment import html_environment, sentence_case, text_environment
from prompts.model import Layout
from prompts.wording import ENGLISH, Wording
from store.errors import InvalidInput

ALLOWED_TAGS = frozenset(
    {
        "mjml", "mj-head", "mj-title", "mj-breakpoint", "mj-attributes", "mj-all", "mj-class", "mj-style", "mj-raw",
        "mj-body", "mj-wrapper", "mj-section", "mj-column", "mj-group", "mj-text", "mj-image", "mj-button",
        "mj-divider", "mj-spacer",
    }
)  # fmt: skip
"""MJML drops a tag it does not know without a word, so a misspelt one would lose content."""

_TAG = re.compile(r"<(mj[\w-]*)")
_FRAMES = 16
"""Brands and languages whose rendered frames are kept."""
_PREHEADER_ROOM = 130
"""Characters of preview line that inboxes show: what the preheader leaves free is filled with invisible spacers,
or the first words of the body would follow it."""


class InvalidLayout(InvalidInput):
    """The layout cannot be compiled: names the line and what to do."""

    reason = "invalid_layout"


class Value(BaseModel):
    """Immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rendering(Value):
    """Everything that goes into one finished e-mail."""

    brand: Brand
    draft: Draft
    products: tuple[ProductFacts, ...] = ()
    """The picks in their order, 0 to 6."""
    offer: OfferFacts | None = None
    first_name: str | None = None
    """As stored: untrusted, cleaned here."""
    locale: str = "en-US"
    """BCP 47: formats of money and dates, language of the frame."""
    unsubscribe_url: str
    preferences_url: str | None = None
    links: Mapping[str, str] = Field(default_factory=dict)
    """Product id to the URL to link to, where it differs from the product's own (tracking)."""
    cta_url: str | None = None
    """Where the main button leads; by default to a single pick, else to the shop."""
    cta_product: str | None = None
    """Id of the pick that the main button leads to, where it names one."""


class Rendered(Value):
    """The finished e-mail, without headers."""

    subject: str
    preheader: str
    html: str
    text: str


class _Frame(NamedTuple):
    """What all e-mails of one brand in one language share."""

    brand: Brand
    locale: str
    values: dict[str, Any]
    strings: Mapping[str, str]
    wording: Wording
    stencils: Stencils


class Renderer:
    """Compiles a layout once, renders it for everyone. Thread-safe: it holds no state of an e-mail."""

    def __init__(self, layout: Layout, wording: Callable[[str], Wording] = lambda _: ENGLISH) -> None:
        """`wording` gives the words of a locale: a library's.

        Raises InvalidLayout for a tag that MJML would silently drop, or markup that it refuses."""
        _check_tags(layout)
        try:
            # Without `fonts` MJML adds an import from Google Fonts for every family it recognises (Roboto, Lato …).
            compiled = mjml2html(layout.mjml, fonts={})
        except ValueError as error:
            raise InvalidLayout(f"Layout {layout.name}: {error}", fix="Correct the MJML.") from error
        self._strings = layout.strings
        self._wording = wording
        self._html = html_environment().from_string(_mended(compiled))
        self._text = text_environment().from_string(layout.text_template)
        self._inliner = CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)
        self._frames: tuple[_Frame, ...] = ()

    def render(self, rendering: Rendering) -> Rendered:
        """The HTML and text of one e-mail: a pure function of `rendering` and the layout.

        Raises InvalidInput when the draft lacks a block.
        """
        frame = self._frame(rendering.brand, rendering.locale)
        own = _own_values(rendering, frame.strings, frame.wording)
        return Rendered(
            subject=own["subject"],
            preheader=own["preheader"],
            html=frame.stencils.html(own),
            text=_tidy(self._text.render(frame.values, **own)),
        )

    def _frame(self, brand: Brand, locale: str) -> _Frame:
        """Found by the brand itself: all e-mails of a campaign version are given the same one."""
        known = next((frame for frame in self._frames if frame.brand is brand and frame.locale == locale), None)
        if known is not None:
            return known
        language = locale_of(locale).language
        strings = self._strings.get(language, self._strings["en"])
        wording = self._wording(locale)
        values = _frame_values(brand, locale, strings)
        frame = _Frame(brand, locale, values, strings, wording, Stencils(self._inlined, values))
        self._frames = (frame, *self._frames[: _FRAMES - 1])
        return frame

    def _inlined(self, values: Mapping[str, Any]) -> str:
        return self._inliner.inline(self._html.render(values))


def _frame_values(brand: Brand, tag: str, strings: Mapping[str, str]) -> dict[str, Any]:
    direction = locale_of(tag).text_direction
    return {
        "lang": tag,
        "dir": direction,
        "start": "right" if direction == "rtl" else "left",
        "c": light_palette(brand.colors),
        "dark": dark_palette(brand.colors),
        "s": {**strings, "sent_by": strings["sent_by"].replace("{sender}", brand.sender.name)},
        "brand": _brand_values(brand),
    }


def _own_values(rendering: Rendering, strings: Mapping[str, str], wording: Wording) -> dict[str, Any]:
    """What differs from e-mail to e-mail."""
    name = clean_first_name(rendering.first_name)
    preheader = _block(rendering, "preheader", name)
    return {
        "greeting": strings["greeting_named"].replace("{name}", name) if name else strings["greeting"],
        "subject": _block(rendering, "subject", name),
        "preheader": preheader,
        SPACER: max(0, _PREHEADER_ROOM - len(preheader)),
        "opening": _paragraphs(_block(rendering, "opening", name), wording),
        "closing": _paragraphs(_block(rendering, "closing", name), wording),
        "single": len(rendering.products) == 1,
        "products": [_product_values(rendering, product, name, wording) for product in rendering.products],
        "offer": _offer_values(rendering, strings, wording),
        "cta": {"text": _block(rendering, "cta", name), "url": _cta_url(rendering)},
        "unsubscribe_url": rendering.unsubscribe_url,
        "preferences_url": rendering.preferences_url,
    }


def _mended(compiled: str) -> str:
    """MJML's output with what validators rightly find: attributes that HTML does not have, values they cannot have.

    Its reset styles stay in the head, as MJML means them to: written into every cell they are a third of an e-mail.
    """
    compiled = compiled.replace(' height="auto"', "").replace(' vertical-align="middle"', "")
    return compiled.replace("<style", '<style data-css-inline="ignore"', 1)


def _check_tags(layout: Layout) -> None:
    for number, line in enumerate(layout.mjml.splitlines(), start=1):
        for tag in _TAG.findall(line):
            if tag not in ALLOWED_TAGS:
                raise InvalidLayout(
                    f"Layout {layout.name} has an unknown tag <{tag}>.",
                    pointer=f"line {number}",
                    fix=f"Use one of {', '.join(sorted(ALLOWED_TAGS))}.",
                )


def _block(rendering: Rendering, key: str, name: str | None) -> str:
    block = rendering.draft.get(key)
    if block is None:
        raise InvalidInput(f"The draft has no {key}.", pointer=f"/draft/{key}", fix="Add the block.")
    return fill_first_name(block.text, name).strip()


def _paragraphs(text: str, wording: Wording) -> list[str]:
    return [wording.spaced(line) for line in text.splitlines() if line.strip()]


def _brand_values(brand: Brand) -> dict[str, Any]:
    return {
        "name": brand.name,
        "url": str(brand.url),
        "logo_url": str(brand.logo_url) if brand.logo_url else None,
        "postal_address": brand.postal_address,
        "legal_lines": brand.legal_lines,
    }


def _product_values(rendering: Rendering, product: ProductFacts, name: str | None, wording: Wording) -> dict[str, Any]:
    price, before = product.price, product.compare_at_price
    reduced = price is not None and before is not None and before > price
    return {
        "name": product.name,
        "url": _web_url(rendering.links.get(product.id, product.url)) or str(rendering.brand.url),
        "image": _picture(product.image_url or "", rendering.brand),
        "reason": sentence_case(wording.nested(product.reason.strip())),
        "price": money(price, product.currency, rendering.locale) if price is not None else "",
        "compare_at": money(before, product.currency, rendering.locale) if before and reduced else "",
        "pitch": _paragraphs(_block(rendering, f"pitch:{product.id}", name), wording),
    }


def _offer_values(rendering: Rendering, strings: Mapping[str, str], wording: Wording) -> dict[str, str] | None:
    offer = rendering.offer
    if offer is None:
        return None
    last = wording.dated(day(offer.expires, rendering.locale)) if offer.expires else ""
    expires = strings["expires"].replace("{date}", last) if last else ""
    return {
        "title": sentence_case(offer_phrase(offer, rendering.brand.currency, rendering.locale, wording)),
        "code": offer.code or "",
        "expires": expires,
        "terms": offer.terms,
    }


def _cta_url(rendering: Rendering) -> str:
    if rendering.cta_url:
        return rendering.cta_url
    named = [product for product in rendering.products if product.id == rendering.cta_product] or rendering.products
    if len(named) == 1:
        only = named[0]
        return _web_url(rendering.links.get(only.id, only.url)) or str(rendering.brand.url)
    return str(rendering.brand.url)


def _web_url(url: str) -> str | None:
    """The URL when it is one for the web: a feed may hold `javascript:` or nothing at all."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in ("http", "https") and parts.netloc else None


def _picture(url: str, brand: Brand) -> str | None:
    """The address when mail clients will fetch it and nothing hides in it, wherever the shop keeps its pictures."""
    address = _web_url(url)
    host = urlsplit(address).hostname if address else None
    sound = host is not None and why_foreign(url.strip(), host, own_hosts=(brand.public_url.host or "",)) is None
    return address if sound else None


def _tidy(text: str) -> str:
    """No trailing spaces but those of the signature mark (RFC 3676, 4.3), no more than one empty line in a row."""
    lines = [line if line == "-- " else line.rstrip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
