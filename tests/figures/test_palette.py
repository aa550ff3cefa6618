"""Colours that can be told apart, and text that is drawn as written."""

import colorsys
import itertools
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.figures import palette
from rnn_core.figures.palette import class_colours, ink, luminance
from rnn_core.figures.text import escape, visible, wrapped

ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&#36;": "$"}


def drawn(markup: str) -> str:
    """What plotly.js draws of a text without tags: its entities read once."""
    return re.sub(r"&(#\d+|\w+);", lambda found: ENTITIES[found[0]], markup)


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_class_keeps_its_colour_whatever_is_shown_of_it() -> None:
    labels = [f"c{i}" for i in range(60)]
    colours = class_colours(labels)
    assert list(colours) == labels
    assert len(set(colours.values())) == 60
    assert class_colours(labels[:9]) == {label: colours[label] for label in labels[:9]}
    assert len(class_colours([str(i) for i in range(500)])) == 500
    assert class_colours([]) == {}


def test_colours_show_on_both_themes_and_differ_from_their_neighbours() -> None:
    colours = palette.qualitative(60)
    for colour in colours:
        assert contrast(colour, "#FFFFFF") > 2.1 and contrast(colour, "#0E1117") > 2.9, colour
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours])
    near = [np.abs(rgb[i] - rgb[j]).sum() for i, j in itertools.combinations(range(60), 2) if j - i < 8]
    assert min(near) > 40


@pytest.mark.parametrize(
    "labels", [("negative", "positive"), ("positive", "negative"), ("neg", "pos"), ("0", "1"), ("1", "0")]
)
def test_positive_is_blue(labels: tuple[str, str]) -> None:
    colours = class_colours(labels)
    assert colours[max(labels)] == palette.BLUE and colours[min(labels)] == palette.ORANGE  # p > n, 1 > 0


def test_outside_of_entities_is_grey() -> None:
    assert class_colours(["B-PER", "O"])["O"] == palette.GREY


@pytest.mark.parametrize("colour", [*palette.qualitative(60), palette.GREY, "#000000", "#FFFFFF"])
def test_ink_is_the_readable_one(colour: str) -> None:
    other = {"#000": "#FFFFFF", "#fff": "#000000"}[ink(colour)]
    assert contrast(colour, ink(colour)[0] + ink(colour)[1] * 6) >= contrast(colour, other)
    assert contrast(colour, ink(colour)[0] + ink(colour)[1] * 6) >= 4.5


THEMES = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


@pytest.mark.parametrize(("ground", "theme"), [(palette.LIGHT, "light"), (palette.DARK, "dark")])
def test_on_each_ground_nothing_is_close_to_it_and_much_stands_out(ground: palette.Ground, theme: str) -> None:
    page = THEMES[theme]["backgroundColor"]
    assert (list(ground.sequential), list(ground.diverging)) == (
        THEMES[theme]["chartSequentialColors"], THEMES[theme]["chartDivergingColors"],
    )  # fmt: skip
    for colours in (ground.sequential, ground.diverging[5:], ground.diverging[4::-1]):
        apart = [contrast(colour, page) for colour in colours]
        assert apart == sorted(apart) and apart[0] < 1.25 and apart[-1] > 10
    assert contrast(ground.ink, page) > 10
    assert all(contrast(ground.ink, colour) >= 4.5 for colour in ground.sequential[: palette.WRITTEN_ON])
    every = [*ground.sequential, *ground.diverging, ground.ink]
    assert len(set(every)) == len(every), "the page replaces them one by one"


