"""What a hostile or clumsy caller tries; each line of SECURITY.md has its test here."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from app import UPLOADS, create_app
from models.credit.service import credit_service
from models.display.common.html import TEMPLATES, render
from models.errors import InputError, ModelUnavailable, shown
from models.runtime import background, health, hub, upload_cleanup
from models.runtime.health import check_models
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import prototype_explanation, registry
from server import application
from server.bodies import SMALL
from tabs.error_handling import handle_errors
from tabs.gradio_internals import LightBlocks
from tests.factories import photo

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


class _Trap(BaseHTTPRequestHandler):
    """A server that must not be asked for anything."""

    visits: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.visits.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def trap() -> str:
    server = HTTPServer(("127.0.0.1", 0), _Trap)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/photo.jpg"
    server.shutdown()


def _call(url: str, endpoint: str, data: list[object]) -> str:
    """The raw event stream of one call, as any HTTP client gets it."""
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(
        f"{url}gradio_api/call/{endpoint}", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{url}gradio_api/call/{endpoint}/{event}", timeout=60) as answer:
        return answer.read().decode()


def test_the_server_fetches_no_link(app_url: str, trap: str) -> None:
    for endpoint, data in (
        ("classify_image", [{"path": trap, "meta": {"_type": "gradio.FileData"}}, []]),
        ("score_batch", [{"path": trap, "meta": {"_type": "gradio.FileData"}}]),
    ):
        answer = _call(app_url, endpoint, data)
        assert "event: error" in answer
        assert "link" in answer
    assert _Trap.visits == []


@pytest.mark.parametrize("path", ["/etc/passwd", "README.md", "weights/credit/model.txt", "../../etc/hostname"])
def test_no_path_of_the_server_is_opened(app_url: str, path: str) -> None:
    answer = _call(app_url, "classify_image", [{"path": path, "meta": {"_type": "gradio.FileData"}}, []])
    assert "event: error" in answer
    assert "is no file; upload the file" in answer  # that it is no picture would tell that it was opened


@pytest.mark.parametrize("path", ["README.md", "weights/credit/model.txt", "data/portfolio.parquet", "/etc/passwd"])
def test_no_file_of_the_server_is_served(app_url: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{app_url}gradio_api/file={path}")
    assert refusal.value.code in (403, 404)


def test_no_traceback_reaches_the_caller(app_url: str, first_client: int) -> None:
    for endpoint, data in (
        ("score_client", [first_client, [[[[]]]]]),
        ("score_client", [{"a": 1}, {}]),
        ("compare_client", [first_client, {"$gt": ""}, "all"]),
        ("classify_image", [None, "yolov8"]),
        ("classify_image", ["text", []]),
    ):
        answer = _call(app_url, endpoint, data)
        assert "event: error" in answer
        assert not re.search(r"Traceback|site-packages|File \\\\?\"", answer)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH])
def test_an_unforeseen_error_is_one_plain_sentence(texts: Texts, caplog: pytest.LogCaptureFixture) -> None:
    def fail(value: str) -> None:
        raise RuntimeError(f"/srv/secret {value}")

    for function in (fail, _once(fail)):
        caplog.clear()
        with pytest.raises(gr.Error) as shown_to_all:
            list(handle_errors(function, texts)("a client") or ())
        assert shown_to_all.value.message == texts("errors.unforeseen")
        assert "/srv/secret" in caplog.text, "the trace stays in the log"


def test_hostile_file_names_are_plain_names(client: Client, tmp_path: Path) -> None:
    for name in (
        "<script>alert(1)</script>.jpg",
        "%2e%2e%2fpasswd.png",
        "a" * 200 + ".webp",
        "photo;rm -rf.png",
        "写真.png",
    ):
        path = tmp_path / name.replace("/", "_")
        photo(64, 64).save(path)
        assert client.predict(handle_file(path), ["yolov8"], api_name="/classify_image")["models"]


def test_a_picture_may_come_as_base64(app_url: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    photo(64, 64).save(path)
    url = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    answer = _call(app_url, "classify_image", [{"url": url, "meta": {"_type": "gradio.FileData"}}, ["yolov8"]])
    assert "event: complete" in answer


def test_a_large_picture_may_come_as_base64_beside_an_empty_path(app_url: str, tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((2200, 2200), 90).save(path)
    assert path.stat().st_size > SMALL, "beyond what a call may hold without its files"
    url = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    file = {"path": "", "url": url, "meta": {"_type": "gradio.FileData"}}
    assert "event: complete" in _call(app_url, "classify_image", [file, ["yolov8"]])


@pytest.mark.parametrize("kind", ["image", "file"])
def test_the_page_fetches_no_link(app_url: str, trap: str, kind: str) -> None:
    """The page's own events are open to anybody who counts them out."""
    config = httpx.get(f"{app_url}config", timeout=60, trust_env=False).json()
    kinds = {item["id"]: item["type"] for item in config["components"]}
    many = {item["id"]: item["props"].get("file_count") == "multiple" for item in config["components"]}
    file = {"path": trap, "url": trap, "meta": {"_type": "gradio.FileData"}}
    events = [
        event
        for event in config["dependencies"]
        if event["api_visibility"] == "private" and kind in [kinds[taken] for taken in event["inputs"]]
    ]
    assert events
    for event in events[:4]:
        session = f"{kind}{event['id']}"
        sent = {taken: [file] if many.get(taken) else file for taken in event["inputs"]}
        data = [sent[taken] if kinds[taken] == kind else None for taken in event["inputs"]]
        call = {"data": data, "fn_index": event["id"], "session_hash": session}
        assert httpx.post(f"{app_url}gradio_api/queue/join", json=call, timeout=60, trust_env=False).status_code == 200
        stream = f"{app_url}gradio_api/queue/data?session_hash={session}"
        assert "a link was given" in httpx.get(stream, timeout=60, trust_env=False).text
    assert _Trap.visits == []


