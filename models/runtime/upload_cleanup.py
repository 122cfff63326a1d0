"""No file that a visitor sent or received stays on disk: Gradio empties its cache of the files that it knows, this of
the others, such as the first copy of a picture that an agent sends as a data URL.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from models.runtime import background

VARIABLE = "GRADIO_TEMP_DIR"


def own_folder() -> Path:
    """A folder of this process for what visitors send, where the environment names none; gone when the process ends.

    To be called before gradio is imported, which reads the variable.
    """
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="vitrine-")
        atexit.register(shutil.rmtree, os.environ[VARIABLE], ignore_errors=True)
    return Path(os.environ[VARIABLE])


def sweep(folder: Path, kept: frozenset[Path], before: float) -> int:
    """Removes the files below a folder that came there before a moment, but for those kept; returns how many.

    A copy keeps the time at which its original was written: what counts is when it was last changed as a file (ctime).
    Folders that have been empty since then go too, but for those at the top: these may be filled again.

    Args:
        folder: where to begin.
        kept: files and folders that stay.
        before: seconds since the epoch.
    """
    removed = 0
    for place, folders, files in os.walk(folder, topdown=False):  # goes round what another thread has taken meanwhile
        for path in (Path(place, name) for name in files):
            with suppress(OSError):
                if path not in kept and path.stat().st_ctime < before:
                    path.unlink()
                    removed += 1
        for path in (Path(place, name) for name in folders if Path(place) != folder):
            with suppress(OSError):  # it is not empty, or gone
                if path not in kept and path.stat().st_ctime < before:
                    path.rmdir()
    return removed


def keep_swept(folder: Path, every: float, age: float) -> threading.Event:
    """Sweeps a folder of what is older than ``age`` every so many seconds, in the background, until the event is set.

    What stands there at the start, the app's own pictures, stays.
    """
    kept = frozenset(folder.rglob("*"))
    return background.repeat(lambda: sweep(folder, kept, time.time() - age), every, "sweep")
