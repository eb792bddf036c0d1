"""Why a plan leaves people out, as it is stored beside the plan, for the lines of a difference."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from infra.postgres.pages.plan_versions import Unserved
from services.plan_life.difference import Reasons


def to_reasons(rows: Iterable[Unserved], taken: Mapping[UUID, str]) -> Reasons:
    """Converts what a plan says of those it leaves out."""
    of_doses: dict[tuple[UUID | None, UUID, int], tuple[str, ...]] = {}
    of_visits: dict[UUID, tuple[str, ...]] = {}
    for row in rows:
        if row.person is not None:
            of_doses[row.campaign, row.person, row.dose_no or 0] = row.reasons
        elif row.visit is not None:
            of_visits[row.visit] = row.reasons
    return Reasons(of_doses, of_visits, taken)
