"""Identifiers: new ones differ, derived ones are the same on every machine for ever."""

from uuid import UUID

from infra.identity import derived_id, new_id


def test_new_ones_differ():
    assert new_id() != new_id()


def test_a_derived_one_hangs_on_all_its_parts_and_never_changes():
    derived = derived_id("his-north", "1")

    assert derived == UUID("a4783d27-7344-546f-8648-e1f3b43e753f")
    assert derived not in {
        derived_id("his-north", "2"),
        derived_id("his-north1"),
        derived_id("his-nort", "h1"),
    }
