"""Each system's export, as its reader understands it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from memory.importers.formats import ImportFormat, Kind, detect
from memory.importers.model import Consent, Customer, Happened, Order
from memory.importers.options import DEFAULTS, ImportOptions, load_mapping
from memory.importers.readers import WrongFormat, check_format
from store.errors import InvalidInput
from store.files.source import FileUnreadable
from tests.kit.imports import FIXTURES, TILL, issues, rows


def orders(name: str | Path, options: ImportOptions = DEFAULTS) -> dict[str, Order]:
    return {one.order_id: one for one in rows(name, "orders", options) if isinstance(one, Order)}


def customers(name: str | Path, options: ImportOptions = DEFAULTS) -> dict[str, Customer]:
    found = [one for one in rows(name, "customers", options) if isinstance(one, Customer)]
    return {one.person.email or str(one.person.user_id): one for one in found}


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("shopify_orders.csv", "orders", ImportFormat.SHOPIFY_CSV),
        ("shopify_customers.csv", "customers", ImportFormat.SHOPIFY_CSV),
        ("shopify_orders.jsonl", "orders", ImportFormat.SHOPIFY_JSONL),
        ("shopify_customers.jsonl", "customers", ImportFormat.SHOPIFY_JSONL),
        ("woocommerce_orders.csv", "orders", ImportFormat.WOOCOMMERCE_CSV),
        ("woocommerce_customers.csv", "customers", ImportFormat.WOOCOMMERCE_CSV),
        ("woocommerce_orders.json", "orders", ImportFormat.WOOCOMMERCE_JSON),
        ("woocommerce_customers.json", "customers", ImportFormat.WOOCOMMERCE_JSON),
        ("klaviyo_profiles.csv", "customers", ImportFormat.KLAVIYO_CSV),
        ("klaviyo_profiles.json", "customers", ImportFormat.KLAVIYO_JSON),
        ("klaviyo_events.json", "events", ImportFormat.KLAVIYO_JSON),
        ("purchases.csv", "orders", ImportFormat.CSV),
    ],
)
def test_the_format_is_read_off_the_file(name: str, kind: Kind, expected: ImportFormat) -> None:
    assert detect((FIXTURES / name).read_bytes(), kind) is expected


def test_a_format_without_such_rows_is_refused_with_those_that_have_them() -> None:
    with pytest.raises(WrongFormat, match="klaviyo_csv brings no orders") as raised:
        check_format("orders", ImportFormat.KLAVIYO_CSV)
    assert "shopify_csv" in (raised.value.fix or "")


class TestShopifyOrders:
    def test_an_order_has_all_its_lines_amounts_and_the_time_of_its_offset(self) -> None:
        order = orders("shopify_orders.csv")["5501001"]
        assert [(line.product_id, line.quantity, line.price) for line in order.lines] == [
            ("TEA-SEN", 2, Decimal("12.50")),
            ("APR-LIN", 1, Decimal("15.00")),
        ]
        assert order.amounts == {
            "total": Decimal("38.50"),
            "revenue": Decimal("35.00"),
            "shipping": Decimal("3.50"),
            "tax": Decimal("2.00"),
            "discount": Decimal("5.00"),
        }
        assert (order.currency, order.coupon) == ("GBP", "WELCOME10")
        assert orders("shopify_orders.csv")["5501004"].at == datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC)

    def test_a_note_leaves_no_more_than_that_it_was_a_present(self) -> None:
        order = orders("shopify_orders.csv")["5501002"]
        assert order.gift
        assert "sister" not in repr(order)
        assert not orders("shopify_orders.csv")["5501001"].gift

    def test_refunds_and_cancellations_are_told(self) -> None:
        found = orders("shopify_orders.csv")
        assert [refund.amount for refund in found["5501002"].refunds] == [Decimal("20.00")]
        assert found["5501003"].cancelled_at == datetime(2026, 3, 12, 9, tzinfo=UTC)
        assert found["5501001"].refunds == ()

    def test_only_a_yes_in_the_checkout_says_anything(self) -> None:
        found = orders("shopify_orders.csv")
        assert [consent.said for consent in found["5501001"].person.consents] == ["yes"]
        assert found["5501002"].person.consents == ()

    def test_bulk_results_come_together_wherever_their_lines_stand_and_tests_stay_out(self) -> None:
        found = orders("shopify_orders.jsonl")
        assert found.keys() == {"5501001", "5501002"}
        assert [line.name for line in found["5501002"].lines] == ["Copper Drip Kettle"]
        assert found["5501002"].refunds[0].at == datetime(2026, 2, 10, 10, tzinfo=UTC)
        assert found["5501001"].person.user_id == "7001"


class TestWooCommerceOrders:
    @pytest.mark.parametrize("name", ["woocommerce_orders.csv", "woocommerce_orders.json"])
    def test_what_was_never_paid_is_no_order(self, name: str) -> None:
        assert orders(name).keys() & {"802", "804"} == set()
        assert "801" in orders(name)

    def test_guests_have_no_account(self) -> None:
        person = orders("woocommerce_orders.csv")["803"].person
        assert (person.user_id, person.email) == (None, "gast@example.de")

    def test_hours_are_on_the_shops_clock(self) -> None:
        order = orders("woocommerce_orders.csv", ImportOptions(timezone="Europe/Berlin"))["801"]
        assert order.at == datetime(2026, 1, 10, 8, 15, tzinfo=UTC)

    def test_lines_have_the_price_of_one_piece(self) -> None:
        assert [line.price for line in orders("woocommerce_orders.csv")["801"].lines] == [
            Decimal("12.5000"),
            Decimal("15.0000"),
        ]

    def test_a_refunded_order_gave_everything_back(self) -> None:
        assert orders("woocommerce_orders.csv")["803"].refunds[0].amount == Decimal("69.40")

    def test_lines_packed_into_one_cell_are_unpacked(self, tmp_path: Path) -> None:
        file = tmp_path / "packed.csv"
        packed = "name:Sencha|product_id:71|sku:TEA|quantity:2|total:25.00;name:Cup|product_id:9|quantity:1|total:8"
        file.write_text(
            "order_id,order_date,status,order_total,billing_email,line_items\n"
            f"9,2026-01-01 10:00,completed,33,a@b.example,{packed}\n"
        )
        found = orders(file)["9"].lines
        assert [(line.product_id, line.quantity, line.price) for line in found] == [
            ("71", 2, Decimal("12.5")),
            ("9", 1, Decimal(8)),
        ]


class TestCustomers:
    def test_shopify_says_yes_no_or_nothing(self) -> None:
        found = customers("shopify_customers.csv")
        said = {email: [consent.said for consent in one.person.consents] for email, one in found.items()}
        assert said == {"ada@example.com": ["yes"], "bo@example.com": ["no"], "cy@example.com": []}

    def test_the_apostrophe_before_an_id_and_a_formula_for_a_name_are_left_out(self) -> None:
        person = customers("shopify_customers.csv")["cy@example.com"].person
        assert person.user_id == "7003"
        assert "firstName" not in person.traits

    def test_a_subscription_in_klaviyo_has_its_date_and_its_proof(self) -> None:
        consent = customers("klaviyo_profiles.json")["ada@example.com"].person.consents[0]
        assert consent.at == datetime(2025, 11, 2, 8, 30, tzinfo=UTC)
        assert consent.proof["method"] == "FORM"
        assert consent.proof["double_optin"] is True

    @pytest.mark.parametrize("name", ["klaviyo_profiles.csv", "klaviyo_profiles.json"])
    def test_a_suppressed_profile_is_a_no_beside_its_yes(self, name: str) -> None:
        found = customers(name)
        assert [consent.said for consent in found["cy@example.com"].person.consents] == ["yes", "bounced"]
        assert [consent.said for consent in found["di@example.com"].person.consents] == ["unsubscribed"]
        assert found["bo@example.com"].person.consents == ()

    def test_shopifys_bulk_results_date_consent(self) -> None:
        found = customers("shopify_customers.jsonl")["bo@example.com"].person.consents
        assert found == (
            Consent("unsubscribed", datetime(2026, 2, 1, 8, 30, tzinfo=UTC), {"opt_in_level": "SINGLE_OPT_IN"}),
        )

    def test_other_columns_become_traits_only_where_asked_and_sensitive_ones_never(self) -> None:
        mapping = load_mapping("traits: {roast: roast, religion: religion}")
        found = rows("klaviyo_profiles.json", "customers", DEFAULTS.mapped(mapping))
        people = [one.person for one in found if isinstance(one, Customer)]
        assert people[0].traits["roast"] == "dark"
        assert "religion" not in people[0].traits
        assert "religion" in issues(found)[0].reason
        assert "roast" not in customers("klaviyo_profiles.json")["ada@example.com"].person.traits


def test_klaviyos_events_have_segments_names_and_the_person_of_their_profile() -> None:
    found = rows("klaviyo_events.json", "events")
    events = [one for one in found if isinstance(one, Happened)]
    assert [event.name for event in events] == ["Product Viewed", "Order Completed", "Email Opened"]
    assert events[0].properties["product_id"] == "TEA-SEN"
    assert events[1].properties["order_id"] == "5501001"
    assert (events[0].person.user_id, events[2].person.email) == ("7001", "cy@example.com")
    assert "profile or metric" in issues(found)[0].reason


class TestAnybodysTable:
    def test_lines_of_an_order_come_together_and_fees_stay_out(self) -> None:
        found = orders("purchases.csv", TILL)
        assert found.keys() == {"1", "2", "3"}
        assert [line.name for line in found["1"].lines] == ["Tee; grün", "Schürze"]
        assert found["2"].lines[0].price == Decimal("1064.50")
        assert found["1"].at == datetime(2026, 3, 1, 9, tzinfo=UTC)

    def test_quantities_below_zero_are_a_return(self) -> None:
        order = orders("purchases.csv", TILL)["3"]
        assert order.lines == ()
        assert order.refunds[0].amount == Decimal("39.90")
        assert order.refunds[0].lines[0].product_id == "A3"

    def test_without_a_mapping_the_file_is_refused_with_what_to_do(self) -> None:
        with pytest.raises(FileUnreadable) as raised:
            rows("purchases.csv", "orders")
        assert "--mapping" in (raised.value.fix or "")

    @pytest.mark.parametrize(
        ("mapping", "pointer"),
        [
            ("fields: {orderid: a}", ""),
            ("fields: {order_id: Bon, customer_id: Kunde, at: Datum}", "/fields"),
            ("fields: {order_id: Bin, customer_id: Kunde, at: Datum, product_id: Artikel}", "/fields/order_id"),
        ],
    )
    def test_a_mapping_that_does_not_fit_names_the_key(self, mapping: str, pointer: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            rows("purchases.csv", "orders", DEFAULTS.mapped(load_mapping(mapping)))
        assert (raised.value.pointer or "").startswith(pointer)
        assert raised.value.fix

    def test_objects_a_line_are_read_by_paths(self, tmp_path: Path) -> None:
        file = tmp_path / "log.ndjson"
        file.write_text(
            '{"id": 7, "who": {"mail": "a@b.example"}, "day": "2026-01-02", "sku": "A", "n": 2, "eur": 3.5}\n'
        )
        mapping = "fields: {order_id: id, email: who.mail, at: day, product_id: sku, quantity: n, price: eur}"
        order = orders(file, DEFAULTS.mapped(load_mapping(mapping)))["7"]
        assert (order.person.email, order.lines[0].quantity, order.lines[0].price) == ("a@b.example", 2, Decimal("3.5"))


HEADER = "order_id,customer_id,at,product_id,quantity,price"
PLAIN = DEFAULTS.mapped(
    load_mapping("currency: EUR\nfields:\n" + "".join(f"  {name}: {name}\n" for name in HEADER.split(",")))
)


class TestHostileTables:
    def read(self, tmp_path: Path, *lines: str) -> tuple[dict[str, Order], list[str | None]]:
        file = tmp_path / "log.csv"
        file.write_text("\n".join([HEADER, *lines]))
        found = rows(file, "orders", PLAIN)
        return {one.order_id: one for one in found if isinstance(one, Order)}, [one.field for one in issues(found)]

    @pytest.mark.parametrize(
        ("cell", "field"),
        [
            ("2,k,2026-01-01,A,1,NaN", "price"),
            ("2,k,2026-01-01,A,1,inf", "price"),
            ("2,k,2026-01-01,A,1e9,1", "quantity"),
            ("2,k,2026-01-01,A,0,1", "quantity"),
            ("2,k,99999-01-01,A,1,1", "at"),
            ("2,k,yesterday,A,1,1", "at"),
            ("2,k,,A,1,1", "at"),
            ("2,k,2026-01-01,,1,1", "product_id"),
            (",k,2026-01-01,A,1,1", "order_id"),
            (f"2,{'k' * 300},2026-01-01,A,1,1", "customer_id"),
        ],
    )
    def test_a_cell_nobody_can_read_costs_its_order_and_no_other(self, tmp_path: Path, cell: str, field: str) -> None:
        found, wrong = self.read(tmp_path, "1,k,2026-01-01,A,1,1", cell, "3,k,2026-01-01,A,1,1")
        assert found.keys() == {"1", "3"}
        assert wrong == [field]

    def test_no_half_order_comes_in(self, tmp_path: Path) -> None:
        found, wrong = self.read(tmp_path, "1,k,2026-01-01,A,1,1", "2,k,2026-01-01,A,1,1", "2,k,2026-01-01,B,1")
        assert found.keys() == {"1"}
        assert wrong == [None]

    def test_a_cell_of_ten_megabytes_costs_its_row_only(self, tmp_path: Path) -> None:
        found, wrong = self.read(tmp_path, f"1,k,2026-01-01,{'A' * 10**7},1,1", "2,k,2026-01-01,A,1,1")
        assert found.keys() == {"2"}
        assert len(wrong) == 1

    def test_a_quote_that_never_closes_swallows_nothing(self, tmp_path: Path) -> None:
        found, wrong = self.read(tmp_path, '1,k,2026-01-01,"A,1,1', "2,k,2026-01-01,A,1,1", "3,k,2026-01-01,A,1,1")
        assert found.keys() == {"2", "3"}
        assert len(wrong) == 1

    def test_rows_of_an_order_may_stand_anywhere(self, tmp_path: Path) -> None:
        found, wrong = self.read(tmp_path, "1,k,2026-01-01,A,1,1", "2,k,2026-01-01,A,1,1", "1,k,2026-01-01,B,1,1")
        assert [line.product_id for line in found["1"].lines] == ["A", "B"]
        assert wrong == []

    def test_what_is_wrong_is_said_without_quoting_the_cell(self, tmp_path: Path) -> None:
        file = tmp_path / "log.csv"
        file.write_text(f"{HEADER}\n1,k,2026-01-01,A,1,ada@example.com\n2,k,ada@example.com,A,1,1\n")
        assert "ada@" not in repr(issues(rows(file, "orders", PLAIN)))
