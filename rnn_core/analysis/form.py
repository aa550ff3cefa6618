"""The form of words, as a network reads it beside the words."""

from collections.abc import Sequence

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.data.forms import LETTERS
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.results import Feature, Trace


def features(loaded: Loaded | Unopened, trace: Trace, step: int) -> tuple[Feature, ...]:
    """The features of the form of a step's token; () if the network reads none."""
    if trace.form is None:
        return ()
    return tuple(
        Feature(name, LETTERS[name], vocabulary.words[index], index, len(vocabulary))
        for (name, vocabulary), index in zip(_tables(loaded).items(), trace.form[step].tolist(), strict=True)
    )


def values(loaded: Loaded, tokens: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By feature, its values at the steps of a text of these tokens, (T,); {} if the network reads no form."""
    form = tasks.of(loaded.config).encode([tokens], None, loaded.speech).form
    if form is None:
        return {}
    return {
        name: tuple(vocabulary.words[index] for index in column)
        for (name, vocabulary), column in zip(_tables(loaded).items(), form.T.tolist(), strict=True)
    }


def _tables(loaded: Loaded | Unopened) -> dict[str, Vocabulary]:
    """The vocabulary of each feature, in the order in which they are fed."""
    return {name: vocabulary for name, vocabulary in loaded.speech.vocabularies.items() if name in LETTERS}
