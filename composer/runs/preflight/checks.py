"""The checks of a preflight that only look at documents and counts. Pure; each tells what it saw, and the fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from catalog.text import cap
from composer.documents import Brand, Campaign
from composer.formats import language_name
from composer.reviews.acceptance import plan_for
from composer.runs.audiences.report import AudienceReport
from composer.runs.model import RunRequest
from composer.runs.preflight.model import Check, Estimate, Level
from composer.templates import no_templates
from composer.untrusted import unsound_sentences, unsound_statements
from evals.checks.links import LOCAL_HOSTS
from prompts.library import Library
from prompts.model import Flow

FEW = 0.5
"""Share of an audience that may be written to, below which somebody should look."""
ENOUGH_PRODUCTS = 5
"""Products for each that an e-mail shows: with fewer, most customers see the same ones."""
RESERVED = (".example", ".test", ".invalid", "example.com", "example.org", "example.net")
"""Hosts that nobody can have (RFC 2606)."""


def ok(name: str, detail: str) -> Check:
    """All is well."""
    return Check(name=name, level=Level.OK, detail=detail)


def warn(name: str, detail: str, fix: str) -> Check:
    """Worth knowing."""
    return Check(name=name, level=Level.WARN, detail=detail, fix=fix)


def stop(name: str, detail: str, fix: str) -> Check:
    """Not like this."""
    return Check(name=name, level=Level.STOP, detail=detail, fix=fix)


def audience(report: AudienceReport) -> Iterator[Check]:
    """Who is meant, and what of a list or file was not taken."""
    if not report.customers:
        yield stop("audience", "Nobody is in this audience.", "Widen the rule, or import customers first.")
        return
    again = report.duplicates
    named = "was named more than once and counts" if again == 1 else "were named more than once and count"
    named_again = f" {again:,} {named} once." if again else ""
    yield ok("audience", f"{report.customers:,} {'customer' if report.customers == 1 else 'customers'}.{named_again}")
    if report.rejected:
        first = report.issues[0]
        detail = f"{report.rejected:,} rows name nobody; the first is line {first.line}: {first.reason}"
        yield warn("audience file", detail, first.fix)
    if report.unknown:
        detail = f"{report.unknown:,} of the ids {'is' if report.unknown == 1 else 'are'} not known here."
        yield warn("unknown customers", detail, "Check the column of the ids, or import these customers first.")


def consent(report: AudienceReport) -> Iterator[Check]:
    """How many may be written to; of nobody there is nothing to say beside that."""
    if not report.customers:
        return
    share = report.may_be_written_to / report.customers
    why = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in report.refusals.items())
    detail = f"{report.may_be_written_to:,} of {report.customers:,} may be written to ({share:.0%})"
    detail += f"; the others: {why}." if why else "."
    if not report.may_be_written_to:
        yield stop("consent", f"Nobody may be written to. {detail}", "Import consent, or choose another audience.")
    elif share < FEW:
        yield warn("consent", detail, "Check that consent was imported: the others are skipped, each with its reason.")
    else:
        yield ok("consent", detail)


def contact_rules(report: AudienceReport, request: RunRequest, found: Brand) -> Iterator[Check]:
    """Who has to wait under the brand's caps, and who is in quiet hours now."""
    waiting = sum(report.deferred.values())
    if waiting and report.deferred_until:
        why = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in report.deferred.items())
        detail = f"{_people(waiting)} to wait ({why}), the first until {report.deferred_until:%Y-%m-%d %H:%M} UTC."
        fix = f"The run goes on with them by itself, for up to {_said(request.defer_for)} (defer_for)."
        yield warn("contact rules", detail, fix)
    if report.quiet_now:
        detail = f"It is in the quiet hours of {report.quiet_now:,} customers: e-mails are written now and sent later."
        yield ok("quiet hours", detail)
    if not waiting and not report.quiet_now:
        yield ok("contact rules", _in_words(found))


def _people(count: int) -> str:
    return "1 customer has" if count == 1 else f"{count:,} customers have"


