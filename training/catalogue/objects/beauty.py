"""Beauty and Personal Care."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.shapes import (
    ball,
    box,
    lathe,
    modifier,
    moved,
    pipe,
    place,
    rectangle,
    rounded,
    slab,
    text,
    wrapped_text,
)
from training.catalogue.shading.materials import (
    BLACK,
    IVORY,
    WHITE,
    ceramic,
    glass,
    gold,
    metal,
    plain,
    plastic,
    printed,
    vivid,
    wood,
)
from training.catalogue.shading.nodes import Colour, rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

BRANDS = ("SOLARA", "Amberly", "VERVE", "Liora", "NOIRE", "Fleurine", "Botanika", "MISTRAL")


def _row(rng: Random, n: int, step: float) -> list[tuple[float, float]]:
    """n places side by side, a little out of line."""
    return [((k - (n - 1) / 2) * step, rng.uniform(-0.6, 0.6)) for k in range(n)]


def deodorant(rng: Random) -> Shot:
    """Spray cans in pairs or threes, the brand running up the side."""
    colours, brand = palette(rng), rng.choice(BRANDS).upper()
    r, h, n = 2.5, rng.uniform(12.5, 14.5), rng.choice((2, 2, 3))
    capless = rng.random() < 0.3
    for k, (x, y) in enumerate(_row(rng, n, 6.4)):
        base: Colour = rng.choice([BLACK, colours[k + 1]])
        ink = WHITE if sum(base) < 1.4 else BLACK
        skin = printed(
            rng.choice(("blotches", "mosaic", "chevron")),
            [base, *colours[1:]],
            2.2,
            panel=(-1, 99, 3.5, h * 0.42),
            ground=base,
            roughness=0.22,
            Metallic=0.3,
        )
        with moved((x, y, 0)):
            lathe(rounded([(0, 0), (r, 0), (r, h * 0.86), (r * 0.78, h)], 0.7), skin)
            lathe(rounded([(r + 0.05, 0.05), (r + 0.05, 0.3)], 0.1), metal())
            if capless:
                lathe(
                    rounded(
                        [(r * 0.78, h), (r * 0.5, h + 0.8), (r * 0.3, h + 0.8), (r * 0.3, h + 2), (0, h + 2)],
                        0.2,
                    ),
                    plastic(WHITE),
                )
            else:
                cap = plastic(rng.choice([BLACK, base]), 0.25) if rng.random() < 0.7 else metal(roughness=0.2)
                lathe(
                    rounded([(r * 0.98, h * 0.9), (r * 0.98, h * 1.22), (r * 0.9, h * 1.25), (0, h * 1.25)], 0.5),
                    cap,
                )
            wrapped_text(brand, 1.75, r + 0.02, h * 0.52, plain(ink, 0.3), 0.03, upright=True)
            wrapped_text("DEODORANT BODY SPRAY", 0.34, r + 0.02, 1.2, plain(ink, 0.3))
    return Shot(rng.uniform(-6, 6), rng.uniform(4, 10), 80, 0.9)


def perfume(rng: Random) -> Shot:
    """A glass flacon with a metal or stone stopper, at times with its box."""
    juice = rng.choice([rgb("#e9b96e"), rgb("#e7a2b0"), rgb("#9fc5e0"), rgb("#cdb4db"), rgb("#b9d8a8")])
    w, d, h = rng.uniform(5.5, 7), rng.uniform(2.6, 3.4), rng.uniform(6.5, 8.5)
    brand, trim = rng.choice(BRANDS), rng.choice([gold(0.15), metal(roughness=0.15)])
    if rng.random() < 0.5:
        slab(rectangle(w, d, 0.8), h, glass(), 0.4)
        place(slab(rectangle(w - 0.9, d - 0.9, 0.5), h - 1.6, glass(juice, 0.0, 1.36), 0.2), (0, 0, 0.7))
    else:
        r = w * 0.52
        lathe(rounded([(0, 0), (r * 0.7, 0), (r, h * 0.45), (r * 0.35, h), (0, h)], 1.6), glass())
        lathe(
            rounded([(0, 0.6), (r * 0.62, 0.6), (r * 0.88, h * 0.45), (r * 0.55, h * 0.72), (0, h * 0.72)], 1.4),
            glass(juice, 0.0, 1.36),
        )
        d = 2 * r
    lathe(rounded([(1.1, h), (1.1, h + 1.1), (0, h + 1.1)], 0.1), trim)
    style = rng.choice(("ball", "block", "tall"))
    if style == "ball":
        place(ball(1.5, glass((0.95, 0.95, 0.97))), (0, 0, h + 2.4))
    elif style == "block":
        place(box((2.8, 2.4, 2.4), trim, 0.2), (0, 0, h + 1.0))
    else:
        lathe(rounded([(1.35, h + 1), (1.35, h + 4), (0, h + 4)], 0.25), plastic(BLACK, 0.15))
    place(
        slab(rectangle(w * 0.62, h * 0.36, 0.2), 0.05, plain(IVORY, 0.4), 0),
        (0, -d / 2 - 0.02, h * 0.45),
        (90, 0, 0),
    )
    place(text(brand, w * 0.11, plain(BLACK)), (0, -d / 2 - 0.1, h * 0.48), (90, 0, 0))
    place(text("EAU DE PARFUM", w * 0.045, plain(BLACK)), (0, -d / 2 - 0.1, h * 0.36), (90, 0, 0))
    if rng.random() < 0.6:
        carton = rng.choice([BLACK, WHITE, juice])
        with moved((w * 1.15, 2.2, 0), (0, 0, -8)):
            box((w * 0.95, d * 0.95 if d < 4 else 5, h + 4), plain(carton, 0.45), 0.06)
            front = -(d * 0.95 if d < 4 else 5) / 2 - 0.02
            place(text(brand, w * 0.14, trim), (0, front, h * 0.7), (90, 0, 0))
            place(box((w * 0.96, 0.1, 0.3), trim, 0), (0, front, 1.5))
    return Shot(rng.uniform(-10, 10), rng.uniform(6, 12), 80, 0.88)


def lipstick(rng: Random) -> Shot:
    """One to three open lipsticks, a cap beside them."""
    shades = [rgb(c) for c in ("#b3122e", "#d6336c", "#7a1f2b", "#e4572e", "#c77b6b", "#8e2454")]
    rng.shuffle(shades)
    n = rng.choice((1, 2, 3))
    case = rng.choice([plastic(BLACK, 0.15), gold(0.2), metal(roughness=0.18)])
    for k, (x, y) in enumerate(_row(rng, n, 3.6)):
        with moved((x, y, 0), (0, 0, rng.uniform(-25, 25))):
            lathe(rounded([(0, 0), (1.0, 0), (1.0, 3.4), (0.86, 3.4)], 0.12), case, 48)
            lathe(rounded([(0.85, 3.3), (0.85, 5.0), (0.72, 5.0)], 0.08), gold(0.15), 48)
            stick = lathe(
                rounded([(0.7, 4.6), (0.7, 7.6), (0.5, 8.3), (0, 8.5)], 0.5),
                plain(shades[k], 0.28, Specular=0.4),
                48,
            )
            for v in stick.data.vertices:  # the slanted tip
                if v.co.z > 7:
                    v.co.z += v.co.x * 0.9
    with moved((n * 1.8 + 2.2, -1.0, 0)):
        lathe(rounded([(0, 0), (1.08, 0), (1.08, 4.6), (0, 4.6)], 0.15), case, 48)
        wrapped_text(rng.choice(BRANDS), 0.42, 1.1, 2.4, gold(0.3), upright=True)
    return Shot(rng.uniform(-8, 8), rng.uniform(8, 16), 85, 0.86)


def nail_polish(rng: Random) -> Shot:
    """Three to five little bottles in a row, each its own colour."""
    colours = [vivid(rng) for _ in range(5)]
    n = rng.choice((3, 3, 4))
    square = rng.random() < 0.5
    brand = rng.choice(BRANDS)
    for k, (x, y) in enumerate(_row(rng, n, 3.4)):
        with moved((x, y, 0)):
            lacquer = plain(colours[k], 0.12, Clearcoat=1.0)
            if square:
                slab(rectangle(2.6, 2.0, 0.5), 3.6, lacquer, 0.35)
            else:
                lathe(rounded([(0, 0), (1.25, 0), (1.4, 2.2), (1.0, 3.4), (0.6, 3.7)], 0.5), lacquer)
            lathe(
                rounded([(0.62, 3.5), (0.62, 4.1), (0.85, 4.1), (0.62, 8.2), (0.5, 8.4), (0, 8.4)], 0.2),
                plastic(BLACK, 0.18),
                40,
            )
            if square:
                place(text(brand, 0.4, plain(WHITE)), (0, -1.02, 1.8), (90, 0, 0))
            else:
                wrapped_text(brand, 0.4, 1.38, 1.8, plain(WHITE))
    return Shot(rng.uniform(-10, 10), rng.uniform(6, 14), 85, 0.9)


def cream_jar(rng: Random) -> Shot:
    """A face-cream jar with a shining lid; at times open, with the cream showing, or with its tube."""
    colours, brand = palette(rng), rng.choice(BRANDS)
    r, h = rng.uniform(3.6, 4.2), rng.uniform(3.6, 4.6)
    body = rng.choice([ceramic(WHITE), ceramic(colours[1]), glass(colours[2], 0.25)])
    lid = rng.choice([gold(0.2), metal(roughness=0.2), plastic(WHITE, 0.2), plastic(colours[1], 0.2)])
    lathe(rounded([(0, 0), (r * 0.85, 0), (r, h * 0.35), (r, h)], 0.6), body)
    wrapped_text(brand, 1.0, r + 0.02, h * 0.6, plain(rgb("#3a3430")), 0.01)
    wrapped_text("nourishing day cream", 0.4, r + 0.02, h * 0.32, plain(rgb("#3a3430")))
    cap = rounded([(0, 0), (r * 1.04, 0), (r * 1.04, 2.0), (0, 2.0)], 0.25)
    if rng.random() < 0.5:
        place(lathe(cap, lid), (0, 0, h))
    else:
        lathe(
            rounded(
                [
                    (r * 0.95, h),
                    (r * 0.9, h + 0.5),
                    (r * 0.8, h + 0.5),
                    (r * 0.8, h + 0.1),
                    (r * 0.3, h + 0.5),
                    (0, h + 0.9),
                ],
                0.3,
            ),
            ceramic(IVORY),
        )
        place(lathe(cap, lid), (r * 1.9, -r * 0.9, 1.0), (62, 0, 35))
    if rng.random() < 0.6:
        with moved((-r * 2.0, r * 0.5, 0)):
            lathe(rounded([(0, 0), (1.7, 0), (1.7, 2.2), (0, 2.2)], 0.2), lid)
            tube = lathe(
                [(1.9, 2.2), (2.1, 3.0), (2.15, 6), (2.2, 11), (2.2, 14)],
                ceramic(colours[1] if rng.random() < 0.6 else WHITE),
            )
            for v in tube.data.vertices:  # flat at the crimp, wider too
                t = max(0.0, (v.co.z - 3) / 11)
                v.co.y *= 1 - 0.95 * t
                v.co.x *= 1 + 0.35 * t
            place(text(brand, 0.8, plain(BLACK)), (0, -1.4, 8), (80, 0, 0))
    return Shot(rng.uniform(-12, 12), rng.uniform(12, 22), 80, 0.86)


def dropper_bottle(rng: Random) -> Shot:
    """Amber or blue serum bottles with rubber droppers and a paper label."""
    tint = rng.choice([rgb("#8a4510"), rgb("#7a3b0c"), rgb("#274b8f"), rgb("#3c6b3a")])
    n, brand = rng.choice((1, 2, 2)), rng.choice(BRANDS)
    for k, (x, y) in enumerate(_row(rng, n, 6.4)):
        r, h = 2.4, 6.6 - 1.4 * k
        with moved((x, y, 0)):
            lathe(
                rounded([(0, 0), (r, 0), (r, h), (1.0, h + 1.1), (1.0, h + 1.9)], 0.7),
                plain(tint, 0.08, Transmission=0.55, Clearcoat=1.0),
            )
            lathe([(r + 0.03, 1.0), (r + 0.03, h * 0.82)], plain(IVORY, 0.6))
            wrapped_text(brand, 0.85, r + 0.06, h * 0.58, plain(tint))
            wrapped_text("face serum  30 ml", 0.34, r + 0.06, h * 0.34, plain(BLACK))
            lathe(
                rounded([(1.2, h + 1.3), (1.2, h + 3.0), (0.9, h + 3.0)], 0.1),
                rng.choice([plastic(BLACK, 0.3), gold(0.2)]),
                60,
            )
            lathe(
                rounded([(0.75, h + 2.9), (0.75, h + 4.6), (0.55, h + 6), (0, h + 6.1)], 0.5),
                plain(rgb("#1b1b1d"), 0.6),
                40,
            )
    return Shot(rng.uniform(-8, 8), rng.uniform(7, 14), 80, 0.86)


def soap(rng: Random) -> Shot:
    """A liquid-soap dispenser with its pump, and a bar of soap before it."""
    colours = palette(rng)
    brand, r, h = rng.choice(BRANDS), 3.3, rng.uniform(11, 13)
    body = rng.choice([plastic(WHITE, 0.25), plastic(colours[1], 0.25), glass(colours[3], 0.05)])
    lathe(rounded([(0, 0), (r, 0), (r, h * 0.85), (1.4, h), (1.4, h + 0.6)], 1.2), body)
    pump = rng.choice([plastic(BLACK, 0.3), plastic(WHITE, 0.3), metal()])
    lathe(rounded([(1.6, h + 0.2), (1.6, h + 1.6), (0.5, h + 1.9), (0.4, h + 3.6)], 0.2), pump)
    with moved((0, 0, h + 3.6)):
        lathe(rounded([(0, 0), (1.1, 0), (1.0, 0.9), (0, 0.9)], 0.2), pump)
        pipe([(0, 0, 0.5), (-2, 0, 0.55), (-3.6, 0, 0.3), (-4.1, 0, -0.4)], 0.42, pump)
    ink = plain(rgb("#4a3f35"))
    lathe(
        [(r + 0.03, h * 0.2), (r + 0.03, h * 0.72)],
        printed("flowers", colours, 1.7, panel=(-1, 99, 0, h * 0.16), ground=IVORY, roughness=0.5),
    )
    wrapped_text(brand, 1.0, r + 0.06, h * 0.56, ink)
    wrapped_text("hand wash", 0.55, r + 0.06, h * 0.45, ink)
    for k in range(rng.choice((1, 2))):
        with moved((5.5, -4.5, k * 2.25), (0, 0, 25 + 20 * k)):
            bar = slab(rectangle(7.4, 4.8, 1.9), 2.2, plain(colours[1 + k], 0.35, Subsurface=0.05), 0.8)
            modifier(bar, "SUBSURF", levels=1, render_levels=1)
            place(text(brand, 0.85, plain(tuple(0.7 * c for c in colours[1 + k]), 0.4)), (0, 0, 2.22))
    return Shot(rng.uniform(-10, 10), rng.uniform(12, 20), 80, 0.86)


def jewel_box(rng: Random) -> Shot:
    """A chest for jewels: a domed lid, metal bands, studs and a clasp."""
    w, d, h = rng.uniform(16, 20), 11, 7
    hide = rng.choice(
        [
            wood(rgb("#3b1d0f"), rgb("#6b3a1e")),
            plain(rgb("#151214"), 0.35),
            plain(rgb("#6e1423"), 0.4),
            wood(rgb("#6f4518"), rgb("#a8742f")),
        ]
    )
    trim = gold(0.25)
    box((w, d, h), hide, 0.25)

    def lid(scale: float, x: float, length: float, material) -> None:
        half = [(d / 2 * scale * c, h * 0.62 * scale * s) for c, s in (_arc(k) for k in range(17))]
        piece = slab(half, length, material, 0.15)
        place(piece, (x - length / 2, 0, h + 0.15), (90, 0, 90))

    lid(1.0, 0, w, hide)
    n = rng.choice((3, 5))
    for k in range(n):
        x = -w * 0.46 + k * w * 0.92 / (n - 1)
        lid(1.03, x, 1.1, trim)
        place(box((1.1, d + 0.3, h), trim, 0.1), (x, 0, 0))
        for z in (1.2, h * 0.5, h - 1.0):
            place(ball(0.35, gold(0.15)), (x, -d / 2 - 0.2, z))
    for z in (0, h - 0.6):
        place(box((w + 0.3, d + 0.3, 0.6), trim, 0.1), (0, 0, z))
    place(slab(rectangle(2.4, 3.4, 0.8), 0.5, trim, 0.15), (0, -d / 2 - 0.1, h + 0.1), (90, 0, 0))
    place(ball(0.6, plain(vivid(rng), 0.05, Clearcoat=1.0)), (0, -d / 2 - 0.6, h + 0.2))
    for sx in (-1, 1):
        for sy in (-1, 1):
            place(ball(0.8, trim), (sx * w * 0.45, sy * d * 0.42, -0.5))
    if rng.random() < 0.5:
        pearls = [(w * 0.2 + 6 * k / 26, -d * 0.85 - 2.2 * sin(k / 26 * pi * 1.6), -0.75) for k in range(27)]
        for p in pearls:
            place(ball(0.42, plain(rgb("#efe9dc"), 0.15, Clearcoat=0.6)), p)
    return Shot(rng.uniform(18, 32) * rng.choice((-1, 1)), rng.uniform(16, 26), 75, 0.88)


def _arc(k: int) -> tuple[float, float]:
    """The k-th of 17 points of a half circle as (cosine, sine)."""
    return cos(pi * k / 16), sin(pi * k / 16)
