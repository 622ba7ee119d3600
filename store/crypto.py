"""Encryption at rest: a ring of keys, a keyed blind index, and signatures.

Columns are encrypted with XAES-256-GCM (`store.xaes`: authenticated, nonces drawn at random without a limit) under the
newest key and read with any key of the ring, so keys rotate without downtime. Blind indexes and signatures derive from
a secret that never rotates, by HKDF (RFC 5869), one key a purpose: looking up an e-mail address works before, during
and after a rotation.

A token is version (1 byte) | key id (4) | nonce (24) | ciphertext and tag. Those of version 1 are AES-256-GCM-SIV (RFC
8452) with a nonce of 12 bytes: they are read, and count as of an older key, so that a rotation writes them anew.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import DontWrapMixin

from store.errors import InvalidInput, NotAllowed, NotFound
from store.xaes import NONCE_BYTES, SALT_BYTES, derived_cipher

SECRET_PREFIX = "secret:"  # noqa: S105 - a label, not a secret
SECRET_BYTES = 32
KEY_BYTES = 32
TOKEN_VERSION, FIRST_VERSION = b"\x02", b"\x01"
KEY_ID_BYTES = 4
HEADER_BYTES = len(TOKEN_VERSION) + KEY_ID_BYTES
TOKEN_PREFIX_BYTES = HEADER_BYTES + SALT_BYTES + NONCE_BYTES
"""By so many bytes a token is told from every other: its header and its nonce."""
DERIVED_KEYS_KEPT = 1_024
"""For reading, some 2.5 kB each: one for each process that ever wrote."""
SEALED_UNDER_ONE = 2**30
"""Values under one derived key, of the 2^32 that NIST SP 800-38D allows where nonces are drawn at random."""
FILE_VERSION = 1
FILE_MODE = 0o600


class WrongKey(NotAllowed, DontWrapMixin):
    """No key of the ring opens this, or it was tampered with."""

    reason = "wrong_key"


class BadKeyring(InvalidInput):
    """The key file or setting is not a keyring."""

    reason = "bad_keyring"


class KeyFileMissing(NotFound):
    """There is no key file at this path."""

    reason = "key_file_missing"


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _decode(text: str) -> bytes:
    """Strict base64: the lenient kind skips what it does not know and yields another key."""
    return base64.b64decode(text, altchars=b"-_", validate=True)


def _raw(key: str) -> bytes:
    """The bytes of a key.

    Raises: BadKeyring.
    """
    try:
        raw = _decode(key)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise BadKeyring(
            f"A key of the keyring is not {KEY_BYTES} bytes in URL-safe base64.",
            fix="Restore the key file from your backup.",
        )
    return raw


def _id_of(key: bytes) -> bytes:
    return sha256(b"penfriend key id" + key).digest()[:KEY_ID_BYTES]


def _derivation(keys: dict[bytes, bytes]) -> Callable[[bytes], AESGCM]:
    """Ciphers by how a token begins, kept: version, id of one of `keys`, and salt. KeyError for any other key's."""

    @lru_cache(maxsize=DERIVED_KEYS_KEPT)
    def cipher_of(beginning: bytes) -> AESGCM:
        return derived_cipher(keys[beginning[:HEADER_BYTES]], beginning[HEADER_BYTES:])

    return cipher_of


def _wrong_key() -> WrongKey:
    return WrongKey(
        "Stored data cannot be decrypted with this keyring.",
        fix="Use the key file this database was made with (`penfriend doctor` names it).",
    )


