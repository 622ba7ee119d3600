"""From accepted blocks to the finished e-mail: render, judge the whole message once more, write it all down."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from composer.bandit.deciding import Decision
from composer.campaigns import CampaignVersion
from composer.contract import BlockReport, ComposeRequest, ComposeResult, Path, PickReport, Rung, Usage
from composer.documents import Brand
from composer.edits import Edit, lay_over, take_back
from composer.formats import money
from composer.ladder import TEMPLATED, Climb, NoSafeText, Templates, fall_to_templates
from composer.licences import Licensor
from composer.links import Links
from composer.message import Envelope, build_message, headers_of
from composer.plan import Plan
from composer.record import ComposeRecord, PickRecord, Sealed, canonical, seal
from composer.render import Rendered, Renderer, Rendering
from composer.styles import cta_style, names_one, subject_style
from composer.timing import Stopwatch
from composer.writing import Value, WriteTask
from evals.draft import Draft
from evals.guard import GUARD_VERSION, check_message
from evals.sameness import Said, repeats
from evals.snapshot import Snapshot
from evals.verdict import Verdict
from prompts.library import Library
from store import clock
from store.ids import EmailId

# The message is judged before it has an addressee; RFC 2606 reserves this domain.
_ANYBODY = "recipient@example.invalid"
_NOT_MODELS = TEMPLATED | {Rung.REVIEWER}


class Output(Value):
    """What the recipient gets."""

    subject: str
    preheader: str = ""
    html: str
    text: str
    headers: dict[str, str]

    def sha256(self) -> str:
        """Over subject, HTML, text and headers."""
        document = self.model_dump(mode="json", exclude={"preheader"})
        return hashlib.sha256(canonical(document)).hexdigest()


@dataclass(frozen=True)
class Finished:
    """The answer, its record, and the templates the record names (hash to text)."""

    result: ComposeResult
    record: ComposeRecord
    sealed: Sealed
    """The record as it is stored."""
    artifacts: dict[str, str]
    decision: Decision | None = None
    """How it was decided; None for an e-mail that was stored before, and edited."""


class _Files(NamedTuple):
    """What e-mails of one flow and locale rest on."""

    manifest: dict[str, str]
    artifacts: dict[str, str]
    """Hash to text."""


@lru_cache(maxsize=4)
def _renderer(library: Library) -> Renderer:
    """One for all finishers of a library: compiling its layout takes a while, and it holds no state of an e-mail."""
    return Renderer(library.layout(), library.wording)


class Finisher:
    """Renders in the layout of a library, and signs its links."""

    def __init__(self, library: Library, links: Links) -> None:
        self._library = library
        self._links = links
        self._renderer = _renderer(library)
        self._files: dict[tuple[str, str, frozenset[str]], _Files] = {}

    def finish(
        self,
        request: ComposeRequest,
        version: CampaignVersion,
        plan: Plan,
        climbed: Climb,
        templates: Templates,
        watch: Stopwatch,
        earlier: Sequence[Said] = (),
        *,
        edits: Sequence[Edit] = (),
        email_id: EmailId,
        date: datetime | None = None,
        supersedes: str | None = None,
    ) -> Finished:
        """`earlier` is what the customer's last e-mails said, `edits` what people made of this one.

        A revision keeps its e-mail's `date`, and names the record that it `supersedes`.

        Raises NoSafeText when not even the templated e-mail passes as a whole.
        """
        envelope = self._envelope(request, version, email_id, date or clock.now().replace(microsecond=0))
        output, verdicts, forced = self._sound(envelope, plan.task, climbed, templates)
        if edits:
            output, verdicts, edits = self._edited(envelope, plan.task, climbed, edits, (output, verdicts))
        files = self._files_of(plan, climbed)
        record = ComposeRecord(
            email_id=envelope.email_id,
            created_at=envelope.date,
            campaign=envelope.campaign,
            campaign_version=version.version,
            customer=request.customer,
            brand=version.brand,
            brand_version=version.brand_version,
            task=plan.task,
            keys=plan.keys,
            rounds=tuple(climbed.rounds),
            decision=_logged(plan, climbed.draft),
            picks=_pick_records(plan),
            merchandising=plan.merchandising,
            basket=plan.basket,
            template_seed=plan.seed,
            unsubscribe_url=envelope.unsubscribe_url,
            preferences_url=envelope.preferences_url,
            manifest=files.manifest,
            guard_version=GUARD_VERSION,
            output_sha256=output.sha256(),
            forced_template=forced,
            supersedes=supersedes,
            edits=tuple(edits),
        )
        alike = repeats(plan.task.snapshot, climbed.draft, earlier)
        verdicts = [*climbed.rejected, *climbed.warnings, *_notable([*verdicts, alike])]
        sealed = seal(record)
        result = _result(request, plan, climbed, record, output, verdicts, _usage(climbed, watch), sealed.hash)
        return Finished(result, record, sealed, files.artifacts, plan.decision)

    def skipped(
        self, request: ComposeRequest, version: CampaignVersion, step: str, reason: str, detail: str
    ) -> ComposeResult:
        """No e-mail, and why. It has no id: there is nothing to fetch or replay."""
        return ComposeResult(
            id="",
            path=Path.SKIPPED,
            reason=reason,
            detail=detail,
            campaign=version.campaign.id,
            campaign_version=version.version,
            customer=request.customer,
            flow=version.campaign.flow,
            step=step,
            occasion=request.occasion,
            created_at=clock.now().replace(microsecond=0),
        )

    def _envelope(
        self, request: ComposeRequest, version: CampaignVersion, email_id: EmailId, date: datetime
    ) -> Envelope:
        whose = version.brand, request.customer, version.campaign.id
        return Envelope(
            brand=version.brand,
            campaign=version.campaign.id,
            email_id=email_id,
            date=date,
            unsubscribe_url=self._links.unsubscribe_url(*whose),
            preferences_url=self._links.own_page_url(*whose, date.date()),
        )

    def _sound(
        self, envelope: Envelope, task: WriteTask, climbed: Climb, templates: Templates
    ) -> tuple[Output, list[Verdict], str | None]:
        """Render and judge the message; if the whole fails where its blocks passed, take the templated e-mail."""
        output, verdicts = self._rendered(envelope, task, climbed.draft)
        held = [verdict for verdict in verdicts if verdict.holds_back]
        if not held:
            return output, verdicts, None
        climbed.rejected += held
        fall_to_templates(climbed, task.snapshot, templates, held[0].rule)
        output, verdicts = self._rendered(envelope, task, climbed.draft)
        still = [verdict for verdict in verdicts if verdict.holds_back]
        if still:
            raise NoSafeText(f"The finished message fails {still[0].rule}: {still[0].reason}")
        return output, verdicts, held[0].rule

    def _edited(
        self,
        envelope: Envelope,
        task: WriteTask,
        climbed: Climb,
        edits: Sequence[Edit],
        sound: tuple[Output, list[Verdict]],
    ) -> tuple[Output, list[Verdict], tuple[Edit, ...]]:
        """The message with those of the edits that it passes with, or as it was `sound` without them."""
        found = dict(climbed.placed)
        laid = lay_over(climbed, task.snapshot, edits)
        if not laid:
            return *sound, ()
        output, verdicts = self._rendered(envelope, task, climbed.draft)
        held = [verdict for verdict in verdicts if verdict.holds_back]
        if not held:
            return output, verdicts, laid
        climbed.rejected += held
        take_back(climbed, found, [edit.key for edit in laid], held[0].rule)
        return *sound, ()

    def _rendered(self, envelope: Envelope, task: WriteTask, draft: Draft) -> tuple[Output, list[Verdict]]:
        output = render_output(envelope, task.snapshot, draft, self._renderer, cta=task.cta)
        return output, check_output(envelope, task.snapshot, output)

    def _files_of(self, plan: Plan, climbed: Climb) -> _Files:
        """Hashed once for all e-mails that rest on the same ones: a library's files never change."""
        asked = frozenset(attempt.prompt.split("@")[0] for attempt in climbed.attempts if attempt.prompt)
        flow = plan.task.flow.name
        # That of the templates: there are few, and as many locales as customers name.
        locale = self._library.fallback(flow, plan.task.snapshot.locale).locale
        known = self._files.get((flow, locale, asked))
        if known is None:
            paths = {*self._library.paths_for(flow, locale), *(f"write/{name}.jinja" for name in asked)}
            manifest = self._library.manifest(sorted(paths))
            known = self._files[flow, locale, asked] = _Files(manifest, self._library.artifacts(manifest))
        return known


