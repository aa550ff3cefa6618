"""The views of a network's ledger: its parameters, and the bytes that training it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from rnn_core import tasks
from rnn_core.analysis.ledger import ledger, translator_ledger
from rnn_core.figures import bars
from rnn_core.language import N_, tr
from rnn_core.results import Ledger, LedgerRow, TranslatorLedger
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, Table, View, figure

MOST_BATCH, MOST_STEPS = 100_000, 20_000

_HELD = {
    "weights": N_("weights"), "gradients": N_("gradients"), "Adam's two moments": N_("Adam's two moments"),
    "row numbers of E": N_("row numbers of E"), "average of the weights": N_("average of the weights"),
    "best weights so far": N_("best weights so far"), "inputs x": N_("inputs x"), "states and gates": N_("states and gates"),
    "logits": N_("logits"),
}  # fmt: skip
"""What training holds, by the names of `analysis.ledger`."""

_PARTS = {"encoder": N_("encoder"), "decoder": N_("decoder"), "attention": N_("attention"), "readout": N_("readout")}


@dataclass(frozen=True)
class Sizes(Controls):
    """B and T of the activations; None: as the run was trained, and as long as the text (of a stream, as a chunk)."""

    batch: int | None = None
    steps: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        train, stream = inputs.run.config.train, tasks.of(inputs.run.config).carries
        batch = train.batch if self.batch is None else self.batch
        steps = (train.truncate if stream else len(inputs.trace.tokens)) if self.steps is None else self.steps
        return replace(self, batch=min(max(batch, 1), MOST_BATCH), steps=min(max(steps, 1), MOST_STEPS))


def _ledger(inputs: Inputs, controls: Sizes) -> Ledger:
    assert controls.batch and controls.steps
    found: Ledger = inputs.once(_counted, controls.batch, controls.steps)
    return found


def _counted(inputs: Inputs, batch: int, steps: int) -> Ledger:
    return ledger(inputs.network, batch, steps)


def _choose_sizes(inputs: Inputs, controls: Sizes) -> tuple[Choice, ...]:
    stream = tasks.of(inputs.run.config).carries
    return (
        Choice("batch", tr("Streams side by side B") if stream else tr("Texts in a batch B"), (1, MOST_BATCH), form="number",
               help=tr("at first as the run was trained")),
        Choice("steps", tr("Steps T"), (1, MOST_STEPS), form="number",
               help=tr("at first those of a chunk") if stream else tr("at first those of the text above")),
    )  # fmt: skip


def size_words(count: float) -> str:
    """Bytes for people, in powers of 1,000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} B" if unit == "B" else f"{count:,.2f} {unit}"
        count /= 1000
    return f"{count:,.2f} TB"


def place(row: LedgerRow, found: Ledger) -> str:
    """A parameter's letter, with layer and direction where there are several."""
    if row.layer is None or row.direction is None:
        return tr(row.letter)
    where = [tr("layer {layer}", layer=row.layer + 1)] * (max(r.layer or 0 for r in found.rows) > 0)
    where += [(tr("from the start"), tr("from the end"))[row.direction]] * any(r.direction for r in found.rows)
    return tr(row.letter) + (f" ({', '.join(where)})" if where else "")


def _draw_counts(found: Ledger) -> tuple[Part, ...]:
    names = [place(row, found) for row in found.rows]
    shapes = [" × ".join(f"{side:,}" for side in row.shape) for row in found.rows]
    says = [f"{shape} = {row.count:,}" if "×" in shape else shape for shape, row in zip(shapes, found.rows, strict=True)]
    return figure(bars.amounts(names, [row.count for row in found.rows], says, tr("numbers that are learnt")))


def _explain_counts(found: Ledger) -> str:
    values = found.letters
    gates = tr(", G = {gates} gates", gates=values["G"]) if values["G"] > 1 else ""
    letters = {row.letter for row in found.rows}
    past = tr(", W (G·d × d) the state before") if "W" in letters else ""
    own = tr("U, W and b") if "W" in letters else tr("U and b")
    tied = tr(" E is V too (tied), so n = d and k = N, and it is counted once.") if "E = V" in letters else ""
    form = tr(
        " E is N × e here: beside the word's row, xₜ holds a row of {f} numbers for each feature of its form, from $E_c$ (its "
        "casing, {casings} rows), $E_2$ (its last two letters, {two:,} rows) and $E_3$ (its last three, {three:,} rows), so n "
        "= e + 3·f = {e} + 3·{f}.",
        f=values["f"], e=values["e"], casings=values["N_c"], two=values["N_2"], three=values["N_3"],
    ) if "f" in values else ""  # fmt: skip
    return tr(
        "A parameter is a matrix or vector of numbers that training sets. E (N×n) holds a row for every word, U (G·d × n) "
        "carries what is read into the units{past}, b are the biases, V (k × d) and c read the answer out.{tied}{form} Here N = "
        "{words:,}, n = {n}, d = {d}, k = {k}{gates}; G counts the gates, each with its own {own}.\n\n"
        "{sums}\n\n"
        "Fed one-hot instead of by E, U would have N columns and not n.",
        past=past, tied=tied, form=form, words=values["N"], n=values["n"], d=values["d"], k=values["k"], gates=gates, own=own,
        sums=sum_words(found),
    )


