"""The photo page in a browser: what is wrong with a photo is said once, and nothing of the last photo stays."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from models.texts import ENGLISH, FRENCH
from models.vision import photos, registry
from models.vision.glance import at_a_glance
from tabs.downloads import PictureSlider
from tests.browser import Open, Visit
from tests.factories import photo


@pytest.fixture
def page(visit: Open) -> Visit:
    return visit().open("?tab=images&model=vgg16").settle()


def send(page: Visit, path: Path) -> None:
    """Uploads a picture in the place of the one that is there."""
    names = [texts("page.gradio.remove") for texts in (ENGLISH, FRENCH)]
    clear = page.page.locator(", ".join(f"#photo button[aria-label='{name}']" for name in names))
    if clear.count():
        clear.first.click()
        page.page.locator(".vt-glance").first.wait_for(state="detached")  # the cards of the photo before
    page.page.locator("#photo input[type=file]").first.set_input_files(path)


def answered(page: Visit) -> None:
    page.page.locator(".vt-glance .vt-open").nth(len(registry.available()) - 1).wait_for()
    page.page.locator("[data-alt-for=overlay]").wait_for(state="attached")


def picture(folder: Path, name: str, width: int = 320) -> Path:
    path = folder / name
    photo(width, 240).save(path)
    return path


def test_a_bad_photo_is_said_once_and_the_last_one_goes(page: Visit, tmp_path: Path) -> None:
    send(page, picture(tmp_path, "good.png"))
    answered(page)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture at all")
    send(page, bad)
    sentence = page.page.get_by_text(re.compile("the content of bad.jpg is not a picture"))
    sentence.first.wait_for()
    page.page.get_by_text(ENGLISH("images.empty")).first.wait_for()
    page.page.wait_for_function("!document.querySelector('article.vt-panel, [data-alt-for=overlay], #overlay img')")
    assert sentence.count() == 1 and page.page.locator(".toast-body").count() == 0
    page.page.wait_for_function("!document.querySelector('#photo img')")  # nor does the browser try to draw it
    page.settle()
    assert sentence.count() == 1
    send(page, picture(tmp_path, "next.png"))
    answered(page)
    assert sentence.count() == 0


def test_a_photo_is_classified_once(visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit().open("?tab=images").settle()
    asked: list[str] = []

    def counted(path: str) -> Any:
        asked.append(Path(path).name)
        return at_a_glance(path)

    monkeypatch.setattr("tabs.photos.glance.at_a_glance", counted)
    opened = page.page.locator(".vt-glance .vt-open").nth(len(registry.available()) - 1)
    for name in ("photo.png", "photo.tif"):  # the latter comes again as its preview
        send(page, picture(tmp_path, name))
        opened.wait_for()
        page.tab(ENGLISH("page.tab.method")).settle().tab(ENGLISH("page.tab.images")).settle()
        page.page.wait_for_timeout(1000)
        assert asked.count(name) == 1, asked


def test_what_browsers_do_not_draw_has_a_preview(page: Visit, tmp_path: Path) -> None:
    for name, width in (("photo.tif", 320), ("photo.heic", 240)):
        path = tmp_path / name
        photo(width, 240).save(path)
        send(page, path)
        answered(page)
        page.page.wait_for_function("width => document.querySelector('#photo img')?.naturalWidth === width", arg=width)


LOW = 450  # px: what a picture may take of a page that is 844 px high on a phone
HEIGHTS = "() => [...document.querySelectorAll('.vt-marked, .vt-laid-over, #overlay img')].map(e => e.clientHeight)"
BOXES = """() => ['#overlay img', '#glance .vt-marked image', '#likeness .vt-large image'].map(name =>
  [...document.querySelectorAll(name)].map(e => e.getBoundingClientRect()).map(r => [r.x, r.y, r.width, r.height]))"""


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("shape", [(120, 1200), (1200, 120)], ids=["tall", "wide"])
def test_a_photo_of_any_shape_stays_in_sight_and_under_its_map(
    visit: Open, tmp_path: Path, size: str, shape: tuple[int, int]
) -> None:
    page = visit(size=size).open("?tab=images&model=protovit").settle()
    path = tmp_path / "strip.png"
    photo(300, 300).resize(shape).save(path)
    send(page, path)
    answered(page)
    page.page.locator("#likeness .vt-row").first.wait_for()
    page.page.locator("#overlay").scroll_into_view_if_needed()
    page.page.wait_for_function(
        "[...document.querySelectorAll('#overlay img')].filter(e => e.clientHeight).length === 2"
    )
    page.settle()
    assert max(page.page.evaluate(HEIGHTS)) <= LOW
    (left, right), (card, *_), (large,) = page.page.evaluate(BOXES)
    assert left == pytest.approx(right, abs=1), "the map lies beside its photo"
    for _, _, width, height in (card, large):
        assert width / height == pytest.approx(shape[0] / shape[1], rel=0.05), "boxes count in px of the photo"


def test_a_cut_photo_is_read_with_a_note(visit: Open, tmp_path: Path) -> None:
    page = visit("fr").open("?tab=images&model=vgg16").settle()
    path = picture(tmp_path, "cut.jpg")
    path.write_bytes(path.read_bytes()[:-2])
    send(page, path)
    answered(page)
    note = page.page.get_by_text(FRENCH("images.cut_short"))
    note.first.wait_for()
    assert note.count() == 1


def switched(page: Visit, code: str) -> Visit:
    """The page in another language, by its switch."""
    page.page.locator(f"[data-language={code}]").click()
    page.page.wait_for_url(re.compile(r"/fr(\?|$)" if code == "fr" else r"/(\?|$)"))
    page.page.locator(".vt-verdict").first.wait_for(state="attached")
    page.left()
    return page


WIDTH = 300  # px, unlike any example's
STANDS = f"document.querySelector('#photo img')?.naturalWidth === {WIDTH}"


@pytest.mark.parametrize("name", ["photo.png", "photo.tif"])
def test_a_photo_stays_when_the_language_is_switched(visit: Open, tmp_path: Path, name: str) -> None:
    page = visit().open("?tab=images&model=yolov8").settle()
    send(page, picture(tmp_path, name, WIDTH))
    answered(page)
    cards = page.page.locator("#glance [style*=width], #glance td").all_inner_texts()
    switched(page, "fr").page.wait_for_function(STANDS)
    assert "gradio_api" not in page.page.url, "a link would hand it to others"
    page.tab(FRENCH("page.tab.method"))
    switched(page, "en").tab(ENGLISH("page.tab.images")).page.wait_for_function(STANDS)
    answered(page)
    page.settle()
    assert cards and page.page.locator("#glance [style*=width], #glance td").all_inner_texts() == cards
    page.page.reload()
    page.tab(ENGLISH("page.tab.images")).settle().left()
    page.page.wait_for_function("document.querySelector('#photo img')?.naturalWidth > 0")
    assert not page.page.evaluate(STANDS), "it is handed over once"


def test_a_photo_that_was_removed_does_not_come_back_in_the_other_language(visit: Open, tmp_path: Path) -> None:
    page = visit().open("?tab=images").settle()
    send(page, picture(tmp_path, "photo.png", WIDTH))
    page.page.wait_for_function(STANDS)
    page.page.locator(f"#photo button[aria-label='{ENGLISH('page.gradio.remove')}']").first.click()
    page.page.wait_for_function("!document.querySelector('#photo img')")
    switched(page, "fr").settle()
    page.page.wait_for_timeout(1000)
    assert not page.page.evaluate(STANDS)


@pytest.mark.parametrize("model", ["vgg16", "yolov8"])
def test_the_address_names_the_model_whose_card_was_opened(visit: Open, model: str) -> None:
    page = visit().open("?tab=images").settle()
    page.page.locator(f"#glance [data-model={model}]").first.click()
    page.page.wait_for_url(re.compile(f"model={model}.*method="))


def test_what_was_measured_of_another_map_goes(visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit().open("?tab=images&model=yolov8").settle()
    send(page, picture(tmp_path, "first.png"))
    answered(page)
    page.page.get_by_text(ENGLISH("images.trust.title")).click()
    measure = page.page.get_by_role("button", name=ENGLISH("images.trust.measure"))
    road = page.page.get_by_text(ENGLISH("images.trust.road_approximate"))

    measure.click()
    road.wait_for()
    page.page.get_by_label(ENGLISH("images.models.vgg16"), exact=True).first.check()
    road.wait_for(state="detached")
    page.page.get_by_label(ENGLISH("images.models.yolov8"), exact=True).first.check()
    page.settle()

    measured: list[bool] = []
    assess = photos.assess

    def late(*arguments: Any) -> Any:
        time.sleep(3)
        found = assess(*arguments)
        measured.append(True)
        return found

    monkeypatch.setattr(photos, "assess", late)
    measure.click()
    page.page.wait_for_timeout(500)
    send(page, picture(tmp_path, "second.webp"))
    answered(page)
    while not measured:  # what was still being measured comes too late
        page.page.wait_for_timeout(200)
    page.page.wait_for_timeout(1000)
    assert road.count() == 0


@pytest.fixture
def unfinished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps that never get further than 43 %."""
    explain_photo_steps = photos.explain_photo_steps

    def steps(*arguments: Any) -> Any:
        *_, (_, reading) = explain_photo_steps(*arguments)
        while True:
            time.sleep(0.2)
            yield 0.43, reading

    monkeypatch.setattr(photos, "explain_photo_steps", steps)


