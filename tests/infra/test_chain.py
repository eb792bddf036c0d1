"""The chain over the access log: a line that differs, is gone or stands elsewhere is told by its number."""

from dataclasses import replace

import pytest

from infra.chain import START, Check, Line, Seal, seal

REGION = "GG2514"
KEY, OTHER = b"k" * 32, b"o" * 32


def chained(count: int = 6) -> list[tuple[Seal, Line | None]]:
    made: list[tuple[Seal, Line | None]] = []
    before = START
    for seq in range(1, count + 1):
        line = Line(100 + seq, {"person": f"p{seq}", "who": "balie", "why": "own patient"})
        before = seal(KEY, before, REGION, seq, line)
        made.append((Seal(seq, line.number, 1, before), line))
    return made


def faults_of(found: list[tuple[Seal, Line | None]]) -> list[tuple[str, int]]:
    check = Check(REGION, {1: KEY})
    return [(one.kind, one.number) for row in found for one in check.judge(*row)]


def test_a_chain_that_nobody_touched_fits():
    assert faults_of(chained()) == []


@pytest.mark.parametrize("place", [0, 3, 5])
def test_a_line_that_was_altered_is_told_and_no_other(place: int):
    found = chained()
    line = found[place][1]
    assert line is not None
    found[place] = (found[place][0], replace(line, said={**line.said, "who": "another"}))

    assert faults_of(found) == [("altered", line.number)]


def test_a_line_that_is_gone_is_told():
    found = chained()
    found[2] = (found[2][0], None)

    assert faults_of(found) == [("deleted", 103)]


def test_a_line_that_went_with_its_seal_is_told():
    found = chained()
    del found[2]

    assert faults_of(found) == [("seal_gone", 4)]


def test_lines_that_changed_places_are_told():
    found = chained()
    (first, one), (second, other) = found[1], found[2]
    found[1] = (replace(second, seq=first.seq), other)
    found[2] = (replace(first, seq=second.seq), one)

    assert ("altered", 103) in faults_of(found)
    assert ("altered", 102) in faults_of(found)


def test_a_seal_that_was_made_without_the_key_does_not_fit():
    found = chained()
    forged = Line(999, {"person": "p9", "who": "balie", "why": "own patient"})
    found.append((Seal(7, 999, 1, seal(OTHER, found[-1][0].digest, REGION, 7, forged)), forged))

    assert faults_of(found) == [("altered", 999)]


def test_a_seal_under_a_version_of_the_key_that_is_not_here_is_no_proof():
    found = chained(2)
    found[1] = (replace(found[1][0], key_version=9), found[1][1])

    assert faults_of(found) == [("no_key", 102)]
