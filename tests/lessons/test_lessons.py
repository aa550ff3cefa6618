"""Every lesson of the project: it is read, its words and views have values, and its questions are marked as they say."""

import re

import numpy as np
import pytest

from pages.learn.looked import Looked, run_of
from rnn_core.lessons import Ask, Do, Lesson, Said, Shown
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.marking import key, mark, option, solution
from rnn_core.lessons.quantities import chosen, held
from rnn_core.lessons.reading import read
from rnn_core.views import names, view
from rnn_core.workspace.lessons import OWN

FILES = sorted(OWN.glob("*.md"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem, scope="module")
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return read(request.param.read_text(encoding="utf-8"), request.param.stem)


def at(lesson: Lesson, step: int, ask: Ask | None = None) -> Looked:
    given = lesson.given_at(step) | (dict(ask.given) if ask else {})
    return Looked(run_of(given["run"]), given, given.get("text", ""))


def typed(value: Value) -> str:
    """A right number as a learner would type it."""
    assert isinstance(value, float)
    return str(int(value)) if value == int(value) else f"{value:.4g}"


def test_it_says_what_it_is_about(lesson: Lesson) -> None:
    assert lesson.title and lesson.summary and 5 <= lesson.minutes <= 20 and len(lesson.steps) >= 2
    assert lesson.given["run"].startswith("ready/"), "a lesson stands on a run that comes with the app"


def test_all_of_its_words_have_values(lesson: Lesson) -> None:
    lesson.before.filled(held(at(lesson, 0).resolve))
    for number, step in enumerate(lesson.steps):
        quantities = held(at(lesson, number).resolve, chosen(step=0, unit=0))
        for block in step.blocks:
            if isinstance(block, Said):
                block.words.filled(quantities)
            elif isinstance(block, Do):
                block.task.filled(quantities)
            elif isinstance(block, Ask):
                own = held(at(lesson, number, block).resolve) if block.given else quantities
                for words in (block.question, *block.options.values()):
                    words.filled(own)


def test_its_views_can_be_computed_and_rendered(lesson: Lesson) -> None:
    for number, step in enumerate(lesson.steps):
        for block in step.blocks:
            if isinstance(block, Shown) and block.name != "unrolled":
                assert block.name in names()
                one = view(block.name)
                inputs = at(lesson, number).resolve(one.needs)
                fields = {**block.controls, **block.fixed}
                known = {name: value for name, value in fields.items() if hasattr(one.controls(), name)}
                found = one.answer(inputs, one.controls(**known))
                assert one.render(found) and (not one.question or one.explain(found))


def test_each_question_takes_its_own_answer_and_no_wrong_one(lesson: Lesson) -> None:
    for number, ask in lesson.asks():
        looked = at(lesson, number, ask)
        quantities = held(looked.resolve)
        steps = len(looked.resolve(("text",)).trace.tokens) if ask.kind in ("step", "curve") else 0
        right = solution(ask, steps, quantities)
        assert right is not None, f"{lesson.name}: {ask.answer.source} is a condition on a number"
        given = right if ask.kind == "curve" else key(right) if ask.kind == "choice" else right
        as_typed = typed(right) if ask.kind == "number" else ""
        if ask.kind == "number":
            given = float(as_typed)
        marked = mark(ask, given, as_typed, quantities)
        assert marked.right and marked.said, f"{lesson.name}: {ask.answer.source}"
        for condition, words in ask.wrongs:
            if condition.asks:
                if ask.kind == "curve":
                    continue  # met by curves that are drawn
                tried: list[Value] = list(ask.options) if ask.kind == "choice" else [float(t + 1) for t in range(steps)]
                met = [one for one in tried if condition.holds(quantities, option(one) if isinstance(one, str) else one)]
                if not met:
                    continue  # met on other texts alone
                wrong = met[0]
            else:
                wrong = condition.value(quantities)
                wrong = key(wrong) if ask.kind == "choice" else wrong
            if ask.kind == "curve":
                wrong = np.asarray(wrong)
            as_wrong = typed(wrong) if ask.kind == "number" else ""
            marked = mark(ask, float(as_wrong) if ask.kind == "number" else wrong, as_wrong, quantities)
            assert not marked.right, f"{lesson.name}: `wrong {condition.source}` is the right answer"
            assert marked.said, f"{lesson.name}: nothing is said to `wrong {condition.source}`"
            del words


def test_no_number_is_typed_by_hand_in_what_is_said_to_an_answer(lesson: Lesson) -> None:
    """Numbers with three decimals or more come from expressions."""
    for _, ask in lesson.asks():
        for part in (*ask.why.parts, *(part for _, words in ask.wrongs for part in words.parts)):
            if isinstance(part, str) and not part.startswith("$"):
                assert not re.search(r"\d\.\d{3,}", part), part
