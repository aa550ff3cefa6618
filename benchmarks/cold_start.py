"""A cold start to the first paint: a fresh server process, a fresh workspace, a real browser.

    python -m benchmarks.cold_start [--repeat N]

Prints a JSON line: seconds from starting `streamlit run app.py` to an answered health check, from opening the first page to its
title and to the ready-made run's picture, and then from opening Inspect to its first figure, each painted. None of them waits for
torch. `empty_title_s` is the same of an app of one title, measured in turns: most of it is the browser's reading of Streamlit's
own JavaScript, which no app can save. Needs playwright and Debian's chromium.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment; every start but the first of an installation finds compiled modules."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    found = [once(ROOT / "app.py") | {"empty_title_s": empty()} for _ in range(parser.parse_args().repeat)]
    print(json.dumps({name: round(statistics.median(run[name] for run in found), 2) for name in found[0]}))


def empty() -> float:
    """The seconds to the title of an app that is nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "app.py"
        app.write_text('import streamlit as st\n\nst.title("Unrolled")\n')
        return once(app)["title_s"]


def once(app: Path) -> dict[str, float]:
    """One start of an app, in seconds; of another than ours, its title alone."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as free, tempfile.TemporaryDirectory() as workspace, sync_playwright() as play:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        free.close()
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        began = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(app), f"--server.port={address.rsplit(':')[-1]}",
             "--server.headless=true"],
            cwd=ROOT, env=SETTINGS | {"UNROLLED_WORKSPACE": workspace}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while not _healthy(address):
                time.sleep(0.02)
            up = time.perf_counter()
            page = browser.new_page()
            page.goto(address)
            page.get_by_role("heading", name="Unrolled", level=1).wait_for()
            painted = time.perf_counter()
            if app.parent != ROOT:
                return {"title_s": painted - up}
            page.locator(".dot").first.wait_for(state="attached")
            drawn = time.perf_counter()
            page.goto(f"{address}/inspect")
            asked = time.perf_counter()
            page.locator(".js-plotly-plot .main-svg .lines").first.wait_for(state="attached")
            figure = time.perf_counter()
        finally:
            server.kill()
            server.wait()
            browser.close()
    return {"server_up_s": up - began, "title_s": painted - up, "canvas_s": drawn - up, "inspect_figure_s": figure - asked}


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


if __name__ == "__main__":
    main()
