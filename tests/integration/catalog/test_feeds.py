"""Feeds keep the shop up to date, and a broken one does not empty it. On both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from catalog import products
from catalog.feeds import register, reports
from catalog.feeds.feed import HIDDEN
from catalog.feeds.importer import begin_import, import_feed
from catalog.feeds.register import FeedBusy, NothingHeld, UnknownFeed
from catalog.feeds.report import FeedFormat
from catalog.feeds.seen import Seen
from catalog.feeds.staging import Staging, apply
from catalog.merchandising_store import costs
from catalog.tables import MissingRow, ProductRow, StagedCostRow, StagedRow
from store import clock
from store.database import Database
from tests.kit.feed_bench import FeedBench, csv, numbered, row
from tests.kit.feed_server import Answer, FeedServer, feed_server, tagged

TOKEN = "Bearer 5f2c-secret"


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> FeedBench:
    """Feeds over an empty shop."""
    return FeedBench(database, tmp_path)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A web server for feeds."""
    async with feed_server() as running:
        yield running


async def staged(database: Database) -> int:
    async with database.session(readonly=True) as session:
        counts = [
            await session.scalar(select(func.count()).select_from(one))
            for one in (StagedRow, StagedCostRow, MissingRow)
        ]
    return sum(count or 0 for count in counts)


async def test_a_full_feed_brings_changes_and_takes_away_and_counts_each(bench: FeedBench) -> None:
    await bench.add("shop")
    first = await bench.bring("shop", [row("tea"), row("cup"), row("pot"), row("mat")])
    second = await bench.bring(
        "shop", [row("tea"), row("cup", "12.00 EUR"), row("pot", availability="out_of_stock"), row("jar")]
    )
    assert (first.status, first.imported, first.sellable_after) == ("done", 4, 4)
    assert (second.imported, second.changed, second.unchanged, second.removed) == (1, 2, 1, 1)
    assert (second.price_changes, second.stock_changes) == (1, 1)
    assert (second.sellable_before, second.sellable_after) == (4, 3)
    assert await bench.shelf() == {"tea": "10.00", "cup": "12.00", "pot": "10.00", "jar": "10.00"}
    assert await staged(bench.database) == 0
    assert await bench.report(second.id) == second


