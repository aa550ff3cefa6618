"""The views of a translation's gradients: numbers, sentences and formulas against the network unrolled by hand."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import tasks
from rnn_core.analysis.translation_backward import TranslationBackward, translation_backward
from rnn_core.figures import two_texts
from rnn_core.figures.frame import widest
from rnn_core.views import translation_gradients as views
from rnn_core.views.inputs import Inputs, given
from rnn_core.views.view import View, literal, number
from tests.analysis.test_translation_backward import REFERENCE, SOURCE, by_hand
from tests.analysis.translations import KINDS, READ, WRITTEN, at, run_of
from tests.figures.validated import validated
from tests.tiny import in_turn
from tests.views.looking import answer
from tests.views.test_views import escaped_only

NASTY = " ".join(READ), " ".join(WRITTEN)


def looking(way: TranslationBackward, view: View[Any, Any], **chosen: Any) -> Any:
    return answer(view, given(pair=way), views.Copies(**chosen) if view.controls is views.Copies else None)


def settled(way: TranslationBackward, **chosen: Any) -> views.Looked:
    found: views.Looked = looking(way, views.MAP, **chosen)
    return found


def test_the_task_lists_the_views() -> None:
    listed = tasks.task("translate").views["bptt"]
    assert {view.name for view in views.VIEWS} == {*listed} - {"target-text"}


PLACES = [(0, 1, 0, 0), (3, 9, 1, 1), (99, 999, 9, 9), (None, None, 0, 1)]
"""Step, copy, layer, direction."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cell", "model"), [("lstm", {"bidirectional": True, "layers": 2}), ("peephole", {}), ("mingru", {})])
def test_every_view_draws_and_explains(kind: str, cell: str, model: dict[str, Any]) -> None:
    one = run_of(kind, cell, **model)
    way = translation_backward(one, *NASTY)
    for i, name in enumerate(views.parameters(given(pair=way))):
        # one place for each parameter; over the kinds of attention, each parameter meets all of them
        ((step, back, layer, direction),) = in_turn(PLACES, i + [*KINDS].index(kind), 1)
        for view in views.VIEWS:
            found = looking(way, view, step=step, back=back, layer=layer, direction=direction, parameter=name)
            escaped_only(view.explain(found))
            for part in view.render(found):
                if part.kind == "figure":
                    validated(part.content)
                elif part.kind == "table":
                    assert len(set(map(len, part.content.columns.values()))) == 1
                elif part.kind != "formula":
                    escaped_only(part.content)


def test_the_map_is_of_both_texts_with_a_border() -> None:
    way = translation_backward(run_of("dot", "gru", bidirectional=True), SOURCE, REFERENCE)
    found = settled(way, step=2, back=1, direction=1)
    (drawn,) = (validated(part.content) for part in views.MAP.render(found) if part.kind == "figure")
    s, t = len(way.flow.source), len(way.flow.target)
    cells = np.asarray(drawn.data[1].customdata)
    assert drawn.data[0].z.shape == (5, s + 1 + t) and not drawn.data[0].z[:, s].any()
    encoder, decoder = found.sides
    assert (encoder.direction, decoder.direction) == (1, 0)
    for row, column, value in cells.tolist():
        r, c = int(row), int(column)
        expected = 0 if c == s else encoder.pairs["weight_hh"][r, c] if c < s else decoder.pairs["weight_hh"][r, c - s - 1]
        assert value == pytest.approx(expected, abs=1e-12)
    assert [note.text for note in drawn.layout.annotations] == ["encoder", "decoder"]
    border = drawn.layout.shapes[-1]
    assert border.x0 == border.x1 == s + 1
    words = drawn.layout.xaxis.labelalias
    assert words["2.0"] == "encoder: two (t = 2)" and words[f"{s + 2:.1f}"] == "decoder: &lt;sos&gt; (t = 1)"
    assert drawn.layout.yaxis.labelalias["3.0"] == "&lt;unk&gt; (t = 3)"
    assert views.MAP.pick is not None and views.MAP.pick([2, 1, 0.5]) == {"step": 2, "back": 1}


