"""The task of translation, from a table of pairs to its scores."""

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sacrebleu
import torch

from rnn_core import metrics
from rnn_core.analysis.loading import load
from rnn_core.analysis.translating import translate
from rnn_core.commands import main
from rnn_core.config import DataConfig, EvaluateConfig, ModelConfig, Problem, TrainConfig, TranslateConfig, options
from rnn_core.data.batches import encode
from rnn_core.data.schema import PAIRS
from rnn_core.data.vocabulary import EOS, SOS, Vocabulary
from rnn_core.results import TokenScores, TranslationScores
from rnn_core.tasks.classify import TASK as CLASSIFY
from rnn_core.tasks.translate import TASK
from rnn_core.workspace import Workspace, evaluations
from tests.tiny import saved_run

ROWS = [("one two", "TWO ONE"), ("one two", "ONE TWO"), ("three", "THREE"), ("two three one", "ONE THREE TWO"), ("two", "TWO"),
        ("three one", "ONE THREE")] * 30  # fmt: skip
SMALL = ["--hidden", "16", "--embedding", "8", "--threads", "1", "--epochs", "2"]


def table(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("source", "target"), *rows])
    return path


def run_by(workspace: Workspace, path: Path, *more: str) -> str:
    assert main(["train", "--train", str(path), "--task", "translate", *SMALL, *more, "--workspace", str(workspace.root)]) == 0
    return workspace.runs()[0].id


def test_scores_are_those_of_sacrebleu_with_all_references() -> None:
    hypotheses = ["the cat sat on the mat .", "a dog barks at night .", "x"]
    references = [["the cat sat on a mat .", "the cat sat on the mat ."], ["a dog barked at night ."], ["yz"]]
    found = metrics.translation(TokenScores(20, 1.5, 0.5), hypotheses, references)
    streams = [["the cat sat on a mat .", "a dog barked at night .", "yz"], ["the cat sat on the mat .", None, None]]
    assert found.bleu == sacrebleu.corpus_bleu(hypotheses, streams).score
    assert found.chrf == sacrebleu.corpus_chrf(hypotheses, streams).score
    assert "tok:13a" in found.signatures[0] and "case:mixed" in found.signatures[0] and found.sources == 3
    assert found.exact == pytest.approx(1 / 3)
    assert found.character_errors == pytest.approx((0 + 2 + 2) / (24 + 23 + 2)), "barks → barked: two; x → yz: two"
    assert found.perplexity == pytest.approx(math.exp(1.5)) and found.figures("test")["test_bleu"] == found.bleu


