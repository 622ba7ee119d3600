"""Short answers to questions of surveys and quizzes: "favourite roast: dark".

What was asked gives an answer its meaning, so a short plain one is kept as it is, beside the question. That makes it
the one place where words of a customer's own could be repeated to a model; it is done only with answers that many
gave alike (`memory.words.choices`).
"""

from __future__ import annotations

import re

from memory.sensitive import SENSITIVE_TRAITS
from memory.words.model import MAX_VALUE, Found, Source, Span
from memory.words.phrases import TOPIC_NAMES
from memory.words.reading import words_in
from memory.words.sources import Text, question_in_words, question_words
from memory.words.vetoes import HEARSAY, IRONY, unfit

MAX_WORDS = 4
_PLAIN = re.compile(r"[^\W\d_]+(?:[ '’&-][^\W\d_]+| & [^\W\d_]+)*")
_PLAIN_QUESTION = re.compile(r"[\w ,'’&¿-]{1,80}\??")
_SAYS_NOTHING = frozenset(
    "yes no none nothing maybe other na neither both any all ja nein nichts keine keins vielleicht oui non rien "
    "aucun aucune autre si nada ninguno ninguna otro idk unsure".split()
)
_IDENTIFIES = frozenset(
    "name names surname email mail phone address city town street postcode zip postal birthday birth company "
    "employer referred referral vorname nachname telefon adresse stadt nom prenom telephone ville nombre apellido "
    "telefono direccion ciudad instagram job occupation profession beruf metier profesion".split()
)
"""Who and where they are belongs into traits."""
_ABOUT_NEWS = frozenset(
    "topic topics hear news newsletter newsletters themen hören horen erfahren sujets nouvelles actualites temas "
    "noticias novedades".split()
)


def read_answer(text: Text, source: Source) -> list[Found]:
    """The answer as a statement: none when it is long, says nothing, identifies, or may not be kept."""
    answer, question = text.text.strip(), question_in_words(text.question)
    words = words_in(answer)
    start = text.text.index(answer) if answer else 0
    if source not in ("survey", "quiz") or not _is_plain(answer, words) or not _may_ask(question, answer):
        return []
    span = Span(text.field, start, start + len(answer), answer)
    if question_words(text.question) & _ABOUT_NEWS:
        return [
            Found("wants_news", topic, span) for topic, named in TOPIC_NAMES.items() if named.search(" ".join(words))
        ]
    return [Found("answered", " ".join(answer.split()).lower(), span, about=question.rstrip(" ?").lower())]


def _is_plain(answer: str, words: list[str]) -> bool:
    short = 0 < len(answer) <= MAX_VALUE and 0 < len(words) <= MAX_WORDS
    known = frozenset(words)
    return short and _PLAIN.fullmatch(answer) is not None and not known & (_SAYS_NOTHING | HEARSAY | IRONY)


def _may_ask(question: str, answer: str) -> bool:
    asked = question_words(question)
    if not asked or not _PLAIN_QUESTION.fullmatch(question) or asked & (SENSITIVE_TRAITS | _IDENTIFIES):
        return False
    return unfit(f"{question}. {answer}") is None
