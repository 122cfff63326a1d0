"""What if: move the terms of the loan, or edit any other column within its real range; see the score move and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

import gradio as gr

from models.credit import negotiation, whatif
from models.credit.loan import USUAL_RATE, LoanTerms
from models.credit.loan_wording import as_they_stand
from models.credit.service import credit_service
from models.credit.wording import label
from models.display.common.html import render
from models.display.credit.decision_card import verdict
from models.display.credit.principal_reasons import not_learnt_card
from models.display.credit.tables import changes
from models.display.credit.waterfall import change_waterfall
from models.errors import InputError
from models.texts import Texts, capitalized
from tabs.credit.selection import ClientSelection
from tabs.credit.sliders import OpenSlider
from tabs.error_handling import handle_errors

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
LIVE = PRIVATE | {"trigger_mode": "always_last"}  # the latest value counts, however long the last one takes

Negotiated = dict[str, Any]  # the fields of LoanTerms, as a state of Gradio's holds them; empty before anything moved


class ColumnEditor(NamedTuple):
    """The widgets that change one column of the application: ``number`` or ``choice`` is shown, as suits it."""

    column: gr.Dropdown
    number: OpenSlider
    choice: gr.Dropdown
    unknown: gr.Button
    absent: gr.Button


def whatif_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Sliders for the terms of the loan, an editor for any other column, the new score and what moved it."""
    texts = selection.texts
    negotiated, edited = gr.State({}), gr.State({})
    begun = gr.State(None)  # the client that the widgets stand for; None before the tab is first opened
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            terms = {name: OpenSlider(0, 1, label=name, interactive=True) for name in negotiation.TERMS}
            line = gr.HTML()
            column = gr.Dropdown(
                choices=whatif.editable(credit_service().model, texts),
                value="EXT_SOURCE_2",
                label=texts("credit.whatif.column"),
            )
            number = OpenSlider(0, 1, label="EXT_SOURCE_2", interactive=True)
            choice = gr.Dropdown([], label="EXT_SOURCE_2", visible=False)
            with gr.Row():
                unknown = gr.Button(texts("credit.whatif.unknown"), size="sm")
                absent = gr.Button(size="sm", visible=False)
                reset = gr.Button(texts("credit.whatif.reset"), size="sm", variant="primary")
        with gr.Column(scale=3, min_width=320):
            card = gr.HTML()
            table = gr.HTML()
            chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)

    def start_over(client_id: int, name: str) -> list[Any]:
        application = credit_service().portfolio.application(client_id)
        return [client_id, {}, {}, *_term_sliders(client_id, {}, texts), *_editors(application, name, texts)]

    def begin(client_id: int, name: str, begun: int | None) -> list[Any]:
        """Once for each client: a link chooses one and opens the tab, in either order and long after the first answer
        has come; what has been typed since then stays.
        """
        return start_over(client_id, name) if client_id != begun else [gr.skip()] * len(widgets)

    def show(client_id: int, ratio: float, negotiated: Negotiated, edited: dict[str, Any]) -> tuple[Any, ...]:
        application = credit_service().portfolio.application(client_id)
        own, now = _terms(client_id, negotiated)
        edited = whatif.moved(edited, application, texts)
        changed = (now.changes(application) if now else {}) | edited
        before, after = credit_service().judge(client_id, ratio), credit_service().judge(client_id, ratio, changed)
        return (
            render("caption", line=as_they_stand(now, texts), meaning=_assumed(now, texts)) if now else "",
            verdict(after.score, after.percentile, ratio, texts),
            changes(own, now, edited, application, texts) + not_learnt_card(after.score, texts),
            gr.Plot(change_waterfall(before.score, after.score, texts), visible=True)
            if changed
            else gr.Plot(visible=False),
        )

    widgets: list[Any] = [begun, negotiated, edited, *terms.values(), number, choice, absent]
    asked: list[Any] = [selection.client, column]
    gr.on([tab.select, selection.client.change], handle_errors(begin, texts), [*asked, begun], widgets, **LIVE)
    reset.click(handle_errors(start_over, texts), asked, widgets, **PRIVATE)
    _follow_terms(selection, terms, negotiated)
    _follow_column(selection, ColumnEditor(column, number, choice, unknown, absent), edited)
    selection.refresh(show, [negotiated, edited], [line, card, table, chart], opened=tab)


def _follow_terms(selection: ClientSelection, terms: dict[str, OpenSlider], negotiated: gr.State) -> None:
    """A term that is moved changes what is negotiated, and with it the other sliders."""
    texts = selection.texts

    def negotiate(client_id: int, negotiated: Negotiated, name: str, value: float | None) -> list[Any]:
        own, now = _terms(client_id, negotiated)
        # a field is emptied before something else is typed
        if own is None or now is None or value is None or value == negotiation.slider(own, now, name).value:
            return [gr.skip()] * (1 + len(terms))
        moved = asdict(negotiation.negotiate(own, now, name, value))
        sliders = zip(terms, _term_sliders(client_id, moved, texts), strict=True)
        return [moved, *(gr.skip() if term == name else slider for term, slider in sliders)]

    def begin_to_negotiate(client_id: int, negotiated: Negotiated, name: str, value: float | None) -> list[Any]:
        """While a number is being typed its first digits may be out of range: they change nothing yet."""
        try:
            return negotiate(client_id, negotiated, name, value)
        except InputError:
            return [gr.skip()] * (1 + len(terms))

    def restore(client_id: int, negotiated: Negotiated, name: str) -> OpenSlider:
        return _term_sliders(client_id, negotiated, texts)[negotiation.TERMS.index(name)]

    moved: list[Any] = [negotiated, *terms.values()]
    for name, slider in terms.items():
        asked: list[Any] = [selection.client, negotiated, gr.State(name)]
        slider.input(handle_errors(begin_to_negotiate, texts), [*asked, slider], moved, **LIVE)
        typed = slider.release(handle_errors(negotiate, texts), [*asked, slider], moved, **LIVE)
        typed.failure(handle_errors(restore, texts), asked, slider, **PRIVATE)  # field and score go together


