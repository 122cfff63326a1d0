"""What every part of the credit tab works on: the chosen client and the cost ratio that sets the cut-off."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.display.common.html import render
from models.errors import InputError
from models.texts import Texts
from tabs.error_handling import handle_errors


@dataclass(frozen=True)
class ClientSelection:
    """Shared widgets of the tab.

    Attributes:
        app: the Blocks, whose load event fills the page.
        texts: the page's language.
        client: number of the chosen client.
        slider: what the reader moves, or types beside; it may be empty or out of range for a moment.
        ratio: cost of a missed default in refused good loans: the slider's last value within its range.
    """

    app: gr.Blocks
    texts: Texts
    client: gr.Number
    slider: gr.Slider
    ratio: gr.Number

    def refresh(
        self,
        show: Callable[..., Any],
        more: Sequence[Any],
        outputs: Sequence[Any],
        opened: gr.Tab | None = None,
        says_why_not: bool = False,
    ) -> None:
        """Shows anew when the client, the ratio or one of ``more`` changes, and when the page or a tab opens.

        Args:
            show: takes client number, cost ratio and the values of ``more``.
            more: further inputs.
            outputs: what it fills.
            opened: a sub-tab whose opening shows it too; without one, the page's load does.
            says_why_not: whether what is refused is said in the first of ``outputs``, a ``gr.HTML``, and empties the
                others: nothing of another client stays.

        Each answer says whom it is about. The page (``tabs/scripts/completion.js``) hides a sub-tab whose client is not
        that of the verdict above: answers come one after the other, on a busy machine seconds apart.
        """
        of = gr.HTML(elem_classes="vt-of")

        def shown(client_id: int, *values: Any) -> Any:
            try:
                answer = show(client_id, *values)
            except InputError as error:
                if not says_why_not:
                    raise
                answer = render("notices", sentences=[error.said_on_page(self.texts)]), *[None] * (len(outputs) - 1)
            return *(answer if len(outputs) > 1 else (answer,)), render("of", client_id=client_id)

        triggers = [self.client.change, self.ratio.change, *(widget.change for widget in more)]
        triggers.append(opened.select if opened is not None else self.app.load)
        gr.on(
            triggers,
            handle_errors(functools.wraps(show)(shown), self.texts),
            [self.client, self.ratio, *more],
            [*outputs, of],
            api_visibility="private",
            show_progress="hidden",
            trigger_mode="always_last",
        )
