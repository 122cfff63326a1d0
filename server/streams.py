"""The stream on which the page hears its answers.

Gradio ends it with the last answer that is outstanding. An event that the page sends while the word of the end is on
its way is answered on no stream: the page shows nothing of it until another event opens a new one. Answers often call
for the next event, so that this happens to one visit in ten.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import parse_qs

from anyio import sleep
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STREAM = "/gradio_api/queue/data"
LAST = b'data: {"msg":"process_completed"'  # what Gradio may end a stream after
OPEN = 5.0  # seconds that a stream outlives its last answer; whatever an answer calls for has come by then
ASKED = 0.02  # seconds between two looks for the next event


class LastingStreams:
    """ASGI middleware: a browser's stream ends when nothing was asked for a while, not with each last answer.

    A program asks for one thing after the other, and would wait at its end for the stream's.

    Args:
        app: what comes next.
        outstanding: how many events of a session are not answered yet, the one that is being answered among them.
    """

    def __init__(self, app: ASGIApp, outstanding: Callable[[str], int]) -> None:
        self.app = app
        self.outstanding = outstanding

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or not scope["path"].startswith(STREAM) or not _from_a_page(scope):
            await self.app(scope, receive, send)
            return
        session = session_of(scope)
        left = waiting = False

        async def unhurried(message: Message) -> None:
            """Gradio decides whether to end the stream once it has sent an answer: it is given time."""
            nonlocal waiting
            await send(message)
            if message.get("body", b"").startswith(LAST):
                end = time.monotonic() + OPEN
                waiting = True
                while self.outstanding(session) == 1 and not left and time.monotonic() < end:
                    await sleep(ASKED)
                waiting = False

        async def heard() -> Message:
            """Who leaves ends the wait first: cut off in it, Gradio would not put its stream away."""
            nonlocal left
            message = await receive()
            left = message["type"] == "http.disconnect"
            while left and waiting:
                await sleep(ASKED)
            return message

        await self.app(scope, heard, unhurried)


def session_of(scope: Scope) -> str:
    """Whose stream is asked for; empty where the request does not say it."""
    return parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]


def _from_a_page(scope: Scope) -> bool:
    """Every browser calls itself so."""
    return "Mozilla" in Headers(scope=scope).get("user-agent", "")
