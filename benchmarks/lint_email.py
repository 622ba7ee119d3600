"""What other people's tools say of our e-mails: SpamAssassin, html-validate, the Nu HTML checker, caniemail.

    scripts/lint-email [DIR] [--node-modules DIR]

Judges every `.eml` of DIR; without one, a templated e-mail of each flow. A tool that is not installed is named and
left out: these are checks for development, the product's own preflight needs none of them. Exit code 1 when a tool
finds something, 2 when none is installed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, get_args

from composer.message import Envelope, build_message
from composer.render import Renderer
from composer.templates import BlockTemplates, template_email
from prompts.library import Library
from prompts.model import FlowName
from tests.kit.emails import make_brand, make_offer, make_remembering_snapshot, make_rendering, make_task

MOST_SPAM_POINTS = 2.0
CLIENTS = ("gmail.*", "apple-mail.*", "outlook.*", "yahoo.*", "samsung-email.android")
UNNEEDED = frozenset(
    (
        "@media", "<style> element", "<body> element", "Chaining selectors", "Class selector", "Descendant combinator",
        "ID selector", "Type selector", "color-scheme meta tag", "aria-label attribute", "role attribute",
        "border-radius", "cursor", "outline", "opacity", "overflow", "max-height property", "height property",
        "target attribute", "word-break", "word-spacing", "border-spacing", "display:none",
    )
)  # fmt: skip
"""Features an e-mail reads as well without: corners, dark mode, narrow screens, hints to screen readers."""
EMAIL_NEEDS = ("no-conditional-comment", "no-inline-style", "no-deprecated-attr", "prefer-native-element",
               "no-trailing-whitespace")  # fmt: skip
"""Rules for web pages that Outlook's HTML of 2007 cannot follow."""
_FOR_OUTLOOK = re.compile(r"“?(?:mso-|xmlns:[vo])")
_POINTS = re.compile(r"Content analysis details:\s+\((-?[\d.]+) points")
_CANIEMAIL = """
import {caniemail} from 'caniemail'; import fs from 'fs';
const [clients, ...files] = process.argv.slice(1), found = {};
for (const file of files) {
  const {issues} = caniemail({clients: JSON.parse(clients), html: fs.readFileSync(file, 'utf8')});
  for (const [client, list] of issues.errors)
    for (const {title} of list) (found[title] ??= []).push(client);
}
console.log(JSON.stringify(found));
"""

Tool = Callable[[Sequence[Path], Path], "list[str] | None"]
"""Findings of a tool over all e-mails (None: not installed); it is given the `.eml` files and a `node_modules`."""


def spamassassin(emails: Sequence[Path], modules: Path) -> list[str] | None:
    """Offline rules only; MOST_SPAM_POINTS is far below the 5.0 at which mail counts as spam."""
    if not shutil.which("spamassassin"):
        return None
    findings, most = [], 0.0
    for email in emails:
        answer = _run(["spamassassin", "-L", "-t"], email.read_bytes())
        match = _POINTS.search(answer)
        points = float(match[1]) if match else float("inf")
        most = max(most, points)
        if points >= MOST_SPAM_POINTS:
            findings.append(f"{email.name}: {points} points")
    print(f"  highest score {most}")
    return findings


def html_validate(emails: Sequence[Path], modules: Path) -> list[str] | None:
    """The recommended rules, less EMAIL_NEEDS."""
    binary = modules / ".bin" / "html-validate"
    if not binary.exists():
        return None
    config = emails[0].parent / "html-validate.json"
    rules = dict.fromkeys(EMAIL_NEEDS, "off")
    config.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"], "rules": rules}))
    pages = [str(page) for page in _pages(emails)]
    report = config.with_name("report.json")
    # Into a file: what it writes to a pipe is cut off when it exits.
    _run([str(binary.absolute()), "--config", str(config), "--formatter", f"json={report}", *pages])
    found: list[dict[str, Any]] = json.loads(report.read_text())
    return [f"{message['ruleId']}: {message['message']}" for page in found for message in page["messages"]]