async def test_a_feed_that_is_the_same_as_last_time_writes_nothing(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", [row("tea")])
    again = await bench.feeds.run("shop")
    assert (again.status, again.rows) == ("unchanged", 0)
    assert await bench.history("shop") == ["done", "unchanged"]


async def test_each_feed_takes_away_only_its_own(bench: FeedBench) -> None:
    await import_feed(bench.database, csv([row("by-hand")]).splitlines(), FeedFormat.CSV)
    await bench.add("teas")
    await bench.add("pots")
    await bench.bring("teas", [row("green"), row("black")])
    await bench.bring("pots", [row("iron"), row("clay")])
    await bench.bring("teas", [row("green")])
    assert set(await bench.shelf()) == {"by-hand", "green", "iron", "clay"}


async def test_a_product_of_another_feed_is_left_to_it_and_told(bench: FeedBench) -> None:
    await bench.add("teas")
    await bench.add("pots")
    await bench.bring("teas", [row("set", "30.00 EUR")])
    report = await bench.bring("pots", [row("set", "31.00 EUR"), row("iron")])
    assert [(issue.line, issue.field) for issue in report.rejected] == [(2, "id")]
    assert "'teas'" in report.rejected[0].reason
    assert await bench.shelf() == {"set": "30.00", "iron": "10.00"}


async def test_a_product_another_feed_has_no_longer_may_be_taken_over(bench: FeedBench) -> None:
    await bench.add("teas")
    await bench.add("pots")
    await bench.bring("teas", [row("set"), row("green")])
    await bench.bring("teas", [row("green")])
    assert (await bench.bring("pots", [row("set", "31.00 EUR")])).rejected == []
    assert await bench.shelf() == {"set": "31.00", "green": "10.00"}


async def test_a_file_by_hand_adds_to_what_is_there(bench: FeedBench) -> None:
    for name in ("tea", "cup"):
        await import_feed(bench.database, csv([row(name)]).splitlines(), FeedFormat.CSV)
    assert set(await bench.shelf()) == {"tea", "cup"}


async def test_a_feed_that_takes_a_product_on_meanwhile_keeps_it(bench: FeedBench) -> None:
    await import_feed(bench.database, csv([row("tea"), row("cup")]).splitlines(), FeedFormat.CSV)
    by_hand = await begin_import(bench.database, FeedFormat.CSV, "full")
    staged_import, seen = Staging(bench.database, by_hand), Seen()
    await staged_import.begin()
    await staged_import.add_missing(seen)
    seen.close()
    await bench.add("shop")
    await bench.bring("shop", [row("tea")])
    async with bench.database.session() as session:
        await apply(session, by_hand)
    assert set(await bench.shelf()) == {"tea"}


async def test_a_product_that_came_by_hand_is_taken_on_by_its_feed(bench: FeedBench) -> None:
    await import_feed(bench.database, csv([row("tea"), row("cup")]).splitlines(), FeedFormat.CSV)
    await bench.add("shop")
    first = await bench.bring("shop", [row("tea"), row("pot")])
    await bench.bring("shop", [row("pot")])
    assert (first.imported, first.unchanged) == (1, 1)
    assert set(await bench.shelf()) == {"cup", "pot"}


async def test_a_delta_feed_takes_nothing_away_and_owns_nothing(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.add("prices", mode="delta")
    await bench.bring("shop", [row("tea"), row("cup")])
    await bench.bring("prices", [row("tea", "9.00 EUR"), row("new")])
    await bench.bring("shop", [row("cup")])
    assert await bench.shelf() == {"cup": "10.00", "new": "10.00"}


async def test_a_product_comes_back_when_its_feed_has_it_again(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", [row("tea"), row("cup")])
    await bench.bring("shop", [row("tea")])
    await bench.bring("shop", [row("tea"), row("cup")])
    assert set(await bench.shelf()) == {"tea", "cup"}


async def test_a_feed_that_shrinks_suddenly_is_held_until_somebody_releases_it(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(100))
    held = await bench.bring("shop", numbered(60, "11.00 EUR"))
    assert [warning.rule for warning in held.warnings] == ["fewer_products"]
    assert (held.changed, held.removed, held.sellable_after) == (60, 40, 60)
    assert await bench.shelf() == {f"p{number}": "10.00" for number in range(100)}
    status = await bench.status("shop")
    assert (status.state, status.held_import_id) == ("held", held.id)

    released = await bench.feeds.release("shop")
    assert await bench.shelf() == {f"p{number}": "11.00" for number in range(60)}
    assert (released.id, (await bench.report(held.id)).status) == (held.id, "done")
    assert (await bench.status("shop")).state == "active"
    assert await staged(bench.database) == 0


async def test_a_whole_feed_after_a_held_one_is_applied_by_itself(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(100))
    held = await bench.bring("shop", numbered(10))
    good = await bench.bring("shop", numbered(99))
    assert (good.status, (await bench.report(held.id)).status) == ("done", "superseded")
    assert len(await bench.shelf()) == 99
    assert await staged(bench.database) == 0
    with pytest.raises(NothingHeld):
        await bench.feeds.release("shop")


async def test_a_held_feed_stays_held_while_its_source_stays_the_same(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(100))
    await bench.bring("shop", numbered(10))
    again = await bench.feeds.run("shop")
    assert (again.status, (await bench.status("shop")).state) == ("unchanged", "held")
    await bench.feeds.release("shop")
    assert len(await bench.shelf()) == 10


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([], "nothing_sellable"),
        ([row(f"p{n}", availability="out_of_stock") for n in range(10)], "nothing_sellable"),
        (numbered(10, "1000.00 EUR"), "price_jump"),
        (numbered(10, "0.10 EUR"), "price_jump"),
        ([*numbered(9), *["bad,,,,"] * 12], "mostly_rejected"),
    ],
    ids=["empty", "all out of stock", "cents taken for euros", "a hundredth", "bad rows"],
)
async def test_a_small_shop_is_guarded_too(bench: FeedBench, rows: list[str], rule: str) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(10))
    held = await bench.bring("shop", rows)
    assert (held.status, [warning.rule for warning in held.warnings]) == ("held", [rule])
    assert await bench.shelf() == {f"p{number}": "10.00" for number in range(10)}


