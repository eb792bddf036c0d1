"""Which region the demo plays, and where its data, its clock and its notes lie."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from events.local_time import to_moment
from infra.clock import SystemClock, set_campaign_clock
from infra.embedded.folder import Folder, Unusable, choose, default_data
from services.simulator.region import Sizes, SyntheticRegion, synthetic

BEGINS = time(6, 0)
REAL_TIME = date(1, 1, 1)  # a start that no campaign has: the clock is the real one


@dataclass(frozen=True, slots=True)
class Scenario:
    """The choices that make one synthetic campaign."""

    region: str = "GG2514"
    seed: int = 1
    start: date = date(2021, 2, 15)
    institutions: int = 250
    residents: int = 4000
    practices: int = 180
    teams: int = 8
    days: int = 14

    @property
    def text(self) -> str:
        """All choices in one line; equal for equal scenarios."""
        return json.dumps(asdict(self), default=str, sort_keys=True)

    @classmethod
    def of_own_data(cls, region: str, start: date | None) -> "Scenario":
        """Nothing invented: an empty region, in real time or from a day on."""
        return cls(region, 0, start or REAL_TIME, 0, 0, 0, 0, 0)

    @property
    def is_own_data(self) -> bool:
        """Whether nothing is to be fed."""
        return self.institutions == 0

    def folder(self, wanted: Path | None) -> Folder:
        """The data folder: the given one, else one of its own for each scenario. Raises Unusable."""
        if wanted is None and self != Scenario():
            place = default_data()
            wanted = place.with_name(
                f"{place.name}-{hashlib.sha256(self.text.encode()).hexdigest()[:8]}"
            )
        folder = choose(wanted)
        note = folder.data / "scenario.json"
        if not note.exists():
            note.write_text(self.text + "\n")
        elif note.read_text().strip() != self.text:
            raise Unusable(
                f"The data folder {folder.data} holds another campaign (see {note.name} there). Set PRIKPLOEG_DATA to"
                " another folder, or remove that one to start anew."
            )
        return folder

    def make(self) -> SyntheticRegion:
        """The synthetic region."""
        sizes = Sizes(self.institutions, self.residents, self.practices, self.teams, self.days)
        return synthetic(self.region, self.seed, self.start, sizes)


@dataclass(frozen=True, slots=True)
class CampaignTime:
    """The simulated clock of a demo, in a file that every process reads."""

    path: Path

    def begin(self, start: date, speed: float) -> None:
        """Go on from where the clock stood, else begin in the morning of the first day; or in real time."""
        if start == REAL_TIME:
            self.run_from(SystemClock().now(), 1.0)
            return
        self.run_from(
            self.last() or to_moment(start, BEGINS).astimezone(UTC),
            speed,
        )

    def run_from(self, simulated: datetime, speed: float) -> None:
        """From now on it is `simulated`, and time passes at `speed`."""
        set_campaign_clock(self.path, simulated, speed, SystemClock().now())

    def last(self) -> datetime | None:
        """The moment that was last written; time that passed while nobody wrote did not happen."""
        if not self.path.exists():
            return None
        return datetime.fromisoformat(json.loads(self.path.read_text())["simulated"])
