"""What was learned, on disk: one file, written whole and checked when read.

It holds figures of products, a model's trees and a net's weights, nothing of any person, and is rebuilt from the
database by learning anew: whatever is wrong with it, the default weights rank until then. XXH3 finds damage, not
forgery.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
import xxhash
from numpy.typing import NDArray

from catalog.index import FULL
from catalog.learning.alike import Alike
from catalog.learning.features import NAMES
from catalog.learning.lists import Lists
from catalog.learning.model import Learned, Ranks, Report
from catalog.learning.net import Net
from catalog.learning.ranker import Ranker, loads
from catalog.learning.repeats import Repeats
from catalog.learning.rules import Rule
from catalog.learning.shop import LISTS, Shop
from store.errors import Unavailable
from store.trees import LightGbmUnusable

NAME = "learned.bin"
VERSION = 2
DIGEST_BYTES = 16
LAYER = ("weights", "added")
OTHER_VERSION = "What was learned is of another version of Penfriend."

Arrays = Mapping[str, NDArray[Any]]


class LearnedState(StrEnum):
    """Why what was learned cannot be used."""

    MISSING = "nothing_learned"
    DAMAGED = "learned_damaged"
    OLD_FORMAT = "learned_old_format"
    NO_LIGHTGBM = "lightgbm_unusable"


class LearnedUnusable(Unavailable):
    """What was learned cannot be read back; `state` says why."""

    def __init__(self, state: LearnedState, message: str) -> None:
        super().__init__(message, fix="Run `penfriend learn`.", reason=state.value)
        self.state = state


class LearnedNotWritten(Unavailable):
    """The disk refused it; what was learned before stays. Reason `disk_full` or `disk_failed`."""

    reason = "disk_failed"
    retryable = False


def save(folder: Path, learned: Learned) -> None:
    """Put it in place of what was there, in one step. Raises: LearnedNotWritten."""
    content = _dumped(learned)
    written = folder / f".{NAME}.{uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written.open("wb") as file:
            file.write(xxhash.xxh3_128_digest(content) + content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(folder / NAME)
    except OSError as error:
        # Half a file would fill a full disk further with every try.
        with suppress(OSError):
            written.unlink()
        full = error.errno in FULL
        raise LearnedNotWritten(
            f"What was learned cannot be written to {folder}: {error.strerror or error}.",
            fix="Free some space and learn again." if full else "Check the folder and its permissions.",
            reason="disk_full" if full else "disk_failed",
        ) from error


def load(folder: Path) -> Learned:
    """What was last saved. Raises: LearnedUnusable."""
    try:
        content = (folder / NAME).read_bytes()
    except FileNotFoundError as error:
        raise LearnedUnusable(LearnedState.MISSING, "Nothing was learned yet.") from error
    except OSError as error:
        raise LearnedUnusable(LearnedState.DAMAGED, f"What was learned cannot be read: {error.strerror}.") from error
    if xxhash.xxh3_128_digest(content[DIGEST_BYTES:]) != content[:DIGEST_BYTES]:
        raise LearnedUnusable(LearnedState.DAMAGED, "What was learned does not match its checksum.")
    return _loaded(content[DIGEST_BYTES:])


def stamp(folder: Path) -> tuple[int, int] | None:
    """Changes whenever another process saves; None where nothing is there."""
    try:
        found = (folder / NAME).stat()
    except OSError:
        # Whatever is wrong with the file, `load` says it.
        return None
    return found.st_mtime_ns, found.st_ino


def _text(value: Any) -> NDArray[np.uint8]:
    return np.frombuffer(orjson.dumps(value), dtype=np.uint8)


def _arrays(learned: Learned) -> dict[str, NDArray[Any]]:
    shop = learned.shop
    facts = {
        "as_of": shop.as_of,
        "happened": shop.happened,
        "bestsellers": len(shop.bestsellers),
        "repeats_known": shop.repeats.known,
        "repeats_wait": shop.repeats.waits,
        "report": asdict(learned.report),
        "features": NAMES,
        "ranker": _ranker_as_facts(learned.ranker),
    }
    lists = {f"{name}.{one.name}": getattr(of, one.name) for name, of in shop.lists.items() for one in fields(of)}
    repeats = {f"repeats.{name}": getattr(shop.repeats, name) for name in ("rate", "gap_days", "intervals")}
    bestsellers = {f"bestsellers.{at}": order for at, order in enumerate(shop.bestsellers)}
    plain = {name: getattr(shop, name) for name in ("heat", "orders", "standing", "factors", "root_sold")}
    alike = {f"alike.{one.name}": getattr(shop.alike, one.name) for one in fields(Alike)}
    named = {"facts": _text(facts), "products": _text(shop.products)}
    return {**named, **lists, **repeats, **bestsellers, **plain, **alike, **_net_as_arrays(learned.ranker)}


def _net_as_arrays(ranker: Ranks | None) -> dict[str, NDArray[Any]]:
    if not isinstance(ranker, Ranker):
        return {}
    net = ranker.net
    layers = {
        f"net.{name}.{at}": part for at, layer in enumerate(net.layers) for name, part in zip(LAYER, layer, strict=True)
    }
    return {"net.mean": net.mean, "net.scale": net.scale, "net.gaps": net.gaps, **layers}


def _net(arrays: Arrays) -> Net:
    layers = sum(name.startswith(f"net.{LAYER[0]}.") for name in arrays)
    weights, added = ([arrays[f"net.{name}.{at}"] for at in range(layers)] for name in LAYER)
    return Net(arrays["net.mean"], arrays["net.scale"], arrays["net.gaps"], tuple(zip(weights, added, strict=True)))


def _ranker_as_facts(ranker: Ranks | None) -> dict[str, Any] | None:
    if isinstance(ranker, Rule):
        return {"rule": asdict(ranker)}
    if isinstance(ranker, Ranker):
        return {"trees": ranker.dumps(), "kept": ranker.kept}
    assert ranker is None, f"a {type(ranker).__name__} cannot be kept"
    return None


def _ranker(facts: Mapping[str, Any] | None, arrays: Arrays) -> Ranker | Rule | None:
    if facts is None:
        return None
    return Rule(**facts["rule"]) if "rule" in facts else loads(facts["trees"], _net(arrays), facts["kept"])


def _dumped(learned: Learned) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"version": np.array(VERSION), **_arrays(learned)}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _loaded(content: bytes) -> Learned:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if int(arrays["version"]) != VERSION:
                raise LearnedUnusable(LearnedState.OLD_FORMAT, OTHER_VERSION)
            return _learned({name: arrays[name] for name in arrays.files})
    except LightGbmUnusable as error:
        raise LearnedUnusable(LearnedState.NO_LIGHTGBM, f"{error.message} {error.fix}") from error
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        # It matched its checksum, so it was written so: by a version that kept other things.
        raise LearnedUnusable(LearnedState.OLD_FORMAT, OTHER_VERSION) from error


def _learned(arrays: Arrays) -> Learned:
    facts = orjson.loads(arrays["facts"].tobytes())
    if tuple(facts["features"]) != NAMES:
        raise LearnedUnusable(LearnedState.OLD_FORMAT, "The ranker was taught on other figures.")
    report = {**facts["report"], "trained_at": datetime.fromisoformat(facts["report"]["trained_at"])}
    return Learned.of(_shop(arrays, facts), _ranker(facts["ranker"], arrays), Report(**report))


def _shop(arrays: Arrays, facts: Mapping[str, Any]) -> Shop:
    repeats: dict[str, Any] = {name: arrays[f"repeats.{name}"] for name in ("rate", "gap_days", "intervals")}
    return Shop(
        as_of=facts["as_of"],
        products=tuple(orjson.loads(arrays["products"].tobytes())),
        happened=tuple(facts["happened"]),
        heat=arrays["heat"],
        orders=arrays["orders"],
        bestsellers=tuple(arrays[f"bestsellers.{at}"] for at in range(facts["bestsellers"])),
        standing=arrays["standing"],
        repeats=Repeats(**repeats, known=facts["repeats_known"], waits=facts["repeats_wait"]),
        lists={name: Lists(*(arrays[f"{name}.{one.name}"] for one in fields(Lists))) for name in LISTS},
        factors=arrays["factors"],
        root_sold=arrays["root_sold"],
        alike=Alike(*(arrays[f"alike.{one.name}"] for one in fields(Alike))),
    )
