"""What a hostile or clumsy caller tries; each line of SECURITY.md has its test here."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from models.errors import InputError
from models.runtime import hub, upload_cleanup
from models.runtime.health import check_models
from models.vision import registry
from tests.factories import photo

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
    assert "root:" not in answer


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


def test_a_bomb_is_refused_before_it_is_decoded(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (30_000, 30_000)).save(path)
    with pytest.raises(AppError, match="image"):
        client.predict(handle_file(path), ["yolov8"], api_name="/classify_image")


def test_foreign_origins_get_no_answer(app_url: str) -> None:
    request = urllib.request.Request(f"{app_url}config", headers={"Origin": "https://elsewhere.example"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers.get("access-control-allow-origin") != "https://elsewhere.example"


def test_nothing_is_recorded_or_reported(app_url: str) -> None:
    with urllib.request.urlopen(f"{app_url}config") as answer:
        config = json.load(answer)
    assert not config.get("analytics_enabled")
    assert not config.get("run_history")


def test_logs_hold_no_personal_data(client: Client, first_client: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="vitrine.calls"):
        client.predict(first_client, {"AMT_INCOME_TOTAL": 123457}, api_name="/score_client")
    lines = [record.getMessage() for record in caplog.records if record.name == "vitrine.calls"]
    assert any(json.loads(line)["call"] == "endpoints.score_client" for line in lines)
    assert not any(str(first_client) in line or "123457" in line for line in lines)


def test_health_names_each_model(app_url: str) -> None:
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


def test_health_says_why_the_local_copy_is_used(app_url: str, unpinned: None) -> None:
    with urllib.request.urlopen(f"{app_url}health") as answer:
        states = {state["model"]: state for state in json.load(answer)["models"]}
    assert "someone/somewhere@main" in states["yolov8"]["note"]
    assert states["yolov8"]["revision"] == "local" and states["yolov8"]["sound"]
    assert states["credit"]["note"] == ""


def test_health_names_a_model_that_does_not_answer(app_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._PLACES, "broken", "models.vision.yolov8:YoloV8")
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
            raise InputError("model_unknown", value=name, allowed="")
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
    (tmp_path / "deep").mkdir()
    own, old, new = tmp_path / "own.png", tmp_path / "deep" / "old.png", tmp_path / "new.png"
    own.touch()
    kept = frozenset(tmp_path.rglob("*"))
    old.touch()
    new.touch()
    for path in (own, old):
        os.utime(path, (0, 0))
    assert upload_cleanup.sweep(tmp_path, kept, age=3600) == 1
    assert own.exists() and new.exists() and not old.exists()


def test_sweeping_goes_on_in_the_background(tmp_path: Path) -> None:
    stop = upload_cleanup.keep_swept(tmp_path, every=0.01, age=0)
    left = tmp_path / "picture.png"
    left.touch()
    deadline = time.monotonic() + 60
    while left.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    assert not left.exists()


def test_the_folder_of_uploads_goes_with_the_process() -> None:
    code = "import app; assert app.UPLOADS.is_dir(); print(app.UPLOADS)"
    settings = {key: value for key, value in os.environ.items() if key != upload_cleanup.VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip().splitlines()[-1]).exists()
