"""Drawings: pots, garden tools, seeds and cans."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, arc, down, flat, metal, round_body, scatter, smooth
from demo.pictures.motifs import flower, leaf, sprig, turned
from demo.pictures.palette import BRASS, IRON, LEAF, OAK, PAPER, SOIL, STEEL, Color


def _fern(c: Canvas, x: float, y: float, size: float, color: Color = LEAF) -> None:
    """A tuft of leaves growing out of (x, y)."""
    for turn, length in (
        (188, 0.7),
        (352, 0.7),
        (212, 0.9),
        (328, 0.9),
        (236, 1.0),
        (304, 1.0),
        (256, 1.06),
        (284, 1.06),
        (270, 0.84),
    ):
        shade = color.darker(0.12) if turn % 8 else color.lighter(0.06)
        leaf(c, x, y, size * length, turn, shade, 0.3)


def _pot(c: Canvas, color: Color, box: tuple[float, float, float, float], foot: float) -> None:
    """A pot with a rolled rim: x, rim y, half width, bottom y; `foot` is the half width below."""
    x, top, half, bottom = box
    body = c.vessel(x, top + 30, bottom, (half * 0.9, foot), color, tilt=0.1)
    c.polygon(
        [(x - half, top), (x + half, top), (x + half * 0.96, top + 42), (x - half * 0.96, top + 42)],
        round_body(color.lighter(0.05)),
    )
    c.stroke([(x - half * 0.94, top + 45), (x + half * 0.94, top + 45)], 5, flat(color.darker(0.45), 0.3), body)
    c.ellipse(x, top, half, half * 0.14, flat(color.lighter(0.25)))
    c.ellipse(x, top + 1, half - 8, half * 0.11, flat(SOIL))


def terracotta_pot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 210)
    _pot(c, color, (300, 300, 96, 478), 66)
    _fern(c, 300, 306, 168)


def large_pot(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 240)
    _pot(c, color, (300, 316, 116, 478), 82)
    c.stroke(smooth([(300, 320), (292, 250), (302, 190)]), 9, flat(OAK.darker(0.35)))
    for x, y, size in ((300, 140, 66), (252, 176, 46), (350, 176, 48), (300, 192, 50)):
        c.ellipse(x, y, size, size * 0.86, down(Color(160, 172, 128), Color(112, 128, 88)))
    for x, y, turn in ((250, 150, 200), (340, 130, 320), (290, 110, 250), (320, 190, 20), (262, 196, 140)):
        leaf(c, x, y, 34, turn, Color(184, 194, 154), 0.28)


def glazed_planter(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 492, 290)
    c.ellipse(300, 480, 138, 17, round_body(color.darker(0.12)))
    body = c.vessel(300, 324, 464, (118, 104), color, bulge=12, tilt=0.12, inner=SOIL)
    c.shine(smooth([(200, 350), (190, 400), (202, 450)]), 13, body, 0.3)
    monstera = LEAF.darker(0.1)
    for turn, length in ((200, 150), (340, 150), (230, 176), (310, 176), (270, 190)):
        leaf(c, 300, 326, length, turn, monstera.lighter(0.08 if turn == 270 else 0), 0.52)


def footed_planter(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 200)
    c.profile(300, [(440, 34), (462, 44), (486, 76)], round_body(color.darker(0.14)))
    c.vessel(300, 310, 426, (130, 66), color, bulge=28, tilt=0.14, inner=SOIL)
    _fern(c, 300, 314, 186, LEAF.darker(0.14))


def seedling_pots(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 440)
    for x, y in ((180, 330), (300, 330), (420, 330)):
        _pot(c, color.darker(0.1), (x, y, 52, 420), 37)
        sprig(c, x, y + 2, 54, LEAF.lighter(0.1))
    for x in (130, 250, 370, 480):
        if x < 400:
            _pot(c, color, (x + 40, 396, 56, 484), 40)
            sprig(c, x + 40, 398, 60, LEAF)


def _tool(c: Canvas, color: Color) -> None:
    """Handle and neck; the business end is added by the caller above y 300."""
    c.ground(300, 490, 150, 0.24)
    c.stroke(smooth([(300, 366), (300, 320), (300, 286)]), 15, metal(IRON.lighter(0.2)))
    c.profile(300, [(352, 15), (372, 22), (430, 19), (476, 24), (490, 15)], round_body(color))
    c.panel((281, 344, 319, 370), 6, metal(BRASS))


def trowel(c: Canvas, color: Color, accent: Color) -> None:
    _tool(c, color)
    blade = smooth([(300, 110), (344, 160), (352, 240), (330, 300), (270, 300), (248, 240), (256, 160)], closed=True)
    body = c.polygon(blade, metal(STEEL.darker(0.25)))
    c.stroke(smooth([(300, 130), (300, 290)]), 5, flat(IRON, 0.35), body)


def hand_fork(c: Canvas, color: Color, accent: Color) -> None:
    _tool(c, color)
    for x in (250, 300, 350):
        c.stroke(smooth([(300, 300), (x, 270), (x, 200), (x, 124)]), 17, metal(STEEL.darker(0.25)))


def secateurs(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 290, 0.26)
    c.polygon(
        smooth([(296, 300), (252, 240), (256, 170), (290, 120), (316, 200), (318, 290)], closed=True), metal(STEEL)
    )
    c.stroke(smooth([(306, 300), (352, 250), (356, 190), (330, 150)]), 21, metal(STEEL.darker(0.2)))
    for side in (-1, 1):
        grip = [(300 + side * 8, 300), (300 + side * 54, 360), (300 + side * 62, 430), (300 + side * 40, 482)]
        c.stroke(smooth(grip), 35, round_body(color))
    c.stroke(smooth([(276, 350), (300, 362), (324, 350)]), 6, metal(STEEL))
    c.ellipse(302, 298, 17, 17, metal(BRASS))


def dibber(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 120, 0.26)
    c.profile(
        300, [(120, 30), (150, 46), (180, 40), (214, 27), (250, 31), (400, 29), (450, 20), (488, 4)], round_body(color)
    )
    for y in range(276, 440, 24):
        c.stroke([(273, y), (327, y)], 2.2, flat(color.darker(0.5), 0.55))


def twine(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 270)
    body = c.ellipse(300, 352, 136, 136, down(color.lighter(0.22), color.darker(0.18)))
    for turn in (0, 60, 120):
        for shift in range(-120, 121, 17):
            line = turned([(-150.0, float(shift)), (0.0, shift + 14.0), (150.0, float(shift))], 300, 352, turn)
            c.stroke(smooth(line), 3, flat(color.lighter(0.4) if turn else color.darker(0.3), 0.32), body)
    c.stroke(smooth([(400, 440), (450, 486), (500, 470), (520, 486)]), 6, flat(color))


def gloves(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 330, 0.28)
    for x, side in ((212, -1), (388, 1)):
        for shift, length in ((-40, 92), (-13, 116), (14, 114), (40, 90)):
            c.stroke([(x + shift, 300), (x + shift * 1.1, 300 - length)], 28, round_body(color))
        thumb = [(x + side * 34, 356), (x + side * 72, 318), (x + side * 82, 268)]
        c.stroke(smooth(thumb), 29, round_body(color))
        c.panel((x - 56, 274, x + 56, 396), 30, round_body(color))
        c.polygon([(x - 50, 380), (x + 50, 380), (x + 64, 486), (x - 64, 486)], round_body(OAK.darker(0.34)))
        c.stroke([(x - 48, 388), (x + 48, 388)], 4, flat(PAPER, 0.6))


def snips(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 220, 0.24)
    for side in (-1, 1):
        c.polygon([(300 - side * 6, 290), (300 + side * 18, 290), (300 + side * 7, 116)], metal(STEEL))
        ring = smooth(
            [
                (300 + side * 6, 300),
                (300 + side * 86, 340),
                (300 + side * 92, 440),
                (300 + side * 40, 478),
                (300 + side * 14, 400),
                (300 + side * 4, 310),
            ]
        )
        c.stroke(ring, 17, round_body(color))
    c.ellipse(300, 296, 13, 13, metal(BRASS))


def seed_packet(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 250)
    body = c.panel((192, 138, 408, 488), 6, down(PAPER, PAPER.darker(0.08)))
    c.panel((192, 138, 408, 194), 6, down(accent.lighter(0.05), accent.darker(0.08)))
    c.stroke([(250, 166), (350, 166)], 6, flat(PAPER, 0.9))
    sprig(c, 300, 410, 120)
    for x, y, size in ((300, 276, 34), (256, 314, 25), (346, 310, 26)):
        flower(c, x, y, size, accent.lighter(0.12))
    for half, y in ((64, 440), (42, 458)):
        c.stroke([(300 - half, y), (300 + half, y)], 5, flat(accent, 0.6), body)
    for x, y in ((430, 480), (448, 488), (462, 478), (150, 486)):
        c.ellipse(x, y, 7, 5, flat(SOIL))


def watering_can(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(290, 490, 270)
    c.stroke(smooth([(208, 300), (214, 200), (290, 176), (356, 216), (350, 286)]), 17, metal(color.darker(0.12)))
    c.stroke(smooth([(190, 330), (118, 340), (126, 430), (196, 446)]), 15, metal(color.darker(0.12)))
    c.polygon([(370, 440), (500, 236), (522, 248), (398, 474)], metal(color.darker(0.05)))
    c.polygon([(480, 214), (552, 256), (528, 276), (474, 246)], metal(BRASS))
    c.vessel(284, 296, 470, (98, 108), color, tilt=0.14, paint=metal(color.lighter(0.04)))
    for y in (336, 440):
        c.stroke(arc(284, y, 104, 14, 0, 180), 4, flat(color.darker(0.4), 0.4))


def indoor_can(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(280, 490, 210)
    c.stroke(smooth([(340, 452), (430, 400), (470, 270), (530, 206)]), 12, metal(color))
    c.stroke(smooth([(214, 316), (132, 300), (120, 430), (206, 458)]), 12, metal(color.darker(0.1)))
    c.vessel(278, 300, 474, (62, 92), color, tilt=0.16, paint=metal(color))


def mister(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 210)
    c.panel((282, 196, 318, 280), 6, metal(color.darker(0.12)))
    c.panel((232, 178, 352, 216), 12, metal(color))
    c.ellipse(228, 197, 12, 12, metal(color.darker(0.2)))
    c.stroke(smooth([(340, 210), (388, 224), (392, 286)]), 11, metal(color.darker(0.1)))
    c.profile(300, [(270, 26), (304, 72), (380, 98), (470, 92), (488, 76)], metal(color))
    for x, y in scatter(24, (96, 140, 206, 254)):
        if abs(y - 197) > (206 - x) * 0.55:
            continue
        c.ellipse(x, y, 3.4, 3.4, flat(Color(160, 196, 210), 0.8))
