"""Baby Care: bottles, toys, blankets and bags."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.cloth import folded, soften
from training.catalogue.geometry.shapes import (
    ball,
    box,
    lathe,
    moved,
    pipe,
    place,
    rectangle,
    ring,
    rounded,
    slab,
    surface,
    text,
    wrapped_text,
)
from training.catalogue.shading.materials import (
    IVORY,
    WHITE,
    clear,
    fabric,
    pastel,
    plain,
    plastic,
    print_cloth,
    vivid,
    wood,
)
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

PRINTS = ("dots", "stripes", "bars", "flowers", "checks", "chevron")


def baby_bottle(rng: Random) -> Shot:
    """Feeding bottles with teat, ring and a scale; at times one with ears to hold."""
    n = rng.choice((1, 2, 2))
    for k in range(n):
        colour, h = rng.choice([pastel, vivid])(rng), 13 - 3.5 * k
        with moved((k * 8.5, -k * 2, 0)):
            r = 2.9
            lathe(
                rounded(
                    [
                        (0, 0),
                        (r, 0),
                        (r, h * 0.4),
                        (r * 0.86, h * 0.55),
                        (r, h * 0.7),
                        (r, h),
                        (r * 0.8, h + 0.8),
                    ],
                    0.9,
                ),
                clear(),
            )
            lathe(
                rounded([(0, 0.3), (r * 0.92, 0.3), (r * 0.92, h * 0.4), (r * 0.78, h * 0.55), (0, h * 0.55)], 0.5),
                plain(rgb("#f3eee2"), 0.4),
            )
            place(
                lathe(
                    rounded([(0, 0), (r * 1.1, 0), (r * 1.1, 2.0), (r * 0.7, 2.2), (0, 2.2)], 0.3),
                    plastic(colour, 0.3),
                ),
                (0, 0, h + 0.4),
            )
            teat = [
                (r * 0.72, 0),
                (r * 0.66, 1.2),
                (1.0, 2.4),
                (0.62, 3.3),
                (0.75, 4.0),
                (0.5, 4.6),
                (0, 4.75),
            ]
            place(lathe(rounded(teat, 0.6), plain(rgb("#d9b98a"), 0.25, Subsurface=0.1)), (0, 0, h + 2.5))
            for j in range(6):
                wrapped_text("-" if j % 2 else f"- {30 * (j + 2)}", 0.5, r + 0.02, 1.4 + j * h * 0.13, plain(colour))
            if k == 0 and rng.random() < 0.4:
                for s in (-1, 1):
                    pipe(
                        [
                            (s * 2.6, 0, h * 0.85),
                            (s * 5.4, 0, h * 0.8),
                            (s * 5.6, 0, h * 0.45),
                            (s * 2.6, 0, h * 0.35),
                        ],
                        0.55,
                        plastic(colour),
                    )
    return Shot(rng.uniform(-10, 10), rng.uniform(6, 14), 80, 0.88)


def toy_blocks(rng: Random) -> Shot:
    """Wooden letter blocks, stacked."""
    letters = rng.sample("ABCDEFGHKLMNOPRSTXYZ", 12)
    pale = wood(rgb("#d9b27c"), rgb("#e8c994"), 3, 0.5)
    places = [(-5.4, 0, 0), (0, 0.4, 0), (5.4, 0, 0), (-2.6, 0.2, 5), (2.8, 0.2, 5), (0.1, 0.3, 10)][
        : rng.choice((3, 5, 6))
    ]
    for k, (x, y, z) in enumerate(places):
        with moved((x, y, z), (0, 0, rng.uniform(-14, 14))):
            colour = plain(vivid(rng), 0.45)
            box((5, 5, 5), pale, 0.35)
            for turn, letter in ((0, letters[k]), (90, letters[k + 3]), (-90, letters[k + 5])):
                with moved(turn=(0, 0, turn)):
                    panel = place(slab(rectangle(4.3, 4.3, 0.3), 0.06, colour, 0), (0, -2.47, 2.5), (90, 0, 0))
                    panel.data.materials[0] = colour
                    place(slab(rectangle(3.7, 3.7, 0.2), 0.06, pale, 0), (0, -2.5, 2.5), (90, 0, 0))
                    place(text(letter, 2.5, colour, 0.05, 0.06), (0, -2.56, 2.5), (90, 0, 0))
            place(text(letters[k + 1], 2.5, colour, 0.05), (0, 0, 5.02))
    return Shot(rng.uniform(18, 34) * rng.choice((-1, 1)), rng.uniform(14, 24), 75, 0.86)


def folded_blanket(rng: Random) -> Shot:
    """Soft baby blankets, folded in a pile, tied with a ribbon or topped by a pair of booties."""
    z = 0.0
    for _ in range(rng.choice((2, 3))):
        cloth = print_cloth(
            rng.choice(PRINTS),
            [rgb("#fbf6ee"), pastel(rng), pastel(rng), pastel(rng), pastel(rng)],
            rng.uniform(3.5, 5.5),
            thread=0.5,
        )
        with moved((rng.uniform(-0.5, 0.5), 0, z), (0, 0, rng.uniform(-2, 2))):
            folded(27, 21, 3, 1.7, cloth)
        z += 3 * 1.7 * 1.06 + 0.2
    bow = fabric(rng.choice([vivid, pastel])(rng), 0.2)
    place(box((2.2, 22.4, z + 0.2), bow, 0.3), (0, 0, 0))
    for s in (-1, 1):
        place(ball((3.0, 1.3, 1.4), bow), (s * 2.9, -6, z + 1.2), (0, -s * 14, s * 8))
        pipe([(0, -6, z + 0.8), (s * 2.4, -8.6, z + 0.4), (s * 3.6, -11.0, z - 0.8)], 0.45, bow)
    place(ball(1.0, bow), (0, -6, z + 1.2))
    return Shot(rng.uniform(22, 38) * rng.choice((-1, 1)), rng.uniform(18, 28), 72, 0.86)


def diaper_bag(rng: Random) -> Shot:
    """A roomy printed bag with handles, front pockets and a bottle peeping out."""
    colours = palette(rng)
    cloth = print_cloth(
        rng.choice(("dots", "flowers", "chevron", "stripes")),
        colours,
        rng.uniform(3, 4.5),
        "Object",
        thread=0.3,
    )
    # Prints run through the object along z, so the body is modelled lying down and stood up.
    edge = fabric(colours[1], 0.3)
    w, d, h = 36, 15, 27

    def body(u: float, v: float):
        a = 2 * pi * u
        k = (abs(cos(a)) ** 5 + abs(sin(a)) ** 5) ** -0.2
        swell = 1 + 0.06 * sin(pi * v) - 0.1 * max(0.0, 0.1 - v) * 10
        return (
            w / 2 * cos(a) * k * swell * (1 - 0.08 * v),
            h * v,
            d / 2 * sin(a) * k * swell * (1 - 0.3 * v**2),
        )

    with moved(turn=(90, 0, 0)):
        soften(surface(body, 96, 32, cloth, closed=True, smooth=180))
        place(slab(rectangle(w * 0.52, h * 0.48, 2.2), 2.6, cloth, 0.9), (0, h * 0.34, d * 0.43))
        place(slab(rectangle(w * 0.52, 2.0, 0.8), 3.0, edge, 0.5), (0, h * 0.55, d * 0.43))
        for s in (-1, 1):
            place(slab(rectangle(2.4, h * 0.95, 0.3), 1.0, edge, 0.3), (s * w * 0.31, h * 0.5, d * 0.42))
    rim = [body(i / 60, 1) for i in range(60)]
    pipe([(x, -z, y) for x, y, z in rim], 0.55, edge, closed=True)
    place(lathe([(1, 0), (0.02, 0)], edge), (0, 0, h - 1))
    top = place(slab([(x * 0.98, -z * 0.98) for x, y, z in reversed(rim)], 0.3, edge, 0), (0, 0, h - 0.8))
    top.name = "zip"
    for y in (-1, 1):
        arch = [
            (-w * 0.31, y * d * 0.44, h * 0.85),
            (-w * 0.3, y * d * 0.36, h * 1.15),
            (-w * 0.18, y * d * 0.3, h * 1.42),
            (w * 0.18, y * d * 0.3, h * 1.42),
            (w * 0.3, y * d * 0.36, h * 1.15),
            (w * 0.31, y * d * 0.44, h * 0.85),
        ]
        pipe(arch, 0.85, edge)
    with moved((w * 0.5, -2, 0)):
        lathe(rounded([(0, 3), (3.4, 3), (3.4, 14), (3.1, 14)], 0.6), edge)
        lathe(rounded([(0, 5), (2.7, 5), (2.7, 18), (2.2, 19)], 0.5), plain(IVORY, 0.3))
        lathe(rounded([(2.9, 18.4), (2.9, 20.4), (0, 20.4)], 0.3), plastic(vivid(rng)))
        lathe(rounded([(2.0, 20.4), (0.9, 22), (0.6, 23.6), (0, 23.8)], 0.4), plain(rgb("#d9b98a"), 0.3))
    return Shot(rng.uniform(12, 28), rng.uniform(10, 18), 75, 0.88)


def rattle(rng: Random) -> Shot:
    """A rattle: a dumbbell, a ring with beads, or a maraca."""
    a, b, c = (plastic(vivid(rng), 0.22) for _ in range(3))
    for k in range(rng.choice((1, 2))):
        kind = rng.choice(("dumbbell", "maraca", "maraca"))
        with moved((k * 7 - 2, -k * 5, 2.9), (0, 78, rng.uniform(20, 60) - 70 * k)):
            if kind == "dumbbell":
                lathe(rounded([(0, -3), (0.9, -3), (0.75, 0), (0.9, 3), (0, 3)], 0.4), a, 40)
                for s, m in ((-1, b), (1, c)):
                    place(ball(2.7, m), (0, 0, s * 5))
                    place(
                        lathe(
                            rounded([(2.65, -0.3), (2.85, -0.3), (2.85, 0.3), (2.65, 0.3)], 0.1),
                            plastic(WHITE),
                        ),
                        (0, 0, s * 5),
                    )
            else:
                lathe(rounded([(0, -8), (1.1, -8), (1.25, -7), (0.8, -5), (0.75, 1.0)], 0.6), a, 40)
                place(ball((2.9, 2.9, 3.4), b), (0, 0, 3.8))
                place(
                    lathe(rounded([(2.85, -0.5), (3.05, -0.5), (3.05, 0.5), (2.85, 0.5)], 0.15), c),
                    (0, 0, 3.8),
                )
                for x, y, _ in ring(8, 2.45):
                    place(ball(0.42, plastic(WHITE)), (x, y, 5.5))
                place(ball(1.3, c), (0, 0, -8.4))
    return Shot(rng.uniform(-15, 15), rng.uniform(22, 34), 78, 0.86)
