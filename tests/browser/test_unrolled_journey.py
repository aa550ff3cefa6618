"""The first page as a person has it: the picture plays once, is scrubbed, walked by keys, and its numbers are the trace's."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import expect

from rnn_core.analysis.backward import backward
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.analysis.translating import translate
from rnn_core.analysis.translation_backward import translation_backward
from rnn_core.config import TranslateConfig
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE
from tests.browser.person import Person
from tests.tiny import config_of, model_of, saved_run

pytestmark = pytest.mark.browser
RUN = READY_MADE / "04-film-reviews-every"
TEXT = "not a <b>good</b> film , but i loved it"


def printed(value: float) -> str:
    """Four significant digits, as the picture prints them."""
    digits = f"{value:#.4g}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.3e}"
    return re.sub(r"e([+-])0*", r"e\1", digits).replace("-", "−")


def told(*numbers: float) -> list[str]:
    return [printed(float(number)) for number in numbers]


def state_of(page: Any, state: str) -> None:
    expect(page.locator(".unrolled")).to_have_attribute("data-state", state, timeout=20_000)


def test_numbers_keys_and_playing(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    person.go("/")
    page.get_by_role("heading", name="Unrolled", level=1).wait_for()
    page.locator(".stage").wait_for()
    state_of(page, "playing")  # once, by itself
    state_of(page, "rest")
    person.go(f"/unrolled?run={RUN.name}")
    page.locator(".stage").wait_for()
    page.wait_for_timeout(600)
    state_of(page, "rest")

    box = page.get_by_label("Text", exact=True)
    box.fill(TEXT)
    box.press("Enter")
    person.settle()
    seen = trace(load(Run(RUN)), TEXT)
    tokens = page.locator(".token")
    expect(tokens).to_have_count(len(seen.tokens))
    assert seen.tokens[4] in tokens.all_text_contents()[4] and page.locator(".token b").count() == 0, "markup is text"

    stage, detail, live = page.locator(".stage"), page.locator(".detail"), page.locator(".live")
    page.locator(".dot").first.wait_for()
    url, target, last = page.url, int(seen.readouts[-1].argmax()), len(seen.tokens) - 1
    stage.focus()
    stage.press("Home")
    for t in range(last + 1):
        best = int(seen.readouts[t].argmax())
        expect(live).to_have_text(
            f"t = {t + 1} of {last + 1}, {seen.tokens[t]}: {seen.labels[best]} {printed(float(seen.readouts[t, best]))}"
        )
        said, loss = detail.inner_text(), -float(np.log(seen.readouts[t, target].astype(np.float64)))
        assert f"number {seen.indices[t]}" in said and f"{printed(loss)} nats" in said
        largest = np.argsort(-np.abs(seen.states[0, 0, t]), kind="stable")[:3]
        assert all(f"h[{i}] = {printed(float(seen.states[0, 0, t, i]))}" in said for i in largest.tolist())
        assert ("is not in the vocabulary" in said) == (not seen.known[t])
        state_of(page, "rest" if t == last and stage.get_attribute("aria-valuenow") == str(last + 1) else "stopped")
        stage.press("ArrowRight")
    stage.press("Home")
    hidden = page.locator("g.answer").evaluate_all("all => all.map(one => Number(one.style.opacity))")
    assert hidden[0] == 1 and set(hidden[1:]) == {0}, "answers after the chosen step are not there yet"
    stage.press("Escape")
    state_of(page, "rest")

    stage.press("End")
    page.locator('.pill[data-letter="W"]').nth(2).hover()
    expect(page.locator("g.column .pill.lit")).to_have_count(last)  # between the cells
    expect(page.locator(".tip")).to_have_text(re.compile(f"^W .*the same numbers at all {last + 1} steps"))
    place = page.locator('g.column[data-t="3"] .cell').bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + 1)
    tip = page.locator(".tip")
    expect(tip).to_have_text(re.compile(r"^h\["))
    expect(page.locator(".pill.lit")).to_have_count(0)
    listed = re.findall(r"h\[(\d+)\] = ([−\d.e]+)", tip.inner_text())
    unit, value = max(listed, key=lambda one: abs(float(one[1].replace("−", "-"))))
    assert len(listed) == 2, "64 units share 32 rows"
    assert value == printed(float(seen.states[0, 0, 3, int(unit)]))
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + 150)
    state_of(page, "stopped")
    assert stage.get_attribute("aria-valuenow") == "4"
    stage.press(" ")
    state_of(page, "playing")
    state_of(page, "rest")
    assert page.url == url and not person.errors, "nothing of this went to the server"

    place = page.locator('g.column[data-t="3"] .cell').bounding_box()  # again: lines above may have wrapped since
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + 1)
    expect(tip).to_have_text(re.compile(r"^h\["))
    page.mouse.dblclick(place["x"] + place["width"] / 2, place["y"] + 1)  # opens the largest unit of the row
    page.get_by_text(f"Unit {unit} opened at t = 4").wait_for()
    person.settle()
    assert f"unit={unit}" in page.url and "step=3" in page.url and stage.get_attribute("aria-valuenow") == "4"
    page.get_by_role("button", name=re.compile(r"^h\[")).nth(1).click()
    page.get_by_text(re.compile(rf"Unit (?!{unit} )\d+ opened at t = 4")).wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("opened at t =")).to_have_count(0)
    person.settle()
    stage.press("End")
    for kind in ("svg", "png"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=f"Save the picture as {kind.upper()}").click()
        content = Path(saved.value.path()).read_bytes()
        if kind == "png":
            assert content.startswith(b"\x89PNG") and len(content) > 10_000
            continue
        drawn = ElementTree.fromstring(content)
        words = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
        assert all(token in words for token in seen.tokens), "markup in a token is text there, too"
        shapes = [one for one in drawn.iter("{http://www.w3.org/2000/svg}rect") if one.get("width") == "44"]
        assert len(shapes) == (last + 1) * (32 + 1), "32 rows and a border for each state"

    stage.press("Home")
    page.get_by_role("button", name="Open this step on the Inspect page").click()
    page.get_by_role("heading", name="Inspect", level=1).wait_for()
    person.settle()
    assert "step=0" in page.url


def test_the_gradient_walks_back_with_the_numbers_of_the_analysis(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    person.go(f"/unrolled?run={RUN.name}&text={TEXT.replace(' ', '+')}")
    page.locator(".dot").first.wait_for()
    page.get_by_role("radio", name="Backwards").click()
    page.locator(".share").first.wait_for()
    person.settle()
    assert "picture=backwards" in page.url
    run = load(Run(RUN))
    seen = trace(run, TEXT)
    ways, steps = backward(run, seen).ways, len(seen.tokens)
    stage, detail, live = page.locator(".stage"), page.locator(".detail"), page.locator(".live")
    for name, way in (("every step", ways[1]), ("the last step alone", ways[0])):  # the run was trained at every step
        page.get_by_role("button", name=f"The loss of {name}").click()
        stage.focus()
        stage.press("End")
        expect(page.locator(".gutter")).to_have_text(re.compile(r"100 %\s*$"))
        filled = page.locator("rect.loss").evaluate_all("all => all.map(one => one.getAttribute('fill') !== 'none')")
        assert filled == [weight > 0 for weight in way.weights.tolist()]
        hung = page.locator("rect.share").evaluate_all("all => all.map(one => one.getAttribute('fill').startsWith('url'))")
        assert hung == [share < 0 for share in way.shares[0].tolist()]
        for t in range(steps):
            said = detail.inner_text()
            assert f"L = {printed(way.total)} nats, ‖∂L/∂W‖ = {printed(float(way.norms[0]))}" in said
            if t < steps - 1:
                assert f"at h and {printed(float(way.arriving[0, 1, t]))} at m" in said
                assert f"arriving {printed(float(way.arriving[0, 0, t]))}" in (live.text_content() or "")
            else:
                assert "Nothing arrives" in said
            if way.weights[t]:
                own, whole = told(way.above[0, t], way.reached[0, t])
                assert f"sends down {own}; together ‖∂L/∂h‖ = {whole}" in said
            if t:
                norm, share = told(way.copies[0, t], 100 * float(way.shares[0, t]))
                assert f"receives {norm}, a share of {share} %" in said
            else:
                assert "Copy 1 of W receives 0" in said
            stage.press("ArrowRight")
    stage.press("End")
    stage.press(" ")
    state_of(page, "playing")
    state_of(page, "rest")

    page.get_by_role("button", name="The loss of every step").click()
    scissors, cuts = page.get_by_role("slider", name="Scissors"), backward(run, seen).cut_ways
    assert cuts is not None
    scissors.focus()
    for _ in range(5):
        scissors.press("ArrowRight")
    assert scissors.get_attribute("aria-valuetext") == "cut between steps 5 and 6"
    left = float(cuts.shares[4, 0].sum() + ways[1].shares[0, 5:].sum())
    expect(page.locator(".gutter")).to_contain_text(f"{100 * left:.0f} %")
    expect(page.locator(".hollow")).to_have_count(5)
    stage.focus()
    stage.press("ArrowRight")
    said = detail.inner_text()
    kept, whole = told(100 * float(cuts.shares[4, 0, 1]), 100 * float(ways[1].shares[0, 1]))
    assert f"keeps a share of {kept} %, of {whole} %" in said
    assert f"norm {printed(float(cuts.arriving[4, 0, 0, 1]))} at h" in said
    page.get_by_role("button", name="The loss of the last step alone").click()
    assert "keeps a share of 0.000 %" in detail.inner_text(), "no earlier loss is left to it"
    place, edge = scissors.bounding_box(), page.locator('g.column[data-t="0"] .hit').bounding_box()
    assert place is not None and edge is not None
    page.mouse.move(place["x"] + 10, place["y"] + 8)
    page.mouse.down()
    page.mouse.move(edge["x"] + 3, place["y"] + 8, steps=4)
    page.mouse.up()
    assert scissors.get_attribute("aria-valuetext") == "no cut" and page.locator(".hollow").count() == 0
    stage.focus()
    stage.press("End")

    page.get_by_role("button", name="The fall of L if").click()
    expect(page.locator("rect.predicted")).to_have_count(steps + 2)  # and those of the key and of all copies
    stage.focus()
    way = ways[0]
    gutter = page.locator(".gutter").bounding_box()
    assert gutter is not None
    page.mouse.move(gutter["x"] + 20, gutter["y"] + gutter["height"] - 20)
    foreseen, fell = told(float(way.rates[0]) * float(way.norms[0]) ** 2, float(way.fall[0]))
    expect(page.locator(".tip")).to_contain_text(f"All copies at once, each by −η ∂L/∂W: predicted {foreseen}, measured {fell}")
    pair = [page.locator(f".gutter .all .{name}").get_attribute("height") for name in ("predicted", "measured")]
    assert float(pair[1] or 0) / float(pair[0] or 1) == pytest.approx(way.fall[0] / (way.rates[0] * way.norms[0] ** 2), rel=1e-3)
    expect(page.locator(".gutter .all")).to_contain_text(fell)
    for t in range(1, steps):
        stage.press("ArrowRight")
        said, whole = detail.inner_text(), printed(float(way.rates[0]) * float(way.norms[0]) ** 2)
        assert f"L falls by {printed(float(way.falls[0, t]))}" in said or f"L rises by {printed(-float(way.falls[0, t]))}" in said
        assert f"= {printed(float(way.rates[0]) * float(way.copies[0, t]) ** 2)}. Move W itself" in said
        assert f"falls by {printed(float(way.fall[0]))}; predicted η ‖∂L/∂W‖² = {whole}" in said
    assert not person.errors


def test_a_narrow_page_scrolls_under_a_minimap_and_reduced_motion_jumps(browser: Any, server: str) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 900}, reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    text = "+".join(["a", "good", "film"] * 12)
    page.goto(f"{server}/unrolled?run={RUN.name}&text={text}")
    page.locator(".minimap:not(.hidden)").wait_for(timeout=60_000)
    page.wait_for_timeout(700)
    expect(page.locator(".unrolled")).to_have_attribute("data-state", "rest"), "nothing plays by itself"
    stage = page.locator(".stage")
    stage.focus()
    stage.press("Home")
    assert stage.evaluate("one => one.scrollLeft") == 0
    drawn = page.locator("g.column").count()
    assert drawn < 20, "columns out of sight are not built"
    for _ in range(12):
        stage.press("ArrowRight")
    assert stage.evaluate("one => one.scrollLeft") > 100
    place = page.locator(".minimap").bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + place["width"] * 0.98, place["y"] + 12)
    expect(page.locator('g.column[data-t="37"]')).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), "the page itself does not scroll sideways"
    assert not errors


def test_few_units_are_circles_with_numbers_and_other_classes_have_names(
    browser: Any, server: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root: Path = next(tmp_path_factory.getbasetemp().glob("server*")) / "workspace"
    run = saved_run(Workspace(root), config_of(model=model_of("tanh", hidden=3, layers=2), name="Three units"))
    person = Person(browser, server)
    person.go(f"/unrolled?run={run.id}&text=the+film+was+not+good")
    person.page.locator(".dot").first.wait_for()
    expect(person.page.get_by_text("Each of the 2 layers has its own")).to_be_visible()
    assert person.page.locator(".gutter .small", has_text="layer 2").count() == 1
    assert not person.errors


def test_a_tagger_is_read_in_both_directions_and_the_loss_of_one_step_walks_back(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    text = "The old man sings ."
    person.go(f"/unrolled?run=00-parts-of-speech&text={text.replace(' ', '+')}")
    page.locator(".dot").first.wait_for()
    run = load(Run(READY_MADE / "00-parts-of-speech"))
    seen = trace(run, text)
    steps, stage, detail = len(seen.tokens), page.locator(".stage"), page.locator(".detail")
    expect(page.locator("g.column[data-t='2'] .cell")).to_have_count(2)
    page.wait_for_timeout(500)  # until the picture has its width: a place measured earlier is another step's later
    place = page.locator("g.column[data-t='2'] .cell").nth(1).bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + 1)
    tip = page.locator(".tip")
    expect(tip).to_have_text(re.compile(r"^h\["))
    for unit, value in re.findall(r"h\[(\d+)\] = ([−\d.e]+)", tip.inner_text()):
        assert value == printed(float(seen.states[0, 1, 2, int(unit)])), "the lower row reads from the end"
    stage.focus()
    stage.press(" ")
    state_of(page, "playing")
    state_of(page, "rest")
    for t in range(1, steps - 1):
        stage.press("Home")
        for _ in range(t):
            stage.press("ArrowRight")
        best, logits = int(seen.readouts[t].argmax()), seen.logits[t].astype(np.float64)
        loss = float(np.float32(np.log(np.exp(logits - logits[best]).sum())))
        assert f"L({t + 1}) = −log ŷ[{seen.labels[best]}]" in detail.inner_text()
        assert f"= {printed(loss)} nats" in detail.inner_text()

    page.get_by_role("radio", name="Backwards").click()
    page.locator(".share").first.wait_for()
    person.settle()
    ways = backward(run, seen).ways
    page.get_by_role("button", name="The loss of the chosen step alone").click()
    for strip, where in ((0, "the direction from the start"), (1, "the direction from the end")):
        page.get_by_label("The W whose shares are shown").select_option(label=f"W of {where}")
        for way in ways[:-1]:
            stage.focus()
            stage.press("Home")
            for _ in range(way.step):
                stage.press("ArrowRight")
            said, t = detail.inner_text(), way.step
            assert f"The loss is that of step {t + 1} alone: L = {printed(way.total)} nats" in said
            assert f"‖∂L/∂W‖ = {printed(float(way.norms[strip]))}" in said
            assert f"sends down {printed(float(way.above[strip, t]))}; together" in said
            norm, share = told(way.copies[strip, t], 100 * float(way.shares[strip, t]))
            assert f"receives {norm}, a share of {share} %" in said
            filled = page.locator("rect.loss").evaluate_all("all => all.map(one => one.getAttribute('fill') !== 'none')")
            assert sum(filled) == 1
    page.get_by_role("button", name="The loss of every step").click()
    page.get_by_label("The W whose shares are shown").select_option(label="W of the direction from the end")
    stage.focus()
    stage.press("ArrowRight")
    stage.press("Home")
    stage.press("ArrowRight")
    said, every = detail.inner_text(), ways[-1]
    assert f"From step 1 arrives a gradient of norm {printed(float(every.arriving[1, 0, 1]))} at h" in said
    assert not person.errors


def test_a_translation_shows_what_it_attends_to_and_its_gradient_reaches_the_encoder(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    text = "She reads a book."
    person.go(f"/unrolled?run=00-english-french&text={text.replace(' ', '+')}")
    page.locator(".dot").first.wait_for()
    run = load(Run(READY_MADE / "00-english-french"))
    found = translate(run, text, TranslateConfig())
    source, steps = len(found.source.tokens), len(found.target.tokens)
    stage, detail = page.locator(".stage"), page.locator(".detail")
    assert found.attention is not None
    stage.focus()
    stage.press("Home")
    for t in range(source + steps):
        said = detail.inner_text()
        if t >= source:
            largest = np.argsort(-found.attention[t - source], kind="stable")[:3]
            listed = ", ".join(f"{found.source.tokens[j]} {printed(float(found.attention[t - source, j]))}" for j in largest)
            assert f"It attends to {listed}. " in said
            assert f"ŷ: {found.likely[t - source][0]} {printed(float(np.float32(found.p[t - source, 0])))}" in said
            many = int((found.attention[t - source] >= 0.02).sum())
            expect(page.locator(".attends")).to_have_count(many)  # at rest, too
        stage.press("ArrowRight")
    page.get_by_role("radio", name="Backwards").click()
    page.locator(".share").first.wait_for()
    person.settle()
    way = translation_backward(run, text).ways[-1]
    page.get_by_label("The W whose shares are shown").select_option(label="W of the encoder, from the end")
    stage.focus()
    stage.press("ArrowLeft")
    for t in range(source):
        stage.press("Home")
        for _ in range(t):
            stage.press("ArrowRight")
        said = detail.inner_text()
        assert f"a gradient of norm {printed(float(way.arriving[1, 0, t]))} at h" in said
        above, whole = told(way.above[1, t], way.reached[1, t])
        assert f"From above comes {above}; together ‖∂L/∂h‖ = {whole}" in said
    stage.press("End")
    page.get_by_role("button", name="Open this step on the Translate page").click()
    page.get_by_role("heading", name="Translate", level=1).wait_for()
    assert not person.errors


@pytest.mark.parametrize("path", ["/inspect", "/bptt"])
def test_the_picture_stands_folded_on_other_pages(browser: Any, server: str, path: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    person.go(f"{path}?run={RUN.name}&text=a+good+film")
    page.get_by_text(re.compile("unrolled (along this text|network)$")).click()
    page.locator(".unrolled .dot").first.wait_for()
    seen = trace(load(Run(RUN)), "a good film")
    expect(page.locator(".unrolled .token")).to_have_count(len(seen.tokens))
    page.locator(".stage").focus()
    page.locator(".stage").press("Home")
    page.locator(".stage").press("ArrowRight")
    look = page.get_by_role("button", name="Look into this step")
    if path == "/inspect":
        expect(look).to_have_count(0)  # it is this page
    else:
        look.click()
        page.get_by_role("heading", name="Inspect", level=1).wait_for()
        person.settle()
        assert "step=1" in page.url
    assert not person.errors


def test_one_unit_is_followed_by_hand(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    person.go(f"/unrolled?run={RUN.name}")
    page.get_by_text("One unit, by hand").click()
    unit = page.locator(".one-unit")
    unit.locator(".state").first.wait_for()

    def said(w: float, xs: list[int]) -> str:
        states = [0.0]
        for x in xs:
            states.append(float(np.tanh(w * states[-1] + x)))
        return printed(float(np.prod([w * (1 - h * h) for h in states[2:]])))

    expect(unit.locator(".detail")).to_contain_text(f"∂h₈/∂h₁ = {said(0.5, [1] + [0] * 7)}: the gradient has all but vanished")
    slider = page.get_by_role("slider", name="w", exact=True)
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    expect(unit.locator(".detail")).to_contain_text(f"∂h₈/∂h₁ = {said(0.9, [1] + [0] * 7)}")
    page.get_by_role("button", name="x at step 3: 0").click()
    expect(unit.locator(".detail")).to_contain_text(f"∂h₈/∂h₁ = {said(0.9, [1, 0, 1] + [0] * 5)}")
    page.get_by_role("button", name="φ = ReLU").click()
    for _ in range(16):
        slider.press("ArrowRight")
    expect(unit.locator(".detail")).to_contain_text("the gradient explodes")
    assert not person.errors


def test_the_way_back_begins_with_the_loss_that_the_link_or_a_lesson_chose(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    for loss, pressed in (("last", "The loss of the last step alone"), ("every", "The loss of every step")):
        person.go(f"/unrolled?run={RUN.name}&text={TEXT.replace(' ', '+')}&picture=backwards&loss={loss}")
        expect(page.get_by_role("button", name=pressed)).to_have_attribute("aria-pressed", "true")
    person.go(f"/unrolled?run={RUN.name}&text={TEXT.replace(' ', '+')}&picture=backwards&loss=every&language=de&letters=hh")
    expect(page.get_by_role("button", name="Der Verlust jedes Schritts")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".pill text").nth(0)).to_have_text(re.compile(r"^W(xh|hh|hy)$"))
    assert page.evaluate("document.documentElement.lang") == "de"
    assert "∂L/∂W_hh" in page.locator(".detail").inner_text() and "Kopie" in page.locator(".detail").inner_text()
