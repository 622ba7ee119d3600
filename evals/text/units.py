"""Units of measure and their conversion, so that "two metres" meets "2 m" and "5 kilo" meets "5 kg"."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from evals.text.canonical import fold


class Unit(NamedTuple):
    """What a unit measures and how much of the base unit it is."""

    dimension: str
    factor: Decimal


_TABLE: dict[str, dict[str, str]] = {
    "mass": {
        "0.001": "mg milligram milligrams milligramm",
        "1": "g gr gram grams gramme grammes gramm gramo gramos",
        "1000": "kg kgs kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos",
        "28.3495": "oz ounce ounces unze unzen onza onzas",
        "453.592": "lb lbs pound-mass",
    },
    "volume": {
        "1": "ml millilitre millilitres milliliter milliliters millilitro millilitros",
        "10": "cl centilitre centilitres zentiliter centilitro centilitros",
        "1000": "l litre litres liter liters litro litros",
        "29.5735": "floz",
        "3785.41": "gal gals gallon gallons gallonen galon galones",
    },
    "length": {
        "1": "mm millimetre millimetres millimeter millimeters milimetro milimetros",
        "10": "cm centimetre centimetres centimeter centimeters zentimeter centimetro centimetros",
        "1000": "m metre metres meter meters metern metro metros",
        "1000000": "km kilometre kilometres kilometer kilometers kilometro kilometros",
        "25.4": "in inch inches zoll pouce pouces pulgada pulgadas",
        "304.8": "ft foot feet",
        "1609344": "mile miles meilen",
    },
    "time": {
        "1": "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos",
        "60": "min mins minute minutes minuten minuto minutos",
        "3600": "h hr hrs hour hours stunde stunden heure heures hora horas std",
        "86400": "day days tag tage tagen jour jours dia dias",
        "604800": "week weeks woche wochen semaine semaines semana semanas",
        "2629800": "month months monat monate monaten mois mes meses",
        "31557600": "year years yr yrs jahr jahre jahren an ans annee annees ano anos",
    },
    "power": {"1": "w watt watts vatio vatios", "1000": "kw"},
    "voltage": {"1": "v volt volts voltio voltios"},
    "charge": {"1": "mah", "1000": "ah"},
    "energy": {"1": "wh", "1000": "kwh"},
    "frequency": {"1": "hz hertz", "1000": "khz", "1000000": "mhz", "1000000000": "ghz"},
    "memory": {"0.001": "mb megabyte megabytes", "1": "gb gigabyte gigabytes go", "1000": "tb terabyte terabytes to"},
    "light": {"1": "lumen lumens lm lumenes"},
    "sound": {"1": "db decibel decibels dezibel decibelio decibelios"},
    "resolution": {"1": "mp megapixel megapixels megapixeles"},
    "cloth": {"1": "gsm"},
    "temperature": {"1": "c celsius", "1.0001": "f fahrenheit"},
    "calories": {"1": "kcal calories calorie kalorien calorias"},
    "spf": {"1": "spf lsf fps"},
    "fill": {"1": "fp"},
}  # fmt: skip
UNITS: dict[str, Unit] = {
    fold(word): Unit(dimension, Decimal(factor))
    for dimension, factors in _TABLE.items()
    for factor, words in factors.items()
    for word in words.split()
}
AMBIGUOUS = frozenset("in an go to s c f l m g h v w fp mes".split())
"""Units that are also words, or too short to trust: only read directly behind digits."""

PREPOSITIONS = frozenset(("in", "an", "to", "go", "f", "c", "mes"))
"""Units that are commoner as other words: only read when they touch the digits."""

COUNTED: dict[str, str] = {
    fold(word): noun
    for noun, words in {
        "port": "port ports anschluss anschlusse anschlussen puerto puertos",
        "pack": "pack packs er-pack packung packungen paquete paquetes paquet paquets packet packets",
        "pair": "pair pairs paar paare paire paires par pares",
        "piece": "piece pieces teilig stuck pieza piezas ct count pc pcs",
        "pocket": "pocket pockets tasche taschen poche poches bolsillo bolsillos",
        "layer": "layer layers lagen schichten couches capas ply",
        "setting": "setting settings mode modes stufen modi reglages modos speed speeds",
        "bag": "bag bags beutel sachet sachets bolsas bolsitas",
        "capsule": "capsule capsules kapsel kapseln capsula capsulas tablet tablets pill pills pod pods",
        "serving": "serving servings portion portions portionen porcion porciones raciones",
        "cup": "cup cups tasse tassen tasses taza tazas",
        "wash": "wash washes waschgange wasche lavages lavados",
        "colour": "colour colours color colors farbe farben couleur couleurs colores",
        "size": "size sizes grosse grossen taille tailles talla tallas",
        "blade": "blade blades klinge klingen lame lames hoja hojas cuchillas",
        "person": "person persons people personen personne personnes personas",
        "cable": "cable cables kabel",
        "egg": "egg eggs ei eier oeuf oeufs huevo huevos",
        "thread": "thread threads",
        "core": "core cores kern kerne coeurs nucleos",
        "bar": "bar bars riegel barres barritas",
        "can": "can cans dose dosen boite boites lata latas",
        "bottle": "bottle bottles flasche flaschen bouteille bouteilles botella botellas",
        "sheet": "sheet sheets blatt feuilles hojas",
        "candle": "candle candles kerze kerzen bougie bougies vela velas",
        "sock": "sock socks",
    }.items()
    for word in words.split()
}
"""Things a product is said to have so many of: their number is a claim."""
