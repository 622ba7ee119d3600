"""Holdouts and experiments hold in every path by which an e-mail leaves: composed alone, in a batch, pulled, handed
over, rebuilt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path as Folder

import pytest

from composer.batch import Batch
from composer.campaigns import get_campaign, save_campaign
from composer.contract import ComposeResult, Path
from composer.experiments.benches import Bench, Benches
from composer.experiments.board import read_board
from composer.experiments.fallbacks import fallbacks
from composer.experiments.groups import join
from composer.experiments.holdouts import end_holdout, set_holdout
from composer.experiments.service import stop
from composer.experiments.tables import HoldoutRow
from composer.finish import Finisher
from composer.freshness import Withdrawn
from composer.links import Links
from composer.record import find_record
from composer.stored import StoredEmail
from store import clock
from store.database import Database
from store.errors import InvalidInput
from tests.kit.contacts import ledger
from tests.kit.experiments import CAMPAIGN, SALT, benches_of, started
from tests.kit.factories import LIBRARY, make_campaign, make_request
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

CUSTOMERS = [f"c-{number}" for number in range(1, 5)]
CONTROL = {"name": "control", "share": 0.5}
SOUND = {"opening": "We put a few teas together that go with the one you know."}


async def open_shop(database: Database, benches: Benches | None = None) -> PreparedShop:
    await PreparedShop.open(database, customers=len(CUSTOMERS))
    return PreparedShop(database, TestShelf(), benches=benches or benches_of(database))


async def hold_out(database: Database, share: float = 0.5) -> set[str]:
    """Half of the shop, for a week; who is in it."""
    async with database.session() as session:
        made = await set_holdout(session, share, until=clock.now() + timedelta(days=7), by="user:maeve")
        (await session.get_one(HoldoutRow, made.id)).salt = SALT
        await session.flush()
        board = await read_board(session)
    now = clock.now()
    held = {name for name in CUSTOMERS if board.refusal(CAMPAIGN, "campaign", name, now)}
    assert 0 < len(held) < len(CUSTOMERS)
    return held


async def arms(database: Database) -> dict[str, str]:
    """The arm of each customer in what is running."""
    async with database.session(readonly=True) as session:
        board = await read_board(session)
        own = await get_campaign(session, CAMPAIGN)
    found = {name: board.place(own, "campaign", name, clock.now()).variant for name in CUSTOMERS}
    assert len(set(found.values())) > 1
    return found


async def composed(shop: PreparedShop) -> dict[str, ComposeResult]:
    return {name: await shop.compose(customer=name) for name in CUSTOMERS}


async def in_batch(shop: PreparedShop, version: int = 1) -> dict[str, ComposeResult]:
    batch = Batch(shop.database, shop.composer.steps)
    asked = [make_request(customer=name) for name in CUSTOMERS]
    prepared = await batch.prepare(asked, campaign_version=version, began=clock.now())
    written = [await batch.write(one) for one in prepared]
    async with shop.database.session() as session:
        stored = await batch.store(session, written)
    return {one.customer: one for one in stored if isinstance(one, ComposeResult)}


async def pulled(shop: PreparedShop, customer: str) -> StoredEmail | Withdrawn | None:
    return await shop.freshness.prepared(make_request(customer=customer))


async def pulled_by(shop: PreparedShop) -> set[str]:
    """Whoever gets an e-mail that is stored."""
    return {name for name in CUSTOMERS if isinstance(await pulled(shop, name), StoredEmail)}


async def test_nobody_in_the_shops_holdout_gets_an_e_mail_and_the_ledger_says_why(database: Database) -> None:
    shop = await open_shop(database)
    held = await hold_out(database)
    results = await in_batch(shop)
    assert {name for name, one in results.items() if one.reason == "global_holdout"} == held
    assert {name for name, one in results.items() if not one.html} == held
    alone = await composed(shop)
    assert {name for name, one in alone.items() if not one.html} == held
    rows = [row for row in await ledger(database) if row.reason == "global_holdout"]
    assert {row.decision for row in rows} == {"skipped"}
    assert len({row.customer_id for row in rows}) == len(held)


async def test_what_was_written_before_the_holdout_began_does_not_leave_while_it_lasts(database: Database) -> None:
    shop = await open_shop(database)
    before = await composed(shop)
    held = await hold_out(database)
    for name in CUSTOMERS:
        pull = await pulled(shop, name)
        handed = await shop.freshness.going_out([before[name].id])
        again = await shop.compose(customer=name)
        left = [isinstance(pull, StoredEmail), isinstance(handed[before[name].id], StoredEmail), bool(again.html)]
        assert left == [name not in held] * 3
    async with database.session() as session:
        await end_holdout(session)
    after = await composed(shop)
    assert all(after[name].html for name in held)


async def test_what_begins_or_ends_between_two_pulls_holds_from_the_second_on(database: Database) -> None:
    shop = await open_shop(database)
    await composed(shop)
    assert await pulled_by(shop) == set(CUSTOMERS)
    held = await hold_out(database)
    assert held
    assert await pulled_by(shop) == set(CUSTOMERS) - held
    async with database.session() as session:
        await end_holdout(session)
    assert await pulled_by(shop) == set(CUSTOMERS)


async def test_an_arm_that_begins_after_a_pull_is_pulled_by_its_own_version(database: Database) -> None:
    shop = await open_shop(database)
    before = await composed(shop)
    assert await pulled_by(shop) == set(CUSTOMERS)
    async with database.session() as session:
        await save_campaign(session, make_campaign(brief={"message": "A warmer word."}))
    assert await pulled_by(shop) == set()
    arm = {"name": "old", "share": 0.5, "versions": {CAMPAIGN: 1}}
    await started(database, benches_of(database), arms=[CONTROL, arm])
    whose = await arms(database)
    old = {name for name in CUSTOMERS if whose[name] == "old"}
    assert await pulled_by(shop) == old
    found = {name: await pulled(shop, name) for name in old}
    assert all(isinstance(one, StoredEmail) and one.document["id"] == before[name].id for name, one in found.items())


async def test_what_customers_cannot_do_without_goes_to_whom_is_held_out(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    held = await hold_out(sqlite_database)
    async with sqlite_database.session(readonly=True) as session:
        board = await read_board(session)
    assert not any(board.refusal(CAMPAIGN, "transactional", name, clock.now()) for name in held)
    preview = await shop.compose(customer=min(held), preview=True)
    assert preview.html


async def test_who_is_kept_for_another_campaign_is_left_out_under_its_own_reason(database: Database) -> None:
    shop = await open_shop(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="other"))
        await join(session, "autumn", "campaign", CAMPAIGN, 0.5)
        await join(session, "autumn", "campaign", "other", 0.5)
    mine = await in_batch(shop)
    theirs = {name: await shop.compose(customer=name, campaign="other") for name in CUSTOMERS}
    for name in CUSTOMERS:
        reasons = {mine[name].reason, theirs[name].reason}
        assert reasons == {"ok", "other_experiment"}, name


async def test_each_arm_is_written_by_its_own_version_in_every_path(database: Database) -> None:
    shop = await open_shop(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(brief={"message": "A warmer word."}))
    arm = {"name": "old", "share": 0.5, "versions": {CAMPAIGN: 1}}
    experiment = await started(database, benches_of(database), arms=[CONTROL, arm])
    whose = await arms(database)
    results = await in_batch(shop, version=2)
    for name, result in results.items():
        assert (result.experiment, result.variant) == (experiment.id, whose[name])
        assert result.campaign_version == (1 if whose[name] == "old" else 2)
        assert (await shop.compose(customer=name)).id == result.id
        pull = await pulled(shop, name)
        assert isinstance(pull, StoredEmail)
        assert pull.document["id"] == result.id
    rows = {(row.customer_id, row.experiment, row.variant) for row in await ledger(database)}
    assert len(rows) == len(CUSTOMERS)
    assert {row[1] for row in rows} == {experiment.id}


async def test_when_it_is_stopped_everybody_gets_the_campaign_as_it_is(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    async with sqlite_database.session() as session:
        await save_campaign(session, make_campaign(brief={"message": "A warmer word."}))
    arm = {"name": "old", "share": 0.5, "versions": {CAMPAIGN: 1}}
    experiment = await started(sqlite_database, benches_of(sqlite_database), arms=[CONTROL, arm])
    await arms(sqlite_database)
    async with sqlite_database.session() as session:
        await stop(session, experiment.id)
    results = await composed(shop)
    assert {(one.campaign_version, one.experiment, one.variant) for one in results.values()} == {(2, "", "")}


async def test_an_arm_with_another_model_is_written_by_it_and_only_that_arm(sqlite_database: Database) -> None:
    writer = ScriptedWriter(lambda key, round_: SOUND.get(key))
    shop = await open_shop(sqlite_database, benches_of(sqlite_database, clever=lambda library: (writer,)))
    arm = {"name": "clever", "share": 0.5, "model": "clever"}
    await started(sqlite_database, benches_of(sqlite_database, clever=lambda library: (writer,)), arms=[CONTROL, arm])
    whose = await arms(sqlite_database)
    for name, result in (await composed(shop)).items():
        assert result.path is (Path.MODEL if whose[name] == "clever" else Path.TEMPLATE)
        assert (await shop.composer.replay(result.id)).identical


async def test_a_model_that_is_gone_is_told_and_the_arm_is_written_as_the_campaign_is(
    sqlite_database: Database,
) -> None:
    shop = await open_shop(sqlite_database)
    arm = {"name": "clever", "share": 0.5, "model": "clever"}
    experiment = await started(
        sqlite_database, benches_of(sqlite_database, clever=lambda library: ()), arms=[CONTROL, arm]
    )
    whose = await arms(sqlite_database)
    for name, result in (await composed(shop)).items():
        assert result.html
        assert result.variant == whose[name]
        assert result.fell_back == ("model_gone" if whose[name] == "clever" else "")
    async with sqlite_database.session(readonly=True) as session:
        [row] = await fallbacks(session, experiment.id)
    assert (row.variant, row.reason) == ("clever", "model_gone")


def with_folder(database: Database, root: Folder) -> Benches:
    usual = Bench(LIBRARY, (), Finisher(LIBRARY, Links(database.keyring)))
    return Benches(database.keyring, usual, prompts=root)


def lay(root: Folder, line: str) -> None:
    """Changed templates of the newsletter, in the folder `warm`."""
    path = "fallbacks/en/newsletter.yaml"
    text = LIBRARY.artifacts([path])[LIBRARY.manifest([path])[path]]
    file = root / "warm" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n# {line}\n", encoding="utf-8")


async def test_an_arm_with_changed_prompts_is_written_and_rebuilt_with_them(
    sqlite_database: Database, tmp_path: Folder
) -> None:
    lay(tmp_path, "warmer")
    benches = with_folder(sqlite_database, tmp_path)
    shop = await open_shop(sqlite_database, benches)
    experiment = await started(
        sqlite_database, benches, arms=[CONTROL, {"name": "warm", "share": 0.5, "prompts": "warm"}]
    )
    whose = await arms(sqlite_database)
    warm = next(name for name in CUSTOMERS if whose[name] == "warm")
    email = await shop.compose(customer=warm)
    before = await manifest_of(shop, email)
    assert before != LIBRARY.manifest(["fallbacks/en/newsletter.yaml"])["fallbacks/en/newsletter.yaml"]
    shop.shelf.change(email.picks[0].product_id, price="1.00")
    rebuilt = await shop.now(email)
    assert rebuilt.revision == 1
    assert (rebuilt.experiment, rebuilt.variant) == (experiment.id, "warm")
    assert await manifest_of(shop, rebuilt) == before


async def manifest_of(shop: PreparedShop, email: ComposeResult) -> str:
    async with shop.database.session(readonly=True) as session:
        return (await find_record(session, email.record)).manifest["fallbacks/en/newsletter.yaml"]


@pytest.mark.parametrize("change", ["prompts_gone", "prompts_changed"])
async def test_prompts_that_are_not_what_they_were_are_told(
    sqlite_database: Database, tmp_path: Folder, change: str
) -> None:
    lay(tmp_path, "warmer")
    shop = await open_shop(sqlite_database, with_folder(sqlite_database, tmp_path))
    arms_ = [CONTROL, {"name": "warm", "share": 0.5, "prompts": "warm"}]
    await started(sqlite_database, with_folder(sqlite_database, tmp_path), arms=arms_)
    if change == "prompts_gone":
        (tmp_path / "warm").rename(tmp_path / "cold")
    else:
        lay(tmp_path, "colder")
    whose = await arms(sqlite_database)
    for name, result in (await composed(shop)).items():
        assert result.fell_back == (change if whose[name] == "warm" else "")


async def test_a_preview_may_choose_an_arm_and_nothing_else_may(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    experiment = await started(sqlite_database, benches_of(sqlite_database))
    for name in ("control", "b"):
        seen = await shop.compose(customer="c-1", preview=True, variant=f"{experiment.id}/{name}")
        assert seen.variant == name
    with pytest.raises(InvalidInput, match="no arm"):
        await shop.compose(customer="c-1", preview=True, variant=f"{experiment.id}/x")
    with pytest.raises(ValueError, match="only a preview"):
        make_request(variant=f"{experiment.id}/b")


async def test_an_arm_without_e_mails_gets_none_and_the_ledger_says_which(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    experiment = await started(
        sqlite_database, benches_of(sqlite_database), arms=[CONTROL, {"name": "silence", "share": 0.5, "nothing": True}]
    )
    whose = await arms(sqlite_database)
    results = await in_batch(shop)
    assert {name for name, one in results.items() if not one.html} == {
        name for name in CUSTOMERS if whose[name] == "silence"
    }
    told = {(row.reason, row.experiment, row.variant) for row in await ledger(sqlite_database)}
    assert told == {("ok", experiment.id, "control"), ("holdout", experiment.id, "silence")}


async def test_who_is_in_an_arm_but_capped_is_counted_in_it(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    experiment = await started(sqlite_database, benches_of(sqlite_database))
    await composed(shop)
    later = {name: await shop.compose(customer=name, occasion=str(n)) for name in CUSTOMERS for n in range(4)}
    capped = [one for one in later.values() if not one.html]
    assert capped
    assert {one.experiment for one in capped} == {experiment.id}
    rows = [row for row in await ledger(sqlite_database) if row.reason in ("capped", "too_soon")]
    assert {row.experiment for row in rows} == {experiment.id}