@pytest.mark.parametrize(("ground", "theme"), [(palette.LIGHT, "light"), (palette.DARK, "dark")])
def test_the_colour_of_a_sign_follows_the_theme_and_text_is_read_on_it(ground: palette.Ground, theme: str) -> None:
    for colour in (palette.POSITIVE, palette.NEGATIVE):
        shown = re.findall("#[0-9a-f]{6}", palette.by_theme(colour))[theme == "dark"]
        assert shown == ground.diverging[palette.LIGHT.diverging.index(colour)]
        parts = [[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in (shown, THEMES[theme]["backgroundColor"])]
        mixed = "#" + "".join(f"{round(0.45 * part + 0.55 * below):02x}" for part, below in zip(*parts, strict=True))
        assert contrast(mixed, THEMES[theme]["textColor"]) >= 4.5
    assert palette.by_theme(palette.BLUE) == palette.BLUE and palette.by_theme("rgba(1,2,3,0.5)") == "rgba(1,2,3,0.5)"



def test_the_words_of_both_themes_can_be_read() -> None:
    for theme in (THEMES["light"], THEMES["dark"]):
        for page in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
            caption = "#" + "".join(
                f"{round(0.6 * int(theme['textColor'][i : i + 2], 16) + 0.4 * int(page[i : i + 2], 16)):02x}" for i in (1, 3, 5)
            )
            assert contrast(caption, page) >= 4.5
        assert contrast("#ffffff", theme["primaryColor"]) >= 4.5


def test_scales_go_from_end_to_end() -> None:
    for scale, low in ((palette.DIVERGING, -1), (palette.SEQUENTIAL, 0), (palette.WRITTEN, 0)):
        places = [place for place, _ in scale]
        assert places == sorted(places) and (places[0], places[-1]) == (0, 1)
        shades = palette.shades(np.array([-5, low, 1, 9]), scale, low, 1)
        assert shades == [scale[0][1], scale[0][1], scale[-1][1], scale[-1][1]]
    tinted = palette.shades(np.array([-0.02, 0.02]), palette.DIVERGING, -1, 1)
    assert tinted == [palette.DIVERGING[4][1], palette.DIVERGING[5][1]]


@pytest.mark.parametrize("letters", ["BI", "BIES", "BILU"])
def test_the_tags_of_an_entity_type_have_one_hue(letters: str) -> None:
    types = [f"T-{i}" for i in range(20)]
    labels = ["O", *(f"{letter}-{kind}" for kind in types for letter in letters)]
    colours = class_colours(labels)
    assert colours["O"] == palette.GREY

    def hue(label: str) -> float:
        return colorsys.rgb_to_hls(*(int(colours[label][i : i + 2], 16) / 255 for i in (1, 3, 5)))[0]

    for i, kind in enumerate(types):
        assert colours[f"B-{kind}"] == palette.qualitative(60)[i]
        assert abs((hue(f"B-{kind}") - hue(f"I-{kind}") + 0.5) % 1 - 0.5) < 0.02
        assert contrast(colours[f"B-{kind}"], colours[f"I-{kind}"]) > 1.25
        for page in ("#ffffff", "#13171d"):
            assert contrast(colours[f"I-{kind}"], page) > 2.1
    assert class_colours(["B-team", "a team"])["B-team"] == palette.BLUE, "not all are tags"


def test_a_word_is_not_broken_within_a_cell() -> None:
    assert wrapped("negative", 9) == "negative" and wrapped("customer complaint", 9) == "customer<br>complaint"
    assert wrapped("unbelievable", 9) == "unbeliev…" and wrapped("a <b> c d e f g h", 5) == "a &lt;b&gt;<br>c d …"
    assert wrapped(" ", 9) == "␣" and wrapped("\n", 9) == "⏎"


@pytest.mark.parametrize("text", ["<b>x</b>", "$x$", "&lt;", "$$", "<script>", "a & b", "%{x}", "<br>", "&#36;", "é😀"])
def test_text_is_drawn_as_written(text: str) -> None:
    markup = escape(text)
    assert drawn(markup) == text
    assert not re.search(r"[<>$]", markup)


@given(st.text())
def test_any_text_is_safe_and_visible(text: str) -> None:
    markup = escape(text, 24)
    assert not re.search(r"[<>$\x00-\x1f]", markup)
    assert 0 < len(visible(text, 24)) <= 24 * 6
    assert drawn(markup) == visible(text, 24)
    markup.encode()  # half a surrogate could not be sent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" ", "␣"), ("  ", "␣␣"), ("\n", "⏎"), ("\t", "⇥"), ("\r", "␍"), ("", "∅"), ("\x00", "␀"), ("a b", "a b"),
        ("a\nb", "a⏎b"), ("\u202eabc", "⟨202E⟩abc"), ("\ud800", "\ufffd"), ("\u00a0", "␣"),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_gets_a_sign(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_long_text_is_cut_before_it_is_escaped() -> None:
    assert escape("<" * 30, 24) == "&lt;" * 23 + "…"
    assert escape("x" * 24, 24) == "x" * 24
