"""The two pages that a browser opens, one a language: Gradio's, with a head of ours (:mod:`tabs.document`)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from models.conventions import LANGUAGES, Language
from models.texts import Texts
from server.responses import collect
from tabs.document import head, preloaded, rewrite

DOCUMENTS: dict[str, Language] = {Texts(language).path: language for language in LANGUAGES}  # by path


class Documents:
    """ASGI middleware: the pages come with a head of ours, in their language, and compressed.

    Args:
        app: what comes next.
        root: what stands before the app's paths in its public address, such as "/x"; empty where nothing does.
    """

    def __init__(self, app: ASGIApp, root: str = "") -> None:
        self.app = app
        self.root = root
        self.compressed = GZipMiddleware(self._rewritten, compresslevel=5)
        self.heads = {language: (head(language) + preloaded(root)).encode() for language in LANGUAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        path = scope["path"].removesuffix("/") if scope["type"] == "http" else ""
        if path in DOCUMENTS and path != scope["path"]:  # relative, so that it holds below any prefix
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"..{path}" + (f"?{query}" if query else ""))(scope, receive, send)
            return
        page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in DOCUMENTS
        await (self.compressed if page else self.app)(scope, receive, send)

    async def _rewritten(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = DOCUMENTS[scope["path"]]
        # Gradio would compress it before it can be rewritten
        start, body = await collect(self.app, scope, receive, without=(b"accept-encoding",))
        headers = MutableHeaders(raw=start["headers"])
        if headers.get("content-type", "").startswith("text/html"):
            body = rewrite(body, language, self.heads[language], self.root)
            headers["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})
