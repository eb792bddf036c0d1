"""Who hears what of a plan: one message each, old and new time, and silence where there is nothing to say."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from events.plans import VisitAssigned, VisitUnassigned
from events.reports import NoticeSubject, Recipient
from infra.postgres.courier.telling import Told, VisitNow
from services.courier.notices import Known, Line, News, VisitLine, find_news, make_messages
from services.courier.wording import to_text
from tests.facts import NOW, an_assignment, uid

PRACTICES = {
    uid("practice"): frozenset({uid("p1"), uid("p2")}),
    uid("other"): frozenset({uid("p3")}),
}
NAMES: dict[object, str] = {uid("wilg"): "De Wilg", uid("practice"): "Praktijk Linde"}


def told_as(line: VisitAssigned) -> Told:
    people = frozenset(one.person_id for one in line.persons)
    return Told(line.visit_id, line.location_id, line.starts_at, line.ends_at, people)


def now_as(line: VisitLine, seq: int) -> VisitNow:
    assigned = line if isinstance(line, VisitAssigned) else an_assignment()
    return VisitNow(seq, False, seq, line.location_id, assigned.starts_at, assigned.ends_at)


def known(
    *lines: tuple[int, VisitLine], told: tuple[VisitAssigned, ...] = (), **other: object
) -> Known:
    usual = Known(
        told={one.visit_id: told_as(one) for one in told},
        visits={line.visit_id: now_as(line, seq) for seq, line in lines},
        given={},
        begun_seq=0,
        now=NOW,
    )
    return replace(usual, **other)  # type: ignore[arg-type]


def cancelled(name: str = "visit") -> VisitUnassigned:
    return VisitUnassigned(visit_id=uid(name), plan_id=uid("plan"), location_id=uid("wilg"))


def heard(news: News) -> dict[tuple[Recipient, UUID], tuple[Line, ...]]:
    return {(one.recipient, one.to): one.lines for one in make_messages(news, PRACTICES)}


def test_a_new_visit_is_told_to_the_place_and_to_the_practices_of_its_people():
    visit = an_assignment(people=("p1", "p2", "p3"))

    found = heard(find_news([(7, visit)], known((7, visit))))

    assert {key: lines[0].people for key, lines in found.items()} == {
        (Recipient.INSTITUTION, uid("wilg")): 3,
        (Recipient.PRACTICE, uid("practice")): 2,
        (Recipient.PRACTICE, uid("other")): 1,
    }
    assert all(lines[0].subject is NoticeSubject.VISIT_PLANNED for lines in found.values())


def test_a_moved_visit_is_told_with_its_old_and_its_new_time():
    old, new = an_assignment(hour=9), an_assignment(hour=13)

    found = heard(find_news([(7, new)], known((7, new), told=(old,))))

    line = found[Recipient.INSTITUTION, uid("wilg")][0]
    assert line.old == (old.starts_at, old.ends_at)
    assert line.new == (new.starts_at, new.ends_at)
    assert line.subject is NoticeSubject.VISIT_MOVED


def test_each_party_gets_one_message_for_all_its_visits():
    lines = [(seq, an_assignment(f"v{seq}", (f"p{seq}",), hour=8 + seq)) for seq in (1, 2)]

    found = make_messages(find_news(lines, known(*lines)), PRACTICES)

    assert [(one.recipient, len(one.lines)) for one in found] == [
        (Recipient.INSTITUTION, 2),
        (Recipient.PRACTICE, 2),
    ]


def test_who_is_not_concerned_hears_nothing():
    visit = an_assignment(people=("p1",))

    found = heard(find_news([(7, visit)], known((7, visit))))

    assert (Recipient.PRACTICE, uid("other")) not in found


def test_the_same_visit_by_another_team_is_no_message():
    old, new = an_assignment(), an_assignment(team_id=uid("another"))

    news = find_news([(7, new)], known((7, new), told=(old,)))

    assert heard(news) == {}


def test_a_practice_hears_that_its_patient_is_no_longer_visited_although_the_visit_stays():
    old, new = an_assignment(people=("p1", "p3")), an_assignment(people=("p1",))

    found = heard(find_news([(7, new)], known((7, new), told=(old,))))

    assert found[Recipient.PRACTICE, uid("other")][0].subject is NoticeSubject.VISIT_CANCELLED
    assert (Recipient.PRACTICE, uid("practice")) not in found


def test_a_visit_that_goes_and_one_that_comes_at_the_same_place_are_one_that_moved():
    old, new = an_assignment("one", hour=9), an_assignment("two", hour=13)
    lines: list[tuple[int, VisitLine]] = [(7, cancelled("one")), (8, new)]

    found = heard(find_news(lines, known(*lines, told=(old,))))

    (line,) = found[Recipient.INSTITUTION, uid("wilg")]
    assert (line.old, line.new) == ((old.starts_at, old.ends_at), (new.starts_at, new.ends_at))


def test_when_everybody_had_the_dose_nothing_is_said():
    visit = an_assignment(people=("p1", "p2"))
    given = {(uid(name), uid("corona"), 1): 5 for name in ("p1", "p2")}

    assert heard(find_news([(7, visit)], known((7, visit), given=given))) == {}


def test_who_had_the_dose_is_not_counted():
    visit = an_assignment(people=("p1", "p2", "p3"))
    given = {(uid("p3"), uid("corona"), 1): 5}

    found = heard(find_news([(7, visit)], known((7, visit), given=given)))

    assert found[Recipient.INSTITUTION, uid("wilg")][0].people == 2
    assert (Recipient.PRACTICE, uid("other")) not in found


def test_a_message_that_a_later_plan_overtook_is_not_sent():
    visit = an_assignment()
    later = {visit.visit_id: replace(now_as(visit, 7), newest_seq=9)}

    assert heard(find_news([(7, visit)], known((7, visit), visits=later))) == {}


def test_nothing_is_said_of_a_visit_that_has_begun_or_is_past():
    visit = an_assignment()
    begun = {visit.visit_id: replace(now_as(visit, 7), begun=True)}

    assert heard(find_news([(7, visit)], known((7, visit), visits=begun))) == {}
    assert heard(find_news([(7, visit)], known((7, visit), now=NOW + timedelta(days=9)))) == {}


def test_a_cancellation_is_told_to_who_was_told_of_the_visit_and_to_nobody_else():
    lines = [(7, cancelled())]

    assert heard(find_news(lines, known(*lines))) == {}
    assert set(heard(find_news(lines, known(*lines, told=(an_assignment(),))))) == {
        (Recipient.INSTITUTION, uid("wilg")),
        (Recipient.PRACTICE, uid("practice")),
    }


@pytest.mark.parametrize(("given_seq", "parties"), [(6, 2), (8, 0)])
def test_a_loss_is_not_told_when_the_dose_was_given_after_it_and_is_when_the_dose_was_why(
    given_seq: int, parties: int
):
    lines: list[tuple[int, VisitLine]] = [(7, cancelled())]
    dose = (uid("p1"), uid("corona"), 1)
    given, lost = {dose: given_seq}, {uid("visit"): frozenset({dose})}

    news = find_news(lines, known(*lines, told=(an_assignment(),), given=given, lost=lost))

    assert len(heard(news)) == parties


def test_a_notice_tells_of_the_plan_that_people_go_by():
    old, new = an_assignment("one"), an_assignment("two", hour=13, plan_id=uid("next"))
    third = an_assignment("three", hour=15, plan_id=uid("third"))
    lines: list[tuple[int, VisitLine]] = [(7, cancelled("one")), (8, new), (9, third)]

    found = make_messages(find_news(lines, known(*lines, told=(old,))), PRACTICES)

    assert {one.source.plan for one in found} == {uid("third")}
    assert {one.other_visit for one in found} == {uid("two")}


def test_a_cancellation_of_what_others_told_before_we_came_is_told_to_the_place():
    lines = [(7, cancelled())]
    before = {cancelled().visit_id: replace(now_as(cancelled(), 7), assigned_seq=3)}

    found = heard(find_news(lines, known(*lines, visits=before, begun_seq=5)))

    assert set(found) == {(Recipient.INSTITUTION, uid("wilg"))}


def test_the_text_is_dutch_with_both_times_of_amsterdam_and_without_names_of_people():
    old, new = an_assignment(hour=9), an_assignment(hour=13)
    found = make_messages(find_news([(7, new)], known((7, new), told=(old,))), PRACTICES)

    text = to_text(found[0], NAMES)

    assert "Aan: De Wilg" in text
    assert "nieuw: dinsdag 16 februari 2021, 14:00-15:00 uur" in text
    assert "was: dinsdag 16 februari 2021, 10:00-11:00 uur" in text
    assert "aantal bewoners: 1" in text
