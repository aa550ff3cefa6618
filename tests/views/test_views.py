"""Every view computes, draws and explains, with a user's markup shown as written and this run's own numbers."""

import re
from dataclasses import replace
from importlib import import_module
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import pytest
from sklearn.metrics import precision_recall_fscore_support

from pages.understand.bptt.choice import TARGETS
from pages.understand.bptt.two_texts import TARGET
from pages.understand.matrix.table import SOME, TABS, TABS_OF_TWO
from rnn_core import metrics, tasks, views
from rnn_core.analysis.evaluate import evaluate
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.steps import counted_steps, losses
from rnn_core.analysis.trace import trace
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.results import Answer, Evaluation, Mistake
from rnn_core.views import encoding
from rnn_core.views import evaluate as evaluate_views
from rnn_core.views import inspect as inspect_views
from rnn_core.views.inputs import NEEDS, Answers, given
from rnn_core.views.inspect import name_of, quantities
from rnn_core.views.inspect.readout import LOGIT
from rnn_core.views.view import View, literal, number
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import CELLS, config_of, model_of, saved_run, vocabulary_of
from tests.views.looking import Looking, answer, figure

NASTY = ("<b>x</b>", "$x$", "[a](b)", ":red[x]", "`c`", "*i*", "# h", "&lt;", "a\nb", "https://e.x", "~~s~~", ":smile:")
INSPECT, EVALUATE = inspect_views.VIEWS, evaluate_views.VIEWS


def loaded(
    workspace: Workspace, cell: str = "gru", task: str = "classify", scheme: str | None = None, **more: Any
) -> Loaded:
    labels = ("B-<b>x</b>", "I-<b>x</b>", "O") if scheme else NASTY
    config = config_of(task, model_of(cell, **more))
    return load(saved_run(workspace, config, labels, scheme, vocabulary_of((*NASTY, "film"))))


def escaped_only(explanation: str) -> None:
    """No nasty text stands in Markdown as it was written."""
    rest = explanation
    for text in NASTY:
        rest = rest.replace(literal(text), "")
    for text in NASTY:
        assert text not in rest, (text, explanation)
    assert explanation.count("$$") % 2 == 0
    # what is left when formulas and escaped signs are taken away holds no sign of a user's markup
    formulas = r"\$\$.*?\$\$|\$F_1[^$]*\$|\$E_[c23]\$|`<\w+>`"
    plain = re.sub(formulas, "", re.sub(r"\\\\|:gray\[\]", "", explanation), flags=re.DOTALL)
    plain = re.sub(r"\\[^\w\s]", "", plain)
    assert not re.search(r"[<>$\[\]`~]", plain), plain
    assert not re.search(r"\b[hxwao]_[tk]\b", plain), "an index outside of a formula is a subscript"


def test_the_table_names_each_view_of_each_file_once() -> None:
    assert len(set(views.names())) == len(views.names())
    for file, names in views.TABLE.items():
        assert tuple(view.name for view in import_module(f"rnn_core.views.{file}").VIEWS) == names
        for name in names:
            view = views.view(name)
            assert view.name == name and (not view.question or view.question.endswith("?"))
            assert set(view.needs) <= set(NEEDS) and view.result.__dataclass_params__.frozen


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_lists_views_that_there_are(name: str) -> None:
    inspect = {name for file, names in views.TABLE.items() if file.partition(".")[0] == "inspect" for name in names}
    known = {
        "evaluate": {
            name for file in ("evaluate", "distance", "streams", "judged", "vector") for name in views.TABLE[file]
        },
        "losses": {*views.TABLE["losses"]},
        "unrolled": {*views.TABLE["unrolled"]},
        "inspect": inspect,
        "generate": {*views.TABLE["writing"], *views.TABLE["hunting"], *inspect, *views.TABLE["bptt"]},
        "translate": {*views.TABLE["translating"]},
        "bptt": {*TARGETS, *views.TABLE["bptt"], TARGET, *views.TABLE["translation_gradients"]},
        "matrix": {*TABS, *TABS_OF_TWO, *SOME, "last-column"},
    }
    for page, named in tasks.task(name).views.items():
        assert set(named) <= known[page] and len(set(named)) == len(named)


