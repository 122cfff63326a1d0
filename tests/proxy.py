"""A small reverse proxy, of either kind: one that strips its prefix from what it passes on, one that keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "upgrade")


def proxy(target: str, prefix: str, keeps: bool) -> FastAPI:
    """Shows the app at ``target`` below ``prefix``, and in a frame of the page at ``/frame``."""
    client = httpx.AsyncClient(base_url=target, timeout=None, trust_env=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await client.aclose()

    async def passed_on(request: Request) -> Response:
        path = request.url.path if keeps else request.url.path.removeprefix(prefix) or "/"
        forwarded = {"x-forwarded-host": request.headers["host"], "x-forwarded-proto": "http"}
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP} | forwarded
        url = httpx.URL(path=path, query=request.url.query.encode())
        passed = client.build_request(request.method, url, headers=headers, content=request.stream())
        answer = await client.send(passed, stream=True)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.lower().decode() not in HOP_BY_HOP
        ]
        return response

    async def frame(_: Request) -> HTMLResponse:
        icon = '<link rel="icon" href="data:,">'  # or the browser asks for one that is not there
        return HTMLResponse(
            f'<!doctype html><title>Frame</title>{icon}<iframe src="{prefix}/" width="1200" height="800">'
        )

    routes = [
        Route("/frame", frame),
        Route(prefix, passed_on, methods=METHODS),
        Route(f"{prefix}/{{path:path}}", passed_on, methods=METHODS),
    ]
    return FastAPI(lifespan=lifespan, routes=routes, openapi_url=None)
