"""The command line as people and scripts use it: what it makes, what it prints, how it exits."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from api.cli import main
from tests.kit.commands import Ran, run_command
from tests.kit.homes import new_home

BRAND = """
id: leaf
name: Leaf & Kettle
url: https://leaf.example
domain: leaf.example
currency: GBP
sender: {name: Leaf & Kettle, email: hello@leaf.example}
postal_address: 1 Mill Lane, Leeds LS1 1AA
voice: {description: warm and plain}
public_url: http://localhost:8000
"""
CAMPAIGN = "{id: spring, name: Spring, flow: newsletter, brand: leaf}"
EVENTS = """\
{"type": "identify", "userId": "c42", "messageId": "i1", "traits": {"firstName": "Ada", "email_consent": true}}

{"type": "track", "userId": "c42", "messageId": "t1", "event": "Product Viewed", "properties": {"product_id": "p1"}}
{"type": "track", "userId": "c42"}
not json
"""
FEED = "id,title,link,price\np1,Sencha,https://leaf.example/1,3 GBP\np2,,https://leaf.example/2,3 GBP\n"


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command in a folder of its own, without an embedded model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")

    return partial(run_command, capsys)


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """An installation."""
    new_home(tmp_path / ".penfriend")
    return tmp_path / ".penfriend"


def test_init_makes_everything_once_and_shows_the_admin_key_once(run: Run, tmp_path: Path) -> None:
    first, second = run("init", "--json").json(), run("init", "--json").json()
    keys = tmp_path / ".penfriend" / "keys.json"
    assert first["admin_key"].startswith("pf_live_")
    assert keys.stat().st_mode & 0o077 == 0
    assert second["made"] == []
    assert second["admin_key"] is None


def test_init_dry_run_makes_nothing(run: Run, tmp_path: Path) -> None:
    assert "keys.json" in run("init", "--dry-run", "--json").json()["made"]
    assert list(tmp_path.iterdir()) == []


def test_init_without_the_old_keys_does_not_put_new_ones_in_their_place(run: Run, home: Path) -> None:
    (home / "keys.json").rename(home / "backup.json")
    ran = run("init")
    assert ran.code == 4
    assert "wrong_key" in ran.err
    assert not (home / "keys.json").exists()


def test_a_command_before_init_says_what_to_do(run: Run) -> None:
    ran = run("keys", "list")
    assert ran.code == 3
    assert "penfriend init" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.usefixtures("home")
def test_a_key_is_made_listed_and_revoked(run: Run) -> None:
    made = run("keys", "create", "shop", "--scope", "read", "--scope", "ingest", "--json").json()
    assert made["scopes"] == ["read", "ingest"]
    listed = {key["id"]: key for key in run("keys", "list", "--json").json()}
    assert listed[made["id"]]["prefix"] == made["prefix"]
    assert made["token"] not in json.dumps(listed)
    assert run("keys", "revoke", made["prefix"], "--json").json()["revoked_at"] is not None


@pytest.mark.usefixtures("home")
def test_an_unknown_scope_lists_the_known_ones(run: Run) -> None:
    ran = run("keys", "create", "shop", "--scope", "everything")
    assert ran.code == 2
    assert "ingest, read, write, compose, metrics, admin" in ran.err


def test_after_a_rotation_everything_can_still_be_read_and_the_old_key_is_gone(
    run: Run, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "events.ndjson").write_text(EVENTS)
    run("import", "events", "events.ndjson")
    before = json.loads((home / "keys.json").read_text())["keys"]
    assert run("keys", "rotate").code == 0
    assert run("keys", "list").code == 0
    rewritten = run("keys", "rotate", "--finish", "--json").json()["rewritten"]
    after = json.loads((home / "keys.json").read_text())["keys"]
    assert rewritten["event"] == 2
    assert before[0] not in after
    assert run("import", "events", "events.ndjson", "--json").json()["duplicates"] == 2


@pytest.mark.usefixtures("home")
def test_products_are_imported_and_bad_rows_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(FEED)
    tried = run("import", "products", "feed.csv", "--dry-run", "--json").json()
    report = run("import", "products", "feed.csv", "--json").json()
    assert tried["imported"] == report["imported"] == 1
    assert (report["rejected"][0]["line"], report["rejected"][0]["field"]) == (3, "title")


@pytest.mark.usefixtures("home")
def test_events_are_imported_once_and_bad_lines_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text(EVENTS)
    tried = run("import", "events", "events.ndjson", "--dry-run", "--json").json()
    first = run("import", "events", "events.ndjson", "--json").json()
    again = run("import", "events", "events.ndjson", "--json").json()
    assert (tried["accepted"], first["accepted"], again["accepted"], again["duplicates"]) == (2, 2, 0, 2)
    assert sorted(issue["line"] for issue in first["issues"]) == [4, 5]


@pytest.mark.usefixtures("home")
def test_a_file_of_nothing_but_bad_lines_is_a_failure(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text("not json\n")
    assert run("import", "events", "events.ndjson").code == 1


@pytest.mark.usefixtures("home")
def test_documents_are_saved_and_versioned(run: Run, tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text(BRAND)
    (tmp_path / "spring.yaml").write_text(CAMPAIGN)
    assert run("import", "campaign", "spring.yaml").code == 3
    assert run("import", "brand", "brand.yaml", "--json").json() == {
        "kind": "brand",
        "id": "leaf",
        "version": 1,
        "meant": None,
        "dry_run": False,
    }
    assert run("import", "campaign", "spring.yaml", "--dry-run", "--json").json()["version"] == 1
    assert run("import", "campaign", "spring.yaml", "--json").json()["version"] == 1
    (tmp_path / "spring.yaml").write_text(CAMPAIGN.replace("name: Spring", "name: Late spring"))
    assert run("import", "campaign", "spring.yaml", "--json").json()["version"] == 2


@pytest.mark.usefixtures("home")
def test_a_misspelt_field_in_a_document_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "spring.yaml").write_text(CAMPAIGN.replace("brand:", "brnad:"))
    ran = run("import", "campaign", "spring.yaml", "--json")
    assert ran.code == 2
    assert ran.json()["error"]["pointer"] in ("/brand", "/brnad")


def test_migrate_says_whether_it_was_needed(run: Run, home: Path) -> None:
    assert run("migrate", "--json").json()["needed"] is False
    (home / "penfriend.db").unlink()
    assert run("migrate", "--dry-run", "--json").json()["needed"] is True
    assert "Run `penfriend migrate`" in run("migrate", "--dry-run").out
    assert run("migrate", "--json").json()["needed"] is True
    assert run("migrate", "--json").json()["needed"] is False


def test_doctor_finds_a_damaged_database_and_says_what_to_do(run: Run, home: Path) -> None:
    assert run("doctor").code == 0
    (home / "penfriend.db").write_bytes(b"not a database, just long enough to be read as one" * 100)
    ran = run("doctor", "--json")
    broken = [check for check in ran.json() if not check["ok"] and check["required"]]
    assert ran.code == 1
    assert [check["name"] for check in broken] == ["database"]
    assert "backup" in broken[0]["fix"]


@pytest.mark.usefixtures("home")
def test_doctor_names_a_model_that_does_not_answer_without_calling_it_a_failure(run: Run) -> None:
    ran = run("doctor", "--json")
    model = next(check for check in ran.json() if check["name"].startswith("model"))
    assert ran.code == 0
    assert not model["ok"]
    assert not model["required"]
    assert "litellm" not in model["detail"].lower()
    assert "Error" not in model["detail"]


@pytest.mark.usefixtures("home")
def test_an_unknown_campaign_and_an_unknown_email_are_exit_code_3(run: Run) -> None:
    assert run("compose", "c42", "--campaign", "spring").code == 3
    assert run("replay", "msg_none", "--json").json()["error"]["reason"] == "unknown_email"


def test_the_demo_writes_to_customers_in_different_flows_and_again_the_same(run: Run, tmp_path: Path) -> None:
    arguments = ("demo", "--customers", "40", "--emails", "8", "--json")
    first, second = run(*arguments).json(), run(*arguments).json()
    written = [email for email in first["emails"] if email["subject"]]
    assert len({email["flow"] for email in written}) == 8
    assert len({email["subject"] for email in written}) == 8
    assert [email["email_id"] for email in second["emails"]] == [email["email_id"] for email in first["emails"]]
    assert (first["admin_key"] is None, second["admin_key"] is None) == (False, True)
    pages = {path.name for path in (tmp_path / ".penfriend" / "previews").glob("*.html")}
    assert len(pages) == 9
    assert "index.html" in pages


def test_wrong_use_is_exit_code_2(run: Run) -> None:
    assert run("compose").code == 2
    assert run("teapot").code == 2


@pytest.mark.usefixtures("home")
def test_debug_shows_the_traceback_wherever_it_stands() -> None:
    with pytest.raises(Exception, match="no API key 'nope'"):
        main(["keys", "revoke", "nope", "--debug"])
