"""The view of a run's recipe, beside that of logistic regression."""

from rnn_core.analysis.recipe import recipe
from rnn_core.config import CHOICE_NAMES, metric_name
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import Recipe
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View, number


def _recipe(inputs: Inputs, controls: Controls) -> Recipe:
    return recipe(inputs.network, inputs.history)


def rows(found: Recipe) -> dict[str, tuple[str, str]]:
    """By step of the recipe what this run and logistic regression do, as Markdown."""
    n, k, own = f"{found.words:,}", found.classes, ", ".join(map(tr, found.starts))
    seen = {
        "text": tr("how often each of the N = {n} words is in the text; their order is lost", n=n),
        "token": tr("the token alone, one-hot: N = {n} numbers; its neighbours are lost", n=n),
        "next": tr("the token alone, one-hot: N = {n} numbers; those before it are lost", n=n),
    }[found.of]
    read = tr("the tokens in order, each a row of E: n = {embedding:,} numbers", embedding=found.embedding)
    forward = tr("xₜ = E[tokenₜ]; hₜ from hₜ₋₁ and xₜ, with h₀ = 0; ŷₜ = softmax(c + V hₜ)")
    if "E_c" in found.starts:
        read = tr("the tokens in order, each a row of E beside those of its form: n = {width:,} numbers", width=found.embedding)
        forward = tr(
            "xₜ = E[tokenₜ], beside it E_c[casing], E_2[last two letters] and E_3[last three]; hₜ from hₜ₋₁ and xₜ, with h₀ "
            "= 0; ŷₜ = softmax(c + V hₜ)",
        )
    of = {"text": tr("label"), "token": tr("tag"), "next": tr("next token")}[found.of]
    if found.of == "next":
        where, mean = tr("mean of −log p(next token) over the tokens of a batch"), ""
    else:
        mean = tr("; mean over the texts of a batch")
        where = tr("−log p({of}) after `<eos>`", of=of) if found.loss == "last" else {
            "mean": tr("mean of −log p({of}) over the steps of a text", of=of),
            "sum": tr("sum of −log p({of}) over the steps of a text", of=of),
        }[found.reduce]  # fmt: skip
    copies = tr("through up to K = {truncate:,} steps", truncate=found.truncate) if found.truncate else tr("through all steps")
    return {
        tr("what is read"): (
            read, seen,
        ),
        tr("parameters"): (
            f"{found.parameters:,}: {own}",
            tr("N·k + k = {words}·{k} + {k} = {logistic:,}: V, c", words=found.words, k=k, logistic=found.logistic),
        ),
        tr("initialise"): (
            "; ".join(f"{tr(letter)} {_start(how)}" for letter, how in found.starts.items()),
            tr("V = 0, c = 0: the loss is convex, so every start leads to the same lowest loss"),
        ),
        tr("forward"): (
            forward, tr("ŷ = softmax(c + V x)"),
        ),
        tr("loss"): (where + mean, tr("−log p({of})", of=of) + mean),
        tr("backward"): (
            tr(
                "{copies}; the gradient of {letters} is the sum over one copy per step",
                copies=copies, letters=", ".join(map(tr, found.letters)),
            ),
            tr("one step: ∂L/∂V = (ŷ − y) xᵀ, ∂L/∂c = ŷ − y"),
        ),
        tr("clip"): (
            tr("the gradient is scaled down to the norm {clip:g}", clip=found.clip) if found.clip else tr("never"),
            tr("not needed"),
        ),
        tr("update"): (
            tr(
                "{optimiser}, learning rate {rate:g}{schedule}",
                optimiser=tr(CHOICE_NAMES[found.optimizer]), rate=found.rate, schedule=_schedule(found),
            ),
            tr("the same optimisers"),
        ),
        tr("an epoch"): (_epoch(found), tr("the same batches, as often")),
        tr("until"): (_until(found), tr("the same: dev decides")),
    }  # fmt: skip


_UNIFORM, _TWICE, _BUT = "uniform in ", "the sum of two, each uniform in ", "0, but "
_STARTS = {
    "normal, deviation 1": N_("normal, deviation 1"),
    "orthogonal: WᵀW = 1 for each gate": N_("orthogonal: WᵀW = 1 for each gate"),
    "orthogonal: WᵀW = 1": N_("orthogonal: WᵀW = 1"),
}


def _start(how: str) -> str:
    """How a parameter starts, from the words of `analysis.recipe`."""
    if how.startswith(_UNIFORM):
        return tr("uniform in {bounds}", bounds=how.removeprefix(_UNIFORM))
    if how.startswith(_TWICE):
        return tr("the sum of two, each uniform in {bounds}", bounds=how.removeprefix(_TWICE))
    if how.startswith(_BUT):
        each = (one.split(" for ") for one in how.removeprefix(_BUT).split(", "))
        others = [tr("{value} for {gate}", value=value, gate=gate) for value, gate in each]
        return tr("0, but {others}", others=", ".join(others))
    return tr(_STARTS[how]) if how in _STARTS else how


def table(found: Recipe) -> str:
    """The recipe step by step, as a table in Markdown."""
    lines = [f"| {step} | {here} | {there} |" for step, (here, there) in rows(found).items()]
    return "\n".join([tr("| | {cell}, this run | logistic regression |", cell=found.cell), "| --- | --- | --- |", *lines])


def _schedule(found: Recipe) -> str:
    """What becomes of the learning rate, as a clause; empty where it stays."""
    warm = tr_n(" after a warm-up of {n:,} update", " after a warm-up of {n:,} updates", found.warmup) if found.warmup else ""
    falls = {
        "constant": "", "cosine": tr(", along a cosine to 0"),
        "plateau": tr(", halved after each epoch without a better dev score"),
    }[found.schedule]  # fmt: skip
    return falls + (warm if falls else warm and f",{warm}")


def _epoch(found: Recipe) -> str:
    each = found.per_epoch
    often = tr("{each:,.0f} updates", each=each) if each == round(each) else tr("about {each:,.0f} updates", each=each)
    often = often if each else tr("updates")
    if found.of == "next":
        return tr("{often} on batches of about B = {batch:,} streams", often=often, batch=found.batch)
    return tr("{often} on batches of about B = {batch:,} texts", often=often, batch=found.batch)


def _until(found: Recipe) -> str:
    name, higher = found.metric
    limit = tr_n("{n:,} epoch", "{n:,} epochs", found.most_epochs)
    if found.patience:
        metric = tr(metric_name(name))
        patience = tr_n(
            "{n:,} epoch without a higher dev {metric}", "{n:,} epochs without a higher dev {metric}",
            found.patience, metric=metric,
        ) if higher else tr_n(
            "{n:,} epoch without a lower dev {metric}", "{n:,} epochs without a lower dev {metric}",
            found.patience, metric=metric,
        )  # fmt: skip
        limit = tr("{patience}, or {epochs}", patience=patience, epochs=limit)
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
