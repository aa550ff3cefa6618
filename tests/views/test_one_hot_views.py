"""The views of Words to matrix compute, draw and explain for every cell, with this run's own numbers and markup as text."""

import re
from itertools import product
from typing import Any

import numpy as np
import pytest

from rnn_core import tasks
from rnn_core.analysis import feedforward, ledger, padding
from rnn_core.analysis.equations import unit_step
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.one_hot import ORDERS
from rnn_core.analysis.trace import trace
from rnn_core.results import PaddingCost, RecurrenceGain, SplitSummary, Trace
from rnn_core.views import equations, one_hot
from rnn_core.views import feedforward as alone
from rnn_core.views import ledger as book
from rnn_core.views import padding as pads
from rnn_core.views.inputs import Dataset
from rnn_core.views.view import View, number
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import CELLS, config_of, in_turn, model_of, number_of, saved_run, vocabulary_of
from tests.views.looking import Looking, figure
from tests.views.test_views import NASTY, escaped_only, loaded


def read(workspace: Workspace, cell: str = "gru", task: str = "classify", **more: object) -> tuple[Loaded, Trace]:
    one = loaded(workspace, cell, task, **more)
    return one, trace(one, "\x00".join(NASTY), NASTY)


def shown(view: View[Any, Any], looking: Looking) -> Any:
    """The result, after making sure that figures, tables and words hold no markup of the user's."""
    found = looking(view)
    escaped_only(view.explain(found))
    for part in view.render(found):
        if part.kind == "figure":
            assert NASTY[0] not in validated(part.content).to_json()
        elif part.kind == "table":
            assert len(set(map(len, part.content.columns.values()))) == 1
        elif part.kind in ("text", "caption"):
            escaped_only(part.content)
    return found


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("tag", 2, True)])
def test_every_view_draws_and_explains(workspace: Workspace, cell: str, task: str, layers: int, both: bool) -> None:
    one, seen = read(workspace, cell, task, layers=layers, bidirectional=both)
    data = Dataset("<b>x</b>", {"dev": SplitSummary(3, 9, {}, (0, 1, 2), 0.0)})
    labels = (NASTY[0], NASTY[1]) if task == "classify" else ((NASTY[2],), (NASTY[0],) * 3)
    more = {"second_text": (("film",), ("zzz",) * 3), "labels": labels, "dataset": data}
    turn = number_of(cell)  # each cell takes some of the choices, all cells take all
    for order, step in in_turn([*product(ORDERS, (0, 3, 13))], 3 * (turn + layers), 3):
        for view in one_hot.VIEWS:
            shown(view, Looking(one, seen, more, order=order, step=step))
    for side, masked in in_turn([*product(padding.SIDES, (False, True))], turn + layers, 1):
        for view in pads.VIEWS:
            shown(view, Looking(one, seen, pads=4, side=side, masking=masked))
    for view in (book.PARAMETERS, book.MEMORY, book.COUNTS):
        found = shown(view, Looking(one, seen, batch=2, steps=9))
        assert (found.batch, found.steps) == (2, 9)
    for gate in one.network.cell.gates:
        looking = Looking(one, seen, layer=layers - 1, direction=int(both), step=4, unit=2, gate=gate)
        unit = shown(equations.TERMS, looking)
        shown(equations.STEP, looking)
        shown(alone.SAME_STEP, looking)
        every = equations.all_terms(unit)
        assert sum(every["value"]) == pytest.approx(unit.terms.total, abs=1e-9)
        assert len(every["term"]) >= len(unit.terms.hidden) + len(unit.terms.inputs) + 1
        bars = [drawn for drawn in validated(figure(equations.TERMS, unit)).data if drawn.type == "bar"]
        total = float(bars[-1].x[0])
        assert sum(sum(bar.x) for bar in bars[:-1]) == pytest.approx(total) == unit.terms.total
    for label in in_turn((None, NASTY[2], "none"), turn + layers, 1):
        for view in alone.VIEWS:
            if view is alone.ALONE or view.name in tasks.task(task).views["matrix"]:
                shown(view, Looking(one, seen, step=3, label=label))


