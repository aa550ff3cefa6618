"""A lesson's file: what is read of it, and that every mistake is named with its line and what was expected."""

import pytest

from rnn_core.config import Problem
from rnn_core.lessons import MOST_TRIES, Ask, Do, Faulty, Said, Shown
from rnn_core.lessons.reading import MOST_BLOCKS, MOST_LETTERS, outline, read
from rnn_core.lessons.words import parse_words

GOOD = """---
title: A *good* lesson
summary: What it is about.
minutes: 7
own: yes
run: ready/three-units
text: not so good
---
Before the first step: {network.units} units.

## One
Some words with $\\frac{a}{b}$, `code {x}` and {{braces}}.
```view unrolled
mode: backwards
step: 2
locked: step
```
```ask step
q: Which copy of W
  receives 0?
answer: copies.norm[x] == 0
wrong 5: The last.
wrong copies.norm[x] == max(copies.norm): The largest: {copies.norm[x]}.
why: It is {copies.norm[1]}.
text: so good
```
## Two
```view copy_shares
parameter: weight_ih
```
```do set
task: Choose W.
parameter: weight_hh
```
```do typed
task: Type another text.
example: what a bore
until: text.words >= 3
```
```ask choice
q: Which?
option last: The last.
option every: Every {text.words}.
option 3: Three.
answer: every
wrong last: No.
wrong 3: No: 3.
why: Yes.
```
```do trained
task: Train one.
data: reviews.csv
hidden: 4
bidirectional: yes
```
```ask curve
q: Draw.
answer: argmax(x) == text.steps
shows: copies.norm
why: So.
```
"""
LINES = GOOD.splitlines()
HEAD = "---\ntitle: a\nrun: b\n---\n## a\n"


def test_what_is_read() -> None:
    lesson = read(GOOD, "good")
    assert (lesson.name, lesson.title, lesson.summary, lesson.minutes) == ("good", "A *good* lesson", "What it is about.", 7)
    assert lesson.given == {"run": "ready/three-units", "text": "not so good"}
    assert lesson.before.filled({"network.units": 3.0}.__getitem__) == "Before the first step: 3 units."
    one, two = lesson.steps
    assert (one.title, two.title, one.goals, two.goals) == ("One", "Two", 1, 5)
    said, shown, ask = one.blocks
    assert isinstance(said, Said) and isinstance(shown, Shown) and isinstance(ask, Ask)
    assert said.words.filled({}.__getitem__) == "Some words with $\\frac{a}{b}$, `code {x}` and {braces}."
    assert (shown.name, dict(shown.controls), dict(shown.fixed)) == ("unrolled", {"picture": "backwards"}, {"step": 1})
    assert ask.question.parts == ("Which copy of W\nreceives 0?",) and ask.given == {"text": "so good"} and ask.answer.asks
    assert [condition.source for condition, _ in ask.wrongs] == ["5", "copies.norm[x] == max(copies.norm)"]
    _, chosen, typed, choice, trained, curve = two.blocks
    assert isinstance(chosen, Do) and chosen.controls == {"parameter": "weight_hh"}
    assert isinstance(typed, Do) and typed.example == "what a bore" and typed.until is not None
    assert isinstance(choice, Ask) and list(choice.options) == ["last", "every", "3"] and choice.answer.source == "'every'"
    assert isinstance(trained, Do) and trained.controls == {"data": "reviews.csv", "hidden": 4, "bidirectional": True}
    assert isinstance(curve, Ask) and curve.shows is not None and MOST_TRIES == 2
    assert lesson.given_at(0) == lesson.given and sum(1 for _ in lesson.asks()) == 3


def test_the_outline_is_that_of_the_lesson() -> None:
    found, lesson = outline(GOOD, "good"), read(GOOD, "good")
    assert (found.title, found.summary, found.minutes, found.steps) == (lesson.title, lesson.summary, lesson.minutes, 2)


