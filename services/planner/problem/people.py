"""Who needs which dose, and when: due windows, allowed products, special needs, doses to reserve."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from events.practice import USUAL_PRIORITY, Indication, SpecialNeed
from events.supply import CampaignOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import FactRows, PeopleRows, RegistrationRow
from scheduling.care.doses import doses_owed
from scheduling.problem import Assessment, Consent, Need, Product
from services.care.series import (
    PersonKey,
    Series,
    assessment_of,
    consent_of,
    needs_no_more,
    next_dose_no,
    to_series,
)

DoseKey = tuple[UUID, UUID, int]  # person, campaign, dose number

# Which special needs cost time and which require a skill: our choice, there is no norm.
SLOWER: Final = {
    SpecialNeed.LONG_SLOT.value,
    SpecialNeed.LANGUAGE.value,
    SpecialNeed.NEEDLE_FEAR.value,
}
ASKS_SKILL: Final = {SpecialNeed.SEDATION.value, SpecialNeed.TWO_PERSONS.value}

FOR_EVER: Final = date(9999, 1, 1)
LONGEST_WINDOW: Final = timedelta(days=3650)  # stands for "no last day" in a problem
USUAL_DEFERRAL_DAYS: Final = 1  # unless the campaign sets one for the reason


@dataclass(frozen=True, slots=True)
class People:
    """The needs of a region, those of doses under way, and the doses to reserve per product for later."""

    needs: tuple[Need, ...]
    reserved: dict[str, int]
    under_way: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """Days from one dose to the next: the fewest, the ideal number and the most."""

    least: int
    ideal: int
    most: int


@dataclass(frozen=True, slots=True)
class DueWindow:
    """The days on which a dose may be given, both included."""

    first: date
    last: date


class KnownNeeds:
    """The next need of each registration as it was last built: it differs only where a fact of that person does."""

    def __init__(self) -> None:
        self._made_by: tuple[object, ...] = ()
        self._needs: dict[PersonKey, Need | None] = {}

    def forget(self, people: Collection[UUID] | None) -> None:
        """Builds the needs of these people anew; None: of everybody."""
        if people is None:
            self._needs.clear()
            return
        self._needs = {key: need for key, need in self._needs.items() if key[0] not in people}

    def find(
        self,
        rows: PeopleRows,
        campaigns: Collection[CampaignOpened],
        products: Mapping[str, Product],
        calendar: Calendar,
    ) -> dict[PersonKey, Need | None]:
        """The next need of every registration in one of the campaigns; None where there is none."""
        made_by = (tuple(campaigns), dict(products), calendar)
        if self._made_by != made_by:
            self._made_by, self._needs = made_by, {}
        of_id: dict[UUID, CampaignOpened] = {one.campaign_id: one for one in campaigns}
        keys = {(row.person, row.campaign): row for row in rows.registrations}
        new = {key for key in keys if key not in self._needs}
        series = to_series(of_people(rows.facts, {person for person, _ in new}))
        for key in new:
            if (campaign := of_id.get(key[1])) is not None:
                so_far = series.get(key, Series())
                self._needs[key] = next_need(keys[key], campaign, so_far, calendar, products)
        return self._needs


def of_people(facts: FactRows, people: Collection[UUID]) -> FactRows:
    """The facts of these people."""
    return replace(
        facts,
        consents=tuple(row for row in facts.consents if row.person in people),
        assessments=tuple(row for row in facts.assessments if row.person in people),
        adverse_events=tuple(row for row in facts.adverse_events if row.person in people),
        doses=tuple(row for row in facts.doses if row.person in people),
        decisions=tuple(row for row in facts.decisions if row.person in people),
        deaths=tuple(row for row in facts.deaths if row.person in people),
    )


def to_people(
    rows: PeopleRows,
    campaigns: Collection[CampaignOpened],
    busy: Collection[DoseKey],
    products: Mapping[str, Product],
    calendar: Calendar,
    known: KnownNeeds | None = None,
) -> People:
    """Finds everybody's next dose; `busy` doses are under way and stand apart.

    A second or later dose that becomes due past the horizon is not a need yet: its product is reserved instead.
    """
    found = (known or KnownNeeds()).find(rows, campaigns, products, calendar)
    needs: list[Need] = []
    later: list[Need] = []
    under_way: list[Need] = []
    put_off = {(one.person, one.campaign, one.dose_no): one.not_before for one in rows.put_off}
    for registration in rows.registrations:
        need = found.get((registration.person, registration.campaign))
        if need is None:
            continue
        key = (registration.person, registration.campaign, need.dose_no)
        if key in busy:
            under_way.append(need)
            continue
        if key in rows.booked_elsewhere:
            need = replace(need, booked_elsewhere=True)
        if (day := put_off.get(key)) is not None:
            need = put_off_until(need, calendar.to_day(day))
        if need.dose_no > 1 and need.first_day >= calendar.days:
            later += [need] if may_be_reserved(need) else []
        else:
            needs.append(need)
    return People(tuple(needs), doses_owed(later, products), tuple(under_way))


def put_off_until(need: Need, day: int) -> Need:
    """A need that a planner put off: not before that day, and still owed then."""
    first = max(need.first_day, day)
    return replace(need, first_day=first, last_day=max(need.last_day, first))


def may_be_reserved(need: Need) -> bool:
    """Whether to reserve a dose for later: not for people who have since refused or been judged ineligible."""
    return need.consent is Consent.GIVEN and need.assessment is Assessment.ELIGIBLE


def next_need(
    registration: RegistrationRow,
    campaign: CampaignOpened,
    so_far: Series,
    calendar: Calendar,
    products: Mapping[str, Product],
) -> Need | None:
    """Builds the need for a person's next dose; None when the series is complete or has ended."""
    dose_no = next_dose_no(so_far)
    if needs_no_more(so_far) or dose_no > campaign.doses:
        return None
    interval = interval_after(campaign, so_far, products)
    window = due_window(campaign, so_far, calendar, interval)
    wishes = set(registration.needs)
    ideal = ideal_day(so_far, interval)
    team = so_far.newest.team if so_far.newest else None
    return Need(
        person_id=str(registration.person),
        campaign_id=str(registration.campaign),
        dose_no=dose_no,
        location_id=str(registration.location),
        products=allowed_products(campaign, so_far),
        first_day=calendar.to_day(window.first),
        last_day=calendar.to_day(window.last),
        priority=campaign.priorities.get(Indication(registration.indication), USUAL_PRIORITY),
        consent=consent_of(so_far),
        assessment=assessment_of(so_far),
        extra_seconds=campaign.long_slot_minutes * 60 if wishes & SLOWER else 0,
        observation_seconds=observation_seconds(so_far),
        skills=frozenset(wishes & ASKS_SKILL),
        previous_team_id=str(team) if team else None,
        ideal_day=calendar.to_day(ideal) if ideal else None,
    )