def _follow_column(selection: ClientSelection, editor: ColumnEditor, edited: gr.State) -> None:
    """The editor shows the column that is chosen, and what is entered there changes the application."""
    texts = selection.texts

    def applied(client_id: int, edited: dict[str, Any]) -> dict[str, Any]:
        return credit_service().portfolio.application(client_id) | edited

    def open_editor(client_id: int, edited: dict[str, Any], name: str) -> list[Any]:
        return _editors(applied(client_id, edited), name, texts)

    def choose(edited: dict[str, Any], name: str, value: Any) -> tuple[Any, ...]:
        return whatif.given(edited, name, whatif.stored(name, value)), gr.Dropdown(label=label(name, texts))

    def forget(edited: dict[str, Any], name: str) -> dict[str, Any]:
        return edited | {name: None}

    def do_without(edited: dict[str, Any], name: str) -> dict[str, Any]:
        return edited | whatif.without(name)

    def slide(client_id: int, edited: dict[str, Any], name: str, value: float | None) -> tuple[Any, ...]:
        """While a number is being typed its first digits may be out of range: they change nothing yet."""
        try:
            return settle(client_id, edited, name, value)
        except InputError:
            return gr.skip(), gr.skip()

    def settle(client_id: int, edited: dict[str, Any], name: str, value: float | None) -> tuple[Any, ...]:
        limits = whatif.editor(credit_service().model, applied(client_id, edited), name, texts)
        # a field is emptied before something else is typed; unknown has a button of its own
        if value is None or value == limits.value:
            return gr.skip(), gr.skip()
        # a title that says unknown, or not employed, is no longer true
        titled = OpenSlider(label=limits.name) if limits.value is None else gr.skip()
        return whatif.given(edited, name, whatif.slid(limits, value)), titled

    def restore(client_id: int, edited: dict[str, Any], name: str) -> OpenSlider:
        return _slider(whatif.editor(credit_service().model, applied(client_id, edited), name, texts), texts)

    column, number, choice, unknown, absent = editor
    asked: list[Any] = [selection.client, edited, column]
    shown: list[Any] = [number, choice, absent]
    column.change(handle_errors(open_editor, texts), asked, shown, **PRIVATE)
    number.input(handle_errors(slide, texts), [*asked, number], [edited, number], **LIVE)
    typed = number.release(handle_errors(settle, texts), [*asked, number], [edited, number], **LIVE)
    typed.failure(handle_errors(restore, texts), asked, number, **PRIVATE)
    choice.input(handle_errors(choose, texts), [edited, column, choice], [edited, choice], **LIVE)
    for button, edit in ((unknown, forget), (absent, do_without)):
        clicked = button.click(handle_errors(edit, texts), [edited, column], edited, **PRIVATE)
        clicked.success(handle_errors(open_editor, texts), asked, shown, **PRIVATE)


def _assumed(terms: LoanTerms, texts: Texts) -> str:
    """Where the rate comes from; a revolving credit has none of its own."""
    if terms.is_revolving:
        return ""
    return texts("credit.counterfactual.assumed", rate=texts.percent(USUAL_RATE, 0))


def _terms(client_id: int, negotiated: Negotiated) -> tuple[LoanTerms | None, LoanTerms | None]:
    """A client's own terms, and what they have been moved to; None where they are unknown."""
    own = LoanTerms.of(credit_service().portfolio.application(client_id))
    return own, LoanTerms(**negotiated) if negotiated else own


def _term_sliders(client_id: int, negotiated: Negotiated, texts: Texts) -> list[OpenSlider]:
    """The slider of every term; what is not negotiated is not shown."""
    own, now = _terms(client_id, negotiated)
    sliders = []
    for name in negotiation.TERMS:
        if own is None or now is None or name not in negotiation.negotiable(own):
            sliders.append(OpenSlider(visible=False))
            continue
        place = negotiation.slider(own, now, name)
        title = place.label(own, texts)
        sliders.append(
            OpenSlider(
                minimum=place.low, maximum=place.high, step=place.step, value=place.value, label=title, visible=True
            )
        )
    return sliders


def _editors(application: dict[str, Any], name: str, texts: Texts) -> list[Any]:
    """The slider and the list for a column, of which only the one that suits it is shown, and the button for none."""
    editor = whatif.editor(credit_service().model, application, name, texts)
    absent = gr.Button(capitalized(editor.absent), visible=bool(editor.absent))
    if editor.choices:
        return [
            OpenSlider(visible=False),
            gr.Dropdown(choices=list(editor.choices), value=editor.value, label=_title(editor, texts), visible=True),
            absent,
        ]
    return [_slider(editor, texts), gr.Dropdown(visible=False), absent]


def _slider(editor: whatif.Editor, texts: Texts) -> OpenSlider:
    value = None if editor.value is None else float(editor.value)
    return OpenSlider(
        minimum=editor.low,
        maximum=editor.high,
        step=editor.step,
        value=value,
        label=_title(editor, texts),
        visible=True,
    )


def _title(editor: whatif.Editor, texts: Texts) -> str:
    """The column's name; a slider has a thumb somewhere, so that a value that is none must be said."""
    return editor.name if editor.value is not None else f"{editor.name} ({editor.present})"
