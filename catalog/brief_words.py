"""The words of briefs that mean a constraint, folded (no case, no accents), in English, German, French and Spanish.

All languages at once: a cue of one is hardly ever a word of another, and where it is (`sale`, `no`) it is left out or
means the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Bound = Literal["below", "up_to", "above", "from", "about"]
Phrase = tuple[str, ...]
LONGEST = 4
"""Words of the longest phrase."""


def _phrases(text: str) -> frozenset[Phrase]:
    return frozenset(tuple(phrase.split()) for phrase in text.split("|"))


PRICE_BEFORE: dict[Bound, frozenset[Phrase]] = {
    "below": _phrases(
        "under|below|less than|cheaper than|for less than|for under|<"
        "|unter|weniger als|billiger als|gunstiger als|moins de|a moins de|sous|moins cher que|inferieur a"
        "|menos de|por menos de|por debajo de|mas barato que|inferior a"
    ),
    "up_to": _phrases(
        "up to|at most|max|maximum|no more than|not more than|not over|not above|within|<=|≤"
        "|bis|bis zu|hochstens|maximal|nicht mehr als|nicht uber|jusqu a|au plus|au maximum|maxi|pas plus de"
        "|hasta|como mucho|como maximo|maximo|no mas de"
    ),
    "above": _phrases(
        "over|above|more than|dearer than|>|uber|mehr als|teurer als|plus de|plus cher que|mas de|por encima de"
        "|mas caro que|mas cara que"
    ),
    "from": _phrases(
        "at least|from|starting at|starting from|min|minimum|no less than|not less than|not under|not below|>=|≥"
        "|ab|mindestens|nicht unter|nicht weniger als|au moins|a partir de|des|pas moins de|al menos|desde|minimo"
        "|como minimo"
    ),
    "about": _phrases(
        "about|around|roughly|approximately|circa|ca|~|≈|etwa|ungefahr|rund|um die|environ|autour de|a peu pres"
        "|unos|unas|alrededor de|aproximadamente|cerca de"
    ),
}  # fmt: skip
PRICE_AFTER: dict[Bound, frozenset[Phrase]] = {
    "up_to": _phrases(
        "or less|or under|or below|or cheaper|max|maximum|at most|tops|oder weniger|oder gunstiger|maximal|hochstens"
        "|ou moins|maximum|maxi|au plus|o menos|como maximo|como mucho|maximo"
    ),
    "from": _phrases(
        "or more|or over|or above|and up|and over|and above|upwards"
        "|oder mehr|aufwarts|ou plus|et plus|o mas|en adelante"
    ),
}
DENIED_BOUNDS: dict[Bound, Bound] = {"above": "up_to", "below": "from"}
"""What a bound becomes behind a "no": nothing over 20 is at most 20."""
NO_PRICE = frozenset(
    "nothing not never none no cannot dont cant wont nichts nicht nie kein keine keinen rien ne pas jamais nada "
    "nunca".split()
)
NOTHING = frozenset("nothing none nichts rien nada".split())
"""Deny what is behind them, whatever it is called."""
BUT = frozenset("but except less short ausser als que sauf sino salvo".split())
"""Behind those: the one thing that is wanted."""
PAYING = frozenset(
    "to be is go going cost costs costing priced spend spending pay paying want anything at "
    "soll sollte darf kostet kosten will ausgeben "
    "de d veux depenser payer couter coute doit que qui cueste cuesten gastar pagar quiero costar".split()
)
"""May stand between that "no" and its bound: "don't spend more than"."""
MUCH_OR_LITTLE = _phrases(
    "cheap|cheaper|cheapest|inexpensive|affordable|expensive|most expensive|not expensive|not too expensive|not cheap"
    "|pricey|not too pricey|gunstig|gunstige|gunstigen|gunstiges|preiswert|preiswerte|preiswertes|billig|billige"
    "|billiges|teuer|teure|teures|nicht teuer|nicht zu teuer|pas cher|pas chere|pas chers|pas cheres|pas trop cher"
    "|bon marche|barato|barata|baratos|baratas|economico|economica|caro|no caro|no muy caro"
)
"""Says something of the price that is no amount."""
NEED_A_CURRENCY = frozenset("from within min des desde ab".split())
"""Cues of a price only beside a currency: "from 3 makers", "ab 3 Jahren"."""
RANGE_OPENERS = _phrases("between|from|zwischen|von|entre|de|desde")
RANGE_JOINERS = _phrases("and|to|-|–|bis|und|et|a|y|hasta|until")
PRICE_NOUNS = frozenset(
    "budget price priced prices cost costs costing preis preise kosten budget prix cout precio precios coste".split()
)
"""May stand around an amount without telling more."""
CURRENCIES = {
    "€": ("EUR",), "eur": ("EUR",), "euro": ("EUR",), "euros": ("EUR",),
    "£": ("GBP",), "gbp": ("GBP",), "pound": ("GBP",), "pounds": ("GBP",), "quid": ("GBP",), "pfund": ("GBP",),
    "livres": ("GBP",), "libras": ("GBP",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "MXN"), "usd": ("USD",), "cad": ("CAD",), "aud": ("AUD",),
    "dollar": ("USD", "CAD", "AUD", "NZD", "SGD"), "dollars": ("USD", "CAD", "AUD", "NZD", "SGD"),
    "dolares": ("USD", "MXN", "CAD"), "bucks": ("USD", "CAD", "AUD"),
    "chf": ("CHF",), "franken": ("CHF",), "francs": ("CHF",), "sfr": ("CHF",),
    "kr": ("SEK", "NOK", "DKK"), "sek": ("SEK",), "nok": ("NOK",), "dkk": ("DKK",),
    "pln": ("PLN",), "zl": ("PLN",), "zloty": ("PLN",), "jpy": ("JPY",), "yen": ("JPY",), "¥": ("JPY", "CNY"),
}  # fmt: skip
"""What each mark may stand for. A dollar is that of the shop."""
SLANG = {"fiver": 5, "tenner": 10}
"""Amounts of pounds in one word."""
UNITS = frozenset(
    "% percent prozent pour por cm mm m km inch inches in zoll pouces pulgadas ft feet foot yards ml cl dl l liter "
    "litre litres liters litros g gr kg mg oz lb lbs gramm grams gramme grammes gramos gb tb mb mah w kw watt watts "
    "volt volts v hz db min mins minute minutes minuten minutos hour hours h stunden heures horas day days tage jours "
    "dias week weeks wochen semaines month months monate mois meses year years yr yrs old jahr jahre jahren ans ano "
    "anos cup cups tassen tasses tazas person persons people personen personnes personas piece pieces pcs pc stuck "
    "teile teilig piezas set player players spieler joueurs jugadores times x mal size sizes grosse taille talla item "
    "items things products produkte artikel produits productos gifts geschenke cadeaux regalos".split()
)
"""A number with one of these is no price."""
CHILDREN = frozenset(
    "kids kid children child boys girls babies toddlers teens teenagers kinder kind jungen madchen babys enfants "
    "enfant filles garcons bebes ninos ninas ages age aged".split()
)
"""After these a small number without a currency may be an age."""
SALE = _phrases(
    "on sale|in the sale|in sale|reduced|discounted|marked down|on offer|on special|on clearance|clearance"
    "|im angebot|im sale|reduziert|reduzierte|reduzierten|reduziertes|herabgesetzt|heruntergesetzt|rabattiert"
    "|sonderangebot|sonderangebote|en promo|en promotion|en solde|en soldes|solde|soldes|soldee|soldees"
    "|en oferta|de oferta|en rebajas|de rebajas|rebajado|rebajados|rebajada|rebajadas|con descuento|en descuento"
)
NEW = _phrases(
    "new arrivals|new arrival|new in|just in|just arrived|newest|latest|newly added|neuheiten|neuheit|neu eingetroffen"
    "|neueste|neuesten|neu im sortiment|nouveautes|nouveaute|dernieres nouveautes|novedades|novedad|recien llegados"
)
NEW_BEFORE_GOODS = frozenset(
    "new neu neue neuen neues nouveau nouveaux nouvelle nouvelles nuevo nueva nuevos nuevas".split()
)
"""Means newly arrived only right before goods: "new teapots", but "new mums", "New Zealand"."""
GOODS = frozenset(
    "gift gifts product products item items things stuff pieces geschenk geschenke produkt produkte artikel sachen "
    "cadeau cadeaux produit produits article articles regalo regalos producto productos articulo articulos".split()
)
STOCK = _phrases(
    "in stock|available now|available|auf lager|lieferbar|vorratig|verfugbar|en stock|disponible|disponibles"
)
DENIALS = _phrases(
    "no|without|not|nothing with|nothing from|but no|but not|except|except for|excluding|other than|apart from|never"
    "|ohne|kein|keine|keinen|keiner|keines|nicht|nichts mit|nichts von|ausser|sans|pas de|pas d|pas|sauf|hors"
    "|sin|excepto|salvo|menos los|menos las|nada de"
)
LISTING_DENIALS = frozenset("without ohne sans sin except excluding ausser sauf excepto salvo".split())
"""After these "and" goes on with the list: "without nuts and milk"."""
FREE_OF = frozenset("free frei los".split())
"""Behind a name: "leather-free"."""
NOT_DENIED = frozenset(
    "too very so only just more less all every necessarily zu sehr nur mehr alle unbedingt trop tres seulement plus "
    "demasiado muy solo mas todo importa matter need idea doubt problem".split()
)
"""What follows a "not" that takes nothing out: "not too dear"."""
FILLERS = frozenset(
    "a an any the of with made from der die das den dem ein eine einen de du des d l la le les el los las un "
    "una".split()
)
OR, AND = frozenset("or nor oder noch ou ni o".split()), frozenset("and und et y e".split())
AUDIENCE = frozenset("for fur pour para".split())
LOVERS = frozenset(
    "lover lovers fan fans enthusiast enthusiasts drinker drinkers addict addicts liebhaber liebhaberinnen freunde "
    "fans geniesser owner owners".split()
)
"""Who is meant, by what they like: the word before is not what is looked for."""
LOVERS_OF = frozenset("amateur amateurs amoureux passionnes fanas amante amantes aficionado aficionados fans".split())
"""The same, with the word behind."""
LINKS = frozenset("de du d des del di".split())
JOINERS = AUDIENCE | OR | AND | FILLERS | frozenset(
    "in on at by to as is are that which with mit fur von vom zu zur zum im am auf aus bei und pour par sur avec dans "
    "qui que con por para en que but aber mais pero plus some".split()
)  # fmt: skip
"""Words that say nothing alone, so that they are not left at the edge of a query."""


def longest(folded: Sequence[str], phrases: frozenset[Phrase]) -> int:
    """How many of the next words are the longest of `phrases`, 0 for none."""
    words = tuple(folded[:LONGEST])
    return next((size for size in range(len(words), 0, -1) if words[:size] in phrases), 0)
