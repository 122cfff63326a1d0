"""Agents who left: whether the MCP call that a piece of work belongs to is still waited for.

Gradio runs an agent's call as a call of its own, which goes on when the agent hangs up. The headers of the agent's call
come with it; among them is one that :class:`Attended` adds, by which the work can tell that it is in vain.
"""

from __future__ import annotations

import uuid

import gradio as gr
from starlette.types import ASGIApp, Receive, Scope, Send

PLACE = "/gradio_api/mcp"
HEADER = "x-vitrine-agent"

_waiting: set[str] = set()  # the calls of agents that are open


class Attended:
    """ASGI middleware: every MCP request gets a number, which is known for as long as it is open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PLACE):
            await self.app(scope, receive, send)
            return
        number = uuid.uuid4().hex
        _waiting.add(number)
        try:
            headers = [*scope["headers"], (HEADER.encode(), number.encode())]
            await self.app({**scope, "headers": headers}, receive, send)
        finally:
            _waiting.discard(number)


def has_left(request: gr.Request) -> bool:
    """Whether a call was an agent's, and the agent has hung up; never so for the calls of others."""
    number = request.headers.get(HEADER)
    return number is not None and number not in _waiting
