"""Makes a proposal of a scenario: a whole plan on the facts of now, judged by every rule, that waits for a person."""

from collections.abc import Sequence

from infra.postgres.database import Who
from infra.postgres.pages import plan_versions
from infra.postgres.pages.plan_versions import Version
from scheduling.choosing import RefusedPart
from services.plan_life.difference import Line
from services.web.parts import Parts
from services.web.plan_decisions import TRIES, Busy, CannotStandAlone, NothingChosen
from services.web.plan_difference import Names, read_names
from services.web.scenario_apart import NoChoice, Overtaken
from services.web.scenarios import Scenario


class PlanChanged(Exception):
    """The published plan is another than when the scenario was thought of."""

    def __init__(self, lines: Sequence[Line], names: Names) -> None:
        super().__init__("changed")
        self.lines, self.names = tuple(lines), names


async def propose(
    parts: Parts, who: Who, scenario: Scenario, *, fitting: bool
) -> tuple[Version, tuple[RefusedPart, ...]]:
    """Proposes what the scenario changes; with `fitting` as much of it as the facts of now allow.

    Raises PlanChanged, CannotStandAlone, NothingChosen, Busy or Unavailable: then nothing was stored.
    """
    for _ in range(TRIES):
        made = await parts.scenarios.settle(scenario)
        if isinstance(made, NoChoice):
            raise Busy
        async with parts.reader.reading(who) as tx:
            names = await read_names(tx, who.region, made.lines)
        if isinstance(made, Overtaken):
            raise PlanChanged(made.lines, names)
        if made.refused and not fitting:
            raise CannotStandAlone(made.refused, made.unknown, made.lines, names)
        if not made.standing:
            raise NothingChosen
        await parts.writing.propose(who, made.submission)
        async with parts.reader.reading(who) as tx:
            found = await plan_versions.read_version(tx, who.region, made.plan)
        if found is not None and found.waits:
            return found, made.refused
    raise Busy
