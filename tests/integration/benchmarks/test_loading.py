"""Files as public data sets and shops write them, a few lines each."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.recommenders.files import DataMissing, FileUnreadable, NothingShared
from benchmarks.recommenders.loading import NothingLeft, load
from benchmarks.recommenders.log import DAY, Kind, Log
from benchmarks.recommenders.roles import ColumnMissing
from benchmarks.recommenders.times import TimeUnreadable

UCI = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,71053,LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom
536366,POST,POSTAGE,1,12/1/2010 9:00,18.00,17850,United Kingdom
C536367,71053,LANTERN,-6,12/2/2010 9:00,3.39,17850,United Kingdom
C536368,71053,LANTERN,6,12/2/2010 9:00,3.39,17850,United Kingdom
536369,71053,LANTERN,6,12/3/2010 9:00,0,17850,United Kingdom
536370,71053,LANTERN,6,12/3/2010 9:00,3.39,,United Kingdom
536371,84406B,HANGER,8,12/25/2010 18:00,2.75,13047,United Kingdom
"""
RETAILROCKET = """timestamp,visitorid,event,itemid,transactionid
1433221332117,257597,view,355908,
1433221999827,257597,addtocart,355908,
1433222276276,257597,transaction,355908,4000
1433222276276,992329,view,248676,
"""
DUNNHUMBY = """household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,TRANS_TIME,WEEK_NO
2375,26984851472,1,1004906,2,1.39,364,1631,1
2375,26984851473,30,1033142,1,0.82,364,905,5
"""
TA_FENG = """TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PIN_CODE,PRODUCT_SUBCLASS,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE
11/1/2000,1104905,45-49,115,110411,4710199010372,2,24,30
12/31/2000,418683,45-49,115,120107,4710857472535,1,48,46
"""
HM = """t_dat,customer_id,article_id,price,sales_channel_id
2018-09-20,000058a12d5b43e67d225668fa1f8d618c13dc232df0cad8ffe7ad4a1091e318,663713001,0.0508,2
2018-09-21,000058a12d5b43e67d225668fa1f8d618c13dc232df0cad8ffe7ad4a1091e318,541518023,0.0305,2
"""
HM_ARTICLES = """article_id,prod_name,product_type_name
663713001,Atlanta Push Body Harlow,Underwear body
"""
REES46 = """event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde
2019-10-01 00:00:10 UTC,purchase,3900821,2053013552326770905,appliances.water_heater,aqua,33.20,554748717,9333dfbd
2019-10-01 00:01:00 UTC,remove_from_cart,3900821,2053013552326770905,,aqua,33.20,554748717,9333dfbd
"""
GERMAN = """Kunde;Artikel;Datum;Menge;Preis
K1;Größe L;31.12.2024 18:05;2;1,50
K2;Größe M;01.01.2025 09:00;1;12,00
"""
NDJSON = """{"customer_id": 7, "sku": "A-1", "ordered_at": "2025-03-01T10:00:00.123Z", "title": "Tea"}
{"customer_id": 8, "sku": "A-2", "ordered_at": "2025-03-02T10:00:00+02:00", "title": null}
"""


def _load(folder: Path, text: str, name: str = "lines.csv", **columns: str) -> Log:
    path = folder / name
    path.write_text(text)
    return load([path], columns=columns).log


def _moment(log: Log, at: int) -> datetime:
    return datetime.fromtimestamp(int(log.at[at]), UTC)


def test_online_retail_keeps_what_the_reference_keeps(tmp_path: Path) -> None:
    log = _load(tmp_path, UCI)
    assert log.item_ids.tolist() == ["71053", "84406B", "85123A"]
    assert len(log) == 3
    assert _moment(log, 0) == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert log.order[0] == log.order[1] != log.order[2]
    assert log.titles() == ["LANTERN", "HANGER", "WHITE HEART"]


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(UCI)
    said = " ".join(load([path]).notes)
    assert "3 of 8 lines kept" in said
    assert "2 cancelled" in said
    assert "1 no customer" in said


