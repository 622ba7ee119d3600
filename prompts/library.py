"""Loads, validates and versions the data of this folder: flows, fallbacks, layouts, prompts.

A `Library` is a pure function of its files (relative path to text), so a compose record that stores the files
it used (`manifest`, `artifacts`) can build the same library again and replay (`from_artifacts`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TypeVar, get_args

import yaml
from jinja2 import Environment, TemplateSyntaxError, meta
from jinja2.nodes import Template
from pydantic import BaseModel, ValidationError

from prompts import vocabulary
from prompts.environment import html_environment, text_environment
from prompts.model import BLOCKS, Fallback, FallbackLine, Flow, FlowName, Layout
from prompts.template import PromptTemplate, parse_prompt
from prompts.wording import ENGLISH, Wording
from store.errors import InvalidInput, NotFound
from store.plain_yaml import read_yaml

PACKAGE_FOLDER = Path(__file__).parent
DEFAULT_LOCALE = "en"
_PATTERNS = (
    "flows/*.yaml", "phrases/*.yaml", "wording/*.yaml", "fallbacks/*/*.yaml", "layouts/*/*", "write/*.jinja"
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\{(?:|lower|a|list|place)\}")
_IN_A_LANGUAGE = re.compile(r"^(write/.+)\.[a-z]{2}(?:-\w+)*\.jinja$")
_M = TypeVar("_M", bound=BaseModel)


class InvalidLibraryFile(InvalidInput):
    """A file of the library is not as it must be: the message names file, field and fix."""

    reason = "invalid_library_file"


class UnknownEntry(NotFound):
    """The library has no such flow, fallback, prompt or layout."""

    reason = "unknown_library_entry"


class ArtifactMismatch(InvalidInput):
    """Stored text is missing or does not hash to what the manifest says."""

    reason = "artifact_mismatch"


def content_hash(text: str) -> str:
    """SHA-256 of the UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class Library:
    """Everything under `prompts/`, validated. Build it once and share it: it never changes."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files` maps a path like `flows/welcome.yaml` to its text.

        Raises InvalidLibraryFile or InvalidPrompt for the first file that is wrong.
        """
        self._files = dict(sorted(files.items()))
        self._flows: dict[str, Flow] = {flow.name: flow for flow in map(self._flow, self._matching("flows/*.yaml"))}
        self._phrases = dict(map(self._phrase_table, self._matching("phrases/*.yaml")))
        self._wordings = dict(map(self._wording, self._matching("wording/*.yaml")))
        self._fallbacks = dict(map(self._fallback, self._matching("fallbacks/*/*.yaml")))
        self._prompts = dict(map(self._prompt, self._matching("write/*.jinja")))
        self._layouts = {name: self._layout(name) for name in self._layout_names()}

    @classmethod
    def load(cls, folder: Path | None = None) -> Library:
        """Read a whole folder (default: the one shipped with the package, which is read once a process).

        Raises InvalidLibraryFile, InvalidPrompt; also when one of the twelve flows, its English fallback, or
        the default layout is missing.
        """
        if folder is None:
            return _shipped()
        library = cls(_files_in(folder))
        library._require_complete(folder)
        return library

    def with_folder(self, folder: Path) -> Library:
        """This library with the files of a folder in place of its own; the folder need not be complete.

        Raises InvalidLibraryFile, InvalidPrompt; also when nothing in it is a file of a library.
        """
        files = _files_in(folder)
        if not files:
            raise InvalidLibraryFile(
                f"The folder {folder.name} has no files that would change anything.",
                fix="Lay files in it as they lie in prompts/: write/opening.jinja, flows/win_back.yaml …",
            )
        return Library(
            {**{path: text for path, text in self._files.items() if not _is_told_anew(path, files)}, **files}
        )

    @classmethod
    def from_artifacts(cls, manifest: Mapping[str, str], artifacts: Mapping[str, str]) -> Library:
        """The library of a record: `manifest` maps paths to hashes, `artifacts` hashes to texts.

        Raises ArtifactMismatch when a text is missing or altered.
        """
        files: dict[str, str] = {}
        for path, digest in manifest.items():
            text = artifacts.get(digest)
            if text is None or content_hash(text) != digest:
                state = "missing" if text is None else "altered"
                raise ArtifactMismatch(f"{path} ({digest[:12]}) is {state} in the record.", pointer=f"/{path}")
            files[path] = text
        return cls(files)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All flows, by name."""
        return tuple(self._flows.values())

    def flow(self, name: str) -> Flow:
        """Raises UnknownEntry that lists the known flows."""
        return _entry(self._flows, name, "flow")

    def fallback(self, flow: str, locale: str) -> Fallback:
        """The templated blocks for a flow in the nearest language: `de-AT`, then `de`, then `en`.

        Raises UnknownEntry when not even the English set is there.
        """
        for candidate in _nearest(locale):
            found = self._fallbacks.get((candidate, flow))
            if found is not None:
                return found
        raise UnknownEntry(f"No fallback for flow {flow}.", fix=f"Known: {_names(f for _, f in self._fallbacks)}.")

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that every flow has templates in, sorted."""
        spoken = {locale for locale, _ in self._fallbacks}
        return tuple(sorted(one for one in spoken if all((one, flow) in self._fallbacks for flow in self._flows)))

    def speaks(self, flow: str, locale: str) -> bool:
        """Whether a flow has templates in the language of a locale: else `fallback` gives the English ones."""
        return any((one, flow) in self._fallbacks for one in _nearest(locale)[:-1])

    def wording(self, locale: str) -> Wording:
        """The words that all flows share, in the nearest language; the English ones where it has none."""
        return next((self._wordings[one] for one in _nearest(locale) if one in self._wordings), ENGLISH)

    @property
    def prompts(self) -> tuple[PromptTemplate, ...]:
        """All prompts, by name."""
        return tuple(self._prompts.values())

    def prompt(self, name: str) -> PromptTemplate:
        """The prompt in `write/<name>.jinja`. Raises UnknownEntry that lists the known prompts."""
        return _entry(self._prompts, name, "prompt")

    def prompt_in(self, name: str, locale: str) -> PromptTemplate:
        """The prompt that is written in the language of a locale (`write/<name>.de.jinja`), else the one for all.

        Raises UnknownEntry as `prompt` does.
        """
        own = (f"{name}.{one}" for one in _nearest(locale)[:-1])
        return self.prompt(next((one for one in own if one in self._prompts), name))

    def layout(self, name: str = "default") -> Layout:
        """Raises UnknownEntry that lists the known layouts."""
        return _entry(self._layouts, name, "layout")

    def manifest(self, paths: Iterable[str] | None = None) -> dict[str, str]:
        """Path to content hash, for all files or only for `paths`."""
        chosen = self._files if paths is None else paths
        return {path: content_hash(self._files[path]) for path in chosen}

    def artifacts(self, paths: Iterable[str] | None = None) -> dict[str, str]:
        """Content hash to text, for all files or only for `paths`."""
        return {digest: self._files[path] for path, digest in self.manifest(paths).items()}

    def paths_for(self, flow: str, locale: str) -> tuple[str, ...]:
        """The files one e-mail without a model rests on: flow, fallback, layout. Raises UnknownEntry."""
        used = self.fallback(flow, locale)
        names = (f"flows/{self.flow(flow).name}", f"fallbacks/{used.locale}/{flow}", f"phrases/{used.locale}",
                 f"wording/{used.locale}")  # fmt: skip
        wanted = {f"{name}.yaml" for name in names}
        folder = f"layouts/{self.layout().name}/"
        return tuple(path for path in self._files if path in wanted or path.startswith(folder))

    def _matching(self, pattern: str) -> list[str]:
        return [path for path in self._files if PurePosixPath(path).match(pattern)]

    def _flow(self, path: str) -> Flow:
        flow = _parse(Flow, path, self._files[path])
        _check_stem(path, flow.name)
        _check_flow(flow, path)
        return flow

    def _fallback(self, path: str) -> tuple[tuple[str, str], Fallback]:
        fallback = _parse(Fallback, path, self._files[path])
        _check_stem(path, fallback.flow)
        if PurePosixPath(path).parent.name != fallback.locale:
            raise InvalidLibraryFile(
                f"{path} says it is for {fallback.locale}.", pointer="/locale", fix="Move it to that folder."
            )
        _check_fallback(fallback, self._flows.get(fallback.flow), path)
        own = {"phrases": self._phrases.get(fallback.locale, {}), "wording": self.wording(fallback.locale)}
        return (fallback.locale, fallback.flow), fallback.model_copy(update=own)

    def _wording(self, path: str) -> tuple[str, Wording]:
        wording = _parse(Wording, path, self._files[path])
        _check_stem(path, wording.language)
        return wording.language, wording

    def _phrase_table(self, path: str) -> tuple[str, dict[str, str]]:
        data = _yaml(path, self._files[path])
        if not isinstance(data, dict):
            raise InvalidLibraryFile(f"{path} is not a mapping.", pointer="line 1", fix="Write attribute: pattern.")
        for name, pattern in data.items():
            if not isinstance(pattern, str) or not _PLACEHOLDER.search(pattern):
                raise InvalidLibraryFile(
                    f"{path}: the pattern has no place for the value.",
                    pointer=f"/{name}",
                    fix="Write {} in it.",
                )
        return PurePosixPath(path).stem, data

    def _prompt(self, path: str) -> tuple[str, PromptTemplate]:
        name, text = PurePosixPath(path).stem, self._files[path]
        return name, parse_prompt(name, text, content_hash(text), path)

    def _layout_names(self) -> list[str]:
        return sorted({PurePosixPath(path).parts[1] for path in self._matching("layouts/*/*")})

    def _layout(self, name: str) -> Layout:
        folder = f"layouts/{name}"
        parts = {part: self._required(f"{folder}/{part}") for part in ("layout.mjml", "text.jinja")}
        strings = _parse_strings(f"{folder}/strings.yaml", self._required(f"{folder}/strings.yaml"))
        _parsed(html_environment(), parts["layout.mjml"], f"{folder}/layout.mjml")
        _parsed(text_environment(), parts["text.jinja"], f"{folder}/text.jinja")
        files = sorted(path for path in self._files if path.startswith(f"{folder}/"))
        return Layout(
            name=name,
            mjml=parts["layout.mjml"],
            text_template=parts["text.jinja"],
            strings=strings,
            version=content_hash("\n".join(self.manifest(files).values())),
        )

    def _required(self, path: str) -> str:
        if path not in self._files:
            raise InvalidLibraryFile(f"{path} is missing.", fix="A layout has layout.mjml, text.jinja, strings.yaml.")
        return self._files[path]

    def _require_complete(self, root: Path) -> None:
        for name in get_args(FlowName):
            if name not in self._flows:
                raise InvalidLibraryFile(f"{root} has no flows/{name}.yaml.", fix="Add the flow.")
            if (DEFAULT_LOCALE, name) not in self._fallbacks:
                raise InvalidLibraryFile(f"{root} has no fallbacks/en/{name}.yaml.", fix="Add the fallback.")
        if "default" not in self._layouts:
            raise InvalidLibraryFile(f"{root} has no layouts/default/.", fix="Add the default layout.")