def sum_words(found: Ledger) -> str:
    """The sum in letters and numbers, and the three ways to count, as Markdown."""
    total = f"{found.by_formula:,}".replace(",", "{,}")
    said = tr(
        "By the formula **{by_formula:,}**, by the shapes that the cell declares **{declared:,}**, by the sizes of the "
        "tensors **{in_tensors:,}**: {agreement}.",
        by_formula=found.by_formula, declared=found.declared, in_tensors=found.in_tensors, agreement=agreement(found),
    )
    return f"$${found.formula}$$\n\n$$= {found.numbers} = {total}$$\n\n{said}"


def agreement(found: Ledger) -> str:
    """Whether the three ways to count agree."""
    same = found.by_formula == found.declared == found.in_tensors
    return tr("the same") if same else tr("**not the same**, which is a fault of this program")


_view = partial(
    View[Sizes, Ledger], needs=("run", "text"), controls=Sizes, compute=_ledger,
    most_bytes=lambda inputs: 8192 + 1024 * (inputs.run.config.model.layers * (1 + inputs.run.config.model.bidirectional)),
)  # fmt: skip

PARAMETERS = _view("ledger", N_("How many numbers are learnt?"), render=_draw_counts, explain=_explain_counts)


def counts(found: Ledger) -> dict[str, list[Any]]:
    """The ledger as a table."""
    return _counts([place(row, found) for row in found.rows], found.rows, found.in_tensors)


def _counts(names: Sequence[str], rows: Sequence[LedgerRow], total: int) -> dict[str, list[Any]]:
    return {
        tr("parameter"): [*names, tr("sum")],
        tr("in letters"): [*(" × ".join(row.size) for row in rows), ""],
        tr("shape"): [*(" × ".join(f"{side:,}" for side in row.shape) for row in rows), ""],
        tr("numbers"): [*(row.count for row in rows), total],
        tr("share"): [*(row.count / total for row in rows), 1.0],
    }


def _formats() -> dict[str, str]:
    return {tr("share"): "percent", tr("numbers"): "localized"}


COUNTS = _view(
    "ledger-sum", "", explain=sum_words,
    render=lambda found: (
        Part("text", sum_words(found)),
        Part("table", Table(counts(found), formats=_formats())),
    ),
)  # fmt: skip


def _draw_memory(found: Ledger) -> tuple[Part, ...]:
    rows = found.memory
    says = [size_words(row.size) for row in rows]
    return figure(bars.amounts([tr(_HELD[row.name]) for row in rows], [row.size for row in rows], says, tr("bytes")))


def _explain_memory(found: Ledger) -> str:
    sizes, held = found.sizes, {row.name for row in found.memory}
    rows = "\n".join(f"| {tr(_HELD[row.name])} | {row.formula} | {row.size:,} |" for row in found.memory)
    letters = ", ".join(f"{letter} = {value:,}" for letter, value in sizes.items())
    optimiser = tr("Adam keeps two running means (moments) for each parameter") if "Adam's two moments" in held else tr(
        "SGD keeps nothing between updates",
    )  # fmt: skip
    by_rows = tr(
        " Of E, a batch has a gradient only for the R rows that it reads: at most one per token, and at most N. For each "
        "of the N rows two whole numbers of 8 bytes say by which update it is up to date, and where it stands in the batch.",
    )
    if "S" in sizes:
        by_rows = tr(
            " Of the embeddings, S numbers in A rows, a batch has gradients only for the rows that it reads: those of at most R "
            "different tokens. For each of the A rows two whole numbers of 8 bytes say by which update it is up to date, and "
            "where it stands in the batch.",
        )
    if "E = V" in {row.letter for row in found.rows}:
        by_rows = tr(
            " As V, every row of E has a gradient; that of the R rows that a batch reads is added to it. For each of the N "
            "rows a whole number of 8 bytes says where it stands in the batch.",
        )
    average = tr(
        " The running average of the weights is a copy, and one more is made for as long as dev is scored with the average.",
    )
    some = tr(", up to q = {most:,} at a time", most=sizes["q"]) * (sizes["q"] < sizes["m"])
    cut = tr(
        " The way back is cut after K = {steps:,} steps, so K steps are held and not T.", steps=sizes["K"],
    ) * (sizes["K"] < sizes["T"])  # fmt: skip
    return tr(
        "Each number is a float32 of 4 bytes. {optimiser}; the weights of the best epoch so far are a "
        "copy.{by_rows}{average} The way back needs the inputs, states and gates of every step, so these grow with B and "
        "T, and the logits of the m steps that the loss counts{some}.{cut}\n\n"
        "| held | formula | bytes |\n"
        "| --- | --- | ---: |\n"
        "{rows}\n\n"
        "Here {letters}: s numbers are kept per unit and step, ℓ is layers times directions.\n\n"
        "Together {total}. Buffers, and the copies that dropout makes, come on top.",
        optimiser=optimiser, by_rows=by_rows * ("row numbers of E" in held),
        average=average * ("average of the weights" in held), some=some, cut=cut, rows=rows, letters=letters,
        total=size_words(sum(row.size for row in found.memory)),
    )


