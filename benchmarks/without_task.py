"""Shows that a task is one file: the test suite passes in a copy of the project without it.

    python -m benchmarks.without_task generate [PYTEST OPTION …]

Copies what git tracks or would track, removes `rnn_core/tasks/NAME.py`, the samples that this task alone shows, and
`tests/tasks/test_NAME*.py`, and runs the other tests there, those in a browser left aside unless options name them. The exit
status is that of pytest.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rnn_core import tasks

ROOT = Path(__file__).parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=tasks.names())
    given, options = parser.parse_known_args()
    kept = {sample for name in tasks.names() if name != given.task for sample in tasks.task(name).samples}
    samples = [f"samples/{name}" for name in tasks.task(given.task).samples if name not in kept]
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).splitlines()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "unrolled"
        for name in listed:
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        own = [copy / "rnn_core" / "tasks" / f"{given.task}.py", *(copy / name for name in samples)]
        own += (copy / "tests" / "tasks").glob(f"test_{given.task}*.py")
        for path in own:
            print("without", path.relative_to(copy), flush=True)
            path.unlink()
        if (ROOT.parent / "shared").is_dir():  # tests that need public data look for it beside the project
            (copy.parent / "shared").symlink_to(ROOT.parent / "shared")
        command = [sys.executable, "-m", "pytest", "-q", *(options or ["--ignore=tests/browser"])]
        return subprocess.run(command, cwd=copy, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
