"""A new client: a form whose fields may stay empty, or a whole file of applications."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit import whatif
from models.credit.reasons import reasons
from models.credit.service import desk
from models.display.common.html import render
from models.display.credit.decision_card import verdict
from models.display.credit.tables import batch, save_batch
from models.display.credit.waterfall import score_waterfall
from models.errors import InputError
from tabs.credit.selection import Chosen
from tabs.downloads import session_folder
from tabs.error_handling import guarded
from tabs.uploads import Table

FIELDS = (
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "AMT_GOODS_PRICE",
    "AMT_INCOME_TOTAL",
    "DAYS_BIRTH",
    "DAYS_EMPLOYED",
    "EXT_SOURCE_1",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "NAME_CONTRACT_TYPE",
    "NAME_INCOME_TYPE",
    "NAME_EDUCATION_TYPE",
    "NAME_FAMILY_STATUS",
    "OCCUPATION_TYPE",
)
FILES = (".csv", ".tsv", ".txt", ".parquet", ".gz", ".zip")


def newcomer_tab(chosen: Chosen) -> None:
    """The form on the left, its score on the right; the batch below."""
    texts = chosen.texts
    gr.Markdown(texts("credit.new.explain"))
    editors = [whatif.editor(desk().model, {}, name, texts) for name in FIELDS]
    application = gr.State(None)  # the one that is scored on the right
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            widgets: list[gr.components.Component] = []
            for start in range(0, len(editors), 2):
                with gr.Row():
                    widgets += [_field(editor, texts("credit.unknown")) for editor in editors[start : start + 2]]
            score = gr.Button(texts("credit.new.score"), variant="primary")
        with gr.Column(scale=3, min_width=320):
            card, words = gr.HTML(min_height=120), gr.HTML()
            chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)
    gr.Markdown(f"### {texts('credit.batch.title')}\n{texts('credit.batch.explain')}")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            table = Table(label=texts("credit.batch.file"), file_types=list(FILES), height=140)
            download = gr.DownloadButton(texts("credit.why.download"), visible=False, size="sm")
        with gr.Column(scale=3, min_width=320):
            scores = gr.HTML(elem_classes=["vt-wide", "vt-bounded"])

    def read(*values: Any) -> dict[str, Any]:
        entered = {
            editor.column: whatif.entered(editor, value, texts) for editor, value in zip(editors, values, strict=True)
        }
        application = {name: value for name, value in entered.items() if value is not None}
        if not application:
            raise InputError("application_empty")
        return application

    def show(ratio: float, application: dict[str, Any] | None) -> tuple[Any, ...]:
        if application is None:
            return "", "", gr.Plot(visible=False)
        judged = desk().judge_application(application, ratio)
        return (
            verdict(judged.score, judged.percentile, ratio, texts),
            render("sentences", sentences=reasons(judged.score, texts)),
            gr.Plot(score_waterfall(judged.score, texts), visible=True),
        )

    def score_file(path: str | None, ratio: float, request: gr.Request) -> tuple[Any, ...]:
        if path is None:
            return no_scores()
        answer = desk().judge_batch(path, ratio)
        saved = str(save_batch(answer, texts, session_folder(request)))
        return batch(answer, texts), gr.DownloadButton(value=saved, visible=True)

    def no_scores() -> tuple[Any, ...]:
        return "", gr.DownloadButton(value=None, visible=False)

    private: dict[str, Any] = {"api_visibility": "private"}
    results = [card, words, chart]
    # what is refused leaves no score of something else beside it; one that stands follows the cut-off
    read_form = score.click(guarded(read, texts), widgets, application, **private)
    read_form.success(guarded(show, texts), [chosen.ratio, application], results, **private)
    read_form.failure(lambda: (None, *show(1, None)), None, [application, *results], **private)
    chosen.ratio.change(guarded(show, texts), [chosen.ratio, application], results, show_progress="hidden", **private)
    scored = gr.on(
        [table.upload, table.clear, chosen.ratio.change],
        guarded(score_file, texts),
        [table, chosen.ratio],
        [scores, download],
        trigger_mode="always_last",
        **private,
    )
    scored.failure(no_scores, None, [scores, download], **private)


def _field(editor: whatif.Editor, unknown: str) -> gr.components.Component:
    """A field for a number, or a list; empty means unknown."""
    if editor.choices:
        choices: list[tuple[str, Any]] = [(f"({unknown})", None), *editor.choices]
        return gr.Dropdown(choices=choices, value=None, label=editor.name, min_width=140)
    # a text, because an empty number field of Gradio's reads 0, and 0 is not unknown
    return gr.Textbox(value="", label=editor.name, placeholder=unknown, min_width=140, max_lines=1)
