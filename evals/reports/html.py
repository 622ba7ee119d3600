"""The run as one HTML page that needs nothing but itself: no request leaves it, and no text in it can run.

Styles and script lie inside and are allowed by their SHA-256 in a content security policy (CSP level 3, section
2.3.1) that forbids everything else. Texts of cases, facts and reasons are other people's: Jinja escapes what it
prints, and the case list is JSON from which the script makes text nodes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from evals.harness.result import Evaluation
from evals.reports import figures
from evals.reports.diff import difference
from evals.reports.payload import payload
from evals.reports.sample import ALL_SHOWN
from evals.reports.views import SHOWN_CHANGES, Page

FOLDER = Path(__file__).parent
STYLE, SCRIPT = "page.css", "page.js"


def write_html(evaluation: Evaluation, path: Path, previous: Evaluation | None = None) -> None:
    """Write the page to `path`; folders are made as needed. With an earlier run it opens with what changed.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html(evaluation, previous), encoding="utf-8")


def html(evaluation: Evaluation, previous: Evaluation | None = None) -> str:
    """The page."""
    changes = None if previous is None else difference(evaluation, previous)
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in (STYLE, SCRIPT))
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            page=Page(evaluation, changes, previous),
            # Ours, and without a closing tag inside: what the policy names must stand there to the byte.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            style_hash=_sha256(style),
            script_hash=_sha256(script),
            # `payload` escapes every "<", so nothing in it can end the element.
            data=Markup(payload(evaluation, changes)),  # noqa: S704
        )
    )


def _breakable(name: str) -> Markup:
    """Lets a long id wrap behind a dot or an underscore, where a reader would."""
    return Markup(re.sub(r"([._-])", r"\1<wbr>", str(escape(name))))  # noqa: S704


def _sha256(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _moment(when: datetime) -> str:
    return f"{when:%-d %B %Y, %H:%M} {when.tzname() or ''}".rstrip()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("evals.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(figures=figures, shown_changes=SHOWN_CHANGES, all_shown=ALL_SHOWN)
    environment.filters.update(moment=_moment, sentence=_sentence, breakable=_breakable)
    return environment
