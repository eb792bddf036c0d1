from hypothesis import given
from hypothesis import strategies as st

from services.intake.offsets import Skipped, find_next_offsets

TOPIC = "in.practice.his.v1"
PLACE = (TOPIC, 0)


def at(*offsets: int, part: int = 0) -> list[tuple[str, int, int]]:
    return [(TOPIC, part, offset) for offset in offsets]


def test_offsets_that_follow_move_the_position_past_the_last():
    assert find_next_offsets({PLACE: 5}, at(5, 6, 7)) == ({PLACE: 8}, [])


def test_a_batch_that_begins_too_late_has_skipped_what_is_between():
    assert find_next_offsets({PLACE: 5}, at(8, 9)) == ({PLACE: 10}, [Skipped(PLACE, 5, 8)])


def test_a_hole_within_a_batch_is_seen():
    nexts, jumps = find_next_offsets({PLACE: 5}, at(5, 6, 9, 10, 12))

    assert nexts == {PLACE: 13}
    assert jumps == [Skipped(PLACE, 7, 9), Skipped(PLACE, 11, 12)]


def test_repeats_prove_nothing_and_move_nothing_back():
    assert find_next_offsets({PLACE: 5}, at(2, 3, 4)) == ({PLACE: 5}, [])


def test_repeats_before_new_records_are_no_hole():
    assert find_next_offsets({PLACE: 5}, at(1, 5, 6)) == ({PLACE: 7}, [])


def test_repeats_do_not_hide_a_hole():
    assert find_next_offsets({PLACE: 5}, at(3, 4, 6)) == ({PLACE: 7}, [Skipped(PLACE, 5, 6)])


def test_offsets_out_of_order_or_twice_are_no_hole():
    assert find_next_offsets({PLACE: 5}, at(7, 5, 6, 6)) == ({PLACE: 8}, [])


def test_a_partition_without_a_position_begins_at_its_first_record():
    assert find_next_offsets({}, at(40, 41)) == ({PLACE: 42}, [])


def test_partitions_are_told_apart():
    nexts, jumps = find_next_offsets({PLACE: 0, (TOPIC, 1): 0}, [*at(0, 1), *at(1, part=1)])

    assert nexts == {PLACE: 2, (TOPIC, 1): 2}
    assert jumps == [Skipped((TOPIC, 1), 0, 1)]


def test_nothing_read_says_nothing():
    assert find_next_offsets({PLACE: 5}, []) == ({}, [])


@given(stored=st.integers(0, 30), offsets=st.sets(st.integers(0, 40), min_size=1))
def test_what_is_skipped_is_exactly_what_should_have_come_and_did_not(stored, offsets):
    nexts, jumps = find_next_offsets({PLACE: stored}, at(*offsets))

    missing = {n for jump in jumps for n in range(jump.expected, jump.found)}
    assert missing == set(range(stored, max(offsets) + 1)) - offsets
    assert nexts == {PLACE: max(stored, max(offsets) + 1)}
