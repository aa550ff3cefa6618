"""The view of a run's recipe, beside that of logistic regression."""

from rnn_core.analysis.recipe import recipe
from rnn_core.config import CHOICE_NAMES, metric_name
from rnn_core.figures.text import counted
from rnn_core.language import N_, tr
from rnn_core.results import Recipe
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View, number


def _recipe(inputs: Inputs, controls: Controls) -> Recipe:
    return recipe(inputs.network, inputs.history)


def rows(found: Recipe) -> dict[str, tuple[str, str]]:
    """By step of the recipe what this run and logistic regression do, as Markdown."""
    n, k, own = f"{found.words:,}", found.classes, ", ".join(found.starts)
    seen = {
        "text": tr("how often each of the N = {n} words is in the text; their order is lost", n=n),
        "token": tr("the token alone, one-hot: N = {n} numbers; its neighbours are lost", n=n),
        "next": tr("the token alone, one-hot: N = {n} numbers; those before it are lost", n=n),
    }[found.of]
    of = {"text": "label", "token": "tag", "next": tr("next token")}[found.of]
    where = tr(
        "−log p({of}) after `<eos>`",
        of=of,
    ) if found.loss == "last" else tr(
        "{reduce} of −log p({of}) over the steps of a text",
        reduce=found.reduce, of=of,
    )
    if found.of == "next":
        where = tr("mean of −log p(next token) over the tokens of a batch")
    mean = "" if found.of == "next" else tr("; mean over the texts of a batch")
    copies = tr("through up to K = {truncate:,} steps", truncate=found.truncate) if found.truncate else tr("through all steps")
    return {
        tr("what is read"): (tr("the tokens in order, each a row of E: n = {embedding:,} numbers", embedding=found.embedding), seen),
        "parameters": (
            f"{found.parameters:,}: {own}", f"N·k + k = {found.words}·{k} + {k} = {found.logistic:,}: V, c"
        ),
        "initialise": (
            "; ".join(f"{letter} {how}" for letter, how in found.starts.items()),
            "V = 0, c = 0: the loss is convex, so every start leads to the same lowest loss",
        ),
        "forward": (
            "xₜ = E[tokenₜ]; hₜ from hₜ₋₁ and xₜ, with h₀ = 0; ŷₜ = softmax(c + V hₜ)", "ŷ = softmax(c + V x)"
        ),
        "loss": (where + mean, tr("−log p({of})", of=of) + mean),
        "backward": (
            tr(
                "{copies}; the gradient of {letters} is the sum over one copy per step",
                copies=copies, letters=', '.join(found.letters),
            ),
            tr("one step: ∂L/∂V = (ŷ − y) xᵀ, ∂L/∂c = ŷ − y"),
        ),
        "clip": (tr(
            "the gradient is scaled down to the norm {clip:g}",
            clip=found.clip,
        ) if found.clip else "never", tr("not needed")),
        "update": (tr(
            "{CHOICE_NAMES}, learning rate {rate:g}{schedule}",
            CHOICE_NAMES=CHOICE_NAMES[found.optimizer], rate=found.rate, schedule=_schedule(found),
        ), tr("the same optimisers")),
        tr("an epoch"): (_epoch(found), tr("the same batches, as often")),
        "until": (_until(found), tr("the same: dev decides")),
    }  # fmt: skip


def table(found: Recipe) -> str:
    """The recipe step by step, as a table in Markdown."""
    lines = [f"| {step} | {here} | {there} |" for step, (here, there) in rows(found).items()]
    return "\n".join([tr("| | {cell}, this run | logistic regression |", cell=found.cell), "| --- | --- | --- |", *lines])


def _schedule(found: Recipe) -> str:
    """What becomes of the learning rate, as a clause; empty where it stays."""
    warm = tr(" after a warm-up of {counted}", counted=counted(found.warmup, 'update')) if found.warmup else ""
    falls = {
        "constant": "", "cosine": tr(", along a cosine to 0"), "plateau": tr(", halved after each epoch without a better dev score")
    }[found.schedule]  # fmt: skip
    return falls + (warm if falls else warm and f",{warm}")


def _epoch(found: Recipe) -> str:
    unit = "streams" if found.of == "next" else "texts"
    each = found.per_epoch
    often = tr("{each:,.0f} updates", each=each) if each == round(each) else tr("about {each:,.0f} updates", each=each)
    return tr(
        "{value} on batches of about B = {batch:,} {unit}",
        value=often if each else 'updates', batch=found.batch, unit=unit,
    )


def _until(found: Recipe) -> str:
    name, higher = found.metric
    better = tr("a higher") if higher else tr("a lower")
    patience = tr(
        "{counted} without {better} dev {metric_name}",
        counted=counted(found.patience, 'epoch'), better=better, metric_name=metric_name(name),
    ) if found.patience else ""
    limit = tr(
        "{patience}, or {counted}",
        patience=patience, counted=counted(found.most_epochs, 'epoch'),
    ) if patience else counted(found.most_epochs, "epoch")
    if not found.epochs:
        return tr("{limit}; this run wrote no epoch down", limit=limit)
    best = tr("; best: epoch {best:g}", best=found.best) if found.best else ""
    return tr(
        "{limit}; here {epochs:g} epochs and {updates:,} updates{best}",
        limit=limit, epochs=found.epochs, updates=found.updates, best=best,
    )


def _explain(found: Recipe) -> str:
    n, k = found.words, found.classes
    return tr(
        "Both are trained by the same recipe: initialise; then, batch after batch, forward, loss, backward, update; until "
        "dev no longer improves. What differs is what is read: logistic regression gets one vector x of N numbers, the "
        "recurrent network one token after another, with a state in between.\n\n"
        r"$$\hat y = \mathrm{{softmax}}(c + V x) \qquad \text{{beside}} \qquad \hat y_t = \mathrm{{softmax}}(c + V h_t)$$"
        "\n\n"
        r"$$N k + k = {n} \cdot {k} + {k} = {logistic}, \qquad P = {parameters}$$"
        "\n\n"
        "The learning rate is {rate}; an epoch has {per_epoch} updates on average ({updates:,} updates in {epochs:g} "
        "epochs).",
        n=n, k=k, logistic=found.logistic, parameters=found.parameters, rate=number(found.rate),
        per_epoch=number(found.per_epoch), updates=found.updates, epochs=found.epochs,
    )


RECIPE: View[Controls, Recipe] = View(
    "recipe", N_("By which recipe was this network trained?"), ("run", "history"), Controls, _recipe,
    lambda found: (Part("text", table(found)),), _explain, lambda inputs: 8192,
)  # fmt: skip

VIEWS = (RECIPE,)
