"""Runs inside Blender: builds and renders every job of a JSON list.

blender --background --factory-startup --python in_blender.py -- JOBS.json
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from training.catalogue import studio


def main() -> None:
    jobs = json.loads(Path(sys.argv[sys.argv.index("--") + 1]).read_text())
    for job in jobs:
        rng = Random(f"{job['object']}/{job['seed']}")  # noqa: S311  # no secret
        studio.clear()
        build = getattr(importlib.import_module(f"training.catalogue.objects.{job['module']}"), job["object"])
        studio.light_and_frame(build(rng), rng)
        studio.render(job["path"], job["size"], job["samples"], job["seed"])


main()
