"""The plain pages a reader of an e-mail may meet: "stop these e-mails, or fewer?", "done", "saved". No script.

Their words are those of the page for customers (`api.own_page.texts`), in the language that they are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape

from memory.choices import Choices
from memory.consent import Standing
from memory.phrases import Phrasebook
from prompts.model import TOPIC_TITLES

_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark"><title>{title}</title>
<style>:root{{color-scheme:light dark}}body{{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;
padding:0 1.2rem}}h1{{font-size:1.6rem;line-height:1.2}}h2{{font-size:1.15rem;margin:2.2rem 0 .4rem}}
button{{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:.4rem;background:#1f5c4d;color:#fff;cursor:pointer}}
button.quiet{{background:none;color:inherit;border:1px solid currentColor}}
fieldset{{border:0;padding:0;margin:0 0 1.2rem}}legend{{padding:0;font-weight:600;margin-bottom:.3rem}}
label{{display:flex;gap:.6rem;padding:.3rem 0;align-items:baseline}}input{{flex:none}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
FREQUENCIES = ("no_limit", "weekly", "monthly")
PAUSES = ("none", "30", "90")


def confirm_unsubscribe(brand: str | None, choices: Choices, now: datetime, said: Phrasebook) -> str:
    """Asks, and offers fewer e-mails instead; the forms post to the same address. Nothing has happened yet."""
    return _page(
        said,
        "end_title",
        f"<p>{_named(said, 'end_of', 'end_all', brand)}</p>"
        '<form method="post"><input type="hidden" name="confirm" value="yes">'
        f'<button type="submit">{escape(said["unsubscribe"])}</button></form>'
        f"<h2>{escape(said['end_fewer'])}</h2>" + _choosing(choices, now, said),
    )


def _page(said: Phrasebook, title: str, body: str) -> str:
    return _PAGE.format(lang=said.tag, title=escape(said[title]), body=body)


def _named(said: Phrasebook, of: str, alone: str, brand: str | None) -> str:
    """A sentence with the brand's name, or the one without where it is not known."""
    return escape(said.say(of, brand=brand) if brand else said[alone])


def _choosing(choices: Choices, now: datetime, said: Phrasebook) -> str:
    topics = "".join(
        _option("checkbox", "topic", topic, said[f"topic_{topic}"], topic not in choices.topics_off)
        for topic in TOPIC_TITLES
    )
    ways = {way: said[f"frequency_{way}"] for way in FREQUENCIES}
    frequency = _radios("frequency", ways, frequency_of(choices))
    return (
        '<form method="post"><input type="hidden" name="save" value="choices">'
        f"<fieldset><legend>{escape(said['topics'])}</legend>{topics}</fieldset>"
        f"<fieldset><legend>{escape(said['frequency'])}</legend>{frequency}</fieldset>"
        f"<fieldset><legend>{escape(said['pause'])}</legend>{_pause(choices, now, said)}</fieldset>"
        f'<button type="submit" class="quiet">{escape(said["save"])}</button></form>'
    )


def _pause(choices: Choices, now: datetime, said: Phrasebook) -> str:
    pauses = {pause: said[f"pause_{pause}"] for pause in PAUSES}
    until = choices.wish.paused_until
    if until is None or until <= now:
        return _radios("pause", pauses, "none")
    return _radios("pause", {"keep": said.say("paused_until", day=said.day(until)), **pauses}, "keep")


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


def unsubscribed(brand: str | None, said: Phrasebook) -> str:
    """Says that it is done."""
    return _page(said, "end_done", f"<p>{_named(said, 'end_of', 'end_all', brand)}</p>")


def chosen(brand: str | None, standing: Standing, now: datetime, said: Phrasebook) -> str:
    """Says what holds from now on."""
    told = "".join(f"<li>{escape(line)}</li>" for line in _told(standing.choices, now, said))
    going = standing.allowed or standing.reason == "no_consent"
    stopped = "" if going else f"<p>{escape(said['end_stays'])}</p>"
    rules = _named(said, "end_rules_of", "end_rules", brand)
    return _page(said, "end_saved", f"{stopped}<p>{rules}</p><ul>{told}</ul>")


def _told(choices: Choices, now: datetime, said: Phrasebook) -> Iterator[str]:
    wanted = [said[f"topic_{topic}"] for topic in TOPIC_TITLES if topic not in choices.topics_off]
    yield said.say("end_topics", topics="; ".join(wanted)) if wanted else said["end_no_topics"]
    yield f"{said.get(f'frequency_{frequency_of(choices)}', said['end_elsewhere'])}."
    until = choices.wish.paused_until
    if until is not None and until > now:
        yield f"{said.say('paused_until', day=said.day(until))}."


def broken_link(said: Phrasebook) -> str:
    """For a token that is damaged or signed by another key."""
    return _page(said, "broken_title", f"<p>{escape(said['broken'])}</p>")
