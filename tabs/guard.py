"""Between an event and its model: our errors become sentences for the visitor, and nothing else leaks."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import gradio as gr

from models.errors import VitrineError
from models.texts import Texts

log = logging.getLogger("vitrine")


def guarded(function: Callable[..., Any], texts: Texts) -> Callable[..., Any]:
    """The same function, whose errors are said in the reader's language as a ``gr.Error``.

    What we did not foresee is logged with its traceback and shown as one plain sentence.
    """
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def stream(*args: Any, **kwargs: Any) -> Any:
            with _Translated(texts):
                yield from function(*args, **kwargs)

        return stream

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _Translated(texts):
            return function(*args, **kwargs)

    return call


class _Translated:
    """Turns what is raised inside it into a ``gr.Error`` in the language of ``texts``."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, VitrineError):
            raise gr.Error(error.say(self.texts), title=self.texts("page.error"), print_exception=False) from error
        if isinstance(error, Exception) and not isinstance(error, gr.Error):
            log.exception("unforeseen error", exc_info=error)
            raise gr.Error(self.texts("errors.unforeseen"), title=self.texts("page.error")) from error
