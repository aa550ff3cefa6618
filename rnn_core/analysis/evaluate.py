"""A run's answers to labelled examples, against the truth."""

from collections.abc import Callable, Iterable, Sequence

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.config import USUAL, EvaluateConfig, Problem, set_options
from rnn_core.data.examples import Example
from rnn_core.language import tr
from rnn_core.results import Answers, Evaluation


def evaluate(
    loaded: Loaded,
    pieces: Iterable[Sequence[Example]],
    texts: int,
    data: str,
    keep: Callable[[Answers], object] = lambda answers: None,
    tick: Callable[[float], object] = lambda share: None,
    how: EvaluateConfig = USUAL,
) -> Evaluation:
    """Answers every example and scores the answers; memory holds one piece of them at a time.

    A label that training never saw has a row of its own in the confusion matrix, after the run's: the network
    cannot answer it, so each such text counts as wrong.

    Args:
        loaded: the run.
        pieces: texts or tagged sentences, some thousands at a time; a language model's are iterated twice.
        texts: how many they are in all.
        data: what they are, in words.
        keep: takes the answers to each piece.
        tick: hears the share answered so far; what it raises ends the work.
        how: options among those that apply to the run's task.

    Raises:
        Problem: when there is nothing to evaluate, an option does not apply, or dynamic evaluation diverges.
    """
    if not texts:
        raise Problem(tr("There is nothing to evaluate in {data}. Choose another split or file.", data=data))
    network, config, speech, task = loaded.network, loaded.config, loaded.speech, tasks.of(loaded.config)
    task.check_evaluation(how)
    scores = task.evaluate(network, config, speech, pieces, texts, keep, tick, how)
    return Evaluation(loaded.id, data, texts, scores, options=set_options(how))
