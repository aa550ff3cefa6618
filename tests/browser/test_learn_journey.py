"""A learner in front of every lesson: right answers, each wrong one that is listed, and skipping, to the end."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from pages.learn.looked import Looked, run_of
from rnn_core.config import Problem
from rnn_core.lessons import Ask, Do, Lesson, Shown
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.marking import key, mark, option, solution
from rnn_core.lessons.quantities import chosen, held
from rnn_core.lessons.reading import read
from rnn_core.views import view
from rnn_core.workspace.lessons import OWN
from tests.browser.person import Person

pytestmark = pytest.mark.browser
FILES = sorted(OWN.glob("*.md"))


class Learner(Person):
    """Somebody who takes lessons."""

    def __init__(self, browser: Any, server: str, lesson: Lesson):
        super().__init__(browser, server, size=(1024, 768))
        self.lesson, self.at = lesson, 0
        self.page.add_init_script("localStorage.setItem('unrolled-played', '1')")

    def enter(self) -> None:
        self.go(f"/learn?lesson={self.lesson.name}")
        self.page.get_by_role("heading", name=re.sub(r"[*`$]", "", self.lesson.title), level=1).wait_for()

    def box(self, number: int) -> Locator:
        """The question that is this block of the step."""
        found = self.page.locator(f".st-key-ask-{self.at}-{number}")
        found.wait_for()
        return found

    def answer(self, ask: Ask, number: int, value: Value) -> None:
        """Gives an answer and has it checked."""
        box = self.box(number)
        if ask.kind == "choice":
            box.get_by_role("radiogroup").locator("label").nth(list(ask.options).index(str(value))).click()
        elif ask.kind == "step":
            box.get_by_text(re.compile(rf"^{int(float(str(value)))} ")).click()
        elif ask.kind == "curve":
            self.draw(box, np.asarray(value, float))
        else:
            box.get_by_role("textbox").fill(_typed(value))
        box.get_by_role("button", name="Check", exact=True).click()
        self.settle()

    def draw(self, box: Locator, curve: np.ndarray) -> None:
        """Draws with the keys: up from the foot of each bar, a twentieth at a time."""
        bars = box.locator(".room[role=slider]")
        expect(bars).to_have_count(len(curve))
        for i, one in enumerate(curve):
            bars.nth(i).focus()
            self.page.keyboard.press("Home")
            for _ in range(round(float(one) * 20)):
                self.page.keyboard.press("ArrowUp")

    def skip(self) -> None:
        self.press("Skip this step")

    def do(self, do: Do) -> None:
        """Does what the lesson asks for."""
        page = self.page
        if do.event == "typed":
            page.get_by_role("textbox", name="Text").fill(do.example)
            page.get_by_role("textbox", name="Text").press("Enter")
        elif do.event == "played":
            page.get_by_role("button", name="Play").first.click()
            page.locator(".unrolled[data-state=rest]").wait_for(timeout=60_000)
        elif do.event == "opened":
            page.locator(f".st-key-formula-{do.view}").get_by_role("button").first.click()
            self.settle()
            page.keyboard.press("Escape")
        elif do.event == "trained":
            page.get_by_role("button", name="Train it").click()
        elif do.event == "picked":
            self.pick(do)
        else:
            self.choose(do)
        self.settle()

    @property
    def looked(self) -> Looked:
        given = self.lesson.given_at(self.at)
        return Looked(run_of(given["run"]), given)

    def shown(self) -> list[Shown]:
        return [block for block in self.lesson.steps[self.at].blocks if isinstance(block, Shown)]

    def choose(self, do: Do) -> None:
        """Chooses the values of controls by their widgets."""
        wanted = dict(do.controls)
        for block in self.shown():
            one = view(block.name)
            inputs = self.looked.resolve(one.needs)
            known = {field: value for field, value in {**block.controls, **block.fixed}.items() if hasattr(one.controls(), field)}
            for offered in one.choices(inputs, one.controls(**known).settled(inputs)):
                if offered.field in wanted:
                    self.set(offered.form, offered.title, offered.words, wanted.pop(offered.field))
        assert not wanted, f"no widget of this step chooses {wanted}"

    def pick(self, do: Do) -> None:
        """Picks what the task asks for: in the picture, in the map of attention, or a point of a figure."""
        names = [block.name for block in self.shown()]
        if "unrolled" in names:
            self.open_unit(do)
        elif "alignment" in names:
            tokens = self.looked.resolve(("translation",)).translation.written
            step = next(t for t in range(len(tokens)) if self.meets(do, {"step": t}))
            self.page.locator(".alignment").get_by_role("option", name=tokens[step], exact=True).first.click()
        else:
            for name in names:
                if pick := view(name).pick:
                    points = self.chart(f"view-{name}").evaluate(
                        """g => Array.from(g._fullData.filter(t => t.type === 'scatter').at(-1).customdata,
                                           one => one.length === undefined ? [one] : Array.from(one))"""
                    )
                    at = next((n for n, values in enumerate(points) if self.meets(do, pick(values))), None)
                    if at is not None:
                        self.click_target(f"view-{name}", at)
                        return
            pytest.fail(f"nothing of {names} can be picked that meets the task")

    def meets(self, do: Do, picked: dict[str, Any]) -> bool:
        """Whether the task is done when this is chosen."""
        cell = {"cell": picked["cell"]} if picked.get("cell") else {}
        looked = Looked(self.looked.run, {**self.looked.given, **cell})
        try:
            return do.until is None or do.until.holds(
                held(looked.resolve, chosen(**{name: picked.get(name) for name in ("step", "unit", "back")}))
            )
        except Problem:
            return False

    def open_unit(self, do: Do) -> None:
        """Double-clicks the unit of the picture that the task asks for."""
        states = self.looked.resolve(("text",)).trace.states[-1, 0]
        step, unit = next((t, u) for t in range(len(states)) for u in range(states.shape[1])
                          if self.meets(do, {"step": t, "unit": u}))  # fmt: skip
        cell = self.page.locator(f'g.column[data-t="{step}"] .cell')
        cell.scroll_into_view_if_needed()
        place = cell.bounding_box()
        assert place is not None
        for height in range(5, int(place["height"]), 5):
            self.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + height)
            self.page.wait_for_timeout(50)
            if f"h[{unit}]" in self.page.locator(".tip").inner_text():
                self.page.mouse.dblclick(place["x"] + place["width"] / 2, place["y"] + height)
                return
        pytest.fail(f"the picture does not name unit {unit}")

    def set(self, form: str, title: str, words: Any, value: Any) -> None:
        page = self.page
        if form == "row":
            page.get_by_role("radiogroup", name=title).or_(page.get_by_role("group", name=title)).get_by_text(
                words(value), exact=True
            ).first.click()
        elif form == "box":
            page.get_by_role("combobox", name=title).click()
            page.get_by_role("option", name=words(value), exact=True).click()
        elif form == "slider":
            slider = page.get_by_role("slider", name=title)
            slider.press("End")
            self.page.wait_for_timeout(500)  # it is sent a moment after the last key, and what comes back would undo later keys
            self.settle()
            for _ in range(200):
                away = float(value) - float(slider.input_value())
                if abs(away) < 1e-9:
                    break
                slider.press("ArrowRight" if away > 0 else "ArrowLeft")
        else:
            number = page.get_by_role("spinbutton", name=title)
            number.fill(str(value + 1 if form == "step" else value))
            number.press("Enter")

    def is_back(self) -> None:
        """The list says that every step is finished; the page is closed."""
        self.page.get_by_role("heading", name="Lessons", level=1).wait_for()
        count = len(self.lesson.steps)
        expect(self.page.locator(f".st-key-lesson-{self.lesson.name}")).to_contain_text(f"{count} of {count} steps")
        assert not self.errors
        self.page.close()


def _typed(value: Value) -> str:
    assert isinstance(value, float)
    return str(int(value)) if value == int(value) else f"{value:.4g}"


def at(lesson: Lesson, step: int, ask: Ask | None, text: str | None) -> Looked:
    given = lesson.given_at(step) | ({"text": text} if text else {}) | (dict(ask.given) if ask else {})
    return Looked(run_of(given["run"]), given)


def wrongs(ask: Ask, quantities: Any, steps: int) -> Iterator[tuple[Value, str]]:
    """A wrong answer for each that the lesson lists and that can be given here, with what is said to it."""
    possible: dict[str, list[Any]] = {
        "choice": [*ask.options], "step": [float(t + 1) for t in range(steps)], "curve": _curves(steps),
    }  # fmt: skip
    tried = possible.get(ask.kind, [])
    for condition, words in ask.wrongs:
        if condition.asks:
            for one in tried:
                found = mark(ask, one, "", quantities)
                if not found.right and found.said == words.filled(quantities, option(one) if isinstance(one, str) else one):
                    yield one, found.said
                    break
        elif ask.kind != "curve":
            value = condition.value(quantities)
            yield key(value) if ask.kind == "choice" else value, words.filled(quantities, value)


def _curves(steps: int) -> list[np.ndarray]:
    """Curves that a learner may draw: falling, rising, even, and a peak in the middle."""
    rising = np.arange(1, steps + 1) / steps
    return [rising[::-1], rising, np.ones(steps), 1 - np.abs(np.linspace(-1, 1, steps))]


def plain(markdown: str) -> str:
    """The first words of Markdown as they are seen."""
    text = re.split(r"[$`*\[\\]", markdown.lstrip())[0]
    return " ".join(text.split())[:60].strip()


@pytest.fixture(params=FILES, ids=lambda path: path.stem, scope="module")
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return read(request.param.read_text(encoding="utf-8"), request.param.stem)


def test_walked_to_the_end(lesson: Lesson, browser: Any, server: str) -> None:
    learner = Learner(browser, server, lesson)
    page = learner.page
    learner.enter()
    for learner.at, step in enumerate(lesson.steps):
        heading = plain(step.title)
        page.get_by_role("heading", name=heading, level=2).first.wait_for()
        text: str | None = None
        for number, block in enumerate(step.blocks):
            if isinstance(block, Do):
                learner.do(block)
                text = block.example or text
                expect(page.get_by_text("radio_button_unchecked")).to_have_count(0, timeout=120_000)
            elif isinstance(block, Ask):
                looked = at(lesson, learner.at, block, text)
                quantities = held(looked.resolve)
                steps = len(looked.resolve(("text",)).trace.tokens) if block.kind in ("step", "curve") else 0
                for value, said in wrongs(block, quantities, steps):
                    learner.answer(block, number, value)
                    expect(learner.box(number)).to_contain_text(plain(said))
                right = solution(block, steps, quantities)
                assert right is not None
                learner.answer(block, number, right)
                why = block.why.filled(quantities, option(str(right)) if block.kind == "choice" else right)
                expect(learner.box(number)).to_contain_text(plain(why))
        if learner.at + 1 < len(lesson.steps):
            learner.press("Next step")
            done = ".".join(str(n + 1) for n in range(learner.at + 1))
            assert f"at={learner.at + 2}" in page.url and page.url.endswith(f"done={done}"), page.url
    learner.press("Finish")
    learner.is_back()


def test_skipped_to_the_end(lesson: Lesson, browser: Any, server: str) -> None:
    learner = Learner(browser, server, lesson)
    learner.enter()
    for learner.at, step in enumerate(lesson.steps):
        last = learner.at + 1 == len(lesson.steps)
        learner.press("Skip this step" if step.goals else "Finish" if last else "Next step")
    learner.is_back()
