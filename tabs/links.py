"""Links to what is shown: the address names the tab, client, cost ratio, model and method, and opens them again.

``/?client=900153&view=why``, ``/fr?tab=images&model=vgg16&method=grad-cam``. The page looks by itself what its address
names: one that names nothing costs no call to the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import gradio as gr


def query_parameter(request: gr.Request, name: str) -> str:
    """What the page's address asks for under a name; empty where it says nothing."""
    return str(request.query_params.get(name, "")) if request.request else ""


def linked_tab(label: str, name: str, value: str) -> gr.Tab:
    """A tab that the address names under ``name`` once it is opened: ``scripts/address.js`` follows what is open."""
    return gr.Tab(label, id=value, elem_id=f"link-{name}-{value}")


def open_tab(app: gr.Blocks, tabs: gr.Tabs, name: str, values: Iterable[str]) -> None:
    """Of these tabs, the one that the address names under ``name`` is open when the page has loaded."""
    js = f"() => vitrineSelected({json.dumps(name)}, {json.dumps(list(values))})"
    app.load(None, None, tabs, js=js, api_visibility="private")


def followed(app: gr.Blocks, *names: str) -> gr.Textbox:
    """A hidden text that changes once the page has loaded, where its address names one of ``names``."""
    address = gr.Textbox(visible=False)
    app.load(None, None, address, js=f"() => vitrineFollowed({json.dumps(names)})", api_visibility="private")
    return address


def handed_over(app: gr.Blocks) -> gr.Textbox:
    """A hidden text that changes once the page has loaded, where a visitor has switched the language: the address of
    the photo that was at hand (``tabs/scripts/language.js`` keeps it meanwhile).
    """
    address = gr.Textbox(visible=False)
    app.load(None, None, address, js="() => vitrineHanded()", api_visibility="private")
    return address


def write(listener: Callable[..., Any], **widgets: Any) -> None:
    """Writes widgets' values into the page's address on an event, by the names they are given."""
    names = ", ".join(widgets)
    js = f"({names}) => {{ vitrineLink({{{names}}}) }}"
    listener(None, [*widgets.values()], None, js=js, api_visibility="private")


def follow(widget: Any, name: str) -> None:
    """Writes a widget's value into the page's address whenever it changes."""
    write(widget.change, **{name: widget})
