"""Typed ids: TypeIDs (a prefix that says what it is, and a time-ordered UUIDv7)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NewType

from typeid import TypeID
from uuid_utils import UUID

CustomerId = NewType("CustomerId", str)
EmailId = NewType("EmailId", str)
KeyId = NewType("KeyId", str)
RunId = NewType("RunId", str)
WorkerId = NewType("WorkerId", str)


def _new(prefix: str) -> str:
    return str(TypeID(prefix=prefix))


def new_customer_id() -> CustomerId:
    return CustomerId(_new("cus"))


def new_email_id() -> EmailId:
    return EmailId(_new("msg"))


def email_id_for(began: datetime, *key: str) -> EmailId:
    """The id of the e-mail under an idempotency key in a run that began then: whoever composes it comes to the same.

    A UUIDv7 (RFC 9562, 5.7) whose random bits are a hash of the key, so that ids of one run lie together.
    """
    return EmailId(_derived("msg", began, key))


def _derived(prefix: str, began: datetime, key: Sequence[str]) -> str:
    drawn = int.from_bytes(hashlib.sha256("\x00".join(key).encode()).digest()[:10])
    value = (int(began.timestamp() * 1000) << 80) | drawn
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(TypeID.from_uuid(UUID(int=value), prefix=prefix))


def new_run_id() -> RunId:
    return RunId(_new("run"))


def new_worker_id() -> WorkerId:
    return WorkerId(_new("wrk"))


def new_sample_id() -> str:
    return _new("smp")


def new_handoff_id() -> str:
    return _new("hof")


def new_endpoint_id() -> str:
    return _new("whe")


def new_hook_secret_id() -> str:
    return _new("hok")


def new_notice_id() -> str:
    return _new("evt")


def new_erasure_id() -> str:
    return _new("era")


def new_import_id() -> str:
    return _new("imp")


def new_key_id() -> KeyId:
    return KeyId(_new("key"))


def new_account_id() -> str:
    return _new("acc")


def new_preview_id() -> str:
    return _new("pre")


def new_review_id() -> str:
    return _new("rev")


def lesson_id_for(began: datetime, *key: str) -> str:
    """The id of one lesson of a review that was made then: learned again, it is the same lesson."""
    return _derived("les", began, key)


def new_comparison_id() -> str:
    return _new("cpr")


def new_experiment_id() -> str:
    return _new("exp")


def new_holdout_id() -> str:
    return _new("hld")


def new_vote_id() -> str:
    return _new("vot")
