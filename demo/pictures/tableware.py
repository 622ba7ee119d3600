"""Drawings: kettles, mugs, teapots, bowls, plates, glasses and jugs."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, Paint, arc, down, flat, metal, round_body, scatter, smooth
from demo.pictures.motifs import steam
from demo.pictures.palette import BEECH, GLASS, INK, IRON, OAK, WHITE, Color

TEA = Color(170, 102, 48)


def kettle(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 300)
    c.stroke(smooth([(206, 262), (216, 150), (300, 118), (384, 150), (394, 262)]), 13, metal(IRON.lighter(0.2)))
    c.stroke(smooth([(236, 134), (300, 116), (364, 134)]), 25, round_body(BEECH))
    c.polygon(smooth([(410, 396), (470, 330), (496, 290), (516, 300), (492, 362), (424, 450)], closed=True),
              round_body(color.darker(0.08)))  # fmt: skip
    c.profile(300, [(246, 56), (290, 116), (390, 148), (462, 138), (488, 122)], round_body(color))
    c.profile(300, [(228, 16), (246, 50), (258, 62)], round_body(color.lighter(0.06)))
    c.ellipse(300, 222, 15, 13, round_body(BEECH))
    c.stroke(smooth([(190, 340), (178, 400), (196, 452)]), 12, flat(WHITE, 0.32))


def gooseneck(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 260)
    c.stroke(smooth([(382, 450), (440, 430), (446, 330), (466, 262), (512, 250)]), 18, metal(color.darker(0.05)))
    c.stroke(smooth([(210, 256), (128, 262), (128, 372), (150, 420)]), 21, round_body(OAK.darker(0.3)))
    c.profile(300, [(240, 72), (300, 88), (470, 112), (488, 108)], metal(color))
    c.profile(300, [(214, 18), (240, 76)], metal(color.lighter(0.1)), straight=True)
    c.ellipse(300, 206, 15, 13, round_body(OAK.darker(0.3)))


def copper_kettle(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 300)
    c.stroke(smooth([(214, 270), (226, 160), (300, 130), (374, 160), (386, 270)]), 15, metal(color.darker(0.25)))
    c.polygon(smooth([(414, 380), (462, 330), (508, 316), (512, 336), (476, 366), (430, 440)], closed=True),
              metal(color.darker(0.1)))  # fmt: skip
    c.profile(300, [(250, 60), (296, 126), (380, 146), (470, 116), (488, 104)], metal(color))
    c.profile(300, [(232, 14), (250, 62)], metal(color))
    c.ellipse(300, 226, 14, 12, metal(color.darker(0.2)))
    for x, y in scatter(60, (188, 306, 412, 470)):
        c.ellipse(x, y, 10, 8, flat(WHITE, 0.09))


def _handle(c: Canvas, x: float, y: float, size: tuple[float, float], width: float, color: Color) -> None:
    """A mug's ear at the right of x, around y."""
    c.stroke(arc(x, y, *size, -92, 92), width, round_body(color.darker(0.1)))


