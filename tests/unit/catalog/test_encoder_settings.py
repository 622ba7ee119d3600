"""What may be set about the embedding model, and what is refused before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import WrongSetting, read_settings
from catalog.encoders.settings import PACKAGED, EmbeddingSettings


def test_nothing_needs_to_be_set() -> None:
    assert EmbeddingSettings().model == PACKAGED


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"precision": "int8"}, "onnx"),
        ({"precision": "int8", "backend": "torch"}, "onnx"),
        ({"precision": "bfloat16", "backend": "onnx"}, "bfloat16"),
        ({"onnx_file": "model.onnx"}, "onnx_file"),
        ({"backend": "tensorrt"}, "onnx"),
        ({"model": ""}, "model"),
        ({"modle": "x"}, "modle"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_is_wrong(given: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        EmbeddingSettings.model_validate(given)


def test_a_wrong_combination_in_the_file_names_the_section(tmp_path: Path) -> None:
    (tmp_path / "penfriend.toml").write_text('[embedding]\nprecision = "int8"\n')
    with pytest.raises(WrongSetting, match="embedding") as raised:
        read_settings(tmp_path)
    assert "penfriend.toml" in str(raised.value.fix)
    assert 'backend "onnx"' in raised.value.message


def test_a_variable_chooses_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", "intfloat/multilingual-e5-small")
    monkeypatch.setenv("PENFRIEND_EMBEDDING__QUERY_PROMPT", "query: ")
    chosen = read_settings(tmp_path).embedding
    assert (chosen.model, chosen.query_prompt) == ("intfloat/multilingual-e5-small", "query: ")