def _in_words(found: Brand) -> str:
    windows = [
        f"{most} {'e-mail' if most == 1 else 'e-mails'} a {window}" for window, _, most in found.caps.total.windows()
    ]
    quiet = found.quiet_hours
    hours = f"none from {quiet.start:%H:%M} to {quiet.end:%H:%M}" if quiet else "at any hour"
    often = (
        f"At most {', '.join(windows)} to one customer" if windows else "As many e-mails to one customer as there are"
    )
    return f"Nobody has to wait. {often}; {hours}."


def _said(patience: timedelta) -> str:
    days, hours = patience.days, patience.seconds // 3600
    return f"{days} days" if not hours else f"{days * 24 + hours} hours"


def already_written(count: int, request: RunRequest) -> Iterator[Check]:
    """E-mails of the same campaign version, step and occasion."""
    if count and request.review is not None and request.review.gate:
        yield stop(
            "already written",
            f"{count:,} customers have this e-mail already: those were not written by this run, and nothing would hold "
            "them back before the review.",
            "Give the run an occasion of its own, or start it without the gate.",
        )
    elif count:
        yield warn(
            "already written",
            f"{count:,} customers have this e-mail already: they keep it, and the model is not asked again.",
            "To write to them anew, give the run an occasion of its own.",
        )


def review(report: AudienceReport, request: RunRequest) -> Iterator[Check]:
    """How many e-mails somebody has to read before the others may leave."""
    terms = request.review
    if terms is None or not report.may_be_written_to:
        return
    plan = plan_for(terms, report.may_be_written_to)
    what = "Nothing is sent before about" if terms.gate else "When it is done, a sample is drawn:"
    bad = f"at most {plan.allowed}" if plan.allowed else "none"
    yield ok("review", f"{what} {plan.size:,} e-mails are read, of which {bad} may be bad.")


def brand(found: Brand) -> Iterator[Check]:
    """Sender, address, and where the unsubscribe link leads (RFC 8058 wants https)."""
    host, sender = found.public_url.host or "", found.sender.email.rpartition("@")[2].lower()
    before = len(problems := list[Check]())
    if host in LOCAL_HOSTS:
        detail = f"The unsubscribe link leads to {host}: nobody but this machine can follow it."
        problems.append(warn("brand", detail, "Set the brand's public_url to where Penfriend is reached from outside."))
    elif found.public_url.scheme != "https":
        detail = "The unsubscribe link is not https, and one-click unsubscribe needs it (RFC 8058)."
        problems.append(stop("brand", detail, "Set the brand's public_url to an https address."))
    if sender != found.domain and not sender.endswith(f".{found.domain}"):
        detail = f"The sender {found.sender.email} is not of the shop's domain {found.domain}: DMARC may not align."
        problems.append(warn("brand", detail, "Send from an address of the shop's domain."))
    if any(name == end or name.endswith(end) for name in (host, sender) for end in RESERVED):
        detail = f"{sender} or {host} is an example's name, which no mailbox provider takes mail from."
        problems.append(warn("brand", detail, "Put the shop's own names into the brand."))
    for fact in unsound_statements(found):
        detail = f"No e-mail rests on this fact, as no shop says such a thing of itself: {cap(fact, 80)}"
        problems.append(warn("brand facts", detail, "Write a plain statement about the shop, or take it out."))
    yield from problems
    if len(problems) == before:
        yield ok("brand", f"From {found.sender.name}, {found.postal_address}; unsubscribe link on {host}.")


def message(campaign: Campaign) -> Iterator[Check]:
    """Sentences of the brief that no writer is shown."""
    for sentence in unsound_sentences(campaign.brief.message):
        detail = f"No e-mail is told this sentence of the brief: {cap(sentence, 80)}"
        yield warn("brief", detail, "Say in plain words what the e-mails are about: no markup, no merge tags.")


