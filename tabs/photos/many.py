"""Many photos: files or a zip go in, a table with every model's answer comes out, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from models.display.photos import photo_batch as display
from models.display.photos import prediction_cards
from models.errors import VitrineError
from models.texts import Texts
from models.vision import photo_batch
from models.vision.photo_batch import PhotoBatch
from models.vision.photo_files import MAX_PHOTOS, MAX_UNPACKED
from models.vision.uploads import MAX_MEGABYTES
from tabs.downloads import session_folder
from tabs.error_handling import handle_errors
from tabs.turn import Turn, take_turn
from tabs.uploads import Photos

STATE_SECONDS = 1800  # how long a visitor's rows are kept in memory
SCRIPT = Path(__file__).with_name("photo_batch.js")


def many_photos(texts: Texts) -> None:
    """The upload, the work's progress, the filters and the table."""
    gr.Markdown(texts("batch.intro", limit=MAX_PHOTOS, together=texts.number(MAX_UNPACKED), zip=MAX_MEGABYTES))
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            files = Photos(label=texts("batch.files"), file_count="multiple", height=160, elem_id="photos")
        with gr.Column(scale=3, min_width=320):
            progress = gr.HTML(elem_id="batch-progress")
            with gr.Row():
                stop = gr.Button(texts("batch.stop"), variant="stop", visible=False)
                download = gr.DownloadButton(texts("batch.download"), visible=False)
    filters = gr.HTML(display.filters(texts), visible=False)
    table = gr.HTML(
        elem_id="batch", elem_classes=["vt-wide", "vt-bounded"], js_on_load=SCRIPT.read_text(encoding="utf-8")
    )
    rows = gr.State(None, time_to_live=STATE_SECONDS)
    outputs = [rows, progress, filters, table, stop, download]

    def shown(batch: PhotoBatch, stopped: bool = False) -> tuple[Any, ...]:
        done = stopped or len(batch.rows) == batch.total
        saved = str(display.save(batch, texts, session_folder())) if done and batch.rows else None
        return (
            batch,
            display.progress(batch, texts, stopped),
            gr.HTML(visible=bool(batch.rows)),
            display.table(batch, texts) if batch.rows else "",
            gr.Button(visible=not done),
            gr.DownloadButton(value=saved, visible=saved is not None),
        )

    def nothing(said: str = "") -> tuple[Any, ...]:
        """No table, and in the progress's place what is said, as HTML."""
        return (None, said, gr.HTML(visible=False), "", gr.Button(visible=False), gr.DownloadButton(visible=False))

    def classify(turn: Turn, paths: list[str] | None) -> Iterator[tuple[Any, ...]]:
        mine = turn.begin()
        yield nothing()  # of the last files
        if not paths:
            return
        try:
            for batch in photo_batch.classify_steps(paths):
                if turn.number != mine:
                    yield (gr.skip(),) * len(outputs)  # Gradio says the last word of a stream twice
                    return
                yield shown(batch)
        except VitrineError as error:  # said here, where it stays, and not once more over the page
            if turn.number == mine:
                yield nothing(prediction_cards.notices([error.message(texts)]))
        except Exception:
            if turn.number == mine:
                yield nothing()
            raise

    def stopped(batch: PhotoBatch | None) -> tuple[Any, ...]:
        return nothing() if batch is None else shown(batch, stopped=True)

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # new files take the place of those that are still being worked on
    turn = gr.State(Turn())
    take_turn(partial(gr.on, [files.upload, files.clear, files.delete]), turn).then(
        handle_errors(classify, texts), [turn, files], outputs, trigger_mode="multiple", **private
    )
    take_turn(stop.click, turn).then(handle_errors(stopped, texts), rows, outputs, **private)
