"""What a real small model wrote for a real shop, and got past the guard with: each kind with its sound neighbour."""

from __future__ import annotations

from datetime import date

import pytest

from evals.checks.history_lists import ORDERS_KEPT
from evals.checks.leaks import echoes
from evals.snapshot import Fact, OrderFact, PersonFacts
from prompts.teaching import read_teaching, teaching_of
from tests.kit.snapshots import BRAND, MUG, SENT, TENT, held_back, rules_of

SOCKS, STOVE = "Trail Socks 3-Pack", "Ember Stove"


def person(*orders: tuple[str, date]) -> PersonFacts:
    return PersonFacts(orders=tuple(OrderFact(product=name, date=day) for name, day in orders), order_count=len(orders))


class TestPitchOfAnotherProduct:
    def test_among_several_picks_each_pitch_is_about_its_own(self) -> None:
        text = "The Larch 2P Tent is a tent for two."
        assert "product.not_in_picks" in rules_of(held_back(text, product_id="mug"))
        assert held_back(text, product_id="tent") == []

    def test_a_colour_that_picks_share_names_none_of_them(self) -> None:
        picks = tuple(
            item.model_copy(update={"id": id_, "name": name, "attributes": {"color": "ink blue"}})
            for item, id_, name in ((MUG, "notebook", "Clothbound Notebook, Ink"), (MUG, "pen", "Fountain Pen, Ink"))
        )
        text = "The Fountain Pen is an ink blue pen."
        assert "product.not_in_picks" in rules_of(held_back(text, product_id="notebook", products=picks))
        assert "product.not_in_picks" not in rules_of(held_back(text, product_id="pen", products=picks))

    def test_another_pick_may_be_named_beside_the_own_one(self) -> None:
        text = "The Larch 2P Tent is a fine place for the Tin Mug No. 4."
        assert held_back(text, product_id="mug") == []

    def test_only_pitches_are_about_one_pick(self) -> None:
        assert held_back("The Larch 2P Tent is a tent for two.", "opening") == []


class TestPurchasesInAList:
    BOUGHT = person((SOCKS, date(2026, 1, 20)), (STOVE, date(2025, 11, 3)))

    def test_one_true_name_does_not_hide_a_pick_that_was_never_bought(self) -> None:
        text = f"You bought the {SOCKS}, the {STOVE} and the Tin Mug No. 4."
        held = [item for item in held_back(text, "opening", person=self.BOUGHT) if item.rule == "history.invented"]
        assert [item.found for item in held] == ["Tin Mug No. 4"]

    def test_a_list_of_true_names_passes(self) -> None:
        assert held_back(f"You bought the {SOCKS} and the {STOVE}.", "opening", person=self.BOUGHT) == []

    def test_one_day_for_all_holds_only_where_all_were_bought_on_it(self) -> None:
        text = f"You bought the {SOCKS} and the {STOVE} on 20 January."
        assert "history.invented" in rules_of(held_back(text, "opening", person=self.BOUGHT))
        same = person((SOCKS, date(2026, 1, 20)), (STOVE, date(2026, 1, 20)))
        assert held_back(text, "opening", person=same) == []

    def test_past_the_last_order_line_that_is_kept_nobody_knows(self) -> None:
        text = f"You bought the {SOCKS} and the Quiet Axe."
        people = [person(*[(SOCKS, date(2026, 1, 20))] * lines) for lines in (ORDERS_KEPT - 1, ORDERS_KEPT)]
        raised = [rules_of(held_back(text, "opening", person=who, other_titles=("Quiet Axe",))) for who in people]
        assert ["history.invented" in rules for rules in raised] == [True, False]

    def test_what_a_remembered_purchase_names_was_bought(self) -> None:
        fact = Fact(id="f", kind="purchase", text="You bought the Quiet Axe in May.", learned_at="2025-05-02T00:00:00Z")
        text = "You bought the Quiet Axe, and it is May again."
        held = held_back(text, "opening", facts=(fact,), other_titles=("Quiet Axe",))
        assert not any("never bought" in item.reason for item in held)


