"""A model run by sentence-transformers on torch: every kind it knows, and the reference for the other ways."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from catalog.embedding import Vectors
from catalog.encoders.card import Card
from catalog.encoders.encoder import Run
from catalog.encoders.errors import broken, package_missing
from catalog.encoders.settings import EmbeddingSettings

BFLOAT16_UNITS = ("amx_bf16", "amx_tile", "avx512_bf16", "sve_bf16", "bf16")
"""CPU features, as torch names them, with which bfloat16 is multiplied in hardware: Intel's AMX and AVX-512 (AMD has
the latter too), Arm's. Without them it is emulated, and slower than float32."""

ONNX_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
ONNX_OPSET = 17


class TorchModel:
    """See `encoder.Run`."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, texts: Sequence[str], prompt: str, query: bool) -> Vectors:
        """One call, one forward pass."""
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(
            list(texts), prompt=prompt, batch_size=len(texts), convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def load_torch(card: Card, settings: EmbeddingSettings, threads: int) -> Run:
    """Takes seconds and some 400 MB. Raises ModelUnusable."""
    # Set before the import, which reads them: the files are here, bars are ours to draw, the tokenizer's own threads
    # would only fight with torch's, and those sleep while they wait for each other. Spinning, two of them encoded 530
    # texts a second on two idle cores and 100 beside other work; asleep, 450 and 250.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Here and not at the top: torch takes seconds and hundreds of MB, which composing never needs.
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    halved = settings.precision == "bfloat16" or (settings.precision == "auto" and _has_bfloat16(torch))
    try:
        model = SentenceTransformer(
            str(card.folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": torch.bfloat16 if halved else torch.float32},
        )
        # Static models read texts of any length.
        if model.max_seq_length != math.inf:
            model.max_seq_length = min(settings.max_tokens, model.max_seq_length or settings.max_tokens)
    # Loaders of three libraries raise what they like on a broken file; each of them means that this model is broken.
    except Exception as error:
        raise broken(card.name, f"sentence-transformers says {type(error).__name__}: {error}") from error
    return TorchModel(model)


def _has_bfloat16(torch: Any) -> bool:
    found = torch.cpu.get_capabilities()
    return any(found.get(unit) for unit in BFLOAT16_UNITS)


def export_onnx(card: Card, file: Path) -> None:
    """Write the model's transformer to `file`, in float32, for any number of texts and tokens. Raises ModelUnusable."""
    # Here and not at the top: needed once for each model, and only with the backend "onnx".
    try:
        import onnx  # noqa: F401  # torch asks for it only after the tracing
    except ImportError as error:
        raise package_missing("onnx", f"Making an ONNX file of {card.name}") from error
    import torch
    from transformers import AutoModel

    try:
        model = AutoModel.from_pretrained(
            str(card.modules[0].folder), local_files_only=True, dtype=torch.float32
        ).eval()
    # Loaders raise what they like on a broken file.
    except Exception as error:
        raise broken(card.name, f"transformers says {type(error).__name__}: {error}") from error
    names = [
        name for name in ONNX_INPUTS if name != "token_type_ids" or getattr(model.config, "type_vocab_size", 0) > 1
    ]
    example = torch.ones((2, 8), dtype=torch.long)

    class States(torch.nn.Module):
        """The exporter passes inputs by position; models want them by name."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.model(**dict(zip(names, inputs, strict=True))).last_hidden_state
            return states

    with quiet(), torch.inference_mode():
        torch.onnx.export(
            States(),
            (example,) * len(names),
            str(file),
            input_names=names,
            output_names=["last_hidden_state"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in (*names, "last_hidden_state")},
            opset_version=ONNX_OPSET,
            # The newer exporter needs one more package, onnxscript.
            dynamo=False,
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Both makers warn about what they do as they should: of the tracing, and that a graph could be simplified."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