def test_what_is_chosen_is_settled() -> None:
    way = translation_backward(run_of("dot", "gru"), SOURCE, REFERENCE)
    inputs, s = given(pair=way), len(way.flow.source)

    def copies(**chosen: Any) -> views.Copies:
        return views.Copies(**chosen).settled(inputs)

    default = copies()
    assert default.step == 2 and default.parameter == "weight_hh"
    assert default.back == 1 + int(way.flow.sides[0].pairs["weight_hh"][2, 1:-1].argmax())
    assert copies(back=s).back == default.back == copies(back=s + 1 + len(way.flow.target)).back, "neither is a copy"
    assert copies(back=s + 1).back == s + 1 and settled(way, back=s + 1).copy == (1, 0)
    steps = next(one for one in views.MAP.choices(inputs, default) if one.field == "step")
    assert [*map(steps.words, steps.values)][2] == "t = 3 · <unk>"


@pytest.mark.parametrize("kind", KINDS)
def test_the_sentences_hold_the_numbers(kind: str) -> None:
    one = run_of(kind, "lstm", bidirectional=True)
    way = translation_backward(one, SOURCE, REFERENCE)
    twin, losses, _ = by_hand(one)
    found = settled(way, step=3, back=2)
    copies = twin.gradients(losses[3])["encoder", 0, 0, "weight_hh"].flatten(1)
    whole = copies.sum(0)
    said = views.pair_words(found)
    assert f"**{number(float(copies[2].norm()))}** to the copy of W at step 3 of the encoder (“three”)" in said
    assert f"**{float(copies[2] @ whole / (whole @ whole)):+.1%}**" in said and literal("TWO") in said
    loss = way.loss(3)
    said = views.ways_words(found)
    assert f"**{number(loss.norm)}**" in said and f"**{loss.encoder_share:.1%}**" in said
    assert ("All of this part comes through the one state" in said) == (kind == "none")
    if kind != "none":
        assert f"**{loss.share_of_start:.1%}** comes through the one state" in said
        assert f"**{1 - loss.share_of_start:.1%}** through attention ({number(loss.through_attention)})" in said
    table = views.groups(found)
    assert sum(table["share of the squared length"][:-1]) == pytest.approx(1) and table["part"][-1] == "all"
    assert table["part"][:2] == ["encoder", "decoder"] and ("attention" in table["part"]) == (kind != "none")
    encoder = table["share of the squared length"][0]
    assert encoder == pytest.approx(loss.encoder_share)
    agreement = views.agreement_words(found)
    assert number(float(whole.norm())) in agreement and f"**{max(loss.differences.values()):.1e}**" in agreement
    listed = views.rows(found)
    assert len(listed["parameter"]) == len([*one.network.named_parameters()]) and "encoder: E" in listed["parameter"]
    by_name = dict(zip(listed["parameter"], listed["‖sum of the copies‖"], strict=True))
    assert by_name["encoder: W (from the start)"] == pytest.approx(float(whole.norm())) and by_name["readout: V"] is None
    shares = views.steps(found)
    encoder_rows = [share for side, share in zip(shares["side"], shares["share"], strict=True) if side == "encoder"]
    assert sum(encoder_rows) == pytest.approx(1) and len(shares["step"]) == len(way.flow.source) + len(way.flow.target)
    assert number(float(whole.norm())) in views.shares_words(found)


def test_a_gradient_of_nothing_is_said() -> None:
    one = run_of("none", "gru")
    one.network.weight_out.zero_()
    way = translation_backward(one, SOURCE, REFERENCE)
    found = settled(way, step=1)
    assert "Nothing of it reaches the encoder" in views.ways_words(found)
    for view in views.VIEWS:
        view.explain(looking(way, view, step=1))
        view.render(looking(way, view, step=1))


# ---- formulas --------------------------------------------------------------------------------------------------------


