"""Reads VRPLIB files: what a file asks and we do not keep is refused by its name, never passed over.

A specification that nobody reads is a rule that the routes break: a longest route, a second depot, a way that is open.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from scheduling.routing.benchmark import Convention, Instance
from services.offline.files.distances import Matrix, Rounding, ceiling, floor, matrix, nearest
from services.offline.files.edge_weights import read_matrix
from services.offline.files.nodes import (
    Fleet,
    Nodes,
    by_coordinates,
    number,
    point,
    refuse_too_many,
    to_instance,
    whole,
)
from services.offline.files.text import UnreadableFile

WIDTHS: Final = {"NODE_COORD": 3, "DEMAND": 2, "TIME_WINDOW": 3, "SERVICE_TIME": 2}
OTHER_SECTIONS: Final = {"DEPOT", "EDGE_WEIGHT", "DISPLAY_DATA"}
# What a file may say: read below, or a remark for people that asks nothing.
READ: Final = {"TYPE", "DIMENSION", "CAPACITY", "VEHICLES", "DISTANCE", "SERVICE_TIME", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT",
               "NODE_COORD_TYPE"}  # fmt: skip
REMARKS: Final = {"NAME", "COMMENT", "DISPLAY_DATA_TYPE", "BEST_KNOWN", "OPTIMAL_VALUE"}
# One depot, identical vehicles that return, everybody served once: a type asks this, or is refused.
TYPES: Final = {"", "VRP", "CVRP", "ACVRP", "VRPTW", "CVRPTW", "ACVRPTW", "DVRP", "DCVRP"}
LONGEST_NAME: Final = 60
ROUNDINGS: Final[Mapping[str, Rounding]] = {"CEIL_2D": ceiling, "FLOOR_2D": floor}
SPECIFICATION = re.compile(r"^([A-Za-z_]+)\s*:\s*(.*)$")
Line = tuple[int, list[str]]


@dataclass(slots=True)
class Parts:
    """A file split into specifications and the lines of each section."""

    name: str
    specifications: dict[str, tuple[int, str]] = field(default_factory=dict)
    sections: dict[str, list[Line]] = field(default_factory=dict)

    def word(self, key: str, default: str = "") -> str:
        """The value of a specification."""
        return self.specifications.get(key, (0, default))[1]

    def whole(self, key: str) -> int | None:
        """A specification that is a whole number from 0; None when it is absent."""
        if key not in self.specifications:
            return None
        at, word = self.specifications[key]
        value = whole(word)
        if value is None or value < 0:
            raise UnreadableFile(self.name, [f"line {at}: {key} should be a whole number from 0"])
        return value


def is_vrplib(text: str) -> bool:
    """Whether a text is meant to be in this format."""
    return re.search(r"^\s*(DIMENSION\s*:|[A-Z_]+_SECTION)", text, re.MULTILINE) is not None


def read_vrplib(text: str, name: str, convention: Convention | None) -> Instance:
    """Reads an instance with one depot, node 1; without a convention, the usual one for benchmarks of its kind."""
    parts = _parts(text, name)
    _check_type(parts)
    size = _size(parts)
    rows = {title: _numbers(parts, title, size) for title in WIDTHS if title in parts.sections}
    if "DEMAND" not in rows:
        raise UnreadableFile(name, ["section DEMAND is missing"])
    _check_depot(parts)
    if convention is None:
        convention = Convention.DIMACS if "TIME_WINDOW" in rows else Convention.WHOLE
    measured = _measured(parts, size, rows, convention)
    nodes = Nodes(
        numbers=tuple(range(1, size + 1)),
        demands=tuple(_ints(rows["DEMAND"])),
        windows=_windows(parts, rows, size),
        services=_services(parts, rows, size),
    )
    capacity = parts.whole("CAPACITY")
    if capacity is None:
        raise UnreadableFile(name, ["CAPACITY is missing"])
    vehicles = parts.whole("VEHICLES")
    fleet = Fleet(size - 1 if vehicles is None else vehicles, capacity)
    return to_instance((parts.word("NAME", name), convention), nodes, fleet, measured)


def _parts(text: str, name: str) -> Parts:
    parts = Parts(name)
    rows: list[Line] | None = None
    ended = False
    for at, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if ended:
            raise UnreadableFile(name, [f"line {at}: something follows EOF"])
        if words[0] == "EOF":
            ended = True
            continue
        title = line.strip(" :\t").removesuffix("_SECTION")
        if title != line.strip(" :\t"):
            rows = _new_section(parts, title.strip(), at)
        elif rows is None or SPECIFICATION.match(line.strip()):
            _specify(parts, line.strip(), at)
        else:
            rows.append((at, words))
    return parts


def _new_section(parts: Parts, title: str, at: int) -> list[Line]:
    if title not in WIDTHS and title not in OTHER_SECTIONS:
        raise UnreadableFile(parts.name, [f"line {at}: section {_shown(title)} is not kept here"])
    if title in parts.sections:
        raise UnreadableFile(parts.name, [f"line {at}: section {title} stands twice"])
    return parts.sections.setdefault(title, [])


def _specify(parts: Parts, line: str, at: int) -> None:
    found = SPECIFICATION.match(line)
    if found is None:
        raise UnreadableFile(parts.name, [f"line {at}: neither `KEY : value` nor a section"])
    key = found[1].upper()
    if key not in READ | REMARKS:
        raise UnreadableFile(parts.name, [f"line {at}: {_shown(key)} is not kept here"])
    if key in parts.specifications:
        raise UnreadableFile(parts.name, [f"line {at}: {key} stands twice"])
    parts.specifications[key] = at, found[2]


def _shown(name: str) -> str:
    """A name of the file as far as it can be shown."""
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME]


def _check_type(parts: Parts) -> None:
    """Refuses a kind of problem with rules of its own, and coordinates of other than two numbers."""
    kind = parts.word("TYPE").upper()
    if kind not in TYPES:
        at = parts.specifications["TYPE"][0]
        raise UnreadableFile(parts.name, [f"line {at}: TYPE {_shown(kind)} is not kept here"])
    if parts.word("NODE_COORD_TYPE", "TWOD_COORDS") not in ("TWOD_COORDS", "NO_COORDS"):
        raise UnreadableFile(
            parts.name, ["NODE_COORD_TYPE is not read here: other than TWOD_COORDS"]
        )


def _size(parts: Parts) -> int:
    size = parts.whole("DIMENSION")
    if not size:
        raise UnreadableFile(parts.name, ["DIMENSION is missing or 0"])
    refuse_too_many(size, parts.name)
    return size


def _numbers(parts: Parts, title: str, size: int) -> list[list[Decimal]]:
    """Values of a section in the order of the nodes, without the node numbers."""
    lines = parts.sections[title]
    faults = [
        f"line {at}: {fault} ({title})"
        for node, (at, words) in enumerate(lines, 1)
        if (fault := _fault_of(title, node, words))
    ]
    if not faults and len(lines) != size:
        faults.append(f"section {title}: {len(lines)} rows, DIMENSION is {size}")
    if faults:
        raise UnreadableFile(parts.name, faults)
    return [[Decimal(word) for word in words[1:]] for _, words in lines]


def _fault_of(title: str, node: int, words: list[str]) -> str | None:
    """The fault in the row of a node; None when it has none."""
    values = [number(word) for word in words]
    if len(words) != WIDTHS[title]:
        return f"{len(words)} columns, {WIDTHS[title]} are needed"
    if None in values:
        return f"column {values.index(None) + 1} is no number"
    if values[0] != node:
        return f"node {node} is expected here"
    if title != "NODE_COORD" and any(whole(word) is None for word in words):
        return "should be whole numbers"
    if title in ("DEMAND", "SERVICE_TIME") and words[1].startswith("-"):
        return "below 0"
    return None


def _ints(rows: list[list[Decimal]]) -> list[int]:
    return [int(row[0]) for row in rows]


def _check_depot(parts: Parts) -> None:
    found = [word for _, words in parts.sections.get("DEPOT", [(0, ["1"])]) for word in words]
    if [word for word in found if word != "-1"] != ["1"]:
        raise UnreadableFile(parts.name, ["section DEPOT: one depot is needed, node 1"])


def _windows(
    parts: Parts, rows: dict[str, list[list[Decimal]]], size: int
) -> tuple[tuple[int, int], ...] | None:
    longest = parts.whole("DISTANCE")
    if "TIME_WINDOW" not in rows:
        return None if longest is None else ((0, longest),) * size
    if longest is not None:
        raise UnreadableFile(parts.name, ["DISTANCE beside a section TIME_WINDOW"])
    return tuple((int(row[0]), int(row[1])) for row in rows["TIME_WINDOW"])


def _services(parts: Parts, rows: dict[str, list[list[Decimal]]], size: int) -> tuple[int, ...]:
    if "SERVICE_TIME" in rows:
        return tuple(_ints(rows["SERVICE_TIME"]))
    each = parts.whole("SERVICE_TIME") or 0
    return (0, *(each,) * (size - 1))


def _measured(
    parts: Parts, size: int, rows: dict[str, list[list[Decimal]]], convention: Convention
) -> tuple[int, Matrix, Matrix]:
    kind = parts.word(
        "EDGE_WEIGHT_TYPE", "EXPLICIT" if "EDGE_WEIGHT" in parts.sections else ""
    ).upper()
    if kind == "EXPLICIT":
        lines = parts.sections.get("EDGE_WEIGHT", [])
        found = read_matrix(parts.name, parts.word("EDGE_WEIGHT_FORMAT").upper(), size, lines)
        return 1, found, found
    if "EDGE_WEIGHT" in parts.sections:
        raise UnreadableFile(
            parts.name, [f"section EDGE_WEIGHT beside EDGE_WEIGHT_TYPE {_shown(kind)}"]
        )
    if "NODE_COORD" not in rows:
        raise UnreadableFile(parts.name, ["section NODE_COORD is missing"])
    points = [point(x, y) for x, y in rows["NODE_COORD"]]
    if kind == "EUC_2D":
        return by_coordinates(convention, points)
    if kind in ROUNDINGS:
        found = matrix(points, ROUNDINGS[kind], 1)
    elif kind == "EXACT_2D":
        found = matrix(points, nearest, 1000)
    else:
        said = f"{_shown(kind)} is not read here" if kind else "is missing"
        raise UnreadableFile(parts.name, [f"EDGE_WEIGHT_TYPE {said}"])
    return 1, found, found