def mug(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(290, 488, 240)
    _handle(c, 384, 372, (62, 64), 22, color)
    body = c.vessel(284, 266, 468, (110, 98), color, tilt=0.17, inner=color.lighter(0.25))
    c.ellipse(284, 272, 96, 14, down(TEA.darker(0.1), TEA))
    c.stroke(arc(284, 452, 98, 16, 0, 180), 20, flat(color.darker(0.3), 0.2), body)
    c.shine(smooth([(206, 306), (204, 380), (214, 446)]), 13, body, 0.3)
    steam(c, 284, 238)


def low_mug(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(290, 488, 280)
    _handle(c, 414, 386, (52, 50), 22, color)
    body = c.vessel(284, 306, 462, (140, 96), color, bulge=22, tilt=0.18, inner=color.lighter(0.2))
    c.ellipse(284, 314, 122, 19, down(TEA.darker(0.1), TEA))
    band = smooth([(120, 404), (200, 420), (284, 410), (380, 424), (460, 408), (460, 520), (120, 520)])
    c.polygon(band, flat(color.mix(OAK, 0.55), 0.55), body)
    c.shine(smooth([(176, 346), (178, 392), (200, 440)]), 13, body, 0.3)
    steam(c, 284, 276)


def cup(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 200)
    body = c.vessel(300, 282, 470, (100, 72), color, bulge=12, tilt=0.18, inner=color.lighter(0.2))
    c.ellipse(300, 290, 84, 13, down(TEA.lighter(0.25), TEA.lighter(0.4)))
    c.ellipse(258, 392, 23, 29, down(color.darker(0.24), color.lighter(0.1)))
    c.shine(smooth([(352, 318), (358, 380), (344, 440)]), 11, body, 0.22)
    steam(c, 300, 256)


def espresso_cup(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 300)
    c.ellipse(300, 468, 150, 26, round_body(color.lighter(0.16)))
    c.ellipse(300, 463, 128, 19, down(color.darker(0.12), color.lighter(0.05)))
    _handle(c, 376, 388, (36, 36), 16, color)
    body = c.vessel(300, 330, 450, (84, 56), color, bulge=8, tilt=0.18, inner=color.lighter(0.2))
    c.ellipse(300, 337, 70, 11, down(Color(96, 58, 34), Color(150, 98, 56)))
    c.shine(smooth([(238, 358), (240, 396), (256, 438)]), 10, body, 0.3)
    steam(c, 300, 304)


def enamel_mug(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(290, 488, 250)
    _handle(c, 392, 370, (54, 58), 17, color)
    body = c.vessel(286, 262, 474, (114, 110), color, tilt=0.17, inner=WHITE.darker(0.05))
    c.stroke(arc(286, 262, 113, 19, 0, 360), 8, flat(INK.darker(0.35)))
    c.ellipse(286, 272, 98, 13, down(TEA.darker(0.1), TEA))
    c.shine([(204, 300), (206, 462)], 13, body, 0.55)
    steam(c, 286, 236)


def _lid(c: Canvas, y: float, half: float, color: Color) -> None:
    c.profile(300, [(y - 30, 20), (y - 16, half * 0.72), (y, half)], round_body(color.lighter(0.06)))
    c.stroke(arc(300, y, half, 7, 0, 180), 3, flat(color.darker(0.45), 0.45))
    c.ellipse(300, y - 38, 17, 15, round_body(color))


def teapot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 300)
    c.stroke(smooth([(186, 300), (104, 288), (92, 380), (170, 428)]), 22, round_body(color.darker(0.12)))
    spout = [(404, 420), (452, 360), (476, 294), (520, 276), (530, 292), (500, 350), (474, 420), (410, 462)]
    c.polygon(smooth(spout, closed=True), round_body(color.darker(0.08)))
    c.profile(300, [(272, 66), (300, 116), (376, 142), (446, 122), (486, 80), (490, 60)], round_body(color))
    _lid(c, 276, 74, color)
    c.stroke(smooth([(190, 336), (176, 384), (196, 436)]), 13, flat(WHITE, 0.26))


def small_teapot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 250)
    c.stroke(smooth([(214, 330), (138, 322), (130, 398), (196, 440)]), 19, round_body(color.darker(0.12)))
    spout = [(384, 430), (426, 384), (446, 336), (480, 322), (488, 336), (464, 384), (440, 432), (390, 462)]
    c.polygon(smooth(spout, closed=True), round_body(color.darker(0.08)))
    c.profile(300, [(306, 60), (330, 94), (392, 112), (452, 100), (488, 72)], round_body(color))
    _lid(c, 310, 64, color)
    c.stroke(smooth([(212, 360), (204, 402), (220, 440)]), 11, flat(WHITE, 0.28))


def side_handle_teapot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(290, 488, 280)
    c.stroke([(390, 394), (510, 346)], 32, round_body(color.lighter(0.06)))
    c.ellipse(514, 345, 12, 16, flat(color.darker(0.35)))
    c.polygon([(190, 370), (120, 330), (112, 346), (184, 424)], round_body(color.darker(0.1)))
    c.profile(300, [(310, 60), (336, 108), (396, 126), (456, 106), (488, 74)], round_body(color))
    _lid(c, 314, 66, color)
    for y in (372, 388, 404):
        c.stroke(arc(300, y, 122, 10, 14, 166), 2, flat(color.lighter(0.3), 0.35))


def glass_teapot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 280)
    clear = Paint(((0, GLASS.darker(0.14)), (0.3, WHITE), (1, GLASS.darker(0.2))), opacity=0.8)
    c.stroke(smooth([(190, 310), (112, 300), (104, 388), (178, 430)]), 15, clear)
    spout = [(404, 420), (446, 360), (470, 300), (506, 286), (512, 300), (490, 350), (466, 420), (410, 456)]
    c.polygon(smooth(spout, closed=True), clear)
    c.profile(300, [(272, 66), (300, 112), (376, 138), (446, 120), (488, 74)], clear)
    c.profile(300, [(352, 126), (386, 134), (446, 114), (482, 72)], down(TEA.lighter(0.2), TEA.darker(0.05)))
    c.ellipse(300, 352, 126, 15, flat(TEA.lighter(0.45)))
    c.panel((256, 290, 344, 424), 16, Paint(((0, WHITE), (1, GLASS)), opacity=0.5))
    for x, y in ((276, 404), (298, 396), (320, 406), (288, 414), (312, 414)):
        c.ellipse(x, y, 13, 5, flat(Color(92, 104, 58)))
    c.profile(
        300, [(236, 14), (256, 46), (276, 72)], Paint(((0, GLASS.darker(0.2)), (0.4, WHITE), (1, GLASS.darker(0.2))))
    )
    c.stroke(smooth([(196, 340), (180, 386), (198, 436)]), 9, flat(WHITE, 0.6))