def offers(campaign: Campaign, flow: Flow, now: datetime, send_by: datetime) -> Iterator[Check]:
    """An offer holds until the last e-mail went out, or nobody is promised it."""
    for offer in campaign.brief.offers:
        name = f"offer {offer.id}"
        if offer.kind not in flow.offers:
            yield warn(name, f"The flow {flow.name} makes no {offer.kind} offers: nobody gets it.", "Remove it.")
        elif offer.expires and offer.expires < now.date():
            yield warn(name, f"It expired on {offer.expires}: nobody gets it.", "Extend it or remove it.")
        elif offer.expires and offer.expires < send_by.date():
            detail = f"It ends on {offer.expires}, before the last e-mail goes out on {send_by:%Y-%m-%d}."
            yield stop(name, detail, "Extend it, or send earlier (send_by).")
        elif offer.starts and offer.starts > now.date():
            detail = f"It starts on {offer.starts}: e-mails written before do not offer it."
            yield warn(name, detail, "Start the run on that day.")
        else:
            yield ok(name, f"Valid {f'until {offer.expires}' if offer.expires else 'without an end'}.")


def languages(report: AudienceReport, found: Brand, flow: Flow, library: Library, *, model: bool) -> Check:
    """Whether there are templates in the shop's language, which everybody is written to in. `model`: one is set."""
    if not library.speaks(flow.name, found.locale):
        detail = no_templates(found.locale, library.languages)
        fix = "Add the language to prompts/ (docs/templates.md says how), or set the brand's locale to one of these."
        if not model:
            return stop("languages", f"{detail} Without a model nothing can be written.", fix)
        return warn("languages", f"{detail} Where the model's text does not pass, no e-mail is sent.", fix)
    own = language_name(found.locale)
    others = sum(count for locale, count in report.locales.items() if language_name(locale or found.locale) != own)
    if others:
        detail = (
            f"{others:,} of {report.customers:,} customers read another language: they are written to in {own} too."
        )
        return warn("languages", detail, "Leave them out, or write to them in a campaign of a brand in their language.")
    return ok("languages", f"The texts and templates are {own}, as all of these customers read.")


def products(live: int, indexed: int, waiting: int, fitting: int, flow: Flow) -> Iterator[Check]:
    """`live` in the database, `indexed` in the index, `waiting` to be encoded, `fitting` within the brief's limits."""
    needed = max(flow.picks.minimum, 1)
    if fitting < needed:
        detail = f"{fitting} products are in stock within the brief's limits; {flow.name} needs {needed} an e-mail."
        yield stop("products", detail, "Widen the brief's limits, or import products that are in stock.")
    elif fitting < flow.picks.count * ENOUGH_PRODUCTS:
        detail = f"Only {fitting} products are in stock within the brief's limits: many e-mails will show the same."
        yield warn("products", detail, "Widen the brief's limits.")
    else:
        yield ok("products", f"{fitting:,} products are in stock within the brief's limits.")
    if live != indexed or waiting:
        detail = f"The index has {indexed:,} of {live:,} products, {waiting:,} of them as they were before."
        yield warn("index", detail, "Run `penfriend reindex`, or wait till the import is done.")
    else:
        yield ok("index", "The index is up to date.")


def budget(request: RunRequest, estimate: Estimate | None) -> Check:
    """Whether a budget is set, and lasts."""
    if estimate is None:
        return warn("budget", "What the run takes is not known before it runs.", "Let the model write a few samples.")
    short = list(_short(request, estimate))
    if short:
        return warn(
            "budget", f"{' '.join(short)} The run will pause there.", "Raise the budget, or limit the audience."
        )
    if estimate.cost_usd is None and request.budget_tokens is None:
        detail = "The price of the model is not known, so a budget in money cannot stop the run."
        return warn("budget", detail, "Set budget_tokens.")
    if estimate.cost_usd and request.budget_usd is None and request.budget_tokens is None:
        detail = f"No budget is set; the model will take about ${estimate.cost_usd:,.2f}."
        return warn("budget", detail, "Set budget_usd: the run pauses when it is reached.")
    return ok("budget", "The model costs nothing." if estimate.cost_usd == 0 else "The budget covers the estimate.")


def _short(request: RunRequest, estimate: Estimate) -> Iterator[str]:
    tokens = estimate.input_tokens + estimate.output_tokens
    if request.budget_tokens is not None and tokens > request.budget_tokens:
        yield f"About {tokens:,} tokens are needed, the budget is {request.budget_tokens:,}."
    cost = Decimal(estimate.cost_usd or 0)
    if request.budget_usd is not None and cost > request.budget_usd:
        yield f"About ${cost:,.2f} is needed, the budget is ${request.budget_usd:,.2f}."
