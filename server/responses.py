"""The whole response of the app behind a middleware, before it is changed and sent on."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope


async def collect(app: ASGIApp, scope: Scope, receive: Receive, without: tuple[bytes, ...]) -> tuple[Message, bytes]:
    """What an ASGI app answers, uncompressed.

    Args:
        app: that answers.
        scope: of the request.
        receive: its body.
        without: names of request headers that the app does not get to see, in lower case.

    Returns:
        The message that starts the response (status and headers), and the body.
    """
    start: Message = {}
    body = b""

    async def send(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
        else:
            body += message.get("body", b"")

    headers = [(name, value) for name, value in scope["headers"] if name not in without]
    await app({**scope, "headers": headers}, receive, send)
    return start, body
