"""Which room may import which (docs: the plan of the house), held by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EVERY_ROOM = {"store", "prompts", "evals", "memory", "catalog", "composer", "api", "demo"}
MAY_IMPORT = {
    "store": {"store"},
    "prompts": {"prompts"},
    "evals": {"evals", "prompts"},
    "memory": {"memory", "store"},
    "catalog": {"catalog", "store"},
    "composer": {"composer", "evals", "prompts", "memory", "catalog", "store"},
    "api": EVERY_ROOM,
    "demo": EVERY_ROOM,
}
LEAVES_FOR_ALL = {"store.errors", "store.plain_yaml"}
"""The error root, which every room raises, and the reader of YAML files. They import nothing of ours."""
HEAVY = {"torch", "litellm", "xllamacpp", "sentence_transformers"}
"""Libraries too slow to load at start-up: imported inside a function, in one module each."""


@dataclass(frozen=True)
class Import:
    """One import statement."""

    importer: str
    """Dotted name of the module it stands in."""
    target: str
    line: int
    hidden: bool
    """Inside a function."""

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module_name(path): path for room in EVERY_ROOM for path in sorted((ROOT / room).rglob("*.py"))}


def _called(function: ast.expr) -> str:
    """The last name of what is called; importlib.import_module(…) is `import_module`."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _targets(node: ast.AST) -> Iterator[str]:
    """Dotted names a statement imports; `from store import errors` is `store.errors`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "relative imports hide the direction"  # noqa: PT018
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            yield full if full in MODULES else node.module
    elif isinstance(node, ast.Call) and _called(node.func).endswith("import_module"):
        named = (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
        yield from (name for name in named if isinstance(name, str))


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _below(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes of a tree, and whether they are inside a function."""
    found = [(tree, False)]
    for node, hidden in found:
        yield node, hidden
        inside = hidden or isinstance(node, FUNCTIONS)
        found += [(child, inside) for child in ast.iter_child_nodes(node)]


@cache
def imports() -> tuple[Import, ...]:
    """Every import statement of every room; read once, and not by who only collects tests."""
    return tuple(
        Import(name, target, getattr(node, "lineno", 0), hidden)
        for name, path in MODULES.items()
        for node, hidden in _below(ast.parse(path.read_text(encoding="utf-8")))
        for target in _targets(node)
    )


def _room(module: str) -> str:
    return module.partition(".")[0]


def own() -> list[Import]:
    """Imports of what is ours."""
    return [found for found in imports() if _room(found.target) in {*EVERY_ROOM, "tests", "benchmarks"}]


def test_every_room_imports_only_what_the_plan_allows() -> None:
    wrong = [
        str(found)
        for found in own()
        if _room(found.target) not in MAY_IMPORT[_room(found.importer)] and found.target not in LEAVES_FOR_ALL
    ]
    assert wrong == []


def test_what_every_room_may_import_is_a_leaf() -> None:
    assert [str(found) for found in own() if found.importer in LEAVES_FOR_ALL] == []


def test_there_are_no_cycles() -> None:
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for found in own():
        graph[found.importer] |= {found.target} - {found.importer}
    TopologicalSorter(graph).prepare()


def test_no_import_of_our_own_is_hidden_in_a_function() -> None:
    assert [str(found) for found in own() if found.hidden] == []


@pytest.mark.parametrize("library", sorted(HEAVY))
def test_a_heavy_library_is_imported_in_one_place_and_not_at_start_up(library: str) -> None:
    found = [one for one in imports() if _room(one.target) == library]
    assert len({one.importer for one in found}) <= 1, [str(one) for one in found]
    assert [str(one) for one in found if not one.hidden] == []


def test_litellm_is_spoken_to_by_the_composers_model_client_only() -> None:
    assert {_room(found.importer) for found in imports() if _room(found.target) == "litellm"} == {"composer"}