def come_out(unit: equations.Unit) -> list[str]:
    """The lines of the live equations, after making sure that each comes out with the numbers in it."""
    lines = equations.live(unit).removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}").split(r" \\[4pt] ")
    for line in lines:
        _, letters, right, value = re.split(r" &= | \\\\ &= | = ", line)
        assert "_" not in right
        assert ("{t-1}" if unit.found.direction else "{t+1}") not in letters
        plain = right.replace(r"\tanh", "tanh").replace(r"\sigma", "sigma").replace(r"\cdot", "*")
        plain = plain.replace(r"\operatorname{ReLU}", "relu")
        names = {"tanh": np.tanh, "sigma": lambda a: 1 / (1 + np.exp(-a)), "relu": lambda a: max(a, 0)}
        assert eval(plain, names) == pytest.approx(float(value), abs=4e-4), line
    return lines


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("direction", [0, 1])
def test_the_feed_forward_equation_comes_out_beside_the_recurrent_one(workspace: Workspace, cell: str, direction: int) -> None:
    one, seen = read(workspace, cell, "tag", layers=2, bidirectional=True)
    single = feedforward.without_recurrence(one, seen)
    for layer, step in ((0, 5), (1, 5)):
        found = Looking(one, seen, layer=layer, direction=direction, step=step, unit=3)(alone.SAME_STEP)
        come_out(found.recurrent)
        lines = come_out(found.feed_forward)
        assert len(lines) == len(one.network.cell.equations)
        assert not any("{t-1}" in line or "{t+1}" in line for line in lines)
        assert found.feed_forward.found.difference < 1e-6
        h = found.feed_forward.found.values["h"]
        if layer == 1:
            assert h == pytest.approx(single.states[step, 4 * direction + 3], abs=1e-6)
        table = alone.sums(found)
        for row, gate in enumerate(found.recurrent.found.gates):
            assert table["a, recurrent"][row] == gate.total
            if layer == 0 and gate.gate not in ("n", "g") and cell not in ("layernorm", "peephole"):
                apart = gate.total - table["a, feed-forward"][row]
                assert apart == pytest.approx(table["W h, recurrent"][row], abs=1e-6)
        own = {name: p.numpy().astype(float) for name, p in one.network.layer(0, direction).items()}
        if cell == "tanh" and layer == 0:
            assert table["a, feed-forward"][0] == pytest.approx(own["bias"][3] + own["weight_ih"][3] @ seen.embeddings[step])


def test_terms_of_the_state_before_are_left_out_and_no_others() -> None:
    left_out = {
        r"a_t = b + W h_{t-1} + U x_t": r"a_t = b + U x_t",
        r"i_t = \sigma(b_i + W_i h_{t-1} + U_i x_t + p_i \odot c_{t-1})": r"i_t = \sigma(b_i + U_i x_t)",
        r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}": r"h_t = (1 - z_t) \odot n_t",
        r"q_t = W_n h_{t-1} + b_q": "q_t = b_q",
        r"v_t = W h_{t-1}": "v_t = 0",
        r"s_t = \tanh(a_t + h_{t-1}) + \tanh(b_t)": r"s_t = \tanh(b_t)",
    }
    for equation, rest in left_out.items():
        assert equations.without_past(equation) == rest


@pytest.mark.parametrize("cell", CELLS)
def test_every_equation_comes_out_with_the_numbers_in_it(workspace: Workspace, cell: str) -> None:
    one, seen = read(workspace, cell, "tag", layers=2, bidirectional=True)
    for step in (0, 5):
        unit = Looking(one, seen, layer=1, direction=1, step=step, unit=3)(equations.STEP)
        assert len(come_out(unit)) == len(one.network.cell.equations)
    first = unit_step(one, seen, 0, 0, 0, 1)
    assert first.before["h"] == 0 and all(terms.hidden.sum() == 0 for terms in first.gates)


def test_the_words_hold_this_runs_numbers(workspace: Workspace) -> None:
    one, seen = read(workspace, "lstm")
    film = trace(one, "film film  film")
    words = Looking(one, film, {"second_text": (("zzz",),)}, step=1)(one_hot.INDICES)
    n = len(one.speech.vocabulary)
    assert f"2 × {5 * n:,} ones and zeros: **{2 * 5 * n * 4} B** in float32" in one_hot.one_hot_words(words)
    assert "**80 B** in int64" in one_hot.one_hot_words(words)
    explained = one_hot.INDICES.explain(words)
    assert "The length vector (5, 3)" in explained and "Pads are 2 of 10 cells" in explained
    data = Dataset("x", {"dev": SplitSummary(3, 9, {}, (0, 1, 2), 0.0)})
    whole = one_hot.whole_words(Looking(one, film, {"dataset": data})(one_hot.WHOLE))
    assert one_hot.WHOLE.render(Looking(one, film, {"dataset": None})(one_hot.WHOLE)) == ()
    assert f"**{3 * 4 * n * 4} B** of ones and zeros, 96 B of indices" in whole
    table = one_hot.stages(words)
    assert table["text 1"][0] == "film film  film" and table["text 1"][1] == "film  ·  film  ·  film"

    found = padding.audit(one, seen, 4)
    looking = Looking(one, seen, pads=4, side="left")
    assert f"**{max(found.of(side, False).state for side in padding.SIDES):.2g}**" in pads.drift_words(looking(pads.DRIFTS))
    padded = looking(pads.STATES)
    assert "stays h₀ = 0" in pads.STATES.explain(padded)
    assert "`<sos>` is t = 1, so the row goes from t = −3 to t = 14" in pads.STATES.explain(padded)
    names = list(figure(pads.STATES, padded)["layout"]["xaxis"]["labelalias"].values())
    assert [padded.tokens[4], names[3], names[4]] == ["<sos>", "&lt;pad&gt; (t = 0)", "&lt;sos&gt; (t = 1)"]
    assert r"$$h_{-4} = 0," in pads.STATES.explain(padded)
    paid = pads.cost_words(PaddingCost(10, 20, 30, 0.75, 0.5, 0.7))
    assert "10 of 20 dev texts" in paid and "**0.7500**" in paid and "| -0.2500 |" in paid
    gained = RecurrenceGain(20, 20, 20, 0.75, 0.5, 0.6, (0.375, 0.625))
    assert "all 20 dev texts" in alone.gain_words(gained) and "adds **+0.1500**" in alone.gain_words(gained)
    assert "Always answering" not in alone.gain_words(gained)
    assert "the most frequent class of training, gets 0.3750 here" in alone.gain_words(gained, majority=(0, "bad"))

    counted = ledger.ledger(one, 2, 9)
    assert f"tensors **{counted.in_tensors:,}**: the same" in book.sum_words(counted)
    unit = Looking(one, seen, step=4, unit=2, gate="f")(equations.TERMS)
    assert f"a = {number(unit.terms.total)}" in equations.TERMS.explain(unit)


