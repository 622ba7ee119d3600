"""The words the extractor knows, in English, German, French and Spanish, folded (`reading.fold_word`).

Qualities are what customers say of goods whatever the shop; what a shop's own products are called and made of comes
with each event (`sources.terms_of`). A form with another meaning in one of the four languages is left out ("sale" is
French for salty). Nothing here touches a diet, a body or a belief: who avoids sugar, nuts or alcohol tells of health
or religion, so such words are simply not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

LEAST_LETTERS = 4
"""Of a word of a product, and of a word that may be a plural."""
QualityKind = Literal["taste", "scent", "feel", "material", "colour", "style", "goods"]
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "material": ("material",),
    "colour": ("color",),
    "taste": ("flavor",),
    "scent": ("scent", "flavor"),
}
"""The attributes of products in which such qualities stand, by the names of feeds (`memory.lines.SPELLINGS`)."""


@dataclass(frozen=True, slots=True)
class Term:
    """Something that may be liked: `value` as it is said in English, `modifies` if it stands before a noun."""

    value: str
    kind: QualityKind | Literal["own"]
    """`own`: a word of the product that the text is about."""

    @property
    def modifies(self) -> bool:
        """An adjective: "dark" in "dark chocolate" is no liking of darkness."""
        return self.kind in ("taste", "feel", "colour", "style")


def _forms(kind: QualityKind, lines: str) -> dict[str, Term]:
    found: dict[str, Term] = {}
    for line in lines.strip().splitlines():
        value, _, others = line.strip().partition(":")
        for form in (value, *(others.split("|") if "|" in others else others.split())):
            found[form.strip()] = Term(value, kind)
    return found


QUALITIES: dict[str, Term] = {
    **_forms(
        "taste",
        """
        sweet: suss susse susses sussen susser sucre sucree sucres sucrees dulce dulces
        bitter: bittere bitteren bitteres amer amere amers ameres amargo amarga amargos amargas
        sour: sauer saure sauren saures acide acides acido acida acidos acidas
        salty: salzig salzige salzigen salee salado salada salados
        spicy: scharf scharfe scharfen piquant epice epicee picante picantes
        smoky: rauchig rauchige rauchigen fume fumee ahumado ahumada
        nutty: nussig nussige nussigen
        fruity: fruchtig fruchtige fruchtigen fruite fruitee fruites afrutado afrutada afrutados
        floral: blumig blumige blumigen floraux florale fleuri fleurie
        grassy: grasig grasige grasigen herbace herbacee herbaceo herbacea
        earthy: erdig erdige erdigen terreux terroso terrosa
        malty: malzig malzige malzigen malte maltee malteado malteada
        mild: milde milden mildes milder
        strong: stark starke starken starker kraftig kraftige kraftigen corse corsee fuerte fuertes
        creamy: cremig cremige cremigen cremeux cremeuse cremoso cremosa
        crunchy: knusprig knusprige knusprigen croquant croquante croustillant crujiente crujientes
        """,
    ),
    **_forms(
        "feel",
        """
        soft: weich weiche weichen weiches blando blanda
        warm: warme warmen warmes chaud chaude chauds chaudes calido calida
        lightweight:
        smooth: samtig samtige samtigen samtiges samtiger onctueux onctueuse sedoso sedosa
        heavy: schwer schwere schweren lourd lourde lourds pesado pesada pesados
        thick: dicke dicken epais epaisse grueso gruesa
        thin: dunn dunne dunnen fino fina
        stiff: steif steife steifen rigide rigido rigida
        scratchy: itchy kratzig kratzige kratzigen rugueux rugueuse aspero aspera
        breathable: atmungsaktiv atmungsaktive respirant respirante transpirable
        """,
    ),
    **_forms(
        "material",
        """
        linen: leinen lin lino
        cotton: baumwolle coton algodon
        wool: wolle laine lana
        merino:
        leather: leder cuir cuero
        silk: seide soie seda
        wood: holz bois madera
        bamboo: bambus bambou bambu
        ceramic: keramik ceramique ceramica
        glass: verre vidrio
        copper: kupfer cuivre cobre
        cashmere: kaschmir cachemire cachemir
        denim:
        velvet: samt velours terciopelo
        cork: kork liege corcho
        """,
    ),
    **_forms(
        "scent",
        """
        lavender: lavendel lavande lavanda
        jasmine: jasmin jazmin
        vanilla: vanille vainilla
        cinnamon: zimt cannelle canela
        bergamot: bergamotte bergamota
        citrus: zitrus agrumes citricos
        caramel: karamell caramelo
        peppermint: pfefferminze
        """,
    ),
    **_forms(
        "colour",
        """
        red: rot rote roten rotes rouge rouges rojo roja rojos rojas
        blue: blau blaue blauen blaues bleu bleue bleus azul azules
        green: grun grune grunen grunes vert verte verts verde verdes
        black: schwarz schwarze schwarzen noir noire noirs negro negra negros
        white: weiss weisse weissen blanc blanche blanco blanca
        grey: gray grau graue grauen gris grise
        yellow: gelb gelbe gelben jaune jaunes amarillo amarilla
        purple: lila violett violet violette morado morada
        brown: braun braune braunen marron
        beige:
        navy: marineblau
        """,
    ),
    **_forms(
        "style",
        """
        minimalist: minimalistisch minimalistische minimaliste minimalista
        colourful: colorful bunt bunte bunten colore coloree colorido colorida
        vintage:
        handmade: handgemacht handgemachte artisanal artisanale artesanal
        classic: klassisch klassische classique clasico clasica
        playful: verspielt verspielte
        """,
    ),
    **_forms(
        "goods",
        """
        green tea: green teas | gruner tee | grunen tee | gruntee | the vert | thes verts | te verde | tes verdes
        black tea: black teas | schwarzer tee | schwarzen tee | schwarztee | the noir | thes noirs | te negro
        white tea: white teas | weisser tee | weissen tee | the blanc | thes blancs | te blanco
        loose leaf tea: loose leaf | loose leaf teas | loose tea | loser tee | losen tee | the en vrac | te a granel
        dark chocolate: zartbitterschokolade | dunkle schokolade | chocolat noir | chocolate negro
        milk chocolate: vollmilchschokolade | milchschokolade | chocolat au lait | chocolate con leche
        chocolate: schokolade | chocolat
        decaf: decaf coffee | decaf tea | decaffeinated | decaffeinated coffee | entkoffeiniert
          | entkoffeinierten kaffee | entkoffeinierter kaffee | deca | cafe decafeine | decafeine
          | cafe descafeinado | descafeinado
        whole beans: whole bean coffee | ganze bohnen | cafe en grains | cafe en grano
        """.replace("\n          |", " |"),
    ),
}
_SEVERAL: Mapping[str, Sequence[tuple[str, ...]]] = {
    first: sorted((words for form in QUALITIES if (words := tuple(form.split()))[0] == first), key=len, reverse=True)
    for first in {form.split()[0] for form in QUALITIES if " " in form}
}
"""Terms of more than one word, by their first."""
_BEFORE_FRENCH_TEA = frozenset("le les du de ce ces un mon mes notre nos au".split())
"""Folded, "thé" is the English article: "the noir"."""
EXCESSIVE: dict[str, Term] = {form: term for form, term in QUALITIES.items() if term.kind in ("taste", "feel")}
"""What may be too much of: "too sweet", "zu schwer"."""

SMALL = frozenset(
    "small tight short narrow klein eng kurz petit petite etroit serre pequeno pequena estrecho corto etroits "
    "serree serres pequenos pequenas estrechos estrecha estrechas corta cortos cortas kleine engen".split()
)
LARGE = frozenset(
    "big large long wide loose gross lang weit grand grande large ancho grande largo holgado grandes longs longue "
    "anchos ancha anchas largos larga largas".split()
)

SUBJECTS = frozenset("i we ich wir j je nous yo nosotros".split())
LIKE = frozenset("love like adore enjoy loved liked adored enjoyed liebe lieben mag mogen aime aimons adoro".split())
POSSESSIVES = frozenset("my our mein meinen meine unseren mon ma mes mi mis".split())
NEGATORS = frozenset(
    "not no never none nothing neither nor without hardly barely don't doesn't didn't isn't wasn't aren't weren't "
    "can't cannot won't haven't hasn't nicht kein keine keinen keinem keiner nie niemals ohne kaum weder pas "
    "jamais sans aucun aucune ni nunca jamas sin tampoco ningun ninguna nada nichts rien nobody".split()
)
ONLY = frozenset(
    "only just merely nur bloss seulement juste simplement solo solamente almost fast presque casi".split()
)
INTENSIFIERS = frozenset(
    "really so very truly absolutely totally also especially particularly just always still do much quite sehr "
    "wirklich besonders so auch total echt richtig ganz gar vraiment tellement beaucoup trop surtout aussi tres "
    "particulierement mucho muchisimo realmente tambien tanto especialmente muy".split()
)
GAP = frozenset(
    "the this these those my our your its their a an all how it them das die der den dem dieses diese diesen "
    "dieser mein meine meinen unser unsere ein eine einen es sie le la les l ce cet cette ces mon ma mes notre "
    "nos un une des de du d en el los las lo este esta estos estas mi mis nuestro nuestra un una unos unas del".split()
)
ASPECTS = frozenset(
    "taste tastes flavour flavor flavours flavors colour color colours colors smell scent aroma notes note tones "
    "roast roasts fabric material materials feel texture finish one ones things kind style geschmack farbe farben "
    "duft aroma noten rostung rostungen stoff material gefuhl textur gout gouts couleur couleurs odeur parfum "
    "arome aromes notes matiere tissu texture sabor sabores color colores olor aroma notas tejido material "
    "textura tono tonos of aromen von vom geruch".split()
)
"""Nouns that add nothing to the quality beside them: "the fruity taste", "la couleur bleue"."""
JOINERS = frozenset("and und et y e".split())
GOOD = frozenset(
    "lovely gorgeous beautiful fantastic wonderful delicious perfect excellent amazing superb great delightful "
    "wunderbar wunderschon toll fantastisch herrlich perfekt lecker hervorragend traumhaft grossartig superbe "
    "magnifique delicieux delicieuse parfait parfaite excellent excellente genial geniale merveilleux precioso "
    "preciosa delicioso deliciosa perfecto perfecta excelente fantastico fantastica maravilloso maravillosa "
    "estupendo estupenda".split()
)
BAD = frozenset(
    "awful horrible terrible disgusting dreadful revolting furchtbar schrecklich scheusslich widerlich grauenhaft "
    "affreux affreuse degoutant degoutante horrible horroroso horrorosa asqueroso asquerosa".split()
)
COPULAS = frozenset(
    "is are was were feels tastes smells looks ist sind war waren schmeckt riecht est sont etait etaient es son "
    "era eran esta estan sabe huele".split()
)
TOO = frozenset("too zu trop demasiado demasiada".split())
FUNCTION_WORDS = (
    GAP
    | JOINERS
    | INTENSIFIERS
    | COPULAS
    | frozenset(
        "in on for with at to from as than here now too i we me us ich wir mir uns in im am fur mit bei je j nous me "
        "moi dans pour avec sur yo nosotros me nos para con por que of anyway again overall there either eigentlich "
        "leider immer toujours siempre nada".split()
    )
)
"""A quality before one of these modifies nothing."""

IT = (
    FUNCTION_WORDS
    | SMALL
    | LARGE
    | frozenset(
        "it this that they these far way bit little slightly somewhat a tad viel etwas bisschen deutlich das dieser "
        "dieses sie er mir uns leider fallt beaucoup peu bien elle elles ils il c un poco bastante mucho queda me "
        "size sleeves legs waist shoulders toes hem armel beine schultern grosse manches jambes epaules taille mangas "
        "piernas talla overall sadly unfortunately malheureusement desgraciadamente turned out come came comes sitzen "
        "sitzt".split()
    )
)
"""What may stand before a "too": the thing itself, or a part of it that has a size."""
SMELLS = frozenset("smell smells scent geruch odeur olor packaging verpackung emballage embalaje".split())
"""Who hates the smell of leather may like leather."""

CONTENT_STOP = frozenset(
    "with from and the for set pack size piece pieces small large medium mini new best gift gifts classic "
    "original product item edition collection mit fur und der die das aus neu avec pour pack lot con para nuevo "
    "juego shop store deal sale free code offer sold out".split()
)
"""Words in names of products that nobody likes as such."""
_ENDINGS = ("s", "es", "n", "en", "e")


_BY_VALUE: Mapping[str, Term] = {term.value: term for term in QUALITIES.values()}


def quality(value: str) -> Term | None:
    """The quality with this value; None for a word of a product's own."""
    return _BY_VALUE.get(value)


def attributes_of(value: str) -> tuple[str, ...]:
    """A value as attributes of products, `material=linen`; empty for what is none."""
    term = quality(value)
    return tuple(f"{name}={value}" for name in ATTRIBUTES.get(term.kind, ())) if term is not None else ()


def joined(forms: Sequence[str]) -> list[tuple[str, int, int]]:
    """The words of a clause with terms of several as one ("green tea"), each with the places it stands at."""
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(forms):
        length = next(
            (len(words) for words in _SEVERAL.get(forms[at], ()) if words == tuple(forms[at : at + len(words)])), 1
        )
        if forms[at] == "the" and length > 1 and (at == 0 or forms[at - 1] not in _BEFORE_FRENCH_TEA):
            length = 1
        found.append((" ".join(forms[at : at + length]), at, at + length))
        at += length
    return found


def lookup(form: str, known: Mapping[str, Term]) -> Term | None:
    """The term of a folded word, also without the ending of a plural: "kettles", "fumés", "Schürzen"."""
    found = known.get(form)
    if found is not None or len(form) <= LEAST_LETTERS:
        return found
    shorter = (form.removesuffix(ending) for ending in _ENDINGS if form.endswith(ending))
    return next((term for one in shorter if (term := known.get(one)) is not None), None)
