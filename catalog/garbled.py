"""UTF-8 that was read as Windows-1252 on its way (`CafÃ©` for `Café`), turned back where that is sure.

Only runs that are valid UTF-8 again, and that nobody writes on purpose, are touched. `Ã` and `Â` before a sign no word
has there (`©`, `¼`, a no-break space) are sure; before a quotation mark only within a word, since `AMANHÃ”` may well
end a quotation; `â€` with a third sign always is.
"""

from __future__ import annotations

import re

SLOPPY = {chr(code): bytes([code]) for code in range(0x80, 0xA0)} | {
    char: bytes([code]) for code in range(0x80, 0xA0) if (char := bytes([code]).decode("cp1252", errors="ignore"))
}
"""Characters that bytes 80 to 9F become; the five that Windows-1252 leaves open stay themselves."""

_HIGH = "\u0080-\u009f" + "".join(char for char in SLOPPY if char > "\u009f")
_RUNS = re.compile(
    rf"[ÂÃ][\u00a0-\u00bf]|[ÃÂ][{_HIGH}](?=[^\W\d_])|â[€‚„][\u00a0-\u00bf{_HIGH}]|ï»¿|[ÃÂ][\u0080-\u009f]"
)


def ungarbled(text: str) -> str:
    """`text` with its garbled runs read as what they were; also of text that was garbled twice."""
    for _ in range(2):
        if not any(sign in text for sign in "ÃÂâï") or not _RUNS.search(text):
            return text
        text = _RUNS.sub(_turned_back, text)
    return text


def is_garbled(text: str) -> bool:
    """Whether `ungarbled` would change `text`."""
    return not text.isascii() and ungarbled(text) != text


def _turned_back(run: re.Match[str]) -> str:
    raw = b"".join(SLOPPY.get(char) or char.encode("latin-1") for char in run[0])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return run[0]
