"""The e-mails that the development tools are given: one of each flow, and nothing for our own preflight to find."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.lint_email import collect
from evals.guard import check_message
from evals.verdict import Status
from prompts.model import FlowName
from tests.kit.emails import make_brand, make_offer, make_remembering_snapshot


@pytest.fixture(scope="module")
def emails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {path.stem: path for path in collect(None, tmp_path_factory.mktemp("emails"))}


@pytest.mark.parametrize("flow", get_args(FlowName))
def test_an_email_of_every_flow_passes_the_preflight_without_a_warning(flow: FlowName, emails: dict[str, Path]) -> None:
    raw = emails[flow].read_bytes()
    subject = str(message_from_bytes(raw, policy=default)["Subject"])
    snapshot = make_remembering_snapshot(flow, offer=make_offer())
    verdicts = check_message(snapshot, raw, postal_address=make_brand().postal_address, subject=subject)
    assert [(verdict.rule, verdict.reason) for verdict in verdicts if verdict.status is Status.FAIL] == []


def test_each_has_its_html_beside_it_for_tools_that_read_pages(emails: dict[str, Path]) -> None:
    assert set(emails) == set(get_args(FlowName))
    assert all("</html>" in path.with_suffix(".html").read_text() for path in emails.values())
