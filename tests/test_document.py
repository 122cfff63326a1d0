"""What a browser, a search engine or a link's preview reads before any script has run."""

from __future__ import annotations

import gzip
import html
import re

import httpx
import pytest

from models.texts import Language, Texts
from tests.browser import SIZES, Open

SHIFT = """() => new Promise(done => { let sum = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) sum += entry.value;
}).observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 300); })"""


@pytest.mark.parametrize(("path", "language"), [("/", "en"), ("/fr", "fr")])
def test_the_document_speaks_its_language(app_url: str, path: str, language: Language) -> None:
    document = html.unescape(httpx.get(app_url.rstrip("/") + path).text)
    opening = document.partition("<script")[0]
    assert re.search(r'<html\s+lang="(\w+)"', opening).group(1) == language  # type: ignore[union-attr]
    assert f"<title>{Texts(language)('page.title')}</title>" in opening
    assert f'<meta name="description" content="{Texts(language)("page.tagline")}">' in opening
    assert re.findall(r'property="og:title" content="(.*?)"', document) == [Texts(language)("page.title")]
    assert "window.gradio_config" in document


def test_the_document_is_compressed_for_those_who_can_read_it(app_url: str) -> None:
    plain = httpx.get(app_url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with httpx.stream("GET", app_url, headers={"accept-encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) == int(answer.headers["content-length"]) < len(plain.content) / 5
    assert gzip.decompress(sent).startswith(b"<!doctype html>")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps_while_the_page_opens(visit: Open, size: str) -> None:
    page = visit(size=size).open().settle()
    assert page.page.evaluate(SHIFT) < 0.02  # 0.1 is called good; the whole page moved by its own height would be 1
