"""`penfriend check` as people and CI use it: what it prints, what it counts, how it exits."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from evals import corpora
from evals.checking import MAX_LINE_BYTES
from evals.passage import Passage
from evals.rules import BY_BLOCK, Finding, Rule
from evals.verdict import Severity
from evals.world import World
from tests.kit.commands import Ran, run_command

ROOT = Path(__file__).parents[3]
ROWS = {row["id"]: row for line in corpora.GUARDRAILS.read_bytes().split(b"\n") if line for row in [json.loads(line)]}
SOUND = ROWS["ok-001"]
WRONG_PRICE = {**SOUND, "id": "bad", "text": "The Moorland Rain Jacket is £69.", "label": "violation"}
WRONG_PRICE["violated"] = ["price.wrong"]


Check = Callable[..., Ran]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    """Check rows from standard input, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*rows: dict[str, Any] | bytes, options: tuple[str, ...] = ()) -> Ran:
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines))))
        return run_command(capsys, "check", "-", *options)

    return command


def test_each_line_gets_its_answer_in_order_with_rule_span_reason_and_fact(check: Check) -> None:
    ran = check(SOUND, WRONG_PRICE)
    sound, wrong = ran.answers
    assert (ran.code, sound["id"], sound["verdict"], sound["rules"]) == (0, "ok-001", "ok", [])
    assert (wrong["line"], wrong["id"], wrong["verdict"], wrong["rules"]) == (2, "bad", "violation", ["price.wrong"])
    (finding,) = wrong["findings"]
    start, end = finding["span"]
    assert (finding["severity"], finding["found"]) == ("block", "£69")
    assert WRONG_PRICE["text"][start:end] == "£69"
    assert "96" in finding["source"]


def test_warnings_stand_apart_and_hold_nothing_back(check: Check) -> None:
    subject = "A jacket for the long wet ride home from Leeds to Otley, Tom, tonight"
    (answer,) = check({**SOUND, "block": "subject", "text": subject}).answers
    assert (answer["verdict"], answer["rules"], answer["findings"]) == ("ok", [], [])
    assert [warning["rule"] for warning in answer["warnings"]] == ["length.exceeded"]


def test_a_repair_comes_with_the_whole_text(check: Check) -> None:
    (answer,) = check({**SOUND, "block": "subject", "text": "Re: your jacket"}).answers
    assert (answer["verdict"], answer["findings"][0]["repaired"]) == ("violation", "Your jacket")


def test_a_line_that_cannot_be_read_is_answered_and_the_others_are_judged(check: Check) -> None:
    ran = check(b"\xef\xbb\xbf" + json.dumps(SOUND).encode(), b"{oops", {**SOUND, "block": "footer"}, b"", SOUND)
    first, broken, unknown, last = ran.answers
    assert ran.code == 2
    assert (first["verdict"], last["verdict"], last["line"]) == ("ok", "ok", 5)
    assert (broken["line"], broken["verdict"], broken["error"]["pointer"]) == (2, "error", None)
    assert unknown["error"]["pointer"] == "/block"
    assert "subject" in unknown["error"]["fix"]
    assert "2 lines could not be read" in ran.err


