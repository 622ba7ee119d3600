"""Cases shipped with the guard: labelled texts and hostile inputs, as JSON lines kept byte for byte."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
GUARDRAILS = FOLDER / "guardrails.jsonl"
"""Labelled texts with the facts they are judged by, for all rules together."""
RULES = FOLDER / "rules"
"""Files of labelled texts for one rule each, named after it: `price.wrong.jsonl`."""
WARNED = FOLDER / "warned.jsonl"
"""Wrong texts that are only pointed out: what finds them finds as many sound ones."""
PLAIN_COPY = FOLDER / "plain_copy.tsv"
"""Sentences that claim nothing, a locale and a text a line."""


def labelled_files() -> list[Path]:
    """Every file of labelled texts; a new file for a rule is found by its place alone."""
    return [GUARDRAILS, *sorted(RULES.glob("*.jsonl"))]