def test_the_tabs_of_words_to_matrix_show_every_view_of_their_files() -> None:
    tabs = (*TABS.values(), *TABS_OF_TWO.values())
    shown = {name for _, rows in tabs for row in rows for name in row} - {"last-column", "gain", "states"}
    files = ("one_hot", "padding", "ledger", "recipe", "equations", "feedforward", "chunks", "pairs")
    assert shown == {name for file in files for name in views.TABLE[file]}


@pytest.mark.parametrize("name", [name for name in tasks.names() if tasks.task(name).views["inspect"]])
def test_each_task_has_one_row_of_tokens_and_one_way_to_choose_a_target(name: str) -> None:
    shown = tasks.task(name).views["inspect"]
    assert len([part for part in shown if part in ("answers-so-far", "own-answers", "foreseen")]) == 1
    assert {"tags", "next-losses", "beliefs", "losses"} & {*shown}
    assert len([part for part in tasks.task(name).views["bptt"] if part in TARGETS]) == 1


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("tag", 2, True)])
def test_every_view_of_inspect_draws_and_explains(
    workspace: Workspace, cell: str, task: str, layers: int, both: bool
) -> None:
    one = loaded(workspace, cell, task, layers=layers, bidirectional=both, form=2 * both)
    seen = trace(one, "\x00".join(NASTY), NASTY)
    fitting = [view for view in INSPECT if view.name in tasks.task(task).views["inspect"]]
    assert (inspect_views.TAGS in fitting) == (task == "tag") and len(fitting) >= 6
    for quantity in quantities(one):
        assert name_of(one, "quantity")(quantity)
        for step in (0, len(seen.tokens) - 1) if quantity == "h" else (3,):
            looking = Looking(
                one, seen, step=step, layer=layers - 1, direction=int(both), unit=1, quantity=quantity, label=NASTY[step % 3],
                curve="readouts",
            )  # fmt: skip
            assert looking(inspect_views.STATES).values.shape == (len(seen.tokens), 4)
            for view in fitting if quantity == "h" else (inspect_views.STATES, inspect_views.STATE):
                found = looking(view)
                for part in view.render(found):
                    if part.kind == "figure":
                        validated(part.content)
                escaped_only(view.explain(found))


def test_a_view_reads_what_it_names_alone_and_is_computed_once(workspace: Workspace) -> None:
    one = loaded(workspace)
    inputs = given(run=one, text=trace(one, "film"), evaluation=None)
    with pytest.raises(KeyError, match="evaluation"):
        _ = inputs.only(("run", "text")).scores
    states, losses_ = inspect_views.STATES, inspect_views.LOSSES
    first = states.answer(inputs, states.controls(step=1))
    assert states.answer(inputs, states.controls(step=1, layer=9, quantity="none")) is first, "what there is not is settled first"
    assert states.answer(inputs, states.controls(step=2)) is not first
    with pytest.raises(KeyError, match="text"):
        losses_.answer(given(run=one))


@pytest.mark.parametrize("odd", [[1], {1}, np.array([object()], object), np.array(["x"]), b"x"])
def test_what_is_not_plain_is_not_encoded(odd: Any) -> None:
    with pytest.raises(TypeError):
        encoding.encode(odd)


def test_numbers_that_are_not_finite_come_back() -> None:
    found = metrics.scores(np.eye(2, dtype=int), ("a", "b"))
    back = encoding.decode(type(found), encoding.encode(replace(found, loss=float("inf"), accuracy=float("nan"))))
    assert back.loss == float("inf") and np.isnan(back.accuracy) and back.spans is None
    assert back.per_class == found.per_class and np.array_equal(back.confusion, found.confusion)


def test_labels_and_tokens_do_appear_escaped(workspace: Workspace) -> None:
    one = loaded(workspace)
    seen = trace(one, "\x00".join(NASTY), NASTY)
    for step, token in enumerate(NASTY, 1):
        looking = Looking(one, seen, step=step, label=token)
        said = inspect_views.LOSSES.explain(looking(inspect_views.LOSSES))
        assert said.count(literal(token)) == 2  # as the label and as the token
        embedding = inspect_views.EMBEDDING.explain(looking(inspect_views.EMBEDDING))
        assert literal(token) in embedding and f"**{seen.indices[step]}**" in embedding