@cache
def _shipped() -> Library:
    return Library.load(PACKAGE_FOLDER)


def _files_in(folder: Path) -> dict[str, str]:
    paths = sorted(path for pattern in _PATTERNS for path in folder.glob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): _read(path) for path in paths}


def _is_told_anew(path: str, changed: Mapping[str, str]) -> bool:
    """Whether `path` is a prompt in a language (`write/email.de.jinja`) of which the general one was changed: whoever
    changed it means it for all languages, unless they changed that one as well."""
    general = _IN_A_LANGUAGE.sub(r"\1.jinja", path)
    return general != path and general in changed


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidLibraryFile(f"{path} cannot be read: {error}", fix="Check that it is UTF-8 text.") from error


def _nearest(locale: str) -> list[str]:
    language, *regions = locale.replace("_", "-").split("-")
    parts = [language.lower(), *regions]
    return ["-".join(parts[:size]) for size in range(len(parts), 0, -1)] + [DEFAULT_LOCALE]


_E = TypeVar("_E")


def _entry(entries: Mapping[str, _E], name: str, kind: str) -> _E:
    try:
        return entries[name]
    except KeyError:
        raise UnknownEntry(f"No {kind} named {name}.", fix=f"Known: {_names(entries)}.") from None


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"


def _yaml(path: str, text: str) -> object:
    try:
        return read_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidLibraryFile(
            f"{path} is not YAML: {error.problem}.", pointer=f"line {line}", fix="Correct this line."
        ) from error


