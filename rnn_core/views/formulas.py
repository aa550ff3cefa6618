"""The network's formulas as LaTeX, for the layer and direction that is looked at.

A letter without a layer's number is of the layer and direction that is looked at; x_t is what that layer reads. `cell` has the
letters of the code, so that results can hold it; all else is in the reader's.
"""

from collections.abc import Sequence

from rnn_core.language import formula, tr

_GREEK = {"α": r"\alpha", "β": r"\beta"}


def latex(letter: str) -> str:
    """A parameter's letter."""
    return formula("".join(_GREEK.get(one, one) for one in letter))


def cell(
    equations: Sequence[str], parts: Sequence[str], layer: int, direction: int, directions: int, form: bool = False
) -> tuple[str, ...]:
    """The equations of one layer and direction: what x_t is, the cell's own equations, and the state before the first step.

    Args:
        equations, parts: as the cell declares them.
        layer, direction: which, from 0. Direction 1 reads from the end.
        directions: how many there are.
        form: whether the network reads the form of words.
    """
    own = (_read(equation, direction) for equation in equations)
    first = "{T+1}" if direction else "0"
    start = " = ".join([*(f"{part}_{first}" for part in parts), "0"])
    return (f"x_t = {below(layer, directions, form)}", *own, start)


def _read(equation: str, direction: int) -> str:
    """An equation in the order of a direction: read from the end, the state before step t is that of step t + 1."""
    return equation.replace("{t-1}", "{t+1}") if direction else equation


def below(layer: int, directions: int, form: bool = False) -> str:
    """What a layer, from 0, reads at a step: the embedding of the token, with those of its form beside it, or the states of the
    layer below."""
    if layer:
        return _states(layer, directions)
    return embedded(form)


def embedded(form: bool) -> str:
    """x_t of the lowest layer."""
    word = r"E[\mathrm{token}_t]"
    return rf"[{word}; E_c[\mathrm{{casing}}_t]; E_2[\mathrm{{end2}}_t]; E_3[\mathrm{{end3}}_t]]" if form else word


def top(layers: int, directions: int) -> str:
    """What the readout multiplies by V: the states of the top layer, of both directions where there are two."""
    return formula("h_t" if (layers, directions) == (1, 1) else _states(layers, directions))


def _states(number: int, directions: int) -> str:
    """The states of a layer, whose number is counted from 1."""
    if directions == 1:
        return f"h^{{({number})}}_t"
    return rf"[\overrightarrow{{h}}^{{({number})}}_t; \overleftarrow{{h}}^{{({number})}}_t]"


def readout(layers: int, directions: int) -> str:
    """The readout at a step."""
    return formula(r"o_t = c + V {top}, \qquad \hat y_t = \mathrm{{softmax}}(o_t)", top=top(layers, directions))


def lines(equations: Sequence[str]) -> str:
    """Equations one below the other, for Markdown."""
    joined = r" \\ ".join(equations)
    return formula(rf"$$\begin{{gathered}} {joined} \end{{gathered}}$$")


def top_words(layers: int, directions: int) -> str:
    """What the readout reads, in words, where it is not plain: a paragraph after the formula; else empty."""
    if layers > 1 and directions > 1:
        said = tr(
            "The state that is read out is that of the top layer of {layers}, of both directions, that from the start first.",
            layers=layers,
        )
    elif layers > 1:
        said = tr("The state that is read out is that of the top layer of {layers}.", layers=layers)
    elif directions > 1:
        said = tr("The state that is read out is that of both directions, that from the start first.")
    else:
        return ""
    return f"\n\n{said}"
