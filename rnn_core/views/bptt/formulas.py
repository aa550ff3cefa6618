"""The formulas of the way back as LaTeX: those of the layer, direction, cell and parameter that are shown, and of this loss."""

import re
from collections.abc import Sequence

from rnn_core.language import formula
from rnn_core.views.bptt.asked import Asked
from rnn_core.views.formulas import latex

_PAST_W = re.compile(r"W(_[a-z])? h_\{t-1\}")


def plain(latex: str) -> str:
    """A letter with indices as it stands within a sentence."""
    raised = re.sub(r"\^\{([^}]*)\}", lambda match: match[1].translate(_ABOVE), formula(latex))
    return re.sub(r"_\{([^}]*)\}|_(\w)", lambda match: (match[1] or match[2]).translate(_BELOW), raised)


_ABOVE = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_BELOW = str.maketrans("0123456789+-kst", "₀₁₂₃₄₅₆₇₈₉₊₋ₖₛₜ")


def at_loss(of: str) -> str:
    """∂L(t)/∂ of something."""
    return rf"\frac{{\partial L(t)}}{{\partial {of}}}"


def display(lines: Sequence[str]) -> str:
    """Formulas below each other, as Markdown."""
    shown = r" \\[4pt] ".join(formula(line).replace(" = ", " &= ", 1) for line in lines)
    return rf"$$\begin{{aligned}} {shown} \end{{aligned}}$$"


# ---- what is shown --------------------------------------------------------------------------------------------------


def before(asked: Asked) -> str:
    """The step whose state is read by step k."""
    return "k+1" if asked.direction else "k-1"


def _after(asked: Asked) -> str:
    """The step that reads the state of step k."""
    return "k-1" if asked.direction else "k+1"


def multiplied(asked: Asked) -> str:
    """What the chosen parameter's copy multiplies, the v of ∂L(t)/∂P|(k) = δ vᵀ; empty for a vector."""
    if asked.readout:
        return "h_t" if asked.parameter == asked.facts.readout[0] else ""
    if asked.parameter in asked.facts.of_step:
        return f"h_{{{before(asked)}}}"
    if asked.parameter in asked.facts.of_inputs:
        return f"h^{{({asked.layer})}}_k" if asked.layer else "x_k"
    return ""


def _delta(asked: Asked, product: str, step: str = "k", layer: str = "") -> str:
    """δ at a product; of a cell with one pre-activation, h = φ(a), all products have the same."""
    below = "" if asked.facts.bounded else f"_{{{latex(asked.facts.letters[product])}}}"
    return rf"\delta{below}{layer}(t,{step})"


def copy(asked: Asked) -> str:
    """What a copy of the chosen parameter receives: δ times what it multiplies."""
    facts, letter = asked.facts, latex(asked.letter)
    if asked.readout:
        factor = r"\, h_t^\top" if multiplied(asked) else ""
        return rf"{at_loss(f'{letter}|(t)')} = {_at_logits(asked)}{factor}"
    product = facts.products[asked.parameter]
    delta, v = _delta(asked, product), multiplied(asked)
    if rows := facts.last_gates(asked.parameter):
        delta = rf"[{delta}]_{{{','.join(rows)}}}"
    return rf"{at_loss(f'{letter}|(k)')} = {delta}" + (rf"\, {v}^\top" if v else "")


def _at_logits(asked: Asked) -> str:
    """∂L(t)/∂o_t."""
    return "y_t" if asked.flow.logit else r"(\hat y_t - y_t)"


def deltas(asked: Asked) -> list[str]:
    """δ at the products that the gradient of the chosen parameter and the way back need, from the gradient at the state."""
    if asked.facts.bounded:
        return [rf"\delta(t,k) = \varphi'(a_k) \odot {at_loss('h_k')}"]
    return [_at_product(asked, name) for name in dict.fromkeys((*asked.facts.of_step, asked.facts.products[asked.parameter]))]


def _at_product(asked: Asked, product: str) -> str:
    facts = asked.facts
    letter = latex(facts.letters[product])
    if product in facts.of_step:
        there = f"({letter} h_{{{before(asked)}}})"
    elif product in facts.of_inputs:
        there = f"({letter} " + (f"h^{{({asked.layer})}}_k" if asked.layer else "x_k") + ")"
    else:
        there = f"{letter}|(k)"
    return rf"{_delta(asked, product)} = {_jacobian(f'{facts.state}_k', there)} {at_loss(f'{facts.state}_k')}"


def _jacobian(of: str, at: str) -> str:
    return rf"\Bigl(\frac{{\partial^+ {of}}}{{\partial {at}}}\Bigr)^\top"


