"""A brand as a form: how it sounds, what it may say, how it looks, and when it writes to nobody."""

from __future__ import annotations

import hashlib

from api.studio.forms import Field, Refused, Values, read_into, shown, validated
from composer.documents import Brand

COLORS = ("accent", "accent_text", "background", "card", "text", "muted")
QUIET = "quiet_hours"
CAPS = tuple(f"{kind}.{window}" for kind in ("total", "campaign", "triggered") for window in ("day", "week", "month"))
FIELDS = (
    Field("name"),
    Field("vertical"),
    Field("voice.description"),
    Field("voice.do", "lines"),
    Field("voice.dont", "lines"),
    Field("forbidden_words", "lines"),
    Field("competitors", "lines"),
    Field("facts", "lines"),
    Field("policies", "pairs"),
    Field("sender.name"),
    Field("sender.email"),
    Field("sender.reply_to", "number"),
    Field("postal_address"),
    Field("legal_lines", "lines"),
    *(Field(f"colors.{name}", looks="Use a colour such as #1f5c4d.") for name in COLORS),
    Field("logo_url", "number"),
    Field("url"),
    Field("domain", looks="Use a bare domain, such as shop.example."),
    Field("cart_url", "number"),
    Field("public_url"),
    Field("currency", looks="Use three capitals, such as GBP."),
    Field("locale"),
    Field("timezone"),
    Field("consent_required", "flag"),
    Field("quiet_hours.start", "number"),
    Field("quiet_hours.end", "number"),
    Field("quiet_hours.holidays", "lines"),
    *(Field(f"caps.{name}", "number") for name in CAPS),
    Field("caps.reserved", "unset"),
    Field("caps.min_gap_hours", "unset"),
    Field("caps.learned_frequency", "flag"),
)


def values_of(brand: Brand) -> Values:
    """What the form shows of a brand."""
    return Values(shown(FIELDS, brand.model_dump()))


def read_brand(values: Values, base: Brand) -> Brand | Refused:
    """The brand that a form describes, over the one it was made of."""
    document = base.model_dump()
    read_into(document, FIELDS, values)
    quiet = document[QUIET]
    if quiet["start"] is None and quiet["end"] is None:
        document[QUIET] = None
    elif not quiet.get("weekdays"):
        quiet["weekdays"] = {}
    return validated(Brand, document, FIELDS)


def edition(brand: Brand) -> str:
    """Tells one state of a brand from another: SHA-256 of its document."""
    return hashlib.sha256(brand.model_dump_json().encode()).hexdigest()
