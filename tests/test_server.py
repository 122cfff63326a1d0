"""What a request passes before it reaches Gradio: how much it may bring, and whom it calls."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import gradio as gr
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from gradio.queueing import Queue
from gradio_client import Client
from gradio_client.exceptions import AppError
from starlette.types import Message, Receive, Scope, Send

from models.conventions import LANGUAGES
from models.errors import LONGEST
from models.runtime import upload_cleanup
from models.texts import Texts
from models.vision import inference_executor
from models.vision.photo_files import MAX_PHOTOS
from server import application, bodies, calls
from server.application import create_server, running
from server.bodies import LIMIT, SMALL, UPLOADED
from server.calls import Calls
from tabs.gradio_internals import LightBlocks
from tests.factories import photo

CALL = "gradio_api/call/"
FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def http(app_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app_url, trust_env=False, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A picture as base64."""
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    photo(320, 240).save(path)
    return base64.b64encode(path.read_bytes()).decode()


def _files() -> set[Path]:
    return {path for path in upload_cleanup.own_folder().rglob("*") if path.is_file()}


def _answer(http: httpx.Client, endpoint: str, data: Any) -> tuple[str, Any]:
    """How the stream of a call ended, and with what."""
    asked = http.post(f"{CALL}{endpoint}", json={"data": data})
    assert asked.status_code == 200, asked.text
    lines = http.get(f"{CALL}{endpoint}/{asked.json()['event_id']}").text.splitlines()
    kind, content = [line for line in lines if line.startswith(("event: ", "data: "))][-2:]
    return kind.removeprefix("event: "), json.loads(content.removeprefix("data: "))


# whom a call names, and with which arguments


@pytest.mark.parametrize("way", ["call/v2", "call", "run", "api"])
def test_an_unknown_endpoint_is_told_which_there_are(http: httpx.Client, way: str) -> None:
    for name in ("nothing", "clients%00", "x" * 5000):
        answer = http.post(f"gradio_api/{way}/{name}", json={"data": []})
        assert answer.status_code == 404
        sentence = answer.json()["detail"]
        assert "there is no endpoint" in sentence and "/score_client" in sentence and len(sentence) < 500


def test_an_unknown_function_is_told_which_endpoints_there_are(http: httpx.Client) -> None:
    answer = http.post("gradio_api/queue/join", json={"data": [], "fn_index": 99999, "session_hash": "a"})
    assert answer.status_code == 404 and "/score_client" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"client": 900001}, "score_client: there is no argument 'client'; its arguments: client_id, changes"),
        ({}, "score_client: client_id is missing; its arguments: client_id, changes"),
        ({"client_id": 900001, "x" * 100_000: 1}, "score_client: there is no argument 'xxx"),
    ],
)
def test_an_unknown_or_missing_argument_is_named(http: httpx.Client, arguments: dict[str, Any], sentence: str) -> None:
    answer = http.post(f"{CALL}v2/score_client", json=arguments)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(sentence) and len(answer.json()["detail"]) < 2 * LONGEST


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "score_client: client_id is missing"),
        ([900001, {}, 1, 2], "score_client: 4 values were given"),
        ([True], "client_id: there is no client true"),
        ([[900001]], r"client_id: there is no client [900001]"),
        ([10**400], "client_id: there is no client 1000"),
    ],
)
def test_a_wrong_list_of_arguments_is_answered_in_a_sentence(
    http: httpx.Client, data: list[Any], sentence: str
) -> None:
    kind, answer = _answer(http, "score_client", data)
    assert kind == "error" and answer["error"].startswith(sentence) and len(answer["error"]) < 2 * LONGEST


@pytest.mark.parametrize("application", [{}, {"AMT_CREDIT": None}, {"FLAG_DOCUMENT_2": 1}, {"TARGET": 1}])
def test_an_application_of_which_nothing_is_read_has_no_score(http: httpx.Client, application: dict[str, Any]) -> None:
    """As it has no letter, and its row of a table no score."""
    kind, answer = _answer(http, "score_application", [application])
    assert kind == "error" and answer["error"].startswith("application: nothing in it is read by the model")


