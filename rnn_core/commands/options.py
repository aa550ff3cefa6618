"""Options that several commands have: those of the configs, files, the device."""

import argparse
from collections.abc import Sequence
from typing import Any

from rnn_core import tasks
from rnn_core.config import SPLITS, SUGGESTED, TRAINED_WITH, DataConfig, TrainConfig, choices, number_type, options

_OF_THE_CUT = ("split", "dev_share", "test_share", "split_seed")
"""Options of `DataConfig` on how one file becomes three splits."""


def stated(config: type, given: argparse.Namespace) -> dict[str, Any]:
    """The options of a config that the command line names."""
    return {name: value for name in options(config) if (value := getattr(given, name, None)) is not None}


def add_options(parser: argparse.ArgumentParser, config: type, leave_out: Sequence[str] = ()) -> None:
    """Adds an option for each field of a config that means something to a task, but for those left out."""
    group = parser.add_argument_group(config.__name__.removesuffix("Config").lower())
    meant = {name for task in tasks.names() for name in tasks.task(task).options(config)}
    for name, field in options(config).items():
        if name in leave_out or name not in meant:
            continue
        default = "" if field.default is None or field.default is False or field.default == "" else f" (default: {field.default})"
        if name == "task":
            default = " (default: guessed from the training file)"
        if name in SUGGESTED:
            default = " (default: suggested for the data)"
        text = f"{field.title}: {field.description}{default}".replace("%", "%%")
        if field.annotation is bool:
            group.add_argument(flag(name), action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            kind = number_type(field)
            values = choices(field) or None
            group.add_argument(
                flag(name),
                choices=values,
                type=kind if kind in (int, float) and not values else str,
                metavar=None if values else {int: "N", float: "X"}.get(kind or str, name.upper()),
                help=text,
            )


def flag(name: str) -> str:
    """An option as it is typed."""
    return "--" + name.replace("_", "-")


def add_files(parser: argparse.ArgumentParser) -> None:
    """Adds the files of a dataset, by split."""
    for split in SPLITS:
        parser.add_argument(f"--{split}", metavar="FILE", help=f"the file of the {split} split")
    parser.add_argument("--name", help="name of the dataset or run")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Adds the device on which a trained run computes."""
    words = "where it computes: the processor, a GPU, or the GPU if there is one; not necessarily where the run was trained"
    devices = choices(options(TrainConfig)["device"])
    parser.add_argument("--device", choices=devices, default="cpu", help=f"{words} (default: cpu)")


def add_columns(parser: argparse.ArgumentParser, leave_out: Sequence[str] = ()) -> None:
    """Adds the options on what stands where in a file that a trained run reads."""
    add_options(parser, DataConfig, (*TRAINED_WITH, *_OF_THE_CUT, *leave_out))


def columns(given: argparse.Namespace, trained: DataConfig) -> DataConfig:
    """How a trained run reads a file: as the command line says, and otherwise as in training.

    Raises:
        Problem: when an option does not fit.
    """
    return tasks.make(DataConfig, stated(DataConfig, given) | {name: getattr(trained, name) for name in TRAINED_WITH})


def flags(values: dict[str, Any]) -> list[str]:
    """Options of the command line for these values of a config; those that are None are left out."""
    found = []
    for name, value in values.items():
        written = flag(name)
        if isinstance(value, bool):
            found.append(written if value else written.replace("--", "--no-", 1))
        elif value is not None:
            found.append(f"{written}={value}")
    return found
