"""What visitors sent goes with the process that took it, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.runtime.upload_cleanup import VARIABLE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SERVE = """
import sys
from models.runtime.upload_cleanup import keep_swept, own_folder
(own_folder() / "photo.jpg").touch()
keep_swept(own_folder(), every=600, age=3600)
print(own_folder(), flush=True)
sys.stdin.read()
"""

Start = Callable[[], tuple[subprocess.Popen[str], Path]]


@pytest.fixture(params=[VARIABLE, "TMPDIR"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Starts an app's process, whose folder with a photo in it is given, below one folder that lasts."""
    settings = {key: value for key, value in os.environ.items() if key != VARIABLE} | {request.param: str(tmp_path)}
    started: list[subprocess.Popen[str]] = []

    def one() -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            cwd=ROOT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    yield one
    for process in started:
        process.communicate(timeout=60)


def test_what_a_killed_process_left_goes_when_the_next_one_starts(start: Start, tmp_path: Path) -> None:
    killed, left = start()
    ends, at_work = start()
    assert left != at_work and (left / "photo.jpg").exists()
    killed.kill()
    killed.wait(60)
    other = tmp_path / "vitrine-onnx-abc"
    other.mkdir()
    _, next_one = start()
    assert not left.exists(), "photos of an earlier run are still there"
    assert (at_work / "photo.jpg").exists() and (next_one / "photo.jpg").exists(), "both are served from"
    ends.communicate(timeout=60)
    assert set(tmp_path.iterdir()) == {next_one, other}
