"""Lines between two plans: who moves, who is new, who loses the appointment and why, and who must be phoned."""

from datetime import UTC, datetime, timedelta

import pytest

from events.plans import VisitAssigned
from services.plan_life.difference import (
    NO_NEED,
    OTHER_PLACE,
    Change,
    Kind,
    Line,
    Reasons,
    compare,
    list_calls,
)
from services.web.plan_difference import Names, write_call, write_line
from services.web.wording import Wording
from tests.facts import an_assignment, uid

NOTHING = Reasons()


def lines(before: list[VisitAssigned], after: list[VisitAssigned], reasons: Reasons = NOTHING):
    return compare(before, after, reasons)


def the_line(
    before: list[VisitAssigned], after: list[VisitAssigned], reasons: Reasons = NOTHING
) -> Line:
    (line,) = lines(before, after, reasons)
    return line


def test_what_stands_as_it_was_is_no_line():
    assert lines([an_assignment()], [an_assignment()]) == ()


def test_another_visit_at_the_same_moment_by_the_same_team_is_no_line():
    assert lines([an_assignment("one")], [an_assignment("two")]) == ()


def test_another_end_is_no_line():
    longer = an_assignment(ends_at=datetime(2021, 2, 16, 10, 30, tzinfo=UTC))

    assert lines([an_assignment()], [longer]) == ()


@pytest.mark.parametrize(
    ("changed", "changes", "minutes", "phoned"),
    [
        ({"hour": 11}, {Change.TIME}, 120, True),
        ({"starts_at": datetime(2021, 2, 16, 9, 10, tzinfo=UTC)}, {Change.TIME}, 10, False),
        ({"team_id": uid("other")}, {Change.TEAM}, 0, True),
        ({"starts_at": datetime(2021, 2, 17, 9, tzinfo=UTC)}, {Change.DAY}, 0, True),
        (
            {"starts_at": datetime(2021, 2, 17, 9, tzinfo=UTC), "team_id": uid("other")},
            {Change.DAY, Change.TEAM},
            0,
            True,
        ),
        ({"product_id": "comirnaty"}, {Change.PRODUCT}, 0, True),
    ],
)
def test_a_move_says_what_changes_and_whether_somebody_must_be_phoned(
    changed, changes, minutes, phoned
):
    if "starts_at" in changed:
        changed |= {"ends_at": changed["starts_at"] + timedelta(hours=1)}
    line = the_line([an_assignment()], [an_assignment(**changed)])

    assert line.kind is Kind.MOVED
    assert line.changes == changes
    assert line.minutes == minutes
    assert line.asks_call is phoned


def test_people_of_one_visit_who_go_two_ways_are_two_lines():
    before = [an_assignment("v", ["p1", "p2", "p3"])]
    after = [an_assignment("v", ["p1"]), an_assignment("w", ["p2", "p3"], 14)]

    line = the_line(before, after)

    assert line.kind is Kind.MOVED
    assert {one.person_id for one in line.persons} == {uid("p2"), uid("p3")}


def test_who_is_new_at_a_visit_that_stands_joins_it_and_nobody_is_phoned():
    line = the_line([an_assignment("v", ["p1"])], [an_assignment("v", ["p1", "p2"])])

    assert line.kind is Kind.NEW
    assert line.joins
    assert not line.asks_call


def test_who_is_dropped_hears_the_reasons_of_the_plan_for_each():
    reasons = Reasons(
        of_doses={
            (uid("corona"), uid("p1"), 1): ("no_stock",),
            (uid("corona"), uid("p2"), 1): ("shifts_full",),
        }
    )

    found = lines([an_assignment("v", ["p1", "p2", "p3"])], [], reasons)

    assert {line.why: len(line.persons) for line in found} == {
        ("no_stock",): 1,
        ("shifts_full",): 1,
        (NO_NEED,): 1,
    }
    assert len({line.name for line in found}) == 3


def test_the_rule_by_which_a_fact_took_the_appointment_stands_with_it():
    line = the_line([an_assignment("v")], [], Reasons(taken={uid("v"): "withdrawn"}))

    assert line.rule == "withdrawn"


def test_a_crisis_visit_has_no_people_and_its_own_reason():
    crisis = an_assignment("crisis", [], campaign_id=None, product_id=None)

    line = the_line([crisis], [], Reasons(of_visits={uid("crisis"): ("shifts_full",)}))

    assert line.persons == ()
    assert line.why == ("shifts_full",)


def test_who_lives_elsewhere_by_now_loses_one_appointment_and_gets_another():
    moved = an_assignment("w", ["p1"], location_id=uid("eik"))

    found = lines([an_assignment("v", ["p1"])], [moved])

    assert [(line.kind, line.why) for line in found] == [
        (Kind.DROPPED, (OTHER_PLACE,)),
        (Kind.NEW, ()),
    ]


def test_a_location_is_phoned_once_about_all_that_changes_there_the_soonest_first():
    before = [
        an_assignment("a", ["p1"], 14),
        an_assignment("b", ["p2"], 15),
        an_assignment("c", ["p3"], 9, location_id=uid("eik")),
    ]

    calls = list_calls(lines(before, []))

    assert [(call.location_id, len(call.lines)) for call in calls] == [
        (uid("eik"), 1),
        (uid("wilg"), 2),
    ]


