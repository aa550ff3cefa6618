"""Writes a notebook of our own for the task of generation: `python samples/make_notebook.py > samples/notebook.txt`.

Its pages are recipes, diary entries and short programs. Their parts are filled by chance from short lists, so that a character
network learns spelling, the form of a page, and patterns that a single unit may follow: quotation marks and brackets that are
closed, the position in a line, and names after which a verb comes.
"""

import random
from collections.abc import Callable

FOODS = "lentil|pumpkin|mushroom|barley|tomato|potato|spinach|walnut|apple|pear|cherry|lemon|carrot|onion|bean|rice"
DISHES = "soup|stew|pie|salad|bread|cake|pudding|curry|tart|dumplings"
STAPLES = "flour|sugar|butter|cream|cheese|water|olive oil|milk|oats|yoghurt"
PREPARED = "chopped|sliced|peeled|grated|washed|melted|at room temperature|finely ground"
STEPS = (
    "Heat the {a} in a large pan|Stir in the {b} and the {a}|Add the {b} and cook for {n} minutes|"
    "Bake at {t} degrees for {n} minutes|Leave it to rest for {n} minutes|Season with salt (not too much) and pepper|"
    "Serve hot, with a little {a}|Fold the {a} into the {b}"
)
PEOPLE = "Anna|Boris|Clara|David|Elena|Farid|Greta|Henry|Ines|Jonas|Karim|Lucia"
SAID = (
    "Where did you put the {a}?|We need more {a} for the {d}.|The train leaves at {h}.|I never liked the {f} {d}.|"
    "Call me when you arrive!|It rained all night.|There are {n} letters on the table.|Is the garden gate open?|"
    "Bring the keys, please."
)
SPOKE = "said|asked|answered|whispered|wrote"
WENT = (
    "walked to the market|mended the old boat|painted the kitchen door|counted the {f} trees|read until midnight|"
    "waited at the station|carried {n} boxes up the stairs|planted {f} seeds"
)
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
NAMES = "items|prices|pages|lines|words|boxes|letters|days"


def parts(listed: str) -> list[str]:
    """The entries of a list."""
    return listed.split("|")


def fill(dice: random.Random, pattern: str) -> str:
    """A pattern with its gaps filled."""
    return pattern.format(
        a=dice.choice(parts(STAPLES)), b=dice.choice(parts(FOODS)), d=dice.choice(parts(DISHES)), f=dice.choice(parts(FOODS)),
        n=dice.randint(2, 45),
        t=dice.randrange(160, 240, 10), h=f"{dice.randint(6, 22)}:{dice.randrange(0, 60, 5):02}",
    )  # fmt: skip


def recipe(dice: random.Random) -> list[str]:
    """A title, three to five ingredients and three to five steps."""
    lines = [f"{dice.choice(parts(FOODS)).title()} {dice.choice(parts(DISHES))} (serves {dice.randint(2, 8)})"]
    for food in dice.sample(parts(f"{FOODS}|{STAPLES}"), dice.randint(3, 5)):
        note = f" ({dice.choice(parts(PREPARED))})" if dice.random() < 0.6 else ""
        lines.append(f"- {dice.randrange(50, 500, 25)} g {food}{note}")
    return lines + [f"{i}. {fill(dice, dice.choice(parts(STEPS)))}." for i in range(1, dice.randint(4, 6))]


def entry(dice: random.Random) -> list[str]:
    """A date, and what some people did and said."""
    lines = [f"{dice.choice(parts(DAYS))}, {dice.randint(1, 28)} {dice.choice(parts(MONTHS))} {dice.randint(1990, 2025)}"]
    for _ in range(dice.randint(2, 5)):
        who, other = dice.sample(parts(PEOPLE), 2)
        if dice.random() < 0.55:
            lines.append(f'"{fill(dice, dice.choice(parts(SAID)))}" {dice.choice(parts(SPOKE))} {who}.')
        else:
            lines.append(f"{who} {fill(dice, dice.choice(parts(WENT)))}, and {other} {fill(dice, dice.choice(parts(WENT)))}.")
    return lines


def program(dice: random.Random) -> list[str]:
    """A function with brackets, quotation marks and indented lines."""
    name, other = dice.sample(parts(NAMES), 2)
    body = dice.choice([
        [f"    total = sum([len({name}[i]) for i in range({dice.randint(2, 20)})])", f'    print("{name}:", total)'],
        [f"    for one in {name}:", f'        if one in ("{dice.choice(parts(FOODS))}", "{dice.choice(parts(FOODS))}"):',
         f"            {other}.append((one, {dice.randint(1, 99)}))"],
        [f'    {other} = {{"{dice.choice(parts(FOODS))}": [{dice.randint(1, 9)}, {dice.randint(1, 9)}]}}',
         f"    return max({other}.values(), key=lambda {name[0]}: {name[0]}[0])"],
    ])  # fmt: skip
    return [f"def {dice.choice(['count', 'find', 'sort', 'show'])}_{name}({name}, {other}=[]):", *body]


def pages(count: int, seed: int = 11) -> list[list[str]]:
    """Pages of all three kinds in an order of chance."""
    dice = random.Random(seed)
    kinds: list[Callable[[random.Random], list[str]]] = [recipe, entry, entry, program]
    return [dice.choice(kinds)(dice) for _ in range(count)]


if __name__ == "__main__":
    print("\n".join("\n".join(page) + "\n" for page in pages(640)), end="")
