"""Every place where this app reaches into Gradio: what for, what an upgrade could break, and the test that would tell.

Everything else that the app uses of Gradio is documented. What Gradio could offer instead stands in
``docs/upstream.md``. The tests are those of ``tests/test_gradio_internals.py``.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import gradio as gr
from gradio import route_utils
from gradio.block_function import BlockFunction
from gradio.blocks import Block, BlocksConfig
from gradio.exceptions import InvalidPathError
from gradio.renderable import Renderable
from gradio.route_utils import GradioMultiPartParser
from gradio.utils import LRUCache
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from models.errors import InputError, VitrineError
from models.texts import ENGLISH
from tabs.calls import file_of, forget, positional
from tabs.error_handling import refusal

SESSIONS = 1000  # visitors whose state is kept, at about 0.04 MB each; every call without a session makes one
LOOKS = 0.005  # seconds between two looks into the queue
TENTH = 100  # ms
FIELD = 1000  # bytes of a form's field that is no file; of these there may be a thousand

PLOTLY = Path(__file__).with_name("plotly") / "plotly.min.js"
# plotly.js within the script of gr.Plot: a module that is given its exports and itself
WHOLE_PLOTLY = re.compile(rb"=\w+\(\w+\(\(\(\w+,(?P<module>\w+)\)=>\{(?P<body>.*)\}\)\)\(\)\)", re.DOTALL)
ASSETS = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def charts_script() -> str:
    """The name of the script that draws Plotly's charts on the page; empty where there is not one.

    Uses the name of that file in Gradio's package, ``PlotlyPlot-HASH.js``. If it went, charts would come later:
    ``test_the_script_that_draws_charts_is_known``.
    """
    found = [path.name for path in ASSETS.glob("PlotlyPlot-*.js")]
    return found[0] if len(found) == 1 else ""


def mended(path: str, script: bytes) -> bytes:
    """A file of Gradio's page as this app serves it."""
    return with_our_charts(path, with_a_calm_clock(path, script))


def with_our_charts(path: str, script: bytes) -> bytes:
    """The script of ``gr.Plot`` with the part of plotly.js that draws this page's charts (``tabs/plotly``).

    Gradio's has all of plotly.js, with maps and three dimensions: four times as much to fetch and to read before the
    first chart is drawn.

    Uses the name of the script, ``PlotlyPlot-HASH.js``, and how plotly.js stands in it, as a module
    ``((exports, module) => {...})``. If that went, charts would be drawn by Gradio's, and come later:
    ``test_charts_are_drawn_by_our_part_of_plotly``.
    """
    found = WHOLE_PLOTLY.search(script) if "/PlotlyPlot-" in path else None
    if found is None:
        return script
    body = b"(module=>{%b})(%b)" % (PLOTLY.read_bytes(), found["module"])
    return script[: found.start("body")] + body + script[found.end("body") :]


def with_a_calm_clock(path: str, script: bytes) -> bytes:
    """A script of Gradio's page, in which what counts the seconds of an answer does so by tenths, as they are shown.

    Gradio's counts at every frame, and for ever where its widget goes while it waits, as that of the opening page does:
    every open page would keep a tenth of a core busy.

    Uses the name of the script, ``statustracker-HASH.js``, and that it names ``window.requestAnimationFrame`` once. If
    that went, pages would be restless again: ``test_the_clock_of_an_answer_is_calm``.
    """
    if "/statustracker-" not in path:
        return script
    return script.replace(b"window.requestAnimationFrame", f"(next=>setTimeout(next,{TENTH}))".encode())


