"""Settings on their way to a process of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.handed_on import Told, as_line, from_line, told
from api.settings import CONFIG_NAME, Settings, WrongSetting
from composer.breaker import State


def test_a_process_gets_the_settings_of_its_parent_with_their_secrets() -> None:
    settings = Settings.model_validate(
        {
            "home": Path("somewhere"),
            "keyring": "clé",
            "model": {"model": "openai/large", "api_key": "sk-1", "temperature": 0.3},
            "runs": {"concurrency": 7, "grace_s": 0.5},
            "smtp": {"host": "relay", "username": "shop", "password": "pä\nss"},
        }
    )
    line = as_line(settings)
    assert line.count(b"\n") == 1
    assert from_line(line).model_dump() == settings.model_dump()


@pytest.mark.parametrize("changed", ["[smtp]\nprot = 25\n", 'log_levl = "x"\n', 'log_level = "DEBUG"\n', "not toml ="])
def test_neither_its_file_nor_the_environment_is_asked_again(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = as_line(settings := Settings(home=tmp_path))
    (tmp_path / CONFIG_NAME).write_text(changed, encoding="utf-8")
    monkeypatch.setenv("PENFRIEND_PORT", "no port")
    assert from_line(line).model_dump() == settings.model_dump()


@pytest.mark.parametrize(
    ("line", "named"),
    [(b'{"smtp": {"port": "pa55word"}}\n', "smtp.port"), (b'{"pa55word', "No settings"), (b"3\n", "No settings")],
)
def test_settings_that_cannot_be_read_are_named_without_their_values(line: bytes, named: str) -> None:
    with pytest.raises(WrongSetting, match=named) as caught:
        from_line(line)
    assert "pa55word" not in str(caught.value)


def test_what_a_process_says_is_told_from_what_else_is_printed() -> None:
    said = Told(metrics="# two\n# lines\n", worker="wrk_1", breakers={"openai/x": State.OPEN})
    assert told(said.as_line()) == said
    assert [told(line) for line in (b"loading\n", b"3\n", b"{}\n", b'{"metrics": "", "also": 1}\n', b"\xff\n")] == [
        None
    ] * 5
