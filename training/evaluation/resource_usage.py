"""What one model costs to run on this machine: time an answer and memory, in a process of its own.

    python -m training.evaluation.resource_usage yolov8

The rendered pictures that are shipped are asked about, so that anybody can measure it again.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from models.runtime import memory, threads

RUNS = 100  # answers that are timed
WARM = 5  # answers before them
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class ResourceUsage:
    """Time and memory.

    Attributes:
        latency_ms_p50, latency_ms_p95: from a picture in memory to its answer, one at a time.
        peak_memory_mb: most memory that the whole process held, Python and libraries included, in MB of 10^6 bytes.
        latency_machine: the kind of machine.
    """

    latency_ms_p50: float
    latency_ms_p95: float
    peak_memory_mb: float
    latency_machine: str


def measure(model: str, runs: int = RUNS) -> ResourceUsage:
    """The footprint of a shipped model, in a new process with the settings of the app.

    Raises:
        RuntimeError: that process failed; its last line says why, or its status where it was killed without a word.
    """
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-m", __name__, model, str(runs)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise RuntimeError(f"the footprint of {model} could not be measured: {why}")
    return ResourceUsage(**json.loads(done.stdout.splitlines()[-1]))


def peak_memory() -> float:
    """Most memory that this process has held, in MB of 10^6 bytes."""
    # the kernel's own mark where it has one: ru_maxrss begins at the size of the process that started this one
    if STATUS.is_file() and (found := re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())):
        return int(found[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Measures the model that is named on the command line, and prints JSON."""
    threads.sleep_while_waiting()  # as the app does, before libraries are loaded
    memory.keep_heaps_small()
    from models.vision import registry
    from models.vision.gallery import catalogue
    from models.vision.uploads import read_upload
    from training.vision.metrics import cpu, latency

    model, runs = registry.get(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else RUNS
    pictures = catalogue()
    asked = (read_upload(pictures[place % len(pictures)].path).image for place in range(runs + WARM))
    seconds = [model.predict(image).seconds for image in asked][WARM:]
    print(json.dumps(asdict(ResourceUsage(**latency(seconds), peak_memory_mb=peak_memory(), latency_machine=cpu()))))


if __name__ == "__main__":
    main()