async def test_a_feed_that_breaks_off_takes_nothing_away_however_little_is_missing(bench: FeedBench) -> None:
    items = [
        f"<item><id>{n}</id><title>Tea</title><link>https://s.example/{n}</link><price>1 EUR</price></item>"
        for n in range(50)
    ]
    whole = f"<rss><channel>{''.join(items)}</channel></rss>"
    path = bench.folder / "shop.csv"
    await bench.add("shop")
    await asyncio.to_thread(path.write_text, whole)
    assert (await bench.feeds.run("shop")).imported == 50
    await asyncio.to_thread(path.write_text, whole[: -len(items[-1]) - 40])
    held = await bench.feeds.run("shop")
    assert (held.status, [warning.rule for warning in held.warnings]) == ("held", ["broken_off"])
    assert len(await bench.shelf()) == 50


async def test_how_much_may_go_is_the_shops_to_say(bench: FeedBench) -> None:
    await bench.add("strict", guard={"max_drop": 0, "max_drop_share": 0.05})
    await bench.bring("strict", numbered(10))
    assert (await bench.bring("strict", numbered(9))).status == "held"
    await bench.add("lax", guard={"max_drop_share": 1})
    await bench.bring("lax", numbered(200, prefix="x"))
    assert (await bench.bring("lax", numbered(1, prefix="x"))).status == "done"


async def test_by_hand_a_full_file_is_guarded_and_leaves_feeds_alone(bench: FeedBench) -> None:
    await bench.add("pots")
    await bench.bring("pots", [row("iron")])
    lines = csv(numbered(100)).splitlines()
    await import_feed(bench.database, lines, FeedFormat.CSV, mode="full")
    fewer = csv(numbered(50)).splitlines()
    guard = (await bench.status("pots")).feed.guard
    held = await import_feed(bench.database, fewer, FeedFormat.CSV, mode="full", guard=guard)
    assert (held.status, len(await bench.shelf())) == ("held", 101)
    done = await import_feed(bench.database, fewer, FeedFormat.CSV, mode="full")
    assert (done.removed, len(await bench.shelf())) == (50, 51)


async def test_a_failure_is_kept_with_its_reason_and_the_shop_runs_on(bench: FeedBench, server: FeedServer) -> None:
    server.answers = [Answer(csv([row("tea")]).encode())]
    await bench.add("shop", source=server.url, every_minutes=30)
    await bench.feeds.run("shop")
    server.answers = [Answer(status="500 Broken", headers={"Retry-After": "7200"})]
    failed = await bench.feeds.run("shop")
    assert failed.failure is not None
    assert (failed.status, failed.failure.reason) == ("failed", "feed_server_error")
    status = await bench.status("shop")
    assert (status.state, status.failures, status.running) == ("failing", 1, False)
    assert status.next_at - clock.now() > timedelta(minutes=110)
    assert await bench.report(failed.id) == failed
    server.answers = [Answer(b"not,a,feed\n")]
    assert (await bench.feeds.run("shop")).status == "failed"
    server.answers = [Answer(csv([row("tea"), row("cup")]).encode())]
    await bench.feeds.run("shop")
    assert (await bench.status("shop")).state == "active"
    assert set(await bench.shelf()) == {"tea", "cup"}


async def test_over_http_an_unchanged_feed_costs_a_304(bench: FeedBench, server: FeedServer) -> None:
    server.handler = tagged(csv([row("tea")]).encode(), '"v1"')
    await bench.add("shop", source=server.url)
    assert [(await bench.feeds.run("shop")).status for _ in range(2)] == ["done", "unchanged"]


async def test_a_tag_counts_only_once_its_feed_was_judged(bench: FeedBench, server: FeedServer) -> None:
    server.handler = tagged(b"not,a,feed\n", '"v1"')
    await bench.add("shop", source=server.url)
    assert [(await bench.feeds.run("shop")).status for _ in range(2)] == ["failed", "failed"]