def shown(looked: views.Looked) -> list[str]:
    """The formulas of the map's explanation, one a line."""
    (lines,) = re.findall(r"\\begin\{aligned\} (.*?) \\end\{aligned\}", views.MAP.explain(looked))
    return [line.replace(" &= ", " = ") for line in lines.split(r" \\[4pt] ")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cell", ["tanh", "lstm"])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("direction", [0, 1])
def test_the_formulas_of_copies_hold_as_they_are_written(kind: str, cell: str, both: bool, direction: int) -> None:
    """δ at all products of these cells is the gradient of a copy of b."""
    if direction and not both:
        return
    one = run_of(kind, cell, bidirectional=both)
    way = translation_backward(one, SOURCE, REFERENCE)
    twin, losses, _ = by_hand(one)
    network: Any = one.network
    t = 3
    pairs = twin.gradients(losses[t])
    for name, letter in (("weight_hh", "W"), ("weight_ih", "U"), ("bias", "b")):
        lines = shown(settled(way, step=t, direction=direction, parameter=name))
        sides = (("decoder", "k", "h", 0), ("encoder", "j", "s", direction))
        for line, (side, i, state, d) in zip(lines[:2], sides, strict=True):
            left, right = line.split(" = ")
            assert left == rf"\frac{{\partial L(t)}}{{\partial {letter}|({i})}}"
            found = re.fullmatch(rf"\\delta_\{{(\w)\}}\(t,{i}\)(.*)", right)
            assert found and found[1] == ("U" if name == "bias" else letter)
            states = [parts[0] for parts in twin.states[side, 0, d]]
            for k in range(1, len(states) - 1):
                delta, copy = pairs[side, 0, d, "bias"][k], pairs[side, 0, d, name][k]
                factors = {
                    rf"\, {state}_{{{i}-1}}^\top": states[k - 1],
                    rf"\, {state}_{{{i}+1}}^\top": states[k + 1],
                    "": torch.ones(()),
                }
                if side == "encoder":
                    factors[rf"\, x_{i}^\top"] = network.source.weight[int(way.batch["source"][k])]
                elif kind == "none":
                    factors[rf"\, x_{i}^\top"] = network.target.weight[int(way.batch["tokens"][k])]
                if found[2] in factors:
                    v = factors[found[2]]
                    expected = torch.outer(delta, v) if v.dim() else delta
                    np.testing.assert_allclose(copy, expected.detach(), rtol=0, atol=1e-11)
                else:
                    assert (name, side) == ("weight_ih", "decoder") and kind != "none"
        for line, side, d in zip(lines[-2:], ("decoder", "encoder"), (0, direction), strict=True):
            assert line.startswith(rf"\frac{{\partial L(t)}}{{\partial {letter}_{{\text{{{side}}}}}}} = \sum_")
            copies = pairs[side, 0, d, name]
            if r"k \le t" in line:
                assert not copies[t + 1 :].any()
                copies = copies[: t + 1]
            assert way.loss(t).norms[f"{side}.0.{d}.{name}"] == pytest.approx(float(copies.sum(0).norm()), abs=1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("both", [False, True])
def test_the_formulas_between_the_texts_hold_as_they_are_written(kind: str, both: bool) -> None:
    one = run_of(kind, "gru", bidirectional=both)
    way = translation_backward(one, SOURCE, REFERENCE)
    twin, losses, _ = by_hand(one)
    t = 3
    lines = shown(settled(way, step=t))[2:-2]
    last = r"(\overrightarrow{s}_S;\, \overleftarrow{s}_1)" if both else "s_S"
    plus = "" if kind == "none" else "^+"
    assert lines[0] == rf"\frac{{\partial{plus} L(t)}}{{\partial {last}}} = \frac{{\partial L(t)}}{{\partial h_0}}"
    (at_start,) = at(losses[t], [twin.start[0][0]])
    if kind == "none":
        states = [twin.states["encoder", 0, d][end][0] for d, end in ((0, -1), (1, 0))[: 1 + both]]
        np.testing.assert_allclose(torch.cat(at(losses[t], states)), at_start, rtol=0, atol=1e-12)
        assert len(lines) == 1
        return
    assert way.loss(t).start == pytest.approx(float(at_start.norm()), abs=1e-11)
    network: Any = one.network
    direct = at(losses[t], twin.read)
    gamma = at(losses[t], twin.contexts)
    h = [torch.zeros(6).double() if i < 0 else twin.states["decoder", 0, 0][i][0] for i in range(-1, 5)][1:]
    summed = r"\sum_{i \le t}" in lines[1]
    i = "i" if summed else "t"
    assert lines[2] == rf"\gamma_{i} = \frac{{\partial L(t)}}{{\partial g_{i}}}"
    assert summed or not any(g.any() for g in gamma[:t]), "earlier contexts have no part in this loss"
    for j, s in enumerate(twin.read):
        total = torch.zeros(6).double()
        for step in range(t + 1) if summed else (t,):
            before = twin.start[0][0] if step == 0 else h[step - 1]
            named = {"alpha": twin.alpha[step][j], "gamma": gamma[step], "s": s, "g": twin.contexts[step], "h": h[step],
                     "before": before}  # fmt: skip
            if len(lines) > 3:
                assert lines[3] == rf"u_{{{i}j}} = \tanh(W_a h_{{{i}-1}} + U_a s_j)"
                named |= {"W_a": network.query.weight, "U_a": network.key.weight, "v": network.score.weight[0]}
                named["u"] = eval(python(lines[3].split(" = ")[1], i), {"tanh": torch.tanh}, named)
            right = lines[1].split(" = ")[1].replace(r"\sum_{i \le t} ", "")
            total = total + eval(python(right, i), {}, named)
        np.testing.assert_allclose(total.detach(), direct[j], rtol=0, atol=1e-11)


def python(latex: str, i: str) -> str:
    """A formula with attention as Python: α_{ij} and u_{ij} of one i and j, γ_i, g_i, h_i and s_j."""
    for sign, written in (
        (r"\\bigl|\\bigr", ""), (rf"\\alpha_\{{{i}j\}} ", "alpha * "), (rf"h_\{{{i}-1\}}", "before"),
        (rf"\(\(s_j - g_{i}\)\^\\top \\gamma_{i}\)\\,", "((s - g) @ gamma) *"), (rf"\\gamma_{i}", "gamma"),
        (rf"u_\{{{i}j\}}", "u"), (r"U_a\^\\top ", "U_a.T @ "), (r"([WU]_a) ", r"\1 @ "), (r"s_j", "s"), (rf"h_{i}\b", "h"),
        (r"\\odot", "*"), (r"\\tanh", "tanh"), (r"U_a\.T @ @", "U_a.T @"),
    ):
        latex = re.sub(sign, written, latex)
    assert "\\" not in latex and "{" not in latex, latex
    return latex.strip()


def test_inputs_are_read_by_their_name() -> None:
    way = translation_backward(run_of(), SOURCE, REFERENCE)
    inputs: Inputs = given(pair=way, run=None)
    assert inputs.only(("pair",)).pair is way


def test_tokens_that_have_no_room_beside_each_other_stand_upright() -> None:
    def drawn(word: str) -> dict[str, Any]:
        texts = (word,) * 6, (word,) * 3
        return two_texts.along({"x": (np.ones(6), np.ones(3))}, texts, "length")["layout"]

    short, long = drawn("ab"), drawn("nouvelle")
    assert short["xaxis"]["tickangle"] == 0 and long["xaxis"]["tickangle"] == 90
    room = widest(["nouvelle"]) - 15
    assert long["margin"]["b"] - short["margin"]["b"] == room
    assert drawn("ab" * 5)["height"] - long["height"] == widest(["ab" * 5]) - widest(["nouvelle"]), "the lines keep their height"
