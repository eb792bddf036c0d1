"""Rows as the snapshot has them: each `a_...` takes whatever differs from the usual one."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from events.location import VisitRequested
from events.organisations import PolicyChanged
from events.teams import ShiftOpened
from events.visits import NotGiven
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import (
    AbsenceRow,
    AdverseEventRow,
    AnnouncementRow,
    AssessmentRow,
    CertificateRow,
    ConsentRow,
    DelayRow,
    DoseRow,
    FactRows,
    LocationRow,
    Mark,
    OrderRow,
    PeopleRows,
    PinRow,
    PlaceRows,
    RegistrationRow,
    ShiftRow,
    Snapshot,
    StockRow,
    SupplyRows,
    TeamRows,
    VisitRow,
    VisitRows,
)
from services.care.series import Series, to_series
from services.planner.problem.shifts import RosteredShift
from tests.builders import REGION
from tests.facts import NOW, a_location, a_shift, a_team, an_assignment, uid

MONDAY = date(2021, 2, 15)  # the day of NOW
CALENDAR = Calendar.of(NOW, 14)
HOUR = timedelta(hours=1)


def at(hour: int, minute: int = 0, *, day: int = 1) -> datetime:
    """An hour of UTC; day 1 is the Tuesday on which the usual shift is worked, from 7 to 16 hours."""
    return datetime(2021, 2, 15, hour, minute, tzinfo=UTC) + timedelta(days=day)


# --- people ---

PERSON = {"person": uid("p1"), "campaign": uid("corona")}


def a_registration(name: str = "p1", **changes: Any) -> RegistrationRow:
    usual = {"location": uid("wilg"), "indication": "wlz", "needs": ()}
    return RegistrationRow(person=uid(name), campaign=uid("corona"), **{**usual, **changes})


def a_mark(seq: int = 1, moment: datetime = NOW) -> Mark:
    """Of facts of one moment the one with the higher number is the newer."""
    return Mark(moment, NOW, REGION, seq)


def an_answer(status: str = "given", given_by: str = "self", seq: int = 1) -> ConsentRow:
    return ConsentRow(
        **PERSON,
        given_by=given_by,
        status=status,
        voice=uid("practice"),
        is_dated=False,
        mark=a_mark(seq),
    )


def a_judgement(judgement: str = "eligible", seq: int = 1, **changes: Any) -> AssessmentRow:
    usual: dict[str, Any] = {
        "not_before": None,
        "observation_minutes": None,
        "is_dated": False,
        "mark": a_mark(seq),
    }
    return AssessmentRow(**PERSON, judgement=judgement, **{**usual, **changes})


def an_illness(seq: int = 1) -> AdverseEventRow:
    return AdverseEventRow(**PERSON, mark=a_mark(seq))


def a_given_dose(dose_no: int = 1, on: date = MONDAY, **changes: Any) -> DoseRow:
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    usual = {
        "outcome": "given",
        "product": "moderna",
        "team": uid("team"),
        "reason": None,
        "at": noon,
        "mark": a_mark(dose_no),
    }
    return DoseRow(**PERSON, dose_no=dose_no, **{**usual, **changes})


def a_missed_dose(reason: NotGiven, on: date = MONDAY, seq: int = 1) -> DoseRow:
    missed = {"outcome": "not_given", "product": None, "team": uid("team"), "reason": reason.value}
    return a_given_dose(on=on, **missed, mark=a_mark(seq))


def people(*rows: Any) -> PeopleRows:
    """These rows, each in the table of its kind."""
    return PeopleRows(
        registrations=of(RegistrationRow, rows),
        facts=FactRows(
            consents=of(ConsentRow, rows),
            assessments=of(AssessmentRow, rows),
            adverse_events=of(AdverseEventRow, rows),
            doses=of(DoseRow, rows),
        ),
    )


def series(*rows: Any) -> Series:
    """What these rows make of one person."""
    return to_series(people(*rows).facts).get((PERSON["person"], PERSON["campaign"]), Series())


# --- teams ---


def a_shift_row(facts: ShiftOpened | None = None, **changes: Any) -> ShiftRow:
    usual = {"region": REGION, "planned_by": REGION, "team": a_team()}
    return ShiftRow(facts=facts or a_shift(), **{**usual, **changes})


def a_rostered_shift(
    facts: ShiftOpened | None = None, *, is_absent: bool = False, delay: timedelta = timedelta()
) -> RosteredShift:
    return RosteredShift(a_shift_row(facts), is_absent, delay)


def an_absence(begins_at: datetime, ends_at: datetime, **changes: Any) -> AbsenceRow:
    usual = {"region": REGION, "team": uid("team")}
    return AbsenceRow(begins_at=begins_at, ends_at=ends_at, **{**usual, **changes})


def a_delay_row(minutes: int, noted_at: datetime, **changes: Any) -> DelayRow:
    usual = {"region": REGION, "team": uid("team"), "seq": 1}
    return DelayRow(minutes=minutes, noted_at=noted_at, **{**usual, **changes})


def a_certificate_row(
    member: str = "doctor", role: str = "doctor", **changes: Any
) -> CertificateRow:
    usual = {"valid_from": date(2021, 1, 1), "valid_until": date(2021, 12, 31)}
    return CertificateRow(uid(member), role, **{**usual, **changes})


def an_order_row(product: str = "moderna", post: str = "post", **days: date) -> OrderRow:
    usual = {"valid_from": date(2021, 1, 1), "valid_until": date(2021, 12, 31)}
    return OrderRow(uid(post), product, **{**usual, **days})


def teams(*rows: Any) -> TeamRows:
    """These rows, each in the table of its kind."""
    return TeamRows(
        shifts=of(ShiftRow, rows),
        absences=of(AbsenceRow, rows),
        delays=of(DelayRow, rows),
        certificates=of(CertificateRow, rows),
        orders=of(OrderRow, rows),
    )


# --- visits ---


def a_visit_row(
    name: str = "visit", *, is_started: bool = False, is_completed: bool = False, **changes: Any
) -> VisitRow:
    return VisitRow(an_assignment(name, **changes), is_started, is_completed)


def a_pin_row(
    visit: str,
    pinned: tuple[int, str, datetime] | None,
    moved: tuple[int, str, datetime] | None = None,
) -> PinRow:
    """A pin and a move, each as number, shift and start."""

    def said(one: tuple[int, str, datetime] | None) -> tuple[Any, ...]:
        return (one[0], uid(one[1]), one[2]) if one else (0, None, None)

    return PinRow(uid(visit), *said(pinned), *said(moved))


def visits(*rows: Any) -> VisitRows:
    """These rows, each in the table of its kind."""
    return VisitRows(of(VisitRow, rows), of(PinRow, rows), of(VisitRequested, rows))


# --- places and supply ---


def a_location_row(outbreak: str | None = None, changed: Any = None, **facts: Any) -> LocationRow:
    return LocationRow(a_location(**facts), changed, outbreak)


def a_stock_row(doses: int = 100, lot: str = "LOT1", **changes: Any) -> StockRow:
    usual = {
        "depot": uid("post"),
        "product": "moderna",
        "use_by": date(2021, 3, 31),
        "since": date(2021, 2, 11),
        "is_usable": True,
    }
    return StockRow(lot=lot, doses=doses, **{**usual, **changes})


def an_announcement_row(expected_on: date = MONDAY, **changes: Any) -> AnnouncementRow:
    usual = {
        "delivery": uid("coming"),
        "depot": uid("post"),
        "product": "moderna",
        "doses": 100,
        "is_confirmed": False,
    }
    return AnnouncementRow(expected_on=expected_on, **{**usual, **changes})


def supply(*rows: Any, campaigns: Iterable[Any] = (), products: Iterable[Any] = ()) -> SupplyRows:
    """These rows, each in the table of its kind."""
    return SupplyRows(
        tuple(campaigns), tuple(products), of(StockRow, rows), of(AnnouncementRow, rows)
    )


def a_snapshot(**changes: Any) -> Snapshot:
    """A region in which nothing was said yet."""
    usual = {
        "region": REGION,
        "now": NOW,
        "as_of": (7, 3),
        "policy": PolicyChanged(),
        "people": people(),
        "teams": teams(),
        "visits": visits(),
        "places": PlaceRows((), ()),
        "supply": supply(),
    }
    return Snapshot(**{**usual, **changes})


def of(kind: type[Any], rows: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(row for row in rows if isinstance(row, kind))