class TestTraits:
    def test_what_else_the_reader_bought_licenses_no_material_of_a_pick(self) -> None:
        bought = person(("Basket of Wicker", date(2026, 1, 20)))
        text = "The Larch 2P Tent is made of wicker."
        assert "attribute.invented" in rules_of(held_back(text, product_id="tent", person=bought))

    @pytest.mark.parametrize("description", ["A mug with a soft, matt glaze.", "Matt enamel."])
    def test_a_trait_in_the_description_is_a_fact(self, description: str) -> None:
        mug = MUG.model_copy(update={"description": description})
        text = "The Tin Mug No. 4 has a soft, matt glaze."
        assert held_back(text, product_id="mug", products=(mug,)) == []
        assert "attribute.invented" in rules_of(held_back(text, product_id="mug"))

    def test_the_brands_own_facts_hold_for_every_pick(self) -> None:
        brand = BRAND.model_copy(update={"facts": ("Everything we sew is made of hemp felt.",)})
        text = "The Larch 2P Tent is made of felt."
        assert "attribute.invented" in rules_of(held_back(text, product_id="tent"))
        assert "attribute.invented" not in rules_of(held_back(text, product_id="tent", brand=brand))


class TestWordsOfThePrompt:
    def test_no_product_of_the_examples_gets_into_an_email(self) -> None:
        for name in read_teaching().names:
            assert "internal.leak" in rules_of(held_back(f"We put the {name} beside it.", "opening")), name

    def test_a_shop_that_sells_such_a_product_may_name_it(self) -> None:
        bell = MUG.model_copy(update={"id": "bell", "name": "Brass Bicycle Bell"})
        assert held_back("The Brass Bicycle Bell comes to mind.", "opening", products=(bell,)) == []

    def test_one_changed_word_does_not_hide_a_copy(self) -> None:
        orders = "write e-mails for a shop, one for each customer"
        for text in (f"We {orders}.", f"We {orders.replace('each', 'every')}."):
            assert "internal.leak" in rules_of(held_back(text, "opening")), text

    def test_the_turns_of_phrase_of_the_short_prompts_may_be_carried_over(self) -> None:
        texts = {
            "write/opening.x.jinja": "=== user\nProduct: Cork Mat\n=== assistant\nWhat we would put by the Cork Mat.",
            "write/email.jinja": "=== system\nWrite nothing that was not told in the notes.\n=== user\n{{ x }}",
        }
        teaching = teaching_of(texts)
        assert teaching.lines == ("Product: Cork Mat", "Write nothing that was not told in the notes.")
        assert teaching.names == ("Cork Mat",)
        assert teaching.common == ("What we would put by the Cork Mat.",)

    def test_looking_up_a_run_is_one_step_however_long_the_prompts_grow(self) -> None:
        assert max(map(len, echoes().by_ends.values())) <= 8


def test_comparing_two_picks_is_left_to_their_facts() -> None:
    large = TENT.model_copy(update={"id": "large", "name": "Larch 4P Tent Large"})
    assert held_back("The Larch 4P Tent Large is larger than the Larch 2P Tent.", products=(TENT, large)) == []


def test_the_shop_may_be_named_as_an_outsider_where_its_policies_do_so() -> None:
    brand = BRAND.model_copy(update={"policies": {"customer_service": "Customer service, Monday to Friday"}})
    text = "Customer service reads on Mondays."
    assert "voice.outsider" in rules_of(held_back(text, "closing"))
    assert "voice.outsider" not in rules_of(held_back(text, "closing", brand=brand))


def test_somebody_who_signed_up_may_be_thanked_for_it() -> None:
    text = "Thank you for your registration."
    joined = PersonFacts(signup_date=SENT)
    assert "history.invented" in rules_of(held_back(text, "opening", person=PersonFacts()))
    assert "history.invented" not in rules_of(held_back(text, "opening", person=joined))
