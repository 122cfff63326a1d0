"""Solid shapes. Lengths are centimetres (one Blender unit = 1 cm), angles degrees; z is up, y points away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from math import cos, hypot, pi, radians, sin

import bmesh
import bpy
from mathutils import Matrix, Vector

Point = Sequence[float]
Object = bpy.types.Object


def place(obj: Object, at: Point = (0, 0, 0), turn: Point = (0, 0, 0)) -> Object:
    """Move to `at` and rotate by Euler degrees."""
    obj.location = at
    obj.rotation_euler = [radians(a) for a in turn]
    return obj


@contextmanager
def moved(at: Point = (0, 0, 0), turn: Point = (0, 0, 0), scale: float = 1.0) -> Iterator[None]:
    """Everything made inside the block is moved, turned and scaled together."""
    before = set(bpy.data.objects)
    yield
    empty = bpy.data.objects.new("group", None)
    bpy.context.collection.objects.link(empty)
    for obj in set(bpy.data.objects) - before - {empty}:
        if obj.parent is None:
            obj.parent = empty
    place(empty, at, turn)
    empty.scale = (scale, scale, scale)


def mesh_object(mesh: bpy.types.Mesh, material: bpy.types.Material, smooth: float = 40.0) -> Object:
    """Link a mesh into the scene, shaded smooth except at edges sharper than `smooth` degrees."""
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.use_auto_smooth = True
    mesh.auto_smooth_angle = radians(smooth)
    mesh.materials.append(material)
    obj = bpy.data.objects.new("part", mesh)
    bpy.context.collection.objects.link(obj)
    return obj


def modifier(obj: Object, kind: str, **settings: object) -> Object:
    """Add a modifier of Blender's `kind` to the object."""
    new = obj.modifiers.new(kind.lower(), kind)
    for name, value in settings.items():
        setattr(new, name, value)
    return obj


def bevel(obj: Object, width: float, segments: int = 3) -> Object:
    """Round the edges sharper than 35 degrees."""
    return modifier(
        obj,
        "BEVEL",
        width=width,
        segments=segments,
        limit_method="ANGLE",
        angle_limit=radians(35),
        harden_normals=True,
    )


def surface(
    f: Callable[[float, float], Point],
    nu: int,
    nv: int,
    material: bpy.types.Material,
    uv: tuple[float, float] = (1.0, 1.0),
    closed: bool = False,
    smooth: float = 40.0,
) -> Object:
    """The surface f(u, v), 0 <= u, v <= 1. `uv` is its true size in cm, so that prints keep their scale;
    `closed` joins u = 0 to u = 1.
    """
    rows = [[f(i / nu, j / nv) for i in range(nu if closed else nu + 1)] for j in range(nv + 1)]
    width = len(rows[0])
    faces = [
        (j * width + i, j * width + (i + 1) % width, (j + 1) * width + (i + 1) % width, (j + 1) * width + i)
        for j in range(nv)
        for i in range(nu)
    ]
    mesh = bpy.data.meshes.new("surface")
    mesh.from_pydata([tuple(p) for row in rows for p in row], [], faces)
    coords = []
    for j in range(nv):
        for i in range(nu):
            corners = ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            coords += [c for a, b in corners for c in (a / nu * uv[0], b / nv * uv[1])]
    mesh.uv_layers.new().data.foreach_set("uv", coords)
    return mesh_object(mesh, material, smooth)


def rounded(points: Sequence[Point], radius: float, steps: int = 5, closed: bool = False) -> list[Vector]:
    """The polyline with its corners rounded off."""
    pts = [Vector(p) for p in points]
    result = [] if closed else [pts[0]]
    for i in range(0 if closed else 1, len(pts) if closed else len(pts) - 1):
        a, b, c = pts[i - 1], pts[i], pts[(i + 1) % len(pts)]
        d = min(radius, (a - b).length * 0.49, (c - b).length * 0.49)
        p, q = b + (a - b).normalized() * d, b + (c - b).normalized() * d
        for k in range(steps + 1):
            t = k / steps
            result.append(p * (1 - t) ** 2 + b * 2 * t * (1 - t) + q * t**2)
    return result if closed else [*result, pts[-1]]


def smoothed(points: Sequence[Point], steps: int = 8, closed: bool = False) -> list[Vector]:
    """A Catmull-Rom curve through the points."""
    pts = [Vector(p) for p in points]
    n = len(pts)
    at = (lambda i: pts[i % n]) if closed else (lambda i: pts[min(max(i, 0), n - 1)])
    result = []
    for i in range(n if closed else n - 1):
        a, b, c, d = at(i - 1), at(i), at(i + 1), at(i + 2)
        for k in range(steps):
            t = k / steps
            result.append(
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            )
    return result if closed else [*result, pts[-1]]


