"""The studio: a white sweep, softboxes, a camera that frames whatever stands on the table."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from random import Random

import bpy
from mathutils import Vector

from training.catalogue.shading.nodes import Nodes


@dataclass
class Shot:
    """How to look at a product: degrees around z (0 = from the front, -y), degrees above the table,
    focal length in mm, and the share of the frame the product fills.
    """

    azimuth: float = 0.0
    elevation: float = 15.0
    lens: float = 70.0
    fill: float = 0.86


def clear() -> None:
    """An empty scene in a fresh file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)


def _corners() -> list[Vector]:
    """A sample of the world-space points of everything in the scene."""
    graph = bpy.context.evaluated_depsgraph_get()
    points = []
    for instance in graph.object_instances:
        obj = instance.object
        if obj.type not in {"MESH", "CURVE", "FONT"}:
            continue
        mesh = obj.to_mesh()
        if mesh and mesh.vertices:
            stride = max(1, len(mesh.vertices) // 400)
            points += [instance.matrix_world @ v.co for v in list(mesh.vertices)[::stride]]
        obj.to_mesh_clear()
    return points


def _sweep(radius: float, floor: float) -> None:
    """A white table that is lit near the product and pure white farther off, so that the picture's edge is
    always white whatever the light.
    """
    mesh = bpy.data.meshes.new("sweep")
    s = radius * 60
    mesh.from_pydata([(-s, -s, floor), (s, -s, floor), (s, s, floor), (-s, s, floor)], [], [(0, 1, 2, 3)])
    obj = bpy.data.objects.new("sweep", mesh)
    material = bpy.data.materials.new("sweep")
    material.cycles.sample_as_light = False  # huge and far: found by chance rays, wasteful to aim at
    n = Nodes(material)
    x, y, _ = n.split(n.add("NewGeometry").outputs["Position"])
    r = n.math("SQRT", n.math("ADD", n.math("MULTIPLY", x, x), n.math("MULTIPLY", y, y)))
    far = n.add("MapRange", {0: r, 1: radius * 1.1, 2: radius * 2.2}, interpolation_type="SMOOTHSTEP").outputs[0]
    lit = n.add("BsdfDiffuse", {"Color": (0.94, 0.94, 0.94)})
    white = n.add("Emission", {"Color": (1, 1, 1), "Strength": 1.05})
    n.add("OutputMaterial", {0: n.add("MixShader", {0: far, 1: lit.outputs[0], 2: white.outputs[0]}).outputs[0]})
    mesh.materials.append(material)
    bpy.context.collection.objects.link(obj)


def _softbox(
    centre: Vector,
    radius: float,
    azimuth: float,
    elevation: float,
    distance: float,
    size: float,
    power: float,
):
    """An area light; distance and size in product radii, power as radiance so that it holds at any scale."""
    light = bpy.data.lights.new("softbox", "AREA")
    light.shape, light.size = "SQUARE", size * radius
    light.energy = power * (distance * radius) ** 2
    obj = bpy.data.objects.new("softbox", light)
    a, e = radians(azimuth - 90), radians(elevation)
    direction = Vector((cos(a) * cos(e), sin(a) * cos(e), sin(e)))
    obj.location = centre + direction * distance * radius
    obj.rotation_euler = direction.to_track_quat("Z", "Y").to_euler()
    bpy.context.collection.objects.link(obj)


def _world() -> None:
    """White to the camera; to the product a room with a dark band, so that metal and glass have contrast."""
    world = bpy.data.worlds.new("room")
    n = Nodes(world)
    z = n.split(n.add("TexCoord").outputs["Generated"])[2]
    height = n.math("MULTIPLY_ADD", z, 0.5, 0.5)
    grey = [(0.0, 0.75), (0.5, 0.55), (0.54, 0.12), (0.6, 0.1), (0.66, 0.5), (0.8, 0.75), (1.0, 0.9)]
    room = n.ramp(height, [(p, (g, g, g)) for p, g in grey])
    seen = n.add("LightPath").outputs["Is Camera Ray"]
    colour = n.mix(seen, room, (1, 1, 1))
    n.add("OutputWorld", {0: n.add("Background", {"Color": colour, "Strength": 0.95}).outputs[0]})
    bpy.context.scene.world = world


def light_and_frame(shot: Shot, rng: Random) -> None:
    """Put light, table and camera around the finished product."""
    scene = bpy.context.scene
    points = _corners()
    low, high = (Vector(f(p[i] for p in points) for i in range(3)) for f in (min, max))
    centre = (low + high) / 2
    radius = max((p - centre).length for p in points)
    for obj in [o for o in bpy.data.objects if o.parent is None]:
        obj.location -= Vector((centre.x, centre.y, 0))  # the sweep is centred on the product
    points = [p - Vector((centre.x, centre.y, 0)) for p in points]
    centre = Vector((0, 0, centre.z))
    _sweep(radius, low.z)
    _world()
    key = shot.azimuth + rng.choice((-1, 1)) * rng.uniform(35, 60)
    _softbox(centre, radius, key, rng.uniform(42, 58), 4.0, rng.uniform(2.4, 3.4), 9.5)
    _softbox(centre, radius, shot.azimuth * 2 - key, 35, 4.5, 4.0, 2.6)
    _softbox(centre, radius, shot.azimuth + 180, 60, 4.5, 3.5, 3.4)

    camera = bpy.data.cameras.new("camera")
    camera.lens = shot.lens
    camera.clip_end = radius * 200
    obj = bpy.data.objects.new("camera", camera)
    a, e = radians(shot.azimuth - 90), radians(shot.elevation)
    direction = Vector((cos(a) * cos(e), sin(a) * cos(e), sin(e)))
    obj.rotation_euler = direction.to_track_quat("Z", "Y").to_euler()
    bpy.context.collection.objects.link(obj)
    scene.camera = obj
    # Fit exactly: in camera axes each point bounds where the apex of the (shrunken) view cone may lie.
    half = 18 / shot.lens * shot.fill  # Blender's sensor is 36 mm wide
    right, up, back = (Vector(axis) for axis in obj.rotation_euler.to_matrix().transposed())
    spans = []
    for axis in (right, up):
        spans.append([max(sign * p.dot(axis) + half * p.dot(back) for p in points) for sign in (1, -1)])
    depth = max(sum(span) for span in spans) / 2 / half
    x, y = ((span[0] - span[1]) / 2 for span in spans)
    obj.location = right * x + up * y + back * depth
    camera.clip_start = radius * 0.1


def render(path: str, size: int, samples: int, seed: int) -> None:
    """Render the scene to a PNG of size x size pixels."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", samples, seed
    cycles.use_adaptive_sampling, cycles.adaptive_threshold, cycles.adaptive_min_samples = True, 0.04, 8
    cycles.use_denoising = False  # Debian's build has no denoiser
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 8, 2, 4
    cycles.sample_clamp_indirect = 3.0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)
