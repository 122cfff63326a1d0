"""Bounds on what a request may bring: its size, and the number and kind of its parts."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import InputError
from models.vision.photo_files import MAX_UNPACKED

LIMIT = 140_000_000  # bytes: a photo of 100 MiB as base64, and the call around it
UPLOADED = MAX_UNPACKED * 1_000_000  # bytes of the files of an upload together, on disk: those of a zip may be as many
SMALL = 4_000_000  # bytes of a request that brings no file
AT_ONCE = 3 * LIMIT  # bytes of bodies in memory, all callers together
UPLOAD = "/gradio_api/upload"  # written to disk as it comes; other bodies are in memory until they are read
WITH_FILES = (UPLOAD, "/gradio_api/call/", "/gradio_api/queue/join", "/gradio_api/mcp")


@dataclass(frozen=True)
class Refusal:
    """Why a body is not read, and the status of HTTP that says so."""

    status: int
    error: InputError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await JSONResponse({"detail": str(self.error)}, self.status)(scope, receive, send)


class BoundedBodies:
    """ASGI middleware: a body that is too large is refused, from its length if it tells one, and nothing stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.held = 0  # bytes in memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        form = scope["path"] == UPLOAD and _is_form(headers)
        limit = UPLOADED if form else LIMIT if scope["path"].startswith(WITH_FILES) else SMALL
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            await _discarded(receive, limit, "expect" in headers)
            await Refusal(413, InputError("body_heavy", limit=limit // 1_000_000))(scope, receive, send)
            return
        body = _Body(self, receive, limit, form)
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if body.refusal is None or begun:
                begun = True
                await send(message)

        try:
            await self.app(scope, body.receive, answer)
        except (HTTPException, MultiPartException):
            if body.refusal is None:
                raise
        finally:
            self.held -= body.held
        if body.refusal is not None and not begun:  # whatever the app made of a body that breaks off
            await body.refusal(scope, receive, send)


class _Body:
    """A body that is counted as it comes."""

    def __init__(self, all_bodies: BoundedBodies, receive: Receive, limit: int, form: bool) -> None:
        self.refusal: Refusal | None = None
        self.held = 0  # bytes in memory
        self._all, self._receive, self._limit, self._form = all_bodies, receive, limit, form
        self._came, self._whole = 0, False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            MultiPartException: a form is too large, or breaks off; whoever reads it removes what it wrote so far.
            HTTPException: another body is too large, or there are too many at once.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._form and not self._whole:
            raise MultiPartException("the upload broke off")
        if message["type"] != "http.request":
            return message
        came = len(message.get("body", b""))
        self._came += came
        self._whole = not message.get("more_body", False)
        if not self._form:
            self.held += came
            self._all.held += came
        if self._came > self._limit:
            self.refusal = Refusal(413, InputError("body_heavy", limit=self._limit // 1_000_000))
        elif self._all.held > AT_ONCE:
            self.refusal = Refusal(503, InputError("busy"))
        if self.refusal is not None:
            sentence = str(self.refusal.error)
            raise MultiPartException(sentence) if self._form else HTTPException(self.refusal.status, sentence)
        return message


def _is_form(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("multipart/form-data")


async def _discarded(receive: Receive, limit: int, asked: bool) -> None:
    """Reads on for a while and keeps nothing: a caller who is still sending hears no answer. One who ``asked`` whether
    to send (``Expect: 100-continue``) hears it at once.
    """
    came = 0
    while not asked and came < 2 * limit:
        message = await receive()
        came += len(message.get("body", b""))
        if not message.get("more_body"):
            return