NAMES = Names({uid("wilg"): "De Wilg"}, {uid("team"): "Team Lek", uid("other"): "Waal"})
WEDNESDAY = datetime(2021, 2, 17, 13, 20, tzinfo=UTC)
OTHER = {"team_id": uid("other")}
LATER = {"starts_at": WEDNESDAY, "ends_at": WEDNESDAY + timedelta(hours=1)}
CRISIS = {"campaign_id": None, "product_id": None}
# What changes, and the sentence in Dutch and in English. Change a sentence here and in words.json, knowingly.
SENTENCES = [
    (
        [an_assignment("v", ["p1", "p2"])],
        [an_assignment("v", ["p1", "p2"], 11)],
        "De Wilg (2 bewoners): op dinsdag 16 februari niet om 10:00 maar om 12:00, met hetzelfde team (Team Lek).",
        "De Wilg (2 residents): on Tuesday 16 February not at 10:00 but at 12:00, with the same team (Team Lek).",
    ),
    (
        [an_assignment()],
        [an_assignment(hour=11, **OTHER)],
        "De Wilg (1 bewoner): op dinsdag 16 februari niet om 10:00 maar om 12:00, en Team Waal komt in plaats van Team Lek.",
        "De Wilg (1 resident): on Tuesday 16 February not at 10:00 but at 12:00, and Team Waal comes instead of Team Lek.",
    ),
    (
        [an_assignment()],
        [an_assignment(**OTHER)],
        "De Wilg (1 bewoner): op dinsdag 16 februari om 10:00 komt Team Waal in plaats van Team Lek.",
        "De Wilg (1 resident): on Tuesday 16 February at 10:00 Team Waal comes instead of Team Lek.",
    ),
    (
        [an_assignment()],
        [an_assignment(**LATER)],
        "De Wilg (1 bewoner): niet op dinsdag 16 februari om 10:00 maar op woensdag 17 februari om 14:20, met hetzelfde team (Team Lek).",
        "De Wilg (1 resident): not on Tuesday 16 February at 10:00 but on Wednesday 17 February at 14:20, with the same team (Team Lek).",
    ),
    (
        [an_assignment()],
        [an_assignment(**LATER, **OTHER)],
        "De Wilg (1 bewoner): niet op dinsdag 16 februari om 10:00 maar op woensdag 17 februari om 14:20, en Team Waal komt in plaats van Team Lek.",
        "De Wilg (1 resident): not on Tuesday 16 February at 10:00 but on Wednesday 17 February at 14:20, and Team Waal comes instead of Team Lek.",
    ),
    (
        [an_assignment()],
        [an_assignment(product_id="comirnaty")],
        "De Wilg (1 bewoner): op dinsdag 16 februari om 10:00 krijgen zij een ander vaccin.",
        "De Wilg (1 resident): on Tuesday 16 February at 10:00 they get another vaccine.",
    ),
    (
        [],
        [an_assignment("v", ["p1", "p2", "p3"], team_id=uid("stranger"))],
        "De Wilg (3 bewoners): een nieuwe afspraak op dinsdag 16 februari om 10:00, met een ander team.",
        "De Wilg (3 residents): a new appointment on Tuesday 16 February at 10:00, with another team.",
    ),
    (
        [an_assignment("v", ["p1"])],
        [an_assignment("v", ["p1", "p2"])],
        "De Wilg (1 bewoner): erbij in het bezoek van dinsdag 16 februari om 10:00, met Team Lek.",
        "De Wilg (1 resident): added to the visit of Tuesday 16 February at 10:00, with Team Lek.",
    ),
    (
        [an_assignment()],
        [],
        "De Wilg (1 bewoner): de afspraak van dinsdag 16 februari om 10:00 vervalt. De afspraak is niet meer nodig.",
        "De Wilg (1 resident): the appointment of Tuesday 16 February at 10:00 is cancelled. The appointment is not needed any more.",
    ),
    (
        [an_assignment("crisis", [], location_id=uid("eik"), **CRISIS)],
        [],
        "Locatie nog onbekend (spoedbezoek): de afspraak van dinsdag 16 februari om 10:00 vervalt. Er zijn te weinig doses.",
        "Location not known yet (crisis visit): the appointment of Tuesday 16 February at 10:00 is cancelled. There are too few doses.",
    ),
    (
        [an_assignment("taken")],
        [],
        "De Wilg (1 bewoner): de afspraak van dinsdag 16 februari om 10:00 vervalt. Deze dienst gaat niet door.",
        "De Wilg (1 resident): the appointment of Tuesday 16 February at 10:00 is cancelled. This shift does not take place.",
    ),
]


@pytest.mark.parametrize(("before", "after", "dutch", "english"), SENTENCES)
def test_every_line_is_a_plain_sentence_in_both_languages(before, after, dutch, english):
    reasons = Reasons(of_visits={uid("crisis"): ("no_stock",)}, taken={uid("taken"): "withdrawn"})
    line = the_line(before, after, reasons)

    assert write_line(line, NAMES, Wording("nl")) == dutch
    assert write_line(line, NAMES, Wording("en")) == english


def test_a_call_names_the_location():
    (call,) = list_calls(lines([an_assignment()], []))

    assert write_call(call, NAMES, Wording("nl")) == "Bel De Wilg."
    assert write_call(call, NAMES, Wording("en")) == "Phone De Wilg."