def iron_teapot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 290)
    c.stroke(smooth([(206, 312), (210, 190), (300, 154), (390, 190), (394, 312)]), 11, metal(IRON.lighter(0.1)))
    c.polygon([(412, 372), (494, 330), (504, 350), (424, 432)], round_body(color.darker(0.1)))
    c.profile(300, [(304, 64), (330, 122), (392, 142), (458, 116), (488, 80)], round_body(color))
    _lid(c, 308, 70, color)
    for row in range(4):
        for n in range(15):
            x = 180 + n * 17 + (row % 2) * 8
            c.ellipse(x, 368 + row * 18, 4.5, 4.5, down(color.lighter(0.3), color.darker(0.1)))


def bowl(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 240)
    c.ellipse(300, 476, 66, 14, flat(color.darker(0.35)))
    body = c.vessel(300, 324, 462, (168, 62), color, bulge=38, tilt=0.24, inner=color.lighter(0.12))
    c.stroke(arc(300, 334, 118, 22, 200, 265), 6, flat(WHITE, 0.4))
    c.shine(smooth([(152, 372), (176, 424), (226, 458)]), 12, body, 0.28)


def noodle_bowl(c: Canvas, color: Color, accent: Color) -> None:
    bowl(c, color, accent)
    broth = Color(222, 184, 120)
    c.ellipse(300, 330, 146, 31, down(broth.darker(0.1), broth))
    for shift in range(-3, 4):
        line = smooth([(300 + shift * 30 - 46, 336), (300 + shift * 26, 322), (300 + shift * 28 + 46, 338)])
        c.stroke(line, 5, flat(broth.lighter(0.5)))
    c.ellipse(352, 324, 30, 13, flat(WHITE))
    c.ellipse(352, 323, 14, 7, flat(Color(238, 172, 70)))
    for x, y in ((238, 330), (258, 342), (228, 344)):
        c.ellipse(x, y, 9, 4, flat(Color(110, 142, 74)))
    c.stroke([(360, 300), (524, 196)], 7, flat(OAK.darker(0.2)))
    c.stroke([(376, 306), (540, 210)], 7, flat(OAK.darker(0.3)))


def wide_bowl(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 482, 320)
    c.ellipse(300, 470, 84, 15, flat(color.darker(0.35)))
    body = c.vessel(300, 374, 456, (206, 84), color, bulge=20, tilt=0.3, inner=color.lighter(0.1))
    c.ellipse(300, 386, 132, 36, down(color.darker(0.16), color.lighter(0.12)))
    c.shine(smooth([(122, 400), (170, 436), (224, 456)]), 9, body, 0.28)


def mixing_bowl(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 270)
    body = c.vessel(300, 290, 466, (176, 78), color, bulge=34, tilt=0.2, inner=WHITE.darker(0.06))
    c.polygon(
        smooth([(448, 274), (486, 268), (500, 280), (474, 308), (454, 316)], closed=True), flat(color.lighter(0.16))
    )
    for y in (362, 376):
        c.stroke(arc(300, y, 190, 28, 10, 170), 4, flat(WHITE, 0.5), body)
    c.stroke([(330, 300), (420, 168)], 17, round_body(BEECH))


