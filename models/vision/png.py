"""How much of a PNG's picture its file holds: Pillow reads one whose rows end too early as if it were whole."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

SIGNATURE = 8  # bytes at the start of a file
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the type of colour
PIECE = 1 << 16  # bytes unpacked at a time


def share_held(source: Path | bytes) -> float:
    """The share of the picture's bytes that are there, 0..1.

    Args:
        source: a PNG that can be decoded, not interlaced: Pillow refuses one of those that ends too early.
    """
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        file.seek(SIGNATURE)
        expected, held = 0, 0
        unpacker = zlib.decompressobj()
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if kind == b"IHDR":
                expected = _unpacked(file.read(size))
            elif kind == b"IDAT":
                packed = file.read(size)
                while packed and not unpacker.eof and held < expected:
                    held += len(unpacker.decompress(packed, PIECE))
                    packed = unpacker.unconsumed_tail
            else:
                file.seek(size, io.SEEK_CUR)
            file.seek(4, io.SEEK_CUR)  # its checksum
        return min(1.0, held / expected) if expected else 1.0


def _unpacked(header: bytes) -> int:
    """Bytes of all rows, each with the one that names its filter."""
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    return int(height * (1 + (width * depth * CHANNELS.get(colour, 1) + 7) // 8))
