"""The form of words, as a network reads it beside the words."""

from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.data.forms import LETTERS
from rnn_core.results import Feature, Trace


def features(loaded: Loaded | Unopened, trace: Trace, step: int) -> tuple[Feature, ...]:
    """The features of the form of a step's token; () if the network reads none."""
    if trace.form is None:
        return ()
    tables = {name: vocabulary for name, vocabulary in loaded.speech.vocabularies.items() if name in LETTERS}
    return tuple(
        Feature(name, LETTERS[name], vocabulary.words[index], index, len(vocabulary))
        for (name, vocabulary), index in zip(tables.items(), trace.form[step].tolist(), strict=True)
    )
