"""A person is found in bytes however they are written there, and nobody else is taken for them."""

from __future__ import annotations

import base64
import json
import zlib
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.crypto import TOKEN_PREFIX_BYTES, Keyring
from store.evidence import Identifier, Search, Wanted
from store.table_search import plain

ADDRESS = "ada@example.com"
ZOE = "Zoë Ångström"


def search(*texts: str, traces: tuple[str, ...] = (), tokens: frozenset[bytes] = frozenset()) -> Search:
    return Search(Wanted(tuple(Identifier("it", text) for text in texts), traces, tokens))


WRITTEN = {
    "utf-8": ADDRESS.encode(),
    "upper case": ADDRESS.upper().encode(),
    "utf-16-le": ADDRESS.encode("utf-16-le"),
    "utf-16-be": ADDRESS.upper().encode("utf-16-be"),
    "percent": quote(ADDRESS, safe="").encode(),
    "percent in lower case": quote(ADDRESS, safe="").lower().encode(),
    "json": json.dumps({"a": ZOE}).encode(),
    "base64 of upper case": base64.b64encode(ADDRESS.upper().encode()),
    "URL-safe base64": base64.urlsafe_b64encode(b"\xff\xfe" + ADDRESS.encode() + b"\xff"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_it_is_found_however_it_is_written(how: str) -> None:
    assert search(ADDRESS, ZOE).in_bytes(b"\x00before" + WRITTEN[how] + b"after\xff")


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_it_is_found_in_base64_wherever_it_begins(before: bytes, after: bytes) -> None:
    looked = search(ADDRESS)
    assert looked.in_bytes(base64.b64encode(before + ADDRESS.encode() + after))
    assert looked.in_bytes(base64.urlsafe_b64encode(before + ADDRESS.encode() + after))


@given(st.binary(max_size=200))
def test_nothing_is_found_where_it_is_not(data: bytes) -> None:
    assert not search(ADDRESS, "customer-12345").in_bytes(data)


def test_a_longer_number_is_another_customer() -> None:
    looked = search("customer-1")
    assert not looked.in_bytes(b"customer-10 customer-123")
    assert looked.in_bytes(b"customer-10 customer-1, customer-12")
    assert not looked.in_text(b"customer-10")
    assert looked.in_text(b'{"userId":"customer-1"}')


def test_in_a_value_an_address_within_another_is_somebody_else() -> None:
    assert not search(ADDRESS).in_text(b"nada@example.com and ada@example.community")
    assert search(ADDRESS).in_text(b"write to <ADA@example.com>")


def test_a_short_id_is_found_as_a_whole_value_only() -> None:
    looked = search("42")
    assert looked.in_text(b"42")
    assert looked.in_text(b'{"userId":"42"}')
    assert not looked.in_text(b'{"price":42,"id":"421"}')
    assert not looked.in_bytes(b"42")


def test_an_encrypted_value_is_found_by_its_beginning() -> None:
    keyring = Keyring.generate()
    hers, theirs = keyring.encrypt(b"hers"), keyring.encrypt(b"theirs")
    looked = search(tokens=frozenset({hers[:TOKEN_PREFIX_BYTES]}))
    assert looked.in_bytes(b"..." + hers + b"...")["encrypted value", "ciphertext"] == 1
    assert not looked.in_bytes(theirs)


def test_values_are_decrypted_and_inflated() -> None:
    keyring = Keyring.generate()
    document = orjson.dumps({"to": ADDRESS})
    assert plain(keyring.encrypt(zlib.compress(document)), keyring) == document
    assert plain({"to": ADDRESS}, keyring) == document
    assert plain(b"\x01 no token of ours", keyring) == b"\x01 no token of ours"
    assert plain(b"\x78 no deflated bytes", keyring) == b"\x78 no deflated bytes"


def test_what_is_wanted_survives_being_kept() -> None:
    wanted = Wanted((Identifier("e-mail address", ADDRESS),), ("m-1",), frozenset({b"\x01\x02"}))
    assert Wanted.from_json(orjson.loads(orjson.dumps(wanted.to_json()))) == wanted