def test_an_event_log_has_views_baskets_and_purchases(tmp_path: Path) -> None:
    log = _load(tmp_path, RETAILROCKET)
    assert log.kind.tolist() == [Kind.VIEWED, Kind.CARTED, Kind.BOUGHT, Kind.VIEWED]
    assert _moment(log, 0) == datetime(2015, 6, 2, 5, 2, 12, tzinfo=UTC)
    assert np.isnan(log.price).all()
    assert log.titles() == log.item_ids.tolist()


def test_days_counted_from_a_start_and_a_clock_beside_them(tmp_path: Path) -> None:
    log = _load(tmp_path, DUNNHUMBY)
    assert (log.at[1] - log.at[0]) == 29 * DAY + (9 * 60 + 5 - 16 * 60 - 31) * 60
    assert log.price.tolist() == pytest.approx([0.695, 0.82])


def test_american_dates_and_an_amount_that_is_a_count(tmp_path: Path) -> None:
    log = _load(tmp_path, TA_FENG)
    assert _moment(log, 1) == datetime(2000, 12, 31, tzinfo=UTC)
    assert log.quantity.tolist() == [2, 1]
    assert log.price.tolist() == pytest.approx([15, 46])


def test_a_table_of_products_is_joined_on_the_columns_it_shares(tmp_path: Path) -> None:
    lines, articles = tmp_path / "transactions.csv", tmp_path / "articles.csv"
    lines.write_text(HM)
    articles.write_text(HM_ARTICLES)
    log = load([lines], [articles]).log
    assert log.titles() == ["541518023", "Atlanta Push Body Harlow"]
    assert log.category_paths() == [None, "Underwear body"]
    assert log.customers == 1


def test_orders_without_dates_are_counted_back_from_everybodys_last(tmp_path: Path) -> None:
    prior, orders = tmp_path / "order_products.csv", tmp_path / "orders.csv"
    prior.write_text("order_id,product_id,add_to_cart_order,reordered\n1,10,1,0\n2,10,1,1\n3,11,1,0\n9,11,1,0\n")
    orders.write_text(
        "order_id,user_id,order_number,order_dow,order_hour_of_day,days_since_prior_order\n"
        "1,5,1,2,8,\n2,5,2,3,9,15.0\n3,5,3,3,9,7.0\n9,6,1,3,9,\n"
    )
    log = load([prior], [orders]).log
    of_five = log.at[log.customer_ids[log.customer] == "5"]
    assert np.diff(of_five).tolist() == [15 * DAY, 7 * DAY]
    assert log.at[log.customer_ids[log.customer] == "6"].tolist() == [of_five[-1]]


def test_a_kind_of_event_that_says_nothing_is_left_out(tmp_path: Path) -> None:
    log = _load(tmp_path, REES46)
    assert log.kind.tolist() == [Kind.VIEWED, Kind.BOUGHT]
    assert log.category_paths() == ["appliances.water_heater", None]


def test_columns_of_any_name_can_be_told(tmp_path: Path) -> None:
    path = tmp_path / "verkauf.csv"
    path.write_bytes(GERMAN.encode("latin1"))
    told = {"customer": "Kunde", "item": "Artikel", "time": "Datum", "quantity": "Menge", "price": "Preis"}
    log = load([path], columns=told).log
    assert log.item_ids.tolist() == ["Größe L", "Größe M"]
    assert log.price.tolist() == pytest.approx([1.5, 12])
    assert _moment(log, 0) == datetime(2024, 12, 31, 18, 5, tzinfo=UTC)


def test_ndjson_packed_files_and_parts_of_one_table(tmp_path: Path) -> None:
    one, two = tmp_path / "a.ndjson", tmp_path / "b.csv.gz"
    one.write_text(NDJSON)
    with gzip.open(two, "wt") as packed:
        packed.write("customer_id,sku,ordered_at\n9,A-1,2025-03-05 00:00:00\n")
    log = load([one, two]).log
    assert log.customer_ids.tolist() == ["7", "8", "9"]
    assert log.titles() == ["Tea", "A-2"]


