"""What is looked at, and how a link says it."""

import contextlib
import math
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints


@dataclass(frozen=True)
class Selection:
    """What is looked at.

    Attributes:
        run: a run's id.
        text: what is read.
        spaced: the text is tokens with a space between, as in labelled data: it is cut there and nowhere else.
        private: keep the text out of the address bar.
        step, unit: chosen ones, counted from 0; None where nothing has been chosen.
        layer, direction, quantity, curve: of the views on Inspect.
        label: the class whose loss is shown.
        dataset: a dataset's id, on Data and Train.
        job: the reading of a file that goes on, on Data.
        shown: `scores` or `answers`, on Evaluate.
        answers: the id of the answers for a file.
        on: what the run is evaluated on: a split, or `file`.
        cell: `row,column` of the confusion matrix.
        position, passage: on Evaluate for a stream: by which place losses are shown, and one of the worst passages, from 0.
        dynamic: the learning rate of dynamic evaluation there; None: the weights are fixed.
        measure, match, sorting: on Evaluate for translations: the score by source length, and which examples are listed in
            which order.
        loss, reduce: of a text: `last` or `every`, and `mean` or `sum` over its steps; None: as trained.
        logit, precise: of the gradients on BPTT: of the logit, in 64 bits.
        tags: the target of a tagging run, apart by spaces; None: its own answer.
        back: the chosen copy, a step from 0.
        down: the step at which the loss comes down into a lower layer, from 0; None: where most of it does.
        window: K, where the way back is cut.
        parameter: the code's name of the one whose copies are shown.
        pinned: ids of the runs beside this one, with commas.
        rows, source, order: on Words to matrix: the id of further texts, where the rows come from (`data` or `typed`), and
            how the words are numbered.
        pads, side, masking: of its padding audit.
        gate: whose sum is read term by term.
        parts, chunk: B and K of a text that is cut as a stream, on Words to matrix.
        batch, steps: B and T of its ledger; None: as the run was trained, and as long as the text.
        inside: the open tab of Inspect.
        part: the open tab of Words to matrix.
        pattern, expression, among: of the hunt for units: what is looked for, and in which quantity.
        corpus: where it is looked for besides the text: a split of the run's data, or the name of a sample.
        reading: the open tab of Generate.
        writing, branch: the id of an exploration on Generate, and which of its texts is shown, from 0.
        long: the name of a long text that a job writes.
        begins: how the target begins, on Translate.
        beam, normalisation, longest, copy: of its search, as in `TranslateConfig`; `copy` also on Evaluate.
        picture: `forwards`, `backwards` or `over` (over training), on Unrolled.
        added: how many tokens a network that writes adds to the text there.
        links: the steps of the decoder whose attention is set, each with its step of the source, such as `2-5.4-1`, from 1.
        beside: the id of a second run on Translate, and on Evaluate for translations.
        reference: the target whose losses BPTT follows back, for a run of translation; None: its own translation.
        section: the open tab of BPTT.
        clip: the norm that its gradient is clipped to; None: as trained.
        scale: what W is multiplied by there; None: 1.
        lesson: the name of a lesson, on Learn; None: the list of them.
        at: its step, from 1.
        done: the steps that are done, parted by points, with an `s` behind those that were skipped, such as `1.2s`.
        lock: the controls of the lesson's views cannot be changed.
        present: the lesson is shown large, without the sidebar.
        group: the code of the class whose answers are counted.
        overview: how the class answered is shown instead of the step.
        language: of the interface, by its name in `language.LANGUAGES`; None: the browser's.
        letters: of formulas, by the name of their set in `language.SETS`.
    """

    run: str | None = None
    text: str | None = None
    spaced: bool = False
    private: bool = False
    step: int | None = None
    unit: int | None = None
    layer: int = 0
    direction: int = 0
    quantity: str = "h"
    curve: str = "answers"
    label: str | None = None
    dataset: str | None = None
    job: str | None = None
    shown: str = "scores"
    answers: str | None = None
    on: str | None = None
    cell: str | None = None
    position: str = "line"
    passage: int = 0
    dynamic: float | None = None
    measure: str = "bleu"
    match: str = "all"
    sorting: str = "worst"
    loss: str | None = None
    reduce: str | None = None
    logit: bool = False
    precise: bool = False
    tags: str | None = None
    back: int | None = None
    down: int | None = None
    window: int | None = None
    parameter: str = ""
    pinned: str | None = None
    rows: str | None = None
    source: str | None = None
    order: str = "run"
    pads: int = 5
    side: str = "right"
    masking: bool = True
    gate: str | None = None
    parts: int = 3
    chunk: int = 5
    batch: int | None = None
    steps: int | None = None
    section: str | None = None
    clip: float | None = None
    scale: float | None = None
    part: str | None = None
    pattern: str = "quotes"
    expression: str = ""
    among: str | None = None
    corpus: str | None = None
    reading: str | None = None
    inside: str | None = None
    writing: str | None = None
    branch: int = 0
    long: str | None = None
    begins: str = ""
    beam: int | None = None
    normalisation: float | None = None
    longest: int | None = None
    copy: bool = False
    links: str = ""
    picture: str = "forwards"
    added: int = 0
    beside: str | None = None
    reference: str | None = None
    lesson: str | None = None
    at: int = 1
    done: str = ""
    lock: bool = False
    present: bool = False
    group: str | None = None
    overview: bool = False
    language: str | None = None
    letters: str = "h"


def to_link(chosen: Selection) -> dict[str, str]:
    """The fields that differ from their defaults, as the address bar holds them."""
    return {
        field.name: str(int(value)) if isinstance(value, bool) else str(value)
        for field in fields(Selection)
        if (value := getattr(chosen, field.name)) != field.default
    }


def from_link(link: dict[str, str]) -> dict[str, Any]:
    """The fields that a link names with a value that makes sense; the rest is ignored."""
    found = {name: _parsed(kind, link[name]) for name, kind in _KINDS.items() if name in link}
    return {name: value for name, value in found.items() if value is not None}


def _parsed(kind: type, value: str) -> Any:
    if kind is bool:
        return value == "1"
    if kind is float:
        return _number(value)
    if kind is int:
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None
    return value


def _number(value: str) -> float | None:
    with contextlib.suppress(ValueError):
        found = float(value)
        return found if math.isfinite(found) else None
    return None


def _kind(annotation: Any) -> type:
    """`int` of `int | None`."""
    kind: type = next((one for one in get_args(annotation) if one is not type(None)), annotation)
    return kind


_KINDS = {name: _kind(annotation) for name, annotation in get_type_hints(Selection).items()}
"""The type of each field."""
