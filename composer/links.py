"""Sealed tokens in links: opaque, short, no login, valid as long as the keyring's signing secret (RFC 8058).

AES-SIV (RFC 5297) is authenticated and deterministic: the same customer and campaign give the same link, so
that the same e-mail has the same bytes, and a customer id that happens to be an address stays hidden.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from composer.documents import Brand
from store.crypto import Keyring
from store.errors import NotAllowed

_SEPARATOR = "\x00"


class BadToken(NotAllowed):
    """The link was cut, changed or made by somebody else."""

    reason = "bad_token"


@dataclass(frozen=True)
class Link:
    """What a token holds: the shop's own customer id, and the campaign whose e-mail the link stood in."""

    customer: str
    campaign: str


class Links:
    """Makes and reads the links of one installation."""

    def __init__(self, keyring: Keyring) -> None:
        self._cipher = AESSIV(keyring.sign("links", b"aes-siv")[:32])

    def unsubscribe_url(self, brand: Brand, customer: str, campaign: str) -> str:
        """The link for `List-Unsubscribe` and the footer, on the brand's public URL."""
        return f"{str(brand.public_url).rstrip('/')}/u/{self.token(customer, campaign)}"

    def token(self, customer: str, campaign: str) -> str:
        """URL-safe; about 30 characters plus the two ids."""
        sealed = self._cipher.encrypt(f"{customer}{_SEPARATOR}{campaign}".encode(), None)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, token: str) -> Link:
        """Raises BadToken."""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            customer, campaign = self._cipher.decrypt(sealed, None).decode().split(_SEPARATOR)
        except (binascii.Error, ValueError, InvalidTag) as error:
            raise BadToken("This link is not valid.", fix="Open the link from the e-mail again.") from error
        return Link(customer, campaign)
