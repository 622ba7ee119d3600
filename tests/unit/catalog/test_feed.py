"""What a feed may be, what of it is shown, and when it is held back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from catalog.feeds.feed import HIDDEN, Feed
from catalog.feeds.guard import Guard, Signs, judge
from catalog.feeds.report import ImportReport
from catalog.feeds.seen import Seen
from store.addresses import is_public

SHOP = {"id": "shop", "source": "https://shop.example/feed.xml?key=s3cret#top"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Shop feed"),
        ("source", "https://user:word@shop.example/feed"),
        ("source", "ftp://shop.example/feed"),
        ("source", "https://"),
        ("headers", {"Host": "other"}),
        ("headers", {"X-Key": "a\r\nHost: other"}),
        ("headers", {"bad name": "x"}),
        ("every_minutes", 1),
        ("currency", "euro"),
        ("timezone", "Mars/Olympus"),
        ("shop_url", "shop"),
        ("guard", {"max_drop_share": 2}),
        ("mapping", {"fields": {"id": "SKU"}}),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Feed.model_validate({**SHOP, field: value})
    assert caught.value.errors()[0]["loc"][0] == field


def test_what_is_shown_can_be_sent_back() -> None:
    feed = Feed.model_validate({**SHOP, "headers": {"Authorization": "Bearer s3cret", "X-Shop": "1"}})
    shown = feed.shown()
    assert "s3cret" not in shown.model_dump_json()
    assert shown.source == f"https://shop.example/feed.xml?{HIDDEN}"
    assert shown.with_secrets_of(feed) == feed
    moved = shown.model_copy(update={"source": "https://other.example/", "headers": {"X-Shop": "2"}})
    assert moved.with_secrets_of(feed) == moved


def test_rhythm_and_guard_do_not_change_what_a_feed_brings_but_its_reading_does() -> None:
    feed = Feed.model_validate(SHOP)
    assert feed.reads_as(feed.model_copy(update={"every_minutes": 5, "guard": Guard(max_drop=1)}))
    assert not feed.reads_as(feed.model_copy(update={"currency": "EUR"}))
    assert not feed.reads_as(feed.model_copy(update={"mode": "delta"}))


def report(before: int, after: int, rows: int = 100, rejected: int = 0) -> ImportReport:
    return ImportReport(
        id="imp_1",
        started_at=datetime(2026, 6, 1, tzinfo=UTC),
        sellable_before=before,
        sellable_after=after,
        rows=rows,
        rejected_count=rejected,
    )


@pytest.mark.parametrize(
    ("judged", "factor", "rules"),
    [
        (report(0, 0), 50.0, []),
        (report(100, 70), None, []),
        (report(100, 69), None, ["fewer_products"]),
        (report(30, 10), None, []),
        (report(30, 9), None, ["fewer_products"]),
        (report(3, 0), None, ["nothing_sellable"]),
        (report(100, 100, rejected=50), None, []),
        (report(100, 100, rejected=51), None, ["mostly_rejected"]),
        (report(100, 100), 2.0, []),
        (report(100, 100), 2.1, ["price_jump"]),
        (report(100, 100), 0.4, ["price_jump"]),
        (report(100, 10, rejected=80), 0.01, ["fewer_products", "mostly_rejected", "price_jump"]),
    ],
)
def test_the_guard_holds_what_passes_its_limits(judged: ImportReport, factor: float | None, rules: list[str]) -> None:
    assert [warning.rule for warning in judge(judged, Signs(factor), Guard())] == rules


def test_half_a_full_feed_is_held_and_half_a_delta_feed_is_taken() -> None:
    half = Signs(broken_off=True)
    full = report(100, 95).model_copy(update={"mode": "full", "removed": 5})
    assert [warning.rule for warning in judge(full, half, Guard())] == ["broken_off"]
    assert judge(full.model_copy(update={"mode": "delta"}), half, Guard()) == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.216.34", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_public_addresses_are_told_from_all_others(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_ids_are_remembered_with_their_first_line() -> None:
    seen = Seen()
    assert [seen.add(one, line) for line, one in enumerate(["a", "b", "a", "c", "a"], start=1)] == [
        None, None, 1, None, 1
    ]  # fmt: skip
    assert seen.among([*(f"x{number}" for number in range(1_200)), "c", "a"]) == {"a", "c"}
    seen.close()
