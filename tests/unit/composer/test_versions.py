"""What differs between two versions of a campaign."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.brief_text import Understood
from catalog.model import Limits
from composer.campaigns import CampaignVersion
from composer.documents import Brief, Meant, Offer
from composer.versions import Difference, Piece, brand_differences, brand_said, changed_words, differences
from tests.kit.factories import make_brand, make_campaign, make_version

TEN = Offer(id="ten", kind="percent", value=Decimal(10))


def test_the_same_version_differs_in_nothing() -> None:
    assert differences(make_version(), make_version()) == []


def test_each_changed_field_is_one_difference_with_what_it_was_and_is() -> None:
    before = make_version(brief=Brief(message="Hello.", holdout=0.1, offers=(TEN,)))
    offers = (TEN.model_copy(update={"code": "TEN"}), Offer(id="wrap", kind="gift", value="Gift wrap"))
    after = make_version(brief=Brief(message="Hello again.", holdout=0.1, offers=offers))
    found = {one.path: (one.before, one.after) for one in differences(before, after)}
    assert found["brief.message"] == ("Hello.", "Hello again.")
    assert found["brief.offers.ten.code"] == (None, "TEN")
    assert found["brief.offers.wrap.value"] == (None, "Gift wrap")
    assert "brief.holdout" not in found
    assert not any(path.startswith("brief.offers.ten.v") for path in found)


def test_a_count_that_was_written_differs_from_one_that_was_not() -> None:
    unwritten = make_version(brief=Brief.model_validate({"limits": {}}))
    written = make_version(brief=Brief.model_validate({"limits": {"count": 4}}))
    assert differences(unwritten, written) == [Difference("brief.limits.count", None, 4)]


def test_what_words_were_understood_as_follows_from_them_and_is_not_told_apart() -> None:
    understood = Understood(text="tea", limits=Limits(), query="tea")
    one, other = (Brief(products="tea", meant=Meant(understood=understood, products=count)) for count in (3, 5))
    assert differences(make_version(brief=one), make_version(brief=other)) == []


def test_a_changed_brand_shows_too() -> None:
    brand = make_brand()
    other = brand.model_copy(update={"facts": ("We are small.",)})
    found = brand_differences(brand, other)
    assert [one.path for one in found] == ["brand.facts"]
    under_the_other = CampaignVersion(make_campaign(), other, 2)
    assert [one.path for one in differences(make_version(), under_the_other)] == ["brand.facts"]


def test_all_that_a_brand_says_is_told_and_nothing_that_it_leaves_open() -> None:
    brand = make_brand(facts=["We are small."])
    said = {one.path: one.after for one in brand_said(brand)}
    assert said["brand.facts"] == ["We are small."]
    assert said["brand.voice.description"] == brand.voice.description
    assert said["brand.consent_required"] is True
    assert not [path for path, value in said.items() if value in (None, "", [], {}, 0) and value is not False]


def test_changed_words_are_told_one_by_one() -> None:
    assert changed_words("a warm note", "a dry note, twice") == [
        Piece("same", "a "),
        Piece("removed", "warm"),
        Piece("added", "dry"),
        Piece("same", " "),
        Piece("removed", "note"),
        Piece("added", "note, twice"),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_pieces_make_up_both_texts(before: str, after: str) -> None:
    pieces = changed_words(before, after)
    assert "".join(one.text for one in pieces if one.kind != "added") == before
    assert "".join(one.text for one in pieces if one.kind != "removed") == after
