"""What if: edit any column within its real range, see the score move and why."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit import whatif
from models.credit.service import desk
from models.display.credit.decision_card import verdict
from models.display.credit.tables import changes
from models.display.credit.waterfall import change_waterfall
from models.errors import InputError
from tabs.credit.selection import Chosen
from tabs.credit.sliders import OpenSlider
from tabs.error_handling import guarded


def whatif_tab(chosen: Chosen, tab: gr.Tab) -> None:
    """Sliders for the terms of the loan, an editor for any other column, the new score and what moved it."""
    texts = chosen.texts
    edited = gr.State({})
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            terms = {name: OpenSlider(0, 1, label=name, interactive=True) for name in whatif.TERMS}
            column = gr.Dropdown(
                choices=whatif.editable(desk().model, texts), value="EXT_SOURCE_2", label=texts("credit.whatif.column")
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

    def sliders(application: dict[str, Any]) -> list[Any]:
        return [_slider(whatif.editor(desk().model, application, name, texts)) for name in terms]

    def editors(application: dict[str, Any], name: str) -> list[Any]:
        editor = whatif.editor(desk().model, application, name, texts)
        if editor.choices:
            return [
                OpenSlider(visible=False),
                gr.Dropdown(choices=list(editor.choices), value=editor.value, label=editor.name, visible=True),
            ]
        return [_slider(editor), gr.Dropdown(visible=False)]

    def begin(client_id: int, name: str) -> list[Any]:
        application = desk().portfolio.application(client_id)
        return [{}, *sliders(application), *editors(application, name)]

    def open_editor(client_id: int, edited: dict[str, Any], name: str) -> list[Any]:
        return editors(desk().portfolio.application(client_id) | edited, name)

    def show(client_id: int, ratio: float, edited: dict[str, Any]) -> tuple[Any, ...]:
        before, after = desk().judge(client_id, ratio), desk().judge(client_id, ratio, edited)
        application = desk().portfolio.application(client_id)
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
        limits = whatif.editor(desk().model, desk().portfolio.application(client_id) | edited, name, texts)
        # a field is emptied before something else is typed; unknown has a button of its own
        if value is None or value == limits.value:
            return gr.skip()
        return edited | {name: whatif.slid(limits, value)}

    def restore(client_id: int, edited: dict[str, Any], name: str) -> OpenSlider:
        application = desk().portfolio.application(client_id) | edited
        return _slider(whatif.editor(desk().model, application, name, texts))

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    everything = [edited, *terms.values(), number, choice]
    gr.on(
        [tab.select, chosen.client.change, reset.click],
        guarded(begin, texts),
        [chosen.client, column],
        everything,
        **private,
    )
    column.change(guarded(open_editor, texts), [chosen.client, edited, column], [number, choice], **private)
    live: dict[str, Any] = private | {"trigger_mode": "always_last"}
    for name, slider in [*((gr.State(name), slider) for name, slider in terms.items()), (column, number)]:
        asked = [chosen.client, edited, name]
        slider.input(guarded(slide, texts), [*asked, slider], edited, **live)
        typed = slider.release(guarded(settle, texts), [*asked, slider], edited, **live)
        typed.failure(guarded(restore, texts), asked, slider, **private)  # the field and the score go together
    choice.input(guarded(edit, texts), [edited, column, choice], edited, **live)
    forgotten = unknown.click(
        guarded(lambda edited, name: edit(edited, name, None), texts), [edited, column], edited, **private
    )
    forgotten.success(guarded(open_editor, texts), [chosen.client, edited, column], [number, choice], **private)
    chosen.refresh(show, [edited], [card, table, chart], opened=tab)


def _slider(editor: whatif.Editor) -> OpenSlider:
    return OpenSlider(
        minimum=editor.low, maximum=editor.high, step=editor.step, value=editor.value, label=editor.name, visible=True
    )
