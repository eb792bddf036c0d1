"""The seasons that are played: six weeks, and a few compressed days with the same kinds of happenings."""

from dataclasses import dataclass
from datetime import date

from services.simulator.region import FIRST_DAY, Sizes
from tests.campaign.season import Kind, Season, Supply

REGION = "GG2514"
AFTERWARDS = 14  # rosters go on past the last day that is played: the last plans look there


@dataclass(frozen=True)
class Story:
    """A season with the size of the region that it is played in."""

    season: Season
    sizes: Sizes
    start: date = FIRST_DAY  # a Monday
    planner_seconds: float = 1.0

    @property
    def name(self) -> str:
        return (
            f"{self.season.days} days, {self.sizes.institutions} locations,"
            f" {self.sizes.residents} residents, {self.sizes.teams} teams"
        )


def weeks(days: int = 42, institutions: int = 60, residents: int = 900, teams: int = 4) -> Story:
    """Two rounds with four weeks between; at most five, so that the latest days fall within the six that are played."""
    supplies = (
        Supply(0.45, due=-4),
        Supply(0.40, due=3, part=0.6),  # comes short
        Supply(0.25, due=8, comes=10),  # comes late
        Supply(0.20, due=14),
        Supply(0.60, due=25),
        Supply(0.60, due=31),
    )
    happenings = (
        (1, Kind.NEWCOMERS),
        (1, Kind.CRISIS),
        (2, Kind.TEAM_ILL),
        (3, Kind.OUTBREAK),
        (4, Kind.LATE_PAPERS),
        (5, Kind.SECOND_THOUGHTS),
        (8, Kind.YES_AT_LAST),
        (9, Kind.OUTBREAK),
        (10, Kind.FRIDGE_WARM),
        (11, Kind.FRIDGE_CLEARED),
        (14, Kind.OUTBREAK_OVER),
        (16, Kind.CRISIS),
        (18, Kind.OUTBREAK_OVER),
        (21, Kind.SECOND_THOUGHTS),
        (24, Kind.DECEASED),
        (28, Kind.TEAM_ILL),
        (29, Kind.OUTBREAK),
        (30, Kind.CRISIS),
        (36, Kind.OUTBREAK_OVER),
    )
    sizes = Sizes(institutions, residents, practices=20, teams=teams, days=days + AFTERWARDS)
    season = Season(days, supplies, happenings, (28, 28, 35), horizon_days=10, newcomers=6)
    return Story(season, sizes)


def compressed() -> Story:
    """Nine days from a Monday on: the second dose may follow the first after three days, at most six."""
    supplies = (
        Supply(0.60, due=-4),
        Supply(0.50, due=1, part=0.6),
        Supply(0.50, due=2, comes=3),
        Supply(0.90, due=3),
    )
    happenings = (
        (0, Kind.TEAM_ILL),
        (0, Kind.OUTBREAK),
        (0, Kind.CRISIS),
        (1, Kind.NEWCOMERS),
        (1, Kind.SECOND_THOUGHTS),
        (2, Kind.LATE_PAPERS),
        (2, Kind.YES_AT_LAST),
        (3, Kind.OUTBREAK_OVER),
        (3, Kind.DECEASED),
        (3, Kind.FRIDGE_WARM),
        (4, Kind.FRIDGE_CLEARED),
    )
    sizes = Sizes(institutions=21, residents=210, practices=8, teams=3, days=9 + AFTERWARDS)
    season = Season(9, supplies, happenings, interval=(3, 3, 6), horizon_days=4, newcomers=3)
    return Story(season, sizes, planner_seconds=0.4)