class LightBlocks(gr.Blocks):
    """A ``gr.Blocks`` whose sessions are few and light, whose queue forgets nobody who listens, and whose endpoints
    check their own arguments.
    """

    def __init__(self, **options: Any) -> None:
        """Few and light sessions.

        Gradio describes every block of the page anew for every session, for links that restore one
        (``gr.DeepLinkButton``); a program's call without a session is a session of its own. For some six hundred blocks
        these are 35 ms on the thread that serves everyone, and 0.8 MB. The links of this page are its own
        (:mod:`tabs.links`), so its sessions do without, and share the blocks that they have not replaced.

        Uses ``default_config``, of which a session takes a ``copy()``, and ``BlocksConfig.config_for_block``. If they
        went, sessions would be heavy again: ``test_a_session_describes_no_block``. And ``state_session_capacity``, an
        option of ``launch()`` that ``mount_gradio_app()`` has not; without it, 10,000 are kept:
        ``test_only_so_many_sessions_are_kept``. And ``has_launched``, which ``launch()`` alone sets: without it, Gradio
        opens any path that an event of the page is sent, as if it were an upload:
        ``test_hardening.py::test_no_event_of_the_page_opens_a_path_of_the_server``.
        """
        super().__init__(**options)
        self.default_config = _OfPage(self)
        self.state_session_capacity = SESSIONS
        self.has_launched = True

    def functions(self) -> dict[int, Callable[..., Any] | None]:
        """What can be called, by the number under which ``gradio_client`` calls it; None for what is the page's own.

        Uses ``fns``, and of each function ``api_visibility`` and ``fn``. If they went, the app would not start:
        ``test_functions_are_known_by_their_numbers``.
        """
        return {number: fn.fn if fn.api_visibility == "public" else None for number, fn in self.fns.items()}

    def queue(self, **options: Any) -> LightBlocks:  # Gradio's options, by name
        """As Gradio's, but nobody who listens is forgotten, and nobody is looked for a thousand times a second.

        Gradio keeps the messages of the 2,000 sessions that began last, whether or not anyone still listens: on a busy
        app that drops those who wait longest. Here it keeps those that were listened to last. And it looks every
        millisecond whether anyone has asked, which keeps a twentieth of a core busy for nobody.

        Uses ``_queue.pending_messages_per_session`` and ``_queue.sleep_when_free``:
        ``test_who_listens_is_not_forgotten``, ``test_an_empty_queue_is_left_in_peace``.
        """
        super().queue(**options)
        self._queue.pending_messages_per_session = _LastUsed(self._queue.pending_messages_per_session.max_size)
        self._queue.sleep_when_free = LOOKS
        return self

    def outstanding(self, session: str) -> int:
        """Events of a session that are not answered yet; one counts until its answer has been sent.

        Uses ``_queue.pending_event_ids_session``. If it went, an answer that calls for the next event could go unseen:
        ``test_streams.py::test_what_an_answer_calls_for_comes_on_the_same_stream``.
        """
        return len(self._queue.pending_event_ids_session.get(session, ()))

    def is_awaited(self, event: str) -> bool:
        """Whether an event is being worked on, or its answer has not been fetched.

        Uses ``_queue.pending_event_ids_session``: ``_queue.event_ids_to_events`` keeps an event for a while after its
        answer. If it went, a stream that is read twice would never end:
        ``test_server.py::test_an_answer_is_fetched_once``.
        """
        return any(event in awaited for awaited in self._queue.pending_event_ids_session.values())

    def has_joined(self, session: str) -> bool:
        """Whether a session has asked for anything, so that its stream has something to say.

        Uses ``_queue.pending_messages_per_session``, into which the queue puts a session before it answers that its
        event was taken. If it went, no stream would open:
        ``test_streams.py::test_what_an_answer_calls_for_comes_on_the_same_stream``.
        """
        return session in self._queue.pending_messages_per_session

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], *others: Any, **options: Any
    ) -> list[Any]:
        """What a program sent reaches its endpoint unchanged, files as their paths; a mistake becomes a sentence.

        Gradio's components would turn ``"5"`` into 5 and a missing value into its default, or end in
        ``{"error": null}`` where a file is a text or a number.

        Uses the name of this method, whose result are the arguments of the function. If it went, callers would get
        Gradio's errors: ``test_what_a_program_sends_is_checked_by_its_endpoint``.
        """
        if block_fn.api_visibility == "public" and block_fn.fn is not None:
            try:
                return await anyio.to_thread.run_sync(positional, block_fn.fn, inputs)
            except VitrineError as error:
                forget(inputs)
                raise refusal(error, ENGLISH, markup=False) from error
        try:
            values: list[Any] = await super().preprocess_data(block_fn, inputs, *others, **options)
        except InvalidPathError as error:
            foreign = InputError("file_expected", argument="file", received="a path of the server")
            raise refusal(foreign, ENGLISH, markup=True) from error
        except (gr.Error, VitrineError):
            raise
        except Exception as error:  # what the page itself does not send: nothing of it is logged
            raise gr.Error(ENGLISH("errors.unforeseen"), print_exception=False) from error
        return values


