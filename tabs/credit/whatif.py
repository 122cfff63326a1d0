"""What if: edit any column within its real range, see the score move and why."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit import whatif
from models.credit.service import credit_service
from models.display.credit.decision_card import verdict
from models.display.credit.tables import changes
from models.display.credit.waterfall import change_waterfall
from models.errors import InputError
from models.texts import Texts
from tabs.credit.selection import ClientSelection
from tabs.credit.sliders import OpenSlider
from tabs.error_handling import handle_errors


def whatif_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Sliders for the terms of the loan, an editor for any other column, the new score and what moved it."""
    texts = selection.texts
    edited = gr.State({})
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            terms = {name: OpenSlider(0, 1, label=name, interactive=True) for name in whatif.TERMS}
            column = gr.Dropdown(
                choices=whatif.editable(credit_service().model, texts),
                value="EXT_SOURCE_2",
                label=texts("credit.whatif.column"),
            )
            number = OpenSlider(0, 1, label="EXT_SOURCE_2", interactive=True)
            choice = gr.Dropdown([], label="EXT_SOURCE_2", visible=False)
            with gr.Row():
                unknown = gr.Button(texts("credit.whatif.unknown"), size="sm")
                reset = gr.Button(texts("credit.whatif.reset"), size="sm", variant="primary")
        with gr.Column(scale=3, min_width=320):
            card = gr.HTML()
            table = gr.HTML()
            chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)

    def begin(client_id: int, name: str) -> list[Any]:
        application = credit_service().portfolio.application(client_id)
        sliders = [_slider(whatif.editor(credit_service().model, application, term, texts)) for term in terms]
        return [{}, *sliders, *_editors(application, name, texts)]

    def open_editor(client_id: int, edited: dict[str, Any], name: str) -> list[Any]:
        return _editors(credit_service().portfolio.application(client_id) | edited, name, texts)

    def show(client_id: int, ratio: float, edited: dict[str, Any]) -> tuple[Any, ...]:
        before, after = credit_service().judge(client_id, ratio), credit_service().judge(client_id, ratio, edited)
        application = credit_service().portfolio.application(client_id)
        return (
            verdict(after.score, after.percentile, ratio, texts),
            changes(edited, application, texts),
            gr.Plot(change_waterfall(before.score, after.score, texts), visible=True)
            if edited
            else gr.Plot(visible=False),
        )

    def edit(edited: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
        return edited | {name: whatif.stored(name, value)}

    def slide(client_id: int, edited: dict[str, Any], name: str, value: float | None) -> Any:
        """While a number is being typed its first digits may be out of range: they change nothing yet."""
        try:
            return settle(client_id, edited, name, value)
        except InputError:
            return gr.skip()

    def settle(client_id: int, edited: dict[str, Any], name: str, value: float | None) -> Any:
        limits = whatif.editor(
            credit_service().model, credit_service().portfolio.application(client_id) | edited, name, texts
        )
        # a field is emptied before something else is typed; unknown has a button of its own
        if value is None or value == limits.value:
            return gr.skip()
        return edited | {name: whatif.slid(limits, value)}

    def restore(client_id: int, edited: dict[str, Any], name: str) -> OpenSlider:
        application = credit_service().portfolio.application(client_id) | edited
        return _slider(whatif.editor(credit_service().model, application, name, texts))

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    everything = [edited, *terms.values(), number, choice]
    gr.on(
        [tab.select, selection.client.change, reset.click],
        handle_errors(begin, texts),
        [selection.client, column],
        everything,
        **private,
    )
    column.change(handle_errors(open_editor, texts), [selection.client, edited, column], [number, choice], **private)
    live: dict[str, Any] = private | {"trigger_mode": "always_last"}
    for name, slider in [*((gr.State(name), slider) for name, slider in terms.items()), (column, number)]:
        asked = [selection.client, edited, name]
        slider.input(handle_errors(slide, texts), [*asked, slider], edited, **live)
        typed = slider.release(handle_errors(settle, texts), [*asked, slider], edited, **live)
        typed.failure(handle_errors(restore, texts), asked, slider, **private)  # the field and the score go together
    choice.input(handle_errors(edit, texts), [edited, column, choice], edited, **live)
    forgotten = unknown.click(
        handle_errors(lambda edited, name: edit(edited, name, None), texts), [edited, column], edited, **private
    )
    forgotten.success(
        handle_errors(open_editor, texts), [selection.client, edited, column], [number, choice], **private
    )
    selection.refresh(show, [edited], [card, table, chart], opened=tab)


def _editors(application: dict[str, Any], name: str, texts: Texts) -> list[Any]:
    """The slider and the list for a column, of which only the one that suits it is shown."""
    editor = whatif.editor(credit_service().model, application, name, texts)
    if editor.choices:
        return [
            OpenSlider(visible=False),
            gr.Dropdown(choices=list(editor.choices), value=editor.value, label=editor.name, visible=True),
        ]
    return [_slider(editor), gr.Dropdown(visible=False)]


def _slider(editor: whatif.Editor) -> OpenSlider:
    value = None if editor.value is None else float(editor.value)
    return OpenSlider(
        minimum=editor.low, maximum=editor.high, step=editor.step, value=value, label=editor.name, visible=True
    )
