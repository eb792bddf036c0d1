"""Every number that tunes the search for a plan, in one place, each with its reason or its measurement.

One part for each step of `solver.search`; what the steps share comes first. "No measurement known" is
said where a number was chosen and never compared. Sources: docs/decisions/0011 and 0012 (measured while
tuning), docs/plans.md and docs/solver.md. The numbers are frozen and passed along, to worker processes
too; a bench or a test hands in others with `dataclasses.replace`, nobody assigns one.
"""

from dataclasses import dataclass

from scheduling.routing.params import DEFAULT as ROUTING
from scheduling.routing.params import RoutingParams
from scheduling.solver.column_params import DEFAULT as COLUMNS
from scheduling.solver.column_params import RECHOICE, ColumnParams, RechoiceParams


@dataclass(frozen=True, slots=True)
class CostWeights:
    """What each value of a plan is worth to the search, in seconds of work.

    The agreed order of the values is strict and decides which plan is best; these weights only lead the
    way.
    """

    # Of one point of unserved weight, which is priority + 1 for each person. At priority 50 a person is
    # worth nearly three hours of work, so that serving people pays for almost any detour, as the agreed
    # order asks. No measurement known.
    unserved: int = 200

    # Of one next dose that passes its last day: a hundred points. No measurement known.
    late: int = 20_000

    # Of a wasted dose. 12,000 ruins at 300 or 600 s (5 and 10 minutes): waste a quarter of the ignorant
    # plan's at 23 % more driving; at 1,200 s a seventh at 27 to 36 % more (docs/decisions/0012).
    wasted: int = 500

    # Of a published stop that moves: somebody must phone, a quarter of an hour of work. Also what it
    # costs to insert a published visit into another shift. No norm says so.
    moved: int = 900

    # How many metres are worth one second of work: it makes metres comparable with seconds and is no
    # speed. 20 makes a kilometre 50 s, so that of two equally long days the one with fewer kilometres
    # wins. No measurement known.
    metres_per_work_second: int = 20


@dataclass(frozen=True, slots=True)
class InsertionParams:
    """Insertion cost and regret (after Solomon's I1, 1987, and Potvin and Rousseau, 1993)."""

    # Waiting at the door counts for one second in so many: part of it can be had back by later
    # insertions, as the crew may leave the depot later. No measurement known.
    waiting_divisor: int = 2

    # Seconds that count as lost when a visit has one possible shift only: more than any detour, so that
    # its regret comes before all others'.
    only_shift_regret: int = 100_000


@dataclass(frozen=True, slots=True)
class RuinStrength:
    """How much one ruin removes at most, and how often an insertion is passed over."""

    visits: int
    string: int  # neighbours in one route
    blink_rate: float


@dataclass(frozen=True, slots=True)
class RuinParams:
    """Ruin and recreate on the whole plan (after Christiaens and Vanden Berghe, 2020)."""

    # For descent, where only what is better is kept. The paper removes 10 on average.
    strong: RuinStrength = RuinStrength(visits=10, string=6, blink_rate=0.02)

    # For annealing, where plans may become worse: more and smaller steps. Gentle ruins cost half the
    # time of strong ones; 8,000 of them gave 11,979 minutes, strong ones 12,243 (docs/decisions/0012).
    gentle: RuinStrength = RuinStrength(visits=5, string=2, blink_rate=0.1)

    # Unassigned visits that get a chance in each round: enough to find those that fit now, few enough
    # to stay quick when hundreds wait for stock. No measurement known.
    unassigned_tried: int = 16

    # How often, while somebody is unassigned, room is made for one of them instead of removing strings;
    # how often also in a second shift of the same depot, as stock may be what is short; and how many
    # visits go at most from each. No measurement known.
    make_room_rate: float = 0.3
    second_shift_rate: float = 0.5
    most_removed_for_room: int = 3

    # Noise on two of the orders of recreation, so that rounds differ: by weight for each dose from the
    # least factor on, by number of possible shifts from half on. No measurement known.
    dose_noise_from: float = 0.9
    dose_noise_width: float = 0.2
    shifts_noise_from: float = 0.5


