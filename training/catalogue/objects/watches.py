"""Watches: laid flat and seen from above, or closed and standing on the strap."""

from __future__ import annotations

from math import cos, pi, radians, sin
from random import Random

from training.catalogue.geometry.shapes import box, lathe, moved, place, ribbon, rounded, slab, text
from training.catalogue.objects.watch_parts import Case, case, flat_strap, lugs, steel_links
from training.catalogue.shading.materials import (
    BLACK,
    IVORY,
    WHITE,
    gold,
    leather,
    metal,
    plain,
    plastic,
    printed,
    vivid,
)
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

BRANDS = ("Orvane", "KELLOR", "Tamsin", "Veldt", "MERIDA", "Quillon", "Aster & Co", "NORTE")
ROSE = (0.84, 0.48, 0.36)
HIDES = ("#3b2014", "#1a1a1c", "#7a4a21", "#4a1c1c", "#1d2a44", "#a8672f")


def _pick(rng: Random, finish: str | None = None) -> Case:
    """A case with a dial and hands that can be read."""
    finish = finish or rng.choice(["steel", "steel", "gold", "rose", "black"])
    material = {
        "steel": metal(roughness=0.16),
        "gold": gold(0.18),
        "rose": metal(ROSE, 0.18),
        "black": metal((0.05, 0.05, 0.055), 0.3),
    }[finish]
    pale = rng.random() < 0.5
    dial = (
        rng.choice([WHITE, IVORY, rgb("#cfd8dc")])
        if pale
        else rng.choice([BLACK, rgb("#14213d"), rgb("#4a0d16"), rgb("#0b3d2e")])
    )
    ink = plain(rgb("#26262a"), 0.3) if pale else plain((0.8, 0.8, 0.8), 0.25, Metallic=0.3)
    return Case(
        rng.uniform(1.75, 2.05),
        material,
        dial,
        ink,
        rng.choice(BRANDS),
        rng.choice(["bars", "digits", "roman", "dots", "mixed"]),
    )


def _from_above(rng: Random, fill: float = 0.93) -> Shot:
    return Shot(rng.uniform(-3, 3), rng.uniform(74, 84), 85, fill)


def leather_round(rng: Random) -> Shot:
    """A round dress watch on stitched leather."""
    c = _pick(rng)
    case(c, rng)
    lugs(c, 2.0)
    hide = rgb(rng.choice(HIDES))
    flat_strap(
        c,
        rng,
        2.0,
        rng.uniform(2.4, 3.2),
        leather(hide),
        rng.choice([rgb("#d8c7a5"), tuple(0.6 * x for x in hide)]),
    )
    return _from_above(rng)


def leather_square(rng: Random) -> Shot:
    """A square case on leather."""
    c = _pick(rng, rng.choice(["steel", "rose", "gold"]))
    c.square, c.r, c.numerals = True, rng.uniform(1.5, 1.75), rng.choice(["roman", "bars", "digits"])
    case(c, rng)
    hide = rgb(rng.choice(HIDES))
    flat_strap(c, rng, c.r * 1.55, rng.uniform(2.3, 3.0), leather(hide), tuple(min(1, 0.1 + 1.5 * x) for x in hide))
    return _from_above(rng)


def steel_bracelet(rng: Random) -> Shot:
    """A round watch on steel or two-tone links."""
    c = _pick(rng, rng.choice(["steel", "steel", "gold"]))
    c.bezel = rng.choice([None, gold(0.2)])
    case(c, rng)
    steel_links(c, 2.1, rng.uniform(2.5, 3.3), "two-tone" if c.bezel else "plain")
    return _from_above(rng)


def chronograph(rng: Random) -> Shot:
    """Three subdials, pushers, a dark bezel."""
    c = _pick(rng, rng.choice(["steel", "black", "rose"]))
    c.r, c.subdials, c.numerals = rng.uniform(2.0, 2.25), True, "bars"
    c.bezel = rng.choice([None, metal((0.03, 0.03, 0.04), 0.25)])
    case(c, rng)
    for angle in (28, -28):
        a = radians(angle)
        place(
            lathe(rounded([(0, 0), (0.17, 0), (0.17, 0.5), (0, 0.52)], 0.05), c.material, 20),
            (c.r * 1.05 * cos(a), c.r * 1.05 * sin(a), 0.42),
            (0, 90, angle),
        )
    if rng.random() < 0.5:
        steel_links(c, 2.3, 2.7, "plain")
    else:
        lugs(c, 2.2)
        flat_strap(c, rng, 2.2, 2.8, leather(rgb(rng.choice(HIDES))), rgb("#c9b78f"))
    return _from_above(rng)


