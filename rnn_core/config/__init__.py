"""The one list of options: the frozen configs of data, model and training.

The command line, the forms on the pages and the saved `config.json` are all built from these fields, so an
option is added here and nowhere else. Loads no torch.
"""

from rnn_core.config.data import MOST_MADE, TRAINED_WITH, DataConfig, MakeConfig
from rnn_core.config.decoding import USUAL, EvaluateConfig, TranslateConfig, WriteConfig
from rnn_core.config.fields import MOST_WHOLE, bounds, choices, number_type, options, set_options
from rnn_core.config.making import make, plain
from rnn_core.config.model import ModelConfig
from rnn_core.config.names import CELLS, CHOICE_NAMES, METRIC_NAMES, TASKS, CellName, TaskName, metric_name
from rnn_core.config.problem import Problem
from rnn_core.config.run import FORMAT, SPLITS, RunConfig
from rnn_core.config.training import SUGGESTED, TrainConfig

__all__ = [
    "CELLS", "CHOICE_NAMES", "FORMAT", "METRIC_NAMES", "MOST_MADE", "MOST_WHOLE", "SPLITS", "SUGGESTED", "TASKS",
    "TRAINED_WITH", "USUAL", "CellName", "DataConfig", "EvaluateConfig", "MakeConfig", "ModelConfig", "Problem",
    "RunConfig", "TaskName", "TrainConfig", "TranslateConfig", "WriteConfig", "bounds", "choices", "make",
    "metric_name", "number_type", "options", "plain", "set_options",
]  # fmt: skip