@pytest.mark.parametrize(
    ("argument", "values"), [("model", [None]), ("method", ["yolov8", None]), ("target", ["yolov8", "", None])]
)
def test_null_is_no_name(http: httpx.Client, picture: str, argument: str, values: list[Any]) -> None:
    kind, answer = _answer(http, "explain_image", [picture, *values])
    assert kind == "error" and answer["error"].startswith(f"{argument}: null ")


@pytest.mark.parametrize("browser", [True, False])
def test_who_asked_for_nothing_has_no_stream(http: httpx.Client, browser: bool) -> None:
    """Gradio would break it off."""
    headers = {"user-agent": "Mozilla/5.0"} if browser else {}
    for query in ({"session_hash": "nope"}, {}):
        answer = http.get("gradio_api/queue/data", params=query, headers=headers)
        assert answer.status_code == 404 and "session_hash: '" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"data": 5}', b"[" * 100_000, b'{"data": [1' + b"0" * 5000 + b"]}"]
)
def test_a_body_that_is_no_call_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post(f"{CALL}clients", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "send an object" in answer.json()["detail"] and len(answer.json()["detail"]) < 2 * LONGEST + 100
    is_json = body in (b"[]", b'{"data": 5}')
    assert ("no JSON" in answer.json()["detail"]) != is_json, "what is JSON of another shape is not said to be none"


# files, however they come


@pytest.mark.parametrize(
    "value", ["text", 5, True, [], {}, {"path": 5}, "/etc/passwd", "README.md", "\0", "x?" * 50_000]
)
@pytest.mark.parametrize(("endpoint", "argument"), [("classify_image", "image"), ("score_batch", "table")])
def test_what_is_no_file_is_refused_by_name(http: httpx.Client, endpoint: str, argument: str, value: Any) -> None:
    kind, answer = _answer(http, endpoint, [value])
    assert kind == "error"
    assert answer["error"].startswith(f"{argument}: ") and "is no file; upload the file" in answer["error"]
    assert len(answer["error"]) < 2 * LONGEST


def test_an_uploaded_file_is_meant_by_its_path_as_well(http: httpx.Client, picture: str) -> None:
    path = http.post("gradio_api/upload", files={"files": base64.b64decode(picture)}).json()[0]
    for value in (path, {"path": path}, {"path": path, "meta": {"_type": "gradio.FileData"}}):
        assert _answer(http, "classify_image", [value, ["yolov8"]])[0] == "complete"


@pytest.mark.parametrize("form", ["data:image/png;base64,{}", "{}", "data:;base64,{}"])
def test_a_file_may_come_as_text(http: httpx.Client, picture: str, form: str) -> None:
    before = _files()
    for value in (
        form.format(picture),
        form.format("\n".join(picture[i : i + 76] for i in range(0, len(picture), 76))),
    ):
        assert _answer(http, "classify_image", [value, ["yolov8"]])[0] == "complete"
    assert _answer(http, "classify_image", [{"url": form.format(picture)}, ["yolov8"]])[0] == "complete"
    assert _files() <= before


@pytest.mark.parametrize("form", ["data:text/csv;base64,{}", "data:text/csv,{}"])
def test_a_table_may_come_as_text(http: httpx.Client, form: str) -> None:
    table = b"SK_ID_CURR,AMT_CREDIT,AMT_INCOME_TOTAL\n1,270000,90000\n"
    text = base64.b64encode(table).decode() if "base64" in form else table.decode().replace("\n", "%0A")
    before = _files()
    kind, answer = _answer(http, "score_batch", [form.format(text)])
    assert kind == "complete" and answer[0]["rows"] == 1
    assert _files() <= before


def test_broken_base64_is_called_so(http: httpx.Client) -> None:
    kind, answer = _answer(http, "classify_image", ["data:image/png;base64,AAAA*"])
    assert kind == "error" and answer["error"].startswith("image: the base64 text cannot be decoded")


def test_a_long_file_is_out_of_the_call_before_it_waits(
    http: httpx.Client, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio keeps a body while its call waits; here it holds a path by then. No file stays afterwards."""
    monkeypatch.setattr(calls, "SMALL", 100_000)  # bytes of a call without its files
    before = _files()
    junk = base64.b64encode(bytes(300_000)).decode()
    for value in (junk, f"data:image/png;base64,{junk}", {"url": f"data:image/png;base64,{junk}"}):
        kind, answer = _answer(http, "classify_image", [value, ["yolov8"]])
        assert kind == "error" and answer["error"].startswith("image: the content of image is not a picture")
        with pytest.raises(AppError, match="image: the content of image is not a picture"):
            client.predict(value, ["yolov8"], api_name="/classify_image")
    assert _files() <= before


def test_a_long_text_is_refused_short(http: httpx.Client, client: Client) -> None:
    text = "x" * 1_000_000
    with pytest.raises(AppError) as refusal:
        client.predict(text, 1, api_name="/clients")
    for sentence in (str(refusal.value), _answer(http, "clients", [text, 1])[1]["error"]):
        assert "decision: 'xxx" in sentence and len(sentence) < 2 * LONGEST


# how much a request may bring


def test_a_photo_of_the_largest_size_fits_into_a_call() -> None:
    photo_as_text = 4 * (100 * 1024 * 1024 // 3 + 1)  # 100 MiB, as base64
    assert photo_as_text + 10_000 < LIMIT <= 140_000_000


@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        (f"{CALL}clients", "application/json", LIMIT),
        (f"{CALL}clients", FORM, LIMIT),  # in memory, whatever it calls itself
        ("gradio_api/upload", FORM, UPLOADED),
        ("gradio_api/upload", "text/plain", LIMIT),
        ("health", "application/json", SMALL),
    ],
)
def test_a_body_is_refused_from_its_length(http: httpx.Client, path: str, kind: str, limit: int) -> None:
    connection = HTTPConnection(http.base_url.netloc.decode(), timeout=120)
    connection.putrequest("POST", f"/{path}")
    for name, value in (("Content-Length", str(limit + 1)), ("Content-Type", kind), ("Expect", "100-continue")):
        connection.putheader(name, value)
    connection.endheaders()  # and nothing more: a caller who asks first is told at once
    answer = connection.getresponse()
    assert answer.status == 413
    assert f"more than {limit // 1_000_000} MB" in json.load(answer)["detail"]
    connection.close()


@pytest.mark.parametrize("content", [[0] * (SMALL // 2), {str(number): 0 for number in range(SMALL // 8)}])
def test_a_call_is_small_but_for_its_files(http: httpx.Client, content: Any) -> None:
    answer = http.post(f"{CALL}clients", json={"data": ["all", 1, content]})
    assert answer.status_code == 413 and f"more than {SMALL // 1_000_000} MB" in answer.json()["detail"]


@pytest.mark.parametrize("path", [f"{CALL}clients", "gradio_api/queue/join", "gradio_api/mcp/"])
def test_a_body_without_a_length_is_counted(http: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(bodies, "LIMIT", 1_000_000)
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    answer = http.post(path, content=iter([b" " * 100_000] * 11), headers=headers)
    assert answer.status_code == 413 and "more than 1 MB" in answer.json()["detail"]
    assert http.post(f"{CALL}clients", json={"data": []}).status_code == 200


def test_as_many_photos_of_a_telephone_as_are_classified_fit_into_an_upload() -> None:
    assert MAX_PHOTOS * 4_500_000 < UPLOADED, "twelve megapixels as JPEG"


def test_an_upload_may_be_larger_than_another_body(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LIMIT", 100_000)
    photos = [("files", (f"{number}.png", bytes(60_000))) for number in range(3)]
    answer = http.post("gradio_api/upload", files=photos)
    assert answer.status_code == 200 and len(answer.json()) == 3


def test_a_field_that_is_no_file_is_short(http: httpx.Client) -> None:
    before = _files()
    photo_first = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n1\r\n'
    field = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n' + bytes(200_000) + b"\r\n--x--\r\n"
    answer = http.post("gradio_api/upload", content=photo_first + field, headers={"content-type": FORM})
    assert answer.status_code == 400 and "a file with a name" in answer.text
    assert _files() <= before


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (FORM, b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n1\r\n--x--\r\n'),
        (FORM, b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n1'),
        (FORM, b"--x--\r\n"),
        (FORM + 300 * "x", b""),
        ("multipart/form-data", b""),
    ],
)
def test_a_form_without_a_whole_file_is_refused(http: httpx.Client, kind: str, form: bytes) -> None:
    before = _files()
    answer = http.post("gradio_api/upload", content=form, headers={"content-type": kind})
    assert answer.status_code == 400 and isinstance(answer.json()["detail"], str)
    assert _files() <= before


def test_an_upload_that_is_too_large_leaves_nothing(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "UPLOADED", 1_000_000)
    before = _files()

    def form() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        yield from [b" " * 100_000] * 11

    answer = http.post("gradio_api/upload", content=form(), headers={"content-type": FORM})
    assert answer.status_code == 413 and "more than 1 MB" in answer.json()["detail"]
    assert _files() <= before


def test_an_upload_without_a_name_is_refused(http: httpx.Client) -> None:
    before = _files()
    for name in ("", '; filename=""'):
        form = f'--x\r\nContent-Disposition: form-data; name="files"{name}\r\n\r\n123\r\n--x--\r\n'.encode()
        answer = http.post("gradio_api/upload", content=form, headers={"content-type": FORM})
        assert answer.status_code == 200 if name else "holds no file" in answer.json()["detail"]
    long = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + b"a" * 100_000 + b'"\r\n\r\n1\r\n--x--\r\n'
    )
    answer = http.post("gradio_api/upload", content=long, headers={"content-type": FORM})
    assert answer.status_code in (400, 413) and len(answer.text) < 2 * LONGEST
    assert len(_files() - before) == 1


def test_only_so_much_is_held_at_once(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "AT_ONCE", 50_000)
    answer = http.post(f"{CALL}clients", json={"data": ["x" * 60_000]})
    assert answer.status_code == 503 and "busy" in answer.json()["detail"]
    # a form is written to disk where uploads are, and nowhere else
    disguised = {"content-type": FORM}
    answer = http.post(f"{CALL}clients", content=b" " * 60_000, headers=disguised)
    assert answer.status_code == 503 and "busy" in answer.json()["detail"]
    assert http.post(f"{CALL}clients", json={"data": ["all", 1]}).status_code == 200  # and is let go of


# how many calls


def test_calls_beyond_those_that_may_wait_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()

    def wait(number: int) -> dict:
        """Waits.

        Args:
            number: any.
        """
        begun.set()
        go_on.wait(60)
        return {"number": number}

    monkeypatch.setattr(application, "WAITING", 1)
    with LightBlocks() as page:
        gr.api(wait)
    with running(create_server(page, concurrent=1)) as url, httpx.Client(base_url=url, trust_env=False) as http:
        first = http.post(f"{CALL}wait", json={"data": [1]}).json()["event_id"]
        assert begun.wait(60)
        second = http.post(f"{CALL}wait", json={"data": [2]}).json()["event_id"]
        third = http.post(f"{CALL}wait", json={"data": [3]})
        assert third.status_code == 503 and "full" in third.json()["detail"]
        go_on.set()
        for number, event in ((1, first), (2, second)):
            assert f'[{{"number": {number}}}]' in http.get(f"{CALL}wait/{event}").text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a priority is that of the whole process")
def test_the_networks_go_before_everything_else() -> None:
    with LightBlocks() as page:
        gr.Textbox()

    def priority(thread: int | None = None) -> int:
        return os.getpriority(os.PRIO_PROCESS, thread or threading.get_native_id())

    known = threading.enumerate()
    with running(create_server(page, 1)):
        (serving,) = (one for one in threading.enumerate() if one.name == "server" and one not in known)
        assert priority(serving.native_id) - priority() == application.NICER > 0
        assert inference_executor.run_inference(priority) == priority()


def test_what_is_said_to_screen_readers_when_an_answer_has_come_is_a_word(http: httpx.Client) -> None:
    """Gradio's own catalogues lack it, and its page would say the text's name."""
    said = http.get("/config").json()["i18n_translations"]
    assert said == {name: {"common.complete": Texts(name)("page.complete")} for name in LANGUAGES}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gradio still has answered events in its books, as on a busy machine."""
    done = Event()
    monkeypatch.setattr(Queue, "compute_analytics_summary", lambda *_: done.wait(60))
    yield
    done.set()


@pytest.mark.usefixtures("kept")
def test_an_answer_is_fetched_once(http: httpx.Client) -> None:
    """Gradio would send heartbeats for ever, and break off a stream of an event that never was."""
    event = http.post(f"{CALL}clients", json={"data": ["all", 1]}).json()["event_id"]
    assert "event: complete" in http.get(f"{CALL}clients/{event}").text
    for path in (f"clients/{event}", "clients/none", "v2/clients", f"v2/clients/{event}"):
        with http.stream("GET", f"{CALL}{path}") as answer:
            assert answer.status_code == 404, path
            assert "fetched already; call again" in json.loads(answer.read())["detail"]


def test_an_answer_has_one_reader() -> None:
    """Of two, one would get it, and the other would wait for ever. Who has left makes way for the next."""
    statuses: list[int] = []

    async def read(calls: Calls, meanwhile: Callable[[], Awaitable[None]]) -> None:
        scope = {"type": "http", "method": "GET", "path": "/gradio_api/call/clients/e1", "headers": []}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await calls(scope | {"meanwhile": meanwhile}, anyio.sleep_forever, send)

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await scope["meanwhile"]()

    async def leave() -> None:
        raise ConnectionResetError

    async def readers() -> None:
        calls = Calls(stream, {"clients": lambda: None}, {}, is_awaited=lambda _: True, has_joined=lambda _: True)
        await read(calls, lambda: read(calls, anyio.lowlevel.checkpoint))
        with pytest.raises(ConnectionResetError):
            await read(calls, leave)
        await read(calls, anyio.lowlevel.checkpoint)

    with start_blocking_portal() as portal:
        portal.call(readers)
    assert statuses == [200, 409, 200, 200]


def test_a_call_is_json_whatever_it_is_called(http: httpx.Client) -> None:
    """As curl calls what it sends with -d."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = http.post(f"{CALL}v2/clients", content=b'{"limit": 1}', headers=headers)
    assert answer.status_code == 200 and answer.json()["event_id"]


@pytest.mark.parametrize("depth", [100, 400, 500, 900, 5000])
def test_brackets_in_brackets_are_no_photo(http: httpx.Client, depth: int) -> None:
    body = b'{"images": [' + b"[" * depth + b"]" * depth + b"]}"
    assert http.post(f"{CALL}v2/classify_batch", content=body).status_code in (200, 400)


@pytest.mark.parametrize(
    ("path", "values", "others"),
    [
        ("call/classify_image", [[], 3, 4], {}),  # too many
        ("call/classify_image", [[]], {"session_hash": 5}),
        ("run/classify_image", [[]], {}),
        ("call/score_batch", [[], []], {}),
    ],
)
def test_a_refused_call_leaves_no_file(
    http: httpx.Client, path: str, values: list[Any], others: dict[str, Any], big_photo: str
) -> None:
    inline = upload_cleanup.own_folder() / "inline"
    before = set(inline.glob("*")) if inline.exists() else set()
    sent = http.post(f"gradio_api/{path}", json={"data": [big_photo, *values], **others})
    if sent.status_code == 200:
        assert "event: error" in http.get(f"gradio_api/{path}/{sent.json()['event_id']}").text
    assert set(inline.glob("*")) <= before


@pytest.fixture(scope="module")
def big_photo() -> str:
    """A file as text, long enough to be written to disk before the call is passed on."""
    return "data:image/png;base64," + base64.b64encode(os.urandom(calls.LONG)).decode()


@pytest.mark.parametrize("number", [None, "1", 1.0, True])
def test_an_event_is_called_by_a_whole_number(http: httpx.Client, number: Any) -> None:
    answer = http.post("gradio_api/run/predict", json={"data": [900001], "fn_index": number})
    assert answer.status_code == 404 and "no endpoint" in answer.json()["detail"]


def test_a_browser_takes_files_for_what_they_are_said_to_be(http: httpx.Client) -> None:
    form = {"files": ("x.png", b"<script>alert(1)</script>", "image/png")}
    (path,) = http.post("gradio_api/upload", files=form).json()
    for place in (f"gradio_api/file={path}", "", "health", "nowhere"):
        assert http.get(place).headers["x-content-type-options"] == "nosniff", place
