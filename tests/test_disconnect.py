"""A caller who leaves frees the work: each way to leave, against a map that is never done by itself."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
import torch
from anyio.from_thread import start_blocking_portal
from gradio_client import Client, handle_file
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from models.vision import saliency
from tests.factories import photo

pytestmark = pytest.mark.slow

PATIENCE = 60  # seconds for a busy machine


@dataclass
class Endless:
    """A stand-in for RISE that draws until its caller leaves, or until the test gives up."""

    steps: int = 0
    begun: Event = field(default_factory=Event)
    freed: Event = field(default_factory=Event)
    given_up: Event = field(default_factory=Event)

    def __call__(self, score: object, inputs: torch.Tensor, *_: object, **__: object) -> Iterator[tuple[float, Any]]:
        try:
            while not self.given_up.wait(0.01):
                self.steps += 1
                if self.steps == 3:
                    self.begun.set()
                yield 0.5, torch.zeros(inputs.shape[-2:])
        finally:
            self.freed.set()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endless]:
    stand_in = Endless()
    monkeypatch.setattr(saliency, "rise", stand_in)
    yield stand_in
    stand_in.given_up.set()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "product.png"
    photo(96, 64).save(path)
    return path


def cancels(url: str, picture: Path, begun: Event) -> None:
    """As ``gradio_client`` does."""
    job = Client(url, verbose=False).submit(handle_file(picture), "yolov8", "rise", api_name="/explain_image")
    assert begun.wait(PATIENCE)
    job.cancel()


def closes_the_stream(url: str, picture: Path, begun: Event) -> None:
    """As any program over HTTP does."""
    with httpx.Client(base_url=f"{url}gradio_api/", trust_env=False) as http:
        path = http.post("upload", files={"files": picture.read_bytes()}).json()[0]
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        asked = http.post("call/explain_image", json={"data": [file, "yolov8", "rise", ""]})
        with http.stream("GET", f"call/explain_image/{asked.json()['event_id']}", timeout=PATIENCE):
            assert begun.wait(PATIENCE)


def leaves_mcp(url: str, picture: Path, begun: Event) -> None:
    """As an agent does that gives up on a tool."""
    image = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
    arguments = {"image": image, "model": "yolov8", "method": "rise", "target": ""}

    async def ask() -> None:
        place = f"{url}gradio_api/mcp/"
        async with streamable_http_client(place) as (reading, writing, _), ClientSession(reading, writing) as session:
            await session.initialize()
            call = asyncio.create_task(session.call_tool("explain_image", arguments))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            call.cancel()

    with start_blocking_portal() as portal:
        portal.call(ask)


@pytest.mark.parametrize("leave", [cancels, closes_the_stream, leaves_mcp])
def test_the_work_of_a_caller_who_left_is_dropped(
    app_url: str, picture: Path, endless: Endless, leave: Callable[[str, Path, Event], None]
) -> None:
    leave(app_url, picture, endless.begun)
    assert endless.freed.wait(PATIENCE), "the map is still being drawn, and nobody waits for it"


def test_no_call_skips_the_queue(app_url: str) -> None:
    answer = httpx.post(f"{app_url}gradio_api/run/clients", json={"data": ["all", 1]}, trust_env=False)
    assert answer.status_code == 404
    assert "queue" in answer.text
