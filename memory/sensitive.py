"""Topics that are neither used nor said: health, pregnancy, religion, money troubles, sexuality, children's age …

A small lexicon of word beginnings in English, German, French, Spanish and Italian, matched at the start of words in
searches, categories, product names and traits. It errs towards silence: a false alarm costs one sentence.
GDPR art. 9 names most of the topics; children's age and money are ours.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from operator import itemgetter

LEXICON: dict[str, tuple[str, ...]] = {
    "health": (
        "abnehm", "adhd", "allerg", "alzheimer", "anxiety", "arthrit", "asthma", "blood pressure",
        "blutdruck", "cancer", "cancro", "chemo", "cholesterol", "corona test", "covid", "dement", "depresi",
        "depress", "diabet", "diagnos", "disab", "disease", "eczema", "epilep", "erectile",
        "fauteuil roulant", "haarausfall", "haemorrhoid", "hair loss", "hearing aid", "hemorrhoid", "herpes",
        "hiv(?!er)", "hormon", "illness", "impoten", "incontinen", "infection", "infekt", "inhaler", "insomnia",
        "krankheit", "krebs", "maladie", "medical", "medicament", "medicine", "medikament", "mental health",
        "migraine", "obes", "opioid", "overweight", "painkiller", "perte de poids", "psoriasis", "psych",
        "rehab", "rollator", "rollstuhl", "salud mental", "schmerz", "sobriety", "std test", "surgery",
        "symptom", "therap", "weight loss", "wheelchair",
    ),
    "pregnancy": (
        "abort", "avortement", "babybauch", "breast pump", "conceiv", "contracept", "embaraz", "embarazada",
        "enceinte", "fertil", "geburt(?!stag)", "gravidanza", "grossesse", "incinta", "ivf", "kinderwunsch",
        "maternity", "miscarr", "ovulation", "postnatal", "postpartum", "pregnan", "prenatal", "schwanger",
        "stillen", "umstand", "verhut",
    ),
    "religion": (
        "bautiz", "bibel", "bible", "biblia", "catholic", "christianity", "communion", "evangel", "halal",
        "hijab", "hindu", "islam", "jewish", "judai", "juif", "kippa", "kommunion", "koran", "koscher",
        "kosher", "menorah", "moschee", "mosque", "muslim", "prayer", "quran", "ramadan", "relig", "rosary",
        "synagog", "torah",
    ),
    "finances": (
        "arbeitslos", "bad credit", "bankrupt", "chomage", "credit score", "debt", "dette", "deuda",
        "foreclos", "income", "insolven", "kredit", "loan", "mortgage", "overdraft", "payday", "pfandung",
        "pret personnel", "salary", "schufa", "schuld", "unemploy", "welfare",
    ),
    "sexuality": (
        "bdsm", "bisexual", "condom", "dildo", "erotic", "erotik", "fetish", "gay", "homosex", "kondom",
        "lesb", "lgbt", "personal lubricant", "preservat", "pride flag", "queer", "sex toy", "sextoy", "sexu",
        "transgender", "transsex", "viagra", "vibrator",
    ),
    "children": (
        "babies", "baby", "bambin", "bebe(?!mos)", "child", "crib", "diaper", "enfant", "kids age", "kinder",
        "kleinkind", "nappies", "nappy", "neonat", "newborn", "nino", "nursery", "panal", "pannolin",
        "stroller", "toddler", "windel", "year old", "years old",
    ),
    "origin_and_politics": (
        "asylum", "democrat", "ethnic", "fluchtling", "gewerkschaft", "immigra", "nationality", "political",
        "politisch", "racial", "refugee", "republican", "trade union", "visa sponsor",
    ),
    "grief_and_law": (
        "bereave", "coffin", "cremation", "divorc", "funeral", "grief", "lawsuit", "memorial urn", "prison",
        "scheidung", "trauer", "widow",
    ),
}  # fmt: skip

SENSITIVE_TRAITS = frozenset(
    {"age", "gender", "sex", "pronouns", "marital_status", "income", "religion", "ethnicity", "health", "children"}
)
"""Traits by name, whatever their value."""


_ASCII = str.maketrans({code: " " for code in range(128) if not chr(code).isalnum()})


def _words(text: str) -> list[str]:
    """In lower case without accents; anything but letters and digits parts them."""
    if text.isascii():
        return text.lower().translate(_ASCII).split()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", letters).split()


def _compile() -> re.Pattern[str]:
    topics = (f"(?P<{topic}>{'|'.join(sorted(words))})" for topic, words in LEXICON.items())
    return re.compile(rf"\b(?:{'|'.join(topics)})")


_PATTERN = _compile()
_ALL = tuple(word.partition("(")[0] for words in LEXICON.values() for word in words)
"""Without what may not follow: winter (`hiver`) is no illness."""
_four, _three = itemgetter(slice(0, 4)), itemgetter(slice(0, 3))
_BEGINNINGS = frozenset(_four(word.split()[0]) for word in _ALL)
_SHORT = frozenset(word for word in _ALL if len(word) == 3)
"""Most texts have no word that begins so, and need no search for the rest of it. Three letters alone would not do:
"the" begins as "therapy" does."""


def sensitive_topic(*texts: str | None) -> str | None:
    """The topic any of these texts touches, None when none does."""
    return next((topic for text in texts if text and (topic := _topic_of(text))), None)


@lru_cache(maxsize=16_384)
def _topic_of(text: str) -> str | None:
    """Kept: what customers did is told in the names of the shop's products and categories."""
    words = _words(text)
    if _BEGINNINGS.isdisjoint(map(_four, words)) and _SHORT.isdisjoint(map(_three, words)):
        return None
    found = _PATTERN.search(" ".join(words))
    return None if found is None else found.lastgroup
