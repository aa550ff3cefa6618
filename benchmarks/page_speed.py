"""From a typed text to a settled page in Chromium: Inspect, and beside it the least that Streamlit can do.

    python -m benchmarks.page_speed [--repeat 10] [--words 30]

A person types a text and presses Ctrl+Enter; the page has settled when nothing has changed in it any more (a
MutationObserver says when the last change was). The bare page is one text box and one line drawn by Plotly. Both are open
in the same browser and take turns, so that their ratio holds on a busy machine too, where the milliseconds do not.
Prints JSON lines: the load of the machine; for each page the median and the least of its milliseconds, and the changes and
SVG elements of its figures; the median of the ratios of the turns. Needs playwright and Debian's chromium.
"""

import argparse
import json
import os
import random
import statistics
from typing import Any

from benchmarks.serving import served, typed

BARE = """
import streamlit as st
st.set_page_config("bare", layout="wide")
text = st.text_input("Text", "one two three")
st.plotly_chart({"data": [{"type": "scatter", "y": [len(word) for word in text.split()]}], "layout": {"height": 300}}, key="line")
"""

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking",
         "--disable-component-update"]  # fmt: skip

WATCH = """() => {
  addEventListener("keydown", event => {
    if (event.key === "Enter") [window.pressed, window.changes, window.settled] = [performance.now(), 0, null]
  }, true)
  new MutationObserver(changes => {
    if (window.settled === undefined) return
    window.settled = performance.now()
    window.changes += changes.length
  }).observe(document.querySelector("[data-testid=stMain]"),
             { subtree: true, childList: true, attributes: true, characterData: true })
}"""

QUIET_MS = 900
"""A page in which nothing has changed for so long has settled."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--words", type=int, default=30)
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    print(json.dumps({"load_before": [round(load, 1) for load in os.getloadavg()], "cores": os.cpu_count()}))
    with served() as app, served(BARE) as bare, sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        pages = {"inspect": opened(browser, app.url), "bare": opened(browser, bare.url)}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in pages}
        draw = random.Random(0)
        for _ in range(asked.repeat + 1):
            for name, page in pages.items():
                page.bring_to_front()
                found[name].append(settled(page, typed(asked.words, draw)))
        browser.close()
    for name, (_, *turns) in found.items():  # the first of each warms up
        ms = [turn["ms"] for turn in turns]
        told = {"median_ms": round(statistics.median(ms)), "least_ms": round(min(ms))}
        print(json.dumps({name: told | {key: turns[-1][key] for key in ("changes", "svg_elements")}}))
    ratios = [a["ms"] / b["ms"] for a, b in zip(found["inspect"][1:], found["bare"][1:], strict=True)]
    least = min(turn["ms"] for turn in found["inspect"][1:]) / min(turn["ms"] for turn in found["bare"][1:])
    print(json.dumps({"median_ratio": round(statistics.median(ratios), 2), "ratio_of_the_least": round(least, 2)}))


def opened(browser: Any, url: str) -> Any:
    """A page with its figures drawn, being watched."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.get_by_label("Text", exact=True).wait_for(timeout=60_000)
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    return page


def settled(page: Any, text: str) -> dict[str, float]:
    """Types a text; the milliseconds until the last change, how many changes there were, and the elements of all figures."""
    box = page.get_by_label("Text", exact=True)
    box.fill(text)
    page.wait_for_timeout(300)
    box.press("Control+Enter")
    page.wait_for_function(f"window.settled && performance.now() - window.settled > {QUIET_MS}", timeout=60_000)
    ms, changes = page.evaluate("[window.settled - window.pressed, window.changes]")
    elements = page.evaluate("document.querySelectorAll('.js-plotly-plot svg *').length")
    return {"ms": ms, "changes": changes, "svg_elements": elements}


if __name__ == "__main__":
    main()
