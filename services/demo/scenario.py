"""The region that the demo plays, with the place of its data and its clock."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from events.local_time import to_moment
from infra.clock import SystemClock, set_campaign_clock
from infra.embedded.closed import write_closed
from infra.embedded.folder import Folder, Unusable, choose, default_data
from services.simulator.region import Sizes, SyntheticRegion, synthetic

BEGINS = time(6, 0)
REAL_TIME = date(1, 1, 1)  # stands for "the real clock": no campaign starts then


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
        """All choices on one line, the same for equal scenarios."""
        return json.dumps(asdict(self), default=str, sort_keys=True)

    @classmethod
    def of_own_data(cls, region: str, start: date | None) -> "Scenario":
        """An empty region for the user's own data, in real time or from a given day on."""
        return cls(region, 0, start or REAL_TIME, 0, 0, 0, 0, 0)

    @property
    def is_own_data(self) -> bool:
        """Whether the demo feeds nothing."""
        return self.institutions == 0

    def folder(self, wanted: Path | None) -> Folder:
        """The data folder: the given one, else one per scenario. Raises Unusable."""
        if wanted is None and self != Scenario():
            place = default_data()
            wanted = place.with_name(
                f"{place.name}-{hashlib.sha256(self.text.encode()).hexdigest()[:8]}"
            )
        folder = choose(wanted)
        note = folder.data / "scenario.json"
        if not note.exists():
            write_closed(note, self.text + "\n")
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
        """Resumes the clock, else starts it in the morning of the first day; or uses real time."""
        if start == REAL_TIME:
            self.run_from(SystemClock().now(), 1.0)
            return
        self.run_from(
            self.last() or to_moment(start, BEGINS).astimezone(UTC),
            speed,
        )

    def run_from(self, simulated: datetime, speed: float) -> None:
        """Sets the clock to `simulated`, running at `speed` simulated seconds per real second."""
        set_campaign_clock(self.path, simulated, speed, SystemClock().now())

    def last(self) -> datetime | None:
        """The simulated time last written. Time that passed after that did not happen in the campaign."""
        if not self.path.exists():
            return None
        return datetime.fromisoformat(json.loads(self.path.read_text())["simulated"])
