"""The view of a run's recipe, beside that of logistic regression."""

from rnn_core.analysis.recipe import recipe
from rnn_core.config import CHOICE_NAMES, metric_name
from rnn_core.figures.text import counted
from rnn_core.results import Recipe
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View, number


def _recipe(inputs: Inputs, controls: Controls) -> Recipe:
    return recipe(inputs.network, inputs.history)


def rows(found: Recipe) -> dict[str, tuple[str, str]]:
    """By step of the recipe what this run and logistic regression do, as Markdown."""
    n, k, own = f"{found.words:,}", found.classes, ", ".join(found.starts)
    seen = {
        "text": f"how often each of the N = {n} words is in the text; their order is lost",
        "token": f"the token alone, one-hot: N = {n} numbers; its neighbours are lost",
        "next": f"the token alone, one-hot: N = {n} numbers; those before it are lost",
    }[found.of]
    of = {"text": "label", "token": "tag", "next": "next token"}[found.of]
    where = f"−log p({of}) after `<eos>`" if found.loss == "last" else f"{found.reduce} of −log p({of}) over the steps of a text"
    if found.of == "next":
        where = "mean of −log p(next token) over the tokens of a batch"
    mean = "" if found.of == "next" else "; mean over the texts of a batch"
    copies = f"through up to K = {found.truncate:,} steps" if found.truncate else "through all steps"
    return {
        "what is read": (f"the tokens in order, each a row of E: n = {found.embedding:,} numbers", seen),
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
        "loss": (where + mean, f"−log p({of})" + mean),
        "backward": (
            f"{copies}; the gradient of {', '.join(found.letters)} is the sum over one copy per step",
            "one step: ∂L/∂V = (ŷ − y) xᵀ, ∂L/∂c = ŷ − y",
        ),
        "clip": (f"the gradient is scaled down to the norm {found.clip:g}" if found.clip else "never", "not needed"),
        "update": (f"{CHOICE_NAMES[found.optimizer]}, learning rate {found.rate:g}{_schedule(found)}", "the same optimisers"),
        "an epoch": (_epoch(found), "the same batches, as often"),
        "until": (_until(found), "the same: dev decides"),
    }  # fmt: skip


def table(found: Recipe) -> str:
    """The recipe step by step, as a table in Markdown."""
    lines = [f"| {step} | {here} | {there} |" for step, (here, there) in rows(found).items()]
    return "\n".join([f"| | {found.cell}, this run | logistic regression |", "| --- | --- | --- |", *lines])


def _schedule(found: Recipe) -> str:
    """What becomes of the learning rate, as a clause; empty where it stays."""
    warm = f" after a warm-up of {counted(found.warmup, 'update')}" if found.warmup else ""
    falls = {
        "constant": "", "cosine": ", along a cosine to 0", "plateau": ", halved after each epoch without a better dev score"
    }[found.schedule]  # fmt: skip
    return falls + (warm if falls else warm and f",{warm}")


def _epoch(found: Recipe) -> str:
    unit = "streams" if found.of == "next" else "texts"
    each = found.per_epoch
    often = f"{each:,.0f} updates" if each == round(each) else f"about {each:,.0f} updates"
    return f"{often if each else 'updates'} on batches of about B = {found.batch:,} {unit}"


def _until(found: Recipe) -> str:
    name, higher = found.metric
    better = "a higher" if higher else "a lower"
    patience = f"{counted(found.patience, 'epoch')} without {better} dev {metric_name(name)}" if found.patience else ""
    limit = f"{patience}, or {counted(found.most_epochs, 'epoch')}" if patience else counted(found.most_epochs, "epoch")
    if not found.epochs:
        return f"{limit}; this run wrote no epoch down"
    best = f"; best: epoch {found.best:g}" if found.best else ""
    return f"{limit}; here {found.epochs:g} epochs and {found.updates:,} updates{best}"


def _explain(found: Recipe) -> str:
    n, k = found.words, found.classes
    return (
        "Both are trained by the same recipe: initialise; then, batch after batch, forward, loss, backward, update; until dev "
        "no longer improves. What differs is what is read: logistic regression gets one vector x of N numbers, the recurrent "
        "network one token after another, with a state in between.\n\n"
        r"$$\hat y = \mathrm{softmax}(c + V x) \qquad \text{beside} \qquad \hat y_t = \mathrm{softmax}(c + V h_t)$$" + "\n\n"
        rf"$$N k + k = {n} \cdot {k} + {k} = {found.logistic}, \qquad P = {found.parameters}$$" + "\n\n"
        f"The learning rate is {number(found.rate)}; an epoch has {number(found.per_epoch)} updates on average "
        f"({found.updates:,} updates in {found.epochs:g} epochs)."
    )


RECIPE: View[Controls, Recipe] = View(
    "recipe", "By which recipe was this network trained?", ("run", "history"), Controls, _recipe,
    lambda found: (Part("text", table(found)),), _explain, lambda inputs: 8192,
)  # fmt: skip

VIEWS = (RECIPE,)
