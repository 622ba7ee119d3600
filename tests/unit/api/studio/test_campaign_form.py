"""Campaigns and brands as forms: nothing is lost on the way, and what is wrong is told at its field, in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.studio import brand_form
from api.studio.campaign_form import blank, new_id, offers_in, read_campaign, renumbered, values_of
from api.studio.campaign_words import chips, label_of, only_for, value_of
from api.studio.forms import Refused, Values
from catalog.brief_text import Constraint, Understood
from catalog.merchandising import Exclude, Narrowing, Selector
from catalog.model import Limits
from composer.documents import Brand, Brief, Campaign
from demo import documents
from tests.kit.factories import LIBRARY, make_brand

CAMPAIGNS = {campaign.id: campaign for campaign in documents.campaigns()}
WIN_BACK = CAMPAIGNS["win_back"]


def sent(changes: dict[str, str], campaign: Campaign = WIN_BACK) -> Campaign | Refused:
    """What comes of a campaign's form with some fields written over."""
    values = values_of(campaign).with_({name: (value,) for name, value in changes.items()})
    return read_campaign(values, campaign, LIBRARY.flow(campaign.flow))


def errors(changes: dict[str, str], campaign: Campaign = WIN_BACK) -> dict[str, str]:
    """What is wrong with it."""
    read = sent(changes, campaign)
    assert isinstance(read, Refused)
    return dict(read.errors)


@pytest.mark.parametrize("campaign", CAMPAIGNS.values(), ids=CAMPAIGNS)
def test_a_form_that_nobody_touched_says_the_same_campaign(campaign: Campaign) -> None:
    assert sent({}, campaign) == campaign


def test_what_the_form_does_not_show_stays_as_it_was() -> None:
    hidden = Narrowing(excludes=(Exclude(select=Selector(brands=("Varr Linen",))),))
    limits = Limits(only_ids=("a", "b"), kinds=("new",), currency="GBP")
    campaign = WIN_BACK.model_copy(update={"brief": Brief(limits=limits, merchandising=hidden)})
    changed = sent({"brief.message": "Hello again."}, campaign)
    assert isinstance(changed, Campaign)
    assert changed.brief.message == "Hello again."
    assert changed.brief.merchandising == hidden
    assert changed.brief.limits.only_ids == ("a", "b")
    assert changed.brief.limits.kinds == ("new",)


def test_a_count_that_is_emptied_is_left_to_the_flow() -> None:
    changed = sent({"brief.limits.count": ""})
    assert isinstance(changed, Campaign)
    assert "count" not in changed.brief.limits.model_fields_set


def test_boxes_that_were_ticked_in_another_order_are_no_change() -> None:
    brief = WIN_BACK.brief.model_copy(update={"angles": ("with_offer", "remembered")})
    campaign = WIN_BACK.model_copy(update={"brief": brief})
    as_browsers_send = values_of(campaign).with_({"brief.angles": ("remembered", "with_offer")})
    assert read_campaign(as_browsers_send, campaign, LIBRARY.flow("win_back")) == campaign


