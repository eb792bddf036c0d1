"""Who needs which dose, and when: due windows, allowed products, needs of the person, doses to keep."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from events.practice import Indication, SpecialNeed
from events.supply import CampaignOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import PeopleRows, RegistrationRow
from scheduling.care.doses import doses_owed
from scheduling.problem import Assessment, Consent, Need, Product
from services.planner.problem.series import (
    Series,
    assessment_of,
    consent_of,
    needs_no_more,
    next_dose_no,
    to_series,
)

DoseKey = tuple[UUID, UUID, int]  # person, campaign, dose number

# Which needs of a person cost minutes, and which ask for a skill of the team: our choice, no norm says so.
SLOWER: Final = {
    SpecialNeed.LONG_SLOT.value,
    SpecialNeed.LANGUAGE.value,
    SpecialNeed.NEEDLE_FEAR.value,
}
ASKS_SKILL: Final = {SpecialNeed.SEDATION.value, SpecialNeed.TWO_PERSONS.value}

FOR_EVER: Final = date(9999, 1, 1)
LONGEST_WINDOW: Final = timedelta(days=3650)  # ten years stand for "no last day" in a problem
USUAL_PRIORITY: Final = 50  # of 0 to 100, where a campaign does not say
USUAL_DEFERRAL_DAYS: Final = 1  # where a campaign does not say: tomorrow


@dataclass(frozen=True, slots=True)
class People:
    """The needs of a region, and by product the doses to keep for those past the horizon."""

    needs: tuple[Need, ...]
    reserved: dict[str, int]


@dataclass(frozen=True, slots=True)
class DueWindow:
    """The days on which a dose may be given, both included."""

    first: date
    last: date


def to_people(
    rows: PeopleRows,
    campaigns: Collection[CampaignOpened],
    busy: Collection[DoseKey],
    products: Mapping[str, Product],
    calendar: Calendar,
) -> People:
    """Everybody's next dose; `busy` doses are under way and left out.

    A next dose that is due past the horizon is no need yet: doses are kept for it, for whom they may be given to.
    """
    series = to_series(rows)
    of_id: dict[UUID, CampaignOpened] = {one.campaign_id: one for one in campaigns}
    needs: list[Need] = []
    later: list[Need] = []
    for registration in rows.registrations:
        campaign = of_id.get(registration.campaign)
        if campaign is None:
            continue
        so_far = series.get((registration.person, registration.campaign), Series())
        need = next_need(registration, campaign, so_far, calendar)
        if need is None or (registration.person, registration.campaign, need.dose_no) in busy:
            continue
        if need.dose_no > 1 and need.first_day >= calendar.days:
            later += [need] if may_be_reserved(need) else []
        else:
            needs.append(need)
    return People(tuple(needs), doses_owed(later, products))


def may_be_reserved(need: Need) -> bool:
    """Whether doses are kept for a next dose: not for who refused, or was judged unfit since the dose before."""
    return need.consent is Consent.GIVEN and need.assessment is Assessment.ELIGIBLE


def next_need(
    registration: RegistrationRow, campaign: CampaignOpened, so_far: Series, calendar: Calendar
) -> Need | None:
    """The next dose of one person; None when the series is complete or nothing is needed any more."""
    dose_no = next_dose_no(so_far)
    if needs_no_more(so_far) or dose_no > campaign.doses:
        return None
    window = due_window(campaign, so_far, calendar)
    wishes = set(registration.needs)
    ideal = ideal_day(campaign, so_far)
    team = so_far.newest.team if so_far.newest else None
    return Need(
        person_id=str(registration.person),
        campaign_id=str(registration.campaign),
        dose_no=dose_no,
        location_id=str(registration.location),
        products=allowed_products(campaign, so_far),
        first_day=calendar.day(window.first),
        last_day=calendar.day(window.last),
        priority=campaign.priorities.get(Indication(registration.indication), USUAL_PRIORITY),
        consent=consent_of(so_far),
        assessment=assessment_of(so_far),
        extra_seconds=campaign.long_slot_minutes * 60 if wishes & SLOWER else 0,
        observation_seconds=observation_seconds(so_far),
        skills=frozenset(wishes & ASKS_SKILL),
        previous_team_id=str(team) if team else None,
        ideal_day=calendar.day(ideal) if ideal else None,
    )


def due_window(campaign: CampaignOpened, so_far: Series, calendar: Calendar) -> DueWindow:
    """When the next dose may be given, deferrals included; a later dose that is overdue is due at once.

    Too late ends no series: the dose is still owed. That it is late is shown by the values of the plan.
    """
    window = series_window(campaign, so_far)
    first, last = max(window.first, deferred_until(campaign, so_far)), window.last
    if so_far.newest:
        last = max(last, first)
    last = min(last, first + LONGEST_WINDOW)
    if so_far.newest and last < calendar.start:  # after an outbreak, say
        last = calendar.start + timedelta(days=calendar.days - 1)
    return DueWindow(first, last)


def series_window(campaign: CampaignOpened, so_far: Series) -> DueWindow:
    """A first dose from the day on which the campaign opens; a later one within the interval after the newest.

    The interval (`min_days`, `max_days`) is the campaign's, with the source and the approval that it names:
    Moderna 28 days by the leaflet, up to 42 in exceptional cases (WHO, 2021).
    """
    newest = so_far.newest
    if newest is None:
        return DueWindow(campaign.opens_on, FOR_EVER)
    return DueWindow(
        newest.on + timedelta(days=campaign.min_days),
        newest.on + timedelta(days=campaign.max_days),
    )


def deferred_until(campaign: CampaignOpened, so_far: Series) -> date:
    """The first day that no deferral excludes: a clinician's, or the days that the campaign gives for a reason.

    `deferral_days` count from the day on which the dose was not given. In 2021 who was ill on the day, or had had
    COVID in the four weeks before, came in a later round.
    """
    days = [
        missed.on + timedelta(days=campaign.deferral_days.get(missed.reason, USUAL_DEFERRAL_DAYS))
        for missed in so_far.not_given
    ]
    return max([*days, so_far.not_before or date.min])


def allowed_products(campaign: CampaignOpened, so_far: Series) -> tuple[str, ...]:
    """The products of the campaign; a series goes on with the product that it has, when that is known.

    In 2021 the first and the second dose were always of one vaccine.
    """
    newest = so_far.newest
    return (newest.product,) if newest and newest.product else campaign.products


def ideal_day(campaign: CampaignOpened, so_far: Series) -> date | None:
    """The day wished for a later dose, counted from the newest one, wherever that was given; None for a first dose."""
    return so_far.newest.on + timedelta(days=campaign.ideal_days) if so_far.newest else None


def observation_seconds(so_far: Series) -> int | None:
    """How long to observe this person; None: as long as the campaign says.

    A clinician may ask for longer: at least 30 minutes after an earlier severe reaction, 15 otherwise (RIVM, 2021).
    """
    return so_far.observation_minutes * 60 if so_far.observation_minutes else None
