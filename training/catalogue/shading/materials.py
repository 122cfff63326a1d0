"""Surfaces: every material is a Principled BSDF with, at most, a print and a bump."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import bpy

from training.catalogue.shading.nodes import Colour, Nodes, rgb
from training.catalogue.shading.patterns import PATTERNS

Material = bpy.types.Material
BLACK, WHITE, IVORY = rgb("#17181a"), rgb("#e4e4e2"), rgb("#e6dcc6")


def _coordinates(n: Nodes, source: str, size: Sequence[float] | float, offset: Sequence[float]):
    """Texture coordinates ('UV' or 'Object', in cm) in units of the pattern's size."""
    size = (size, size, size) if isinstance(size, (int, float)) else (*size, 1.0)[:3]
    co = n.add("TexCoord").outputs[source]
    shifted = n.add("VectorMath", {0: co, 1: tuple(offset)}, operation="SUBTRACT").outputs[0]
    return n.add("VectorMath", {0: shifted, 1: tuple(size)}, operation="DIVIDE").outputs[0]


def _bump(n: Nodes, kind: str, size: float, depth: float):
    """A normal for 'grain' (leather), 'weave', 'pile' (towel), 'brushed' or 'crease' of `size` cm."""
    co = n.add("TexCoord").outputs["Object"]
    if kind == "weave":
        waves = [n.add("TexWave", {"Vector": co, "Scale": 0.31 / size}, bands_direction=d) for d in ("X", "Y")]
        height = n.math("MAXIMUM", waves[0].outputs[1], waves[1].outputs[1])
    elif kind == "grain":
        height = n.add("TexVoronoi", {"Vector": co, "Scale": 1 / size}).outputs[0]
    elif kind == "brushed":
        x, y, z = n.split(co)
        height = n.noise(n.join(n.math("MULTIPLY", x, 0.03), y, z), 1 / size, 2)
    else:
        height = n.noise(co, 1 / size, 5 if kind == "pile" else 2, 0.0 if kind == "pile" else 0.6)
    return n.add("Bump", {"Height": height, "Strength": 1.0, "Distance": depth}).outputs[0]


def plain(
    colour: Colour, roughness: float = 0.4, bump: tuple[str, float, float] | None = None, **inputs: float
) -> Material:
    """One colour. `bump` is (kind, size in cm, depth in cm); `inputs` are Principled inputs by name, with
    underscores for spaces.
    """
    return _finish(lambda n: colour, roughness, bump, inputs)


def printed(
    pattern: str,
    colours: Sequence[Colour],
    size: Sequence[float] | float,
    source: str = "UV",
    offset: Sequence[float] = (0.0, 0.0, 0.0),
    panel: tuple[float, float, float, float] | None = None,
    ground: Colour = WHITE,
    roughness: float = 0.4,
    bump: tuple[str, float, float] | None = None,
    **inputs: float,
) -> Material:
    """A pattern with a repeat of `size` cm. With `panel` (x0, x1, y0, y1 in cm) it stays inside that
    rectangle, on the ground colour.
    """

    def paint(n: Nodes):
        colour = PATTERNS[pattern](n, _coordinates(n, source, size, offset), colours)
        if panel is None:
            return colour
        x, y, _ = n.split(n.add("TexCoord").outputs[source])
        x0, x1, y0, y1 = panel
        inside = [n.math("GREATER_THAN", x, x0), n.math("LESS_THAN", x, x1)]
        inside += [n.math("GREATER_THAN", y, y0), n.math("LESS_THAN", y, y1)]
        mask = inside[0]
        for test in inside[1:]:
            mask = n.math("MULTIPLY", mask, test)
        return n.mix(mask, ground, colour)

    return _finish(paint, roughness, bump, inputs)


