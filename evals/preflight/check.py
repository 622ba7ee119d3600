"""The finished MIME message, judged once more as it will be sent: every message rule, and the text rules again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from evals.judging import GUARD_VERSION
from evals.passage import forget_passages
from evals.preflight.message import Message
from evals.preflight.register import MESSAGE_RULES, MessageRule, Problem
from evals.preflight.texts import KEY, text_verdicts
from evals.snapshot import Snapshot
from evals.verdict import Status, Verdict
from evals.world import forget_world, world_of


def check_message(
    snapshot: Snapshot,
    mime: bytes,
    *,
    own_hosts: Sequence[str] = (),
    postal_address: str | None = None,
    subject: str | None = None,
    pictures: Sequence[str] = (),
) -> list[Verdict]:
    """Judge the message bytes as they go to the wire: one verdict a rule, several when it fails several times.

    `own_hosts` are hosts beside the brand's domain that links may have (where unsubscribe links lead); those on
    this machine may be plain http. `postal_address` must stand in both parts, `subject` in the header; without
    them these two are not judged. `pictures` are addresses of pictures beside those of the products.
    """
    message = Message(mime, world_of(snapshot), frozenset(own_hosts), postal_address, subject, frozenset(pictures))
    verdicts = [verdict for rule in MESSAGE_RULES.values() for verdict in _judged(rule, message)]
    verdicts += _judged_texts(message)
    if not any(verdict.holds_back for verdict in verdicts):
        forget_passages(message.world)
        forget_world(snapshot)
    return verdicts


def _judged_texts(message: Message) -> list[Verdict]:
    try:
        return text_verdicts(message)
    except Exception as error:  # noqa: BLE001 - as in `_judged`: a text that cannot be taken apart is not judged
        return [_crashed("message.text", error)]


def _judged(rule: MessageRule, message: Message) -> list[Verdict]:
    if rule.needs is not None and not rule.needs(message):
        return [_quiet(rule.id, Status.NOT_JUDGED)]
    try:
        problems = list(rule.look(message))
    except Exception as error:  # noqa: BLE001 - what cannot be read cannot be judged, and is not sent
        return [_crashed(rule.id, error)]
    return [_failed(rule, problem) for problem in problems] or [_quiet(rule.id, Status.PASS)]


def _crashed(rule: str, error: Exception) -> Verdict:
    reason = f"The check itself failed ({type(error).__name__}: {error}); unjudged messages are not sent."
    return Verdict(rule=rule, status=Status.FAIL, block=KEY, reason=reason, crashed=True, version=GUARD_VERSION)


@lru_cache(maxsize=256)
def _quiet(rule: str, status: Status) -> Verdict:
    return Verdict(rule=rule, status=status, block=KEY, version=GUARD_VERSION)


def _failed(rule: MessageRule, problem: Problem) -> Verdict:
    return Verdict(
        rule=rule.id,
        status=Status.FAIL,
        severity=problem.severity or rule.severity,
        block=KEY,
        reason=problem.reason,
        version=GUARD_VERSION,
    )
