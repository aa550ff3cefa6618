"""Writes sentences of our own with the persons, places and organisations they name: `python samples/make_entities.py FILE`.

The ready-made tagger of names learns from them (`make_runs.py`). A sentence is a pattern of `make_entities.toml` with its gaps
filled. A third of the names are made up of syllables and stand in one sentence alone, so the tagger learns to tell from the
words around it what an unknown word names. No organisation and no sentence of `entities.tsv`, which the tagger is tried on, is
among them.
"""

import random
import re
import sys
import tomllib
from pathlib import Path

Sentence = list[tuple[str, str]]
"""Tokens with their tags in IOB2: PER, LOC and ORG."""

_PARTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _listed(text: str) -> list[str]:
    return [entry.strip() for entry in " ".join(text.split()).split("|")]


NAMES = {kind: _listed(text) for kind, text in _PARTS["names"].items()}
WORDS = {gap: _listed(text) for gap, text in _PARTS["words"].items()}
PATTERNS = _PARTS["patterns"]["all"].splitlines()

_ONSETS = _listed("b|br|ch|d|dh|f|g|gh|h|j|k|kh|l|m|n|p|pr|r|s|sh|t|th|tr|v|y|z")
_VOWELS = _listed("a|e|i|o|u|aa|ee|ai|au")
_ENDS = ("", "", "n", "r", "sh", "m", "l", "nd")


class _Names:
    """Draws names. Each comes with the words before it that are no part of it."""

    def __init__(self, draw: random.Random):
        self.draw = draw

    def made_up(self) -> str:
        word = "".join(self.draw.choice(_ONSETS) + self.draw.choice(_VOWELS) for _ in range(self.draw.choice((2, 2, 3))))
        return (word + self.draw.choice(_ENDS)).capitalize()

    def word(self, kind: str) -> str:
        return self.made_up() if self.draw.random() < 0.3 else self.draw.choice(NAMES[kind])

    def person(self) -> tuple[str, str]:
        form = self.draw.random()
        if form < 0.55:
            return "", self.word("first")
        if form < 0.9:
            return "", f"{self.word('first')} {self.word('last')}"
        return self.draw.choice(("Mr.", "Mrs.", "Dr.", "Ms.")), self.word("last")

    def place(self) -> tuple[str, str]:
        return self._without_article(self.word("places"))

    def organisation(self) -> tuple[str, str]:
        form = self.draw.random()
        if form < 0.5:
            return self._without_article(self.draw.choice(NAMES["organisations"]))
        if form < 0.65:
            kinds = ("Ltd", "Foods", "Motors", "Bank", "Systems", "Airlines", "FC")
            return "", f"{self.made_up()} {self.draw.choice(kinds)}"
        return "", self.draw.choice(NAMES["forms"]).format(L=self.place()[1], l=self.word("last"))

    def _without_article(self, name: str) -> tuple[str, str]:
        return ("the", name.removeprefix("the ")) if name.startswith("the ") else ("", name)


def sentences(count: int, seed: int = 0) -> list[Sentence]:
    """`count` sentences, each pattern as often as the others, in random order."""
    draw = random.Random(seed)
    names = _Names(draw)
    kinds = {"{P}": ("PER", names.person), "{L}": ("LOC", names.place), "{O}": ("ORG", names.organisation)}
    made = []
    for i in range(count):
        sentence: Sentence = []
        for part in PATTERNS[i % len(PATTERNS)].split():
            if part in kinds:
                kind, draw_name = kinds[part]
                before, name = draw_name()
                sentence += [(word, "O") for word in before.split()]
                sentence += [(word, f"{'I' if j else 'B'}-{kind}") for j, word in enumerate(name.split())]
            else:
                gap = re.fullmatch(r"<(\w+)>", part)
                sentence += [(word, "O") for word in (draw.choice(WORDS[gap[1]]) if gap else part).split()]
        first, tag = sentence[0]
        sentence[0] = (first[0].upper() + first[1:], tag)
        made.append(sentence)
    draw.shuffle(made)
    return made


def as_lines(made: list[Sentence]) -> str:
    """One token, a tab and its tag per line, a blank line after each sentence."""
    return "".join("".join(f"{token}\t{tag}\n" for token, tag in sentence) + "\n" for sentence in made)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_lines(sentences(5000)), encoding="utf-8")
