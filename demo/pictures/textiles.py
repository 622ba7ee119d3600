"""Drawings: towels, napkins, aprons, throws and bed linen."""

from __future__ import annotations

from demo.pictures.canvas import Canvas, Patch, Points, arc, down, flat, round_body, smooth
from demo.pictures.palette import BEECH, BRASS, IRON, OAK, PAPER, WALNUT, Color


def _rail(c: Canvas) -> None:
    c.stroke([(120, 138), (480, 138)], 15, round_body(BEECH))
    for x in (120, 480):
        c.ellipse(x, 138, 16, 16, round_body(BEECH.darker(0.15)))


def _hanging(c: Canvas, color: Color, box: tuple[float, float, float, float]) -> Patch:
    x0, y0, x1, y1 = box
    hem = smooth([(x1, y1), (x0 + (x1 - x0) * 0.72, y1 + 8), (x0 + (x1 - x0) * 0.4, y1 - 4), (x0, y1 + 5)])
    body = c.polygon([(x0, y0), (x1, y0), *hem], down(color.lighter(0.12), color.darker(0.06)))
    for share, strength in ((0.24, 0.16), (0.55, 0.1), (0.8, 0.18)):
        x = x0 + (x1 - x0) * share
        c.stroke(
            smooth([(x, y0), (x + 8, (y0 + y1) / 2), (x - 2, y1 + 6)]), 15, flat(color.darker(0.4), strength), body
        )
    return body


def striped_towel(c: Canvas, color: Color, accent: Color) -> None:
    linen = Color(240, 233, 218)
    back = _hanging(c, linen.darker(0.1), (206, 136, 402, 388))
    c.stroke([(200, 352), (410, 352)], 14, flat(color.darker(0.15), 0.8), back)
    body = _hanging(c, linen, (196, 132, 392, 470))
    for y, width in ((372, 8), (396, 22), (424, 8), (190, 6), (204, 6)):
        c.stroke([(180, y), (410, y + 3)], width, flat(color, 0.88), body)
    _rail(c)


def plain_towel(c: Canvas, color: Color, accent: Color) -> None:
    _hanging(c, color.darker(0.12), (206, 136, 402, 388))
    body = _hanging(c, color, (196, 132, 392, 470))
    c.stroke([(190, 456), (400, 459)], 2.5, flat(color.darker(0.35), 0.6), body)
    _rail(c)


def waffle_towel(c: Canvas, color: Color, accent: Color) -> None:
    body = _hanging(c, color, (190, 132, 398, 470))
    _waffle(c, body, color, (190, 140, 400, 480), 19)
    _rail(c)


def _waffle(c: Canvas, body: Patch, color: Color, box: tuple[int, int, int, int], step: int) -> None:
    x0, y0, x1, y1 = box
    for x in range(x0, x1, step):
        c.stroke([(x, y0), (x, y1)], 2.4, flat(color.darker(0.3), 0.35), body)
    for y in range(y0, y1, step):
        c.stroke([(x0, y), (x1, y)], 2.4, flat(color.darker(0.3), 0.35), body)


def _fold(c: Canvas, color: Color, y: float, half: float, height: float) -> Patch:
    """One folded piece of a pile: a soft slab with a round edge at the left."""
    box = (300 - half, y - height, 300 + half, y)
    body = c.panel(box, height * 0.48, down(color.lighter(0.2), color.darker(0.16)))
    c.stroke(
        [(300 - half + 26, y - height / 2), (300 + half - 4, y - height / 2 + 1)], 2.2, flat(color.darker(0.4), 0.4)
    )
    return body


def folded_napkins(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 488, 360)
    for level in range(4):
        _fold(c, color.darker(0.03 * (3 - level)), 486 - level * 38, 160 - 3 * level, 37)
    c.polygon([(150, 338), (440, 338), (470, 372), (128, 372)], down(color.lighter(0.25), color.lighter(0.08)))
    c.stroke([(300, 338), (300, 374)], 11, flat(BRASS.darker(0.1), 0.9))


def table_runner(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 480, 470)
    c.polygon([(70, 350), (530, 350), (570, 420), (30, 420)], down(OAK.lighter(0.1), OAK))
    c.polygon([(30, 420), (570, 420), (570, 440), (30, 440)], flat(OAK.darker(0.25)))
    body = c.polygon([(170, 350), (430, 350), (452, 420), (446, 500), (154, 500), (148, 420)],
                     down(color.lighter(0.18), color.darker(0.1)))  # fmt: skip
    c.polygon([(140, 420), (460, 420), (460, 510), (140, 510)], flat(color.darker(0.3), 0.25), body)
    c.stroke([(150, 484), (450, 484)], 2.5, flat(color.lighter(0.4), 0.7), body)
    c.vessel(300, 330, 384, (44, 34), PAPER, tilt=0.2)
    for x, y in ((284, 306), (312, 300), (298, 280)):
        c.stroke([(300, 332), (x, y)], 3, flat(Color(96, 118, 72)))
        c.ellipse(x, y, 13, 13, round_body(Color(214, 196, 170)))


