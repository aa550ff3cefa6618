"""A command in this process."""

import pytest

from rnn_core import commands
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from tests.commands.running import Run


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """One that the ready-made runs are not copied into."""
    (workspace.root / "runs").mkdir(parents=True)
    (workspace.root / "runs" / ".seeded").touch()
    return workspace


@pytest.fixture
def command(workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process: exit status, lines of standard output, lines of standard error."""
    monkeypatch.delenv(jobs.PARENT, raising=False)

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        try:
            status = commands.main([arguments[0], *arguments[1:], "--workspace", str(workspace.root)])
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run
