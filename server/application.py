"""The server: our own FastAPI application, with Gradio mounted in it, and what a request passes before it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import Route

from models.conventions import LANGUAGES
from models.errors import InputError
from models.runtime import background, memory, upload_cleanup
from models.runtime.health import check_models
from models.texts import Texts
from models.vision import inference_executor, prototype_explanation
from server import agents, openapi
from server.agents import Agents
from server.assets import PICTURE, CompressedAssets, picture
from server.bodies import UPLOAD, BoundedBodies
from server.calls import Calls
from server.content_types import AsSaid
from server.documents import Documents
from server.origins import EMBEDDING, OwnOrigin
from server.root_path import RootPath, root_path
from server.streams import LastingStreams
from tabs.gradio_internals import LightBlocks
from tabs.theme import STYLE_SHEET, theme

MAX_UPLOAD = "100mb"
SWEPT, KEPT = 600, 3600  # seconds between two sweeps of what visitors sent, and that it may stay
GIVEN_BACK = 30  # seconds between two returns of free memory to the system
WAITING = 64  # calls waiting; the next one is told at once that the app is busy
STOPPING = 3  # seconds that open streams have when the server stops

# Seconds that a thread may keep Python to itself while others wait. A network gives it up at each of its layers: with
# the usual 5 ms a photo among many visitors waits longer for Python than for its sums; with 0.5 ms a tenth fewer photos
# were answered among all other calls than with this, and with 0.03 ms no more, and fewer of the other calls.
SWITCH = 1e-4

# How much nicer than the networks all other threads are. Every layer of a network waits for the slower of its threads:
# among many visitors it would wait for a core at each of them.
NICER = 5

# Routes of Gradio's that this app has no use for, and a stranger might: they fetch links, write files, start the queue
# a second time, show who else is there, or describe all these.
CLOSED = (
    "/gradio_api/file=http{rest:path}",
    "/gradio_api/proxy={rest:path}",
    "/gradio_api/process_recording",
    "/gradio_api/component_server",
    "/gradio_api/deep_link",
    "/gradio_api/startup-events",
    "/gradio_api/vibe-{rest:path}",
    "/gradio_api/dev/{rest:path}",
    "/openapi.json",
    "/monitoring{rest:path}",
    "/login",
    "/logout",
)


def create_server(blocks: LightBlocks, concurrent: int) -> FastAPI:
    """The app as it is served everywhere.

    Args:
        blocks: the page and the endpoints.
        concurrent: calls of one event at a time.
    """
    blocks.queue(default_concurrency_limit=concurrent, max_size=WAITING, api_open=False)
    root = root_path()
    functions = blocks.functions()
    endpoints = {function.__name__: function for function in functions.values() if function is not None}
    agents.keep_out_of_the_log()
    tools = Agents(str(blocks.title), endpoints, concurrent, WAITING, root)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH)
        _networks_first()
        swept = upload_cleanup.keep_swept(upload_cleanup.own_folder(), SWEPT, KEPT)
        given_back = memory.keep_given_back(GIVEN_BACK)
        forgotten = background.repeat(prototype_explanation.cached.cache_clear, KEPT, "photos")
        try:
            async with tools.run():
                yield
        finally:
            swept.set()
            given_back.set()
            forgotten.set()

    server = FastAPI(
        lifespan=lifespan,
        openapi_url=None,  # ours describes the endpoints
        middleware=[
            Middleware(RootPath, prefix=root),
            Middleware(AsSaid),
            Middleware(OwnOrigin),
            # Gradio leaves this to us where it finds Starlette's own class
            Middleware(
                CORSMiddleware,
                allow_origins=EMBEDDING,
                allow_methods=["*"],
                allow_headers=["*"],
                allow_credentials=True,
            ),
            Middleware(BoundedBodies),
            Middleware(
                Calls,
                endpoints=endpoints,
                functions=functions,
                is_awaited=blocks.is_awaited,
                has_joined=blocks.has_joined,
            ),
            Middleware(CompressedAssets),
            Middleware(Documents, root=root),
            Middleware(LastingStreams, outstanding=blocks.outstanding),
        ],
    )
    server.add_api_route("/health", health, methods=["GET"])
    described = openapi.document(str(blocks.title), tools.tools, root)
    server.add_api_route(openapi.PLACE, lambda: JSONResponse(described), methods=["GET"])
    server.router.routes.append(Route(PICTURE, picture, methods=["GET"]))
    server.router.routes += [Route(path, _closed, methods=["GET", "POST"]) for path in CLOSED]
    server.router.routes.append(Route(f"{agents.PLACE}{{rest:path}}", tools))
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that a page in two languages has no SSR
        return gr.mount_gradio_app(
            server,
            blocks,
            path="/",
            root_path=root,
            # said to screen readers when an answer has come; Gradio itself says the name of the text
            i18n=gr.I18n(**{name: {"common.complete": Texts(name)("page.complete")} for name in LANGUAGES}),
            theme=theme(),
            css_paths=[STYLE_SHEET],
            max_file_size=MAX_UPLOAD,
            allowed_paths=[],
            show_error=False,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],  # Gradio's examples of calls do not run; those of the Programs tab are tested
            app_kwargs={"exception_handlers": {TypeError: _no_upload}},
            mcp_server=False,  # agents are served by ours
            ssr_mode=False,  # a Space would turn it on; what is tested is what Python serves
        )


def _networks_first() -> None:
    """The threads of the networks go before this one and those that it starts from now on."""
    inference_executor.start()
    if sys.platform == "linux":  # elsewhere a priority is that of the whole process
        thread = threading.get_native_id()
        nice = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(nice + NICER, 19))


def health() -> JSONResponse:
    """Each model, whether it answers a self-test; 503 where one does not."""
    states = check_models()
    sound = all(state.sound for state in states)
    body = {"status": "ok" if sound else "degraded", "models": [vars(state) for state in states]}
    return JSONResponse(body, status_code=200 if sound else 503)


def _closed(request: Request) -> JSONResponse:
    return JSONResponse({"detail": f"{request.url.path[:60]} is not served here"}, 404)


def _no_upload(request: Request, error: Exception) -> JSONResponse:
    """Gradio takes a file without a name for a text, and answers with a 500."""
    if not request.url.path.endswith(UPLOAD):
        raise error
    return JSONResponse({"detail": str(InputError("upload_unnamed"))}, 400)


@contextmanager
def running(server: FastAPI) -> Iterator[str]:
    """Serves on a free port, in the background, until the block ends; gives the address, once the server answers."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(server, log_level="warning", timeout_graceful_shutdown=STOPPING)
    background = uvicorn.Server(config)
    thread = threading.Thread(target=background.run, args=([listening],), name="server", daemon=True)
    thread.start()
    while not background.started:
        thread.join(0.01)
        if not thread.is_alive():
            raise RuntimeError("the server did not start; the log says why")
    try:
        yield "http://{}:{}/".format(*listening.getsockname())
    finally:
        background.should_exit = True
        thread.join()
