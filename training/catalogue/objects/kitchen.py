"""Kitchen & Dining."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.shapes import ball, lathe, moved, pipe, place, rounded, wrapped_text
from training.catalogue.shading.materials import (
    BLACK,
    WHITE,
    ceramic,
    glass,
    metal,
    plain,
    plastic,
    printed,
    vivid,
)
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot

PRINTS = ("flowers", "blotches", "mosaic", "dots", "chevron", "landscape")


def _knob(z: float, size: float, material) -> None:
    """A lid's knob standing at height z."""
    profile = [
        (0, 0),
        (size * 0.5, 0),
        (size * 0.4, size * 0.5),
        (size, size * 0.8),
        (size * 0.9, size * 1.3),
        (0, size * 1.4),
    ]
    place(lathe(rounded(profile, size * 0.3), material), (0, 0, z))


def _vessel(bottom: float, top: float, height: float, wall: float, outside, inside=None, belly: float = 0.0) -> None:
    """An open round vessel; radii, height and wall in cm, `belly` widens the middle."""
    mid = (bottom + top) / 2 + belly
    outer = rounded([(0, 0), (bottom, 0), (mid, height * 0.5), (top, height)], bottom * 0.35, 8)
    inner = rounded(
        [
            (top, height),
            (top - wall, height + wall * 0.2),
            (mid - wall, height * 0.5),
            (bottom - wall, wall),
            (0, wall),
        ],
        bottom * 0.3,
        8,
    )
    lathe(outer, outside)
    lathe(inner, inside or outside)


def mug(rng: Random) -> Shot:
    """A printed mug, at times with its twin seen from the other side."""
    colours = palette(rng)
    body = rng.choice([WHITE, WHITE, BLACK, colours[1]])
    inside = ceramic(rng.choice([body, colours[2], WHITE]))
    r, h = rng.uniform(3.9, 4.3), rng.uniform(9.2, 10)
    pattern = rng.choice(PRINTS)
    around = 2 * pi * r
    size = (9, 8) if pattern == "landscape" else rng.uniform(1.6, 2.6)
    v0 = r + 1.0
    panel = (around * 0.56, around * 0.94, v0, v0 + h - 2.2)
    surface = printed(pattern, colours, size, offset=(panel[0], panel[2], 0), panel=panel, ground=body, roughness=0.14)
    lathe(rounded([(0, 0), (r - 0.3, 0), (r, 0.5), (r, h)], 0.4), surface, 96)
    lathe(rounded([(r, h), (r - 0.15, h + 0.12), (r - 0.35, h), (r - 0.35, 0.6), (0, 0.5)], 0.3), inside, 96)
    side = rng.choice((-1, 1))
    handle = [
        (side * x, 0, z)
        for x, z in (
            (r - 0.2, h * 0.84),
            (r + 1.6, h * 0.82),
            (r + 2.7, h * 0.6),
            (r + 2.5, h * 0.36),
            (r + 1.2, h * 0.18),
            (r - 0.2, h * 0.16),
        )
    ]
    pipe(handle, 0.55, ceramic(body))
    return Shot(rng.uniform(-8, 8), rng.uniform(12, 20), rng.uniform(60, 80))


def _long_handle(r: float, z: float, length: float, material, steel) -> None:
    """A pan's handle along x."""
    pipe([(r - 0.3, 0, z - 1), (r + 2, 0, z), (r + 4, 0, z + 0.6)], 0.5, steel)
    with moved((r + 3, 0, z + 0.4)):
        grip = lathe(
            rounded(
                [
                    (0, 0),
                    (0.8, 0),
                    (1.0, 2),
                    (0.75, length * 0.4),
                    (1.15, length * 0.9),
                    (0.9, length),
                    (0, length),
                ],
                0.7,
            ),
            material,
        )
        place(grip, (0, 0, 0), (0, 82, 0))
        grip.scale = (0.7, 1.15, 1)


def frying_pan(rng: Random) -> Shot:
    """A shallow pan with a dark coating, its handle towards the viewer's side."""
    colour = vivid(rng)
    outside = plain(colour, 0.2, Clearcoat=0.6) if rng.random() < 0.7 else metal(roughness=0.25)
    r = rng.uniform(11, 13)
    _vessel(r * 0.78, r, rng.uniform(4, 5), 0.35, outside, plain(rgb("#202022"), 0.42, ("pile", 0.3, 0.02)))
    _long_handle(r, 4, rng.uniform(13, 15), plastic(BLACK), metal())
    return Shot(rng.uniform(42, 66), rng.uniform(36, 50), rng.uniform(55, 75))


