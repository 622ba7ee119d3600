"""Loading refuses what is wrong, with words that say where and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from catalog.model import PickKind
from prompts import vocabulary
from prompts.library import ArtifactMismatch, InvalidLibraryFile, Library, UnknownEntry, content_hash
from prompts.model import FlowName
from prompts.template import InvalidPrompt

FLOW, FALLBACK = "flows/newsletter.yaml", "fallbacks/en/newsletter.yaml"


def test_the_shipped_library_has_all_twelve_flows_with_an_english_fallback(shipped: Library) -> None:
    assert {flow.name for flow in shipped.flows} == set(get_args(FlowName))
    assert all(shipped.fallback(name, "en").flow == name for name in get_args(FlowName))


def test_pick_kinds_are_the_catalogs() -> None:
    assert set(get_args(PickKind)) == vocabulary.PICK_KINDS


def test_the_abandoned_cart_comes_after_one_hour_a_day_and_two_and_a_half(shipped: Library) -> None:
    assert [step.after for step in shipped.flow("abandoned_cart").steps] == ["PT1H", "P1D", "PT60H"]


def test_no_flow_may_say_what_was_viewed_searched_or_inferred(shipped: Library) -> None:
    for flow in shipped.flows:
        assert not set(flow.memory.say) & {"view", "search", "engagement", "lifecycle", "cadence", "birthday"}


def test_a_regional_locale_falls_back_to_its_language_and_then_to_english(files: dict[str, str]) -> None:
    german = files[FALLBACK].replace("locale: en", "locale: de").replace("In short.", "Kurz gesagt.")
    library = Library(files | {"fallbacks/de/newsletter.yaml": german})
    assert library.fallback("newsletter", "de-AT").locale == "de"
    assert library.fallback("newsletter", "fr_FR").locale == "en"


def test_unknown_names_list_the_known_ones(files: dict[str, str]) -> None:
    library = Library(files)
    for look_up in (library.flow, library.layout, library.prompt):
        with pytest.raises(UnknownEntry, match="Known: "):
            look_up("nothing")
    with pytest.raises(UnknownEntry, match="newsletter"):
        library.fallback("nothing", "en")


@pytest.mark.parametrize(
    ("path", "old", "new", "pointer", "word"),
    [
        (FLOW, "kind: campaign", "kind: campain", "/kind", "campaign"),
        (FLOW, "tones:", "moods: [x]\ntones:", "/moods", "not permitted"),
        (FLOW, "needs: [offer]", "needs: [moonlight]", "/angles/1/needs", "moonlight"),
        (FLOW, "{name: plain, instruction: Be plain.}", "{name: p, instruction: x, needs: [offer]}",
         "/angles/0/needs", "always be possible"),
        (FLOW, "say: [purchase]", "say: [view]", "/memory/say", "view"),
        (FLOW, "say: [purchase]", "say: [cart]", "/memory/say", "cart"),
        (FLOW, "kinds: [interest]", "kinds: [magic]", "/picks/kinds", "magic"),
        (FLOW, "name: newsletter", "name: welcome", None, "welcome.yaml"),
        (FLOW, "tones: [plain]", "tones: [plain", "line", "not YAML"),
        (FALLBACK, "locale: en", "locale: de", "/locale", "folder"),
        (FALLBACK, "needs: [offer]", "needs: [luck]", "/blocks/opening/1/needs", "luck"),
        (FALLBACK, ", needs: [offer]", "", "/blocks/opening/1", "Add offer to its needs"),
        (FALLBACK, "{{ brand.name }}", "{{ customer.name }}", "/blocks/subject/0", "customer"),
        (FALLBACK, "{{ brand.name }}", "{{ brand.name", "/blocks/subject/0", "Jinja"),
        (FALLBACK, '[{text: "Bye."}]', '[{text: "Bye.", steps: [issue]}]', "/blocks/closing", "always works"),
        (FALLBACK, '[{text: "Bye."}]', '[{text: "Bye."}, {text: "So.", steps: [dawn]}]',
         "/blocks/closing/1/steps", "dawn"),
        ("phrases/en.yaml", "made of {lower}", "made of it", "/material", "no place for the value"),
        ("layouts/plain/text.jinja", "{{ subject }}", "{{ subject", "line 1", "Jinja"),
        ("layouts/plain/strings.yaml", "en:", "de:", None, "under en"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(
    files: dict[str, str], path: str, old: str, new: str, pointer: str | None, word: str
) -> None:
    assert old in files[path]
    with pytest.raises(InvalidLibraryFile) as caught:
        Library(files | {path: files[path].replace(old, new)})
    assert path in caught.value.message
    assert word in str(caught.value)
    assert pointer is None or (caught.value.pointer or "").startswith(pointer)


def test_strings_of_a_second_language_must_have_the_same_keys(files: dict[str, str]) -> None:
    with pytest.raises(InvalidLibraryFile, match="greeting"):
        Library(files | {"layouts/plain/strings.yaml": "en: {greeting: Hello}\nde: {gruss: Hallo}\n"})


def test_a_layout_without_its_text_is_refused(files: dict[str, str]) -> None:
    del files["layouts/plain/text.jinja"]
    with pytest.raises(InvalidLibraryFile, match=r"text\.jinja is missing"):
        Library(files)


def test_a_folder_without_all_flows_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidLibraryFile, match=r"flows/welcome\.yaml"):
        Library.load(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "welcome.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InvalidLibraryFile, match="UTF-8"):
        Library.load(tmp_path)


def test_versions_follow_the_content(files: dict[str, str]) -> None:
    before, after = Library(files), Library(files | {FALLBACK: files[FALLBACK].replace("Bye", "So long")})
    assert before.fallback("newsletter", "en").version != after.fallback("newsletter", "en").version
    assert before.flow("newsletter").version == after.flow("newsletter").version == content_hash(files[FLOW])


def test_a_layouts_version_covers_all_its_files(files: dict[str, str]) -> None:
    changed = files | {"layouts/plain/strings.yaml": "en: {greeting: Good day}\n"}
    assert Library(files).layout("plain").version != Library(changed).layout("plain").version


def test_a_record_rebuilds_what_it_rests_on(shipped: Library) -> None:
    paths = shipped.paths_for("vip", "en-GB")
    stored = Library.from_artifacts(shipped.manifest(paths), shipped.artifacts(paths))
    assert stored.fallback("vip", "en-GB") == shipped.fallback("vip", "en-GB")
    assert stored.layout() == shipped.layout()
    assert stored.flow("vip") == shipped.flow("vip")


def test_altered_or_missing_artifacts_are_noticed(files: dict[str, str]) -> None:
    library = Library(files)
    manifest, artifacts = library.manifest(), library.artifacts()
    digest = manifest[FLOW]
    with pytest.raises(ArtifactMismatch, match="altered"):
        Library.from_artifacts(manifest, artifacts | {digest: "name: other"})
    del artifacts[digest]
    with pytest.raises(ArtifactMismatch, match="missing"):
        Library.from_artifacts(manifest, artifacts)


def test_phrases_come_with_the_fallback_of_their_language(files: dict[str, str]) -> None:
    assert Library(files).fallback("newsletter", "en-GB").phrases == {"material": "made of {lower}"}


def test_a_prompt_is_rendered_into_messages(files: dict[str, str]) -> None:
    prompt = Library(files).prompt("line")
    messages = prompt.render(product="Moka Pot <3")
    assert [(message.role, message.content) for message in messages] == [
        ("system", "You write one line."),
        ("user", "Product: Moka Pot <3"),
    ]
    assert (prompt.max_tokens, prompt.stop) == (60, ("\n\n",))
    assert prompt.label == f"line@{content_hash(files['write/line.jinja'])[:12]}"


@pytest.mark.parametrize(
    ("variables", "word"), [({}, "misses product"), ({"product": "x", "price": "y"}, "does not know price")]
)
def test_a_missing_or_unknown_variable_is_named(files: dict[str, str], variables: dict[str, str], word: str) -> None:
    with pytest.raises(InvalidPrompt, match=word):
        Library(files).prompt("line").render(**variables)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("{{ product }}", "{{ product }} {{ price }}", "price"),
        ("Product: {{ product }}", "Product.", "declares product"),
        ("=== user", "=== human", "line 9"),
        ("=== system", "Some text\n=== system", "line 7"),
        ("{{ product }}", "{% if product %}", "line 10"),
        ("max_tokens: 60", "max_tokens: 0", "/max_tokens"),
        ("max_tokens: 60", "tokens: 60", "/tokens"),
        ("---\nvariables", "variables", "front matter"),
    ],
)
def test_a_wrong_prompt_file_is_refused_with_its_place(files: dict[str, str], old: str, new: str, place: str) -> None:
    text = files["write/line.jinja"].replace(old, new, 1)
    with pytest.raises(InvalidPrompt) as caught:
        Library(files | {"write/line.jinja": text})
    assert place in str(caught.value)


def test_a_sandboxed_line_cannot_reach_python(files: dict[str, str]) -> None:
    text = files["write/line.jinja"].replace("{{ product }}", "{{ product.__class__.__mro__ }}")
    prompt = Library(files | {"write/line.jinja": text}).prompt("line")
    with pytest.raises(Exception, match="unsafe"):
        prompt.render(product="x")
