"""From settings to an encoder: which model, run how, under which id. Loads nothing heavy before the first text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from catalog.embedding import Encoder
from catalog.encoders.card import Card, dimension, read_card
from catalog.encoders.encoder import ModelEncoder, Prompts, Run
from catalog.encoders.locate import model_folder
from catalog.encoders.onnx_export import onnx_file
from catalog.encoders.onnx_model import check_runnable, load_onnx
from catalog.encoders.settings import EmbeddingSettings
from catalog.encoders.static_model import load_static
from catalog.encoders.torch_model import load_torch

DOCUMENT_PROMPTS = ("document", "passage", "corpus")
"""Names under which sentence-transformers keeps what goes before a document."""
MAX_NAME = 60


def open_encoder(settings: EmbeddingSettings, kept: Path, *, spare_cores: int = 0) -> Encoder:
    """The encoder that the settings ask for. ONNX files made on the way are kept below `kept`.

    `spare_cores` are left to other work where the settings name no number of threads. Blocks: a model on the hub is
    fetched the first time. Raises ModelUnusable.
    """
    card = read_card(*model_folder(settings.model))
    prompts = _prompts(card, settings)
    threads = settings.threads or max(1, _cores() - spare_cores)
    load = _loader(card, settings, kept, threads)
    width = dimension(card)
    if width is None:
        # Its modules do not say: only a vector tells.
        run = load()
        width, load = run(["-"], prompts.document, query=False).shape[1], lambda: run
    return ModelEncoder(_model_id(card, settings, prompts), width, prompts, load)


def _cores() -> int:
    """Those this process may use, where the system says so (not on macOS and Windows)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prompts(card: Card, settings: EmbeddingSettings) -> Prompts:
    said = next((card.prompts[name] for name in DOCUMENT_PROMPTS if card.prompts.get(name)), "")
    query, document = settings.query_prompt, settings.document_prompt
    return Prompts(
        query=card.prompts.get("query") or "" if query is None else query,
        document=said if document is None else document,
    )


def _loader(card: Card, settings: EmbeddingSettings, kept: Path, threads: int) -> Callable[[], Run]:
    if settings.backend == "onnx":
        check_runnable(card)
        return lambda: load_onnx(card, onnx_file(card, settings, kept), settings.max_tokens, threads)
    if card.is_static and settings.backend == "auto":
        return partial(load_static, card)
    return partial(load_torch, card, settings, threads)


def _model_id(card: Card, settings: EmbeddingSettings, prompts: Prompts) -> str:
    """Name and digest of all that moves vectors further than rounding does.

    Not what only rounds: the same text in float32 by torch, in float32 by ONNX Runtime and in bfloat16 gives vectors
    0.998 alike and more. So machines with other CPUs share one database, and a new machine costs no new vectors.
    """
    reduced = settings.onnx_file or ("int8" if settings.precision == "int8" else "")
    parts = (card.fingerprint, str(settings.max_tokens), prompts.document, reduced)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
    name = card.name[-MAX_NAME:] + (" int8" if reduced == "int8" else "")
    return f"{name}/{digest}"
