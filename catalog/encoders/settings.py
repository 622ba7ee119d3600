"""Which model turns texts into vectors, and how it is run. The default needs no setting and no network."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PACKAGED = "all-MiniLM-L6-v2"
"""The model whose weights come with Penfriend."""

Backend = Literal["auto", "torch", "onnx"]
Precision = Literal["auto", "float32", "bfloat16", "int8"]


class EmbeddingSettings(BaseModel):
    """Everything an engineer may set about the model behind the vector index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(default=PACKAGED, min_length=1, max_length=500)
    """The packaged model, a folder in sentence-transformers' layout, or a model's name on the Hugging Face Hub. Static
    models (StaticEmbedding, model2vec) are known by their folder and run without torch."""
    backend: Backend = "auto"
    """`torch`: by sentence-transformers. `onnx`: by ONNX Runtime. `auto`: torch, but neither for static models."""
    precision: Precision = "auto"
    """`auto`: bfloat16 where the CPU multiplies it in hardware, else float32. `int8` needs the backend `onnx`."""
    onnx_file: str | None = Field(default=None, max_length=200)
    """One of several ONNX files in the model's folder, as "onnx/model_qint8_avx512_vnni.onnx"; None: by precision."""
    max_tokens: int = Field(default=128, ge=16, le=8192)
    """Longer texts are cut. Product texts are shorter; time grows with length."""
    query_prompt: str | None = Field(default=None, max_length=500)
    """Put before every search query; None: what the model's own configuration says. E5 wants "query: "."""
    document_prompt: str | None = Field(default=None, max_length=500)
    """Put before every product text; None: as the model says. E5 wants "passage: "."""
    threads: int | None = Field(default=None, ge=1, le=256)
    """CPU threads; None: all cores, and one fewer in a process that serves."""

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if self.precision == "int8" and self.backend != "onnx":
            raise ValueError('precision "int8" needs backend "onnx"')
        if self.precision == "bfloat16" and self.backend == "onnx":
            raise ValueError('backend "onnx" has no precision "bfloat16"; use "float32" or "int8"')
        if self.onnx_file and self.backend != "onnx":
            raise ValueError('onnx_file needs backend "onnx"')
        return self
