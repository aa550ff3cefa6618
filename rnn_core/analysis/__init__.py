"""A run and a text, turned into plain results."""
