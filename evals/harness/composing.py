"""What suites that compose e-mails share: composing for many, judging a finished e-mail anew, figures of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from evals.draft import Block, BlockName, Draft
from evals.guard import check_block, check_draft, check_message
from evals.harness.bench import DEFAULT_DEADLINE_MS, Bench, Recipient, Shop, WrittenBlock, WrittenEmail
from evals.harness.figures import share_metric, timing_metrics
from evals.harness.labelled import fact_lines
from evals.harness.result import CaseResult, CaseStatus, Mark, Metric
from evals.harness.suite import Progress
from evals.report import Share
from evals.sameness import Duplicates, names_in, near_duplicates, prose
from evals.snapshot import Snapshot
from evals.verdict import Verdict
from store.errors import InvalidInput

FLOWS = (
    "welcome", "abandoned_cart", "browse_abandonment", "post_purchase", "cross_sell", "replenishment", "win_back",
    "vip", "birthday", "price_drop", "back_in_stock", "newsletter",
)  # fmt: skip
ONCE: tuple[BlockName, ...] = ("subject", "preheader", "opening", "closing", "cta")
RUN_METRICS = (
    "fallback_share", "email_fallback_share", "skipped_share", "near_duplicate_rate", "checks_failed_per_email",
    "warnings_per_email", "calls_per_email", "own_ms_p50", "own_ms_p99", "total_ms_p50", "total_ms_p99",
    "input_tokens_per_1000", "output_tokens_per_1000", "cost_per_1000",
)  # fmt: skip


class NoBench(InvalidInput):
    """A suite that composes was run without anything to compose with."""

    reason = "no_bench"


class NobodyToWriteTo(InvalidInput):
    """A suite that composes found no recipient."""

    reason = "nobody_to_write_to"


def bench_of(bench: Bench | None) -> Bench:
    """The bench, which the runner opens for kinds that need one. Raises NoBench."""
    if bench is None:
        raise NoBench("This suite composes e-mails and was given no bench.", fix="Run it with `penfriend eval`.")
    return bench


async def recipients_of(shop: Shop, flows: Sequence[str], per_flow: int, seed: int) -> list[Recipient]:
    """Whom to write to, as `Shop.recipients`. Raises NobodyToWriteTo: figures of nothing would fail no threshold."""
    found = await shop.recipients(flows, per_flow, seed)
    if not found:
        raise NobodyToWriteTo(
            f"Nobody in this shop can be written to in the flow{'s' if len(flows) > 1 else ''} {', '.join(flows)}. It "
            "takes a campaign of the flow, customers who have consented, and something to say to them.",
            fix="Run `penfriend compose CUSTOMER --campaign ID --preview` for somebody who should get one.",
        )
    return found


async def compose_all(
    shop: Shop,
    recipients: Sequence[Recipient],
    progress: Progress,
    *,
    deadline_ms: int = DEFAULT_DEADLINE_MS,
    side_by_side: int = 1,
) -> list[WrittenEmail]:
    """An e-mail each, in order. One after the other unless told otherwise: only then are timings those of one."""
    turns = asyncio.Semaphore(side_by_side)
    done = 0

    async def one(recipient: Recipient) -> WrittenEmail:
        nonlocal done
        async with turns:
            email = await shop.compose(recipient, deadline_ms=deadline_ms)
        done += 1
        progress(done, len(recipients))
        return email

    return await asyncio.gather(*map(one, recipients))


def case_id(recipient: Recipient) -> str:
    """`welcome:c-12`."""
    return f"{recipient.campaign}:{recipient.customer}"


def faults_of(email: WrittenEmail) -> list[str]:
    """Everything wrong with a finished e-mail, a sentence each: judged anew, from its blocks and its bytes."""
    if email.is_skipped or email.snapshot is None:
        return [f"There is no e-mail: {email.reason}. {email.detail}".strip()]
    faults = [*_structure(email), *_lateness(email)]
    faults += [f"{verdict.block}: {verdict.rule}: {verdict.reason}" for verdict in verdicts_on(email, email.snapshot)]
    return faults


def verdicts_on(email: WrittenEmail, snapshot: Snapshot) -> list[Verdict]:
    """What the guard would hold back of this e-mail now: blocks, draft and message."""
    blocks = draft_of(email).blocks
    found = [verdict for block in blocks for verdict in check_block(snapshot, block)]
    found += check_draft(snapshot, Draft(blocks=blocks))
    found += check_message(
        snapshot,
        email.raw,
        own_hosts=email.own_hosts,
        postal_address=email.postal_address,
        subject=email.subject,
    )
    return [verdict for verdict in found if verdict.holds_back]


def draft_of(email: WrittenEmail) -> Draft:
    """Its blocks as the guard takes them."""
    return Draft(blocks=tuple(_block(block) for block in email.blocks))


def _block(written: WrittenBlock) -> Block:
    name, _, product_id = written.key.partition(":")
    return Block.model_validate({"name": name, "text": written.text, "product_id": product_id or None})


def _structure(email: WrittenEmail) -> Iterator[str]:
    keys = [block.key for block in email.blocks]
    for name in ONCE:
        if keys.count(name) != 1:
            yield f"The block {name} occurs {keys.count(name)} times."
    for pick in email.picks:
        if keys.count(f"pitch:{pick}") != 1:
            yield f"The pick {pick} has {keys.count(f'pitch:{pick}')} pitches."
    yield from (f"The block {block.key} is empty." for block in email.blocks if not block.text.strip())


def _lateness(email: WrittenEmail) -> Iterator[str]:
    if email.total_ms > email.deadline_ms:
        yield f"It took {email.total_ms:.0f} ms; its deadline was {email.deadline_ms} ms."


def warnings_of(email: WrittenEmail) -> list[Verdict]:
    """What its checks said of it without holding it back."""
    return [verdict for verdict in email.verdicts if not verdict.holds_back]


def email_case(email: WrittenEmail, faults: Sequence[str], *, id_: str = "", category: str = "") -> CaseResult:
    """The e-mail as a case that fails when it has faults."""
    return CaseResult(
        id=id_ or case_id(email.recipient),
        status=CaseStatus.FAIL if faults else CaseStatus.PASS,
        category=category or email.flow,
        locale=email.snapshot.locale if email.snapshot else "",
        flow=email.flow,
        rules=tuple(dict.fromkeys(verdict.rule for verdict in email.verdicts if verdict.holds_back)),
        text=f"{email.subject}\n{email.preheader}\n\n{email.text}" if not email.is_skipped else "",
        marks=tuple(_marks(email)),
        facts=fact_lines(email.snapshot) if email.snapshot else (),
        message=" ".join(faults),
        seconds=email.total_ms / 1000,
    )


def _marks(email: WrittenEmail) -> Iterator[Mark]:
    """Warnings on what went out, at the first place of the e-mail where their words stand."""
    text = f"{email.subject}\n{email.preheader}\n\n{email.text}"
    for verdict in warnings_of(email):
        start = text.find(verdict.found) if verdict.found else -1
        if start >= 0:
            span = (start, start + len(verdict.found))
            yield Mark(span=span, rule=verdict.rule, reason=verdict.reason, source=verdict.source)


def duplicates_among(emails: Iterable[WrittenEmail]) -> Duplicates:
    """Near duplicates among the e-mails there are, by position."""
    return near_duplicates([prose_of(email) for email in emails])


def prose_of(email: WrittenEmail) -> str:
    """Its masked text; empty when there is no e-mail."""
    if email.snapshot is None:
        return ""
    return prose(((block.key, block.text) for block in email.blocks), names_in(email.snapshot))


def run_metrics(emails: Sequence[WrittenEmail]) -> list[Metric]:
    """The figures `RUN_METRICS` of a run. Shares are of blocks (`fallback_share`) or of e-mails."""
    sent = [email for email in emails if not email.is_skipped]
    blocks = [block for email in sent for block in email.blocks]
    alike = duplicates_among(sent)
    return [
        share_metric("fallback_share", Share(hits=sum(block.is_templated for block in blocks), of=len(blocks))),
        share_metric("email_fallback_share", Share(hits=sum(email.path == "template" for email in sent), of=len(sent))),
        share_metric("skipped_share", Share(hits=len(emails) - len(sent), of=len(emails))),
        share_metric("near_duplicate_rate", Share(hits=len(alike.alike), of=alike.of)),
        mean_metric("checks_failed_per_email", [failed_checks(email) for email in sent]),
        mean_metric("warnings_per_email", [len(warnings_of(email)) for email in sent]),
        mean_metric("calls_per_email", [email.calls for email in sent]),
        *timing_metrics("own_ms", [email.own_ms / 1000 for email in sent], (0.50, 0.99)),
        *timing_metrics("total_ms", [email.total_ms / 1000 for email in sent], (0.50, 0.99)),
        mean_metric("input_tokens_per_1000", [email.input_tokens for email in sent], times=1000),
        mean_metric("output_tokens_per_1000", [email.output_tokens for email in sent], times=1000),
        mean_metric("cost_per_1000", [email.cost_usd for email in sent], times=1000, unit="USD"),
    ]


def failed_checks(email: WrittenEmail) -> int:
    """Verdicts that held drafted texts back on the way to this e-mail."""
    return sum(verdict.holds_back for verdict in email.verdicts)


def mean_metric(name: str, values: Sequence[float], *, times: float = 1, unit: str = "") -> Metric:
    """The mean, times a factor; None of nothing."""
    mean = sum(values) / len(values) * times if values else None
    return Metric(name=name, value=mean, unit=unit)
