"""Many photos at once: every file has its row, whatever it is; nothing is trusted, written or kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from models.display.common.spreadsheet import as_text
from models.display.photos import photo_batch as display
from models.errors import InputError
from models.runtime import upload_cleanup
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import photo_batch, photo_files, registry
from models.vision.inference_executor import SHARED
from models.vision.photo_batch import PhotoBatch, PhotoRow
from models.vision.predictions import CLASSES, Prediction
from tabs.photos.many import many_photos
from tabs.turn import Turn
from tests.factories import photo


class Asked:
    """A model that answers by the brightness of a picture, and notes how many came at a time."""

    classes = CLASSES

    def __init__(self, name: str) -> None:
        self.name = name
        self.passes: list[int] = []

    def predict_all(self, images: Sequence[Image.Image]) -> tuple[Prediction, ...]:
        self.passes.append(len(images))
        return tuple(answer(self.name, CLASSES[image.getpixel((0, 0))[0] % len(CLASSES)]) for image in images)


def answer(model: str, label: str, share: float = 0.8, **options: Any) -> Prediction:
    rest = (1 - share) / (len(CLASSES) - 1)
    return Prediction(model, label, {name: share if name == label else rest for name in CLASSES}, 0.1, **options)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    asked = [Asked("vgg16"), Asked("yolov8")]
    monkeypatch.setattr(registry, "chosen", lambda names: asked)
    return asked


def content(number: int = 0) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16), (number, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def packed(folder: Path, entries: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "photos.zip"
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def rows(*paths: Path) -> tuple[PhotoRow, ...]:
    *_, batch = photo_batch.classify_steps(paths)
    assert len(batch.rows) == batch.total
    return batch.rows


def refused(*paths: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        rows(*paths)
    assert str(caught.value).startswith("images: ")
    assert caught.value.message(FRENCH).startswith("images\u00a0: ")
    return caught.value


def test_every_file_has_its_row_in_order_and_a_damaged_one_costs_the_others_nothing(
    models: list[Asked], tmp_path: Path
) -> None:
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.png")
        paths[-1].write_bytes(content(number))
    paths[2].write_bytes(content()[:40])
    found = rows(*paths)
    assert [row.file for row in found] == [path.name for path in paths]
    assert [row.error and row.error.key for row in found] == [None, None, "image_damaged", None, None]
    for number in (0, 1, 3, 4):
        assert {one.label for one in found[number].predictions} == {CLASSES[number]}
        assert found[number].thumbnail.startswith("data:image/webp;base64,")
    assert found[2].reasons == ("unread",) and found[2].predictions == () and not found[2].agree
    assert models[0].passes == models[1].passes == [4]


def test_photos_go_through_the_models_together_and_rows_come_as_they_are_made(
    models: list[Asked], tmp_path: Path
) -> None:
    path = packed(tmp_path, {f"{number}.png": content(number % 7) for number in range(2 * SHARED + 1)})
    steps = photo_batch.classify_steps([path])
    assert [len(batch.rows) for batch in steps] == [0, SHARED, 2 * SHARED, 2 * SHARED + 1]
    assert models[0].passes == [SHARED, SHARED, 1]
    steps = photo_batch.classify_steps([path])
    next(steps), next(steps)
    steps.close()  # whoever stops pays for no more
    assert models[0].passes[3:] == [SHARED]


def test_folders_and_names_of_any_script(models: list[Asked], tmp_path: Path) -> None:
    names = [
        "a/b/写真.png",
        "Фото/été.png",
        "صورة.png",
        "../../up.png",
        "/etc/x.png",
        "C:\\d\\y.png",
        "ab\u202egnp.exe",
    ]
    extra = {"__MACOSX/a/._b.png": b"x", "a/.DS_Store": b"x", "Thumbs.db": b"x", "folder/": b""}
    extra |= {"a/._c.png": b"x", "a/__MACOSX/d.png": b"x"}
    before = set(tmp_path.parent.rglob("*"))
    found = rows(packed(tmp_path, {name: content() for name in names} | extra))
    assert [row.file for row in found] == [
        "a/b/写真.png", "Фото/été.png", "صورة.png", "up.png", "etc/x.png", "C:/d/y.png", "abgnp.exe"
    ]  # fmt: skip
    assert all(row.error is None for row in found)
    assert set(tmp_path.parent.rglob("*")) - before == {tmp_path / "photos.zip"}, "nothing is unpacked onto the disk"


def test_a_name_in_utf8_that_does_not_say_so(models: list[Asked], tmp_path: Path) -> None:
    path = packed(tmp_path, {"_" * len("été.png".encode()): content()})
    path.write_bytes(path.read_bytes().replace(b"_" * 9, "été.png".encode()))
    assert [row.file for row in rows(path)] == ["été.png"]


def test_an_archive_in_the_archive_is_a_row_that_says_so(models: list[Asked], tmp_path: Path) -> None:
    inner = packed(tmp_path, {"x.png": content()}).read_bytes()
    outer = packed(tmp_path, {"inner.zip": inner, "good.png": content()})
    assert [row.error and row.error.key for row in rows(outer)] == ["images_nested", None]
    other = tmp_path / "good.png"
    other.write_bytes(content())
    assert [row.error and row.error.key for row in rows(outer, other)] == ["images_nested", None]


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda path: path.write_bytes(b"PK\x05\x06" + bytes(18)), "images_empty"),
        (lambda path: packed(path.parent, {"folder/": b"", "__MACOSX/x": b"x"}), "images_empty"),
        (lambda path: path.write_bytes(packed(path.parent, {"x.png": content()}).read_bytes()[:-30]), "images_damaged"),
        (lambda path: packed(path.parent, {f"{n}.png": b"x" for n in range(201)}), "images_many"),
        (lambda path: packed(path.parent, {f"{n:0>9}": b"" for n in range(20_000)}), "images_damaged"),
    ],
    ids=["empty", "only folders", "cut off", "201 files", "far too many"],
)
def test_what_is_wrong_with_a_zip_is_said(models: list[Asked], tmp_path: Path, make: Any, key: str) -> None:
    path = tmp_path / "photos.zip"
    make(path)
    assert refused(path).key == key


def test_no_files_and_too_many_are_refused(models: list[Asked], tmp_path: Path) -> None:
    assert refused().key == "images_none"
    path = tmp_path / "x.png"
    path.write_bytes(content())
    assert "201" in str(refused(*[path] * 201))
    assert not models[0].passes


def test_a_bomb_is_bounded_while_it_is_unpacked(
    models: list[Asked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_files, "MAX_MEGABYTES", 2)
    bomb = packed(tmp_path, {"bomb.png": bytes(50_000_000), "good.png": content()})
    # the header may say what it likes: here, that there is next to nothing to unpack
    liar = bytearray(bomb.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = liar.index(mark) + place
        liar[start : start + 4] = struct.pack("<I", 1000)
    for data, key in ((bomb.read_bytes(), "images_unpacked"), (bytes(liar), "images_entry_damaged")):
        bomb.write_bytes(data)
        assert [row.error and row.error.key for row in rows(bomb)] == [key, None]


def test_all_files_together_are_bounded(models: list[Asked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_files, "MAX_UNPACKED", 3)
    path = packed(tmp_path, {"good.png": content()} | {f"{number}.png": bytes(2_000_000) for number in range(3)})
    keys = [row.error and row.error.key for row in rows(path)]
    assert keys == [None, "image_format", "images_unpacked_all", "images_unpacked_all"]


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_cannot_be_bounded_is_not_unpacked(models: list[Asked], tmp_path: Path, kind: int) -> None:
    assert [row.error and row.error.key for row in rows(packed(tmp_path, {"x.png": content()}, kind))] == [
        "images_packing"
    ]


def test_a_locked_or_altered_entry_is_a_row_that_says_so(models: list[Asked], tmp_path: Path) -> None:
    path = packed(tmp_path, {"x.png": content(), "y.png": content()}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    data[data.rindex(b"IEND") - 10] ^= 255
    path.write_bytes(data)
    assert [row.error and row.error.key for row in rows(path)] == ["images_locked", "images_entry_damaged"]


def test_an_entry_that_says_it_lies_beyond_any_file_is_a_row_that_says_so(models: list[Asked], tmp_path: Path) -> None:
    path = packed(tmp_path, {"x.png": content(), "y.png": content()}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    far = struct.pack("<HHQ", 1, 8, 2**63)  # zip64's field for an offset
    entry = bytearray(data[start : start + 46])
    entry[30:32], entry[42:46] = struct.pack("<H", len(far)), b"\xff" * 4
    listed = bytes(entry) + b"x.png" + far + data[start + 51 : end]
    closing = bytearray(data[end:])
    closing[12:16] = struct.pack("<I", len(listed))
    path.write_bytes(data[:start] + listed + bytes(closing))
    assert [row.error and row.error.key for row in rows(path)] == ["images_entry_damaged", None]


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(models: list[Asked], tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    path = tmp_path / "huge.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    assert [row.error and row.error.key for row in rows(path)] == ["image_pixels"]


def test_who_a_person_should_look_at() -> None:
    first, second = CLASSES[:2]
    sure: dict[str, Any] = {"prediction_set": (first,), "none_of_these": False}
    unsure: dict[str, Any] = {"prediction_set": (first, second), "none_of_these": False}
    alike = (
        answer("vgg16", first, 0.7, **sure),
        answer("yolov8", first, 0.9, **unsure),
        answer("protovit", first, **sure),
    )
    row = PhotoRow("x.png", alike)
    assert row.agree and row.confidence == pytest.approx(0.7) and row.reasons == ()
    assert PhotoRow("x.png", (*alike[:2], answer("protovit", first, **unsure))).reasons == ("several",)
    assert PhotoRow("x.png", (*alike[:2], answer("protovit", second, **sure))).reasons == ("disagree",)
    foreign = answer("protovit", first, prediction_set=(first,), none_of_these=True)
    assert PhotoRow("x.png", (*alike[:2], foreign)).reasons == ("disagree", "none_of_these")
    assert PhotoRow("x.png", (*alike[:2], foreign)).confidence == pytest.approx(0.7)
    nobody = PhotoRow("x.png", (foreign, answer("vgg16", second, none_of_these=True)))
    assert nobody.agree and nobody.confidence is None and nobody.reasons == ("none_of_these",)
    assert PhotoRow("x.png", error=InputError("images_nested")).reasons == ("unread",)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_none_of_these_is_an_answer_of_its_own_in_the_table_and_in_the_file(texts: Texts, tmp_path: Path) -> None:
    label = CLASSES[2]
    foreign = answer("yolov8", label, 0.934, none_of_these=True)
    batch = PhotoBatch((PhotoRow("x.png", (answer("vgg16", label, 0.7), foreign)),), 1, ("vgg16", "yolov8"))
    said = texts("images.none_closest", label=texts(f"images.classes.{label}"))
    table = display.table(batch, texts)
    assert said in table and texts.percent(0.934) not in table
    path = display.save(batch, texts, tmp_path)
    frame = pd.read_csv(path, sep=";" if texts is FRENCH else ",", encoding="utf-8-sig")
    (row,) = frame.to_dict("records")
    assert row["YOLOv8n"] == said and row[texts("batch.columns.agree")] == texts("batch.no")
    assert row[texts("batch.columns.confidence")] == texts.percent(0.7)


def test_only_the_last_batch_says_what_was_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with gr.Blocks() as page:
        many_photos(ENGLISH)
    (classify,) = [function.fn for function in page.fns.values() if function.name == "classify"]
    turn = Turn()
    failures = [InputError("images_nested"), InputError("images_nested"), RuntimeError()]

    def refused_late(paths: Any) -> Iterator[PhotoBatch]:
        yield PhotoBatch((), 1, ("vgg16",))
        raise failures.pop(0)

    monkeypatch.setattr(photo_batch, "classify_steps", refused_late)
    assert InputError("images_nested").message(ENGLISH) in list(classify(turn, ["x.zip"]))[-1][1]
    for raised in (False, True):
        steps = classify(turn, ["x.zip"])
        assert [next(steps)[0], next(steps)[0].total] == [None, 1]
        turn.begin()  # newer files have come
        with pytest.raises(gr.Error if raised else StopIteration):
            next(steps)


@pytest.fixture
def batch() -> PhotoBatch:
    first, second = CLASSES[:2]
    made = (
        PhotoRow("=cmd|calc.png", (answer("vgg16", first), answer("yolov8", first, 0.95)), "data:image/webp;base64,AA"),
        PhotoRow("<b>.png", (answer("vgg16", first), answer("yolov8", second)), "data:image/webp;base64,AA"),
        PhotoRow("bad.png", error=InputError("images_nested")),
    )
    return PhotoBatch(made, 3, ("vgg16", "yolov8"))


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_the_file_holds_texts_of_the_language_and_nothing_to_carry_out(
    batch: PhotoBatch, texts: Texts, tmp_path: Path
) -> None:
    path = display.save(batch, texts, tmp_path)
    frame = pd.read_csv(
        path, sep=";" if texts is FRENCH else ",", encoding="utf-8-sig", dtype=str, keep_default_na=False
    )
    assert len(frame) == 3 and list(frame.iloc[:, 0]) == ["'=cmd|calc.png", "<b>.png", "bad.png"]
    assert frame["VGG16"][0] == texts(f"images.classes.{CLASSES[0]}")
    assert frame[texts("batch.columns.of", model="YOLOv8n")][0] == texts.percent(0.95)
    assert list(frame[texts("batch.columns.agree")]) == [texts("batch.yes"), texts("batch.no"), ""]
    assert list(frame[texts("batch.columns.review")]) == [texts("batch.no"), texts("batch.yes"), texts("batch.yes")]
    assert frame[texts("batch.columns.why")][2] == InputError("images_nested").message(texts)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
@pytest.mark.parametrize(
    "key",
    ["image_missing", "image_empty", "image_heavy", "image_format", "image_pixels", "image_small", "image_damaged"],
)
def test_a_row_says_what_is_wrong_without_the_name_of_a_parameter(key: str, texts: Texts, tmp_path: Path) -> None:
    error = InputError(key, name="image: 1.webp", size="9", limit=5, allowed="PNG")
    parameter, sentence = error.message(texts).split(":", 1)
    assert parameter.strip() == "image", "programs are told which one"
    batch = PhotoBatch((PhotoRow("bad.webp", error=error),), 1, ("vgg16",))
    assert f">{sentence.strip()}<" in display.table(batch, texts)
    path = display.save(batch, texts, tmp_path)
    frame = pd.read_csv(path, sep=";" if texts is FRENCH else ",", encoding="utf-8-sig")
    assert list(frame[texts("batch.columns.why")]) == [sentence.strip()]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_a_cell_that_a_spreadsheet_would_carry_out_is_a_text(text: str) -> None:
    assert as_text(text) == f"'{text}"
    assert as_text("a=1") == "a=1" and as_text(-1.5) == -1.5


def test_the_table_only_grows_at_its_end_and_escapes_what_came_in(batch: PhotoBatch) -> None:
    whole = display.table(batch, ENGLISH)
    for count in range(1, 3):
        assert whole.startswith(display.table(PhotoBatch(batch.rows[:count], 3, batch.models), ENGLISH))
    assert "<b>" not in whole and "&lt;b&gt;.png" in whole
    assert [row.split('"')[1] for row in whole.split("<tr ")[1:]] == ["", "disagree", "unread"]


def test_what_is_said_while_it_goes_on_and_after(batch: PhotoBatch) -> None:
    part = PhotoBatch(batch.rows[:1], 3, batch.models)
    assert "1 of 3" in display.progress(part, ENGLISH) and "<progress" in display.progress(part, ENGLISH)
    assert ENGLISH("batch.stopped", done=1, total=3) in display.progress(part, ENGLISH, stopped=True)
    said = display.progress(batch, ENGLISH)
    for sentence in ("2 photos classified.", "The models agree on 1.", "1 file could not be read.", "by a person: 2."):
        assert sentence in said


@pytest.fixture
def kept() -> Iterator[None]:
    """Nothing that came as text is left when the test ends."""
    yield
    inline = upload_cleanup.own_folder() / "inline"
    assert not inline.exists() or not [path for path in inline.rglob("*") if path.is_file()]


def test_programs_send_files_a_zip_or_texts(client: Client, tmp_path: Path, kept: None) -> None:
    picture = tmp_path / "disc.png"
    photo(320, 240).save(picture)
    sent = [handle_file(picture), handle_file(Path(__file__))]
    found = client.predict(sent, ["YOLO v8"], api_name="/classify_batch")["rows"]
    assert [row["file"] for row in found] == ["disc.png", Path(__file__).name]
    assert set(found[0]) == {"file", "models", "agree", "review", "error"}
    alone = client.predict(handle_file(picture), ["yolov8"], api_name="/classify_image")["models"]["yolov8"]
    assert found[0]["models"]["yolov8"]["label"] == alone["label"]
    assert found[0]["models"]["yolov8"]["probability"] == pytest.approx(
        alone["probabilities"][alone["label"]], abs=1e-4
    )
    assert found[0]["error"] is None and found[0]["agree"] is True
    assert "not a picture" in found[1]["error"] and found[1]["review"] is True and found[1]["models"] == {}
    archive = packed(tmp_path, {"a/disc.png": picture.read_bytes()})
    for images in (handle_file(archive), [handle_file(archive)]):
        assert client.predict(images, ["yolov8"], api_name="/classify_batch")["rows"][0]["file"] == "a/disc.png"


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        ([], "images: no picture was given"),
        ("x", r"images\[0\]: 'x' is no file"),
        ([5], r"images\[0\]: 5 is no file"),
        (["data:image/png;base64,AAAA", "/etc/passwd"], r"images\[1\]: '/etc/passwd' is no file"),
        (["data:image/png;base64,AAAA"] * 201, "images: 201 files were given; at most 200"),
    ],
)
def test_what_is_no_list_of_files_is_refused(client: Client, kept: None, images: Any, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(images, ["yolov8"], api_name="/classify_batch")
