"""Registered people with what is due to them: consent, assessment, doses so far, needs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from events.local_time import to_local_date
from events.practice import ConsentSubject, Indication, SpecialNeed
from events.supply import CampaignOpened
from events.visits import NotGiven
from infra.postgres.snapshot.calendar import Calendar
from scheduling.care.doses import doses_owed
from scheduling.care.eligibility import settle
from scheduling.problem import Assessment, Consent, Need, Product

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection

    Row = asyncpg.Record

PersonKey = tuple[UUID, UUID]  # person, campaign
ENDS_CONSENT = {NotGiven.REFUSED, NotGiven.RESISTANCE, NotGiven.NO_CONSENT}
ENDS_NEED = {NotGiven.DECEASED, NotGiven.MOVED, NotGiven.ALREADY_VACCINATED}
SLOWER = {SpecialNeed.LONG_SLOT.value, SpecialNeed.LANGUAGE.value, SpecialNeed.NEEDLE_FEAR.value}
ASKS_SKILL = {SpecialNeed.SEDATION.value, SpecialNeed.TWO_PERSONS.value}


@dataclass(slots=True)
class Series:
    """What happened to one person in one campaign, oldest first."""

    answers: list[tuple[str, str, int]] = field(default_factory=list)  # giver, status, seq
    judgement: str = Assessment.ELIGIBLE.value
    judged_seq: int = 0
    fell_ill_seq: int = 0  # the newest adverse event
    not_before: date | None = None
    observation_minutes: int | None = None
    given: dict[int, tuple[date, str | None, UUID | None]] = field(
        default_factory=dict
    )  # dose_no: day, product, team
    not_given: list[tuple[NotGiven, date, int]] = field(default_factory=list)  # reason, day, seq


@dataclass(frozen=True, slots=True)
class People:
    """The needs of a region, and by product the doses that are kept for those past the horizon."""

    needs: tuple[Need, ...]
    reserved: dict[str, int]


async def load_people(
    tx: "Connection",
    region: str,
    calendar: Calendar,
    campaigns: Sequence[CampaignOpened],
    busy: set[tuple[UUID, UUID, int]],
    products: Mapping[str, Product],
) -> People:
    """Every registered person's next dose; `busy` doses are under way today and left out.

    A person whom two practices registered is one person: the newest registration says where.
    """
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person, campaign) person, campaign, at_location, indication, has_needs
        FROM registrations WHERE region = $1 AND live ORDER BY person, campaign, registered_seq DESC
        """,
        region,
    )
    series = await load_series(tx, region)
    open_campaigns = {campaign.campaign_id: campaign for campaign in campaigns}
    needs: list[Need] = []
    owed: list[Need] = []
    for row in rows:
        campaign = open_campaigns.get(row["campaign"])
        if campaign is None:
            continue
        so_far = series.get((row["person"], row["campaign"]), Series())
        for need in due(row, campaign, so_far, calendar):
            if (row["person"], row["campaign"], need.dose_no) in busy:
                continue
            if need.dose_no > 1 and need.first_day >= calendar.days:
                owed += [need] if is_owed(need) else []
            else:
                needs.append(need)
    return People(tuple(needs), doses_owed(owed, products))


def is_owed(need: Need) -> bool:
    """Whether a dose past the horizon is set aside: not for who refused or was judged unfit since."""
    return need.consent is Consent.GIVEN and need.assessment is Assessment.ELIGIBLE


def due(row: "Row", campaign: CampaignOpened, so_far: Series, calendar: Calendar) -> Iterator[Need]:
    """The next dose of one person, if one is due at all; who had a later dose had those before it."""
    dose_no = max(so_far.given, default=0) + 1
    if any(reason in ENDS_NEED for reason, _, _ in so_far.not_given) or dose_no > campaign.doses:
        return
    first, last, products = window_of(dose_no, campaign, so_far)
    if dose_no > 1 and last < calendar.start:  # overdue, after an outbreak say: as soon as can be
        last = calendar.start + timedelta(days=calendar.days - 1)
    wishes = set(row["has_needs"] or ())
    yield Need(
        person_id=str(row["person"]),
        campaign_id=str(row["campaign"]),
        dose_no=dose_no,
        location_id=str(row["at_location"]),
        products=products,
        first_day=calendar.day(first),
        last_day=calendar.day(last),
        priority=campaign.priorities.get(Indication(row["indication"]), 50),
        consent=consent_of(so_far),
        assessment=assessment_of(so_far),
        extra_seconds=campaign.long_slot_minutes * 60 if wishes & SLOWER else 0,
        observation_seconds=so_far.observation_minutes * 60 if so_far.observation_minutes else None,
        skills=frozenset(wishes & ASKS_SKILL),
        previous_team_id=str(team) if (team := last_team(so_far)) else None,
        ideal_day=calendar.day(ideal) if (ideal := ideal_of(campaign, so_far)) else None,
    )


