"""The closed word lists that the files of this folder may use. The library refuses any other word at load."""

from __future__ import annotations

FACT_KINDS: frozenset[str] = frozenset(
    {
        "purchase", "cart", "view", "search", "wish", "interest", "cadence", "engagement", "declared",
        "lifecycle", "birthday", "said", "answer", "remark", "cycle", "dislike", "discount", "gift", "season",
        "restock",
    }
)  # fmt: skip
"""Kinds of remembered facts (`evals.snapshot.Fact.kind`) that a flow's memory rule may name."""

NEVER_SAID: frozenset[str] = frozenset(
    {
        "view", "search", "cadence", "engagement", "lifecycle", "birthday", "remark", "cycle", "dislike", "discount",
        "gift", "season",
    }
)  # fmt: skip
"""Kinds that no flow may put into words: tracked behaviour, inferences, age, and what was told in confidence."""

LINE_NEEDS: dict[str, str] = {
    "cart": "memory.cart holds at least one name",
    "purchase": "memory.last_purchase is a name that may be said",
    "tied": "by its own reason, the first pick goes with or is similar to memory.last_purchase",
    "goes_with": "by its own reason, the first pick goes with memory.last_purchase",
    "alike": "by its own reason, the first pick is similar to memory.last_purchase",
    "interest": "memory.top_category is a category that may be said and that a pick belongs to",
    "offer": "an offer was granted",
    "offer_code": "the offer has a code",
    "offer_expires": "the offer has an end date",
    "sale": "a pick (for a pitch: this pick) has a former price above its price",
    "one": "there is exactly one pick",
    "several": "there are two or more picks",
    "pick": "there is at least one pick",
    "price": "the pick has a price",
    "category": "the pick has a category",
    "highlight": "the pick has attributes that can be put into words",
    "lead": "the pick is what the flow's `lead` asks for: in the cart, running low, looked at",
    "description": "the pick's description starts with a sentence that can be quoted",
    "brand_fact": "the brand states a fact about itself",
    "returns": "the brand's policy names the days for returns",
    "basket": "the cart and picks that bring it to free delivery may be summed up, and no offer is beside it",
    "free_shipping_over": "the policy names the amount from which delivery is free, and no offer is beside it",
}
"""What a fallback line may need, and when it is met."""

LINE_VARIABLES: frozenset[str] = frozenset({"brand", "picks", "pick", "offer", "memory", "step", "length"})
"""The only names a fallback line may read."""

PICK_KINDS: frozenset[str] = frozenset(
    {
        "cart", "wished", "viewed", "searched", "running_low", "buy_again", "goes_with", "like_bought", "interest",
        "popular", "new", "theme",
    }
)  # fmt: skip
"""As `catalog.model.PickKind`; prompts import no other room, a test holds the two equal."""

LEADS: dict[str, str] = {
    "cart": "in the cart",
    "wished": "wished for",
    "viewed": "looked at",
    "running_low": "running low",
}
"""The pick kinds that a whole flow may be about, and what such a product is."""

REQUIRES: frozenset[str] = FACT_KINDS | {"consumable", "sale"}
"""What a flow may require: facts of a kind, a bought product that runs out, a pick with a lower price."""

ANGLE_NEEDS: frozenset[str] = FACT_KINDS | PICK_KINDS | {"sale", "attributes", "offer"}
"""What an angle may need: fact kinds, pick kinds, and what the picks or the decision bring."""
