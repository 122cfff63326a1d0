"""Many photos in a browser: rows come while others are still classified; order, choice and stop hold."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from models.display.common.names import class_name
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import photo_batch
from models.vision.gallery import examples
from tests.browser import LANGUAGES, Open, Visit

PLACE = "?tab=images&photos=many"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for example in examples()[8:]:
            packed.write(example.path, f"folder/{example.path.name}")
        packed.writestr("<img src=x>.txt", b"no picture")
    return path


def sent(visit: Open, language: str, path: Path | list[Path], **options: Any) -> Visit:
    page = visit(language, **options).open(PLACE).settle()
    page.page.locator("#photos input[type=file]").first.set_input_files(path)
    return page


def shown(page: Visit) -> list[str]:
    return page.page.locator("#batch tbody tr").locator("visible=true").locator("th").all_inner_texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_zip_becomes_a_table(visit: Open, language: str, archive: Path) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    page = sent(visit, language, archive)
    page.page.get_by_text(texts.count("batch.unread", 1)).wait_for()
    assert len(shown(page)) == 7 and page.page.locator("#batch tbody img").count() == 6
    assert page.page.get_by_text("<img src=x>.txt").count() == 1, "a name is text"

    heading = page.page.get_by_role("button", name=texts("batch.columns.confidence"), exact=True)
    heading.press("Enter")
    values = page.page.locator("#batch tbody td.num").evaluate_all(
        "all => all.map(e => +e.dataset.value).filter(Boolean)"
    )
    assert len(values) == 6 and values == sorted(values)

    page.page.get_by_label(texts("batch.contains")).fill(class_name("Watches", texts).lower())
    assert shown(page) and all("leather" in name for name in shown(page))
    page.page.get_by_label(texts("batch.contains")).fill(texts("batch.yes"))
    assert shown(page) == [], "what is no name and no category is not searched"
    page.page.get_by_label(texts("batch.contains")).fill("")
    page.page.get_by_label(texts("batch.show")).select_option("unread")
    assert shown(page) == ["<img src=x>.txt"]
    assert page.page.locator("[data-batch-count]").inner_text() == "1 / 7"

    assert page.page.locator("[aria-label='common.upload'], [title='common.upload']").count() == 0
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=texts("batch.download")).click()
    assert texts("batch.columns.review") in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.settle().keep(f"many-photos-{language}")


def test_what_was_done_stays_when_it_is_stopped_and_order_outlives_new_rows(
    visit: Open, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classified = photo_batch._classified
    monkeypatch.setattr(photo_batch, "SHARED", 2)
    monkeypatch.setattr(photo_batch, "_classified", lambda *given: time.sleep(1.5) or classified(*given))
    page = sent(visit, "fr", archive, size="phone")
    name = page.page.get_by_role("button", name=FRENCH("batch.columns.file"), exact=True)
    name.click()
    name.click()
    rows = page.page.locator("#batch tbody tr")
    rows.nth(3).wait_for(state="attached")
    assert shown(page) == sorted(shown(page), reverse=True)
    page.page.get_by_role("button", name=FRENCH("batch.stop")).click()
    page.page.get_by_text("Arrêté après").wait_for()
    count = rows.count()
    page.page.wait_for_timeout(3000)
    assert rows.count() == count < 7
    assert page.page.get_by_role("button", name=FRENCH("batch.download")).is_visible()


def test_a_refused_zip_leaves_nothing_of_the_last(visit: Open, archive: Path, tmp_path: Path) -> None:
    page = sent(visit, "en", archive)
    page.page.get_by_text(ENGLISH.count("batch.unread", 1)).wait_for()
    empty = tmp_path / "empty.zip"
    empty.write_bytes(b"PK\x05\x06" + bytes(18))
    page.page.locator("#photos button[aria-label='Clear'], #photos button[title='Clear']").first.click()
    page.page.locator("#batch tbody tr").first.wait_for(state="detached")
    page.page.locator("#photos input[type=file]").first.set_input_files(empty)
    page.page.get_by_text("there is no picture in the zip").first.wait_for()
    assert page.page.locator("#batch tbody tr").count() == 0
    assert "there is no picture in the zip" in page.page.locator("#batch-progress").inner_text()


def test_the_list_of_views_shows_where_the_focus_is(visit: Open, archive: Path) -> None:
    page = sent(visit, "en", archive)
    views = page.page.get_by_label(ENGLISH("batch.show"))
    views.wait_for()
    page.page.get_by_label(ENGLISH("batch.contains")).focus()
    page.page.keyboard.press("Shift+Tab")
    drawn = "e => [e === document.activeElement, getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    assert views.evaluate(drawn) == [True, "solid", "3px"]


PLACES = """box => {
  const from = box.getBoundingClientRect();
  const ends = [...box.querySelectorAll("thead th")].map(head => head.getBoundingClientRect().right - from.left);
  return {room: box.clientWidth, wide: box.scrollWidth, ends};
}"""
LINES = """cell => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  const lines = new Set([...words.getClientRects()].map(line => Math.round(line.top)));
  const box = cell.closest(".vt-scroll");
  return [lines.size, words.getBoundingClientRect().right - box.getBoundingClientRect().left];
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_should_look_at_is_in_sight(visit: Open, language: str, tmp_path: Path) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    paths = [example.path for example in examples()[8:12]]
    paths.extend(tmp_path / name for name in ("white.png", "damaged.webp"))
    Image.new("RGB", (300, 300), "white").save(paths[-2])
    paths[-1].write_bytes(paths[0].read_bytes()[:200])
    page = sent(visit, language, paths)
    page.page.get_by_text(texts.count("batch.unread", 1)).wait_for()
    table = page.page.locator("#batch .vt-scroll")
    assert texts("images.none_closest", label="").rstrip(")") in table.inner_text(), "the longest answer"
    damaged = table.locator("tr[data-marks=unread]")
    assert table.locator("thead th").nth(1).inner_text() == texts("batch.columns.review")

    at = table.evaluate(PLACES)
    assert at["wide"] <= at["room"] and max(at["ends"]) <= at["room"] + 1, "every column"
    assert damaged.locator(".vt-why p").evaluate(LINES)[0] <= 2
    page.keep(f"many-photos-wide-{language}")
    for heading in table.get_by_role("button").all():  # a cell stands for each, in the row of what was not read too
        heading.click()
        assert len(shown(page)) == len(paths)

    page.page.set_viewport_size({"width": 390, "height": 844})
    at = table.evaluate(PLACES)
    assert at["ends"][1] <= at["room"], "photo and reason, on a phone"
    lines, end = damaged.locator(".vt-why p").evaluate(LINES)
    assert lines <= 8 and end <= at["room"], "what is wrong with a file"
    assert damaged.locator(".vt-suffix").evaluate(LINES)[0] == 1
    page.keep(f"many-photos-narrow-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_row_is_left_a_sentence_says_so(visit: Open, language: str, archive: Path) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    page = sent(visit, language, archive)
    page.page.get_by_text(texts.count("batch.unread", 1)).wait_for()
    said = page.page.get_by_text(texts("batch.no_match"))
    search = page.page.get_by_label(texts("batch.contains"))
    assert said.is_hidden()
    search.fill("zzzz")
    assert shown(page) == [] and said.is_visible()
    assert page.page.locator("[data-batch-count]").inner_text() == "0 / 7"
    search.fill("")
    assert len(shown(page)) == 7 and said.is_hidden()
