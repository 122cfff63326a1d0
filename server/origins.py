"""Which pages of other sites may read the app's answers from a visitor's browser (CORS)."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EMBEDDING = ("https://huggingface.co",)  # shows a Space in a frame; Starlette's CORSMiddleware answers it


class OwnOrigin:
    """ASGI middleware: what the page asks of the server that it came from is no call from another site.

    The origin is compared with the Host header, so that it holds at every address that the app is read at: a Space's, a
    proxy's, localhost. A browser sends neither header otherwise than it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin, host = headers.get("origin"), headers.get("host")
        # a proxy may end the encryption before us
        if not origin or origin not in (f"https://{host}", f"{scope['scheme']}://{host}"):
            await self.app(scope, receive, send)
            return

        async def allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["Access-Control-Allow-Origin"] = origin
                answer.add_vary_header("Origin")
            await send(message)

        others = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        await self.app({**scope, "headers": others}, receive, allowed)
