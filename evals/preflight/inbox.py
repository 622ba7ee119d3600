"""What the list of an inbox shows of the e-mail."""

from __future__ import annotations

from collections.abc import Iterable

from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule
from evals.verdict import Severity

SURE_CHARACTERS, MOST_CHARACTERS = 33, 50
"""Every phone shows the first 33 characters of a subject, none shows more than 50 for sure (tests of inboxes)."""
PREVIEW_CHARACTERS = 99


@message_rule("message.display", severity=Severity.WARN)
def display(message: Message) -> Iterable[Problem]:
    """Subject and preview line fit the list of an inbox. Tests: iPhone Mail 48 and 99 characters, Gmail about 40."""
    if len(message.subject) > MOST_CHARACTERS:
        yield Problem(
            f"The subject has {len(message.subject)} characters; phones show {SURE_CHARACTERS} to {MOST_CHARACTERS}."
        )
    if not message.page.preview:
        yield Problem("There is no preview line; the inbox shows the first words of the body instead.")
    elif len(message.page.preview) > PREVIEW_CHARACTERS:
        yield Problem(f"The preview line has {len(message.page.preview)} characters; {PREVIEW_CHARACTERS} can be seen.")