def nu_checker(emails: Sequence[Path], modules: Path) -> list[str] | None:
    """Errors only, less what is there for Outlook."""
    jar = modules / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists() or not shutil.which("java"):
        return None
    answer = _run(["java", "-jar", str(jar), "--format", "json", *map(str, _pages(emails))])
    messages: list[dict[str, Any]] = json.loads(answer)["messages"]
    errors = [message["message"] for message in messages if message["type"] == "error"]
    return [error for error in errors if not _FOR_OUTLOOK.search(error)]


def caniemail(emails: Sequence[Path], modules: Path) -> list[str] | None:
    """Features that one of CLIENTS lacks, less UNNEEDED."""
    if not (modules / "caniemail").exists() or not shutil.which("node"):
        return None
    arguments = [json.dumps(CLIENTS), *map(str, _pages(emails))]
    command = ["node", "--input-type=module", "--eval", _CANIEMAIL, "--", *arguments]
    found: dict[str, list[str]] = json.loads(_run(command, cwd=modules.parent))
    return [
        f"{title}: not in {', '.join(sorted(set(clients)))}"
        for title, clients in found.items()
        if title not in UNNEEDED
    ]


TOOLS: dict[str, tuple[Tool, str]] = {
    "SpamAssassin": (spamassassin, "apt-get install spamassassin"),
    "html-validate": (html_validate, "npm install html-validate@10.9"),
    "Nu HTML checker": (nu_checker, "npm install vnu-jar, and a Java runtime"),
    "caniemail": (caniemail, "npm install caniemail@2.0.2"),
}


def _run(command: Sequence[str], given: bytes | None = None, cwd: Path | None = None) -> str:
    """What a tool answers; its exit code only repeats what it says. The Nu checker answers on stderr."""
    done = subprocess.run(command, input=given, capture_output=True, check=False, cwd=cwd)
    return (done.stdout or done.stderr).decode()


def _pages(emails: Sequence[Path]) -> list[Path]:
    return [email.with_suffix(".html").absolute() for email in emails]


def write_emails(folder: Path) -> None:
    """A templated e-mail of every flow, with an offer."""
    library = Library.load()
    renderer, brand, offer = Renderer(library.layout()), make_brand(), make_offer()
    for flow in get_args(FlowName):
        snapshot = make_remembering_snapshot(flow, offer=offer)
        templates = BlockTemplates(library.fallback(flow, "en"), make_task(snapshot, library.flow(flow)), 1)
        draft = template_email(templates, snapshot)
        rendered = renderer.render(make_rendering(products=snapshot.products, draft=draft, offer=offer))
        envelope = Envelope(
            brand=brand,
            to="reader@example.com",
            email_id=f"msg_{flow}",
            campaign=flow,
            date=datetime.now(UTC).replace(microsecond=0),
            unsubscribe_url="https://mail.fennelrow.example/u/token",
        )
        (folder / f"{flow}.eml").write_bytes(build_message(rendered, envelope))


def collect(source: Path | None, folder: Path) -> list[Path]:
    """Copies of the e-mails in `folder`, each with its HTML part beside it."""
    if source is None:
        write_emails(folder)
    else:
        for email in source.glob("*.eml"):
            shutil.copy(email, folder)
    emails = sorted(folder.glob("*.eml"))
    for email in emails:
        body = message_from_bytes(email.read_bytes(), policy=default).get_body(("html",))
        email.with_suffix(".html").write_text(body.get_content() if body else "")
    return emails


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--node-modules", type=Path, default=Path("node_modules"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        emails = collect(arguments.source, Path(folder))
        if not emails:
            parser.error(f"there is no .eml in {arguments.source}")
        print(f"{len(emails)} e-mails")
        return judge(emails, arguments.node_modules.absolute())


def judge(emails: Sequence[Path], modules: Path) -> int:
    """Exit code over all tools."""
    answers: list[list[str]] = []
    for name, (tool, how) in TOOLS.items():
        print(name)
        findings = tool(emails, modules)
        if findings is None:
            print(f"  not installed ({how})")
            continue
        answers.append(findings)
        print(f"  {len(findings)} findings")
        for finding, count in Counter(findings).most_common():
            print(f"  {count:4} x {finding}")
    return 2 if not answers else int(any(answers))


if __name__ == "__main__":
    raise SystemExit(main())
