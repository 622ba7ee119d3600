"""Can everyone read it: languages, pictures, contrast, sizes, tables, the words of links. WCAG 2.2, level AA."""

from __future__ import annotations

from collections.abc import Iterable

from evals.preflight.contrast import Rgb, contrast_ratio, needed_contrast
from evals.preflight.duties import offers_unsubscribe
from evals.preflight.message import Message
from evals.preflight.page import Run
from evals.preflight.register import Problem, message_rule
from evals.verdict import Severity

BODY_PIXELS, LEGAL_PIXELS = 14.0, 10.0
RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa ha he ks ps sd ug ur yi".split())
VAGUE = frozenset(
    (
        "click here", "click", "here", "read more", "more", "learn more", "this", "this link", "link", "go",
        "hier klicken", "klicken sie hier", "klick hier", "klicke hier", "hier", "mehr", "weiterlesen", "mehr lesen",
        "cliquez ici", "clique ici", "ici", "en savoir plus", "lire la suite", "plus", "ce lien", "lien",
        "haz clic aquí", "haga clic aquí", "clic aquí", "pulsa aquí", "pulse aquí", "aquí", "leer más", "más",
        "saber más", "este enlace", "enlace",
        "clicca qui", "qui", "leggi di più", "scopri di più", "di più", "continua",
    )
)  # fmt: skip
"""Names that say nothing about where the link leads, in English, German, French, Spanish, Italian."""


@message_rule("message.lang")
def language(message: Message) -> Iterable[Problem]:
    """The html element and the body's first child say language and direction; some clients take the first away.

    WCAG 2.2, success criterion 3.1.1.
    """
    wanted = message.world.language
    direction = "rtl" if wanted in RIGHT_TO_LEFT else "ltr"
    for name, attributes in (
        ("html element", message.page.root),
        ("body's first element", message.page.frame or {}),
    ):
        found = (attributes.get("lang") or "").lower()
        if found.split("-")[0] != wanted:
            yield Problem(f"The {name} says lang={found!r}; the text is {message.world.locale}.")
        if (attributes.get("dir") or "").lower() != direction:
            yield Problem(f"The {name} does not say dir={direction}.")


@message_rule("message.alt")
def alternatives(message: Message) -> Iterable[Problem]:
    """Every picture has a text; an empty one only where it is marked as decoration. WCAG 2.2, criterion 1.1.1."""
    for image in message.page.images:
        if image.alt is None:
            yield Problem(f"The image {image.source} has no alt text.")
        elif not image.alt.strip() and not image.decorative:
            yield Problem(f"The image {image.source} has an empty alt text, and is not marked as decoration.")


@message_rule("message.contrast")
def contrast(message: Message) -> Iterable[Problem]:
    """Text stands out from its background by 4.5:1, large text by 3:1. WCAG 2.2, success criterion 1.4.3."""
    for run in _seen(message):
        look = run.look
        if look.unreadable:
            yield Problem(f"The colour {look.unreadable!r} around “{_words(run)}” cannot be judged.")
        else:
            yield from _too_faint(run, look.color, look.background, "")


@message_rule("message.dark_contrast")
def dark_contrast(message: Message) -> Iterable[Problem]:
    """The same for readers in dark mode, as far as the e-mail's own dark-mode rules go. WCAG 2.2, criterion 1.4.3."""
    for run in _seen(message):
        look = run.look
        if look.dark_color or look.dark_background:
            colors = look.dark_color or look.color, look.dark_background or look.background
            yield from _too_faint(run, *colors, " in dark mode")


def _too_faint(run: Run, color: Rgb, background: Rgb, where: str) -> Iterable[Problem]:
    ratio = contrast_ratio(color, background)
    needed = needed_contrast(run.look.pixels, bold=run.look.bold)
    if ratio < needed:
        yield Problem(f"“{_words(run)}” has a contrast of {ratio:.1f}:1{where}; {needed:g}:1 is needed.")


def _seen(message: Message) -> list[Run]:
    return [run for run in message.page.runs if not run.hides]


def _words(run: Run) -> str:
    return " ".join(run.text.split())[:40]


@message_rule("message.font_size")
def sizes(message: Message) -> Iterable[Problem]:
    """Body text has 14 px at least; the lines from the unsubscribe link on may have 10, and are warned about.

    Practice of accessible e-mail (WCAG names no least size); Apple's guidelines name 17 pt, and 11 pt as the least.
    """
    runs = _seen(message)
    legal = next((at for at, run in enumerate(runs) if run.link >= 0 and offers_unsubscribe(run.text)), len(runs))
    for at, run in enumerate(runs):
        if run.look.pixels < BODY_PIXELS:
            mild = at >= legal and run.look.pixels >= LEGAL_PIXELS
            severity = Severity.WARN if mild else Severity.BLOCK
            yield Problem(f"“{_words(run)}” has {run.look.pixels:g} px; {BODY_PIXELS:g} can be read.", severity)


@message_rule("message.roles")
def roles(message: Message) -> Iterable[Problem]:
    """Tables that only lay out say so, or a screen reader counts rows and columns aloud. WAI-ARIA 1.2, presentation."""
    tables = message.page.tables
    silent = [table for table in tables if table.get("role") not in ("presentation", "none")]
    if silent and "th" not in message.page.tags:
        yield Problem(f"{len(silent)} of {len(tables)} layout tables lack role=presentation.")


@message_rule("message.link_text")
def link_text(message: Message) -> Iterable[Problem]:
    """Each link says where it leads: read aloud by itself, "click here" tells nothing. WCAG 2.2, criterion 2.4.4."""
    for link in message.page.links:
        name = link.name.casefold().strip(" .!…:>»→›")
        if not name:
            yield Problem(f"The link to {link.href} has no words.")
        elif name in VAGUE:
            yield Problem(f"A link reads “{link.name}”, which does not say where it leads.")
