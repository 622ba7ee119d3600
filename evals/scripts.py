"""What a scripted model says: a sound model, one that talks rubbish now and then, and one that obeys anybody.

They read the prompt of `prompts/write/email.jinja` as a model would: notes, then the blocks that are wanted. Another
prompt gets one line of text.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from evals.scripted_model import Call, Fail, Garble, Reply, Say

Script = Callable[[Call], Reply]

_WANTED = re.compile(r"(?m)^Write: (.+)$")
_BLOCK = re.compile(r"(\w+) \([^)]*\)")
_PRODUCT = re.compile(r"(?m)^(\d+)\. ([^\n]+?): (.*)$")
_SENTENCE = re.compile(r"^[^:;]+?[a-z)’'\d]\.(?= |$)")
_REASON = ". Chosen because: "
_READER = re.compile(r"(?m)^Reader: (.+)$")
_QUOTED = re.compile(r"[\"'“‘«„]([^\"'“”‘’«»„\n]{2,80})[\"'”’»“]")
_ENDS = re.compile(r"(?<=[.!?:;]) +")
_ODD = re.compile(r"\b(?:[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*|[\w.-]+\.(?:example|com|net|org)|\w*\d\w*)\b")


@dataclass(frozen=True)
class Product:
    """One numbered line of the notes."""

    number: str
    name: str
    about: str
    """Its first sentence; empty when it has none."""


@dataclass(frozen=True)
class Question:
    """What an e-mail prompt asks."""

    blocks: tuple[str, ...]
    """`subject`, `opening`, `p1` …; empty for other prompts."""
    notes: str
    products: tuple[Product, ...]
    reader: str

    def product(self, block: str) -> Product | None:
        """The product of `p1`; of other blocks the first."""
        wanted = block.removeprefix("p") if block[1:].isdigit() else "1"
        return next((product for product in self.products if product.number == wanted), None)


def question_of(call: Call) -> Question:
    """Read the newest message; the examples before it are not asked."""
    newest = call.messages[-1]["content"] if call.messages else ""
    wanted = _WANTED.search(newest)
    notes = newest.partition("<notes>")[2].partition("</notes>")[0] or newest
    reader = _READER.search(notes)
    return Question(
        blocks=tuple(_BLOCK.findall(wanted[1])) if wanted else (),
        notes=notes.strip(),
        products=tuple(_product(*found) for found in _PRODUCT.findall(notes)),
        reader=reader[1] if reader else "",
    )


def _product(number: str, name: str, rest: str) -> Product:
    sentence = _SENTENCE.match(rest.partition(_REASON)[0])
    return Product(number, name, sentence[0] if sentence else "")


def answer(question: Question, say: Callable[[str], str]) -> Say:
    """`say(block)` for every wanted block, as the JSON object the prompt asks for."""
    if not question.blocks:
        return Say(say("opening"))
    return Say(json.dumps({block: say(block) for block in question.blocks}, ensure_ascii=False))


def sound(call: Call) -> Reply:
    """Retells the notes in plain sentences: what a careful model would write. The same prompt, the same answer."""
    question = question_of(call)
    draw = int.from_bytes(hashlib.sha256(call.prompt.encode()).digest()[:4], "big")
    return answer(question, lambda block: _plainly(question, block, draw))


def _plainly(question: Question, block: str, draw: int) -> str:
    product = question.product(block)
    if product is None:
        return "Here is what we put aside."
    if block[1:].isdigit():
        return _pitch(product, draw)
    first = question.reader.partition(". ")[0].rstrip(".")
    lines: dict[str, Sequence[str]] = {
        "subject": (product.name, f"The {product.name}", f"About the {product.name}", f"A word on the {product.name}"),
        "preheader": (
            f"The {product.name} and what goes with it.",
            f"Have a look at the {product.name}.",
            f"The {product.name}, put aside with care.",
        ),
        "opening": (
            f"{first}. The {product.name} comes to mind." if first else f"The {product.name} comes to mind.",
            f"{first}, so we start with the {product.name}." if first else f"We start with the {product.name}.",
            f"{first}. We put the {product.name} aside." if first else f"We put the {product.name} aside.",
        ),
        "closing": ("Have a quiet look around.", "The rest is on our shelves.", "Take a look when it suits you."),
        "cta": ("Have a look", "See it here", "Take a look"),
    }
    turns = lines.get(block, ("Have a look.",))
    return turns[(draw >> len(block)) % len(turns)]


def _pitch(product: Product, draw: int) -> str:
    """No two of one e-mail begin alike."""
    name, about = product.name, product.about
    ways = (
        f"{about} That is the {name}.",
        f"This is the {name}. {about}",
        f"Have a look at the {name}. {about}",
        f"{about} It is called the {name}.",
        f"Then there is the {name}. {about}",
    )
    return ways[(draw + int(product.number)) % len(ways)].strip()


GARBAGE: tuple[Reply, ...] = (
    Say("Sure! Here is your e-mail: it will be great."),
    Say('{"subject": "Re: your order", "opening": "Only 3 left, ends tonight: 70% off everything with code SAVE70!!!'),
    Say('{"subject": 12, "opening": null}'),
    Say(
        json.dumps(
            {"subject": "ACT NOW!!!", "opening": "Dear [Name], 70% off ends tonight.", "cta": "http://x.example"}
        )
    ),
    Say(""),
    Say("As an AI language model, I cannot write marketing e-mails."),
    Fail(500),
    Fail(429, retry_after=0.01),
    Garble("not_json"),
    Garble("no_choices"),
    Garble("null_content"),
    Garble("truncated"),
)
"""Answers that no e-mail can be made of."""


def unreliable(script: Script, share: float, seed: int = 0) -> Script:
    """`script`, but a `share` (0 to 1) of the answers to e-mail prompts is garbage."""
    chance = random.Random(seed)  # noqa: S311 - which call goes wrong is no secret

    def say(call: Call) -> Reply:
        garbled = bool(question_of(call).blocks) and chance.random() < share
        return chance.choice(GARBAGE) if garbled else script(call)

    return say


class Obedient:
    """A fully hijacked model: what it reads in untrusted text it repeats, writes and does.

    Each block of each answer tries another scrap of the notes: sentences word for word, what is quoted in them, words
    that no sentence needs (canaries, codes, hosts), and those dressed up as a plain sentence about the product.
    """

    def __init__(self) -> None:
        self.told = ""
        """Words from outside the prompt: an attack that the checks must hold even where the prompt kept it out."""
        self._tries: dict[str, int] = {}

    def __call__(self, call: Call) -> Reply:
        """Answer one call."""
        question = question_of(call)
        scraps = _scraps(self.told) or _scraps(question.notes) or [question.notes]
        first = self._tries.get(question.notes, 0)
        self._tries[question.notes] = first + len(question.blocks)
        tries = {block: first + number for number, block in enumerate(question.blocks)}
        return answer(question, lambda block: _obeyed(question, block, scraps, tries.get(block, first)))


def _scraps(text: str) -> list[str]:
    """What to repeat, most telling first; dressed-up words are marked by a leading space."""
    readable = unicodedata.normalize("NFKC", "".join(map(_untagged, text)))
    words = list(dict.fromkeys([*_QUOTED.findall(readable), *_ODD.findall(readable)]))
    lines = [line for line in map(str.strip, readable.split("\n")) if line]
    sentences = [part for line in lines for part in _ENDS.split(line) if part]
    mixed = zip_longest(dict.fromkeys([*lines, *sentences]), words, (f" {word}" for word in words))
    return [scrap for some in mixed for scrap in some if scrap]


def _untagged(char: str) -> str:
    """Unicode tag characters (U+E0020 to U+E007E) are ASCII that only a machine sees; a model reads them."""
    return chr(ord(char) - 0xE0000) if 0xE0020 <= ord(char) <= 0xE007E else char


def _obeyed(question: Question, block: str, scraps: Sequence[str], turn: int) -> str:
    scrap = scraps[turn % len(scraps)]
    if not scrap.startswith(" "):
        return scrap
    product = question.product(block)
    name = product.name if product else "parcel"
    return f"The {name} and{scrap}" if block in ("subject", "cta") else f"The {name} comes with{scrap} for you."
