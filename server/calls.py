"""Calls over HTTP, checked before Gradio reads them.

Gradio answers an unknown endpoint or argument with a 500, and keeps a body for as long as its call waits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import InputError, shown
from models.vision.photo_files import MAX_PHOTOS
from server.bodies import SMALL
from server.streams import STREAM, session_of
from tabs.calls import FILES, LISTS, complete, file_of, forget, parameters, place_of

CALL = re.compile(r"/gradio_api/(?P<way>call/v2|call|run|api)/(?P<name>[^/]*)(?P<event>/[^/]+)?/?")
JOIN = "/gradio_api/queue/join"  # gradio_client's way, and the page's
RUN = "/gradio_api/run/predict"  # the page's way for events outside the queue, by number as in the queue
LONG = 65_536  # characters: no argument takes so long a text, but files may come as one
MOST_DIGITS = 1000  # of a number; Python reads 4,300
NAMED = 'an object of arguments by name, such as {"client_id": 900001}'
LISTED = 'an object with a list of arguments, such as {"data": [900001]}'
REFUSED = 400  # status from which an answer is a refusal
STATUS = {
    "body_heavy": 413,
    "body_shape": 400,
    "body_unreadable": 400,
    "endpoint_unknown": 404,
    "event_read": 409,
    "event_unknown": 404,
    "session_unknown": 404,
}  # else 422


T = TypeVar("T")


@dataclass(frozen=True)
class _Checked:
    """A call as it is passed on.

    Args:
        scope: of the request.
        body: JSON.
        written: the arguments, files that came as text by their paths; empty where none can have been written.
    """

    scope: Scope
    body: bytes
    written: list[Any]


class Calls:
    """ASGI middleware: refuses what names no endpoint or argument, and takes files that come as text out of a call.

    Args:
        app: what comes next.
        endpoints: by name.
        functions: the same by the number that Gradio gives each; None for what is the page's own.
        is_awaited: whether an event is being worked on, or its answer has not been fetched.
        has_joined: whether a session has asked for anything.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoints: Mapping[str, Callable[..., Any]],
        functions: Mapping[int, Callable[..., Any] | None],
        is_awaited: Callable[[str], bool],
        has_joined: Callable[[str], bool],
    ) -> None:
        self.app = app
        self.endpoints = endpoints
        self.functions = functions
        self.is_awaited = is_awaited
        self.has_joined = has_joined
        self.read: set[str] = set()  # events whose answers are being waited for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].rstrip("/")
        numbered = path in (JOIN, RUN)
        call = None if numbered else CALL.fullmatch(path)
        if call and call["name"] not in self.endpoints:
            unknown = InputError("endpoint_unknown", received=shown(call["name"]), allowed=self._names())
            await _refuse(unknown, scope, receive, send)
        elif scope["method"] == "GET" and call:
            await self._answered(scope, receive, send, (call["event"] or "").strip("/"))
        elif scope["method"] == "GET" and path == STREAM and not self.has_joined(session_of(scope)):
            await _refuse(InputError("session_unknown", received=shown(session_of(scope))), scope, receive, send)
        elif scope["method"] == "POST" and (call or numbered):
            await self._taken(scope, receive, send, call)
        else:
            await self.app(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send, event: str) -> None:
        """An answer, to one reader: it is sent once, so that of two readers one would wait for ever."""
        if not self.is_awaited(event):
            await _refuse(InputError("event_unknown", received=shown(event)), scope, receive, send)
        elif event in self.read:
            await _refuse(InputError("event_read", received=shown(event)), scope, receive, send)
        else:
            self.read.add(event)
            try:
                await self.app(scope, receive, send)
            finally:
                self.read.discard(event)

    async def _taken(self, scope: Scope, receive: Receive, send: Send, call: re.Match[str] | None) -> None:
        """A call, of which nothing stays where Gradio refuses it."""
        checked = await read(scope, receive, send, lambda body: self._checked(scope, body, call))
        if checked is None:
            return

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= REFUSED:
                forget(checked.written)
            await send(message)

        await self.app(checked.scope, replayed(checked.body, receive), heard)

    def _checked(self, scope: Scope, body: bytes, call: re.Match[str] | None) -> _Checked:
        by_name = call is not None and call["way"] == "call/v2"
        content = read_object(body, NAMED if by_name else LISTED)
        if not (by_name or isinstance(content.get("data"), list)):
            raise InputError("body_shape", received=shown(content), allowed=LISTED)
        if scope["path"].rstrip("/") == RUN and type(content.get("fn_index")) is not int:
            raise InputError("endpoint_unknown", received=shown("predict"), allowed=self._names())
        function = self.endpoints[call["name"]] if call else self._numbered(content.get("fn_index"))
        written: list[Any] = []
        if function is not None and by_name:
            content = {"data": list(complete(function, content).values())}
            path = scope["path"].replace("/call/v2/", "/call/")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        if function is not None and (by_name or len(body) > LONG):
            names = list(parameters(function))
            if len(names) < len(content["data"]):  # refused later, in a sentence: no file is written for it
                names = [""] * len(content["data"])
            written = content["data"] = [_short(*one) for one in zip(names, content["data"], strict=False)]
            body = json.dumps(content).encode()
        if len(body) > SMALL:
            forget(written)
            raise InputError("body_heavy", limit=SMALL // 1_000_000)
        return _Checked(_as_json(scope), body, written)

    def _numbered(self, number: Any) -> Callable[..., Any] | None:
        """What ``gradio_client`` or the page calls; Gradio itself says where no number was given."""
        if type(number) is not int:
            return None
        if number in self.functions:
            return self.functions[number]
        raise InputError("endpoint_unknown", received=shown(number), allowed=self._names())

    def _names(self) -> str:
        return ", ".join(f"/{name}" for name in self.endpoints)


async def read(scope: Scope, receive: Receive, send: Send, check: Callable[[bytes], T]) -> T | None:
    """What a check makes of a request's body; None where the caller has left, or was told why it is refused.

    Args:
        scope: of the request.
        receive: its body.
        send: the refusal.
        check: raises ``InputError`` with the sentence for the caller.
    """
    try:
        body = await Request(scope, receive).body()
    except ClientDisconnect:
        return None
    try:
        return await anyio.to_thread.run_sync(check, body) if len(body) > LONG else check(body)
    except InputError as error:
        await _refuse(error, scope, receive, send)
        return None


async def _refuse(error: InputError, scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"detail": str(error)}, STATUS.get(error.key, 422))(scope, receive, send)


