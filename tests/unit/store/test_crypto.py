"""The keyring: what it opens, what it refuses, what stays the same when it rotates."""

from __future__ import annotations

import base64
import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

import store.crypto
from store.crypto import (
    TOKEN_PREFIX_BYTES,
    BadKeyring,
    KeyFileMissing,
    Keyring,
    WrongKey,
    dump_keyring,
    load_keyring,
    parse_keyring,
    save_keyring,
)


def test_what_was_encrypted_decrypts_and_is_not_readable_meanwhile() -> None:
    keyring = Keyring.generate()
    token = keyring.encrypt(b"ada@example.org")
    assert b"ada" not in token
    assert keyring.decrypt(token) == b"ada@example.org"


def test_equal_values_encrypt_differently_so_that_rows_cannot_be_matched() -> None:
    keyring = Keyring.generate()
    assert keyring.encrypt(b"same") != keyring.encrypt(b"same")


def test_many_at_once_are_sealed_and_opened_as_one_by_one() -> None:
    ring = Keyring.generate()
    tokens = ring.encrypt_all([b"Ada", None, b"Ada", b""])
    assert tokens[1] is None
    assert tokens[0] != tokens[2]
    assert [None if token is None else ring.decrypt(token) for token in tokens] == [b"Ada", None, b"Ada", b""]
    assert ring.decrypt_all(tokens) == [b"Ada", None, b"Ada", b""]
    with pytest.raises(WrongKey):
        Keyring.generate().decrypt_all(tokens)


def first_token(ring: Keyring, data: bytes) -> bytes:
    """As `ring` sealed `data` before version 2 of its tokens."""
    key = base64.urlsafe_b64decode(ring.to_strings()[0])
    header = b"\x01" + sha256(b"penfriend key id" + key).digest()[:4]
    nonce = os.urandom(12)
    return header + nonce + AESGCMSIV(key).encrypt(nonce, data, header)


def test_what_was_sealed_before_opens_and_a_rotation_would_write_it_anew() -> None:
    ring = Keyring.generate()
    before = first_token(ring, b"Ada")
    assert ring.decrypt(before) == b"Ada"
    assert ring.rotated().decrypt(before) == b"Ada"
    assert ring.decrypt_all([before, None, ring.encrypt(b"Bob")]) == [b"Ada", None, b"Bob"]
    assert not ring.is_current(before)
    with pytest.raises(WrongKey):
        ring.decrypt(before[:-1] + bytes([before[-1] ^ 1]))


def test_no_two_tokens_begin_alike_whichever_process_wrote_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.crypto, "SEALED_UNDER_ONE", 40)
    ring = Keyring.generate()
    same_ring = Keyring.from_strings(ring.to_strings())
    drawn = [one.encrypt_all([b"same"] * 30) for one in (ring, same_ring) for _ in range(3)]
    tokens = [token for batch in drawn for token in batch if token] + [ring.encrypt(b"same") for _ in range(30)]
    assert len(tokens) == 210
    assert len({token[:TOKEN_PREFIX_BYTES] for token in tokens}) == len(tokens)
    # Thirty of the forty are used: the next thirty begin under another derived key, in both rings.
    assert len({token[:17] for token in tokens}) == 7
    assert set(same_ring.decrypt_all(tokens)) == {b"same"}


@pytest.mark.parametrize("length", [0, 1, 4, 5, 16, 17, 28, 29, 44])
def test_what_is_cut_short_is_refused(length: int) -> None:
    ring = Keyring.generate()
    for token in (ring.encrypt(b""), first_token(ring, b"")):
        with pytest.raises(WrongKey):
            ring.decrypt(token[: min(length, len(token) - 1)])


def test_a_flipped_bit_anywhere_is_noticed() -> None:
    keyring = Keyring.generate()
    token = keyring.encrypt(b"10.00 EUR")
    for position in range(len(token)):
        tampered = bytearray(token)
        tampered[position] ^= 1
        with pytest.raises(WrongKey):
            keyring.decrypt(bytes(tampered))


