"""From blocks to the finished e-mail, its record, and back from the record to the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from composer.contract import Path, Rung
from composer.deadline import Deadline
from composer.finish import Finished, Finisher, render_output
from composer.ladder import climb
from composer.links import Links
from composer.panel import Judges, Panel
from composer.plan import make_plan
from composer.record import ComposeRecord, canonical, deflated, seal, unpacked
from composer.render import Renderer
from composer.replay import replay_record
from composer.templates import BlockTemplates, template_email
from composer.timing import Stopwatch
from composer.writing import Writer
from evals.draft import Block, Draft
from evals.judges import Objection
from evals.snapshot import Snapshot
from store.crypto import Keyring
from store.ids import new_email_id
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_memory, make_picks, make_request, make_version
from tests.kit.patience import PATIENCE_S
from tests.kit.writers import BrokenWriter, ScriptedWriter

pytestmark = pytest.mark.anyio

FINISHER = Finisher(LIBRARY, Links(Keyring.generate()))
SOUND = {
    "subject": "Green tea for quiet mornings",
    "pitch:sencha": "Sencha from Shizuoka, Japan, with a soft sweetness at the end.",
}


def sound_writer(rounds: int = 1) -> ScriptedWriter:
    return ScriptedWriter(lambda key, round_: SOUND.get(key), rounds=rounds)


class AgainstMornings:
    """A judge who objects to a word."""

    name = "mornings"

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection]:
        """One objection, or none."""
        return [Objection(reason="No mornings.")] if "mornings" in block.text else []


async def finished(
    writers: Sequence[Writer] = (), panel: Panel | None = None, name: str = "newsletter", **brief: Sequence[str]
) -> Finished:
    flow = LIBRARY.flow(name)
    version, memory, request = make_version(brief={"subjects": ["product"], **brief}), make_memory(), make_request()
    picker = FixedPicker(make_picks())
    plan = make_plan(request, version, flow, memory, picker=picker, shown=(), now=NOW)
    templates = BlockTemplates(LIBRARY.fallback(name, "en-GB"), plan.task, plan.seed)
    watch = Stopwatch()
    climbed = await climb(
        plan.task,
        plan.keys,
        writers=writers,
        templates=templates,
        deadline=Deadline(PATIENCE_S),
        watch=watch,
        panel=panel,
    )
    return FINISHER.finish(request, version, plan, climbed, templates, watch, email_id=new_email_id())


async def test_html_text_and_blocks_say_the_same() -> None:
    result = (await finished([sound_writer()])).result
    for text in SOUND.values():
        assert text in result.subject + result.html
        assert text in result.subject + result.text
    assert "£12.50" in result.html
    assert "£12.50" in result.text
    assert "Hi Maeve," in result.text


async def test_headers_carry_one_click_unsubscribe() -> None:
    headers = (await finished()).result.headers
    assert headers["List-Unsubscribe"].startswith("<https://mail.harbourleaf.example/u/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_the_path_says_whether_a_model_had_a_part_in_it() -> None:
    assert (await finished([sound_writer()])).result.path is Path.MODEL
    assert (await finished()).result.path is Path.TEMPLATE


async def test_each_block_reports_its_rung_and_what_licenses_it() -> None:
    blocks = {block.key: block for block in (await finished([sound_writer()])).result.blocks}
    assert blocks["pitch:sencha"].rung is Rung.MODEL
    assert "product:sencha" in blocks["pitch:sencha"].facts
    assert "f-interest" in blocks["subject"].facts
    assert blocks["cta"].rung is Rung.TEMPLATE_BLOCK


async def test_nothing_private_or_internal_stands_in_the_e_mail() -> None:
    result = (await finished([sound_writer()])).result
    for secret in ("Quillfeather", "maeve.q@post.example", "cus_test"):
        assert secret not in result.html + result.text + result.subject


@pytest.mark.parametrize(
    "writers",
    [
        pytest.param([], id="templates"),
        pytest.param([sound_writer()], id="one model"),
        pytest.param([BrokenWriter("model_timeout"), sound_writer(rounds=2)], id="broken, then another"),
        pytest.param([ScriptedWriter(lambda key, round_: "Only £1!!!", rounds=3)], id="garbage"),
    ],
)
async def test_a_replay_from_the_record_gives_the_same_bytes(writers: list[Writer]) -> None:
    done = await finished(writers)
    stored = ComposeRecord.model_validate(unpacked(deflated(canonical(done.record.model_dump(mode="json")))))
    report = await replay_record(done.result, stored, done.artifacts)
    assert report.identical, report.differences


async def test_the_footer_leads_to_what_is_remembered_in_both_parts() -> None:
    done = await finished()
    url = done.record.preferences_url
    assert url is not None
    assert url.startswith("https://mail.harbourleaf.example/m/")
    assert f'href="{url}"' in done.result.html
    assert f"What we remember about you: {url}" in done.result.text


async def test_a_button_that_names_a_product_leads_to_it() -> None:
    named = (await finished(ctas=["product"])).result
    assert "See the Sencha 100 g: https://harbourleaf.example/p/sencha" in named.text
    other = (await finished(ctas=["short"])).result
    button = {block.key: block.text for block in other.blocks}["cta"]
    assert f"{button}: https://harbourleaf.example/\n" in other.text


async def test_what_was_drawn_is_logged_with_what_it_came_to() -> None:
    sound = await finished(subjects=["question"], ctas=["short"])
    assert sound.result.decision["realised"] == {"subject": "question", "cta": "short", "picks": "3"}
    told = ScriptedWriter(lambda key, round_: {"subject": "Green tea for quiet mornings"}.get(key))
    other = (await finished([told], subjects=["question"])).result
    assert (other.decision["subject"], other.decision["realised"]["subject"]) == ("question", "plain")


async def test_a_record_of_before_there_were_styles_replays_to_the_bytes_of_then() -> None:
    done = await finished(ctas=["product"])
    document = done.record.model_dump(mode="json")
    del document["task"]["subject"], document["task"]["cta"], document["decision"]["choices"]
    old = ComposeRecord.model_validate(document)
    templates = BlockTemplates(LIBRARY.fallback("newsletter", "en-GB"), old.task, old.template_seed)
    draft = template_email(templates, old.task.snapshot)
    sent = render_output(old.envelope(), old.task.snapshot, draft, Renderer(LIBRARY.layout()))
    old = old.model_copy(update={"output_sha256": sent.sha256()})
    report = await replay_record(done.result.model_copy(update=sent.model_dump()), old, done.artifacts)
    assert report.identical, report.differences


async def test_a_record_of_before_that_link_replays_to_the_bytes_of_then() -> None:
    done = await finished()
    document = done.record.model_dump(mode="json")
    del document["preferences_url"]
    old = ComposeRecord.model_validate(document)
    keys = [(block.key.partition(":"), block.text) for block in done.result.blocks]
    blocks = [{"name": name, "product_id": product or None, "text": text} for (name, _, product), text in keys]
    draft = Draft.model_validate({"blocks": blocks})
    sent = render_output(old.envelope(), old.task.snapshot, draft, Renderer(LIBRARY.layout()))
    assert "/m/" not in sent.html + sent.text
    old = old.model_copy(update={"output_sha256": sent.sha256()})
    report = await replay_record(done.result.model_copy(update=sent.model_dump()), old, done.artifacts)
    assert report.identical, report.differences


async def test_a_replay_decides_as_the_judges_did_without_asking_them() -> None:
    done = await finished([sound_writer()], Judges([AgainstMornings()]))
    assert done.result.subject != SOUND["subject"]
    stored = ComposeRecord.model_validate(unpacked(deflated(canonical(done.record.model_dump(mode="json")))))
    assert (await replay_record(done.result, stored, done.artifacts)).identical
    forgotten = stored.model_copy(
        update={"rounds": tuple(round_.model_copy(update={"judged": ()}) for round_ in stored.rounds)}
    )
    assert not (await replay_record(done.result, forgotten, done.artifacts)).identical


async def test_a_replay_names_the_part_that_differs() -> None:
    done = await finished([sound_writer()])
    changed = done.result.model_copy(update={"html": done.result.html.replace("£12.50", "£11.50")})
    report = await replay_record(changed, done.record, done.artifacts)
    assert not report.identical
    assert report.differences[0].startswith("html: at character")


async def test_a_replay_needs_the_templates_of_the_record_not_todays() -> None:
    done = await finished()
    from_record = set(done.record.manifest.values())
    assert set(done.artifacts) == from_record
    assert (await replay_record(done.result, done.record, done.artifacts)).identical


async def test_each_record_names_the_files_of_its_own_flow_whatever_was_written_before() -> None:
    for name in ("newsletter", "vip", "newsletter"):
        done = await finished(name=name)
        assert f"fallbacks/en/{name}.yaml" in done.record.manifest
        assert (await replay_record(done.result, done.record, done.artifacts)).identical


async def test_records_are_addressed_by_their_content() -> None:
    record = (await finished([sound_writer()])).record
    again = ComposeRecord.model_validate(unpacked(deflated(canonical(record.model_dump(mode="json")))))
    assert seal(again) == seal(record)
    assert seal(record.model_copy(update={"customer": "c-2"})).hash != seal(record).hash


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})