def lathe(profile: Sequence[Point], material: bpy.types.Material, segments: int = 72) -> Object:
    """Turn the profile of (radius, height) points about the z axis, outside seen from outside when the
    profile runs upwards. UV: centimetres around (at the widest radius) and along the profile.
    """
    pts = [Vector(p) for p in profile]
    length = sum((b - a).length for a, b in pairwise(pts))
    widest = max(p[0] for p in pts)

    def f(u: float, v: float) -> Point:
        r, z = pts[round(v * (len(pts) - 1))]
        return (max(r, 1e-4) * cos(2 * pi * u), max(r, 1e-4) * sin(2 * pi * u), z)

    obj = surface(f, segments, len(pts) - 1, material, (2 * pi * widest, length), closed=True)
    # Rows are evenly spaced in v; the prints want true arc length instead.
    heights = [0.0]
    for a, b in pairwise(pts):
        heights.append(heights[-1] + (b - a).length)
    for loop in obj.data.uv_layers[0].data:
        loop.uv[1] = heights[round(loop.uv[1] / length * (len(pts) - 1))]
    return obj


def turned(profile: Sequence[Point], material: bpy.types.Material, segments: int = 96) -> Object:
    """A lathe through a smooth curve of (radius, height) points."""
    return lathe([(max(0.0, p.x), p.y) for p in smoothed(profile, 8)], material, segments)


def box(size: Point, material: bpy.types.Material, edge: float = 0.2) -> Object:
    """A box standing on z = 0 with rounded edges."""
    x, y, z = size
    outline = [(-x / 2, -y / 2), (x / 2, -y / 2), (x / 2, y / 2), (-x / 2, y / 2)]
    return slab(outline, z, material, edge)


def slab(outline: Sequence[Point], height: float, material: bpy.types.Material, edge: float = 0.1) -> Object:
    """A flat outline (counter-clockwise) raised from z = 0, its rims rounded by `edge`."""
    bm = bmesh.new()
    face = bm.faces.new([bm.verts.new((p[0], p[1], 0.0)) for p in outline])
    raised = bmesh.ops.extrude_face_region(bm, geom=[face])
    bmesh.ops.translate(bm, vec=(0, 0, height), verts=[v for v in raised["geom"] if isinstance(v, bmesh.types.BMVert)])
    bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
    mesh = bpy.data.meshes.new("slab")
    bm.to_mesh(mesh)
    bm.free()
    obj = mesh_object(mesh, material)
    return bevel(obj, edge) if edge else obj


def circle(radius: float, steps: int = 64) -> list[Vector]:
    """An outline for `slab`."""
    return [Vector((radius * cos(2 * pi * i / steps), radius * sin(2 * pi * i / steps))) for i in range(steps)]


def rectangle(width: float, height: float, corner: float) -> list[Vector]:
    """A rectangle with rounded corners, an outline for `slab`."""
    w, h = width / 2, height / 2
    return rounded([(-w, -h), (w, -h), (w, h), (-w, h)], corner, 6, closed=True)


def ball(radius: float | Point, material: bpy.types.Material) -> Object:
    """A ball or, with three radii, an ellipsoid about the origin."""
    r = (radius,) * 3 if isinstance(radius, (int, float)) else radius
    profile = [(cos(t), sin(t)) for t in (pi * (i / 24 - 0.5) for i in range(25))]
    obj = lathe(profile, material, 48)
    obj.data.transform(Matrix.Diagonal((*r, 1.0)))
    return obj


