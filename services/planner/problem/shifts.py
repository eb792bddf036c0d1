"""Shifts as they will be worked: absences and delays, what the crew may do that day, the legal break."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from events.local_time import to_local_date
from events.supply import ProductCatalogued
from events.teams import CrewMember, CrewRole, ShiftOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import (
    CertificateRow,
    DelayRow,
    MemberRow,
    OrderRow,
    ShiftRow,
    TeamRows,
)
from scheduling.problem import Break, Shift
from services.care.absences import is_absent

# Arbeidstijdenwet, article 5:4: a break of at least 30 minutes when working more than 5.5 hours. The post sets its
# length (`pause_minutes`), also for the 45 minutes that the article requires beyond ten hours.
BREAK_AFTER: Final = timedelta(hours=5, minutes=30)
# Our choice, there is no norm: an earlier break would leave most of the day's work after it.
BREAK_NOT_BEFORE: Final = timedelta(hours=2, minutes=30)

# Wet BIG, articles 35 to 38: injecting is a reserved procedure; doctors may, nurses and assistants by order.
INJECTING: Final = (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may inject what and when, and which product a post has ordered when."""

    certificates: dict[tuple[UUID, str], list[CertificateRow]]  # by member and role
    orders: dict[UUID, list[OrderRow]]  # by post
    roles: dict[str, frozenset[CrewRole]]  # by product, where its catalogue names professions

    def may_inject(self, member: CrewMember, on: date, product: str | None = None) -> bool:
        """Whether a certificate for this role is valid that day, first and last day included, and for the product.

        Wet BIG, articles 35 to 38: whoever injects must be competent; the certificate is our evidence of that. Without
        a product: whether there is a certificate for any.
        """
        if member.role not in self.roles.get(product or "", INJECTING):
            return False
        certificates = self.certificates.get((member.member_id, member.role), ())
        return any(
            one.valid_from <= on <= one.valid_until
            and (product is None or one.products is None or product in one.products)
            for one in certificates
        )

    def ordered_products(self, post: UUID, on: date) -> frozenset[str]:
        """Lists the products with a standing order of the post that day, first and last day included.

        Wet BIG, article 35: nurses and assistants inject by order of a doctor.
        """
        orders = self.orders.get(post, ())
        return frozenset(one.product for one in orders if one.valid_from <= on <= one.valid_until)


def to_rights(rows: TeamRows, products: Iterable[ProductCatalogued] = ()) -> Rights:
    """Indexes certificates, standing orders and the professions of products for looking up per shift."""
    roles = {one.product_id: one.injected_by for one in products if one.injected_by is not None}
    rights = Rights({}, {}, roles)
    for certificate in rows.certificates:
        key = (certificate.member, certificate.role)
        rights.certificates.setdefault(key, []).append(certificate)
    for order in rows.orders:
        rights.orders.setdefault(order.organisation, []).append(order)
    return rights


@dataclass(frozen=True, slots=True)
class RosteredShift:
    """A shift with the absence and the delay of its team."""

    row: ShiftRow
    is_absent: bool
    delay: timedelta  # negative: early

    @property
    def facts(self) -> ShiftOpened:
        """The shift as last reported."""
        return self.row.facts


def to_roster(rows: TeamRows, region: str) -> tuple[RosteredShift, ...]:
    """Adds to each shift the absence and the delay of its team, as reported by the team's region or the planning one."""
    found = []
    for shift in rows.shifts:
        heard = {shift.region, region}
        absences = [one for one in rows.absences if one.region in heard]
        delays = [one for one in rows.delays if one.region in heard]
        found.append(
            RosteredShift(shift, is_absent(shift.facts, absences), delay_of(shift.facts, delays))
        )
    return tuple(found)


def delay_of(shift: ShiftOpened, delays: Iterable[DelayRow]) -> timedelta:
    """Finds how late the team runs: the last delay noted on the day of the shift before its end."""
    today = day_of(shift)
    noted = [
        delay
        for delay in delays
        if delay.team == shift.team_id
        and delay.noted_at < shift.ends_at
        and to_local_date(delay.noted_at) == today
    ]
    last = max(noted, key=lambda delay: (delay.noted_at, delay.seq), default=None)
    return timedelta(minutes=last.minutes) if last else timedelta()


def day_of(shift: ShiftOpened) -> date:
    """Finds the day in Amsterdam on which a shift begins; certificates and orders must be valid on it."""
    return to_local_date(shift.starts_at)


def has_time(shift: RosteredShift) -> bool:
    """Whether any time is left of a shift that begins late."""
    return shift.facts.starts_at + shift.delay < shift.facts.ends_at


