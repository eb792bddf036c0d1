"""Reads the whole snapshot of a region in one transaction, and finds regions that need a new plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from events.identifiers import NATIONAL, SYSTEM_SOURCE
from events.organisations import PolicyChanged
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.memory import PeopleMemory, load_people_again
from infra.postgres.snapshot.people import load_people
from infra.postgres.snapshot.places import load_places
from infra.postgres.snapshot.rows import Snapshot, TeamRows
from infra.postgres.snapshot.supply import load_supply
from infra.postgres.snapshot.teams import load_teams
from infra.postgres.snapshot.visits import load_visits
from scheduling.care.crews import DAYS as DUTY_DAYS

if TYPE_CHECKING:
    from infra.postgres.database import Connection, Database


async def load_snapshot(
    database: "Database",
    region: str,
    now: datetime,
    *,
    around: Sequence[UUID] | None = None,
    memory: PeopleMemory | None = None,
) -> Snapshot:
    """Reads all that a plan of this region depends on; `now` may be simulated time.

    With visits to look `around`, of people only those of these visits and of pinned ones. With a `memory` of this
    region, of people only those of whom something was said since the reading before.
    """
    async with database.snapshot() as tx:
        return await read_snapshot(tx, region, now, around=around, memory=memory)


async def read_snapshot(
    tx: "Connection",
    region: str,
    now: datetime,
    *,
    around: Sequence[UUID] | None = None,
    memory: PeopleMemory | None = None,
) -> Snapshot:
    """As `load_snapshot`, in a transaction that sees a single moment."""
    policy = await load_policy(tx, region)
    calendar = Calendar.of(now, policy.horizon_days)
    # Weekly hours count over any seven days, and rest before the first of them: both look back at past shifts.
    since = calendar.midnight - timedelta(minutes=policy.rest_minutes, days=DUTY_DAYS)
    teams = await load_teams(tx, region, since, calendar.end)
    people = (
        await load_people(tx, region, around)
        if memory is None
        else await load_people_again(tx, region, memory)
    )
    return Snapshot(
        region=region,
        now=now,
        as_of=await load_as_of(tx, region),
        elsewhere=await load_elsewhere(tx, region),
        base=await load_published_plan(tx, region),
        policy=policy,
        people=people,
        teams=teams,
        visits=await load_visits(tx, region, calendar.midnight, list_begun(teams, now, policy)),
        places=await load_places(tx, region, teams.shifts),
        supply=await load_supply(tx, region),
    )


def list_begun(teams: TeamRows, now: datetime, policy: PolicyChanged) -> list[UUID]:
    """The shifts that may be asked for an extra stop: begun and not over; nobody is where the policy gives no time."""
    if not policy.answer_minutes:
        return []
    return [
        row.facts.shift_id for row in teams.shifts if row.facts.starts_at <= now < row.facts.ends_at
    ]


async def load_policy(tx: "Connection", region: str) -> PolicyChanged:
    """Reads the policy of a region, or the default one."""
    found = await tx.fetchval("SELECT policy FROM policies WHERE region = $1", region)
    return PolicyChanged.model_validate_json(found) if found else PolicyChanged()


async def load_as_of(tx: "Connection", region: str) -> tuple[int, int]:
    """Reads the newest regional and national ledger numbers that this snapshot includes."""
    rows = await tx.fetch(
        "SELECT region, seq FROM problem_changes WHERE region IN ($1, $2)", region, NATIONAL
    )
    found = {row["region"]: row["seq"] for row in rows}
    return found.get(region, 0), found.get(NATIONAL, 0)


async def load_elsewhere(tx: "Connection", region: str) -> int:
    """Reads how many facts in other regions about people of this one the snapshot includes."""
    found: int | None = await tx.fetchval(
        "SELECT elsewhere FROM problem_changes WHERE region = $1", region
    )
    return found or 0


async def load_published_plan(tx: "Connection", region: str) -> UUID | None:
    """Reads which plan of the region was published last."""
    found: UUID | None = await tx.fetchval(
        "SELECT plan FROM plans WHERE region = $1 AND published_seq > 0 ORDER BY published_seq DESC LIMIT 1",
        region,
    )
    return found


@dataclass(frozen=True, slots=True)
class Due:
    """A region with facts that its newest plan does not know."""

    region: str
    newest: tuple[int, ...]  # numbers: regional, national, of facts in other regions
    day: date | None = None  # on which it is due: another day is another problem
    has_visits: bool = field(default=False, compare=False)  # people go by a plan of it


# Events about a lender's teams also concern the region that borrows one of them.
OF_TEAMS = ("team", "shift", "member", "order", "organisation")


async def find_due_regions(tx: "Connection", now: datetime) -> list[Due]:
    """Finds regions with a campaign whose plan misses the newest facts, begins before today, or knew a state since replaced;
    and where a team did not answer in time whether it makes an extra stop.

    Shifts of a borrowed team are in the ledger of another region, of which `as_of` says nothing: a plan knows what
    was accepted there before the plan was made. So are facts about its people: these are counted.
    """
    today = Calendar.of(now, 1).start
    rows = await tx.fetch(
        """
        SELECT c.region, c.seq, coalesce(n.seq, 0) AS national, c.elsewhere,
               EXISTS (SELECT FROM visits v WHERE v.region = c.region AND v.live) AS has_visits
        FROM problem_changes c
        LEFT JOIN problem_changes n ON n.region = 'NL'
        LEFT JOIN planned p ON p.region = c.region
        LEFT JOIN plans l ON l.region = p.region AND l.plan = p.plan
        LEFT JOIN plan_records r ON r.region = l.region AND r.hash = l.hash
        WHERE c.region <> 'NL' AND EXISTS (SELECT FROM campaigns k WHERE k.region IN (c.region, 'NL') AND k.facts IS NOT NULL)
          AND (p.region IS NULL OR c.seq > p.region_seq OR coalesce(n.seq, 0) > p.national_seq OR l.horizon_start < $1
            OR coalesce(r.from_at, l.proposed_at) < (SELECT f.replaced_at FROM state_fold f)
            OR c.elsewhere > coalesce(r.elsewhere, 0)
            OR EXISTS (
              SELECT FROM extra_stops e WHERE e.region = c.region AND e.answered_seq = 0 AND e.withdrawn_seq = 0
                AND (e.offered ->> 'answer_by')::timestamptz < $3)
            OR EXISTS (
              SELECT FROM loans k CROSS JOIN LATERAL (
                SELECT coalesce((SELECT o.seq FROM ledger o WHERE o.region = k.region AND o.accepted_at <= coalesce(r.from_at, l.proposed_at)
                                 ORDER BY o.seq DESC LIMIT 1), 0) AS seq) AS known
              WHERE k.to_region = c.region AND k.region <> c.region
                AND (k.lent_seq > known.seq OR upper(k.valid) > $1 AND EXISTS (
                  SELECT FROM ledger e WHERE e.region = k.region AND e.seq > known.seq AND split_part(e.type, '.', 1) = ANY ($2::text[])))))
        ORDER BY c.region
        """,
        today,
        OF_TEAMS,
        now,
    )
    return [
        Due(
            row["region"],
            (row["seq"], row["national"], row["elsewhere"]),
            today,
            has_visits=row["has_visits"],
        )
        for row in rows
    ]


async def find_settled_regions(tx: "Connection") -> list[str]:
    """Finds regions that people have visits in and whose newest plan is published: none waits for a person, none was rejected."""
    rows = await tx.fetch(
        """
        SELECT p.region FROM planned p JOIN plans l ON l.region = p.region AND l.plan = p.plan
        WHERE l.published_seq > 0 AND EXISTS (SELECT FROM visits v WHERE v.region = p.region AND v.live)
        ORDER BY p.region
        """
    )
    return [row["region"] for row in rows]


async def count_facts(tx: "Connection", region: str, after: int, until: int) -> int:
    """Counts the facts of others in these lines of a region's ledger, `after` not included."""
    found: int = await tx.fetchval(
        "SELECT count(*) FROM ledger WHERE region = $1 AND seq > $2 AND seq <= $3 AND source <> $4",
        region,
        after,
        until,
        SYSTEM_SOURCE,
    )
    return found


async def count_behind(tx: "Connection", since: datetime) -> int:
    """Counts the records that intake has yet to read, by its heartbeats since then, in real time."""
    found: int = await tx.fetchval(
        """
        SELECT coalesce(sum((state ->> 'lag')::bigint), 0)::bigint FROM heartbeats WHERE process = 'intake' AND at > $1
        """,
        since,
    )
    return found
