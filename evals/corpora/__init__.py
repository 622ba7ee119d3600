"""Cases shipped with the guard: labelled texts and hostile inputs, as JSON lines kept byte for byte."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
GUARDRAILS = FOLDER / "guardrails.jsonl"
"""Labelled texts with the facts they are judged by."""
PLAIN_COPY = FOLDER / "plain_copy.tsv"
"""Sentences that claim nothing, a locale and a text a line."""
