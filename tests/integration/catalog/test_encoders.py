"""Which model encodes, by setting: every way of running one, and what is said when it cannot be used."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from catalog.embedding import Encoder, Vectors
from catalog.encoders.errors import ModelFault, ModelUnusable
from catalog.encoders.opening import open_encoder
from catalog.encoders.settings import EmbeddingSettings
from tests.kit.tiny_models import DIMENSION, WORDS, static_model, transformer_model

TEXTS = ["green tea", "black tea pot iron", "saw", "red cup green cup black cup iron cup red pot"]
# What libraries warn about inside their own loaders is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small transformer; tests that change it make a copy."""
    return transformer_model(tmp_path_factory.mktemp("models") / "tiny-bert")


def opened(model: Path | str, kept: Path, **settings: object) -> Encoder:
    return open_encoder(EmbeddingSettings.model_validate({"model": str(model), **settings}), kept)


def alike(one: Vectors, other: Vectors) -> float:
    """The smallest cosine between vectors of the same text."""
    return float((one * other).sum(axis=1).min())


def refused(model: Path | str, kept: Path, **settings: object) -> ModelUnusable:
    """What opening a model and encoding with it raises."""
    with pytest.raises(ModelUnusable) as raised:
        opened(model, kept, **settings).encode(TEXTS)
    assert raised.value.fix
    assert raised.value.pointer
    assert raised.value.pointer.startswith("embedding.")
    return raised.value


def test_a_folder_is_a_model_and_its_vectors_have_length_one(bert: Path, tmp_path: Path) -> None:
    encoder = opened(bert, tmp_path)
    vectors = encoder.encode(TEXTS)
    assert (encoder.dimension, vectors.shape, str(vectors.dtype)) == (DIMENSION, (4, DIMENSION), "float32")
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert encoder.model_id.startswith("tiny-bert/")
    assert encoder.encode([]).shape == encoder.encode_query([]).shape == (0, DIMENSION)


def test_texts_come_back_in_the_order_they_were_given(bert: Path, tmp_path: Path) -> None:
    encoder = opened(bert, tmp_path, precision="float32")
    together = encoder.encode(TEXTS * 40)
    for row, text in enumerate(TEXTS):
        assert alike(together[row::4], np.repeat(encoder.encode([text]), 40, axis=0)) > 0.9999


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token", "max_tokens"])
def test_onnx_runtime_gives_the_vectors_that_torch_gives(tmp_path: Path, pooling: str) -> None:
    model = transformer_model(tmp_path / "model", pooling=pooling)
    torch = opened(model, tmp_path / "kept", backend="torch", precision="float32")
    onnx = opened(model, tmp_path / "kept", backend="onnx")
    assert alike(torch.encode(TEXTS), onnx.encode(TEXTS)) > 0.99999
    # They compare, so a shop may change the way without encoding anything again.
    assert torch.model_id == onnx.model_id


def test_bfloat16_rounds_and_keeps_the_id_while_int8_has_one_of_its_own(bert: Path, tmp_path: Path) -> None:
    exact, rounded = opened(bert, tmp_path, precision="float32"), opened(bert, tmp_path, precision="bfloat16")
    assert 0.99 < alike(exact.encode(TEXTS), rounded.encode(TEXTS)) < 0.9999999
    assert exact.model_id == rounded.model_id
    reduced = opened(bert, tmp_path, backend="onnx", precision="int8")
    assert reduced.model_id != exact.model_id
    assert alike(exact.encode(TEXTS), reduced.encode(TEXTS)) > 0.9


def test_an_onnx_file_is_made_once_and_one_in_the_folder_is_used_as_it_is(bert: Path, tmp_path: Path) -> None:
    opened(bert, tmp_path / "kept", backend="onnx").encode(TEXTS)
    made = next((tmp_path / "kept").rglob("model.onnx"))
    stamp = made.stat().st_mtime_ns
    opened(bert, tmp_path / "kept", backend="onnx").encode(TEXTS)
    assert made.stat().st_mtime_ns == stamp
    shipped = shutil.copytree(bert, tmp_path / "shipped")
    (shipped / "onnx").mkdir()
    shutil.copy(made, shipped / "onnx" / "model.onnx")
    shutil.copy(made, shipped / "onnx" / "model_O3.onnx")
    for settings in ({}, {"onnx_file": "onnx/model_O3.onnx"}):
        encoder = opened(shipped, tmp_path / "other", backend="onnx", **settings)
        assert alike(encoder.encode(TEXTS), opened(bert, tmp_path, precision="float32").encode(TEXTS)) > 0.99999
    assert not (tmp_path / "other").exists()


def test_a_static_model_is_the_mean_of_its_words_and_needs_no_torch(tmp_path: Path) -> None:
    table = np.eye(len(WORDS), DIMENSION, dtype=np.float32)
    encoder = opened(static_model(tmp_path / "static", table), tmp_path)
    green, tea = WORDS.index("green"), WORDS.index("tea")
    vector = encoder.encode(["Green tea"])[0]
    assert vector[[green, tea]] == pytest.approx(2**-0.5)
    assert np.count_nonzero(vector) == 2
    assert np.linalg.norm(encoder.encode([""])[0]) == pytest.approx(1.0)


