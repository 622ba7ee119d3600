"""A person's own data as one page to read: no script, no request, light and dark, narrow and wide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from html import escape
from typing import Protocol

from memory.account.model import Account, Group, Told
from memory.account.words import IN_ENGLISH
from memory.facts.wording import day

EMAILS_SHOWN = 200
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What we remember about you</title>
<style>
:root{color-scheme:light dark;--ink:#1b2421;--soft:#55615c;--line:#d5dcd8;--ground:#fff;--mark:#1f5c4d}
@media(prefers-color-scheme:dark){:root{--ink:#e8eeeb;--soft:#a5b3ad;--line:#37423d;--ground:#151a18;--mark:#7fd1b9}}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:0}
main{max-width:46rem;margin:0 auto;padding:2rem 1.1rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .6rem}h2{font-size:1.2rem;margin:2.6rem 0 .5rem;color:var(--mark)}
p{margin:.4rem 0}nav ul{columns:2;padding-left:1.1rem}a{color:var(--mark)}
.told{list-style:none;margin:0;padding:0}.told>li{padding:.75rem 0;border-top:1px solid var(--line)}
li,td,p,summary{overflow-wrap:anywhere}
.note,.from{color:var(--soft);font-size:.87rem}.from span{display:block}
code{font:.85em ui-monospace,monospace}details{padding:.6rem 0;border-top:1px solid var(--line)}
summary{cursor:pointer}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;font-size:.92rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;border-top:1px solid var(--line)}
@media(max-width:30rem){nav ul{columns:1}}
</style></head><body><main>
"""


class Email(Protocol):
    """An e-mail that was sent."""

    @property
    def at(self) -> datetime: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...


Counts = Sequence[tuple[str, int, datetime, datetime]]


async def page(account: Account, emails: AsyncIterator[Email], counts: Counts, now: datetime) -> AsyncIterator[str]:
    """The page, piece by piece. `counts`: (name, how many, first, last) of each kind of event."""
    yield _HEAD + _top(account, now)
    for group in account.groups:
        yield _group(group)
    yield '<section id="emails"><h2>E-mails we wrote to you</h2>'
    shown = 0
    async for email in emails:
        shown += 1
        if shown > EMAILS_SHOWN:
            yield f'<p class="note">The newest {EMAILS_SHOWN} are shown; all of them are in the file for machines.</p>'
            break
        yield _email(email)
    yield (
        ('<p class="note">None.</p>' if not shown else "") + "</section>" + _events(counts) + "</main></body></html>\n"
    )


def _top(account: Account, now: datetime) -> str:
    links = [(group.key, group.title) for group in account.groups]
    links += [("emails", "E-mails we wrote to you"), ("events", "Everything that happened")]
    listed = "".join(f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in links)
    return (
        "<h1>What we remember about you</h1>"
        f"<p>Customer {escape(account.customer)}, as of {day(now)}. {escape(account.kept)}</p>"
        "<p>Each thing says where it came from and what it is used for. To have one corrected or forgotten, tell the "
        "shop the code that stands with it; or ask to be erased altogether.</p>"
        f'<nav aria-label="Contents"><ul>{listed}</ul></nav>'
    )


def _group(group: Group) -> str:
    told = "".join(map(_told, group.told))
    listed = f'<ul class="told">{told}</ul>' if told else '<p class="note">Nothing.</p>'
    note = f'<p class="note">{escape(group.note)}</p>' if group.note else ""
    return f'<section id="{group.key}"><h2>{escape(group.title)}</h2>{note}{listed}</section>'


def _told(one: Told) -> str:
    lines = [IN_ENGLISH[f"use.{one.use}"]]
    if one.used_until is not None:
        lines.append(f"Used until {day(one.used_until)}.")
    lines += [f"From: {source.event}, {day(source.at)}, {source.via}." for source in one.sources]
    can = [word for word, may in (("corrected", one.can_correct), ("forgotten", one.can_forget)) if may]
    told = "".join(f"<span>{escape(line)}</span>" for line in lines)
    if can:
        told += f"<span>Can be {' or '.join(can)}: <code>{escape(one.id)}</code></span>"
    return f'<li>{escape(one.text)}<div class="from">{told}</div></li>'


def _email(email: Email) -> str:
    return (
        f"<details><summary>{day(email.at)}: {escape(email.subject)}</summary><pre>{escape(email.text)}</pre></details>"
    )


def _events(counts: Counts) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{count}</td><td>{day(first)} to {day(last)}</td></tr>"
        for name, count, first, last in counts
    )
    return (
        '<section id="events"><h2>Everything that happened</h2><p class="note">Each of these is in the file for '
        "machines (your-data.json), as it was sent to us.</p><table><thead>"
        "<tr><th>What</th><th>How often</th><th>When</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )
