"""Drawings: knives, pans, boards, tools and tins."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, Paint, Patch, Points, arc, down, flat, metal, round_body, scatter, smooth
from demo.pictures.motifs import turned
from demo.pictures.palette import BEECH, BRASS, CORK, GLASS, IRON, KRAFT, OAK, PAPER, STEEL, WHITE, Color


def _wood(c: Canvas, body: Patch, color: Color, box: tuple[float, float, float, float], rows: int = 6) -> None:
    """Grain inside a wooden body."""
    x0, y0, x1, y1 = box
    for row in range(rows):
        y = y0 + (y1 - y0) * (row + 0.5) / rows
        bend = 7 if row % 2 else -6
        line = smooth([(x0, y), (x0 + (x1 - x0) * 0.3, y + bend), (x0 + (x1 - x0) * 0.65, y - bend), (x1, y + 2)])
        c.stroke(line, 2.2, flat(color.darker(0.26), 0.35), body)


def _knife(c: Canvas, color: Color, blade: Points, *, cut: bool = False) -> None:
    c.ground(300, 452, 420, 0.26)
    tilt, x, y = -24, 300, 380
    edge = turned(list(blade), x, y, tilt)
    steel = c.polygon(edge, down(STEEL.lighter(0.5), STEEL.darker(0.12)))
    c.stroke(turned([(-196, 16), (60, 16)], x, y, tilt), 2, flat(WHITE, 0.7), steel)
    if cut:
        for step in range(12):
            c.ellipse(*turned([(-180 + 20 * step, 35)], x, y, tilt)[0], 7, 7, flat(STEEL.darker(0.2), 0.5), steel)
    grip = [(58, -30), (150, -26), (214, -18), (222, 6), (206, 24), (140, 14), (58, 10)]
    handle = c.polygon(turned(smooth(grip, closed=True), x, y, tilt), down(color.lighter(0.14), color.darker(0.16)))
    c.stroke(turned([(70, -12), (210, -6)], x, y, tilt), 2, flat(color.darker(0.3), 0.45), handle)
    for at in (88, 138, 188):
        c.ellipse(*turned([(at, -7)], x, y, tilt)[0], 5.5, 5.5, metal(BRASS))


def cooks_knife(c: Canvas, color: Color, accent: Color) -> None:
    _knife(c, color, [(-216, 8), (-120, -24), (62, -32), (62, 38), (20, 42), (-120, 34)])


def santoku(c: Canvas, color: Color, accent: Color) -> None:
    _knife(c, color, [(-186, 36), (-178, 0), (-150, -26), (62, -32), (62, 40), (-120, 42)])


def bread_knife(c: Canvas, color: Color, accent: Color) -> None:
    _knife(c, color, [(-222, 20), (-214, -14), (-198, -24), (62, -28), (62, 34), (-200, 36)], cut=True)


def small_knife(c: Canvas, color: Color, accent: Color) -> None:
    _knife(c, color, [(-112, 6), (-40, -20), (62, -26), (62, 20), (-40, 22)])


def filleting_knife(c: Canvas, color: Color, accent: Color) -> None:
    _knife(c, color, [(-222, -24), (-90, -20), (62, -26), (62, 16), (-60, 14), (-170, -2)])


def skillet(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(280, 476, 400)
    c.stroke([(380, 414), (520, 372)], 30, metal(color.lighter(0.08)))
    c.ellipse(508, 376, 9, 6, flat(PAPER.darker(0.1)))
    c.vessel(262, 400, 456, (168, 140), color, tilt=0.3, paint=metal(color.lighter(0.06)), inner=color.darker(0.1))
    c.ellipse(262, 412, 128, 34, down(color.lighter(0.06), color.lighter(0.16)))
    c.stroke(arc(262, 410, 110, 28, 190, 250), 5, flat(WHITE, 0.2))


def wok(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(290, 480, 330)
    c.stroke([(430, 360), (556, 318)], 22, flat(OAK))
    c.vessel(286, 364, 466, (184, 62), color, bulge=44, tilt=0.26, paint=metal(color), inner=color.lighter(0.1))
    c.stroke(arc(286, 372, 130, 26, 195, 255), 5, flat(WHITE, 0.22))


def _lid(c: Canvas, color: Color, y: float, half: float, knob: Color) -> None:
    c.profile(300, [(y - 44, 14), (y - 30, half * 0.62), (y, half)], round_body(color.lighter(0.04)))
    c.ellipse(300, y, half, half * 0.07, round_body(color.darker(0.12)))
    c.panel((288, y - 66, 312, y - 38), 6, metal(knob))
    c.ellipse(300, y - 68, 22, 11, metal(knob))


def casserole(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 360)
    for side in (-1, 1):
        c.stroke(smooth([(300 + side * 148, 350), (300 + side * 196, 352), (300 + side * 192, 386),
                         (300 + side * 150, 388)]), 17, flat(color.darker(0.14)))  # fmt: skip
    body = c.vessel(300, 320, 470, (156, 138), color, tilt=0.12)
    _lid(c, color, 318, 160, BRASS)
    c.shine(smooth([(186, 350), (184, 410), (200, 456)]), 11, body, 0.26)


def saucepan(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(270, 488, 300)
    c.stroke([(390, 356), (540, 330)], 20, metal(color.darker(0.1)))
    c.vessel(300, 330, 472, (126, 118), color, tilt=0.12, paint=metal(color))
    _lid(c, color, 328, 130, IRON)


def milk_pan(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(280, 488, 250)
    c.stroke([(372, 340), (524, 286)], 22, flat(BEECH))
    body = c.vessel(280, 322, 474, (112, 98), color, tilt=0.16, inner=WHITE.darker(0.04))
    c.polygon([(172, 318), (150, 308), (176, 350)], flat(color.lighter(0.2)))
    c.stroke(arc(280, 322, 112, 18, 0, 360), 5, flat(IRON, 0.85))
    c.shine(smooth([(202, 350), (200, 410), (212, 456)]), 9, body, 0.5)


def board(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 494, 330)
    body = c.panel((164, 148, 436, 488), 26, down(color.lighter(0.14), color.darker(0.05)))
    c.panel((164, 472, 436, 494), 10, flat(color.darker(0.25)))
    _wood(c, body, color, (164, 160, 436, 478), rows=9)
    c.ellipse(300, 184, 15, 15, flat(color.darker(0.45)))


def end_grain_board(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 400)
    body = c.panel((126, 250, 474, 468), 14, flat(color))
    for row in range(5):
        for column in range(9):
            x, y = 126 + column * 40 - (row % 2) * 18, 250 + row * 44
            shade = color.lighter(0.06 + 0.09 * ((row * 5 + column * 3) % 4))
            c.panel((x + 1, y + 1, x + 39, y + 43), 2, flat(shade), body)
    c.panel((126, 456, 474, 490), 10, down(color.darker(0.15), color.darker(0.35)))


def paddle_board(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 482, 440)
    outline = smooth([(112, 398), (150, 344), (330, 338), (396, 366), (500, 376), (520, 398), (500, 420), (396, 430),
                      (330, 456), (150, 452)], closed=True)  # fmt: skip
    c.polygon([(x, y + 14) for x, y in outline], flat(color.darker(0.3)))
    body = c.polygon(outline, down(color.lighter(0.2), color.darker(0.04)))
    _wood(c, body, color, (112, 346, 470, 452), rows=6)
    c.ellipse(496, 398, 10, 8, flat(color.darker(0.5)))


def spoon(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 230, 0.22)
    bowl = smooth([(300, 118), (354, 152), (362, 212), (322, 272), (278, 272), (238, 212), (246, 152)], closed=True)
    c.stroke([(300, 250), (300, 478)], 25, round_body(color))
    body = c.polygon(bowl, round_body(color))
    c.ellipse(300, 194, 40, 52, down(color.darker(0.2), color.lighter(0.1)))
    _wood(c, body, color, (238, 130, 362, 270), rows=4)


def spatula(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 230, 0.22)
    c.stroke([(300, 270), (300, 478)], 25, round_body(color))
    body = c.polygon([(236, 128), (366, 112), (352, 262), (318, 306), (282, 306), (250, 262)], round_body(color))
    _wood(c, body, color, (236, 124, 366, 300), rows=5)
    for x in (276, 302, 328):
        c.panel((x - 5, 160, x + 5, 250), 5, flat(color.darker(0.4)))


def rolling_pin(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 452, 440, 0.28)
    tilt, x, y = -14, 300, 392
    half = [(0, -38), (90, -37), (150, -33), (200, -26), (228, -20), (238, -8), (238, 8), (228, 20), (200, 26),
            (150, 33), (90, 37), (0, 38)]  # fmt: skip
    outline = [*half, *((-px, py) for px, py in reversed(half))]
    body = c.polygon(turned(outline, x, y, tilt), down(color.lighter(0.3), color.darker(0.18)))
    for shift in (-18, -2, 14):
        c.stroke(
            turned([(-222, shift * 0.6), (0, shift), (222, shift * 0.6)], x, y, tilt),
            2,
            flat(color.darker(0.26), 0.4),
            body,
        )
    c.stroke(turned([(-190, -17), (190, -20)], x, y, tilt), 7, flat(WHITE, 0.3), body)


def whisk(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 170, 0.22)
    for half in (74, 50, 24, 4):
        loop = [(300, 300), (300 - half, 220), (300 - half * 0.8, 148), (300, 112), (300 + half * 0.8, 148),
                (300 + half, 220), (300, 300)]  # fmt: skip
        c.stroke(smooth(loop), 5, metal(color))
    c.panel((284, 290, 316, 480), 14, metal(color.darker(0.06)))


def ladle(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(280, 486, 230, 0.3)
    c.stroke(smooth([(350, 400), (372, 260), (380, 146), (362, 120), (340, 132)]), 14, metal(color))
    c.vessel(266, 400, 456, (98, 44), color, bulge=30, tilt=0.24, paint=metal(color), inner=color.darker(0.3))


def strainer(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(280, 480, 250)
    c.stroke([(366, 350), (520, 312)], 14, metal(color))
    c.stroke([(170, 352), (140, 346)], 10, metal(color))
    body = c.vessel(270, 350, 436, (106, 40), color, bulge=36, tilt=0.26, paint=metal(color), inner=IRON.lighter(0.3))
    for step in range(-6, 7):
        c.stroke([(270 + step * 17, 356), (270 + step * 9, 470)], 1.2, flat(IRON, 0.35), body)
    for y in range(372, 470, 12):
        c.stroke([(160, y), (380, y)], 1.2, flat(IRON, 0.3), body)


def salt_pig(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 260)
    sides = [(196, 40), (230, 96), (330, 130), (430, 126), (480, 96), (488, 70)]
    c.profile(300, sides, round_body(color))
    c.ellipse(324, 322, 78, 70, flat(color.lighter(0.3)))
    c.ellipse(326, 324, 68, 61, down(color.darker(0.62), color.darker(0.42)))
    c.ellipse(326, 366, 50, 18, flat(WHITE.darker(0.04)))
    c.stroke([(318, 360), (382, 268)], 9, flat(OAK))
    c.ellipse(300, 190, 22, 18, round_body(color))


def mortar(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 270)
    c.stroke([(330, 330), (424, 190)], 36, flat(color.lighter(0.1)))
    c.ellipse(428, 184, 23, 23, round_body(color.lighter(0.14)))
    body = c.vessel(300, 336, 466, (134, 84), color, bulge=18, tilt=0.2)
    for n, (x, y) in enumerate(scatter(70, (170, 362, 430, 474))):
        c.ellipse(x, y, 2.3, 2, flat(color.lighter(0.4 if n % 2 else 0.05), 0.6), body)


def loaf_tin(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 420)
    crust = Color(186, 124, 66)
    loaf = smooth([(142, 356), (150, 296), (220, 262), (300, 254), (380, 262), (450, 296), (458, 356)])
    top = c.polygon(loaf, down(crust.lighter(0.2), crust.darker(0.06)))
    for x in (226, 300, 374):
        c.stroke(smooth([(x - 22, 292), (x, 280), (x + 26, 298)]), 6, flat(crust.lighter(0.45), 0.8), top)
    c.polygon([(118, 346), (482, 346), (450, 480), (150, 480)], metal(color))
    c.stroke([(114, 346), (486, 346)], 12, metal(color.lighter(0.12)))


def pie_dish(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 482, 420)
    crust = Color(214, 158, 88)
    body = c.vessel(300, 386, 458, (188, 138), color, tilt=0.26, inner=crust.darker(0.1))
    for step in range(-8, 9):
        c.stroke([(300 + step * 22, 396), (300 + step * 16.5, 478)], 4, flat(color.darker(0.2), 0.35), body)
    c.ellipse(300, 382, 166, 40, down(crust.lighter(0.25), crust))
    for shift in (-90, -45, 0, 45, 90):
        c.stroke(smooth([(300 + shift - 40, 356), (300 + shift, 384), (300 + shift + 40, 408)]), 8,
                 flat(crust.lighter(0.36), 0.8))  # fmt: skip


def cake_tin(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 360)
    c.vessel(300, 340, 452, (158, 156), color, tilt=0.22, paint=metal(color), inner=color.darker(0.15))
    c.ellipse(300, 352, 138, 27, metal(color.lighter(0.1)))


def baking_sheet(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 478, 460)
    c.polygon([(150, 330), (450, 330), (520, 462), (80, 462)], metal(color.lighter(0.1)))
    c.polygon([(164, 340), (436, 340), (496, 450), (104, 450)], down(color.darker(0.08), color.lighter(0.08)))
    crust = Color(200, 142, 78)
    for x, y in ((210, 368), (300, 364), (390, 368), (180, 418), (300, 416), (420, 418)):
        c.ellipse(x, y + 3, 33, 17, flat(IRON, 0.35))
        c.ellipse(x, y, 33, 17, down(crust.lighter(0.3), crust))


def proving_basket(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 360)
    body = c.vessel(300, 356, 462, (162, 96), color, bulge=30, tilt=0.26, inner=PAPER)
    for row in range(7):
        y = 372 + row * 17
        c.stroke(arc(300, y, 190 - row * 9, 40, 10, 170), 3, flat(color.darker(0.32), 0.5), body)
    for ring in (130, 100, 70, 40):
        c.stroke(arc(300, 358, ring, ring * 0.25, 0, 360), 3, flat(KRAFT, 0.7))


def cork_jar(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 230)
    c.panel((248, 142, 352, 214), 12, round_body(CORK))
    glass = c.panel(
        (200, 196, 400, 490), 30, Paint(((0, GLASS.darker(0.08)), (0.3, WHITE), (1, GLASS.darker(0.12))), opacity=0.82)
    )
    c.panel((208, 300, 392, 482), 22, round_body(accent.mix(KRAFT, 0.7)), glass)
    for n, (x, y) in enumerate(scatter(120, (212, 304, 388, 478))):
        c.ellipse(x, y, 7, 5, flat(accent.mix(KRAFT, 0.7).lighter(0.3 if n % 2 else 0.1), 0.7), glass)
    c.panel((236, 204, 364, 220), 6, flat(GLASS.lighter(0.5), 0.9))
    c.shine([(222, 240), (222, 450)], 10, glass, 0.6)


def crock(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 290)
    body = c.vessel(300, 290, 466, (124, 118), color, bulge=14, tilt=0.12)
    _lid(c, color, 290, 130, color.darker(0.1))
    c.stroke(arc(300, 380, 150, 18, 0, 180), 9, flat(accent, 0.7), body)
    c.stroke(arc(300, 398, 150, 18, 0, 180), 3, flat(accent, 0.7), body)


def bread_bin(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 420)
    c.panel((120, 250, 480, 488), 40, down(color.lighter(0.3), color.darker(0.12)))
    c.stroke([(122, 340), (478, 340)], 4, flat(color.darker(0.4), 0.6))
    c.panel((266, 300, 334, 320), 10, flat(OAK))
    for half in (70, 46):
        c.stroke([(300 - half, 410 + (70 - half)), (300 + half, 410 + (70 - half))], 7, flat(IRON, 0.7))
