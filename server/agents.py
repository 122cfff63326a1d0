"""The endpoints as the tools of agents: an MCP server beside Gradio's API, over streamable HTTP.

Gradio has one of its own, which answers in Python literals, calls itself over the network at the address that the
caller names, and puts a Space's name before a tool's. This one calls the functions, as many of each at a time as the
queue lets through, and answers in JSON: as structured content, and as text for older agents.
"""

from __future__ import annotations

import base64
import inspect
import io
import json
import logging
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any, get_args, get_origin

import anyio
import gradio as gr
import mcp
from anyio.from_thread import check_cancelled
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from PIL.Image import Image
from pydantic import AnyUrl, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from models.errors import InputError, VitrineError, shown
from server.calls import read, read_object, replayed
from tabs.calls import FILES, named, parameters
from tabs.downloads import new_folder
from tabs.endpoints import LIMITS

PLACE = "/gradio_api/mcp"
LIBRARY = str(Path(mcp.__file__).parent)
MESSAGE = 'one message of JSON-RPC, such as {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
CONTENT = " Plain base64, or the address of a file that this server gave, will do too."


def keep_out_of_the_log() -> None:
    """What an agent sent is not logged: its library repeats names and arguments that it does not understand, in part
    by the logger of all.
    """
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    return not record.pathname.startswith(LIBRARY)


