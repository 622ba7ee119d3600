"""Embedding models of a few kilobytes in the layout of sentence-transformers, with random weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", ":", "green", "tea", "black", "pot", "cup", "saw", "red", "iron")
DIMENSION = 16


def static_model(
    folder: Path,
    table: NDArray[Any] | None = None,
    extra: Mapping[str, NDArray[Any]] = {},
    *,
    dimension: int = DIMENSION,
) -> Path:
    """A StaticEmbedding: `table` [14 words, d], random where none is given. `extra`: more arrays beside it."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.random.default_rng(0).normal(size=(len(WORDS), dimension)).astype(np.float32)
    named = "embeddings" if extra else "embedding.weight"
    save_file({named: drawn if table is None else table, **extra}, folder / "model.safetensors")
    _tokenizer(folder)
    _modules(folder, [("", "sentence_transformers.models.StaticEmbedding")])
    return folder


def transformer_model(folder: Path, *, pooling: str = "mean_tokens", prompts: Mapping[str, str] = {}) -> Path:
    """A BERT of one layer with its pooling, as sentence-transformers saves one."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    _tokenizer(folder)
    (folder / "1_Pooling").mkdir()
    pooled = {"word_embedding_dimension": DIMENSION, f"pooling_mode_{pooling}": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooled))
    _modules(
        folder,
        [("", "sentence_transformers.models.Transformer"), ("1_Pooling", "sentence_transformers.models.Pooling")],
    )
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": dict(prompts)}))
    return folder


def _modules(folder: Path, modules: list[tuple[str, str]]) -> None:
    listed = [{"idx": at, "name": str(at), "path": path, "type": kind} for at, (path, kind) in enumerate(modules)]
    (folder / "modules.json").write_text(json.dumps(listed))


def _tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    described = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(described))
