"""WooCommerce's CSV from shops whose site speaks German, French or Spanish: other columns, the same products."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from catalog.feeds.detect import detect
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat
from catalog.feeds.source import FeedUnreadable
from catalog.feeds.woocommerce_headers import TRANSLATED, english
from tests.kit.feeds import FIXTURES, Outcome, shipped

OPTIONS = FeedOptions(currency="EUR", shop_url="https://shop.example/", timezone="Europe/Berlin")
ENGLISH = (
    "ID|Type|SKU|GTIN, UPC, EAN, or ISBN|Name|Published|Is featured?|Visibility in catalog|Short description|"
    "Description|Date sale price starts|Date sale price ends|Tax status|In stock?|Stock|Backorders allowed?|"
    "Weight (kg)|Sale price|Regular price|Categories|Tags|Images|Parent|Attribute 1 name|Attribute 1 value(s)|"
    "Attribute 1 visible|Attribute 1 global|Attribute 2 name|Attribute 2 value(s)|Attribute 2 visible|"
    "Attribute 2 global|Meta: _cost"
).split("|")
GERMAN = (
    "ID|Typ|Artikelnummer|GTIN, UPC, EAN oder ISBN|Name|Veröffentlicht|Ist hervorgehoben?|Sichtbarkeit im Katalog|"
    "Kurzbeschreibung|Beschreibung|Datum, an dem Angebotspreis beginnt|Datum, an dem Angebotspreis endet|Steuerstatus|"
    "Vorrätig?|Bestand|Lieferrückstande erlaubt?|Gewicht (kg)|Angebotspreis|Regulärer Preis|Kategorien|Schlagwörter|"
    "Bilder|Übergeordnetes Produkt|Attribut 1 Name|Attribut 1 Wert(e)|Attribut 1 Sichtbar|Attribut 1 Global|"
    "Attribut 2 Name|Attribut 2 Wert(e)|Attribut 2 Sichtbar|Attribut 2 Global|Meta: _cost"
).split("|")
FRENCH = (
    "ID|Type|UGS|GTIN, UPC, EAN ou ISBN|Nom|Publié|Mis en avant\u00a0?|Visibilité dans le catalogue|Description courte|"
    "Description|Date de début de promo|Date de fin de promo|État de la TVA|En stock\u00a0?|Stock|"
    "Autoriser les commandes de produits en rupture\u00a0?|Poids (kg)|Tarif promo|Tarif régulier|Catégories|Étiquettes|"
    "Images|Parent|Nom de l’attribut 1|Valeur(s) de l’attribut 1 |Attribut 1 visible|Attribut 1 global|"
    "Nom de l'attribut 2|Valeur(s) de l'attribut 2|Attribut 2 visible|Attribut 2 global|Méta : _cost"
).split("|")
SPANISH = (
    "ID|Tipo|SKU|GTIN, UPC, EAN o ISBN|Nombre|Publicado|¿Está destacado?|Visibilidad en el catálogo|Descripción corta|"
    "Descripción|Día en que empieza el precio rebajado|Día en que termina el precio rebajado|Estado del impuesto|"
    "¿Existencias?|Inventario|¿Permitir reservas de productos agotados?|Peso (kg)|Precio rebajado|Precio normal|"
    "Categorías|Etiquetas|Imágenes|Superior|Nombre del atributo 1|Valor(es) del atributo 1|Atributo visible 1|"
    "Atributo global 1|Nombre del atributo 2|Valor(es) del atributo 2|Atributo visible 2|Atributo global 2|Meta: _cost"
).split("|")


def translated(folder: Path, columns: list[str]) -> Path:
    """The shipped export with these columns."""
    with (FIXTURES / "woocommerce.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ENGLISH
    path = folder / "export.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.mark.parametrize("columns", [GERMAN, FRENCH, SPANISH], ids=["de", "fr", "es"])
def test_a_shop_of_another_language_exports_the_same_products(columns: list[str], tmp_path: Path) -> None:
    path = translated(tmp_path, columns)
    assert detect(path.read_bytes()) is FeedFormat.WOOCOMMERCE_CSV
    there, here = (
        Outcome(path, FeedFormat.WOOCOMMERCE_CSV, OPTIONS),
        shipped("woocommerce.csv", FeedFormat.WOOCOMMERCE_CSV, OPTIONS),
    )
    assert there.products == here.products
    assert len(there.products) == 3
    assert (there.issues, there.mended) == (here.issues, here.mended)


@pytest.mark.parametrize("columns", [GERMAN, FRENCH, SPANISH], ids=["de", "fr", "es"])
def test_every_column_that_is_read_has_its_name(columns: list[str]) -> None:
    read = {*TRANSLATED, "weight (kg)", "meta: _cost"}
    read |= {f"attribute {n} {part}" for n in (1, 2) for part in ("name", "value(s)", "visible")}
    for theirs, ours in zip(columns, ENGLISH, strict=True):
        if ours.casefold() in read:
            assert english(theirs) == ours.casefold()


def test_no_name_means_two_columns() -> None:
    names = [name for names in TRANSLATED.values() for name in names]
    assert len(names) == len(set(names))
    assert all(english(ours) == ours for ours in TRANSLATED)


@pytest.mark.parametrize("named", ["Unkategorisiert", "Non classé", "Sin categorizar", "Uncategorized"])
def test_the_category_of_what_has_none_is_the_last_choice(named: str) -> None:
    rows = ["ID,Typ,Name,Regulärer Preis,Kategorien", f'5,simple,Kanne,"1.299,00","{named}, Kannen"']
    [kanne] = Outcome(rows, FeedFormat.WOOCOMMERCE_CSV, OPTIONS).products.values()
    assert (kanne.product_type, str(kanne.price)) == ("Kannen", "1299.00")


def test_what_is_missing_is_named_as_the_english_export_calls_it() -> None:
    with pytest.raises(FeedUnreadable, match="regular price") as raised:
        Outcome(["ID,Typ,Name", "1,simple,Kanne"], FeedFormat.WOOCOMMERCE_CSV, OPTIONS)
    assert "German" in (raised.value.fix or "")
