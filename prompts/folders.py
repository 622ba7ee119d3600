"""Changed prompts in folders of their own: what lies in one is laid over a whole library, the rest stays.

Only folders that are listed can be opened, by their name alone: no path comes from outside.
"""

from __future__ import annotations

from pathlib import Path

from prompts.library import Library, UnknownEntry, content_hash


class UnknownFolder(UnknownEntry):
    """There is no such folder of changed prompts."""

    reason = "unknown_prompts_folder"


def names(root: Path) -> list[str]:
    """The folders directly in `root`, sorted; none where there is no such place. What only leads elsewhere is none."""
    if not root.is_dir():
        return []
    inside = root.resolve()
    return sorted(one.name for one in root.iterdir() if one.is_dir() and one.resolve().parent == inside)


def load(root: Path, name: str, base: Library) -> Library:
    """`base` with the files of one folder in place of its own.

    Raises UnknownFolder, InvalidLibraryFile, InvalidPrompt.
    """
    if name not in names(root):
        known = ", ".join(names(root)) or "none"
        raise UnknownFolder("There is no such folder of changed prompts.", fix=f"Choose one of these: {known}.")
    return base.with_folder(root / name)


def digest(library: Library) -> str:
    """One hash of all its files: another one means other prompts."""
    return content_hash("\n".join(f"{path} {of}" for path, of in library.manifest().items()))