def test_a_whole_one_hot_vector_stands_beside_its_index_and_its_row(workspace: Workspace) -> None:
    one, seen = read(workspace, "gru")
    found = shown(one_hot.VECTOR, Looking(one, seen, step=3))
    size, index = len(one.speech.vocabulary), int(seen.indices[3])
    cells = figure(one_hot.VECTOR, found)["data"][0]["z"].ravel()
    np.testing.assert_array_equal(cells[:size], np.eye(size)[index])
    assert np.isnan(cells[size:]).all()
    words = one_hot.vector_words(found)
    assert f"index **{index}**" in words and f"N = {size} numbers of its one-hot vector, one is 1 and {size - 1} are 0" in words
    table = next(part.content for part in one_hot.VECTOR.render(found) if part.kind == "table")
    np.testing.assert_array_equal(table.columns["E[w][i]"], one.network.embedding.weight[index].numpy())
    assert rf"E[{index}] \in \mathbb{{R}}^{{5}}" in one_hot.VECTOR.explain(found)


TEXTS = (("film",), ("zzz", "film", "film"))


@pytest.mark.parametrize(("task", "more"), [("classify", {}), ("classify", {"loss": "every"}), ("tag", {}),
                                            ("generate", {"truncate": 4})])  # fmt: skip
def test_the_label_matrix_is_what_the_loss_asks_for(workspace: Workspace, task: str, more: dict[str, Any]) -> None:
    config = config_of(task, model_of("gru"), **more)
    one = load(saved_run(workspace, config, NASTY, None, vocabulary_of((*NASTY, "film"))))
    seen = trace(one, "\x00".join(NASTY), NASTY)
    labels = {"classify": (NASTY[3], NASTY[5]), "tag": ((NASTY[1],), (NASTY[0], NASTY[2], NASTY[2]))}.get(task, (None, None))
    found = shown(one_hot.LABELS, Looking(one, seen, {"second_text": TEXTS, "labels": labels}, step=2))
    matrix, longest = found.matrix, len(seen.tokens)
    assert matrix.classes.shape == (3, longest) and matrix.given == (task == "generate", True, True)
    wanted = np.full((3, longest), -1)
    for row, tokens in enumerate((NASTY, *TEXTS)):
        steps = len(tokens) + 2
        own = seen.readouts.argmax(1)
        for t in range(steps):
            if task == "tag" and 0 < t < steps - 1:
                wanted[row, t] = own[t] if row == 0 else NASTY.index(labels[row - 1][t - 1])
            elif task == "classify" and (more or t == steps - 1):
                wanted[row, t] = own[-1] if row == 0 else NASTY.index(labels[row - 1])
            elif task == "generate" and t < steps - 2:
                wanted[row, t] = one.speech.vocabulary.encode([tokens[t]])[0]
    np.testing.assert_array_equal(matrix.classes, wanted)
    words = one_hot.label_words(found)
    assert f"{(wanted >= 0).sum()} of {wanted.size} cells have a label" in words
    label, k = int(wanted[0, 2]), len(one.outcomes)
    if label < 0:
        assert "asks for nothing" in words
    else:
        numbers = words.rsplit("y = (", 1)[1].rstrip(").").split(", ")
        np.testing.assert_array_equal([float(number) for number in numbers], np.eye(k)[label])
        assert f"number {label} of k = {k}" in words
    cells = figure(one_hot.LABELS, found)["data"][0]
    assert (cells["z"] == (wanted[:, : cells["z"].shape[1]] >= 0)).all()


def test_tags_that_recurrence_changes_are_listed(workspace: Workspace) -> None:
    one, seen = read(workspace, "lstm", "tag")
    found = feedforward.without_recurrence(one, seen)
    changed = (seen.readouts[1:-1].argmax(1) != found.readouts[1:-1].argmax(1)).sum()
    assert f"the tag of {changed} of {len(NASTY)} tokens" in alone.TAGS.explain(Looking(one, seen)(alone.TAGS))


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (2016, "2.02 kB"), (3e15, "3,000.00 TB")])
def test_bytes_are_said_in_words(count: float, words: str) -> None:
    assert book.size_words(count) == words
