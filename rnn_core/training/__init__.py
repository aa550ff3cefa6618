"""Fitting a network, in a worker process of its own that can be cut off and resumed."""