def test_windows_line_ends_and_a_mark_of_utf8_change_nothing() -> None:
    assert read("\ufeff" + GOOD.replace("\n", "\r\n"), "good").steps[1].blocks[0] == read(GOOD, "good").steps[1].blocks[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: A *good* lesson", "titel: A", "no key `titel` here. Did you mean `title`"),
        ("minutes: 7", "minutes: seven", "`minutes` is a whole number, not `seven`"),
        ("own: yes", "own: maybe", "`own` is `yes` or `no`, not `maybe`"),
        ("minutes: 7", "minutes 7", "`minutes 7` is not `key: value`"),
        ("minutes: 7", "loss: first", "`loss` is `last` or `every`, not `first`"),
        ("minutes: 7", "title: again", "`title` is given twice"),
        ("## One", "# One", "A step begins with `## `"),
        ("Some words with", "Some words with {copies.nrom}", "no quantity called `copies.nrom`. Did you mean `copies.norm`"),
        ("Some words with", "Some words { with", "A single `{` stands alone"),
        ("Some words with", "![a picture](http://elsewhere/x.png)", "not pictures from elsewhere"),
        ("Some words with", "Some {__import__('os')}", "`__import__` cannot be called"),
        ("```view unrolled", "```view unroled", "no view called `unroled`. Did you mean `unrolled`"),
        ("```view unrolled", "```veiw unrolled", "A fence is `view NAME`, `do EVENT` or `ask KIND`, not `veiw unrolled`"),
        ("```view unrolled", "```python", "A fence is `view NAME`"),
        ("mode: backwards", "mode: sideways", "no mode called `sideways`. There are forwards, backwards, over"),
        ("mode: backwards", "speed: 3", "no key `speed` here"),
        ("step: 2", "step: two", "`step` is a whole number, not `two`"),
        ("step: 2", "step: 0", "`step` counts from 1"),
        ("locked: step", "locked: speed", "no control of this view called `speed`"),
        ("```ask step", "```ask steps", "no kind of question called `steps`. Did you mean `step`"),
        ("answer: copies.norm[x] == 0", "answer: copies.norm[x] = 0", "is not an expression"),
        ("answer: copies.norm[x] == 0", "answers: 1", "no key `answers` here. Did you mean `answer`"),
        ("wrong 5: The last.", "wrong os.system: The last.", "no quantity called `os.system`"),
        ("wrong 5: The last.", "wrong 5 The last.", "is not `key: value`"),
        ("why: It is {copies.norm[1]}.", "why: It is {copies.norm[1].real}.", "`copies.norm[1]` has no attributes"),
        ("option every: Every", "option last: Every", "The option `last` is given twice"),
        ("answer: every", "answer: evry", "no quantity called `evry`. The options are last, every, 3"),
        ("wrong last: No.", "wrong 4: No.", "`4` is no option of this question"),
        ("task: Choose W.", "", "`task:` is missing"),
        ("parameter: weight_hh", "paramter: weight_hh", "Did you mean `parameter`"),
        ("parameter: weight_hh", "", "names a control of a view above it"),
        ("example: what a bore", "", "`example:` is missing"),
        ("until: text.words >= 3", "until: words >= 3", "no quantity called `words`"),
        ("```do typed", "```do type", "no event called `type`. Did you mean `typed`"),
        ("hidden: 4", "hidden: four", "`hidden` is a whole number, not `four`"),
        ("hidden: 4", "hidden: -4", "hidden"),
        ("data: reviews.csv", "data: ../../etc/passwd", "`data` is the name of a sample"),
        ("data: reviews.csv", "data: /etc/passwd", "`data` is the name of a sample"),
        ("bidirectional: yes", "bidirectional: maybe", "`bidirectional` is yes or no, not `maybe`"),
        ("shows: copies.norm", "", "`shows:` is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old: str, new: str, said: str) -> None:
    number = next(i for i, line in enumerate(LINES, 1) if line.startswith(old))
    with pytest.raises(Faulty) as why:
        read(GOOD.replace(old, new, 1), "bad")
    mistakes = [one for one in why.value.mistakes if said in one.why]
    assert mistakes, why.value.mistakes
    fence = next((i for i in range(number, 0, -1) if LINES[i - 1].startswith("```")), number)
    assert mistakes[0].line in (number, fence) or "missing between" in mistakes[0].why
    assert str(why.value).startswith(f"bad, line {why.value.mistakes[0].line}: ")


def test_all_mistakes_are_named_at_once_in_their_order() -> None:
    with pytest.raises(Faulty) as why:
        read(GOOD.replace("step: 2", "step: two").replace("answer: every", "answer: evry").replace("minutes: 7", "x: 1"), "bad")
    assert [one.line for one in why.value.mistakes] == sorted(one.line for one in why.value.mistakes)
    assert len(why.value.mistakes) == 3


@pytest.mark.parametrize(
    ("source", "said", "line"),
    [
        ("", "A lesson begins with a line `---`", 1), ("# Title\n", "A lesson begins with a line `---`", 1),
        ("---\ntitle: a\nrun: b\n---\nwords", "A lesson has a step", 5), ("---\nrun: b\n---\n## a\n", "`title:` is missing", 1),
        ("---\ntitle: a\nrun:\n---\n## a\n", "`run:` is missing", 1),
        ("---\ntitle: a\nrun: b\n---\n```view states\n```\n## a\n", "A fence stands in a step", 5),
        ("---\ntitle: a\nrun: b\n---\n## a\n```view states\nstep: 1\n", "not closed by a line of `" + "```", 6),
        ("---\ntitle: a\nrun: b\n---\n## a\n```view states\n```\n```view states\n```\n", "shows `states` twice", 8),
        (HEAD + "```view states\nstep: 1\n```\n```view terms\nstep: 2\n```\n", "`step` has another value", 9),
        (HEAD + "```view states\ntext: a\n```\n```view terms\ntext: b\n```\n", "`text` has another value", 9),
        ("---\ntitle: a\nrun: b\n---\n## a\n" + "```view states\n```\n" * (MOST_BLOCKS + 1), "parts at most", 5),
        ("---\ntitle: a\nrun: b\n---\n" + "## a\n" * 41, "40 steps at most", 46), ("x" * (MOST_LETTERS + 1), "characters", 1),
    ],
)  # fmt: skip
def test_a_file_that_is_no_lesson(source: str, said: str, line: int) -> None:
    with pytest.raises(Faulty) as why:
        read(source, "bad")
    assert (line, True) in [(one.line, said in one.why) for one in why.value.mistakes], why.value.mistakes


def test_one_line_of_many_is_named_in_words() -> None:
    with pytest.raises(Faulty) as why:
        read("---\ntitle: a\nrun: b\n---\n## a\none\ntwo {nothing}\nthree\n", "bad")
    assert [one.line for one in why.value.mistakes] == [7]


def test_numbers_and_words_in_the_place_of_expressions() -> None:
    import numpy as np

    held = {"whole": 1234.0, "small": 0.0123456, "word": "<b> *x* http://y", "many": np.arange(20) / 8,
            "words": np.array(["a_b", "<eos>"], object)}  # fmt: skip
    filled = parse_words("{whole} {small} {word} {many[2]} {words}", held).filled(held.__getitem__)
    assert filled.startswith("1,234 0.01235 ") and " 0.125 " in filled
    assert "<b>" not in filled and "*x*" not in filled and "http://" not in filled, "user text is text"
    assert r"a\_b, \<eos\>" in filled
    assert parse_words("{many}", held).filled(held.__getitem__).endswith("(20 in all)")
    with pytest.raises(Problem):
        parse_words("{", held)