class Keyring:
    """Encryption keys, newest first, and the stable secret behind blind indexes and signatures."""

    def __init__(self, keys: Sequence[str], secret: bytes) -> None:
        """`keys`: 32 bytes each in URL-safe base64, newest first, at least one; `secret`: 32 bytes."""
        if not keys:
            raise BadKeyring("A keyring needs at least one key.", fix="Run `penfriend keys generate`.")
        if len(secret) != SECRET_BYTES:
            raise BadKeyring(f"The keyring's secret must have {SECRET_BYTES} bytes.", fix="Restore the key file.")
        self._keys = tuple(keys)
        self._secret = secret
        raw = [_raw(key) for key in keys]
        self._header = TOKEN_VERSION + _id_of(raw[0])
        self._cipher_of = _derivation({TOKEN_VERSION + _id_of(key): key for key in raw})
        self._first_ciphers = {FIRST_VERSION + _id_of(key): AESGCMSIV(key) for key in raw}
        self._beginning, self._left = b"", 0
        self._derived: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} keys)"

    @classmethod
    def generate(cls) -> Self:
        """A fresh ring with one key."""
        return cls([_new_key()], secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def from_strings(cls, strings: Sequence[str]) -> Self:
        """The inverse of `to_strings`.

        Raises: BadKeyring when the secret is missing or a key is malformed.
        """
        keys = [string for string in strings if not string.startswith(SECRET_PREFIX)]
        found = [string.removeprefix(SECRET_PREFIX) for string in strings if string.startswith(SECRET_PREFIX)]
        if len(found) != 1:
            raise BadKeyring(
                f"A keyring needs exactly one `{SECRET_PREFIX}` entry, found {len(found)}.",
                fix="Restore the key file: without it no customer can be found by e-mail address.",
            )
        try:
            secret = _decode(found[0])
        except ValueError as error:
            raise BadKeyring("The keyring's secret is not base64.", fix="Restore the key file.") from error
        return cls(keys, secret)

    def to_strings(self) -> list[str]:
        """Keys newest first, then the secret, as text to keep somewhere safe."""
        return [*self._keys, SECRET_PREFIX + base64.urlsafe_b64encode(self._secret).decode()]

    def rotated(self) -> Keyring:
        """The same ring with a fresh key in front."""
        return Keyring([_new_key(), *self._keys], self._secret)

    def newest_only(self) -> Keyring:
        """The ring without its older keys, for after a finished rotation."""
        return Keyring(self._keys[:1], self._secret)

    def same_secret(self, other: Keyring) -> bool:
        """Do both find the same rows by blind index?"""
        return hmac.compare_digest(self._secret, other._secret)

    def encrypt(self, data: bytes) -> bytes:
        """A token under the newest key, 45 bytes longer than `data`."""
        beginning = self._begin(1)
        nonce = os.urandom(NONCE_BYTES)
        return beginning + nonce + self._cipher_of(beginning).encrypt(nonce, data, self._header)

    def encrypt_all(self, values: Sequence[bytes | None]) -> list[bytes | None]:
        """A token of each, None of None. Nonces are drawn together: asking the system takes as long as sealing."""
        drawn, header, beginning = os.urandom(NONCE_BYTES * len(values)), self._header, self._begin(len(values))
        seal = self._cipher_of(beginning).encrypt
        nonces = (drawn[start : start + NONCE_BYTES] for start in range(0, len(drawn), NONCE_BYTES))
        return [
            None if value is None else b"".join((beginning, nonce, seal(nonce, value, header)))
            for value, nonce in zip(values, nonces, strict=True)
        ]

    def _begin(self, values: int) -> bytes:
        """How the next `values` tokens begin: a salt of this process, another before it is used up."""
        if self._left < values:
            self._beginning, self._left = self._header + os.urandom(SALT_BYTES), SEALED_UNDER_ONE
        self._left -= values
        return self._beginning

    def decrypt_all(self, tokens: Sequence[bytes | None]) -> list[bytes | None]:
        """The plain bytes of each, None of None.

        Raises: WrongKey when no key fits one of them or it was changed.
        """
        return [None if token is None else self.decrypt(token) for token in tokens]

    def decrypt(self, token: bytes) -> bytes:
        """The plain bytes.

        Raises: WrongKey when no key fits or the token was changed.
        """
        header, salted = token[:HEADER_BYTES], HEADER_BYTES + SALT_BYTES
        try:
            if token[:1] == FIRST_VERSION:
                return self._first_ciphers[header].decrypt(token[HEADER_BYTES:salted], token[salted:], header)
            cipher = self._cipher_of(token[:salted])
            return cipher.decrypt(token[salted:TOKEN_PREFIX_BYTES], token[TOKEN_PREFIX_BYTES:], header)
        except (KeyError, InvalidTag, ValueError) as error:
            raise _wrong_key() from error

    def is_current(self, token: bytes) -> bool:
        """Was this token made with the newest key, in the newest way?"""
        return token[:HEADER_BYTES] == self._header

    def blind_index(self, purpose: str, value: str) -> str:
        """Hex HMAC-SHA256 of `value`, equal for equal values; the caller normalises (lower case …) first."""
        return self.sign(f"index:{purpose}", value.encode()).hex()

    def sign(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 of `data` under a key of its own for `purpose`. Compare with `hmac.compare_digest`."""
        return hmac.digest(self._key_for(purpose), data, sha256)

    def _key_for(self, purpose: str) -> bytes:
        key = self._derived.get(purpose)
        if key is None:
            derive = HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=f"penfriend:{purpose}".encode())
            key = self._derived[purpose] = derive.derive(self._secret)
        return key


def parse_keyring(text: str) -> Keyring:
    """A keyring from the JSON of a key file, or of an environment variable.

    Raises: BadKeyring.
    """
    try:
        document = json.loads(text)
        if document["version"] != FILE_VERSION:
            raise BadKeyring(f"Unknown keyring version {document['version']!r}.", fix="Upgrade Penfriend.")
        strings = [str(key) for key in document["keys"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BadKeyring(
            'A keyring is JSON like {"version": 1, "keys": [...]}; this is not.',
            fix="Restore the key file from your backup, or set the variable to its whole content.",
        ) from error
    return Keyring.from_strings(strings)


def dump_keyring(keyring: Keyring) -> str:
    """The JSON that `parse_keyring` reads."""
    return json.dumps({"version": FILE_VERSION, "keys": keyring.to_strings()}, indent=2)


def load_keyring(path: Path) -> Keyring:
    """Read a key file.

    Raises: KeyFileMissing, BadKeyring, NotAllowed when it may not be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise KeyFileMissing(
            f"There is no key file at {path}.",
            fix="Run `penfriend init`, or restore the file from your backup.",
        ) from error
    except PermissionError as error:
        raise NotAllowed(f"The key file {path} may not be read.", fix="Run as the user who owns it.") from error
    except UnicodeDecodeError as error:
        raise BadKeyring(f"The key file {path} is not text.", fix="Restore it from your backup.") from error
    return parse_keyring(text)


def save_keyring(path: Path, keyring: Keyring) -> None:
    """Write a key file that only its owner can read. Atomic: a crash leaves the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            file.write(dump_keyring(keyring))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
