"""A matrix keeps what it is through the store, and its version tells two matrices apart."""

import zlib
from array import array
from dataclasses import replace

import pytest

from infra.travel.estimate import VERSION, matrix
from infra.travel.matrix import GUESSED, Matrix, NotAMatrix, estimated, unpack

POINTS = ((52.1, 5.1), (52.2, 5.3), (52.05, 4.9))
NUMBERS = array("i", [0, 5, 7, 6, 0, 9, 8, 9, 0])
MATRIX = Matrix(
    "osrm/driving", "2021", POINTS, NUMBERS, NUMBERS, bytes([0, 1, 0, 0, 0, 2, 0, 0, 0])
)


def test_a_matrix_comes_back_as_it_was_stored():
    found = unpack(MATRIX.pack())

    assert found == MATRIX
    assert found.version == MATRIX.version


@pytest.mark.parametrize(
    "change",
    [
        {"source": "osrm/bike"},
        {"data": "2022"},
        {"points": POINTS[::-1]},
        {"seconds": array("i", [0, 5, 7, 6, 0, 9, 8, 8, 0])},
        {"metres": array("i", [0, 5, 7, 6, 0, 9, 8, 8, 0])},
        {"kinds": bytes(9)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_a_matrix_is_in_its_version(change):
    assert replace(MATRIX, **change).version != MATRIX.version


def test_a_version_begins_with_its_source():
    assert MATRIX.version.startswith("osrm/driving:")


def test_the_scheduler_gets_rows_with_their_directions_and_the_version():
    travel = MATRIX.to_travel()

    assert travel.seconds == ((0, 5, 7), (6, 0, 9), (8, 9, 0))
    assert travel.version == MATRIX.version


def test_what_was_guessed_and_where_no_way_is_are_counted():
    assert (MATRIX.guessed, MATRIX.holes) == (1, 1)


def test_the_estimate_is_a_source_of_its_own_without_anything_missing():
    made = estimated(POINTS)

    assert (made.source, made.kinds.count(GUESSED)) == (VERSION, 0)
    assert made.to_travel().seconds == matrix(POINTS).seconds
    assert made.to_travel().metres == matrix(POINTS).metres


def test_a_matrix_of_no_place_can_be_stored():
    made = estimated(())

    assert unpack(made.pack()) == made
    assert made.to_travel().seconds == ()


@pytest.mark.parametrize(
    "packed", [b"", b"matrix", MATRIX.pack()[:-3], zlib.compress(b"[1]\n"), zlib.compress(b'["a","b",[[1,2]]]\n123')]
)  # fmt: skip
def test_bytes_that_are_no_matrix_are_refused(packed):
    with pytest.raises(NotAMatrix):
        unpack(packed)