@dataclass(frozen=True, slots=True)
class RepairParams:
    """Routes of an engine brought back into a plan that keeps every rule."""

    # Of the visits that were unassigned before, so many get a chance when routes changed, those that
    # serve most in the least time first. No measurement known.
    unassigned_tried: int = 40


@dataclass(frozen=True, slots=True)
class ClusterParams:
    """A large region cut by geography for its first plan."""

    # Visits of one cluster, and how much larger it may be before it is cut in two. VROOM on pieces of
    # 120 left out many whose piece had too few hours (docs/decisions/0011).
    visits: int = 250
    largest_factor: float = 1.5

    # Seconds on the road for each visit, to share out the hours of the shifts by need: 11 minutes, a
    # guess that only the proportion between long and short visits depends on. No measurement known.
    road_seconds: int = 660


@dataclass(frozen=True, slots=True)
class MasterParams:
    """Set packing over the routes seen: GLOP prices them, CP-SAT chooses."""

    # Routes that CP-SAT chooses among, and its own count of work (so that the same seed chooses the
    # same). At 1,500 routes of a plan that was only descended it gained 2.7 %, after annealing 0.1 to
    # 0.7 %, in 1 to 3 s.
    columns: int = 2_500
    deterministic_seconds: float = 2.0

    # CP-SAT's linearization level: at the default (1) it found nothing, at 2 the gains above.
    linearization_level: int = 2

    # Routes that a pool holds; then the older half is forgotten. No measurement known.
    pool_routes: int = 12_000


@dataclass(frozen=True, slots=True)
class SearchTimeParams:
    """What `search` keeps of its time."""

    # For splitting visits at the end: so many times what it took to index the problem, as splitting
    # indexes it anew (twice), but no more than this share of the time.
    split_factor: float = 4.0
    split_share: float = 0.1

    # The same for a round of exchanges (phases/exchange), which begins only where so much time is left.
    exchange_factor: float = 5.0

    # Of a repair: the search that gives those who lost their place another one, before anybody else is
    # looked at. Half: it is the smaller problem. No measurement known.
    put_back_share: float = 0.5

    # Added to the weight of a visit that may move within its day because its people were told: the search trades
    # nobody of them for up to so many points of others. Twenty thousand are two hundred people; at 101, as in the
    # agreed order, the demo's plan lost two visits of one person each in every run, and was useless.
    told_weight: int = 20_000

    # Of a solve that lost somebody all the same: the search that holds these to the second. Half: it is short, and
    # the first one had its time.
    again_share: float = 0.5

    # Of a repair that may move somebody: sequences tried until it gives up, at most about a second.
    room_trials: int = 3000


@dataclass(frozen=True, slots=True)
class StartParams:
    """The first plan."""

    # Visits from which on an engine begins; fewer are inserted well. No measurement known.
    enough_visits: int = 30

    # Visits above which the region is cut by geography. One day of 2,000 visits was planned in 50 s
    # this way. No measurement known between 400, which are begun whole, and 2,000.
    whole_up_to: int = 600

    # New visits beside a known plan above which they are not inserted one by one: regret insertion is
    # quadratic in them, and a practice may register hundreds at once. No measurement known.
    many_new: int = 200

    # VROOM's exploration where SISR leaves visits out: only its plan of the first second is wanted.
    vroom_level: int = 0

    # Share of all hours that visits alone must take for columns to begin where stock is not short. Three regions of 300
    # visits at 0.75 (found on the first of them), points unserved after the first plan, 3 and 8 s: by insertion 29,514 /
    # 29,514 / 13,813, 33,495 / 33,495 / 22,582 and 33,586 / 33,586 / 15,474, by columns 21,413 / 18,345 / 12,706,
    # 28,414 / 24,175 / 22,444 and 22,061 / 19,449 / 15,903, and the first plan stands after 0.4 s instead of 3. At 0.58
    # and 0.61 SISR serves more.
    short_share: float = 0.68

    # Work of SISR, in its units of a hundred rounds. No measurement known.
    sisr_work: int = 3

    # Seeds tried side by side where there is one piece. No measurement known.
    seeds: tuple[int, ...] = (0, 1)