def test_trained_evaluated_and_translated_by_the_command_line(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "pairs.csv", ROWS)
    run = workspace.run(run_by(workspace, path, "--tokens", "word", "--bidirectional"))
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["engine"] == "autograd" and figures["test_perplexity"] == pytest.approx(math.exp(figures["test_loss"]))
    assert main(["evaluate", run.id, str(path), "--workspace", str(workspace.root)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["texts"] == len(ROWS) and found["test_sources"] == 5 == len({source for source, _ in ROWS})

    loaded, words = load(run), run.speech.vocabularies["target"].words
    translated = {}
    for source in {source for source, _ in ROWS}:
        assert main(["translate", run.id, source, "--workspace", str(workspace.root)]) == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        translated[source] = told["text"]
        tokens, p = [SOS], 1.0  # by hand: the whole is read again for each token
        indices = torch.tensor([SOS, *run.speech.vocabulary.encode(source.split()), EOS])[:, None]
        while tokens[-1] != EOS and len(tokens) < 200:
            given = {"source": indices, "source_lengths": torch.tensor([len(indices)]), "tokens": torch.tensor(tokens)[:, None],
                     "lengths": torch.tensor([len(tokens)])}  # fmt: skip
            with torch.no_grad():
                o = loaded.network(given)["logits"][-1, 0].double().softmax(0)
            tokens.append(max([EOS, *range(4, len(words))], key=lambda i: float(o[i])))
            p *= float(o[tokens[-1]])
        assert told["text"] == " ".join(words[i] for i in tokens[1:] if i != EOS)
        assert told["probability"] == pytest.approx(p, abs=2e-6)
    (tmp_path / "sources.csv").write_text("source\n" + "".join(f"{source}\n" for source in translated))
    out = ["--out", str(tmp_path / "answers.csv"), "--workspace", str(workspace.root)]
    assert main(["predict", run.id, str(tmp_path / "sources.csv"), *out]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["counts"] == {}, "translations are not counted as labels are"
    with (tmp_path / "answers.csv").open(newline="", encoding="utf-8") as file:
        answers = list(csv.DictReader(file))
    assert {row["source"]: row["answer"] for row in answers} == translated
    assert all(0 < float(row["probability"]) <= 1 for row in answers)
    references = {source: [t for s, t in ROWS if s == source] for source in translated}
    exact = np.mean([translated[source] in references[source] for source in translated])
    assert found["test_exact"] == pytest.approx(exact)
    streams = [[references[s][i] if i < len(references[s]) else None for s in translated] for i in range(60)]
    bleu = sacrebleu.corpus_bleu(list(translated.values()), streams).score
    assert found["test_bleu"] == pytest.approx(bleu)


HOW = ("--attention none", "--attention additive", "--input-feeding", "--tied --embedding 16", "--label-smoothing 0.1",
       "--scheduled-sampling 0.5", "--layers 2 --cell gru --bidirectional",
       "--attention additive --input-feeding --bidirectional --layers 2")  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_every_option_trains(
    workspace: Workspace, tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = workspace.run(run_by(workspace, table(tmp_path / "pairs.csv", ROWS), *how.split()))
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    sizes = {"text": len(run.speech.vocabulary), "target": len(run.speech.vocabularies["target"])}
    assert TASK.parameters(run.config.model, sizes, 0) == figures["parameters"]
    losses = [one["dev_loss"] for one in run.history().epochs]
    assert losses[1] < losses[0] and figures["parameters"] == sum(p.numel() for p in load(run).network.parameters())


def test_a_loss_is_the_mean_over_the_tokens_of_the_targets() -> None:
    vocabularies = {"text": Vocabulary.build([["a", "b", "c"]], 10), "target": Vocabulary.build([["x", "y"]], 10)}
    encoded = encode(PAIRS, [["a"], ["b", "c"]], None, vocabularies, (), {"target": [["x", "y", "x"], ["y"]]})
    config: Any = type("Config", (), {"model": ModelConfig(hidden=6, embedding=4, dropout=0), "train": TrainConfig()})
    torch.manual_seed(0)
    network = TASK.network(config, type("Speech", (), {"vocabulary": vocabularies["text"], "vocabularies": vocabularies})).eval()
    forced = TASK.predict(network, config, encoded)
    nats, right = 0.0, 0
    for source, target in ((["a"], ["x", "y", "x"]), (["b", "c"], ["y"])):
        read = [SOS, *vocabularies["text"].encode(source), EOS]
        wanted = [*vocabularies["target"].encode(target), EOS]
        state = network.start({"source": torch.tensor(read)[:, None], "source_lengths": torch.tensor([len(read)])})
        for before, label in zip([SOS, *wanted], wanted, strict=False):
            with torch.no_grad():
                o, state, _ = network.step(torch.tensor([before]), state)
            nats -= float(o[0].log_softmax(0)[label])
            right += int(o[0].argmax()) == label
    assert (forced.tokens, forced.right) == (6, right) and forced.nats == pytest.approx(nats, rel=1e-5)


def test_options_of_a_decoder_are_of_this_task_alone() -> None:
    names = {"attention", "input_feeding", "label_smoothing", "scheduled_sampling"}
    assert names <= {*TASK.options(ModelConfig), *TASK.options(TrainConfig)}
    assert not names & {*CLASSIFY.options(ModelConfig), *CLASSIFY.options(TrainConfig)}
    search = {"beam", "normalisation", "longest", "copy"}
    assert set(options(TranslateConfig)) == search and "target" in TASK.options(DataConfig)
    assert {*TASK.options(EvaluateConfig)} == search and not CLASSIFY.options(EvaluateConfig)


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([("a b", ""), ("b a", "")], [], "no text in the column 'target'|two columns of text"),
        (ROWS, ["--text", "source", "--target", "source"], "chosen for both texts"),
        (ROWS, ["--hidden", "7", "--bidirectional"], "half of the hidden units"),
        (ROWS, ["--attention", "none", "--input-feeding"], "needs attention"),
        (ROWS, ["--truncate", "4", "--no-bidirectional"], "leave the truncation out"),
    ],
)
def test_bad_input_gets_a_sentence(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: Any, more: list[str], said: str
) -> None:
    path = table(tmp_path / "pairs.csv", rows)
    assert main(["train", "--train", str(path), "--task", "translate", *more, "--workspace", str(workspace.root)]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_unknown_words_alone_are_translated_and_nothing_is_refused(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_by(workspace, table(tmp_path / "pairs.csv", ROWS), "--tokens", "word")
    root = ["--workspace", str(workspace.root)]
    assert main(["translate", run, "quite unknown", "--beam", "3", "--longest", "4", *root]) == 0
    assert len(json.loads(capsys.readouterr().out.splitlines()[-1])["text"].split()) <= 4
    assert main(["translate", run, " ", *root]) == 2 and "nothing to translate" in capsys.readouterr().err
    for command in (["inspect", run, "one two"], ["gradients", run, "one two"]):
        assert main([*command, *root]) == 2 and "use `translate`" in capsys.readouterr().err
    with pytest.raises(Problem, match="does not translate"):
        CLASSIFY.translate(None, None, None, None, TranslateConfig())


def test_an_evaluation_with_a_beam_and_copied_words(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A network that has seen unknown words in targets writes `<unk>`, and source words take their places, in each command."""
    many = [(f"two {a}{b}", f"TWO {a}{b}") for a in "BCDFGHKLM" for b in ("an", "il", "od", "ux", "ey", "ar")] * 2
    run = workspace.run(run_by(workspace, table(tmp_path / "pairs.csv", ROWS + many), "--tokens", "word", "--vocabulary", "10",
                               "--epochs", "12", "--learning-rate", "0.02"))  # fmt: skip
    root = ["--workspace", str(workspace.root)]
    path = table(tmp_path / "more.csv", [("two Zed", "TWO Zed"), ("two Gil", "TWO Gil"), ("two", "TWO")])
    told = []
    for how in ([], ["--copy"], ["--copy", "--beam", "3"]):
        capsys.readouterr()
        assert main(["evaluate", run.id, str(path), *how, *root]) == 0
        told.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert [one["unknown"]["replaced"] for one in told] == [None, 2, 2]
    assert [(one.get("copy"), one.get("beam")) for one in told] == [(None, None), (True, None), (True, 3)]
    names = {path.name.partition("-file")[2] for path in (run.path / "evaluations").iterdir()}
    assert names == {"", "-copy", "-beam-3-copy"}
    assert main(["translate", run.id, "two Zed", "--copy", *root]) == 0
    text = json.loads(capsys.readouterr().out.splitlines()[-1])["text"]
    (folder,) = (path for path in (run.path / "evaluations").iterdir() if path.name.endswith("file-copy"))
    found = evaluations.load(folder)
    assert found and isinstance(found.scores, TranslationScores) and found.scores.detail
    hypotheses = {one.source: one.hypothesis for one in found.scores.detail.examples}
    seen = translate(load(run), "two Zed", TranslateConfig(copy=True))
    assert seen.copied.tolist() == [False, True, False] and text == seen.text == hypotheses["two Zed"]
    assert found.scores.detail.unknown.written == sum(source[4:] in text for source, text in hypotheses.items() if source[4:])
    classifier = saved_run(workspace)
    table(tmp_path / "mine.csv", [("good", "good")])
    assert main(["evaluate", classifier.id, str(tmp_path / "mine.csv"), "--beam", "3", *root]) == 2
    assert "does not search for a target: leave out --beam" in capsys.readouterr().err


@pytest.mark.parametrize("how", ["--attention none", "--bidirectional", "--attention additive --input-feeding"])
def test_an_evaluation_in_detail_is_of_the_translations_of_each_source(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Against each source translated alone, with its attention from the tape of one forward pass."""
    rows = [*ROWS, ("two strange", "TWO STRANGE"), ("three odd two", "THREE ODD TWO")]
    run = workspace.run(run_by(workspace, table(tmp_path / "pairs.csv", ROWS), "--tokens", "word", *how.split()))
    capsys.readouterr()
    path = table(tmp_path / "more.csv", rows)
    assert main(["evaluate", run.id, str(path), "--workspace", str(workspace.root)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    (folder,) = (run.path / "evaluations").iterdir()
    found = evaluations.load(folder)
    assert found and isinstance(found.scores, TranslationScores) and found.scores.detail
    detail, loaded = found.scores.detail, load(run)
    alone = {source: translate(loaded, source, TranslateConfig()) for source, _ in rows}
    assert {one.source: one.hypothesis for one in detail.examples} == {source: one.text for source, one in alone.items()}
    assert sum(group.scores.sources for group in detail.lengths) == 7
    assert (detail.unknown.tokens, detail.unknown.writable) == (2, 0)
    assert detail.loops.unended == sum(not one.ended for one in alone.values())
    assert told["loops"]["looping"] == detail.loops.looping and told["unknown"]["tokens"] == 2
    assert [group["scores"]["chrf"] for group in told["by_length"]] == [group.scores.chrf for group in detail.lengths]
    if "none" in how:
        assert detail.coverage is None and told["coverage"] is None
        return
    alphas = [one.attention[: len(one.written) - (not one.ended)] for one in alone.values() if one.attention is not None]
    each = np.concatenate([alpha.sum(0)[1:-1] for alpha in alphas])
    c = detail.coverage
    assert c and (c.tokens, c.steps) == (len(each), sum(map(len, alphas))) and c.received == pytest.approx(each.sum(), rel=1e-5)
    assert c.below == (each < c.low).sum() == told["coverage"]["below"] and c.above == (each > c.high).sum()
    assert c.eos == pytest.approx(sum(alpha[:, -1].sum() for alpha in alphas), rel=1e-5)
