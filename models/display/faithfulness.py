"""How faithful a saliency map is, as curves and in words."""

from __future__ import annotations

import plotly.graph_objects as go

from models.display.palette import LOWERS, RAISES, base_figure
from models.texts import Texts
from models.vision.faithfulness import Faithfulness
from models.vision.predictions import Explanation


def curves(measured: Faithfulness, texts: Texts) -> go.Figure:
    """Probability of the class while the most salient pixels are taken away (deletion) or given back (insertion)."""
    figure = base_figure(height=340)
    for curve, key, colour, dash in (
        (measured.deletion, "deletion", RAISES, "solid"),
        (measured.insertion, "insertion", LOWERS, "dash"),
    ):
        figure.add_scatter(
            x=curve.shares,
            y=curve.probabilities,
            mode="lines+markers",
            name=texts(f"images.trust.{key}"),
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="%{x:.0%}: %{y:.1%}<extra></extra>",
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.14, "x": 0})
    figure.update_xaxes(title_text=texts("images.trust.share"), tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text=texts("images.trust.probability"), tickformat=".0%", range=[0, 1.02])
    return figure


def sentences(explanation: Explanation, measured: Faithfulness, texts: Texts) -> list[str]:
    """The three figures, each with what it would be for a good map."""
    deletion, insertion = (texts.number(curve.area, 2) for curve in (measured.deletion, measured.insertion))
    trust = "road_faithful" if measured.road > 0 else "road_not"
    return [
        texts("images.trust.areas", deletion=deletion, insertion=insertion),
        texts(f"images.trust.{trust}", road=texts.signed(measured.road)),
    ]