def test_a_map_that_was_stopped_stays_and_is_the_one_that_is_measured(
    page: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unfinished: None
) -> None:
    send(page, picture(tmp_path, "first.png"))
    bar = page.page.locator(".vt-progress").locator("visible=true")
    bar.first.wait_for()
    page.page.get_by_role("button", name=ENGLISH("images.stop")).locator("visible=true").click()
    bar.first.wait_for(state="detached")
    page.page.wait_for_timeout(1000)
    assert bar.count() == 0
    assert page.page.get_by_text(ENGLISH("images.stopped", share=ENGLISH.percent(0.43, 0))).count() == 1
    assess, given = photos.assess, []
    monkeypatch.setattr(photos, "assess", lambda *asked: given.append(asked[-1]) or assess(*asked))
    page.page.get_by_text(ENGLISH("images.trust.title")).click()
    page.page.get_by_role("button", name=ENGLISH("images.trust.measure")).click()
    page.page.get_by_text(ENGLISH("images.trust.road_approximate")).wait_for()
    assert given and given[0] is not None


def test_a_map_that_cannot_be_drawn_leaves_no_bar(visit: Open, unfinished: None) -> None:
    page = visit("fr").open("fr?tab=images&model=yolov8")
    stop = page.page.get_by_role("button", name=FRENCH("images.stop")).locator("visible=true")
    stop.wait_for()
    for label in ("images.target", "images.against"):
        page.page.get_by_label(FRENCH(label), exact=True).first.click()
        page.page.get_by_role("option", name=FRENCH("images.classes.Watches")).last.click()
    page.page.get_by_text("Montres est déjà la classe à expliquer").first.wait_for()
    stop.wait_for(state="detached")
    assert page.page.locator(".vt-progress").locator("visible=true").count() == 0