def wood(dark: Colour, light: Colour, size: float = 6.0, roughness: float = 0.35) -> Material:
    """Long-grained wood along x; `size` is the width of the grain's figure in cm."""

    def paint(n: Nodes):
        x, y, z = n.split(n.add("TexCoord").outputs["Object"])
        co = n.join(n.math("MULTIPLY", x, 0.12), y, z)
        figure = n.noise(co, 6 / size, 6, 1.5)
        return n.ramp(figure, [(0.3, dark), (0.5, light), (0.56, dark), (0.7, light)])

    return _finish(paint, roughness, None, {})


def _finish(paint, roughness: float, bump, inputs: dict[str, float]) -> Material:
    material = bpy.data.materials.new("surface")
    n = Nodes(material)
    bsdf = n.add("BsdfPrincipled", {"Base Color": paint(n), "Roughness": roughness})
    for name, value in inputs.items():
        n.feed(bsdf.inputs[name.replace("_", " ")], value)
    if bump:
        n.feed(bsdf.inputs["Normal"], _bump(n, *bump))
    n.add("OutputMaterial", {"Surface": bsdf.outputs[0]})
    return material


def ceramic(colour: Colour) -> Material:
    """Glazed and shining."""
    return plain(colour, 0.12, Specular=0.55)


def plastic(colour: Colour, roughness: float = 0.32) -> Material:
    """Injection-moulded, with a fine texture in the shine only."""
    return plain(colour, roughness)


def metal(colour: Colour = (0.58, 0.59, 0.61), roughness: float = 0.2, brushed: bool = False) -> Material:
    """Steel unless coloured otherwise."""
    return plain(colour, roughness, ("brushed", 0.05, 0.004) if brushed else None, Metallic=1.0)


def gold(roughness: float = 0.2) -> Material:
    """Yellow metal."""
    return metal((0.86, 0.58, 0.22), roughness)


def glass(colour: Colour = (0.97, 0.99, 0.99), roughness: float = 0.0, ior: float = 1.45) -> Material:
    """Clear, or tinted by its colour."""
    return plain(colour, roughness, Transmission=1.0, IOR=ior)


def clear(colour: Colour = (0.8, 0.88, 0.92), cover: float = 0.25) -> Material:
    """Thin clear plastic that lets light onto what it holds; `cover` is how much of its own colour shows."""
    return plain(colour, 0.08, Alpha=cover, Specular=0.8)


def leather(colour: Colour, size: float = 0.12) -> Material:
    """Grained hide; `size` is one grain in cm."""
    return plain(colour, 0.45, ("grain", size, size * 0.25), Specular=0.4)


def fabric(colour: Colour, size: float = 0.25, kind: str = "weave", depth: float = 0.25) -> Material:
    """Matt cloth of one colour; `size` is the thread in cm, `depth` the relief in threads."""
    return plain(colour, 0.9, (kind, size, size * depth), Specular=0.15, Sheen=0.4)


def print_cloth(
    pattern: str,
    colours: Sequence[Colour],
    size: Sequence[float] | float,
    source: str = "UV",
    thread: float = 0.25,
    **options,
) -> Material:
    """Matt printed cloth; sizes in cm."""
    bump = ("weave", thread, thread * 0.2)
    colours = [tuple(0.7 * c for c in colour) for colour in colours]  # paper white would vanish on the white table
    return printed(pattern, colours, size, source, roughness=0.9, bump=bump, Specular=0.15, Sheen=0.3, **options)


def vivid(rng: Random) -> Colour:
    """A strong catalogue colour."""
    inks = "#c1121f #1d4ed8 #0f766e #e85d04 #7b2cbf #d81159 #0b7a3b #f4a900 #1b263b #00838f #ad1457 #558b2f"
    return rgb(rng.choice(inks.split()))


def pastel(rng: Random) -> Colour:
    """A soft nursery colour."""
    inks = "#f9c6d0 #bfe3f2 #fbe7a1 #c9e4c5 #dcd0f0 #ffd8b8 #f7f3e8 #a9d6e5"
    return rgb(rng.choice(inks.split()))
