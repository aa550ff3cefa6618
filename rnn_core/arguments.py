"""The options of the command line, taken from the configs."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_core import tasks
from rnn_core.config import SPLITS, SUGGESTED, DataConfig, ModelConfig, TrainConfig, choices, number_type, options

Command = Callable[..., dict[str, Any]]


def stated(config: type, given: argparse.Namespace) -> dict[str, Any]:
    """The options of a config that the command line names."""
    return {name: value for name in options(config) if (value := getattr(given, name, None)) is not None}


def _add_options(parser: argparse.ArgumentParser, config: type, leave_out: Sequence[str] = ()) -> None:
    group = parser.add_argument_group(config.__name__.removesuffix("Config").lower())
    meant = {name for task in tasks.names() for name in tasks.task(task).options(config)}
    for name, field in options(config).items():
        if name in leave_out or name not in meant:
            continue
        flag = "--" + name.replace("_", "-")
        default = "" if field.default is None or field.default is False else f" (default: {field.default})"
        if name == "task":
            default = " (default: guessed from the training file)"
        if name in SUGGESTED:
            default = " (default: suggested for the data)"
        text = f"{field.title}: {field.description}{default}".replace("%", "%%")
        if field.annotation is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            kind = number_type(field)
            values = choices(field) or None
            group.add_argument(
                flag,
                choices=values,
                type=kind if kind in (int, float) and not values else str,
                metavar=None if values else {int: "N", float: "X"}.get(kind or str, name.upper()),
                help=text,
            )


def parser_of(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of all commands, by name; what it gives has the function as `command`."""
    parser = argparse.ArgumentParser(prog="python -m rnn_core", description="Train recurrent networks and look inside.")
    found = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str) -> argparse.ArgumentParser:
        command = commands[name]
        sub = found.add_parser(name, help=command.__doc__, description=command.__doc__)
        sub.add_argument("--workspace", help="where datasets and runs lie (default: $UNROLLED_WORKSPACE or ./workspace)")
        sub.add_argument("--job", help=argparse.SUPPRESS)  # the folder that a page watches
        sub.set_defaults(command=command)
        return sub

    def add_files(sub: argparse.ArgumentParser, required: bool) -> None:
        for split in SPLITS:
            sub.add_argument(f"--{split}", metavar="FILE", required=required and split == "train")
        sub.add_argument("--file-names", help=argparse.SUPPRESS)  # JSON: what the uploader called them, by split
        sub.add_argument("--name", help="what to call it")

    def add_device(sub: argparse.ArgumentParser) -> None:
        words = "where it computes: the processor, a GPU, or the GPU if there is one; it need not be where the run was trained"
        devices = choices(options(TrainConfig)["device"])
        sub.add_argument("--device", choices=devices, default="cpu", help=f"{words} (default: cpu)")

    sub = add("data")
    add_files(sub, required=True)
    _add_options(sub, DataConfig)

    sub = add("train")
    add_files(sub, required=False)
    sub.add_argument("--dataset", metavar="ID", help="a dataset of the workspace instead of files")
    sub.add_argument("--resume", metavar="RUN", help="go on with a run that was cut off")
    for config in (DataConfig, ModelConfig, TrainConfig):
        _add_options(sub, config)

    sub = add("evaluate")
    sub.add_argument("run", metavar="RUN")
    add_device(sub)
    sub.add_argument("file", metavar="FILE", type=Path, nargs="?")
    sub.add_argument("--on", dest="split_name", choices=SPLITS, help="a split of the run's own data instead of a file")
    sub.add_argument("--file-name", help=argparse.SUPPRESS)
    sub.add_argument("--key", help=argparse.SUPPRESS)  # what a page calls this evaluation
    _add_options(sub, DataConfig, leave_out=("task", "tokens", "lowercase", "vocabulary", "max_tokens", "split",
                                             "dev_share", "test_share", "split_seed"))  # fmt: skip

    sub = add("predict")
    sub.add_argument("run", metavar="RUN")
    add_device(sub)
    sub.add_argument("file", metavar="FILE", type=Path, help="a table, sentences with one token per line, or one text per line; "
                     "labels are not needed")  # fmt: skip
    sub.add_argument("--out", metavar="FILE", type=Path, required=True, help="what to write: .csv, .jsonl, .parquet, or .conll "
                     "for tags. In CSV a cell that begins with = + - @, a tab or a line end and is no number gets a ' before it, "
                     "so that no spreadsheet runs it as a formula; the other formats keep every text as it is")  # fmt: skip
    sub.add_argument("--lines", action=argparse.BooleanOptionalAction, help="each line is one text (default: guessed)")
    sub.add_argument("--spaced", action="store_true", help="the tokens of a text are apart by spaces already: cut it there alone")
    sub.add_argument("--probabilities", action=argparse.BooleanOptionalAction, default=True,
                     help="write the probability of every class of a text (default: yes)")  # fmt: skip
    sub.add_argument("--file-name", help=argparse.SUPPRESS)
    _add_options(sub, DataConfig, leave_out=("task", "label", "target", "tokens", "lowercase", "vocabulary", "max_tokens",
                                             "split", "dev_share", "test_share", "split_seed"))  # fmt: skip

    sub = add("readings")
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("--on", dest="split_name", choices=SPLITS, default="dev", help="a split of the run's own data (default: "
                     "dev)")  # fmt: skip

    sub = add("inspect")
    sub.add_argument("run", metavar="RUN")
    add_device(sub)
    sub.add_argument("text", metavar="TEXT")

    sub = add("gradients")
    sub.add_argument("run", metavar="RUN")
    add_device(sub)
    sub.add_argument("text", metavar="TEXT")
    sub.add_argument("--target", metavar="LABEL | TAGS", help="a label, or a tag for each token, apart by spaces (default: "
                     "what the network answers itself)")  # fmt: skip
    sub.add_argument("--loss", choices=choices(options(TrainConfig)["loss"]), help="where the losses are taken (default: as the "
                     "run was trained)")  # fmt: skip

    sub = add("generate")
    sub.add_argument("run", metavar="RUN")
    add_device(sub)
    sub.add_argument("--prompt", metavar="TEXT", default="", help="the beginning, which is read first (default: none)")
    sub.add_argument("--length", metavar="N", type=int, default=200, help="how many tokens to write at most (default: 200)")
    sub.add_argument("--temperature", metavar="X", type=float, default=1.0,
                     help="divides the logits; 0 takes the most probable token each time (default: 1)")  # fmt: skip
    sub.add_argument("--seed", metavar="N", type=int, default=0, help="the same seed writes the same text (default: 0)")

    add("runs")
    return parser