class Agents:
    """ASGI application: the MCP server.

    Args:
        title: of the server.
        endpoints: by name; each raises ``gr.Error`` with the sentence for its caller.
        at_once: calls of one endpoint at a time, where ``LIMITS`` says nothing else.
        waiting: calls of one endpoint that wait; the next one is told at once that the app is busy.
        root: what stands before the app's path in its public address.
    """

    def __init__(
        self, title: str, endpoints: Mapping[str, Callable[..., Any]], at_once: int, waiting: int, root: str
    ) -> None:
        self.endpoints, self.waiting, self.root = endpoints, waiting, root
        self.tools = [_tool(name, function) for name, function in endpoints.items()]
        self.limiters = {name: anyio.CapacityLimiter(LIMITS.get(name, at_once)) for name in endpoints}
        self.server: Server[Any, Request] = Server(title)
        self.server.list_tools()(self._list)
        self.server.call_tool(validate_input=False)(self._call)  # the endpoints' own sentences say more
        self.manager = StreamableHTTPSessionManager(self.server, stateless=True)

    def run(self) -> AbstractAsyncContextManager[None]:
        """While this context is open, agents are served."""
        return self.manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; a person who opens the address is shown how to use it."""
        request = Request(scope)
        if scope["path"].rstrip("/").endswith("/schema"):  # where the Hub looks which tools a Space has
            listed = [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "inputSchema": tool.inputSchema,
                    "meta": _meta(tool),
                }
                for tool in self.tools
            ]
            await JSONResponse(listed)(scope, receive, send)
        elif request.method == "GET" and "text/event-stream" not in request.headers.get("accept", ""):
            await RedirectResponse(f"{self.root}/?tab=programs")(scope, receive, send)
        elif request.method == "POST":
            await self._message(scope, receive, send)
        else:
            await self.manager.handle_request(scope, receive, send)

    async def _message(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A message, of which the library would say in its own words that it is none."""
        body = await read(scope, receive, send, _message)
        if body is not None:
            await self.manager.handle_request(scope, replayed(body, receive), send)

    async def _list(self) -> list[types.Tool]:
        return self.tools

    async def _call(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        if name not in self.endpoints:
            known = ", ".join(self.endpoints)
            return _refused(str(InputError("endpoint_unknown", received=shown(name), allowed=known)))
        limiter = self.limiters[name]
        if limiter.statistics().tasks_waiting >= self.waiting:
            return _refused(str(InputError("busy")))
        request = self.server.request_context.request
        address = f"{_origin(request)}{self.root}" if request else ""
        # Not abandoned when the agent hangs up: the call keeps its place until the thread has ended. Whoever calls and
        # hangs up again and again has no more threads than one who waits.
        return await run_sync(_result, self.endpoints[name], arguments, address, limiter=limiter)


def _message(body: bytes) -> bytes:
    """A body that is a message.

    Raises:
        InputError: it is none.
    """
    read_object(body, MESSAGE)
    return body


def _result(function: Callable[..., Any], arguments: dict[str, Any], address: str) -> types.CallToolResult:
    """What an agent is told: the last answer of an endpoint, or why there is none.

    Runs in a worker thread as a whole: packing a large picture takes a second, in which the event loop would serve
    nobody.
    """
    try:
        answer = _answer(function, arguments)
    except VitrineError as error:
        return _refused(str(error))
    except gr.Error as error:
        return _refused(error.message)
    if isinstance(answer, (Image, Path)):
        content = _picture(answer, address) if isinstance(answer, Image) else _file(answer, address)
        return types.CallToolResult(content=[*content])
    text = types.TextContent(type="text", text=json.dumps(answer))
    return types.CallToolResult(content=[text], structuredContent=answer)


def _without_null(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without those that are null and have a default: agents write null for what they leave out."""
    optional = {name for name, one in parameters(function).items() if one.default is not one.empty}
    return {name: value for name, value in arguments.items() if value is not None or name not in optional}


def _answer(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """The last answer of an endpoint; the work of an agent who hangs up ends after the step that it is in."""
    answer = function(*named(function, _without_null(function, arguments)).values())
    if not inspect.isgenerator(answer):
        check_cancelled()  # nothing is packed for an agent who left
        return answer
    last = None
    with closing(answer) as steps:
        for last in steps:  # noqa: B007
            check_cancelled()
    return last


def _tool(name: str, function: Callable[..., Any]) -> types.Tool:
    text, _, about = (inspect.getdoc(function) or "").partition("\nArgs:\n")
    described = dict(re.findall(r"^ *(\w+): (.*)$", about, re.MULTILINE))
    hints = inspect.get_annotations(inspect.unwrap(function), eval_str=True)
    properties: dict[str, Any] = {}
    for argument, parameter in parameters(function).items():
        schema = TypeAdapter(hints[argument]).json_schema()
        schema = next((kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}), schema)
        schema["description"] = described.get(argument, argument) + (CONTENT if argument in FILES else "")
        if parameter.default not in (parameter.empty, None):
            schema["default"] = parameter.default
        properties[argument] = schema
    required = [key for key, parameter in parameters(function).items() if parameter.default is parameter.empty]
    returned = hints["return"]
    if get_origin(returned) is Iterator:  # an agent is given the last
        (returned,) = get_args(returned)
    answers = get_origin(returned) is dict
    return types.Tool(
        name=name,
        description=" ".join(text.split()),
        inputSchema={"type": "object", "properties": properties} | ({"required": required} if required else {}),
        outputSchema={"type": "object"} if answers else None,
        annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=False),
    )


def _meta(tool: types.Tool) -> dict[str, Any]:
    files = any(argument in FILES for argument in tool.inputSchema["properties"])
    return {"file_data_present": files, "mcp_type": "tool", "endpoint_name": tool.name}


def _refused(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=sentence)], isError=True)


def _picture(image: Image, address: str) -> Sequence[types.ContentBlock]:
    """A picture, and where it can be had, so that an agent can pass it on without its content."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)  # a quarter of the time for a fifth more bytes
    path = new_folder("agents") / "picture.png"
    path.write_bytes(buffer.getvalue())
    return [
        types.ImageContent(type="image", data=base64.b64encode(buffer.getvalue()).decode(), mimeType="image/png"),
        types.TextContent(type="text", text=f"Image URL: {address}/gradio_api/file={path}"),
    ]


def _file(path: Path, address: str) -> Sequence[types.ContentBlock]:
    """A file, whole, and where it can be had."""
    url = f"{address}/gradio_api/file={path}"
    content = base64.b64encode(path.read_bytes()).decode()
    kind = mimetypes.guess_type(path.name)[0]
    resource = types.BlobResourceContents(uri=AnyUrl(url), mimeType=kind, blob=content)
    return [
        types.EmbeddedResource(type="resource", resource=resource),
        types.TextContent(type="text", text=f"File URL: {url}"),
    ]


def _origin(request: Request) -> str:
    """Where the agent found the server, also behind a proxy."""

    def first(name: str, otherwise: str) -> str:
        return request.headers.get(name, otherwise).split(",")[0].strip()

    return f"{first('x-forwarded-proto', request.url.scheme)}://{first('x-forwarded-host', request.url.netloc)}"
