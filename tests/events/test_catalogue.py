import re
from graphlib import TopologicalSorter

import pytest

from events.catalogue import (
    CATALOGUE,
    ENTRIES,
    FORMER_ENTRIES,
    NEWEST,
    OUTWARD_TOPICS,
    TYPE_OF,
    Entry,
)
from events.envelope import Sender
from events.identifiers import TeamFact
from services.accept.apply import ONE_BY_ONE, SET_WISE
from services.accept.vetoes import LOOKED_AFTER

KIND = re.compile(r"^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*\.v[1-9][0-9]*$")
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


@every_entry
def test_a_type_has_the_words_of_its_class(entry: Entry):
    words = entry.name.rpartition(".v")[0].replace(".", "_").split("_")

    assert KIND.match(entry.name)
    assert entry.payload.__name__ == "".join(word.title() for word in words)


def test_a_type_stands_in_the_catalogue_once():
    assert len(NEWEST) == len(ENTRIES)
    assert len(CATALOGUE) == len(ENTRIES) + len(FORMER_ENTRIES) == len(TYPE_OF)


def test_what_events_derive_has_no_circle():
    graph = {entry.name: set(entry.derives) for entry in ENTRIES}

    TopologicalSorter(graph).prepare()

    assert {name for derived in graph.values() for name in derived} <= set(CATALOGUE)


@every_entry
def test_a_type_is_applied_set_wise_or_one_by_one_and_never_both(entry: Entry):
    assert (entry.payload in SET_WISE) != (entry.payload in ONE_BY_ONE)


@every_entry
def test_what_derives_is_applied_one_by_one_or_looked_after_by_the_vetoes(entry: Entry):
    assert bool(entry.derives) == (entry.payload in ONE_BY_ONE or entry.payload in LOOKED_AFTER)


@every_entry
def test_every_fact_that_a_person_says_about_somebody_is_looked_after_by_the_vetoes(entry: Entry):
    of_somebody = "person_id" in entry.payload.model_fields and entry.changes_problem

    assert not of_somebody or entry.payload in LOOKED_AFTER


@every_entry
def test_what_we_say_ourselves_does_not_change_the_problem(entry: Entry):
    """A plan would follow from a plan for ever. Who somebody is, is a question that people raise and answer."""
    if entry.senders == {Sender.SYSTEM} and not entry.name.startswith("identity."):
        assert not entry.changes_problem


@every_entry
def test_an_outward_topic_is_one_of_ours(entry: Entry):
    assert entry.outward is None or entry.outward in OUTWARD_TOPICS


SAID_BY_PEOPLE_TOO = {"lot.quarantined.v1"}  # by GGD, and after an excursion of the temperature


@every_entry
def test_only_we_ourselves_say_what_is_derived(entry: Entry):
    derived = {name for other in ENTRIES for name in other.derives} - SAID_BY_PEOPLE_TOO

    assert entry.name not in derived or entry.senders == {Sender.SYSTEM}


@every_entry
def test_whatever_a_team_says_can_tell_who_recorded_it_where_and_when(entry: Entry):
    assert Sender.TEAM not in entry.senders or issubclass(entry.payload, TeamFact)