@pytest.mark.parametrize("loss", ["last", "every"])
def test_explanations_hold_this_very_runs_numbers(workspace: Workspace, loss: str) -> None:
    config = config_of(model=model_of("lstm"), loss=loss)
    one = load(saved_run(workspace, config))
    seen = trace(one, "the film was not good")
    assert seen.answers is not None and seen.decision_step is not None
    looking = Looking(one, seen, step=3, unit=2, label="bad", quantity="f")

    def explained(view: View[Any, Any]) -> str:
        return view.explain(looking(view))

    answers = explained(inspect_views.BELIEFS)
    assert f"{seen.answers[3].max():.4f}" in answers and f"curve: t = {seen.decision_step + 1} (" in answers
    readouts = inspect_views.BELIEFS.explain(Looking(one, seen, step=3, curve="readouts")(inspect_views.BELIEFS))
    assert f"{seen.readouts[3].max():.4f}" in readouts
    assert ("never trained" in readouts) == (loss == "last")
    at_label = losses(seen, [0])
    told = explained(inspect_views.LOSSES)
    assert f"= {number(float(at_label[3]))} nats" in told
    assert f"L = {number(float((counted_steps(one, 7) * at_label).sum()))} nats" in told
    states = explained(inspect_views.STATES)
    assert f"Unit 2 there is {number(float(seen.gates['f'][0, 0, 3, 2]))}." in states
    assert number(float(np.linalg.norm(seen.gates["f"][0, 0, 3]))) in states
    assert all(equation in states for equation in one.network.cell.equations)
    assert number(float(seen.gates["f"][0, 0, 3].max())) in explained(inspect_views.STATE)


def test_the_answer_if_the_text_stopped_and_the_readout_are_told_apart_where_they_stand_together(workspace: Workspace) -> None:
    one = loaded(workspace, "lstm")
    seen = trace(one, "the film was not good")
    assert seen.answers is not None and not np.allclose(seen.answers[3], seen.readouts[3])
    np.testing.assert_allclose(seen.answers[-1], seen.readouts[-1])  # "at <eos> itself both are the same"

    def captions(view: View[Any, Any], **chosen: Any) -> str:
        return " ".join(str(p.content) for p in view.render(Looking(one, seen, step=3, **chosen)(view)) if p.kind != "figure")

    assert "takes one more step, on `<eos>`, and may differ" in captions(inspect_views.LOSSES)
    assert "after one more step on `<eos>`" in captions(inspect_views.PROBABILITIES)
    assert not captions(inspect_views.PROBABILITIES, curve="readouts")
    assert "without the step on `<eos>`" in captions(LOGIT)
    tagger = loaded(workspace, "lstm", "tag")
    assert "eos" not in str(LOGIT.render(Looking(tagger, trace(tagger, "film"), step=1)(LOGIT))[0].content)


def test_how_a_unit_is_chosen_follows_what_can_be_clicked(workspace: Workspace) -> None:
    one = loaded(workspace, "lstm")
    short, long = (trace(one, "film " * count) for count in (2, 2500))
    assert "Click a cell" in inspect_views.unit_words(Looking(one, short, step=1)(inspect_views.STATES))
    assert "row of points" in inspect_views.unit_words(Looking(one, long, step=1)(inspect_views.STATES))
    said = inspect_views.unit_words(Looking(one, short, step=1, unit=2, quantity="m")(inspect_views.STATES))
    assert f"mₜ[2] = {short.cells[0, 0, 1, 2]:.4f}" in said and "t = 2" in said


def test_the_direction_looked_at_is_named(workspace: Workspace) -> None:
    one = loaded(workspace, "gru", "tag", bidirectional=True)
    seen = trace(one, "film film")
    forwards, backwards = (Looking(one, seen, step=1, direction=d)(inspect_views.STATES) for d in (0, 1))
    assert not np.allclose(forwards.values, backwards.values)
    assert name_of(one, "direction")(0) != name_of(one, "direction")(1) and name_of(one, "layer")(0) == "layer 1"


