"""Prompts for small models: one short few-shot call a block, whose examples show one turn of phrase to carry over.

Found by trial with SmolLM2-135M: asked for a whole e-mail, for two facts in one sentence, or with examples of
different shapes, it drifts; shown three examples of one shape it keeps to it and fills in reader and product. So each
call has one thing to say, shown with facts of the same kind (purchases beside a purchase: a small model copies the
odd one out), and variety comes from the shape (`variant`, pitch prompt), which the e-mail's own hash
draws. Preheader, closing and button are not offered: it writes nothing there that the templates do not say better.

It works in English alone: what a line may say is judged by English grammar (`composer.grounding`), and small models
know little else. Shops that write in another language get templates from it, and are not asked for nothing.

What reviewers liked is not shown here (`takes_examples`): a fourth example, or one in place of three, is of another
shape, and its words would join those that `composer.grounding` lets a retelling borrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from composer.asking import Ask, Reading, draw, kind_of
from composer.cleaning import clean, respelled
from composer.grounding import known_words, number_of, turn_of_phrase, why_unfit
from composer.model_client import Completion
from composer.notes import Notes, ProductNotes, spelled
from composer.retelling import frames_for
from composer.telling import FactNotes
from composer.writing import WriteTask
from evals.verdict import Verdict
from prompts.environment import as_sentence, needs_number
from prompts.library import Library
from prompts.model import Message
from prompts.template import PromptTemplate
from prompts.wording import Wording

_SMALL = frozenset("you bought the a an of in and with for".split())
_SHARED = 2
"""Words in common from which on two names are mixed up."""
VARIANTS = 3
"""Turns of phrase that each opening and subject prompt holds."""
_SENTENCES: Mapping[str, int | None] = {"subject": None, "opening": 2, "pitch": 1}
"""The blocks this style writes, and how many sentences are kept; None: the line as it is."""
_SUBJECTS = frozenset({"", "product"})
"""Its examples of subjects all name the product: other styles come from the templates."""


class BlockStyle:
    """A `composer.asking.PromptStyle`."""

    def __init__(self, library: Library, samples: int) -> None:
        """`samples` completions a block and round."""
        self._library = library
        self._samples = samples

    @property
    def takes_examples(self) -> bool:
        """No: see above."""
        return False

    def wording(self, locale: str) -> Wording:
        """See `PromptStyle`."""
        return self._library.wording(locale)

    def asks(
        self,
        task: WriteTask,
        notes: Notes,
        keys: Sequence[str],
        round_: int,
        verdicts: Mapping[str, Sequence[Verdict]],
    ) -> list[Ask]:
        """See `PromptStyle`. Verdicts are not told: a small model does not understand "not like this".

        Nor is a fact told again after the first round, or at all where it names something of nearly the pick's name:
        a small model takes two names of shared words for one, and would do so again.

        In another language than English nothing is asked: these prompts are English, and so is what comes of them.
        """
        if not is_english(task.snapshot.locale):
            return []
        wanted = [key for key in keys if key != "subject" or task.subject in _SUBJECTS]
        turns = [(key, round_ * self._samples + sample) for key in wanted for sample in range(self._samples)]
        fact = notes.lead_fact if round_ == 0 and not _easily_mixed(notes) else None
        asked = (self._ask(task, notes, key, turn, fact) for key, turn in turns)
        return [ask for ask in asked if ask is not None]

    def _ask(self, task: WriteTask, notes: Notes, key: str, turn: int, fact: FactNotes | None) -> Ask | None:
        block, _, product_id = key.partition(":")
        product = notes.product(product_id) if product_id else notes.lead
        if product is None or block not in _SENTENCES:
            return None
        if block == "pitch":
            return self._pitch(task, key, product, notes.products.index(product) + turn)
        prompt = self._library.prompt(f"{block}.{task.flow.name}")
        fact = fact if block == "opening" else None
        values: dict[str, object] = {
            "product": product.name,
            "variant": (draw(task, key) + turn) % VARIANTS,
            "fact": fact.text if fact else "",
            "kind": fact.kind if fact else "",
            "several": number_of(product.name.casefold()),
        }
        variables = {name: value for name, value in values.items() if name in prompt.variables}
        variables["variant"] = _turn_that_fits(prompt, variables)
        return _make(task, key, turn, prompt, variables, product.name, fact=fact.text if fact else "")

    def _pitch(self, task: WriteTask, key: str, product: ProductNotes, turn: int) -> Ask | None:
        frames = frames_for(product.name, product.about)
        if not frames:
            return None
        # Neighbours differ, and the first pick of two e-mails may.
        frame = frames[(draw(task, "pitch") + turn) % len(frames)]
        prompt = self._library.prompt(frame.prompt)
        values: dict[str, object] = {"name": product.name, "about": frame.about, "variant": frame.variant}
        variables = {name: value for name, value in values.items() if name in prompt.variables}
        return _make(task, key, turn, prompt, variables, product.name, about=frame.about)


def _turn_that_fits(prompt: PromptTemplate, variables: Mapping[str, Any]) -> int:
    """The turn of phrase that was drawn, or the next one without "is" and "are" where the name tells neither."""
    drawn: int = variables["variant"]
    turns = [(drawn + further) % VARIANTS for further in range(VARIANTS)]
    said = ((turn, prompt.render(**{**variables, "variant": turn})) for turn in turns)
    fitting = (turn for turn, messages in said if not any(_left_open(message) for message in messages))
    return next(fitting, drawn)


def _left_open(message: Message) -> bool:
    """Of an example: what a feed calls its products may well stand in brackets."""
    return message.role == "assistant" and needs_number(message.content)


def is_english(locale: str) -> bool:
    """`en-GB`, `en_US` and `en`."""
    return locale.replace("_", "-").partition("-")[0].casefold() == "en"


def _easily_mixed(notes: Notes) -> bool:
    """Whether the fact is about a purchase that shares half of its words with the first pick: in the names of a gift
    shop ("Plasters In Tin Strongman", "… Circus Parade") eight in ten openings came out with one name for both.
    """
    if notes.lead is None or notes.lead_fact is None or notes.lead_fact.kind != "purchase":
        return False
    bought, shown = (set(spelled(text).split()) - _SMALL for text in (notes.lead_fact.text, notes.lead.name))
    shared = bought & shown
    return bought != shown and len(shared) >= _SHARED and 2 * len(shared) >= min(len(bought), len(shown))


def _make(
    task: WriteTask,
    key: str,
    turn: int,
    prompt: PromptTemplate,
    variables: Mapping[str, object],
    name: str,
    *,
    about: str = "",
    fact: str = "",
) -> Ask:
    messages = tuple(prompt.render(**variables))
    known, shown = known_words(messages, [name]), turn_of_phrase(messages)
    judge = partial(why_unfit, name=name, known=known, about=about, fact=fact, turn=shown)
    read = partial(_read_line, kind_of(key), judge, partial(respelled, name=name, others=fact))
    return Ask((key,), prompt, messages, draw(task, key, turn), partial(_keyed, key, read))


def _keyed(key: str, read: Callable[[Completion], tuple[str, str | None]], completion: Completion) -> Reading:
    text, wrong = read(completion)
    return Reading(error="not_offered", detail=wrong) if wrong else Reading({key: text})


def _read_line(
    block: str, judge: Callable[[str], str | None], mend: Callable[[str], str], completion: Completion
) -> tuple[str, str | None]:
    """The text, and why it is not offered (None: it is)."""
    raw, sentences = completion.text, _SENTENCES[block]
    if sentences is None and completion.finish_reason != "stop":
        return "", "was cut off"
    if sentences is not None and completion.finish_reason == "stop":
        # A stop string takes the full stop away with it.
        raw = as_sentence(raw)
    text = mend(clean(raw, sentences=sentences))
    return text, judge(text) if text else "holds no finished sentence"
