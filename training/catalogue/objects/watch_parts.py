"""The parts of a watch: case, dial, hands, straps and links. Lengths in centimetres."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import bpy

from training.catalogue.geometry.shapes import (
    bevel,
    box,
    lathe,
    moved,
    pipe,
    place,
    rectangle,
    ribbon,
    ring,
    rounded,
    slab,
    smoothed,
    text,
)
from training.catalogue.shading.materials import BLACK, WHITE, metal, plain, vivid
from training.catalogue.shading.nodes import Colour


@dataclass
class Case:
    """A case of half-width r cm and its finish."""

    r: float
    material: bpy.types.Material
    dial: Colour
    ink: bpy.types.Material
    brand: str
    numerals: str = "bars"  # bars, digits, dots or roman
    square: bool = False
    subdials: bool = False
    bezel: bpy.types.Material | None = None


def hand(length: float, width: float, angle: float, z: float, material) -> None:
    """A hand of the watch; angle in degrees clockwise from twelve."""
    shape = [
        (-width / 2, -length * 0.18),
        (width / 2, -length * 0.18),
        (width * 0.6, length * 0.55),
        (0.01, length),
        (-0.01, length),
        (-width * 0.6, length * 0.55),
    ]
    place(slab(shape, 0.03, material, 0), (0, 0, z), (0, 0, -angle))


def face(c: Case, rng: Random, z: float) -> None:
    """Indices, numerals, brand, date and hands on the dial at height z."""
    reach = c.r * (0.78 if not c.square else 0.74)
    for k, (x, y, angle) in enumerate(ring(12, 1.0)):
        # On a square dial the indices follow the square.
        far = reach / max(abs(x), abs(y)) if c.square else reach
        far = min(far, reach * 1.16)
        x, y = x * far, y * far
        if c.numerals == "digits" or (c.numerals == "mixed" and k % 3 == 0):
            place(text(str(k or 12), c.r * 0.2, c.ink, 0.006), (x, y, z + 0.02))
        elif c.numerals == "roman":
            place(
                text(
                    ["XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI"][k],
                    c.r * 0.17,
                    c.ink,
                    0.004,
                ),
                (x, y, z + 0.02),
                (0, 0, angle - 90),
            )
        elif c.numerals == "dots":
            place(lathe([(c.r * 0.055, 0), (c.r * 0.05, 0.05), (0, 0.05)], c.ink, 16), (x, y, z))
        else:
            long = c.r * (0.2 if k % 3 == 0 else 0.13)
            place(
                box((long, c.r * (0.075 if k % 3 == 0 else 0.045), 0.05), c.ink, 0.01),
                (x, y, z),
                (0, 0, angle),
            )
    if not c.square:
        for _, (x, y, angle) in enumerate(ring(60, c.r * 0.905)):
            place(box((c.r * 0.045, 0.012, 0.012), c.ink, 0), (x, y, z), (0, 0, angle))
    if c.subdials:
        for x, y in ((-0.4, 0), (0.4, 0), (0, -0.42)):
            rim = [(c.r * 0.23, 0), (c.r * 0.23, 0.025), (c.r * 0.2, 0.025), (c.r * 0.2, 0)]
            place(lathe(rim, c.ink, 40), (x * c.r, y * c.r, z))
            with moved((x * c.r, y * c.r, 0), scale=1):
                hand(c.r * 0.16, 0.03, rng.uniform(0, 360), z + 0.02, c.ink)
    else:
        place(box((c.r * 0.2, c.r * 0.15, 0.03), plain(WHITE), 0.01), (c.r * 0.5, 0, z))
        place(text(str(rng.randint(10, 28)), c.r * 0.1, plain(BLACK)), (c.r * 0.5, 0, z + 0.04))
    place(text(c.brand, c.r * 0.105, c.ink, 0.002), (0, c.r * 0.36, z + 0.02))
    place(text("QUARTZ", c.r * 0.05, c.ink), (0, c.r * (-0.36 if not c.subdials else 0.24), z + 0.02))
    hand(c.r * 0.5, c.r * 0.085, 305, z + 0.06, c.ink)
    hand(c.r * 0.76, c.r * 0.065, 54, z + 0.1, c.ink)
    hand(c.r * 0.8, c.r * 0.022, rng.uniform(150, 250), z + 0.14, plain(vivid(rng)))
    place(lathe(rounded([(c.r * 0.06, 0), (c.r * 0.06, 0.2), (0, 0.2)], 0.03), c.material, 24), (0, 0, z))


def case(c: Case, rng: Random, z: float = 0.0) -> None:
    """The whole watch head, its back at height z."""
    h = 0.85
    finish = plain(c.dial, 0.3, Metallic=0.35)
    with moved((0, 0, z)):
        if c.square:
            w = c.r * 2
            bevel(slab(rectangle(w * 1.12, w * 1.12, c.r * 0.3), h * 0.85, c.material, 0.14), 0.1)
            place(slab(rectangle(w * 0.94, w * 0.94, c.r * 0.2), 0.02, finish, 0), (0, 0, h * 0.86))
            frame = rectangle(w * 0.97, w * 0.97, c.r * 0.22)
            pipe([(p.x, p.y, h * 0.86) for p in frame[::2]], 0.07, c.bezel or c.material, closed=True)
            dial = h * 0.88
        else:
            body = [
                (0, 0),
                (c.r * 0.95, 0),
                (c.r * 1.1, h * 0.25),
                (c.r * 1.12, h * 0.7),
                (c.r * 1.06, h * 0.85),
            ]
            lathe(rounded(body, 0.15), c.material, 96)
            rim = [
                (c.r * 1.1, h * 0.78),
                (c.r * 1.08, h * 1.02),
                (c.r * 1.0, h * 1.12),
                (c.r * 0.96, h * 1.05),
                (c.r * 0.95, h * 0.85),
            ]
            lathe(rounded(rim, 0.08), c.bezel or c.material, 96)
            place(lathe([(c.r * 0.96, 0), (0, 0)], finish, 96), (0, 0, h * 0.88))
            dial = h * 0.885
        face(c, rng, dial)
        crown = place(
            lathe(rounded([(0, 0), (0.28, 0), (0.28, 0.4), (0, 0.42)], 0.06), c.material, 20),
            (c.r * 1.08, 0, h * 0.5),
            (0, 90, 0),
        )
        _mill(crown)


def _mill(crown: bpy.types.Object) -> None:
    """Mill the crown's edge by moving every second column of points."""
    for i, vertex in enumerate(crown.data.vertices):
        if i % 2:
            vertex.co.x *= 0.88
            vertex.co.y *= 0.88


