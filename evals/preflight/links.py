"""Where links and pictures lead: https, the shop's own hosts, and nothing disguised."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.checks.links import why_foreign
from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule

_UNPRINTED = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028\u2029]")
_HOST_IN_WORDS = re.compile(r"(?i)^(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]\S*)?$")
_HOST = re.compile(r"(?i)^[a-z]+://(?:[^/?#@]*@)?([^/?#:]+)")


@message_rule("message.links")
def own_links(message: Message) -> Iterable[Problem]:
    """Every link is https and on the shop's own hosts: no lookalikes, IP addresses, ports, user names. A picture may
    lie elsewhere, as most shops' do, where it is exactly the one that the product's record or the brand names.

    RFC 3986, section 7.6 (disguised hosts); UTS 46 (`xn--` names are compared as they are, never as they look).
    """
    page, domain = message.page, message.world.snapshot.brand.domain
    for url in dict.fromkeys([*(link.href for link in page.links), *message.text_urls]):
        yield from _problem("link", url, _why_not(url, domain, message))
    named = {*message.pictures, *(product.image_url for product in message.world.snapshot.products)}
    for source in dict.fromkeys(image.source for image in page.images):
        host = (_HOST.match(source) or ("", domain))[1] if source in named else domain
        yield from _problem("picture", source, _why_not(source, host, message))


def _problem(what: str, url: str, why: str | None) -> Iterable[Problem]:
    if why:
        yield Problem(f"The {what} {url or '(empty)'} may not be sent: {why}.")


def _why_not(url: str, domain: str, message: Message) -> str | None:
    if _UNPRINTED.search(url):
        return "it holds characters that cannot be seen"
    if not url:
        return "it leads nowhere"
    return why_foreign(url, domain, own_hosts=message.own_hosts)


@message_rule("message.link_disguise")
def disguised(message: Message) -> Iterable[Problem]:
    """A link whose words are an address leads to that host: anything else is how phishing looks. SpamAssassin and
    mail clients warn of it."""
    for link in message.page.links:
        shown = _HOST_IN_WORDS.match(link.name)
        leads = _HOST.match(link.href)
        if shown and leads and shown[1].lower().removeprefix("www.") != leads[1].lower().removeprefix("www."):
            yield Problem(f"The link reads {link.name} and leads to {leads[1]}.")
