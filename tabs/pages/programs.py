"""The programs tab: what a program may ask, and examples to copy, with the address at which the page is read."""

from __future__ import annotations

from typing import Literal

import gradio as gr

from models.conventions import LANGUAGES
from models.display.common.html import render
from models.examples import ADDRESS, example
from models.texts import Texts
from models.vision.calibration import LEVEL
from tabs.endpoints import ENDPOINTS

# the page knows its own address, also behind a proxy; other languages than the first stand below /fr and the like
OWN_ADDRESS = f"""(...codes) => {{
  const own = location.origin + location.pathname.replace(/(\\/({"|".join(LANGUAGES[1:])}))?\\/*$/, "");
  return codes.map((code) => code.replaceAll("{ADDRESS}", own));
}}"""


def programs_tab(texts: Texts, app: gr.Blocks) -> None:
    """A table of the endpoints, and one example or two for each way to call them."""
    gr.Markdown(texts("programs.intro"))
    level = texts.percent(LEVEL, 0)
    names = [function.__name__ for function in ENDPOINTS]
    rows = [(name, texts(f"programs.endpoints.{name}", level=level)) for name in names]
    gr.HTML(render("endpoints", head=(texts("programs.endpoint"), texts("programs.answers")), rows=rows))
    codes = []
    gr.Markdown(f"## {texts('programs.python.title')}\n{texts('programs.python.text')}")
    codes.append(_code("client.py", "python", texts("programs.python.code")))
    gr.Markdown(f"## {texts('programs.http.title')}\n{texts('programs.http.text')}")
    codes.append(_code("http.sh", "shell", texts("programs.http.code")))
    gr.Markdown(f"## {texts('programs.mcp.title')}\n{texts('programs.mcp.text')}")
    codes.append(_code("mcp.json", "json", texts("programs.mcp.configuration")))
    codes.append(_code("agent.py", "python", texts("programs.mcp.code")))
    app.load(None, codes, codes, js=OWN_ADDRESS, api_visibility="private")


def _code(name: str, language: Literal["python", "shell", "json"], label: str) -> gr.Code:
    return gr.Code(
        example(name),
        language=language,
        label=label,
        interactive=False,
        lines=1,
        show_line_numbers=False,
        elem_classes="vt-code",
    )
