"""The numbers that tune columns, each with its reason or its measurement; `params` has those of the other steps.

Measured on the demo's region (GG2514, seed 1; 3,310 people who may be planned), columns alone, by equal work.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BeamParams:
    """How widely the routes of one shift are priced."""

    width: int  # labels kept at each depth
    candidates: int  # visits considered, at most 60: a set of them is one 64-bit number
    best: int  # columns returned for each shift


@dataclass(frozen=True, slots=True)
class DiveParams:
    """The work of one generation of columns; counted, so that equal work gives equal columns."""

    # Subgradient steps that warm the duals. Without them the first rounds of the relaxation do nothing;
    # on the demo's region 8 steps left 30 people more unserved than 12, 16 gained nothing.
    subgradient_steps: int
    warm_beam: BeamParams

    # Rounds of the relaxation: 3 / 6 / 10 / 14 left 7,200 / 5,400 / 3,300 / 3,300 points unserved.
    rounds: int
    beam: BeamParams

    # Columns fixed at each step of the dive at least. 10 instead of 6: 12 people fewer.
    fixed_at_least: int
    dive_beam: BeamParams

    # Polyak's step: the share of the best Lagrangian value that it aims at. 0.99 / 0.97 / 0.94 / 0.90
    # served 3,195 / 3,229 / 3,253 / 3,208 people.
    target: float = 0.94

    # Weight of the best known duals when the relaxation's own are priced. 0 / 0.3 / 0.5 / 0.7 after 10
    # rounds: 3,238 / 3,255 / 3,264 / 3,265 people.
    smoothing: float = 0.5

    # Columns of a relaxation at its beginning, in a dive, and at most: 1,000 in a dive lost 20 people.
    columns: int = 1_500
    most_columns: int = 3_500

    # Rounds that take as long as a dive does: 3 rounds took 0.32 s and the dive after them 0.8 s.
    dive_rounds: float = 8.0

    # A share from which a column counts as chosen.
    whole: float = 0.95


@dataclass(frozen=True, slots=True)
class ColumnRepairParams:
    """Some related shifts planned anew by columns, all others held."""

    # Shifts that are opened, and unassigned visits that may enter. Twelve take 0.15 to 0.25 s.
    shifts: int = 12
    unassigned: int = 40

    # How often they are the shifts of one depot rather than those nearby: doses may be what is short.
    same_depot_rate: float = 0.4

    # What distances are multiplied by, drawn, so that another repair opens other shifts.
    distance_noise: tuple[float, float] = (0.5, 1.5)

    # Repairs in a row without gain after which the search goes on to travel.
    idle: int = 30

    # Less work than for the whole plan: the relaxation of a dozen shifts is small.
    dive: DiveParams = DiveParams(
        subgradient_steps=8,
        warm_beam=BeamParams(width=36, candidates=40, best=8),
        rounds=4,
        beam=BeamParams(width=48, candidates=56, best=8),
        fixed_at_least=2,
        dive_beam=BeamParams(width=48, candidates=56, best=8),
    )


@dataclass(frozen=True, slots=True)
class ColumnParams:
    """Column generation with diving (decision 0023)."""

    # Visits from which on columns are made; ruins and insertion serve fewer as well.
    enough_visits: int = 12

    # What leads among columns that serve as many: in points of unserved weight, of which a person of
    # priority 50 has 51. A second of road: 0.005 to 0.05 made no difference beyond noise; a wasted dose
    # and a late next dose: a tie-break; a phone call as `CostWeights.moved`.
    road_points: float = 0.02
    wasted_points: float = 0.02
    late_points: float = 0.5
    moved_points: float = 4.5

    # Subgradient steps before the first plans are taken in turn; they are steps of the dive too. 4 / 8 / 12 / 16 / 24
    # steps (0.16 / 0.32 / 0.49 / 0.68 / 1.06 s on a quiet machine) served 3,139 / 3,198 / 3,182 / 3,211 / 3,232 people.
    first_steps: int = 8

    # The same once more where visits were cut because doses are dear, from the prices of the whole visits on.
    cut_steps: int = 4

    # Doses are short, and not hours, where one is worth this share of a person at the cheapest depot that could serve
    # him, or that share at half of these depots. GG2514, where both are short: below 0.05, and up to 0.16 for nine in ten
    # visits, after 8 subgradient steps; below 0.1 and up to 0.22 after 12. GG2707, GG0111 and GG1009 at the cheapest 0.15
    # to 0.4 after 8; GG3406 0 and 0.38 to 0.59 after 12 (one depot has more doses than hours). In the end the relaxation
    # says 0.9 for GG2707, 0.06 to 0.15 for GG2514.
    dear_share: float = 0.1
    dear_at_half: float = 0.3

    # There a dose of a container is worth this share of a person: the relaxation's prices are 50 to 52 points of 56. By the
    # prices of the first steps instead, half of that, GG2707 served 2,421 people after the dive, 2,483 so.
    rest_share: float = 0.9

    # Visits up to which an insertion by dose is tried for the first plan too: it takes 0.35 s of 284
    # visits, a tenth of that of 60.
    few_visits: int = 120

    # How dear time is to each third of the beam, and of how many of the best visits the mean worth for
    # each second says what a second is worth.
    tastes: tuple[float, ...] = (0.3, 0.8, 1.3)
    best_for_rate: int = 6

    # The first dual of a visit as a share of its weight: the usual one between the bounds of a drawn one.
    first_duals: tuple[float, float, float] = (0.3, 0.5, 0.7)

    # Seconds added to the service of a visit when candidates are ranked by worth for each second.
    leg_seconds: int = 900

    # Share of the time for columns at most; the rest is for travel and hours.
    time_share: float = 0.7

    # Of the whole plan: in three seconds a dive is barely done, and without it they serve no more than the first plan.
    dive_share: float = 0.9

    # The whole plan: what each number is worth stands at `DiveParams`.
    dive: DiveParams = DiveParams(
        subgradient_steps=12,
        warm_beam=BeamParams(width=36, candidates=40, best=6),
        rounds=10,
        beam=BeamParams(width=48, candidates=56, best=8),
        fixed_at_least=6,
        dive_beam=BeamParams(width=48, candidates=56, best=8),
    )
    repair: ColumnRepairParams = ColumnRepairParams()


@dataclass(frozen=True, slots=True)
class RechoiceParams:
    """Stops of one or two shifts chosen anew, with how many residents each, in small regions."""

    # Residents who wait, and shifts, above which nothing is chosen anew.
    most_waiting: int = 400
    most_shifts: int = 8
    # Locations that a route chooses among, and numbers of residents of each, beside whole containers.
    most_doors: int = 7
    most_sizes: int = 8
    # Beginnings of routes that are looked at; routes of a first shift beside which a second one chooses.
    most_labels: int = 20_000
    most_first: int = 5


DEFAULT = ColumnParams()
RECHOICE = RechoiceParams()
