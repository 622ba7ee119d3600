"""axe-core in a page: what of it somebody with an assistive technology, or with weak eyes, could not use."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS
from axe_playwright_python.sync_playwright import Axe as Injecting
from playwright.sync_api import Page

BUSY = ".htmx-request, .htmx-swapping, .htmx-settling"
"""What asks for something, or is about to change."""


class Axe(Injecting):  # type: ignore[misc]  # the library has no types
    """Tells what is wrong alone, and is put into a document once: both is half of what a second look costs."""

    def run(
        self,
        page: Page,
        context: str | list[Any] | dict[str, Any] | None = None,
        options: dict[str, Any] | None = DEFAULT_OPTIONS,
    ) -> AxeResults:
        """Look the page through once all that it is made of is there; `context` and `options` are axe's own."""
        page.wait_for_load_state()
        page.wait_for_selector(BUSY, state="detached")
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.axe_script)
        arguments = self._format_script_args(context=context, options=options)
        return AxeResults(page.evaluate(f"axe.run({arguments}).then(({{ violations }}) => ({{ violations }}))"))
