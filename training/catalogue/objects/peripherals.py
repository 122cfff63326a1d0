"""Computers: what is sold beside them."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.shapes import (
    box,
    lathe,
    modifier,
    moved,
    pipe,
    place,
    rectangle,
    rounded,
    slab,
    surface,
    text,
)
from training.catalogue.shading.materials import BLACK, WHITE, fabric, metal, plain, plastic, vivid
from training.catalogue.shading.nodes import Colour, rgb
from training.catalogue.studio import Shot

BRANDS = ("Novaris", "KITEK", "Lumenix", "Ottaro", "VANTEC", "Zephy")


def _cable(rng: Random, start, turns: float, radius: float, thickness: float, end) -> None:
    """A coil of cable on the table from `start` to `end`."""
    cx, cy = radius * 1.0, -radius * 0.4
    loop = [
        (
            start[0] + cx + radius * (1 - 0.06 * k) * cos(pi + 2 * pi * k / 12),
            start[1] + cy + radius * 0.8 * sin(pi + 2 * pi * k / 12),
            thickness + 0.5 * thickness * k / 6,
        )
        for k in range(int(12 * turns))
    ]
    pipe([start, *loop, end], thickness, plastic(BLACK, 0.45))


def charger(rng: Random) -> Shot:
    """A laptop power brick with its cable and plug."""
    w = rng.uniform(10, 12)
    bevel_body = plastic(rng.choice([BLACK, rgb("#1d1e20")]), 0.42)
    slab(rectangle(w, 5, 0.5), 3.2, bevel_body, 0.5)
    place(slab(rectangle(w * 0.72, 3.6, 0.2), 0.03, plain(rgb("#c9cbd0"), 0.5), 0), (0, 0, 3.2))
    place(text("AC ADAPTER", 0.55, plain(BLACK)), (-1, 0.9, 3.26))
    for k in range(3):
        place(text("MODEL 65W  19V 3.42A  INPUT 100-240V", 0.24, plain(BLACK)), (0, 0.1 - k * 0.5, 3.26))
    place(
        lathe(rounded([(0, 0), (0.6, 0), (0.35, 2.2), (0, 2.2)], 0.1), plastic(BLACK, 0.5), 24),
        (w / 2 - 0.1, 0, 1.6),
        (0, 90, 0),
    )
    _cable(rng, (w / 2 + 1.8, 0, 1.0), 2.6, 4.2, 0.28, (w / 2 + 9, -8, 0.6))
    with moved((w / 2 + 9, -8, 0.7), (0, 90, -60)):
        lathe(
            rounded([(0, 0), (0.55, 0), (0.55, 2.6), (0.42, 2.7), (0.42, 3.9), (0, 3.9)], 0.1),
            plastic(BLACK, 0.4),
            24,
        )
        lathe([(0.38, 3.8), (0.38, 5.0), (0.3, 5.0), (0.3, 4.0)], metal(), 24)
    pipe(
        [
            (-w / 2, 0, 1.6),
            (-w / 2 - 2, 1, 0.8),
            (-w / 2 - 3, 4, 0.3),
            (-w / 2 + 1, 7, 0.3),
            (-w / 2 + 8, 6, 0.3),
        ],
        0.28,
        plastic(BLACK, 0.45),
    )
    return Shot(rng.uniform(-15, 30), rng.uniform(30, 42), 70, 0.9)


def laptop_battery(rng: Random) -> Shot:
    """A replacement battery: a long dark bar with contacts and a label."""
    w, d, h = rng.uniform(20, 26), rng.uniform(4.8, 7), 2.0
    body = plastic(rgb("#1b1c1f"), 0.38)
    slab(rectangle(w, d, 0.4), h, body, 0.35)
    place(box((w * 0.8, 0.9, h * 0.7), body, 0.2), (0, d / 2 + 0.1, 0))
    for k in range(5):
        place(box((0.18, 0.2, 0.9), metal((0.85, 0.65, 0.3), 0.25), 0), (-2 + k, d / 2 + 0.5, 0.4))
    place(slab(rectangle(w * 0.45, d * 0.62, 0.1), 0.02, plain(rgb("#d6d7d4"), 0.6), 0), (-w * 0.2, 0, h))
    place(text("Li-ion BATTERY", d * 0.13, plain(BLACK)), (-w * 0.2, d * 0.17, h + 0.03))
    for k in range(4):
        place(
            text("10.8V  4400mAh  48Wh  RATED", d * 0.055, plain(BLACK)),
            (-w * 0.2, d * 0.02 - k * d * 0.075, h + 0.03),
        )
    for k in range(9):
        place(box((0.1, d * 0.5, 0.03), plain((0, 0, 0)), 0), (w * 0.18 + k * 0.5, 0, h - 0.01))
    place(box((2.2, 0.9, 0.25), plastic(rgb("#3a3b3f"), 0.5), 0.1), (w * 0.42, d * 0.2, h - 0.05))
    return Shot(rng.uniform(20, 40) * rng.choice((-1, 1)), rng.uniform(28, 40), 75, 0.9)


def usb_stick_and_lamp(rng: Random) -> Shot:
    """A USB lamp on its bendy neck, with a memory stick beside it."""
    colour = vivid(rng)
    soft = plastic(colour, 0.4)
    with moved((-2, 0, 1)):
        pipe([(0, 0, 1.6), (0, 0, 6), (0.6, 0, 10), (3, 0, 13)], 0.42, soft)
        with moved((3, 0, 13), (0, 62, 0)):
            place(slab(rectangle(1.9, 6, 0.9), 0.8, soft, 0.3), (0, 0, 2.4), (90, 0, 90))
            place(
                slab(rectangle(1.3, 5.2, 0.6), 0.1, plain(WHITE, 0.3, Emission_Strength=0.0), 0),
                (0.75, 0, 2.4),
                (90, 0, 90),
            )
        place(box((1.9, 1.0, 2.2), soft, 0.25), (0, 0, 0.2))
        place(box((1.2, 0.45, 1.4), metal(roughness=0.2), 0.05), (0, 0, -1.0))
    for k in range(rng.choice((1, 2))):
        with moved((3.5 + k * 2.6, -3 - k, 0), (0, 0, rng.uniform(20, 60))):
            shell = plastic(colour if k == 0 else vivid(rng), 0.25)
            slab(rectangle(2.0, 4.4, 0.6), 0.9, shell, 0.25)
            place(box((1.2, 1.5, 0.45), metal(roughness=0.18), 0.05), (0, 2.8, 0.22))
            for s in (-1, 1):
                place(box((0.25, 0.25, 0.02), plain(BLACK), 0), (s * 0.3, 3.1, 0.67))
            place(text("32 GB", 0.55, plain(WHITE)), (0, -0.4, 0.92), (0, 0, 90))
    return Shot(rng.uniform(-20, 10), rng.uniform(14, 24), 75, 0.86)


def backpack(rng: Random) -> Shot:
    """A laptop backpack standing up."""
    colour: Colour = rng.choice([rgb("#26282c"), rgb("#1f2f4d"), rgb("#4a4e54"), vivid(rng)])
    trim = rng.choice([BLACK, vivid(rng)])
    cloth, edge = fabric(colour, 0.35, depth=0.3), plain(trim, 0.6)

    def bag(w: float, d: float, h: float, at, top: float = 0.75) -> None:
        """A soft upright bag with an arched top."""

        def f(u: float, v: float):
            t = 2 * pi * u
            cx, cy = cos(t), sin(t)
            sq = (abs(cx) ** 4 + abs(cy) ** 4) ** -0.25
            rise = v if v < top else top + (1 - top) * sin((v - top) / (1 - top) * pi / 2)
            shrink = 1.0 if v < top else cos((v - top) / (1 - top) * pi / 2) ** 0.5
            puff = 1 + 0.05 * sin(pi * min(1, v / top)) - 0.12 * max(0, 0.08 - v) / 0.08
            x, y = w / 2 * cx * sq * puff * (0.35 + 0.65 * shrink), d / 2 * cy * sq * puff * shrink
            return (x, y, h * rise)

        obj = surface(f, 72, 48, cloth, closed=True, smooth=70)
        modifier(obj, "SUBSURF", levels=1, render_levels=1)
        place(obj, at)

    bag(30, 16, 44, (0, 0, 0))
    bag(24, 9, 20, (0, -9, 1.5), 0.6)
    bag(21, 6, 11, (0, -7.2, 24), 0.6)
    for w, z0, h, y in ((22.5, 4, 16.5, -13.4), (19.5, 25.5, 9, -9.9)):
        arc = [
            (-w / 2, y + 2.0, z0 + h * 0.2),
            (-w / 2 + 1.5, y + 0.6, z0 + h * 0.75),
            (-w / 4, y + 1, z0 + h * 0.93),
            (0, y + 1, z0 + h * 0.95),
            (w / 4, y + 1, z0 + h * 0.93),
            (w / 2 - 1.5, y + 0.6, z0 + h * 0.75),
            (w / 2, y + 2.0, z0 + h * 0.2),
        ]
        pipe(arc, 0.35, edge)
    arc = [
        (-15.2, -4, 8),
        (-15, -4, 30),
        (-11, -4.6, 39),
        (0, -4, 42.6),
        (11, -4.6, 39),
        (15, -4, 30),
        (15.2, -4, 8),
    ]
    pipe(arc, 0.45, edge)
    pipe([(-3.5, 2, 43), (-3.2, 2, 46.5), (0, 2, 47.6), (3.2, 2, 46.5), (3.5, 2, 43)], 0.8, edge)
    for s in (-1, 1):
        pipe(
            [(s * 7, 6, 41), (s * 12, 11, 36), (s * 15.5, 12, 24), (s * 14.5, 9, 10), (s * 13, 6, 3)],
            1.4,
            cloth,
        )
    place(text(rng.choice(BRANDS), 2.2, plain(WHITE)), (0, -14.1, 10), (90, 0, 0))
    return Shot(rng.uniform(15, 35) * rng.choice((-1, 1)), rng.uniform(8, 16), 75, 0.9)
