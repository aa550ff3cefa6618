"""The core of Unrolled: training and inspection of recurrent networks on text. It does not import Streamlit."""

import os

# Idle threads of torch's products must not spin, or they would take cores from the compiled loops; torch reads this at import.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
