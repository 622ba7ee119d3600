"""What the demo writes to disk: feed, pictures, preview pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from demo import pictures, preview
from demo.preview.embed import Pictures
from demo.products import products, write_feed
from tests.unit.demo.results import a_pick, a_result

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    few = [product for product in products(NOW) if product.id in {"moka-blend", "moka-pot-3-cup"}]
    seen: list[str] = []
    assert pictures.write_all(few, folder, lambda product: seen.append(product.id)) == 2
    assert seen == [product.id for product in few]
    return folder


def test_the_feed_is_one_product_a_line(tmp_path: Path) -> None:
    lines = write_feed(tmp_path / "feed.ndjson", NOW, "https://mail.shop.example/").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == len(products(NOW))
    assert rows[0]["image_link"].startswith("https://mail.shop.example/demo/pictures/")


def test_pictures_are_small_jpegs_and_the_same_bytes_again(shelf: Path, tmp_path: Path) -> None:
    few = [product for product in products(NOW) if product.id == "moka-blend"]
    pictures.write_all(few, tmp_path / "again")
    first, again = (folder / "moka-blend.jpg" for folder in (shelf, tmp_path / "again"))
    assert first.read_bytes() == again.read_bytes()
    assert 5_000 < first.stat().st_size < 45_000
    with Image.open(first) as picture:
        assert (picture.format, picture.size) == ("JPEG", (600, 600))


def test_the_preview_shows_the_shops_own_pictures_without_a_server(shelf: Path, tmp_path: Path) -> None:
    index = preview.write([a_result()], tmp_path / "new" / "folder", pictures=shelf, names={"hr-10001": "Inês"})
    assert index.name == "index.html"
    page = (index.parent / "01-abandoned_cart-hr-10001.html").read_text("utf-8")
    assert "data:image/jpeg;base64," in index.read_text("utf-8")
    assert "http://localhost:8000/demo/pictures/moka-blend.jpg" not in page
    assert "Inês" in page


def test_writing_again_overwrites(shelf: Path, tmp_path: Path) -> None:
    preview.write([a_result(subject="First")], tmp_path, pictures=shelf)
    index = preview.write([a_result(subject="Second")], tmp_path, pictures=shelf)
    assert "Second" in index.read_text("utf-8")
    assert "First" not in index.read_text("utf-8")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/demo/pictures/../../../etc/passwd",
        "http://localhost:8000/demo/pictures/%2e%2e%2fsecret.jpg",
        "http://evil.example/pixel.gif",
        "file:///etc/passwd",
        "",
        ".hidden",
    ],
)
def test_no_url_reaches_a_file_outside_the_pictures(url: str, shelf: Path) -> None:
    (shelf.parent / "secret.jpg").write_bytes(b"secret")
    (shelf / ".hidden").write_bytes(b"secret")
    assert Pictures(shelf).of_url(url) is None


def test_a_pick_with_a_path_for_an_id_has_no_picture(shelf: Path, tmp_path: Path) -> None:
    result = a_result(picks=[a_pick("../secret"), a_pick("moka-pot-3-cup")])
    page = preview.pages([result], pictures=shelf)["01-abandoned_cart-hr-10001.html"]
    assert page.count('<img src="data:image/jpeg') == 1