def _loop_handles(r: float, z: float, material, width: float = 4.0, lift: float = 0.8) -> None:
    """Two ears on opposite sides along x."""
    for s in (-1, 1):
        pts = [
            (r - 0.4, -width * 0.9, z),
            (r + 1.6, -width * 0.75, z + lift),
            (r + 2.8, 0, z + lift * 1.3),
            (r + 1.6, width * 0.75, z + lift),
            (r - 0.4, width * 0.9, z),
        ]
        pipe([(s * x, y, h) for x, y, h in pts], 0.55, material)


def wok(rng: Random) -> Shot:
    """A kadhai: deep and round, two ears, often with a glass lid laid on it."""
    r, h = rng.uniform(12, 14), rng.uniform(6.5, 8)
    style = rng.choice(["copper", "enamel", "steel"])
    skin = {
        "copper": metal((0.85, 0.42, 0.25), 0.2),
        "enamel": plain(vivid(rng), 0.15, Clearcoat=0.8),
        "steel": metal(roughness=0.18),
    }[style]
    _vessel(
        r * 0.5,
        r,
        h,
        0.3,
        skin,
        plain(rgb("#1d1d1f"), 0.35) if style == "enamel" else metal(roughness=0.25),
        belly=r * 0.13,
    )
    _loop_handles(r, h * 0.85, metal((0.8, 0.55, 0.2), 0.25) if style == "copper" else plastic(BLACK), r * 0.28)
    if style == "enamel":
        _glass_lid(r, h)
    return Shot(rng.uniform(-20, 20), rng.uniform(18, 30), rng.uniform(60, 80))


def _glass_lid(r: float, z: float) -> None:
    """A domed glass lid with a steel rim and a knob."""
    with moved((0, 0, z + 0.2)):
        dome = [(r * cos(t), r * 0.22 * sin(t)) for t in (pi / 2 * i / 16 for i in range(17))]
        lathe([*dome, *((x * 0.985, y - 0.25) for x, y in reversed(dome))], glass((0.93, 0.96, 0.96)))
        lathe(
            rounded([(r - 0.5, -0.2), (r + 0.3, -0.2), (r + 0.3, 0.5), (r - 0.5, 0.5), (r - 0.5, -0.2)], 0.2),
            metal(roughness=0.15),
        )
        _knob(r * 0.22, 1.7, plastic(BLACK, 0.2))


def lidded_pot(rng: Random) -> Shot:
    """A stock pot with lid and ears, of steel or enamel."""
    r, h = rng.uniform(9, 11), rng.uniform(9, 12)
    enamel = rng.random() < 0.6
    skin = plain(vivid(rng), 0.14, Clearcoat=0.8) if enamel else metal(roughness=0.16)
    _vessel(r * 0.96, r, h, 0.4, skin)
    _loop_handles(r, h * 0.78, skin if enamel else metal(roughness=0.12), r * 0.36)
    if rng.random() < 0.5:
        _glass_lid(r, h)
    else:
        lathe(
            rounded(
                [(r + 0.35, h), (r + 0.35, h + 0.7), (r * 0.8, h + 1.8), (r * 0.3, h + 2.8), (0, h + 2.9)],
                1.2,
            ),
            skin,
        )
        _knob(h + 2.7, 1.7, metal(roughness=0.15) if enamel else plastic(BLACK, 0.2))
    return Shot(rng.uniform(-25, 25), rng.uniform(14, 24), rng.uniform(60, 80))


def mixing_bowls(rng: Random) -> Shot:
    """Two or three bowls of falling size."""
    colours = palette(rng)
    steel = rng.random() < 0.35
    for k in range(rng.choice((1, 2, 3))):
        r = 9 - 1.9 * k
        skin = (
            metal(roughness=0.18)
            if steel
            else printed(rng.choice(("bars", "flowers", "dots", "chevron")), colours, 2.6, roughness=0.15)
        )
        with moved(((0, 0, 0), (12, -9, 0), (-6, -13, 0))[k]):
            lathe(
                rounded([(0, 0), (r * 0.42, 0), (r * 0.42, 0.7), (r * 0.85, r * 0.3), (r, r * 0.78)], r * 0.25),
                skin,
            )
            lathe(
                rounded(
                    [(r, r * 0.78), (r - 0.35, r * 0.8), (r * 0.8, r * 0.3), (r * 0.4, 1.1), (0, 1.0)],
                    r * 0.22,
                ),
                skin if steel else ceramic(colours[k + 1]),
            )
    return Shot(rng.uniform(-15, 15), rng.uniform(28, 38), rng.uniform(60, 80))


