"""Whether memory stays flat: ``python -m benchmarks.memory``.

One process, every model loaded, 500 requests for photos of changing sizes, each classified by every model and explained
by one of them with a method that is quick. Printed is the resident memory at the start, after 100 and at the end, and
its peak. The exit status is 1 where the peak is beyond 1.5 GB, or memory goes on growing after the first 100.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
from pathlib import Path

import psutil
from PIL import Image

from models.credit.service import desk
from models.vision import photos, registry

PICTURES = Path(__file__).parents[1] / "data" / "catalogue" / "images"
LIMIT = 1500.0  # MB with everything loaded
GROWTH = 50.0  # MB from the first 100 requests to the last, beyond which memory is not flat
SETTLED = 100  # requests after which the allocator holds what it needs
SIDES = (64, 320, 800, 1600, 2400)  # px of the longer side
SLOW = ("score-cam", "rise")  # hundreds of passes each


def resident() -> float:
    """MB of this process that stand in memory."""
    return psutil.Process().memory_info().rss / 1e6


def peak() -> float:
    """MB at most since this process began."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # Linux counts in KiB


def uploads(folder: Path, draw: random.Random) -> list[Path]:
    """Pictures of the catalogue at each size, as visitors would send them."""
    paths = []
    for side in SIDES:
        with Image.open(draw.choice(sorted(PICTURES.iterdir()))) as image:
            picture = image.convert("RGB")
        scale = side / max(picture.size)
        path = folder / f"{side}.jpg"
        picture.resize((max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))).save(path)
        paths.append(path)
    return paths


def main() -> int:
    """Asks, measures, and says whether memory is flat."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    draw, names = random.Random(given.seed), registry.available()
    desk()
    for name in names:
        registry.get(name)
    print(f"{', '.join(('credit', *names))} loaded: {resident():.0f} MB", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        paths = uploads(Path(folder), draw)
        settled = resident()
        for number in range(1, given.requests + 1):
            path, name = draw.choice(paths), draw.choice(names)
            photos.classify(path, [])
            method = draw.choice([method for method in registry.get(name).methods if method not in SLOW])
            photos.read_photo(path, name, method)
            if number == SETTLED:
                settled = resident()
            if number in (SETTLED, given.requests):
                print(f"after {number} requests: {resident():.0f} MB", flush=True)
    growth = resident() - settled
    is_sound = peak() <= LIMIT and growth <= GROWTH
    print(f"peak {peak():.0f} MB (at most {LIMIT:.0f}), {growth:+.0f} MB since request {SETTLED}: ", end="")
    print("flat" if growth <= GROWTH else "GROWING")
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
