"""What the page is made of: scripts compressed once, and the rendered pictures, of which only those that we ship."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import anyio
import brotli
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from models.vision.gallery import address, catalogue
from server import assets
from server.assets import PICTURE, SIDES, CompressedAssets, picture

SCRIPT = "let visitors = 0; " * 500


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def browser(asked: list[str]) -> TestClient:
    def script(request: Request) -> PlainTextResponse:
        asked.append(request.url.path)
        if "missing" in request.url.path:
            return PlainTextResponse("none", 404)
        return PlainTextResponse(
            SCRIPT, headers={"etag": '"1"', "x-encoding": request.headers.get("accept-encoding", "")}
        )

    app = Starlette(routes=[Route("/{place}/{name}", script), Route(PICTURE, picture)])
    return TestClient(CompressedAssets(app), headers={"accept-encoding": "gzip, br"})


def raw(browser: TestClient, path: str, **headers: str) -> Any:
    with browser.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


def test_a_script_is_compressed_once(browser: TestClient, asked: list[str]) -> None:
    for _ in range(2):
        answer, body = raw(browser, "/assets/x.js")
        assert answer.headers["content-encoding"] == "br" and brotli.decompress(body).decode() == SCRIPT
        assert answer.headers["content-length"] == str(len(body)) and answer.headers["etag"] == '"1"'
        assert "accept-encoding" in answer.headers["vary"].lower()
    assert asked == ["/assets/x.js"]


def test_a_visitor_who_leaves_midway_spoils_no_script_for_the_next() -> None:
    """Half of it would be kept, and served to everyone."""

    async def parts() -> AsyncIterator[str]:
        for half in (SCRIPT[: len(SCRIPT) // 2], SCRIPT[len(SCRIPT) // 2 :]):
            yield half
            await anyio.sleep(0.02)

    app = CompressedAssets(Starlette(routes=[Route("/assets/x.js", lambda _: StreamingResponse(parts()))]))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", b"br"), (b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": "/assets/x.js", "headers": headers, "query_string": b""}
    anyio.run(app, scope, receive, send)
    assert brotli.decompress(app.kept["/assets/x.js"][1]).decode() == SCRIPT


def test_an_answer_that_ends_too_early_is_not_taken_for_the_whole() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"let half", "more_body": True})

    app = CompressedAssets(broken)
    with pytest.raises(RuntimeError, match=r"/assets/x.js ended after 8 bytes"):
        raw(TestClient(app, headers={"accept-encoding": "br"}), "/assets/x.js")
    assert not app.kept


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/assets/x.js", {"accept-encoding": "gzip"}),
        ("/assets/x.png", {}),
        ("/other/x.js", {}),
        ("/assets/x.js", {"if-none-match": '"1"'}),
    ],
)
def test_what_cannot_be_answered_so_goes_its_usual_way(
    browser: TestClient, asked: list[str], path: str, headers: dict[str, str]
) -> None:
    for _ in range(2):
        answer, body = raw(browser, path, **headers)
        assert "content-encoding" not in answer.headers and body.decode() == SCRIPT
    assert len(asked) == 2


def test_nothing_is_kept_of_what_is_not_there_nor_without_end(
    browser: TestClient, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        answer, body = raw(browser, "/assets/missing.js")
        assert answer.status_code == 404 and body == b"none"
    assert len(asked) == 2
    monkeypatch.setattr(assets, "MOST", 0)
    assert raw(browser, "/assets/y.js")[1].decode() == SCRIPT


def test_a_picture_comes_at_the_size_of_its_place(browser: TestClient) -> None:
    for side in SIDES:
        answer = browser.get(f"/{address(catalogue()[0], side)}")
        image = Image.open(io.BytesIO(answer.content))
        assert (answer.headers["content-type"], image.format, image.size) == ("image/webp", "WEBP", (side, side))


@pytest.mark.parametrize(
    "path", ["/pictures/128/none.webp", "/pictures/5000/laptop-0.webp", "/pictures/128/..%2flabels.csv"]
)
def test_no_other_file_is_a_picture(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404
