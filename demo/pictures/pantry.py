"""Drawings: tea, coffee and what they are kept and made in."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, Paint, arc, down, flat, metal, round_body, smooth
from demo.pictures.motifs import bean, flower, leaf, print_label, sprig, steam
from demo.pictures.palette import (
    BEECH,
    BRASS,
    CORK,
    GLASS,
    IRON,
    KRAFT,
    LEAF,
    OAK,
    PAPER,
    STEEL,
    WALNUT,
    WHITE,
    Color,
)  # fmt: skip

COFFEE = Color(74, 47, 34)


def tea_tin(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 250)
    body = c.panel((196, 200, 404, 490), 14, round_body(accent))
    c.panel((188, 152, 412, 212), 12, round_body(accent.darker(0.14)))
    c.stroke([(190, 208), (410, 208)], 3, flat(accent.darker(0.45), 0.5))
    c.stroke([(196, 466), (404, 466)], 3, flat(BRASS.lighter(0.3), 0.8), body)
    print_label(c, (226, 258, 374, 436), accent, body)
    sprig(c, 300, 366, 84, accent.mix(LEAF, 0.35))
    c.shine([(216, 222), (216, 470)], 9, body, 0.22)


def caddy(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 230)
    body = c.panel((206, 226, 394, 490), 12, round_body(color))
    c.panel((198, 176, 402, 240), 14, round_body(color.darker(0.1)))
    c.ellipse(300, 172, 20, 14, metal(BRASS))
    c.stroke([(200, 237), (400, 237)], 3, flat(color.darker(0.5), 0.5))
    c.stroke([(206, 290), (394, 290)], 4, flat(BRASS.lighter(0.2), 0.85), body)
    c.stroke([(206, 456), (394, 456)], 4, flat(BRASS.lighter(0.2), 0.85), body)
    leaf(c, 300, 414, 86, 270, color.lighter(0.42))


def herb_pouch(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 260)
    outline = [(196, 168), (404, 168), (412, 300), (416, 470), (398, 490), (202, 490), (184, 470), (188, 300)]
    body = c.polygon(outline, down(KRAFT.lighter(0.16), KRAFT.darker(0.06)))
    c.panel((196, 150, 404, 196), 4, down(KRAFT.darker(0.02), KRAFT.darker(0.12)))
    for y in (166, 178):
        c.stroke([(204, y), (396, y)], 1.6, flat(KRAFT.darker(0.35), 0.6))
    c.panel((184, 226, 416, 288), 0, flat(accent), body)
    for half, y in ((66, 248), (42, 266)):
        c.stroke([(300 - half, y), (300 + half, y)], 5, flat(PAPER, 0.9), body)
    window = c.ellipse(300, 390, 62, 62, down(PAPER.darker(0.04), PAPER.darker(0.16)))
    for x, y, turn in ((270, 410, 300), (318, 430, 250), (334, 392, 200), (286, 378, 20), (306, 404, 330)):
        leaf(c, x, y, 36, turn, accent.mix(LEAF, 0.5))
    flower(c, 302, 386, 17, accent.lighter(0.35))
    c.shine([(262, 346), (250, 366)], 5, window, 0.7)


def matcha_tin(c: Canvas, color: Color, accent: Color) -> None:
    green = Color(138, 160, 78)
    c.ground(300, 486, 320)
    body = c.panel((168, 296, 352, 488), 12, round_body(LEAF.darker(0.28)))
    c.panel((162, 254, 358, 308), 10, round_body(IRON))
    print_label(c, (196, 334, 324, 454), LEAF.darker(0.2), body)
    c.ellipse(260, 376, 24, 24, flat(green))
    heap = smooth([(372, 486), (398, 452), (428, 440), (462, 456), (486, 486)])
    c.polygon(heap, down(green.lighter(0.18), green.darker(0.08)))
    c.stroke(smooth([(400, 474), (430, 456), (452, 470)]), 4, flat(green.lighter(0.35), 0.7))


def matcha_whisk(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 200)
    for spread in range(-5, 6):
        tip = 300 + spread * 15
        prong = smooth([(300 + spread * 7, 330), (tip + spread * 5, 410), (tip, 484)])
        c.stroke(prong, 7, flat(BEECH.darker(0.02 + 0.02 * (spread % 3))))
    c.panel((262, 316, 338, 340), 8, flat(IRON.lighter(0.15)))
    c.panel((266, 160, 334, 322), 14, round_body(BEECH))
    c.stroke([(266, 232), (334, 232)], 2.5, flat(BEECH.darker(0.3), 0.6))


def matcha_set(c: Canvas, color: Color, accent: Color) -> None:
    clay = Color(92, 96, 92)
    c.ground(260, 486, 320)
    c.vessel(250, 370, 468, (128, 64), clay, bulge=26, tilt=0.2, inner=Color(150, 172, 88))
    c.ground(452, 486, 110)
    for spread in range(-3, 4):
        c.stroke(smooth([(452 + spread * 6, 400), (452 + spread * 12, 446), (452 + spread * 9, 484)]), 6, flat(BEECH))
    c.panel((428, 386, 476, 404), 6, flat(IRON.lighter(0.15)))
    c.panel((430, 290, 474, 392), 10, round_body(BEECH))
    steam(c, 250, 340)


def coffee_bag(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 270)
    face = [(194, 190), (406, 190), (414, 470), (400, 492), (200, 492), (186, 470)]
    shell = KRAFT.mix(COFFEE, 0.72)
    body = c.polygon(face, round_body(shell))
    c.panel((194, 140, 406, 196), 4, down(shell.lighter(0.12), shell))
    c.panel((186, 168, 414, 184), 5, metal(STEEL))
    c.panel((180, 268, 420, 424), 0, down(accent.lighter(0.06), accent.darker(0.05)), body)
    for x, y, turn in ((266, 318, 35), (306, 306, 110), (338, 330, 20)):
        bean(c, x, y, 22, turn, PAPER)
    for half, y in ((62, 374), (40, 394)):
        c.stroke([(300 - half, y), (300 + half, y)], 5, flat(PAPER, 0.9), body)
    c.ellipse(300, 230, 11, 11, flat(shell.lighter(0.2)))
    for x, y, turn in ((440, 478, 20), (470, 486, 130), (150, 484, 60)):
        bean(c, x, y, 15, turn, COFFEE)


def moka_pot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 220)
    handle = [(372, 214), (440, 220), (446, 262), (430, 330)]
    c.stroke(smooth(handle), 22, flat(OAK.darker(0.1)))
    c.polygon([(236, 222), (186, 196), (182, 210), (238, 262)], metal(color))
    c.profile(300, [(206, 74), (336, 54)], metal(color), straight=True)
    c.profile(300, [(336, 58), (356, 58)], metal(color.darker(0.2)), straight=True)
    c.profile(300, [(356, 58), (484, 86), (490, 82)], metal(color), straight=True)
    c.profile(300, [(168, 14), (206, 78)], metal(color.lighter(0.05)), straight=True)
    c.ellipse(300, 160, 15, 15, round_body(OAK))
    c.ellipse(336, 420, 9, 9, metal(BRASS))
    for x in (262, 338):
        c.stroke([(300 + (x - 300) * 0.85, 362), (x, 484)], 2, flat(IRON, 0.25))
        c.stroke([(x, 210), (300 + (x - 300) * 0.8, 334)], 2, flat(IRON, 0.25))


def dripper(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 220)
    c.vessel(300, 372, 478, (72, 60), Color(232, 226, 214), tilt=0.14)
    c.stroke(arc(376, 420, 30, 30, -80, 80), 13, flat(Color(214, 206, 192)))
    c.ellipse(300, 366, 118, 16, round_body(color.darker(0.06)))
    c.stroke(arc(408, 266, 34, 36, -90, 90), 15, flat(color.darker(0.14)))
    body = c.vessel(300, 222, 356, (124, 46), color, tilt=0.18, inner=PAPER.darker(0.12))
    for x in (-52, -18, 18, 52):
        c.stroke([(300 + x * 1.8, 250), (300 + x * 0.7, 352)], 2.4, flat(color.darker(0.3), 0.3), body)
    c.ellipse(300, 224, 88, 13, flat(COFFEE, 0.85))
    steam(c, 300, 196)


def coffee_server(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 250)
    sides = [(190, 62), (250, 58), (330, 112), (430, 128), (482, 96), (488, 60)]
    c.profile(300, sides, Paint(((0, GLASS.darker(0.1)), (0.3, WHITE), (1, GLASS.darker(0.16))), opacity=0.75))
    coffee = [(380, 124), (430, 126), (478, 96), (484, 60)]
    c.profile(300, coffee, round_body(COFFEE))
    c.ellipse(300, 381, 124, 15, flat(COFFEE.lighter(0.2)))
    c.panel((238, 206, 362, 262), 10, round_body(CORK))
    c.ellipse(300, 190, 62, 10, flat(GLASS.lighter(0.5), 0.9))
    c.stroke(smooth([(214, 350), (196, 410), (214, 454)]), 8, flat(WHITE, 0.55))


def french_press(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 230)
    c.stroke(smooth([(386, 240), (446, 250), (446, 380), (388, 400)]), 18, flat(WALNUT))
    glass = c.panel((212, 208, 388, 486), 12, Paint(((0, GLASS), (0.3, WHITE), (1, GLASS.darker(0.12))), opacity=0.85))
    c.panel((214, 300, 386, 480), 8, round_body(COFFEE), glass)
    for box in ((206, 208, 394, 230), (206, 440, 394, 490), (206, 318, 394, 334)):
        c.panel(box, 5, metal(color))
    c.stroke([(300, 130), (300, 190)], 8, metal(STEEL))
    c.profile(300, [(180, 60), (208, 96)], metal(color))
    c.ellipse(300, 124, 17, 17, round_body(WALNUT))
    c.shine([(236, 246), (236, 430)], 9, glass, 0.4)


def hand_grinder(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 190)
    c.stroke([(300, 168), (440, 142)], 11, metal(STEEL))
    c.ellipse(446, 128, 20, 24, round_body(WALNUT))
    c.panel((288, 150, 312, 200), 6, metal(STEEL))
    c.panel((230, 196, 370, 372), 16, metal(color))
    c.panel((226, 352, 374, 376), 6, round_body(IRON))
    c.panel((236, 372, 364, 490), 14, metal(color.darker(0.1)))
    for y in (416, 428, 440):
        c.stroke([(240, y), (360, y)], 2, flat(IRON, 0.3))


def box_mill(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 280)
    c.stroke(smooth([(300, 210), (330, 150), (420, 150)]), 10, metal(IRON))
    c.ellipse(426, 136, 18, 22, round_body(OAK))
    c.profile(300, [(200, 20), (236, 84), (290, 96)], metal(IRON.lighter(0.15)))
    c.panel((188, 286, 412, 486), 8, round_body(color))
    c.panel((176, 276, 424, 300), 6, round_body(color.darker(0.12)))
    c.panel((170, 474, 430, 492), 6, round_body(color.darker(0.16)))
    c.panel((226, 376, 374, 454), 6, down(color.lighter(0.1), color.darker(0.06)))
    c.ellipse(300, 416, 12, 12, metal(BRASS))


def filter_papers(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 320)
    cone = [(150, 236), (330, 236), (288, 470), (196, 470)]
    for shift in (44, 22, 0):
        shade = PAPER.darker(0.02 + shift / 500)
        c.polygon([(x + shift * 2.2, y - shift * 0.5) for x, y in cone], down(shade.lighter(0.3), shade))
    c.stroke([(316, 240), (276, 466)], 2, flat(KRAFT, 0.6))
    box = c.panel((318, 318, 466, 490), 6, down(accent.lighter(0.08), accent.darker(0.1)))
    print_label(c, (340, 346, 444, 452), accent, box)
    c.polygon([(364, 366), (420, 366), (404, 410), (380, 410)], flat(accent.lighter(0.3)))


def scoop(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 470, 330)
    c.stroke([(290, 400), (500, 262)], 19, metal(color))
    c.ellipse(500, 262, 15, 15, metal(color.darker(0.1)))
    c.vessel(236, 384, 450, (104, 62), color, bulge=20, tilt=0.26, paint=metal(color), inner=COFFEE)
    for x, y, turn in ((196, 386, 20), (238, 380, 100), (276, 388, 50), (222, 396, 150)):
        bean(c, x, y, 15, turn, COFFEE.lighter(0.14))


def linen_filter(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 240)
    sock = [(186, 226), (414, 226), (374, 370), (318, 474), (300, 486), (282, 474), (226, 370)]
    body = c.polygon(smooth(sock, closed=True), round_body(color))
    for x in range(196, 410, 14):
        c.stroke([(x, 220), (300 + (x - 300) * 0.3, 480)], 1.2, flat(color.darker(0.35), 0.25), body)
    c.ellipse(300, 232, 118, 22, metal(STEEL))
    c.ellipse(300, 233, 108, 17, down(COFFEE.lighter(0.15), COFFEE))
    c.stroke([(410, 230), (500, 206)], 11, metal(STEEL))