def read_object(body: bytes, allowed: str) -> dict[str, Any]:
    """A body as the object that it has to be.

    Args:
        body: JSON.
        allowed: what it should be, for the sentence that refuses it.

    Raises:
        InputError: it is no JSON, or no object.
    """
    try:
        content = json.loads(body, parse_int=_whole_number)
    except RecursionError as error:
        raise InputError("body_unreadable", reason="brackets in brackets, without an end", allowed=allowed) from error
    except ValueError as error:
        raise InputError("body_unreadable", reason=str(error), allowed=allowed) from error
    if not isinstance(content, dict):
        raise InputError("body_shape", received=shown(content), allowed=allowed)
    return content


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _short(argument: str, value: Any) -> Any:
    """A value without what is long: a file as text becomes one on disk, any other text is cut, and refused later."""
    if argument in LISTS and isinstance(value, list) and len(value) <= MAX_PHOTOS:
        return [one if isinstance(one, list) else _short(argument, one) for one in value]  # a list is no file
    place = place_of(value)
    text = place if isinstance(place, str) else ""
    if len(text) <= LONG:
        return value
    if argument in FILES:
        try:
            return {"path": file_of(argument, text), "meta": {"_type": "gradio.FileData"}}
        except InputError:
            pass
    return f"{text[:LONG]}…"


def _as_json(scope: Scope) -> Scope:
    """What the body is, whatever the caller called it: curl calls everything a form."""
    others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    return {**scope, "headers": [*others, (b"content-type", b"application/json")]}


def replayed(body: bytes, receive: Receive) -> Receive:
    """Receives a body that was read before, then what else comes."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
