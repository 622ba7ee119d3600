"""Links that cannot be forged, guessed or read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.links import BadToken, Link, Links
from store.crypto import Keyring

LINKS = Links(Keyring.generate())
ID = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(customer=ID, campaign=ID)
def test_what_goes_in_comes_out(customer: str, campaign: str) -> None:
    assert LINKS.read(LINKS.token(customer, campaign)) == Link(customer, campaign)


@given(customer=ID, position=st.integers(min_value=0), char=st.sampled_from("AZaz09-_"))
def test_a_changed_token_is_refused(customer: str, position: int, char: str) -> None:
    token = LINKS.token(customer, "autumn")
    at = position % (len(token) - 1)
    changed = token[:at] + char + token[at + 1 :]
    if changed != token:
        with pytest.raises(BadToken):
            LINKS.read(changed)


def test_a_token_of_another_installation_is_refused() -> None:
    with pytest.raises(BadToken):
        Links(Keyring.generate()).read(LINKS.token("c-1", "autumn"))


@pytest.mark.parametrize("token", ["", "=", "a", "ä", "../../etc", "A" * 500])
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        LINKS.read(token)


def test_an_address_used_as_id_does_not_show_in_the_link() -> None:
    assert "maeve" not in LINKS.token("maeve@post.example", "autumn").lower()


def test_links_survive_a_key_rotation() -> None:
    ring = Keyring.generate()
    token = Links(ring).token("c-1", "autumn")
    assert Links(ring.rotated()).read(token).customer == "c-1"