def interval_after(
    campaign: CampaignOpened, so_far: Series, products: Mapping[str, Product]
) -> Interval:
    """Finds the days to the next dose: those of the product of the newest dose, else the campaign's.

    A series of several products has several intervals. Both come from the catalogue, with source and approval;
    example: Moderna, 28 days by the leaflet, up to 42 in exceptional cases (WHO, 2021).
    """
    product = products.get(so_far.newest.product or "") if so_far.newest else None
    own = (product.min_days, product.ideal_days, product.max_days) if product else ()
    if own and None not in own:
        return Interval(*(int(day or 0) for day in own))
    return Interval(campaign.min_days, campaign.ideal_days, campaign.max_days)


def due_window(
    campaign: CampaignOpened, so_far: Series, calendar: Calendar, interval: Interval
) -> DueWindow:
    """Finds when the next dose may be given, deferrals included; an overdue second dose is due throughout the horizon.

    A late dose does not end a series: it is still owed. The plan's values show that it is late.
    """
    window = series_window(campaign, so_far, interval)
    first, last = max(window.first, deferred_until(campaign, so_far)), window.last
    if so_far.newest:
        last = max(last, first)
    last = min(last, first + LONGEST_WINDOW)
    if so_far.newest and last < calendar.start:  # for example after an outbreak
        last = calendar.start + timedelta(days=calendar.days - 1)
    return DueWindow(first, last)


def series_window(campaign: CampaignOpened, so_far: Series, interval: Interval) -> DueWindow:
    """Finds the window by the series alone: from the opening of the campaign, or the interval after the newest dose."""
    newest = so_far.newest
    if newest is None:
        return DueWindow(campaign.opens_on, FOR_EVER)
    return DueWindow(
        newest.on + timedelta(days=interval.least),
        newest.on + timedelta(days=interval.most),
    )


def deferred_until(campaign: CampaignOpened, so_far: Series) -> date:
    """Finds the first day after all deferrals: the clinician's `not_before`, and the campaign's days per reason.

    A dose that was given and does not count still asks for the least interval after it.

    `deferral_days` count from the day on which the dose was not given. In 2021 people who were ill on the day, or had
    had COVID in the four weeks before, were vaccinated in a later round.
    """
    days = [
        missed.on + timedelta(days=campaign.deferral_days.get(missed.reason, USUAL_DEFERRAL_DAYS))
        for missed in so_far.not_given
    ]
    if not so_far.doses:
        days += [
            dose.on + timedelta(days=so_far.least_days_after(dose)) for dose in so_far.reported
        ]
    judged = so_far.judged
    return max([*days, judged.not_before if judged and judged.not_before else date.min])


def allowed_products(campaign: CampaignOpened, so_far: Series) -> tuple[str, ...]:
    """Lists the products of the campaign, or the one that the series began with, if known.

    In 2021 both doses were always of the same vaccine (RIVM).
    """
    newest = so_far.newest
    return (newest.product,) if newest and newest.product else campaign.products


def ideal_day(so_far: Series, interval: Interval) -> date | None:
    """Finds the ideal day for a second or later dose, counted from the newest one; None for a first dose."""
    return so_far.newest.on + timedelta(days=interval.ideal) if so_far.newest else None


def observation_seconds(so_far: Series) -> int | None:
    """Converts the clinician's observation time for this person to seconds; None means as the campaign says.

    Longer is asked after an earlier severe reaction: at least 30 minutes instead of 15 (RIVM, 2021).
    """
    judged = so_far.judged
    return judged.observation_minutes * 60 if judged and judged.observation_minutes else None
