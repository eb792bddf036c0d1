"""Travel of a snapshot: the estimate, or by road from what is kept and what a server says, before any solving."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from infra.postgres.database import Database
from infra.postgres.travel import read_newest_travel
from infra.travel.matrix import Matrix, NotAMatrix
from infra.travel.roads import Found, Roads
from services.planner.problem.posed import PosedProblem

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Travelling:
    """The server, the newest matrix of each region, and how good it is; None is the estimate alone."""

    roads: Roads | None = None
    newest: dict[str, Matrix] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)  # by region: pairs that are estimated

    async def complete_travel(self, reading: Database, posed: PosedProblem) -> PosedProblem:
        """The snapshot with travel by road; without a server, or without its answer, the plan is made all the same."""
        if self.roads is None:
            return posed
        region = posed.problem.region
        known = self.newest.get(region) or await self._kept(reading, region, self.roads.source)
        found = await self.roads.complete(posed.matrix.points, known)
        self.newest[region] = found.matrix
        self._tell(posed, found)
        problem = replace(posed.problem, travel=found.matrix.to_travel())
        return replace(posed, problem=problem, matrix=found.matrix)

    async def _kept(self, reading: Database, region: str, source: str) -> Matrix | None:
        """What plans used before; a matrix that can not be read is asked again."""
        try:
            async with reading.transaction() as tx:
                return await read_newest_travel(tx, region, source)
        except NotAMatrix:
            logger.exception("the kept travel of %s can not be read", region)
            return None

    def _tell(self, posed: PosedProblem, found: Found) -> None:
        """The alarm: how many pairs are estimated and why, and places that no road reaches, by their ids."""
        region, matrix = posed.problem.region, found.matrix
        self.missing[region] = matrix.guessed
        if matrix.guessed:
            logger.warning(
                "travel of %s: %d of %d pairs are estimated, %s: %s",
                region, matrix.guessed, len(matrix.kinds), matrix.source, found.why,
            )  # fmt: skip
        if apart := matrix.cut_off():
            logger.warning("travel of %s: no road to %s", region, ", ".join(at(posed, apart)))

    def state(self) -> Mapping[str, object]:
        """For the sign of life: regions with pairs that a server should have said."""
        return {"travel_estimated": {region: n for region, n in self.missing.items() if n}}


def at(posed: PosedProblem, places: tuple[int, ...]) -> list[str]:
    """The locations and depots at these places."""
    problem = posed.problem
    names = [(row.place, row.id) for row in problem.locations]
    names += [(row.place, row.id) for row in problem.depots]
    return sorted(name for place, name in names if place in places)
