"""Procedural prints: each takes coordinates in centimetres and a palette, and returns a colour socket.

A pattern is written for a repeat of one unit; the caller divides the coordinates by the size it wants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from training.catalogue.shading.nodes import Colour, Nodes, rgb

PALETTES = [
    ["#f4f1de", "#e07a5f", "#3d405b", "#81b29a", "#f2cc8f"],
    ["#fdf6ec", "#264653", "#2a9d8f", "#e9c46a", "#e76f51"],
    ["#ffffff", "#1d3557", "#457b9d", "#a8dadc", "#e63946"],
    ["#fff1e6", "#d81159", "#8f2d56", "#218380", "#fbb13c"],
    ["#f7f4ea", "#5f0f40", "#9a031e", "#fb8b24", "#0f4c5c"],
    ["#eef4ed", "#134074", "#0b2545", "#8da9c4", "#5fa8d3"],
    ["#fff8f0", "#6a4c93", "#1982c4", "#8ac926", "#ffca3a"],
    ["#fbf3e4", "#7f5539", "#b08968", "#606c38", "#bc6c25"],
    ["#fdf0f5", "#c2185b", "#f48fb1", "#880e4f", "#7cb342"],
    ["#f5f5f5", "#222222", "#777777", "#c1121f", "#bbbbbb"],
]


def palette(rng: Random) -> list[Colour]:
    """A pale ground and four inks that go together; the inks in random order."""
    ground, *inks = rng.choice(PALETTES)
    rng.shuffle(inks)
    return [rgb(ground), *map(rgb, inks)]


def _fract(n: Nodes, value):
    return n.math("FRACT", value)


def stripes(n: Nodes, co, c: Sequence[Colour]):
    """Upright stripes of uneven width."""
    x, _, _ = n.split(co)
    stops = [(0, c[0]), (0.3, c[1]), (0.42, c[0]), (0.5, c[2]), (0.72, c[0]), (0.8, c[3]), (0.86, c[0])]
    return n.ramp(_fract(n, x), stops, step=True)


def bars(n: Nodes, co, c: Sequence[Colour]):
    """Plain stripes lying across, two colours."""
    _, y, _ = n.split(co)
    return n.ramp(_fract(n, y), [(0, c[1]), (0.5, c[0])], step=True)


def checks(n: Nodes, co, c: Sequence[Colour]):
    """Gingham with a thin overcheck."""
    x, y, _ = n.split(co)
    sides = [n.ramp(_fract(n, s), [(0, (0, 0, 0)), (0.5, (1, 1, 1))], step=True) for s in (x, y)]
    both = n.mix(0.5, *sides)
    lines = [n.math("LESS_THAN", _fract(n, n.math("ADD", s, 0.23)), 0.07) for s in (x, y)]
    gingham = n.ramp(both, [(0, c[0]), (0.3, n_mid(c[0], c[1])), (0.7, c[1])], step=True)
    return n.mix(n.math("MAXIMUM", *lines), gingham, c[2])


def n_mid(a: Colour, b: Colour) -> Colour:
    """The colour half way between two."""
    return tuple((p + q) / 2 for p, q in zip(a, b, strict=True))


def _cells(n: Nodes, co):
    """Coordinates -0.5..0.5 within staggered unit cells, and a random number a cell."""
    x, y, _ = n.split(co)
    row = n.math("FLOOR", y)
    x = n.math("ADD", x, n.math("MULTIPLY", row, 0.5))
    u, v = (n.math("SUBTRACT", _fract(n, s), 0.5) for s in (x, y))
    chance = n.add("TexWhiteNoise", {"Vector": n.join(n.math("FLOOR", x), row)}, noise_dimensions="2D")
    return u, v, chance.outputs["Value"]


def _length(n: Nodes, u, v):
    return n.math("SQRT", n.math("ADD", n.math("MULTIPLY", u, u), n.math("MULTIPLY", v, v)))


def dots(n: Nodes, co, c: Sequence[Colour]):
    """Polka dots in three inks."""
    u, v, chance = _cells(n, co)
    return n.mix(n.math("LESS_THAN", _length(n, u, v), 0.26), c[0], n.bands(chance, c[1:4]))


def flowers(n: Nodes, co, c: Sequence[Colour]):
    """Strewn five-petalled flowers with leaves between them."""
    u, v, chance = _cells(n, co)
    turn = n.math("ADD", n.math("ARCTAN2", v, u), n.math("MULTIPLY", chance, 6.3))
    petals = n.math("MULTIPLY_ADD", n.math("ABSOLUTE", n.math("COSINE", n.math("MULTIPLY", turn, 2.5))), 0.22, 0.16)
    r = _length(n, u, v)
    leaf = n.math("MULTIPLY_ADD", n.math("ABSOLUTE", n.math("SINE", n.math("MULTIPLY", turn, 1.5))), -0.5, 0.56)
    base = n.mix(n.math("LESS_THAN", r, n.math("MULTIPLY", leaf, 0.9)), c[0], c[4])
    flower = n.mix(n.math("LESS_THAN", r, petals), base, n.bands(chance, c[1:4]))
    return n.mix(n.math("LESS_THAN", r, 0.09), flower, rgb("#ffd54a"))


def blotches(n: Nodes, co, c: Sequence[Colour]):
    """Abstract paint: flat bands of warped noise."""
    tone = n.noise(co, 0.9, 2.0, 1.2)
    stops = [(0, c[0]), (0.38, c[1]), (0.46, c[2]), (0.53, c[0]), (0.58, c[3]), (0.66, c[4])]
    return n.ramp(tone, stops, step=True)


def mosaic(n: Nodes, co, c: Sequence[Colour]):
    """Stained glass: Voronoi cells with pale joints."""
    cell = n.add("TexVoronoi", {"Vector": co, "Scale": 1.6})
    edge = n.add("TexVoronoi", {"Vector": co, "Scale": 1.6}, feature="DISTANCE_TO_EDGE").outputs[0]
    shade = n.bands(n.split(cell.outputs["Color"])[0], c[1:])
    return n.mix(n.math("LESS_THAN", edge, 0.05), shade, c[0])


def chevron(n: Nodes, co, c: Sequence[Colour]):
    """Zigzag bands."""
    x, y, _ = n.split(co)
    return n.bands(_fract(n, n.math("ADD", n.math("PINGPONG", x, 0.5), y)), [c[0], c[1], c[0], c[2]])


def diamonds(n: Nodes, co, c: Sequence[Colour]):
    """Concentric lozenges."""
    x, y, _ = n.split(co)
    far = n.math("ADD", n.math("PINGPONG", x, 0.5), n.math("PINGPONG", y, 0.5))
    return n.bands(far, [c[1], c[0], c[2], c[3], c[0], c[1]])


def damask(n: Nodes, co, c: Sequence[Colour]):
    """Mirrored scrolls, tone on tone."""
    x, y, _ = n.split(co)
    folded = n.join(n.math("PINGPONG", x, 0.5), n.math("PINGPONG", y, 0.5))
    return n.ramp(n.noise(folded, 5.5, 1.0, 1.5), [(0, c[1]), (0.47, c[0]), (0.52, c[1]), (0.6, c[2])], step=True)


def landscape(n: Nodes, co, c: Sequence[Colour]):
    """Hills under a low sun, on coordinates 0..1."""
    x, y, _ = n.split(co)
    picture = n.ramp(y, [(0.3, n_mid(c[0], c[3])), (0.9, c[2])])
    sun = _length(n, n.math("SUBTRACT", x, 0.68), n.math("SUBTRACT", y, 0.66))
    picture = n.mix(n.math("LESS_THAN", sun, 0.1), picture, rgb("#fff3c4"))
    for height, colour in ((0.3, c[3]), (0.16, c[4]), (0.02, c[1])):
        hill = n.noise(n.join(n.math("ADD", x, height * 40), height * 9), 4.0, 3.0)
        ridge = n.math("MULTIPLY_ADD", hill, 0.5, height)
        picture = n.mix(n.math("LESS_THAN", y, ridge), picture, colour)
    return picture


def medallion(n: Nodes, co, c: Sequence[Colour]):
    """A carpet on coordinates -1..1: centre, mirrored scrolls and borders."""
    x, y, _ = n.split(co)
    ax, ay = n.math("ABSOLUTE", x), n.math("ABSOLUTE", y)
    folded = n.join(ax, ay)
    scroll = n.ramp(
        n.noise(folded, 9, 1, 1.5),
        [(0, c[1]), (0.44, c[2]), (0.5, c[0]), (0.54, c[1]), (0.62, c[3])],
        step=True,
    )
    centre = n.math("ADD", _length(n, ax, ay), n.math("MULTIPLY", n.math("SINE", n.math("MULTIPLY", ax, 26)), 0.04))
    rings = n.ramp(centre, [(0, c[3]), (0.12, c[0]), (0.16, c[4]), (0.36, c[0]), (0.39, c[2]), (0.5, c[0])], step=True)
    field = n.mix(n.math("GREATER_THAN", centre, 0.53), rings, scroll)
    edge = n.math("MAXIMUM", ax, ay)
    border = n.ramp(n.noise(folded, 16, 1, 1), [(0, c[2]), (0.45, c[0]), (0.52, c[2]), (0.6, c[4])], step=True)
    field = n.mix(n.math("GREATER_THAN", edge, 0.72), field, c[0])
    field = n.mix(n.math("GREATER_THAN", edge, 0.74), field, border)
    field = n.mix(n.math("GREATER_THAN", edge, 0.92), field, c[0])
    return n.mix(n.math("GREATER_THAN", edge, 0.94), field, c[1])


PATTERNS: dict[str, Callable] = {
    f.__name__: f
    for f in (
        stripes,
        bars,
        checks,
        dots,
        flowers,
        blotches,
        mosaic,
        chevron,
        diamonds,
        damask,
        landscape,
        medallion,
    )
}
