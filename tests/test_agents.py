"""What agents' calls hold of the server: not its event loop, and no more places than they have threads."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from anyio.from_thread import check_cancelled, start_blocking_portal
from fastapi import FastAPI
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from PIL import Image
from starlette.routing import Route

from server import agents
from server.agents import PLACE, Agents
from server.application import running
from tests.factories import photo

PATIENCE = 60  # seconds for a busy machine


@dataclass
class Work:
    """An endpoint of one long step, which goes on until the test ends it."""

    begun: Event = field(default_factory=Event)
    left: Event = field(default_factory=Event)  # the server knows that the agent has hung up
    end: Event = field(default_factory=Event)
    running: int = 0
    most: int = 0
    url: str = ""
    tools: Agents | None = None

    @property
    def place(self) -> anyio.CapacityLimiter:
        """What lets calls through."""
        assert self.tools is not None
        return self.tools.limiters["work"]

    def waiting(self) -> int:
        """Calls that wait."""
        return self.place.statistics().tasks_waiting

    def work(self) -> dict[str, Any]:
        """Works on, also for nobody."""
        self.running += 1
        self.most = max(self.most, self.running)
        self.begun.set()
        while not self.end.wait(0.01):
            try:
                check_cancelled()
            except asyncio.CancelledError:
                self.left.set()
        self.running -= 1
        return {"done": True}


@contextmanager
def served(*endpoints: Callable[..., Any]) -> Iterator[tuple[str, Agents]]:
    """A server of these tools alone: one call of each at a time, one that waits."""
    tools = Agents("Test", {endpoint.__name__: endpoint for endpoint in endpoints}, at_once=1, waiting=1, root="")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.run():
            yield

    server = FastAPI(lifespan=lifespan)
    server.router.routes.append(Route(f"{PLACE}{{rest:path}}", tools))
    with running(server) as url:
        yield f"{url.rstrip('/')}{PLACE}/", tools


@pytest.fixture
def long() -> Iterator[Work]:
    """A long step, served."""
    work = Work()
    with served(work.work) as (work.url, work.tools):
        try:
            yield work
        finally:
            work.end.set()  # the server waits for it


async def call(url: str, name: str) -> CallToolResult:
    """The answer to an agent; whoever cancels this hangs up."""
    async with streamable_http_client(url) as (reading, writing, _), ClientSession(reading, writing) as session:
        await session.initialize()
        return await session.call_tool(name, {})


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        await anyio.sleep(0.01)


def picture() -> Image.Image:
    """A picture."""
    return photo(96, 64)


def document() -> Path:
    """A file."""
    return Path(__file__)


def figures() -> dict[str, Any]:
    """Figures."""
    return {"figure": 1}


@pytest.mark.parametrize(
    ("endpoint", "owner", "name"),
    [(picture, Image.Image, "save"), (document, Path, "read_bytes"), (figures, agents, "json")],
)
def test_no_answer_is_packed_on_the_event_loop(
    endpoint: Callable[..., Any], owner: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it takes to pack a large one, every visitor would wait."""
    threads: list[str] = []
    pack = json.dumps if owner is agents else getattr(owner, name)

    def watched(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread().name)
        return pack(*args, **kwargs)

    monkeypatch.setattr(owner, name, SimpleNamespace(dumps=watched) if owner is agents else watched)
    with served(endpoint) as (url, _), start_blocking_portal() as portal:
        answer = portal.call(call, url, endpoint.__name__)
    assert not answer.isError and threads and "server" not in threads


def test_a_call_keeps_its_place_until_its_work_has_ended(long: Work) -> None:
    """Whoever hangs up and calls again has no more threads than one who waits."""

    async def ask() -> CallToolResult:
        first = asyncio.create_task(call(long.url, "work"))
        await until(long.begun.is_set)
        first.cancel()
        await until(long.left.is_set)
        second = asyncio.create_task(call(long.url, "work"))
        await until(lambda: long.most > 1 or long.waiting() == 1)
        await anyio.sleep(0.2)
        assert long.most == 1, "two at a time, where one is allowed"
        assert long.place.borrowed_tokens == 1
        third = await call(long.url, "work")
        assert third.isError and "busy" in third.content[0].text, "one waits already"
        long.end.set()
        return await second

    with start_blocking_portal() as portal:
        assert portal.call(ask).structuredContent == {"done": True}
    assert long.place.borrowed_tokens == 0 and long.most == 1


def test_an_agent_who_hangs_up_while_it_waits_leaves_its_place_to_others(long: Work) -> None:
    async def ask() -> None:
        first = asyncio.create_task(call(long.url, "work"))
        await until(long.begun.is_set)
        second = asyncio.create_task(call(long.url, "work"))
        await until(lambda: long.waiting() == 1)
        second.cancel()
        await until(lambda: long.waiting() == 0)
        third = asyncio.create_task(call(long.url, "work"))
        await until(lambda: long.waiting() == 1)
        long.end.set()
        assert not (await first).isError and not (await third).isError

    with start_blocking_portal() as portal:
        portal.call(ask)
    assert long.place.borrowed_tokens == 0


@pytest.mark.parametrize("body", [b"[" * 50_000, b"[" + 5000 * b"1" + b"]", b"[]", b"{", b"3"])
def test_what_is_no_message_is_refused_in_a_sentence(app_url: str, body: bytes) -> None:
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    answer = httpx.post(f"{app_url}gradio_api/mcp", content=body, headers=headers, timeout=60, trust_env=False)
    assert answer.status_code == 400 and "JSON-RPC" in answer.json()["detail"]
