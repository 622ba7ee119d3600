"""What a model's folder says of it, read without loading it: opening a catalog must not cost seconds of torch.

The layout is sentence-transformers' (`modules.json`, one folder a module); model2vec's folders have the same.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

from catalog.encoders.errors import broken

MODULES = "modules.json"
WEIGHTS = "model.safetensors"
SAMPLE = 64 * 1024
"""Bytes read from the start, middle and end of a large file: training moves every weight."""
SMALL = 4 * SAMPLE
_MODES = {"pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean"}


class Module(NamedTuple):
    """One step of a model: the last part of its type's name, and the folder of its files."""

    kind: str
    folder: Path


class Card(NamedTuple):
    """A model as its folder describes it."""

    name: str
    """For people and ids: the packaged model's name, the folder's, or the one on the hub."""
    folder: Path
    modules: tuple[Module, ...]
    fingerprint: str
    """SHA-256 over what makes its vectors; see `_fingerprint`."""
    prompts: dict[str, str]

    @property
    def is_static(self) -> bool:
        """A table of token vectors: a text is the mean of its tokens' rows."""
        return self.modules[0].kind == "StaticEmbedding"


def read_card(name: str, folder: Path) -> Card:
    """Raises ModelUnusable where the folder holds no sentence-transformers model."""
    listed = read_json(folder / MODULES, name)
    try:
        modules = tuple(Module(str(one["type"]).rpartition(".")[2], folder / one["path"]) for one in listed)
    except (TypeError, KeyError):
        modules = ()
    if not modules:
        raise broken(name, f"{MODULES} lists no modules")
    config = folder / "config_sentence_transformers.json"
    prompts = (read_json(config, name).get("prompts") or {}) if config.is_file() else {}
    return Card(name, folder, modules, _fingerprint(folder), prompts)


def read_json(path: Path, name: str) -> Any:
    """Raises ModelUnusable, which names the file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise broken(name, f"there is no {path.name} in {path.parent}") from error
    except (OSError, ValueError) as error:
        raise broken(name, f"{path} cannot be read ({error})") from error


def dimension(card: Card) -> int | None:
    """Length of its vectors, by the last module that changes it; None where only loading can tell."""
    found = None
    for module in card.modules:
        match module.kind:
            case "Transformer":
                found = read_json(module.folder / "config.json", card.name).get("hidden_size")
            case "Pooling":
                found = _pooled(read_json(module.folder / "config.json", card.name), found)
            case "Dense":
                found = read_json(module.folder / "config.json", card.name).get("out_features")
            case "StaticEmbedding":
                found = table_shape(module.folder / WEIGHTS, card.name)[1]
            case "Normalize" | "Dropout" | "LayerNorm":
                pass
            case _:
                return None
    return int(found) if found else None


def pooling(card: Card) -> str | None:
    """`mean`, `cls` or `max`; None for anything else, and for several at once."""
    found = [module for module in card.modules if module.kind == "Pooling"]
    modes = [_modes(read_json(module.folder / "config.json", card.name)) for module in found]
    return modes[0][0] if len(modes) == 1 and len(modes[0]) == 1 and modes[0][0] in _MODES.values() else None


def _modes(config: dict[str, Any]) -> list[str]:
    """Newer files say `pooling_mode: "mean"`, older ones one flag a mode."""
    named = config.get("pooling_mode")
    if named:
        return [named] if isinstance(named, str) else list(named)
    return [_MODES.get(key, key) for key, value in config.items() if key.startswith("pooling_mode_") and value is True]


def _pooled(config: dict[str, Any], width: int | None) -> int | None:
    each = config.get("word_embedding_dimension") or config.get("embedding_dimension") or width
    return each * max(1, len(_modes(config))) if each else None


def table_shape(path: Path, name: str) -> tuple[int, int]:
    """(tokens, dimension) of a static model's table, from the header of its file."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, SMALL)))
        rows, width = next(header[key]["shape"] for key in ("embedding.weight", "embeddings") if key in header)
    except (OSError, ValueError, struct.error, StopIteration, KeyError, TypeError) as error:
        raise broken(name, f"{path} is not a table of token vectors") from error
    return int(rows), int(width)


def _fingerprint(folder: Path) -> str:
    """Changes when the model does: names, sizes and contents, of large files samples. README and pictures left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".json", ".txt", ".model", ".safetensors") and path.is_file():
            size = path.stat().st_size
            digest.update(f"\0{path.relative_to(folder).as_posix()}\0{size}\0".encode())
            digest.update(_sample(path, size))
    return digest.hexdigest()


def _sample(path: Path, size: int) -> bytes:
    if size <= SMALL:
        return path.read_bytes()
    parts = []
    with path.open("rb") as file:
        for at in (0, size // 2, size - SAMPLE):
            file.seek(at)
            parts.append(file.read(SAMPLE))
    return b"".join(parts)
