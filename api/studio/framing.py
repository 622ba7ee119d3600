"""A stored e-mail as a document for a frame: as mail clients show it, and unable to run, send, open or fetch anything.

Three layers hold it: the sandbox (no scripts, forms, windows or origin of its own), a content security policy of its
own, and the page around it, which lets frames show this server alone. What is rewritten here is for the reader: links
that lead nowhere but say where they would, pictures that are asked for only where somebody allows it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape, unescape
from typing import Literal
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

PICTURES = "/demo/pictures/"
"""Where this server keeps pictures of its own (`api.app`)."""
Scheme = Literal["light", "dark"]

_TAG = re.compile(r"""<[a-z](?:"[^"]*"|'[^']*'|[^'">])*>""", re.IGNORECASE)
_LINK = re.compile(r"(\s)(?:xlink:)?href(\s*=)", re.IGNORECASE)
_SOURCE = re.compile(r"""(\s)src(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_SOURCES = re.compile(r"(\s)srcset(\s*=)", re.IGNORECASE)
_STYLE = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.IGNORECASE | re.DOTALL)
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_OWN_LINK = r"""(https?://{}(?:/[^/\s"'<>?#]+)*?/[a-z]/)[A-Za-z0-9_~.=-]{{16,}}"""
"""A brand's public URL may have a path, and the links go below it."""
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?")
"""An address's beginning that may stand in a policy as it is."""
_ALWAYS, _NEVER = "(min-width: 0px)", "(max-width: 0px)"
_ADDED = (
    "<style>:root{{color-scheme:{scheme} !important}}a{{cursor:default}}"
    "img:not([src]){{display:inline-block;box-sizing:border-box;width:100%;max-width:100%;min-height:96px;"
    "padding:36px 12px;border:1px dashed #8d958f;border-radius:10px;font-size:13px;line-height:1.4;"
    "text-align:center;color:inherit}}</style></head>"
)


def framed(html: str, scheme: Scheme, *, own: str, shown: Collection[str] = ()) -> str:
    """The e-mail for a frame, in the colours that a client in light or dark mode gives it.

    `own` is the host under which e-mails name this server: its pictures come from here, whatever its name is.
    `shown` are origins (`https://host`) whose pictures may be fetched.
    """
    styled = _STYLE.sub(lambda found: found[1] + _settled(found[2], scheme) + found[3], html)
    held = _TAG.sub(lambda found: _held(found[0], own, shown), styled)
    return without_tokens(held.replace("</head>", _ADDED.format(scheme=scheme), 1), own)


def without_tokens(text: str, own: str) -> str:
    """The customer's own links cut short: whoever looks on shall not unsubscribe them, nor open what is theirs."""
    return re.sub(_OWN_LINK.format(re.escape(own)), r"\1…", text)


def picture_origins(html: str, own: str) -> list[str]:
    """Origins of the pictures that this server does not have, each once, in their order."""
    found = [_origin(_address(source)) for tag in _TAG.findall(html) for source in _sources(tag)]
    others = [origin for origin in found if origin and urlsplit(origin).netloc != own]
    return list(dict.fromkeys(others))


def frame_response(document: str, server: str, shown: Collection[str]) -> HTMLResponse:
    """The document under a policy that lets it do nothing but be looked at (CSP level 3, `sandbox` without tokens).

    `server` is the origin this request came to.
    """
    pictures = " ".join([f"{server}{PICTURES}", "data:", *shown])
    policy = (
        f"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(document, headers=headers)


def _settled(css: str, scheme: Scheme) -> str:
    return _PREFERS.sub(lambda found: _ALWAYS if found[1].lower() == scheme else _NEVER, css)


def _held(tag: str, own: str, shown: Collection[str]) -> str:
    """Attributes are renamed and keep their values: whatever stands in them, the tag stays the same shape."""
    tag = _LINK.sub(r"\1title\2", tag)
    tag = _SOURCES.sub(r"\1data-srcset\2", tag)
    return _SOURCE.sub(lambda found: _source(found, own, shown), tag)


def _source(found: re.Match[str], own: str, shown: Collection[str]) -> str:
    address = _address(found[3])
    path = _own_picture(address, own)
    if path:
        return f'{found[1]}src{found[2]}"{escape(path)}"'
    if address.startswith("data:image/") or _origin(address) in shown:
        return found[0]
    return f"{found[1]}data-src{found[2]}{found[3]}"


def _sources(tag: str) -> list[str]:
    return [found[3] for found in _SOURCE.finditer(tag)]


def _address(value: str) -> str:
    return unescape(value.strip("\"'")).strip()


def _own_picture(address: str, own: str) -> str:
    """The path of a picture that this server has, or nothing."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path if parts.netloc == own and parts.path.startswith(PICTURES) else ""


def _origin(address: str) -> str:
    """`https://host`, or nothing for what is no address on the web."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return origin if _ORIGIN.fullmatch(origin) else ""
