"""Brand, offer, brief, campaign: the documents a marketer writes. YAML in, JSON over HTTP, one schema."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from catalog.brief_text import MAX_BRIEF, Understood
from catalog.merchandising import Narrowing
from catalog.model import Limits, Theme
from evals.snapshot import offer_value
from memory.contacting.rules import Caps, ContactRules, QuietHours
from memory.contacting.rules import Limits as ContactLimits
from prompts.model import CtaStyle, FlowName, SubjectStyle, Topic
from store.errors import InvalidInput
from store.files.own import refuse_own

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


NO_OFFER = "none"
"""The arm that makes none."""


class Document(BaseModel):
    """Immutable; an unknown key is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Voice(Document):
    """How the brand sounds."""

    description: Line
    """One sentence: "warm, plain, a little dry; never shouts"."""
    do: tuple[Line, ...] = ()
    dont: tuple[Line, ...] = ()


class Colors(Document):
    """Checked at save time for 4.5:1 contrast of button text on `accent`."""

    accent: Hex = "#1f5c4d"
    accent_text: Hex = "#ffffff"
    background: Hex = "#f5f3ee"
    card: Hex = "#ffffff"
    text: Hex = "#22211f"
    muted: Hex = "#5f5b54"


class Sender(Document):
    """Who the e-mail is from."""

    name: Line
    email: EmailStr
    reply_to: EmailStr | None = None


class Brand(Document):
    """The shop: voice, rules, sender, address, domains."""

    id: Slug
    name: Line
    url: HttpUrl
    domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.[a-z0-9-]+$|^localhost$")]
    """The only host (with its subdomains) that links in an e-mail may have."""
    vertical: str = ""
    currency: Currency
    locale: str = "en-US"
    timezone: str = "UTC"
    """IANA name (`Europe/London`): the clock of customers whose own time zone is not known."""
    sender: Sender
    postal_address: Line
    """Physical address, required in every commercial e-mail (CAN-SPAM, CASL)."""
    legal_lines: tuple[Line, ...] = ()
    voice: Voice
    colors: Colors = Colors()
    logo_url: HttpUrl | None = None
    cart_url: HttpUrl | None = None
    """Where a cart e-mail's button leads; without it, to the product or the shop."""
    forbidden_words: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    policies: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    facts: tuple[Line, ...] = ()
    """True statements the text may repeat."""
    public_url: HttpUrl
    """Where Penfriend is reached from outside: unsubscribe links are built on it."""
    quiet_hours: QuietHours | None = None
    """When nobody is written to, by their own clock. None: at any time."""
    caps: Caps = Caps(total=ContactLimits(week=3))
    """How often one customer is written to. A document of before with `max_emails_per_week` means `total.week`."""
    consent_required: bool = True

    @property
    def contact_rules(self) -> ContactRules:
        """What is asked about the moment of each e-mail."""
        return ContactRules(quiet_hours=self.quiet_hours, caps=self.caps, timezone=self.timezone)

    @model_validator(mode="before")
    @classmethod
    def _one_cap_of_before(cls, document: Any) -> Any:
        if not isinstance(document, dict) or "max_emails_per_week" not in document:
            return document
        if "caps" in document:
            raise ValueError("max_emails_per_week is now caps.total.week; write only caps")
        rest = {name: value for name, value in document.items() if name != "max_emails_per_week"}
        return {**rest, "caps": {"total": {"week": document["max_emails_per_week"]}}}

    @field_validator("caps")
    @classmethod
    def _flows_exist(cls, caps: Caps) -> Caps:
        unknown = [name for name in caps.flows if name not in get_args(FlowName)]
        if unknown:
            raise ValueError(f"there is no flow {unknown[0]!r}; the flows are {', '.join(get_args(FlowName))}")
        return caps


