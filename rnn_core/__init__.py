"""Unrolled's core: recurrent networks on text, trained and looked into. Knows nothing of Streamlit."""

import os

# The threads behind torch's products wait for the next one by spinning, for milliseconds, on the core that a compiled
# loop of ours (compiled.py) then has to share. A short spin is as good for products, and better beside other work.
# libgomp reads it once, before torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