def test_a_map_that_takes_long_gives_way_to_the_next_photo(
    page: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(page, picture(tmp_path, "first.png"))
    answered(page)
    explain_photo_steps = photos.explain_photo_steps
    going_on = []

    def endless(path: str, *arguments: Any) -> Any:
        *_, (_, reading) = explain_photo_steps(path, *arguments)
        going_on.append(path)
        try:
            while True:
                time.sleep(0.2)
                yield 0.5, reading
        finally:
            going_on.remove(path)

    monkeypatch.setattr(photos, "explain_photo_steps", endless)
    page.page.get_by_label(ENGLISH("images.models.yolov8"), exact=True).first.check()
    stop = page.page.get_by_role("button", name=ENGLISH("images.stop"))
    stop.wait_for()
    monkeypatch.setattr(photos, "explain_photo_steps", explain_photo_steps)
    send(page, picture(tmp_path, "second.webp"))
    answered(page)
    stop.wait_for(state="hidden")
    while going_on:
        page.page.wait_for_timeout(200)


def test_a_picture_that_two_see_is_written_once() -> None:
    slider, pictures = PictureSlider(type="pil", format="jpeg"), (photo(64, 48, 0), photo(64, 48, 1))
    first = [Path(part.path) for part in slider.postprocess(pictures).root]
    for path, picture in zip(first, pictures, strict=True):
        with Image.open(path) as written:
            assert (written.format, written.size) == ("JPEG", picture.size)
    assert first[0] != first[1] and not list(first[0].parent.glob("*.part"))
    first[0].write_bytes(b"as it was sent")
    os.utime(first[0], (0, 0))
    assert [Path(part.path) for part in slider.postprocess(pictures).root] == first
    assert first[0].read_bytes() == b"as it was sent", "it is not written again while others receive it"
    assert time.time() - first[0].stat().st_mtime < 60, "and stays as long as it is in use"
    first[0].unlink()
    assert slider.postprocess(None) is None
