"""What a plan changes for whom: one notice for each institution and practice, with old and new time. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from events.plans import VisitAssigned, VisitUnassigned
from events.reports import NoticeSubject, Recipient
from infra.postgres.courier.telling import Told, VisitNow
from services.courier.waiting import VisitLine

Dose = tuple[UUID, UUID, int]  # person, campaign, number


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when notices are made."""

    told: Mapping[UUID, Told]
    visits: Mapping[UUID, VisitNow]
    given: Mapping[Dose, int]  # with the ledger number that said so first
    begun_seq: (
        int  # ledger number: what was assigned up to here was told before this destination existed
    )
    now: datetime
    # the doses that visits were to give which were taken off
    lost: Mapping[UUID, frozenset[Dose]] = field(default_factory=dict)

    def had_since(self, visit: UUID, seq: int) -> bool:
        """Whether everybody of a lost visit had the dose after all: a dose known before is why it was taken off."""
        doses = self.lost.get(visit, frozenset())
        return bool(doses) and all(self.given.get(one, 0) > seq for one in doses)


@dataclass(frozen=True, slots=True)
class Change:
    """A visit as it was told and as it is now; None where there was none, or is none any more."""

    old: Told | None
    new: Told | None
    source: "Source"

    @property
    def location(self) -> UUID:
        """Where."""
        one = self.new or self.old
        assert one is not None
        return one.location


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """The ledger line that says so, with the plan and the visit that it names."""

    seq: int
    plan: UUID
    visit: UUID


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
    source: Source

    @property
    def subject(self) -> NoticeSubject:
        """What happened to the visit."""
        if self.new is None:
            return NoticeSubject.VISIT_CANCELLED
        return NoticeSubject.VISIT_PLANNED if self.old is None else NoticeSubject.VISIT_MOVED


@dataclass(frozen=True, slots=True)
class Message:
    """The notice to one party."""

    recipient: Recipient
    to: UUID
    lines: tuple[Line, ...]

    @property
    def source(self) -> Source:
        """The newest line that it tells of; of a new time, where there is one, for that is what people go by."""
        return max(self.lines, key=lambda line: (line.new is not None, line.source)).source

    @property
    def other_visit(self) -> UUID | None:
        """A visit that another plan than that of `source` gave its new time."""
        plan = self.source.plan
        found = (one.source for one in self.lines if one.new and one.source.plan != plan)
        return next((one.visit for one in found), None)


def find_news(lines: Sequence[tuple[int, VisitLine]], known: Known) -> News:
    """What is new in these ledger lines.

    Left out: a visit that a later line is about (that one will be told), one that has begun or is past, and one of
    which every resident had the dose meanwhile.
    """
    news = News()
    for seq, line in lines:
        visit = known.visits.get(line.visit_id)
        if visit is None or visit.newest_seq > seq or visit.begun:
            continue
        source = Source(seq, line.plan_id, line.visit_id)
        old = known.told.get(line.visit_id) or find_told_before(line.visit_id, visit, known)
        if isinstance(line, VisitUnassigned):
            news.forget.append(line.visit_id)
            if (
                old is not None
                and old.ends_at > known.now
                and not known.had_since(line.visit_id, seq)
            ):
                news.changes.append(Change(old, None, source))
        else:
            note_assigned(news, line, old, known, source)
    return news


def note_assigned(
    news: News, line: VisitAssigned, old: Told | None, known: Known, source: Source
) -> None:
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
        news.changes.append(Change(old, new, source))


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
    gone: dict[UUID, list[tuple[Told, Source]]] = defaultdict(list)
    for change in changes:
        if change.old is not None and change.new is None:
            gone[change.location].append((change.old, change.source))
    for left in gone.values():
        left.sort(key=lambda one: (one[0].starts_at, one[0].visit), reverse=True)
    coming = [(one.new, one.old, one.source) for one in changes if one.new is not None]
    for new, old, source in sorted(coming, key=lambda one: (one[0].starts_at, one[0].visit)):
        if old is None and gone[new.location]:
            yield Change(gone[new.location].pop()[0], new, source)
        else:
            yield Change(old, new, source)
    for left in gone.values():
        yield from (Change(one, None, source) for one, source in reversed(left))


def make_line_for_institution(change: Change, place: UUID) -> Line | None:
    """What an institution is told: time and number of residents; None when both are as before."""
    old = change.old if change.old and change.old.location == place else None
    new = change.new if change.new and change.new.location == place else None
    if old and new and slot(old) == slot(new) and len(old.people) == len(new.people):
        return None
    people = len(new.people) if new else len(old.people) if old else 0
    return Line(place, slot(old), slot(new), people, change.source)


def make_line_for_practice(change: Change, patients: frozenset[UUID]) -> Line | None:
    """What a practice is told: the same, about its own patients only; None when nothing changes for them."""
    before = change.old.people & patients if change.old else frozenset()
    after = change.new.people & patients if change.new else frozenset()
    if not before and not after:
        return None
    old, new = (change.old if before else None), (change.new if after else None)
    if slot(old) == slot(new) and before == after:
        return None
    return Line(change.location, slot(old), slot(new), len(after or before), change.source)


def slot(told: Told | None) -> tuple[datetime, datetime] | None:
    """Beginning and end; None without a visit."""
    return None if told is None else (told.starts_at, told.ends_at)
