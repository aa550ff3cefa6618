"""The encoder–decoder and the search for the best target, each against a second way."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core.config import ModelConfig
from rnn_core.data.vocabulary import COPYING, EOS, PAD, SOS, UNK, UNWRITTEN
from rnn_core.network.search import beam, greedy
from rnn_core.network.tape import record
from rnn_core.network.translator import Translator

READ, WRITTEN = 9, 8
KINDS: dict[str, dict[str, Any]] = {
    "none": {"attention": "none"}, "dot": {"attention": "dot"}, "additive": {"attention": "additive"},
    "fed": {"attention": "dot", "feeding": True}, "additive, fed": {"attention": "additive", "feeding": True},
}  # fmt: skip
CELLS: list[dict[str, Any]] = [
    {"cell": "lstm", "bidirectional": True, "layers": 2}, {"cell": "gru"}, {"cell": "rnn", "tied": True}, {"cell": "mingru"},
]  # fmt: skip


def made(kind: str, seed: int = 0, **model: Any) -> Translator:
    torch.manual_seed(seed)
    config = ModelConfig(**({"embedding": 6, "hidden": 6, "dropout": 0.0} | model))
    network = Translator(config, READ, WRITTEN, **KINDS[kind]).double().eval()
    with torch.no_grad():
        for p in network.parameters():
            p.copy_(torch.randn_like(p) * 0.7)
    return network


def batch_of() -> dict[str, torch.Tensor]:
    """Three pairs of different lengths, padded at the end."""
    sources = [[SOS, 4, 5, 6, EOS], [SOS, 7, EOS], [SOS, 8, 4, EOS]]
    targets = [[SOS, 4, 5], [SOS, 6, 7, 5, 4], [SOS]]

    def padded(rows: list[list[int]]) -> torch.Tensor:
        return torch.tensor([[*row, *[PAD] * (max(map(len, rows)) - len(row))] for row in rows]).t().contiguous()

    return {
        "source": padded(sources), "source_lengths": torch.tensor([*map(len, sources)]),
        "tokens": padded(targets), "lengths": torch.tensor([*map(len, targets)]),
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", CELLS, ids=lambda model: model["cell"])
def test_the_sweep_is_the_steps_and_padding_changes_nothing(kind: str, model: dict[str, Any]) -> None:
    network, batch = made(kind, **model), batch_of()
    with torch.no_grad():
        logits = network(batch)["logits"]
        for b in range(3):
            steps, length = int(batch["source_lengths"][b]), int(batch["lengths"][b])
            state = network.start({"source": batch["source"][:steps, b : b + 1], "source_lengths": torch.tensor([steps])})
            for t in range(length):
                o, state, kept = network.step(batch["tokens"][t, b : b + 1], state)
                torch.testing.assert_close(o[0], logits[t, b], rtol=1e-9, atol=1e-9)
                if kind == "none":
                    assert not kept
                else:
                    assert kept["attention"].shape == (1, steps) and float(kept["attention"].sum()) == pytest.approx(1)


def test_dot_attention_by_hand() -> None:
    """softmax(h · s) over the source, the mean of its states, and tanh(W_c [h; g]), written out for one text."""
    network, batch = made("dot", cell="gru"), batch_of()
    with torch.no_grad():
        logits = network(batch)["logits"]
        s, ends = network.encoder(network.source(batch["source"][:3, 1:2]), torch.tensor([3]))
        h, _ = network.decoder(network.target(batch["tokens"][:, 1:2]), torch.tensor([5]), ends)
        for t in range(5):
            weights = [math.exp(float(h[t, 0] @ s[j, 0])) for j in range(3)]
            g = sum(w / sum(weights) * s[j, 0] for j, w in enumerate(weights))
            read = torch.tanh(network.combine.weight @ torch.cat((h[t, 0], g)))
            torch.testing.assert_close(network.weight_out @ read + network.bias_out, logits[t, 1], rtol=1e-9, atol=1e-9)


def test_additive_attention_by_hand() -> None:
    """v · tanh(W_a h_{t−1} + U_a s_j) before the step, whose input is [E y; g]."""
    network, batch = made("additive", cell="gru"), batch_of()
    with torch.no_grad():
        logits = network(batch)["logits"]
        s, state = network.encoder(network.source(batch["source"][:3, 1:2]), torch.tensor([3]))
        for t in range(5):
            h = state[0][-1, 0]
            score = [float(network.score.weight[0] @ torch.tanh(network.query.weight @ h + network.key.weight @ s[j, 0]))
                     for j in range(3)]  # fmt: skip
            alpha = [math.exp(one) / sum(map(math.exp, score)) for one in score]
            g = sum(a * s[j, 0] for j, a in enumerate(alpha))
            x = torch.cat((network.target.weight[batch["tokens"][t, 1]], g))
            state, _ = network.decoder.step(x[None], state)
            read = torch.tanh(network.combine.weight @ torch.cat((state[0][-1, 0], g)))
            torch.testing.assert_close(network.weight_out @ read + network.bias_out, logits[t, 1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["dot", "additive"])
def test_weights_of_attention_sum_to_one_and_are_zero_at_pads(kind: str) -> None:
    network, batch = made(kind, cell="lstm"), batch_of()
    pads = torch.arange(5) >= batch["source_lengths"][:, None]
    assert pads.any()
    with torch.no_grad():
        state = network.start(batch)
        for t in range(4):
            _, state, kept = network.step(batch["tokens"][t], state)
            assert (kept["attention"][pads] == 0).all()
            torch.testing.assert_close(kept["attention"].sum(1), torch.ones(3, dtype=torch.double))
        if kind == "dot":
            with record(network) as tape:
                network(batch)
            alpha = tape.named["attention"].tensor  # (B, T, S)
            assert (alpha.transpose(1, 2)[pads] == 0).all()
            torch.testing.assert_close(alpha.sum(2), torch.ones(3, 5, dtype=torch.double))
            assert tape.keys() == {"encoder.0.0", "decoder.0.0"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", CELLS, ids=lambda model: model["cell"])
def test_gradients_against_central_differences(kind: str, model: dict[str, Any]) -> None:
    network, batch = made(kind, **model), batch_of()
    at = (torch.arange(5)[:, None] < batch["lengths"]).flatten().nonzero()[:, 0]
    labels = torch.arange(len(at)) % WRITTEN

    def loss() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(network({**batch, "at": at})["logits"], labels, reduction="sum")

    loss().backward()
    for name, p in network.named_parameters():
        assert p.grad is not None and float(p.grad.norm()) > 0, name
        torch.manual_seed(1)
        along, step = torch.randn_like(p), 1e-5
        with torch.no_grad():
            values = []
            for sign in (1, -1):
                p += sign * step * along
                values.append(float(loss()))
                p -= sign * step * along
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(float((p.grad * along).sum()), rel=1e-5, abs=1e-7), name


def test_a_tied_embedding_is_one_tensor() -> None:
    network = made("dot", cell="gru", tied=True)
    assert network.target.weight is network.weight_out
    assert [name for name, _ in network.named_parameters() if name.startswith(("target", "weight_out"))] == ["weight_out"]


def test_label_smoothing_and_losses_in_training() -> None:
    """ε mixes the mean over all classes into the loss; in evaluation there is none."""
    network, batch = made("dot", cell="gru"), batch_of()
    at = (torch.arange(5)[:, None] < batch["lengths"]).flatten().nonzero()[:, 0]
    given = {**batch, "at": at, "labels": torch.arange(len(at)) % WRITTEN}
    network.smoothing = 0.1
    log_p = network({**batch, "at": at})["logits"].log_softmax(1)
    wanted = -0.9 * log_p.gather(1, given["labels"][:, None])[:, 0] - 0.1 * log_p.mean(1)
    torch.testing.assert_close(network.train()(given)["losses"], wanted)
    assert "losses" not in network.eval()(given)


def test_scheduled_sampling_reads_its_own_answers() -> None:
    """With probability 1 every step but the first reads the best token of the step before, as greedy search without an end."""
    network, batch = made("dot", cell="gru"), batch_of()
    network.sampling = 1.0
    torch.manual_seed(0)
    with torch.no_grad():
        found = network.train()(batch)["logits"]
        state, tokens = network.eval().start(batch), batch["tokens"][0]
        for t in range(5):
            o, state, _ = network.step(tokens, state)
            torch.testing.assert_close(found[t], o, rtol=1e-9, atol=1e-9)
            tokens = o.argmax(1)


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_takes_the_best_token_and_is_a_beam_of_one(kind: str) -> None:
    ends = set()
    for seed in range(6):
        network, batch = made(kind, seed, cell="gru"), batch_of()
        found = greedy(network, batch, 6)
        for b, one in enumerate(found):
            tokens, log_p = [SOS], 0.0
            source = {"source": batch["source"][: int(batch["source_lengths"][b]), b : b + 1],
                      "source_lengths": batch["source_lengths"][b : b + 1]}  # fmt: skip
            while len(tokens) <= 6 and tokens[-1] != EOS:
                with torch.no_grad():
                    given = {**source, "tokens": torch.tensor(tokens)[:, None], "lengths": torch.tensor([len(tokens)])}
                    p = network(given)["logits"][-1, 0].log_softmax(0)
                best = max([EOS, *range(4, WRITTEN)], key=lambda i: float(p[i]))
                tokens.append(best)
                log_p += float(p[best])
            assert [*one.tokens, *[EOS] * one.ended] == tokens[1:] and one.log_p == pytest.approx(log_p)
            ends.add(one.ended)
        assert [some[0].tokens for some in beam(network, batch, 1, 6, 1.0)] == [one.tokens for one in found]
    assert ends == {True, False}, "both ways to end are among these networks"


@pytest.mark.parametrize("normalisation", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("kind", ["none", "dot", "additive"])
def test_a_wide_beam_is_exhaustive_search(kind: str, normalisation: float) -> None:
    for seed in range(4):
        network, batch, longest = made(kind, seed, cell="gru"), batch_of(), 4
        everything = [
            [*words, *end]
            for length in range(longest + 1)
            for words in itertools.product(range(4, WRITTEN), repeat=length)
            for end in ([[EOS]] if length < longest else [[]])
        ]
        found = beam(network, batch, 1 + len(everything), longest, normalisation)
        for b in range(3):
            n = int(batch["source_lengths"][b])
            many = len(everything)
            tokens = torch.full((longest, many), PAD)
            for i, row in enumerate(everything):
                tokens[: len(row), i] = torch.tensor([SOS, *row[:-1]])
            lengths = torch.tensor([*map(len, everything)])
            source = batch["source"][:n, b : b + 1].expand(-1, many).contiguous()
            with torch.no_grad():
                given = {"source": source, "source_lengths": torch.full((many,), n), "tokens": tokens, "lengths": lengths}
                p = network(given)["logits"].log_softmax(2)
            scores = [sum(float(p[t, i, w]) for t, w in enumerate(row)) / len(row) ** normalisation
                      for i, row in enumerate(everything)]  # fmt: skip
            best = max(range(many), key=scores.__getitem__)
            assert found[b][0].score == pytest.approx(scores[best])
            assert [*found[b][0].tokens, *[EOS] * found[b][0].ended] == everything[best]
            assert all(a.score >= z.score for a, z in itertools.pairwise(found[b]))


def test_a_wider_beam_finds_what_greedy_search_misses() -> None:
    better = 0
    for seed in range(12):
        network, batch = made("dot", seed, cell="gru"), batch_of()
        for one, some in zip(greedy(network, batch, 6), beam(network, batch, 200, 6, 0.0), strict=True):
            assert some[0].log_p >= one.log_p - 1e-9
            better += some[0].log_p > one.log_p + 1e-6
    assert better > 0


def test_a_forced_beginning_is_kept() -> None:
    network, batch = made("dot", cell="gru"), batch_of()
    for some in beam(network, batch, 3, 6, 1.0, prefix=(7, 4)):
        assert all(one.tokens[:2] == (7, 4) for one in some)
    free = greedy(network, batch, 6)
    for b, one in enumerate(free):
        again = greedy(network, batch, 6, prefix=one.tokens[:2])[b]
        assert again.tokens == one.tokens and again.log_p == pytest.approx(one.log_p), "forcing its own answer changes nothing"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prefix", [(), (7, 4)])
def test_a_hypothesis_knows_the_attention_that_the_source_received(kind: str, prefix: tuple[int, ...]) -> None:
    """Σ_t α_t of the forward pass over the source and the hypothesis alone, over the steps that wrote it."""
    network, batch = made(kind, 3, cell="gru"), batch_of()
    for b, some in enumerate(beam(network, batch, 3, 6, 1.0, prefix)):
        n = int(batch["source_lengths"][b])
        for one in some:
            if network.combine is None:
                assert one.received is None
                continue
            read = [SOS, *one.tokens] if one.ended else [SOS, *one.tokens[:-1]]
            given = {"source": batch["source"][:n, b : b + 1], "source_lengths": torch.tensor([n]),
                     "tokens": torch.tensor(read)[:, None], "lengths": torch.tensor([len(read)])}  # fmt: skip
            with torch.no_grad(), record(network) as tape:
                network(given)
            alpha = tape.named["attention"].tensor[0]
            assert one.received is not None and one.received.sum() == pytest.approx(len(read))
            np.testing.assert_allclose(one.received[:n], alpha.sum(0).numpy(), atol=1e-9)
            assert (one.received[n:] == 0).all()


LINKS = torch.tensor([[-1, 1, 2], [3, -1, 0], [1, -1, 3]])
"""(L, B): for each text some steps of the decoder with a step of its source; −1: none."""


@pytest.mark.parametrize("kind", ["dot", "additive", "fed", "additive, fed"])
def test_a_forced_link_is_honoured_at_its_step_alone(kind: str) -> None:
    """In the pass over the whole target and step by step; the weights of a step that is not linked are those of the formula."""
    network, batch = made(kind, 2, cell="gru", layers=2), batch_of()
    with torch.no_grad(), record(network) as tape:
        linked = network({**batch, "links": LINKS})["logits"]
    alpha = tape.named["attention"].tensor  # (B, T, S)
    with torch.no_grad(), record(network) as tape:
        plain = network(batch)["logits"]
    free = tape.named["attention"].tensor
    for b in range(3):
        n = int(batch["source_lengths"][b])
        state = network.start({name: batch[name][..., b : b + 1] for name in ("source", "source_lengths")}
                              | {"source": batch["source"][:n, b : b + 1], "links": LINKS[:, b : b + 1]})  # fmt: skip
        for t in range(int(batch["lengths"][b])):
            with torch.no_grad():
                o, state, kept = network.step(batch["tokens"][t, b : b + 1], state)
            torch.testing.assert_close(o[0], linked[t, b], rtol=1e-9, atol=1e-9)
            torch.testing.assert_close(kept["attention"][0], alpha[b, t, :n], rtol=1e-9, atol=1e-9)
            j = int(LINKS[t, b]) if t < len(LINKS) else -1
            if j >= 0:
                assert alpha[b, t].tolist() == [float(i == j) for i in range(5)]
            elif kind == "dot":  # its weights do not depend on the steps before but through the state, which no link changes
                torch.testing.assert_close(alpha[b, t], free[b, t], rtol=1e-9, atol=1e-9)
    first = plain[:, 0].isclose(linked[:, 0]).all(1)
    assert bool(first[0]), "the first text is not linked at its first step"
    assert not bool(first[1]) and not bool(first[2])
    assert not bool(plain[0, 1].isclose(linked[0, 1]).all()) and bool(plain[1, 1].isclose(linked[1, 1]).all()) == (kind == "dot")


@pytest.mark.parametrize("width", [1, 3])
def test_a_search_honours_forced_links(width: int) -> None:
    """Each hypothesis has the log p of the pass over the whole target with the same links."""
    network, batch = made("dot", 4, cell="gru"), batch_of()
    with torch.no_grad():
        network.bias_out[EOS] -= 4.0
    some = beam(network, {**batch, "links": LINKS}, width, 6, 0.0)
    plain = beam(network, batch, width, 6, 0.0)
    assert [one[0].tokens for one in some] != [one[0].tokens for one in plain]
    for b, found in enumerate(some):
        for one in found:
            labels = [*one.tokens, *[EOS] * one.ended]
            given = {"source": batch["source"][:, b : b + 1], "source_lengths": batch["source_lengths"][b : b + 1],
                     "tokens": torch.tensor([SOS, *labels[:-1]])[:, None], "lengths": torch.tensor([len(labels)]),
                     "links": LINKS[:, b : b + 1]}  # fmt: skip
            with torch.no_grad():
                log_p = network(given)["logits"][:, 0].log_softmax(1)[range(len(labels)), labels]
            assert one.log_p == pytest.approx(float(log_p.sum()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1, 3])
def test_a_hypothesis_knows_the_source_of_each_token(kind: str, width: int) -> None:
    """The largest weight of the step that wrote it among the words of its own source; `<unk>` is written where it may be."""
    network, batch = made(kind, 5, cell="gru"), batch_of()
    with torch.no_grad():
        network.bias_out[UNK] += 6.0
        network.bias_out[EOS] -= 2.0
    allowed, usual = beam(network, batch, width, 6, 1.0, unwritten=COPYING), beam(network, batch, width, 6)
    assert any(UNK in one.tokens for some in allowed for one in some)
    assert not any({*UNWRITTEN} & {*one.tokens} for some in usual for one in some)
    for b, some in enumerate(allowed):
        n = int(batch["source_lengths"][b])
        for one in some:
            assert not {*COPYING} & {*one.tokens}
            if network.combine is None:
                assert one.sources == ()
                continue
            assert len(one.sources) == len(one.tokens)
            if not one.tokens:
                continue
            given = {"source": batch["source"][:n, b : b + 1], "source_lengths": torch.tensor([n]),
                     "tokens": torch.tensor([SOS, *one.tokens[:-1]])[:, None],
                     "lengths": torch.tensor([len(one.tokens)])}  # fmt: skip
            with torch.no_grad(), record(network) as tape:
                network(given)
            alpha = tape.named["attention"].tensor[0]
            assert one.sources == tuple((1 + alpha[:, 1 : n - 1].argmax(1)).tolist())


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        Translator(ModelConfig(hidden=7, bidirectional=True), READ, WRITTEN)
    with pytest.raises(ValueError, match="as wide"):
        Translator(ModelConfig(hidden=8, embedding=7, tied=True), READ, WRITTEN)
    with pytest.raises(ValueError, match="needs attention"):
        Translator(ModelConfig(), READ, WRITTEN, "none", feeding=True)
