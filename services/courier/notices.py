"""What a plan changes for whom: one notice for each institution and practice, with old and new time. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from events.plans import VisitAssigned, VisitUnassigned
from events.reports import NoticeSubject, Recipient
from infra.postgres.courier.telling import Told, VisitNow

VisitLine = VisitAssigned | VisitUnassigned


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when notices are made."""

    told: Mapping[UUID, Told]
    visits: Mapping[UUID, VisitNow]
    given: frozenset[tuple[UUID, UUID, int]]
    begun_seq: (
        int  # ledger number: what was assigned up to here was told before this destination existed
    )
    now: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A visit as it was told and as it is now; None where there was none, or is none any more."""

    old: Told | None
    new: Told | None

    @property
    def location(self) -> UUID:
        """Where."""
        one = self.new or self.old
        assert one is not None
        return one.location


@dataclass(slots=True)
class News:
    """What a plan changes for people, and what to remember as told once the notices are out."""

    changes: list[Change] = field(default_factory=list)
    remember: list[Told] = field(default_factory=list)
    forget: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """One visit in a notice; `people` counts the residents who concern its reader."""

    location: UUID
    old: tuple[datetime, datetime] | None
    new: tuple[datetime, datetime] | None
    people: int

    @property
    def subject(self) -> NoticeSubject:
        """What happened to the visit."""
        if self.new is None:
            return NoticeSubject.VISIT_CANCELLED
        return NoticeSubject.VISIT_PLANNED if self.old is None else NoticeSubject.VISIT_MOVED


@dataclass(frozen=True, slots=True)
class Message:
    """The notice to one party about one plan."""

    recipient: Recipient
    to: UUID
    lines: tuple[Line, ...]


def find_news(lines: Sequence[tuple[int, VisitLine]], known: Known) -> News:
    """What is new in the ledger lines of one plan.

    Left out: a visit that a later line is about (that one will be told), one that has begun or is past, and one of
    which every resident had the dose meanwhile.
    """
    news = News()
    for seq, line in lines:
        visit = known.visits.get(line.visit_id)
        if visit is None or visit.newest_seq > seq or visit.begun:
            continue
        old = known.told.get(line.visit_id) or find_told_before(line.visit_id, visit, known)
        if isinstance(line, VisitUnassigned):
            news.forget.append(line.visit_id)
            if old is not None and old.ends_at > known.now:
                news.changes.append(Change(old, None))
        else:
            note_assigned(news, line, old, known)
    return news


def note_assigned(news: News, line: VisitAssigned, old: Told | None, known: Known) -> None:
    """Note a visit that takes place, for the residents who still need it."""
    due = frozenset(
        one.person_id
        for one in line.persons
        if (one.person_id, line.campaign_id, one.dose_no) not in known.given
    )
    if line.ends_at <= known.now or (line.persons and not due):
        return
    new = Told(line.visit_id, line.location_id, line.starts_at, line.ends_at, due)
    news.remember.append(new)
    if new != old:
        news.changes.append(Change(old, new))


def find_told_before(visit_id: UUID, visit: VisitNow, known: Known) -> Told | None:
    """A visit as it was told before this destination existed. Its residents are not known: the state keeps no old ones."""
    if not 0 < visit.assigned_seq <= known.begun_seq:
        return None
    if visit.location is None or visit.starts_at is None or visit.ends_at is None:
        return None
    return Told(visit_id, visit.location, visit.starts_at, visit.ends_at, frozenset())


def make_messages(news: News, practices: Mapping[UUID, frozenset[UUID]]) -> list[Message]:
    """One notice for each party that is concerned, in a fixed order."""
    lines: dict[tuple[Recipient, UUID], list[Line]] = defaultdict(list)
    for change in pair_moved(news.changes):
        for place in sorted({one.location for one in (change.old, change.new) if one}):
            if (line := make_line_for_institution(change, place)) is not None:
                lines[Recipient.INSTITUTION, place].append(line)
        for practice, patients in sorted(practices.items()):
            if (line := make_line_for_practice(change, patients)) is not None:
                lines[Recipient.PRACTICE, practice].append(line)
    return [
        Message(recipient, to, tuple(sorted(found, key=start_of)))
        for (recipient, to), found in sorted(lines.items())
    ]


def start_of(line: Line) -> datetime:
    """The beginning of the visit, new or else old: a notice lists visits in this order."""
    moments = line.new or line.old
    assert moments is not None
    return moments[0]


def pair_moved(changes: Sequence[Change]) -> Iterator[Change]:
    """Changes, with a cancelled and a new visit at one location joined to one that moved, the earliest with the earliest.

    For people it is the same visit at another time; that the plan gave it another id is nothing to them.
    """
    gone: dict[UUID, list[Told]] = defaultdict(list)
    for change in changes:
        if change.old is not None and change.new is None:
            gone[change.location].append(change.old)
    for left in gone.values():
        left.sort(key=lambda one: (one.starts_at, one.visit), reverse=True)
    coming = [(change.new, change.old) for change in changes if change.new is not None]
    for new, old in sorted(coming, key=lambda pair: (pair[0].starts_at, pair[0].visit)):
        if old is None and gone[new.location]:
            yield Change(gone[new.location].pop(), new)
        else:
            yield Change(old, new)
    for left in gone.values():
        yield from (Change(one, None) for one in reversed(left))


def make_line_for_institution(change: Change, place: UUID) -> Line | None:
    """What an institution is told: time and number of residents; None when both are as before."""
    old = change.old if change.old and change.old.location == place else None
    new = change.new if change.new and change.new.location == place else None
    if old and new and slot(old) == slot(new) and len(old.people) == len(new.people):
        return None
    people = len(new.people) if new else len(old.people) if old else 0
    return Line(place, slot(old), slot(new), people)


def make_line_for_practice(change: Change, patients: frozenset[UUID]) -> Line | None:
    """What a practice is told: the same, about its own patients only; None when nothing changes for them."""
    before = change.old.people & patients if change.old else frozenset()
    after = change.new.people & patients if change.new else frozenset()
    if not before and not after:
        return None
    old, new = (change.old if before else None), (change.new if after else None)
    if slot(old) == slot(new) and before == after:
        return None
    return Line(change.location, slot(old), slot(new), len(after or before))


def slot(told: Told | None) -> tuple[datetime, datetime] | None:
    """Beginning and end; None without a visit."""
    return None if told is None else (told.starts_at, told.ends_at)