def pipe(points: Sequence[Point], radius: float, material: bpy.types.Material, closed: bool = False) -> Object:
    """A round tube along a smooth curve through the points: cables, handles, rods."""
    curve = bpy.data.curves.new("pipe", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = "3D", radius, 6, True
    path = smoothed(points, 8, closed) if len(points) > 2 else [Vector(p) for p in points]
    spline = curve.splines.new("POLY")
    spline.points.add(len(path) - 1)
    for point, p in zip(spline.points, path, strict=True):
        point.co = (*p, 1.0)
    spline.use_cyclic_u = closed
    spline.use_smooth = True
    curve.materials.append(material)
    obj = bpy.data.objects.new("pipe", curve)
    bpy.context.collection.objects.link(obj)
    return obj


def ribbon(
    path: Sequence[Point],
    width: float,
    thickness: float,
    material: bpy.types.Material,
    edge: float | None = None,
    fine: float = 0.0,
) -> Object:
    """A flat band across the y axis along a path of (x, z) points: straps, folded cloth, bangles.

    `fine` is the longest step across in cm, for bands that are to be crumpled later.
    """
    pts = [Vector(p) for p in path]
    lengths = [0.0]
    for a, b in pairwise(pts):
        lengths.append(lengths[-1] + (b - a).length)
    e = thickness * 0.45 if edge is None else edge
    w, t = width / 2, thickness / 2
    section = rounded([(-w, -t), (w, -t), (w, t), (-w, t)], e, 4, closed=True)
    if fine:
        section = _subdivided(section, fine)

    def f(u: float, v: float) -> Point:
        i, k = round(v * (len(pts) - 1)), round(u * len(section)) % len(section)
        d = pts[min(i + 1, len(pts) - 1)] - pts[max(i - 1, 0)]
        s = hypot(*d) or 1.0
        across, up = section[k]
        return (pts[i][0] - d[1] / s * up, across, pts[i][1] + d[0] / s * up)

    obj = surface(f, len(section), len(pts) - 1, material, closed=True, smooth=50)
    # UV in centimetres: across the band and along it.
    layer = obj.data.uv_layers[0].data
    for loop in obj.data.loops:
        i, k = divmod(loop.vertex_index, len(section))
        layer[loop.index].uv = (section[k][0] + w, lengths[i])
    for ring in (range(len(section)), range((len(pts) - 1) * len(section), len(pts) * len(section))):
        _cap(obj.data, list(ring))
    return obj


def _subdivided(outline: Sequence[Vector], step: float) -> list[Vector]:
    """The closed outline with no side longer than `step`."""
    result = []
    for a, b in zip(outline, [*outline[1:], outline[0]], strict=True):
        n = max(1, round((b - a).length / step))
        result += [a + (b - a) * k / n for k in range(n)]
    return result


def _cap(mesh: bpy.types.Mesh, ring: list[int]) -> None:
    """Close the end of a tube with one face."""
    bm = bmesh.new()
    bm.from_mesh(mesh)
    bm.verts.ensure_lookup_table()
    bm.faces.new([bm.verts[i] for i in ring])
    bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
    bm.to_mesh(mesh)
    bm.free()


def leaf(length: float, width: float, droop: float, material: bpy.types.Material) -> Object:
    """A pointed leaf from the origin along x, bending down by `droop` radians."""

    def f(u: float, v: float) -> Point:
        w = width * sin(pi * v**0.8) * (u - 0.5)
        return (length * v * cos(droop * v), w, length * v * sin(0.9 - droop * v) * 0.9 - 0.25 * abs(w))

    return surface(f, 8, 16, material, smooth=180)


def text(words: str, size: float, material: bpy.types.Material, weight: float = 0.0, depth: float = 0.01) -> Object:
    """Flat letters `size` cm high, centred, lying on z = 0 and read from above; `weight` fattens them."""
    curve = bpy.data.curves.new("text", "FONT")
    curve.body, curve.size, curve.extrude, curve.offset = words, size * 1.4, depth, weight
    curve.align_x, curve.align_y = "CENTER", "CENTER"
    curve.materials.append(material)
    obj = bpy.data.objects.new("text", curve)
    bpy.context.collection.objects.link(obj)
    return obj


def wrapped_text(
    words: str,
    size: float,
    radius: float,
    height: float,
    material: bpy.types.Material,
    weight: float = 0.0,
    upright: bool = False,
) -> Object:
    """Letters around a cylinder about z, facing -y; `upright` runs them up the side."""
    flat = text(words, size, material, weight, depth=size * 0.06)
    mesh = bpy.data.meshes.new_from_object(flat.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    bpy.data.objects.remove(flat)
    for vertex in mesh.vertices:
        x, y, z = vertex.co
        x, y = (-y, x) if upright else (x, y)
        angle = x / radius - pi / 2
        vertex.co = ((radius + z) * cos(angle), (radius + z) * sin(angle), height + y)
    return mesh_object(mesh, material, 20)


def ring(n: int, radius: float, start: float = 90.0) -> Iterator[tuple[float, float, float]]:
    """n places (x, y, angle in degrees) clockwise around a circle, the first at `start`."""
    for i in range(n):
        a = radians(start - 360 * i / n)
        yield radius * cos(a), radius * sin(a), start - 360 * i / n
