"""How long the guard takes for one e-mail: nine blocks (four of them pitches), the draft, and the finished message.

    python -m benchmarks.checks [--emails 400]

Each e-mail has a customer, picks and texts of its own; products come from one catalogue of 200, as in a shop. A
machine is noisy, so the same run times css-inline on a typical e-mail's HTML as a yardstick.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import css_inline

from api.house import NEW_OBJECTS
from composer.documents import Brand
from composer.finish import render_output
from composer.message import Envelope, build_message
from composer.render import Rendered, Renderer
from evals.draft import Block, Draft
from evals.guard import GUARD_VERSION, check_draft, check_message, fails_of_block
from evals.snapshot import BrandFacts, OrderFact, PersonFacts, ProductFacts, Snapshot
from prompts.library import Library

SENT = date(2026, 3, 10)
MATERIALS = ("stoneware", "oak", "linen", "brass", "wool", "cork", "beech", "steel")
KINDS = ("Teapot", "Tray", "Napkin", "Bell", "Blanket", "Coaster", "Spoon", "Kettle")
BRAND = BrandFacts(
    name="Hartley & Moss",
    domain="hartley.example",
    vertical="home",
    currency="GBP",
    competitors=("Cosy Barn", "Homeward Supply"),
    policies={"free_shipping_over": 45, "returns_days": 60},
    forbidden_words=("cheap", "must-have", "luxury"),
    facts=("We are a small shop in Kendal.", "Our teas are packed by hand."),
)
SHOP = Brand.model_validate(
    {
        "id": "hartley",
        "name": BRAND.name,
        "url": "https://hartley.example",
        "domain": BRAND.domain,
        "currency": BRAND.currency,
        "sender": {"name": BRAND.name, "email": "hello@hartley.example"},
        "postal_address": "1 Stricklandgate, Kendal LA9 4ND, United Kingdom",
        "voice": {"description": "Calm and plain."},
        "public_url": "https://mail.hartley.example",
    }
)
ENVELOPE = Envelope(
    brand=SHOP,
    to="ada@mailbox.example",
    email_id="msg_1",
    campaign="newsletter",
    date=datetime(2026, 3, 10, 9, tzinfo=UTC),
    unsubscribe_url="https://mail.hartley.example/u/3-I0iprG4bKRpalx1pX9pxqpj9hbLG3OxCmy6kaIF6DZDOk",
)
CARD = '<tr><td class="card"><h2>Tray</h2><p class="price">£18.00</p><a class="button" href="#">See it</a></td></tr>'
PAGE = (
    "<html><head><style>.card{padding:16px;border:1px solid #ddd}.price{color:#333;font-weight:bold}"
    ".button{background:#1f5c4d;color:#fff;padding:12px 20px}p{margin:0 0 12px;font:16px/1.5 Georgia}</style></head>"
    f"<body><table>{CARD * 4}</table><p>{'Kind words. ' * 120}</p></body></html>"
)


def product(number: int) -> ProductFacts:
    """A product of the catalogue."""
    material, kind = MATERIALS[number % 8], KINDS[number // 8 % 8]
    return ProductFacts(
        id=f"p{number}",
        name=f"{material.title()} {kind} No. {number}",
        price=Decimal(8 + number % 60),
        compare_at_price=Decimal(12 + number % 60) if number % 5 == 0 else None,
        currency="GBP",
        url=f"https://hartley.example/p/{number}",
        category=f"Home > {kind}s",
        description=f"A {material} {kind.lower()} that sits well in the hand and lasts a long Sunday.",
        attributes={"material": material, "weight": f"{200 + number} g", "pieces": number % 4 + 1},
    )


CATALOGUE = [product(number) for number in range(200)]


def email(number: int) -> tuple[Snapshot, Draft]:
    """A customer with six orders, and four picks with a text each."""
    picks = [CATALOGUE[(number * 7 + step * 11) % 200] for step in range(4)]
    orders = tuple(
        OrderFact(product=CATALOGUE[(number + step * 17) % 200].name, date=date(2025, 12 - step, 3))
        for step in range(6)
    )
    person = PersonFacts(
        first_name="Ada",
        orders=orders,
        private={"last_name": "Lovelace", "email": f"ada{number}@mailbox.example", "phone": "+44 7700 900123"},
        internal={"stage": "active", "segment": "tea-core"},
    )
    others = tuple(CATALOGUE[(number * 3 + step) % 200].name for step in range(30))
    snapshot = Snapshot(
        flow="newsletter",
        locale="en-GB",
        send_date=SENT,
        brand=BRAND,
        person=person,
        products=tuple(picks),
        other_titles=others,
    )
    return snapshot, Draft(blocks=tuple(_blocks(number, picks)))


def _blocks(number: int, picks: Sequence[ProductFacts]) -> list[Block]:
    pitches = [
        Block(
            name="pitch",
            product_id=pick.id,
            text=f"{pick.name}, {pick.attributes['weight']} of it, for £{pick.price}. {pick.description}",
        )
        for pick in picks
    ]
    return [
        Block(name="subject", text=f"Four things for table {number}"),
        Block(name="preheader", text="What we would pack for you this week, and why."),
        Block(
            name="opening",
            text="It has been a quiet week in the shop, so we went along the shelves and put four things together "
            "that go with what you have at home.",
        ),
        *pitches,
        Block(name="closing", text="Delivery is free over £45, and you have 60 days to send anything back."),
        Block(name="cta", text="See all four"),
    ]


def check(snapshot: Snapshot, draft: Draft) -> None:
    """All checks of one e-mail before it is rendered, as the ladder asks for them."""
    for block in draft.blocks:
        fails_of_block(snapshot, block)
    check_draft(snapshot, draft)


def check_whole(snapshot: Snapshot, draft: Draft, renderer: Renderer) -> tuple[float, float]:
    """(milliseconds before it is rendered, milliseconds of the finished message)."""
    before = timed(lambda: check(snapshot, draft))
    output = render_output(ENVELOPE, snapshot, draft, renderer)
    mime = build_message(Rendered(**output.model_dump(exclude={"headers"})), ENVELOPE)
    address, subject = SHOP.postal_address, output.headers["Subject"]
    hosts = (SHOP.public_url.host or "",)
    after = timed(lambda: check_message(snapshot, mime, own_hosts=hosts, postal_address=address, subject=subject))
    return before, after


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def quantile(sorted_values: Sequence[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=400)
    emails = [email(number) for number in range(parser.parse_args().emails)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cold = timed(lambda: check(*emails[0]))
    renderer = Renderer(Library.load().layout())
    for one in emails[:50]:
        check_whole(*one, renderer)
    # As `api.house` does once everything is open.
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    inliner = css_inline.CSSInliner()
    yardstick = sorted(timed(lambda: inliner.inline(PAGE)) for _ in range(200))
    parts = [check_whole(*one, renderer) for one in emails]
    times = sorted(map(sum, parts))
    texts, messages = (sorted(column) for column in zip(*parts, strict=True))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    p50, p99, rod = quantile(times, 0.5), quantile(times, 0.99), quantile(yardstick, 0.5)
    print(f"guard {GUARD_VERSION}, {len(emails)} e-mails of 9 blocks, processor time, one core")
    print(f"  first e-mail (lexicons and language model loaded)  {cold:8.1f} ms")
    for name, values in (("blocks and draft", texts), ("finished message", messages)):
        print(f"  {name}                                  p50 {quantile(values, 0.5):6.2f} ms")
    print(
        f"  one e-mail                                        p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   (goal p99 <= 10)"
    )
    print(f"  css-inline of a {len(PAGE) // 1000} kB e-mail, same run                p50 {rod:6.3f} ms")
    print(f"  one e-mail's checks take as long as {p50 / rod:.0f} inlinings")
    print(f"  memory {before:.0f} MB before the first check, {after:.0f} MB after the last")


if __name__ == "__main__":
    main()
