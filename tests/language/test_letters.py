"""The letters of formulas: each set says the same, nothing else is changed, and a user's text never is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from locales import collect
from rnn_core import language
from rnn_core.language import N_, Reader, formula, tr
from rnn_core.language.letters import SETS, Braces, lettered

IN_WORDS = {
    "hh": {"The share of W": "The share of W_hh", "∂L/∂W|(2)": "∂L/∂W_hh|(2)", "W_f h_t, U[3], V": "W_hf h_t, W_xh[3], W_hy",
           "Wörter, Übung, W×h, Wᵀ": "Wörter, Übung, W_hh×h, W_hhᵀ"},
    "s": {"hₜ₋₁ and h[3], h→[1]": "sₜ₋₁ and s[3], s→[1]", "2.5 h or {n} h left": "2.5 h or {n} h left", "the W": "the W",
          "höher hält, h": "höher hält, s"},
}
IN_FORMULAS = {
    "hh": {
        r"$b + W h_{t-1} + U x_t$": r"$b + W_{hh} h_{t-1} + W_{xh} x_t$",
        r"$\sigma(b_f + W_f h_{t-1} + U_{f} x_t)$": r"$\sigma(b_f + W_{hf} h_{t-1} + W_{xf} x_t)$",
        r"$W^\top \delta_5, W|_{(i)}, V$": r"$W_{hh}^\top \delta_5, W_{hh}|_{(i)}, W_{hy}$",
        r"$W_a [h; g]$ of an attention": r"$W_a [h; g]$ of an attention",
    },
    "s": {r"$\tilde h_t = \tanh(W h_{t-1})$": r"$\tilde s_t = \tanh(W s_{t-1})$", r"$\hat y$, 3 h": r"$\hat y$, 3 h"},
}


@pytest.mark.parametrize("letters", IN_WORDS)
def test_words_and_formulas_in_each_set(letters: str) -> None:
    for message, expected in (IN_WORDS[letters] | IN_FORMULAS[letters]).items():
        assert lettered(message, letters, Braces.FIELDS if "{n}" in message else Braces.PLAIN) == expected


def test_braces_of_fields_and_of_expressions_are_left_alone() -> None:
    assert lettered(r"{W} and $W h_{{t}} + {h}$", "hh", Braces.FIELDS) == r"{W} and $W_{{hh}} h_{{t}} + {h}$"
    assert lettered(r"{weights.W[0]} of W, $h_{t}$", "s", Braces.EXPRESSIONS) == r"{weights.W[0]} of W, $s_{t}$"
    assert lettered(r"\frac{\partial L}{\partial W}", "hh", mathematics=True) == r"\frac{\partial L}{\partial W_{hh}}"


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch):
    def set_reader(*who: str) -> None:
        monkeypatch.setattr(language, "_find", lambda: Reader(*who))

    return set_reader


@given(some.text(alphabet="hUWV {}$_[3]", max_size=20))
def test_a_value_stays_as_the_user_wrote_it(text: str) -> None:
    before = language._find
    try:
        language.find_reader(lambda: Reader("en", "hh"))
        assert tr("W of {text}", text=text) == f"W_hh of {text}"
        assert formula("W_{{{i}}}", i=text) == f"W_{{{text}}}" or formula("W + {i}", i=text) == f"W_{{hh}} + {text}"
    finally:
        language.find_reader(before)


def test_the_default_letters_change_nothing() -> None:
    for message, _ in collect.messages():
        for one in [message] if isinstance(message, str) else message:
            assert lettered(one, "h") == one


@pytest.mark.parametrize("letters", [name for name in SETS if name != "h"])
def test_in_every_message_the_old_letters_are_gone_and_come_back(letters: str) -> None:
    """The other way is a replacement of its own, so that a letter that was missed or changed by mistake is found."""
    gone = {"s": r"(?<![A-Za-z0-9_\\}}])h(?:_|\[|[ₜ₀ₖᵢ])", "hh": r"(?<![A-Za-z0-9_\\])[UWV](?![A-Za-z0-9_])"}[letters]
    back = {"W_{xh}": "U", "W_{hh}": "W", "W_{hy}": "V", "W_xh": "U", "W_hh": "W", "W_hy": "V"}
    back |= {name.replace("{", "{{").replace("}", "}}"): letter for name, letter in back.items() if "{" in name}
    for message, where in collect.messages():
        for one in [message] if isinstance(message, str) else message:
            braces = Braces.EXPRESSIONS if where.startswith("lessons") else Braces.FIELDS if _has_fields(one) else Braces.PLAIN
            changed = lettered(one, letters, braces)
            plain = re.sub(r"\{[^{}]*\}", "", changed) if braces is Braces.FIELDS else changed
            if braces is not Braces.EXPRESSIONS:
                assert not re.search(gone, plain), (one, changed)
            if letters == "hh":
                for name in sorted(back, key=len, reverse=True):
                    changed = changed.replace(name, back[name])
                changed = re.sub(r"W_(?:\{\{?)?h([ifgqzrn])(?:\}\}?)?", r"W_\1", changed)
                changed = re.sub(r"W_(?:\{\{?)?x([ifgqzrn])(?:\}\}?)?", r"U_\1", changed)
                assert _without_braces(one) == _without_braces(changed), where


def _without_braces(message: str) -> str:
    """The same with indices of one letter written without braces."""
    return re.sub(r"_\{+([ifgqzrn])\}+", r"_\1", message)


def _has_fields(message: str) -> bool:
    return bool(re.search(r"(?<!\{)\{[a-z_]\w*(?:![rsa])?(?::[^{}]*)?\}", re.sub(r"\{\{|\}\}", "", message)))


def test_a_marked_message_is_itself() -> None:
    assert N_("W") == "W"
