"""The client's letter, to be handed over: one click makes it and saves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from models.credit.notice import Notice
from models.credit.service import credit_service
from models.display.credit.letter import letter
from models.texts import Texts
from tabs.credit.selection import ClientSelection
from tabs.downloads import session_folder
from tabs.saving import saved_at_once


def letter_button(selection: ClientSelection) -> None:
    """The letter to the chosen client, at the present cut-off."""

    def save(client_id: int, ratio: float) -> str:
        return str(save_letter(credit_service().notice(client_id, cost_ratio=ratio), selection.texts))

    button = gr.Button(selection.texts("letter.button"), size="sm", elem_classes="vt-narrow")
    saved_at_once(button, save, [selection.client, selection.ratio], selection.texts)


def application_letter_button(texts: Texts, asked: Sequence[Any]) -> gr.Button:
    """The letter about an application that was filled in; hidden until there is one.

    Args:
        texts: the page's language.
        asked: the widgets of the cost ratio and of the application.
    """

    def save(ratio: float, application: dict[str, Any] | None) -> str:
        return str(save_letter(credit_service().notice(None, application, ratio), texts))

    button = gr.Button(texts("letter.button"), size="sm", visible=False, elem_classes="vt-narrow")
    saved_at_once(button, save, asked, texts)
    return button


def save_letter(notice: Notice, texts: Texts) -> Path:
    """The letter as a file in a folder of its own, dated today."""
    path = session_folder() / f"{texts('letter.file')}-{notice.score.client_id or texts('letter.file_new')}.pdf"
    path.write_bytes(letter(notice, texts, datetime.now().astimezone()))
    return path
