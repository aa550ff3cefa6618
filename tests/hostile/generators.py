"""Inputs that mean harm or make no sense, each decided by its seed: zips of runs, files of data, links.

A test says the seed of an input that it fails on; `archive(seed, …)` and its like make the same one again.
"""

import gzip
import io
import json
import random
import string
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load, save

from pages.common.state import Selection

TEXTS = (
    "", " ", "\n", "\t\t", "a", "the film was good", "<script>alert(1)</script>", '=HYPERLINK("http://evil.example")',
    "$x^2$ **b** :red[x]", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "a" * 3000, "word " * 800, "\u202eevil",
    "\ufeffx", "\x00", "\x1b[31m",
    "e\u0301", "é", "👩‍👩‍👧", "مرحبا", "今日は", "NaN", "null", "-0", "1e999", "{}", "[]", "<unk>", "<sos>", "%s%n{0}",
    "http://evil.example/x",
)  # fmt: skip
HALF = "half \ud800"
"""Half a character, which JSON can hand over and nobody can write down."""

NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**40, 0.5, -0.0, 1e-320, 1e30, 1e308, 5e-324)


def value(rng: random.Random, deep: int = 3) -> Any:
    """Something that JSON can say, most of it of a kind that nobody expects there."""
    kind = rng.randrange(8 if deep else 6)
    if kind < 2:
        return rng.choice(TEXTS)
    if kind < 4:
        return rng.choice(NUMBERS)
    if kind == 4:
        return rng.choice((None, True, False))
    if kind == 5:
        return rng.random()
    if kind == 6:
        return [value(rng, deep - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(TEXTS): value(rng, deep - 1) for _ in range(rng.randrange(4))}


def changed(found: Any, rng: random.Random) -> Any:
    """The same JSON with something in it replaced, left out, doubled or put in."""
    if isinstance(found, dict) and found and rng.random() < 0.85:
        name = rng.choice(list(found))
        how = rng.randrange(6)
        if how == 0:
            return {key: part for key, part in found.items() if key != name}
        if how == 1:
            return found | {rng.choice(TEXTS): value(rng)}
        return found | {name: changed(found[name], rng)}
    if isinstance(found, list) and found and rng.random() < 0.7:
        place = rng.randrange(len(found))
        how = rng.randrange(5)
        if how == 0:
            return found[:place] + found[place + 1 :]
        if how == 1:
            return found + found[place:]
        return [*found[:place], changed(found[place], rng), *found[place + 1 :]]
    return value(rng)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Bytes cut, flipped, doubled, put in or taken out somewhere."""
    place = rng.randrange(len(content) + 1)
    how = rng.randrange(6)
    if how == 0:
        return content[:place]
    if how == 1:
        return content[:place] + rng.randbytes(rng.randrange(1, 20)) + content[place:]
    if how == 2:
        return content[:place] + content[place + rng.randrange(1, 200) :]
    if how == 3:
        return content + content[:place]
    flipped = bytearray(content)
    for _ in range(rng.randrange(1, 12)):
        if flipped:
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


# ---- zips of runs ---------------------------------------------------------------------------------------------------


def archive(seed: int, members: Mapping[str, bytes]) -> bytes:
    """A zip of a run with one or a few of its files changed, beside others that do not belong there.

    Args:
        members: the files of a sound run, by name.
    """
    rng = random.Random(seed)
    found = dict(members)
    for name in rng.sample(sorted(found), rng.randrange(1, 3)):
        found[name] = _member(name, found[name], rng)
    held = io.BytesIO()
    how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(held, "w", how) as file:
        for name, content in found.items():
            prefix = rng.choice(("", "run/", "../", "../../../", "/tmp/", "a/b/c/", "C:\\", "./"))
            info = zipfile.ZipInfo(prefix + name)
            info.compress_type = how
            if rng.random() < 0.05:
                info.external_attr = 0o120777 << 16  # a link, were it made
            file.writestr(info, content)
        if rng.random() < 0.2:
            other = rng.choice(("evil.py", "__init__.py", "../../evil", "weights.pt", "checkpoint/state.safetensors"))
            file.writestr(other, b"x" * 999)
    return damaged(held.getvalue(), rng) if rng.random() < 0.15 else held.getvalue()


def _member(name: str, content: bytes, rng: random.Random) -> bytes:
    how = rng.random()
    if how < 0.1:
        return damaged(content, rng)
    if how < 0.15:
        return rng.choice((b"", b"{", b"[" * 100_000, b"null", b"\xff\xfe", b"[]", b"{}", b'{"a":' * 9999, b"9" * 5000))
    if name.endswith(".safetensors"):
        return _tensors(content, rng)
    if name.endswith(".jsonl"):
        lines = [json.loads(line) for line in content.splitlines()]
        more = [changed(rng.choice(lines), rng) for _ in range(rng.choice((1, 3, 500)))]
        return "".join(json.dumps(line) + "\n" for line in lines + more).encode() * rng.choice((1, 1, 1, 300))
    return json.dumps(changed(json.loads(content), rng), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _tensors(content: bytes, rng: random.Random) -> bytes:
    arrays = load(content)
    name = rng.choice(list(arrays))
    array = arrays[name].copy()
    kind = rng.randrange(7)
    if kind == 0:
        array.flat[rng.randrange(array.size)] = rng.choice((np.nan, np.inf, -np.inf))
    elif kind == 1:
        arrays = {other: np.full_like(one, rng.choice((1e38, -1e30, 1e-45, 3e4))) for other, one in arrays.items()}
        array = arrays[name]
    elif kind == 2:
        array = array.astype(rng.choice((np.float64, np.float16, np.int64, np.bool_)))
    elif kind == 3:
        array = array[..., : rng.randrange(array.shape[-1])]
    elif kind == 4:
        array = array[None]
    elif kind == 5:
        array *= np.float32(rng.choice((1e3, 1e6, 0)))
    else:
        arrays[rng.choice(TEXTS) or "empty"] = np.zeros(rng.randrange(3), np.float32)
    return save(arrays | {name: np.ascontiguousarray(array)})


# ---- files of data --------------------------------------------------------------------------------------------------


def data_file(seed: int) -> tuple[str, bytes]:
    """A file of rows by name and content: sound, nearly sound, or of no sense at all."""
    rng = random.Random(seed)
    make = rng.choice(MAKERS)
    name, content = make(rng)
    if rng.random() < 0.3:
        content = damaged(content, rng)
    if rng.random() < 0.1:
        encoding = rng.choice(("utf-16", "utf-16-le", "utf-32", "cp1252", "gb18030"))
        content = content.decode("utf-8", "replace").encode(encoding, "replace")
    if rng.random() < 0.1:
        endings = ("", ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".conll", ".conllu", ".gz", ".CSV.txt")
        name = "x" + rng.choice(endings)
    return name, content


def _words(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(TEXTS)
    return " ".join(rng.choices(("the", "film", "was", "good", "bad", "not", ",", "“odd”", "it's"), k=rng.randrange(1, 9)))


def _label(rng: random.Random) -> str:
    return rng.choice(TEXTS) if rng.random() < 0.05 else rng.choice(("good", "bad"))


def _csv(rng: random.Random) -> tuple[str, bytes]:
    comma = rng.choice((",", ";", "\t", "|"))
    header = comma.join(rng.choice((("text", "label"), ("a", "a"), ("label", "text"), ("", ""), ("text", "text", "label"))))
    rows = [header] if rng.random() < 0.8 else []
    for _ in range(rng.choice((0, 1, 5, 60))):
        quote = rng.choice(('"', '"', "", "'", '""'))
        rows.append(f"{quote}{_words(rng)}{quote}{comma}{_label(rng)}" + comma * (rng.random() < 0.05))
    return rng.choice(("x.csv", "x.tsv", "x.txt")), rng.choice(("\n", "\r\n", "\r")).join(rows).encode("utf-8", "replace")


def _wide(rng: random.Random) -> tuple[str, bytes]:
    count = rng.choice((50, 999, 1001, 3000))
    names = ["a"] * count if rng.random() < 0.5 else [f"c{i}" for i in range(count)]
    return "x.csv", (",".join(names) + "\n" + ",".join("1" * count) + "\n").encode()


def _json(rng: random.Random) -> tuple[str, bytes]:
    rows: list[Any] = [{"text": _words(rng), "label": _label(rng)} for _ in range(rng.choice((0, 1, 5, 60)))]
    rows = [changed(row, rng) if rng.random() < 0.1 else row for row in rows]
    if rows and rng.random() < 0.05:
        rows[0] = {HALF: HALF}
    if rng.random() < 0.4:
        return "x.json", json.dumps(rng.choice((rows, {"data": rows}, {"a": {"b": rows}}, value(rng, 5)))).encode()
    lines = (json.dumps(row, ensure_ascii=rng.random() < 0.5) + "\n" for row in rows)
    return "x.jsonl", "".join(lines).encode("utf-8", "replace")


def _tags(rng: random.Random) -> tuple[str, bytes]:
    lines = []
    for _ in range(rng.choice((1, 5, 40))):
        for _ in range(rng.randrange(1, 8)):
            tag = rng.choice(("O", "O", "B-PER", "I-PER", "B_LOC", "X-B", "", rng.choice(TEXTS)))
            lines.append(rng.choice(("\t", "\t", " ", "\t\t")).join((rng.choice(("Ram", "went", "to", "Delhi", "")), tag)))
        lines.append(rng.choice(("", "", "# comment", "-DOCSTART- O")))
    return rng.choice(("x.tsv", "x.conll", "x.txt", "x.conllu")), "\n".join(lines).encode("utf-8", "replace")


def _parquet(rng: random.Random) -> tuple[str, bytes]:
    count = rng.choice((0, 1, 60, 3000))
    columns: dict[str, Any] = {
        "text": pa.array([_words(rng).encode("utf-8", "replace").decode() for _ in range(count)]),
        "label": pa.array([rng.choice(("good", "bad")) for _ in range(count)]).dictionary_encode(),
    }
    odd: tuple[Callable[[], Any], ...] = (
        lambda: pa.array([None] * count), lambda: pa.array([[1, 2]] * count), lambda: pa.array([{"a": 1}] * count),
        lambda: pa.array([b"\xff\x00"] * count), lambda: pa.array([float("nan")] * count), lambda: pa.array([2**62] * count),
        lambda: pa.array(["x" * 5000] * count).dictionary_encode(), lambda: pa.array([True] * count),
    )  # fmt: skip
    if rng.random() < 0.5:
        columns[rng.choice(("text", "label", "more", ""))] = rng.choice(odd)()
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held, compression=rng.choice(("zstd", "snappy", "gzip", "none")))
    return "x.parquet", held.getvalue()


def _noise(rng: random.Random) -> tuple[str, bytes]:
    size = rng.choice((0, 1, 2, 17, 400, 5000))
    content = rng.choice((
        lambda: rng.randbytes(size), lambda: "".join(rng.choices(string.printable, k=size)).encode(),
        lambda: b"\0" * size, lambda: gzip.compress(b"text,label\n" * size), lambda: b"PAR1" + rng.randbytes(size) + b"PAR1",
        lambda: b"PK\x03\x04" + rng.randbytes(size), lambda: b'"' * size, lambda: b",\n" * size, lambda: b"[" * size,
        lambda: b"%PDF-1.7\n" + rng.randbytes(size), lambda: b"\x89PNG\r\n\x1a\n" + rng.randbytes(size),
    ))()  # fmt: skip
    return rng.choice(("x.csv", "x.jsonl", "x.parquet", "x.conll", "x.bin")), content


MAKERS = (_csv, _csv, _wide, _json, _json, _tags, _parquet, _noise)


def options(seed: int) -> list[str]:
    """Options of `data` that may or may not fit the file."""
    rng = random.Random(seed)
    some = {
        "task": ("classify", "tag"), "format": ("csv", "jsonl", "parquet", "conll", "conllu", "token_tag"),
        "encoding": ("utf-8", "utf-16", "latin-1", "gb18030"), "delimiter": (",", "\t", ";", "|"),
        "tokens": ("word", "char", "elided"),
        "text": TEXTS, "label": TEXTS, "max-tokens": ("1", "20000"), "dev-share": ("0", "0.5"),
    }  # fmt: skip
    chosen = [name for name in some if rng.random() < 0.08]
    return [f"--{name}={rng.choice(some[name])}".replace("\0", "") for name in chosen]


# ---- links ----------------------------------------------------------------------------------------------------------


def link(seed: int, runs: tuple[str, ...] = ()) -> dict[str, str]:
    """The query of a link to a page: some of the selection, with values that may make no sense."""
    rng = random.Random(seed)
    sound = ("999999999", "3", "1", "0", "every", "last", "good", "dev", "file", "weight_hh", "0,1", "h", "m", "²", "١")
    values = (*TEXTS, *map(str, NUMBERS), *sound)
    names = [field.name for field in fields(Selection)]
    found = {name: rng.choice(values).replace("\0", "") for name in rng.sample(names, rng.randrange(1, 9))}
    if runs and rng.random() < 0.8:
        found["run"] = rng.choice(runs)
    if rng.random() < 0.2:
        found["text_id"] = rng.choice(values).replace("\0", "")
    if rng.random() < 0.1:
        found[rng.choice(TEXTS) or "x"] = "y"
    return found
