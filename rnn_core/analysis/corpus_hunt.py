"""A hunt for units over many texts, read as one stream in parts side by side, in bounded memory."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch

from rnn_core.analysis.hunting import at_tokens, called, hunt, marked
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.data.streams import joined, spans_of
from rnn_core.data.vocabulary import SOS
from rnn_core.language import tr
from rnn_core.network.device import array, place_of
from rnn_core.network.prediction import evaluating
from rnn_core.network.tape import record
from rnn_core.results import CorpusHunt

MOST_TOKENS = 5_000_000
"""Tokens that are read."""

MOST_NUMBERS = 2**24
"""Values of units that are kept: of more tokens, evenly chosen ones are scored."""

MOST_SECONDS = 60.0
"""Seconds that a regular expression may take on the whole text."""

_SIDE_BY_SIDE, _SHORTEST, _CHUNK = 32, 500, 128
"""The maximum number of parts, the minimum number of tokens in each, and the steps that are read at once."""


def hunt_corpus(
    loaded: Loaded,
    rows: Iterable[Sequence[str]],
    data: str,
    pattern: str,
    expression: str = "",
    quantity: str = "h",
    layer: int = 0,
    tick: Callable[[float], object] = lambda share: None,
) -> CorpusHunt:
    """Ranks the units of a layer by how well each alone tells a pattern in a corpus (`hunting.hunt`).

    The rows are one text. The network reads it in up to 32 parts side by side, each from the state 0 on.

    Args:
        rows: the tokens of each row, with the ends of lines.
        data: what they are, for the result.
        pattern, expression: as for `hunting.marked`.
        quantity: `h`, another part of the state, or a value that the cell keeps.
        tick: is called with the share read, 0…1; an exception raised by it stops the work.

    Raises:
        Problem: if the corpus is too long, or the pattern is too rare in it, or the expression is none.
    """
    how = loaded.config.data.tokens
    text = joined((token for row in rows for token in row), how)
    cut = spans_of(text, how)
    if len(cut) > MOST_TOKENS:
        raise Problem(tr(
            "This corpus has {tokens:,} tokens; up to {most:,} can be read. Take a part of it.",
            tokens=len(cut), most=MOST_TOKENS,
        ))
    wanted = at_tokens(marked(text, pattern, expression, MOST_SECONDS), np.array([(a, b) for _, a, b in cut]).reshape(-1, 2))
    numbers = np.array(loaded.speech.vocabulary.encode([token for token, _, _ in cut]), np.int64)
    chosen = np.arange(0, len(numbers), -(-len(numbers) * loaded.config.model.hidden // MOST_NUMBERS) or 1)
    values = units(loaded, numbers, chosen, quantity, layer, tick)
    return CorpusHunt(hunt(values, wanted[chosen]), data, called(pattern, expression), len(numbers))


def units(
    loaded: Loaded,
    tokens: np.ndarray,
    chosen: np.ndarray,
    quantity: str,
    layer: int,
    tick: Callable[[float], object] = lambda share: None,
) -> np.ndarray:
    """The values of a layer's units after some tokens of a stream, (m, d).

    Args:
        tokens: (N,) the stream.
        chosen: (m,) the places of these tokens, ascending.
    """
    network, device = loaded.network, place_of(loaded.network)
    part = network.cell.parts.index(quantity) if quantity in network.cell.parts else None
    parts = np.array_split(np.arange(len(tokens)), max(1, min(_SIDE_BY_SIDE, len(tokens) // _SHORTEST)))
    steps = len(parts[0]) + 1  # <sos> before each part; the others are at most one token shorter
    fed = np.full((steps, len(parts)), SOS, np.int64)
    lengths = np.array([len(places) + 1 for places in parts])
    for column, places in enumerate(parts):
        fed[1 : 1 + len(places), column] = tokens[places]
    begins = np.array([places[0] if len(places) else 0 for places in parts])
    found = np.empty((len(chosen), loaded.config.model.hidden), np.float32)
    state = None
    with evaluating(network), torch.inference_mode():
        for first in range(0, steps, _CHUNK):
            tick(first / steps)
            some = torch.from_numpy(fed[first : first + _CHUNK]).to(device)
            given = {"tokens": some, "lengths": torch.from_numpy(np.clip(lengths - first, 0, len(some))).to(device)}
            with record(network) as tape:
                state = network(given if state is None else given | {"start": state})["ends"]
            path = tape[f"cells.{layer}.0"]
            values = array(path.kept[quantity] if part is None else path.after[part])  # (K, B, d)
            for column, begin in enumerate(begins.tolist()):
                low = begin + first - 1  # step 0 is <sos>, so step i holds token begin + i − 1
                high = min(low + len(some), begin + int(lengths[column]) - 1)
                own = slice(*np.searchsorted(chosen, [max(low, begin), high]))
                found[own] = values[chosen[own] - low, column]
    return found
