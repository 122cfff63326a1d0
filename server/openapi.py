"""The endpoints as an OpenAPI document, from which clients in any language are generated.

Gradio has one of its own, which names types that JSON Schema does not have and no refusal, so that generators give up.
This one says what the tools of agents say, of the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp.types import Tool

from server.bodies import UPLOAD
from tabs.calls import FILES, LISTS

PLACE = "/gradio_api/openapi.json"
VERSION = "3.1.0"  # the first whose schemas are JSON Schema as it is

_TEXT = {"type": "string"}
_FILE = {
    "oneOf": [
        _TEXT,
        {"type": "object", "properties": {"path": _TEXT}, "required": ["path"]},
    ]
}
_REFUSALS = {
    "400": "The body cannot be read.",
    "413": "The body is too large.",
    "422": "An argument is unknown, missing or not allowed.",
    "503": "The app is busy.",
}


def document(title: str, tools: Sequence[Tool], root: str) -> dict[str, Any]:
    """The document.

    Args:
        title: of the app.
        tools: the endpoints, as agents are told of them.
        root: what stands before the app's path in its public address; empty where nothing does.
    """
    paths: dict[str, Any] = {}
    for tool in tools:
        paths[f"/gradio_api/call/v2/{tool.name}"] = {"post": _call(tool)}
        paths[f"/gradio_api/call/{tool.name}/{{event_id}}"] = {"get": _answer(tool)}
    paths[UPLOAD] = {"post": _upload()}
    return {
        "openapi": VERSION,
        "info": {"title": title, "version": "1"},
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {
            "schemas": {
                "Event": _object({"event_id": _TEXT}),
                "Refusal": _object({"detail": {"type": "string", "description": "What was wrong, in a sentence."}}),
            }
        },
    }


def _call(tool: Tool) -> dict[str, Any]:
    properties = {name: _argument(name, schema) for name, schema in tool.inputSchema["properties"].items()}
    body = {**tool.inputSchema, "properties": properties, "additionalProperties": False}
    return {
        "operationId": tool.name,
        "description": tool.description,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _json("The call was taken; its event.", "Event"), **_refusals(*_REFUSALS)},
    }


def _argument(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """As agents are told, but a file may also be the object that Gradio's own clients send."""
    if name not in FILES:
        return schema
    kind = {"type": "array", "items": _FILE} if name in LISTS else _FILE
    return {**kind, "description": schema["description"]}


def _answer(tool: Tool) -> dict[str, Any]:
    stream = "Server-sent events. After `event: complete`, `data` is a list of one value, the answer; after "
    stream += "`event: error`, it says what was wrong."
    event = {"name": "event_id", "in": "path", "required": True, "schema": _TEXT}
    return {
        "operationId": f"{tool.name}_answer",
        "description": f"The answer to a call of `{tool.name}`, once. Who closes the stream stops the work.",
        "parameters": [event],
        "responses": {
            "200": {"description": stream, "content": {"text/event-stream": {"schema": _TEXT}}},
            "404": _json("No such event, or its answer was fetched already.", "Refusal"),
        },
    }


def _upload() -> dict[str, Any]:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    paths = {"type": "array", "items": _TEXT}
    return {
        "operationId": "upload",
        "description": "Takes files, and answers the path of each, by which a call names it.",
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _object({"files": files})}}},
        "responses": {
            "200": {"description": "The paths.", "content": {"application/json": {"schema": paths}}},
            **_refusals("400", "413", "503"),
        },
    }


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: _json(_REFUSALS[status], "Refusal") for status in statuses}


def _json(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
