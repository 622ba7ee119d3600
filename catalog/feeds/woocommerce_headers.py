"""What WooCommerce's product CSV calls its columns in a shop whose site speaks German, French or Spanish.

Its exporter translates the names of columns and nothing else: types, visibility, stock and dates stay as they are in
every language. Names have changed over the years; all that exports were seen with are here.
"""

from __future__ import annotations

import re
from functools import lru_cache

TRANSLATED: dict[str, tuple[str, ...]] = {
    "type": ("typ", "tipo"),
    "sku": ("artikelnummer", "ugs"),
    "gtin, upc, ean, or isbn": ("gtin, upc, ean oder isbn", "gtin, upc, ean ou isbn", "gtin, upc, ean o isbn"),
    "name": ("nom", "nombre"),
    "published": ("veröffentlicht", "publié", "publicado"),
    "visibility in catalog": (
        "sichtbarkeit im katalog", "visibilité dans le catalogue", "visibilidad en el catálogo",
    ),
    "short description": ("kurzbeschreibung", "description courte", "descripción corta"),
    "description": ("beschreibung", "descripción"),
    "date sale price starts": (
        "datum, an dem angebotspreis beginnt", "datum, an dem der angebotspreis beginnt", "date de début de promo",
        "día en que empieza el precio rebajado",
    ),
    "date sale price ends": (
        "datum, an dem angebotspreis endet", "datum, an dem der angebotspreis endet", "date de fin de promo",
        "día en que termina el precio rebajado",
    ),
    "in stock?": ("vorrätig?", "en stock ?", "¿existencias?", "¿en inventario?"),
    "stock": ("bestand", "lager", "inventario"),
    "backorders allowed?": (
        "lieferrückstände erlaubt?", "lieferrückstande erlaubt?", "rückstände erlaubt?",
        "autoriser les commandes de produits en rupture ?", "¿permitir reservas de productos agotados?",
    ),
    "sale price": ("angebotspreis", "tarif promo", "precio rebajado"),
    "regular price": ("regulärer preis", "tarif régulier", "precio normal"),
    "categories": ("kategorien", "catégories", "categorías"),
    "images": ("bilder", "imágenes"),
    "parent": ("übergeordnetes produkt", "superior"),
    "external url": ("externe url", "url externe", "url externa"),
    "brands": ("marken", "marcas"),
}  # fmt: skip
"""The English names in lower case, and those of the three languages. What is not read is not here."""
_ENGLISH = {theirs: ours for ours, names in TRANSLATED.items() for theirs in names}

_NUMBERED = (
    (re.compile(r"attribut (\d+) name|nom de l'attribut (\d+)|nombre del atributo (\d+)"), "name"),
    (
        re.compile(r"attribut (\d+) wert\(e\)|valeur\(s\) de l'attribut (\d+)|valor\(es\) del atributo (\d+)"),
        "value(s)",
    ),
    (re.compile(r"attribut (\d+) sichtbar|attribut (\d+) visible|atributo visible (\d+)"), "visible"),
)
_WEIGHT = re.compile(r"(?:gewicht|poids|peso) (\(\w{1,5}\))")
_META = re.compile(r"(?:meta|méta) ?: ?(.+)")
CATCH_ALL = frozenset({"uncategorized", "unkategorisiert", "non classé", "sin categorizar"})
"""What WordPress calls the category of products that have none."""


@lru_cache(maxsize=4096)
def english(column: str) -> str:
    """The name of a column as an English shop exports it, in lower case; any other name in lower case."""
    # French puts a no-break space before its question marks, and WordPress curls apostrophes.
    plain = " ".join(column.casefold().replace("’", "'").split())
    if plain in _ENGLISH:
        return _ENGLISH[plain]
    for pattern, part in _NUMBERED:
        if found := pattern.fullmatch(plain):
            return f"attribute {next(filter(None, found.groups()))} {part}"
    if found := _WEIGHT.fullmatch(plain):
        return f"weight {found[1]}"
    found = _META.fullmatch(plain)
    return f"meta: {found[1]}" if found else plain
