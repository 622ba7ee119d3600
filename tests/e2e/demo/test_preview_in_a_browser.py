"""The demo's pages in a real browser: everything shows, nothing runs, nothing leaves the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from demo import preview
from tests.kit.axe import Axe
from tests.unit.demo.results import HTML, a_block, a_result

SCRIPT = "<script>top.document.title = 'pwned'</script><img src=x onerror=\"top.document.title = 'pwned'\">"
VIEWS = [((1280, 900), "light"), ((390, 800), "dark")]
"""Sizes decide on what fits, schemes on what can be read: each is looked at once."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Previews of a plain and of a hostile e-mail."""
    place = tmp_path_factory.mktemp("previews")
    pictures = place / "pictures"
    pictures.mkdir()
    hostile = a_result(
        id="msg_hostile",
        flow="newsletter",
        subject=f"Hello {SCRIPT}",
        html=HTML.replace("<p>", f"{SCRIPT}<p>"),
        blocks=[a_block(text=f"A line {SCRIPT}")],
    )
    results = [a_result(), hostile]
    for result in results:
        for pick in result.picks:
            Image.new("RGB", (60, 60), "#1f5c4d").save(pictures / f"{pick.product_id}.jpg")
    preview.write(results, place / "out", pictures=pictures)
    return place / "out"


def opened(browser: Browser, path: Path, **context: object) -> tuple[Page, list[str]]:
    """The page, and every request that was for anything but a local file or inline data."""
    page = browser.new_page(**context)  # type: ignore[arg-type]
    outside: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "about:")):
            outside.append(request.url)

    page.on("request", note)
    page.goto(path.as_uri())
    return page, outside


@pytest.mark.parametrize(("size", "scheme"), VIEWS, ids=["desktop-light", "phone-dark"])
def test_every_page_reads_well_and_asks_nobody(
    browser: Browser, folder: Path, size: tuple[int, int], scheme: str
) -> None:
    pages = sorted(folder.glob("*.html"))
    assert len(pages) == 3
    for path in pages:
        viewport = {"width": size[0], "height": size[1]}
        page, outside = opened(browser, path, viewport=viewport, color_scheme=scheme)
        assert outside == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{path.name} scrolls sideways"
        )
        problems = [found["id"] for found in Axe().run(page).response["violations"]]
        assert problems == [], path.name
        page.close()


def test_what_a_product_or_a_model_says_never_runs(browser: Browser, folder: Path) -> None:
    for path in sorted(folder.glob("*.html")):
        page, _ = opened(browser, path)
        page.wait_for_timeout(200)
        assert page.title() != "pwned"
        assert page.get_by_text("<script>").count() or "newsletter" not in path.name
        page.close()


def test_the_e_mail_is_shown_in_its_frame_beside_its_why(browser: Browser, folder: Path) -> None:
    page, _ = opened(browser, next(folder.glob("*abandoned_cart*.html")))
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_text("Hello Inês")).to_be_visible()
    expect(page.get_by_text("left Ceramic Dripper, Sea Salt in the basket").first).to_be_visible()
    expect(page.get_by_text("Your dripper is still in the basket").first).to_be_visible()
    page.close()
