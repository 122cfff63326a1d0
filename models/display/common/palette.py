"""One palette for every chart: Okabe and Ito's colours, told apart in every common form of colour blindness.

Each reads at 3:1 or better on the light and on the dark page. The same roles stand in ``tabs/vitrine.css``.
"""

from __future__ import annotations

import plotly.graph_objects as go

RAISES = "#d55e00"  # vermilion: more risk, refused
LOWERS = "#0080bf"  # blue: less risk, granted
MARK = "#a0669a"  # purple: the client at hand
NEUTRAL = "#7a8699"  # slate: totals, references
# parts of a prototype, over photos: each at 5:1 or better on the #0f172a that edges them and
# writes their numbers (tabs/vitrine.css)
PARTS = ("#e69f00", "#56b4e9", "#f0e442", "#cc79a7", "#00b386", "#ffffff")
CLEAR = "rgba(0,0,0,0)"
FONT = "Inter, Segoe UI, Roboto, Helvetica Neue, system-ui, sans-serif"  # the page's: Plotly measures text with it


def base_figure(height: int) -> go.Figure:
    """An empty figure in the house style: no background, tight margins, no drag, text from the style sheet.

    Args:
        height: px.
    """
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 12, "r": 16, "t": 12, "b": 44},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"size": 13, "family": FONT},
        dragmode=False,
        showlegend=False,
        hoverlabel={"bgcolor": "#1e293b", "font": {"color": "#ffffff", "size": 13, "family": FONT}},
        legend={"itemclick": False, "itemdoubleclick": False},  # what only a mouse could do
    )
    titles = {"font": {"size": 13}}
    figure.update_xaxes(title=titles, fixedrange=True, zeroline=False, gridcolor="#cbd5e1", automargin=True)
    figure.update_yaxes(title=titles, fixedrange=True, zeroline=False, gridcolor="#cbd5e1", automargin=True)
    return figure
