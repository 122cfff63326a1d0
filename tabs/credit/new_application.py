"""A new client: a form whose fields may stay empty, or a whole file of applications."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit import whatif
from models.credit.service import credit_service
from models.credit.wording import WITHOUT
from models.display.credit.decision_card import verdict
from models.display.credit.principal_reasons import not_learnt_card, reasons_card
from models.display.credit.tables import batch, save_batch
from models.display.credit.waterfall import score_waterfall
from models.errors import InputError
from models.texts import Texts, capitalized
from tabs.credit.letter import application_letter_button
from tabs.credit.opener import group_opener
from tabs.credit.selection import ClientSelection
from tabs.downloads import session_folder
from tabs.error_handling import handle_errors
from tabs.uploads import Table

OPENER = "new-groups"
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
    "ORGANIZATION_TYPE",
    "OWN_CAR_AGE",
)
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
FILES = (".csv", ".tsv", ".txt", ".parquet", ".gz", ".zip")


def new_application_tab(selection: ClientSelection) -> None:
    """The form on the left, its score on the right; the batch below."""
    texts = selection.texts
    gr.Markdown(texts("credit.new.explain"))
    _form(selection)
    gr.Markdown(f"### {texts('credit.batch.title')}\n{texts('credit.batch.explain')}")
    _file(selection)


def _form(selection: ClientSelection) -> None:
    """One application: the fields, and its decision with the reasons once it is scored."""
    texts = selection.texts
    editors = [whatif.editor(credit_service().model, {}, name, texts) for name in FIELDS]
    application = gr.State(None)  # the one that is scored on the right
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            widgets: list[gr.components.Component] = []
            for start in range(0, len(editors), 2):
                with gr.Row():
                    widgets += [_field(editor, texts("credit.unknown")) for editor in editors[start : start + 2]]
            fields = dict(zip(FIELDS, zip(editors, widgets, strict=True), strict=True))
            with gr.Row():
                without = {owner: _without(owner, fields, texts) for owner in dict(WITHOUT.values())}
            score = gr.Button(texts("credit.new.score"), variant="primary")
        with gr.Column(scale=3, min_width=320):
            card, words = gr.HTML(min_height=120), gr.HTML()
            letter = application_letter_button(texts, [selection.ratio, application])
            opened = group_opener(texts, OPENER, visible=False)
            chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)

    def read(*values: Any) -> dict[str, Any]:
        entered: dict[str, Any] = {}
        for owner, is_without in zip(without, values[len(editors) :], strict=True):
            entered |= whatif.without(owner) if is_without else {}
        entered |= {
            editor.column: whatif.entered(editor, value, texts)
            for editor, value in zip(editors, values, strict=False)
            if editor.column not in entered
        }
        application = {name: value for name, value in entered.items() if value is not None}
        if not application:
            raise InputError("application_empty")
        return application

    def show(ratio: float, application: dict[str, Any] | None, opened: str) -> tuple[Any, ...]:
        if application is None:
            return "", "", gr.Button(visible=False), gr.Radio(visible=False), gr.Plot(visible=False)
        judged = credit_service().judge_application(application, ratio)
        return (
            verdict(judged.score, judged.percentile, ratio, texts),
            reasons_card(judged.score, credit_service().principal_reasons(judged.score), texts)
            + not_learnt_card(judged.score, texts),
            gr.Button(visible=True),
            gr.Radio(visible=True),
            gr.Plot(score_waterfall(judged.score, texts, opened=opened, opener=OPENER), visible=True),
        )

    results = [card, words, letter, opened, chart]
    asked = [selection.ratio, application, opened]
    # what is refused leaves no score of something else beside it; one that stands follows the cut-off
    read_form = score.click(handle_errors(read, texts), [*widgets, *without.values()], application, **PRIVATE)
    read_form.success(handle_errors(show, texts), asked, results, **PRIVATE)
    read_form.failure(lambda: (None, *show(1, None, "")), None, [application, *results], **PRIVATE)
    gr.on(
        [selection.ratio.change, opened.change],
        handle_errors(show, texts),
        asked,
        results,
        show_progress="hidden",
        trigger_mode="always_last",
        **PRIVATE,
    )


def _file(selection: ClientSelection) -> None:
    """A file of applications: the upload, the first scores, and all of them to download."""
    texts = selection.texts
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            table = Table(label=texts("credit.batch.file"), file_types=list(FILES), height=140)
            download = gr.DownloadButton(texts("credit.why.download"), visible=False, size="sm")
        with gr.Column(scale=3, min_width=320):
            scores = gr.HTML(elem_classes=["vt-wide", "vt-bounded"])

    def score(path: str | None, ratio: float) -> tuple[Any, ...]:
        if path is None:
            return no_scores()
        answer = credit_service().judge_batch(path, ratio)
        saved = str(save_batch(answer, texts, session_folder()))
        return batch(answer, texts), gr.DownloadButton(value=saved, visible=True)

    def no_scores() -> tuple[Any, ...]:
        return "", gr.DownloadButton(value=None, visible=False)

    scored = gr.on(
        [table.upload, table.clear, selection.ratio.change],
        handle_errors(score, texts),
        [table, selection.ratio],
        [scores, download],
        trigger_mode="always_last",
        **PRIVATE,
    )
    scored.failure(no_scores, None, [scores, download], **PRIVATE)


def _without(owner: str, fields: dict[str, tuple[whatif.Editor, gr.components.Component]], texts: Texts) -> gr.Checkbox:
    """A box for that there is none, such as no present job; the fields of what there is not close, and say so.

    Args:
        owner: the column that says so.
        fields: editor and widget of each column that the form asks for.
        texts: the language.
    """
    absent = whatif.editor(credit_service().model, {}, owner, texts).absent
    box = gr.Checkbox(label=capitalized(absent), min_width=140)
    closed = [fields[name] for name in whatif.without(owner) if name in fields]

    def close(is_without: bool) -> dict[gr.components.Component, gr.components.Component]:
        unknown = texts("credit.unknown")
        return {field: _closed(one, absent) if is_without else _field(one, unknown) for one, field in closed}

    box.input(
        handle_errors(close, texts),
        box,
        [field for _, field in closed],
        show_progress="hidden",
        trigger_mode="always_last",
        **PRIVATE,
    )
    return box


def _field(editor: whatif.Editor, unknown: str) -> gr.components.Component:
    """A field for a number, or a list; empty means unknown."""
    if editor.choices:
        choices: list[tuple[str, Any]] = [(f"({unknown})", None), *editor.choices]
        return gr.Dropdown(choices=choices, value=None, label=editor.name, min_width=140, interactive=True)
    # a text, because an empty number field of Gradio's reads 0, and 0 is not unknown
    return gr.Textbox(value="", label=editor.name, placeholder=unknown, min_width=140, max_lines=1, interactive=True)


def _closed(editor: whatif.Editor, words: str) -> gr.components.Component:
    """The same field with words in place of a value."""
    if editor.choices:
        return gr.Dropdown(choices=[words], value=words, interactive=False)
    return gr.Textbox(value=words, interactive=False)