def tablecloth(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 494, 420)
    c.ellipse(300, 296, 210, 52, down(color.lighter(0.3), color.lighter(0.08)))
    hem = smooth(
        [
            (510, 296),
            (520, 470),
            (452, 488),
            (392, 470),
            (332, 490),
            (270, 472),
            (206, 490),
            (146, 472),
            (80, 478),
            (90, 296),
        ]
    )
    body = c.polygon([*arc(300, 296, 210, 52, 180, 0), *hem], round_body(color))
    for x in (146, 206, 270, 332, 392, 452):
        c.stroke(smooth([(300 + (x - 300) * 0.9, 350), (x, 420), (x, 492)]), 12, flat(color.darker(0.4), 0.16), body)
    c.ellipse(300, 294, 208, 50, down(color.lighter(0.36), color.lighter(0.14)))


def apron(c: Canvas, color: Color, accent: Color) -> None:
    outline = [(244, 156), (356, 156), (368, 250), (432, 288), (440, 486), (160, 486), (168, 288), (232, 250)]
    c.stroke(smooth([(252, 160), (262, 96), (300, 84), (338, 96), (348, 160)]), 11, flat(color.darker(0.16)))
    for side in (-1, 1):
        c.stroke(
            smooth([(300 + side * 128, 292), (300 + side * 176, 320), (300 + side * 190, 392)]),
            9,
            flat(color.darker(0.16)),
        )
    body = c.polygon(outline, down(color.lighter(0.12), color.darker(0.1)))
    for x in (200, 312):
        c.panel((x, 348, x + 88, 440), 8, down(color.darker(0.08), color.darker(0.14)), body)
        c.stroke([(x + 4, 360), (x + 84, 360)], 2, flat(color.lighter(0.35), 0.8), body)
    c.stroke([(248, 170), (352, 170)], 2, flat(color.lighter(0.35), 0.8), body)
    c.shine(smooth([(184, 310), (182, 400), (178, 480)]), 12, body, 0.14)


def work_apron(c: Canvas, color: Color, accent: Color) -> None:
    apron(c, color, accent)
    for x in (258, 342):
        c.stroke([(x, 112), (x, 176)], 13, flat(WALNUT))
        c.ellipse(x, 172, 7, 7, round_body(BRASS))
    c.panel((256, 210, 344, 262), 6, flat(color.darker(0.12)))


def waist_apron(c: Canvas, color: Color, accent: Color) -> None:
    for side in (-1, 1):
        c.stroke(
            smooth([(300 + side * 128, 206), (300 + side * 200, 210), (300 + side * 214, 300)]),
            12,
            flat(color.darker(0.2)),
        )
    body = c.polygon([(166, 196), (434, 196), (450, 476), (150, 476)], down(color.lighter(0.14), color.darker(0.12)))
    c.panel((160, 190, 440, 222), 6, flat(color.darker(0.14)))
    c.panel((226, 270, 374, 384), 8, flat(color.darker(0.1)), body)
    c.stroke([(230, 284), (370, 284)], 2, flat(color.lighter(0.4), 0.8), body)


def throw(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 380)
    for level, half in ((0, 178), (1, 172), (2, 166)):
        _herringbone(c, _fold(c, color, 478 - level * 66, half, 64), color, 478 - level * 66)
    _fringe(c, color, 478)


def _herringbone(c: Canvas, body: Patch, color: Color, y: float) -> None:
    for row in range(4):
        for x in range(116, 492, 22):
            rise = 9 if row % 2 else -9
            at = y - 58 + row * 16
            c.stroke([(x, at), (x + 11, at + rise)], 2.2, flat(color.lighter(0.5), 0.5), body)


def _fringe(c: Canvas, color: Color, y: float) -> None:
    for x in range(138, 470, 15):
        c.stroke([(x, y - 3), (x - 3 + (x % 4), y + 17)], 4, flat(color.lighter(0.1)))


def waffle_throw(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 380)
    for level, half in ((0, 178), (1, 172), (2, 166)):
        y = 486 - level * 68
        _waffle(c, _fold(c, color, y, half, 66), color, (122, y - 66, 480, y), 16)


