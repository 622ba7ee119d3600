"""Drawings: candles, soap, salts and brushes."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, Paint, arc, down, flat, metal, round_body, scatter, smooth
from demo.pictures.motifs import flame, leaf, print_label, turned
from demo.pictures.palette import BEECH, CORK, GLASS, IRON, LEAF, PAPER, WHITE, Color


def jar_candle(c: Canvas, color: Color, accent: Color) -> None:
    wax = PAPER.darker(0.02)
    c.ground(300, 490, 240)
    body = c.vessel(300, 274, 474, (108, 104), color, tilt=0.16, paint=round_body(color), inner=color.darker(0.2))
    c.ellipse(300, 286, 94, 14, down(wax.darker(0.06), wax.lighter(0.4)))
    c.stroke([(300, 284), (301, 262)], 4, flat(IRON))
    flame(c, 301, 266, 62)
    print_label(c, (240, 344, 360, 448), color.darker(0.25), body)
    leaf(c, 282, 402, 44, 300, color.mix(LEAF, 0.4).darker(0.1))
    c.shine([(212, 308), (214, 470)], 11, body, 0.3)


def pillar_candle(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 220)
    c.ellipse(300, 482, 124, 17, round_body(IRON.lighter(0.3)))
    body = c.vessel(300, 240, 470, (82, 82), color, tilt=0.17, inner=color.lighter(0.1))
    for x in range(-72, 73, 18):
        c.stroke([(300 + x, 254), (300 + x, 486)], 5, flat(color.darker(0.35), 0.26), body)
    c.ellipse(300, 244, 62, 9, flat(color.lighter(0.4)))
    c.stroke([(300, 242), (301, 222)], 4, flat(IRON))
    flame(c, 301, 226, 60)


def dinner_candles(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 330)
    for x, top in ((210, 196), (270, 168), (330, 182), (390, 210)):
        c.panel((x - 15, top, x + 15, 440), 8, round_body(color.lighter(0.12)))
        c.stroke([(x, top), (x, top - 12)], 3, flat(IRON))
        flame(c, x, top - 8, 40)
        c.vessel(x, 430, 474, (24, 34), accent, tilt=0.2, paint=metal(Color(190, 150, 80)))


def soap(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 360)
    c.panel((150, 330, 450, 480), 34, down(color.darker(0.04), color.darker(0.26)))
    bar = c.panel((150, 310, 450, 448), 34, down(color.lighter(0.34), color))
    c.panel((182, 334, 418, 424), 22, down(color.darker(0.07), color.lighter(0.16)), bar)
    leaf(c, 262, 398, 76, 326, color.darker(0.16))
    leaf(c, 300, 404, 50, 290, color.darker(0.1))
    c.shine([(186, 324), (330, 322)], 7, bar, 0.5)
    for x, y, size in ((470, 456, 20), (498, 470, 12), (130, 466, 15), (462, 428, 9)):
        c.ellipse(x, y, size, size, Paint(((0, WHITE), (1, GLASS)), opacity=0.75))
        c.ellipse(x - size * 0.3, y - size * 0.3, size * 0.22, size * 0.22, flat(WHITE))


def speckled_soap(c: Canvas, color: Color, accent: Color) -> None:
    soap(c, color, accent)
    for x, y in scatter(60, (170, 318, 430, 440)):
        c.ellipse(x, y, 2.6, 2, flat(color.darker(0.5), 0.5))


def hand_wash(c: Canvas, color: Color, accent: Color) -> None:
    amber = Color(150, 92, 44)
    c.ground(300, 490, 210)
    c.panel((288, 160, 312, 250), 5, round_body(IRON))
    c.polygon(smooth([(234, 150), (320, 146), (326, 172), (250, 176), (226, 172)], closed=True), round_body(IRON))
    c.panel((262, 226, 338, 264), 7, round_body(IRON))
    body = c.panel((206, 256, 394, 490), 34, round_body(amber))
    print_label(c, (228, 316, 372, 452), color, body)
    leaf(c, 282, 402, 54, 300, color.mix(LEAF, 0.5))
    leaf(c, 306, 402, 44, 262, color.mix(LEAF, 0.3))
    c.shine([(222, 290), (222, 462)], 8, body, 0.35)


def bath_salts(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 250)
    c.panel((236, 150, 364, 222), 12, round_body(CORK))
    glass = c.panel(
        (190, 204, 410, 490), 36, Paint(((0, GLASS.darker(0.1)), (0.3, WHITE), (1, GLASS.darker(0.14))), opacity=0.85)
    )
    salt = color.lighter(0.5)
    c.panel((200, 268, 400, 482), 28, round_body(salt), glass)
    for n, (x, y) in enumerate(scatter(110, (202, 268, 392, 476))):
        c.panel((x, y, x + 8, y + 7), 2, flat(WHITE if n % 2 else color, 0.55), glass)
    print_label(c, (232, 326, 368, 446), color.darker(0.3), glass)
    c.ellipse(300, 366, 19, 19, flat(color.darker(0.1), 0.85))
    c.shine([(212, 240), (212, 456)], 10, glass, 0.6)


def bath_brush(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 470, 430, 0.28)
    tilt, x, y = -30, 310, 360
    for n in range(24):
        at = -206 + n * 6.4
        c.stroke(
            turned([(at, 16), (at - 2, 66 - abs(n - 11.5) * 1.2)], x, y, tilt),
            5,
            flat(PAPER.darker(0.12 + 0.05 * (n % 3))),
        )
    outline = [(-226, 0), (-200, -26), (-130, -36), (-60, -26), (0, -15), (150, -14), (226, -17), (240, 0), (226, 14),
               (150, 12), (0, 13), (-60, 22), (-130, 28), (-200, 22)]  # fmt: skip
    c.polygon(turned(smooth(outline, closed=True), x, y, tilt), down(color.lighter(0.2), color.darker(0.14)))
    c.ellipse(*turned([(216, -1)], x, y, tilt)[0], 6, 6, flat(IRON, 0.6))


def nail_brush(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 380)
    for row, tall in ((420, 60), (372, -34)):
        for x in range(158, 446, 11):
            c.stroke([(x, row), (x + (x % 3) - 1, row + tall)], 6, flat(PAPER.darker(0.08 + 0.05 * (x % 3))))
    c.panel((130, 362, 470, 432), 32, down(color.lighter(0.24), color.darker(0.14)))
    c.stroke([(160, 396), (440, 396)], 7, flat(color.darker(0.3), 0.4))


def dish_brush(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 220, 0.26)
    for n in range(19):
        x = 232 + n * 7.6
        c.stroke([(x, 396), (300 + (x - 300) * 1.34, 478)], 6, flat(PAPER.darker(0.1 + 0.05 * (n % 3))))
    c.profile(300, [(352, 30), (370, 66), (402, 76), (410, 70)], round_body(color))
    c.stroke(smooth([(300, 352), (306, 240), (296, 132)]), 25, round_body(color.lighter(0.05)))
    c.stroke(arc(298, 120, 15, 19, 0, 360), 4, flat(IRON, 0.7))


def soap_dish(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 380)
    bar = c.panel((196, 330, 404, 420), 28, down(Color(232, 214, 190), Color(206, 182, 152)))
    c.shine([(226, 344), (330, 342)], 6, bar, 0.6)
    c.polygon([(120, 404), (480, 404), (446, 478), (154, 478)], down(color.lighter(0.14), color.darker(0.16)))
    c.panel((112, 396, 488, 418), 10, round_body(color.lighter(0.1)))
    for x in range(176, 440, 44):
        c.panel((x, 436, x + 22, 448), 6, flat(color.darker(0.45), 0.7))
    c.stroke(smooth([(150, 460), (250, 452), (360, 464), (444, 456)]), 2.4, flat(BEECH.darker(0.4), 0.35))