@pytest.mark.parametrize("path", ["/etc/passwd", "README.md", "data/portfolio.parquet", "/dev/zero"])
@pytest.mark.parametrize("kind", ["image", "file"])
def test_no_event_of_the_page_opens_a_path_of_the_server(app_url: str, kind: str, path: str) -> None:
    """Nor tells whether it is there: the page's own events are open to anybody who counts them out."""
    config = httpx.get(f"{app_url}config", timeout=60, trust_env=False).json()
    kinds = {item["id"]: item["type"] for item in config["components"]}
    many = {item["id"]: item["props"].get("file_count") == "multiple" for item in config["components"]}
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    for event in config["dependencies"]:
        taken = [component for component in event["inputs"] if kinds[component] == kind]
        if event["api_visibility"] != "private" or not taken:
            continue
        session = f"{kind}{event['id']}{path}"
        data = [([file] if many.get(one) else file) if one in taken else None for one in event["inputs"]]
        call = {"data": data, "fn_index": event["id"], "session_hash": session}
        httpx.post(f"{app_url}gradio_api/queue/join", json=call, timeout=60, trust_env=False).raise_for_status()
        stream = f"{app_url}gradio_api/queue/data"
        answer = httpx.get(stream, params={"session_hash": session}, timeout=60, trust_env=False).text
        assert "a path of the server is no file; upload the file" in answer, (event["id"], answer)


def test_a_bomb_is_refused_before_it_is_decoded(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (30_000, 30_000)).save(path)
    with pytest.raises(AppError, match="image"):
        client.predict(handle_file(path), ["yolov8"], api_name="/classify_image")


