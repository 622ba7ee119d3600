"""Settings: where they come from, which goes over which, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import CONFIG_TEMPLATE, Settings, WrongSetting, read_settings
from store.crypto import Keyring, dump_keyring


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DATABASE_URL", "PORT", "MODEL__MODEL", "KEYRING"):
        monkeypatch.delenv(f"PENFRIEND_{name}", raising=False)


def test_without_any_setting_everything_lies_in_a_folder_here(tmp_path: Path) -> None:
    settings = read_settings()
    assert settings.database == f"sqlite:///{tmp_path / '.penfriend' / 'penfriend.db'}"
    assert settings.keys_file == Path(".penfriend/keys.json")
    assert settings.model.model == "local"


def test_the_file_in_the_home_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "penfriend.toml").write_text('port = 9000\n[model]\nmodel = "ollama/qwen3"\n')
    settings = read_settings(tmp_path)
    assert (settings.port, settings.model.model) == (9000, "ollama/qwen3")


def test_the_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "penfriend.toml").write_text('port = 9000\n[model]\nmodel = "ollama/qwen3"\nrounds = 3\n')
    monkeypatch.setenv("PENFRIEND_HOME", str(tmp_path))
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/gpt-5-mini")
    settings = read_settings()
    assert (settings.port, settings.model.model, settings.model.rounds) == (9000, "openai/gpt-5-mini", 3)


def test_the_commented_file_that_init_writes_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "penfriend.toml").write_text(CONFIG_TEMPLATE)
    assert read_settings(tmp_path) == Settings(home=tmp_path)


def test_every_line_of_the_commented_file_can_be_switched_on(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") if "=" in line else line for line in CONFIG_TEMPLATE.splitlines()[2:]]
    gguf = tmp_path / "other.gguf"
    text = "\n".join(lines).replace('gguf = ""', f'gguf = "{gguf}"')
    (tmp_path / "penfriend.toml").write_text(text)
    assert read_settings(tmp_path).model.gguf == gguf


def test_judges_are_named_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "penfriend.toml").write_text('judges = ["mine:Judge"]\n[model]\njudge_model = "openai/gpt-5-mini"\n')
    settings = read_settings(tmp_path)
    assert settings.judges == ("mine:Judge",)
    assert settings.model.judge is not None
    assert settings.model.judge.model == "openai/gpt-5-mini"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PENFRIEND_PORT", "teapot"),
        ("PENFRIEND_PORT", "0"),
        ("PENFRIEND_MODEL__SAMPLES", "99"),
        ("PENFRIEND_MODEL__JUDGE_MODEL", "local"),
    ],
)
def test_a_wrong_variable_is_named_with_the_fix(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(WrongSetting) as caught:
        read_settings()
    assert caught.value.pointer == variable
    assert variable in (caught.value.fix or "")


@pytest.mark.parametrize("text", ["port = ", "no_such_setting = 1\n", "[model]\nmodle = 'x'\n"])
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "penfriend.toml").write_text(text)
    with pytest.raises(WrongSetting, match=r"penfriend\.toml"):
        read_settings(tmp_path)


def test_a_keyring_in_the_environment_needs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring.generate()
    monkeypatch.setenv("PENFRIEND_KEYRING", dump_keyring(ring))
    assert read_settings().load_keyring().to_strings() == ring.to_strings()


def test_secrets_do_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring.generate()
    monkeypatch.setenv("PENFRIEND_KEYRING", dump_keyring(ring))
    monkeypatch.setenv("PENFRIEND_MODEL__API_KEY", "sk-secret")
    shown = repr(read_settings())
    assert "sk-secret" not in shown
    assert ring.to_strings()[0] not in shown
