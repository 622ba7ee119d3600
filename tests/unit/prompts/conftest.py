"""A small library that tests bend out of shape, file by file."""

from __future__ import annotations

import pytest

from prompts.library import Library

FLOW = """
name: newsletter
title: Newsletter
goal: Stay in touch.
task: This is a newsletter.
kind: campaign
audience: Everyone.
steps: [{name: issue, after: P0D, note: One issue.}]
angles:
  - {name: plain, instruction: Be plain.}
  - {name: offer, instruction: Name the offer., needs: [offer]}
tones: [plain]
lengths: [short]
picks: {count: 3, kinds: [interest]}
memory: {use: [purchase, view], say: [purchase]}
"""
FALLBACK = """
flow: newsletter
locale: en
blocks:
  subject: [{text: "News from {{ brand.name }}"}]
  preheader: [{text: "In short."}]
  opening: [{text: "Hello."}, {text: "Here is {{ offer.phrase }}.", needs: [offer]}]
  pitch: [{text: "One to see."}]
  closing: [{text: "Bye."}]
  cta: [{text: "See it"}]
"""
PROMPT = """---
variables:
  product: the pick's name
max_tokens: 60
stop: ["\\n\\n"]
---
=== system
You write one line.
=== user
Product: {{ product }}
"""


@pytest.fixture
def files() -> dict[str, str]:
    """The smallest library that loads."""
    return {
        "flows/newsletter.yaml": FLOW,
        "phrases/en.yaml": 'material: "made of {lower}"\n',
        "fallbacks/en/newsletter.yaml": FALLBACK,
        "layouts/plain/layout.mjml": "<mjml><mj-body></mj-body></mjml>",
        "layouts/plain/text.jinja": "{{ subject }}",
        "layouts/plain/strings.yaml": "en: {greeting: Hello}\n",
        "write/line.jinja": PROMPT,
    }


@pytest.fixture(scope="session")
def shipped() -> Library:
    """The library that comes with the package."""
    return Library.load()