def chain(asked: Asked) -> list[str]:
    """The gradient at the state: where the loss comes in, and what each step passes on."""
    facts, after = asked.facts, _after(asked)
    both, parts = facts.directions == 2, facts.state
    terms, lines = [], []
    if asked.top:
        arrow = rf"_{{{(chr(92) + 'rightarrow', chr(92) + 'leftarrow')[asked.direction]}}}" if both else ""
        lines.append(f"{at_loss(f'{parts}_t')} = " + _with_memory(asked, rf"V{arrow}^\top {_at_logits(asked)}"))
    else:
        terms.append(_with_memory(asked, r"\frac{\partial^+ L(t)}{\partial h_k}"))
        above = [f"{arrow}({asked.layer + 2})" for arrow in ((r"\rightarrow", r"\leftarrow") if both else ("",))]
        u = facts.of_inputs[0]
        letter = latex(facts.letters[u])
        down = " + ".join(rf"{letter}^{{{one}\top}} {_delta(asked, u, layer=f'^{{{one}}}')}" for one in above)
        lines.append(rf"\frac{{\partial^+ L(t)}}{{\partial h_k}} = {down}")
    terms += [
        _with_memory(asked, rf"{latex(facts.letters[name])}^\top {_delta(asked, name, after)}") for name in facts.of_step
    ]
    if beyond := past(asked):
        terms.append(beyond)
    lines.append(f"{at_loss(f'{parts}_k')} = {' + '.join(terms)}")
    return lines


def _with_memory(asked: Asked, at_h: str) -> str:
    """A gradient at h as one at the whole state."""
    more = r",\, 0" * (len(asked.facts.parts) - 1)
    return rf"\bigl({at_h}{more}\bigr)" if more else at_h


def past(asked: Asked) -> str:
    """What a step passes on past its products; empty where nothing goes past them."""
    facts, after = asked.facts, _after(asked)
    grad = at_loss(f"{facts.state}_{{{after}}}")
    if len(facts.parts) == 1:
        if not any("h_{t-1}" in _PAST_W.sub("", equation) for equation in facts.equations):
            return ""
        if kept := keeps(asked, "h"):
            return rf"{kept} \odot {grad}"
    return rf"{_jacobian(f'{facts.state}_{{{after}}}', f'{facts.state}_k')} {grad}"


def keeps(asked: Asked, part: str) -> str:
    """By what the next step multiplies a part of the state past all products, as the cell's equations have it; empty where that
    is not one factor."""
    others = [_PAST_W.sub("", equation) for equation in asked.facts.equations]
    if sum(equation.count(f"{part}_{{t-1}}") for equation in others) != 1:
        return ""
    factor = re.compile(rf"(\([^()]*\)|[a-z]_t) \\odot {part}_\{{t-1\}}")
    found = [match[1] for equation in others if equation.startswith(f"{part}_t = ") and (match := factor.search(equation))]
    return found[0].replace("_t", f"_{{{_after(asked)}}}") if found else ""


def whole(asked: Asked) -> str:
    """The gradient of the chosen parameter, as the sum over losses and copies."""
    letter = latex(asked.letter)
    if asked.readout:
        return rf"\frac{{\partial L}}{{\partial {letter}}} = \sum_t w_t\, {copy(asked).split(' = ')[1]}"
    ks = "k" if asked.below_both else r"k \ge t" if asked.direction else r"k \le t"
    return rf"\frac{{\partial L}}{{\partial {letter}}} = \sum_t w_t \sum_{{{ks}}} {at_loss(f'{letter}|(k)')}"


def of_total(asked: Asked) -> str:
    """What a copy of the chosen parameter receives of the total loss, as the sum over the losses that reach it."""
    letter = latex(asked.letter)
    if asked.readout:
        return rf"w_t\, {at_loss(f'{letter}|(t)')}"
    ts = "t" if asked.below_both else r"t \le k" if asked.direction else r"t \ge k"
    return rf"\sum_{{{ts}}} w_t\, {at_loss(f'{letter}|(k)')}"


def path(asked: Asked) -> str:
    """One loss walked to one copy, in three factors; in a lower layer over all ways down."""
    letter, state = latex(asked.letter), asked.facts.state
    if asked.readout:
        return copy(asked)
    last = rf"\cdot \frac{{\partial^+ {state}_k}}{{\partial {letter}}}"
    copy_ = at_loss(f"{letter}|(k)")
    if asked.top:
        return rf"{copy_} = {at_loss(f'{state}_t')} \cdot \frac{{\partial {state}_t}}{{\partial {state}_k}} {last}"
    steps = r"s \le k" if asked.direction else r"s \ge k"
    if not asked.below_both:
        steps += r",\, s \le t"
    return (
        rf"{copy_} = \sum_{{{steps}}} \frac{{\partial^+ L(t)}}{{\partial {state}_s}} \cdot "
        rf"\frac{{\partial {state}_s}}{{\partial {state}_k}} {last}"
    )
