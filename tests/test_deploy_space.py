"""The Space's folder: all that the app needs, nothing else, and the app starts from it with nothing else in reach."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from gradio_client import Client

from models.runtime import hub
from models.vision import calibration, weights
from tests.links import dead_links
from training import deploy_space
from training.hub.upload import HubRefusal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
MEMORY = 2.2e9  # bytes; a free Space has 16 GB. The CLIP tower alone holds 0.3 of them
PATIENCE = 180  # seconds for the app to start, on a machine that is busy with other things


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy") / "space"
    deploy_space.build(folder)
    return folder


def test_only_what_the_app_needs_is_there(space: Path) -> None:
    names = set(deploy_space.collect(space))
    assert {"app.py", "README.md", "requirements.txt", "packages.txt", "hub.yaml", "LICENSE"} <= names
    tops = {"models", "server", "tabs", "weights", "data", "app.py", "README.md", "results.json"}
    tops |= {"requirements.txt", "packages.txt", "hub.yaml", "LICENSE", *deploy_space.DOCUMENTS}
    assert {name.split("/")[0] for name in names} == tops
    assert not [name for name in names if name.endswith((".pyi", ".pyc", ".pkl", ".pt", ".log")) or "/." in name]
    assert not [name for name in names if "/node_modules/" in name]
    kinds = (
        ("models", ".py"),
        ("models", ".html"),
        ("server", ".py"),
        *(("tabs", f".{kind}") for kind in ("py", "css", "js")),
    )
    for folder, suffix in kinds:
        here = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(f"*{suffix}")}
        assert {name for name in here if "/node_modules/" not in name} <= names


def test_every_file_of_the_data_is_decided_upon() -> None:
    tracked = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("this is no git checkout")
    shipped = {name.split("/")[1] for name in tracked.stdout.splitlines()}
    assert shipped <= set(deploy_space.DATA), "name it in deploy_space.DATA, or the Space goes without"


def test_the_documents_of_the_space_lead_nowhere_that_is_not_there(space: Path) -> None:
    assert [link for path in sorted(space.glob("*.md")) for link in dead_links(path)] == []


def test_the_head_of_the_readme_is_space_yaml(space: Path) -> None:
    _, head, body = (space / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert yaml.safe_load(head) == yaml.safe_load((ROOT / "space.yaml").read_text(encoding="utf-8"))
    assert (ROOT / "README.md").read_text(encoding="utf-8").endswith(body)


def test_a_pinned_model_is_preloaded_and_its_weights_stay_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PINS", tmp_path / "hub.yaml")
    hub.PINS.write_text(f"credit: {{repo: vitrine/credit, revision: {'1' * 40}}}\n")
    deploy_space.build(tmp_path / "space")
    head = yaml.safe_load((tmp_path / "space" / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    files = "sha256sums.txt,config.json,metrics.json,model.txt"
    assert head["preload_from_hub"] == [f"vitrine/credit {files} {'1' * 40}"]
    assert head["models"] == ["vitrine/credit"]
    folder = tmp_path / "space" / "weights"
    assert not (folder / "credit" / "model.txt").exists() and (folder / "credit" / "metrics.json").exists()
    assert (folder / "yolov8" / "model.safetensors").exists()


def test_the_environment_of_this_machine_keeps_no_weights_from_the_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PINS", tmp_path / "hub.yaml")  # names no model
    monkeypatch.setenv("VITRINE_CREDIT_REPO", f"vitrine/credit@{'1' * 40}")
    deploy_space.build(tmp_path / "space")
    assert (tmp_path / "space" / "weights" / "credit" / "model.txt").exists()
    assert "preload_from_hub" not in (tmp_path / "space" / "README.md").read_text(encoding="utf-8").split("---\n")[1]


def test_the_thresholds_of_a_pinned_model_come_along_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PINS", tmp_path / "hub.yaml")
    hub.PINS.write_text(f"vgg16: {{repo: vitrine/vgg16, revision: {'1' * 40}}}\n")
    deploy_space.build(tmp_path / "space")
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "space" / "weights")
    assert not (weights.FOLDER / "vgg16" / weights.WEIGHTS).exists()
    sha256 = json.loads((weights.FOLDER / "vgg16" / weights.CONFIG).read_text())["weights_sha256"]
    assert calibration.read("vgg16", sha256) is not None


def test_a_training_that_was_interrupted_leaves_nothing_in_the_space(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    for name in ("model.safetensors", "checkpoint-refit-joint.safetensors", "checkpoint.tmp"):
        (tmp_path / "from" / name).touch()
    deploy_space._copy_weights(tmp_path / "from", tmp_path / "to", without=())
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["model.safetensors"]


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(HubRefusal, match="not empty"):
        deploy_space.build(tmp_path)
    with pytest.raises(HubRefusal, match=r"app\.py.*git checkout"):
        deploy_space.build(tmp_path / "new", root=tmp_path)


@pytest.fixture(scope="module")
def started(space: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, float]]:
    """Address, process and start-up seconds of the app, run from a copy with the checkout out of reach."""
    home = tmp_path_factory.mktemp("home")
    copy = shutil.copytree(space, home / "app")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "HF_HUB_OFFLINE": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_SERVER_PORT": str(port),
        "NO_PROXY": "*",
    }
    began, url = time.monotonic(), f"http://127.0.0.1:{port}/"
    with (home / "app.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=copy, env=environment, stdout=log, stderr=log)
    try:
        while not _answers(url):
            assert process.poll() is None, (home / "app.log").read_text()
            assert time.monotonic() - began < PATIENCE, (home / "app.log").read_text()
            time.sleep(0.25)
        yield url, process.pid, time.monotonic() - began
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30):
            return True
    except (urllib.error.URLError, ConnectionError):
        return False


def test_the_app_starts_and_answers_from_the_folder_alone(
    started: tuple[str, int, float], capsys: pytest.CaptureFixture[str]
) -> None:
    url, pid, seconds = started
    client = Client(url, verbose=False)
    listed = client.predict("refused", 1, api_name="/clients")
    assert listed["total"] > 0 and listed["clients"][0]["decision"] == "refused"
    assert {row["model"] for row in client.predict(api_name="/results")["vision"]} >= {"yolov8"}
    pictures = sorted((ROOT / "data" / "catalogue" / "images").rglob("*.*"))
    answer = client.predict(_file(pictures[0]), [], api_name="/classify_image")
    assert answer["models"]["yolov8"]["label"] in answer["classes"]
    memory = psutil.Process(pid).memory_info().rss
    with capsys.disabled():
        print(f"\nthe Space started in {seconds:.1f} s and holds {memory / 1e6:.0f} MB after a photo")
    assert memory < MEMORY


def _file(path: Path) -> dict:
    from gradio_client import handle_file

    return handle_file(path)