def test_a_static_model_by_torch_gives_the_same(tmp_path: Path) -> None:
    model = static_model(tmp_path / "static")
    one, other = opened(model, tmp_path), opened(model, tmp_path, backend="torch", precision="float32")
    assert alike(one.encode(TEXTS), other.encode(TEXTS)) > 0.99999
    assert one.model_id == other.model_id


def test_a_static_model_may_share_rows_between_words_and_weigh_them(tmp_path: Path) -> None:
    shared: dict[str, NDArray[Any]] = {
        "mapping": np.array([0] * 6 + [0, 1] + [0] * 6, dtype=np.int64),
        "weights": np.array([1.0] * 6 + [3.0, 4.0] + [1.0] * 6, dtype=np.float32),
    }
    encoder = opened(static_model(tmp_path / "static", np.eye(2, DIMENSION, dtype=np.float32), shared), tmp_path)
    assert encoder.encode(["green tea"])[0, :2] == pytest.approx([0.6, 0.8])


def test_a_model_that_reads_queries_differently_is_told_what_is_one(tmp_path: Path) -> None:
    model = transformer_model(tmp_path / "model", prompts={"query": "query : ", "passage": "red : "})
    encoder = opened(model, tmp_path, precision="float32")
    bare = opened(model, tmp_path, precision="float32", query_prompt="", document_prompt="")
    assert alike(encoder.encode_query(["green tea"]), bare.encode_query(["query : green tea"])) > 0.9999
    assert alike(encoder.encode(["green tea"]), bare.encode(["red : green tea"])) > 0.9999
    assert alike(encoder.encode_query(["green tea"]), encoder.encode(["green tea"])) < 0.9999
    # What goes before a product's text changes its vector; what goes before a query changes none that is kept.
    assert encoder.model_id != bare.model_id
    assert opened(model, tmp_path, query_prompt="find : ").model_id == encoder.model_id


def test_another_model_in_the_same_folder_is_another_model(bert: Path, tmp_path: Path) -> None:
    model = shutil.copytree(bert, tmp_path / "mine")
    before = opened(model, tmp_path).model_id
    (model / "README.md").write_text("Trained again.")
    assert opened(model, tmp_path).model_id == before
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (model / "model.safetensors").write_bytes(weights)
    assert opened(model, tmp_path).model_id != before


@pytest.mark.parametrize("place", ["./nothing/here", "/nowhere", "~/no such model"])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, place: str) -> None:
    assert refused(place, tmp_path).fault is ModelFault.UNKNOWN


def test_a_model_the_hub_does_not_give_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    error = refused("nobody/has-such-a-model", tmp_path)
    assert error.fault is ModelFault.UNKNOWN
    assert "nobody/has-such-a-model" in error.message


@pytest.mark.parametrize(
    "missing", ["modules.json", "config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"]
)
@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_folder_that_lacks_a_file_is_broken(bert: Path, tmp_path: Path, missing: str, backend: str) -> None:
    model = shutil.copytree(bert, tmp_path / "mine")
    (model / missing).unlink()
    assert refused(model, tmp_path, backend=backend).fault is ModelFault.BROKEN


@pytest.mark.parametrize("name", ["modules.json", "config.json", "model.safetensors", "tokenizer.json"])
def test_a_file_cut_short_is_broken(bert: Path, tmp_path: Path, name: str) -> None:
    model = shutil.copytree(bert, tmp_path / "mine")
    content = (model / name).read_bytes()
    (model / name).write_bytes(content[: len(content) // 2])
    assert refused(model, tmp_path).fault is ModelFault.BROKEN


def test_a_static_model_with_fewer_rows_than_words_is_broken(tmp_path: Path) -> None:
    table = np.eye(3, DIMENSION, dtype=np.float32)
    assert refused(static_model(tmp_path / "static", table), tmp_path).fault is ModelFault.BROKEN


def test_a_configuration_that_names_another_dimension_is_told(bert: Path, tmp_path: Path) -> None:
    model = shutil.copytree(bert, tmp_path / "mine")
    pooled = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    (model / "1_Pooling" / "config.json").write_text(json.dumps(pooled))
    error = refused(model, tmp_path, backend="onnx")
    assert error.fault is ModelFault.OTHER_DIMENSION
    assert "16" in error.message
    assert "32" in error.message


def test_an_onnx_file_that_is_none_is_broken(bert: Path, tmp_path: Path) -> None:
    model = shutil.copytree(bert, tmp_path / "mine")
    (model / "model.onnx").write_bytes(b"no model")
    assert refused(model, tmp_path, backend="onnx").fault is ModelFault.BROKEN
    assert "model_O9.onnx" in refused(model, tmp_path, backend="onnx", onnx_file="model_O9.onnx").message


def test_what_onnx_runtime_cannot_run_here_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    error = refused(static_model(tmp_path / "static"), tmp_path, backend="onnx")
    assert "StaticEmbedding" in error.message
    assert '"torch"' in str(error.fix)


@pytest.mark.parametrize("package", ["onnxruntime", "onnx"])
def test_a_package_that_is_not_installed_is_named_with_the_extra_that_brings_it(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    error = refused(bert, tmp_path, backend="onnx")
    assert error.fault is ModelFault.NO_PACKAGE
    assert "penfriend[onnx]" in str(error.fix)