def worked_to_its_end(shift: RosteredShift) -> RosteredShift:
    """Converts a frozen shift to how it will have been worked: begun on time, ended late."""
    ends_at = shift.facts.ends_at + max(shift.delay, timedelta())
    facts = shift.facts.model_copy(update={"ends_at": ends_at})
    return replace(shift, row=replace(shift.row, facts=facts), delay=timedelta())


def to_elsewhere(
    rows: Iterable[MemberRow],
    roster: Iterable[RosteredShift],
    published: Collection[UUID],
    least: timedelta,
    calendar: Calendar,
) -> Iterator[Shift]:
    """Converts work of crew members in other regions to shifts that stand: they count for rest, hours and two crews at once.

    One that gives way to ours is left out where ours has published visits and the two do not fit together.
    """
    ours = [one.facts for one in roster if one.facts.shift_id in published]
    for number, row in enumerate(rows):
        if row.yields and any(clashes(row, shift, least) for shift in ours):
            continue
        yield Shift(
            id=f"elsewhere {number}",
            team_id=f"elsewhere {number}",
            depot_id="",
            day=calendar.to_day(to_local_date(row.starts_at)),
            start=calendar.to_second(row.starts_at),
            end=calendar.to_second(row.ends_at),
            capacity=0,
            injectors=0,
            doctor=False,
            members=frozenset({str(row.member)}),
        )


def clashes(row: MemberRow, shift: ShiftOpened, least: timedelta) -> bool:
    """Whether somebody can not work both: they are in both crews, with less than the least rest between the two."""
    return (
        any(member.member_id == row.member for member in shift.crew)
        and row.starts_at < shift.ends_at + least
        and shift.starts_at < row.ends_at + least
    )


def to_shift(shift: RosteredShift, rights: Rights, calendar: Calendar) -> Shift:
    """Converts to the scheduler's shift; a late team begins later, an early one on time."""
    facts = shift.facts
    on = day_of(facts)
    starts_at = facts.starts_at + max(shift.delay, timedelta())
    injectors = injectors_of(facts, rights)
    ordered = rights.ordered_products(shift.row.team.organisation_id, on)
    return Shift(
        id=str(facts.shift_id),
        team_id=str(facts.team_id),
        depot_id=str(facts.depot_id),
        day=calendar.to_day(to_local_date(starts_at)),
        start=calendar.to_second(starts_at),
        end=calendar.to_second(facts.ends_at),
        capacity=facts.capacity,
        skills=frozenset(skill.value for skill in shift.row.team.skills),
        injectors=len(injectors),
        doctor=has_doctor(facts),
        assistants_only=bool(injectors) and set(injectors) == {CrewRole.ASSISTANT},
        assistants=injectors.count(CrewRole.ASSISTANT),
        product_injectors=product_injectors(facts, rights, ordered),
        members=frozenset(str(member.member_id) for member in facts.crew),
        ordered_products=ordered,
        pause=break_of(facts, starts_at, calendar),
        region=shift.row.planned_by,
    )


def injectors_of(shift: ShiftOpened, rights: Rights, product: str | None = None) -> list[CrewRole]:
    """Lists the roles of the crew members who may inject that day: a product, or any."""
    on = day_of(shift)
    return [
        member.role
        for member in shift.crew
        if member.role in INJECTING and rights.may_inject(member, on, product)
    ]


def has_doctor(shift: ShiftOpened) -> bool:
    """Whether a doctor is on board, and so on site with the assistants."""
    return any(member.role is CrewRole.DOCTOR for member in shift.crew)


def product_injectors(
    shift: ShiftOpened, rights: Rights, ordered: Iterable[str]
) -> tuple[tuple[str, int], ...]:
    """Counts the injectors of each ordered product that fewer of the crew may inject than any product.

    The right to inject is of a profession and for a product. Assistants count with a doctor on site only.
    """
    anything = injectors_of(shift, rights)
    found = []
    for product in sorted(ordered):
        roles = injectors_of(shift, rights, product)
        if len(roles) < len(anything):
            helpers = 0 if has_doctor(shift) else roles.count(CrewRole.ASSISTANT)
            found.append((product, len(roles) - helpers))
    return tuple(found)


def break_of(shift: ShiftOpened, starts_at: datetime, calendar: Calendar) -> Break | None:
    """Finds the break of a shift of more than 5.5 hours: after its first hours, begun before 5.5 hours of work.

    Arbeidstijdenwet, article 5:4. None for a shorter shift, or where the post schedules no break.
    """
    if shift.ends_at - starts_at <= BREAK_AFTER or shift.pause_minutes == 0:
        return None
    return Break(
        earliest=calendar.to_second(starts_at + BREAK_NOT_BEFORE),
        latest=calendar.to_second(starts_at + BREAK_AFTER),
        seconds=shift.pause_minutes * 60,
    )
