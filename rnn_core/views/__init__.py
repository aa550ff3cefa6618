"""One question each: compute, draw, explain."""
