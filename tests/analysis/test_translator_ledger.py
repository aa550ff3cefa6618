"""The ledger of an encoder–decoder against the tensors themselves."""

import math
from typing import Any

import pytest

from rnn_core.analysis.ledger import translator_ledger
from rnn_core.views.inputs import given
from rnn_core.views.ledger import OF_BOTH, counts_of_both, sum_of_both
from tests.analysis.translations import KINDS, run_of
from tests.figures.validated import validated
from tests.tiny import CELLS
from tests.views.looking import answer
from tests.views.test_views import escaped_only

OPTIONS: list[dict[str, Any]] = [{}, {"bidirectional": True, "layers": 2}, {"tied": True, "layers": 3}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ", ".join(options) or "plain")
@pytest.mark.parametrize("cell", CELLS)
def test_every_matrix_is_named_with_its_shape_and_the_sum_is_that_of_the_tensors(
    kind: str, options: dict[str, Any], cell: str
) -> None:
    one = run_of(kind, cell, **({"embedding": 5} if "tied" not in options else {}) | options)
    found = translator_ledger(one)
    tensors = dict(one.network.named_parameters())
    assert sorted(row.shape for row in found.rows) == sorted(tuple(p.shape) for p in tensors.values())
    assert found.in_tensors == sum(p.numel() for p in tensors.values()) == found.declared == sum(row.count for row in found.rows)
    known = {letter: value for letter, value in found.letters.items()} | {"1": 1}
    for row in found.rows:
        terms = [side.strip("()").split(" + ") for side in row.size]
        in_numbers = tuple(sum(math.prod(known.get(f) or int(f) for f in term.split("·")) for term in side) for side in terms)
        assert in_numbers == row.shape and row.count == math.prod(row.shape)
    names = counts_of_both(found)["parameter"]
    assert len(set(names)) == len(names) == len(tensors) + 1
    assert ("attention: W_c" in names) == (kind != "none") and ("attention: U_a" in names) == kind.startswith("additive")
    assert ("readout: E = V" in names) == ("tied" in options) != ("decoder: E" in names)


def test_the_view_holds_its_numbers() -> None:
    one = run_of("additive", "lstm", bidirectional=True, layers=2)
    found = answer(OF_BOTH, given(run=one))
    said = OF_BOTH.explain(found)
    escaped_only(said)
    assert f"**{found.in_tensors:,}**: the same." in sum_of_both(found)
    assert f"M = {len(one.speech.vocabularies['target'])}" in said
    (drawn,) = (validated(part.content) for part in OF_BOTH.render(found) if part.kind == "figure")
    assert [*drawn.data[0].x] == [row.count for row in found.rows]
    names = counts_of_both(found)["parameter"]
    assert "encoder: W (layer 2, from the end)" in names and "decoder: W (layer 2)" in names