def _parse(kind: type[_M], path: str, text: str) -> _M:
    data = _yaml(path, text)
    if not isinstance(data, dict):
        raise InvalidLibraryFile(f"{path} is not a mapping.", pointer="line 1", fix="Write it as key: value.")
    try:
        return kind.model_validate({**data, "version": content_hash(text)})
    except ValidationError as error:
        first = error.errors()[0]
        pointer = "/" + "/".join(str(part) for part in first["loc"])
        raise InvalidLibraryFile(f"{path}: {first['msg']}.", pointer=pointer, fix="Correct this field.") from error


def _parse_strings(path: str, text: str) -> dict[str, dict[str, str]]:
    data = _yaml(path, text)
    if not isinstance(data, dict) or DEFAULT_LOCALE not in data:
        raise InvalidLibraryFile(f"{path} has no {DEFAULT_LOCALE} strings.", fix="Add them under en:.")
    wanted = set(data[DEFAULT_LOCALE])
    for locale, strings in data.items():
        if set(strings) != wanted:
            odd = _names(set(strings) ^ wanted)
            raise InvalidLibraryFile(
                f"{path}: {locale} and en have different keys.", pointer=f"/{locale}", fix=f"Align: {odd}."
            )
    return {locale: {key: str(value) for key, value in strings.items()} for locale, strings in data.items()}