def casserole(rng: Random) -> Shot:
    """An insulated serving casserole with its lid and a printed band; at times a set."""
    colours = palette(rng)
    for k in range(rng.choice((1, 1, 3))):
        r, h = 9.5 - 1.9 * k, 8.5 - 1.5 * k
        with moved(((0, 0, 0), (13, -11, 0), (-5, -16, 0))[k]):
            skin = printed("flowers", colours, 2.8, panel=(-1, 99, r + 1.2, r + h * 0.75), ground=WHITE, roughness=0.2)
            lathe(rounded([(0, 0), (r * 0.85, 0), (r, 1.5), (r, h)], 1.2), skin)
            lid = plastic(colours[1], 0.18)
            lathe(
                rounded(
                    [
                        (r + 0.3, h - 0.5),
                        (r + 0.4, h + 1),
                        (r * 0.85, h + 2.6),
                        (r * 0.4, h + 3.2),
                        (0, h + 3.2),
                    ],
                    1.2,
                ),
                lid,
            )
            lathe(rounded([(r + 0.32, h - 0.6), (r + 0.32, h - 0.1)], 0.1), metal())
            _knob(h + 3.1, 1.6, plastic(colours[2], 0.2))
            for s in (-1, 1):
                place(ball((1.8, 2.6, 0.6), lid), (s * (r + 0.8), 0, h * 0.8))
    return Shot(rng.uniform(-12, 12), rng.uniform(14, 22), rng.uniform(60, 80))


def dinner_plates(rng: Random) -> Shot:
    """A decorated plate standing on edge behind a stack of two or three."""
    colours = palette(rng)
    body = rng.choice([WHITE, colours[0], colours[1]])
    rim = printed(
        rng.choice(("chevron", "flowers", "dots", "bars")),
        colours,
        rng.uniform(1.2, 2.2),
        panel=(-1, 99, 8.8, 13.4),
        ground=body,
        roughness=0.14,
    )

    def face(r: float) -> None:
        lathe(rounded([(0, 0.55), (r * 0.62, 0.55), (r * 0.72, 1.5), (r, 2.3)], 1.0), rim, 96)
        lathe(rounded([(0, 0), (r * 0.6, 0), (r * 0.72, 1.1), (r, 2.1), (r, 2.3)], 1.0), ceramic(body), 96)

    with moved((-3, 6, 13), (78, 0, 8)):
        face(13)
    for k in range(rng.choice((1, 2, 3))):
        with moved((5, -8, k * 1.1)):
            face(9.5)
    return Shot(rng.uniform(-12, 12), rng.uniform(16, 26), rng.uniform(60, 80))


def water_bottle(rng: Random) -> Shot:
    """A printed or steel drinking bottle, alone or in a pair."""
    colours = palette(rng)
    count = rng.choice((1, 2))
    kind = rng.choice(("steel", "print", "print", "tinted"))
    for k in range(count):
        r, h = 3.5, rng.uniform(19, 21)
        skin = {
            "steel": metal(roughness=0.24, brushed=True),
            "print": printed(rng.choice(PRINTS[:5]), colours, 3.0, panel=(-1, 99, 5, 18), ground=WHITE, roughness=0.2),
            "tinted": glass(tuple(0.35 + 0.65 * c for c in colours[k + 1]), 0.05),
        }[kind]
        with moved((k * 8.5, k * 1.5, 0)):
            lathe(rounded([(0, 0), (r, 0), (r, h * 0.78), (r * 0.55, h * 0.92), (r * 0.55, h)], 1.4), skin)
            cap = plastic(rng.choice([BLACK, colours[1]]), 0.25)
            lathe(rounded([(r * 0.62, h * 0.96), (r * 0.62, h * 1.12), (0, h * 1.12)], 0.3), cap)
            pipe(
                [
                    (-1.5, 0, h * 1.1),
                    (-1.4, 0, h * 1.2),
                    (0, 0, h * 1.25),
                    (1.4, 0, h * 1.2),
                    (1.5, 0, h * 1.1),
                ],
                0.4,
                cap,
            )
            if kind == "steel":
                wrapped_text(
                    rng.choice(("ALPENA", "NORDWEG", "FRESCO")),
                    1.6,
                    r + 0.01,
                    h * 0.4,
                    plastic(colours[2]),
                    upright=True,
                )
    return Shot(rng.uniform(-10, 10), rng.uniform(6, 14), rng.uniform(65, 85))
