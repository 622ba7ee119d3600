"""The cipher against the vectors of its specification (c2sp.org/XAES-256-GCM, "Test vectors")."""

from __future__ import annotations

import pytest

from store.xaes import NONCE_BYTES, SALT_BYTES, derived_cipher

NONCE = b"ABCDEFGHIJKLMNOPQRSTUVWX"


@pytest.mark.parametrize(
    ("key", "beside", "sealed"),
    [
        (b"\x01" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        # The doubled block overflows in this one.
        (b"\x03" * 32, b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ],
)
def test_it_is_the_cipher_of_the_specification(key: bytes, beside: bytes, sealed: str) -> None:
    salt, nonce = NONCE[:SALT_BYTES], NONCE[SALT_BYTES:]
    assert len(nonce) == NONCE_BYTES
    assert derived_cipher(key, salt).encrypt(nonce, b"XAES-256-GCM", beside).hex() == sealed
