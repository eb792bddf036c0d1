"""A planner decides on a plan: all of it, some of its lines, or not; who comes second hears who was first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from events.identifiers import PlanId
from events.plans import Made
from events.teams import PlanApproved, PlanRejected
from infra.postgres.database import Who
from infra.postgres.pages import plan_versions
from infra.postgres.pages.plan_versions import Version
from scheduling.choosing import CannotStand, RefusedPart
from services.accept.submission import Outcome, Status
from services.plan_life.difference import Line
from services.plan_life.reasons import to_reasons
from services.web.choosing import Composed, Selection, Wish, compose
from services.web.parts import Parts
from services.web.plan_difference import Names, read_names

if TYPE_CHECKING:
    from infra.postgres.database import Connection

TRIES = 3  # a fact may come between reading the region and storing the plan


class NoPlan(Exception):
    """The region has no plan of this name, or its record is gone."""


class Decided(Exception):
    """Somebody decided before: on this plan, or for another that was published since."""

    def __init__(self, version: Version, published: Version | None) -> None:
        super().__init__(version.state)
        self.version = version
        self.published = published  # in its place


class CannotStandAlone(Exception):
    """Some of what was chosen breaks a rule without the rest, or facts changed it; nothing was stored."""

    def __init__(
        self,
        refused: Sequence[RefusedPart],
        unknown: Collection[str],
        lines: Sequence[Line],
        names: Names,
    ) -> None:
        super().__init__(", ".join(sorted({row.rule for row in refused})))
        self.refused, self.unknown = tuple(refused), frozenset(unknown)
        self.lines = {line.name: line for line in lines}
        self.names = names


class NothingChosen(Exception):
    """None of the lines was chosen."""


class Busy(Exception):
    """Facts came in faster than a plan could be checked, or what stands breaks a rule by itself; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a plan is wanted: all of it, or a selection of its lines; with `fitting` only what can stand."""

    selection: Selection | None = None
    fitting: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """The plan that people go by now, and what of the choice does not stand in it."""

    version: Version
    refused: tuple[RefusedPart, ...] = ()


async def approve(parts: Parts, who: Who, plan: UUID, choice: Choice) -> Approved:
    """Publishes a proposal, or a whole plan of some of its lines, after every rule was checked on the facts of now.

    Raises NoPlan, Decided, NothingChosen, CannotStandAlone or Busy: then nothing was stored.
    """
    async with parts.reader.reading(who) as tx:
        version = await _read_waiting(tx, who.region, plan)
        whole = choice.selection is None and await plan_versions.knows_all(tx, who.region, version)
    if whole:
        said = PlanApproved(plan_id=PlanId(plan), reason=choice.reason)
        outcomes = await parts.writing.submit(who, [said])
        return Approved(await _read_published(parts, who, plan, outcomes))
    for _ in range(TRIES):
        made = await compose_of(parts, who, version, choice.selection, Made.CHOSEN)
        await _judge(parts, who, made, choice)
        said = PlanApproved(plan_id=PlanId(made.plan), reason=choice.reason)
        outcomes = await parts.writing.propose(who, made.submission, said)
        async with parts.reader.reading(who) as tx:
            found = await plan_versions.read_version(tx, who.region, made.plan)
            await _read_waiting(tx, who.region, plan, other=made.plan)
            published = await plan_versions.read_published(tx, who.region)
        if found is not None and found.state == "published":
            if found.decision and found.decision.seq == outcomes[-1].seq:
                return Approved(found, made.refused)
            raise Decided(found, published)  # somebody chose the very same
    raise Busy


async def restore(parts: Parts, who: Who, plan: UUID) -> tuple[Version, Composed]:
    """Proposes a plan made of an earlier version and the facts of now: as much of it as keeps every rule.

    Raises NoPlan or Busy.
    """
    async with parts.reader.reading(who) as tx:
        version = await plan_versions.read_version(tx, who.region, plan)
    if version is None or version.published_at is None:
        raise NoPlan
    for _ in range(TRIES):
        made = await compose_of(parts, who, version, None, Made.RESTORED)
        await parts.writing.propose(who, made.submission)
        async with parts.reader.reading(who) as tx:
            found = await plan_versions.read_version(tx, who.region, made.plan)
        if found is not None and found.waits:
            return found, made
    raise Busy


async def reject(parts: Parts, who: Who, said: PlanRejected) -> Version:
    """Rejects a proposal. Raises NoPlan or Decided."""
    async with parts.reader.reading(who) as tx:
        await _read_waiting(tx, who.region, said.plan_id)
    (outcome,) = await parts.writing.submit(who, [said])
    async with parts.reader.reading(who) as tx:
        found = await plan_versions.read_version(tx, who.region, said.plan_id)
        published = await plan_versions.read_published(tx, who.region)
    assert found is not None
    if found.state == "rejected" and found.decision and found.decision.seq == outcome.seq:
        return found
    raise Decided(found, published)


async def compose_of(
    parts: Parts, who: Who, version: Version, selection: Selection | None, how: Made
) -> Composed:
    """Makes a whole plan of what stands and of lines of a version. Raises NoPlan or Busy."""
    async with parts.reader.reading(who) as tx:
        said = await plan_versions.read_assignments(tx, who.region, version.plan)
        unserved = await plan_versions.read_unserved(tx, who.region, version.hash)
        taken = await plan_versions.read_taken_rules(tx, who.region, version.hash)
    if said is None:
        raise NoPlan
    wish = Wish(version.plan, said[1], to_reasons(unserved, taken), selection, how)
    snapshot, travel = await parts.writing.load_region(who.region)
    try:
        return await compose(snapshot, travel, wish, parts.clock.now())
    except CannotStand as error:
        raise Busy from error


async def _judge(parts: Parts, who: Who, made: Composed, choice: Choice) -> None:
    """Whether what was composed may be stored."""
    if not made.standing and not made.refused and not made.unknown:
        raise NothingChosen
    if (made.refused or made.unknown) and not choice.fitting:
        async with parts.reader.reading(who) as tx:
            names = await read_names(tx, who.region, made.lines)
        raise CannotStandAlone(made.refused, made.unknown, made.lines, names)
    if not made.standing:
        raise NothingChosen


async def _read_waiting(
    tx: "Connection", region: str, plan: UUID, other: UUID | None = None
) -> Version:
    """A plan that somebody may still decide on, or would but for `other`. Raises NoPlan or Decided."""
    version = await plan_versions.read_version(tx, region, plan)
    if version is None:
        raise NoPlan
    if version.waits:
        return version
    published = await plan_versions.read_published(tx, region)
    if other is not None and published is not None and published.plan == other:
        return version
    raise Decided(version, published)


async def _read_published(
    parts: Parts, who: Who, plan: UUID, outcomes: Sequence[Outcome]
) -> Version:
    """The plan that this approval published. Raises Decided when another decision was first."""
    async with parts.reader.reading(who) as tx:
        found = await plan_versions.read_version(tx, who.region, plan)
        published = await plan_versions.read_published(tx, who.region)
    assert found is not None
    ours = outcomes[-1].status is Status.ACCEPTED and found.state == "published"
    if ours and found.decision and found.decision.seq == outcomes[-1].seq:
        return found
    raise Decided(found, published)