def lugs(c: Case, width: float) -> None:
    """Four horns between case and strap."""
    for sx in (-1, 1):
        for sy in (-1, 1):
            lug = box((0.34, c.r * 0.7, 0.45), c.material, 0.12)
            place(lug, (sx * (width / 2 + 0.14), sy * c.r * 1.1, 0.22), (-sy * 10, 0, 0))


def flat_strap(
    c: Case, rng: Random, width: float, length: float, material, stitched: Colour | None, holes: bool = True
) -> None:
    """Both halves of a strap laid out along y, with buckle, keeper, stitching and holes."""
    for s in (-1, 1):
        start, end = c.r * 1.02, c.r * 1.02 + length
        path = smoothed([(start, 0.55), (start + 0.5, 0.42), (start + 1.4, 0.16), (end, 0.14)], 8)
        with moved((0, 0, 0.12), (0, 0, 90 * s)):
            ribbon(path, width, 0.26, material)
            if stitched:
                for side in (-1, 1):
                    for k in range(int(length / 0.42) - 1):
                        x = start + 1.2 + k * 0.42
                        if x < end - 0.2:
                            pipe(
                                [
                                    (x, side * (width / 2 - 0.17), 0.28),
                                    (x + 0.24, side * (width / 2 - 0.17), 0.28),
                                ],
                                0.028,
                                plain(stitched, 0.8),
                            )
            if s < 0 and holes:
                for k in range(6):
                    place(
                        lathe([(0.1, 0), (0, 0.002)], plain((0.01, 0.01, 0.01)), 16),
                        (end - 0.8 - k * 0.6, 0, 0.285),
                    )
            if s > 0:
                w = width / 2 + 0.18
                frame = [
                    (end - 0.05, -w, 0.2),
                    (end + 0.75, -w, 0.25),
                    (end + 0.75, w, 0.25),
                    (end - 0.05, w, 0.2),
                ]
                pipe(rounded(frame, 0.3, 4, closed=True), 0.09, c.material, closed=True)
                pipe([(end - 0.05, 0, 0.3), (end + 0.78, 0, 0.36)], 0.06, c.material)
                place(ribbon([(0, 0), (0.35, 0)], width + 0.16, 0.12, material), (end - 1.2, 0, 0.3))


def steel_links(c: Case, width: float, length: float, style: str) -> None:
    """A bracelet of links laid out along y."""
    second = metal((0.86, 0.6, 0.26), 0.22) if style == "two-tone" else c.material
    for s in (-1, 1):
        y, w = c.r * 1.06, width
        while y < c.r * 1.06 + length:
            z = 0.34 if y < c.r * 1.06 + 0.6 else 0.14
            for x, share, m in ((-0.34, 0.3, c.material), (0, 0.36, second), (0.34, 0.3, c.material)):
                place(box((w * share, 0.42, 0.3), m, 0.08), (x * w, s * (y + (0.22 if x == 0 else 0)), z))
            y += 0.46
            w = max(width * 0.82, w * 0.99)
