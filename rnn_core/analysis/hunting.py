"""Hunting for units: how well one hidden unit alone tells a pattern in a text (Karpathy, Johnson and Fei-Fei 2015)."""

from collections.abc import Callable

import numpy as np
import regex

from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.results import Hunt

BLOCKS = 10
"""Blocks of equal length into which a text is cut: a unit is chosen on every other one, and scored on the rest."""

ROTATIONS = 20
"""Times that the pattern is moved along the text, to see how well the best unit tells a pattern that is not there."""

MOST_SECONDS = 1.0
"""Seconds that a regular expression may take."""

_OPEN, _CLOSE = "([{", ")]}"
_NAME = r"(?<=(?<![\p{L}\p{N}])\p{Lu}\p{Ll}+[ \t]+)\p{L}+"


def inside_quotes(text: str) -> np.ndarray:
    """(n,) for each character, whether the number of double quotation marks up to it is odd; counted anew after a blank line."""
    found, inside, before = np.zeros(len(text), bool), False, ""
    for i, letter in enumerate(text):
        if letter == "\n" and before == "\n":
            inside = False
        elif letter == '"':
            inside = not inside
        found[i], before = inside, letter
    return found


def inside_brackets(text: str) -> np.ndarray:
    """(n,) for each character, whether a bracket is open after it; anew after a blank line."""
    found, depth, before = np.zeros(len(text), bool), 0, ""
    for i, letter in enumerate(text):
        if letter == "\n" and before == "\n":
            depth = 0
        depth = max(0, depth + (letter in _OPEN) - (letter in _CLOSE))
        found[i], before = depth > 0, letter
    return found


def place_in_line(text: str) -> np.ndarray:
    """(n,) the characters since the line began, 0 for the first."""
    found, place = np.zeros(len(text)), 0
    for i, letter in enumerate(text):
        found[i] = place
        place = 0 if letter == "\n" else place + 1
    return found


def matches(text: str, expression: str, seconds: float = MOST_SECONDS) -> np.ndarray:
    """(n,) for each character, whether it lies in a match: in its first group, where the expression has one.

    Raises:
        Problem: where the expression is none, or takes longer than `seconds`.
    """
    found = np.zeros(len(text), bool)
    try:
        compiled = regex.compile(expression)
        group = 1 if compiled.groups else 0
        for one in compiled.finditer(text, timeout=seconds):
            start, end = one.span(group)
            found[max(start, 0) : max(end, 0)] = True
    except regex.error as error:
        raise Problem(tr("This is not a valid regular expression: {error}.", error=error)) from None
    except TimeoutError:
        raise Problem(tr(
            "This regular expression takes more than {seconds:g} s here: write a simpler one.",
            seconds=seconds,
        )) from None
    return found


PATTERNS: dict[str, tuple[str, Callable[[str], np.ndarray] | str]] = {
    "quotes": (N_("inside quotation marks"), inside_quotes),
    "brackets": (N_("inside brackets"), inside_brackets),
    "place": (N_("position in the line"), place_in_line),
    "name": (N_("the word after a capitalised word"), _NAME),
    "expression": (N_("a regular expression"), ""),
}
"""The patterns by their names: how they are called, and their value at each character, or a regular expression of it."""


def marked(text: str, pattern: str, expression: str = "", seconds: float = MOST_SECONDS) -> np.ndarray:
    """(n,) the value of a pattern at each character, bool or float.

    Args:
        pattern: its name in `PATTERNS`.
        expression: the regular expression of the pattern `expression`.

    Raises:
        Problem: where there is no expression, or it is none, or takes longer than `seconds`.
    """
    marks = PATTERNS[pattern][1]
    if callable(marks):
        return marks(text)
    if not (marks or expression):
        raise Problem(tr("Type a regular expression: the units that tell its matches are looked for."))
    return matches(text, marks or expression, seconds)


def called(pattern: str, expression: str = "") -> str:
    """How a pattern is called, such as “a match of \\d+”, in English, which `retold` translates."""
    return N_("a match of {expression}").format(expression=expression) if pattern == "expression" else PATTERNS[pattern][0]


class TooRare(Problem):
    """A text holds too little of a pattern, or nothing else."""


