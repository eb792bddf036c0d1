"""Reads files in Solomon's format (also Gehring and Homberger's); faults are named by line."""

from decimal import Decimal

from scheduling.routing.benchmark import Convention, Instance
from services.offline.files.nodes import (
    LARGEST,
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

COLUMNS = ("number", "x", "y", "demand", "ready time", "due date", "service time")
Line = tuple[int, list[str]]
Row = tuple[int, ...]


def is_solomon(text: str) -> bool:
    """Whether a text is meant to be in this format."""
    lines = {line.strip().upper() for line in text.splitlines()[:40]}
    return bool({"VEHICLE", "CUSTOMER"} & lines)


def read_solomon(text: str, name: str, convention: Convention) -> Instance:
    """Reads name, vehicles with capacity, then a row for the depot and for each customer."""
    lines = [(k, line.split()) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    fleet = _fleet(lines, name)
    rows = _rows(_section(lines, "CUSTOMER", name), name)
    refuse_too_many(len(rows), name)
    points = [point(Decimal(words[1]), Decimal(words[2])) for _, words in rows]
    table = [tuple(int(Decimal(word)) for word in (words[0], *words[3:])) for _, words in rows]
    nodes = Nodes(
        numbers=tuple(row[0] for row in table),
        demands=tuple(row[1] for row in table),
        windows=tuple((row[2], row[3]) for row in table),
        services=tuple(row[4] for row in table),
    )
    _refuse_doubled(nodes, name)
    title = " ".join(lines[0][1])
    return to_instance((title, convention), nodes, fleet, by_coordinates(convention, points))


def _section(lines: list[Line], title: str, name: str) -> list[Line]:
    """The lines after a title."""
    for at, (_, words) in enumerate(lines):
        if words[0].upper() == title and len(words) == 1:
            return lines[at + 1 :]
    raise UnreadableFile(name, [f"section {title} is missing"])


def _fleet(lines: list[Line], name: str) -> Fleet:
    """The vehicles, all alike. Whatever else stands before the customers is a rule that we would not keep: refused."""
    section = _section(lines, "VEHICLE", name)
    before = len(lines) - len(section) - 1
    given = [line for line in section if line[1][0].upper() != "NUMBER"]
    ends = next((k for k, (_, words) in enumerate(given) if words[0].upper() == "CUSTOMER"), 1)
    for at, _ in [*lines[1:before], *given[1:ends]]:
        raise UnreadableFile(
            name, [f"line {at}: more than name, vehicles and customers is not kept"]
        )
    for at, words in given[:ends]:
        numbers = [value for word in words if (value := whole(word)) is not None and value >= 0]
        if len(words) != 2 or len(numbers) != 2:
            fault = f"line {at}: number and capacity of the vehicles are needed"
            raise UnreadableFile(name, [fault])
        return Fleet(*numbers)
    raise UnreadableFile(name, ["section VEHICLE: number and capacity are missing"])


def _rows(lines: list[Line], name: str) -> list[Line]:
    """The rows of the depot and the customers, each of seven numbers."""
    if lines and whole(lines[0][1][0]) is None:
        lines = lines[1:]  # headings
    faults = [fault for line in lines for fault in _check_row(line)]
    if not lines:
        faults.append("section CUSTOMER: the depot is missing")
    if faults:
        raise UnreadableFile(name, faults)
    return lines


def _check_row(line: Line) -> list[str]:
    at, words = line
    if len(words) != len(COLUMNS):
        return [f"line {at}: {len(words)} columns, {len(COLUMNS)} are needed"]
    wrong = [
        head
        for head, word in zip(COLUMNS, words, strict=True)
        if (number if head in ("x", "y") else whole)(word) is None
    ]
    faults = [f"line {at}: {head} should be a number, whole and up to {LARGEST}" for head in wrong]
    if not faults:
        below = [head for head, word in zip(COLUMNS, words, strict=True) if _below(head, word)]
        faults = [f"line {at}: {head} below 0" for head in below]
    return faults


def _below(head: str, word: str) -> bool:
    return head in ("number", "demand", "service time") and (whole(word) or 0) < 0


def _refuse_doubled(nodes: Nodes, name: str) -> None:
    seen: set[int] = set()
    for node in nodes.numbers:
        if node in seen:
            raise UnreadableFile(name, [f"customer {node} stands twice"])
        seen.add(node)
