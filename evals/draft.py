"""What the writer hands over: plain-text blocks, each with a key, nothing rendered yet."""

from __future__ import annotations

from typing import Literal

from evals.snapshot import Frozen

BlockName = Literal["subject", "preheader", "opening", "pitch", "closing", "cta", "whole"]
BLOCK_ORDER: tuple[BlockName, ...] = ("subject", "preheader", "opening", "pitch", "closing", "cta")


class Block(Frozen):
    """One block of text. The only token it may hold is `{first_name}`, filled at render."""

    name: BlockName
    text: str
    product_id: str | None = None
    """Set for pitches: the pick it is about."""

    @property
    def key(self) -> str:
        """`subject`, …, `pitch:<product id>`: unique in a draft."""
        return f"{self.name}:{self.product_id}" if self.product_id else self.name


class Draft(Frozen):
    """The blocks of one e-mail in reading order."""

    blocks: tuple[Block, ...]

    def get(self, key: str) -> Block | None:
        """The block with this key, or None."""
        return next((block for block in self.blocks if block.key == key), None)
