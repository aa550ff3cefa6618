"""The figures of the two losses draw the numbers they are given, each run in its own colour."""

import re
from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis.paired import paired
from rnn_core.figures import twins
from rnn_core.results import Along
from rnn_core.views import losses
from rnn_core.views.inputs import given
from tests.figures.validated import validated
from tests.views.looking import answer, figure


def one(seed: int) -> Along:
    random = np.random.default_rng(seed)
    shares = np.linspace(0, 1, 21)
    decided = np.array([0.0, 0.25, 0.5, 1.0])
    return Along(4, shares, random.random(21), random.random(21), decided, np.arange(5), np.array([1, 0.5, 0.1, 0.0, 0.2]), 3)


@pytest.fixture
def found() -> dict[str, Along]:
    return {"last": one(1), "every": one(2)}


def test_accuracy_is_drawn_along_the_text_for_both_curves_of_both_runs(found: dict[str, Along]) -> None:
    drawn = {line.name: line for line in validated(twins.right_so_far(found)).data}
    assert len(drawn) == 4
    for loss, run in found.items():
        answers, readout = (drawn[f"{twins.NAMES[loss]}: {c}"] for c in ("answer if the text stopped here", "readout"))
        np.testing.assert_array_equal(answers.y, run.answers)
        np.testing.assert_array_equal(readout.y, run.readouts)
        assert answers.line.color == readout.line.color == twins.COLOURS[loss] and readout.line.dash == "dot"


def test_a_difference_is_told_in_texts_and_with_its_interval(found: dict[str, Along]) -> None:
    right = {"every": np.arange(24) < 17, "last": (np.arange(24) < 11) | (np.arange(24) > 21)}
    runs = {
        loss: replace(one, texts=24, readouts=np.full(21, right[loss].mean()), answers=np.full(21, right[loss].mean()),
                      right_at_half=right[loss], right_at_end=right[loss]) for loss, one in found.items()
    }  # fmt: skip
    said, interval = losses.summary(losses.Twins(runs)), paired(right["every"], right["last"])
    assert "70.8% (17 of 24 texts) with the loss at every step, on 54.2% (13) with the loss at the last step" in said
    assert "step: 4 texts more." in said
    bounds = f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}".replace("-", "−")
    assert f"The 95% interval of the difference is {bounds} percentage points, so it may be chance." in said
    assert interval.low < 0 < interval.high
    table = losses.apart(losses.Twins(runs))
    assert table["read"] == ["half of the words", "all words"]
    assert (right["every"] & ~right["last"]).sum() == 6 and (right["last"] & ~right["every"]).sum() == 2
    assert list(table.values())[1:] == [[6, 6], [2, 2]]
    clear = runs | {"last": replace(runs["last"], right_at_end=np.zeros(24, bool), right_at_half=np.zeros(24, bool))}
    assert "chance" not in losses.summary(losses.Twins(clear))
    assert "interval" not in losses.summary(losses.Twins(found)), "an older file has no answer for each text"


@pytest.mark.parametrize(
    ("more", "less", "words"), [(665, 642, "23 texts more"), (707, 708, "1 text fewer"), (5, 5, "no difference")]
)
def test_the_difference_is_that_of_the_counts_shown(found: dict[str, Along], more: int, less: int, words: str) -> None:
    runs = {
        loss: replace(found[loss], texts=872, readouts=np.full(21, right / 872), answers=np.full(21, right / 872))
        for loss, right in (("every", more), ("last", less))
    }
    said = losses.summary(losses.Twins(runs))
    assert said.count(f"({more} of 872 texts)") == said.count(f"({less}) with the loss at the last step: {words}.") == 2


@pytest.mark.parametrize(("reduce", "formula"), [("mean", r"$L = \frac{1}{T} \sum_t L(t)$"), ("sum", r"$L = \sum_t L(t)$")])
def test_the_loss_at_every_step_is_written_as_the_run_adds_it_up(found: dict[str, Along], reduce: str, formula: str) -> None:
    twins = losses.Twins(found | {"every": replace(found["every"], reduce=reduce)})
    assert formula in losses.REACH.explain(twins)


def test_a_text_counts_as_decided_from_its_share_on(found: dict[str, Along]) -> None:
    line = validated(twins.decided(found)).data[0]
    told = dict(zip(np.round(line.x, 6).tolist(), line.y, strict=True))
    assert (told[0], told[24], told[26], told[50], told[98], told[100]) == (0.25, 0.25, 0.5, 0.75, 0.75, 1)


def test_a_gradient_of_zero_has_no_place_on_a_logarithmic_scale(found: dict[str, Along]) -> None:
    line = validated(twins.reach(found)).data[1]
    assert np.isnan(line.y[3]) and line.y[[0, 1, 2, 4]].tolist() == [1, 0.5, 0.1, 0.2]


def test_the_words_hold_the_numbers(found: dict[str, Along]) -> None:
    said = losses.summary(losses.Twins(found))
    last, every = found["last"], found["every"]
    assert [float(share) for share in re.findall(r"([\d.]+)% \(", said)] == pytest.approx(
        [100 * value for value in (every.readouts[10], last.readouts[10], every.answers[-1], last.answers[-1])], abs=0.05
    )
    assert "no difference." in losses.summary(losses.Twins({"last": last, "every": last}))
    assert not losses.apart(losses.Twins(found)) and len(losses.SUMMARY.render(losses.Twins(found))) == 1
    for view in (losses.RIGHT, losses.REACH, losses.DECIDED):
        answered = answer(view, given(along=found))
        assert answered.runs is not found and view.explain(answered)
        assert validated(figure(view, answered)).data
