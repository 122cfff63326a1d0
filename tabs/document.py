"""The document that a browser gets before any of its scripts has run.

Gradio writes its own name there, in English, and brings what an app puts in its head only once its script has come:
too late for the first paint, for who follows a link's preview, and for a page that must turn to another language.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from models.conventions import LANGUAGES, Language
from models.display.common.html import render
from models.texts import Texts
from tabs.gradio_internals import charts_script

FIRST_PAINT = Path(__file__).with_name("first_paint.css")
# what the page does by itself, in one function: what is named in one file is known in those after it
SCRIPTS = [
    Path(__file__).with_name("scripts") / f"{name}.js"
    for name in ("language", "theme", "address", "charts", "widgets", "completion")
]
# A window with something in it, as the page's icon: drawn here, so that nothing is fetched for it.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='7' fill='%230369a1'/%3E"
    "%3Cpath d='M8 22V10h16v12z' fill='none' stroke='white' stroke-width='2.5'/%3E"
    "%3Ccircle cx='16' cy='16' r='3' fill='%23f59a5b'/%3E%3C/svg%3E"
)

# Names that Gradio gives its own buttons in English only, or wrongly, and the texts that stand for them.
GRADIO_LABELS = {
    "Fullscreen": "page.gradio.fullscreen",
    "Exit fullscreen mode": "page.gradio.exit_fullscreen",
    "Remove Image": "page.gradio.remove",
    "Remove this file": "page.gradio.remove_file",
    "B": "page.gradio.bytes",
    "KB": "page.gradio.kilobytes",
    "MB": "page.gradio.megabytes",
    "Empty value": "page.gradio.empty",
    "Reset to default value": "page.gradio.reset",
    "More tabs": "page.gradio.more",
    "number input": "page.gradio.number",
    "range slider": "page.gradio.slider",
    "File upload": "page.gradio.upload",
    "Upload file": "page.gradio.upload",
    "common.upload": "page.gradio.upload",  # the key of a text that Gradio does not have
    "Click to upload or drop files": "page.gradio.upload",
    "Cliquez pour télécharger un fichier": "page.gradio.click",  # which is to download one
    "Déposez un fichier image ici pour télécharger": "page.gradio.upload",
    "Capture from camera": "page.gradio.camera",
    "Paste from clipboard": "page.gradio.paste",
    "undo": "page.gradio.undo",
    "Stop Recording": "page.gradio.stop",
    "Close": "page.gradio.close",
    "Error": "page.error",
    "Connection to the server was lost. Attempting reconnection...": "page.gradio.reconnecting",
}


def head(language: Language) -> str:
    """What a document's head begins with: title, description, icon, first styles, the page's script."""
    words = {
        each: {
            "title": Texts(each)("page.title"),
            "data": Texts(each)("page.data"),
            "divider": Texts(each)("page.divider"),
            "labels": {name: Texts(each)(key) for name, key in GRADIO_LABELS.items()},
        }
        for each in LANGUAGES
    }
    return render(
        "head",
        texts=Texts(language),
        icon=ICON,
        styles=FIRST_PAINT.read_text(encoding="utf-8"),
        words=json.dumps(words, ensure_ascii=False),
        script="\n".join(script.read_text(encoding="utf-8") for script in SCRIPTS),
    )


def preloaded(root: str = "") -> str:
    """Asks for the script that draws charts at once: Gradio asks for it last, and the first tab waits for it."""
    script = charts_script()
    address = f"{root}/assets/{script}" if root else f"./assets/{script}"
    return f'<link rel="modulepreload" href="{address}">\n' if script else ""


def rewrite(document: bytes, language: Language, head: bytes, root: str = "") -> bytes:
    """Gradio's document in ``language``, with ``head`` before its own and without what it tells previews.

    Its ``<base href="./">`` goes: it changes no address of a file, but with it Plotly names the parts of a chart, such
    as its clip paths and colour bars, by the page's whole address, which changes while the chart stands. Addresses of
    files begin at ``root``, where there is one, so that they hold at ``/x`` as they do at ``/x/``.
    """
    opening, script, rest = document.partition(b"<script")
    opening = re.sub(rb"<base\s[^>]*>\s*", b"", opening)
    opening = re.sub(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*', b"", opening)
    opening = re.sub(rb'(<html\s+lang=)"\w*"', rb'\1"%b"' % language.encode(), opening, count=1)
    whole = opening + script + rest
    if root:
        whole = re.sub(rb'((?:href|src)=")\.?/(?=\w)', rb"\1%b/" % root.encode(), whole)
    return whole.replace(b"<head>", b"<head>\n" + head, 1)
