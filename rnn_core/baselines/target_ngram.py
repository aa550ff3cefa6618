"""Kneser–Ney n-grams of the target of a translation, which never see its source."""

from rnn_core.baselines import ngram
from rnn_core.language import N_


class Baseline(ngram.Baseline):
    """As `ngram`, of the targets as one stream with `<eos>` after each (`Task.learned`)."""

    title = N_("n-grams of the target alone")
