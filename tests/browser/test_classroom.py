"""Teachers: links that hold, the large view, markup in lessons of others, and a class of 60 that answers at once."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.serving import Session
from benchmarks.serving import served as served_here
from rnn_core.workspace import Workspace, classes
from rnn_core.workspace.classes import LATER, RIGHT
from tests.browser.conftest import served
from tests.browser.person import Person

pytestmark = pytest.mark.browser

LESSON = """---
title: A lesson of <b>mine</b>
run: ready/three-units
text: not so good
label: positive
---
<script>window.stolen = 1</script> <img src=x onerror="window.stolen = 1"> [a link](javascript:window.stolen=1) <b>bold</b>

## Count the tokens
```ask number
q: How many tokens does the network read?
answer: text.steps
wrong text.words: `<sos>` and `<eos>` are read too.
why: They are {text.steps}.
```
```view losses
```
## The next one
```ask choice
q: Which <i>class</i>?
option negative: Negative
option positive: Positive
answer: answer.label
wrong positive: Look again.
why: It answers {answer.label}.
```
"""
TRAINING = """---
title: Train a small one
run: ready/three-units
text: not so good
---
## Train
```do trained
task: Train a network.
data: reviews.csv
hidden: 3
epochs: 1
seed: 7
```
## Look
```ask number
q: How many units has it?
run: trained
answer: network.units
why: It has {network.units}.
```
"""
PICTURE = """---
title: The way back
run: ready/film-reviews-elman
text: not so good
label: negative
---
## Look
```view unrolled
mode: backwards
```
## Look at its states
```view unrolled
mode: forwards
```
"""
STUDENTS = 60


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server with a lesson of a teacher: its address and its workspace."""
    folder = tmp_path_factory.mktemp("classroom")
    (folder / "workspace" / "lessons").mkdir(parents=True)
    (folder / "workspace" / "lessons" / "mine.md").write_text(LESSON, encoding="utf-8")
    (folder / "workspace" / "lessons" / "picture.md").write_text(PICTURE, encoding="utf-8")
    (folder / "workspace" / "lessons" / "wrong.md").write_text("---\ntitle: a\n---\n## a\n```ask nothing\n```\n")
    with served(folder) as url:
        yield url, folder / "workspace"


def test_markup_of_a_teacher_is_text_and_mistakes_are_named(browser: Any, classroom: tuple[str, Path]) -> None:
    person = Person(browser, classroom[0])
    page = person.page
    person.go("/learn")
    page.get_by_text("cannot be shown").wait_for()
    assert "line 5: There is no kind of question called nothing" in person.text()
    page.locator(".st-key-lesson-mine").get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="Count the tokens").wait_for()
    person.settle()
    assert page.evaluate("window.stolen") is None
    assert page.get_by_test_id("stMain").locator("script, img, b:text-is('mine')").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    page.close()


def test_a_network_is_trained_in_a_lesson_and_looked_at(browser: Any, classroom: tuple[str, Path]) -> None:
    person = Person(browser, classroom[0])
    page, folder = person.page, classroom[1]
    (folder / "lessons" / "train.md").write_text(TRAINING, encoding="utf-8")
    person.go("/learn?lesson=train")
    page.get_by_role("button", name="Train it").click()
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("heading", name="Look").wait_for()
    (made,) = [run for run in Workspace(folder).runs() if run.name.startswith("Lesson ")]
    assert (made.config.model.hidden, made.config.train.epochs, made.config.train.seed) == (3, 1, 7)
    box = page.locator(".st-key-ask-1-0")
    box.get_by_role("textbox").fill("3")
    box.get_by_role("textbox").press("Enter")
    box.get_by_text("It has 3.").wait_for()
    page.close()


def test_a_file_that_is_saved_again_is_read_again(browser: Any, classroom: tuple[str, Path]) -> None:
    person = Person(browser, classroom[0])
    file = classroom[1] / "lessons" / "mine.md"
    person.go("/learn?lesson=mine")
    person.page.get_by_text("How many tokens does the network read?").wait_for()
    file.write_text(LESSON.replace("How many tokens", "Say how many tokens"), encoding="utf-8")
    person.page.reload()
    person.page.get_by_text("Say how many tokens does").wait_for()
    file.write_text(LESSON, encoding="utf-8")
    person.page.close()


