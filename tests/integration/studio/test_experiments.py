"""Experiments in the studio: written down, started, stopped; the shop's holdout and groups; hostile names as text."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from composer.campaigns import save_brand, save_campaign
from composer.experiments import holdouts, service
from composer.experiments.model import Status
from memory.tables import Contact, Customer
from store import clock
from store.database import Database
from tests.integration.studio.conftest import Browser, SignedIn
from tests.kit.experiments import benches_of, make_plan, started
from tests.kit.factories import make_brand, make_campaign
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf

pytestmark = pytest.mark.anyio

HOSTILE = "<script>alert(1)</script>"
FORM: dict[str, Any] = {
    "name": HOSTILE,
    "hypothesis": "<img src=x>",
    "campaigns": "autumn",
    "metric": "revenue",
    "arms.0.name": "control",
    "arms.0.share": "50",
    "arms.1.name": "plain",
    "arms.1.share": "50 %",
    "arms.1.model": "templates",
}


@pytest.fixture(autouse=True)
async def campaigns(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(id="autumn", name="Autumn"))


@pytest.fixture
async def editor(signed_in: SignedIn) -> Browser:
    return await signed_in("editor")


async def written(editor: Browser, **changes: str) -> str:
    """The path of the experiment's page."""
    answer = await editor.post("/experiments", {**FORM, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/studio").partition("?")[0]


async def test_an_experiment_is_written_down_started_and_stopped(editor: Browser) -> None:
    path = await written(editor)
    draft = (await editor.get(path)).text
    assert "Not started" in draft
    assert "would be in it" in draft
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in draft
    assert HOSTILE not in draft
    assert "&lt;img src=x&gt;" in draft
    edited = await editor.post(path, {**FORM, "name": "Plain words"})
    assert edited.status_code == 303
    assert 'value="Plain words"' in (await editor.get(f"{path}/edit")).text
    assert (await editor.post(f"{path}/start", {})).status_code == 303
    running = (await editor.get(path)).text
    assert "Templates only, no model" in running
    assert "Nothing yet" in running
    assert (await editor.get(f"{path}/edit")).status_code == 303
    assert (await editor.post(f"{path}/stop", {})).status_code == 303
    assert "Stopped" in (await editor.get(path)).text
    assert "Plain words" in (await editor.get("/experiments")).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms.1.share": "much"}, "Write a share above 0 and below 100."),
        ({"arms.1.share": "40"}, "come to 0.9, and have to come to 1"),
        ({"arms.1.name": "Two words"}, "no spaces"),
        ({"arms.1.name": ""}, "at least two arms"),
        ({"arms.1.model": ""}, ""),
        ({"campaigns": "nowhere"}, "There is no campaign"),
        ({"name": ""}, "Give it a name"),
        ({"arms.0.name": "first"}, "called control"),
    ],
)
async def test_what_cannot_be_comes_back_as_it_was_typed_with_what_is_wrong(
    editor: Browser, changes: dict[str, str], said: str
) -> None:
    answer = await editor.post("/experiments", {**FORM, **changes})
    if not said:
        # Both arms are the campaign as it is: whether splitting works at all.
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert said in answer.text
    assert "&lt;img src=x&gt;" in answer.text


async def test_one_that_cannot_start_says_why_on_its_page(editor: Browser, sqlite_database: Database) -> None:
    path = await written(editor, **{"arms.1.model": "openai/gone"})
    answer = await editor.post(f"{path}/start", {})
    assert answer.status_code == 422
    assert "a model that the settings do not name" in answer.text
    async with sqlite_database.session(readonly=True) as session:
        found = await service.get_experiment(session, path.rpartition("/")[2])
    assert found.status is Status.DRAFT


async def test_arms_that_lost_customers_are_not_to_be_believed(editor: Browser, sqlite_database: Database) -> None:
    path = await written(editor)
    await editor.post(f"{path}/start", {})
    experiment = path.rpartition("/")[2]
    async with sqlite_database.session() as session:
        for number in range(60):
            session.add(Customer(id=f"cus_{number}", external_id=f"c-{number}", created_at=clock.now()))
        await session.flush()
        for number in range(60):
            session.add(in_arm(number, experiment, "control" if number < 50 else "plain"))
    page = (await editor.get(path)).text
    assert "Do not believe any difference" in page
    assert re.search(r"control has 50, and should have about 30", page)


def in_arm(number: int, experiment: str, variant: str) -> Contact:
    return Contact(
        key=str(number),
        customer_id=f"cus_{number}",
        campaign="autumn",
        decision="sent",
        reason="ok",
        rule_version="1",
        at=clock.now(),
        experiment=experiment,
        variant=variant,
    )


async def test_the_shops_holdout_is_set_and_ended(editor: Browser, sqlite_database: Database) -> None:
    until = (clock.now() + timedelta(days=30)).date().isoformat()
    assert (await editor.post("/experiments/-/holdout", {"share": "5", "until": until})).status_code == 303
    assert "5.0 %" in (await editor.get("/experiments")).text
    for wrong in ({"share": "x", "until": until}, {"share": "90", "until": until}, {"share": "5", "until": "soon"}):
        assert (await editor.post("/experiments/-/holdout", wrong)).status_code == 422
    assert (await editor.post("/experiments/-/holdout/end", {})).status_code == 303
    async with sqlite_database.session(readonly=True) as session:
        assert await holdouts.current(session) is None


async def test_campaigns_are_kept_apart_and_let_go(editor: Browser) -> None:
    member = {"group": "letters", "member": "campaign:autumn"}
    assert (await editor.post("/experiments/-/groups", {**member, "share": "30"})).status_code == 303
    page = (await editor.get("/experiments")).text
    assert "30.0 %" in page
    assert "70.0 %" in page
    again = await editor.post("/experiments/-/groups", {**member, "share": "30"})
    assert (again.status_code, "in this group already" in again.text) == (422, True)
    assert (await editor.post("/experiments/-/groups/leave", member)).status_code == 303
    assert "Every campaign may write to everybody." in (await editor.get("/experiments")).text


async def test_who_only_looks_sees_no_buttons(signed_in: SignedIn, sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        made = await service.create(session, make_plan(campaigns=["autumn"]), by="user:maeve")
    viewer = await signed_in("viewer")
    for path in ("/experiments", f"/experiments/{made.id}"):
        page = (await viewer.get(path)).text
        assert "Start it" not in page
        assert "/experiments/-/" not in page


async def test_an_e_mail_tells_of_which_arm_it_is(editor: Browser, sqlite_database: Database) -> None:
    await PreparedShop.open(sqlite_database)
    benches = benches_of(sqlite_database, clever=lambda library: ())
    arms = [{"name": name, "share": 0.5, "model": model} for name, model in (("control", "usual"), ("b", "clever"))]
    await started(sqlite_database, benches, name=HOSTILE, arms=arms)
    shop = PreparedShop(sqlite_database, TestShelf(), benches=benches_of(sqlite_database))
    email = await shop.compose()
    shown = (await editor.get(f"/emails/{email.id}")).text
    assert f'/studio/experiments/{email.experiment}">&lt;script&gt;' in shown
    assert HOSTILE not in shown
    assert f"arm “{email.variant}”" in shown
    assert ("Written as the campaign is all the same" in shown) == (email.variant == "b")