async def test_secrets_are_sent_kept_encrypted_and_never_shown(bench: FeedBench, server: FeedServer) -> None:
    server.answers = [Answer(csv([row("tea")]).encode())]
    source = f"{server.url}/feed?token=5f2c-secret"
    await bench.add("shop", source=source, headers={"Authorization": TOKEN})
    await bench.feeds.run("shop")
    assert server.requests[0][1]["authorization"] == TOKEN
    shown = (await bench.status("shop")).feed
    assert (shown.source, shown.headers) == (f"{server.url}/feed?{HIDDEN}", {"Authorization": HIDDEN})
    async with bench.database.session(readonly=True) as session:
        kept = (await session.execute(text("SELECT * FROM feed"))).mappings().one()
    assert "5f2c-secret" not in repr(dict(kept))

    await bench.feeds.save(shown.model_copy(update={"every_minutes": 15}))
    await bench.feeds.run("shop")
    assert server.requests[-1][0] == "/feed?token=5f2c-secret"
    assert server.requests[-1][1]["authorization"] == TOKEN


async def test_due_feeds_are_run_and_paused_ones_are_not(bench: FeedBench) -> None:
    for name in ("a", "b"):
        await bench.add(name, every_minutes=60)
        bench.write(name, [row(name)])
    await bench.add("paused")
    bench.write("paused", [row("x")])
    async with bench.database.session() as session:
        await register.pause(session, "paused", True)
    assert [report.feed_id for report in await bench.feeds.run_due()] == ["a", "b"]
    assert await bench.feeds.run_due() == []
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert [report.feed_id for report in await bench.feeds.run_due()] == ["a", "b"]
    async with bench.database.session() as session:
        await register.pause(session, "paused", False)
    assert [report.feed_id for report in await bench.feeds.run_due()] == ["paused"]


async def test_of_many_processes_one_fetches_a_feed(bench: FeedBench) -> None:
    await bench.add("shop")
    bench.write("shop", [row("tea")])
    others = [FeedBench(bench.database, bench.folder) for _ in range(4)]
    done = await asyncio.gather(*(other.feeds.run_due() for other in others))
    assert sum(len(reports) for reports in done) == 1
    assert await bench.history("shop") == ["done"]


async def test_a_feed_that_is_being_imported_says_so(bench: FeedBench) -> None:
    await bench.add("shop")
    bench.write("shop", [row("tea")])
    run = await bench.feeds.begin("shop")
    assert (await bench.status("shop")).running
    with pytest.raises(FeedBusy):
        await bench.feeds.run("shop")
    with pytest.raises(FeedBusy):
        async with bench.database.session() as session:
            await register.remove(session, "shop")
    await bench.feeds.finish(run)
    assert (await bench.feeds.run("shop")).status == "unchanged"


async def test_the_feed_of_a_process_that_died_is_taken_over_and_its_import_told_as_cut_short(bench: FeedBench) -> None:
    await bench.add("shop")
    bench.write("shop", [row("tea")])
    dead = await bench.feeds.begin("shop")
    with clock.frozen_at(clock.now() + reports.LEASE + timedelta(seconds=1)):
        assert (await bench.report(dead.report.id)).status == "interrupted"
        assert (await bench.feeds.run("shop")).status == "done"
    late = await bench.feeds.finish(dead)
    assert late.failure is not None
    assert (late.status, late.failure.reason) == ("failed", "feed_changed")
    assert await bench.history("shop") == ["failed", "done"]


async def test_a_feed_changed_while_it_runs_is_not_applied_as_it_was(bench: FeedBench) -> None:
    await bench.add("shop")
    bench.write("shop", [row("tea")])
    run = await bench.feeds.begin("shop")
    await bench.add("shop", currency="GBP")
    assert (await bench.feeds.finish(run)).status == "failed"
    assert await bench.shelf() == {}
    assert [report.status for report in await bench.feeds.run_due()] == ["done"]


