"""Drawing the next token: the distributions against plain implementations and a chi-square test, and where writing ends."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from rnn_core.config import WriteConfig
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.network.models import Network
from rnn_core.network.sampling import drawn_from
from rnn_core.network.writing import write
from tests.tiny import CELLS, model_of, network_of

DRAWS = 4000


def sharp(cell: str = "gru") -> Network:
    network = network_of(model_of(cell, hidden=8), 9, 9).eval()
    network.weight_out.data *= 3
    return network


def first_logits(network: Network) -> np.ndarray:
    logits, _, _ = network.step(torch.tensor([SOS]), network.start(1))
    found: np.ndarray = logits[0].detach().numpy().astype(float)
    return found


def plainly(o: np.ndarray, temperature: float, top_k: int, top_p: float, never: tuple[int, ...] = ()) -> np.ndarray:
    """The same distribution written down step by step, with lists."""
    left = [i for i in range(len(o)) if i not in never]
    weights = {i: float(np.exp((o[i] - max(o[left])) / temperature)) for i in left}
    order = sorted(left, key=lambda i: (-weights[i], i))[: top_k or len(left)]
    total = sum(weights[i] for i in order)
    kept, reached = [], 0.0
    for i in order:
        kept.append(i)
        reached += weights[i] / total
        if reached >= top_p:
            break
    return np.array([weights[i] / sum(weights[j] for j in kept) if i in kept else 0.0 for i in range(len(o))])


@pytest.mark.parametrize("seed", range(20))
def test_temperature_top_k_and_nucleus_are_those_of_a_plain_implementation(seed: int) -> None:
    o = np.random.default_rng(seed).normal(size=30) * 3
    for temperature, top_k, top_p in itertools.product((0.3, 1.0, 4.0), (0, 1, 5, 100), (0.05, 0.5, 0.93, 1.0)):
        how = WriteConfig(temperature=temperature, top_k=top_k, top_p=top_p)
        found = drawn_from(o, how, (2, 7))
        np.testing.assert_allclose(found, plainly(o, temperature, top_k, top_p, (2, 7)), atol=1e-12)
        assert found.sum() == pytest.approx(1) and not found[[2, 7]].any()


@pytest.mark.parametrize(
    "how",
    [{}, {"temperature": 0.5}, {"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.7}, {"temperature": 2, "top_k": 4, "top_p": 0.8}],
)
def test_what_is_written_follows_the_distribution(how: dict[str, Any]) -> None:
    network = sharp()
    p = drawn_from(first_logits(network), WriteConfig(**how), (0, 1))
    own = np.exp(first_logits(network)) / np.exp(first_logits(network)).sum()
    tokens = [next(write(network, [SOS], WriteConfig(length=1, seed=seed, **how), (0, 1), (EOS,))) for seed in range(DRAWS)]
    counts = np.bincount([token.number for token in tokens], minlength=9)
    assert not counts[p == 0].any()
    assert chisquare(counts[p > 0], DRAWS * p[p > 0]).pvalue > 1e-3
    for token in tokens[:20]:
        assert token.drawn == pytest.approx(p[token.number]) and token.p == pytest.approx(own[token.number], rel=1e-5)


def numbers(network: Network, prompt: list[int], **how: Any) -> list[int]:
    return [token.number for token in write(network, prompt, WriteConfig(**how), (0, 1), ())]


@pytest.mark.parametrize("cell", CELLS)
def test_temperature_0_is_the_argmax_of_each_step(cell: str) -> None:
    network, greedy = sharp(cell), [SOS]
    for _ in range(12):
        given = {"tokens": torch.tensor(greedy)[:, None], "lengths": torch.tensor([len(greedy)])}
        o = network(given)["logits"][-1, 0].detach().clone()
        o[:2] = -torch.inf
        greedy.append(int(o.argmax()))
    assert numbers(network, [SOS], length=12, temperature=0) == greedy[1:]
    assert numbers(network, [SOS], length=12, temperature=1e-6, seed=5) == greedy[1:]
    assert numbers(network, [SOS], length=12, top_k=1, seed=6) == greedy[1:]


def test_the_seed_decides_and_going_on_is_typing_the_prompt() -> None:
    network = sharp()
    once, again, other = (numbers(network, [SOS], length=40, seed=seed) for seed in (3, 3, 4))
    assert once == again != other
    base = [SOS, *once[:10], 5]
    read, state = network, network.start(1)
    for index in base:
        logits, state, _ = read.step(torch.tensor([index]), state)
    p = drawn_from(logits[0].detach().numpy().astype(float), WriteConfig(), (0, 1))
    first = next(write(network, base, WriteConfig(length=1, seed=8), (0, 1), ()))
    assert first.drawn == pytest.approx(p[first.number])


def test_nothing_is_written_behind_the_end() -> None:
    network = network_of(model_of("tanh"), 9, 9).eval()
    network.bias_out.data[EOS] = 100
    assert [token.number for token in write(network, [SOS], WriteConfig(length=50), (0, 1), (EOS,))] == [EOS]
