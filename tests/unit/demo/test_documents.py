"""The demo shop's brand and campaigns."""

from __future__ import annotations

from typing import get_args

import pytest

from composer.bandit.arms import check_brief
from composer.documents import Brand, Campaign
from demo import documents
from prompts.library import Library
from prompts.model import FlowName


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def brand() -> Brand:
    return documents.brand()


def test_the_brand_is_invented_and_complete(brand: Brand) -> None:
    assert brand.domain.endswith(".example")
    assert brand.facts
    assert brand.competitors
    assert brand.voice.do
    assert brand.voice.dont
    assert {"free_shipping_over", "returns_days"} <= brand.policies.keys()


def test_text_can_be_read_on_every_ground(brand: Brand) -> None:
    colors = brand.colors
    pairs = [(colors.accent_text, colors.accent)]
    pairs += [(ink, ground) for ink in (colors.text, colors.muted, colors.accent)
              for ground in (colors.card, colors.background)]  # fmt: skip
    for ink, ground in pairs:
        assert contrast(ink, ground) >= 4.5, (ink, ground)


def test_every_flow_has_its_campaign() -> None:
    campaigns = documents.campaigns()
    assert {campaign.flow for campaign in campaigns} == set(get_args(FlowName))
    assert all(campaign.id == campaign.flow for campaign in campaigns)


@pytest.mark.parametrize("campaign", documents.campaigns(), ids=lambda campaign: campaign.id)
def test_a_campaign_asks_for_nothing_its_flow_forbids(campaign: Campaign, brand: Brand, library: Library) -> None:
    check_brief(library.flow(campaign.flow), campaign.brief)
    assert campaign.brand == brand.id
    assert campaign.brief.message


def test_offers_of_every_common_kind_are_there_and_codes_are_unique() -> None:
    offers = [offer for campaign in documents.campaigns() for offer in campaign.brief.offers]
    assert {"percent", "amount", "free_shipping"} <= {offer.kind for offer in offers}
    codes = [offer.code for offer in offers if offer.code]
    assert len(set(codes)) == len(codes)
