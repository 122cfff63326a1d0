"""What several tests share: the app, launched once, and a client to call it as a program would."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


STARTS = {"app_url", "browser", "trained"}  # fixtures that start the app or a browser, or train


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs the app, a browser or a training is slow; what else takes long says so itself. Slow ones come
    first, so that the workers end together.
    """
    for item in items:
        if STARTS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def no_text_is_filled_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test has said, no sentence of it says ``None`` where a name or a number belongs."""
    from models.texts import Texts

    write = Texts.__call__

    def watched(texts: Texts, key: str, /, **details: object) -> str:
        assert None not in details.values(), f"{key} is filled with {details}"
        return write(texts, key, **details)

    monkeypatch.setattr(Texts, "__call__", watched)


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """The address of the app, served on a free port for the whole session."""
    from app import app
    from server.application import running

    with running(app()) as url:
        yield url


@pytest.fixture(scope="session")
def client(app_url: str):
    """A program's view of the app."""
    from gradio_client import Client

    return Client(app_url, verbose=False)


@pytest.fixture(scope="session")
def first_client(client) -> int:
    """The number of the first client of the portfolio."""
    return client.predict("all", 1, api_name="/clients")["clients"][0]["client_id"]


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once."""
    from tests.browser import launched

    with launched() as found:
        yield found


@pytest.fixture
def visit(browser, app_url: str):
    """Opens pages as visitors do; fails if their console complained."""
    from tests.browser import visits

    with visits(browser, app_url) as opened:
        yield opened
