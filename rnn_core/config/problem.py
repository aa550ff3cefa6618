"""Errors that a user can correct."""


class Problem(Exception):
    """Something a user can put right. Its message is one sentence: what is wrong, where, and what to do.

    Args:
        typed: what to type for that on the command line, such as `--task tag`; the sentence speaks as the pages do.
    """

    def __init__(self, sentence: str, typed: str = ""):
        super().__init__(sentence)
        self.typed = typed


class Misfit(ValueError):
    """Why two options do not go together, as a sentence, and what to type instead of one of them."""

    def __init__(self, words: str, typed: str):
        super().__init__(words)
        self.typed = typed
