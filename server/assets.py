"""The page's scripts and styles, compressed once and well, and the rendered pictures at the size of their place.

Gradio compresses a script anew for every visitor, quickly and so a fifth larger, on the thread that serves everyone.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

import anyio.to_thread
import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from models.vision import gallery
from server.responses import collect
from tabs.gradio_internals import mended

PLACES = ("/assets/", "/static/")
KINDS = (".js", ".css", ".svg")
QUALITY = 9  # of 11: the largest script in a second; at 11 it takes fifteen
MOST = 2000  # files kept; Gradio has some nine hundred
PICTURE = "/pictures/{side:int}/{name}"
SIDES = (128, 340)  # px that the page asks for
MONTH = 30 * 24 * 3600  # seconds that a browser may keep a picture


class CompressedAssets:
    """ASGI middleware: a file of Gradio's page is mended and compressed when it is first asked for, and kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}  # headers and body, by path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if not _compressible(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self.kept:
            start, body = await collect(self.app, scope, receive, without=(b"accept-encoding", b"range"))
            if start["status"] != HTTPStatus.OK or len(self.kept) >= MOST:
                await send(start)
                await send({"type": "http.response.body", "body": body})
                return
            body = await anyio.to_thread.run_sync(lambda: brotli.compress(mended(path, body), quality=QUALITY))
            headers = MutableHeaders(raw=start["headers"])
            headers["content-encoding"], headers["content-length"] = "br", str(len(body))
            headers.add_vary_header("accept-encoding")
            self.kept[path] = headers.raw, body
        raw, body = self.kept[path]
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _compressible(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(PLACES):
        return False
    headers = Headers(scope=scope)
    conditional = "if-none-match" in headers or "if-modified-since" in headers
    return scope["path"].endswith(KINDS) and "br" in headers.get("accept-encoding", "") and not conditional


def picture(request: Request) -> Response:
    """One of the rendered pictures, as WebP of a side that the page asks for."""
    side, name = request.path_params["side"], request.path_params["name"]
    found = _picture(side, name) if side in SIDES else None
    if found is None:
        return JSONResponse({"detail": f"there is no picture {name[:60]} of {side} px"}, HTTPStatus.NOT_FOUND)
    return Response(found, media_type="image/webp", headers={"cache-control": f"public, max-age={MONTH}"})


@cache
def _pictures() -> dict[str, gallery.ExamplePicture]:
    return {example.path.name: example for example in gallery.catalogue()}


def _picture(side: int, name: str) -> bytes | None:
    example = _pictures().get(name)
    return None if example is None else gallery.webp_thumbnail(example, side)
