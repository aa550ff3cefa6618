"""What analysis gives and figures take: frozen dataclasses of plain values and numpy arrays. Loads no torch."""

from rnn_core.results.along import Along
from rnn_core.results.data import DataReport, LeftOut, SideReport, SplitSummary
from rnn_core.results.feedforward import Readings, RecurrenceGain, WithoutRecurrence
from rnn_core.results.gradients import (
    BatchDirections,
    ChainProduct,
    Comparison,
    CopyGradients,
    GradientFlow,
    LossModes,
    Reach,
    SgdStep,
    Truncation,
)
from rnn_core.results.ledger import Ledger, LedgerRow
from rnn_core.results.one_hot import PAD, OneHotWindow, TextMatrix
from rnn_core.results.padding import PaddedRead, PaddingAudit, PaddingCost
from rnn_core.results.readout import Logit
from rnn_core.results.scores import (
    Answer,
    Answers,
    ClassScores,
    Evaluation,
    FileAnswers,
    Mistake,
    Scores,
    SpanScores,
    TokenScores,
)
from rnn_core.results.trace import EOS, OVERFLOW, SOS, Trace, decision_step
from rnn_core.results.training import History
from rnn_core.results.units import GateTerms, UnitStep
from rnn_core.results.written import Written

__all__ = [
    "EOS",
    "OVERFLOW",
    "PAD",
    "SOS",
    "Along",
    "Answer",
    "Answers",
    "BatchDirections",
    "ChainProduct",
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
    "Logit",
    "LossModes",
    "Mistake",
    "OneHotWindow",
    "PaddedRead",
    "PaddingAudit",
    "PaddingCost",
    "Reach",
    "Readings",
    "RecurrenceGain",
    "Scores",
    "SgdStep",
    "SideReport",
    "SpanScores",
    "SplitSummary",
    "TextMatrix",
    "TokenScores",
    "Trace",
    "Truncation",
    "UnitStep",
    "WithoutRecurrence",
    "Written",
    "decision_step",
]
