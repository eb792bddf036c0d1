"""What stands in the database on an evening, read once for the checks and the figures."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from events.local_time import to_local_date
from events.organisations import PolicyChanged
from events.supply import CampaignOpened
from events.visits import NotGiven
from infra.postgres.campaign_view import read_record
from scheduling.plan import Plan
from scheduling.problem import Problem
from services.planner.record import from_record
from tests.faults.reading import Owner

ENDS = {reason.value for reason in (NotGiven.DECEASED, NotGiven.MOVED, NotGiven.ALREADY_VACCINATED)}
Dose = tuple[str, int]  # person and number


@dataclass
class Given:
    """One dose that somebody had."""

    day: date
    at: datetime
    product: str
    location: str
    is_ours: bool = True  # by a team, not elsewhere


@dataclass
class Standing:
    """One region on one evening; persons, locations and teams by the text of their ids."""

    now: datetime
    campaign: CampaignOpened
    horizon_end: date  # the first day that the plan does not see
    plan: str = ""  # hash of the published plan
    registered: set[str] = field(default_factory=set)
    given: dict[Dose, Given] = field(default_factory=dict)
    twice: list[Dose] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    at_the_door: dict[Dose, str] = field(default_factory=dict)  # the newest reason
    booked: dict[Dose, date] = field(default_factory=dict)  # appointments still to come
    reasons: dict[Dose, list[str]] = field(default_factory=dict)
    movements: list[Any] = field(default_factory=list)
    excused: set[Dose] = field(default_factory=set)  # a reason that is not ours stood some evening

    @property
    def today(self) -> date:
        return to_local_date(self.now)

    def next_dose(self, person: str) -> int:
        return max((n for n in range(1, 10) if (person, n) in self.given), default=0) + 1

    def states(self) -> dict[str, list[str]]:
        """Everybody who is registered by where they are: in exactly one list when the ledger adds up."""
        found: dict[str, list[str]] = defaultdict(list)
        for person in sorted(self.registered):
            found[self.state_of(person)].append(person)
        return found

    def halfway(self) -> dict[str, int]:
        """Reasons why people who began their series have no appointment for its next dose, with how many."""
        found: Counter[str] = Counter()
        for state, people in self.states().items():
            if state not in ("complete", "planned", "reserved", "ended"):
                found[state] += sum(self.next_dose(person) > 1 for person in people)
        return dict(+found)

    def state_of(self, person: str) -> str:
        """One word; the words of the equation registered = complete + planned + waiting + reasons + ended."""
        dose = (person, self.next_dose(person))
        if dose[1] > self.campaign.doses:
            return "complete"
        if person in self.ended:
            return "ended"
        is_booked, has_reason = dose in self.booked, dose in self.reasons
        if is_booked and has_reason:
            return "both planned and not"
        if is_booked:
            return "planned"
        if has_reason:
            return self.reasons[dose][0]
        if dose[1] > 1 and self.window(dose)[0] >= self.horizon_end:
            return "reserved"
        return "nowhere"

    def window(self, dose: Dose) -> tuple[date, date]:
        """When a later dose may be given, by the one before."""
        before = self.given[dose[0], dose[1] - 1].day
        return (
            before + timedelta(days=self.campaign.min_days),
            before + timedelta(days=self.campaign.max_days),
        )


async def read_standing(tx: Owner, region: str, now: datetime) -> Standing:
    """Everything of one moment."""
    facts = await tx.fetchval("SELECT facts::text FROM campaigns WHERE facts IS NOT NULL")
    policy = await tx.fetchval("SELECT policy::text FROM policies WHERE region = $1", region)
    horizon = PolicyChanged.model_validate_json(policy).horizon_days if policy else 14
    today = to_local_date(now)
    standing = Standing(
        now, CampaignOpened.model_validate_json(facts), today + timedelta(days=horizon)
    )
    standing.plan = await tx.fetchval(
        "SELECT hash FROM plans WHERE region = $1 AND published_seq > 0"
        " ORDER BY published_seq DESC LIMIT 1",
        region,
    )
    rows = await tx.fetch(
        "SELECT DISTINCT person FROM registrations_now WHERE region = $1 AND home = $1", region
    )
    standing.registered = {str(row["person"]) for row in rows}
    await read_doses(tx, region, standing)
    await read_plan(tx, region, standing)
    standing.movements = await tx.fetch(
        "SELECT seq, depot::text, product, lot, doses, kind, reason, use_by, on_day"
        " FROM stock_now WHERE region = $1 ORDER BY seq, depot",
        region,
    )
    return standing


async def read_doses(tx: Owner, region: str, standing: Standing) -> None:
    """Every outcome at the arm that counts, as it was corrected."""
    rows = await tx.fetch(
        "SELECT person, dose_no, outcome, product, location, reason, at FROM person_doses"
        " WHERE region = $1 ORDER BY seq",
        region,
    )
    for row in rows:
        dose = (str(row["person"]), row["dose_no"])
        if row["outcome"] == "not_given":
            standing.at_the_door[dose] = row["reason"]
            standing.ended |= {dose[0]} if row["reason"] in ENDS else set()
        elif dose in standing.given:
            standing.twice.append(dose)
        else:
            day = to_local_date(row["at"])
            standing.given[dose] = Given(
                day, row["at"], row["product"], str(row["location"]), row["outcome"] == "given"
            )


async def read_plan(tx: Owner, region: str, standing: Standing) -> None:
    """Who has an appointment to come, and why others have none."""
    rows = await tx.fetch(
        "SELECT a.person, a.dose_no, lower(v.slot) AS at FROM appointments a"
        " JOIN visits v USING (region, visit)"
        " WHERE region = $1 AND a.live AND v.live AND lower(v.slot) > $2",
        region,
        standing.now,
    )
    for row in rows:
        dose = (str(row["person"]), row["dose_no"])
        standing.booked[dose] = to_local_date(row["at"])
    rows = await tx.fetch(
        "SELECT person, dose_no, reasons FROM plan_unassigned"
        " WHERE region = $1 AND hash = $2 AND person IS NOT NULL",
        region,
        standing.plan,
    )
    for row in rows:
        standing.reasons[str(row["person"]), row["dose_no"]] = list(row["reasons"])


async def plan_of(tx: Owner, plan_hash: str) -> tuple[Problem, Plan]:
    """A plan and the problem that it was made of, as they are kept."""
    record = await read_record(tx, plan_hash)
    return from_record(*(record if isinstance(record, tuple) else (record,)))
