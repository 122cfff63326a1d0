"""Between an event and its model: our errors become sentences for the visitor, and every call leaves one log line."""

from __future__ import annotations

import functools
import html
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
from tabs.calls import used_once

log = logging.getLogger("vitrine.calls")


def handle_errors(function: Callable[..., Any], texts: Texts, markup: bool = True) -> Callable[..., Any]:
    """The same function, whose errors are said in the reader's language as a ``gr.Error``.

    What we did not foresee is logged with its traceback and shown as one plain sentence. Each call is logged as one
    line of JSON: which function, how long, how it ended; never its arguments or its answer.

    Args:
        function: of an event or an endpoint.
        texts: the reader's language.
        markup: whether the message is read as HTML, as the page reads it: then what came in, and stands in the
            sentence, is escaped. Programs read the sentence as it is.
    """
    name = f"{function.__module__.removeprefix('tabs.')}.{function.__name__}"
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def stream(*args: Any, **kwargs: Any) -> Any:
            with _logged_call(name, texts, markup), used_once([*args, *kwargs.values()]):
                yield from function(*args, **kwargs)

        return stream

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _logged_call(name, texts, markup), used_once([*args, *kwargs.values()]):
            return function(*args, **kwargs)

    return call


def refusal(error: VitrineError, texts: Texts, markup: bool) -> gr.Error:
    """An error of ours as Gradio passes it on; ``markup`` as in :func:`handle_errors`."""
    sentence = error.said_on_page(texts) if markup else error.message(texts)
    return gr.Error(
        html.escape(sentence, quote=False) if markup else sentence, title=texts("page.error"), print_exception=False
    )


@contextmanager
def _logged_call(name: str, texts: Texts, markup: bool) -> Iterator[None]:
    start, outcome = time.perf_counter(), "ok"
    try:
        yield
    except VitrineError as error:
        outcome = f"refused: {error.key}"
        raise refusal(error, texts, markup) from error
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
