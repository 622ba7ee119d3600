"""Pictures of the demo shop's products: drawn when the demo is loaded, the same bytes every time.

One flat illustration per kind of thing, coloured by the product's colour; nothing is downloaded or committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

from catalog.model import Product
from demo.pictures.book import DRAWINGS, Drawing
from demo.pictures.canvas import Canvas
from demo.pictures.palette import backdrop_color, label_color, named_color
from store.errors import NotFound

QUALITY = 84
"""JPEG quality: 15 to 30 KB a picture, without visible edges."""


class NoDrawing(NotFound):
    """No drawing shows this product."""

    reason = "no_drawing"


def draw(product: Product) -> Image.Image:
    """A 600 x 600 picture, the same every time.

    Raises NoDrawing when the product's family is not in the book of drawings.
    """
    color = named_color(product.color, product.item_group_id or product.id)
    canvas = Canvas(backdrop_color(color, product.id))
    _drawing(product)(canvas, color, label_color(product.id))
    return canvas.image


def write_all(
    products: Iterable[Product], folder: Path, progress: Callable[[Product], None] = lambda product: None
) -> int:
    """Write `<id>.jpg` for each product into `folder`; calls `progress` after each. Returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for product in products:
        draw(product).save(folder / f"{product.id}.jpg", quality=QUALITY, optimize=True)
        progress(product)
        count += 1
    return count


def _drawing(product: Product) -> Drawing:
    for word, drawing in DRAWINGS.get(product.category() or "", ()):
        if word in product.id:
            return drawing
    raise NoDrawing(
        f"No drawing shows {product.id} ({product.product_type}).",
        fix="Add its family to demo/pictures/book.py.",
    )
