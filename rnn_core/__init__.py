"""Unrolled's core: recurrent networks on text, trained and looked into. Knows nothing of Streamlit."""