async def test_a_feed_read_another_way_is_read_again(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", [row("tea", "10.00")])
    await bench.add("shop", currency="GBP")
    assert [report.status for report in await bench.feeds.run_due()] == ["done"]
    async with bench.database.session(readonly=True) as session:
        assert (await products.get(session, "tea")).currency == "GBP"


async def test_another_source_lifts_a_hold(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(100))
    held = await bench.bring("shop", numbered(10))
    bench.write("other", numbered(100))
    await bench.add("shop", source=str(bench.folder / "other.csv"))
    assert ((await bench.status("shop")).state, (await bench.report(held.id)).status) == ("active", "superseded")
    assert await staged(bench.database) == 0


async def test_a_removed_feed_leaves_its_products_to_nobody(bench: FeedBench) -> None:
    await bench.add("old")
    await bench.bring("old", [row("tea"), row("cup")])
    async with bench.database.session() as session:
        await register.remove(session, "old")
    assert set(await bench.shelf()) == {"tea", "cup"}
    with pytest.raises(UnknownFeed):
        await bench.feeds.run("old")
    await bench.add("new")
    report = await bench.bring("new", [row("tea")])
    assert (report.rejected, set(await bench.shelf())) == ([], {"tea", "cup"})


async def test_who_watches_the_shop_sees_when_a_released_product_changed(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(100))
    await bench.bring("shop", numbered(10, "11.00 EUR"))
    with clock.frozen_at(clock.now() + timedelta(days=2)):
        await bench.feeds.release("shop")
        async with bench.database.session(readonly=True) as session:
            query = select(func.count()).where(col(ProductRow.updated_at) == clock.now())
            assert await session.scalar(query) == 100


async def test_only_the_newest_imports_are_remembered(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", [row("tea")])
    for _ in range(4):
        await bench.feeds.run("shop")
    async with bench.database.session() as session:
        await reports.prune(session, "shop", 2)
    assert await bench.history("shop") == ["unchanged", "unchanged"]


async def test_a_held_import_is_remembered_however_old(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", numbered(100))
    await bench.bring("shop", numbered(10))
    await bench.feeds.run("shop")
    async with bench.database.session() as session:
        await reports.prune(session, "shop", 1)
    assert await bench.history("shop") == ["held", "unchanged"]
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        await import_feed(bench.database, csv([row("by-hand")]).splitlines(), FeedFormat.CSV)
        await bench.feeds.release("shop")
    assert len(await bench.shelf()) == 11


async def test_time_passing_does_not_turn_what_ended_well_into_an_interruption(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", [row("tea")])
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        await bench.bring("shop", [row("cup"), row("tea")])
        assert await bench.history("shop") == ["done", "done"]


async def test_products_put_by_hand_stay_with_their_feed(bench: FeedBench) -> None:
    await bench.add("shop")
    await bench.bring("shop", [row("tea"), row("cup")])
    async with bench.database.session() as session:
        tea = await products.get(session, "tea")
        await products.upsert(session, [tea.model_copy(update={"title": "Green tea"})])
    report = await bench.bring("shop", [row("cup")])
    assert (report.removed, set(await bench.shelf())) == (1, {"cup"})


async def test_costs_wait_with_the_import_that_is_held_and_another_feeds_product_keeps_its_own(
    bench: FeedBench,
) -> None:
    async def costs_now() -> dict[str, int]:
        async with bench.database.session(readonly=True) as session:
            return {name: int(amount) for name, amount in (await costs(session)).items()}

    def costed(*rows: tuple[str, int]) -> str:
        listed = [f"{name},Tea,https://s.example/{name},10 EUR,in_stock,{cost}" for name, cost in rows]
        return "\n".join(["id,title,link,price,availability,cost", *listed, ""])

    for name, cost in (("a", 1), ("b", 7)):
        await bench.add(name, guard={"max_drop": 0})
        (bench.folder / f"{name}.csv").write_text(costed((f"{name}1", cost), (f"{name}2", cost)))
        await bench.feeds.run(name)
    assert await costs_now() == {"a1": 1, "a2": 1, "b1": 7, "b2": 7}
    (bench.folder / "a.csv").write_text(costed(("a1", 5), ("b1", 5)))
    held = await bench.feeds.run("a")
    assert (held.status, held.costs) == ("held", 1)
    assert await costs_now() == {"a1": 1, "a2": 1, "b1": 7, "b2": 7}
    await bench.feeds.release("a")
    assert await costs_now() == {"a1": 5, "a2": 1, "b1": 7, "b2": 7}
    assert await staged(bench.database) == 0