@pytest.mark.parametrize(("task", "both"), [("classify", False), ("tag", False), ("tag", True)])
def test_where_evaluation_cuts_a_text_is_shown_with_its_answer(workspace: Workspace, task: str, both: bool) -> None:
    one = loaded(workspace, task=task, bidirectional=both)
    short = one._replace(config=replace(one.config, data=replace(one.config.data, max_tokens=4)))
    tokens = (*NASTY, "film")
    whole, part = trace(short, "\x00".join(tokens), tokens), trace(short, "\x00".join(tokens[:4]), tokens[:4])
    looking = Looking(short, whole, step=1)
    found, row = looking(inspect_views.CUT), looking(views.view("answers-so-far" if task == "classify" else "own-answers"))
    said = inspect_views.CUT.explain(found)
    escaped_only(said)
    assert f"has {len(tokens)} words" in said and f"from t = 6 (“{literal(tokens[4], 30)}”)" in said and row.cut == (5, 14)
    drawn = figure(inspect_views.BELIEFS, looking(inspect_views.BELIEFS))
    assert "training cuts before t = 6" in [note["text"] for note in drawn["layout"]["annotations"]]
    at = [-1] if task == "classify" else [1, 2, 3, 4]
    assert found.evaluated == tuple(part.labels[i] for i in part.readouts[at].argmax(1))
    assert found.here == tuple(whole.labels[i] for i in whole.readouts[at].argmax(1))
    same = found.here == found.evaluated
    assert ("same as here" in said) == same and found.p == pytest.approx(part.readouts[at].max(1))
    assert task == "classify" or both or same, "without a backward direction a tag knows nothing of what follows"
    assert inspect_views.CUT.render(Looking(one, whole)(inspect_views.CUT)) == ()
    assert Looking(one, whole)(views.view("answers-so-far" if task == "classify" else "own-answers")).cut is None


@pytest.mark.parametrize(("keep", "said", "mark", "cut"), [
    ("end", "read the last 4 of a long text: they begin at t = 11 (", "training begins at t = 11", (1, 10)),
    ("both", "read the first 2 and the last 2 of a long text: from t = 4 (", "training cuts before t = 4", (3, 12)),
])  # fmt: skip
def test_so_is_the_part_that_is_kept(
    workspace: Workspace, keep: Literal["end", "both"], said: str, mark: str, cut: tuple[int, int]
) -> None:
    one = loaded(workspace)
    short = one._replace(config=replace(one.config, data=replace(one.config.data, max_tokens=4, keep=keep)))
    looking = Looking(short, trace(short, "one two three four five six seven eight nine ten eleven twelve thirteen"), step=1)
    assert said in inspect_views.CUT.explain(looking(inspect_views.CUT)) and looking(views.view("answers-so-far")).cut == cut
    drawn = figure(inspect_views.BELIEFS, looking(inspect_views.BELIEFS))
    assert mark in [note["text"] for note in drawn["layout"]["annotations"]]


def test_a_label_the_run_does_not_have_falls_back_to_the_answer(workspace: Workspace) -> None:
    one = loaded(workspace)
    seen = trace(one, "film")
    found = Looking(one, seen, step=1, label="gone")(inspect_views.LOSSES)
    assert found.label == seen.labels[seen.answer]


def test_the_row_of_tokens_shows_each_steps_own_class(workspace: Workspace) -> None:
    one = loaded(workspace)
    seen = trace(one, "film x film")
    row = Looking(one, seen, step=1)(views.view("answers-so-far"))
    assert seen.answers is not None and not row.named
    for t, answers in enumerate(seen.answers):
        assert list(row.colours)[row.classes[t]] == seen.labels[int(np.argmax(answers))] and row.p[t] == answers.max()
    assert literal(seen.labels[seen.answer]) in views.view("answers-so-far").explain(row)

    one = loaded(workspace, task="tag")
    seen = trace(one, "film x film")
    row = Looking(one, seen, step=1)(views.view("own-answers"))
    assert row.named and row.classes.tolist() == [-1, *seen.readouts[1:-1].argmax(1), -1]
    assert row.p[1:-1].tolist() == seen.readouts[1:-1].max(1).tolist()


