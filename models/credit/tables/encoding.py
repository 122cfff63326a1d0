"""Which characters a file's bytes stand for: a byte order mark says it, or they are UTF-8, or what Excel writes."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from models.errors import InputError

CHUNK = 1 << 20
CUT = "unexpected end of data"  # a codec's word for a file that ends within a character
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# the letters and signs that tell the two old encodings of Western Europe apart
EXPECTED = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆñÑß€£°«»’‘“”–—…§²\u00a0")


@dataclass(frozen=True)
class Encoding:
    """A codec of Python's, and what people call it."""

    codec: str
    name: str


def detect(stream: BinaryIO) -> Encoding:
    """The encoding of a file, which is read through and rewound.

    Raises:
        InputError: its bytes are those of no text.
    """
    start = stream.read(4096)
    stream.seek(0)
    for mark, codec, name in MARKS:
        if start.startswith(mark):
            return _checked(stream, Encoding(codec, name))
    for codec, odd in (("utf-16-le", 1), ("utf-16-be", 0)):  # without a mark: every other byte of plain text is zero
        zeros = start[odd::2].count(0)
        if zeros > 0.8 * len(start[odd::2]) and b"\0" not in start[1 - odd :: 2]:
            return _checked(stream, Encoding(codec, "UTF-16"))
    try:
        return _checked(stream, Encoding("utf-8", "UTF-8"))
    except UnicodeDecodeError as error:
        if error.reason == CUT and _beyond_ascii(stream)[1] > 1:  # it is UTF-8, and ends within a character
            raise InputError("table_cut") from error
    return _checked(stream, _western(stream))


def _western(stream: BinaryIO) -> Encoding:
    """Windows-1252 or Mac Roman: the one in which more of the accented letters are those of Western Europe."""
    windows, mac = Encoding("cp1252", "Windows-1252"), Encoding("mac_roman", "Mac Roman")
    high, _ = _beyond_ascii(stream)
    scores = []
    for one in (windows, mac):
        letters = {bytes([byte]).decode(one.codec, errors="replace") for byte in high}
        scores.append(len(letters & EXPECTED) - len(letters - EXPECTED))
    return mac if scores[1] > scores[0] else windows


def _beyond_ascii(stream: BinaryIO) -> tuple[set[int], int]:
    """The bytes of a file that ASCII does not know, each once, and how many there are in all; it is rewound."""
    found: set[int] = set()
    count = 0
    while chunk := stream.read(CHUNK):
        rest = chunk.translate(None, bytes(range(128)))
        found.update(rest)
        count += len(rest)
    stream.seek(0)
    return found, count


def _checked(stream: BinaryIO, encoding: Encoding) -> Encoding:
    """The encoding, once every byte has been decoded by it.

    Raises:
        UnicodeDecodeError: the bytes are not UTF-8.
        InputError: they are no text in any other encoding, or hold characters that no text holds.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    try:
        while chunk := stream.read(CHUNK):
            _refuse_binary(decoder.decode(chunk))
        _refuse_binary(decoder.decode(b"", final=True))
    except UnicodeDecodeError as error:
        if encoding.codec == "utf-8":
            raise
        cut = error.reason == CUT or error.reason.startswith("truncated")
        raise InputError("table_cut" if cut else "table_text") from error
    finally:
        stream.seek(0)
    return encoding


def _refuse_binary(text: str) -> None:
    if "\0" in text:
        raise InputError("table_text")
