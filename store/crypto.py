"""Encryption at rest: a ring of keys, a keyed blind index, and signatures.

Columns are encrypted with Fernet (AES-128-CBC + HMAC-SHA256, authenticated) under the newest key and read
with any key of the ring, so keys rotate without downtime. Blind indexes and signatures derive from a secret
that never rotates, by HKDF (RFC 5869), one key a purpose: looking up an e-mail address works before, during
and after a rotation.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import DontWrapMixin

from store.errors import InvalidInput, NotAllowed, NotFound

SECRET_PREFIX = "secret:"  # noqa: S105 - a label, not a secret
SECRET_BYTES = 32
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


class Keyring:
    """Fernet keys, newest first, and the stable secret behind blind indexes and signatures."""

    def __init__(self, keys: Sequence[str], secret: bytes) -> None:
        """`keys`: URL-safe base64 Fernet keys, newest first, at least one; `secret`: 32 bytes."""
        if not keys:
            raise BadKeyring("A keyring needs at least one key.", fix="Run `penfriend keys generate`.")
        if len(secret) != SECRET_BYTES:
            raise BadKeyring(f"The keyring's secret must have {SECRET_BYTES} bytes.", fix="Restore the key file.")
        try:
            ciphers = [Fernet(key) for key in keys]
        except (ValueError, binascii.Error) as error:
            raise BadKeyring(
                "A key of the keyring is not a Fernet key (32 bytes, URL-safe base64).",
                fix="Restore the key file from your backup.",
            ) from error
        self._keys = tuple(keys)
        self._secret = secret
        self._newest = ciphers[0]
        self._all = MultiFernet(ciphers)
        self._derived: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} keys)"

    @classmethod
    def generate(cls) -> Self:
        """A fresh ring with one key."""
        return cls([Fernet.generate_key().decode()], secrets.token_bytes(SECRET_BYTES))

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
            secret = base64.b64decode(found[0], altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise BadKeyring("The keyring's secret is not base64.", fix="Restore the key file.") from error
        return cls(keys, secret)

    def to_strings(self) -> list[str]:
        """Keys newest first, then the secret, as text to keep somewhere safe."""
        return [*self._keys, SECRET_PREFIX + base64.urlsafe_b64encode(self._secret).decode()]

    def rotated(self) -> Keyring:
        """The same ring with a fresh key in front."""
        return Keyring([Fernet.generate_key().decode(), *self._keys], self._secret)

    def newest_only(self) -> Keyring:
        """The ring without its older keys, for after a finished rotation."""
        return Keyring(self._keys[:1], self._secret)

    def same_secret(self, other: Keyring) -> bool:
        """Do both find the same rows by blind index?"""
        return hmac.compare_digest(self._secret, other._secret)

    def encrypt(self, data: bytes) -> bytes:
        """A binary Fernet token under the newest key."""
        return base64.urlsafe_b64decode(self._newest.encrypt(data))

    def decrypt(self, token: bytes) -> bytes:
        """The plain bytes.

        Raises: WrongKey when no key fits or the token was changed.
        """
        try:
            return self._all.decrypt(base64.urlsafe_b64encode(token))
        except InvalidToken as error:
            raise WrongKey(
                "Stored data cannot be decrypted with this keyring.",
                fix="Use the key file this database was made with (`penfriend doctor` names it).",
            ) from error

    def is_current(self, token: bytes) -> bool:
        """Was this token made with the newest key?"""
        try:
            self._newest.decrypt(base64.urlsafe_b64encode(token))
        except InvalidToken:
            return False
        return True

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