def test_a_locked_link_holds(browser: Any, classroom: tuple[str, Path]) -> None:
    free, locked = (Person(browser, classroom[0]) for _ in range(2))
    for person, lock in ((free, ""), (locked, "&lock=1")):
        person.go(f"/learn?lesson=mine&at=1{lock}")
        box = person.page.locator(".st-key-ask-0-0")
        box.get_by_role("textbox").fill("5")
        box.get_by_role("textbox").press("Enter")
        box.get_by_text("They are 5.").wait_for()
        person.page.locator(".st-key-head-losses").wait_for()
        person.settle()
    choices = "[class*=st-key-pick-]"
    assert free.page.locator(choices).count() > 0 and locked.page.locator(choices).count() == 0
    assert free.page.get_by_role("button", name="Teach").count() == 1
    assert locked.page.get_by_role("button", name="Teach").count() == 0
    locked.press("Next step")
    assert "lock=1" in locked.page.url, "the next step is locked too"
    for person in (free, locked):
        person.page.close()


def test_a_locked_link_holds_in_the_picture(browser: Any, classroom: tuple[str, Path]) -> None:
    free, locked = (Person(browser, classroom[0]) for _ in range(2))
    for person, lock in ((free, ""), (locked, "&lock=1")):
        person.page.add_init_script("localStorage.setItem('unrolled-played', '1')")
        person.go(f"/learn?lesson=picture&at=1{lock}")
        person.page.locator(".unrolled .share").first.wait_for()
    for button in ("[data-loss=every]", "[data-loss=last]", ".bar button:text('Nudge each copy')"):
        expect(free.page.locator(button)).to_be_enabled()
        expect(locked.page.locator(button)).to_be_disabled()
    expect(free.page.locator(".scissors")).to_have_count(1)
    expect(locked.page.locator(".scissors")).to_have_count(0)
    locked.page.locator(".stage").press("Home")
    expect(locked.page.locator(".detail")).to_contain_text("t = 1 ")  # its steps can be gone through
    for person in (free, locked):
        expect(person.page.get_by_role("button", name="Look into this step")).to_have_count(0)  # a lesson stays where it is
        person.press("Next step")
        person.page.get_by_role("heading", name="Look at its states").wait_for()
        expect(person.page.locator(".detail")).to_contain_text("h[")
    expect(free.page.locator(".detail .unit")).to_have_count(3)
    expect(locked.page.locator(".detail .unit")).to_have_count(0)
    for person in (free, locked):
        assert not person.errors
        person.page.close()


def test_the_picture_is_large_too(browser: Any, classroom: tuple[str, Path]) -> None:
    person = Person(browser, classroom[0], size=(1024, 768))
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    tall = {}
    for present in ("", "&present=1"):
        person.go(f"/learn?lesson=picture&at=1{present}")
        page.locator(".unrolled .share").first.wait_for()
        person.settle()
        cell, token = page.locator("g.column[data-t='2'] .cell").first, page.locator("g.column[data-t='2'] .token")
        (place, word), detail = (one.bounding_box() for one in (cell, token)), page.locator(".detail")
        assert place is not None and word is not None
        tall[present] = (place["height"], word["height"])
        for place_of in (cell, token):  # a click lands on the column it is in
            page.locator(".stage").press("Home")
            box = place_of.bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect(detail).to_contain_text("t = 3 ")
        cut, wide = page.locator(".scissors"), page.locator("g.column[data-t='2'] .hit").bounding_box()
        handle = cut.bounding_box()
        assert handle is not None and wide is not None
        page.mouse.move(handle["x"] + 8, handle["y"] + 8)
        page.mouse.down()
        page.mouse.move(wide["x"] + 2, handle["y"] + 8)
        page.mouse.up()
        expect(cut).to_have_attribute("aria-valuetext", "cut between steps 2 and 3")
        strip = page.locator(".sheet > canvas").evaluate("one => one.width / one.getBoundingClientRect().width")
        assert strip >= 0.99, "as many pixels as the window has"
    for small, large in zip(*tall.values(), strict=True):
        assert 1.25 * small < large < 1.4 * small
    assert not person.errors
    page.close()


