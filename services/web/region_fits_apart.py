"""What runs in the child process of a whole region: the first suggestion that holds for each group that is left out."""

import gc
import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from infra.embedded.orphans import die_with_parent
from infra.postgres.plan_records import PackedRecord
from infra.postgres.standing import StandingRows
from scheduling.fitting.fit import Fit, find_fits
from scheduling.fitting.obstacles import Trying
from scheduling.fitting.targets import Target, list_smallest, list_targets
from scheduling.routing.engines import list_installed, load_engine
from services.web.fitting_apart import Around, decode, stand_now, to_around

NICENESS: Final = 15  # after pages, events and whoever asks about one location


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a search through a region is about: groups that a change could help, and those whose reason says who decides first."""

    targets: tuple[Target, ...]
    barred: tuple[Target, ...]
    around: Around


@dataclass(slots=True)
class _Open:
    trying: Trying | None = None
    targets: tuple[Target, ...] = field(default=())


_open = _Open()  # one search at a time: the process lives as long as it


def make_ready() -> None:
    """Makes the process yield to others and end with the web process, and loads the engines."""
    die_with_parent()
    os.nice(NICENESS)
    for name in list_installed():
        load_engine(name)
    gc.freeze()


def open_plan(packed: PackedRecord, rows: StandingRows, now: datetime) -> Opened:
    """Decodes the plan and lists who is left out, crisis visits first, then the most people."""
    problem, plan = decode(packed)
    trying = Trying(stand_now(problem, plan, rows, now))
    targets = sorted(list_targets(trying.standing.plan.unassigned), key=_rank)
    ours = {one for one in targets if next(list_smallest(trying.standing, one), None) is not None}
    _open.trying, _open.targets = trying, tuple(one for one in targets if one in ours)
    barred = tuple(one for one in targets if one not in ours)
    return Opened(_open.targets, barred, to_around(problem))


def fit_one(number: int) -> Fit | None:
    """The smallest change for one of these groups; None where no small one helps."""
    assert _open.trying is not None, "a plan is opened first"
    found = find_fits(_open.trying, _open.targets[number], enough=1)
    return found[0] if found else None


def _rank(target: Target) -> tuple[bool, int, str]:
    return not target.crisis_ids, -target.people, target.location_id
