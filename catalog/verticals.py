"""What carries meaning in which kind of shop: data for the text that stands for a product.

A product's vertical follows from its own category, not from the shop: one shop may sell tea, linen and notebooks.
Google's taxonomy (https://support.google.com/merchants/answer/6324436) is read first, by the name or the number of its
top level; then the words of the shop's own path.
"""

from __future__ import annotations

from typing import NamedTuple


class Vertical(NamedTuple):
    """One kind of goods."""

    name: str
    google: tuple[str, ...]
    """Top levels of Google's taxonomy, as "number name"."""
    words: frozenset[str]
    """Words of a shop's own category path, case-folded and in the singular, as `catalog.text.words` gives them."""
    tells: tuple[str, ...]
    """Names of fields and attributes that say what a product is like, the most telling first."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERTICALS = (
    Vertical(
        "food and drink",
        ("412 Food, Beverages & Tobacco",),
        _words(
            "tea coffee wine beer spirit chocolate food drink beverage snack honey spice sauce cheese grocery tee"
            " kaffee wein bier lebensmittel getränk gewürz thé café vin épicerie alimentation té vino alimento"
        ),
        ("flavour", "tasting_notes", "roast", "origin", "variety", "process", "form", "grade", "caffeine", "diet",
         "allergens", "contains", "ingredients", "vintage", "serves"),
    ),
    Vertical(
        "fashion",
        ("166 Apparel & Accessories", "5181 Luggage & Bags"),
        _words(
            "dress shirt shoe trouser jean jacket coat skirt sweater knitwear lingerie sock hat scarf jewelry jewellery"
            " bag handbag clothing apparel fashion women men kleid schuh hose jacke mode bekleidung tasche robe"
            " chaussure vêtement sac ropa zapato vestido bolso"
        ),
        ("gender", "age_group", "material", "color", "pattern", "style", "fit", "occasion", "season", "neckline",
         "sleeve", "length", "heel", "closure", "lining", "gemstone", "sport", "feature"),
    ),
    Vertical(
        "beauty and health",
        ("469 Health & Beauty",),
        _words(
            "skincare skin makeup cosmetic perfume fragrance hair shampoo soap beauty wellness vitamin supplement"
            " kosmetik pflege parfüm haut haar seife beauté soin parfum belleza cosmética perfume jabón"
        ),
        ("skin_type", "hair_type", "concern", "scent", "ingredients", "contains", "free_from", "finish", "color",
         "shade", "coverage", "spf", "form", "vegan", "application"),
    ),
    Vertical(
        "electronics",
        ("222 Electronics", "141 Cameras & Optics", "2092 Software"),
        _words(
            "electronic computer laptop phone smartphone tablet camera audio headphone speaker television tv"
            " monitor printer network software gaming elektronik handy kamera drucker électronique ordinateur"
            " electrónica ordenador"
        ),
        ("model", "modelno", "mpn", "compatible_with", "connectivity", "screen_size", "resolution", "capacity",
         "memory", "storage", "processor", "power", "battery_life", "ports", "operating_system", "feature", "color"),
    ),
    Vertical(
        "books and media",
        ("783 Media",),
        _words("book ebook audiobook music film movie vinyl cd dvd comic magazine buch bücher musik livre libro"),
        ("author", "artist", "director", "genre", "subject", "series", "format", "language", "publisher", "age",
         "year"),
    ),
    Vertical(
        "toys and baby",
        ("1239 Toys & Games", "537 Baby & Toddler"),
        _words("toy game puzzle doll baby toddler spielzeug spiel jouet jeu juguete juego"),
        ("age", "theme", "character", "players", "playing_time", "skills", "material", "color", "feature"),
    ),
    Vertical(
        "sport and outdoor",
        ("988 Sporting Goods",),
        _words("sport outdoor cycling bike running fitness camping hiking ski climbing yoga fahrrad vélo deporte"),
        ("sport", "gender", "level", "season", "terrain", "material", "feature", "color", "fit", "capacity", "weight"),
    ),
    Vertical(
        "pets",
        ("1 Animals & Pet Supplies",),
        _words("pet dog cat bird aquarium hund katze chien chat perro gato"),
        ("animal", "breed_size", "life_stage", "flavour", "diet", "ingredients", "material", "feature"),
    ),
    Vertical(
        "home and garden",
        ("536 Home & Garden", "436 Furniture", "632 Hardware", "922 Office Supplies", "8 Arts & Entertainment"),
        _words(
            "kitchen tableware home furniture garden linen bath candle decor lighting stationery tool bedding textile"
            " mug bowl plate küche haushalt möbel garten maison cuisine jardin hogar cocina jardín"
        ),
        ("material", "scent", "color", "style", "room", "form", "feature", "paper", "ruling", "capacity", "fits",
         "holds", "induction", "finish", "pattern", "grade", "handle", "season", "sow", "light"),
    ),
)  # fmt: skip

OTHER = Vertical("other", (), frozenset(), ("material", "color", "style", "feature", "model", "form"))

ALIASES = {
    "colour": "color", "farbe": "color", "couleur": "color",
    "flavor": "flavour", "taste": "flavour", "geschmack": "flavour", "goût": "flavour", "sabor": "flavour",
    "notes": "tasting_notes", "herkunft": "origin", "country_of_origin": "origin", "origine": "origin",
    "röstung": "roast", "roast_level": "roast", "grape": "variety", "varietal": "variety", "sorte": "variety",
    "fabric": "material", "composition": "material", "matière": "material",
    "features": "feature", "key_features": "feature", "product_highlight": "feature", "highlights": "feature",
    "inci": "ingredients", "ingredient": "ingredients", "zutaten": "ingredients", "allergen": "allergens",
    "fragrance": "scent", "duft": "scent", "skintype": "skin_type", "hauttyp": "skin_type",
    "model_number": "model", "model_name": "model", "modell": "model", "storage_capacity": "storage",
    "recommended_age": "age", "anlass": "occasion", "saison": "season", "passform": "fit", "stil": "style",
}  # fmt: skip
"""Other names of the same thing, after `-` and spaces became `_`."""

SILENT = _words(
    "care care_instructions wash warranty guarantee returns shipping delivery shipping_weight shipweight "
    "net_weight gross_weight weight dimensions dimension height width depth length diameter size size_system "
    "size_type volume pieces pack packet pack_size multipack quantity unit_pricing_measure "
    "unit_pricing_base_measure sku ean upc gtin isbn asin mpn barcode hs_code tax tax_class vendor_code supplier "
    "article_number energy_efficiency_class adult custom_label_0 custom_label_1 custom_label_2 custom_label_3 "
    "custom_label_4 certification made_in manufacturer packaging burn_time pages brewing instructions rating "
    "reviews"
)
"""Names that say how much, how heavy, how to wash, which number: true of a product, and of a thousand unlike it. A
vertical that lists one in `tells` says it all the same."""
