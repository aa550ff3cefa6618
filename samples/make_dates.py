"""Writes dates of our own for the task of translation: `python samples/make_dates.py > samples/dates.csv`.

The source is a date as people write it, in one of several ways; the target is the same date as ISO 8601 writes it. Read and
written by characters, a small network learns it within two minutes.
"""

import csv
import datetime
import random
import sys

UNITS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth""".split()  # noqa: SIM905 - a list of words is hard to read
SPELLED = [*UNITS, *(f"twenty-{one}" for one in UNITS[:9]), "thirtieth", "thirty-first"]
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2050, 12, 31)


def ending(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def written(day: datetime.date, how: int) -> str:
    """One of the ways to write a date."""
    month, short = day.strftime("%B"), day.strftime("%b")
    return (
        f"{day.day} {month} {day.year}",
        f"{day.strftime('%A')}, {day.day} {month} {day.year}",
        f"{month} {day.day}{ending(day.day)}, {day.year}",
        f"{short} {day.day}, {day.year}",
        f"the {SPELLED[day.day - 1]} of {month} {day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day:02}/{day.month:02}/{day.year}",
        f"{day.year} {short} {day.day}",
    )[how]


if __name__ == "__main__":
    chosen = random.Random(11)
    rows: dict[str, str] = {}
    while len(rows) < 4000:
        day = FIRST + datetime.timedelta(chosen.randrange((LAST - FIRST).days + 1))
        rows.setdefault(written(day, chosen.randrange(8)), day.isoformat())
    csv.writer(sys.stdout, lineterminator="\n").writerows([("source", "target"), *rows.items()])
