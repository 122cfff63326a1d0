"""Home Decor & Festive Needs: plants, lamps, candles and figures."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.shapes import (
    ball,
    circle,
    lathe,
    leaf,
    modifier,
    moved,
    pipe,
    place,
    rounded,
    slab,
    surface,
    turned,
)
from training.catalogue.shading.materials import (
    BLACK,
    IVORY,
    WHITE,
    ceramic,
    fabric,
    glass,
    gold,
    metal,
    plain,
    printed,
    wood,
)
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

TERRACOTTA = rgb("#b5603a")


def plant_pot(rng: Random) -> Shot:
    """A leafy plant, a cactus or an aloe in a pot."""
    colours = palette(rng)
    h, r = rng.uniform(11, 14), rng.uniform(6.5, 8)
    pot = rng.choice(
        [
            plain(TERRACOTTA, 0.75, ("pile", 0.3, 0.03)),
            ceramic(WHITE),
            printed(rng.choice(("chevron", "diamonds", "dots")), colours, 3.4, roughness=0.3),
            ceramic(colours[2]),
        ]
    )
    lathe(
        rounded(
            [
                (0, 0),
                (r * 0.72, 0),
                (r, h * 0.82),
                (r * 1.1, h * 0.82),
                (r * 1.1, h),
                (r * 0.95, h),
                (r * 0.9, h * 0.85),
            ],
            0.4,
        ),
        pot,
    )
    place(
        lathe([(r * 0.95, 0), (r * 0.5, 0.5), (0, 0.6)], plain(rgb("#3a2a1c"), 0.95, ("pile", 0.4, 0.3))),
        (0, 0, h * 0.86),
    )
    green = plain(rgb(rng.choice(("#3f7d3a", "#5b8c3e", "#2f6b4f"))), 0.4)
    kind = rng.choice(("leafy", "leafy", "cactus", "aloe"))
    if kind == "cactus":
        for x, scale in ((0, 1.0), (r * 0.45, 0.55)):

            def rib(u: float, v: float, x=x, s=scale):
                a, t = 2 * pi * u, v * pi / 2
                k = r * 0.42 * s * (1 + 0.13 * cos(12 * a)) * (cos(t) ** 0.45 if v > 0.02 else 1)
                return (x + k * cos(a), k * sin(a) - 0.3 * x, h * 0.85 + s * h * 1.3 * v)

            surface(rib, 144, 30, green, closed=True, smooth=180)
            for k in range(12):
                for j in range(7):
                    px, py, pz = rib(k / 12, j / 9 + 0.08)
                    place(ball(0.16, plain(IVORY)), (px, py, pz))
    else:
        for k in range(22 if kind == "leafy" else 14):
            a = k * 137.5
            reach = h * (0.75 + 0.5 * rng.random()) * (1.0 if kind == "leafy" else 0.9)
            tilt = -rng.uniform(0, 38) if kind == "leafy" else -rng.uniform(0, 30)
            with moved((0.8 * cos(a), 0.8 * sin(a), h * 0.88), (0, tilt, a)):
                blade = leaf(
                    reach,
                    reach * (0.34 if kind == "leafy" else 0.16),
                    rng.uniform(0.5, 1.3) if kind == "leafy" else 0.25,
                    green,
                )
                modifier(blade, "SOLIDIFY", thickness=0.12 if kind == "leafy" else 0.7)
    return Shot(rng.uniform(-15, 15), rng.uniform(8, 18), 75, 0.88)


def table_lamp(rng: Random) -> Shot:
    """A lamp with a turned base and a cloth shade, alone or in a pair."""
    colours = palette(rng)
    base = rng.choice(
        [
            ceramic(colours[1]),
            gold(0.2),
            wood(rgb("#4a2a14"), rgb("#80502a")),
            ceramic(WHITE),
            glass((0.8, 0.92, 0.95)),
        ]
    )
    h, r = rng.uniform(22, 27), rng.uniform(6, 8)
    shade = rng.choice(
        [
            fabric(IVORY, 0.3),
            fabric(WHITE, 0.3),
            printed("damask", colours, 7, roughness=0.9),
            fabric(colours[2], 0.3),
        ]
    )
    shape = rng.choice(
        (
            [(r, 0), (r, 1), (r * 0.4, 2.5), (r * 0.9, h * 0.4), (r * 0.3, h * 0.8), (r * 0.2, h)],
            [(r, 0), (r, 1.2), (r * 0.2, 2), (r * 0.18, h * 0.5), (r * 0.35, h * 0.55), (r * 0.18, h)],
        )
    )
    for k in range(rng.choice((1, 1, 2))):
        with moved((k * 34, k * 4, 0)):
            turned([(0, 0), *shape], base)
            pipe([(0, 0, h), (0, 0, h + 9)], 0.6, gold(0.3))
            flare = rng.uniform(0.6, 0.85)
            lathe([(14, h - 1), (14 * flare, h + 19)], shade)
            for x, z in ((14, h - 1), (14 * flare, h + 19)):
                lathe(
                    rounded(
                        [
                            (x - 0.2, z - 0.4),
                            (x + 0.25, z - 0.4),
                            (x + 0.25, z + 0.4),
                            (x - 0.2, z + 0.4),
                            (x - 0.2, z - 0.4),
                        ],
                        0.1,
                    ),
                    fabric(IVORY, 0.3),
                )
            place(
                ball((3, 3, 4), plain((1, 0.9, 0.7), 0.4, Emission=(1, 0.75, 0.45, 1), Emission_Strength=2.0)),
                (0, 0, h + 9),
            )
    return Shot(rng.uniform(-8, 8), rng.uniform(4, 9), 75, 0.9)


def candles(rng: Random) -> Shot:
    """Pillar candles alight, in stands or on a tray."""
    colours = palette(rng)
    stand = rng.choice((None, gold(0.25), metal(roughness=0.2)))
    for k, (x, y) in enumerate(((0, 0), (9, -3), (-8.5, -4))[: rng.choice((2, 3))]):
        h, r = (17, 12, 9)[k] * rng.uniform(0.9, 1.1), 3.4
        wax = plain(
            rng.choice([IVORY, colours[1], rgb("#a51c2a")]),
            0.45,
            Subsurface=0.1,
            Subsurface_Color=(0.9, 0.5, 0.3, 1),
        )
        base = 0.0
        with moved((x, y, 0)):
            if stand:
                base = (9, 6, 4)[k]
                lathe(
                    rounded(
                        [
                            (0, 0),
                            (3.6, 0),
                            (3.4, 0.8),
                            (0.8, 1.6),
                            (0.7, base - 1.4),
                            (4.2, base - 0.7),
                            (4.3, base),
                            (0, base),
                        ],
                        0.4,
                    ),
                    stand,
                )
            lathe(
                rounded(
                    [
                        (0, base),
                        (r, base),
                        (r, base + h),
                        (r * 0.8, base + h),
                        (r * 0.5, base + h - 0.8),
                        (0, base + h - 0.8),
                    ],
                    0.4,
                ),
                wax,
            )
            for _ in range(4):
                a, z = rng.uniform(0, 6.3), rng.uniform(0.3, 0.7)
                pipe(
                    [
                        (r * cos(a), r * sin(a), base + h - 0.2),
                        (r * 1.04 * cos(a), r * 1.04 * sin(a), base + h * (1 + z) / 2),
                        (r * cos(a), r * sin(a), base + h * z),
                    ],
                    0.28,
                    wax,
                )
            pipe([(0, 0, base + h - 1), (0.15, 0, base + h + 0.9)], 0.13, plain(BLACK))
            flame = plain((1, 0.5, 0.1), 0.5, Emission=(1.0, 0.42, 0.08, 1), Emission_Strength=1.6)
            turned(
                [
                    (0.02, base + h + 0.4),
                    (0.55, base + h + 1.1),
                    (0.4, base + h + 2.0),
                    (0.02, base + h + 3.4),
                ],
                flame,
                24,
            )
            core = plain((1, 0.9, 0.5), 0.5, Emission=(1.0, 0.8, 0.35, 1), Emission_Strength=1.5)
            place(ball((0.3, 0.3, 0.7), core), (0, -0.35, base + h + 1.2))
    return Shot(rng.uniform(-10, 10), rng.uniform(8, 15), 75, 0.86)


def figurine(rng: Random) -> Shot:
    """Slender abstract figures on a plinth: a couple, a dancer, or an elephant."""
    skin = rng.choice(
        [
            gold(0.28),
            plain(BLACK, 0.25),
            metal((0.45, 0.28, 0.16), 0.35),
            ceramic(WHITE),
            metal((0.6, 0.6, 0.62), 0.25),
        ]
    )
    if rng.random() < 0.5:
        _elephant(skin, rng)
        return Shot(rng.uniform(20, 50) * rng.choice((-1, 1)), rng.uniform(8, 16), 75, 0.86)
    slab(circle(7), 1.6, wood(rgb("#2b170c"), rgb("#4a2a17")), 0.3)
    for s in (-1, 1):
        bend = s * rng.uniform(1.2, 2.2)
        body = [
            (s * 1.6, 0, 1.2),
            (s * 3.0, 0, 6),
            (s * 1.8, 0, 12),
            (s * 2.6 - bend, 0, 18),
            (s * 1.5, 0, 22),
        ]
        for (p, q), size in zip(pairwise(body), (1.0, 1.25, 1.35, 1.05), strict=True):
            pipe([p, tuple((a + b) / 2 for a, b in zip(p, q, strict=True)), q], size, skin)
            place(ball(size, skin), q)
        place(ball((1.5, 1.6, 2.0), skin), (s * 1.7, 0, 25.4))
        pipe([(s * 1.8, 0, 21), (s * 5.2, -1.5, 18), (s * 2.0, -2.6, 14.5), (-s * 1.5, -2.6, 15.5)], 0.6, skin)
    return Shot(rng.uniform(-25, 25), rng.uniform(6, 12), 80, 0.88)


def _elephant(skin, rng: Random) -> None:
    """An elephant, trunk raised, a painted cloth on its back."""
    place(ball((7.5, 4.6, 5.0), skin), (0, 0, 9.5))
    place(ball((3.6, 3.2, 3.7), skin), (-8, 0, 12.5))
    for x in (-4.4, 4.2):
        for y in (-2.5, 2.5):
            place(lathe(rounded([(0, 0), (1.75, 0), (1.5, 1.2), (1.7, 8), (0, 8)], 0.4), skin, 32), (x, y, 0))
    pipe(
        [
            (-10.6, 0, 12.5),
            (-12.4, 0, 9.5),
            (-14.2, 0, 8.6),
            (-15.8, 0, 10.5),
            (-15.4, 0, 13.5),
            (-14.2, 0, 14.6),
        ],
        1.05,
        skin,
    )
    for s in (-1, 1):
        ear = ball((2.6, 0.45, 3.4), skin)
        place(ear, (-6.6, s * 3.6, 12.2), (s * 12, 0, s * 28))
        pipe([(-10, s * 1.6, 11), (-11.8, s * 2, 10), (-13.4, s * 2, 10.8)], 0.4, ceramic(IVORY))
        place(ball(0.32, plain(BLACK, 0.1)), (-10.6, s * 1.9, 13.6))
    pipe([(7.2, 0, 11), (8.6, 0, 9), (8.8, 0, 6)], 0.35, skin)
    place(ball((4.2, 4.85, 5.2), printed("flowers", palette(rng), 2.4, "Object", roughness=0.5)), (0.6, 0, 9.6))
