"""Figures as a page shows them: placeholders for the colours that depend on the theme, and nothing else changed."""

import re

import numpy as np

from pages.common import charts
from rnn_core.figures import bars, gradients, heatmap, palette
from tests.figures.validated import validated

EVERY = {*palette.LIGHT.sequential, *palette.LIGHT.diverging, palette.INK}


def colours_of(figure: object) -> set[str]:
    return set(re.findall(r"#[0-9a-f]{6}\b", str(figure)))


def test_every_colour_of_the_light_theme_has_a_placeholder() -> None:
    tokens, values = ["a", "b", "c"], np.linspace(-1, 1, 12).reshape(3, 4)
    for drawn in (heatmap.states(values, tokens), heatmap.states(np.abs(values), tokens, gate=True), bars.state(values[0]),
                  gradients.pairs(np.abs(values[:, :3]), np.arange(3), tokens),
                  gradients.shares({"the same step": values[0, :3]}, tokens)):  # fmt: skip
        before = colours_of(drawn)
        themed = charts.themed(drawn)
        assert before & EVERY and colours_of(drawn) == before, "the figure itself stays"
        assert not colours_of(themed) & EVERY
        assert themed["data"][0].keys() == drawn["data"][0].keys()
        validated(themed)
    scale = charts.themed(heatmap.states(values, tokens))["data"][0]["colorscale"]
    assert [colour for _, colour in scale] == [f"#0000{n}" for n in range(21, 31)]
    assert [place for place, _ in scale] == [place for place, _ in palette.DIVERGING]


def test_a_users_text_is_not_taken_for_a_colour() -> None:
    drawn = heatmap.states(np.zeros((1, 2)), [palette.LIGHT.sequential[0]])
    assert charts.themed(drawn)["layout"]["xaxis"]["ticktext"] == [palette.LIGHT.sequential[0]]