def test_the_large_view_turns_by_keys(browser: Any, classroom: tuple[str, Path]) -> None:
    person = Person(browser, classroom[0], size=(1024, 768))
    page = person.page
    person.go("/learn?lesson=mine")
    before = page.get_by_role("heading", level=2).first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    page.get_by_role("button", name="Teach").click()
    page.get_by_role("button", name="Present").click()
    person.settle()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    after = page.get_by_role("heading", level=2).first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert after > 1.2 * before and "present=1" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side"
    for key, heading in (("PageDown", "The next one"), ("PageUp", "Count the tokens"), ("ArrowRight", "The next one")):
        page.locator("body").press(key)
        page.get_by_role("heading", name=heading, level=2).wait_for()
        person.settle()
    page.get_by_role("button", name="End presentation").click()
    person.settle()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    page.close()


def test_a_class_is_opened_answered_and_looked_at(browser: Any, classroom: tuple[str, Path]) -> None:
    teacher = Person(browser, classroom[0])
    page = teacher.page
    teacher.go("/learn?lesson=mine")
    page.get_by_role("button", name="Teach").click()
    page.get_by_role("button", name="Open a class").click()
    page.get_by_text("nobody has answered yet").wait_for()
    address = page.get_by_test_id("stCode").inner_text().strip()
    assert re.fullmatch(re.escape(classroom[0]) + r"/learn\?lesson=mine&at=1&group=[a-z2-9]{6}", address)
    student = Person(browser, classroom[0])
    student.go(address)
    box = student.page.locator(".st-key-ask-0-0")
    for typed, said in (("3", "are read too"), ("5", "They are 5.")):
        box.get_by_role("textbox").fill(typed)
        box.get_by_role("textbox").press("Enter")
        box.get_by_text(said).wait_for()
    student.page.close()
    page.goto(page.url + "&overview=1")
    page.get_by_text("1 learner has answered").wait_for()
    tally = classes.tallies(classroom[1], address[-6:])[0, 0]
    assert tally.outcomes == {LATER: 1} and tally.wrongs == {"3": 1}
    page.close()


class Student(Session):
    """Somebody who answers the first question, without a browser."""

    async def answers(self, typed: str) -> None:
        """Types a number and has it checked."""
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = self._query, self._page
        states = message.rerun_script.widget_states.widgets
        states.add(id=self.ids["text_input"], string_value=typed)
        states.add(id=self.ids["button"], trigger_value=True)
        await self._socket.send(message.SerializeToString())
        await self.ended()

    async def rerun(self, text: str | None = None) -> float:
        """Opens the page, and notes the question's widgets."""
        self.ids: dict[str, str] = {}
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = self._query, self._page
        await self._socket.send(message.SerializeToString())
        await self.ended()
        return 0.0

    async def ended(self) -> None:
        """Waits for the end of a run that is not followed by another one."""
        while True:
            told = ForwardMsg.FromString(await self._socket.recv())  # type: ignore[arg-type]
            kind = told.WhichOneof("type")
            if kind == "page_info_changed":
                self._query = told.page_info_changed.query_string
            elif kind == "delta":
                element = told.delta.new_element
                name = element.WhichOneof("type")
                if name == "text_input":
                    self.ids[name] = element.text_input.id
                elif name == "button" and element.button.label == "Check":
                    self.ids[name] = element.button.id
            elif kind == "script_finished" and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return


def test_a_class_of_60_that_answers_at_once_loses_no_answer() -> None:
    with served_here() as server:
        (server.workspace / "lessons").mkdir(parents=True)
        (server.workspace / "lessons" / "mine.md").write_text(LESSON, encoding="utf-8")
        code = classes.open_class(server.workspace, "mine")

        async def student(number: int) -> None:
            async with Student(server, "learn", f"lesson=mine&at=1&group={code}") as one:
                if number % 3 == 0:
                    await one.answers("3")
                await one.answers("5")

        async def lesson() -> None:
            await asyncio.gather(*(student(number) for number in range(STUDENTS)))

        with ThreadPoolExecutor(1) as other:  # Playwright has a loop of its own in this thread
            other.submit(lambda: asyncio.run(lesson())).result()
        found = classes.tallies(server.workspace, code)
        assert classes.learners(server.workspace, code) == STUDENTS
        assert found[0, 0].outcomes == {RIGHT: STUDENTS * 2 // 3, LATER: STUDENTS // 3}
        assert found[0, 0].wrongs == {"3": STUDENTS // 3}
