"""Hunting for units: a planted unit is found, random labels give nothing beyond chance, scores against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from rnn_core.analysis.hunting import (
    BLOCKS,
    at_tokens,
    hunt,
    inside_brackets,
    inside_quotes,
    marked,
    matches,
    place_in_line,
)
from rnn_core.config import Problem

TEXT = 'He said "yes (no)" [a {b} c]\n"open\n\nshut" x'


def shown(found: np.ndarray, text: str = TEXT) -> str:
    return "".join(letter if on else "·" if letter != "\n" else "\n" for letter, on in zip(text, found, strict=True))


def test_patterns_mark_the_characters_that_they_name() -> None:
    assert shown(inside_quotes(TEXT)) == '········"yes (no)···········\n"open\n\n····" x'
    assert shown(inside_brackets(TEXT)) == "·············(no···[a {b} c·\n·····\n\n·······"
    assert place_in_line("ab\n\nc").tolist() == [0, 1, 2, 0, 0]
    said = "Then Anna said no. I Saw it"
    assert shown(marked(said, "name"), said) == "·····Anna·said" + "·" * 11 + "it"
    assert shown(matches(TEXT, r"\((\w+)\)")) == "··············no············\n·····\n\n·······"
    assert shown(matches("aXbX", "X"), "aXbX") == "·X·X"


@pytest.mark.parametrize("expression", ["(", "[", "(?P<x", "*"])
def test_what_is_no_expression_is_said(expression: str) -> None:
    with pytest.raises(Problem, match="not a valid regular expression"):
        matches(TEXT, expression)


def test_an_expression_that_runs_away_is_stopped() -> None:
    with pytest.raises(Problem, match="takes more than"):
        matches("a" * 5000 + "b", r"(a|aa|a+)+$")


def planted(seed: int = 0, m: int = 2000, d: int = 40) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    wanted = np.repeat(dice.random(m // 20) < 0.4, 20)
    values = np.tanh(dice.normal(size=(m, d)))
    values[:, 7] = np.tanh(dice.normal(size=m) * 0.5 - 1.5 * wanted)  # below a threshold where it is wanted
    return values.astype(np.float32), wanted


def test_a_planted_unit_is_found_with_its_threshold() -> None:
    values, wanted = planted()
    found = hunt(values, wanted)
    assert found.units[0] == 7 and not found.above[0] and found.held_out[0] > 0.9 > 0.56 > found.held_out[1:].max()
    assert abs(found.chance - 0.5) < 0.05 and found.share == wanted.mean() and found.tokens == len(wanted)
    fit = (np.arange(len(wanted)) * BLOCKS // len(wanted)) % 2 == 0
    for unit, cut, above, fitted, held in zip(
        found.units, found.thresholds, found.above, found.fitted, found.held_out, strict=True
    ):
        says = (values[:, unit] > cut) == above
        assert fitted == pytest.approx(balanced_accuracy_score(wanted[fit], says[fit]))
        assert held == pytest.approx(balanced_accuracy_score(wanted[~fit], says[~fit]))
        others = [balanced_accuracy_score(wanted[fit], (values[fit, unit] > c) == above) for c in np.linspace(-1, 1, 41)]
        assert fitted >= max(others) - 1e-9


def test_a_planted_number_is_found() -> None:
    values, _ = planted()
    lengths = np.random.default_rng(2).integers(20, 80, 60)
    line = np.concatenate([np.arange(n) for n in lengths])[:2000].astype(float)
    values[:, 3] = -np.tanh(line / 40) + np.random.default_rng(1).normal(size=len(line)) * 0.05
    found = hunt(values, line)
    assert found.units[0] == 3 and not found.above[0] and found.held_out[0] > 0.9 and found.chance < 0.05
    fit = (np.arange(len(line)) * BLOCKS // len(line)) % 2 == 0
    for unit, fitted, held in zip(found.units[:3], found.fitted, found.held_out, strict=False):
        assert fitted == pytest.approx(np.corrcoef(values[fit, unit], line[fit])[0, 1] ** 2, rel=1e-4)
        assert held == pytest.approx(np.corrcoef(values[~fit, unit], line[~fit])[0, 1] ** 2, rel=1e-4) or held == 0


@pytest.mark.parametrize("seed", range(8))
def test_random_labels_give_nothing_beyond_chance(seed: int) -> None:
    dice = np.random.default_rng(seed)
    found = hunt(dice.normal(size=(2000, 60)), dice.random(2000) < 0.3)
    assert found.fitted[0] > 0.53, "the best of 60 units looks good where it was chosen"
    assert abs(found.held_out[0] - 0.5) < 0.06 and abs(found.chance - 0.5) < 0.03


def test_a_unit_that_never_changes_tells_nothing() -> None:
    values, wanted = planted()
    values[:, :] = 0.25
    found = hunt(values, wanted)
    assert (found.fitted == 0.5).all() and found.held_out == pytest.approx(0.5)
    assert (hunt(values, np.arange(len(wanted), dtype=float)).fitted == 0).all()


@pytest.mark.parametrize("wanted", [np.zeros(200, bool), np.ones(200, bool), np.arange(200) < 20, np.zeros(200)])
def test_too_little_of_a_pattern_is_said(wanted: np.ndarray) -> None:
    with pytest.raises(Problem, match="too few tokens with the pattern"):
        hunt(np.zeros((200, 3)), wanted)


def test_tokens_have_the_value_at_their_last_character() -> None:
    assert at_tokens(np.arange(10), np.array([[0, 3], [4, 5], [6, 10]])).tolist() == [2, 4, 9]
