"""The bench that `evals.pytest_plugin` opens for suites that compose e-mails, unless a project names its own."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from api.evaluation import open_bench
from api.settings import read_settings
from evals.harness.bench import Bench


def bench(model: str) -> AbstractAsyncContextManager[Bench]:
    """The product's bench with the settings of this environment. Raises WrongSetting."""
    return open_bench(read_settings().model, model)
