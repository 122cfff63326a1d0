"""Cloth: sheets that hang, lie, fold, roll and swell. Lengths in centimetres."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from random import Random

import bpy

from training.catalogue.geometry.shapes import Object, Point, modifier, pipe, ribbon, slab, smoothed, surface

Material = bpy.types.Material


def crumple(obj: Object, depth: float, size: float) -> Object:
    """Push the surface in and out by up to `depth` along its normals, in creases of about `size`."""
    texture = bpy.data.textures.new("crease", "CLOUDS")
    texture.noise_scale, texture.noise_depth = size, 2
    return modifier(obj, "DISPLACE", texture=texture, strength=depth * 2, mid_level=0.5, texture_coords="LOCAL")


def soften(obj: Object, levels: int = 1) -> Object:
    """Subdivide for a smooth outline."""
    return modifier(obj, "SUBSURF", levels=levels, render_levels=levels)


def garment(half: Sequence[Point], material: Material, thick: float = 1.2, wrinkle: float = 0.35) -> Object:
    """A flat-laid garment from the right half of its outline (lowest point on the axis first), filled out
    and wrinkled.
    """
    outline = [*half, *((-x, y) for x, y in reversed(half) if abs(x) > 1e-6)]
    obj = slab([(p[0], p[1]) for p in outline], thick, material, 0)
    width = max(p[0] for p in half) * 2
    modifier(obj, "REMESH", mode="VOXEL", voxel_size=width / 110, use_smooth_shade=True)
    modifier(obj, "SMOOTH", factor=0.5, iterations=6)
    crumple(obj, wrinkle * 1.6, width / 5)
    return crumple(obj, wrinkle * 0.5, width / 14)


def curved(half: Sequence[Point], steps: int = 6) -> list[Point]:
    """The half outline as a smooth curve; repeat a point to keep a corner there."""
    return [(max(0.0, p.x), p.y) for p in smoothed(half, steps)]


def cushion(w: float, h: float, thick: float, material: Material) -> Object:
    """A filled square cushion lying in the xy plane, its corners drawn out."""

    def f(side: int):
        def at(u: float, v: float) -> Point:
            a, b = 2 * u - 1, 2 * v - 1
            fat = max(0.0, (1 - a**4) * (1 - b**4)) ** 0.5
            pull = 1 - 0.09 * (1 - a * a) * abs(b) ** 3, 1 - 0.09 * (1 - b * b) * abs(a) ** 3
            return (a * w / 2 * pull[1], b * h / 2 * pull[0], side * thick / 2 * fat)

        return at

    for side in (1, -1):
        obj = surface(f(side), 56, 56, material, (w, h), smooth=180)
        if side < 0:
            obj.data.flip_normals()
        crumple(obj, thick * 0.03, w / 5)
    edge = [f(1)(t, 0) for t in _steps(20)] + [f(1)(1, t) for t in _steps(20)]
    edge += [f(1)(1 - t, 1) for t in _steps(20)] + [f(1)(0, 1 - t) for t in _steps(20)]
    return pipe(edge, w * 0.012, material, closed=True)


def _steps(n: int) -> list[float]:
    return [i / n for i in range(n)]


def folded(length: float, depth: float, layers: int, thick: float, material: Material) -> Object:
    """A cloth folded to and fro into a pile of `layers`, the folds at the ends along x."""
    path: list[Point] = []
    for k in range(layers):
        z = thick * (k + 0.5) * 1.06
        run = [(-length / 2 + length * i / 14, z) for i in range(15)]
        path += run if k % 2 == 0 else run[::-1]
        if k < layers - 1:
            end, s = path[-1][0], 1 if k % 2 == 0 else -1
            path += [
                (end + s * thick * 0.62 * sin(pi * t), z + thick * 0.53 * (1 - cos(pi * t)))
                for t in (0.2, 0.4, 0.6, 0.8)
            ]
    obj = ribbon(path, depth, thick, material, fine=depth / 14)
    return crumple(obj, thick * 0.1, length / 6)


def rolled(radius: float, width: float, thick: float, material: Material) -> Object:
    """A cloth rolled up, its axis along y, resting on z = 0."""
    turns = radius / thick * 0.86
    path = []
    for i in range(int(turns * 28)):
        t = i / 28
        r = thick * (0.7 + t)
        path.append((r * cos(2 * pi * t), r * sin(2 * pi * t)))
    low = min(p[1] for p in path)
    obj = ribbon([(x, z - low + thick / 2) for x, z in path], width, thick * 0.94, material, fine=width / 16)
    return crumple(obj, thick * 0.09, radius)


def hanging(
    w: float, h: float, folds: int, depth: float, material: Material, rng: Random, gather: float = 0.0
) -> Object:
    """A curtain in the xz plane hanging from z = h in soft folds; `gather` ties it at a third of its height
    by that share of its width, towards -x.
    """
    phase, drift = rng.uniform(0, 6), [rng.uniform(-1, 1) for _ in range(4)]

    def f(u: float, v: float) -> Point:
        wave = sin(2 * pi * folds * u + phase + 0.5 * drift[0] * sin(3 * v))
        wave += 0.35 * (1 - v) * sin(2 * pi * folds * 0.53 * u + 4 * drift[1] + v)
        tie = gather * (sin(pi * min(1, v / 0.68)) ** 2 if v < 0.34 else cos(pi / 2 * (v - 0.34) / 0.66) ** 1.5)
        x = (u - 0.5) * w
        x += (-w / 2 - x) * tie
        return (x + 0.03 * w * drift[2] * (1 - v) * sin(5 * u), depth * wave * (0.75 + 0.35 * (1 - v)), v * h)

    obj = surface(f, folds * 18, 40, material, (w * 1.5, h), smooth=180)
    return modifier(obj, "SOLIDIFY", thickness=0.3)


def draped(
    w: float, length: float, top: float, drop: float, material: Material, rng: Random, foot_only: bool = True
) -> Object:
    """A cover over a box of w x length cm at height `top`, falling by `drop` over the sides (x) and the
    foot (-y); over the head too unless `foot_only`.
    """
    phase = rng.uniform(0, 6)
    head = 0.0 if foot_only else drop

    def fall(s: float, half: float, along: float) -> tuple[float, float]:
        """Position across and depth fallen for arc length s from the middle."""
        over = max(0.0, abs(s) - half)
        bend = min(1.0, over / 4)
        out = 1.6 * bend + (1.3 + 0.02 * over) * sin(along * 0.16 + phase + (s > 0)) * min(1.0, over / drop * 1.2)
        return (min(abs(s), half) + out if over else abs(s)) * (1 if s > 0 else -1), over - 0.6 * bend

    def f(u: float, v: float) -> Point:
        s = (u - 0.5) * (w + 2 * drop)
        t = -length / 2 - drop + v * (length + drop + head)
        x, dx = fall(s, w / 2, t)
        y, dy = fall(t, length / 2, s)
        both = min(dx, dy)
        return (x, y, top - max(dx, dy) - 0.12 * both)

    obj = surface(f, 110, 110, material, (w + 2 * drop, length + drop + head), smooth=180)
    crumple(obj, 0.8, 28)
    modifier(obj, "SOLIDIFY", thickness=0.8)
    return soften(obj)
