"""What an upload holds: the file itself, or the one file inside a gzip or zip archive, bounded while it is unpacked."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

from models.credit.tables.table import MAX_BYTES
from models.errors import InputError
from models.zip_files import PIECE, open_zip

GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
# what is no table, or none that is read: first bytes -> what people call it
OTHERS = {
    b"\xd0\xcf\x11\xe0": "Excel (.xls)",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"ARROW1": "Arrow",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"SQLite format 3": "SQLite",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}
OFFICE = {"xl/": "Excel (.xlsx)", "word/": "Word", "ppt/": "PowerPoint", "content.xml": "OpenDocument"}


def unpacked(path: Path) -> tuple[BinaryIO, str]:
    """The content of an upload, and how it was packed: "gz", "zip" or "".

    Raises:
        InputError: empty, too large, damaged, several files in one archive, or no table by its first bytes.
    """
    size = path.stat().st_size
    if size == 0:
        raise InputError("table_empty")
    if size > MAX_BYTES:
        raise InputError("table_heavy", size=f"{size / 1e6:.0f}", limit=MAX_BYTES // 1_000_000)
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(GZIP):
        return _plain(_gunzip(path)), "gz"
    if start.startswith((ZIP, b"PK\x05\x06")):
        return _plain(_unzip(path)), "zip"
    _refuse_others(start)
    return path.open("rb"), ""


def _plain(content: bytes) -> BinaryIO:
    """What came out of an archive, which may not be an archive again."""
    if not content:
        raise InputError("table_empty")
    if content.startswith((GZIP, ZIP)):
        raise InputError("table_nested")
    _refuse_others(content[:16])
    return io.BytesIO(content)


def _refuse_others(start: bytes) -> None:
    for first, name in OTHERS.items():
        if start.startswith(first):
            raise InputError("table_kind", kind=name)


def _gunzip(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return _bounded(file)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("table_packed_damaged", kind="gzip") from error


def _unzip(path: Path) -> bytes:
    try:
        with open_zip(path) as archive:
            listed = [one for one in archive.infolist() if not one.is_dir()]
            for part, name in OFFICE.items():
                if any(one.filename.startswith(part) for one in listed):
                    raise InputError("table_kind", kind=name)
            # macOS adds its own to every archive
            files = [
                one for one in listed if not one.filename.startswith("__MACOSX/") and ".DS_Store" not in one.filename
            ]
            if len(files) != 1:
                raise InputError("table_files", count=len(files))
            if files[0].flag_bits & 1:
                raise InputError("table_locked")
            if files[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise InputError("table_packing")  # zipfile unpacks the others without a bound
            with archive.open(files[0]) as file:
                return _bounded(file)
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError("table_packed_damaged", kind="zip") from error


def _bounded(file: IO[bytes] | gzip.GzipFile) -> bytes:
    """All of it, unless it is more than ``MAX_BYTES``, of which at most a piece more is unpacked."""
    content = io.BytesIO()
    while piece := file.read(PIECE):
        content.write(piece)
        if content.tell() > MAX_BYTES:
            raise InputError("table_bomb", limit=MAX_BYTES // 1_000_000)
    return content.getvalue()
