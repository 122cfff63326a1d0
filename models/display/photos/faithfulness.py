"""How faithful a saliency map is, as curves and in words."""

from __future__ import annotations

import plotly.graph_objects as go

from models.display.common.chart import described, share_ticks, thinned
from models.display.common.names import class_name
from models.display.common.palette import LOWERS, RAISES, base_figure
from models.texts import Texts
from models.vision.faithfulness import Faithfulness
from models.vision.predictions import Explanation

EVEN = 0.005  # a ROAD nearer to 0 is written as 0, and says neither way


def curves(explanation: Explanation, measured: Faithfulness, texts: Texts) -> go.Figure:
    """Probability of the class, or of the first of two, while the most salient pixels are taken away (deletion) or
    given back (insertion).
    """
    probability = texts("images.trust.of_two" if explanation.contrast_class else "images.trust.probability")
    figure = base_figure(height=340)
    for curve, key, colour, dash in (
        (measured.deletion, "deletion", RAISES, "solid"),
        (measured.insertion, "insertion", LOWERS, "dash"),
    ):
        figure.add_scatter(
            x=curve.shares,
            y=curve.probabilities,
            mode="lines+markers",
            name=texts(f"images.trust.legend.{key}"),
            line={"color": colour, "dash": dash, "width": 2.5},
            customdata=[
                [texts.percent(share, 0), texts.percent(probability)]
                for share, probability in zip(curve.shares, curve.probabilities, strict=True)
            ],
            hovertemplate=texts.pair("%{customdata[0]}", "%{customdata[1]}<extra></extra>"),
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.14, "x": 0})
    # a little beyond 0 and 1: markers there stay whole, and so does the "100 %" below the axis
    figure.update_layout(margin_r=28)
    figure.update_xaxes(title_text=texts("images.trust.share"), range=[-0.02, 1.03], **share_ticks(1, texts))
    figure.update_yaxes(title_text=probability, range=[-0.03, 1.03], **share_ticks(1, texts))
    return described(
        figure,
        texts("charts.faithfulness"),
        (texts("images.trust.share"), texts("images.trust.deletion"), texts("images.trust.insertion")),
        [
            (
                texts.percent(float(measured.deletion.shares[place]), 0),
                texts.percent(float(measured.deletion.probabilities[place])),
                texts.percent(float(measured.insertion.probabilities[place])),
            )
            for place in thinned(len(measured.deletion.shares))
        ],
        texts,
    )


def sentences(explanation: Explanation, measured: Faithfulness, texts: Texts) -> list[str]:
    """The three figures, each with what it would be for a good map."""
    if not explanation.saliency.any():
        return [texts("images.trust.nothing")]
    deletion, insertion = (texts.number(curve.area, 2) for curve in (measured.deletion, measured.insertion))
    trust = "road_even" if abs(measured.road) < EVEN else "road_faithful" if measured.road > 0 else "road_not"
    compared = (
        [
            texts(
                "images.trust.compared",
                target=class_name(explanation.target, texts),
                contrast_class=class_name(explanation.contrast_class, texts),
            )
        ]
        if explanation.contrast_class
        else []
    )
    return [
        *compared,
        texts("images.trust.areas", deletion=deletion, insertion=insertion),
        texts(f"images.trust.{trust}", road=texts.signed(measured.road)),
        texts("images.trust.road_approximate"),
    ]
