"""Links that cannot be forged, guessed or read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.links import BadToken, Link, Links, OwnPageLink
from store.crypto import Keyring
from tests.kit.factories import NOW

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


WRITTEN = date(2026, 11, 20)


@given(customer=ID, campaign=ID, written=st.dates())
def test_what_goes_into_a_link_of_the_own_page_comes_out(customer: str, campaign: str, written: date) -> None:
    assert LINKS.read_own_page(LINKS.own_page_token(customer, campaign, written)) == OwnPageLink(
        customer, campaign, written
    )


def test_the_same_e_mail_has_the_same_link() -> None:
    assert LINKS.own_page_token("c-1", "autumn", WRITTEN) == LINKS.own_page_token("c-1", "autumn", WRITTEN)


def test_a_token_of_one_purpose_is_refused_for_another() -> None:
    with pytest.raises(BadToken):
        LINKS.read(LINKS.own_page_token("c-1", "autumn", WRITTEN))
    with pytest.raises(BadToken):
        LINKS.read_own_page(LINKS.token("c-1", "autumn"))
    with pytest.raises(BadToken):
        LINKS.read_own_page(LINKS.pass_through("token", NOW))


def test_a_link_opens_what_is_remembered_for_ninety_days() -> None:
    link = OwnPageLink("c-1", "autumn", WRITTEN)
    assert link.opens(WRITTEN + timedelta(days=90))
    assert not link.opens(WRITTEN + timedelta(days=91))


@given(seconds=st.integers(min_value=0, max_value=7200))
def test_a_pass_holds_for_its_link_and_for_half_an_hour(seconds: int) -> None:
    given_pass = LINKS.pass_through("token", NOW)
    assert LINKS.passes("token", given_pass, NOW + timedelta(seconds=seconds)) == (seconds <= 1800)
    assert not LINKS.passes("another", given_pass, NOW)


@pytest.mark.parametrize("given_pass", ["", "=", "ä", "A" * 500])
def test_garbage_is_no_pass(given_pass: str) -> None:
    assert not LINKS.passes("token", given_pass, NOW)
