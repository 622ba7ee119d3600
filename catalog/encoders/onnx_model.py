"""A model run by ONNX Runtime, without torch: twice as fast as torch in float32, and there in a second.

sentence-transformers' own ONNX backend goes through optimum, whose releases want an older transformers than
sentence-transformers does; what it adds here is a tokenizer and a mean, so both are done below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.embedding import Vectors
from catalog.encoders.card import Card, pooling
from catalog.encoders.errors import ModelFault, ModelUnusable, broken, package_missing
from catalog.encoders.tokens import load_tokenizer

POOLED = "sentence_embedding"
"""An output of this name is one vector a text already."""
RUNNABLE = frozenset({"Transformer", "Pooling", "Normalize"})
Floats = NDArray[np.float32]
Ids = NDArray[np.int64]


def _mean(tokens: Floats, mask: Ids) -> Floats:
    kept = mask[:, :, None].astype(np.float32)
    return np.asarray((tokens * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1), dtype=np.float32)


def _max(tokens: Floats, mask: Ids) -> Floats:
    shown = np.where(mask[:, :, None] > 0, tokens, np.float32(-np.inf))
    return np.asarray(shown.max(axis=1), dtype=np.float32)


def _first(tokens: Floats, mask: Ids) -> Floats:
    return tokens[:, 0]


POOLINGS: dict[str, Callable[[Floats, Ids], Floats]] = {"mean": _mean, "max": _max, "cls": _first}


class OnnxModel:
    """See `encoder.Run`."""

    def __init__(self, session: Any, tokenizer: Any, pool: Callable[[Floats, Ids], Floats]) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._pool = pool
        self._inputs = {one.name for one in session.get_inputs()}
        outputs = [one.name for one in session.get_outputs()]
        self._pooled = POOLED in outputs
        self._output = POOLED if self._pooled else outputs[0]

    def __call__(self, texts: Sequence[str], prompt: str, query: bool) -> Vectors:
        """One call, one forward pass."""
        read = self._tokenizer.encode_batch([prompt + text for text in texts])
        mask = np.array([one.attention_mask for one in read], dtype=np.int64)
        fed = {
            "input_ids": np.array([one.ids for one in read], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        (found,) = self._session.run([self._output], {name: fed[name] for name in self._inputs & fed.keys()})
        vectors = np.asarray(found, dtype=np.float32)
        return vectors if self._pooled else self._pool(vectors, mask)


def load_onnx(card: Card, file: Path, max_tokens: int, threads: int) -> OnnxModel:
    """About a second. Raises ModelUnusable."""
    # Here and not at the top: an extra of the installation.
    try:
        import onnxruntime
    except ImportError as error:
        raise package_missing("onnxruntime", 'The backend "onnx"') from error

    tokenizer = load_tokenizer(card, card.modules[0].folder)
    _pad(tokenizer, max_tokens)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait by spinning would take the cores that composing needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    # The library's errors have no common type: whatever it says, the file is not a model it can run.
    except Exception as error:
        raise broken(card.name, f"{file} is not an ONNX model ({type(error).__name__})") from error
    return OnnxModel(session, tokenizer, POOLINGS[pooling(card) or "mean"])


def check_runnable(card: Card) -> None:
    """Raises ModelUnusable for models with steps that only sentence-transformers knows."""
    foreign = sorted({module.kind for module in card.modules} - RUNNABLE)
    if foreign or pooling(card) is None:
        what = f"has the modules {', '.join(foreign)}" if foreign else "pools in a way of its own"
        raise ModelUnusable(
            ModelFault.BROKEN,
            f"The embedding model {card.name} {what}, which ONNX Runtime cannot run here.",
            fix='Set embedding.backend to "torch".',
            setting="backend",
        )


def _pad(tokenizer: Any, max_tokens: int) -> None:
    tokenizer.enable_truncation(max_length=max_tokens)
    padding = tokenizer.padding or {}
    token = padding.get("pad_token") or next((name for name in ("[PAD]", "<pad>") if tokenizer.token_to_id(name)), None)
    # Id 0 is the padding of nearly all; what stands there is masked in any case.
    number = tokenizer.token_to_id(token) if token else 0
    tokenizer.enable_padding(pad_id=number or 0, pad_token=token or "[PAD]")
