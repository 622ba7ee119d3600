"""XAES-256-GCM: AES-256-GCM with nonces long enough to be drawn at random for ever (c2sp.org/XAES-256-GCM).

Half of the 24 bytes makes a key of its own (NIST SP 800-108r1, a KDF in counter mode over CMAC), the other half is the
nonce under it. Whoever seals much keeps one derived key for many values: making one takes as long as sealing ten.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC

SALT_BYTES: Final = 12
"""Of the nonce: what the derived key is made from."""
NONCE_BYTES: Final = 12
"""Of the nonce: the rest, under the derived key."""


def derived_cipher(key: bytes, salt: bytes) -> AESGCM:
    """AES-256-GCM under the key that `key` (32 bytes) has for the nonces that begin with `salt` (12 bytes)."""
    halves = []
    for counter in (b"\x00\x01", b"\x00\x02"):
        mac = CMAC(algorithms.AES(key))
        mac.update(counter + b"X\x00" + salt)
        halves.append(mac.finalize())
    return AESGCM(b"".join(halves))