MEMORY = _view("memory", N_("How many bytes does training take?"), render=_draw_memory, explain=_explain_memory,
               choices=_choose_sizes)  # fmt: skip



# ---- an encoder–decoder ----------------------------------------------------------------------------------------------


def _of_both(inputs: Inputs, controls: Controls) -> TranslatorLedger:
    return translator_ledger(inputs.network)


def _names(found: TranslatorLedger) -> list[str]:
    """Each parameter's part and letter, with layer and direction where there are several."""
    layers = max(row.layer or 0 for row in found.rows) + 1
    directions = max(row.direction or 0 for row in found.rows) + 1
    names = []
    for part, row in zip(found.parts, found.rows, strict=True):
        where: list[str] = []
        if row.layer is not None and row.direction is not None:
            where += [tr("layer {layer}", layer=row.layer + 1)] * (layers > 1)
            where += [(tr("from the start"), tr("from the end"))[row.direction]] * (directions > 1 and part == "encoder")
        names.append(f"{tr(_PARTS[part])}: {tr(row.letter)}" + (f" ({', '.join(where)})" if where else ""))
    return names


def counts_of_both(found: TranslatorLedger) -> dict[str, list[Any]]:
    """The ledger of an encoder–decoder as a table."""
    return _counts(_names(found), found.rows, found.in_tensors)


def sum_of_both(found: TranslatorLedger) -> str:
    """The two ways to count, as Markdown."""
    same = tr("the same") if found.declared == found.in_tensors else tr("**not the same**, which is a fault of this program")
    return tr(
        "By the shapes that the options ask for **{declared:,}**, by the sizes of the tensors **{in_tensors:,}**: {same}.",
        declared=found.declared, in_tensors=found.in_tensors, same=same,
    )


def _draw_both(found: TranslatorLedger) -> tuple[Part, ...]:
    says = [" × ".join(f"{side:,}" for side in row.shape) + f" = {row.count:,}" for row in found.rows]
    drawn = bars.amounts(_names(found), [row.count for row in found.rows], says, tr("numbers that are learnt"))
    table = Table(counts_of_both(found), formats=_formats())
    return Part("figure", drawn), Part("text", sum_of_both(found)), Part("table", table)


def _explain_both(found: TranslatorLedger) -> str:
    values, letters = found.letters, {row.letter for row in found.rows}
    said = [
        tr(
            "The encoder and the decoder each have an E, a row for every word that they read, and the U, W and b of their "
            "own cell (as far as the cell has them).",
        ),
    ]
    if "W_c" in letters:
        said.append(tr("W_c makes the attentional state from the decoder's state and the context."))
    if "W_a" in letters:
        said.append(tr(
            "W_a, U_a and v score how much each source step is attended to, and the context is an input of the decoder.",
        ))
    said.append(tr("E is V too (tied), and counted once.") if "E = V" in letters else tr("V and c read the next token out."))
    in_numbers = ", ".join(f"{letter} = {value:,}" for letter, value in values.items())
    return tr(
        "{said} Here {in_numbers}: N and M are the words of the source and of the target, e the units of each direction of "
        "the encoder, G the gates.\n\n"
        "{sums}",
        said=" ".join(said), in_numbers=in_numbers, sums=sum_of_both(found),
    )


OF_BOTH: View[Controls, TranslatorLedger] = View(
    "translator-ledger", N_("How many numbers do both networks learn?"), ("run",), Controls,
    _of_both, _draw_both, _explain_both,
    lambda inputs: 8192 + 4096 * inputs.run.config.model.layers,
)  # fmt: skip

VIEWS = (PARAMETERS, MEMORY, COUNTS, OF_BOTH)
