"""The locked requirements for a machine without a GPU: PyTorch's CPU wheels, and nothing of CUDA.

PyTorch's default wheels for Linux bring CUDA along, about two thirds of the environment. Its wheels without it stand
in an index of its own, under versions such as ``2.15.0+cpu``, which no lock from the usual index knows the hashes of;
so this list names versions alone.

    python -m training.hub.cpu_requirements requirements.txt > requirements-cpu.txt
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

INDEX = "https://download.pytorch.org/whl/cpu"
WHEELS = ("torch", "torchvision")
CUDA = ("cuda-", "nvidia-", "triton")
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)(?P<extra>\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?P<marker> ;[^\\]*)?"
)


def cpu_requirements(lock: str) -> str:
    """The requirements of a lock file, one a line, for a machine without a GPU.

    Args:
        lock: what ``uv pip compile --generate-hashes`` wrote, with its ``# via`` lines.

    Returns:
        Lines for pip: PyTorch's own index, then every version; what only PyTorch's CUDA wheels need is left out.

    Raises:
        ValueError: the lock names no PyTorch.
    """
    entries: dict[str, list[str]] = {}
    users: dict[str, set[str]] = {}
    name = ""
    for line in lock.splitlines():
        if found := ENTRY.match(line):
            name = found["name"]
            pinned = f"{name}{found['extra'] or ''}=={found['version']}{(found['marker'] or '').rstrip()}"
            entries.setdefault(name, []).append(pinned)
        elif name and (user := re.fullmatch(r"\s+#\s+(?:via )?(?P<user>[A-Za-z0-9._-]+)(?: .*)?", line)):
            users.setdefault(name, set()).add(user["user"].lower())
    if missing := [wheel for wheel in WHEELS if wheel not in entries]:
        raise ValueError(f"{', '.join(missing)} not found in the lock, which holds {len(entries)} packages")
    left_out = {name for name in entries if name.startswith(CUDA)}
    while kept := {name for name in left_out if users.get(name, set()) - {"torch", "via"} - left_out}:
        left_out -= kept  # something else needs it
    lines = [f"--extra-index-url {INDEX}"]
    for name, versions in entries.items():
        if name in WHEELS:
            version = versions[0].split(";")[0].strip()
            lines += [f"{version}+cpu ; sys_platform != 'darwin'", f"{version} ; sys_platform == 'darwin'"]
        elif name not in left_out:
            lines += versions
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the list for a lock file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lock", type=Path, metavar="FILE")
    print(cpu_requirements(parser.parse_args(arguments).lock.read_text(encoding="utf-8")), end="")


if __name__ == "__main__":
    main()
