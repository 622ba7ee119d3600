"""HTML that has no place in an e-mail: what runs, what loads, what hides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule
from evals.preflight.styles import style_of

ACTIVE = frozenset(
    (
        "script", "form", "input", "button", "select", "textarea", "iframe", "frame", "frameset", "object", "embed",
        "applet", "base", "svg", "math", "portal", "dialog", "marquee", "template", "slot",
    )
)  # fmt: skip
LOADED = frozenset(("link", "video", "audio", "source", "track", "picture"))
LONGEST_PREVIEW = 200
_LOADS = re.compile(r"@import|url\(|expression\(", re.IGNORECASE)
_LOADING_ATTRIBUTES = frozenset(("background", "srcset", "poster", "data", "codebase", "ping"))


@message_rule("message.active")
def active(message: Message) -> Iterable[Problem]:
    """Nothing that runs or asks for input: mail clients strip it, and filters take it for an attack.

    HTML living standard, section 8.1 (scripts and event handlers); Gmail's sender guidelines.
    """
    page = message.page
    for tag in sorted(page.tags & ACTIVE):
        yield Problem(f"It holds a <{tag}>, which e-mails may not have.")
    for name in sorted(name for name in page.attribute_names if name.startswith("on") or name == "formaction"):
        yield Problem(f"It has the event handler {name}, which would run code.")
    if any((attributes.get("http-equiv") or "").lower() == "refresh" for attributes in page.metas):
        yield Problem("It would send the reader to another page by itself.")


@message_rule("message.remote")
def remote(message: Message) -> Iterable[Problem]:
    """Nothing is loaded but pictures: no style sheets, fonts, films, background pictures from elsewhere.

    They tell others who reads when (ePrivacy directive 2002/58/EC, article 5(3)), and most clients block them.
    """
    page = message.page
    for tag in sorted(page.tags & LOADED):
        yield Problem(f"It holds a <{tag}>, which loads something beside pictures.")
    for name in sorted(page.attribute_names & _LOADING_ATTRIBUTES):
        yield Problem(f"The attribute {name} loads something beside pictures.")
    if _loads(page.styles) or any(style_of(style).remote for style in page.inline_styles):
        yield Problem("A style loads something from elsewhere.")


@lru_cache(maxsize=256)
def _loads(css: str) -> bool:
    """True when a style sheet loads something. Kept: a brand's e-mails share their sheets."""
    return bool(_LOADS.search(css))


@message_rule("message.hidden")
def hidden(message: Message) -> Iterable[Problem]:
    """No words that a reader cannot see, but for one preview line before all others.

    Gmail's sender guidelines ("don't use HTML and CSS to hide content"); hidden words are a mark of spam.
    """
    for run in message.page.runs:
        how = run.hides
        if how and not run.first_in_body and run.text.strip():
            yield Problem(f"“{run.text.strip()[:40]}” is hidden by {how}.")
    if len(message.page.preview) > LONGEST_PREVIEW:
        yield Problem(f"The hidden preview line has {len(message.page.preview)} characters.")
    if message.page.outlook_text:
        yield Problem(f"“{message.page.outlook_text[:40]}” could be read in Outlook only.")