@dataclass(frozen=True, slots=True)
class AnnealingParams:
    """Annealed ruins where stops of a route share containers (docs/decisions/0012)."""

    # Visits up to which nothing is annealed: the ruins of the improvement solve so few.
    few_visits: int = 12

    # Temperatures in seconds of work: from a hundred minutes, a dozen wasted doses, to less than two
    # minutes. Found together with the gentle ruins (docs/decisions/0012); no measurement of other
    # temperatures is known.
    start_temperature: float = 6_000.0
    end_temperature: float = 100.0

    # A plan that people know is left less far: below the 900 s of a phone call. No measurement known.
    start_temperature_when_published: float = 600.0

    # The chains are compared after each epoch: so many in the time, none longer than so many seconds.
    # No measurement known.
    epochs: int = 12
    longest_epoch_seconds: float = 2.0
    last_epoch_factor: float = 1.5  # what is left is one epoch when it is less than so many

    # Seconds for each visit that are worth annealing; the rest of the time is for the improvement.
    # No measurement known.
    seconds_per_visit: float = 0.25

    # Where rounds are counted instead of seconds: ruins in an epoch and chains, however many workers
    # there are, so that the plan does not depend on them.
    ruins_per_epoch: int = 150
    chains: int = 2

    # From this share of the way on all chains begin at the best plan, and the master chooses among
    # their routes every so many epochs and in the last one (from the share on that counts as the last).
    # No measurement known.
    from_best_share: float = 0.5
    epochs_between_masters: int = 4
    last_epoch_share: float = 0.99

    # Share of a chain's time that is kept for the master at its end. No measurement known.
    master_share: float = 0.2

    # Routes that a chain hands over to the others, the last seen. No measurement known.
    routes_handed_over: int = 2_000


@dataclass(frozen=True, slots=True)
class SubProblemSize:
    """How many shifts with and without stops, and how many unassigned visits, a sub-problem has at most."""

    shifts: int
    idle: int
    unassigned: int


@dataclass(frozen=True, slots=True)
class SubProblemStep:
    """A size of sub-problems, and how many times as long as the smallest they may take."""

    size: SubProblemSize
    times: int


@dataclass(frozen=True, slots=True)
class ImprovementParams:
    """Sub-problems solved again, and ruins between them (docs/decisions/0011)."""

    # Sub-problems of a round at least, so that one worker finds what two find.
    side_by_side: int = 2

    # They grow while nothing better is found. After 20 s on 300 visits with little slack: 20 shifts for
    # 1 s 1,278 thousand seconds, 8 shifts for 0.5 s 1,270, for 0.25 s 1,263, for 0.1 s 1,242; growing
    # 1,323 where a fixed size had 1,332.
    steps: tuple[SubProblemStep, ...] = (
        SubProblemStep(SubProblemSize(8, 2, 12), 1),
        SubProblemStep(SubProblemSize(12, 3, 18), 2),
        SubProblemStep(SubProblemSize(20, 5, 30), 5),
        SubProblemStep(SubProblemSize(40, 10, 60), 15),
    )
    first_step_seconds: float = 0.1
    rounds_before_growth: int = 8

    # Share of the sub-problems that go to another engine than PyVRP, so that no engine's blind spot
    # stays, and of those of neighbouring days (gained with growing, above).
    other_engine_rate: float = 0.1
    neighbouring_days_rate: float = 0.3

    # How often a sub-problem is drawn around an unassigned visit while there are any. No measurement known.
    unassigned_seed_rate: float = 0.5

    # How often what engines do not know is kept fixed: depot and day of each visit under scarce stock;
    # published stops at their moment; the earlier visit of a series instead of the later one. No
    # measurement known.
    keep_supply_rate: float = 0.5
    keep_published_rate: float = 0.8
    keep_earlier_dose_rate: float = 0.5

    # OR-Tools with every rule inside, where stock, series, breaks or published stops tie visits
    # together: every so many rounds, its size and seconds, and the rounds without gain after which it
    # is searched beyond its first local optimum. Repairs of 0.3 s on 10 shifts were equal to those of 1
    # s in 21 of 23 events (docs/solver.md).
    rounds_between_resolves: int = 3
    resolve_size: SubProblemSize = SubProblemSize(12, 2, 12)
    resolve_seconds: float = 0.3
    rounds_before_beyond_optimum: int = 8

    # Ruins after each round; more where stock decides who is served, which no engine knows: the demo
    # then serves 3,187 instead of 3,087 people in its 8 seconds.
    ruins: int = 10
    ruins_when_scarce: int = 60

    # Seconds that are worth a round, and visits of a sub-problem that is worth an engine: a single
    # visit can only be moved, which ruins do. No measurement known.
    shortest_seconds: float = 0.02
    fewest_visits: int = 2

    # Visits up to which a problem is solved by counted work, so that small plans do not depend on the
    # clock.
    few_visits: int = 12

    # Seconds of work that count as a gain, and the rounds without one after which a search ends (in
    # all, and for each visit). No measurement known: small problems end by it, large ones by their
    # time.
    least_gain: float = 0.5
    idle_rounds: int = 40
    idle_rounds_per_visit: int = 4


