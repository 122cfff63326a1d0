"""The whole response of the app behind a middleware, before it is changed and sent on."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope


async def collect(app: ASGIApp, scope: Scope, receive: Receive, without: tuple[bytes, ...]) -> tuple[Message, bytes]:
    """What an ASGI app answers, uncompressed and whole: also to a visitor who has left meanwhile, since others may be
    answered with the same.

    Args:
        app: that answers.
        scope: of the request.
        receive: its body.
        without: names of request headers that the app does not get to see, in lower case.

    Returns:
        The message that starts the response (status and headers), and the body.

    Raises:
        RuntimeError: the app ended before its answer did.
    """
    start: Message = {}
    body, ended = b"", False

    async def send(message: Message) -> None:
        nonlocal start, body, ended
        if message["type"] == "http.response.start":
            start = message
        else:
            body += message.get("body", b"")
            ended = not message.get("more_body", False)

    async def receive_patiently() -> Message:
        message = await receive()
        if message["type"] == "http.disconnect":
            await anyio.sleep_forever()  # the app would stop in the middle
        return message

    headers = [(name, value) for name, value in scope["headers"] if name not in without]
    await app({**scope, "headers": headers}, receive_patiently, send)
    if not ended:
        raise RuntimeError(f"the answer to {scope['path']} ended after {len(body)} bytes, before it was whole")
    return start, body
