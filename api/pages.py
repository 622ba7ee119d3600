"""The plain pages a reader of an e-mail may meet: "stop these e-mails, or fewer?", "done", "saved". No script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape

from memory.choices import Choices
from memory.consent import Standing
from prompts.model import TOPIC_TITLES

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark"><title>{title}</title>
<style>:root{{color-scheme:light dark}}body{{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;
padding:0 1.2rem}}h1{{font-size:1.6rem;line-height:1.2}}h2{{font-size:1.15rem;margin:2.2rem 0 .4rem}}
button{{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:.4rem;background:#1f5c4d;color:#fff;cursor:pointer}}
button.quiet{{background:none;color:inherit;border:1px solid currentColor}}
fieldset{{border:0;padding:0;margin:0 0 1.2rem}}legend{{padding:0;font-weight:600;margin-bottom:.3rem}}
label{{display:flex;gap:.6rem;padding:.3rem 0;align-items:baseline}}input{{flex:none}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
FREQUENCIES: Mapping[str, str] = {
    "no_limit": "As they come",
    "weekly": "At most one a week",
    "monthly": "At most one a month",
}
PAUSES: Mapping[str, str] = {"none": "No pause", "30": "None for 30 days", "90": "None for 90 days"}


def confirm_unsubscribe(brand: str | None, choices: Choices, now: datetime) -> str:
    """Asks, and offers fewer e-mails instead; the forms post to the same address. Nothing has happened yet."""
    whose = f" from {escape(brand)}" if brand else ""
    return _PAGE.format(
        title="Stop these e-mails?",
        body=f"<p>You will get no more marketing e-mails{whose}.</p>"
        '<form method="post"><input type="hidden" name="confirm" value="yes">'
        '<button type="submit">Unsubscribe</button></form>'
        "<h2>Or get fewer of them</h2>" + _choosing(choices, now),
    )


def _choosing(choices: Choices, now: datetime) -> str:
    topics = "".join(
        _option("checkbox", "topic", topic, title, topic not in choices.topics_off)
        for topic, title in TOPIC_TITLES.items()
    )
    frequency = _radios("frequency", FREQUENCIES, frequency_of(choices))
    return (
        '<form method="post"><input type="hidden" name="save" value="choices">'
        f"<fieldset><legend>Write to me about</legend>{topics}</fieldset>"
        f"<fieldset><legend>How often</legend>{frequency}</fieldset>"
        f"<fieldset><legend>A pause</legend>{_pause(choices, now)}</fieldset>"
        '<button type="submit" class="quiet">Save</button></form>'
    )


def _pause(choices: Choices, now: datetime) -> str:
    until = choices.wish.paused_until
    if until is None or until <= now:
        return _radios("pause", PAUSES, "none")
    return _radios("pause", {"keep": f"None until {_day(until)}", **PAUSES}, "keep")


def frequency_of(choices: Choices) -> str:
    """What is ticked; a wish of another kind was made elsewhere, and stays unless one of these is."""
    limits = choices.wish.limits
    match (limits.day, limits.week, limits.month):
        case (None, None, None):
            return "no_limit"
        case (None, 1, None):
            return "weekly"
        case (None, None, 1):
            return "monthly"
        case _:
            return ""


def _radios(name: str, options: Mapping[str, str], chosen: str) -> str:
    return "".join(_option("radio", name, value, title, value == chosen) for value, title in options.items())


def _option(kind: str, name: str, value: str, title: str, chosen: bool) -> str:
    ticked = " checked" if chosen else ""
    return f'<label><input type="{kind}" name="{name}" value="{value}"{ticked}>{escape(title)}</label>'


def unsubscribed(brand: str | None) -> str:
    """Says that it is done."""
    whose = f" from {escape(brand)}" if brand else ""
    return _PAGE.format(title="Done", body=f"<p>You will get no more marketing e-mails{whose}.</p>")


def chosen(brand: str | None, standing: Standing, now: datetime) -> str:
    """Says what holds from now on."""
    whose = f" of {escape(brand)}" if brand else ""
    told = "".join(f"<li>{escape(line)}</li>" for line in _told(standing.choices, now))
    stopped = (
        "" if standing.allowed or standing.reason == "no_consent" else "<p>You are unsubscribed, and that stays so.</p>"
    )
    return _PAGE.format(title="Saved", body=f"{stopped}<p>For marketing e-mails{whose}:</p><ul>{told}</ul>")


def _told(choices: Choices, now: datetime) -> Iterator[str]:
    wanted = [title for topic, title in TOPIC_TITLES.items() if topic not in choices.topics_off]
    yield f"About: {'; '.join(wanted)}." if wanted else "About nothing: you will get none."
    often = FREQUENCIES.get(frequency_of(choices), "As you chose elsewhere")
    yield f"{often}."
    until = choices.wish.paused_until
    if until is not None and until > now:
        yield f"None until {_day(until)}."


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def broken_link() -> str:
    """For a token that is damaged or signed by another key."""
    return _PAGE.format(
        title="This link does not work",
        body="<p>It may have been cut off. Open it again from the e-mail, or reply to the e-mail and ask.</p>",
    )
