"""Pushing a model and loading it again, through a Hub of our own: what arrives, and what a person reads when it fails.

The library reads its settings once, at import, so everything runs in processes of its own, each with nothing of the
surrounding environment: a home, a cache and a token made for the test, and ``HF_ENDPOINT`` for the only way out.

Xet is a protocol beside HTTP, which a native library (``hf_xet``, installed with ``huggingface_hub``) speaks to servers
of its own. Loading never uses it, which is tested. Pushing uses it wherever it is not switched off, and does not come
back to LFS; here it is switched off, and what every repository also answers to is tested, LFS and plain HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.credit.service import credit_service
from models.errors import VitrineError
from models.runtime import hub
from models.texts import ENGLISH
from models.vision.protovit import ProtoVit
from models.vision.registry import MODELS
from models.vision.yolov8 import YoloV8
from training.hub.model_files import collect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PATIENCE = 240  # seconds for a process, on a machine that is busy with other things
CARD = "---\nlicense: agpl-3.0\nmodel-index:\n  - name: made\n---\n\n# Made for a test\n"
LOAD = """
import json, sys
from pathlib import Path
from models.runtime import hub
from models.texts import ENGLISH, FRENCH
hub.WAITS = (0.1, 0.1)
folder = hub.load(sys.argv[1], Path(sys.argv[2]), Path)
weights = (folder / hub.files(sys.argv[1])[-1]).read_bytes()
notes = [[note.key, note.message(ENGLISH), note.message(FRENCH)] for note in hub.notes()]
library = "huggingface_hub" in sys.modules
print(json.dumps({"folder": str(folder), "weights": weights.hex(), "notes": notes, "library": library}))
"""


@dataclass(frozen=True)
class World:
    """A Hub, a home, and a folder of weights; ``run`` starts what a person would."""

    url: str
    home: Path
    weights: Path

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "HF_HOME": str(self.home / "hf"),
            "HF_ENDPOINT": self.url,
            "HF_TOKEN": "owner",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "OMP_NUM_THREADS": "1",  # on busy cores threads would wait for each other
            "NO_PROXY": "*",
            **settings,
        }
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)

    def push(self, model: str, repo: str, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        folder = ["--weights", str(self.weights)]
        return self.run("-m", "training.push_to_hub", model, "--repo", repo, *folder, *options, **settings)

    def load(self, model: str, named: str | None, **settings: str) -> dict[str, Any]:
        if named is not None:
            settings[f"VITRINE_{model.upper()}_REPO"] = named
        done = self.run("-c", LOAD, model, str(self.weights / model), **settings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "training.deploy_space", *options)

    def fail(self, *faults: dict[str, Any]) -> None:
        request = urllib.request.Request(f"{self.url}/_faults", json.dumps(faults).encode(), method="POST")
        urllib.request.urlopen(request).close()

    def log(self) -> list[str]:
        with urllib.request.urlopen(f"{self.url}/_log") as answer:
            return json.load(answer)

    def get(self, path: str) -> bytes:
        request = urllib.request.Request(f"{self.url}/{path}", headers={"Authorization": "Bearer owner"})
        opener = urllib.request.build_opener(_WithoutToken)
        with opener.open(request) as answer:
            return answer.read()


class _WithoutToken(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request: Any, *rest: Any) -> Any:
        following = super().redirect_request(request, *rest)
        if following:
            following.headers.pop("Authorization", None)
        return following


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the server, in a process of its own."""
    command = [sys.executable, str(ROOT / "tests" / "hub_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    """A home and a made model of 300 kB, its own for each test; no fault of a test outlives it."""
    world = World(address, tmp_path / "home", tmp_path / "weights")
    world.home.mkdir()
    write_model(world.weights, "vgg16", str(tmp_path).encode())
    yield world
    world.fail()


def write_model(weights: Path, model: str, seed: bytes, size: int = 300_000) -> Path:
    """A folder such as training leaves; its weights begin as a safetensors file does."""
    folder = weights / model
    folder.mkdir(parents=True, exist_ok=True)
    content = (2).to_bytes(8, "little") + b"{}" + hashlib.shake_256(seed).digest(size)
    (folder / "model.safetensors").write_bytes(content)
    (folder / "config.json").write_text(json.dumps({"weights_sha256": hashlib.sha256(content).hexdigest()}))
    (folder / "metrics.json").write_text(json.dumps({"accuracy": 0.5}))
    (folder / "README.md").write_text(CARD)
    return folder


def revision(pushed: subprocess.CompletedProcess[str]) -> str:
    assert pushed.returncode == 0, pushed.stderr
    found = re.search(r"^revision ([0-9a-f]{40})$", pushed.stdout, re.MULTILINE)
    assert found, pushed.stdout
    return found[1]


def test_a_push_arrives_byte_for_byte_and_a_second_one_changes_nothing(world: World) -> None:
    first = world.push("vgg16", "vitrine/whole", "--public")
    sha, local = revision(first), world.weights / "vgg16"
    for path in local.iterdir():
        assert world.get(f"vitrine/whole/resolve/{sha}/{path.name}") == path.read_bytes()
    listing = world.get(f"vitrine/whole/resolve/{sha}/{hub.LISTING}").decode()
    assert f"{hashlib.sha256((local / 'README.md').read_bytes()).hexdigest()}  README.md\n" in listing
    assert f"vgg16: {{repo: vitrine/whole, revision: {sha}}}" in first.stdout
    before = len(world.log())
    second = world.push("vgg16", "vitrine/whole")
    assert revision(second) == sha and "no new commit" in second.stdout
    assert not [line for line in world.log()[before:] if line.startswith("PUT") or "/commit/" in line]
    assert world.load("vgg16", f"vitrine/whole@{sha}", HF_TOKEN="")["notes"] == []  # public: no token needed


def test_a_dry_run_needs_no_token_and_sends_nothing(world: World) -> None:
    before = world.log()
    done = world.push("vgg16", "vitrine/dry", "--dry-run", HF_TOKEN="")
    assert done.returncode == 0 and "model.safetensors" in done.stdout and "0.300 MB" in done.stdout
    assert world.log() == before


def test_a_push_that_was_cut_goes_on_where_it_stopped(world: World) -> None:
    world.fail({"where": "/commit/", "status": 500})
    cut = world.push("vgg16", "vitrine/cut")
    assert cut.returncode == 1 and "out of order (HTTP 500)" in cut.stderr
    before = len(world.log())
    revision(world.push("vgg16", "vitrine/cut"))
    assert not [line for line in world.log()[before:] if line.startswith("PUT")]


@pytest.mark.parametrize(
    ("fault", "settings", "sentence"),
    [
        ({}, {"HF_TOKEN": "guess"}, "does not know this token (401)"),
        ({}, {"HF_TOKEN": "reader"}, "may not write to vitrine/"),
        ({}, {"HF_TOKEN": ""}, "There is no token"),
        ({}, {"HF_HUB_OFFLINE": "1"}, "cannot be reached"),
        ({}, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached (ConnectError"),
        ({"where": "PUT", "status": 413}, {}, "no room left"),
        ({"where": "/batch", "status": 403, "message": "Private storage limit reached"}, {}, "no room left"),
        ({"where": "repos/create", "status": 402, "message": "PRO needed"}, {}, "asks to be paid"),
        ({"where": "/commit/", "status": 409}, {}, "changed in the meantime (409)"),
        ({"where": "GET /api/models", "status": 404}, {}, "may not see it (404)"),
        ({"where": "repos/create", "status": 429}, {}, "asks for patience (429)"),
    ],
)
def test_what_the_hub_refuses_is_said_in_a_sentence(
    world: World, fault: dict[str, Any], settings: dict[str, str], sentence: str
) -> None:
    world.fail(*([fault] if fault else []))
    done = world.push("vgg16", f"vitrine/{world.home.parent.name}", **settings)
    assert done.returncode == 1 and sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_that_is_busy_is_asked_again(world: World) -> None:
    busy = {"where": "preupload", "status": 429, "headers": {"Retry-After": "0"}}
    world.fail(busy, {"where": "PUT", "status": 503})
    sha = revision(world.push("vgg16", "vitrine/busy"))
    world.fail({"where": "HEAD", "status": 503}, {"where": "GET /_cdn", "status": 429, "headers": {"Retry-After": "0"}})
    answer = world.load("vgg16", f"vitrine/busy@{sha}")
    assert answer["notes"] == [] and "snapshots" in answer["folder"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.pkl", b"\x80\x04N.", "holds model.pkl"),
        ("extra.txt", b"\x80\x04N.", "holds extra.txt"),
        ("model.safetensors", b"PK\x03\x04 an archive of pickles", "holds model.safetensors"),
        ("config.json", b'{"weights_sha256": "0"}', "not the file that config.json describes"),
        ("README.md", b"# A card without a head\n", "no license and no model-index"),
    ],
)
def test_what_should_not_be_published_is_refused(world: World, name: str, content: bytes, sentence: str) -> None:
    (world.weights / "vgg16" / name).write_bytes(content)
    before = world.log()
    done = world.push("vgg16", "vitrine/none")
    assert done.returncode == 1 and sentence in done.stderr
    assert world.log() == before


@pytest.mark.parametrize("model", MODELS)
def test_the_hub_takes_the_card_of_each_classifier(model: str, world: World) -> None:
    shutil.copyfile(ROOT / "weights" / model / "README.md", world.weights / "vgg16" / "README.md")
    revision(world.push("vgg16", f"vitrine/card-of-{model}"))


def test_what_a_model_began_as_is_said_by_an_id(world: World) -> None:
    card = CARD.replace("---\n", "---\nbase_model: timm/vgg16, trained on ImageNet\n", 1)
    (world.weights / "vgg16" / "README.md").write_text(card)
    done = world.push("vgg16", "vitrine/words")
    assert done.returncode == 1 and '"base_model" with value "timm/vgg16, trained on ImageNet"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_repository_is_private(world: World) -> None:
    named = f"vitrine/closed@{revision(world.push('vgg16', 'vitrine/closed'))}"
    done = world.push("vgg16", "vitrine/closed", "--public")
    assert done.returncode == 1 and "vitrine/closed is private already" in done.stderr
    stranger = world.load("vgg16", named, HF_TOKEN="")
    assert [note[0] for note in stranger["notes"]] == ["hub_refused"] and "HTTP 401" in stranger["notes"][0][2]
    assert world.load("vgg16", named)["notes"] == []


def test_an_earlier_revision_is_loaded_and_then_read_without_the_hub(world: World) -> None:
    old = (world.weights / "vgg16" / "model.safetensors").read_bytes()
    sha = revision(world.push("vgg16", "vitrine/twice"))
    write_model(world.weights, "vgg16", b"second")
    assert revision(world.push("vgg16", "vitrine/twice")) != sha
    assert bytes.fromhex(world.load("vgg16", f"vitrine/twice@{sha}")["weights"]) == old
    before = world.log()
    for away in ({}, {"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}):
        answer = world.load("vgg16", f"vitrine/twice@{sha}", **away)
        assert bytes.fromhex(answer["weights"]) == old and [note[0] for note in answer["notes"]] == ["hub_unmeasured"]
    assert world.log() == before


def test_figures_of_other_weights_than_those_that_are_loaded_are_told(world: World) -> None:
    pin = f"vitrine/measured@{revision(world.push('vgg16', 'vitrine/measured'))}"
    assert world.load("vgg16", pin)["notes"] == []
    write_model(world.weights, "vgg16", b"trained and measured since")
    [[key, english, french]] = world.load("vgg16", pin)["notes"]
    assert key == "hub_unmeasured" and "vitrine/measured" in english and "weights/vgg16" in french


def test_a_download_that_was_cut_goes_on_where_it_stopped(world: World) -> None:
    write_model(world.weights, "vgg16", b"large", 16_000_000)  # what has come is written down every 10 MiB
    sha = revision(world.push("vgg16", "vitrine/slow"))
    world.fail({"where": "GET /_cdn", "cut": 12_000_000})
    answer = world.load("vgg16", f"vitrine/slow@{sha}")
    assert bytes.fromhex(answer["weights"]) == (world.weights / "vgg16" / "model.safetensors").read_bytes()
    assert "snapshots" in answer["folder"]
    assert [line for line in world.log() if re.search(r"GET /_cdn/\w+ bytes=10485760-", line)]


def test_a_hub_that_announces_xet_is_asked_over_plain_http(world: World) -> None:
    sha = revision(world.push("vgg16", "vitrine/xet"))
    announced = {
        "X-Xet-Hash": "a" * 64,
        "X-Xet-Refresh-Route": f"{world.url}/api/models/vitrine/xet/xet-read-token/{sha}",
    }
    world.fail({"where": "HEAD .*safetensors", "times": 99, "headers": announced})
    before = len(world.log())
    answer = world.load("vgg16", f"vitrine/xet@{sha}", HF_HUB_DISABLE_XET="0")
    assert bytes.fromhex(answer["weights"]) == (world.weights / "vgg16" / "model.safetensors").read_bytes()
    assert answer["notes"] == [] and "snapshots" in answer["folder"]
    asked = world.log()[before:]
    assert [line for line in asked if line.startswith("GET /_cdn/")]
    assert not [line for line in asked if "xet-read-token" in line]


@pytest.mark.parametrize("where", ["GET /_cdn", f"GET .*/{hub.LISTING}", "GET .*/config.json"])
def test_a_damaged_file_is_refused_and_asked_for_again(world: World, where: str) -> None:
    sha = revision(world.push("vgg16", "vitrine/damaged"))
    world.fail({"where": where, "flip": True})
    damaged = world.load("vgg16", f"vitrine/damaged@{sha}")
    assert [note[0] for note in damaged["notes"]] == ["hub_altered"] and "SHA-256" in damaged["notes"][0][1]
    assert damaged["folder"] == str(world.weights / "vgg16")
    assert world.load("vgg16", f"vitrine/damaged@{sha}")["notes"] == []


@pytest.mark.parametrize(
    ("fault", "settings", "key", "reason"),
    [
        ({"where": "HEAD", "status": 503, "times": 99}, {}, "hub_away", "HTTP 503"),
        ({}, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "hub_away", "ConnectError"),
        ({}, {"HF_HUB_OFFLINE": "1"}, "hub_away", "OfflineModeIsEnabled"),
        ({}, {}, "hub_refused", "HTTP 404"),
    ],
)
def test_without_the_hub_the_local_copy_is_used_and_the_page_says_so(
    world: World, fault: dict[str, Any], settings: dict[str, str], key: str, reason: str
) -> None:
    world.fail(*([fault] if fault else []))
    answer = world.load("vgg16", f"vitrine/nowhere@{'0' * 40}", **settings)
    assert answer["folder"] == str(world.weights / "vgg16")
    [[found, english, french]] = answer["notes"]
    assert found == key
    assert f"weights/vgg16: vitrine/nowhere at {'0' * 40}" in english and reason in french


@pytest.mark.parametrize("model", ["credit", "yolov8"])
def test_files_that_are_as_listed_but_no_model_give_way_to_the_local_copy(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / model
    place.mkdir()
    for name in hub.files(model):
        (place / name).write_text("{}")
    monkeypatch.setenv(f"VITRINE_{model.upper()}_REPO", f"vitrine/{model}@{'1' * 40}")
    monkeypatch.setattr(hub, "_fetch", lambda model, pin: place)
    if model == "credit":
        credit_service.cache_clear()
        assert credit_service().score_client(900001).probability > 0
        credit_service.cache_clear()
    else:
        assert YoloV8.load().classes
    [note] = hub.notes()
    assert note.key == "hub_unfit" and f"vitrine/{model}" in note.message(ENGLISH) and hub.origin(model) is None
    monkeypatch.delenv(f"VITRINE_{model.upper()}_REPO")
    hub.folder(model, place)


def test_a_model_is_read_from_one_folder_though_the_hub_comes_back_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ProtoViT is two files: its weights and its prototypes."""
    asked = []

    def fetch(model: str, pin: hub.Pin) -> Path:
        asked.append(model)
        if len(asked) == 1:
            raise hub.HubError("hub_away", model=model, repo=pin.repo, revision=pin.revision, reason="HTTP 503")
        return tmp_path

    monkeypatch.setenv("VITRINE_PROTOVIT_REPO", f"vitrine/protovit@{'1' * 40}")
    monkeypatch.setattr(hub, "_fetch", fetch)
    assert ProtoVit.load().prototypes and asked == ["protovit"]
    monkeypatch.delenv("VITRINE_PROTOVIT_REPO")
    hub.folder("protovit", tmp_path)


def test_nothing_configured_asks_nothing_of_anyone(world: World) -> None:
    before = world.log()
    for named in (None, ""):
        answer = world.load("vgg16", named)
        assert answer == {**answer, "folder": str(world.weights / "vgg16"), "notes": [], "library": False}
    assert world.log() == before


@pytest.mark.parametrize("named", ["v/m", "v/m@main", "v/m@v1.0", "m@" + "0" * 40, "v/m@" + "0" * 39])
def test_what_is_not_pinned_is_refused(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_VGG16_REPO", named)
    assert hub.folder("vgg16", tmp_path) == tmp_path
    assert [note.key for note in hub.notes()] == ["hub_unpinned"]
    assert not hub.is_named("vgg16")
    with pytest.raises(VitrineError, match=re.escape(named)):
        hub.pinned("vgg16")
    monkeypatch.delenv("VITRINE_VGG16_REPO")
    assert hub.folder("vgg16", tmp_path) == tmp_path and hub.notes() == []


def test_the_variable_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PINS", tmp_path / "hub.yaml")
    assert hub.pinned("credit") is None
    hub.PINS.write_text(f"credit: {{repo: vitrine/c, revision: {'1' * 40}}}\n")
    assert hub.pinned("credit") == hub.Pin("vitrine/c", "1" * 40)
    assert hub.pinned("vgg16") is None
    monkeypatch.setenv("VITRINE_CREDIT_REPO", f"vitrine/other@{'2' * 40}")
    assert hub.pinned("credit") == hub.Pin("vitrine/other", "2" * 40)
    monkeypatch.setenv("VITRINE_CREDIT_REPO", "")
    assert hub.pinned("credit") is None
    monkeypatch.delenv("VITRINE_CREDIT_REPO")
    for broken in ("credit: vitrine/c", "credit: {repo: vitrine/c}", "- credit", "credit: {"):
        hub.PINS.write_text(broken)
        with pytest.raises(VitrineError, match=r"hub\.yaml"):
            hub.pinned("credit")


def test_the_desk_and_the_classifiers_load_from_the_hub(world: World) -> None:
    shutil.copytree(ROOT / "weights" / "credit", world.weights / "credit")
    pins = {
        "VITRINE_CREDIT_REPO": f"vitrine/credit@{revision(world.push('credit', 'vitrine/credit'))}",
        "VITRINE_VGG16_REPO": f"vitrine/vgg16@{revision(world.push('vgg16', 'vitrine/vgg16'))}",
    }
    script = """
import sys
from pathlib import Path
from models.runtime import hub
from models.credit.service import credit_service
from models.errors import ModelUnavailable
from models.vision import weights
print(credit_service().score_client(900001).probability)
weights.FOLDER = Path(sys.argv[1])  # no local copy
assert weights.is_installed("vgg16")
try:
    weights.read("vgg16")
except ModelUnavailable as error:
    print(error.key)  # its SHA-256 is right; its header is made for the test and empty
print(len(hub.notes()))
origin = hub.origin("credit")
print(f"{origin.repo}@{origin.revision}")
"""
    from_hub = world.run("-c", script, str(world.home), **pins)
    assert from_hub.returncode == 0, from_hub.stderr
    probability, key, notes, origin = from_hub.stdout.split()
    assert origin == pins["VITRINE_CREDIT_REPO"]
    assert 0 < float(probability) < 1 and key == "weights_unreadable" and notes == "0"
    assert [line for line in world.log() if re.search(r"GET /vitrine/credit/resolve/\w+/config.json", line)]


@pytest.mark.parametrize("model", ["credit", *MODELS])
def test_what_is_shipped_may_be_published(model: str) -> None:
    files = collect(ROOT / "weights" / model, model)
    assert set(files) - {hub.LISTING} == {path.name for path in (ROOT / "weights" / model).iterdir()}


def test_a_training_that_was_interrupted_publishes_nothing_of_it(tmp_path: Path) -> None:
    folder = write_model(tmp_path, "vgg16", b"seed")
    complete = set(collect(folder, "vgg16"))
    for name in ("checkpoint.safetensors", "checkpoint-refit-joint.safetensors", "checkpoint.tmp"):
        shutil.copyfile(folder / "model.safetensors", folder / name)
    assert set(collect(folder, "vgg16")) == complete
    checked = subprocess.run(["git", "check-ignore", "weights/protovit/checkpoint-joint.safetensors"], cwd=ROOT)
    assert checked.returncode in (0, 128), "git ignores it, or this is no git checkout"


def test_a_deployment_becomes_the_whole_space(world: World) -> None:
    leave = "send(Target('vitrine/app', 'space'), {'old.py': b'# of an earlier app', 'LICENSE': b''}, 'before')"
    assert world.run("-c", f"from training.hub.upload import Target, send; {leave}").returncode == 0
    assert world.get("spaces/vitrine/app/resolve/main/old.py")
    done = world.deploy("--space", "vitrine/app")
    sha = revision(done)
    assert "deployed" in done.stdout
    for name in ("app.py", "LICENSE", "packages.txt", "data/portfolio.parquet", "weights/yolov8/model.safetensors"):
        assert world.get(f"spaces/vitrine/app/resolve/{sha}/{name}") == (ROOT / name).read_bytes(), name
    listed = {item["path"] for item in json.loads(world.get(f"api/spaces/vitrine/app/tree/{sha}"))}
    assert ".gitattributes" in listed and "old.py" not in listed
    assert not [name for name in listed if name.startswith(("tests/", "training/", "benchmarks/"))]


def test_a_deployment_without_rights_or_aim_says_so(world: World) -> None:
    before = world.log()
    assert world.deploy("--dry-run").returncode == 0 and world.log() == before
    assert "one of --space" in world.deploy().stderr
    done = world.deploy("--space", "elsewhere/app")
    assert done.returncode == 1 and "may not write to elsewhere/app (403)" in done.stderr
