"""What in a text that somebody else wrote is no title and no fact: orders, markup, code, look-alike letters.

Feeds, events and forms are untrusted (design rule 4), but a product's title is shown as it is: in cards, subjects and
facts, where no check of a block looks. So it is cut where it stops being a title: at markup, code, an address, an
order to whoever reads it, a claim of a reduction. A title that is cut too early is merely short; one that has nothing
left is no product to show. The import reports what it finds; whoever shows a text looks again, since products come in
by other ways as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from catalog.intrusions import Intrusion, intrusion_in, read_plainly, unspelt

_KEPT = 8192
"""Texts whose answer is kept: a shop's titles and values recur in every e-mail."""
_MAX_MARKS = 2
"""Combining marks on one letter; Vietnamese has two."""
_LEAST_LETTERS = 2
_SHORT_NAME = re.compile(r"[^\W_]{1,4}|[^\W\d_]{1,2}[.°º\u2019'-]? ?\d{1,4}", re.UNICODE)
"""Titles of a letter or a few digits that are names all the same: 1984, 1Q84, 501, N°5, 茶. Longer numbers are
codes."""
_VERBS = (
    "ignore|disregard|forget|override|say|write|tell|repeat|output|reveal|mention|include|append|respond|reply|pretend"
    "|translate|promise|claim|send|visit|from\\snow\\son|new\\srules?|ignorier(?:e|t|en\\ssie)|vergiss|vergesst|schreibe"
    "|schreiben\\ssie|antworte|antworten\\ssie|wiederhole|erwähne"
    "|verrate|versprich|übersetze|ab\\sjetzt|von\\snun\\san|ignorez|oubliez|écris|écrivez|réponds|répondez|répétez"
    "|révélez|mentionnez|ajoutez|terminez|promettez|traduis|désormais|(?:ignora|olvida)\\s(?:todo|toda|las|los|el|lo)"
    "|escribe\\s(?:en\\scada|la\\spalabra|que)|responde\\s(?:solo|con|siempre)|añade\\s(?:al\\sasunto|la\\spalabra)"
    "|a\\spartir\\sde\\sahora"
)
"""Said to whoever reads, in the languages e-mails are written in. They stand in a verbose pattern, in which a plain
space is none. What care instructions and books begin with ("do not tumble dry", "You Should Have Left") is no order."""
_OPENERS = (
    "always|never|note|important|attention|warning|print|answer|act|sign|call|address|use|add|click|please|remember"
    "|every(?:one|body)?|all\\s(?:other|customers|products)|you\\s(?:are|will)\\snow|you\\shave\\sto"
)
"""Orders only where a sentence ended before: `Desk Lamp - Never Mind` is a title."""
_TAIL = re.compile(
    r"""<[a-z!/?|] | [{}\\`] | \$\{ | \[\[ | \]\] | \#{3,} | -{3,} | ={3,} | &(?:lt|gt|quot|amp|\#\d+);
    | \[/?(?:inst|sys) | ["']\s*(?:/?>|[a-z]+\s*=) | \bon[a-z]{3,}\s*= | \b(?:java|vb)script\s*: | \bdata:text | !\[
    | \bhttps?[:\s]\s*/ | \bhxxps? | \bwww\. | \S+@\S+\.\w | \b[\w-]+\.(?:example|[a-z]{2,4}/\w)
    | \b(?:at|visit|see|to|from|via)\s+[\w-]+\.(?:com|net|org|io|co|info|biz|xyz|shop|ru)\b
    | \b(?:system|assistant|user|human|developer|important|attention|note\ to\ \w+)\s*:
    | \b(?:syst[eè]me|sistema|anweisung(?:en)?|consignes?|instru(?:ctions?|cci[oó]n(?:es)?|ktion(?:en)?))\s*[:\]]
    | \bsystem(?:anweisung|hinweis|meldung|nachricht|prompt|vorgabe)\w*
    | [\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]
    | \b(?:ignore|disregard|forget|override)\s+(?:all|any|every|the|previous|prior|your|these|what)\b
    | \b(?:system\s+prompt|previous\s+instructions|as\s+an\s+ai|language\s+model)\b
    | \d+\s?%\s*(?:off|discount|rabatt|de\s+r[eé]duction|descuento) | \bfree\s+(?:shipping|delivery)
    | \b(?:promo|discount|coupon|voucher)\s+code\b | \bcode\s*[:\s]\s*[A-Z]+\d
    """,
    re.IGNORECASE | re.VERBOSE,
)
_AND = r"(?:(?:and|also|then|now|please|so|but)\s+){0,2}"
_ORDER = re.compile(
    rf"(?:[.!?;:,–—|(\[>]|\s-)\s*{_AND}(?:{_VERBS})\b(?![-.]) | [.!?]\s+{_AND}(?:{_OPENERS})\b(?![-.])",
    re.IGNORECASE | re.VERBOSE,
)
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u00ad]")
"""Characters without a width that no script needs: they part a word for a filter, and for nobody who reads."""
_SPELT = re.compile(
    "[\u200b-\u200d\u2060\ufeff]{2,}[\\s\u200b-\u200d\u2060\ufeff]*(?=[A-Za-z])"
    "|(?:\\b[A-Za-z][\u200b-\u200d\u2060\ufeff\u00ad]+){4,}"
    "|(?<![^\\W_])[\u202b\u202d\u202e\u2067](?=[^\u202c\u2069]*[A-Za-z])|[\u202d\u202e](?=\\W*[A-Za-z]{2})"
    "|(?<![\U0001f3f4\U000e0061-\U000e007a])[\U000e0020-\U000e007e]{2,}"
)
""" "s\u200ba\u200by", a run of joiners before a word, an override before Latin letters, tags that draw no flag."""
_CRIED = re.compile(r"^(?:\W*(?:[A-Z]+\s?!{2,}|(?:FREE|SALE|NEW|HOT|WIN|WOW|BUY NOW)\s?!)\s*){1,6}(?=\w+ \w)")
""" "FREE!!! SALE!!! Camping Mug": what is cried out before a name."""
_LEADS_ON = re.compile(
    r"[\s,;:(–—-]+(?:(?:and|or|with|use|using|by|for|from|the|a|an|at|in|of|to|as|via|mit|und|für|avec|et|pour|con|y|para"
    r"|code|now|only|note|warning|important|click|ps|p\.s)[\s.:,!]*)+$",
    re.IGNORECASE,
)
NEXT_SENTENCE = re.compile(
    r"(?:(?<=[^\W\d_]{4})|(?<=\d\s(?:ml|cl|kg|cm|mm))|(?<=\d(?:ml|cl|kg|cm|mm))|(?<=\d\s[lgm]))"
    r"[.!?]\s+(?=[^\W\d_a-z][^\s]*(?:\s+\S+){3})"
)
_PART = re.compile(r"(?:[.!?;:,–—|(\[]|\s-)\s+((?:(?!\s-\s)[^.!?;:,–—|()\[\]])+)")
_HAS_VERB = re.compile(
    r"\b(?:is|are|was|were|must|should|shall|will|has|have|had|can|cannot|won['’]t|don['’]t|isn['’]t)\s+\w",
    re.IGNORECASE,
)
_IS_ABOUT_US = re.compile(
    r"\b(?:you|your|we|our|they|them|it|every(?:one|body)|readers?|customers?|shop|store|owner|staff|prices?"
    r"|orders?|refunds?)\b",
    re.IGNORECASE,
)
_LEAST_WORDS = 5
_IN_NO_NAME = frozenset({"placeholder", "link", "code", "encoded", "phone", "phishing", "abuse"})
"""Kinds that end a title wherever they stand."""
_OPENING = " \t\"'“‘«„([-–—:"
_SMALL = re.compile(
    r"\W*(?:(?:the|a|an|how|to|my|our|das|der|die|ein|eine|le|la|les|un|une|el|los|las|una)\W+)*", re.IGNORECASE
)
"""What may stand before the first word of a name that tells anything."""
_LONGEST_NAME = 8
_NO_NAME = re.compile(r"[A-Z]{3}[-_]?\d|\.$|[^\W\d_]*[^\W\d_\u0000-\u024f]")
"""Codes, sentences, and other letters than Latin ones: in those no ordinary name comes near."""
_WORD = re.compile(r"\w+")
_TO_A_MACHINE = re.compile(
    r"""\{\{ | \}\} | \{% | \$\{ | <\| | \|> | \[/?inst\] | \[\[\s*system | \#{3,}\s*(?:system|instruction|user)
    | \b(?:java|vb)script\s*: | \bdata:text/ | !\[[^\]]{0,200}\]\(
    | (?:^|[.!?>\])]\s*)(?:system|assistant|user|human|developer)\s*:\s*\S
    | \bnote\ to\ (?:the\ )?(?:ai|model|writer|assistant|editor)\b
    | \b(?:ignore|disregard|forget|override)\b[^.!?]{0,40}\b(?:instructions?|prompts?|rules?|guidelines?|directions?
        |context|messages?|text\ above|notes|everything)\b
    | \b(?:system\s+prompt|previous\s+instructions|as\s+an\s+ai|language\s+model)\b
    | \b(?:from\s+now\s+on|you\s+(?:must|should|will)\s+now|new\s+(?:rule|instruction)s?\s*:|pretend\s+(?:to|that|you))
    | \b(?:say|write|tell|mention|include|add|append|promise|claim|put)\b[^.!?]{0,60}\b(?:in|into|to|at\ the\ end\ of)\b
        [^.!?]{0,20}\b(?:e-?mails?|subject(?:\ line)?|reply|response|answer|output|newsletter|image\ url|customers?
        |readers?|recipients?|pitches)\b
    | \b(?:llm|gpt)[\s-]+(?:readers?|models?|writers?|assistants?|agents?|bots?)\b
    | \b(?:use|write)\s+the\s+subject\b | \bend\s+the\s+e-?mail\b
    | \b(?:say|tell\s+(?:them|people|everyone|the\s+\w+)|claim|promise)\s+(?:that\b|it\s+is\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Narrower than what ends a title: care instructions, addresses and `Note:` may well stand in a description."""
_HINTS = (
    "{{", "}}", "{%", "${", "<|", "|>", "[inst", "[/inst", "[[", "###", "script:", "script :", "data:text", "![",
    "system", "assistant", "user", "human", "developer", "note to", "ignore", "disregard", "forget", "override",
    "as an ai", "language model", "previous", "from now on", "you must", "you should", "you will", "new rule",
    "new instruction", "pretend", "mail", "subject", "reply", "response", "answer", "output", "newsletter", "image url",
    "customer", "reader", "recipient", "say", "tell", "claim", "promise", "pitches", "llm", "gpt",
)  # fmt: skip
"""One of these stands in whatever the pattern finds: most texts have none, and need not be searched."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


@lru_cache(maxsize=_KEPT)
def title_only(title: str) -> str:
    """The part of `title` that is a title; empty when there is none."""
    title = _CRIED.sub("", as_seen(title))
    cut, plain = _tail_of(title), read_plainly(title)
    if plain != title and (cut == 0 or _tail_of(plain) is not None):
        # All of it is styled, or what is put in is: what can be read of it is what is judged.
        title, cut = plain, _tail_of(plain)
    head = unmarked(title)
    if cut is None and _SHORT_NAME.fullmatch(head):
        return head
    if cut is not None:
        head = _closed(unmarked(title[:cut]))
    return head if sum(char.isalpha() for char in head) >= _LEAST_LETTERS else ""


def as_seen(text: str) -> str:
    """Without characters that show nothing, and only as far as nothing is hidden: letters that are spelt out between
    such characters, or written to be turned round, are for a machine, and so is what comes after them."""
    if text.isascii():
        return text
    hidden = _SPELT.search(text)
    return _UNSEEN.sub("", text[: hidden.start()].rstrip() if hidden else text)


def _closed(head: str) -> str:
    """Without what a cut leaves open: a bracket, a word that leads on, a sign."""
    while True:
        bare = head.strip(" \t,;:.–—-|/([{\"'“‘«„*&+$!#%<@=~_")
        opened = max(bare.rfind("("), bare.rfind("["))
        if opened > max(bare.rfind(")"), bare.rfind("]")):
            bare = bare[:opened]
        bare = _LEADS_ON.sub("", bare)
        if bare == head:
            return head
        head = bare


def _tail_of(title: str) -> int | None:
    """Where something begins that is no title."""
    cuts = [found.start() for pattern in (_TAIL, _ORDER, NEXT_SENTENCE) if (found := pattern.search(title))]
    cuts += [found.start() for found in _WORD.finditer(title) if is_mixed(found[0])][:1]
    cuts += [found.start() for found in _PART.finditer(title) if _is_clause(found[1])][:1]
    put_in = ((text, intrusion_in(text)) for text in {title, unspelt(title)})
    cuts += [found.start for text, found in put_in if found and not _names(text, found)]
    return min(cuts, default=None)


def _names(title: str, found: Intrusion) -> bool:
    """Whether a title begins with words that elsewhere are put in, and is a name: "World's Best Dad Mug".

    What is put in hangs on a name, so one sign at the start is none, but for shapes that no name has; a second is.
    """
    if found.kind in _IN_NO_NAME or not _SMALL.fullmatch(title[: found.start]):
        return False
    begun, _, rest = title[found.start :].lstrip(_OPENING).partition(" ")
    short = len(title.split()) <= _LONGEST_NAME and not any(char.isdigit() for char in begun)
    return short and not _NO_NAME.search(title) and intrusion_in(rest) is None and not for_a_machine(title)


def _is_clause(part: str) -> bool:
    """A sentence about the reader, the shop or its prices: no part of a title, unless it is its first."""
    return len(part.split()) >= _LEAST_WORDS and bool(_HAS_VERB.search(part) and _IS_ABOUT_US.search(part))


@lru_cache(maxsize=_KEPT)
def gives_orders(text: str) -> bool:
    """Whether a value, which need be no title, holds markup, code, an address, or orders to whoever reads it."""
    shown = as_seen(text)
    plain = unicodedata.normalize("NFKC", shown)
    read = {shown, plain, unspelt(plain)}
    if _SPELT.search(text) or _TAIL.search(plain) or _ORDER.search(f". {plain}") or any(map(intrusion_in, read)):
        return True
    return any(is_mixed(word[0]) for word in _WORD.finditer(shown)) or unmarked(shown) != shown


def for_a_machine(text: str) -> bool:
    """Whether a longer text speaks to a model or a template engine instead of a customer."""
    folded = text.casefold()
    for hint in _HINTS:
        if hint in folded:
            return _TO_A_MACHINE.search(text) is not None
    return False


def without_orders(text: str) -> tuple[str, int]:
    """A description without the sentences that speak to a machine, and how many those were."""
    if not for_a_machine(text):
        return text, 0
    sentences = _SENTENCE.split(text)
    kept = [sentence for sentence in sentences if not for_a_machine(sentence)]
    rest = " ".join(kept)
    # An order over several sentences shows only in the whole.
    return ("", len(sentences)) if for_a_machine(rest) else (rest, len(sentences) - len(kept))


def unmarked(text: str) -> str:
    """Without the combining marks that stand on a letter in excess."""
    kept: list[str] = []
    run = 0
    for char in unicodedata.normalize("NFC", text):
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def is_mixed(word: str) -> bool:
    """Letters of two scripts in one word: a look-alike, written to be read by a machine and missed by a filter."""
    return not word.isascii() and len(set(_scripts(word))) > 1


def _scripts(word: str) -> Iterable[str]:
    names = (unicodedata.name(char, "").split(" ", 1)[0] for char in word if char.isalpha())
    return (name for name in names if name in ("LATIN", "CYRILLIC", "GREEK"))
