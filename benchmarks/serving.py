"""Servers on loopback, and sessions of theirs without a browser, for the benchmarks of pages.

A `Session` speaks Streamlit's own protocol over the websocket: it sends what a browser sends when somebody has typed, and
waits until the page's run has ended. What a browser then does with it is measured by `page_speed`.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[1]
WORDS = ["a", "slow", "start", ",", "but", "the", "last", "hour", "is", "funny", ",", "warm", "and", "beautifully", "acted", "."]


def typed(count: int, draw: random.Random) -> str:
    """A text of n words, a new one each time."""
    return " ".join(draw.choice(WORDS) for _ in range(count))


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int
    workspace: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Seconds of processor that it has used (Linux)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(script: str | None = None) -> Iterator[Server]:
    """`streamlit run` of the app with a fresh workspace, or of a script given as text, on a free port of loopback."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        path = ROOT / "app.py"
        if script is not None:
            path = Path(folder) / "page.py"
            path.write_text(script)
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(path), f"--server.port={port}", "--server.headless=true",
             "--server.address=127.0.0.1"],
            cwd=ROOT, env=os.environ | {"UNROLLED_WORKSPACE": f"{folder}/workspace"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        server = Server(port, process.pid, Path(folder) / "workspace")
        try:
            end = time.monotonic() + 60
            while not _healthy(server.url):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("The server did not start.")
                time.sleep(0.05)
            yield server
        finally:
            process.kill()
            process.wait()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Session:
    """Somebody on a page with a box for text, such as Inspect. `query`: of the link that opens it."""

    def __init__(self, server: Server, page: str = "inspect", query: str = ""):
        self._server, self._page, self._query = server, page, query
        self._box = ""
        self.received = 0
        """Bytes that the last run of the page sent."""

    async def __aenter__(self) -> "Session":
        address = f"ws://127.0.0.1:{self._server.port}/_stcore/stream"
        self._socket = await connect(address, subprotocols=["streamlit"], max_size=None, compression=None)  # type: ignore[list-item]
        await self.rerun()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def rerun(self, text: str | None = None) -> float:
        """Opens the page, or types a text; seconds until the run of the page has ended."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        if text is not None:
            message.rerun_script.widget_states.widgets.add(id=self._box, string_value=text)
        self.received = 0
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while True:
            raw = await self._socket.recv()
            assert isinstance(raw, bytes)
            self.received += len(raw)
            told = ForwardMsg.FromString(raw)
            kind = told.WhichOneof("type")
            if kind == "page_info_changed":
                self._query = told.page_info_changed.query_string
            elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "text_area":
                self._box = told.delta.new_element.text_area.id
            elif kind == "script_finished" and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return time.perf_counter() - began
