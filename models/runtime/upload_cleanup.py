"""No file that a visitor sent or received stays on disk: Gradio empties its cache of the files that it knows, this of
the others, such as the first copy of a picture that an agent sends as a data URL.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from models.runtime import background

VARIABLE = "GRADIO_TEMP_DIR"
PREFIX, NEW = "vitrine-uploads-", "vitrine-new-"


@cache
def own_folder() -> Path:
    """A folder of this process for what visitors send, below the one that the environment names or the system's for
    temporary files; gone when the process ends. Those that killed processes have left there go now.

    To be called before gradio is imported, which reads the variable.
    """
    place = Path(os.environ.get(VARIABLE) or tempfile.gettempdir()).absolute()
    place.mkdir(parents=True, exist_ok=True)
    _remove_left(place)
    made = Path(tempfile.mkdtemp(prefix=NEW, dir=place))
    _lock(made)  # before it has the name by which others find it
    folder = made.rename(place / f"{PREFIX}{made.name.removeprefix(NEW)}")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    return folder


def _remove_left(place: Path) -> None:
    """Removes the folders of processes that were killed: their locks went with them."""
    for folder in place.glob(f"{PREFIX}*"):
        if (lock := _lock(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Locks a folder until the descriptor is closed or this process ends, however it does; None where a process holds
    the lock, or the file system has none.

    A process number would not do: containers that share a folder count theirs apart, each from 1.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # not ours, or gone
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


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

    What stands there at the start stays: in the folder of this process, the app's own pictures.
    """
    kept = frozenset(folder.rglob("*"))
    return background.repeat(lambda: sweep(folder, kept, time.time() - age), every, "sweep")
