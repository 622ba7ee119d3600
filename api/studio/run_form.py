"""The form that starts a run: what stands in it, what it asks for, and that what is started is what was looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

import orjson
from starlette.datastructures import FormData, UploadFile

from api.runs import uploaded
from api.studio.forms import Field, Refused, Values, read_into, validated
from api.studio.rule_form import rule_of
from composer.reviews.acceptance import percent as rounded
from composer.reviews.acceptance import plan_for, upper_limit
from composer.reviews.model import ReviewTerms
from composer.runs.audiences.resolving import OpenFile, no_files
from composer.runs.preflight.model import PreflightRequest
from store import clock
from store.errors import InvalidInput

MANY = 10_000_000
"""Stands for a run whose size is not known yet."""
FIELDS = (
    Field("step"),
    Field("occasion"),
    Field("budget_usd", "number"),
    Field("budget_tokens", "number"),
    Field("tolerance.fallback", "percent"),
    Field("tolerance.failed", "percent"),
    Field("tolerance.check_failures", "percent"),
    Field("tolerance.model_failures", "percent"),
)
_REVIEW = (Field("review.defect_rate", "percent"), Field("review.confidence", "percent"))
START: Mapping[str, tuple[str, ...]] = {
    "audience": ("everyone",),
    "defer_days": ("3",),
    "seconds": ("60",),
    "review": ("on",),
    "review.defect_rate": ("5",),
    "review.confidence": ("95",),
    "gate": ("on",),
    "tolerance.fallback": ("80",),
    "tolerance.failed": ("10",),
    "tolerance.check_failures": ("90",),
    "tolerance.model_failures": ("50",),
}
"""What stands in it at first: reviewed behind a gate, as every run of a marketer should be."""


@dataclass(frozen=True)
class Asked:
    """A run that is asked for."""

    campaign: str
    request: PreflightRequest
    open_file: OpenFile
    looked: str
    """Digest of all of it: what is started is what was looked at."""


def started(campaign: str) -> Values:
    """The form as it is opened; today as the occasion, so that those written to before get an e-mail of their own."""
    return Values({**START, "campaign": (campaign,), "occasion": (clock.now().date().isoformat(),)})


def read(form: FormData) -> Asked | Refused:
    """What the form asks for, or what is wrong with it."""
    values, file = Values.of(form), _file(form)
    document = _document(values, file)
    if isinstance(document, Refused):
        return document
    request = validated(PreflightRequest, document, (*FIELDS, *_REVIEW, Field("audience")))
    if isinstance(request, Refused):
        return request
    digest = _digest(values.get("campaign"), request, None if file is None else file.file)
    open_file = no_files if file is None else uploaded(file.file)
    return Asked(values.get("campaign"), request, open_file, digest)


def said_of_terms(values: Values) -> str:
    """What the terms of review mean, for a run that is large; in plain words what is wrong with them."""
    document: dict[str, Any] = {}
    read_into(document, _REVIEW, values)
    terms = validated(
        ReviewTerms, document.get("review", {}), [Field(one.path.removeprefix("review."), "percent") for one in _REVIEW]
    )
    if isinstance(terms, Refused):
        return next(iter(terms.errors.values()))
    try:
        return in_words(terms, MANY)
    except InvalidInput as error:
        return f"{error.message} {error.fix or ''}".strip()


def in_words(terms: ReviewTerms, population: int) -> str:
    """How many e-mails will have to be read, and what that proves. Raises TooMuchToRead."""
    plan = plan_for(terms, population)
    if plan.size >= population:
        return (
            f"All {population:,} e-mails will have to be read: they are too few for a sample to speak for the others."
        )
    least = upper_limit(plan.allowed, plan.size, population, terms)
    good = "none of them is" if plan.allowed == 0 else f"no more than {plan.allowed} of them are"
    sure = rounded(terms.confidence, up=False)
    return f"You will read {plan.size:,} e-mails. If {good} bad, at most {rounded(least)} of all are, {sure} sure."


def _document(values: Values, file: UploadFile | None) -> dict[str, Any] | Refused:
    document: dict[str, Any] = {}
    read_into(document, FIELDS, values)
    audience = _audience(values, file)
    if isinstance(audience, Refused):
        return audience
    document["audience"] = audience
    for name, target, unit in (("seconds", "deadline_ms", 1000), ("defer_days", "defer_for", 1)):
        number = values.get(name).strip()
        if not number.isdecimal():
            return Refused({name: "Write a whole number."})
        document[target] = timedelta(days=min(int(number), 999)) if target == "defer_for" else int(number) * unit
    if values.on("review"):
        read_into(document, _REVIEW, values)
        document["review"] = {**document.get("review", {}), "gate": values.on("gate")}
    return document


def _audience(values: Values, file: UploadFile | None) -> dict[str, Any] | Refused:
    limit = values.get("limit").replace(",", "").strip()
    drawn = {"limit": limit, "draw": values.get("draw").strip()} if limit else {}
    match values.get("audience"):
        case "list":
            ids = [one.strip() for line in values.get("customers").splitlines() for one in line.split(",")]
            named = [one for one in ids if one]
            return (
                {"kind": "list", "customers": named, **drawn}
                if named
                else Refused({"customers": "Paste at least one customer id."})
            )
        case "file":
            if file is None:
                return Refused({"file": "Choose a file of customer ids."})
            return {"kind": "file", "name": file.filename or "file", "column": values.get("column").strip(), **drawn}
        case "rule":
            where = _where(values)
            return where if isinstance(where, Refused) else {"kind": "rule", "where": where, **drawn}
        case "due":
            return {"kind": "due", **drawn}
        case _:
            return {"kind": "everyone", **drawn}


def _where(values: Values) -> Any:
    written = values.get("rule").strip()
    if not written:
        return rule_of(values)
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return Refused({"rule": "This is not JSON. Leave it empty to use the conditions above."})


def _file(form: FormData) -> UploadFile | None:
    found = form.get("file")
    return found if isinstance(found, UploadFile) and found.filename else None


def _digest(campaign: str, request: PreflightRequest, file: BinaryIO | None) -> str:
    made = hashlib.sha256(orjson.dumps([campaign, request.model_dump(mode="json")], option=orjson.OPT_SORT_KEYS))
    if file is not None:
        file.seek(0)
        while block := file.read(1 << 20):
            made.update(block)
        file.seek(0)
    return made.hexdigest()
