"""Pictures of every page of the studio, from the demo shop: `make demo`, then `make screenshots`.

Serves a copy of the demo's home, signs in as its owner, and writes `docs/pictures/studio/*.png`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from api import comparing, runs
from api.house import open_house
from api.settings import read_settings
from composer.comparing import store
from composer.comparing.model import TEMPLATES, NewComparison, Side
from composer.links import OWN_PAGE, Links
from composer.runs.preflight.model import PreflightRequest
from store import clock

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "pictures" / "studio"
PATIENCE_MS = 300_000
WIDE, NARROW = (1280, 860), (390, 844)
COMPARED, PAIRS, RECIPIENTS = "newsletter", 4, 12
CUSTOMER, CAMPAIGN = "hr-10001", "abandoned_cart"
PAGES: dict[str, str] = {
    "overview": "",
    "review": "/review",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/newsletter",
    "brand-versions": "/brand/hollin-row/versions",
    "runs": "/runs",
    "customers": "/customers",
    "customer": f"/customers/{CUSTOMER}",
    "reports": "/reports",
    "experiments": "/experiments",
    "compare": "/compare/new",
    "learned": "/lessons",
    "learned-from-outcomes": "/lessons/outcomes",
    "team": "/team",
    "audit": "/audit",
}
"""Pages with an address of their own, by the name of their picture."""
REACHED: dict[str, tuple[str, ...]] = {
    "queue": ("/review", "a[href*='/studio/review/']"),
    "run": ("/runs", "a[href*='/studio/runs/run_']"),
    "pair": ("/compare", "main a[href*='/studio/compare/cpr_']", "text=Begin to read"),
    "email": (f"/customers/{CUSTOMER}", "main a[href*='/studio/emails/']"),
}
"""Pages that are reached by links of others: from where, and by which."""


def main() -> None:
    """Take them all, at 1280 pixels in the light and at 390 in the dark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / ".penfriend", help="a home with the demo shop in it")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--port", type=int, default=8765)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with _served(given.home, given.port) as link, sync_playwright() as playwright:
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        _take_all(browser, link, given.out)
        token = Links(read_settings(given.home).load_keyring()).own_page_token(CUSTOMER, CAMPAIGN, clock.now().date())
        _take_own_page(browser, f"{link.split('/studio')[0]}/{OWN_PAGE}/{token}", given.out)
        browser.close()


@contextmanager
def _served(home: Path, port: int) -> Iterator[str]:
    """`penfriend studio` over a copy of `home` with a run and a comparison in it; yields the link that signs in."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(home, Path(folder) / "home", ignore=shutil.ignore_patterns("local-model.*"))
        asyncio.run(_furnish(copy))
        command = [sys.executable, "-m", "api", "studio", "--no-browser", "--port", str(port), "--home", str(copy)]
        env = {**os.environ, "PENFRIEND_LOG_LEVEL": "ERROR"}
        served = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
        try:
            yield _link(served)
        finally:
            served.terminate()
            served.wait()


async def _furnish(home: Path) -> None:
    """What the demo leaves to its visitors: a comparison, and a run for a dozen customers, begun."""
    a, b = Side(campaign=COMPARED), Side(campaign=COMPARED, model=TEMPLATES)
    audience = {"kind": "everyone", "limit": RECIPIENTS}
    request = PreflightRequest.model_validate({"audience": audience, "occasion": "pictures", "review": {"gate": True}})
    async with open_house(read_settings(home)) as house:
        made = await comparing.start(house, NewComparison(name="The model or templates", a=a, b=b, pairs=PAIRS))
        while made.status == "writing":
            await asyncio.sleep(1)
            async with house.database.session(readonly=True) as session:
                made = await store.get(session, made.id)
        await runs.start(house, COMPARED, request)


def _link(served: subprocess.Popen[str]) -> str:
    assert served.stderr is not None
    for line in served.stderr:
        found = re.search(r"http://\S+/link/\S+", line)
        if found:
            return found[0]
    raise SystemExit("The studio did not start.")


def _take_all(browser: Browser, link: str, out: Path) -> None:
    signing_in = browser.new_page()
    signing_in.goto(link)
    signing_in.get_by_role("button", name="Go on").click()
    signing_in.wait_for_url("**/studio")
    state = signing_in.context.storage_state()
    signing_in.goto(f"{link.split('/studio')[0]}/studio/runs")
    signing_in.locator("a[href*='/studio/runs/run_']").first.click()
    signing_in.get_by_text("Completed").first.wait_for(timeout=PATIENCE_MS)
    origin = link.split("/studio")[0] + "/studio"
    for scheme, (width, height) in (("light", WIDE), ("dark", NARROW)):
        context = browser.new_context(
            storage_state=state,
            color_scheme="light" if scheme == "light" else "dark",
            viewport={"width": width, "height": height},
        )
        page = context.new_page()
        for name, address in PAGES.items():
            page.goto(origin + address)
            _take(page, out / f"{name}-{scheme}.png")
        for name, (address, *links) in REACHED.items():
            page.goto(origin + address)
            for link_to in links:
                page.locator(link_to).first.click()
                page.wait_for_load_state("networkidle")
            _take(page, out / f"{name}-{scheme}.png")
        context.close()


def _take_own_page(browser: Browser, address: str, out: Path) -> None:
    """What a reader sees behind the link in their e-mail, on a phone."""
    page = browser.new_page(color_scheme="dark", viewport={"width": NARROW[0], "height": NARROW[1]})
    page.goto(address)
    _take(page, out / "own-page-dark.png")


def _take(page: Page, place: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=place)
    print(place.relative_to(ROOT) if place.is_relative_to(ROOT) else place)  # noqa: T201


if __name__ == "__main__":
    main()
