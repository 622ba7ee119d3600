"""The two plain pages a reader of an e-mail may meet: "stop these e-mails?" and "done"."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body{{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1.2rem}}
button{{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:.4rem;background:#1f5c4d;color:#fff;cursor:pointer}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


def confirm_unsubscribe(brand: str | None) -> str:
    """Asks; the form posts to the same address. Nothing has happened yet."""
    whose = f" from {escape(brand)}" if brand else ""
    return _PAGE.format(
        title="Stop these e-mails?",
        body=f"<p>You will get no more marketing e-mails{whose}.</p>"
        '<form method="post"><input type="hidden" name="confirm" value="yes">'
        '<button type="submit">Unsubscribe</button></form>',
    )


def unsubscribed(brand: str | None) -> str:
    """Says that it is done."""
    whose = f" from {escape(brand)}" if brand else ""
    return _PAGE.format(title="Done", body=f"<p>You will get no more marketing e-mails{whose}.</p>")


def broken_link() -> str:
    """For a token that is damaged or signed by another key."""
    return _PAGE.format(
        title="This link does not work",
        body="<p>It may have been cut off. Open it again from the e-mail, or reply to the e-mail and ask.</p>",
    )
