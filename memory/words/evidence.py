"""The words, of which one must stand in the span of a statement of each closed value that is no quality of goods."""

from __future__ import annotations

import re

from memory.words.model import StatementKind
from memory.words.phrases import OCCASION_NAMES, TOPIC_NAMES

_WORDS: dict[tuple[StatementKind, str], str] = {
    ("fit", "small"): "small|tight|short|narrow|size up|klein|eng|kurz|petit|serre|pequen|estrech|cort",
    ("fit", "large"): "big|large|long|wide|loose|size down|gross|weit|lang|grand|larg|anch",
    ("fit", "true"): "true to size|as expected|perfectly|genau|normal|correct|bien",
    (
        "complaint",
        "late",
    ): "late|slow|delay|weeks|not arrived|never|spat|verspat|nicht angekommen|retard|tard|lent",
    (
        "complaint",
        "damaged",
    ): "broken|damag|crack|dented|smash|kaputt|beschadigt|zerbroch|casse|abim|rot[oa]|danad",
    ("complaint", "wrong_item"): "wrong|falsch|mauvais|equivocad|incorrect",
    ("complaint", "missing_item"): "missing|fehl|manqu|falta",
    ("complaint", "too_many_emails"): "mails?|newsletters?|correos",
    ("bought_for", "gift"): "gift|present|geschenk|verschenk|cadeau|offrir|regal",
}
EVIDENCE: dict[tuple[StatementKind, str], re.Pattern[str]] = {
    **{key: re.compile(rf"\b(?:{words})") for key, words in _WORDS.items()},
    **{("bought_for", value): pattern for value, pattern in OCCASION_NAMES.items()},
    **{("wants_news", value): pattern for value, pattern in TOPIC_NAMES.items()},
}