def picnic_blanket(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 486, 420)
    roll = c.panel((116, 330, 484, 480), 74, down(color.lighter(0.28), color.darker(0.16)))
    for x in range(130, 490, 44):
        c.stroke([(x, 326), (x, 486)], 13, flat(PAPER, 0.28), roll)
    for y in (356, 400, 444):
        c.stroke([(110, y), (490, y)], 13, flat(PAPER, 0.24), roll)
    c.ellipse(470, 405, 22, 72, down(color.lighter(0.1), color.darker(0.3)))
    for ring in (0.7, 0.42):
        c.stroke(arc(470, 405, 22 * ring, 72 * ring, 0, 360), 3, flat(color.lighter(0.4), 0.6))
    c.stroke(smooth([(206, 332), (230, 240), (300, 214), (370, 240), (394, 332)]), 15, flat(WALNUT))
    for x in (206, 394):
        c.panel((x - 12, 326, x + 12, 484), 5, round_body(WALNUT))
        c.panel((x - 15, 380, x + 15, 404), 4, flat(BRASS))


def pillow(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 484, 430)
    outline: Points = [
        (96, 268),
        (180, 250),
        (300, 240),
        (420, 250),
        (504, 268),
        (514, 360),
        (504, 462),
        (400, 474),
        (300, 480),
        (200, 474),
        (96, 462),
        (86, 360),
    ]
    body = c.polygon(smooth(outline, closed=True), down(color.lighter(0.3), color.darker(0.1)))
    c.stroke(smooth([(450, 258), (456, 360), (450, 470)]), 2.5, flat(color.darker(0.35), 0.6), body)
    for line in (
        [(140, 300), (200, 330), (230, 380)],
        [(170, 440), (220, 410), (300, 420)],
        [(330, 280), (360, 320), (350, 370)],
    ):
        c.stroke(smooth(line), 13, flat(color.darker(0.4), 0.12), body)
    for y in (310, 362, 414):
        c.ellipse(480, y, 7, 7, round_body(color.darker(0.3)))


def bed(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 492, 500)
    c.panel((92, 196, 508, 420), 22, down(OAK.lighter(0.12), OAK.darker(0.05)))
    for x in (186, 414):
        c.panel((x - 86, 274, x + 86, 370), 36, down(color.lighter(0.45), color.lighter(0.1)))
    cover = [(78, 356), (522, 356), (546, 470), (536, 488), (64, 488), (54, 470)]
    body = c.polygon(cover, down(color.lighter(0.18), color.darker(0.12)))
    c.polygon([(78, 352), (522, 352), (530, 394), (70, 394)], down(color.lighter(0.4), color.lighter(0.2)))
    for x in (150, 262, 372, 462):
        c.stroke(
            smooth([(300 + (x - 300) * 0.9, 400), (x, 440), (x + 6, 488)]), 13, flat(color.darker(0.4), 0.14), body
        )


def folded_towels(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 490, 350)
    for level, half in ((0, 164), (1, 158), (2, 150)):
        y = 486 - level * 72
        body = _fold(c, color.lighter(0.04 * level), y, half, 70)
        for x in range(150, 470, 20):
            c.stroke([(x, y - 70), (x, y)], 2, flat(color.darker(0.3), 0.22), body)
        c.stroke([(300 + half * 0.62, y - 68), (300 + half * 0.62, y - 2)], 13, flat(color.darker(0.16), 0.5), body)


def hanging_bath_sheet(c: Canvas, color: Color, accent: Color) -> None:
    body = _hanging(c, color, (160, 132, 440, 474))
    for y in (424, 438):
        c.stroke([(150, y), (450, y + 3)], 5, flat(IRON.mix(color, 0.5), 0.7), body)
    for x in range(168, 440, 12):
        c.stroke([(x, 474), (x, 492)], 3, flat(color.darker(0.08)))
    _rail(c)


def bath_mat(c: Canvas, color: Color, accent: Color) -> None:
    c.ground(300, 470, 460, 0.28)
    body = c.polygon([(130, 326), (470, 326), (540, 470), (60, 470)], down(color.lighter(0.2), color.darker(0.08)))
    c.polygon([(60, 470), (540, 470), (538, 486), (62, 486)], flat(color.darker(0.2)))
    c.stroke([(152, 342), (448, 342), (508, 454), (92, 454), (152, 342)], 4, flat(color.darker(0.25), 0.6), body)
    for row in range(7):
        y = 356 + row * 14
        c.stroke([(160 - row * 8, y), (440 + row * 8, y)], 3, flat(color.darker(0.2), 0.4), body)
