"""Links to what is shown: the address names the tab, the client, the model and the method, and opens them again.

``/?client=900363&view=why``, ``/fr?tab=images&model=vgg16&method=grad-cam``.
"""

from __future__ import annotations

from typing import Any

import gradio as gr


def asked(request: gr.Request, name: str) -> str:
    """What the page's address asks for under a name; empty where it says nothing."""
    return str(request.query_params.get(name, "")) if request.request else ""


def told_by_tab(tab: gr.Tab, name: str, value: str) -> None:
    """The address names a tab once it is opened."""
    tab.select(None, None, None, js=f"() => {{ vitrineLink({{{name}: '{value}'}}) }}", api_visibility="private")


def told_by(widget: Any, name: str) -> None:
    """The address follows the value of a widget."""
    widget.change(None, widget, None, js=f"(value) => {{ vitrineLink({{{name}: value}}) }}", api_visibility="private")
