"""Links in blocks. Only https addresses on the brand's own domain may stand in a text.

Lookalikes are told by the host as a browser reads it (RFC 3986, UTS 46), never by how it looks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.world import World

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_OTHER_SCHEME = re.compile(r"\b(?:ftp|file|data|javascript|vbscript|tel|sms|mailto)\s?:\S", re.IGNORECASE)
_DISGUISED = re.compile(
    r"\b[\w-]+\s?(?:\[\.\]|\(\.\)|\[dot\]|\(dot\)|\sdot\s(?=(?:com|net|org|io|co|uk|de|fr|es|eu|shop|store|info|biz|example)\b))"
    r"\s?[a-z]{2,}",
    re.IGNORECASE,
)
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
IP_DOTS = 3
LOCAL_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))


def why_foreign(url: str, domain: str, *, own_hosts: Collection[str] = ()) -> str | None:
    """Why a link may not be shown, or None when it may: https, the brand's host, nothing hidden in it.

    `own_hosts` are further hosts we serve ourselves; those on this machine may be plain http, for a demo.
    """
    full = url if "//" in url else f"https://{url}"
    try:
        parts = urlsplit(full)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "it cannot be read as an address"
    if host in own_hosts and host in LOCAL_HOSTS:
        return None
    if parts.scheme != "https":
        return f"it is {parts.scheme}, not https"
    if parts.username is not None or "\\" in url:
        return "it hides its host behind a user name"
    if port not in (None, 443):
        return f"it names the port {port}"
    if host != domain and not host.endswith("." + domain) and host not in own_hosts:
        return f"{host or 'its host'} is not {domain}"
    return None


@rule("url.foreign", when=has(Sign.URL, Sign.DIGIT, marks=(":", "[.]", "(.)", "dot")))
def foreign(passage: Passage, world: World) -> Iterable[Finding]:
    """Addresses of other hosts, disguised ones, and schemes other than https."""
    domain = world.snapshot.brand.domain.lower()
    emails = [match.span() for match in _EMAIL.finditer(passage.text)] if "@" in passage.text else []
    for match in passage.urls:
        if any(start <= match.start() < end for start, end in emails) or _is_name(passage, world, match):
            continue
        why = why_foreign(match.group().rstrip(".,;:!?").lower(), domain)
        if why:
            yield Finding(match.span(), f"The link may not be shown: {why}.", source=f"the shop's domain is {domain}")
    lowered = passage.text.lower()
    disguised = "dot" in lowered or "[.]" in lowered or "(.)" in lowered
    dotted = passage.has_digits and lowered.count(".") >= IP_DOTS
    for looks_like, pattern in ((":" in lowered, _OTHER_SCHEME), (disguised, _DISGUISED), (dotted, _IP)):
        for match in pattern.finditer(passage.text) if looks_like else ():
            yield Finding(match.span(), "It looks like a link the shop did not give.")


def _is_name(passage: Passage, world: World, match: re.Match[str]) -> bool:
    """True for a brand or product whose name looks like an address ("Bolt.io")."""
    names = (world.snapshot.brand.name, *(thing.title for thing in world.things))
    return "/" not in match.group() and any(match.group().lower() in name.lower() for name in names)