def test_the_loss_of_a_tag_run_is_asked_of_its_tokens_alone(workspace: Workspace) -> None:
    one = loaded(workspace, task="tag")
    seen = trace(one, "film x film")
    own = Looking(one, seen, step=1)(inspect_views.LOSSES)
    assert own.values[1:-1] == pytest.approx(-np.log(seen.readouts[1:-1].max(1)), rel=1e-5)
    asked = Looking(one, seen, step=1, label=seen.labels[3])(inspect_views.LOSSES)
    assert asked.label == seen.labels[3] and asked.values[1:-1] == pytest.approx(-np.log(seen.readouts[1:-1, 3]), rel=1e-5)
    assert np.isnan([*own.values[[0, -1]], *asked.values[[0, -1]]]).all()
    assert "3 of the 5 steps count" in inspect_views.LOSSES.explain(own)


def picks(view: View[Any, Any], drawing: go.Figure) -> list[dict[str, Any]]:
    assert view.pick is not None
    points = []
    for drawn in drawing.data:
        data = drawn.customdata if "customdata" in drawn else None
        for point in (
            () if data is None else np.asarray(data, object).reshape(-1, np.shape(data)[-1] if np.ndim(data) > 1 else 1)
        ):
            points.append(view.pick(list(point)))
    return points


def test_a_click_along_the_text_chooses_its_step(workspace: Workspace) -> None:
    one = loaded(workspace)
    seen = trace(one, "film x film")
    looking = Looking(one, seen, step=1)
    for view in (inspect_views.BELIEFS, inspect_views.LOSSES):
        steps = {pick["step"] for pick in picks(view, validated(figure(view, looking(view))))}
        assert steps == set(range(5)), view.name


# ---- evaluate -------------------------------------------------------------------------------------------------------


def evaluation(workspace: Workspace, task: str, scheme: str | None = None) -> tuple[Loaded, Evaluation]:
    one = loaded(workspace, "gru", task, scheme)
    labels = one.speech.labels
    tokens = [(*NASTY, "film")[i : i + 4] for i in range(10)]
    wanted = [[labels[(i + t) % len(labels)] for t in range(4)] for i in range(10)]
    examples = [
        Example(" ".join(row), row, tuple(tags) if task == "tag" else tags[0], "")
        for row, tags in zip(tokens, wanted, strict=True)
    ]
    return one, evaluate(one, [examples], len(examples), "a file")


@pytest.mark.parametrize(("task", "scheme"), [("classify", None), ("tag", None), ("tag", "IOB2")])
def test_every_view_of_evaluate_draws_and_explains(workspace: Workspace, task: str, scheme: str | None) -> None:
    _, found = evaluation(workspace, task, scheme)
    for view in EVALUATE:
        if view.name not in tasks.task(task).views["evaluate"] or (view.name == "spans" and not scheme):
            continue
        if view.needs == ("answers",):
            continue
        scores = answer(view, given(evaluation=found.scores))
        if view is not evaluate_views.CLASSES:
            validated(figure(view, scores))
        escaped_only(view.explain(scores))
    right, total = int(np.trace(found.scores.confusion)), int(found.scores.confusion.sum())
    assert rf"\frac{{{right}}}{{{total}}} = {right / total:.4f}" in evaluate_views.CONFUSION.explain(found.scores)
    assert ("spans" in tasks.task(task).views["evaluate"]) == (task == "tag")


def test_the_commonest_error_is_named_and_perfect_answers_have_none() -> None:
    said = evaluate_views.CONFUSION.explain(metrics.scores(np.array([[5, 1, 0], [3, 2, 0], [0, 0, 4]]), NASTY[:3]))
    assert f"{literal(NASTY[1])} answered as {literal(NASTY[0])}, 3 times" in said
    assert "most frequent error" not in evaluate_views.CONFUSION.explain(metrics.scores(np.diag([5, 2, 0]), NASTY[:3]))


def test_the_class_explained_is_counted_by_hand() -> None:
    said = evaluate_views.PER_CLASS.explain(
        metrics.scores(np.array([[5, 1, 0], [3, 6, 0], [0, 1, 4]]), ("a", "b", "c"))
    )
    assert "For b: recall = 6 / 9 = 0.6667, precision = 6 / 8 = 0.7500" in said and "= 0.7059." in said


