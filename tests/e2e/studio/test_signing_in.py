"""In a real browser: an invitation, a password, a role, a verified log; and the API's documentation."""

from __future__ import annotations

from playwright.sync_api import Page, Request, expect

from tests.kit.axe import Axe
from tests.kit.studio import Studio, before_the_scripts

PASSWORD = "four words in a row"


def quiet(page: Page, studio: Studio) -> list[str]:
    """What the page did that no page may: ask another host, or fail in its scripts or policy."""
    wrong: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((studio.url.removesuffix("/studio"), "data:")):
            wrong.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


def test_somebody_is_invited_chooses_a_password_and_comes_back_with_it(studio: Studio) -> None:
    admin = studio.signed_in("admin").new_page()
    wrong = quiet(admin, studio)
    admin.goto(f"{studio.url}/team")
    admin.get_by_label("Name", exact=True).fill("Zoe <b>Quinn</b>")
    admin.get_by_label("E-mail address").fill("zoe@shop.example")
    admin.get_by_role("button", name="Make a link").click()
    link = admin.get_by_label("Link", exact=True).input_value()
    expect(admin.get_by_role("heading", name="A link for Zoe <b>Quinn</b>")).to_be_visible()
    assert Axe().run(admin).violations_count == 0

    context = studio.browser.new_context()
    page = context.new_page()
    wrong_too = quiet(page, studio)
    page.goto(link)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("Your password is saved.")).to_be_visible()
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("E-mail address").fill("zoe@shop.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio")
    expect(page.get_by_role("link", name="Team")).to_have_count(0)

    admin.goto(f"{studio.url}/team")
    person = admin.get_by_role("listitem").filter(has_text="zoe@shop.example")
    expect(person.get_by_role("button", name="Save")).to_be_hidden()
    person.get_by_role("combobox").select_option("admin")
    with admin.expect_response(lambda answer: answer.request.method == "POST"):
        person.get_by_role("button", name="Save").click()
    page.reload()
    expect(page.get_by_role("link", name="Team")).to_be_visible()
    assert (wrong, wrong_too) == ([], [])
    context.close()


def test_a_role_chosen_before_the_scripts_came_can_be_saved(studio: Studio) -> None:
    page = studio.signed_in("admin").new_page()
    role = page.get_by_label("Role of Viewer", exact=True)
    with before_the_scripts(page, f"{studio.url}/team"):
        role.select_option("reviewer")
    page.get_by_role("listitem").filter(has=role).get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("Saved")
    expect(role).to_have_value("reviewer")


def test_the_chain_is_verified_without_leaving_the_page(studio: Studio) -> None:
    page = studio.signed_in("admin").new_page()
    wrong = quiet(page, studio)
    page.goto(f"{studio.url}/audit")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("entries are as they were written")).to_be_visible()
    assert page.url.endswith("/audit")
    assert wrong == []


def test_an_error_is_a_page_that_everybody_can_read(studio: Studio) -> None:
    page = studio.signed_in("viewer", color_scheme="dark").new_page()
    page.goto(f"{studio.url}/no-such-page")
    expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_apis_documentation_is_drawn_from_our_own_files_under_a_strict_policy(studio: Studio) -> None:
    # Every endpoint is drawn, which takes a browser longer than any page of ours.
    page = studio.signed_in("viewer").new_page()
    wrong = quiet(page, studio)
    answer = page.goto(f"{studio.url.removesuffix('/studio')}/docs")
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.get_by_text("/v1/compose", exact=True).first.click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    assert wrong == []
