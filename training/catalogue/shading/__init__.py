"""Materials, prints and the shader nodes that they are made of."""
