"""Matrices of VRPLIB and TSPLIB files: whole or half, by rows or by columns, with the diagonal or without.

The numbers are one stream: where the lines break means nothing. A half stands for both directions.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from services.offline.files.distances import Matrix
from services.offline.files.nodes import whole
from services.offline.files.text import UnreadableFile

Cells = Callable[[int], Iterator[tuple[int, int]]]


def list_lower(size: int) -> Iterator[tuple[int, int]]:
    """Cells below the diagonal, row by row."""
    return ((row, column) for row in range(size) for column in range(row))


def list_lower_and_diagonal(size: int) -> Iterator[tuple[int, int]]:
    """Cells below and on the diagonal, row by row."""
    return ((row, column) for row in range(size) for column in range(row + 1))


def list_upper(size: int) -> Iterator[tuple[int, int]]:
    """Cells above the diagonal, row by row."""
    return ((row, column) for row in range(size) for column in range(row + 1, size))


def list_upper_and_diagonal(size: int) -> Iterator[tuple[int, int]]:
    """Cells above and on the diagonal, row by row."""
    return ((row, column) for row in range(size) for column in range(row, size))


# Of a half that is mirrored, the columns of one triangle are the rows of the other.
HALVES: Final[dict[str, Cells]] = {
    "LOWER_ROW": list_lower,
    "UPPER_COL": list_lower,
    "UPPER_ROW": list_upper,
    "LOWER_COL": list_upper,
    "LOWER_DIAG_ROW": list_lower_and_diagonal,
    "UPPER_DIAG_COL": list_lower_and_diagonal,
    "UPPER_DIAG_ROW": list_upper_and_diagonal,
    "LOWER_DIAG_COL": list_upper_and_diagonal,
}
FULL: Final = "FULL_MATRIX"


def read_matrix(
    name: str, layout: str, size: int, lines: Sequence[tuple[int, list[str]]]
) -> Matrix:
    """The matrix of a section, by the layout that EDGE_WEIGHT_FORMAT says. UnreadableFile names what is wrong."""
    if layout != FULL and layout not in HALVES:
        said = "is missing" if not layout else f"{layout} is not read here"
        raise UnreadableFile(name, [f"EDGE_WEIGHT_FORMAT {said}"])
    numbers: list[int] = []
    for at, words in lines:
        for word in words:
            value = whole(word)
            if value is None or value < 0:
                fault = f"line {at}: should be whole numbers from 0 (EDGE_WEIGHT)"
                raise UnreadableFile(name, [fault])
            numbers.append(value)
    cells = (
        [(row, column) for row in range(size) for column in range(size)]
        if layout == FULL
        else list(HALVES[layout](size))
    )
    if len(numbers) != len(cells):
        fault = f"section EDGE_WEIGHT: {len(numbers)} numbers, {layout} of {size} nodes has {len(cells)}"
        raise UnreadableFile(name, [fault])
    return fill(size, zip(cells, numbers, strict=True), is_half=layout != FULL)


def fill(size: int, given: Iterator[tuple[tuple[int, int], int]], *, is_half: bool) -> Matrix:
    """The matrix with the given cells, a half mirrored; a place is at no distance from itself."""
    rows = [[0] * size for _ in range(size)]
    for (row, column), value in given:
        if row != column:
            rows[row][column] = value
            if is_half:
                rows[column][row] = value
    return tuple(map(tuple, rows))
