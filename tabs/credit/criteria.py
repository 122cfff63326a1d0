"""Who counts as similar: the filters of a comparison with clients like this one."""

from __future__ import annotations

import gradio as gr

from models.credit.compare import CRITERIA, USUAL_CRITERIA
from models.credit.wording import label
from models.texts import Texts


def criteria_filter(texts: Texts, info: str) -> gr.CheckboxGroup:
    """The filters, hidden until somebody compares with similar clients; ``info`` is the key of the line below them."""
    return gr.CheckboxGroup(
        choices=[(label(name, texts), name) for name in CRITERIA],
        value=list(USUAL_CRITERIA),
        label=texts("credit.compare.criteria"),
        info=texts(info),
        visible=False,
    )
