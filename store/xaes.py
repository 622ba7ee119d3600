"""XAES-256-GCM: AES-256-GCM with nonces long enough to be drawn at random for ever (c2sp.org/XAES-256-GCM).

Half of the 24 bytes makes a key of its own (NIST SP 800-108r1, a KDF in counter mode over CMAC), the other half is the
nonce under it. Whoever seals much keeps one derived key for many values: making one takes as long as sealing ten.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT_BYTES: Final = 12
"""Of the nonce: what the derived key is made from."""
NONCE_BYTES: Final = 12
"""Of the nonce: the rest, under the derived key."""
_BLOCK = 16
_REDUCTION = 0x87
"""Of CMAC's doubling (NIST SP 800-38B, 5.3)."""


def derived_cipher(key: bytes, salt: bytes) -> AESGCM:
    """AES-256-GCM under the key that `key` (32 bytes) has for the nonces that begin with `salt` (12 bytes)."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - blocks of a MAC, not a message
    doubled = int.from_bytes(encryptor.update(bytes(_BLOCK))) << 1
    if doubled >> 8 * _BLOCK:
        doubled = doubled ^ _REDUCTION ^ 1 << 8 * _BLOCK
    blocks = (b"\x00" + counter + b"X\x00" + salt for counter in (b"\x01", b"\x02"))
    masked = b"".join((int.from_bytes(block) ^ doubled).to_bytes(_BLOCK) for block in blocks)
    return AESGCM(encryptor.update(masked))
