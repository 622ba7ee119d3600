"""Drawings: notebooks, pens, cards and what stands on a desk."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, Patch, down, flat, metal, round_body, scatter, smooth
from demo.pictures.motifs import flower, leaf, print_label, sprig, turned
from demo.pictures.palette import BRASS, GLASS, IRON, LEAF, OAK, PAPER, STEEL, WHITE, Color


def _book(c: Canvas, color: Color, box: tuple[float, float, float, float]) -> Patch:
    """A closed book seen from the front, with its pages at the right and below."""
    x0, y0, x1, y1 = box
    c.ground((x0 + x1) / 2, y1 + 8, (x1 - x0) * 1.15)
    c.panel((x0 + 8, y0 + 10, x1 + 12, y1 + 12), 8, flat(color.darker(0.35)))
    c.panel((x0 + 6, y0 + 8, x1 + 7, y1 + 7), 5, down(PAPER, PAPER.darker(0.1)))
    cover = c.panel((x0, y0, x1, y1), 9, down(color.lighter(0.1), color.darker(0.08)))
    c.panel((x0, y0, x0 + 32, y1), 6, flat(color.darker(0.3), 0.4), cover)
    return cover


def notebook(c: Canvas, color: Color, accent: Color) -> None:
    cover = _book(c, color, (188, 134, 402, 474))
    for x, y in scatter(90, (222, 140, 396, 468)):
        c.stroke([(x, y), (x + 9, y)], 1.4, flat(color.lighter(0.4), 0.28), cover)
    c.panel((252, 196, 368, 254), 4, flat(PAPER))
    c.stroke([(272, 226), (348, 226)], 4, flat(color.darker(0.1), 0.8))
    c.stroke([(384, 134), (384, 474)], 7, flat(color.darker(0.45), 0.75), cover)
    c.polygon([(330, 474), (344, 474), (344, 506), (337, 498), (330, 506)], flat(accent))


def pocket_notebook(c: Canvas, color: Color, accent: Color) -> None:
    _book(c, color.darker(0.12), (252, 214, 420, 466))
    cover = _book(c, color, (188, 230, 356, 478))
    for y in range(262, 460, 38):
        c.stroke([(190, y), (190, y + 18)], 4, flat(PAPER, 0.95), cover)
    c.stroke([(236, 300), (318, 300)], 4, flat(color.darker(0.5), 0.6), cover)


def journal(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 430)
    c.polygon([(70, 300), (300, 320), (530, 300), (548, 470), (300, 488), (52, 470)], flat(color.darker(0.1)))
    for side in (-1, 1):
        page = [(300, 318), (300 + side * 222, 296), (300 + side * 236, 456), (300, 476)]
        body = c.polygon(page, down(PAPER.lighter(0.4), PAPER.darker(0.04)))
        for row in range(8):
            for column in range(11):
                x = 300 + side * (22 + column * 18.5)
                c.ellipse(x, 330 + row * 17 - column * 1.1, 1.7, 1.7, flat(IRON, 0.4), body)
    c.stroke([(300, 318), (300, 478)], 4, flat(IRON, 0.25))
    for shift, tint in ((-8, color), (10, accent)):
        c.stroke(smooth([(300 + shift, 330), (300 + shift * 2, 420), (300 + shift * 3, 510)]), 7, flat(tint))


def recipe_book(c: Canvas, color: Color, accent: Color) -> None:
    cover = _book(c, color, (180, 140, 410, 474))
    c.ellipse(310, 300, 66, 66, flat(PAPER), cover)
    c.vessel(310, 288, 322, (36, 26), color.darker(0.1), tilt=0.2)
    c.stroke([(346, 294), (374, 284)], 7, flat(color.darker(0.2)))
    for half, y in ((60, 404), (38, 424)):
        c.stroke([(310 - half, y), (310 + half, y)], 6, flat(PAPER, 0.9), cover)


def garden_diary(c: Canvas, color: Color, accent: Color) -> None:
    cover = _book(c, color, (184, 134, 404, 474))
    sprig(c, 308, 390, 170, LEAF.darker(0.25))
    c.stroke([(258, 424), (358, 424)], 6, flat(PAPER, 0.9), cover)


def fountain_pen(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(310, 452, 400, 0.24)
    tilt, x, y = -32, 300, 340
    barrel = turned([(-120, -23), (190, -19), (206, 0), (190, 19), (-120, 23)], x, y, tilt)
    c.polygon(barrel, down(color.lighter(0.4), color.darker(0.25)))
    c.polygon(turned([(-156, -15), (-118, -20), (-118, 20), (-156, 15)], x, y, tilt), down(IRON.lighter(0.3), IRON))
    nib = turned([(-236, 2), (-190, -13), (-154, -14), (-154, 14), (-190, 15)], x, y, tilt)
    c.polygon(nib, down(BRASS.lighter(0.45), BRASS.darker(0.1)))
    c.stroke(turned([(-228, 2), (-184, 0)], x, y, tilt), 2, flat(IRON, 0.7))
    c.ellipse(*turned([(-180, 0)], x, y, tilt)[0], 4, 4, flat(IRON))
    c.stroke(turned([(-116, 0), (-106, 0)], x, y, tilt), 42, flat(BRASS, 0.9))
    c.stroke(turned([(-96, -11), (180, -9)], x, y, tilt), 6, flat(WHITE, 0.4))
    ink = smooth([(92, 470), (130, 456), (160, 474), (200, 458), (236, 474), (280, 462)])
    c.stroke(ink, 4, flat(Color(58, 80, 114), 0.85))


def pencils(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 270)
    for number in range(6):
        x = 206 + number * 38
        height = 168 + (number * 37) % 46
        shade = accent.lighter(0.1) if number % 2 else accent.darker(0.06)
        c.panel((x - 14, height + 46, x + 14, 400), 2, round_body(shade))
        c.polygon([(x - 14, height + 48), (x + 14, height + 48), (x, height)], round_body(OAK.lighter(0.2)))
        c.polygon([(x - 4.6, height + 16), (x + 4.6, height + 16), (x, height)], flat(IRON))
    box = c.panel((180, 338, 420, 488), 6, down(PAPER, PAPER.darker(0.08)))
    print_label(c, (216, 366, 384, 466), accent, box)


def ink_bottle(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 290)
    c.panel((252, 184, 348, 256), 8, round_body(IRON))
    c.panel((262, 248, 338, 288), 4, flat(GLASS))
    glass = c.panel((176, 276, 424, 490), 40, down(GLASS.lighter(0.6), GLASS.darker(0.1)))
    c.panel((192, 316, 408, 478), 30, round_body(color.darker(0.2)), glass)
    print_label(c, (232, 350, 368, 452), color, glass)
    c.ellipse(300, 384, 13, 17, flat(color.darker(0.1)))
    c.shine([(200, 320), (200, 450)], 9, glass, 0.5)


def sharpener(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 320)
    c.polygon([(186, 330), (400, 300), (430, 440), (400, 484), (210, 484), (176, 450)], metal(color))
    c.polygon([(230, 344), (372, 324), (392, 420), (240, 428)], down(STEEL.lighter(0.4), STEEL.darker(0.2)))
    c.ellipse(312, 376, 16, 15, metal(BRASS.darker(0.2)))
    c.stroke([(302, 382), (322, 370)], 4, flat(IRON, 0.8))
    c.ellipse(413, 370, 15, 38, flat(IRON))
    curl = smooth([(150, 470), (120, 440), (140, 410), (176, 424), (170, 458), (140, 452)])
    c.stroke(curl, 8, flat(OAK.lighter(0.25)))


def cards(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 400)
    envelope = turned([(-150, -92), (150, -92), (150, 92), (-150, 92)], 336, 376, 9)
    c.polygon(envelope, down(accent.lighter(0.42), accent.lighter(0.28)))
    c.stroke(turned([(-148, -90), (0, 20), (148, -90)], 336, 376, 9), 3, flat(accent.darker(0.1), 0.5))
    c.polygon(turned([(-146, -94), (160, -94), (160, 106), (-146, 106)], 268, 352, -7), flat(IRON, 0.12))
    c.polygon(turned([(-150, -100), (154, -100), (154, 100), (-150, 100)], 266, 348, -7), down(WHITE, PAPER))
    leaf(c, 208, 388, 74, 316, LEAF)
    leaf(c, 208, 388, 60, 270, LEAF.darker(0.1))
    flower(c, 262, 326, 21, accent.lighter(0.2))
    for row, half in ((0, 40), (18, 28)):
        c.stroke(turned([(-half, 0), (half, 0)], 322, 366 + row, -7), 5, flat(accent, 0.7))


def letter_paper(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 380)
    for shift in (20, 10, 0):
        sheet = turned([(-116, -158), (116, -158), (116, 158), (-116, 158)], 262 + shift, 316 + shift, -4)
        body = c.polygon(sheet, down(color.lighter(0.5), color.lighter(0.25)))
    for row in range(8):
        c.stroke(turned([(-84, 0), (84 - (row % 3) * 20, 0)], 262, 214 + row * 26, -4), 3, flat(IRON, 0.35), body)
    c.polygon([(262, 386), (482, 386), (482, 486), (262, 486)], down(color.lighter(0.36), color))
    c.polygon([(262, 386), (482, 386), (372, 452)], down(Color(124, 135, 144), Color(140, 150, 158)))


def wrapping_paper(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 420)
    for x, y, shade in ((-4, -62, 0.16), (4, 0, 0.0), (0, 62, -0.1)):
        tint = color.lighter(shade) if shade >= 0 else color.darker(-shade)
        points = turned([(-214, -34), (214, -34), (214, 34), (-214, 34)], 300 + x, 380 + y, -5)
        body = c.polygon(points, down(tint.lighter(0.32), tint.darker(0.18)))
        for n in range(13):
            at = turned([(-196 + n * 33.0, -8.0 if n % 2 else 12.0)], 300 + x, 380 + y, -5)[0]
            c.ellipse(*at, 9, 9, flat(PAPER, 0.85), body)
            c.ellipse(*at, 4, 4, flat(tint), body)
        c.ellipse(*turned([(214, 0)], 300 + x, 380 + y, -5)[0], 12, 34, down(PAPER, PAPER.darker(0.25)))
    c.stroke([(196, 282), (206, 492)], 9, flat(accent.lighter(0.3)))


def planner(c: Canvas, color: Color, accent: Color) -> None:
    c.panel((166, 96, 434, 484), 3, down(WHITE, PAPER.darker(0.04)))
    c.panel((150, 86, 450, 104), 8, round_body(OAK))
    c.panel((150, 474, 450, 492), 8, round_body(OAK))
    c.stroke([(246, 132), (354, 132)], 9, flat(color))
    for row in range(4):
        for column in range(3):
            x, y = 196 + column * 74, 168 + row * 74
            for cell in range(20):
                at = (x + (cell % 5) * 12, y + (cell // 5) * 12)
                tint = color if (cell + row + column) % 7 == 0 else PAPER.darker(0.14)
                c.panel((*at, at[0] + 9, at[1] + 9), 2, flat(tint))


def pen_tray(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 476, 460)
    c.polygon([(92, 388), (508, 388), (526, 470), (74, 470)], down(color.lighter(0.05), color.darker(0.22)))
    c.ellipse(300, 396, 212, 38, down(color.lighter(0.2), color))
    c.ellipse(300, 402, 184, 25, down(color.darker(0.3), color.darker(0.05)))
    for start, end, tint in (
        ((170, 402), (400, 370), accent),
        ((200, 414), (440, 396), IRON),
        ((160, 414), (330, 392), BRASS),
    ):
        c.stroke([start, end], 13, metal(tint))


def bookends(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 420)
    x = 176
    for width, height, tint in (
        (42, 230, 0.0),
        (34, 262, 0.35),
        (50, 214, 0.12),
        (30, 250, 0.5),
        (44, 236, 0.22),
        (38, 206, 0.6),
    ):
        c.panel((x, 486 - height, x + width, 486), 4, round_body(accent.lighter(tint)))
        c.stroke([(x + 9, 486 - height * 0.75), (x + width - 9, 486 - height * 0.75)], 4, flat(PAPER, 0.8))
        x += width + 2
    for side, at in ((-1, 172), (1, x + 2)):
        c.panel((at - 7, 250, at + 7, 488), 3, metal(color))
        c.panel((min(at, at + side * 76), 478, max(at, at + side * 76), 490), 3, metal(color))


def letter_rack(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 380)
    letters = ((178, 168, PAPER, 300), (226, 208, accent.lighter(0.45), 352), (190, 262, WHITE, 404))
    for number, (x, y, tint, slot) in enumerate(letters):
        c.panel((x, y, x + 196, y + 170), 3, down(tint.lighter(0.2), tint.darker(0.06)))
        c.stroke([(x + 2, y + 3), (x + 98, y + 62), (x + 194, y + 3)], 2.4, flat(IRON, 0.3))
        c.panel((150, slot, 450, 480), 8, down(color.lighter(0.2 - 0.08 * number), color.darker(0.14)))
    c.panel((136, 474, 464, 492), 6, round_body(color.darker(0.12)))


def desk_mat(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 478, 500, 0.26)
    c.polygon([(116, 300), (484, 300), (566, 470), (34, 470)], down(color.lighter(0.16), color.darker(0.04)))
    c.polygon([(34, 470), (566, 470), (564, 482), (36, 482)], flat(color.darker(0.3)))
    c.polygon([(200, 356), (400, 356), (424, 414), (176, 414)], down(PAPER, PAPER.darker(0.1)))
    for row in range(4):
        c.stroke([(206 - row * 6, 366 + row * 13), (394 + row * 6, 366 + row * 13)], 7, flat(IRON, 0.16))
    c.ellipse(464, 400, 20, 13, down(PAPER, PAPER.darker(0.15)))
