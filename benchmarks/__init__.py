"""What the app takes, measured beside other ways. Imported first, so that torch's threads wait as in the app's processes."""

import rnn_core  # noqa: F401