def test_a_strange_key_opens_nothing() -> None:
    with pytest.raises(WrongKey, match="key file"):
        Keyring.generate().decrypt(Keyring.generate().encrypt(b"x"))


def test_a_rotated_ring_reads_the_old_and_writes_the_new() -> None:
    old = Keyring.generate()
    new = old.rotated()
    before = old.encrypt(b"kept")
    assert new.decrypt(before) == b"kept"
    assert not new.is_current(before)
    after = new.encrypt(b"kept")
    assert new.is_current(after)
    with pytest.raises(WrongKey):
        old.decrypt(after)


def test_dropping_the_old_keys_closes_what_was_not_rewritten() -> None:
    old = Keyring.generate()
    with pytest.raises(WrongKey):
        old.rotated().newest_only().decrypt(old.encrypt(b"forgotten"))


def test_blind_indexes_and_signatures_survive_rotation() -> None:
    old = Keyring.generate()
    new = old.rotated().newest_only()
    assert new.blind_index("email", "ada@example.org") == old.blind_index("email", "ada@example.org")
    assert new.sign("unsubscribe", b"cus_1") == old.sign("unsubscribe", b"cus_1")


def test_a_blind_index_depends_on_value_purpose_and_keyring() -> None:
    keyring = Keyring.generate()
    indexes = {
        keyring.blind_index("email", "ada@example.org"),
        keyring.blind_index("email", "bob@example.org"),
        keyring.blind_index("phone", "ada@example.org"),
        Keyring.generate().blind_index("email", "ada@example.org"),
    }
    assert len(indexes) == 4


def test_text_and_back_is_the_same_ring() -> None:
    keyring = Keyring.generate().rotated()
    again = Keyring.from_strings(keyring.to_strings())
    assert again.decrypt(keyring.encrypt(b"x")) == b"x"
    assert again.blind_index("p", "v") == keyring.blind_index("p", "v")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is not"),
        ("[]", "this is not"),
        ('{"version": 2, "keys": []}', "version"),
        ('{"version": 1, "keys": []}', "exactly one"),
        ('{"version": 1, "keys": ["secret:AAAA", "secret:AAAA"]}', "exactly one"),
        ('{"version": 1, "keys": ["secret:!"]}', "base64"),
        ('{"version": 1, "keys": ["secret:AAAA"]}', "at least one key"),
        ('{"version": 1, "keys": ["KEY", "secret:AAAA"]}', "32 bytes"),
        ('{"version": 1, "keys": ["no", "secret:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}', "URL-safe base64"),
    ],
)
def test_a_damaged_keyring_says_what_is_wrong_and_never_shows_a_key(text: str, says: str) -> None:
    key = Keyring.generate().to_strings()[0]
    with pytest.raises(BadKeyring, match=says) as caught:
        parse_keyring(text.replace("KEY", key))
    assert key not in str(caught.value)


def test_its_repr_shows_no_key() -> None:
    keyring = Keyring.generate()
    assert not any(string in repr(keyring) for string in keyring.to_strings())


def test_a_key_file_is_for_its_owner_only_and_loads_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keyring = Keyring.generate()
    save_keyring(path, keyring)
    save_keyring(path, keyring.rotated())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keyring(path).decrypt(keyring.encrypt(b"x")) == b"x"
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


def test_a_missing_key_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing, match=r"nowhere\.json"):
        load_keyring(tmp_path / "nowhere.json")


def test_a_binary_key_file_is_refused_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadKeyring, match="not text"):
        load_keyring(path)


def test_the_environment_takes_the_content_of_the_file() -> None:
    keyring = Keyring.generate()
    assert parse_keyring(dump_keyring(keyring)).to_strings() == keyring.to_strings()


@pytest.mark.parametrize("token", [b"", b"\x01", b"\x01abcd", b"\x01abcd" + b"\x00" * 11, b"\x00" * 100])
def test_a_torn_token_is_refused_like_a_wrong_key(token: bytes) -> None:
    keyring = Keyring.generate()
    with pytest.raises(WrongKey):
        keyring.decrypt(token)
    with pytest.raises(WrongKey):
        keyring.decrypt(keyring.encrypt(b"")[: min(len(token), 32)])