def window_of(
    dose_no: int, campaign: CampaignOpened, so_far: Series
) -> tuple[date, date, tuple[str, ...]]:
    """First and last day and the allowed products; a later dose follows the product of the first."""
    products = campaign.products
    first, last = campaign.opens_on, date(9999, 1, 1)
    if dose_no > 1:
        given_on, product, _ = so_far.given[max(so_far.given)]
        first, last = (
            given_on + timedelta(days=campaign.min_days),
            given_on + timedelta(days=campaign.max_days),
        )
        products = (product,) if product else products
    if so_far.not_before:
        first = max(first, so_far.not_before)
    for reason, on, _ in so_far.not_given:
        first = max(first, on + timedelta(days=campaign.deferral_days.get(reason, 1)))
    if dose_no > 1 and first > last:
        last = first  # too late is shown by the plan's values, it does not end the series
    return first, min(last, first + timedelta(days=3650)), products


def last_team(so_far: Series) -> UUID | None:
    """The team that gave the newest dose of ours."""
    return so_far.given[max(so_far.given)][2] if so_far.given else None


def ideal_of(campaign: CampaignOpened, so_far: Series) -> date | None:
    """The ideal day for a later dose, counted from the newest one, wherever that was given."""
    if not so_far.given:
        return None
    return so_far.given[max(so_far.given)][0] + timedelta(days=campaign.ideal_days)


def consent_of(so_far: Series) -> Consent:
    """Answers, and a refusal at the door unless somebody answered after it."""
    newest = max((seq for _, _, seq in so_far.answers), default=0)
    if any(reason in ENDS_CONSENT and seq > newest for reason, _, seq in so_far.not_given):
        return Consent.REFUSED
    return settle((giver, status) for giver, status, _ in so_far.answers)


def assessment_of(so_far: Series) -> Assessment:
    """The newest judgement; a contra-indication at the door or an adverse event waits for one after it."""
    if so_far.fell_ill_seq > so_far.judged_seq or any(
        reason is NotGiven.CONTRA_INDICATED and seq > so_far.judged_seq
        for reason, _, seq in so_far.not_given
    ):
        return Assessment.TRIAGE
    return Assessment(so_far.judgement)


async def load_series(tx: "Connection", region: str) -> dict[PersonKey, Series]:
    """Everything that was recorded about the people of a region, per campaign."""
    series: dict[PersonKey, Series] = defaultdict(Series)
    for row in await tx.fetch(
        "SELECT person, campaign, given_by, status, seq FROM consents WHERE region = $1 AND subject = $2 ORDER BY seq",
        region,
        ConsentSubject.TREATMENT.value,
    ):
        series[row["person"], row["campaign"]].answers.append(
            (row["given_by"], row["status"], row["seq"])
        )
    for row in await tx.fetch(
        """
        SELECT DISTINCT ON (person, campaign) person, campaign, judgement, not_before, observation_minutes, seq
        FROM assessments WHERE region = $1 ORDER BY person, campaign, seq DESC
        """,
        region,
    ):
        one = series[row["person"], row["campaign"]]
        one.judgement, one.judged_seq = row["judgement"], row["seq"]
        one.not_before, one.observation_minutes = row["not_before"], row["observation_minutes"]
    for row in await tx.fetch(
        "SELECT person, campaign, max(seq) AS seq FROM adverse_events WHERE region = $1 GROUP BY person, campaign",
        region,
    ):
        series[row["person"], row["campaign"]].fell_ill_seq = row["seq"]
    for row in await tx.fetch(
        "SELECT person, campaign, dose_no, outcome, product, team, reason, at, seq FROM doses WHERE region = $1 ORDER BY seq",
        region,
    ):
        note_dose(series[row["person"], row["campaign"]], row)
    return series


def note_dose(one: Series, row: "Row") -> None:
    """Add an outcome to the series of its person."""
    at: datetime = row["at"]
    on = to_local_date(at)
    if row["outcome"] == "not_given":
        one.not_given.append((NotGiven(row["reason"]), on, row["seq"]))
    else:
        one.given[row["dose_no"]] = (on, row["product"], row["team"])
