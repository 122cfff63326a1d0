"""The widget that opens a group of the waterfall into its facts: by keyboard here, by a click on its bars too."""

from __future__ import annotations

import gradio as gr

from models.credit.features import FEATURES, GROUPS
from models.credit.service import credit_service
from models.texts import Texts


def group_opener(texts: Texts, elem_id: str, visible: bool = True) -> gr.Radio:
    """A choice among the groups of the model's facts, none of them open at first.

    Args:
        texts: the page's language.
        elem_id: by which the chart finds it (``score_waterfall``).
        visible: whether it is shown at once.
    """
    used = {FEATURES[name].group for name in credit_service().model.features}
    groups = [(texts(f"credit.groups.{group}"), group) for group in GROUPS if group in used]
    return gr.Radio(
        choices=[(texts("credit.why.closed"), ""), *groups],
        value="",
        label=texts("credit.why.open"),
        elem_id=elem_id,
        visible=visible,
    )