def rubber_sport(rng: Random) -> Shot:
    """A coloured sport watch on ribbed rubber."""
    colour = vivid(rng)
    c = _pick(rng, "black")
    c.r, c.numerals = 2.1, rng.choice(["digits", "mixed", "bars"])
    c.material = plastic(rng.choice([BLACK, colour, colour]), 0.45)
    c.bezel = rng.choice([plastic(BLACK, 0.3), metal(), plastic(colour, 0.4)])
    case(c, rng)
    strap = plastic(colour, 0.5)
    flat_strap(c, rng, 2.4, 2.9, strap, None)
    for s in (-1, 1):
        for k in range(4):
            place(box((1.7, 0.16, 0.1), strap, 0.04), (0, s * (c.r + 1.5 + k * 0.42), 0.34))
    return _from_above(rng)


def digital(rng: Random) -> Shot:
    """A digital watch: eight-sided resin case and a grey display."""
    colour = rng.choice([BLACK, BLACK, vivid(rng), rgb("#6b705c")])
    body, r = plastic(colour, 0.42), 2.0
    c = Case(r, body, BLACK, plain(BLACK), "TEMPIQ")
    for size, z, m in ((1.18, 0.0, body), (1.02, 0.75, body), (0.86, 0.95, plain(rgb("#0e0f11"), 0.1))):
        k = r * size
        eight = [
            (k * 0.5, -k),
            (k, -k * 0.55),
            (k, k * 0.55),
            (k * 0.5, k),
            (-k * 0.5, k),
            (-k, k * 0.55),
            (-k, -k * 0.55),
            (-k * 0.5, -k),
        ]
        place(slab(eight, 0.8 if z < 0.5 else 0.22, m, 0.1), (0, 0, z))
    place(box((r * 1.2, r * 0.72, 0.06), plain(rgb("#9aa58c"), 0.25), 0.03), (0, -0.1, 1.15))
    ink = plain(rgb("#15190f"))
    place(text(f"{rng.randint(10, 12)}:{rng.randint(10, 59)}", r * 0.34, ink, 0.012), (-0.02, -0.18, 1.22))
    place(text(rng.choice(("SUN 12", "FRI 24", "TUE  7")), r * 0.12, ink, 0.004), (0, 0.38, 1.22))
    accent = plain(vivid(rng))
    place(text(c.brand, r * 0.15, plain(WHITE), 0.004), (0, r * 0.52, 1.18))
    place(text("WATER RESIST", r * 0.085, accent), (0, -r * 0.62, 1.18))
    for sx in (-1, 1):
        for sy in (-1, 1):
            place(box((0.3, 0.5, 0.3), metal(), 0.06), (sx * r * 1.18, sy * r * 0.5, 0.35))
    strap = plastic(colour, 0.55)
    flat_strap(c, rng, 2.3, 3.1, strap, None)
    for s in (-1, 1):
        for k in range(5):
            place(box((1.5, 0.22, 0.12), strap, 0.05), (0, s * (r + 1.3 + k * 0.5), 0.34))
    return _from_above(rng)


def bangle(rng: Random) -> Shot:
    """A lady's watch on a stiff bangle, standing."""
    c = _pick(rng, rng.choice(["gold", "rose", "steel"]))
    c.r, c.numerals, c.square = 1.35, rng.choice(["bars", "roman", "dots"]), rng.random() < 0.3
    a, b = 3.1, 2.7
    loop = [(a * sin(t), b - b * cos(t)) for t in (2 * pi * i / 72 for i in range(72))]
    band = ribbon([*loop, loop[0]], rng.uniform(0.9, 1.4), 0.22, c.material)
    place(band, (0, 0, a), (0, -90, -90))
    with moved((0, 0.35, a), (90, 0, 0)):
        case(c, rng)
    return Shot(rng.choice((-1, 1)) * rng.uniform(18, 30), rng.uniform(14, 22), 80, 0.88)


def standing_leather(rng: Random) -> Shot:
    """A closed strap standing as if on a cushion, the dial to the viewer."""
    c = _pick(rng)
    a, b = 3.1, 2.6
    band = rng.choice(
        [
            leather(rgb(rng.choice(HIDES))),
            printed(rng.choice(("flowers", "stripes", "dots")), palette(rng), 0.7, roughness=0.6),
        ]
    )
    loop = [(a * sin(t), b - b * cos(t)) for t in (2 * pi * i / 72 for i in range(72))]
    place(ribbon([*loop, loop[0]], 2.0, 0.28, band), (0, 0, a), (0, -90, -90))
    with moved((0, 0.35, a), (90, 0, 0)):
        case(c, rng)
    return Shot(rng.choice((-1, 1)) * rng.uniform(15, 30), rng.uniform(12, 20), 80, 0.88)
