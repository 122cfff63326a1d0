"""A real browser for the tests: Debian's Chromium, driven by Playwright over one app for the whole session.

``VITRINE_BROWSER=required`` makes a missing Chromium a failure instead of a skip; ``CHROMIUM`` names another one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SCREENS = Path(__file__).parents[1] / "runs" / "screens"
PATIENCE = 90_000  # ms: a shared runner may be slow, and no test here is about speed
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LANGUAGES = ("en", "fr")
CUT = ("AbortError", "Connection errored", "network error", "ERR_INCOMPLETE_CHUNKED_ENCODING", "error 404: Not Found")


def chromium() -> str | None:
    """The path of a Chromium on this machine, if there is one."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def launched() -> Iterator[Any]:
    """The browser; without one the test is skipped, or fails where a browser is required."""
    path = chromium()
    if path is None:
        message = "no Chromium on this machine: install Debian's chromium, or name one in CHROMIUM"
        if os.environ.get("VITRINE_BROWSER") == "required":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Visit:
    """One visitor's page, and what its console complained of."""

    def __init__(self, browser: Any, url: str, language: str, size: str, dark: bool) -> None:
        width, height = SIZES[size]
        self.url, self.language = url.rstrip("/"), language
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())

    def open(self, query: str = "") -> Visit:
        """The first page, once the first client is judged; another page may be left for it."""
        first = self.page.url == "about:blank"
        self.page.goto(f"{self.url}/{query}")
        self.page.locator(".vt-verdict").first.wait_for(state="attached")
        if not first:
            self.left()
        return self

    def tab(self, name: str) -> Visit:
        """Opens a tab by its name on screen."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self

    def settle(self) -> Visit:
        """Waits until no widget waits for the server."""
        self.page.wait_for_function(
            "() => ![...document.querySelectorAll('[data-testid=status-tracker]')]"
            ".some(e => e.checkVisibility() && !e.classList.contains('hide'))"
        )
        self.page.wait_for_timeout(300)
        return self

    def holds(self, field: Any, number: float) -> Visit:
        """Waits until a field holds a number: what is typed before the page has filled it would be written over."""
        self.page.wait_for_function(
            "([e, n]) => e.value !== '' && Number(e.value) === n", arg=[field.element_handle(), number]
        )
        return self

    def left(self) -> None:
        """Forgets what is said of its cut connection when a page is left for another, perhaps while it opens."""
        self.complaints = [one for one in self.complaints if not any(said in one for said in CUT)]

    def keep(self, name: str) -> None:
        """A picture of the whole page, in ``runs/screens``."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


Open = Callable[..., Visit]


@contextmanager
def visits(browser: Any, url: str) -> Iterator[Open]:
    """Opens visits with ``visit(language="fr", size="phone", dark=True)``; at the end none may have complained."""
    made: list[Visit] = []

    def visit(language: str = "en", size: str = "desk", dark: bool = False) -> Visit:
        made.append(Visit(browser, url, language, size, dark))
        return made[-1]

    yield visit
    for one in made:
        one.context.close()
    complaints = [complaint for one in made for complaint in one.complaints]
    assert not complaints, complaints