class _FilesOnly(GradioMultiPartParser):
    """Gradio's reader of an upload, but what is no file is short.

    Gradio writes files to disk as they come, and keeps any other field in memory, however long it is. A form without a
    file, or that breaks off in one, is an upload of nothing to it, and a refusal is plain text.

    Uses the name of this class, which ``upload_fn`` looks up when a form comes, ``parse``, ``on_part_data``,
    ``_current_part`` and ``_files_to_close_on_error``. If they went, an upload could fill memory:
    ``test_server.py::test_a_field_that_is_no_file_is_short``, ``test_a_form_without_a_whole_file_is_refused``.
    """

    async def parse(self) -> FormData:
        """As Gradio's.

        Raises:
            HTTPException: the form is refused; what was written is removed.
        """
        try:
            form = await super().parse()
        except MultiPartException as error:
            status = 413 if "maximum allowed size" in error.message else 400
            raise HTTPException(status, error.message) from error
        except ValueError as error:  # of the parser itself: a boundary that is too long
            raise HTTPException(400, str(InputError("upload_unnamed"))) from error
        if not form.getlist("files"):
            for file in self._files_to_close_on_error:
                file.close()
                Path(file.name).unlink(missing_ok=True)
            raise HTTPException(400, str(InputError("upload_unnamed")))
        return form

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """As Gradio's.

        Raises:
            MultiPartException: a field that is no file is too long; what was written so far is removed.
        """
        if self._current_part.file is None and len(self._current_part.data) + end - start > FIELD:
            raise MultiPartException(str(InputError("upload_unnamed")))
        super().on_part_data(data, start, end)


route_utils.GradioMultiPartParser = _FilesOnly  # type: ignore[misc]


class _LastUsed(LRUCache[str, Any]):
    """Gradio's cache, in which what is read counts as used; whoever listens reads every ten seconds."""

    def __getitem__(self, key: str) -> Any:
        self.move_to_end(key)
        return super().__getitem__(key)


class _OfPage(BlocksConfig):
    """The blocks as they were built; a session begins with them, and keeps of its own what it replaces."""

    def __copy__(self) -> _OfSession:
        session = _OfSession(self.root_block)
        vars(session).update(vars(super().__copy__()))  # type: ignore[no-untyped-call]
        session.blocks = ChainMap({}, self.blocks)  # type: ignore[assignment]
        session.fns = ChainMap({}, self.fns)  # type: ignore[assignment]
        return session


_UNDESCRIBED: dict[str, Any] = {}  # one for all: for every block of every session, empty dictionaries are 54 MB


class _OfSession(BlocksConfig):
    """One session's blocks, some of which its events have replaced."""

    @staticmethod
    def config_for_block(
        _id: int, rendered_ids: list[int], block: Block, renderable: Renderable | None = None
    ) -> dict[str, Any]:
        """Nothing, as Gradio answers for a block that is not shown, but for what an event draws anew."""
        return BlocksConfig.config_for_block(_id, rendered_ids, block, renderable) if renderable else _UNDESCRIBED


class UploadsOnly:
    """Before a component of Gradio's: the files that it receives are uploads, and no link is followed.

    Gradio would fetch a link before our code sees it.

    Uses ``async_move_resource_to_block_cache``, which Gradio calls with the path or link of every file of a component.
    If it went, the server would fetch what a caller names: ``test_hardening.py::test_the_page_fetches_no_link``.
    """

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """As Gradio's, for paths; of links, only one to an upload is understood, as that file."""
        place = str(url_or_file_path) if url_or_file_path else None
        if place is not None and place.startswith(("http://", "https://")):
            try:
                place = file_of(type(self).__name__.lower(), place)
            except VitrineError as error:  # the page itself sends no links
                raise refusal(error, ENGLISH, markup=True) from error
        kept: str | None = await super().async_move_resource_to_block_cache(place)  # type: ignore[misc]
        return kept
