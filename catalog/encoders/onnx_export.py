"""The ONNX file of a model: the one in its folder, or one made from its weights, once, and kept in the home folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from catalog.encoders.card import Card
from catalog.encoders.errors import broken
from catalog.encoders.settings import EmbeddingSettings
from catalog.encoders.torch_model import export_onnx, quiet

SHIPPED = {
    "float32": ("onnx/model.onnx", "model.onnx"),
    "int8": (
        "onnx/model_qint8_*.onnx",
        "onnx/model_quint8_*.onnx",
        "onnx/model_int8.onnx",
        "onnx/model_quantized.onnx",
    ),
}
"""Where sentence-transformers and transformers.js put ONNX files in a model's folder."""


def onnx_file(card: Card, settings: EmbeddingSettings, kept: Path) -> Path:
    """The file to run; made below `kept` where the model brings none, which loads torch and takes some seconds.

    Raises ModelUnusable.
    """
    if settings.onnx_file:
        named = card.folder / settings.onnx_file
        if not named.is_file():
            raise broken(card.name, f"there is no {settings.onnx_file} in {card.folder}")
        return named
    precision = "int8" if settings.precision == "int8" else "float32"
    shipped = (path for pattern in SHIPPED[precision] for path in sorted(card.folder.glob(pattern)))
    found = next(shipped, None)
    return found or _made(card, precision, kept / f"{card.name.replace('/', '--')}-{card.fingerprint[:12]}")


def _made(card: Card, precision: str, folder: Path) -> Path:
    float32 = folder / "model.onnx"
    if not float32.is_file():
        _in_place(float32, partial(export_onnx, card))
    if precision == "float32":
        return float32
    int8 = folder / "model_int8.onnx"
    if not int8.is_file():
        _in_place(int8, partial(_quantize, float32))
    return int8


def _in_place(file: Path, make: Callable[[Path], None]) -> None:
    """Whole or not at all, also when two processes make it at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder) / file.name
        make(made)
        made.replace(file)


def _quantize(float32: Path, file: Path) -> None:
    # Here and not at the top: an extra of the installation, needed once for each model.
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with quiet():
        quantize_dynamic(float32, file, weight_type=QuantType.QInt8, per_channel=True)
