"""The stream on which the page hears its answers: it outlives them, so that what they call for is heard too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import anyio
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from starlette.types import Message, Receive, Scope, Send

from server import streams
from server.streams import LastingStreams

BROWSER = {"User-Agent": "Mozilla/5.0"}
COMPLETED = b'data: {"msg":"process_completed","event_id":"a"}\n\n'


def test_what_an_answer_calls_for_comes_on_the_same_stream(app_url: str) -> None:
    with httpx.Client(base_url=app_url, trust_env=False, timeout=60, headers=BROWSER) as http:
        calls = http.get("config").json()["dependencies"]
        number = next(call["id"] for call in calls if call["api_name"] == "clients")

        def ask() -> str:
            asked = {"data": ["all", 1], "fn_index": number, "session_hash": "visitor"}
            return http.post("gradio_api/queue/join", json=asked).json()["event_id"]

        def answers(lines: Iterator[str]) -> Iterator[str]:
            for line in lines:
                message = json.loads(line.removeprefix("data: ")) if line else {"msg": ""}
                assert message["msg"] != "close_stream"
                if message["msg"] == "process_completed":
                    assert message["success"]
                    yield message["event_id"]

        first = ask()
        with http.stream("GET", "gradio_api/queue/data", params={"session_hash": "visitor"}) as stream:
            answered = answers(stream.iter_lines())
            assert next(answered) == first
            second = ask()
            assert next(answered) == second


def looked(outstanding: Iterator[int], agent: str, body: bytes = COMPLETED) -> int:
    """How often the stream looks for another event before it lets Gradio go on."""
    looks = 0

    async def gradio(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body, "more_body": True})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        assert not looks  # the answer is not kept back
        sent.append(message)

    def asked(session: str) -> int:
        nonlocal looks
        looks += 1
        assert session == "visitor"
        return next(outstanding)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {
        "type": "http", "path": streams.STREAM, "query_string": b"session_hash=visitor",
        "headers": [(b"user-agent", agent.encode())],
    }  # fmt: skip
    with start_blocking_portal() as portal:
        portal.call(LastingStreams(gradio, asked), scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return looks


def test_a_stream_waits_for_the_next_event() -> None:
    assert looked(iter([1, 1, 1, 2]), BROWSER["User-Agent"]) == 4


def test_a_stream_ends_when_nothing_is_asked_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "OPEN", 0.0)
    assert looked(iter([1]), BROWSER["User-Agent"]) == 1


def test_a_program_does_not_wait() -> None:
    assert looked(iter([]), "gradio_client/2.7") == 0


def test_only_an_answer_is_waited_after() -> None:
    progress = b'data: {"msg":"process_generating","event_id":"a"}\n\n'
    assert looked(iter([]), BROWSER["User-Agent"], progress) == 0


def test_who_leaves_ends_the_wait_and_then_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off while it waits, Gradio's stream would be left as it is, with a heart that beats for nobody."""
    monkeypatch.setattr(streams, "OPEN", 1e9)
    happened = []

    async def gradio(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer() -> None:
            await send({"type": "http.response.body", "body": COMPLETED, "more_body": True})
            happened.append("sent")

        async def listen() -> None:
            happened.append((await receive())["type"])

        async with anyio.create_task_group() as both:
            both.start_soon(answer)
            both.start_soon(listen)

    async def receive() -> Message:
        await anyio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None: ...

    scope = {"type": "http", "path": streams.STREAM, "query_string": b"", "headers": [(b"user-agent", b"Mozilla")]}
    with start_blocking_portal() as portal:
        portal.call(LastingStreams(gradio, lambda _: 1), scope, receive, send)
    assert happened == ["sent", "http.disconnect"]
