"""A real server and a real browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Without it the tests skip, but on CI that is a failure."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing, and CI must not pass without it")
        pytest.skip(f"{CHROMIUM} is missing: install Debian's chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """Chromium; what a test opens in it is closed at its end, as pages that stay open go on drawing."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a free port with a fresh workspace; its address."""
    with served(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def cold_server(tmp_path: Path) -> Iterator[str]:
    """The same, started for this test alone: nobody has visited it yet."""
    with served(tmp_path) as url:
        yield url


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Starts the app with its workspace and log in `folder`, and stops it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"],
            cwd=ROOT, stdout=log, stderr=log, env=os.environ | {"UNROLLED_WORKSPACE": str(folder / "workspace")},
        )  # fmt: skip
    try:
        url, end = f"http://127.0.0.1:{port}", time.monotonic() + 90
        while not _healthy(url):
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the app did not start:\n{(folder / 'log').read_text()}")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _healthy(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url + "/_stcore/health", timeout=1).read() == b"ok")
    except OSError:
        return False
