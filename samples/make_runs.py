"""Trains the ready-made runs of `samples/runs` on the public data in ../shared/data: `make demo-runs`.

Only what a downloaded run holds is kept: settings, vocabulary, weights, curves and scores, no text of the data.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from rnn_core.workspace.archive import CARRIED  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
RUNS = {
    "1-film-reviews": ["--name", "Film reviews: sentiment", *(
        part for split, name in (("train", "train_phrases"), ("dev", "dev"), ("test", "test"))
        for part in (f"--{split}", str(DATA / "sst2" / f"{name}.csv"))
    ), "--lowercase", "--vocabulary", "7000", "--embedding", "64", "--hidden", "64", "--epochs", "6",
        "--learning-rate", "0.001"],
    "0-parts-of-speech": ["--name", "English: parts of speech", "--task", "tag", *(
        part for split in ("train", "dev", "test") for part in (f"--{split}", str(DATA / "ud_ewt" / f"{split}.upos.tsv"))
    ), "--bidirectional", "--vocabulary", "8000", "--embedding", "64", "--hidden", "64", "--epochs", "10",
        "--learning-rate", "0.002"],
}  # fmt: skip
"""By id: the options of `train`. Ids sort behind those of runs trained later, the classifier before the tagger."""


def main() -> int:
    """Trains each run and puts it into its place."""
    if not DATA.is_dir():
        print(f"The public data is not here: {DATA}", file=sys.stderr)
        return 2
    for name, options in RUNS.items():
        with tempfile.TemporaryDirectory() as workspace:
            command = [sys.executable, "-m", "rnn_core", "train", *options, "--workspace", workspace]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            figures = json.loads(done.stdout.splitlines()[-1])
            target = ROOT / "samples" / "runs" / name
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for kept in CARRIED:
                shutil.copyfile(Path(workspace) / "runs" / figures["run"] / kept, target / kept)
        print(name, figures, f"{sum(f.stat().st_size for f in target.iterdir()) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
