"""The prefix below which a proxy shows the app: ``GRADIO_ROOT_PATH=/x`` for ``https://example.com/x/``."""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


def root_path() -> str:
    """The prefix, without a slash at its end; empty where there is none. A whole address may be given, as to Gradio."""
    return urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).path.rstrip("/")


class RootPath:
    """ASGI middleware: some proxies strip the prefix from the path before they pass a request on, others keep it; here
    it is stripped from those that keep it.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "http" and self.prefix and f"{scope['path']}/".startswith(f"{self.prefix}/"):
            path = scope["path"].removeprefix(self.prefix) or "/"
            scope = {**scope, "path": path, "raw_path": quote(path).encode()}
        await self.app(scope, receive, send)