class Offer(Document):
    """A reduction or gift that a brief may let the decision grant."""

    id: Slug
    kind: Literal["percent", "amount", "free_shipping", "gift"]
    value: Decimal | str | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]{2,31}$")] | None = None
    min_spend: Decimal | None = None
    starts: date | None = None
    expires: date | None = None
    terms: str = ""
    lifecycles: tuple[Literal["prospect", "new", "active", "at_risk", "lapsed"], ...] = ()
    """Who may get it, by lifecycle stage; empty means everyone. Never by gender, age or place."""

    @field_validator("value", mode="before")
    @classmethod
    def _number_by_kind(cls, value: object, info: ValidationInfo) -> object:
        return offer_value(info.data.get("kind"), value)

    @model_validator(mode="after")
    def _value_fits_kind(self) -> Self:
        number = self.value if isinstance(self.value, Decimal) else Decimal(0)
        if self.kind == "percent" and not 0 < number <= 100:
            raise ValueError("a percent offer needs a value above 0 and up to 100")
        if self.kind == "amount" and not number > 0:
            raise ValueError("an amount offer needs a value above 0")
        if self.kind == "gift" and not (isinstance(self.value, str) and self.value.strip()):
            raise ValueError("a gift offer needs the gift's name as value")
        if self.kind == "free_shipping" and self.value is not None:
            raise ValueError("a free_shipping offer has no value; use min_spend for a threshold")
        return self


class Meant(Document):
    """What a brief's `products` was understood as when the version was saved: e-mails rest on it, not on words."""

    understood: Understood
    theme: Theme | None = None
    """None where the words are nothing but limits."""
    products: int = 0
    """How many could be shown within the limits at that moment."""


class Brief(Document):
    """What this campaign wants, within what limits."""

    message: str = Field(default="", max_length=500)
    """What the marketer wants said, in their words; becomes part of the prompt, and licenses no number."""
    angles: tuple[str, ...] = ()
    """Subset of the flow's angles; empty means all."""
    tones: tuple[str, ...] = ()
    lengths: tuple[Literal["short", "medium"], ...] = ()
    subjects: tuple[SubjectStyle, ...] = ()
    """Subset of the flow's styles of a subject; empty means all."""
    ctas: tuple[CtaStyle, ...] = ()
    """Subset of the flow's styles of the button; empty means all."""
    limits: Limits = Limits()
    products: str = Field(default="", max_length=MAX_BRIEF)
    """What shall be shown, in the marketer's words: "light gifts under 30 for tea lovers". Narrows `limits`."""
    meant: Meant | None = None
    """Filled in when the campaign is saved, whatever is written here."""
    merchandising: Narrowing = Narrowing()
    """Less of the shop's merchandising for this campaign; never more."""
    offers: tuple[Offer, ...] = ()
    vary_offers: bool = False
    """Draws among all offers that somebody may get, instead of taking the first; by flow and lifecycle alone."""
    may_withhold_offer: bool = False
    """Lets the draw make no offer at all to some, so that what an offer brings can be learned."""
    learn: bool = True
    """False: arms are drawn as in a shop that has learned nothing from outcomes yet."""
    explore: float = Field(default=0.1, ge=0.02, le=1.0)
    """Share of e-mails whose arms are drawn evenly whatever was learned; 1: all of them."""
    holdout: float = Field(default=0.0, ge=0.0, le=0.5)
    """Share of customers that get nothing, by hash, so that lift can be measured."""

    @field_validator("vary_offers", "may_withhold_offer")
    @classmethod
    def _offers_are_told_apart(cls, wanted: bool, info: ValidationInfo) -> bool:
        ids = [offer.id for offer in info.data.get("offers", ())]
        if wanted and NO_OFFER in ids:
            raise ValueError(f"an offer that is drawn cannot be called {NO_OFFER!r}: that is what no offer is called")
        if wanted and len(set(ids)) < len(ids):
            raise ValueError("offers that are drawn need an id of their own each")
        return wanted


class Campaign(Document):
    """A brief for a flow under a brand. Saving it makes a new immutable version."""

    id: Slug
    name: Line
    flow: FlowName
    brand: Slug
    topic: Topic | None = None
    """What its e-mails are about, of what customers can say no to; None: what its flow is about."""
    brief: Brief = Brief()


D = TypeVar("D", bound=BaseModel)


def load_document(kind: type[D], path: Path) -> D:
    """Read one YAML (or JSON) document.

    Raises InvalidInput that names the file, the field and what is wrong with it.
    """
    refuse_own(path)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", fix="Check the path and the YAML.") from error
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        pointer = "/" + "/".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{path}: {first['msg']}", pointer=pointer, fix="Correct this field.") from error
