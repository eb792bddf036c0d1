"""The name of a member of the group: kept while it serves, left behind when it does not."""

from services.intake.membership import choose_member_name

TOPICS = ["in.hap.core.v1", "in.practice.his.v1"]


def test_a_name_that_had_partitions_is_used_again():
    first = choose_member_name(0, TOPICS, {}, "aaaa")

    assert choose_member_name(0, TOPICS, {"member": first, "assigned": 36}, "bbbb") == first


def test_a_name_that_got_no_partition_is_left_behind():
    first = choose_member_name(0, TOPICS, {}, "aaaa")

    assert choose_member_name(0, TOPICS, {"member": first, "assigned": 0}, "bbbb") != first


def test_a_newly_connected_system_takes_another_name():
    first = choose_member_name(0, TOPICS, {}, "aaaa")

    again = choose_member_name(
        0, [*TOPICS, "in.ggd.core.v1"], {"member": first, "assigned": 36}, "bbbb"
    )

    assert not again.startswith(first)


def test_two_slots_never_share_a_name():
    first = choose_member_name(0, TOPICS, {}, "aaaa")

    assert choose_member_name(1, TOPICS, {"member": first, "assigned": 36}, "aaaa") != first


def test_a_name_is_kept_by_one_that_was_killed_before_it_had_joined():
    first = choose_member_name(0, TOPICS, {}, "aaaa")
    joining = {"member": first, "assigned": 0, "keeps_name": True}
    empty = {"member": first, "assigned": 0, "keeps_name": False}

    assert choose_member_name(0, TOPICS, joining, "bbbb") == first
    assert choose_member_name(0, TOPICS, empty, "bbbb") != first
