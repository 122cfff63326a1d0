"""What the app runs on, without a network or a browser: where weights come from, self-tests, clean-up, examples."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models import examples
from models.errors import InputError, ModelUnavailable
from models.protovit import ProtoViTConfig
from models.runtime import background, health, hub
from models.statistics import wilson
from models.texts import ENGLISH, FRENCH
from models.vision import glance, registry
from models.vision.photo_batch import PhotoBatch, PhotoRow
from models.vision.predictions import CLASSES, Prediction

PIN = hub.Pin("someone/credit", "0123456789abcdef0123456789abcdef01234567")
SURE = Prediction("vgg16", CLASSES[0], dict.fromkeys(CLASSES, 0.0) | {CLASSES[0]: 0.75, CLASSES[1]: 0.25}, 0.1)


@pytest.fixture
def unpinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No model is named anywhere, and none was loaded; the file of pins that a test may write."""
    for name in list(os.environ):
        if name.startswith("VITRINE_") and name.endswith("_REPO"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(hub, "PINS", tmp_path / "hub.yaml")
    monkeypatch.setattr(hub, "_notes", {})
    monkeypatch.setattr(hub, "_origins", {})
    return tmp_path / "hub.yaml"


def test_work_is_repeated_in_a_thread_of_its_name_until_it_is_stopped() -> None:
    names: list[tuple[str, bool]] = []
    often = threading.Event()

    def work() -> None:
        names.append((threading.current_thread().name, threading.current_thread().daemon))
        if len(names) == 3:
            often.set()

    stop = background.repeat(work, 0.001, "again")
    assert often.wait(30)
    stop.set()
    assert set(names) == {("again", True)}


def test_an_example_is_its_file_without_the_last_line_s_end() -> None:
    for path in examples.FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert text == examples.example(path.name) + text[len(text.rstrip()) :] and not text[0].isspace()


@pytest.mark.parametrize(
    ("named", "key"),
    [
        (f"{PIN.repo}@{PIN.revision}", None),
        (PIN.repo, "hub_unpinned"),
        (f"{PIN.repo}@main", "hub_unpinned"),
        (f"{PIN.repo}@{PIN.revision}0", "hub_unpinned"),
        (f"credit@{PIN.revision}", "hub_unpinned"),
    ],
)
def test_a_repository_is_named_at_one_commit(
    named: str, key: str | None, unpinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub.pinned("credit") is None and not hub.is_named("credit")
    monkeypatch.setenv("VITRINE_CREDIT_REPO", named)
    assert hub.pinned("vgg16") is None and hub.is_named("credit") == (key is None)
    if key is None:
        assert hub.pinned("credit") == PIN
        return
    with pytest.raises(hub.HubError) as refusal:
        hub.pinned("credit")
    sentence = str(refusal.value)
    assert refusal.value.key == key and "VITRINE_CREDIT_REPO" in sentence and named[:20] in sentence
    assert hub.folder("credit", Path("here")) == Path("here")
    note = hub.note("credit")
    assert note is not None and note.message(ENGLISH) == sentence and note.message(FRENCH) != sentence
    assert hub.notes() == [note] and hub.origin("credit") is None


def test_the_file_of_pins_names_repositories_unless_it_is_damaged(unpinned: Path) -> None:
    unpinned.write_text(f"credit:\n  repo: {PIN.repo}\n  revision: {PIN.revision}\n")
    assert hub.pinned("credit") == PIN and hub.pinned("vgg16") is None
    for damaged in ("credit: {", "credit:\n  repo: a/b\n", "- credit\n"):
        unpinned.write_text(damaged)
        with pytest.raises(hub.HubError, match=r"hub\.yaml"):
            hub.pinned("credit")


def test_the_file_of_pins_is_read_whatever_the_environment_names(
    unpinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpinned.write_text(f"credit:\n  repo: {PIN.repo}\n  revision: {PIN.revision}\n")
    monkeypatch.setenv("VITRINE_CREDIT_REPO", f"other/credit@{'1' * 40}")
    monkeypatch.setenv("VITRINE_VGG16_REPO", f"other/vgg16@{'1' * 40}")
    assert hub.pinned_in_file("credit") == PIN and hub.pinned_in_file("vgg16") is None
    assert hub.pinned("credit") != PIN


def test_what_the_hub_gave_and_cannot_be_read_is_read_from_the_local_copy(
    unpinned: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("VITRINE_CREDIT_REPO", f"{PIN.repo}@{PIN.revision}")
    monkeypatch.setattr(hub, "_fetch", lambda model, pin: tmp_path / "fetched")
    assert hub.load("credit", tmp_path / "own", str) == str(tmp_path / "fetched")
    assert hub.origin("credit") == PIN and hub.note("credit") is None

    unfit = ModelUnavailable("weights", model="credit", folder="f", reason="r", remedy="m")

    def read(folder: Path) -> str:
        if folder.name == "fetched":
            raise unfit
        return folder.name

    assert hub.load("credit", tmp_path / "own", read) == "own"
    note = hub.note("credit")
    assert hub.origin("credit") is None and note is not None and note.key == "hub_unfit"
    assert PIN.repo in note.message(ENGLISH) and "credit" in note.message(ENGLISH)
    assert note.details == {"model": "credit", "repo": PIN.repo, "revision": PIN.revision}
    assert [record.getMessage() for record in caplog.records] == [str(unfit)]

    def unreadable(folder: Path) -> None:
        raise unfit

    with pytest.raises(ModelUnavailable):  # the local files are no better
        hub.load("credit", tmp_path / "own", unreadable)


def test_weights_of_the_hub_that_were_not_measured_are_told(
    unpinned: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VITRINE_VGG16_REPO", f"{PIN.repo}@{PIN.revision}")
    monkeypatch.setattr(hub, "_fetch", lambda model, pin: tmp_path / "fetched")
    for place, digest in (("fetched", "a"), ("same", "a"), ("other", "b")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "config.json").write_text(f'{{"weights_sha256": "{digest}"}}')
    for place, key in (("other", "hub_unmeasured"), ("same", None), ("none", None)):
        assert hub.load("vgg16", tmp_path / place, str) == str(tmp_path / "fetched") and hub.origin("vgg16") == PIN
        note = hub.note("vgg16")
        assert (note.key if note else None) == key
        assert note is None or all(PIN.revision in note.message(texts) for texts in (ENGLISH, FRENCH))


def test_a_commit_s_files_are_those_that_were_listed(
    unpinned: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert hub.files("vgg16") == ("sha256sums.txt", "config.json", "metrics.json", "model.safetensors")
    assert hub.files("protovit")[-2:] == ("model.safetensors", "prototypes.json")
    names = hub.files("credit")
    assert names[-1] == "model.txt"
    for name in names[1:]:
        (tmp_path / name).write_text(name)
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in names[1:]}
    (tmp_path / hub.LISTING).write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))
    monkeypatch.setattr(hub, "_file", lambda pin, name: tmp_path / name)
    assert hub._fetch("credit", PIN) == tmp_path
    (tmp_path / "model.txt").write_text("another")
    with pytest.raises(hub.HubError, match=r"model\.txt") as refusal:
        hub._fetch("credit", PIN)
    assert refusal.value.key == "hub_altered" and PIN.repo in str(refusal.value)
    assert not (tmp_path / "model.txt").exists() and not (tmp_path / hub.LISTING).exists()
    assert (tmp_path / "config.json").exists(), "what is sound stays"


@pytest.mark.parametrize(
    ("status", "key", "reason"),
    [(404, "hub_refused", "HTTP 404"), (503, "hub_away", "HTTP 503"), (None, "hub_away", "OSError")],
)
def test_a_hub_that_gives_nothing_is_told_from_one_that_refuses(
    status: int | None, key: str, reason: str, unpinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError("away")
    if status is not None:
        error.response = SimpleNamespace(status_code=status)  # type: ignore[attr-defined]

    def fail(pin: hub.Pin, name: str) -> Path:
        raise error

    monkeypatch.setattr(hub, "_file", fail)
    with pytest.raises(hub.HubError, match=reason) as refusal:
        hub._fetch("credit", PIN)
    assert refusal.value.key == key and PIN.revision[:7] in str(refusal.value)


def test_a_self_test_says_what_was_asked_and_why_it_failed(unpinned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = health._state("credit", lambda: ("89abcdef", ""))
    assert sound == health.State("credit", "local", "weights/credit", "89abcdef", True, "", "")

    def missing() -> tuple[str, str]:
        raise InputError("no_table")

    hub._origins["credit"] = PIN
    hub._notes["credit"] = hub.Note("no_table", {})
    told = ENGLISH("errors.no_table")
    assert health._state("credit", missing) == health.State("credit", PIN.revision, PIN.repo, "", False, told, told)
    assert health._state("credit", lambda: ("x", "odd")).reason == "odd"
    classes = SimpleNamespace(
        classes=CLASSES, predict=lambda picture: SURE, config={"weights_sha256": "0123456789abcdef"}
    )
    monkeypatch.setattr(health.registry, "get", lambda name: classes)
    assert health._classifier("vgg16") == ("0123456789ab", "")
    classes.classes = CLASSES[1:]
    assert health._classifier("vgg16") == ("0123456789ab", "other classes than expected")
    weights, reason = health._credit()
    assert len(weights) == 12 and reason == ""


def test_a_rate_of_few_trials_has_a_wide_interval() -> None:
    few, many = wilson(7, 10), wilson(700, 1000)
    assert few.value == many.value == 0.7 and few.low < many.low < 0.7 < many.high < few.high
    assert (few.low, few.high) == pytest.approx((0.3968, 0.8922), abs=1e-4)  # Wilson's formula by hand
    with pytest.raises(ValueError):  # scipy's own words
        wilson(3, 2)


def test_a_row_of_a_batch_tells_programs_what_a_person_reads() -> None:
    row = PhotoRow("a.png", (SURE,))
    told: dict[str, Any] = row.to_json()
    assert set(told) == {"file", "models", "agree", "review", "error"} and told["error"] is None
    assert (told["file"], told["agree"], told["review"]) == ("a.png", True, False) and set(told["models"]) == {"vgg16"}
    assert row.confidence == 0.75 and not row.reasons
    cut = PhotoRow("b.png", (SURE,), cut_short=True).to_json()
    assert cut["note"] == ENGLISH("images.cut_short")
    unread = PhotoRow("c.png", error=InputError("no_table"))
    assert unread.reasons == ("unread",) and unread.confidence is None and not unread.agree
    assert unread.to_json() | {"models": {}} == unread.to_json()
    assert unread.to_json()["error"] == ENGLISH("errors.no_table") and unread.to_json()["review"] is True
    batch = PhotoBatch((row, unread), 4, ("vgg16",))
    assert batch.share == 0.5 and batch.to_json() == {"rows": [row.to_json(), unread.to_json()]}


def test_an_example_is_known_by_its_bytes_and_nothing_large_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"photo")
    assert glance._digest(tmp_path / "a") == hashlib.sha256(b"photo").hexdigest()
    (tmp_path / "b").write_bytes(bytes(glance.QUICK_TO_READ + 1))
    assert glance._digest(tmp_path / "b") == glance._digest(tmp_path) == glance._digest(tmp_path / "none") == ""


def test_an_example_that_is_gone_makes_no_other_picture_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the first visitor's large photo would be kept, and shown to everyone who sends another."""
    monkeypatch.setattr(glance.gallery, "examples", lambda: (SimpleNamespace(path=tmp_path / "gone.jpg"),))
    monkeypatch.setattr(glance, "_examples", glance._examples.__wrapped__)
    assert glance._examples() == frozenset()


def test_a_network_s_description_is_read_back_as_it_was_written() -> None:
    encoder = {"model_type": "vit", "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    made = ProtoViTConfig(dict(encoder), 3, 4, 2, 50.0, 0.1, 16, 2, 8.0)
    told = made.to_dict()
    assert {name: told["encoder_config"][name] for name in encoder} == encoder
    assert ProtoViTConfig.from_dict(told).to_dict() == told
    shape = ("prototypes_per_class", "parts", "radius", "slot_temperature", "blank", "projection", "pool")
    assert [told[name] for name in shape] == [3, 4, 2, 50.0, 0.1, 16, 2] and told["concentration"] == 8.0
    with pytest.raises(ValueError, match="model_type of a transformers model, got ''"):
        ProtoViTConfig({"hidden_size": 32})
    for name in ("prototypes_per_class", "parts", "radius", "pool"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
            ProtoViTConfig(**{name: 0})
    for name in ("blank", "projection", "concentration"):
        with pytest.raises(ValueError, match=f"{name} must not be negative, got -1"):
            ProtoViTConfig(**{name: -1})
    with pytest.raises(ValueError, match=r"at most \(radius \+ 1\)\^2 = 4, .* got 5"):
        ProtoViTConfig(parts=5, radius=1)
    assert ProtoViTConfig().encoder_config.model_type == "timm_wrapper" and ProtoViTConfig(parts=4, radius=1).parts == 4


@pytest.mark.parametrize("model", ["credit", *registry.MODELS])
def test_a_configuration_says_which_weights_it_describes(model: str) -> None:
    """What the Hub's are told from; figures measured with others are announced."""
    folder = Path(__file__).parents[1] / "weights" / model
    learnt = next(name for name in hub.files(model) if name.startswith("model."))
    digest = hashlib.sha256((folder / learnt).read_bytes()).hexdigest()
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["weights_sha256"] == digest
