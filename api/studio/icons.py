"""Icons, drawn for the studio: strokes on a 20 × 20 grid, in the colour of the text around them."""

from __future__ import annotations

from markupsafe import Markup

PATHS: dict[str, str] = {
    "overview": "M3 10.5 10 4l7 6.5M5 9v7h10V9",
    "review": "M4 4h12v9H8l-4 3.5zM7 8.5l2 2 4-4",
    "campaigns": "M3 8v4l3 .5L7.5 17H10l-1-4 7 2.5v-11L6 8z",
    "runs": "M3 5h14M3 10h9M3 15h5m7-3v6m-3-3h6",
    "results": "M4 16V9m4 7V5m4 11v-5m4 5V7",
    "compare": "M4 4h5v12H4zm7 0h5v12h-5z",
    "experiments": "M8 3h4M9 3v5l-5 8h12l-5-8V3M6.5 12h7",
    "customers": "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-6 7c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5",
    "lessons": "M10 5c-2-1.5-5-1.5-7-.5v10.5c2-1 5-1 7 .5 2-1.5 5-1.5 7-.5V4.5c-2-1-5-1-7 .5zm0 0v10.5",
    "team": (
        "M7 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zm-5 7c.4-2.6 2.3-4 5-4s4.6 1.4 5 4"
        "m1-7.5a2 2 0 1 0-1-3.8M14 12c2.2.2 3.6 1.6 4 4"
    ),
    "audit": "M6 3h8l2 2v12H4V3zm1 5h6m-6 3h6m-6 3h4",
    "check": "m4 10.5 4 4 8-9",
    "cross": "m5 5 10 10M15 5 5 15",
    "edit": "M4 16l1-4 8-8 3 3-8 8zM12 5l3 3",
    "undo": "M7 5 4 8l3 3M4 8h8a4 4 0 0 1 0 8H8",
    "again": "M16 10a6 6 0 1 1-2-4.5M16 3v3.5h-3.5",
    "mail": "M3 5h14v10H3zm0 .5 7 5.5 7-5.5",
    "phone": "M6 3h8v14H6zm3 11.5h2",
    "desktop": "M3 4h14v9H3zm4 13h6m-3-4v4",
    "moon": "M16 11.5A6.5 6.5 0 1 1 8.5 4a5 5 0 0 0 7.5 7.5z",
    "text": "M4 5h12M4 9h12M4 13h8",
    "code": "m7 6-4 4 4 4m6-8 4 4-4 4",
    "warn": "M10 3.5 17.5 16h-15zM10 8v4m0 2.2v.1",
    "play": "M6 4v12l10-6z",
    "pause": "M6 4h3v12H6zm5 0h3v12h-3z",
    "stop": "M5 5h10v10H5z",
    "search": "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zm4.5-1.5L17 17",
    "down": "m5 8 5 5 5-5",
    "right": "m8 5 5 5-5 5",
    "left": "m12 5-5 5 5 5",
    "plus": "M10 4v12M4 10h12",
    "bin": "M4 6h12M8 6V4h4v2m-6 0 .7 10h6.6L14 6",
    "lock": "M5 9h10v8H5zm2 0V6.5a3 3 0 0 1 6 0V9",
    "open": "M11 4h5v5m0-5-7 7M8 5H4v11h11v-4",
    "out": "M8 4H4v12h4m3-9 3 3-3 3m3-3H7",
    "help": "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM8 8a2 2 0 1 1 2.7 1.9c-.5.2-.7.6-.7 1.1m0 2.5v.1",
    "spark": "M10 3v4m0 6v4m-7-7h4m6 0h4M5.5 5.5 8 8m4 4 2.5 2.5m0-9L12 8m-4 4-2.5 2.5",
    "eye": "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zm7.5 2a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    "clock": "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm0-11v4l2.5 2",
    "gift": "M3 8h14v3H3zm1 3v6h12v-6m-6-3v9m0-9c-4 0-4-4-2-4s2 4 2 4c4 0 4-4 2-4s-2 4-2 4",
}


def icon(name: str) -> Markup:
    """The drawing, hidden from screen readers: what it stands for is written beside it or in its button's label."""
    return Markup(
        '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>'
    ).format(PATHS[name])