def render_output(envelope: Envelope, snapshot: Snapshot, draft: Draft, renderer: Renderer, *, cta: str = "") -> Output:
    """Subject, HTML, text and headers: a pure function of all five. `cta` is the style that was drawn."""
    rendered = renderer.render(
        Rendering(
            brand=envelope.brand,
            draft=draft,
            products=snapshot.products,
            offer=snapshot.offer,
            first_name=snapshot.person.first_name,
            locale=snapshot.locale,
            unsubscribe_url=envelope.unsubscribe_url,
            preferences_url=envelope.preferences_url,
            cta_url=_cta_url(envelope.brand, snapshot.flow),
            cta_product=_cta_product(snapshot, draft) if cta == "product" else None,
        )
    )
    return Output(**rendered.model_dump(), headers=headers_of(rendered, envelope))


def check_output(envelope: Envelope, snapshot: Snapshot, output: Output) -> list[Verdict]:
    """The finished message, judged as it would go to the wire."""
    rendered = Rendered(**output.model_dump(exclude={"headers"}))
    mime = build_message(rendered, envelope.model_copy(update={"to": _ANYBODY}))
    return check_message(
        snapshot,
        mime,
        own_hosts=(envelope.brand.public_url.host or "",),
        postal_address=envelope.brand.postal_address,
        subject=output.headers["Subject"],
        pictures=[str(envelope.brand.logo_url)] if envelope.brand.logo_url else [],
    )


