"""A campaign of weeks: what was agreed beforehand, and on which day something goes otherwise than planned."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from services.simulator.fridge import CONTAINER
from services.simulator.region import (
    FRIDGE_DAYS,
    Delivery,
    Sizes,
    SyntheticRegion,
    split,
    synthetic,
    weigh,
)
from services.simulator.residents import Resident


class Kind(StrEnum):
    """What may happen on a day of a season besides its visits and deliveries."""

    TEAM_ILL = "team_ill"
    OUTBREAK = "outbreak"
    OUTBREAK_OVER = "outbreak_over"
    CRISIS = "crisis"
    LATE_PAPERS = "late_papers"  # institutions whose residents were known register at last
    NEWCOMERS = "newcomers"  # practices register people in the middle of the campaign
    SECOND_THOUGHTS = "second_thoughts"  # consent that was given is withdrawn
    YES_AT_LAST = "yes_at_last"  # consent that nobody had recorded is given
    DECEASED = "deceased"
    FRIDGE_WARM = "fridge_warm"  # a logger saw an excursion: the lot is quarantined
    FRIDGE_CLEARED = "fridge_cleared"  # the pharmacist releases it


@dataclass(frozen=True, slots=True)
class Supply:
    """Doses for a share of all residents, as announced for one day and as they come."""

    share: float
    due: int  # day of the season; below zero: there from the beginning
    comes: int | None = None  # None: when it is due
    part: float = 1.0  # of what was announced


@dataclass(frozen=True, slots=True)
class Season:
    """The story of one campaign; day 0 is the first."""

    days: int
    supplies: tuple[Supply, ...]
    happenings: tuple[tuple[int, Kind], ...]
    interval: tuple[int, int, int] | None = None  # min, ideal, max days; None: the campaign's own
    horizon_days: int = 14  # that a plan looks ahead
    newcomers: int = 4


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery as it really comes."""

    delivery: Delivery
    day: date
    doses: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A region with a season to be played in it."""

    season: Season
    region: SyntheticRegion
    arrivals: tuple[Arrival, ...]
    newcomers: tuple[Resident, ...]  # live there, and are registered later
    days: tuple[date, ...] = field(default_factory=tuple)


def stage(season: Season, region: str, seed: int, start: date, sizes: Sizes) -> Staged:
    """The region of a season: its deliveries, rosters past its last day, and people who come later."""
    made = synthetic(region, seed, start, sizes)
    arrivals = tuple(arrive(made, season))
    known = made.residents[: -season.newcomers] if season.newcomers else made.residents
    played = replace(
        made, residents=known, deliveries=tuple(arrival.delivery for arrival in arrivals)
    )
    days = tuple(start + timedelta(days=n) for n in range(season.days))
    return Staged(season, played, arrivals, made.residents[len(known) :], days)


def arrive(region: SyntheticRegion, season: Season) -> list[Arrival]:
    """The supplies of a season over the depots; one that comes short comes short at the largest depot only."""
    weights = weigh(region.institutions, region.teams)
    posts = {team.post.key: team.post for team in region.teams}
    found = []
    for n, supply in enumerate(season.supplies, start=1):
        doses = -(-int(len(region.residents) * supply.share) // CONTAINER) * CONTAINER
        shares = split(doses, weights)
        largest = max(shares, key=lambda key: (shares[key], key))
        comes = supply.due if supply.comes is None else supply.comes
        for key, share in shares.items():
            if share:
                due = region.start + timedelta(days=supply.due)
                day = region.start + timedelta(days=comes)
                delivery = Delivery(
                    key=f"SUPPLY-{n} {posts[key].depot}",
                    post=posts[key],
                    product=region.deliveries[0].product,
                    doses=share,
                    day=due,
                    lot=f"OEFEN-{n:02d}",
                    use_by=day + timedelta(days=FRIDGE_DAYS),
                    received=supply.due < 0,
                )
                part = supply.part if key == largest else 1.0
                comes_in = int(share * part) // CONTAINER * CONTAINER
                found.append(Arrival(delivery, day, comes_in))
    return found
