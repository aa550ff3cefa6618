"""What analysis gives and figures take: frozen dataclasses of plain values and numpy arrays. Loads no torch."""

from rnn_core.results.along import Along
from rnn_core.results.data import DataReport, LeftOut, SplitSummary
from rnn_core.results.gradients import (
    BatchDirections,
    Comparison,
    CopyGradients,
    GradientFlow,
    LossModes,
    Path,
    Reach,
    SgdStep,
    Truncation,
)
from rnn_core.results.matrix import (
    PAD,
    GateTerms,
    Ledger,
    LedgerRow,
    OneHotWindow,
    PaddedRead,
    PaddingAudit,
    PaddingCost,
    Readings,
    RecurrenceGain,
    TextMatrix,
    UnitStep,
    WithoutRecurrence,
)
from rnn_core.results.scores import Answer, Answers, ClassScores, Evaluation, FileAnswers, Mistake, Scores, SpanScores
from rnn_core.results.trace import EOS, SOS, Trace
from rnn_core.results.training import History

__all__ = [
    "EOS",
    "PAD",
    "SOS",
    "Along",
    "Answer",
    "Answers",
    "BatchDirections",
    "ClassScores",
    "Comparison",
    "CopyGradients",
    "DataReport",
    "Evaluation",
    "FileAnswers",
    "GateTerms",
    "GradientFlow",
    "History",
    "Ledger",
    "LedgerRow",
    "LeftOut",
    "LossModes",
    "Mistake",
    "OneHotWindow",
    "PaddedRead",
    "PaddingAudit",
    "PaddingCost",
    "Path",
    "Reach",
    "Readings",
    "RecurrenceGain",
    "Scores",
    "SgdStep",
    "SpanScores",
    "SplitSummary",
    "TextMatrix",
    "Trace",
    "Truncation",
    "UnitStep",
    "WithoutRecurrence",
]