def _cta_url(brand: Brand, flow: str) -> str | None:
    return str(brand.cart_url) if brand.cart_url and flow == "abandoned_cart" else None


def _cta_product(snapshot: Snapshot, draft: Draft) -> str | None:
    """The product that the button names: that is where it must lead."""
    text = next((block.text for block in draft.blocks if block.key == "cta"), "")
    return next((product.id for product in snapshot.products if names_one(text, [product.name])), None)


def _logged(plan: Plan, draft: Draft) -> dict[str, Any]:
    """The decision, and what came of it where words or shelves did not give what was drawn."""
    logged = plan.decision.logged()
    if not plan.decision.choices:
        return logged
    titles = [product.name for product in plan.task.snapshot.products]
    texts = {block.key: block.text for block in draft.blocks}
    realised = {
        "subject": subject_style(texts["subject"], titles),
        "cta": cta_style(texts["cta"], titles),
        "picks": str(len(titles)),
    }
    return {**logged, "realised": realised}


def _result(
    request: ComposeRequest,
    plan: Plan,
    climbed: Climb,
    record: ComposeRecord,
    output: Output,
    verdicts: list[Verdict],
    usage: Usage,
    record_hash: str,
) -> ComposeResult:
    blocks = _block_reports(plan, climbed)
    return ComposeResult(
        id=record.email_id,
        path=path_of(blocks),
        campaign=record.campaign,
        campaign_version=record.campaign_version,
        customer=request.customer,
        flow=plan.task.flow.name,
        step=plan.task.step,
        occasion=request.occasion,
        locale=plan.task.snapshot.locale,
        created_at=record.created_at,
        **output.model_dump(),
        blocks=blocks,
        picks=_pick_reports(plan),
        basket=plan.basket,
        offer_ends=plan.decision.offer.expires if plan.decision.offer else None,
        facts=[fact.model_dump(mode="json") for fact in plan.task.snapshot.facts],
        decision=record.decision,
        verdicts=verdicts,
        usage=usage,
        record=record_hash,
    )


def path_of(blocks: Iterable[BlockReport]) -> Path:
    """A model's where at least one block is; what people wrote over counts as neither."""
    return Path.TEMPLATE if all(block.rung in _NOT_MODELS for block in blocks) else Path.MODEL


def _block_reports(plan: Plan, climbed: Climb) -> list[BlockReport]:
    reports, licensor = [], Licensor(plan.task.snapshot)
    for key in plan.keys:
        placed = climbed.placed[key]
        reports.append(
            BlockReport(
                key=key,
                text=placed.block.text,
                rung=placed.rung,
                reason=placed.reason,
                facts=licensor.licences(placed.block),
                attempts=placed.attempts,
            )
        )
    return reports


def _pick_records(plan: Plan) -> tuple[PickRecord, ...]:
    return tuple(
        PickRecord(product_id=pick.product.id, kind=pick.kind, score=pick.score, probability=pick.probability)
        for pick in plan.picks
    )


def _pick_reports(plan: Plan) -> list[PickReport]:
    locale = plan.task.snapshot.locale
    reports = []
    for pick, product in zip(plan.picks, plan.task.snapshot.products, strict=True):
        evidence: list[dict[str, Any]] = [item.model_dump() for item in pick.evidence]
        reports.append(
            PickReport(
                product_id=product.id,
                title=product.name,
                price=_amount(product.price, product.currency, locale),
                former_price=_amount(product.compare_at_price, product.currency, locale),
                link=product.url,
                image=product.image_url or "",
                reason=pick.reason,
                kind=pick.kind,
                evidence=evidence,
                probability=pick.probability,
            )
        )
    return reports


def _amount(amount: Decimal | None, currency: str, locale: str) -> str:
    return "" if amount is None else money(amount, currency, locale)


def _notable(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Fails and warnings; a hundred passes would only hide them."""
    return [verdict for verdict in verdicts if verdict.status == "fail"]


def _usage(climbed: Climb, watch: Stopwatch) -> Usage:
    attempts = climbed.attempts
    return Usage(
        model=", ".join(dict.fromkeys(attempt.writer for attempt in attempts)),
        calls=len(attempts),
        input_tokens=sum(attempt.input_tokens for attempt in attempts),
        output_tokens=sum(attempt.output_tokens for attempt in attempts),
        cost_usd=sum(attempt.cost_usd for attempt in attempts),
        model_ms=round(watch.waited_ms, 1),
        own_ms=round(watch.own_ms, 1),
    )
