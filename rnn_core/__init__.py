"""Unrolled's core: recurrent networks on text, trained and looked into. Knows nothing of Streamlit."""

import os

# Threads of torch's products that wait for work would keep the cores from the compiled loops; torch asks for this when it loads.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
