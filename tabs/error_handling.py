"""Between an event and its model: our errors become sentences for the visitor, and every call leaves one log line."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from models.errors import VitrineError
from models.texts import Texts

log = logging.getLogger("vitrine.calls")


def guarded(function: Callable[..., Any], texts: Texts) -> Callable[..., Any]:
    """The same function, whose errors are said in the reader's language as a ``gr.Error``.

    What we did not foresee is logged with its traceback and shown as one plain sentence. Each call is logged as one
    line of JSON: which function, how long, how it ended; never its arguments or its answer.
    """
    name = f"{function.__module__.removeprefix('tabs.')}.{function.__name__}"
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def stream(*args: Any, **kwargs: Any) -> Any:
            with _watched(name, texts):
                yield from function(*args, **kwargs)

        return stream

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _watched(name, texts):
            return function(*args, **kwargs)

    return call


@contextmanager
def _watched(name: str, texts: Texts) -> Iterator[None]:
    start, outcome = time.perf_counter(), "ok"
    try:
        yield
    except VitrineError as error:
        outcome = f"refused: {error.key}"
        raise gr.Error(error.say(texts), title=texts("page.error"), print_exception=False) from error
    except gr.Error:
        outcome = "refused"
        raise
    except GeneratorExit:
        outcome = "cancelled"
        raise
    except Exception as error:
        outcome = f"error: {type(error).__name__}"
        log.exception("unforeseen error in %s", name)
        raise gr.Error(texts("errors.unforeseen"), title=texts("page.error"), print_exception=False) from error
    finally:
        milliseconds = round(1e3 * (time.perf_counter() - start), 1)
        log.info(json.dumps({"call": name, "language": texts.language, "ms": milliseconds, "outcome": outcome}))