def test_shares_are_written_as_percentages() -> None:
    changed = sent({"brief.holdout": "12.5 %"})
    assert isinstance(changed, Campaign)
    assert changed.brief.holdout == 0.125
    assert values_of(changed).get("brief.holdout") == "12.5"


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("name", "", "needed"),
        ("brief.limits.max_price", "cheap", "number, such as 12.50"),
        ("brief.limits.count", "99", "at most 12"),
        ("brief.limits.count", "some", "whole number"),
        ("brief.holdout", "70", "at most 50 %"),
        ("brief.message", "x" * 501, "at most 500 characters"),
        ("brief.merchandising.show_cap.times", "3", ""),
        ("brief.offers.0.value", "", "above 0"),
        ("brief.offers.0.code", "lower case", "such as SUMMER-10"),
        ("brief.offers.0.starts", "soon", "Choose a day"),
        ("brief.offers.0.expires", "2020-01-01", "ends before it begins"),
        ("brief.offers.0.min_spend", "-1", "not below 0"),
        ("brief.limits.min_price", "-1", "not below 0"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(field: str, written: str, told: str) -> None:
    found = errors({"brief.offers.0.starts": "2026-01-01", field: written})
    if field.endswith("show_cap.times"):
        field = "brief.merchandising.show_cap.days"
    assert list(found) == [field]
    assert told in found[field]


def test_a_highest_price_below_the_lowest_is_told_at_the_highest() -> None:
    found = errors({"brief.limits.min_price": "20", "brief.limits.max_price": "10"})
    assert list(found) == ["brief.limits.max_price"]


def test_an_offer_that_the_flow_cannot_carry_is_told_at_its_kind() -> None:
    campaign = blank(LIBRARY.flow("browse_abandonment"), "hollin-row")
    offer = renumbered(values_of(campaign), new=True).with_({"brief.offers.0.value": ("10",)})
    read = read_campaign(offer, campaign, LIBRARY.flow("browse_abandonment"))
    assert isinstance(read, Refused)
    assert list(read.errors) == ["brief.offers.0.kind"]


def test_offers_come_and_go_and_are_counted_anew() -> None:
    two = renumbered(values_of(WIN_BACK), new=True).with_({"brief.offers.1.value": ("10",)})
    assert offers_in(two) == ["0", "1"]
    read = read_campaign(two, WIN_BACK, LIBRARY.flow("win_back"))
    assert isinstance(read, Campaign)
    assert [offer.id for offer in read.brief.offers] == ["come-back", "percent-10"]
    rest = read_campaign(renumbered(two, without="0"), WIN_BACK, LIBRARY.flow("win_back"))
    assert isinstance(rest, Campaign)
    assert [(offer.id, offer.value) for offer in rest.brief.offers] == [("percent-10", Decimal(10))]


def test_two_offers_of_one_name_are_told_at_the_second() -> None:
    two = renumbered(values_of(WIN_BACK), new=True)
    two = two.with_({"brief.offers.1.value": ("10",), "brief.offers.1.id": ("come-back",)})
    read = read_campaign(two, WIN_BACK, LIBRARY.flow("win_back"))
    assert isinstance(read, Refused)
    assert list(read.errors) == ["brief.offers.1.id"]


def test_ids_come_out_of_names_and_are_never_taken_twice() -> None:
    assert new_id("Frühling — für Teetrinker!", ()) == "fruhling-fur-teetrinker"
    assert new_id("Spring", {"spring", "spring-2"}) == "spring-3"
    assert new_id("春", ()) == "campaign"


@pytest.mark.parametrize("brand", [documents.brand(), make_brand()], ids=lambda brand: brand.id)
def test_a_brands_form_that_nobody_touched_says_the_same_brand(brand: Brand) -> None:
    assert brand_form.read_brand(brand_form.values_of(brand), brand) == brand


def test_quiet_hours_come_and_go() -> None:
    brand = documents.brand()
    on = {"quiet_hours.start": ("21:00",), "quiet_hours.end": ("08:00",), "quiet_hours.holidays": ("2026-12-25",)}
    quiet = brand_form.read_brand(brand_form.values_of(brand).with_(on), brand)
    assert isinstance(quiet, Brand)
    assert quiet.quiet_hours is not None
    assert brand_form.values_of(quiet).get("quiet_hours.start") == "21:00"
    off = {"quiet_hours.start": ("",), "quiet_hours.end": ("",)}
    loud = brand_form.read_brand(brand_form.values_of(quiet).with_(off), quiet)
    assert isinstance(loud, Brand)
    assert loud.quiet_hours is None


def test_holding_everybody_to_what_is_best_for_each_is_ticked_and_unticked() -> None:
    brand = documents.brand()
    ticked = brand_form.read_brand(brand_form.values_of(brand).with_({"caps.learned_frequency": ("on",)}), brand)
    assert isinstance(ticked, Brand)
    assert ticked.caps.learned_frequency
    unticked = brand_form.values_of(ticked).with_({"caps.learned_frequency": ()})
    assert brand_form.read_brand(unticked, ticked) == brand


def test_promises_keep_their_types_and_new_ones_get_one() -> None:
    brand = documents.brand().model_copy(update={"policies": {"returns_days": 60, "postcode": "0123"}})
    lines = brand_form.values_of(brand).get("policies")
    changed = brand_form.values_of(brand).with_({"policies": (f"{lines}\nfree_shipping_over: 45\ngift_wrap: yes",)})
    read = brand_form.read_brand(changed, brand)
    assert isinstance(read, Brand)
    assert read.policies == {"returns_days": 60, "postcode": "0123", "free_shipping_over": 45, "gift_wrap": True}


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("sender.email", "nobody", "@"),
        ("url", "shop", "https://"),
        ("colors.accent", "red", "such as #1f5c4d"),
        ("caps.total.week", "0", "at least 1"),
        ("quiet_hours.start", "21:00", "time of day"),
    ],
)
def test_what_is_wrong_with_a_brand_is_told_at_its_field(field: str, written: str, told: str) -> None:
    brand = documents.brand()
    read = brand_form.read_brand(brand_form.values_of(brand).with_({field: (written,)}), brand)
    assert isinstance(read, Refused)
    [(name, said)] = read.errors.items()
    assert name == ("quiet_hours.end" if field.startswith("quiet") else field)
    assert told in said


def test_line_ends_of_browsers_are_not_kept() -> None:
    values = Values({"brief.limits.categories": ("Tea\n\n Coffee > Beans \n",)})
    changed = sent({"brief.limits.categories": values.get("brief.limits.categories")})
    assert isinstance(changed, Campaign)
    assert changed.brief.limits.categories == ("Tea", "Coffee > Beans")


def test_words_for_what_was_understood_and_what_changed() -> None:
    constraint = Constraint(kind="max_price", value="30", words="under 30", start=0, end=8)
    understood = Understood(text="under 30", limits=Limits(), query="", constraints=(constraint,))
    assert chips(understood) == [("up to 30", "under 30")]
    assert label_of("brief.offers.come-back.min_spend") == "Offer “come-back”: smallest order"
    assert label_of("brand.policies.returns_days") == "Brand: promise “returns days”"
    assert value_of("brief.holdout", 0.1) == "10 %"
    assert value_of("brief.angles", ["with_offer", "by_interest"]) == "with offer, by interest"
    assert only_for(["purchase", "goes_with"]) == "Only for who has bought before and where something goes with it."