@dataclass(frozen=True, slots=True)
class SplitParams:
    """Unassigned visits cut into parts."""

    # Visits that are cut for the search: where a third of a region stays unserved more would slow it down.
    most_cut: int = 60

    # Rounds at the end, each of which serves at most one part of each location. In 500 drawn problems the
    # fourth was the last that served anybody.
    most_rounds: int = 6

    # Parts that are tried at once; each costs a row of windows, as a visit does. Beyond it the heaviest
    # locations only, of those of which one resident fits.
    most_trials: int = 400

    # Parts of one visit at most: each is a stop more at the same door. With halves of what is left,
    # four parts come within an eighth of any number of containers.
    most_parts: int = 4


@dataclass(frozen=True, slots=True)
class ExchangeParams:
    """Residents who leave a visit for others of more weight elsewhere."""

    # Rounds, each of which gives each location something once. None after the fifth found anything in 500 problems.
    most_rounds: int = 8

    # Locations that wait and are tried, the heaviest, and their visits of all sizes together; visits in routes with
    # fewer people. Each visit costs a row of windows; a small region has a tenth of these.
    most_families: int = 12
    most_trials: int = 400
    most_cuts: int = 200


@dataclass(frozen=True, slots=True)
class BoundParams:
    """What is proven of people served, by a linear program that is solved three times for each answer."""

    # Kinds of residents times shifts up to which each shift has rows of its own (docs/decisions/0027).
    most_shares: int = 2_000
    # Locations of a shift up to which all pairs of moments are asked.
    most_doors: int = 12
    # GLOP's: what it rewrites before it solves takes longer than it saves, and the next question begins anew after it.
    # Of a lot that came back (2,400 residents) 0.12 instead of 0.20 s; of nine other problems never more than before.
    glop: str = "use_preprocessing: false"


@dataclass(frozen=True, slots=True)
class SearchParams:
    """Every number of the search for a plan, those of the plain routing engines included."""

    weights: CostWeights = CostWeights()
    insertion: InsertionParams = InsertionParams()
    ruin: RuinParams = RuinParams()
    repair: RepairParams = RepairParams()
    clusters: ClusterParams = ClusterParams()
    master: MasterParams = MasterParams()
    time: SearchTimeParams = SearchTimeParams()
    start: StartParams = StartParams()
    annealing: AnnealingParams = AnnealingParams()
    improvement: ImprovementParams = ImprovementParams()
    split: SplitParams = SplitParams()
    exchange: ExchangeParams = ExchangeParams()
    rechoice: RechoiceParams = RECHOICE
    bound: BoundParams = BoundParams()
    columns: ColumnParams = COLUMNS
    routing: RoutingParams = ROUTING


DEFAULT = SearchParams()
