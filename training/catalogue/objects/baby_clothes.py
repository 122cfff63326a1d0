"""Baby Care: clothes laid flat and seen from above."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.cloth import curved, garment
from training.catalogue.geometry.shapes import (
    ball,
    box,
    circle,
    lathe,
    modifier,
    moved,
    pipe,
    place,
    rounded,
    slab,
    surface,
    text,
)
from training.catalogue.shading.materials import (
    BLACK,
    WHITE,
    fabric,
    pastel,
    plain,
    plastic,
    print_cloth,
    vivid,
)
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

PRINTS = ("dots", "stripes", "bars", "flowers", "checks", "chevron")


def _cloth(rng: Random, plain_share: float = 0.4):
    """Plain pastel or printed cotton, printed through the object so that both sides match."""
    if rng.random() < plain_share:
        return fabric(rng.choice([pastel, vivid])(rng), 0.25)
    return print_cloth(rng.choice(PRINTS), palette(rng), rng.uniform(2.4, 4.2), "Object", thread=0.25)


def _motif(rng: Random, z: float, size: float) -> None:
    """An applied motif: bear, star, heart or a word."""
    colour = plain(vivid(rng), 0.8)
    kind = rng.choice(("bear", "star", "heart", "word"))
    if kind == "bear":
        fur = plain(rgb("#a8703f"), 0.9)
        for x, y, r in ((0, 0, 1.0), (-0.75, 0.75, 0.42), (0.75, 0.75, 0.42)):
            place(slab(circle(r * size, 40), 0.25, fur, 0.08), (x * size, y * size, z))
        place(slab(circle(0.45 * size, 32), 0.3, plain(rgb("#e8cfa9"), 0.9), 0.08), (0, -0.25 * size, z + 0.05))
        for x, y in ((-0.35, 0.25), (0.35, 0.25), (0, -0.1)):
            place(slab(circle(0.12 * size, 20), 0.45, plain(BLACK), 0.02), (x * size, y * size, z))
    elif kind == "word":
        place(
            text(rng.choice(("hello", "little\nstar", "BABY", "smile")), size * 0.8, colour, 0.02),
            (0, 0, z + 0.2),
        )
    else:
        if kind == "star":
            pts = [
                (
                    (1.2 if k % 2 == 0 else 0.55) * size * cos(pi / 2 + k * pi / 5),
                    (1.2 if k % 2 == 0 else 0.55) * size * sin(pi / 2 + k * pi / 5),
                )
                for k in range(10)
            ]
        else:
            pts = [
                (
                    size * 0.075 * 16 * sin(t) ** 3,
                    size * 0.075 * (13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)),
                )
                for t in (-2 * pi * k / 48 for k in range(48))
            ]
        place(slab(pts, 0.3, colour, 0.1), (0, 0, z))


def _overhead(rng: Random, fill: float = 0.92) -> Shot:
    return Shot(rng.uniform(-3, 3), rng.uniform(76, 86), 80, fill)


def _onesie(rng: Random, cloth, trim, sleeves: bool) -> None:
    """A bodysuit laid flat, about 26 x 38 cm."""
    arm = (
        [(9.5, 10), (9.5, 10), (17.5, 3.5), (20.5, 8.0), (20.5, 8.0)]
        if not sleeves
        else [(9.5, 9), (9.5, 9), (20, -7.5), (24, -5), (24, -5)]
    )
    half = [
        (0, -20),
        (3.6, -20),
        (3.6, -20),
        (6.2, -15.5),
        (11.2, -10.5),
        (11.2, -10.5),
        (10, -2),
        *arm,
        (11, 17),
        (7, 19.4),
        (5, 20),
        (5, 20),
        (3.2, 17),
        (0, 16),
    ]
    garment(curved(half, 5), cloth, 1.3, 0.35)
    pipe([(-5.2, 20, 0.8), (-3.4, 16.9, 1.5), (0, 15.7, 1.7), (3.4, 16.9, 1.5), (5.2, 20, 0.8)], 0.5, trim)
    for s in (-1, 1):
        pipe([(s * 3.6, -19.8, 0.9), (s * 6.4, -15.2, 1.3), (s * 11.1, -10.6, 0.9)], 0.42, trim)
        cuff = (
            [(s * 17.6, 3.7, 0.9), (s * 20.4, 7.8, 0.9)]
            if not sleeves
            else [(s * 20, -7.4, 0.9), (s * 23.8, -5.1, 0.9)]
        )
        pipe(cuff, 0.55, trim)
    for k in (-1, 0, 1):
        place(
            lathe(rounded([(0, 0), (0.5, 0), (0.45, 0.25), (0, 0.3)], 0.1), plastic(WHITE), 20),
            (k * 2.1, -19, 1.5),
        )


def onesies(rng: Random) -> Shot:
    """One to three bodysuits in a row."""
    n, sleeves = rng.choice((1, 2, 3)), rng.random() < 0.4
    for k in range(n):
        spots = ((0, 0), (46 if sleeves else 40, -4)) if n < 3 else ((0, 24), (-21, -12), (21, -12))
        with moved((*spots[k], 1.6 * k if n == 3 else 0), (0, 0, rng.uniform(-3, 3))):
            printed_one = rng.random() < 0.5
            cloth = _cloth(rng, 0.0) if printed_one else fabric(rng.choice([pastel, vivid])(rng), 0.25)
            _onesie(rng, cloth, fabric(rng.choice([vivid, pastel])(rng), 0.2), sleeves)
            if not printed_one:
                with moved((0, 3, 1.3)):
                    _motif(rng, 0, 3.4)
    return _overhead(rng)


def _skirt(u: float, v: float) -> tuple[float, float, float]:
    """A pleated skirt lying flat, 37 cm wide at the hem (v = 0) and 16 at the waist."""
    half = 8.0 + 10.5 * (1 - v) ** 0.8
    x = (u - 0.5) * 2 * half
    z = 0.9 + (0.9 * (1 - v) + 0.15) * cos(15 * pi * u) + 0.5 * cos(pi * (u - 0.5))
    return (x, -26 + 30 * v - 2.2 * (1 - v) * (1 - (2 * u - 1) ** 2), max(0.15, z))


def dress(rng: Random) -> Shot:
    """A small dress: bodice, sash, flared skirt with pleats; one or two."""
    for k in range(rng.choice((1, 2))):
        cloth, sash = _cloth(rng, 0.25), fabric(vivid(rng), 0.25)
        with moved((k * 42, 0, 0)):
            skirt = surface(_skirt, 160, 40, cloth, (37, 30), smooth=180)
            modifier(skirt, "SOLIDIFY", thickness=0.5)
            bodice = [
                (0, 2),
                (8.2, 2),
                (8.2, 2),
                (9.6, 10),
                (9.6, 10),
                (12.8, 11.5),
                (12, 16.5),
                (7, 20),
                (4.6, 20.5),
                (4.6, 20.5),
                (3.6, 16.5),
                (0, 15),
            ]
            garment(curved(bodice, 5), cloth, 1.6, 0.25)
            place(box((17, 2.6, 2.3), sash, 0.5), (0, 3, 0))
            for s in (-1, 1):
                place(ball((2.6, 1.5, 0.8), sash), (s * 2.4, 3.2, 2.4), (0, 0, s * 18))
            place(ball(0.9, sash), (0, 3.0, 2.6))
            pipe(
                [(-4.7, 20.4, 0.9), (-3.6, 16.3, 1.7), (0, 14.8, 1.9), (3.6, 16.3, 1.7), (4.7, 20.4, 0.9)],
                0.4,
                sash,
            )
            hemline = [_skirt(u, 0) for u in (i / 60 for i in range(61))]
            pipe(hemline, 0.45, sash)
    return _overhead(rng)


def shorts(rng: Random) -> Shot:
    """Pairs of shorts, overlapping in a row."""
    n = rng.choice((1, 3, 4))
    for k in range(n):
        cloth, cord = _cloth(rng, 0.55), plain(WHITE, 0.9)
        with moved((k * 10.5, -k * 7.0, k * 1.3), (0, 0, -6 if n > 1 else 0)):
            half = [
                (0, -5),
                (1.2, -9),
                (2.4, -13.5),
                (2.4, -13.5),
                (14.6, -11.5),
                (14.6, -11.5),
                (13, 0),
                (11, 9.5),
                (11, 9.5),
                (0, 9),
            ]
            garment(curved(half, 5), cloth, 1.5, 0.35)
            band = fabric(rng.choice([vivid, pastel])(rng), 0.25)
            place(box((22, 2.6, 2.1), band, 0.6), (0, 9, -0.1))
            for j in range(15):
                place(box((0.3, 2.5, 2.3), band, 0.1), (-10 + j * 1.43, 9, -0.1))
            for s in (-1, 1):
                pipe([(s * 0.4, 8.4, 2.2), (s * 2.6, 5.5, 2.1), (s * 1.6, 2.5, 1.9)], 0.24, cord)
                pipe([(s * 2.5, -13.2, 1.0), (s * 14.4, -11.3, 1.0)], 0.5, band)
    return _overhead(rng)