def test_every_class_and_every_type_of_entity_stand_in_numbers_with_both_averages() -> None:
    truth, answers = [["B-A", "B-A", "B-C"]], [["B-A", "B-A", "O"]]
    found = metrics.scores(np.array([[2, 0, 0], [0, 0, 1], [0, 0, 0]]), ("B-A", "B-C", "O"),
                           spans=metrics.span_scores(truth, answers, "IOB2"))  # fmt: skip
    types = {name: [*row] for name, *row in zip(*evaluate_views.type_rows(found).values(), strict=True)}
    assert types["(macro average)"] == [0.5, 0.5, 0.5, 3]  # A is found, C is not
    assert types["(micro average)"] == pytest.approx([2 / 3, 1, 0.8, 3])
    labels = ["B-A", "B-C", "O"]
    rows = {name: [*row] for name, *row in zip(*evaluate_views.class_rows(found).values(), strict=True)}
    flat = [*truth[0]], [*answers[0]]
    for average, name in (("macro", "(macro average)"), ("micro", "(micro average)")):
        p, r, f, _ = precision_recall_fscore_support(*flat, labels=labels, average=average, zero_division=0)
        assert rows[name] == pytest.approx([r, p, f, 3]), average
    p, r, f, n = precision_recall_fscore_support(*flat, labels=labels, zero_division=0)
    assert [rows[label] for label in labels] == [pytest.approx(row) for row in np.stack([r, p, f, n], 1).tolist()]
    assert [part.kind for part in evaluate_views.CLASSES.render(found)] == ["table", "text", "table"]
    wide = metrics.scores(np.eye(30, dtype=int), [str(i) for i in range(30)])
    assert [part.fold for part in evaluate_views.CLASSES.render(wide)] == ["Every class in numbers"]


@pytest.mark.parametrize("cell", [None, ("b", "a"), ("a", "a")])
@pytest.mark.parametrize("token", [None, 1])
def test_a_row_of_texts_opens_what_it_shows(cell: tuple[str, str] | None, token: int | None) -> None:
    truth, given_ = cell or ("b", "a")
    found = [Mistake(Answer([*NASTY], token, sure), truth, given_) for sure in (0.75, 0.5)]
    view = evaluate_views.BEHIND if cell else evaluate_views.MISTAKES
    listed = answer(view, given(answers=Answers(found, 7, 20, "texts", " ", cell)))
    said, caption, rows = view.render(listed)
    assert rows.kind == "rows" and rows.content.columns["confidence"] == [0.75, 0.5]
    assert ("truth" in rows.content.columns) == (cell is None)
    step = None if token is None else 2  # <sos> is step 0
    assert rows.content.opens == [{"text": " ".join(NASTY), "spaced": True, "label": truth, "step": step}] * 2
    assert ("**7 mistakes** in 20 texts" if cell is None else "7 texts** labelled") in said.content
    order = "least confident first" if cell == ("a", "a") else "most confident mistakes first"
    assert f"Sorted by confidence, {order}." in caption.content and "The first 2 are shown." in caption.content
    assert "it is 0.7500 for a, so all other classes together have 0.2500." in view.explain(listed)
    none = answer(view, given(answers=Answers([], 0, 20, "texts", " ", cell)))
    (said,) = view.render(none)
    assert ("all 20 texts were answered right" if cell is None else "Click another cell") in said.content


def test_a_long_text_is_cut_round_the_token() -> None:
    tokens = [str(i) for i in range(50)]
    assert evaluate_views.in_context(Answer(tokens, 20, 0.5), around=2) == "… 18 19 [20] 21 22 …"
    assert evaluate_views.in_context(Answer(tokens, 0, 0.5), around=1) == "[0] 1 …"
    assert evaluate_views.in_context(Answer(tokens, 49, 0.5), around=1) == "… 48 [49]"


def test_a_text_of_characters_is_put_together_as_it_was() -> None:
    between = DataConfig(tokens="char").between
    assert evaluate_views.in_context(Answer(list("so  it is"), None, 0.5), between) == "so  it is"