def plate(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 492, 270)
    c.ellipse(300, 322, 172, 172, down(color.lighter(0.28), color.darker(0.2)))
    c.ellipse(300, 322, 166, 166, down(color.lighter(0.12), color.darker(0.06)))
    c.ellipse(300, 324, 122, 122, down(color.darker(0.16), color.lighter(0.16)))
    c.ellipse(300, 326, 117, 117, down(color.darker(0.02), color.lighter(0.1)))
    c.stroke(arc(300, 322, 150, 150, 200, 256), 10, flat(WHITE, 0.3))


def small_plate(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 320)
    for lift in (24, 12, 0):
        c.ellipse(300, 452 - lift * 1.6, 190, 38, down(color.darker(0.08), color.darker(0.34)))
        c.ellipse(300, 447 - lift * 1.6, 188, 36, down(color.lighter(0.2), color.darker(0.06)))
    c.ellipse(300, 408, 126, 21, down(color.darker(0.14), color.lighter(0.12)))
    cake = Color(226, 184, 120)
    c.polygon([(238, 398), (356, 410), (356, 330), (238, 318)], down(cake.lighter(0.2), cake))
    c.polygon([(238, 318), (356, 330), (330, 300)], down(WHITE, cake.lighter(0.5)))
    c.stroke([(238, 360), (356, 372)], 8, flat(Color(178, 76, 82)))


def platter(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 478, 430)
    c.ellipse(300, 418, 232, 66, down(color.lighter(0.1), color.darker(0.34)))
    c.ellipse(300, 410, 230, 62, down(color.lighter(0.25), color.darker(0.06)))
    c.ellipse(300, 413, 178, 41, down(color.darker(0.17), color.lighter(0.15)))
    for x, y, size in ((238, 400, 30), (282, 388, 34), (330, 392, 33), (374, 404, 29), (306, 414, 31)):
        c.ellipse(x, y, size, size * 0.85, round_body(Color(206, 120, 72)))
        c.stroke([(x, y - size * 0.8), (x + 4, y - size - 7)], 4, flat(Color(88, 110, 60)))


def little_dish(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 210)
    body = c.vessel(300, 404, 464, (126, 64), color, bulge=16, tilt=0.28, inner=color.lighter(0.12))
    for x, y in ((252, 398), (288, 388), (326, 396), (348, 408), (272, 414), (310, 418)):
        c.ellipse(x, y, 18, 15, round_body(Color(122, 134, 66)))
        c.ellipse(x + 7, y - 3, 3.5, 3.5, flat(Color(168, 64, 48)))
    c.shine(smooth([(190, 430), (214, 456), (244, 470)]), 8, body, 0.3)


def _clear(color: Color) -> Paint:
    """Coloured glass: the light goes through it."""
    stops = ((0, color.darker(0.16)), (0.26, color.lighter(0.7)), (0.6, color.lighter(0.3)), (1, color.darker(0.2)))
    return Paint(stops, opacity=0.8)


def tumbler(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 190)
    body = c.vessel(300, 236, 474, (98, 76), color, tilt=0.15, paint=_clear(color), inner=color.lighter(0.4))
    c.panel((200, 340, 400, 480), 0, Paint(((0, color.lighter(0.2)), (1, color.darker(0.04))), opacity=0.4), body)
    for x in range(-80, 81, 20):
        c.stroke([(300 + x, 262), (300 + x * 0.78, 480)], 3, flat(WHITE, 0.42), body)
    c.panel((226, 466, 374, 484), 6, flat(color.lighter(0.5), 0.7), body)


def bubble_glass(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 190)
    body = c.vessel(300, 244, 474, (96, 86), color, bulge=6, tilt=0.15, paint=_clear(color), inner=color.lighter(0.4))
    for n, (x, y) in enumerate(scatter(60, (208, 280, 392, 474))):
        c.ellipse(x, y, 3 + n % 3, 3 + n % 3, flat(WHITE, 0.6), body)
    c.shine([(224, 286), (232, 456)], 9, body, 0.5)