def at_tokens(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(m,) the values of characters at the last character of each token.

    Args:
        offsets: (m, 2) where the tokens begin and end.
    """
    found: np.ndarray = values[np.maximum(offsets[:, 1] - 1, 0)]
    return found


def hunt(values: np.ndarray, wanted: np.ndarray, most: int = 20, seed: int = 0) -> Hunt:
    """Ranks units by how well each alone tells a pattern.

    For yes and no, the score is the balanced accuracy (TPR + TNR) / 2 of the best threshold, which is 0.5 by chance; for a
    number, it is the squared correlation r², which is 0. The threshold and the direction are chosen on every other one of
    `BLOCKS` blocks of the text, and scored on the rest.

    Args:
        values: (m, d) of the units at each token.
        wanted: (m,) the pattern there, bool or float.
        most: how many units to give at most.
        seed: of the moves.

    Raises:
        TooRare: when either half of the blocks does not have both, tokens of the pattern and others.
    """
    m, d = values.shape
    fit = (np.arange(m) * BLOCKS // m) % 2 == 0
    yes = wanted.dtype == bool
    varies = (lambda part: 0 < part.sum() < len(part)) if yes else (lambda part: len(part) > 2 and np.ptp(part) > 0)
    if m < 2 * BLOCKS or not varies(wanted[fit]) or not varies(wanted[~fit]):
        raise TooRare(tr("This text has too few tokens with the pattern, or too few without it, to find a unit. Read a sample, "
                         "paste a longer text, or choose another pattern."))  # fmt: skip
    score = _Thresholds(values, fit) if yes else _Correlations(values, fit)
    fitted, thresholds, above = score.choose(wanted[fit])
    best = np.argsort(-fitted, kind="stable")[: min(most, d)]
    held_out = score.held_out(wanted[~fit], best, thresholds, above)
    moves, by_chance = np.random.default_rng(seed), []
    for _ in range(ROTATIONS):
        moved = np.roll(wanted, int(moves.integers(m // 10, m - m // 10)))
        if varies(moved[fit]) and varies(moved[~fit]):
            scores, cuts, up = score.choose(moved[fit])
            by_chance.append(float(score.held_out(moved[~fit], np.array([scores.argmax()]), cuts, up)[0]))
    chance = float(np.mean(by_chance)) if by_chance else (0.5 if yes else 0.0)
    share = float(wanted.mean()) if yes else float("nan")
    return Hunt(best, fitted[best], held_out, thresholds[best], above[best], chance, share, m)


class _Thresholds:
    """Yes and no by one threshold per unit."""

    def __init__(self, values: np.ndarray, fit: np.ndarray) -> None:
        self._rest = values[~fit]
        inside = values[fit]
        self._order = np.argsort(inside, 0, kind="stable")
        self._sorted = np.take_along_axis(inside, self._order, 0)
        self._cuts = self._sorted[1:] > self._sorted[:-1]  # no threshold parts equal values

    def choose(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        yes, no = wanted.sum(), (~wanted).sum()
        of_both = np.arange(1, len(wanted))[:, None]  # at or below each cut; of them, those of the pattern:
        below = np.cumsum(wanted[self._order], 0, dtype=np.int32)[:-1]
        gain = np.where(self._cuts, (of_both / no - below * (1 / no + 1 / yes)) / 2, 0)  # balanced accuracy − 1/2 of "above"
        at = np.abs(gain).argmax(0)
        columns = np.arange(len(at))
        found = gain[at, columns]
        return 0.5 + np.abs(found), (self._sorted[at, columns] + self._sorted[at + 1, columns]) / 2, found >= 0

    def held_out(self, wanted: np.ndarray, units: np.ndarray, cuts: np.ndarray, above: np.ndarray) -> np.ndarray:
        says = (self._rest[:, units] > cuts[units]) == above[units]
        found: np.ndarray = (says[wanted].mean(0) + (~says[~wanted]).mean(0)) / 2
        return found


class _Correlations:
    """A number by r² of each unit."""

    def __init__(self, values: np.ndarray, fit: np.ndarray) -> None:
        self._inside, self._rest = (part - part.mean(0) for part in (values[fit].astype(float), values[~fit].astype(float)))

    def choose(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        r = _correlation(self._inside, wanted)
        return r**2, np.full(len(r), np.nan), r >= 0

    def held_out(self, wanted: np.ndarray, units: np.ndarray, cuts: np.ndarray, above: np.ndarray) -> np.ndarray:
        r = _correlation(self._rest[:, units], wanted)
        return np.where((r >= 0) == above[units], r**2, 0)  # the other way round it tells nothing


def _correlation(centred: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(u,) Pearson's r of each column with a number; 0 for a column that does not vary."""
    y = wanted - wanted.mean()
    lengths = np.sqrt((centred**2).sum(0) * (y**2).sum())
    return np.divide(y @ centred, lengths, out=np.zeros(centred.shape[1]), where=lengths > 1e-12)
