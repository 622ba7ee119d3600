"""Settings of the model."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from composer.model_settings import EMBEDDED, ModelSettings


def test_the_default_is_the_embedded_model_block_by_block_without_a_fallback() -> None:
    settings = ModelSettings()
    assert (settings.primary.model, settings.style_for(EMBEDDED), settings.fallback) == (EMBEDDED, "blocks", None)


def test_a_hosted_model_writes_whole_e_mails_unless_told_otherwise() -> None:
    assert ModelSettings().style_for("openai/gpt-5-mini") == "json"
    assert ModelSettings(style="blocks").style_for("openai/gpt-5-mini") == "blocks"


def test_the_fallback_has_its_own_base_and_key() -> None:
    settings = ModelSettings.model_validate(
        {"api_key": "first", "fallback_model": "ollama/qwen3", "fallback_api_base": "http://localhost:11434"}
    )
    assert settings.fallback is not None
    assert (settings.fallback.api_base, settings.fallback.api_key) == ("http://localhost:11434", None)


def test_keys_do_not_show_in_prints_or_logs() -> None:
    assert "sk-secret" not in repr(ModelSettings.model_validate({"api_key": "sk-secret"}))


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"model": ""}, {"timeout": 0}, {"styel": "json"}])
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelSettings.model_validate(wrong)


def test_a_whole_e_mail_gets_more_context_than_a_block() -> None:
    assert ModelSettings().context < ModelSettings(style="json").context
    assert ModelSettings(style="json", slot_tokens=2048).context == 2048


@pytest.mark.parametrize(
    ("model", "base", "key"),
    [
        ("openai/mini", "https://ours", "first"),
        ("openai/maxi", "https://ours", "first"),
        ("ollama/qwen3", "http://second", "second"),
        ("anthropic/other", None, None),
        ("ollama/other", None, None),
    ],
)
def test_another_model_gets_only_the_key_that_was_given_for_it(model: str, base: str | None, key: str | None) -> None:
    settings = ModelSettings.model_validate(
        {
            "model": "openai/mini",
            "api_base": "https://ours",
            "api_key": "first",
            "fallback_model": "ollama/qwen3",
            "fallback_api_base": "http://second",
            "fallback_api_key": "second",
        }
    )
    asked = settings.asking(model).primary
    assert (asked.model, asked.api_base, asked.api_key and asked.api_key.get_secret_value()) == (model, base, key)
