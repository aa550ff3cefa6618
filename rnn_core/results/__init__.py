"""What analysis gives and figures take: frozen dataclasses of plain values and numpy arrays. Loads no torch."""

from rnn_core.results.along import Along
from rnn_core.results.baselines import BaselineScores
from rnn_core.results.breakdown import ENDS, UNKNOWN, Breakdown, Context, Group, Passage, Reliability
from rnn_core.results.chunks import StreamParts
from rnn_core.results.cutting import Cutting, WayOfReading
from rnn_core.results.data import DataReport, LeftOut, SideReport, SplitSummary
from rnn_core.results.distance import ByDistance, DistanceGroup
from rnn_core.results.feedforward import Readings, RecurrenceGain, WithoutRecurrence
from rnn_core.results.gradients import (
    BatchDirections,
    ChainProduct,
    Comparison,
    CopyGradients,
    GradientFlow,
    LossModes,
    Reach,
    ReadoutGradients,
    SgdStep,
    Truncation,
)
from rnn_core.results.hunting import CorpusHunt, Hunt
from rnn_core.results.judged import (
    Corpus,
    Coverage,
    Judged,
    LengthGroup,
    Loops,
    Marked,
    Repeats,
    TranslationDetail,
    Unknown,
)
from rnn_core.results.ledger import Ledger, LedgerRow, MemoryRow, TranslatorLedger
from rnn_core.results.one_hot import PAD, IndexMatrix, LabelMatrix, OneHotVector, OneHotWindow, PairMatrices, TextMatrix
from rnn_core.results.over_training import OverTraining
from rnn_core.results.padding import PaddedRead, PaddingAudit, PaddingCost
from rnn_core.results.probe import ProbedPlace, VectorProbe
from rnn_core.results.readout import Logit
from rnn_core.results.recipe import Recipe
from rnn_core.results.scaling import Scaled
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
    TranslationScores,
)
from rnn_core.results.trace import EOS, OVERFLOW, SOS, Feature, Trace
from rnn_core.results.training import History
from rnn_core.results.translation import Candidate, Side, Translation
from rnn_core.results.translation_gradients import ENCODER, LossGradient, SideGradients, TranslationGradients
from rnn_core.results.units import GateTerms, UnitStep
from rnn_core.results.way_back import CutWays, WayBack
from rnn_core.results.written import Written

__all__ = [
    "ENCODER",
    "ENDS",
    "EOS",
    "OVERFLOW",
    "PAD",
    "SOS",
    "UNKNOWN",
    "Along",
    "Answer",
    "Answers",
    "BaselineScores",
    "BatchDirections",
    "Breakdown",
    "ByDistance",
    "Candidate",
    "ChainProduct",
    "ClassScores",
    "Comparison",
    "Context",
    "CopyGradients",
    "Corpus",
    "CorpusHunt",
    "Coverage",
    "CutWays",
    "Cutting",
    "DataReport",
    "DistanceGroup",
    "Evaluation",
    "Feature",
    "FileAnswers",
    "GateTerms",
    "GradientFlow",
    "Group",
    "History",
    "Hunt",
    "IndexMatrix",
    "Judged",
    "LabelMatrix",
    "Ledger",
    "LedgerRow",
    "LeftOut",
    "LengthGroup",
    "Logit",
    "Loops",
    "LossGradient",
    "LossModes",
    "Marked",
    "MemoryRow",
    "Mistake",
    "OneHotVector",
    "OneHotWindow",
    "OverTraining",
    "PaddedRead",
    "PaddingAudit",
    "PaddingCost",
    "PairMatrices",
    "Passage",
    "ProbedPlace",
    "Reach",
    "Readings",
    "ReadoutGradients",
    "Recipe",
    "RecurrenceGain",
    "Reliability",
    "Repeats",
    "Scaled",
    "Scores",
    "SgdStep",
    "Side",
    "SideGradients",
    "SideReport",
    "SpanScores",
    "SplitSummary",
    "StreamParts",
    "TextMatrix",
    "TokenScores",
    "Trace",
    "Translation",
    "TranslationDetail",
    "TranslationGradients",
    "TranslationScores",
    "TranslatorLedger",
    "Truncation",
    "UnitStep",
    "Unknown",
    "VectorProbe",
    "WayBack",
    "WayOfReading",
    "WithoutRecurrence",
    "Written",
]
