"""The command line: `python -m rnn_core COMMAND`."""

import os
import sys

from rnn_core.commands import main
from rnn_core.training.jobs import PARENT

if __name__ == "__main__":
    # A training runs with low priority, so that pages of a server on the same machine stay fast; a training started by a
    # page lowers its priority itself.
    if sys.argv[1:2] == ["train"] and PARENT not in os.environ and hasattr(os, "nice"):
        os.nice(10)
    sys.exit(main())