def test_parquet_with_typed_dates_and_whole_numbers_as_floats(tmp_path: Path) -> None:
    day = datetime(2025, 5, 1, tzinfo=UTC).date()
    path = tmp_path / "lines.parquet"
    parquet.write_table(pa.table({"user_id": [1.0, None], "product_id": [5, 6], "date": [day, day]}), path)
    log = load([path]).log
    assert log.customer_ids.tolist() == ["1"]
    assert _moment(log, 0) == datetime(2025, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("16-09-2011", datetime(2011, 9, 16, tzinfo=UTC)),
        ("2011-09-16T08:26:07.250+0100", datetime(2011, 9, 16, 7, 26, 7, tzinfo=UTC)),
        ("2011/09/16 08:26", datetime(2011, 9, 16, 8, 26, tzinfo=UTC)),
        ("16.09.2011 08:26:07", datetime(2011, 9, 16, 8, 26, 7, tzinfo=UTC)),
        ("9/16/11", datetime(2011, 9, 16, tzinfo=UTC)),
        ("9/16/2011", datetime(2011, 9, 16, tzinfo=UTC)),
        ("9/16/2011 8:26", datetime(2011, 9, 16, 8, 26, tzinfo=UTC)),
        ("1316161567", datetime(2011, 9, 16, 8, 26, 7, tzinfo=UTC)),
        ("1316161567250", datetime(2011, 9, 16, 8, 26, 7, tzinfo=UTC)),
    ],
)
def test_dates_in_the_forms_that_shops_write(tmp_path: Path, written: str, meant: datetime) -> None:
    assert _moment(_load(tmp_path, f"customer,product,date\na,x,{written}\n"), 0) == meant


def test_dates_as_whole_numbers(tmp_path: Path) -> None:
    log = _load(tmp_path, "id,customer,date,product\n1,a,19970101,x\n2,b,19970118,y\n")
    assert _moment(log, 1) == datetime(1997, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("buyer_code,product,date\na,x,2025-01-01\n", ColumnMissing, "looks like the customer"),
        ("customer,product,weight\na,x,1\n", ColumnMissing, "looks like the time"),
        ("customer,product,date\na,x,soon\n", TimeUnreadable, "'soon'"),
        ("customer,product,date,event\na,x,2025-01-01,view\n", NothingLeft, "No purchases"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_what_to_do(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        _load(tmp_path, text)


def test_ids_that_are_numbers_at_first_and_words_later_stay_as_they_are(tmp_path: Path) -> None:
    many = "".join(f"{number % 50},0{number % 90},2025-01-{1 + number % 28:02d}\n" for number in range(80_000))
    log = _load(tmp_path, f"customer,product,date\n{many}51,X-1,2025-02-01\n")
    assert "X-1" in log.item_ids.tolist()
    assert len(log) == 80_001


def test_a_broken_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"lines\.csv"):
        _load(tmp_path, "customer,product,date\na,x,2025-01-01,4,5\n")
    with pytest.raises(FileUnreadable, match=r"lines\.parquet"):
        _load(tmp_path, "no parquet", name="lines.parquet")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ColumnMissing, match=r"'buyer'.*customer, product, date"):
        _load(tmp_path, "customer,product,date\na,x,2025-01-01\n", customer="buyer")


def test_a_missing_file_and_a_table_that_shares_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="There is no file"):
        load([tmp_path / "none.csv"])
    lines, other = tmp_path / "lines.csv", tmp_path / "other.csv"
    lines.write_text("customer,product,date\na,x,2025-01-01\n")
    other.write_text("sku,colour\nx,red\n")
    with pytest.raises(NothingShared, match="shares no column"):
        load([lines], [other])