def wine_glass(c: Canvas, color: Color, accent: Color) -> None:
    wine = Color(132, 42, 58)
    c.ground(300, 488, 190)
    c.ellipse(300, 480, 84, 13, _clear(color))
    c.panel((295, 330, 305, 478), 4, _clear(color))
    sides = [(116, 60), (180, 88), (250, 88), (306, 52), (334, 8)]
    c.profile(300, sides, _clear(color))
    c.profile(300, [(222, 88), (256, 86), (306, 50), (328, 10)], round_body(wine))
    c.ellipse(300, 222, 88, 11, flat(wine.lighter(0.25)))
    c.stroke(smooth([(226, 150), (220, 200), (234, 260)]), 8, flat(WHITE, 0.6))


def bistro_glass(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 190)
    body = c.vessel(300, 286, 474, (92, 66), color, tilt=0.16, paint=_clear(color), inner=color.lighter(0.5))
    c.panel((200, 360, 400, 500), 0, Paint(((0, Color(150, 52, 62)), (1, Color(112, 34, 46))), opacity=0.8), body)
    c.panel((230, 456, 370, 490), 6, flat(color.lighter(0.55), 0.8), body)
    c.shine([(226, 316), (242, 450)], 9, body, 0.5)


def tea_glass(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 180)
    body = c.vessel(300, 236, 474, (94, 80), color, bulge=8, tilt=0.15, paint=_clear(color), inner=color.lighter(0.5))
    c.vessel(
        300, 262, 440, (76, 56), TEA, bulge=6, tilt=0.16, paint=down(TEA.lighter(0.35), TEA), inner=TEA.lighter(0.3)
    )
    c.shine([(216, 276), (226, 458)], 8, body, 0.6)
    steam(c, 300, 212)


def milk_jug(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 210)
    c.stroke(smooth([(386, 320), (454, 318), (452, 400), (388, 434)]), 19, round_body(color.darker(0.12)))
    c.profile(300, [(278, 74), (320, 78), (400, 108), (452, 104), (486, 76)], round_body(color))
    c.ellipse(300, 278, 74, 14, flat(color.lighter(0.3)))
    c.polygon(smooth([(232, 274), (196, 258), (214, 300), (236, 318)], closed=True), flat(color.lighter(0.16)))
    c.ellipse(300, 280, 64, 10, flat(WHITE))
    c.stroke(smooth([(218, 380), (210, 420), (224, 456)]), 11, flat(WHITE, 0.3))


def pitcher(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 240)
    c.stroke(smooth([(378, 220), (470, 222), (464, 350), (396, 398)]), 22, round_body(color.darker(0.12)))
    c.profile(300, [(170, 80), (220, 74), (330, 108), (430, 122), (488, 92)], round_body(color))
    c.ellipse(300, 170, 80, 15, flat(color.lighter(0.3)))
    c.ellipse(300, 172, 70, 11, down(color.darker(0.45), color.darker(0.25)))
    c.polygon(smooth([(228, 166), (182, 146), (204, 200), (232, 222)], closed=True), flat(color.lighter(0.14)))
    c.stroke(smooth([(216, 300), (196, 380), (210, 448)]), 13, flat(WHITE, 0.28))


def carafe(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 230)
    c.profile(300, [(150, 62), (200, 44), (260, 40), (340, 96), (430, 116), (486, 92)], _clear(color))
    water = Paint(((0, Color(164, 202, 214)), (0.3, Color(222, 240, 244)), (1, Color(150, 188, 202))), opacity=0.75)
    c.profile(300, [(322, 86), (360, 104), (430, 112), (482, 90)], water)
    c.ellipse(300, 322, 84, 11, flat(WHITE, 0.7))
    c.ellipse(300, 150, 62, 10, flat(WHITE, 0.75))
    c.stroke(smooth([(218, 370), (204, 420), (218, 456)]), 9, flat(WHITE, 0.75))


def gravy_boat(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 310)
    c.ellipse(300, 468, 170, 24, down(color.lighter(0.14), color.darker(0.14)))
    c.stroke(smooth([(400, 350), (476, 320), (486, 390), (404, 426)]), 17, round_body(color.darker(0.12)))
    hull = [(120, 308), (190, 336), (300, 344), (400, 330), (424, 360), (380, 440), (300, 460), (220, 440), (160, 370)]
    c.polygon(smooth(hull, closed=True), round_body(color))
    c.ellipse(296, 342, 112, 15, down(Color(122, 76, 44), Color(150, 98, 58)))
