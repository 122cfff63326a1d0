"""Zips from outside, of which no more is read at a time than a table of contents may hold."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIECE = 1 << 20  # bytes read at a time; as a table of contents, some ten thousand names


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, whose entries are to be read ``PIECE`` by ``PIECE``.

    Raises:
        BadZipFile: its table of contents is longer than that, or it is no zip; what else a damaged zip raises is what
            Python's does.
    """
    with _BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
        yield archive


class _BoundedFile(io.FileIO):
    """A file whose table of contents is not read where it is too long: Python would hold all of it in memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; without a size all that are left.

        Raises:
            BadZipFile: these are more than a table of contents has.
        """
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > PIECE:
            raise zipfile.BadZipFile("the table of contents is too long")
        return super().read(size)
