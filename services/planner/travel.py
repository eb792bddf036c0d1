"""Completes travel before solving: by road where a server or a stored matrix knows it, else the estimate."""

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
    """The routing server (None: estimate only), and the newest matrix of each region."""

    roads: Roads | None = None
    newest: dict[str, Matrix] = field(default_factory=dict)
    missing: dict[str, int] = field(
        default_factory=dict
    )  # by region: pairs that are only estimated
    apart: dict[str, list[str]] = field(default_factory=dict)  # by region: no road to these ids

    async def complete_travel(self, reading: Database, posed: PosedProblem) -> PosedProblem:
        """Replaces estimated travel by travel by road; without a server or its answer the estimate stays."""
        if self.roads is None:
            return posed
        region = posed.problem.region
        known = self.newest.get(region) or await self._read_kept(reading, region, self.roads.source)
        found = await self.roads.complete(posed.matrix.points, known)
        self.newest[region] = found.matrix
        self._warn(posed, found)
        problem = replace(posed.problem, travel=found.matrix.to_travel())
        return replace(posed, problem=problem, matrix=found.matrix)

    async def _read_kept(self, reading: Database, region: str, source: str) -> Matrix | None:
        """Reads the matrix that plans used before; None when it cannot be read, so that it is requested again."""
        try:
            async with reading.transaction() as tx:
                return await read_newest_travel(tx, region, source)
        except NotAMatrix:
            logger.exception("the kept travel of %s can not be read", region)
            return None

    def _warn(self, posed: PosedProblem, found: Found) -> None:
        """Warns of pairs that are only estimated, and of places that no road reaches, by their ids."""
        region, matrix = posed.problem.region, found.matrix
        self.missing[region] = matrix.guessed
        if matrix.guessed:
            logger.warning(
                "travel of %s: %d of %d pairs are estimated, %s: %s",
                region, matrix.guessed, len(matrix.kinds), matrix.source, found.why,
            )  # fmt: skip
        self.apart[region] = list_ids_at(posed, matrix.cut_off())
        if self.apart[region]:
            logger.warning("travel of %s: no road to %s", region, ", ".join(self.apart[region]))

    def state(self) -> Mapping[str, object]:
        """For the heartbeat, by region: how many pairs the server should have answered, and what its map does not have."""
        return {
            "travel_estimated": {region: n for region, n in self.missing.items() if n},
            "travel_off_map": {region: ids for region, ids in self.apart.items() if ids},
        }


def list_ids_at(posed: PosedProblem, places: tuple[int, ...]) -> list[str]:
    """Lists the ids of locations and depots at these places."""
    problem = posed.problem
    names = [(row.place, row.id) for row in problem.locations]
    names += [(row.place, row.id) for row in problem.depots]
    return sorted(name for place, name in names if place in places)
