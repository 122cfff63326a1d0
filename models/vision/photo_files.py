"""The pictures of one call: several files, or those inside a zip, which is read in memory and written nowhere."""

from __future__ import annotations

import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.errors import InputError, shown
from models.vision.uploads import ALLOWED, MAX_MEGABYTES, Upload, read_content, read_upload
from models.zip_files import PIECE, open_zip

MAX_PHOTOS = 200  # a call
MAX_UNPACKED = 1000  # MB of all pictures of a call: what a zip may unpack to, what an upload may hold
LONGEST_NAME = 120  # characters of a file's name that are handed back
ZIP, EMPTY_ZIP, GZIP = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"
SYSTEM = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")  # what systems add by themselves
FORK = "._"  # how a file begins that macOS adds beside another
UTF_8 = 0x800  # flag of a zip's entry: its name is UTF-8
LOCKED = 0x1  # flag: it needs a password


@dataclass(frozen=True)
class PhotoFile:
    """One picture, not yet read.

    Args:
        name: of the file, with its folders inside a zip.
        source: where it stands, or its entry in the archive.
        archive: the zip that holds it; None for a file of its own.
    """

    name: str
    source: Path | zipfile.ZipInfo
    archive: OpenZip | None = None

    def read(self) -> Upload:
        """The picture.

        Raises:
            InputError: it is none, is damaged or too large, or cannot be unpacked.
        """
        if self.archive is None or not isinstance(self.source, zipfile.ZipInfo):
            path = Path(str(self.source))
            if is_zip(path):
                raise InputError("images_nested")
            return read_upload(path)
        content = self.archive.content(self.source)
        if content.startswith((ZIP, EMPTY_ZIP, GZIP)):
            raise InputError("images_nested")
        return read_content(content, Path(self.name).name)


class OpenZip:
    """A zip whose entries are unpacked one at a time, into memory, however large it says they are.

    Args:
        archive: open.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = MAX_UNPACKED * 1_000_000  # bytes that may still be unpacked

    def entries(self) -> tuple[zipfile.ZipInfo, ...]:
        """All that is no folder and was not added by a system, in the order of the archive."""
        return tuple(
            entry
            for entry in self._archive.infolist()
            if not entry.is_dir()
            and not set(Path(entry.filename).parts) & set(SYSTEM)
            and not Path(entry.filename).name.startswith(FORK)
        )

    def content(self, entry: zipfile.ZipInfo) -> bytes:
        """What an entry unpacks to.

        Raises:
            InputError: it is locked, damaged, packed in an unusual way, or too large; or all that was unpacked is.
        """
        if entry.flag_bits & LOCKED:
            raise InputError("images_locked")
        # the others unpack a piece to any length, whatever is asked for
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError("images_packing")
        pieces, size = [], 0
        try:
            with self._archive.open(entry) as file:
                while piece := file.read(PIECE):
                    pieces.append(piece)
                    size += len(piece)
                    self._left -= len(piece)
                    if size > MAX_MEGABYTES * 1_000_000:
                        raise InputError("images_unpacked", limit=MAX_MEGABYTES)
                    if self._left < 0:
                        raise InputError("images_unpacked_all", limit=MAX_UNPACKED)
        except (
            OSError,
            EOFError,
            ValueError,
            NotImplementedError,
            OverflowError,
            RuntimeError,
            zlib.error,
            zipfile.BadZipFile,
        ) as error:
            raise InputError("images_entry_damaged") from error
        return b"".join(pieces)


@contextmanager
def photo_files(paths: Sequence[str | Path]) -> Iterator[tuple[PhotoFile, ...]]:
    """The pictures of a call, in order; those of a zip while it is open.

    Args:
        paths: of the files; a zip comes alone.

    Raises:
        InputError: there is none, there are more than ``MAX_PHOTOS``, or the zip is empty or damaged.
    """
    if not paths:
        raise InputError("images_none", limit=MAX_PHOTOS, allowed=ALLOWED)
    with ExitStack() as stack:
        if len(paths) == 1 and is_zip(Path(paths[0])):
            files = _of_zip(Path(paths[0]), stack)
        else:
            files = tuple(PhotoFile(_tidy(Path(path).name), Path(path)) for path in paths)
        if len(files) > MAX_PHOTOS:
            raise InputError("images_many", received=len(files), limit=MAX_PHOTOS)
        yield files


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (ZIP, EMPTY_ZIP)
    except OSError:
        return False


def _of_zip(path: Path, stack: ExitStack) -> tuple[PhotoFile, ...]:
    try:
        archive = OpenZip(stack.enter_context(open_zip(path)))
        entries = archive.entries()
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise InputError("images_damaged") from error
    if not entries:
        raise InputError("images_empty", allowed=ALLOWED)
    return tuple(PhotoFile(_tidy(_name(entry)), entry, archive) for entry in entries)


def _name(entry: zipfile.ZipInfo) -> str:
    """An entry's name; many programs write UTF-8 without saying so, and Python reads it as the script of DOS."""
    if not entry.flag_bits & UTF_8:
        try:
            return entry.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return entry.filename


def _tidy(name: str) -> str:
    """A name of any script without what is not seen, such as marks that turn the direction of writing."""
    seen = "".join(
        sign for sign in name.replace("\\", "/") if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
    parts = [part for part in seen.split("/") if part not in ("", ".", "..")]
    whole = "/".join(parts) or shown(name)
    return whole if len(whole) <= LONGEST_NAME else f"…{whole[1 - LONGEST_NAME :]}"
