"""Computers: laptop, mouse, keyboard, router."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.shapes import (
    box,
    lathe,
    moved,
    pipe,
    place,
    rectangle,
    rounded,
    slab,
    surface,
    text,
)
from training.catalogue.shading.materials import BLACK, metal, plain, plastic, printed, vivid
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

BRANDS = ("Novaris", "KITEK", "Lumenix", "Ottaro", "VANTEC", "Zephy")
DARK = rgb("#232427")


def _keys(width: float, depth: float, rows: int, columns: int, z: float, cap, gap: float = 0.22) -> None:
    """A field of keys centred on the origin, with a space bar in the nearest row."""
    w, d = width / columns, depth / rows
    for j in range(rows):
        y = -depth / 2 + (j + 0.5) * d
        spans = [(i, 1) for i in range(columns)]
        if j == 0:
            third = columns // 3
            spans = (
                [(i, 1) for i in range(third)]
                + [(third, columns - 2 * third)]
                + [(i, 1) for i in range(columns - third, columns)]
            )
        for i, n in spans:
            x = -width / 2 + (i + n / 2) * w
            place(box((w * n - gap, d - gap, 0.25), cap, 0.07), (x, y, z))


def laptop(rng: Random) -> Shot:
    """An open laptop showing a picture."""
    body = rng.choice([metal((0.55, 0.56, 0.58), 0.35), plastic(DARK), plastic(rgb("#d9dadc"))])
    w, d = 36, 24
    slab_ = slab(rectangle(w, d, 1.2), 1.4, body, 0.3)
    place(slab_, (0, 0, 0))
    place(slab(rectangle(w * 0.9, d * 0.5, 0.5), 0.05, plastic(DARK, 0.5), 0), (0, d * 0.17, 1.38))
    with moved((0, d * 0.17, 1.4)):
        _keys(w * 0.88, d * 0.47, 5, 15, 0, plastic(rng.choice([BLACK, rgb("#333438")]), 0.5))
    place(slab(rectangle(w * 0.28, d * 0.26, 0.4), 0.04, plain(rgb("#8a8c90"), 0.3), 0), (0, -d * 0.28, 1.4))
    with moved((0, d / 2 - 0.2, 1.5), (rng.uniform(-18, -10), 0, 0)):
        place(slab(rectangle(w, 23, 1.0), 0.8, body, 0.2), (0, 0.6, 11.6), (90, 0, 0))
        place(slab(rectangle(w * 0.985, 22.4, 0.8), 0.06, plastic(BLACK, 0.25), 0), (0, -0.2, 11.6), (90, 0, 0))
        sw, sh = w * 0.93, 19.6
        screen = surface(lambda u, v: ((u - 0.5) * sw, -0.3, 2.2 + v * sh), 1, 1, _screen(rng, sw, sh), (sw, sh))
        place(screen)
        place(text(rng.choice(BRANDS), 0.7, plain(rgb("#b8b8bc"))), (0, -0.3, 1.3), (90, 0, 0))
    return Shot(rng.uniform(-28, 28), rng.uniform(14, 24), 65, 0.9)


def _screen(rng: Random, w: float, h: float):
    """A lit display with a wallpaper."""
    kind = rng.choice(("landscape", "landscape", "blotches"))
    colours = palette(rng)
    size = (w, h) if kind == "landscape" else w * 0.4
    return printed(kind, colours, size, roughness=0.25, Specular=0.2, Emission_Strength=0.0)


def _mouse(body, accent, s: float = 1.0) -> None:
    """A computer mouse pointing away (+y), about 6 x 11 cm."""
    with moved(scale=s):

        def shell(u: float, v: float):
            t, p = 2 * pi * u, pi / 2 * v
            x, y = cos(t), sin(t)
            waist = 1 - 0.13 * max(0.0, cos(2 * t)) * (1 - v)
            k = cos(p) ** 0.55
            return (3.1 * x * k * waist, 5.4 * y * k, 3.6 * sin(p) ** 0.8 * (1 - 0.22 * y * k))

        surface(shell, 64, 24, body, closed=True)
        place(
            slab(
                [(5.4 * 0.57 * cos(2 * pi * i / 48), 5.4 * sin(2 * pi * i / 48)) for i in range(48)],
                0.3,
                accent,
                0.1,
            )
        )
        place(
            lathe(rounded([(0, -0.35), (0.75, -0.35), (0.75, 0.35), (0, 0.35)], 0.2), accent, 32),
            (0, 2.9, 2.55),
            (0, 90, 0),
        )
        pipe([(0, 5.2, 1.5), (0, 3.8, 2.52), (0, 1.6, 3.28), (0, 0.8, 3.5)], 0.07, accent)


def mouse_and_pad(rng: Random) -> Shot:
    """A mouse on or before a printed pad, at times with its cable."""
    colours = palette(rng)
    body, accent = rng.choice(
        [
            (plastic(BLACK, 0.3), plastic(vivid(rng))),
            (plastic(rgb("#bfc2c6"), 0.25), plastic(rgb("#505458"))),
            (plain(vivid(rng), 0.2, Clearcoat=0.8), plastic(BLACK)),
        ]
    )
    kind = rng.choice(("blotches", "mosaic", "landscape", "landscape", "none"))
    if kind != "none":
        size = (22, 18) if kind == "landscape" else 7
        pad = printed(kind, colours, size, "Object", offset=(-11, -9, 0), roughness=0.85, bump=("weave", 0.12, 0.02))
        slab(rectangle(22, 18, 1.2), 0.35, pad, 0.1)
    with moved(
        (rng.uniform(1, 4), rng.uniform(-2, 1), 0.35 if kind != "none" else 0),
        (0, 0, rng.uniform(-5, 25)),
        1.35,
    ):
        _mouse(body, accent)
        if kind == "none" or rng.random() < 0.5:
            pipe(
                [
                    (0, 5.3, 0.7),
                    (0.3, 8, 0.35),
                    (-3, 10.5, 0.25),
                    (-7, 8, 0.25),
                    (-6, 3, 0.25),
                    (-9, 0, 0.25),
                ],
                0.19,
                plastic(BLACK, 0.5),
            )
    return Shot(rng.uniform(-30, 30), rng.uniform(32, 46), 70, 0.88)


def router(rng: Random) -> Shot:
    """A router with two to four aerials and a row of lamps."""
    colour = rng.choice([rgb("#c2c4c8"), BLACK, BLACK])
    body = plastic(colour, 0.3)
    n = rng.choice((2, 3, 4))
    w, d = 22, 14
    slab(rectangle(w, d, 1.6), 2.6, body, 0.6)
    place(
        slab(rectangle(w * 0.86, d * 0.5, 1.0), 0.06, plain(tuple(c * 0.75 for c in colour), 0.15), 0),
        (0, -0.5, 2.6),
    )
    place(text(rng.choice(BRANDS), 1.4, plain(rgb("#8f9499")), 0.02), (0, 0.2, 2.7))
    for k in range(6):
        place(
            box((0.7, 0.18, 0.05), plain(rgb("#3ddc84"), 0.4, Emission_Strength=0.5), 0),
            (-5 + k * 2, -5.3, 2.6),
        )
        place(
            box((0.35, 4.0, 0.05), plain(tuple(c * 0.3 for c in colour), 0.5), 0),
            (-w * 0.45 + k * 0.7, 4.2, 2.58),
        )
    for k in range(n):
        x = -w * 0.44 + k * w * 0.88 / (n - 1)
        with moved((x, d / 2 - 0.2, 1.6), (0, (k - (n - 1) / 2) * 6, 0)):
            place(
                lathe(rounded([(0, -0.9), (0.9, -0.9), (0.9, 0.9), (0, 0.9)], 0.3), body, 32),
                (0, 0.5, 0),
                (0, 90, 0),
            )
            place(
                lathe(rounded([(0, 0), (0.75, 0), (0.62, 2), (0.5, 17), (0, 17.2)], 0.4), body, 32),
                (0, 0.6, 0.4),
            )
    return Shot(rng.uniform(-30, 30), rng.uniform(18, 30), 70, 0.86)


def keyboard(rng: Random) -> Shot:
    """A full keyboard seen from the front or from above."""
    colour, keys = rng.choice(
        [
            (BLACK, "#26282c"),
            (rgb("#9a9ea6"), "#e6e6e4"),
            (rgb("#b4b8be"), "#1d1e20"),
            (rgb("#2b2d31"), "#44474f"),
        ]
    )
    cap = plastic(rgb(keys), 0.45)
    w, d = 44, 14.5
    with moved((0, 0, 0.6), (4, 0, 0)):
        slab(rectangle(w, d, 0.9), 1.2, plastic(colour, 0.4), 0.35)
        for x, width, columns, rows in ((-7.6, 27.2, 14, 5), (9.9, 5.8, 3, 5), (17.6, 7.8, 4, 5)):
            with moved((x, -0.9, 1.15)):
                _keys(width, 10.2, rows, columns, 0, cap, 0.26)
        with moved((-7.6, 5.6, 1.15)):
            for k in range(13):
                place(box((1.7, 1.4, 0.25), cap, 0.07), (-12.8 + k * 2.13, 0, 0))
        for k in range(3):
            place(box((0.5, 0.15, 0.05), plain(rgb("#3ddc84")), 0), (15.5 + k * 1.6, 5.7, 1.2))
        place(text(rng.choice(BRANDS), 0.8, plain(rgb("#9aa0a6"))), (10, 5.7, 1.22))
    return Shot(rng.uniform(20, 42) * rng.choice((-1, 1)), rng.uniform(36, 56), 70, 0.94)