def _check_stem(path: str, name: str) -> None:
    if PurePosixPath(path).stem != name:
        raise InvalidLibraryFile(f"{path} holds {name}.", fix=f"Name the file {name}.yaml.")


def _check_words(words: Iterable[str], known: Iterable[str], path: str, pointer: str) -> None:
    unknown = sorted(set(words) - set(known))
    if unknown:
        raise InvalidLibraryFile(
            f"{path}: unknown word {', '.join(unknown)}.", pointer=pointer, fix=f"Known: {_names(known)}."
        )


def _check_flow(flow: Flow, path: str) -> None:
    if flow.kind == "transactional" and flow.offers:
        raise InvalidLibraryFile(
            f"{path}: a transactional e-mail makes no offer.",
            pointer="/offers",
            fix="Remove them, or call it triggered.",
        )
    _check_words(flow.requires, vocabulary.REQUIRES, path, "/requires")
    _check_words(flow.memory.use, vocabulary.FACT_KINDS, path, "/memory/use")
    _check_words(flow.memory.say, set(flow.memory.use) - vocabulary.NEVER_SAID, path, "/memory/say")
    _check_words(flow.picks.kinds, vocabulary.PICK_KINDS, path, "/picks/kinds")
    _check_words(flow.picks.lead, vocabulary.LEADS.keys() & set(flow.picks.kinds), path, "/picks/lead")
    for index, angle in enumerate(flow.angles):
        _check_words(angle.needs, vocabulary.ANGLE_NEEDS, path, f"/angles/{index}/needs")
    if not flow.angles or flow.angles[0].needs:
        raise InvalidLibraryFile(
            f"{path}: the first angle must always be possible.",
            pointer="/angles/0/needs",
            fix="Let it need nothing.",
        )


def _check_fallback(fallback: Fallback, flow: Flow | None, path: str) -> None:
    environment = text_environment()
    steps = {step.name for step in flow.steps} if flow else set()
    for block in BLOCKS:
        lines = fallback.blocks.get(block, ())
        if not any(not line.needs and not line.steps for line in lines):
            raise InvalidLibraryFile(
                f"{path}: {block} has no line that always works.",
                pointer=f"/blocks/{block}",
                fix="Add one without needs and steps.",
            )
        for index, line in enumerate(lines):
            pointer = f"/blocks/{block}/{index}"
            _check_line(line, environment, path, pointer)
            if flow:
                _check_words(line.steps, steps, path, f"{pointer}/steps")


def _check_line(line: FallbackLine, environment: Environment, path: str, pointer: str) -> None:
    _check_words(line.needs, vocabulary.LINE_NEEDS, path, f"{pointer}/needs")
    used = meta.find_undeclared_variables(_parsed(environment, line.text, path, pointer))
    _check_words(used, vocabulary.LINE_VARIABLES, path, pointer)
    if "offer" in used and not {"offer", "offer_code", "offer_expires"} & set(line.needs):
        raise InvalidLibraryFile(f"{path}: the line reads offer.", pointer=pointer, fix="Add offer to its needs.")


def _parsed(environment: Environment, text: str, path: str, pointer: str | None = None) -> Template:
    try:
        return environment.parse(text)
    except TemplateSyntaxError as error:
        raise InvalidLibraryFile(
            f"{path}: {error.message}", pointer=pointer or f"line {error.lineno}", fix="Correct the Jinja."
        ) from error
