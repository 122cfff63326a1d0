"""Home Decor & Festive Needs: vases, painted pots, bowls and pictures."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.catalogue.geometry.shapes import (
    ball,
    box,
    lathe,
    leaf,
    moved,
    pipe,
    place,
    ring,
    rounded,
    surface,
    turned,
)
from training.catalogue.shading.materials import (
    BLACK,
    WHITE,
    ceramic,
    glass,
    gold,
    metal,
    plain,
    printed,
    vivid,
    wood,
)
from training.catalogue.shading.nodes import rgb
from training.catalogue.shading.patterns import palette
from training.catalogue.studio import Shot


def vase(rng: Random) -> Shot:
    """One or two vases; at times with stems of leaves."""
    colours = palette(rng)
    for k in range(rng.choice((1, 1, 2))):
        h = rng.uniform(24, 32) - 9 * k
        body, neck, lip = (
            rng.uniform(0.22, 0.34) * h,
            rng.uniform(0.07, 0.13) * h,
            rng.uniform(0.12, 0.19) * h,
        )
        skin = rng.choice(
            [
                printed(
                    rng.choice(("flowers", "damask", "blotches", "chevron", "bars")),
                    colours,
                    h * 0.15,
                    roughness=0.12,
                ),
                ceramic(colours[1 + k]),
                plain(colours[2], 0.7, ("grain", 0.4, 0.05)),
                glass(tuple(0.5 + 0.5 * c for c in colours[3])),
            ]
        )
        at = rng.uniform(0.3, 0.5)
        with moved((k * 17, -k * 5, 0)):
            turned(
                [
                    (0, 0),
                    (0.13 * h, 0),
                    (0.14 * h, 0.01 * h),
                    (body, at * h),
                    (neck, 0.8 * h),
                    (lip, h),
                    (lip * 0.96, h),
                    (neck * 0.85, 0.8 * h),
                    (neck * 0.8, 0.6 * h),
                ],
                skin,
            )
            if k == 0 and rng.random() < 0.45:
                green = plain(rgb("#4f7942"), 0.5)
                for _ in range(5):
                    a, lean = rng.uniform(0, 2 * pi), rng.uniform(0.25, 0.5)
                    top = h * rng.uniform(0.35, 0.6)
                    pts = [
                        (
                            top * lean * t * t * cos(a),
                            top * lean * t * t * sin(a),
                            h * 0.75 + (top + h * 0.25) * t,
                        )
                        for t in (0, 0.3, 0.6, 1)
                    ]
                    pipe(pts, 0.18, green)
                    for t in (1, 2, 3):
                        for turn in (0, 140):
                            with moved(pts[t], (0, 0, turn + rng.uniform(0, 60))):
                                leaf(h * 0.17, h * 0.07, 0.9, green)
    return Shot(rng.uniform(-10, 10), rng.uniform(6, 14), 75, 0.88)


def _panel(w: float, h: float, y: float, material) -> None:
    """An upright sheet of w x h cm, centred, facing the viewer."""
    surface(lambda u, v: ((u - 0.5) * w, y, (v - 0.5) * h), 1, 1, material, (w, h))


def framed_picture(rng: Random) -> Shot:
    """One to three framed prints, on the wall or leaning."""
    colours = palette(rng)
    frame = rng.choice([plain(BLACK, 0.35), wood(rgb("#5a3216"), rgb("#8a5a2c")), gold(0.3), plain(WHITE, 0.4)])
    n, kind = rng.choice((1, 1, 3)), rng.choice(("landscape", "blotches", "flowers", "mosaic", "landscape"))
    w, h = (30, 38) if n > 1 or rng.random() < 0.5 else (44, 32)
    for k in range(n):
        with moved(((k - (n - 1) / 2) * (w + 4), 0, h / 2), (-6, 0, 0)):
            mat, inner = rng.choice((0, 4)), 1.8
            for s in (-1, 1):
                place(box((w, 2.2, 2.4), frame, 0.3), (0, 0, s * (h / 2 - 1.2) - 1.2))
                place(box((2.4, 2.2, h), frame, 0.3), (s * (w / 2 - 1.2), 0, -h / 2))
            pw, ph = w - 2 * inner, h - 2 * inner
            _panel(pw, ph, 0.2, plain(WHITE, 0.7))
            aw, ah = pw - 2 * mat, ph - 2 * mat
            shades = [colours[0], *rng.sample(colours[1:], 4)]
            size = (aw, ah) if kind == "landscape" else rng.uniform(6, 10)
            _panel(aw, ah, 0.1, printed(kind, shades, size, roughness=0.3))
    return Shot(rng.uniform(10, 24) * rng.choice((-1, 1)), rng.uniform(4, 10), 75, 0.9)


def painted_pot(rng: Random) -> Shot:
    """A round pot with lid and finial, painted in bands and flowers, with gold lines."""
    colours = palette(rng)
    h, r = rng.uniform(15, 18), rng.uniform(9, 10.5)
    skin = printed("flowers", colours, rng.uniform(3.5, 4.6), roughness=0.16)
    trim = gold(0.25)
    turned(
        [
            (0, 0),
            (r * 0.5, 0),
            (r * 0.55, h * 0.06),
            (r, h * 0.42),
            (r * 0.86, h * 0.72),
            (r * 0.5, h * 0.88),
            (r * 0.5, h * 0.98),
        ],
        skin,
    )
    for z, k in ((0.2, 0.775), (0.63, 0.955), (0.9, 0.53)):
        place(
            lathe(
                rounded([(r * k - 0.2, -0.3), (r * k + 0.18, -0.3), (r * k + 0.18, 0.3), (r * k - 0.2, 0.3)], 0.1),
                trim,
            ),
            (0, 0, h * z),
        )
    with moved((0, 0, h * 0.97)):
        turned(
            [(r * 0.62, 0), (r * 0.6, 0.6), (r * 0.4, h * 0.1), (r * 0.14, h * 0.16), (r * 0.1, h * 0.18)],
            printed("chevron", colours, 2.4, roughness=0.16),
        )
        place(
            lathe(rounded([(r * 0.6, 0), (r * 0.66, 0), (r * 0.66, 0.6), (r * 0.6, 0.6)], 0.15), trim),
            (0, 0, 0),
        )
        turned(
            [
                (r * 0.08, h * 0.16),
                (r * 0.2, h * 0.2),
                (r * 0.18, h * 0.25),
                (r * 0.05, h * 0.3),
                (0.02, h * 0.36),
            ],
            trim,
            48,
        )
    for x, y, _ in ring(14, r * 0.985):
        place(ball(0.42, plain(vivid(rng), 0.1, Clearcoat=1.0)), (x, y, h * 0.42))
    return Shot(rng.uniform(-10, 10), rng.uniform(10, 18), 75, 0.86)


def decorative_bowl(rng: Random) -> Shot:
    """A footed bowl, filled with glazed balls or empty."""
    colours = palette(rng)
    r = rng.uniform(13, 16)
    skin = rng.choice(
        [
            printed(rng.choice(("mosaic", "blotches", "damask")), colours, r * 0.3, roughness=0.14),
            gold(0.25),
            wood(rgb("#5a3216"), rgb("#9a6a3a")),
            metal(roughness=0.15),
        ]
    )
    turned(
        [
            (0, 0),
            (r * 0.45, 0),
            (r * 0.42, 0.8),
            (r * 0.16, 2.6),
            (r * 0.2, 3.6),
            (r * 0.75, r * 0.42),
            (r, r * 0.68),
        ],
        skin,
    )
    turned([(r, r * 0.68), (r * 0.97, r * 0.69), (r * 0.72, r * 0.45), (r * 0.2, 4.4), (0, 4.2)], skin)
    if rng.random() < 0.6:
        for k in range(7):
            x, y, _ = next(iter(ring(1, r * 0.46, k * 60))) if k else (0, 0, 0)
            place(ball(r * 0.24, ceramic(colours[1 + k % 4])), (x, y, r * (0.62 if k else 0.8)))
    return Shot(rng.uniform(-10, 10), rng.uniform(16, 26), 75, 0.86)
