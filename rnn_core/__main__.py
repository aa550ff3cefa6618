"""The command line: `python -m rnn_core COMMAND`."""

import sys

from rnn_core.commands import main

if __name__ == "__main__":
    sys.exit(main())
