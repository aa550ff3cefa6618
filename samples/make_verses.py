"""Writes verses of our own for the task of generation: `python samples/make_verses.py > samples/verses.txt`.

A verse is four short lines from patterns whose gaps are filled by chance, so that a small network finds something to learn: how
words are spelled, which word may follow which, where a line ends, that a quotation is closed, and that every verse has a title.
"""

import random

WHO = """the miller|the baker|the ferryman|the lamplighter|the weaver|the old captain|the girl from the hill|the night porter|
the clockmaker|the shepherd|the schoolmaster|the beekeeper|a quiet stranger|my neighbour|the gardener's boy""".replace("\n", "")
WHAT = """counts|carries|mends|forgets|remembers|paints|gathers|hides|washes|borrows|listens to|looks for|waits for"""
THINGS = """the falling leaves|a broken lantern|seven silver keys|the morning bread|an empty boat|the songs of the rain|
a map of the river|the last red apples|his father's coat|a box of letters|the winter wool|the names of the stars|
two wooden spoons|a jar of honey|the bells of the town""".replace("\n", "")
WHERE = """by the harbour wall|under the chestnut tree|behind the mill|on the narrow bridge|at the edge of the field|
near the garden gate|in the cold kitchen|along the railway line|above the market square|between the hills""".replace("\n", "")
WHEN = """before the sun is up|when the fog comes in|until the lamp is lit|after the market ends|while the river sleeps|
as the evening falls|long before the snow|when nobody is near""".replace("\n", "")
SAYING = """Come back tomorrow|The tide is turning|Who left the door ajar|There is bread for two|I heard it in the wind|
Not every road leads home|Tell me the time|The rain will stop at noon""".replace("\n", "")


def of(random_: random.Random, listed: str) -> str:
    return random_.choice(listed.split("|")).strip()


def verse(random_: random.Random, number: int) -> str:
    """A title, four lines and a blank one."""
    one, other = of(random_, WHO), of(random_, WHO)
    lines = [
        f"{one[0].upper()}{one[1:]} {of(random_, WHAT)} {of(random_, THINGS)}",
        f"{of(random_, WHERE)}, {of(random_, WHEN)}.",
        f'"{of(random_, SAYING)}," says {other},',
        f"and {of(random_, WHAT)} {of(random_, THINGS)} {of(random_, WHERE)}.",
    ]
    return "\n".join([f"Verse {number}", *lines, ""])


if __name__ == "__main__":
    chosen = random.Random(7)
    print("\n".join(verse(chosen, number) for number in range(1, 161)), end="")
