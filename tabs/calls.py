"""What a program sends, brought to the arguments of an endpoint; whatever does not fit is refused in a sentence.

The same for every way to call: ``gradio_client``, HTTP, MCP.
"""

from __future__ import annotations

import binascii
import inspect
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from models.errors import InputError, shown
from models.runtime import upload_cleanup
from models.vision.photo_files import MAX_PHOTOS
from tabs.downloads import new_folder

FILES = ("image", "table", "images")  # the arguments that take a file
LISTS = ("images",)  # those of them that take several
SHORTEST = 64  # characters of base64 that stand for a file by themselves; a picture has more
_PLAIN = bytes.maketrans(b"-_", b"+/")  # the alphabet for addresses, in that of MIME
_INLINE = "inline"  # folder of the files that came as text


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The arguments of an endpoint, in order."""
    return dict(inspect.signature(function).parameters)


def positional(function: Callable[..., Any], values: Sequence[Any]) -> list[Any]:
    """The arguments of an endpoint from a list of values; what is left out has its default.

    Raises:
        InputError: too many values, none for an argument that needs one, or no file where one is needed.
    """
    expected = parameters(function)
    if len(values) > len(expected):
        raise InputError(
            "arguments_many", endpoint=function.__name__, received=len(values), allowed=", ".join(expected) or "none"
        )
    return list(named(function, dict(zip(expected, values, strict=False))).values())


def named(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an endpoint from values by name, in order; what is left out has its default.

    Raises:
        InputError: an unknown name, none for an argument that needs one, or no file where one is needed.
    """
    bound = complete(function, values)
    return {name: _received(name, value) for name, value in bound.items()}


def _received(name: str, value: Any) -> Any:
    if name in LISTS:
        return files_of(name, value)
    return file_of(name, value) if name in FILES else value


def complete(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument of an endpoint by name, in order: what was sent, or its default.

    Raises:
        InputError: an unknown name, or none for an argument that needs one.
    """
    expected = parameters(function)
    names = ", ".join(expected) or "none"
    for name in values:
        if name not in expected:
            raise InputError("argument_unknown", endpoint=function.__name__, received=shown(name), allowed=names)
    for name, parameter in expected.items():
        if name not in values and parameter.default is parameter.empty:
            raise InputError("argument_missing", endpoint=function.__name__, argument=name, allowed=names)
    return {name: values.get(name, parameter.default) for name, parameter in expected.items()}


def place_of(value: Any) -> Any:
    """Where a file stands, of what a program sends for it: its path, or else its URL; what names neither, as it is."""
    if isinstance(value, dict):
        return next((value[key] for key in ("path", "url") if value.get(key)), value)
    return value


def file_of(argument: str, value: Any) -> str | None:
    """The path of the file that a program means: one that it uploaded, by its path or our link to it, or one that came
    as text, a data URL or plain base64.

    Raises:
        InputError: it is none of these. Nothing else is opened, and no link is followed.
    """
    value = place_of(value)
    if value is None:
        return None
    if isinstance(value, str):
        if value[:5].lower() == "data:":  # capitals or not, as RFC 2397 has it
            head, _, content = value.partition(",")
            return _saved(argument, content, encoded=head.lower().endswith(";base64"))
        if value.startswith(("http://", "https://")):
            if linked := _uploaded(unquote(urlsplit(value).path.partition("/gradio_api/file=")[2])):
                return linked
            raise InputError("link", argument=argument)
        if uploaded := _uploaded(value):
            return uploaded
        if len(value) >= SHORTEST and (decoded := _decoded(value)) is not None:
            return _written(argument, decoded)
    raise InputError("file_expected", argument=argument, received=shown(value))


def files_of(argument: str, value: Any) -> list[str]:
    """The paths of the files that a program means, one or several of what :func:`file_of` takes.

    Raises:
        InputError: there are more than the call takes, or one of them is no file; the others are gone again.
    """
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_PHOTOS:
        raise InputError("images_many", received=len(values), limit=MAX_PHOTOS)
    found: list[str] = []
    try:
        for place, one in enumerate(values):
            path = file_of(f"{argument}[{place}]", one)
            if path is None:
                raise InputError("file_expected", argument=f"{argument}[{place}]", received=shown(one))
            found.append(path)
    except InputError:
        forget(found)
        raise
    return found


@contextmanager
def used_once(values: Sequence[Any]) -> Iterator[None]:
    """Files among the arguments of a call that came as text are gone when it ends."""
    try:
        yield
    finally:
        forget(values)


def forget(values: Sequence[Any]) -> None:
    """Removes the files among some values, and among lists of them, that came as text."""
    inline = upload_cleanup.own_folder().resolve() / _INLINE
    for value in values:
        place = place_of(value)
        if isinstance(place, list):
            forget([one for one in place if not isinstance(one, list)])
        elif isinstance(place, str) and _INLINE in place:
            path = _uploaded(place)
            if path is not None and Path(path).is_relative_to(inline):
                shutil.rmtree(Path(path).parent, ignore_errors=True)


def _uploaded(text: str) -> str | None:
    """A path, if it is that of a file that was uploaded."""
    folder = upload_cleanup.own_folder().resolve()
    try:
        path = Path(text).resolve() if text else folder
        return str(path) if path.is_relative_to(folder) and path.is_file() else None
    except (OSError, ValueError):  # too long, or with a character that no path has
        return None


def _saved(argument: str, content: str, encoded: bool) -> str:
    data = _decoded(content) if encoded else unquote_to_bytes(content)
    if data is None:
        raise InputError("file_base64", argument=argument)
    return _written(argument, data)


def _decoded(text: str) -> bytes | None:
    """Base64 in either alphabet, with or without line breaks and padding."""
    try:
        plain = (unquote_to_bytes(text) if "%" in text else text.encode("ascii")).translate(_PLAIN, b" \t\r\n")
        plain = plain.rstrip(b"=")
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        return None


def _written(argument: str, content: bytes) -> str:
    path = new_folder(_INLINE) / argument
    path.write_bytes(content)
    return str(path)
