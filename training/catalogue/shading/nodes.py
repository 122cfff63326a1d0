"""A thin hand on Blender's shader nodes, so that a material reads like a formula."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

Colour = tuple[float, float, float]
Value = "float | Sequence[float] | bpy.types.NodeSocket"


def rgb(text: str) -> Colour:
    """The linear colour of an sRGB hex string such as '#c0ffee'."""
    parts = [int(text.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


class Nodes:
    """Builds the node tree of one material or world."""

    def __init__(self, owner: bpy.types.ID) -> None:
        owner.use_nodes = True
        self.tree = owner.node_tree
        self.tree.nodes.clear()

    def add(self, kind: str, inputs: dict | None = None, **attributes: object) -> bpy.types.Node:
        """Add the node `ShaderNode<kind>`; inputs are numbers, colours or sockets to link."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for name, value in attributes.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            self.feed(node.inputs[key], value)
        return node

    def feed(self, socket: bpy.types.NodeSocket, value: Value) -> None:
        """Link a socket to the input, or set its number or colour."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif socket.type == "RGBA" and len(value) == 3:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def math(self, operation: str, a: Value, b: Value = 0.0, c: Value = 0.0) -> bpy.types.NodeSocket:
        """One Math node: operation(a, b, c)."""
        return self.add("Math", {0: a, 1: b, 2: c}, operation=operation).outputs[0]

    def mix(self, factor: Value, a: Value, b: Value) -> bpy.types.NodeSocket:
        """The colour between a (factor 0) and b (factor 1)."""
        return self.add("MixRGB", {0: factor, 1: a, 2: b}).outputs[0]

    def ramp(self, factor: Value, stops: Sequence[tuple[float, Colour]], step: bool = False) -> bpy.types.NodeSocket:
        """A colour ramp over 0..1; `step` paints flat bands in place of a gradient."""
        node = self.add("ValToRGB", {0: factor})
        node.color_ramp.interpolation = "CONSTANT" if step else "LINEAR"
        elements = node.color_ramp.elements
        elements[0].position, elements[0].color = stops[0][0], (*stops[0][1], 1.0)
        elements.remove(elements[1])
        for position, colour in stops[1:]:
            elements.new(position).color = (*colour, 1.0)
        return node.outputs[0]

    def bands(self, factor: Value, colours: Sequence[Colour]) -> bpy.types.NodeSocket:
        """Flat bands of equal width over 0..1, one a colour."""
        return self.ramp(factor, [(i / len(colours), c) for i, c in enumerate(colours)], step=True)

    def split(self, vector: Value) -> tuple[bpy.types.NodeSocket, ...]:
        """The x, y and z of a vector."""
        return tuple(self.add("SeparateXYZ", {0: vector}).outputs)

    def join(self, x: Value, y: Value, z: Value = 0.0) -> bpy.types.NodeSocket:
        """A vector of x, y and z."""
        return self.add("CombineXYZ", {0: x, 1: y, 2: z}).outputs[0]

    def noise(self, vector: Value, scale: float, detail: float = 3.0, distortion: float = 0.0):
        """Perlin noise, about 0.2..0.8."""
        inputs = {"Vector": vector, "Scale": scale, "Detail": detail, "Distortion": distortion}
        return self.add("TexNoise", inputs).outputs[0]