def test_a_broken_check_holds_its_text_back_is_named_and_is_not_counted_as_caught(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(passage: Passage, world: World) -> Iterable[Finding]:
        raise ZeroDivisionError

    broken = Rule("test.broken", breaks, Severity.BLOCK, frozenset(("pitch",)), None, joined=False)
    monkeypatch.setitem(BY_BLOCK, "pitch", (broken,))
    ran = check(SOUND, WRONG_PRICE)
    assert ran.code == 2
    assert [(answer["verdict"], answer["rules"], answer["crashed"], answer["answer"]) for answer in ran.answers] == [
        ("violation", [], ["test.broken"], "false_alarm"),
        ("violation", [], ["test.broken"], "missed"),
    ]
    assert "test.broken broke 2 times" in ran.err


def test_a_kept_bound_exits_0_and_one_that_is_not_exits_1_and_says_by_how_much(check: Check) -> None:
    missed = {**SOUND, "id": "missed", "label": "violation", "violated": ["price.wrong"]}
    assert check(SOUND, WRONG_PRICE, options=("--fail-under", "recall=0.95,fpr=1%")).code == 0
    ran = check(SOUND, WRONG_PRICE, missed, options=("--fail-under", "recall=0.95,fpr=0.01"))
    assert ran.code == 1
    assert "recall is 0.5000 (1 of 2), 0.4500 below its bound of 0.95" in ran.err
    assert "missed" in ran.err
    assert SOUND["text"] in ran.err


def test_a_bound_on_what_no_label_tells_is_not_kept(check: Check) -> None:
    unlabelled = {**SOUND, "label": None}
    ran = check(unlabelled, options=("--fail-under", "hard_recall=0.98"))
    assert (ran.code, ran.answers[0]["answer"]) == (1, None)
    assert "hard_recall has nothing to count" in ran.err


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ("accuracy=0.9", "recall, named_recall, hard_recall, soft_recall, precision, fpr"),
        ("recall=95", "between 0 and 1"),
        ("recall=high", "recall=0.95"),
        ("recall", "recall=0.95"),
        ("recall=nan", "between 0 and 1"),
        ("fpr=0.1,fpr=0.2", "two bounds"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused_before_anything_is_judged(check: Check, bounds: str, told: str) -> None:
    ran = check(SOUND, options=("--fail-under", bounds))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_the_report_is_there_for_programs_too(check: Check, tmp_path: Path) -> None:
    alarm = {**WRONG_PRICE, "id": "alarm", "label": "ok", "violated": []}
    ran = check(SOUND, WRONG_PRICE, alarm, options=("--json", "--json-report", "report.json"))
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    recall = next(metric for metric in report["metrics"] if metric["name"] == "recall")
    (rule,) = report["by_rule"]
    (mistake,) = report["mistakes"]
    assert ran.err == ""
    assert (report["judged"], report["labelled"], report["unread"], report["crashed"]) == (3, 3, 0, {})
    assert (recall["hits"], recall["of"], len(recall["interval"])) == (1, 1, 2)
    assert [rule[key] for key in ("group", "caught", "missed", "false_alarms", "sound")] == ["price.wrong", 1, 0, 1, 1]
    assert (mistake["id"], mistake["answer"], mistake["rules"]) == ("alarm", "false_alarm", ["price.wrong"])
    assert mistake["reasons"]


def test_the_shipped_cases_keep_the_bounds_the_product_promises(check: Check) -> None:
    rows = corpora.GUARDRAILS.read_bytes().split(b"\n")
    ran = check(*rows, options=("--fail-under", "recall=0.95,hard_recall=0.98,soft_recall=0.85,fpr=0.01"))
    assert ran.code == 0
    assert len(ran.answers) == len(ROWS)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere.jsonl", "There is no such file"),
        ("/", "This is a folder"),
        ("/dev/null", "no line to judge"),
        ("x" * 300, "cannot be read: File name too long"),
    ],
)
def test_what_holds_no_line_is_named_with_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: str, said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit) as ended:
        main(("check", place))
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert f"at {place}" in printed.err
    assert said in printed.err


def test_a_line_without_an_end_is_refused_and_the_next_is_judged(check: Check) -> None:
    ran = check({**SOUND, "text": "a" * 3 * MAX_LINE_BYTES}, SOUND)
    assert ran.code == 2
    assert "longer than 1,000,000 bytes" in ran.answers[0]["error"]["message"]
    assert [(answer["line"], answer["verdict"]) for answer in ran.answers] == [(1, "error"), (2, "ok")]


def test_bytes_that_are_no_text_are_refused_line_by_line(check: Check) -> None:
    ran = check(bytes(range(128, 256)), b"\x00\x01", SOUND)
    assert ran.code == 2
    assert [answer["verdict"] for answer in ran.answers] == ["error", "error", "ok"]


def test_an_answer_comes_before_the_next_line_is_sent(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api", "check", "-", "--json"]
    env = {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for row in (SOUND, WRONG_PRICE):
            running.stdin.write(json.dumps(row).encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["id"] == row["id"]


def test_it_loads_neither_database_nor_model_nor_server(tmp_path: Path) -> None:
    watch = (
        "import sys; from api.cli import main\n"
        "try: main(['check', 'cases.jsonl'])\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    (tmp_path / "cases.jsonl").write_text(json.dumps(WRONG_PRICE), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", watch], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    loaded = set(ran.stderr.decode().replace("'", " ").replace(",", " ").split())
    assert {"evals", "orjson"} <= loaded
    assert loaded.isdisjoint({"torch", "litellm", "sqlalchemy", "fastapi", "faiss", "aiohttp", "xllamacpp", "composer"})
    assert json.loads(ran.stdout)["rules"] == ["price.wrong"]
    assert [path.name for path in tmp_path.iterdir()] == ["cases.jsonl"]
