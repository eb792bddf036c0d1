"""What the planner remembers of the regions that it answered last, so that it reads and builds only what changed."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from infra.postgres.snapshot.memory import PeopleMemory
from services.planner.problem.people import KnownNeeds

REGIONS: Final = 4  # about 10 MB each for 4,000 people


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one region: its people as they were read, and their needs as they were built."""

    people: PeopleMemory = field(default_factory=PeopleMemory)
    needs: KnownNeeds = field(default_factory=KnownNeeds)


class Memories:
    """Of some regions; one that was not answered for long is forgotten. For one round at a time."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, Memory] = OrderedDict()

    def of(self, region: str) -> Memory:
        """The memory of this region, which is now the newest."""
        memory = self._of.pop(region, None) or Memory()
        self._of[region] = memory
        if len(self._of) > REGIONS:
            self._of.popitem(last=False)
        return memory
