"""Changed prompts: only by name, only from the one place, laid over all that they do not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.model_settings import ModelSettings
from composer.model_writer import ModelWriter
from composer.writers import open_writers, with_prompts
from prompts import folders
from prompts.folders import UnknownFolder
from prompts.library import InvalidLibraryFile
from tests.kit.factories import LIBRARY

pytestmark = pytest.mark.anyio

PROMPT = "write/opening.win_back.jinja"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`warmer` changes one prompt, `empty` nothing, `away` leads elsewhere."""
    root = tmp_path / "prompts"
    (root / "warmer" / "write").mkdir(parents=True)
    shipped = LIBRARY.artifacts([PROMPT]).popitem()[1]
    (root / "warmer" / PROMPT).write_text(f"{shipped}\n")
    (root / "empty").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "away").symlink_to(outside)
    (root / "a file").write_text("no folder")
    return root


def test_only_folders_that_lie_there_are_offered(root: Path) -> None:
    assert folders.names(root) == ["empty", "warmer"]
    assert folders.names(root / "nowhere") == []


@pytest.mark.parametrize("name", ["..", ".", "", "away", "../outside", "warmer/../warmer", "/etc", "a file"])
def test_nothing_else_can_be_opened(root: Path, name: str) -> None:
    with pytest.raises(UnknownFolder) as caught:
        folders.load(root, name, LIBRARY)
    assert caught.value.fix == "Choose one of these: empty, warmer."


def test_what_lies_in_it_is_changed_and_nothing_else(root: Path) -> None:
    changed = folders.load(root, "warmer", LIBRARY)
    before, after = LIBRARY.manifest(), changed.manifest()
    assert {path for path in before if before[path] != after[path]} == {PROMPT}
    assert before.keys() == after.keys()
    assert folders.digest(changed) != folders.digest(LIBRARY)
    assert folders.digest(changed) == folders.digest(folders.load(root, "warmer", LIBRARY))


def test_a_folder_that_changes_nothing_is_told(root: Path) -> None:
    with pytest.raises(InvalidLibraryFile, match="no files that would change anything"):
        folders.load(root, "empty", LIBRARY)


async def test_the_same_model_is_asked_with_them_without_another_connection(root: Path, tmp_path: Path) -> None:
    settings = ModelSettings(model="openai/one", fallback_model="openai/two")
    async with open_writers(settings, LIBRARY, tmp_path) as writers:
        changed = with_prompts(writers, settings, folders.load(root, "warmer", LIBRARY))
        assert all(isinstance(one, ModelWriter) for one in changed)
        assert [one.name for one in changed] == [one.name for one in writers]
        assert [one.model for one in changed] == [one.model for one in writers]