SPACE = "me-vitrine.hf.space"


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (f"https://{SPACE}", True),
        ("https://huggingface.co", True),
        ("https://elsewhere.example", False),
        ("https://huggingface.co.elsewhere.example", False),
        (f"https://{SPACE}.elsewhere.example", False),
        ("http://localhost:3000", False),
        ("null", False),
    ],
)
def test_foreign_origins_get_no_answer(app_url: str, method: str, origin: str, allowed: bool) -> None:
    headers = {"Host": SPACE, "Origin": origin}
    if method == "OPTIONS":
        headers["Access-Control-Request-Method"] = "POST"
    for path in ("config", "health", "gradio_api/call/clients"):
        answer = httpx.request(method, f"{app_url}{path}", headers=headers, timeout=60, trust_env=False)
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_nothing_is_recorded_or_reported(app_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Building the app asks no name on the network, whatever the environment says; the history of calls is closed."""
    asked: list[str] = []

    def remember(host: Any, *others: Any, **options: Any) -> Any:
        asked.append(str(host))
        raise OSError("no network in this test")

    monkeypatch.delenv("GRADIO_ANALYTICS_ENABLED", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", remember)
    before = set(threading.enumerate())
    assert create_app().analytics_enabled is False
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=30)
    assert asked == []
    monkeypatch.undo()
    for path in ("gradio_api/runs", "gradio_api/run-history/buckets", "monitoring", "monitoring/summary"):
        assert httpx.get(f"{app_url}{path}", timeout=60, trust_env=False).status_code in (403, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "gradio_api/file=http://127.0.0.1:9/photo.jpg"),
        ("GET", "gradio_api/file=https://elsewhere.example/photo.jpg"),
        ("GET", "gradio_api/proxy=https://x.hf.space/photo.jpg"),
        ("GET", "gradio_api/startup-events"),
        ("GET", "gradio_api/deep_link?session_hash=a"),
        ("POST", "gradio_api/process_recording"),
        ("POST", "gradio_api/component_server"),
        ("POST", "gradio_api/vibe-edit"),
        ("POST", "login"),
    ],
)
def test_routes_without_a_use_are_closed(app_url: str, method: str, path: str) -> None:
    answer = httpx.request(method, f"{app_url}{path}", timeout=60, trust_env=False)
    assert answer.status_code == 404 and answer.json()["detail"].endswith("is not served here")


MARKUP = '"><img src=x onerror=alert(1)><form>'


def test_every_template_escapes() -> None:
    assert "<img" not in render("sentences", sentences=[MARKUP])
    trusted = [
        path.name for path in TEMPLATES.glob("*.html") if re.search(r"\bsafe\b", path.read_text(encoding="utf-8"))
    ]
    assert trusted == ["head.html"]  # our own style sheet and script


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH])
def test_markup_in_a_message_is_text(texts: Texts) -> None:
    """On the page a message is read as HTML; programs read it as it is. Neither is long."""

    def refuse(value: str) -> None:
        raise InputError("client_unknown", received=shown(value), low=1, high=2)

    for function in (refuse, _once(refuse)):
        with pytest.raises(gr.Error) as on_the_page:
            list(handle_errors(function, texts)(MARKUP) or ())
        assert "<" not in on_the_page.value.message and "&lt;img src=x" in on_the_page.value.message
        with pytest.raises(gr.Error) as to_a_program:
            list(handle_errors(function, texts, markup=False)(MARKUP * 1000) or ())
        assert MARKUP[:20] in to_a_program.value.message and len(to_a_program.value.message) < 300


def _once(refuse: Callable[[str], None]) -> Callable[[str], Iterator[None]]:
    def step(value: str) -> Iterator[None]:
        yield refuse(value)

    return step


def test_an_upload_goes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "SWEPT", 0.01)
    monkeypatch.setattr(application, "KEPT", 0)
    assert create_app().delete_cache == (600, 3600)  # what Gradio remembers of it goes too
    with LightBlocks() as page:
        gr.File()
    with application.running(application.create_server(page, 1)) as url:
        answer = httpx.post(f"{url}gradio_api/upload", files={"files": ("a.txt", b"mine")}, timeout=60, trust_env=False)
        path = Path(answer.json()[0])
        deadline = time.monotonic() + 60
        while path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert not path.exists()


def test_a_photo_does_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "KEPT", 0.01)
    forgotten = Event()
    monkeypatch.setattr(prototype_explanation.cached, "cache_clear", forgotten.set)
    with LightBlocks() as page:
        gr.File()
    with application.running(application.create_server(page, 1)):
        assert forgotten.wait(60)


def test_logs_hold_no_personal_data(client: Client, first_client: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="vitrine.calls"):
        client.predict(first_client, {"AMT_INCOME_TOTAL": 123457}, api_name="/score_client")
    lines = [record.getMessage() for record in caplog.records if record.name == "vitrine.calls"]
    assert any(json.loads(line)["call"] == "endpoints.score_client" for line in lines)
    assert not any(str(first_client) in line or "123457" in line for line in lines)


@pytest.fixture
def tested_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """No self-test of before is given again, and none of this test afterwards."""
    monkeypatch.setattr(health, "FRESH", -1.0)
    monkeypatch.setattr(health, "_last", health._last)


def test_health_names_each_model(app_url: str, tested_anew: None) -> None:
    with urllib.request.urlopen(f"{app_url}health") as answer:
        body = json.load(answer)
    assert body["status"] == "ok"
    assert {"credit", "yolov8"} <= {state["model"] for state in body["models"]}
    for state in body["models"]:
        assert state["sound"] and state["weights"] and not state["reason"]
        assert (state["revision"], state["origin"], state["note"]) == ("local", f"weights/{state['model']}", "")
    assert [vars(state) for state in check_models()] == body["models"]


@pytest.fixture
def unpinned(tmp_path: Path) -> Iterator[None]:
    """A configuration that cannot be followed, read as a load of the model reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_YOLOV8_REPO", "someone/somewhere@main")
        assert hub.folder("yolov8", tmp_path) == tmp_path
        yield
    hub.folder("yolov8", tmp_path)


def test_health_says_why_the_local_copy_is_used(app_url: str, tested_anew: None, unpinned: None) -> None:
    with urllib.request.urlopen(f"{app_url}health") as answer:
        states = {state["model"]: state for state in json.load(answer)["models"]}
    assert "someone/somewhere@main" in states["yolov8"]["note"]
    assert states["yolov8"]["revision"] == "local" and states["yolov8"]["sound"]
    assert states["credit"]["note"] == ""


def test_health_names_a_model_that_does_not_answer(
    app_url: str, tested_anew: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MODELS", (*registry.MODELS, "broken"))
    monkeypatch.setattr(registry, "get", _unavailable(registry.get))
    with pytest.raises(urllib.error.HTTPError) as degraded:
        urllib.request.urlopen(f"{app_url}health")
    assert degraded.value.code == 503
    body = json.load(degraded.value)
    assert body["status"] == "degraded"
    states = {state["model"]: state for state in body["models"]}
    assert not states["broken"]["sound"] and "model: broken" in states["broken"]["reason"]
    assert states["yolov8"]["sound"]


def _unavailable(get: Callable[[str], Any]) -> Callable[[str], Any]:
    def named(name: str) -> Any:
        if name == "broken":
            raise InputError("model_unknown", argument="model", value=name, allowed="")
        return get(name)

    return named


def test_a_process_that_is_killed_leaves_no_folder_behind(tmp_path: Path) -> None:
    script = "import os; from models.vision.ultralytics_quiet import yolov8_classifier as new; new('n', 7); os._exit(0)"
    environment = os.environ | {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True, timeout=300)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_an_upload_of_ours_reaches_nothing_else(app_url: str, trap: str) -> None:
    for link in (trap, trap.replace("photo.jpg", "gradio_api/file=/etc/passwd")):
        answer = _call(app_url, "classify_image", [{"path": link, "meta": {"_type": "gradio.FileData"}}, []])
        assert "event: error" in answer and "link" in answer
    assert _Trap.visits == []


def test_what_gradio_forgets_is_swept(tmp_path: Path) -> None:
    """Old files go, in whatever folder; new ones and those that stood at the start stay."""
    for name in ("deep/er", "top/old", "top/full"):
        (tmp_path / name).mkdir(parents=True)
    own, old, new = tmp_path / "own.png", tmp_path / "deep" / "er" / "old.png", tmp_path / "new.png"
    own.touch()
    old.touch()
    time.sleep(0.02)  # beyond what the file system tells apart
    moment = time.time()
    time.sleep(0.02)
    (tmp_path / "top" / "new").mkdir()
    (tmp_path / "top" / "full" / "new.png").touch()
    new.touch()
    os.utime(new, (0, 0))  # a copy of an old picture keeps the time at which that was written
    assert upload_cleanup.sweep(tmp_path, frozenset({own}), before=moment) == 1
    assert own.exists() and new.exists() and not old.exists()
    assert upload_cleanup.sweep(tmp_path, frozenset(), before=moment) == 1 and not own.exists() and new.exists()
    assert {path.name for path in (tmp_path / "top").iterdir()} == {"new", "full"} and (tmp_path / "deep").exists()


@pytest.mark.parametrize(
    "params",
    [
        {"name": "forged\n2026-01-01 INFO vitrine.calls", "arguments": {}},
        {"name": "score_application", "arguments": [{"NAME": "forged person"}]},
        {"name": "score_client", "arguments": {"client_id": "forged number"}},
        "forged",
    ],
)
def test_what_an_agent_sends_is_not_logged(app_url: str, caplog: pytest.LogCaptureFixture, params: object) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"Accept": "application/json, text/event-stream"}
    with caplog.at_level("INFO"):
        httpx.post(f"{app_url}gradio_api/mcp", json=call, headers=headers, timeout=60, trust_env=False)
    assert "forged" not in caplog.text


def test_work_that_fails_once_is_done_again(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()
    attempts = iter([OSError("a folder that went meanwhile"), None])

    def work() -> None:
        if (error := next(attempts, None)) is not None:
            raise error
        done.set()

    stop = background.repeat(work, 0.01, "sweep")
    assert done.wait(60)
    stop.set()
    assert "sweep failed" in caplog.text


def test_sweeping_goes_on_in_the_background(tmp_path: Path) -> None:
    own = tmp_path / "pictures" / "own.png"
    own.parent.mkdir()
    own.touch()
    os.utime(own, (0, 0))
    stop = upload_cleanup.keep_swept(tmp_path, every=0.01, age=0)
    left = tmp_path / "picture.png"
    left.touch()
    deadline = time.monotonic() + 60
    while left.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    assert not left.exists() and own.exists()


def test_the_folder_of_uploads_goes_with_the_process() -> None:
    code = "from models.runtime.upload_cleanup import own_folder; assert own_folder().is_dir(); print(own_folder())"
    settings = {key: value for key, value in os.environ.items() if key != upload_cleanup.VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip().splitlines()[-1]).exists()
    assert UPLOADS.is_dir() and str(UPLOADS) == os.environ[upload_cleanup.VARIABLE], "the app has one"


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the figures of the credit model would stand."""
    folder = tmp_path / "weights" / "credit"
    shutil.copytree(ROOT / "weights" / "credit", folder)
    (folder / "metrics.json").unlink()
    monkeypatch.setattr("models.credit.service.ROOT", tmp_path)
    credit_service.cache_clear()
    yield folder / "metrics.json"
    credit_service.cache_clear()


@pytest.mark.parametrize("content", [None, "{", '{"figures": {}}'])
def test_without_its_figures_the_credit_model_is_unavailable(content: str | None, figures: Path) -> None:
    if content is not None:
        figures.write_text(content)
    with pytest.raises(ModelUnavailable, match=r"metrics\.json"):
        credit_service()


def test_without_the_credit_model_the_app_starts_and_says_so(figures: Path) -> None:
    blocks = create_app().blocks.values()
    said = [str(block.value) for block in blocks if isinstance(block, gr.HTML) and "metrics.json" in str(block.value)]
    assert len(said) >= len(("en", "fr"))
