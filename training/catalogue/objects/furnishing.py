"""Home Furnishing."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.cloth import crumple, cushion, draped, folded, hanging, rolled
from training.catalogue.geometry.shapes import (
    ball,
    box,
    lathe,
    modifier,
    moved,
    pipe,
    place,
    rounded,
    surface,
)
from training.catalogue.shading.materials import WHITE, fabric, gold, metal, plain, print_cloth, vivid, wood
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

FABRICS = ("flowers", "stripes", "checks", "damask", "diamonds", "chevron", "dots", "bars")
OAK = (rgb("#5a3216"), rgb("#8a5a2c"))


def folded_sheets(rng: Random) -> Shot:
    """A folded bed sheet with its pillow cases, or a pile of them."""
    colours = palette(rng)
    kinds = rng.sample(FABRICS, 2)
    z = 0.0
    for k in range(rng.choice((2, 3))):
        material = print_cloth(
            kinds[k % 2],
            colours if k != 1 else [colours[1], *colours[:1], *colours[2:]],
            rng.uniform(7, 11),
            thread=0.4,
        )
        layers = rng.choice((2, 3))
        with moved((rng.uniform(-0.8, 0.8), 0, z), (0, 0, rng.uniform(-2, 2))):
            folded(38 - k, 28 - k, layers, 2.2, material)
        z += layers * 2.2 * 1.06 + 0.2
    return Shot(rng.uniform(20, 38) * rng.choice((-1, 1)), rng.uniform(16, 26), 70, 0.88)


def made_bed(rng: Random) -> Shot:
    """A double bed with headboard, printed cover and pillows."""
    colours = palette(rng)
    w, length, top = 150, 195, 52
    timber = wood(*OAK, 14) if rng.random() < 0.6 else fabric(vivid(rng), 1.2)
    place(box((w + 14, 8, rng.uniform(95, 115)), timber, 2.5), (0, length / 2 + 6, 0))
    place(box((w + 8, length + 6, 18), timber, 1.5), (0, 0, 12))
    for sx in (-1, 1):
        place(box((8, 8, 14), timber, 1), (sx * w * 0.46, -length * 0.46, 0))
    place(box((w, length, 24), fabric(WHITE, 1.0), 5), (0, 0, 28))
    kind = rng.choice(("flowers", "damask", "stripes", "checks", "diamonds", "bars"))
    cover = print_cloth(kind, colours, rng.uniform(20, 30), thread=0.8)
    draped(w + 2, length - 6, top + 1.5, 30, cover, rng)
    if rng.random() < 0.6:
        with moved((0, -length * 0.3, 1.0)):
            draped(w + 4, 50, top + 1.6, 26, fabric(colours[1], 1.2), rng, foot_only=False).location.y = 0
    for row, size in enumerate((1.0, 0.85)):
        for s in (-1, 1):
            case = print_cloth(kind, colours, 16, thread=0.8) if row == 0 else fabric(colours[1], 0.8)
            with moved(
                (s * w * 0.25, length * 0.40 - row * 17, top + 19 - row * 3),
                (62 - row * 6, 0, rng.uniform(-4, 4)),
            ):
                cushion(66 * size, 46 * size, 22 * size, case)
    return Shot(rng.uniform(22, 38) * rng.choice((-1, 1)), rng.uniform(16, 24), 55, 0.94)


def curtains(rng: Random) -> Shot:
    """A pair of eyelet curtains on a rod, hanging straight or tied back."""
    colours = palette(rng)
    kind = rng.choice(("plain", "flowers", "stripes", "damask", "diamonds", "bars"))
    cloth = fabric(vivid(rng), 0.8) if kind == "plain" else print_cloth(kind, colours, rng.uniform(14, 24), thread=0.8)
    w, h, gather = 78, 200, rng.choice((0.0, 0.0, 0.55))
    steel = rng.choice([metal(), gold(0.25), plain(rgb("#2b1a10"), 0.3)])
    for s in (-1, 1):
        with moved((s * (w / 2 + 3), 0, 0)):
            side = hanging(w, h, 7, 4.5, cloth, rng, gather)
            side.scale.x = -s  # tied towards the outer edge
            for k in range(7):
                x = (k + 0.5) / 7 * w - w / 2
                hoop = lathe(rounded([(3.2, -0.8), (4.0, -0.8), (4.0, 0.8), (3.2, 0.8), (3.2, -0.8)], 0.3), steel, 40)
                place(hoop, (x, 0, h - 7), (0, 90, rng.uniform(40, 60)))
            if gather:
                y = h * 0.34
                pipe(
                    [
                        (s * w * 0.5 + 2, 0, y + 4),
                        (s * w * 0.36, -7, y),
                        (s * w * 0.22, 0, y + 1),
                        (s * w * 0.36, 7, y + 3),
                    ],
                    1.4,
                    fabric(colours[1]),
                    closed=True,
                )
    pipe([(-w - 16, 0, h - 7), (w + 16, 0, h - 7)], 1.5, steel)
    for s in (-1, 1):
        place(ball(4, steel), (s * (w + 18), 0, h - 7))
    return Shot(rng.uniform(-14, 14), rng.uniform(1, 5), 70, 0.92)


def towels(rng: Random) -> Shot:
    """Bath towels: a folded pile and often one rolled on top or beside."""
    shades = [vivid(rng), *palette(rng)]
    z = 0.0
    for k in range(rng.choice((2, 3, 4))):
        colour = shades[k % len(shades)]
        with moved((rng.uniform(-0.6, 0.6), 0, z), (0, 0, rng.uniform(-2, 2))):
            folded(32, 22, 2, 2.7, fabric(colour, 0.45, "pile", 0.8))
            for s in (0.62, 0.74):
                place(
                    box((0.9, 22.3, 5.3), fabric(tuple(min(1.0, c * 0.6 + 0.3) for c in colour), 0.2), 0.3),
                    (16 * s, 0, 0.25),
                )
        z += 2 * 2.7 * 1.06 + 0.2
    if rng.random() < 0.7:
        colour = shades[4]
        turn = rng.choice((0, 90))
        with moved((0, 0, z) if turn else (8, -19, 0), (0, 0, turn)):
            rolled(5.0, 24, 1.3, fabric(colour, 0.45, "pile", 0.8))
    return Shot(rng.uniform(20, 40) * rng.choice((-1, 1)), rng.uniform(16, 26), 70, 0.86)


def cushions(rng: Random) -> Shot:
    """One to three cushions with printed covers, standing."""
    colours = palette(rng)
    n = rng.choice((1, 2, 3))
    for k in range(n):
        kind = rng.choice(FABRICS)
        shuffled = [colours[0], *rng.sample(colours[1:], 4)]
        cover = print_cloth(kind, shuffled, rng.uniform(7, 12), thread=0.45)
        with moved((k * 27 - (n - 1) * 13, -k * 9, 19.5), (74, 0, rng.uniform(-16, 16))):
            cushion(41, 41, 16, cover)
    return Shot(rng.uniform(-18, 18), rng.uniform(10, 18), 75, 0.88)


def tablecloth(rng: Random) -> Shot:
    """A round or square table under its cloth."""
    colours = palette(rng)
    cloth = print_cloth(
        rng.choice(("checks", "flowers", "stripes", "dots", "diamonds")),
        colours,
        rng.uniform(10, 15),
        thread=0.6,
    )
    phase = rng.uniform(0, 6)
    r, h, drop = 55, 74, rng.uniform(32, 52)
    if rng.random() < 0.6:
        folds = rng.choice((9, 11, 13))

        def f(u: float, v: float):
            a, s = 2 * pi * u, v * (r + drop)
            over = max(0.0, s - r)
            flow = over / drop
            out = min(s, r) + 1.5 * min(1, over / 4) + flow * (5 + 6.5 * cos(folds * a + phase + 0.6 * sin(2 * a)))
            return (
                out * cos(a),
                out * sin(a),
                h - max(0.0, over - 1.5 * min(1, over / 4)) + flow * 1.2 * cos(folds * a + phase),
            )

        obj = surface(f, 240, 50, cloth, closed=True, smooth=180)
        for loop in obj.data.loops:
            x, y, z = obj.data.vertices[loop.vertex_index].co
            far = (x * x + y * y) ** 0.5 or 1
            reach = (r + h - z) / far if z < h - 0.5 else 1.0  # unrolled: straight down the side
            obj.data.uv_layers[0].data[loop.index].uv = (x * reach, y * reach)
        modifier(obj, "SOLIDIFY", thickness=0.4)
        lathe(rounded([(0, 0), (24, 0), (22, 3), (6, 8), (5, h - 3)], 3), wood(*OAK))
    else:
        draped(90, 90, h, drop * 0.8, cloth, rng, foot_only=False)
        for sx in (-1, 1):
            for sy in (-1, 1):
                place(box((5, 5, h - 4), wood(*OAK), 0.5), (sx * 38, sy * 38, 0))
        place(box((88, 88, 3), wood(*OAK), 0.5), (0, 0, h - 4))
    if rng.random() < 0.6:
        with moved((6, -4, h + 0.8), scale=1.6):
            lathe(rounded([(0, 0), (4, 0), (6, 6), (2.4, 11), (3.4, 15)], 2), plain(vivid(rng), 0.15))
    return Shot(rng.uniform(10, 40), rng.uniform(14, 24), 70, 0.9)


def rug(rng: Random) -> Shot:
    """A carpet with border and medallion, or a plain woven one, fringed."""
    colours = palette(rng)
    w, h = 80, rng.uniform(110, 130)
    kind = rng.choice(("medallion", "medallion", "medallion", "chevron", "diamonds"))
    size = (w / 2, h / 2) if kind == "medallion" else 18
    if kind == "medallion":
        colours = [
            rgb("#e8d9b5"),
            rgb(rng.choice(("#7a1420", "#1c2b4a", "#23413a"))),
            rgb(rng.choice(("#a83232", "#c48a3a", "#2d4a6e"))),
            rgb("#c9a45c"),
            rgb("#3a1a14"),
        ]
    pile = print_cloth(kind, colours, size, "Object", thread=0.6)
    obj = surface(lambda u, v: ((u - 0.5) * w, (v - 0.5) * h, 1.2), 60, 80, pile, (w, h))
    crumple(obj, 0.25, 20)
    modifier(obj, "SOLIDIFY", thickness=1.4, offset=-1)
    thread = plain(rgb("#d9cba8"), 0.9)
    for s in (-1, 1):
        for k in range(46):
            x = -w / 2 + 0.8 + k * (w - 1.6) / 45
            pipe([(x, s * h / 2, 0.7), (x + rng.uniform(-0.7, 0.7), s * (h / 2 + 4.5), 0.25)], 0.3, thread)
    return Shot(rng.uniform(18, 42) * rng.choice((-1, 1)), rng.uniform(30, 46), 70, 0.94)


def rolled_quilt(rng: Random) -> Shot:
    """A quilt or comforter: rolled on top of a folded one."""
    colours = palette(rng)
    kind = rng.choice(FABRICS)
    one = print_cloth(kind, colours, rng.uniform(10, 16), thread=0.6)
    two = print_cloth(kind, colours, 12, thread=0.6) if rng.random() < 0.6 else fabric(colours[1], 0.6)
    base = folded(60, 42, 3, 5.0, one)
    modifier(base, "SMOOTH", iterations=2)
    with moved((0, 2, 15.5) if rng.random() < 0.6 else (4, -36, 0), (0, 0, 90)):
        rolled(12, 52, 4.2, two)
    return Shot(rng.uniform(22, 40) * rng.choice((-1, 1)), rng.uniform(14, 24), 70, 0.88)
