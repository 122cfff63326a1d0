"""The look of the page: one theme, light and dark, and the style sheet beside this file."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from models.texts import LANGUAGES, Texts

STYLE_SHEET = Path(__file__).with_name("vitrine.css")

# Fonts that every system has: a page that fetches none shows its text at once.
SANS = ("Inter", "Segoe UI", "Roboto", "Helvetica Neue", "system-ui", "sans-serif")
MONO = ("ui-monospace", "Cascadia Mono", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Slate and blue, generous line height, controls at least 40 px high."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.sky,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_md,
        font=SANS,
        font_mono=MONO,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_800",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        color_accent="*primary_700",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_900",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_border_width="1px",
        block_shadow="none",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        input_placeholder_color="*neutral_500",
        slider_color="*primary_700",
        slider_color_dark="*primary_400",
    )


def head() -> str:
    """Scripts for the head of the document: the page's language, its title and the remembered choice.

    A first visit to ``/`` whose browser prefers French goes to ``/fr``; the switch in the header is remembered.
    """
    titles = {language: Texts(language)("page.title") for language in LANGUAGES}
    return f"""
<meta name="description" content="{Texts("en")("page.tagline")}">
<script>
(() => {{
  const french = /\\/fr\\/?$/.test(location.pathname);
  const language = french ? "fr" : "en";
  let chosen = null;
  try {{ chosen = localStorage.getItem("vitrine.language"); }} catch (e) {{}}
  const wanted = chosen || ((navigator.language || "en").toLowerCase().startsWith("fr") ? "fr" : "en");
  if (!french && wanted === "fr") {{
    location.replace(location.pathname.replace(/\\/?$/, "/fr") + location.search + location.hash);
  }}
  document.documentElement.lang = language;
  const title = {titles!r}[language];
  const keep = () => {{ if (document.title !== title) document.title = title; }};
  keep();
  new MutationObserver(keep).observe(document.head, {{childList: true, subtree: true, characterData: true}});
  document.addEventListener("click", (event) => {{
    const link = event.target.closest && event.target.closest("a[data-language]");
    if (!link) return;
    event.preventDefault();
    try {{ localStorage.setItem("vitrine.language", link.dataset.language); }} catch (e) {{}}
    const base = location.pathname.replace(/\\/fr\\/?$/, "").replace(/\\/$/, "");
    location.assign(base + (link.dataset.language === "fr" ? "/fr" : "/") + location.search);
  }});
}})();
</script>"""
