"""The command line: `python -m rnn_core COMMAND`."""

import os
import sys

from rnn_core.commands import main
from rnn_core.training.jobs import PARENT

if __name__ == "__main__":
    # A training is long. It takes the time that nobody else wants, so that pages of a server beside it stay quick;
    # one that a page started steps back by itself.
    if sys.argv[1:2] == ["train"] and PARENT not in os.environ and hasattr(os, "nice"):
        os.nice(10)
    sys.exit(main())
