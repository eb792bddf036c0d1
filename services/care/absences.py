"""Whether a team is away: it then works nothing of a shift, whoever asks."""

from collections.abc import Iterable

from events.teams import ShiftOpened
from infra.postgres.snapshot.rows import AbsenceRow


def is_absent(shift: ShiftOpened, absences: Iterable[AbsenceRow]) -> bool:
    """Whether the team is away at any moment of the shift; it then works none of it."""
    return any(
        absence.team == shift.team_id
        and absence.begins_at < shift.ends_at
        and shift.starts_at < absence.ends_at
        for absence in absences
    )
