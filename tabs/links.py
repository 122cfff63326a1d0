"""Links to what is shown: the address names the tab, the client, the model and the method, and opens them again.

``/?client=900153&view=why``, ``/fr?tab=images&model=vgg16&method=grad-cam``.
"""

from __future__ import annotations

from typing import Any

import gradio as gr


def query_parameter(request: gr.Request, name: str) -> str:
    """What the page's address asks for under a name; empty where it says nothing."""
    return str(request.query_params.get(name, "")) if request.request else ""


def linked_tab(label: str, name: str, value: str) -> gr.Tab:
    """A tab that the address names under ``name`` once it is opened (``tabs/page.js``: ``vitrineTab``)."""
    tab = gr.Tab(label, id=value, elem_id=f"link-{name}-{value}")
    tab.select(None, None, None, js=f"() => {{ vitrineTab('{name}') }}", api_visibility="private")
    return tab


def follow(widget: Any, name: str) -> None:
    """Writes a widget's value into the page's address whenever it changes."""
    widget.change(None, widget, None, js=f"(value) => {{ vitrineLink({{{name}: value}}) }}", api_visibility="private")
