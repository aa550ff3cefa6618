"""Frames per second of the unrolled network in Chromium, while it plays, is scrubbed, and goes through training.

    python -m benchmarks.canvas_frames [--seconds 4]

Two pictures: 20 steps of an LSTM of 64 units, and 40 of one of 128, each trained for an epoch on the sample. The browser asks for
at most 60 frames per second. Prints a JSON line for each picture, with the load of the machine. Needs playwright and Debian's
chromium.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.serving import ROOT, served, typed

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking"]

COUNT = """() => {
  window.frames_seen = 0
  window.frames_from = performance.now()
  if (window.counts) return
  window.counts = true
  const next = () => { window.frames_seen++; requestAnimationFrame(next) }
  requestAnimationFrame(next)
}"""

READ = "() => window.frames_seen / (performance.now() - window.frames_from) * 1000"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with served() as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for steps, units in ((20, 64), (40, 128)):
            run = trained(units, server.workspace)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script("localStorage.setItem('unrolled-played', '1')")
            page.goto(f"{server.url}/unrolled?run={run}&text={typed(steps - 2, random.Random(0)).replace(' ', '+')}")
            page.locator(".dot").first.wait_for(timeout=60_000)
            page.wait_for_timeout(3000)  # torch is loaded ahead
            found = {"load": os.getloadavg()[0], "playing": playing(page, asked.seconds),
                     "scrubbing": scrubbing(page, asked.seconds)}  # fmt: skip
            page.get_by_role("radio", name="Backwards").click()
            page.locator(".share").first.wait_for(timeout=60_000)
            page.wait_for_timeout(1000)
            found |= {"playing backwards": playing(page, asked.seconds), "scrubbing backwards": scrubbing(page, asked.seconds)}
            page.get_by_role("radio", name="Over training").click()
            page.locator(".stop").first.wait_for(timeout=60_000)
            page.wait_for_timeout(1000)
            page.locator(".stop").first.click()
            found["over training"] = playing(page, 2.0)  # it takes 0.7 s from one set of weights to the next
            print(json.dumps({f"{steps} steps of {units} units": {name: round(value, 1) for name, value in found.items()}}))
            page.close()
        browser.close()


def trained(units: int, workspace: Path) -> str:
    """The id of a run of an LSTM of this many units, after one epoch on the sample."""
    line = [sys.executable, "-m", "rnn_core", "train", "--train", str(ROOT / "samples" / "reviews.csv"), "--cell", "lstm",
            "--hidden", str(units), "--epochs", "1", "--workspace", str(workspace)]  # fmt: skip
    done = subprocess.run(line, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: str = json.loads(done.stdout.splitlines()[-1])["run"]
    return found


def playing(page: Any, seconds: float) -> float:
    page.locator(".stage").focus()
    page.keyboard.press(" ")
    page.evaluate(COUNT)
    page.wait_for_timeout(1000 * seconds)
    frames: float = page.evaluate(READ)
    page.keyboard.press("Escape")
    return frames


def scrubbing(page: Any, seconds: float) -> float:
    box = page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.evaluate(COUNT)
    began = time.perf_counter()
    while (gone := time.perf_counter() - began) < seconds:
        share = abs((gone % 2) - 1)  # to the right and back within two seconds
        page.mouse.move(box["x"] + 120 + share * (box["width"] - 140), box["y"] + 200)
    frames: float = page.evaluate(READ)
    page.mouse.up()
    return frames


if __name__ == "__main__":
    main()
