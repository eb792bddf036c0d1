"""What can go wrong with an event, deterministically: every mutation of every valid event follows from a number.

A mutation is a kind (drop, swap, bit flip, ...) at a position (a path, a header, a tenth of the bytes) of an
event of a type. `mutants(seed, count)` gives the same records for the same seed. All carry a canary where they
plant something of their own: no part of it may be seen in a refusal.
"""

import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from events.catalogue import CATALOGUE, Entry, RegionFrom
from events.cloudevents import MAX_BYTES
from events.codec import build_event
from events.envelope import Record, System
from events.identifiers import NATIONAL
from events.type_names import TypeNames
from tests.builders import REGION, system_of
from tests.events.anything import payloads
from tests.events.modes import in_binary_mode, in_structured_mode
from tests.events.oddities import HEADERS, KEYS, MORE, ODD, PLANTED, RAW, SAID
from tests.facts import NOW

BASES = 4

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoilt record, and what was done to which event."""

    kind: str
    position: str
    of_type: str
    record: Record


@dataclass(frozen=True, slots=True)
class Base:
    """A valid event in both modes."""

    entry: Entry
    system: System
    structured: Record
    binary: Record
    whole: dict[str, Any]
    paths: tuple[Path, ...]


@cache
def bases() -> tuple[Base, ...]:
    """A few valid events of every type, the same in every run."""
    return tuple(base for entry in CATALOGUE.values() for base in bases_of(entry))


def bases_of(entry: Entry) -> list[Base]:
    said: list[Any] = []

    @seed(7)
    @settings(
        max_examples=3 * BASES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(payload=payloads(entry.payload))
    def collect(payload: Any) -> None:
        said.append(payload)

    collect()
    drawn = sorted(said, key=repr)[::3]
    return [
        to_base(entry, payload, names)
        for payload, names in zip(drawn, itertools.cycle(TypeNames), strict=False)
    ]


def to_base(entry: Entry, payload: Any, names: TypeNames) -> Base:
    system = system_of(entry.senders)
    region = NATIONAL if entry.region_from is RegionFrom.NATIONAL else REGION
    event = build_event("e", system.sources[0] + "fuzz", NOW, region, payload)
    structured = in_structured_mode(event, system, names)
    whole = json.loads(structured.value or b"")
    binary = in_binary_mode(event, system, names)
    return Base(entry, system, structured, binary, whole, tuple(places(whole)))


def places(whole: Any, path: Path = ()) -> Iterator[Path]:
    """The path of everything in a JSON value."""
    if path:
        yield path
    if isinstance(whole, dict):
        for name, part in whole.items():
            yield from places(part, (*path, name))
    elif isinstance(whole, list):
        for index, part in enumerate(whole[:3]):
            yield from places(part, (*path, index))


# --- mutations of the JSON ---


def dumped(whole: Any) -> bytes:
    """As JSON, with what is marked as raw written as it is."""
    text = json.dumps(whole)
    while RAW in text:
        begin = text.index(f'"{RAW}')
        end = begin + 1
        while text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        raw = json.loads(text[begin : end + 1]).removeprefix(RAW)
        text = text[:begin] + raw + text[end + 1 :]
    return text.encode("utf-8", "surrogatepass")


def at(whole: Any, path: Path) -> Any:
    for step in path:
        whole = whole[step]
    return whole


def copied(whole: Any) -> Any:
    return json.loads(json.dumps(whole))


def with_odd(base: Base, path: Path, name: str) -> bytes:
    whole = copied(base.whole)
    at(whole, path[:-1])[path[-1]] = ODD[name]
    return dumped(whole)


def dropped(base: Base, path: Path, _: Random) -> bytes:
    whole = copied(base.whole)
    del at(whole, path[:-1])[path[-1]]
    return dumped(whole)


def wrapped(base: Base, path: Path, rng: Random) -> bytes:
    whole = copied(base.whole)
    inner = at(whole, path)
    at(whole, path[:-1])[path[-1]] = [inner] if rng.random() < 0.5 else {PLANTED: inner}
    return dumped(whole)


def renamed(base: Base, path: Path, _: Random) -> bytes:
    whole = copied(base.whole)
    parent = at(whole, path[:-1])
    if isinstance(parent, dict):
        parent[f"{PLANTED} {path[-1]}"] = parent.pop(path[-1])
    else:
        parent.append(PLANTED)
    return dumped(whole)


def said_twice(base: Base, path: Path, _: Random) -> bytes:
    """The same key twice, the second time with something else."""
    whole = copied(base.whole)
    parent = at(whole, path[:-1])
    if not isinstance(parent, dict):
        return dumped(whole)
    name = json.dumps(path[-1])
    own = json.dumps(parent[path[-1]])
    parent[path[-1]] = f"{RAW}{own},{name}:{json.dumps(PLANTED)}"
    return dumped(whole)


def with_more_keys(base: Base, path: Path, rng: Random) -> bytes:
    whole = copied(base.whole)
    inner = at(whole, path)
    if not isinstance(inner, dict):
        inner = whole
    names = [PLANTED, "x" * 5000, "\0", "__proto__", "constructor", "", "data", *map(str, range(rng.choice([1, 2000])))]  # fmt: skip
    for name in names:
        inner.setdefault(name, PLANTED)
    return dumped(whole)


def swapped(base: Base, path: Path, rng: Random) -> bytes:
    """The value of another field of the same event."""
    whole = copied(base.whole)
    other = copied(at(base.whole, rng.choice(base.paths)))
    at(whole, path[:-1])[path[-1]] = other
    return dumped(whole)


TREE: dict[str, Callable[[Base, Path, Random], bytes]] = {
    "dropped": dropped,
    "wrapped": wrapped,
    "renamed": renamed,
    "said twice": said_twice,
    "more keys": with_more_keys,
    "swapped": swapped,
}


# --- mutations of the bytes ---


def flipped(value: bytes, where: int, rng: Random) -> bytes:
    return value[:where] + bytes([value[where] ^ (1 << rng.randrange(8))]) + value[where + 1 :]


def cut_out(value: bytes, where: int, rng: Random) -> bytes:
    return value[:where] + value[where + rng.choice([1, 2, 17]) :]


def doubled(value: bytes, where: int, rng: Random) -> bytes:
    length = rng.choice([1, 3, 40])
    return value[: where + length] + value[where:]


def put_in(piece: bytes) -> Callable[[bytes, int, Random], bytes]:
    return lambda value, where, _: value[:where] + piece + value[where:]


def put_over(piece: bytes) -> Callable[[bytes, int, Random], bytes]:
    return lambda value, where, _: value[:where] + piece + value[where + len(piece) :]


def repeated(value: bytes, where: int, rng: Random) -> bytes:
    return value[:where] + value[where : where + 20] * rng.choice([50, 500])


PLACED: dict[str, Callable[[bytes, int, Random], bytes]] = {
    "bit flip": flipped,
    "cut out": cut_out,
    "doubled": doubled,
    "cut off": lambda value, where, _: value[:where],
    "cut before": lambda value, where, _: value[where:],
    "repeated": repeated,
    "any byte": lambda value, where, rng: put_over(rng.randbytes(1))(value, where, rng),
    "noise": lambda value, where, rng: put_over(rng.randbytes(16))(value, where, rng),
    "invalid UTF-8": put_in(b"\xff"),
    "half a character": put_in(b"\xe2\x82"),
    "encoded surrogate": put_in(b"\xed\xa0\x80"),
    "overlong": put_in(b"\xc0\xaf"),
    "NUL": put_in(b"\0"),
    "quote": put_in(b'"'),
    "brackets": put_in(b"[" * 3000),
    "line feeds": put_in(b"\r\n\r\n"),
    "name": put_in(PLANTED.encode()),
}
WHOLE: dict[str, Callable[[bytes, Random], bytes | None]] = {
    "no value": lambda _value, _: None,
    "empty": lambda _value, _: b"",
    "white space": lambda _value, _: b" \n\t",
    "byte order mark": lambda value, _: b"\xef\xbb\xbf" + value,
    "UTF-16": lambda value, _: value.decode().encode("utf-16"),
    "UTF-32": lambda value, _: value.decode().encode("utf-32-le"),
    "latin-1": lambda value, _: value.decode().encode("latin-1", "replace"),
    "compressed": lambda value, _: gzip.compress(value, mtime=0),
    "two at once": lambda value, _: value + value,
    "something behind": lambda value, _: value + PLANTED.encode(),
    "in a list": lambda value, _: b"[" + value + b"]",
    "in a text": lambda value, _: json.dumps(value.decode()).encode(),
    "filled up": lambda value, _: value + b" " * (MAX_BYTES - len(value)),
    "too large": lambda value, _: value + b" " * MAX_BYTES,
    "too large and no JSON": lambda _value, _: b"{" * (MAX_BYTES + 1),
    "noise": lambda value, rng: rng.randbytes(len(value)),
    "backwards": lambda value, _: value[::-1],
    "a name": lambda _value, _: PLANTED.encode(),
    "no object": lambda _value, rng: rng.choice([b"1", b"null", b"true", b'"x"', b"[]", b"NaN"]),
}

# --- mutations of headers and key ---


def of_tree(base: Base, rng: Random) -> Mutant:
    path = rng.choice(base.paths)
    if rng.random() < 0.7:
        name = rng.choice(tuple(ODD))
        value, kind = with_odd(base, path, name), f"odd: {name}"
    else:
        kind = rng.choice(tuple(TREE))
        value = TREE[kind](base, path, rng)
    record = replace(base.structured, value=value)
    if rng.random() < 0.4 and path[0] == "data" and len(path) > 1:
        record, kind = as_binary(base, record, value), f"{kind}, binary"
    return Mutant(kind, ".".join(map(str, path)), base.entry.name, record)


def as_binary(base: Base, record: Record, value: bytes) -> Record:
    """The spoilt data alone, in the other mode, when they can be taken out."""
    _, found, data = value.partition(b'"data": ')
    return replace(base.binary, value=data[:-1]) if found else record


def of_bytes(base: Base, rng: Random) -> Mutant:
    record = rng.choice([base.structured, base.binary])
    mode = "structured" if record is base.structured else "binary"
    value = record.value or b""
    if rng.random() < 0.8:
        kind, where = rng.choice(tuple(PLACED)), rng.randrange(len(value))
        spoilt: bytes | None = PLACED[kind](value, where, rng)
        position = f"{mode} {10 * where // len(value)}/10"
    else:
        kind = rng.choice(tuple(WHOLE))
        spoilt, position = WHOLE[kind](value, rng), mode
    return Mutant(f"bytes: {kind}", position, base.entry.name, replace(record, value=spoilt))


def of_headers(base: Base, rng: Random) -> Mutant:
    record = base.binary if rng.random() < 0.7 else base.structured
    name = rng.choice(HEADERS)
    headers = dict(record.headers)
    draw = rng.random()
    if draw < 0.1:
        headers.pop(name, None)
        kind = "header: none"
    elif draw < 0.8:
        said = rng.choice(tuple(SAID))
        headers[name] = SAID[said]
        kind = f"header: {said}"
    else:
        name = rng.choice(tuple(MORE))
        headers |= MORE[name]
        kind = "more headers"
    return Mutant(kind, name, base.entry.name, replace(record, headers=headers))


def of_key(base: Base, rng: Random) -> Mutant:
    name = rng.choice(tuple(KEYS))
    record = rng.choice([base.structured, base.binary])
    return Mutant("key", name, base.entry.name, replace(record, key=KEYS[name]))


def mutant(run: int, number: int) -> Mutant:
    """The mutation of this number; its event has an id of its own."""
    rng = Random(f"{run} {number}")
    base = rng.choice(bases())
    draw = rng.random()
    if draw < 0.6:
        made = of_tree(base, rng)
    elif draw < 0.85:
        made = of_bytes(base, rng)
    elif draw < 0.97:
        made = of_headers(base, rng)
    else:
        made = of_key(base, rng)
    return replace(made, record=with_own_id(made.record, f"f{run}-{number}"))


def with_own_id(record: Record, name: str) -> Record:
    """The record with another id, where the old one still stands."""
    value, headers = record.value, record.headers
    if headers.get("ce_id") == b"e":
        headers = {**headers, "ce_id": name.encode()}
    if value is not None and b'"id":"e"' in value:
        value = value.replace(b'"id":"e"', f'"id":"{name}"'.encode(), 1)
    elif value is not None and b'"id": "e"' in value:
        value = value.replace(b'"id": "e"', f'"id": "{name}"'.encode(), 1)
    return replace(record, value=value, headers=headers)


def mutants(run: int, count: int) -> Iterator[Mutant]:
    """This many spoilt records, the same for the same run."""
    for number in range(count):
        yield mutant(run, number)
