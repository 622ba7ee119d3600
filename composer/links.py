"""Sealed tokens in links: opaque, short, no login, valid as long as the keyring's signing secret (RFC 8058).

AES-SIV (RFC 5297) is authenticated and deterministic: the same customer and campaign give the same link, so
that the same e-mail has the same bytes, and a customer id that happens to be an address stays hidden. Each purpose has
a key of its own: the link that ends e-mails opens nothing, and a pass is no link.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from composer.documents import Brand
from store.crypto import Keyring
from store.errors import NotAllowed

_SEPARATOR = "\x00"
OWN_PAGE = "m"
"""The first part of the own page's path."""
READABLE = timedelta(days=90)
"""After its e-mail was written, a link opens what is remembered for so long; choices can be made there for ever."""
PASS = timedelta(minutes=30)
"""So long somebody who proved who they are may read and change, without proving it again."""


class BadToken(NotAllowed):
    """The link was cut, changed or made by somebody else."""

    reason = "bad_token"


@dataclass(frozen=True)
class Link:
    """What a token holds: the shop's own customer id, and the campaign whose e-mail the link stood in."""

    customer: str
    campaign: str


@dataclass(frozen=True)
class OwnPageLink(Link):
    """What a token of the own page holds: also the day its e-mail was written."""

    written: date

    def opens(self, today: date) -> bool:
        """May what is remembered still be opened with it?"""
        return today - self.written <= READABLE


class Links:
    """Makes and reads the links of one installation."""

    def __init__(self, keyring: Keyring) -> None:
        self._unsubscribing, self._own_page, self._passes = (
            AESSIV(keyring.sign(purpose, b"aes-siv")[:32]) for purpose in ("links", "own page links", "own page passes")
        )

    def unsubscribe_url(self, brand: Brand, customer: str, campaign: str) -> str:
        """The link for `List-Unsubscribe` and the footer, on the brand's public URL."""
        return f"{str(brand.public_url).rstrip('/')}/u/{self.token(customer, campaign)}"

    def own_page_url(self, brand: Brand, customer: str, campaign: str, written: date) -> str:
        """The footer's link to what is remembered of the customer, on the brand's public URL."""
        token = self.own_page_token(customer, campaign, written)
        return f"{str(brand.public_url).rstrip('/')}/{OWN_PAGE}/{token}"

    def token(self, customer: str, campaign: str) -> str:
        """URL-safe; about 30 characters plus the two ids."""
        return _sealed(self._unsubscribing, customer, campaign)

    def own_page_token(self, customer: str, campaign: str, written: date) -> str:
        """As `token`, of the other purpose."""
        return _sealed(self._own_page, customer, campaign, written.isoformat())

    def read(self, token: str) -> Link:
        """Raises BadToken."""
        customer, campaign = _opened(self._unsubscribing, token, 2)
        return Link(customer, campaign)

    def read_own_page(self, token: str) -> OwnPageLink:
        """Raises BadToken."""
        customer, campaign, written = _opened(self._own_page, token, 3)
        return OwnPageLink(customer, campaign, date.fromisoformat(written))

    def pass_through(self, token: str, now: datetime) -> str:
        """For the forms of the own page behind `token`: that whoever sends them proved who they are, until then."""
        until = int((now + PASS).timestamp())
        return _sealed(self._passes, str(until), bound_to=token)

    def passes(self, token: str, pass_: str, now: datetime) -> bool:
        """Was this pass given for this link, and does it still hold?"""
        try:
            (until,) = _opened(self._passes, pass_, 1, bound_to=token)
        except BadToken:
            return False
        return now.timestamp() <= int(until)


def _sealed(cipher: AESSIV, *parts: str, bound_to: str = "") -> str:
    sealed = cipher.encrypt(_SEPARATOR.join(parts).encode(), [bound_to.encode()] if bound_to else None)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _opened(cipher: AESSIV, token: str, parts: int, *, bound_to: str = "") -> list[str]:
    """What was sealed; so many parts. Raises BadToken."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        opened = cipher.decrypt(sealed, [bound_to.encode()] if bound_to else None).decode().split(_SEPARATOR)
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise BadToken("This link is not valid.", fix="Open the link from the e-mail again.") from error
    if len(opened) != parts:
        raise BadToken("This link is not valid.", fix="Open the link from the e-mail again.")
    return opened
